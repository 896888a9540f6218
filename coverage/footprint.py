"""One mast: its cells grouped by antenna height, one loss sweep a group, the level of every cell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem
from .antenna import BUILT_IN, AntennaPattern, built_in_pattern
from .cells import CellTable
from .level_kernels import Patterns, Sectors, Spot, footprint_levels
from .link_budget import LinkBudget, reference_offset_db, useful_range_m
from .propagation.corrected import greatest_gain_db, loss_window
from .propagation.models import model_named
from .propagation.terrain import (
    LossWindow,
    PropagationSettings,
    TerrainModel,
    WantedPixels,
    ground_height_m,
)

__all__ = [
    "AntennaGroup",
    "Footprint",
    "RadioSite",
    "Sites",
    "check_cells",
    "ground_height_m",
    "group_footprint",
    "group_window",
    "prepare_sites",
    "spot_of",
]


@dataclass(frozen=True)
class AntennaGroup:
    """Cells of one mast at one height: one sweep serves them all.

    Attributes
    ----------
    x_m, y_m, antenna_height_m : float
        Position and height above ground.
    frequencies_mhz : ndarray of float64, (f,)
        Distinct and rising.
    cells : ndarray of int32, (c,)
        Indices into the cell table, rising.
    frequency : ndarray of int32, (c,)
        Index of each cell's frequency.
    range_m : float
        No level beyond it can reach the floor.
    """

    x_m: float
    y_m: float
    antenna_height_m: float
    frequencies_mhz: NDArray[np.float64]
    cells: NDArray[np.int32]
    frequency: NDArray[np.int32]
    range_m: float


@dataclass(frozen=True)
class RadioSite:
    """One mast with its antenna groups, by rising height."""

    mast_id: str
    groups: tuple[AntennaGroup, ...]


@dataclass(frozen=True)
class Sites:
    """All masts of a cell table, and the tables the kernels read.

    Attributes
    ----------
    masts : tuple of RadioSite
        By mast_id.
    sectors : Sectors
        One entry per cell of the table.
    patterns : Patterns
    """

    masts: tuple[RadioSite, ...]
    sectors: Sectors
    patterns: Patterns


@dataclass(frozen=True)
class Footprint:
    """Levels of one antenna group.

    Attributes
    ----------
    row, column : int
        Upper left pixel of the window in the terrain.
    cells : ndarray of int32, (c,)
        Indices into the cell table.
    level_dbm : ndarray of float32, (c, rows, columns)
        Level of the reference signal, location median; NaN outside the range and in voids.
    """

    row: int
    column: int
    cells: NDArray[np.int32]
    level_dbm: NDArray[np.float32]


def check_cells(
    terrain: TerrainModel,
    cells: CellTable,
    patterns: Mapping[str, AntennaPattern] | None = None,
    settings: PropagationSettings | None = None,
) -> list[Problem]:
    """Return everything that keeps levels of these cells from being computed, one line each.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
    patterns : mapping of str to AntennaPattern, optional
        Patterns read from files, by the name in the column ``antenna``.
    settings : PropagationSettings, optional
        Tell also for which of them and of the frequencies the propagation model does not hold.
    """
    of_model = [] if settings is None else _model_problems(cells, settings)
    return [
        *_position_problems(terrain, cells),
        *_value_problems(cells),
        *_pattern_problems(cells, patterns),
        *of_model,
    ]


def _position_problems(terrain: TerrainModel, cells: CellTable) -> list[Problem]:
    ground = ground_height_m(terrain, cells.x_m, cells.y_m)
    _, first = np.unique(cells.mast_id, return_index=True)
    mend = "correct the position or its CRS, fill the void, or take a larger terrain raster"
    return [
        Problem("masts", "a position on the terrain, not in a void", mend, column="mast_id", value=mast_id)
        for mast_id in (str(cells.mast_id[i]) for i in first if math.isnan(ground[i]))
    ]


def _value_problems(cells: CellTable) -> list[Problem]:
    ranges = (
        ("antenna_height_m", 0.0, 3000.0, "a height above ground (m), more than 0 and at most 3000"),
        ("frequency_mhz", 30.0, 6000.0, "a frequency from 30 to 6000 MHz (P.1812)"),
        ("tx_power_dbm", -50.0, 100.0, "a power in dBm from -50 to 100 (0 W has no dBm value)"),
        ("feeder_loss_db", 0.0, 100.0, "a loss from 0 to 100 dB"),
        ("mechanical_tilt_deg", -90.0, 90.0, "a tilt from -90 to 90°, down positive"),
        ("electrical_tilt_deg", -90.0, 90.0, "a tilt from -90 to 90°, down positive"),
    )
    problems = []
    for column, low, high, expected in ranges:
        value = getattr(cells, column)
        good = (value >= low) & (value <= high) & ((value > 0) | (column != "antenna_height_m"))
        problems += [_cell_problem(cells, int(i), column, expected) for i in np.flatnonzero(~good)]
    carriers = (cells.technology.tolist(), cells.bandwidth_mhz.tolist(), cells.frequency_mhz.tolist())
    wrong: dict[tuple[str, float, float], str] = {}  # the same few stand in very many cells
    for carrier in set(zip(*carriers, strict=True)):
        try:
            reference_offset_db(*carrier)
        except ValueError as error:
            wrong[carrier] = str(error)
    for i, carrier in enumerate(zip(*carriers, strict=True) if wrong else ()):
        if carrier in wrong:
            problems.append(_cell_problem(cells, i, "bandwidth_mhz", wrong[carrier]))
    return problems


def _cell_problem(cells: CellTable, i: int, column: str, expected: str, mend: str = "") -> Problem:
    value = f"{getattr(cells, column)[i]} (cell {cells.cell_id[i]})"
    return Problem("cells", expected, mend or "mend the value", column=column, value=value)


def _pattern_problems(cells: CellTable, patterns: Mapping[str, AntennaPattern] | None) -> list[Problem]:
    files = patterns or {}
    problems: list[Problem] = []
    if set(cells.antenna.tolist()) <= set(BUILT_IN) - set(files):
        return problems
    for i, name in enumerate(map(str, cells.antenna)):
        if name not in files and name not in BUILT_IN:
            known = ", ".join([*BUILT_IN, *sorted(files)])
            problems.append(
                _cell_problem(
                    cells, i, "antenna", f"one of {known}", "add the antenna's MSI file, or mend the name"
                )
            )
        elif name in files and math.isnan(cells.azimuth_deg[i]) and not files[name].is_omnidirectional:
            expected = f"an azimuth: the pattern {name!r} is directional"
            problems.append(_cell_problem(cells, i, "azimuth_deg", expected, "give the azimuth in degrees"))
    return problems


def _model_problems(cells: CellTable, settings: PropagationSettings) -> list[Problem]:
    """Return the settings and the frequencies for which the propagation model does not hold."""
    model = model_named(settings.model)
    mend = "mend it, or take another [propagation] model"
    problems = [
        Problem("phusong.toml", f"{expected} with {model.label}", mend, column=name, value=f"{value:g}")
        for name, value, expected in model.problems(settings)
    ]
    low, high = model.frequency_mhz
    expected = f"a frequency from {low:g} to {high:g} MHz: {model.label} holds for no other"
    mend = (
        'take another [propagation] model: "p1812-8" holds from 30 MHz to 6 GHz, "38901-rma" from 500 MHz to '
        '6 GHz, "extended-hata" from 30 MHz to 3 GHz'
    )
    for frequency in np.unique(cells.frequency_mhz):
        # what lies outside 30 … 6000 MHz is a problem with every model, and told as such
        if 30.0 <= frequency <= 6000.0 and not low <= frequency <= high:
            of = cells.cell_id[cells.frequency_mhz == frequency]
            value = f"{frequency:g} ({len(of)} cells, the first is {of[0]})"
            problems.append(Problem("cells", expected, mend, column="frequency_mhz", value=value))
    return problems


def prepare_sites(
    terrain: TerrainModel,
    cells: CellTable,
    floor_dbm: Mapping[str, float],
    settings: PropagationSettings,
    maximum_range_m: float,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    budget: LinkBudget | None = None,
) -> Sites:
    """Check the cells, group them by mast and height, and tabulate what the kernels need.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
    floor_dbm : mapping of str to float
        By technology: levels below it do not matter. Cells of other technologies are left out.
    settings : PropagationSettings
    maximum_range_m : float
    patterns : mapping of str to AntennaPattern, optional
        Patterns read from files.
    budget : LinkBudget, optional

    Raises
    ------
    InputError
        All that `check_cells` finds, and what the propagation model does not hold for.
    """
    problems = check_cells(terrain, cells, patterns, settings)
    if problems:
        raise InputError(problems)
    used, index = _used_patterns(cells, patterns or {})
    sectors = _sectors(cells, used, index, budget or LinkBudget())
    masts: dict[str, list[int]] = {}
    for i in range(len(cells)):
        if str(cells.technology[i]) in floor_dbm:
            masts.setdefault(str(cells.mast_id[i]), []).append(i)
    sites = []
    for mast_id in sorted(masts):
        groups = _group(cells, masts[mast_id])
        sites.append(
            RadioSite(
                mast_id,
                tuple(
                    _antenna_group(cells, sectors, members, floor_dbm, settings, maximum_range_m)
                    for members in groups
                ),
            )
        )
    return Sites(tuple(sites), sectors, _tabulate(used))


def _group(cells: CellTable, members: Sequence[int]) -> list[list[int]]:
    groups: dict[tuple[float, float, float], list[int]] = {}
    for i in members:
        key = (float(cells.antenna_height_m[i]), float(cells.x_m[i]), float(cells.y_m[i]))
        groups.setdefault(key, []).append(i)
    return [groups[key] for key in sorted(groups)]


def _antenna_group(
    cells: CellTable,
    sectors: Sectors,
    members: list[int],
    floor_dbm: Mapping[str, float],
    settings: PropagationSettings,
    maximum_range_m: float,
) -> AntennaGroup:
    index = np.array(members, dtype=np.int32)
    frequencies, frequency = np.unique(cells.frequency_mhz[index], return_inverse=True)
    range_m = max(
        useful_range_m(
            float(sectors.boresight_dbm[i]) + greatest_gain_db(settings, float(cells.frequency_mhz[i])),
            float(cells.frequency_mhz[i]),
            floor_dbm[str(cells.technology[i])],
            maximum_range_m,
            settings.time_percent,
        )
        for i in members
    )
    return AntennaGroup(
        x_m=float(cells.x_m[members[0]]),
        y_m=float(cells.y_m[members[0]]),
        antenna_height_m=float(cells.antenna_height_m[members[0]]),
        frequencies_mhz=frequencies,
        cells=index,
        frequency=frequency.astype(np.int32),
        range_m=range_m,
    )


def _used_patterns(
    cells: CellTable, files: Mapping[str, AntennaPattern]
) -> tuple[list[AntennaPattern], NDArray[np.int32]]:
    """Return the patterns in use and each cell's index; a built-in one without azimuth is the omni."""
    position: dict[str, int] = {}
    used: list[AntennaPattern] = []
    index = np.empty(len(cells), dtype=np.int32)
    for i, given in enumerate(map(str, cells.antenna)):
        # The schema says so: an empty azimuth is an omnidirectional antenna (the antenna has a default).
        name = "omni" if given not in files and math.isnan(cells.azimuth_deg[i]) else given
        if name not in position:
            position[name] = len(used)
            used.append(files[name] if name in files else built_in_pattern(name))
        index[i] = position[name]
    return used, index


def _sectors(
    cells: CellTable, used: list[AntennaPattern], index: NDArray[np.int32], budget: LinkBudget
) -> Sectors:
    gain_dbi = np.array([pattern.gain_dbi for pattern in used])[index]
    tilt_in_cut = np.array([pattern.electrical_tilt_in_cut for pattern in used])[index]
    offset_db = np.array(
        [
            reference_offset_db(
                str(cells.technology[i]), float(cells.bandwidth_mhz[i]), float(cells.frequency_mhz[i])
            )
            for i in range(len(cells))
        ]
    )
    beam_db = np.where(cells.technology == "5G", budget.ssb_beam_gain_db, 0.0)
    azimuth_deg = np.nan_to_num(cells.azimuth_deg, nan=0.0)
    tilt = np.radians(cells.mechanical_tilt_deg)
    turn = np.radians(np.where(tilt == 0, 0.0, azimuth_deg))
    radiated_dbm = cells.tx_power_dbm - offset_db + gain_dbi + beam_db - cells.feeder_loss_db
    boresight_dbm = radiated_dbm + budget.receiver_gain_dbi - budget.body_loss_db
    return Sectors(
        boresight_dbm=boresight_dbm.astype(np.float32),
        pattern=index,
        turn_sin=np.sin(turn).astype(np.float32),
        turn_cos=np.cos(turn).astype(np.float32),
        tilt_sin=np.sin(tilt).astype(np.float32),
        tilt_cos=np.cos(tilt).astype(np.float32),
        offset_deg=np.where(tilt == 0, np.mod(azimuth_deg, 360.0), 0.0).astype(np.float32),
        shift_deg=np.where(tilt_in_cut, 0.0, cells.electrical_tilt_deg).astype(np.float32),
    )


def _tabulate(used: list[AntennaPattern]) -> Patterns:
    def table(cuts: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        return np.array([np.append(cut, cut[0]) for cut in cuts], dtype=np.float32)

    return Patterns(
        horizontal_db=table([pattern.horizontal_db for pattern in used]),
        vertical_db=table([pattern.vertical_db for pattern in used]),
        limit_db=np.array([pattern.limit_db for pattern in used], dtype=np.float32),
    )


def spot_of(terrain: TerrainModel, group: AntennaGroup, settings: PropagationSettings) -> Spot:
    """Return where a group stands, as the kernels want it."""
    ground = ground_height_m(terrain, np.array([group.x_m]), np.array([group.y_m]))[0]
    return Spot(
        x_m=group.x_m,
        y_m=group.y_m,
        eye_m=float(ground) + group.antenna_height_m - float(settings.receiver_height_m),
        x_left_m=float(terrain.x_left_m),
        y_top_m=float(terrain.y_top_m),
        resolution_m=float(terrain.resolution_m),
    )


def group_window(
    terrain: TerrainModel,
    group: AntennaGroup,
    settings: PropagationSettings,
    wanted_rows: tuple[int, int] | None = None,
    wanted: WantedPixels | None = None,
) -> LossWindow:
    """Return the path loss around one antenna group, one plane for each of its frequencies."""
    frequencies = group.frequencies_mhz.tolist()
    at = (group.x_m, group.y_m, group.antenna_height_m)
    return loss_window(terrain, *at, frequencies, group.range_m, settings, wanted_rows, wanted)


def group_footprint(
    terrain: TerrainModel, sites: Sites, group: AntennaGroup, settings: PropagationSettings
) -> Footprint:
    """Return the level of every cell of one antenna group on the pixels within its range.

    Parameters
    ----------
    terrain : TerrainModel
    sites : Sites
        From `prepare_sites`.
    group : AntennaGroup
        One of its groups.
    settings : PropagationSettings
    """
    window = group_window(terrain, group, settings)
    level = footprint_levels(
        window.loss_db,
        window.row,
        window.column,
        terrain.height_m,
        spot_of(terrain, group, settings),
        sites.patterns,
        sites.sectors,
        group.cells,
        group.frequency,
    )
    return Footprint(window.row, window.column, group.cells, level)
