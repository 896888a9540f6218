"""Many cells: best server, its level, how many masts serve, P(covered), and exact levels at points."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .antenna import AntennaPattern
from .carriers import LayerKey, carriers_of
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
from .indoors import indoor_probability
from .interference import InterferenceRule, RowRing
from .level_kernels import LayerStack, Tally, merge_rows, point_cell_levels
from .link_budget import LinkBudget, probability_covered
from .propagation.corrected import loss_at_points
from .propagation.terrain import LossWindow, PropagationSettings, TerrainModel

__all__ = ["LayerKey", "NetworkLayer", "network_layers", "point_levels"]

_Result = TypeVar("_Result")
_Work = TypeVar("_Work")

FLOOR_SIGMAS = 4.0
"""A level this many σ below the threshold has P(covered) < 0.004 % and counts as nothing."""

_BAND_ROWS = 64


@dataclass(frozen=True)
class NetworkLayer:
    """What a technology offers, with all operators together or with one.

    Attributes
    ----------
    technology : {"2G", "3G", "4G", "5G"}
    operator : str or None
        None: the strongest of all operators.
    rule : TechnologyRule
        Threshold and spread behind `servers` and `p_covered`.
    level_dbm : ndarray of float32, (rows, columns)
        Location median of the strongest cell's reference signal outdoors; NaN where nothing is heard.
    best_cell : ndarray of int32, (rows, columns)
        That cell's index in the cell table; -1 where nothing is heard.
    servers : ndarray of uint8, (rows, columns)
        Masts with a cell at or above the threshold (255: at least so many).
    sinr_db : ndarray of float32, (rows, columns), or None
        Of the best server, as `coverage.interference` defines it; NaN where nothing is heard. None: not
        asked for.
    """

    technology: str
    operator: str | None
    rule: TechnologyRule
    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32]
    servers: NDArray[np.uint8]
    sinr_db: NDArray[np.float32] | None = None

    @property
    def p_covered(self) -> NDArray[np.float32]:
        """P(level ≥ threshold) outdoors, 0 … 1; computed at each access, so that it costs no memory."""
        return probability_covered(self.level_dbm, self.rule.threshold_dbm, self.rule.sigma_db)

    def p_covered_indoors(
        self, frequency_mhz: NDArray[np.float64], building: str = "traditional"
    ) -> NDArray[np.float32]:
        """P(level ≥ threshold) behind a building's wall (ITU-R P.2109), 0 … 1.

        Parameters
        ----------
        frequency_mhz : ndarray of float64, (cells,)
            Of the cell table: the loss is that of each pixel's best server.
        building : {"traditional", "thermally-efficient"}
        """
        return indoor_probability(self.level_dbm, self.best_cell, frequency_mhz, self.rule, building)


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
    """Compute the layers of every technology that has a rule and a cell.

    Masts are swept in threads and merged pixel by pixel under a total order (level, then lower cell index):
    the result is the same to the bit for any number of workers.

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

    Returns
    -------
    dict
        By technology, and by (technology, operator) if asked for.

    Raises
    ------
    InputError
        A mast off the terrain, an unknown pattern, a bandwidth that does not exist …: all at once.
    """
    floor = {t: rule.threshold_dbm - FLOOR_SIGMAS * rule.sigma_db for t, rule in rules.items()}
    sites = prepare_sites(terrain, cells, floor, settings, maximum_range_m, patterns=patterns, budget=budget)
    keys = _layer_keys(cells, rules, by_operator)
    stack = _empty_stack(keys, rules, floor, terrain.height_m.shape)
    locks = [threading.Lock() for _ in range(0, terrain.height_m.shape[0], _BAND_ROWS)]

    ring = None if interference is None else RowRing(terrain, cells, sites.masts, stack, interference)

    def work(mast: RadioSite) -> None:
        _merge_mast(terrain, cells, sites, mast, settings, keys, stack, locks, ring)

    masts = sites.masts if ring is None else ring.masts
    for done, _ in enumerate(_in_threads(work, masts, workers), start=1):
        if progress is not None:
            progress(done, len(masts))
    stack.level_dbm[np.isneginf(stack.level_dbm)] = np.nan
    sinr_db = None if ring is None else ring.sinr_db
    return {key: _layer(key, position, rules, stack, sinr_db) for key, position in keys.items()}


def _layer_keys(
    cells: CellTable, rules: Mapping[str, TechnologyRule], by_operator: bool
) -> dict[LayerKey, int]:
    """Return each layer's place in the stack, in a fixed order."""
    pairs = sorted({(str(t), str(o)) for t, o in zip(cells.technology, cells.operator, strict=True)})
    pairs = [pair for pair in pairs if pair[0] in rules]
    keys: list[LayerKey] = sorted({technology for technology, _ in pairs})
    if by_operator:
        keys += pairs
    return {key: position for position, key in enumerate(keys)}


def _technology(key: LayerKey) -> str:
    return key if isinstance(key, str) else key[0]


def _empty_stack(
    keys: Mapping[LayerKey, int],
    rules: Mapping[str, TechnologyRule],
    floor_dbm: Mapping[str, float],
    shape: tuple[int, ...],
) -> LayerStack:
    technologies = [_technology(key) for key in keys]
    return LayerStack(
        level_dbm=np.full((len(keys), *shape), -np.inf, dtype=np.float32),
        best_cell=np.full((len(keys), *shape), -1, dtype=np.int32),
        servers=np.zeros((len(keys), *shape), dtype=np.uint8),
        threshold_dbm=np.array([rules[t].threshold_dbm for t in technologies], dtype=np.float32),
        floor_dbm=np.array([floor_dbm[t] for t in technologies], dtype=np.float32),
    )


def _layer(
    key: LayerKey,
    position: int,
    rules: Mapping[str, TechnologyRule],
    stack: LayerStack,
    sinr_db: NDArray[np.float32] | None,
) -> NetworkLayer:
    return NetworkLayer(
        technology=_technology(key),
        operator=None if isinstance(key, str) else key[1],
        rule=rules[_technology(key)],
        level_dbm=stack.level_dbm[position],
        best_cell=stack.best_cell[position],
        servers=stack.servers[position],
        sinr_db=None if sinr_db is None else sinr_db[position],
    )


def _merge_mast(
    terrain: TerrainModel,
    cells: CellTable,
    sites: Sites,
    mast: RadioSite,
    settings: PropagationSettings,
    keys: Mapping[LayerKey, int],
    stack: LayerStack,
    locks: list[threading.Lock],
    ring: RowRing | None,
) -> None:
    """Sweep one mast, height by height, and merge it into the layers, band of rows by band of rows."""
    try:
        windows = [group_window(terrain, group, settings) for group in mast.groups]
        if ring is None:
            _merge_windows(terrain, cells, sites, mast, windows, settings, keys, stack, locks, None)
        elif ring.enter(mast, windows):
            _merge_windows(terrain, cells, sites, mast, windows, settings, keys, stack, locks, ring)
            ring.leave(mast)
    except BaseException:
        if ring is not None:
            ring.give_up()
        raise


_NO_TALLY = Tally(np.zeros((0, 0, 0)), np.zeros(0, dtype=np.float32))


def _merge_windows(
    terrain: TerrainModel,
    cells: CellTable,
    sites: Sites,
    mast: RadioSite,
    windows: Sequence[LossWindow],
    settings: PropagationSettings,
    keys: Mapping[LayerKey, int],
    stack: LayerStack,
    locks: list[threading.Lock],
    ring: RowRing | None,
) -> None:
    tally, summed = (_NO_TALLY, None) if ring is None else (ring.tally, ring.carrier)
    top, left, counted = _counting_window(windows, len(keys))
    for group, window in zip(mast.groups, windows, strict=True):
        carriers = carriers_of(cells, sites, group, keys, summed)
        spot = spot_of(terrain, group, settings)
        _, rows, columns = window.loss_db.shape
        first, end = window.row, window.row + rows
        seen = counted[:, first - top : end - top, window.column - left : window.column - left + columns]
        while first < end:
            band = first // _BAND_ROWS
            stop = min(end, (band + 1) * _BAND_ROWS)
            with locks[band]:
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
                    stack,
                    seen,
                    tally,
                )
            first = stop


def _counting_window(windows: Sequence[LossWindow], layers: int) -> tuple[int, int, NDArray[np.uint8]]:
    """Return origin and zeros over all windows of a mast; no pixels where there is one window only."""
    if len(windows) == 1:
        return windows[0].row, windows[0].column, np.zeros((0, 0, 0), dtype=np.uint8)
    top = min(window.row for window in windows)
    left = min(window.column for window in windows)
    bottom = max(window.row + window.loss_db.shape[1] for window in windows)
    right = max(window.column + window.loss_db.shape[2] for window in windows)
    return top, left, np.zeros((layers, bottom - top, right - left), dtype=np.uint8)


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
