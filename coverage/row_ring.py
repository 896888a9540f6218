"""The rows of all layers that masts are still being merged into, and nothing else, in memory.

Masts are merged from north to south, some at a time. A row that no mast in work or to come can reach is
finished: SINR is read off the sums, the layers of technologies are made from those of their operators, the
row is handed on, and its place is given to another row. So memory goes with the range and the width of the
map, not with its height, and what is handed on does not depend on the number of workers.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from .footprint import RadioSite
from .interference import Disturbance
from .level_kernels import LayerStack, Tally, sinr_rows
from .network_layer import LayerPlan, NetworkLayer
from .propagation.terrain import LossWindow, TerrainModel

__all__ = ["BAND_ROWS", "RowRing", "as_told", "rows_of", "stronger"]

BAND_ROWS = 64
"""Rows that are locked, finished and handed on together."""

_SLACK_ROWS = 64  # how far masts in work may run ahead of the northernmost, beyond a band

KeepRows = Callable[[int, LayerStack, NDArray[np.float64]], None]
"""Takes the first row, and levels, best cells, runners-up, counts and sums of finished rows as merged."""

_LIVE = ("level_dbm", "best_cell", "servers", "runner_dbm", "runner_cell")  # of `LayerStack`
_Part = tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32] | None]


class RowRing:
    """The live rows of the layers, and the order in which masts are merged into them.

    Parameters
    ----------
    terrain : TerrainModel
    masts : sequence of RadioSite
        All that will be merged.
    plan : LayerPlan
    disturbance : Disturbance or None
        What is summed for SINR; None: nothing.
    sink : callable
        Takes the finished rows of one layer; called band by band from north to south, in one thread at a
        time. The arrays are given away.
    rows : tuple of int, optional
        First and past the last row that are wanted; the first is a multiple of `BAND_ROWS`. Default: all.
    keep : callable, optional
        Takes the finished rows as they were merged; only then are runners-up looked for.

    Attributes
    ----------
    masts : list of RadioSite
        In the order in which they must be begun.
    rows : tuple of int
        First and past the last row that are wanted.
    stack : LayerStack
    tally : Tally
    """

    def __init__(
        self,
        terrain: TerrainModel,
        masts: Sequence[RadioSite],
        plan: LayerPlan,
        disturbance: Disturbance | None,
        sink: Callable[[NetworkLayer], None],
        rows: tuple[int, int] | None = None,
        keep: KeepRows | None = None,
    ) -> None:
        self.rows = rows or (0, terrain.height_m.shape[0])
        if self.rows[0] % BAND_ROWS:
            raise ValueError(f"a strip must begin at a multiple of {BAND_ROWS} rows, not at {self.rows[0]}")
        spans = {mast.mast_id: _clipped(rows_of(terrain, mast), self.rows) for mast in masts}
        self.masts = sorted(masts, key=lambda mast: (spans[mast.mast_id], mast.mast_id))
        self._spans = [spans[mast.mast_id] for mast in self.masts]
        self._place = {mast.mast_id: place for place, mast in enumerate(self.masts)}
        self._left = [False] * len(self.masts)
        self._first_in_work = 0
        self._finished_rows = self.rows[0]
        self._finishing = False
        self._broken = False
        self._moved = threading.Condition()
        self._plan, self._disturbance, self._sink, self._keep = plan, disturbance, sink, keep
        first = self.rows[0]
        self._end = self.rows[1]
        columns = terrain.height_m.shape[1]
        tallest = max((end - top for top, end in self._spans), default=0)
        ring = min(self._end - first, tallest + BAND_ROWS + _SLACK_ROWS)
        ring = math.ceil(ring / BAND_ROWS) * BAND_ROWS
        self.stack = _empty_stack(plan, ring, columns, None if keep is None else _mast_of_cells(self.masts))
        unit = np.zeros(0, dtype=np.float32) if disturbance is None else disturbance.unit_dbm
        self.tally = Tally(np.zeros((len(unit), ring, columns)), unit)
        self._locks = [threading.Lock() for _ in range(0, self._end, BAND_ROWS)]

    @property
    def nbytes(self) -> int:
        """Bytes of the live rows: whatever the height of the map."""
        arrays = (self.tally.units, *self.stack)
        return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))

    def lock(self, row: int) -> threading.Lock:
        """Return the lock of the band of rows that holds a row of the terrain."""
        return self._locks[row // BAND_ROWS]

    def enter(self, mast: RadioSite, windows: Sequence[LossWindow]) -> bool:
        """Wait until there is room for the windows of a mast; False when another mast has failed."""
        top, end = self._spans[self._place[mast.mast_id]]
        for window in windows:
            last = window.row + window.loss_db.shape[1]
            if last > window.row and not (top <= window.row and last <= end):
                raise ValueError(f"mast {mast.mast_id}: a loss window beyond the mast's range")
        with self._moved:
            # The first mast in work always has room, so somebody can always go on.
            self._moved.wait_for(
                lambda: self._broken or end <= self._finished_rows + self.stack.servers.shape[1]
            )
            return not self._broken

    def leave(self, mast: RadioSite) -> None:
        """Tell that a mast has been merged; finish the bands that no other mast can reach any more."""
        with self._moved:
            self._left[self._place[mast.mast_id]] = True
            while self._first_in_work < len(self.masts) and self._left[self._first_in_work]:
                self._first_in_work += 1
        self.finish()

    def finish(self) -> None:
        """Hand on all bands that are finished; the other workers go on meanwhile."""
        while (first := self._next_band()) is not None:
            stop = min(first + BAND_ROWS, self._end)
            self._hand_on(first, stop)
            with self._moved:
                self._finished_rows = stop
                self._finishing = False
                self._moved.notify_all()

    def give_up(self) -> None:
        """Let all who wait go: a mast has failed."""
        with self._moved:
            self._broken = True
            self._moved.notify_all()

    def _next_band(self) -> int | None:
        """Take the next finished band in hand; None if there is none or somebody else has one in hand."""
        with self._moved:
            first = self._finished_rows
            at_end = self._first_in_work == len(self.masts)
            passed = self._end if at_end else self._spans[self._first_in_work][0]
            ready = first < self._end and min(first + BAND_ROWS, self._end) <= passed
            if self._finishing or self._broken or not ready:
                return None
            self._finishing = True
            return first

    def _hand_on(self, first: int, stop: int) -> None:
        """Give the rows of every layer to the sink and clear their place in the ring."""
        plan, stack = self._plan, self.stack
        at = first % stack.servers.shape[1]
        rows = slice(at, at + stop - first)
        if self._keep is not None:
            live = {name: getattr(stack, name)[:, rows] for name in _LIVE}
            self._keep(first, stack._replace(**live), self.tally.units[:, rows])
            stack.runner_dbm[:, rows] = -np.inf
            stack.runner_cell[:, rows] = -1
        for counter, technology in enumerate(plan.technologies):
            if plan.pairs:
                whole = self._hand_on_operators(technology, first, rows)
            else:
                whole = self._part(counter, rows)
            self._sink(self._layer(counter, first, rows, whole))
        stack.level_dbm[:, rows] = -np.inf
        stack.best_cell[:, rows] = -1
        stack.servers[:, rows] = 0
        self.tally.units[:, rows] = 0.0

    def _hand_on_operators(self, technology: str, first: int, rows: slice) -> _Part:
        """Give the rows of a technology's operators to the sink; return the best of them."""
        parts = []
        for place, pair in enumerate(self._plan.pairs):
            if pair[0] == technology:
                parts.append(self._part(place, rows))
                counter = len(self._plan.technologies) + place
                self._sink(self._layer(counter, first, rows, parts[-1]))
        return reduce(stronger, parts)

    def _part(self, place: int, rows: slice) -> _Part:
        """Return level (-inf: nothing heard), best cell and SINR of finished rows."""
        level, best = self.stack.level_dbm[place, rows].copy(), self.stack.best_cell[place, rows].copy()
        d = self._disturbance
        if d is None:
            return level, best, None
        units = self.tally.units[:, rows]
        return level, best, sinr_rows(level, best, units, d.unit_dbm, d.carrier, d.others, d.own, d.noise_mw)

    def _layer(self, counter: int, first: int, rows: slice, part: _Part) -> NetworkLayer:
        key = self._plan.keys[counter]
        technology, operator = (key, None) if isinstance(key, str) else key
        level, best, sinr_db = part
        return NetworkLayer(
            technology=technology,
            operator=operator,
            rule=self._plan.rules[technology],
            level_dbm=np.where(best >= 0, level, np.float32(np.nan)),
            best_cell=best,
            servers=as_told(self.stack.servers[counter, rows]),
            sinr_db=sinr_db,
            first_row=first,
        )


def as_told(servers: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return counts of masts as layers tell them: 255 stands for at least so many."""
    return np.minimum(servers, 255).astype(np.uint8)


def stronger(one: _Part, other: _Part) -> _Part:
    """Return the better of two layers pixel by pixel, under the total order of the merge."""
    (level, best, sinr_db), (level_2, best_2, sinr_db_2) = one, other
    better = (level_2 > level) | ((level_2 == level) & (best_2 < best))
    if sinr_db is not None and sinr_db_2 is not None:
        sinr_db = np.where(better, sinr_db_2, sinr_db)
    return np.where(better, level_2, level), np.where(better, best_2, best), sinr_db


def _mast_of_cells(masts: Sequence[RadioSite]) -> NDArray[np.int32]:
    """Return the number of each cell's mast as `LayerStack` wants it."""
    own = [np.concatenate([group.cells for group in mast.groups]) for mast in masts]
    mast = np.full(2 + max((int(cells.max()) for cells in own), default=-1), -1, dtype=np.int32)
    for number, cells in enumerate(own):
        mast[cells + 1] = number
    return mast


def _empty_stack(
    plan: LayerPlan, ring: int, columns: int, mast: NDArray[np.int32] | None = None
) -> LayerStack:
    """Return empty rows; with runners-up where the masts of the cells are told."""
    technologies = [key if isinstance(key, str) else key[0] for key in plan.entered]
    shape = (len(technologies), ring, columns)
    runners = (0, 0, 0) if mast is None else shape
    return LayerStack(
        level_dbm=np.full(shape, -np.inf, dtype=np.float32),
        best_cell=np.full(shape, -1, dtype=np.int32),
        servers=np.zeros((len(plan.keys), ring, columns), dtype=np.uint16),
        threshold_dbm=np.array([plan.rules[t].threshold_dbm for t in technologies], dtype=np.float32),
        floor_dbm=np.array([plan.floor_dbm(t) for t in technologies], dtype=np.float32),
        runner_dbm=np.full(runners, -np.inf, dtype=np.float32),
        runner_cell=np.full(runners, -1, dtype=np.int32),
        mast=np.zeros(0, dtype=np.int32) if mast is None else mast,
    )


def rows_of(terrain: TerrainModel, mast: RadioSite) -> tuple[int, int]:
    """Return first and past last row that any window of a mast can have, with one to spare on each side."""
    rows = terrain.height_m.shape[0]
    top, end = rows, 0
    for group in mast.groups:
        north = (terrain.y_top_m - group.y_m - group.range_m) / terrain.resolution_m
        south = (terrain.y_top_m - group.y_m + group.range_m) / terrain.resolution_m
        top = min(top, max(0, math.floor(north) - 1))
        end = max(end, min(rows, math.ceil(south) + 1))
    return min(top, end), end


def _clipped(span: tuple[int, int], rows: tuple[int, int]) -> tuple[int, int]:
    top, end = (min(max(row, rows[0]), rows[1]) for row in span)
    return top, end
