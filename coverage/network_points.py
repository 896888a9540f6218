"""Exact levels at points: every path on a profile of its own, masts all together or group by group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from .antenna import AntennaPattern
from .cells import CellTable, PointLevels, PointTable
from .footprint import AntennaGroup, RadioSite, Sites, ground_height_m, prepare_sites, spot_of
from .level_kernels import point_cell_levels
from .link_budget import LinkBudget
from .propagation.corrected import loss_at_points
from .propagation.terrain import PropagationSettings, TerrainModel
from .threads import in_threads

__all__ = ["joined_levels", "levels_of_sites", "point_levels", "point_sites"]


def point_levels(
    terrain: TerrainModel,
    cells: CellTable,
    points: PointTable,
    settings: PropagationSettings,
    maximum_range_m: float,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    budget: LinkBudget | None = None,
    floor_dbm: float = -135.0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PointLevels:
    """Compute the level of every cell at every point in range, each path on a profile of its own.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
        All cells, whatever their dates.
    points : PointTable
        A point off the terrain or in a void hears nothing.
    settings : PropagationSettings
    maximum_range_m : float
    patterns, budget, workers, progress
        As in `network_layers`.
    floor_dbm : float
        Weaker levels are left out.

    Returns
    -------
    PointLevels
        Sorted by (point, cell); the same to the bit for any number of workers.

    Raises
    ------
    InputError
        As `network_layers`.
    """
    sites = point_sites(
        terrain, cells, settings, maximum_range_m, patterns=patterns, budget=budget, floor_dbm=floor_dbm
    )
    ground_m = ground_height_m(terrain, points.x_m, points.y_m)
    return levels_of_sites(
        terrain, sites, points, ground_m, settings, floor_dbm, workers=workers, progress=progress
    )


def point_sites(
    terrain: TerrainModel,
    cells: CellTable,
    settings: PropagationSettings,
    maximum_range_m: float,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    budget: LinkBudget | None = None,
    floor_dbm: float = -135.0,
) -> Sites:
    """Check the cells and make ready what `levels_of_sites` takes; parameters and errors: `point_levels`."""
    floor = {str(technology): floor_dbm for technology in np.unique(cells.technology)}
    return prepare_sites(terrain, cells, floor, settings, maximum_range_m, patterns=patterns, budget=budget)


def levels_of_sites(
    terrain: TerrainModel,
    sites: Sites,
    points: PointTable,
    ground_m: NDArray[np.float64],
    settings: PropagationSettings,
    floor_dbm: float,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PointLevels:
    """Compute the levels that some masts make at points, sorted by (point, cell).

    Parameters
    ----------
    terrain : TerrainModel
        Only rows between the masts and the points in their reach are looked at.
    sites : Sites
        From `point_sites`; `masts` may be a part of them.
    points : PointTable
    ground_m : ndarray of float64, (points,)
        Ground under the points, from `ground_height_m`.
    settings, floor_dbm, workers, progress
        As in `point_levels`.
    """

    def work(mast: RadioSite) -> list[_Heard]:
        return [
            _group_at_points(terrain, sites, group, points, ground_m, settings, floor_dbm)
            for group in mast.groups
        ]

    heard: list[_Heard] = []
    for done, found in enumerate(in_threads(work, sites.masts, workers), start=1):
        heard += found
        if progress is not None:
            progress(done, len(sites.masts))
    return _sorted_levels(heard)


def joined_levels(parts: Iterable[PointLevels]) -> PointLevels:
    """Return the levels of several groups of masts as one, sorted by (point, cell)."""
    return _sorted_levels([(part.point, part.cell, part.level_dbm, part.loss_db) for part in parts])


_Heard = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]


def _group_at_points(
    terrain: TerrainModel,
    sites: Sites,
    group: AntennaGroup,
    points: PointTable,
    ground_m: NDArray[np.float64],
    settings: PropagationSettings,
    floor_dbm: float,
) -> _Heard:
    """Return point, cell, level and loss of all that is heard of one antenna group."""
    distance = np.hypot(points.x_m - group.x_m, points.y_m - group.y_m)
    near = np.flatnonzero((distance <= group.range_m) & ~np.isnan(ground_m))
    x_m, y_m = points.x_m[near], points.y_m[near]
    frequencies = group.frequencies_mhz.tolist()
    loss = loss_at_points(
        terrain, group.x_m, group.y_m, group.antenna_height_m, frequencies, x_m, y_m, settings
    )
    level = point_cell_levels(
        loss,
        x_m,
        y_m,
        ground_m[near],
        spot_of(terrain, group, settings),
        sites.patterns,
        sites.sectors,
        group.cells,
        group.frequency,
    )
    cell, point = np.nonzero(level >= floor_dbm)
    return (
        near[point].astype(np.int32),
        group.cells[cell],
        level[cell, point],
        loss[group.frequency[cell], point].astype(np.float32),
    )


def _sorted_levels(heard: list[_Heard]) -> PointLevels:
    empty: _Heard = (
        np.empty(0, np.int32),
        np.empty(0, np.int32),
        np.empty(0, np.float32),
        np.empty(0, np.float32),
    )
    point, cell, level, loss = (np.concatenate(part) for part in zip(empty, *heard, strict=True))
    order = np.lexsort((cell, point))
    return PointLevels(point[order], cell[order], level[order], loss[order])
