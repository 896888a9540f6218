"""Which candidate would serve which demand point: levels from the propagation engine in exact mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from scipy.special import ndtri

from ..antenna import AntennaPattern
from ..cells import PointLevels, PointTable, TechnologyRule
from ..link_budget import LinkBudget
from ..network import point_levels
from ..propagation.terrain import PropagationSettings, TerrainModel
from ..station_radio import StationRadio
from .candidates import Candidate
from .options import SitingOptions
from .radio import StationCells, station_cells

__all__ = ["LevelCache", "LevelRow", "StationLevels", "station_levels"]

_FLOOR_BELOW_THRESHOLD_DB = 13.0
"""Levels are kept down to here: other probabilities and shifts are then selections, not computations."""

LevelRow = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Points that hear a cell (indices among those asked for) and its levels there (dBm)."""


class LevelCache(Protocol):
    """Where levels of candidates' cells are kept from one run to the next."""

    def load(self, context: tuple[object, ...]) -> dict[str, LevelRow]:
        """Return the rows kept for a terrain, model and set of points, by the key of the cell."""

    def save(self, context: tuple[object, ...], rows: Mapping[str, LevelRow]) -> None:
        """Keep rows; what is not among them may be forgotten."""


@dataclass(frozen=True)
class StationLevels:
    """Levels of all candidates' cells at the points that lack service.

    Attributes
    ----------
    stations : StationCells
    cell, point : ndarray of int32, (entries,)
        Sorted; `point` is an index among all points.
    level_dbm : ndarray of float32, (entries,)
        Median level outdoors.
    points : int
        How many there are in all.
    computed : int
        Cells that were not in the cache.
    """

    stations: StationCells
    cell: NDArray[np.int32]
    point: NDArray[np.int32]
    level_dbm: NDArray[np.float32]
    points: int
    computed: int

    def cover(
        self,
        unserved: Mapping[str, NDArray[np.bool_]],
        rules: Mapping[str, TechnologyRule],
        *,
        shift_db: float = 0.0,
        probability: float | None = None,
    ) -> csr_matrix:
        """Return the points that each candidate serves by itself.

        A point is served when the best sector reaches P(covered) >= the rule, outdoors, for every technology
        that the point lacks.

        Parameters
        ----------
        unserved : mapping of technology to ndarray of bool, (points,)
            Points that lack each technology.
        rules : mapping of technology to TechnologyRule
        shift_db : float
            Added to every level: what if the model is wrong by so much.
        probability : float, optional
            P(covered) that counts as covered, instead of the rules'.

        Returns
        -------
        csr_matrix of float64, (points, candidates)
            1 where served.
        """
        candidates = self.stations.uses.shape[1]
        met = csr_matrix((self.points, candidates))
        for technology, lacking in unserved.items():
            hit = self._hit(technology, rules[technology], shift_db, probability)
            reached = csr_matrix(hit @ self.stations.uses)
            reached.data[:] = 1.0
            met = met + diags(lacking.astype(np.float64)) @ reached
        met = csr_matrix(met)
        met.eliminate_zeros()
        row = np.repeat(np.arange(self.points), np.diff(met.indptr))
        lacked = np.sum([mask.astype(np.int64) for mask in unserved.values()], axis=0)
        served = met.data == lacked[row]
        return csr_matrix(
            (np.ones(int(served.sum())), (row[served], met.indices[served])), shape=(self.points, candidates)
        )

    def _hit(
        self, technology: str, rule: TechnologyRule, shift_db: float, probability: float | None
    ) -> csr_matrix:
        wanted = rule.probability if probability is None else probability
        level = self.level_dbm.astype(np.float64) + shift_db
        margin = (level - rule.threshold_dbm) / rule.sigma_db - float(ndtri(wanted))
        hit = (self.stations.cells.technology[self.cell] == technology) & (margin >= 0)
        shape = (self.points, len(self.stations.cells))
        return csr_matrix((np.ones(int(hit.sum())), (self.point[hit], self.cell[hit])), shape=shape)


def station_levels(
    terrain: TerrainModel,
    candidates: Sequence[Candidate],
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    radio: Mapping[str, StationRadio],
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    options: SitingOptions,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    link_budget: LinkBudget | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cache: LevelCache | None = None,
) -> StationLevels:
    """Compute the level of every candidate's cells at every point that lacks something.

    Every path has a terrain profile of its own; no distance decides anything, except that paths longer than
    ``options.coverage_range_m`` are not computed. Only cells that the cache does not hold are computed.

    Parameters
    ----------
    terrain : TerrainModel
    candidates : sequence of Candidate
    points : PointTable
    unserved : mapping of technology to ndarray of bool, (points,)
        Points that lack each technology; the others are not computed.
    radio : mapping of technology to StationRadio
    rules : mapping of technology to TechnologyRule
    settings : PropagationSettings
    options : SitingOptions
    patterns, link_budget, workers, progress
        As in `network.point_levels`.
    cache : LevelCache, optional
    """
    wanted = np.flatnonzero(np.any([unserved[t] for t in options.technologies], axis=0))
    stations = station_cells(candidates, radio, options.operator)
    some = _take(points, wanted)
    floor_dbm = min(rules[t].threshold_dbm for t in options.technologies) - _FLOOR_BELOW_THRESHOLD_DB
    context = (
        terrain, some.x_m, some.y_m, settings, options.coverage_range_m, dict(patterns or {}), link_budget,
        floor_dbm,
    )  # fmt: skip
    rows = {} if cache is None else cache.load(context)
    missing = np.array([i for i, key in enumerate(stations.key) if key not in rows], np.int64)
    if len(missing) and len(wanted):
        found = point_levels(
            terrain, stations.cells.take(missing), some, settings, options.coverage_range_m,
            patterns=patterns, budget=link_budget, floor_dbm=floor_dbm, workers=workers, progress=progress,
        )  # fmt: skip
        rows |= _rows(found, [stations.key[i] for i in missing])
        if cache is not None:
            cache.save(context, rows)
    return _assembled(stations, rows, wanted, len(points), len(missing))


def _rows(found: PointLevels, keys: Sequence[str]) -> dict[str, LevelRow]:
    order = np.lexsort((found.point, found.cell))
    cell, point, level = found.cell[order], found.point[order], found.level_dbm[order]
    start = np.searchsorted(cell, np.arange(len(keys) + 1))
    return {
        key: (point[start[i] : start[i + 1]], level[start[i] : start[i + 1]]) for i, key in enumerate(keys)
    }


def _assembled(
    stations: StationCells,
    rows: Mapping[str, LevelRow],
    wanted: NDArray[np.int64],
    points: int,
    computed: int,
) -> StationLevels:
    nothing = (np.zeros(0, np.int32), np.zeros(0, np.float32))
    mine = [rows.get(key, nothing) for key in stations.key] if len(wanted) else []
    count = [len(point) for point, _ in mine]
    return StationLevels(
        stations=stations,
        cell=np.repeat(np.arange(len(mine), dtype=np.int32), count),
        point=wanted[np.concatenate([nothing[0], *(p for p, _ in mine)])].astype(np.int32),
        level_dbm=np.concatenate([nothing[1], *(v for _, v in mine)]),
        points=points,
        computed=computed,
    )


def _take(points: PointTable, index: NDArray[Any]) -> PointTable:
    return replace(points, **{f.name: getattr(points, f.name)[index] for f in fields(points)})
