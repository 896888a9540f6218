"""From levels of a drive test to measured loss beside the model's, sample by sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..antenna import AntennaPattern
from ..cells import CellTable
from ..footprint import AntennaGroup, Sites, prepare_sites, spot_of
from ..level_kernels import point_cell_levels
from ..link_budget import LinkBudget, noise_dbm
from ..propagation.corrected import clutter_at
from ..propagation.models import loss_at_points
from ..propagation.terrain import PropagationSettings, TerrainModel, ground_height_m
from .samples import DriveSamples, LossSamples, Rejections

__all__ = ["SelectionOptions", "compare_samples", "measurable_dbm"]

_NO_FLOOR_DBM = -1000.0
_REPORTED_FROM_DBM = {"2G": -110.0, "3G": -120.0, "4G": -140.0, "5G": -156.0}
"""Lower ends of the reporting ranges: 3GPP TS 45.008, 25.133, 36.133, 38.133."""
_BELOW_NOISE_DB = {"2G": 0.0, "3G": -20.0, "4G": -6.0, "5G": -6.0}
"""Ratio to noise at which the accuracy of a measurement is still specified: Ec/Io in TS 25.133, Es/Iot in
TS 36.133 and 38.133."""


@dataclass(frozen=True)
class SelectionOptions:
    """Which samples can tell something about the model.

    Attributes
    ----------
    closest_m : float
        Nearer ones see the antenna's underside, and a position error is much of their distance.
    farthest_m : float
    merge_m : float
        Samples of one cell in one square of this edge count as one, at their median, so that a car at a red
        light does not outvote the road; 0 keeps all.
    """

    closest_m: float = 50.0
    farthest_m: float = 20_000.0
    merge_m: float = 20.0


@dataclass(frozen=True)
class _Predicted:
    """The serving cell of every sample, its loss and its level; cell -1: none."""

    cell: NDArray[np.int32]
    loss_db: NDArray[np.float64]
    level_dbm: NDArray[np.float64]


def measurable_dbm(technology: str, frequency_mhz: float, bandwidth_mhz: float) -> float:
    """Return the level (dBm) at and below which a receiver's report says nothing but "weak"."""
    noise = noise_dbm(technology, frequency_mhz, bandwidth_mhz) + _BELOW_NOISE_DB[technology]
    return max(_REPORTED_FROM_DBM[technology], noise)


def compare_samples(
    terrain: TerrainModel,
    cells: CellTable,
    samples: DriveSamples,
    settings: PropagationSettings,
    selection: SelectionOptions | None = None,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    budget: LinkBudget | None = None,
) -> tuple[LossSamples, Rejections]:
    """Predict every sample on a profile of its own and take the antenna off the measured level.

    A sample without a serving cell is given to the cell of its technology and operator that is predicted
    strongest there.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
    samples : DriveSamples
    settings : PropagationSettings
        Its correction is not used: the bare model is what is compared.
    selection : SelectionOptions, optional
    patterns, budget
        As in `network.network_layers`.

    Returns
    -------
    LossSamples, Rejections
        What can be used, sorted by cell and position; how many cannot, by reason.

    Raises
    ------
    InputError
        The cells cannot be computed: all problems at once.
    """
    selection = selection or SelectionOptions()
    bare = replace(settings, correction=None)
    floor = {str(name): _NO_FLOOR_DBM for name in np.unique(cells.technology)}
    sites = prepare_sites(terrain, cells, floor, bare, selection.farthest_m, patterns=patterns, budget=budget)
    why = np.full(len(samples), "", dtype="U12")
    _mark(why, ~(np.isfinite(samples.x_m) & np.isfinite(samples.y_m)), "no_position")
    _mark(why, ~np.isfinite(samples.level_dbm), "no_level")
    _mark(why, samples.names_cell & (samples.cell < 0), "unknown_cell")
    ground = ground_height_m(terrain, samples.x_m, samples.y_m)
    _mark(why, np.isnan(ground), "void")
    found = _predict(terrain, cells, sites, samples, ground, why == "", bare)
    own = np.maximum(found.cell, 0)
    distance = np.hypot(samples.x_m - cells.x_m[own], samples.y_m - cells.y_m[own])
    known = found.cell >= 0
    _mark(why, known & (distance < selection.closest_m), "too_close")
    _mark(why, known & (distance > selection.farthest_m), "too_far")
    _mark(why, known & np.isnan(found.loss_db), "void")
    _mark(why, ~known, "unknown_cell")
    _mark(why, known & (samples.level_dbm <= _floors(cells)[own]), "below_floor")
    used = np.flatnonzero(why == "")
    compared = LossSamples(
        x_m=samples.x_m[used],
        y_m=samples.y_m[used],
        distance_km=distance[used] / 1000.0,
        frequency_mhz=cells.frequency_mhz[own[used]],
        measured_db=(found.loss_db + found.level_dbm - samples.level_dbm)[used],
        predicted_db=found.loss_db[used],
        pattern_db=(sites.sectors.boresight_dbm[own] - found.loss_db - found.level_dbm)[used],
        clutter_m=np.rint(clutter_at(terrain, samples.x_m[used], samples.y_m[used])).astype(np.int64),
        cell=found.cell[used],
        technology=cells.technology[own[used]],
    )
    compared = compared.take(np.lexsort((compared.measured_db, compared.y_m, compared.x_m, compared.cell)))
    merged = _merged(compared, selection.merge_m)
    codes, counts = np.unique(why[why != ""], return_counts=True)
    rejected = {str(code): int(n) for code, n in zip(codes, counts, strict=True)}
    if len(merged) < len(compared):
        rejected["merged"] = len(compared) - len(merged)
    return merged, rejected


def _mark(why: NDArray[np.str_], where: NDArray[np.bool_], code: str) -> None:
    """Note the first reason that applies."""
    why[where & (why == "")] = code


def _floors(cells: CellTable) -> NDArray[np.float64]:
    rows = zip(cells.technology, cells.frequency_mhz, cells.bandwidth_mhz, strict=True)
    return np.array([measurable_dbm(str(t), float(f), float(b)) for t, f, b in rows])


def _predict(
    terrain: TerrainModel,
    cells: CellTable,
    sites: Sites,
    samples: DriveSamples,
    ground_m: NDArray[np.float64],
    wanted: NDArray[np.bool_],
    settings: PropagationSettings,
) -> _Predicted:
    found = _Predicted(
        np.where(samples.names_cell, samples.cell, -1).astype(np.int32),
        np.full(len(samples), np.nan),
        np.full(len(samples), -np.inf),
    )
    for mast in sites.masts:
        for group in mast.groups:
            distance = np.hypot(samples.x_m - group.x_m, samples.y_m - group.y_m)
            near = np.where(samples.names_cell, np.isin(samples.cell, group.cells), distance <= group.range_m)
            at = np.flatnonzero(near & wanted)
            if len(at):
                _predict_group(terrain, cells, sites, group, samples, ground_m, at, settings, found)
    return found


def _predict_group(
    terrain: TerrainModel,
    cells: CellTable,
    sites: Sites,
    group: AntennaGroup,
    samples: DriveSamples,
    ground_m: NDArray[np.float64],
    at: NDArray[np.int64],
    settings: PropagationSettings,
    found: _Predicted,
) -> None:
    """Enter what one antenna group says about samples `at`: their own cell's, or the strongest's."""
    x_m, y_m = samples.x_m[at], samples.y_m[at]
    loss = loss_at_points(
        terrain,
        group.x_m,
        group.y_m,
        group.antenna_height_m,
        group.frequencies_mhz.tolist(),
        x_m,
        y_m,
        settings,
    )
    level = point_cell_levels(
        loss, x_m, y_m, ground_m[at], spot_of(terrain, group, settings), sites.patterns, sites.sectors,
        group.cells, group.frequency,
    )  # fmt: skip
    for k, cell in enumerate(group.cells):
        named = samples.names_cell[at]
        same_technology = samples.technology[at] == cells.technology[cell]
        operator = samples.operator[at]
        candidate = ~named & same_technology & ((operator == "") | (operator == cells.operator[cell]))
        stronger = candidate & (level[k] > found.level_dbm[at])
        take = (named & (samples.cell[at] == cell)) | stronger
        found.cell[at[take]] = cell
        found.loss_db[at[take]] = loss[group.frequency[k], take]
        found.level_dbm[at[take]] = level[k, take]


def _merged(samples: LossSamples, edge_m: float) -> LossSamples:
    """Return one sample for each cell and square of `edge_m`: the one with the (lower) median excess."""
    if edge_m <= 0 or len(samples) == 0:
        return samples
    column, row = np.floor(samples.x_m / edge_m), np.floor(samples.y_m / edge_m)
    order = np.lexsort((samples.excess_db, row, column, samples.cell))
    key = np.column_stack([samples.cell[order], column[order], row[order]])
    starts = np.flatnonzero(np.append(True, np.any(key[1:] != key[:-1], axis=1)))
    ends = np.append(starts[1:], len(order))
    return samples.take(order[(starts + ends - 1) // 2])
