"""The radio of a new station: taken from what its operator runs already, or from a preset."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..cells import CellTable
from .candidates import Candidate

__all__ = ["RADIO_PRESETS", "StationRadio", "candidate_cells", "station_radio"]


@dataclass(frozen=True)
class StationRadio:
    """One technology on a new station.

    Attributes
    ----------
    technology : {"2G", "3G", "4G", "5G"}
    frequency_mhz, bandwidth_mhz : float
    tx_power_dbm : float
        Whole carrier.
    feeder_loss_db : float
    antenna : str
        Pattern of a sector.
    mechanical_tilt_deg, electrical_tilt_deg : float
        Positive is down.
    source : {"cells of the operator", "preset"}
    """

    technology: str
    frequency_mhz: float
    bandwidth_mhz: float
    tx_power_dbm: float
    feeder_loss_db: float
    antenna: str
    mechanical_tilt_deg: float
    electrical_tilt_deg: float
    source: str


_PATTERN = "3gpp-36.814"
RADIO_PRESETS = {
    "2G": StationRadio("2G", 900.0, 0.2, 43.0, 0.5, _PATTERN, 0.0, 2.0, "preset"),
    "3G": StationRadio("3G", 2100.0, 5.0, 43.0, 0.5, _PATTERN, 0.0, 2.0, "preset"),
    "4G": StationRadio("4G", 1800.0, 20.0, 46.0, 0.5, _PATTERN, 0.0, 2.0, "preset"),
    "5G": StationRadio("5G", 2600.0, 100.0, 49.0, 0.5, _PATTERN, 0.0, 2.0, "preset"),
}
"""Usual macro cells: 20, 20, 40 and 80 W in bands in use in Vietnam."""


def station_radio(cells: CellTable, operator: str, technology: str) -> StationRadio:
    """Return what the operator's most frequent kind of sector has; the preset where it has none.

    Kind means frequency, bandwidth and antenna (the lower frequency on a tie); power, feeder and tilts are
    the medians within it.

    Parameters
    ----------
    cells : CellTable
        Those on air.
    operator, technology : str
    """
    sector = (cells.operator == operator) & (cells.technology == technology) & ~np.isnan(cells.azimuth_deg)
    own = cells.take(np.flatnonzero(sector))
    if len(own) == 0:
        return RADIO_PRESETS[technology]
    kinds = list(
        zip(own.frequency_mhz.tolist(), own.bandwidth_mhz.tolist(), own.antenna.tolist(), strict=True)
    )
    usual = min(set(kinds), key=lambda kind: (-kinds.count(kind), kind))
    alike = own.take(np.array([kind == usual for kind in kinds]))
    return replace(
        RADIO_PRESETS[technology],
        frequency_mhz=usual[0],
        bandwidth_mhz=usual[1],
        antenna=str(usual[2]),
        tx_power_dbm=float(np.median(alike.tx_power_dbm)),
        feeder_loss_db=float(np.median(alike.feeder_loss_db)),
        mechanical_tilt_deg=float(np.median(alike.mechanical_tilt_deg)),
        electrical_tilt_deg=float(np.median(alike.electrical_tilt_deg)),
        source="cells of the operator",
    )


def candidate_cells(
    candidates: Sequence[Candidate], radio: dict[str, StationRadio], operator: str
) -> tuple[CellTable, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the cells that the candidates would have, and the candidate of each cell.

    Candidates on one host share a mast in the table, so that one terrain sweep serves them.

    Parameters
    ----------
    candidates : sequence of Candidate
    radio : dict of str to StationRadio
        By technology.
    operator : str
    """
    rows = [
        (c, candidate, radio[technology], azimuth, f"{candidate.candidate_id}/{technology}/{k + 1}")
        for c, candidate in enumerate(candidates)
        for technology in candidate.technologies
        for k, azimuth in enumerate(candidate.azimuths_deg or (math.nan,))
    ]
    always = np.full(len(rows), "NaT", "datetime64[D]")

    def numbers(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array(values, np.float64)

    table = CellTable(
        cell_id=np.array([r[4] for r in rows], str),
        mast_id=np.array([f"{r[1].host}:{r[1].host_id}" for r in rows], str),
        operator=np.full(len(rows), operator),
        technology=np.array([r[2].technology for r in rows], str),
        antenna=np.array([r[2].antenna if r[1].azimuths_deg else "omni" for r in rows], str),
        x_m=numbers([r[1].x_m for r in rows]),
        y_m=numbers([r[1].y_m for r in rows]),
        antenna_height_m=numbers([r[1].antenna_height_m for r in rows]),
        frequency_mhz=numbers([r[2].frequency_mhz for r in rows]),
        bandwidth_mhz=numbers([r[2].bandwidth_mhz for r in rows]),
        azimuth_deg=numbers([r[3] for r in rows]),
        mechanical_tilt_deg=numbers([r[2].mechanical_tilt_deg for r in rows]),
        electrical_tilt_deg=numbers([r[2].electrical_tilt_deg for r in rows]),
        tx_power_dbm=numbers([min(r[2].tx_power_dbm, r[1].power_limit_dbm) for r in rows]),
        feeder_loss_db=numbers([r[2].feeder_loss_db for r in rows]),
        on_air=always,
        off_air=always,
    )
    return table, np.array([r[0] for r in rows], np.int64)
