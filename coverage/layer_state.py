"""The exact merge behind the layers of one technology, kept so that single masts can come and go.

Levels, best cells, runners-up, counts of masts and sums of interference, unrounded. Sums are of whole numbers
and counts are exact, so what a mast gave can be taken away again; where it was the best server the runner-up
takes over, and where that is unknown the others are asked anew, and only there. What comes out is the same to
the bit as a merge of all masts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .antenna import AntennaPattern
from .carriers import carriers_of
from .cells import CellTable, TechnologyRule
from .footprint import AntennaGroup, Sites, group_window, prepare_sites, spot_of
from .level_kernels import LayerStack, Tally, merge_rows
from .link_budget import LinkBudget
from .network_layer import LayerPlan
from .propagation.terrain import LossWindow, PropagationSettings, TerrainModel
from .state_kernels import BLOCK, ask, compete, count_in, count_out, enter, leave, settle

__all__ = ["BLOCK", "LayerState", "MastMerge", "Radio", "Windows"]

_MORE_ROWS = 64


@dataclass(frozen=True)
class Radio:
    """What a merge takes besides cells, as `network.network_rows` takes it."""

    terrain: TerrainModel
    rules: Mapping[str, TechnologyRule]
    settings: PropagationSettings
    maximum_range_m: float
    patterns: Mapping[str, AntennaPattern] | None
    budget: LinkBudget | None

    def sites(self, cells: CellTable) -> Sites:
        """Return the masts of some cells, with all their antenna groups."""
        plan = LayerPlan(self.rules, tuple(self.rules), ())
        floor = {technology: plan.floor_dbm(technology) for technology in self.rules}
        return prepare_sites(
            self.terrain, cells, floor, self.settings, self.maximum_range_m,
            patterns=self.patterns, budget=self.budget,
        )  # fmt: skip


@dataclass(frozen=True)
class LayerState:
    """The merge of one technology; arrays may be memory maps and are changed in place.

    Attributes
    ----------
    plan : LayerPlan
        Of this technology alone.
    carriers : tuple of (operator, frequency in MHz)
        Whose power is summed, in the order of `interference.carrier_numbers`.
    unit_dbm : ndarray of float32, (carriers,)
    level_dbm : ndarray of float32, (entered, rows, columns)
        -inf where nothing is heard.
    best_cell : ndarray of int32, (entered, rows, columns)
        -1 where nothing is heard; numbers of the caller's.
    runner_dbm : ndarray of float32, (entered, rows, columns)
        Level of the best cell of all other masts than the best cell's.
    runner_cell : ndarray of int32, (entered, rows, columns)
        That cell; -1: no other mast is heard; `state_kernels.UNKNOWN`: all others have at most `runner_dbm`.
    servers : ndarray of uint16, (keys, rows, columns)
    units : ndarray of float64, (carriers, rows, columns)
    """

    plan: LayerPlan
    carriers: tuple[tuple[str, float], ...]
    unit_dbm: NDArray[np.float32]
    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32]
    runner_dbm: NDArray[np.float32]
    runner_cell: NDArray[np.int32]
    servers: NDArray[np.uint16]
    units: NDArray[np.float64]

    @property
    def technology(self) -> str:
        """The one technology that the merge is of."""
        return self.plan.technologies[0]

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns of blocks of `BLOCK` pixels."""
        _, rows, columns = self.level_dbm.shape
        return -(-rows // BLOCK), -(-columns // BLOCK)


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


class MastMerge:
    """Takes masts out of a state and puts masts in, one at a time.

    Parameters
    ----------
    state : LayerState
    radio : Radio
    order : ndarray of int64
        The place in the total order of each number in ``state.best_cell``; decides between equal levels. A
        number that goes has the place of the cell that takes over its name, if one does.

    Attributes
    ----------
    state : LayerState
    lost : ndarray of uint8, (entered, rows, columns)
        Where a best server went and the masts that stayed must be asked: `state_kernels.LOST`.
    opened : bool
        Whether any mast was taken out.
    touched : ndarray of bool, (rows, columns) in blocks of `BLOCK` pixels
        Where a mast gave something that was taken out, or gives something that was put in.
    """

    def __init__(self, state: LayerState, radio: Radio, order: NDArray[np.int64]) -> None:
        self.state, self._radio, self._order = state, radio, order
        self.lost = np.zeros(state.best_cell.shape, dtype=np.uint8)
        self.opened = False
        self.touched = np.zeros(state.block_shape, dtype=np.bool_)
        self._ring: tuple[LayerStack, Tally] | None = None

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
        left = None if gone is None else self._take_out(*gone, windows)
        if come is not None:
            self._put_in(*come, windows)
        if left is not None:
            settle(self.state.level_dbm, self.state.best_cell, self.state.runner_cell, self.lost, left)

    def _take_out(
        self, cells: CellTable, number: NDArray[np.int64], windows: Windows
    ) -> tuple[int, int, int, int] | None:
        sites = self._radio.sites(cells)
        groups = self.groups(sites, cells)
        if not groups:
            return None
        stack, tally, box = self._merge(cells, sites, groups, [windows.of(group) for group in groups])
        state = self.state
        count_out(stack.servers, tally.units, state.servers, state.units, box, self.touched)
        self.opened = True
        leave(*self._ranks(), self.lost, self._are(number), box, self.touched)
        _clear(stack, box)
        return box

    def _put_in(self, cells: CellTable, number: NDArray[np.int64], windows: Windows) -> None:
        sites = self._radio.sites(cells)
        groups = self.groups(sites, cells)
        if not groups:
            return
        stack, tally, box = self._merge(cells, sites, groups, [windows.of(group) for group in groups])
        state = self.state
        count_in(stack.servers, tally.units, state.servers, state.units, box, self.touched)
        enter(
            stack.level_dbm, stack.best_cell, number.astype(np.int32), self._order, *self._ranks(), self.lost,
            box, self.touched,
        )  # fmt: skip

    def ask(self) -> None:
        """Make ready for `compete`, when all masts have been replaced."""
        if self.opened:
            ask(*self._ranks(), self.lost)

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
        stack, _, box = self._merge(cells, sites, groups, windows, summing=False)
        compete(
            stack.level_dbm, stack.best_cell, number.astype(np.int32), self._order, self._are(number),
            *self._ranks(), self.lost, box, self.touched,
        )  # fmt: skip
        rows = np.arange(box[0], box[1]) % stack.servers.shape[1]
        stack.servers[:, rows, box[2] : box[3]] = 0

    def _ranks(
        self,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
        """Return the first and the second of each pixel, as the kernels take them."""
        return self.state.level_dbm, self.state.best_cell, self.state.runner_dbm, self.state.runner_cell

    def _are(self, number: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of each number in the state whether it is one of these."""
        found = np.zeros(len(self._order), dtype=np.bool_)
        found[number] = True
        return found

    def _merge(
        self,
        cells: CellTable,
        sites: Sites,
        groups: Sequence[AntennaGroup],
        windows: Sequence[LossWindow],
        *,
        summing: bool = True,
    ) -> tuple[LayerStack, Tally, tuple[int, int, int, int]]:
        """Merge one mast alone; return the ring that holds it, which the caller clears, and its window."""
        state, radio = self.state, self._radio
        top = min(w.row for w in windows)
        left = min(w.column for w in windows)
        bottom = max(w.row + w.loss_db.shape[1] for w in windows)
        right = max(w.column + w.loss_db.shape[2] for w in windows)
        stack, tally = self._empty(bottom - top)
        keys = {carrier: k for k, carrier in enumerate(state.carriers)} if summing else {}
        pairs = zip(cells.operator.tolist(), cells.frequency_mhz.tolist(), strict=True)
        summed = np.array([keys.get(pair, -1) for pair in pairs], dtype=np.int32)
        shape = (len(state.plan.keys), bottom - top, right - left) if len(windows) > 1 else (0, 0, 0)
        counted = np.zeros(shape, dtype=np.uint8)
        for group, window in zip(groups, windows, strict=True):
            _, rows, columns = window.loss_db.shape
            first, across = window.row - top, window.column - left
            merge_rows(
                window.loss_db, window.row, window.column, window.row, window.row + rows,
                radio.terrain.height_m, spot_of(radio.terrain, group, radio.settings), sites.patterns,
                sites.sectors, carriers_of(cells, sites, group, state.plan, summed), stack,
                counted[:, first : first + rows, across : across + columns], tally,
            )  # fmt: skip
        return stack, tally, (top, bottom, left, right)

    def _empty(self, rows: int) -> tuple[LayerStack, Tally]:
        """Return an empty ring of at least so many rows; it is cleared after use."""
        state = self.state
        if self._ring is None or self._ring[0].servers.shape[1] < rows:
            columns, plan, rows = state.level_dbm.shape[2], state.plan, rows + _MORE_ROWS
            shape = (len(plan.entered), rows, columns)
            rule, floor = plan.rules[state.technology], plan.floor_dbm(state.technology)
            stack = LayerStack(
                level_dbm=np.full(shape, -np.inf, dtype=np.float32),
                best_cell=np.full(shape, -1, dtype=np.int32),
                servers=np.zeros((len(plan.keys), rows, columns), dtype=np.uint16),
                threshold_dbm=np.full(shape[0], rule.threshold_dbm, dtype=np.float32),
                floor_dbm=np.full(shape[0], floor, dtype=np.float32),
                runner_dbm=np.full((0, 0, 0), -np.inf, dtype=np.float32),
                runner_cell=np.full((0, 0, 0), -1, dtype=np.int32),
                mast=np.zeros(0, dtype=np.int32),
            )
            self._ring = stack, Tally(np.zeros((len(state.carriers), rows, columns)), state.unit_dbm)
        return self._ring


def _clear(stack: LayerStack, box: tuple[int, int, int, int]) -> None:
    """Empty levels and best cells that were not entered."""
    rows = np.arange(box[0], box[1]) % stack.servers.shape[1]
    stack.level_dbm[:, rows, box[2] : box[3]] = -np.inf
    stack.best_cell[:, rows, box[2] : box[3]] = -1
