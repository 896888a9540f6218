"""Masts taken out of a kept merge and put in.

Sums are of whole numbers and counts are exact, so what a mast gave can be taken away again; where it was the
best server the runner-up takes over, and where that is unknown the others are asked anew, and only there.
What comes out is the same to the bit as a merge of all masts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .antenna import AntennaPattern
from .carriers import carriers_of
from .cells import CellTable, TechnologyRule
from .footprint import AntennaGroup, Sites, group_window, prepare_sites, spot_of
from .layer_state import LayerState, StateWindow
from .level_kernels import LayerStack, Tally, merge_rows
from .link_budget import LinkBudget
from .network_layer import LayerPlan
from .propagation.terrain import LossWindow, PropagationSettings, TerrainModel
from .state_files import Blocks, Scratch, blocks_around
from .state_kernels import BLOCK, LOST, TOLD, ask, compete, count, enter, leave, settle

__all__ = ["MastMerge", "Radio", "Windows"]

_WIDER = 1.5  # times the larger of two windows: what one for both may take at most
_RANKS = ("level_dbm", "best_cell", "runner_dbm", "runner_cell")


@dataclass(frozen=True)
class Radio:
    """What a merge takes besides cells, as `network.network_rows` takes it."""

    terrain: TerrainModel
    rules: Mapping[str, TechnologyRule]
    settings: PropagationSettings
    maximum_range_m: float
    patterns: Mapping[str, AntennaPattern] | None
    budget: LinkBudget | None
    scratch: Scratch = field(default_factory=Scratch, compare=False)

    def sites(self, cells: CellTable) -> Sites:
        """Return the masts of some cells, with all their antenna groups."""
        plan = LayerPlan(self.rules, tuple(self.rules), ())
        floor = {technology: plan.floor_dbm(technology) for technology in self.rules}
        return prepare_sites(
            self.terrain, cells, floor, self.settings, self.maximum_range_m,
            patterns=self.patterns, budget=self.budget,
        )  # fmt: skip


class Windows:
    """The loss windows of one mast, each swept once however many technologies and cells share it."""

    def __init__(self, radio: Radio) -> None:
        self._radio = radio
        self._known: dict[tuple[Any, ...], LossWindow] = {}

    def of(self, group: AntennaGroup) -> LossWindow:
        """Return the window of an antenna group; sweeps it at the first time."""
        place = group.x_m, group.y_m, group.antenna_height_m, group.range_m
        key = (*place, tuple(group.frequencies_mhz.tolist()))
        if key not in self._known:
            self._known[key] = group_window(self._radio.terrain, group, self._radio.settings)
        return self._known[key]


@dataclass(frozen=True)
class _Mast:
    """A mast that is merged, and its losses."""

    cells: CellTable
    number: NDArray[np.int64]
    sites: Sites
    groups: Sequence[AntennaGroup]
    windows: Sequence[LossWindow]

    def box(self) -> tuple[int, int, int, int]:
        """First and past the last row, first and past the last column."""
        return (
            min(w.row for w in self.windows),
            max(w.row + w.loss_db.shape[1] for w in self.windows),
            min(w.column for w in self.windows),
            max(w.column + w.loss_db.shape[2] for w in self.windows),
        )

    def blocks(self) -> Blocks:
        """The blocks around it."""
        return blocks_around(self.box())


@dataclass(frozen=True)
class _Part:
    """What one mast gives in one technology, in a window of whole blocks: see `state_kernels`."""

    blocks: Blocks
    number: NDArray[np.int64]
    stack: LayerStack
    tally: Tally

    @property
    def top(self) -> int:
        """First row of the window."""
        return self.blocks[0] * BLOCK


class MastMerge:
    """Takes masts out of a state and puts masts in, one at a time; several threads may ask for it.

    Parameters
    ----------
    state : LayerState
    radio : Radio
    order : ndarray of int64
        The place in the total order of each number in the state; decides between equal levels. A number that
        goes has the place of the cell that takes over its name, if one does.

    Attributes
    ----------
    state : LayerState
    lost : ndarray of uint8, (entered, rows, columns) of whole blocks
        Where a best server went and the masts that stayed must be asked: `state_kernels.LOST`.
    opened : bool
        Whether any mast was taken out.
    touched : ndarray of bool, (rows, columns) in blocks of `BLOCK` pixels
        Where a mast gave something that was taken out, or gives something that was put in.
    """

    def __init__(self, state: LayerState, radio: Radio, order: NDArray[np.int64]) -> None:
        self.state, self._radio, self._order = state, radio, order
        rows, columns = state.block_shape
        self.lost = np.zeros((len(state.plan.entered), rows * BLOCK, columns * BLOCK), dtype=np.uint8)
        self.opened = False
        self.touched = np.zeros(state.block_shape, dtype=np.bool_)
        self._lock = threading.Lock()

    def groups(self, sites: Sites, cells: CellTable) -> list[AntennaGroup]:
        """Return the groups that carry the technology, of a mast's `Radio.sites`."""
        wanted = cells.technology == self.state.technology
        return [group for mast in sites.masts for group in mast.groups if wanted[group.cells].any()]

    def replace(
        self,
        gone: tuple[CellTable, NDArray[np.int64]] | None,
        come: tuple[CellTable, NDArray[np.int64]] | None,
        windows: Windows,
    ) -> None:
        """Take a mast out, as it was, and put it in, as it is.

        Parameters
        ----------
        gone, come : (CellTable, ndarray of int64) or None
            All cells of the mast, and their numbers in the state.
        windows : Windows
        """
        own = [both[0] for both in (gone, come) if both is not None]
        masts = [None if both is None else self._mast(*both, windows) for both in (gone, come)]
        frames = [None if mast is None else mast.blocks() for mast in masts]
        both = _around(frames)
        left, new = (
            None if mast is None else self._merge(name, mast, both or mast.blocks(), own)
            for name, mast in zip(("gone", "come"), masts, strict=True)
        )
        with self._lock:
            for parts in ((left, new),) if both is not None else ((left, None), (None, new)):
                self._change(*parts, own)

    def _mast(self, cells: CellTable, number: NDArray[np.int64], windows: Windows) -> _Mast | None:
        sites = self._radio.sites(cells)
        groups = self.groups(sites, cells)
        if not groups:
            return None
        return _Mast(cells, number, sites, groups, [windows.of(group) for group in groups])

    def _change(self, gone: _Part | None, come: _Part | None, own: Sequence[CellTable]) -> None:
        """Take parts that lie in the same window out of the state, and put them in."""
        some = gone or come
        if some is None:
            return
        state, blocks = self.state, some.blocks
        window = state.window(blocks, self._radio.scratch, *self._carried(own))
        lost = self._lost(window)
        marks = np.zeros((blocks[1] - blocks[0], blocks[3] - blocks[2]), dtype=np.uint8)
        if gone is not None:
            stack, top = gone.stack, gone.top
            count(stack.servers, gone.tally.units, window.servers, window.units, -1, top, marks)
            leave(*window.ranks(), lost, self._are(gone.number), marks)
            stack.level_dbm[:], stack.best_cell[:] = -np.inf, -1
            self.opened = True
        if come is not None:
            stack, top = come.stack, come.top
            count(stack.servers, come.tally.units, window.servers, window.units, 1, top, marks)
            number = come.number.astype(np.int32)
            enter(stack.level_dbm, stack.best_cell, number, self._order, *window.ranks(), lost, top, marks)
        if gone is not None:
            settle(window.level_dbm, window.best_cell, window.runner_cell, lost)
        self._set_lost(window, lost)
        state.put_back(window, marks > 0)
        self._mark(blocks, marks)

    def ask(self) -> None:
        """Make ready for `compete`, when all masts have been replaced."""
        for row, chosen in self._rows_with_lost():
            window = self._whole_row(row, _RANKS)
            ask(*window.ranks(), self._lost(window))
            self.state.put_back(window, chosen, ("runner_dbm", "runner_cell"))

    def lost_rows(self) -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.float32]]]:
        """Yield rows with pixels where masts must be asked: the first, which pixels, and the levels there."""
        for row, _ in self._rows_with_lost():
            window = self._whole_row(row, ("level_dbm",))
            yield row * BLOCK, self._lost(window) == LOST, window.level_dbm

    def _rows_with_lost(self) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """Yield rows of blocks, with which of them have pixels that are lost."""
        rows, columns = self.state.block_shape
        for row in range(rows) if self.opened else ():
            own = self.lost[:, row * BLOCK : (row + 1) * BLOCK].reshape(-1, columns, BLOCK)
            chosen = (own == LOST).any(axis=(0, 2))
            if chosen.any():
                yield row, chosen[np.newaxis]

    def _whole_row(self, row: int, names: Sequence[str]) -> StateWindow:
        return self.state.window(
            (row, row + 1, 0, self.state.block_shape[1]), self._radio.scratch, names=names
        )

    def compete(
        self,
        cells: CellTable,
        number: NDArray[np.int64],
        sites: Sites,
        groups: Sequence[AntennaGroup],
        windows: Sequence[LossWindow],
    ) -> None:
        """Let a mast compete where a best server went and the runner-up was unknown, and nowhere else.

        Parameters
        ----------
        cells, number
            All cells of the mast, and their numbers in the state.
        sites : Sites
            Of these cells.
        groups, windows
            Those that may reach such a pixel, and their losses there.
        """
        mast = _Mast(cells, number, sites, groups, windows)
        part = self._merge("come", mast, mast.blocks(), [cells], summing=False)
        blocks, stack = part.blocks, part.stack
        marks = np.zeros((blocks[1] - blocks[0], blocks[3] - blocks[2]), dtype=np.uint8)
        with self._lock:
            carried = self._carried([cells])
            window = self.state.window(blocks, self._radio.scratch, *carried, names=_RANKS)
            compete(
                stack.level_dbm, stack.best_cell, number.astype(np.int32), self._order, self._are(number),
                *window.ranks(), self._lost(window), part.top, marks,
            )  # fmt: skip
            self.state.put_back(window, marks > 0, _RANKS)
            self._mark(blocks, marks)
        stack.servers[:] = 0

    def _mark(self, blocks: Blocks, marks: NDArray[np.uint8]) -> None:
        top, bottom, left, right = blocks
        self.touched[top:bottom, left:right] |= marks == TOLD

    def _lost(self, window: StateWindow) -> NDArray[np.uint8]:
        """Return what is lost of the layers in a window."""
        top, bottom, left, right = (edge * BLOCK for edge in window.blocks)
        planes = list(self.state.planes("best_cell", window.plan, ()))
        return np.ascontiguousarray(self.lost[planes, top:bottom, left:right])

    def _set_lost(self, window: StateWindow, lost: NDArray[np.uint8]) -> None:
        top, bottom, left, right = (edge * BLOCK for edge in window.blocks)
        planes = list(self.state.planes("best_cell", window.plan, ()))
        self.lost[planes, top:bottom, left:right] = lost

    def _are(self, number: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of each number in the state whether it is one of these."""
        found = np.zeros(len(self._order), dtype=np.bool_)
        found[number] = True
        return found

    def _carried(self, own: Sequence[CellTable]) -> tuple[LayerPlan, tuple[tuple[str, float], ...]]:
        """Return the layers and carriers of the state that some cells are of."""
        state, technology = self.state, self.state.technology
        operators = {
            name for cells in own for name in cells.operator[cells.technology == technology].tolist()
        }
        plan = state.plan
        pairs = tuple(pair for pair in plan.pairs if pair[1] in operators)
        kinds = {kind for cells in own for kind in _carriers(cells, technology)}
        carriers = tuple(carrier for carrier in state.carriers if carrier in kinds)
        return LayerPlan(plan.rules, plan.technologies, pairs), carriers

    def _merge(
        self, name: str, mast: _Mast, blocks: Blocks, own: Sequence[CellTable], *, summing: bool = True
    ) -> _Part:
        """Merge one mast alone, for all that `own` are of; the caller empties the arrays again."""
        radio, cells = self._radio, mast.cells
        top, bottom, left, right = mast.box()
        plan, carriers = self._carried(own)
        stack, tally = self._empty(name, blocks, plan, carriers if summing else ())
        keys = {carrier: k for k, carrier in enumerate(carriers)} if summing else {}
        pairs = zip(cells.operator.tolist(), cells.frequency_mhz.tolist(), strict=True)
        summed = np.array([keys.get(pair, -1) for pair in pairs], dtype=np.int32)
        shape = (len(plan.keys), bottom - top, right - left) if len(mast.windows) > 1 else (0, 0, 0)
        counted = np.zeros(shape, dtype=np.uint8)
        for group, window in zip(mast.groups, mast.windows, strict=True):
            _, rows, columns = window.loss_db.shape
            first, across = window.row - top, window.column - left
            merge_rows(
                window.loss_db, window.row, window.column, window.row, window.row + rows,
                radio.terrain.height_m, spot_of(radio.terrain, group, radio.settings), mast.sites.patterns,
                mast.sites.sectors, carriers_of(cells, mast.sites, group, plan, summed), stack,
                counted[:, first : first + rows, across : across + columns], tally,
            )  # fmt: skip
        return _Part(blocks, mast.number, stack, tally)

    def _empty(
        self, name: str, blocks: Blocks, plan: LayerPlan, carriers: tuple[tuple[str, float], ...]
    ) -> tuple[LayerStack, Tally]:
        """Return an empty window, as a ring of rows."""
        state, scratch = self.state, self._radio.scratch
        shape = ((blocks[1] - blocks[0]) * BLOCK, (blocks[3] - blocks[2]) * BLOCK)
        entered, rule = len(plan.entered), plan.rules[state.technology]
        stack = LayerStack(
            level_dbm=scratch.array(f"{name} level", (entered, *shape), "f4", -np.inf),
            best_cell=scratch.array(f"{name} best", (entered, *shape), "i4", -1),
            servers=scratch.array(f"{name} servers", (len(plan.keys), *shape), "u2", 0),
            threshold_dbm=np.full(entered, rule.threshold_dbm, dtype=np.float32),
            floor_dbm=np.full(entered, plan.floor_dbm(state.technology), dtype=np.float32),
            runner_dbm=np.full((0, 0, 0), -np.inf, dtype=np.float32),
            runner_cell=np.full((0, 0, 0), -1, dtype=np.int32),
            mast=np.zeros(0, dtype=np.int32),
            left=blocks[2] * BLOCK,
        )
        places = [state.carriers.index(carrier) for carrier in carriers]
        units = scratch.array(f"{name} units", (len(carriers), *shape), "f8", 0)
        return stack, Tally(units, state.unit_dbm[places])


def _carriers(cells: CellTable, technology: str) -> list[tuple[str, float]]:
    own = cells.technology == technology
    return list(zip(cells.operator[own].tolist(), cells.frequency_mhz[own].tolist(), strict=True))


def _around(frames: Sequence[Blocks | None]) -> Blocks | None:
    """Return the one window for all, unless they lie apart."""
    some = np.array([frame for frame in frames if frame is not None]).reshape(-1, 4)
    if not len(some):
        return None
    top, bottom, left, right = (int(f(some[:, k])) for k, f in enumerate((min, max, min, max)))
    largest = int(((some[:, 1] - some[:, 0]) * (some[:, 3] - some[:, 2])).max())
    if (bottom - top) * (right - left) > _WIDER * largest:
        return None
    return top, bottom, left, right
