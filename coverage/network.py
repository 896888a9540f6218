"""Many cells: best server, its level, how many masts serve, SINR."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .antenna import AntennaPattern
from .carriers import carriers_of
from .cells import CellTable, TechnologyRule
from .footprint import (
    AntennaGroup,
    RadioSite,
    group_window,
    spot_of,
)
from .interference import InterferenceRule
from .level_kernels import merge_rows
from .link_budget import LinkBudget
from .network_layer import LayerKey, NetworkLayer, plan_layers
from .network_points import point_levels
from .propagation.terrain import LossWindow, PropagationSettings, TerrainModel
from .radio_network import RadioNetwork, prepare_network
from .row_ring import BAND_ROWS, KeepRows, RowRing
from .threads import in_threads

__all__ = [
    "LayerKey",
    "NetworkLayer",
    "merge_mast",
    "merge_network",
    "network_layers",
    "network_rows",
    "point_levels",
]


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
    only: Collection[str] | None = None,
    keep: KeepRows | None = None,
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
    only : collection of str, optional
        Technologies whose layers are wanted, the same to the bit as with all; default: all.
    keep : callable, optional
        Takes finished rows as they were merged: see `coverage.layer_state`.

    Raises
    ------
    InputError
        A mast off the terrain, an unknown pattern, a bandwidth that does not exist …: all at once.
    """
    network = prepare_network(
        terrain, cells, rules, settings, maximum_range_m, patterns=patterns, budget=budget,
        by_operator=by_operator, interference=interference, only=only,
    )  # fmt: skip
    merge_network(terrain, network, settings, sink, workers=workers, progress=progress, keep=keep)


def merge_network(
    terrain: TerrainModel,
    network: RadioNetwork,
    settings: PropagationSettings,
    sink: Callable[[NetworkLayer], None],
    *,
    rows: tuple[int, int] | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    keep: KeepRows | None = None,
) -> None:
    """Sweep and merge all masts of a network; hand on all rows, or a strip of them.

    Parameters
    ----------
    terrain : TerrainModel
        Only rows within reach of the masts are looked at.
    network : RadioNetwork
        For a strip the masts that do not reach it may be missing.
    settings : PropagationSettings
    sink, workers, progress, keep
        As in `network_rows`.
    rows : tuple of int, optional
        First and past the last row; the first is a multiple of `row_ring.BAND_ROWS`.
    """
    ring = RowRing(terrain, network.sites.masts, network.plan, network.disturbance, sink, rows, keep)
    ring.finish()  # the rows that no mast can reach, which are all where there is none

    def work(mast: RadioSite) -> None:
        merge_mast(terrain, network, mast, settings, ring)

    for done, _ in enumerate(in_threads(work, ring.masts, workers), start=1):
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


def merge_mast(
    terrain: TerrainModel,
    network: RadioNetwork,
    mast: RadioSite,
    settings: PropagationSettings,
    ring: RowRing,
) -> None:
    """Sweep one mast, height by height, and merge it into the live rows.

    Parameters
    ----------
    terrain : TerrainModel
    network : RadioNetwork
        The mast is one of its.
    mast : RadioSite
    settings : PropagationSettings
    ring : RowRing
        Of the network's masts.
    """
    try:
        windows = [group_window(terrain, group, settings, ring.rows) for group in mast.groups]
        if ring.enter(mast, windows):
            top, left, counted = _counting_window(windows, len(network.plan.keys))
            for group, window in zip(mast.groups, windows, strict=True):
                _, rows, columns = window.loss_db.shape
                first, across = window.row - top, window.column - left
                seen = counted[:, first : first + rows, across : across + columns]
                _merge_window(terrain, network, group, window, settings, ring, seen)
            ring.leave(mast)
    except BaseException:
        ring.give_up()
        raise


def _merge_window(
    terrain: TerrainModel,
    network: RadioNetwork,
    group: AntennaGroup,
    window: LossWindow,
    settings: PropagationSettings,
    ring: RowRing,
    seen: NDArray[np.uint8],
) -> None:
    """Merge what one antenna group gives, band of rows by band of rows."""
    sites = network.sites
    carrier = None if network.disturbance is None else network.disturbance.carrier
    carriers = carriers_of(network.cells, sites, group, network.plan, carrier)
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
