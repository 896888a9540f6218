"""The radio of a new station or carrier: taken from what its operator runs already, or from a preset."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .cells import CellTable

__all__ = ["RADIO_PRESETS", "StationRadio", "station_radio"]


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
