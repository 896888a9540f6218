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
cell that makes less than half a unit counts as nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable
from .link_budget import noise_dbm, reference_offset_db

__all__ = ["Disturbance", "InterferenceRule", "carrier_numbers", "disturbance_of", "disturbing_shares"]

_UNIT_BELOW_NOISE_DB = 20.0


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


@dataclass(frozen=True)
class Disturbance:
    """What SINR is computed from besides the levels; arrays (cells,) but for `unit_dbm`.

    Attributes
    ----------
    carrier : ndarray of int32
        Where each cell's power is summed; -1: nowhere.
    others, own : ndarray of float64
        Shares of the other cells' reference power and of its own that disturb a cell.
    noise_mw : ndarray of float64
        In the bandwidth of its reference signal.
    unit_dbm : ndarray of float32, (carriers,)
        Power that counts as one.
    """

    carrier: NDArray[np.int32]
    others: NDArray[np.float64]
    own: NDArray[np.float64]
    noise_mw: NDArray[np.float64]
    unit_dbm: NDArray[np.float32]


def disturbance_of(cells: CellTable, technologies: Sequence[str], rule: InterferenceRule) -> Disturbance:
    """Return what the cells of some technologies do to each other.

    Parameters
    ----------
    cells : CellTable
    technologies : sequence of str
        Those whose cells count.
    rule : InterferenceRule
    """
    carrier = carrier_numbers(cells, technologies)
    others, own = disturbing_shares(cells, carrier, rule)
    noise = _noise_dbm(cells, carrier, rule)
    felt = noise - 10.0 * np.log10(np.maximum(others, 1.0)) - _UNIT_BELOW_NOISE_DB
    unit = np.array([felt[carrier == k].min() for k in range(int(carrier.max(initial=-1)) + 1)])
    return Disturbance(carrier, others, own, 10.0 ** (0.1 * noise), unit.astype(np.float32))


def _noise_dbm(cells: CellTable, carrier: NDArray[np.int32], rule: InterferenceRule) -> NDArray[np.float64]:
    """Noise in the bandwidth of each cell's reference signal; +inf for cells that do not count."""
    noise = np.full(len(cells), np.inf)
    own = np.flatnonzero(carrier >= 0)
    columns = (cells.technology, cells.frequency_mhz, cells.bandwidth_mhz)
    kinds = list(zip(*(column[own].tolist() for column in columns), strict=True))
    known = {kind: noise_dbm(kind[0], kind[1], kind[2], rule.noise_figure_db) for kind in set(kinds)}
    noise[own] = [known[kind] for kind in kinds]
    return noise
