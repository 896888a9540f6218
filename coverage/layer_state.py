"""The exact merge behind the layers of one technology, kept so that single masts can come and go.

Levels, best cells, counts of masts and sums of interference, unrounded. Sums are of whole numbers and counts
are exact, so what a mast gave can be taken away again; where it was the best server, the others are asked
anew. What comes out is the same to the bit as a merge of all masts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .antenna import AntennaPattern
from .carriers import carriers_of
from .cells import CellTable, TechnologyRule
from .footprint import RadioSite, group_window, prepare_sites, spot_of
from .interference import Disturbance
from .level_kernels import LayerStack, Tally, merge_rows, sinr_rows
from .link_budget import LinkBudget
from .network_layer import LayerPlan, NetworkLayer
from .propagation.terrain import PropagationSettings, TerrainModel
from .row_ring import BAND_ROWS, stronger

__all__ = ["CannotUpdateError", "LayerState", "MastMerger", "Radio", "hand_on"]

_BLOCK = 64


class CannotUpdateError(Exception):
    """A count of masts has reached 255 and cannot be counted down: merge all masts."""


@dataclass(frozen=True)
class Radio:
    """What a merge takes besides cells, as `network.network_rows` takes it."""

    terrain: TerrainModel
    rules: Mapping[str, TechnologyRule]
    settings: PropagationSettings
    maximum_range_m: float
    patterns: Mapping[str, AntennaPattern] | None
    budget: LinkBudget | None


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
    servers : ndarray of uint8, (keys, rows, columns)
    units : ndarray of float64, (carriers, rows, columns)
    """

    plan: LayerPlan
    carriers: tuple[tuple[str, float], ...]
    unit_dbm: NDArray[np.float32]
    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32]
    servers: NDArray[np.uint8]
    units: NDArray[np.float64]


@dataclass(frozen=True)
class _Part:
    """What one mast gives, on a window of the terrain; `best_cell` counts the cells it was made of."""

    rows: slice
    columns: slice
    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32]
    servers: NDArray[np.uint8]
    units: NDArray[np.float64]


class MastMerger:
    """Takes masts out of a state and puts masts in.

    Parameters
    ----------
    state : LayerState
    radio : Radio
    order : ndarray of int64
        The place in the total order of each number in ``state.best_cell``; decides between equal levels.
    """

    def __init__(self, state: LayerState, radio: Radio, order: NDArray[np.int64]) -> None:
        self._state, self._radio, self._order = state, radio, order
        full = LayerPlan(radio.rules, tuple(radio.rules), ())
        self._floor = {technology: full.floor_dbm(technology) for technology in radio.rules}
        self._lost = np.zeros(state.best_cell.shape, dtype=np.bool_)
        self._stack: LayerStack | None = None

    def site(self, cells: CellTable) -> RadioSite | None:
        """Return the mast of some cells with the groups that carry the technology; None without any."""
        wanted = cells.technology == self._state.plan.technologies[0]
        masts = self._sites(cells).masts
        groups = tuple(group for mast in masts for group in mast.groups if wanted[group.cells].any())
        return RadioSite(masts[0].mast_id, groups) if groups else None

    def take_out(self, cells: CellTable, number: NDArray[np.int64]) -> None:
        """Take out a mast: all its cells as they were, and their numbers in the state."""
        part = self._part(cells)
        if part is None:
            return
        state, at = self._state, (slice(None), part.rows, part.columns)
        if np.any((state.servers[at] == 255) & (part.servers > 0)):
            raise CannotUpdateError
        state.servers[at] -= part.servers
        state.units[at] -= part.units
        gone = np.isin(state.best_cell[at], number)
        state.level_dbm[at] = np.where(gone, np.float32(-np.inf), state.level_dbm[at])
        state.best_cell[at] = np.where(gone, np.int32(-1), state.best_cell[at])
        self._lost[at] |= gone

    def put_in(self, cells: CellTable, number: NDArray[np.int64]) -> None:
        """Put in a mast: all its cells, and the numbers they get in the state."""
        part = self._part(cells)
        if part is None:
            return
        state, at = self._state, (slice(None), part.rows, part.columns)
        counted = state.servers[at].astype(np.uint16) + part.servers
        state.servers[at] = np.minimum(counted, 255).astype(np.uint8)
        state.units[at] += part.units
        self._enter(part, number, np.True_)

    def ask_again(self, masts: Sequence[tuple[CellTable, NDArray[np.int64]]]) -> int:
        """Let the masts that stayed compete where a best server went; return how many were swept.

        Parameters
        ----------
        masts : sequence of (CellTable, ndarray of int64)
            Each mast's cells and their numbers in the state: all masts that stayed.
        """
        blocks = _blocks(self._lost)
        if not len(blocks):
            return 0
        swept = 0
        for cells, number in masts:
            if not self._near(cells.x_m[0], cells.y_m[0], self._radio.maximum_range_m, blocks):
                continue
            site = self.site(cells)
            if site is None or not any(
                self._near(group.x_m, group.y_m, group.range_m, blocks) for group in site.groups
            ):
                continue
            part = self._part(cells)
            assert part is not None
            lost = self._lost[:, part.rows, part.columns]
            if lost.any():
                self._enter(part, number, lost)
            swept += 1
        return swept

    def _enter(self, part: _Part, number: NDArray[np.int64], where: Any) -> None:
        state, at = self._state, (slice(None), part.rows, part.columns)
        level, best = state.level_dbm[at], state.best_cell[at]
        own = np.append(number, -1)[part.best_cell].astype(np.int32)
        order = np.append(self._order, np.iinfo(np.int64).max)
        tie = (part.level_dbm == level) & (order[own] < order[best])
        better = where & (part.best_cell >= 0) & ((part.level_dbm > level) | tie)
        state.level_dbm[at] = np.where(better, part.level_dbm, level)
        state.best_cell[at] = np.where(better, own, best)

    def _near(self, x_m: float, y_m: float, range_m: float, blocks: NDArray[np.int64]) -> bool:
        """Tell whether a circle may reach a block: with half a block's diagonal and two pixels to spare."""
        terrain = self._radio.terrain
        spare_m = (2 + _BLOCK * math.sqrt(0.5)) * terrain.resolution_m
        away_x_m = terrain.x_left_m + (blocks[:, 1] + 0.5) * _BLOCK * terrain.resolution_m - x_m
        away_y_m = terrain.y_top_m - (blocks[:, 0] + 0.5) * _BLOCK * terrain.resolution_m - y_m
        return bool(np.any(np.hypot(away_x_m, away_y_m) <= range_m + spare_m))

    def _sites(self, cells: CellTable) -> Any:
        radio = self._radio
        return prepare_sites(
            radio.terrain, cells, self._floor, radio.settings, radio.maximum_range_m,
            patterns=radio.patterns, budget=radio.budget,
        )  # fmt: skip

    def _part(self, cells: CellTable) -> _Part | None:
        """Merge one mast alone."""
        site, state, radio = self.site(cells), self._state, self._radio
        if site is None:
            return None
        sites = self._sites(cells)
        windows = [group_window(radio.terrain, group, radio.settings) for group in site.groups]
        top = min(w.row for w in windows)
        left = min(w.column for w in windows)
        bottom = max(w.row + w.loss_db.shape[1] for w in windows)
        right = max(w.column + w.loss_db.shape[2] for w in windows)
        stack, tally = self._empty(bottom - top)
        keys = {carrier: k for k, carrier in enumerate(state.carriers)}
        pairs = zip(cells.operator.tolist(), cells.frequency_mhz.tolist(), strict=True)
        summed = np.array([keys.get(pair, -1) for pair in pairs], dtype=np.int32)
        several = len(windows) > 1
        shape = (len(state.plan.keys), bottom - top, right - left) if several else (0, 0, 0)
        counted = np.zeros(shape, dtype=np.uint8)
        for group, window in zip(site.groups, windows, strict=True):
            _, rows, columns = window.loss_db.shape
            first, across = window.row - top, window.column - left
            merge_rows(
                window.loss_db, window.row, window.column, window.row, window.row + rows,
                radio.terrain.height_m, spot_of(radio.terrain, group, radio.settings), sites.patterns,
                sites.sectors, carriers_of(cells, sites, group, state.plan, summed), stack,
                counted[:, first : first + rows, across : across + columns], tally,
            )  # fmt: skip
        ring = np.arange(top, bottom) % stack.servers.shape[1]
        found = _Part(
            slice(top, bottom),
            slice(left, right),
            stack.level_dbm[:, ring, left:right],
            stack.best_cell[:, ring, left:right],
            stack.servers[:, ring, left:right],
            tally.units[:, ring, left:right],
        )
        stack.level_dbm[:, ring, left:right] = -np.inf
        stack.best_cell[:, ring, left:right] = -1
        stack.servers[:, ring, left:right] = 0
        tally.units[:, ring, left:right] = 0.0
        return found

    def _empty(self, rows: int) -> tuple[LayerStack, Tally]:
        """Return an empty stack of at least so many rows; it is cleared after use."""
        state = self._state
        columns, plan = state.level_dbm.shape[2], state.plan
        if self._stack is None or self._stack.servers.shape[1] < rows:
            shape = (len(plan.entered), rows, columns)
            rule, floor = plan.rules[plan.technologies[0]], plan.floor_dbm(plan.technologies[0])
            self._stack = LayerStack(
                level_dbm=np.full(shape, -np.inf, dtype=np.float32),
                best_cell=np.full(shape, -1, dtype=np.int32),
                servers=np.zeros((len(plan.keys), rows, columns), dtype=np.uint8),
                threshold_dbm=np.full(shape[0], rule.threshold_dbm, dtype=np.float32),
                floor_dbm=np.full(shape[0], floor, dtype=np.float32),
            )
            self._tally = Tally(np.zeros((len(state.carriers), rows, columns)), state.unit_dbm)
        return self._stack, self._tally


def _blocks(lost: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows and columns, in blocks, where something is lost."""
    flat = lost.any(axis=0)
    rows, columns = flat.shape
    padded = np.pad(flat, ((0, -rows % _BLOCK), (0, -columns % _BLOCK)))
    blocks = padded.reshape(padded.shape[0] // _BLOCK, _BLOCK, -1, _BLOCK).any(axis=(1, 3))
    return np.argwhere(blocks)


def hand_on(
    state: LayerState,
    index: NDArray[np.int32],
    disturbance: Disturbance,
    carrier: NDArray[np.int32],
    sink: Callable[[NetworkLayer], None],
) -> None:
    """Hand the layers of a state on, band by band, as `network.network_rows` does.

    Parameters
    ----------
    state : LayerState
    index : ndarray of int32
        The cell of the run that each number in the state stands for.
    disturbance : Disturbance
        Of the cells of the run.
    carrier : ndarray of int32, (cells of the run,)
        Place of each cell's carrier in the state; -1: another technology.
    sink : callable
    """
    table, rows, plan = np.append(index, np.int32(-1)), state.level_dbm.shape[1], state.plan
    d, rule = disturbance, plan.rules[plan.technologies[0]]
    for first in range(0, rows, BAND_ROWS):
        stop = min(first + BAND_ROWS, rows)
        units = np.ascontiguousarray(state.units[:, first:stop])
        parts = []
        for place in range(len(plan.entered)):
            level = np.array(state.level_dbm[place, first:stop])
            best = table[state.best_cell[place, first:stop]]
            sinr_db = sinr_rows(level, best, units, state.unit_dbm, carrier, d.others, d.own, d.noise_mw)
            parts.append((level, best, sinr_db))
        whole = [reduce(stronger, parts), *(parts if plan.pairs else ())]
        for counter, (level, best, sinr_db) in enumerate(whole):
            sink(
                NetworkLayer(
                    technology=plan.technologies[0],
                    operator=plan.pairs[counter - 1][1] if counter else None,
                    rule=rule,
                    level_dbm=np.where(best >= 0, level, np.float32(np.nan)),
                    best_cell=best,
                    servers=np.array(state.servers[counter, first:stop]),
                    sinr_db=sinr_db,
                    first_row=first,
                )
            )
