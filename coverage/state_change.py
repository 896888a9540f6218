"""Masts that come, go and change in kept merges: swept once for all technologies, others where needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable
from .footprint import AntennaGroup, Sites, group_window
from .link_budget import useful_range_m
from .mast_merge import MastMerge, Radio, Windows
from .propagation.corrected import greatest_gain_db
from .propagation.terrain import WantedPixels
from .threads import in_threads

__all__ = ["MastCells", "MastChange", "MastsOnAir", "change_masts"]

_BLOCK = 16
_COLUMN_STEP = 256  # a multiple of the pieces in which `level_kernels.merge_rows` rounds

MastCells = tuple[CellTable, NDArray[np.int64]]
"""All cells of a mast, and their numbers in a merge."""


@dataclass(frozen=True)
class MastChange:
    """A mast that is new, gone or different in one technology."""

    gone: MastCells | None
    come: MastCells | None


class MastsOnAir:
    """All masts on air, by place; their cells are picked out when they are asked for.

    Parameters
    ----------
    cells : CellTable
        On air.
    number : mapping of str to ndarray of int64, (cells,)
        By technology: the number of each cell in its merge; -1: its mast does not carry the technology.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, (masts,)
    """

    def __init__(self, cells: CellTable, number: Mapping[str, NDArray[np.int64]]) -> None:
        self._cells, self._number = cells, number
        self._order = np.argsort(cells.mast_id, kind="stable")
        _, self._first = np.unique(cells.mast_id[self._order], return_index=True)
        self.x_m, self.y_m = (column[self._order[self._first]] for column in (cells.x_m, cells.y_m))

    def cells(self, mast: int) -> CellTable:
        """Return all cells of a mast."""
        return self._cells.take(self._members(mast))

    def number(self, mast: int, technology: str) -> NDArray[np.int64] | None:
        """Return the numbers of a mast's cells in a merge; None where it does not carry the technology."""
        number = self._number[technology][self._members(mast)]
        return number if np.all(number >= 0) else None

    def _members(self, mast: int) -> NDArray[np.int64]:
        end = self._first[mast + 1] if mast + 1 < len(self._first) else len(self._order)
        return self._order[self._first[mast] : end]


def change_masts(
    merges: Mapping[str, MastMerge],
    radio: Radio,
    changes: Mapping[str, Mapping[str, MastChange]],
    on_air: MastsOnAir,
    workers: int | None = None,
) -> None:
    """Bring merges up to date: after it each is the merge of the masts on air, to the bit.

    Parameters
    ----------
    merges : mapping of str to MastMerge
        By technology.
    radio : Radio
    changes : mapping of str to mapping of str to MastChange
        By technology and mast.
    on_air : MastsOnAir
        All there are now.
    workers : int, optional
        Threads; default: one for each core.
    """
    masts = sorted({mast for own in changes.values() for mast in own})

    def change(mast: str) -> None:
        windows = Windows(radio)
        for technology, own in changes.items():
            if mast in own:
                merges[technology].replace(own[mast].gone, own[mast].come, windows)

    for _ in in_threads(change, masts, workers):
        pass
    _ask(merges, radio, on_air, workers)


@dataclass(frozen=True)
class _Lost:
    """Where masts must be asked, in any technology."""

    mask: NDArray[np.bool_]
    blocks: NDArray[np.int64]
    least_dbm: Mapping[str, NDArray[np.float32]]  # of each block: no lost pixel has less already


def _lost(merges: Mapping[str, MastMerge]) -> _Lost:
    one = next(iter(merges.values()))
    (rows, columns), shape = one.state.shape, one.lost.shape[1:]
    mask: NDArray[np.bool_] = np.zeros(shape, dtype=np.bool_)
    least = {}
    for technology, merge in merges.items():
        level = np.full((shape[0] // _BLOCK, shape[1] // _BLOCK), np.inf, dtype=np.float32)
        for first, lost, entered in merge.lost_rows():
            stop = first + lost.shape[1]
            mask[first:stop] |= lost.any(axis=0)
            weakest = _in_blocks(np.where(lost, entered, np.inf).min(axis=0)).min(axis=(1, 3))
            level[first // _BLOCK : stop // _BLOCK] = weakest
        least[technology] = np.floor(level)  # few different ones
    blocks = np.argwhere(_in_blocks(mask).any(axis=(1, 3)))
    mask = np.ascontiguousarray(mask[:rows, :columns])
    return _Lost(mask, blocks, {name: level[tuple(blocks.T)] for name, level in least.items()})


def _in_blocks(values: NDArray[np.generic]) -> NDArray[np.generic]:
    rows, columns = values.shape
    return values.reshape(rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK)


def _ask(merges: Mapping[str, MastMerge], radio: Radio, on_air: MastsOnAir, workers: int | None) -> None:
    """Let all masts on air compete where a best server went."""
    if not any(merge.opened for merge in merges.values()):
        return
    lost = _lost(merges)
    if not len(lost.blocks):
        return
    for merge in merges.values():
        merge.ask()
    places = zip(on_air.x_m.tolist(), on_air.y_m.tolist(), strict=True)
    near = [mast for mast, at in enumerate(places) if _reach(radio, *at, lost.blocks)]

    def compete(mast: int) -> None:
        cells = on_air.cells(mast)
        sites = radio.sites(cells)
        groups = sites.masts[0].groups if sites.masts else ()
        windows = {}
        for place, group in enumerate(groups):
            wanted = _wanted(radio, cells, sites, group, lost)
            if wanted is not None:
                windows[place] = group_window(radio.terrain, group, radio.settings, wanted=wanted)
        for technology, merge in merges.items():
            number = on_air.number(mast, technology)
            if number is None:
                continue
            carrying = {id(group) for group in merge.groups(sites, cells)}
            used = [p for p in windows if id(groups[p]) in carrying and windows[p].loss_db.size]
            if used:
                merge.compete(cells, number, sites, [groups[p] for p in used], [windows[p] for p in used])

    for _ in in_threads(compete, near, workers):
        pass


def _away_m(radio: Radio, x_m: float, y_m: float, blocks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far blocks are at least, with two pixels to spare; less than 0: the place may lie within."""
    terrain = radio.terrain
    east = terrain.x_left_m + (blocks[:, 1] + 0.5) * _BLOCK * terrain.resolution_m - x_m
    south = terrain.y_top_m - (blocks[:, 0] + 0.5) * _BLOCK * terrain.resolution_m - y_m
    return np.hypot(east, south) - (2 + _BLOCK * math.sqrt(0.5)) * terrain.resolution_m


def _reach(radio: Radio, x_m: float, y_m: float, blocks: NDArray[np.int64]) -> bool:
    return bool(np.any(_away_m(radio, x_m, y_m, blocks) <= radio.maximum_range_m))


def _wanted(
    radio: Radio, cells: CellTable, sites: Sites, group: AntennaGroup, lost: _Lost
) -> WantedPixels | None:
    """Return the lost pixels that a group may serve better than they are served; None without any.

    A cell that would not reach the level there over free ground cannot: see `link_budget.useful_range_m`.
    """
    away = _away_m(radio, group.x_m, group.y_m, lost.blocks)
    close = np.flatnonzero(away <= group.range_m)
    if not len(close):
        return None
    useful = np.zeros(len(close), dtype=np.bool_)
    for technology, level in lost.least_dbm.items():
        own = [int(cell) for cell in group.cells if cells.technology[cell] == technology]
        for least in np.unique(level[close]) if own else ():
            reach = _range_m(radio, cells, sites, own, float(least), group.range_m)
            useful |= (level[close] == least) & (away[close] <= reach)
    if not useful.any():
        return None
    return WantedPixels(lost.mask, lost.blocks[close[useful]], _BLOCK, _COLUMN_STEP)


def _range_m(
    radio: Radio, cells: CellTable, sites: Sites, own: Sequence[int], level_dbm: float, range_m: float
) -> float:
    """Return how far the cells can give more than a level; 0 where nobody asks (level of +inf)."""
    if level_dbm == math.inf:
        return -math.inf
    if level_dbm == -math.inf:
        return range_m
    return max(
        useful_range_m(
            float(sites.sectors.boresight_dbm[cell])
            + greatest_gain_db(radio.settings, float(cells.frequency_mhz[cell])),
            float(cells.frequency_mhz[cell]),
            level_dbm - 0.1,  # float32 levels are rounded
            range_m,
            radio.settings.time_percent,
        )
        for cell in own
    )
