"""Many cells: best server, its level, how many masts serve, SINR, and exact levels at points."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .antenna import AntennaPattern
from .carriers import carriers_of
from .cells import CellTable, PointLevels, PointTable, TechnologyRule
from .footprint import (
    AntennaGroup,
    RadioSite,
    Sites,
    ground_height_m,
    group_window,
    prepare_sites,
    spot_of,
)
from .interference import InterferenceRule, disturbance_of
from .level_kernels import merge_rows, point_cell_levels
from .link_budget import LinkBudget
from .network_layer import LayerKey, LayerPlan, NetworkLayer, plan_layers
from .propagation.corrected import loss_at_points
from .propagation.terrain import LossWindow, PropagationSettings, TerrainModel
from .row_ring import BAND_ROWS, RowRing

__all__ = ["LayerKey", "NetworkLayer", "network_layers", "network_rows", "point_levels"]

_Result = TypeVar("_Result")
_Work = TypeVar("_Work")


def network_rows(
    terrain: TerrainModel,
    cells: CellTable,
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    maximum_range_m: float,
    sink: Callable[[NetworkLayer], None],
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    budget: LinkBudget | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    by_operator: bool = False,
    interference: InterferenceRule | None = None,
) -> None:
    """Compute the layers of every technology that has a rule and a cell; hand their rows on when finished.

    Masts are swept in threads and merged pixel by pixel under a total order (level, then lower cell index):
    the result is the same to the bit for any number of workers. Only rows within reach of the masts in work
    are in memory: see `coverage.row_ring`.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
        The cells that are on air; select them with `CellTable.active` first.
    rules : mapping of str to TechnologyRule
        By technology.
    settings : PropagationSettings
    maximum_range_m : float
        Pixels farther from a mast are not computed.
    sink : callable
        Takes some rows of one layer (`NetworkLayer.first_row`); each layer's come from north to south. Called
        in one thread at a time, not always the same; the arrays are given away.
    patterns : mapping of str to AntennaPattern, optional
        Patterns read from files, by the name in the column ``antenna``.
    budget : LinkBudget, optional
        Receiver gain, body loss, SSB beam gain.
    workers : int, optional
        Threads; default: one for each core. Each holds one loss window.
    progress : callable, optional
        Called with masts done and masts in all, in this thread.
    by_operator : bool
        Make a layer for each technology and operator besides those for each technology.
    interference : InterferenceRule, optional
        What the other cells do; None leaves SINR out. The other layers are the same with it or without.

    Raises
    ------
    InputError
        A mast off the terrain, an unknown pattern, a bandwidth that does not exist …: all at once.
    """
    plan = plan_layers(cells, rules, by_operator=by_operator)
    floor = {technology: plan.floor_dbm(technology) for technology in plan.technologies}
    sites = prepare_sites(terrain, cells, floor, settings, maximum_range_m, patterns=patterns, budget=budget)
    disturbance = None if interference is None else disturbance_of(cells, plan.technologies, interference)
    ring = RowRing(terrain, sites.masts, plan, disturbance, sink)
    carrier = None if disturbance is None else disturbance.carrier

    def work(mast: RadioSite) -> None:
        _merge_mast(terrain, cells, sites, mast, settings, plan, ring, carrier)

    for done, _ in enumerate(_in_threads(work, ring.masts, workers), start=1):
        if progress is not None:
            progress(done, len(ring.masts))


def network_layers(
    terrain: TerrainModel,
    cells: CellTable,
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    maximum_range_m: float,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    budget: LinkBudget | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    by_operator: bool = False,
    interference: InterferenceRule | None = None,
) -> dict[LayerKey, NetworkLayer]:
    """Compute the layers as `network_rows` does and return them whole: 13 bytes a pixel and layer.

    Returns
    -------
    dict
        By technology, and by (technology, operator) if asked for.
    """
    bands: dict[LayerKey, list[NetworkLayer]] = {}

    def keep(band: NetworkLayer) -> None:
        bands.setdefault(band.key, []).append(band)

    network_rows(
        terrain, cells, rules, settings, maximum_range_m, keep, patterns=patterns, budget=budget,
        workers=workers, progress=progress, by_operator=by_operator, interference=interference,
    )  # fmt: skip
    return {key: _whole(bands.pop(key)) for key in plan_layers(cells, rules, by_operator=by_operator).keys}


def _whole(bands: Sequence[NetworkLayer]) -> NetworkLayer:
    first = bands[0]
    sinr = [band.sinr_db for band in bands if band.sinr_db is not None]
    return NetworkLayer(
        technology=first.technology,
        operator=first.operator,
        rule=first.rule,
        level_dbm=np.concatenate([band.level_dbm for band in bands]),
        best_cell=np.concatenate([band.best_cell for band in bands]),
        servers=np.concatenate([band.servers for band in bands]),
        sinr_db=np.concatenate(sinr) if sinr else None,
    )


def _merge_mast(
    terrain: TerrainModel,
    cells: CellTable,
    sites: Sites,
    mast: RadioSite,
    settings: PropagationSettings,
    plan: LayerPlan,
    ring: RowRing,
    carrier: NDArray[np.int32] | None,
) -> None:
    """Sweep one mast, height by height, and merge it into the live rows."""
    try:
        windows = [group_window(terrain, group, settings) for group in mast.groups]
        if ring.enter(mast, windows):
            top, left, counted = _counting_window(windows, len(plan.keys))
            for group, window in zip(mast.groups, windows, strict=True):
                _, rows, columns = window.loss_db.shape
                first, across = window.row - top, window.column - left
                seen = counted[:, first : first + rows, across : across + columns]
                _merge_window(terrain, cells, sites, group, window, settings, plan, ring, carrier, seen)
            ring.leave(mast)
    except BaseException:
        ring.give_up()
        raise


def _merge_window(
    terrain: TerrainModel,
    cells: CellTable,
    sites: Sites,
    group: AntennaGroup,
    window: LossWindow,
    settings: PropagationSettings,
    plan: LayerPlan,
    ring: RowRing,
    carrier: NDArray[np.int32] | None,
    seen: NDArray[np.uint8],
) -> None:
    """Merge what one antenna group gives, band of rows by band of rows."""
    carriers = carriers_of(cells, sites, group, plan, carrier)
    spot = spot_of(terrain, group, settings)
    first, end = window.row, window.row + window.loss_db.shape[1]
    while first < end:
        stop = min(end, (first // BAND_ROWS + 1) * BAND_ROWS)
        with ring.lock(first):
            merge_rows(
                window.loss_db,
                window.row,
                window.column,
                first,
                stop,
                terrain.height_m,
                spot,
                sites.patterns,
                sites.sectors,
                carriers,
                ring.stack,
                seen,
                ring.tally,
            )
        first = stop


def _counting_window(windows: Sequence[LossWindow], counters: int) -> tuple[int, int, NDArray[np.uint8]]:
    """Return origin and zeros over all windows of a mast; no pixels where there is one window only."""
    if len(windows) == 1:
        return windows[0].row, windows[0].column, np.zeros((0, 0, 0), dtype=np.uint8)
    top = min(window.row for window in windows)
    left = min(window.column for window in windows)
    bottom = max(window.row + window.loss_db.shape[1] for window in windows)
    right = max(window.column + window.loss_db.shape[2] for window in windows)
    return top, left, np.zeros((counters, bottom - top, right - left), dtype=np.uint8)


def _in_threads(
    work: Callable[[_Work], _Result], items: Iterable[_Work], workers: int | None
) -> Iterable[_Result]:
    """Yield results as they come; few wait at a time, and the first error stops the rest."""
    count = workers or os.cpu_count() or 1
    source = iter(items)
    with ThreadPoolExecutor(max_workers=count) as pool:
        running: set[Future[_Result]] = {pool.submit(work, item) for item in islice(source, 2 * count)}
        try:
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(work, item) for item in islice(source, len(finished))}
                for future in finished:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()


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
    floor = {str(technology): floor_dbm for technology in np.unique(cells.technology)}
    sites = prepare_sites(terrain, cells, floor, settings, maximum_range_m, patterns=patterns, budget=budget)
    ground_m = ground_height_m(terrain, points.x_m, points.y_m)

    def work(mast: RadioSite) -> list[_Heard]:
        return [
            _group_at_points(terrain, sites, group, points, ground_m, settings, floor_dbm)
            for group in mast.groups
        ]

    heard: list[_Heard] = []
    for done, found in enumerate(_in_threads(work, sites.masts, workers), start=1):
        heard += found
        if progress is not None:
            progress(done, len(sites.masts))
    return _sorted_levels(heard)


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
