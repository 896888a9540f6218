"""SINR of the best server at a stated load of the other cells: sums that no order of masts can change.

What disturbs a cell are the other cells of its own operator on its own carrier (equal technology and centre
frequency), within the range that the run computes, and the receiver's noise. What is compared is the
reference signal, so that the result goes with RxLev, RSCP, RSRP and SS-RSRP:

====  ==============================================================================================
2G    C/I of the BCCH carrier (200 kHz). BCCH carriers are always on at full power: no load applies.
3G    Ec/Io of the pilot (3.84 MHz), the cell's own power in Io: every cell sends its pilot (10 %) and the
      stated load of the other 90 %. So it is at most -7.4 dB at a load of 50 %.
4G    SINR of the reference signal, for one resource element (15 kHz): RSRP over the load times the other
      cells' RSRP and noise.
5G    The same of the SSB, one subcarrier of the carrier's spacing.
====  ==============================================================================================

A list of 2G cells that gives the band in place of the BCCH frequency shows itself by cells of one mast on one
frequency, which no plan does. The interference on such a carrier is the mean over plans: 1/`bcch_reuse`.

Power is summed in whole units, each a hundredth of the noise in its effect, in float64, which is exact; a
cell that makes less than half a unit counts as nothing. Only a ring of rows is in memory: masts are merged
from north to south, and a row is finished, and its place given to another, when no mast to come can reach it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable
from .footprint import RadioSite
from .level_kernels import LayerStack, Tally, sinr_rows
from .link_budget import noise_dbm, reference_offset_db
from .propagation.terrain import LossWindow, TerrainModel

__all__ = ["InterferenceRule", "RowRing", "carrier_numbers", "disturbing_shares"]

_UNIT_BELOW_NOISE_DB = 20.0
_SLACK_ROWS = 128  # how far masts in work may run ahead of the northernmost


@dataclass(frozen=True)
class InterferenceRule:
    """What the other cells do.

    Attributes
    ----------
    load : float
        Share of the other cells' power (beyond what they always send) that is on the air, 0 … 1.
    noise_figure_db : float
        Of the handset; noise is -174 + 10 log B + this, in dBm.
    bcch_reuse : float
        Carriers among which a 2G band is shared out where the cells give no BCCH frequency, ≥ 1.
    """

    load: float = 0.5
    noise_figure_db: float = 7.0
    bcch_reuse: float = 12.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.load <= 1.0 or not self.bcch_reuse >= 1.0 or not 0 <= self.noise_figure_db <= 30:
            raise ValueError("load must be 0 … 1, bcch_reuse at least 1, noise_figure_db 0 … 30")


def carrier_numbers(cells: CellTable, technologies: Sequence[str]) -> NDArray[np.int32]:
    """Number the carriers: equal operator, technology and centre frequency. -1 for other technologies."""
    keys = list(
        zip(cells.operator.tolist(), cells.technology.tolist(), cells.frequency_mhz.tolist(), strict=True)
    )
    number = {key: i for i, key in enumerate(sorted({key for key in keys if key[1] in technologies}))}
    return np.array([number.get(key, -1) for key in keys], dtype=np.int32)


def disturbing_shares(
    cells: CellTable, carrier: NDArray[np.int32], rule: InterferenceRule
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of reference power that disturb each cell: of the others on its carrier, and its own.

    Parameters
    ----------
    cells : CellTable
    carrier : ndarray of int32, (cells,)
        From `carrier_numbers`.
    rule : InterferenceRule
    """
    pilot = 10.0 ** (-0.1 * reference_offset_db("3G", 5.0, 2100.0))
    on_air = (pilot + rule.load * (1.0 - pilot)) / pilot
    others, own = np.full(len(cells), rule.load), np.zeros(len(cells))
    umts, gsm = cells.technology == "3G", cells.technology == "2G"
    others[umts], own[umts] = on_air, on_air
    others[gsm] = np.where(np.isin(carrier[gsm], _without_plan(cells, carrier)), 1.0 / rule.bcch_reuse, 1.0)
    return others, own


def _without_plan(cells: CellTable, carrier: NDArray[np.int32]) -> list[int]:
    """Carriers that two cells of one mast share."""
    seen: set[tuple[str, int]] = set()
    twice: set[int] = set()
    for key in zip(cells.mast_id.tolist(), carrier.tolist(), strict=True):
        if key in seen:
            twice.add(key[1])
        seen.add(key)
    return sorted(twice)


class RowRing:
    """Interference of the rows between the masts in work, and SINR of the rows behind them.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
    masts : sequence of RadioSite
        All that will be merged.
    stack : LayerStack
        The layers that the masts are merged into.
    rule : InterferenceRule

    Attributes
    ----------
    masts : list of RadioSite
        In the order in which they must be begun.
    carrier : ndarray of int32, (cells,)
        Where each cell is summed.
    tally : Tally
    sinr_db : ndarray of float32, (layers, rows, columns)
        NaN where no cell is heard; complete when the last mast has left.
    """

    def __init__(
        self,
        terrain: TerrainModel,
        cells: CellTable,
        masts: Sequence[RadioSite],
        stack: LayerStack,
        rule: InterferenceRule,
    ) -> None:
        used = np.zeros(len(cells), dtype=bool)
        for mast in masts:
            for group in mast.groups:
                used[group.cells] = True
        self.carrier = carrier_numbers(cells, sorted(set(cells.technology[used].tolist())))
        self._shares = disturbing_shares(cells, self.carrier, rule)
        noise = _noise_dbm(cells, self.carrier, rule)
        self._noise_mw = 10.0 ** (0.1 * noise)
        spans = {mast.mast_id: _rows_of(terrain, mast) for mast in masts}
        self.masts = sorted(masts, key=lambda mast: (spans[mast.mast_id], mast.mast_id))
        self._spans = [spans[mast.mast_id] for mast in self.masts]
        self._place = {mast.mast_id: place for place, mast in enumerate(self.masts)}
        self._left = [False] * len(self.masts)
        self._first_in_work = 0
        self._finished_rows = 0
        self._broken = False
        self._moved = threading.Condition()
        self._stack = stack
        self.sinr_db = np.full(stack.level_dbm.shape, np.nan, dtype=np.float32)
        _, rows, columns = stack.level_dbm.shape
        tallest = max((end - top for top, end in self._spans), default=0)
        ring = min(rows, tallest + _SLACK_ROWS)
        carriers = int(self.carrier.max(initial=-1)) + 1
        felt = noise - 10.0 * np.log10(np.maximum(self._shares[0], 1.0)) - _UNIT_BELOW_NOISE_DB
        unit = np.array([felt[self.carrier == k].min() for k in range(carriers)])
        self.tally = Tally(np.zeros((carriers, ring, columns)), unit.astype(np.float32))

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
                lambda: self._broken or end <= self._finished_rows + self.tally.units.shape[1]
            )
            return not self._broken

    def leave(self, mast: RadioSite) -> None:
        """Tell that a mast has been merged; finish the rows that no other mast in work or to come reaches."""
        with self._moved:
            self._left[self._place[mast.mast_id]] = True
            while self._first_in_work < len(self.masts) and self._left[self._first_in_work]:
                self._first_in_work += 1
            at_end = self._first_in_work == len(self.masts)
            rows = self._stack.level_dbm.shape[1] if at_end else self._spans[self._first_in_work][0]
            while self._finished_rows < rows:
                stop = min(rows, self._finished_rows + self.tally.units.shape[1])
                sinr_rows(
                    self._finished_rows, stop, self._stack, self.tally, self.carrier, *self._shares,
                    self._noise_mw, self.sinr_db,
                )  # fmt: skip
                self._finished_rows = stop
            self._moved.notify_all()

    def give_up(self) -> None:
        """Let all who wait go: a mast has failed."""
        with self._moved:
            self._broken = True
            self._moved.notify_all()


def _noise_dbm(cells: CellTable, carrier: NDArray[np.int32], rule: InterferenceRule) -> NDArray[np.float64]:
    """Noise in the bandwidth of each cell's reference signal; +inf for cells that do not count."""
    noise = np.full(len(cells), np.inf)
    for i in np.flatnonzero(carrier >= 0):
        noise[i] = noise_dbm(
            str(cells.technology[i]),
            float(cells.frequency_mhz[i]),
            float(cells.bandwidth_mhz[i]),
            rule.noise_figure_db,
        )
    return noise


def _rows_of(terrain: TerrainModel, mast: RadioSite) -> tuple[int, int]:
    """First row and one past the last row that any window of a mast can have; a row to spare each side."""
    rows = terrain.height_m.shape[0]
    top, end = rows, 0
    for group in mast.groups:
        north = (terrain.y_top_m - group.y_m - group.range_m) / terrain.resolution_m
        south = (terrain.y_top_m - group.y_m + group.range_m) / terrain.resolution_m
        top = min(top, max(0, math.floor(north) - 1))
        end = max(end, min(rows, math.ceil(south) + 1))
    return min(top, end), end
