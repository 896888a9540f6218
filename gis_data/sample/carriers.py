"""Bands, powers and antennas of the four operators' made-up cells (plausible for Vietnam, not theirs)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CARRIERS", "OPERATORS", "PREFIX", "Carrier"]

OPERATORS = ("Viettel", "VNPT", "MobiFone", "Vietnamobile")
PREFIX = {"Viettel": "VTL", "VNPT": "VNP", "MobiFone": "MBF", "Vietnamobile": "VNM"}


@dataclass(frozen=True)
class Carrier:
    """One technology of one operator: band, centre of the downlink, bandwidth, power, antenna."""

    band: str
    frequency_mhz: float
    bandwidth_mhz: float
    power_dbm: float
    antenna: str
    feeder_loss_db: float = 0.5


CARRIERS: dict[tuple[str, str], Carrier] = {
    ("Viettel", "2G"): Carrier("GSM900", 937.0, 0.2, 43.0, "3gpp-36.814"),
    ("Viettel", "3G"): Carrier("B1", 2117.5, 5.0, 43.0, "3gpp-36.814"),
    ("Viettel", "4G"): Carrier("B3", 1852.5, 20.0, 46.0, "3gpp-36.814"),
    ("Viettel", "5G"): Carrier("n41", 2565.0, 100.0, 46.0, "3gpp-38.901", 0.0),
    ("VNPT", "2G"): Carrier("GSM900", 953.0, 0.2, 43.0, "3gpp-36.814"),
    ("VNPT", "3G"): Carrier("B1", 2132.5, 5.0, 43.0, "3gpp-36.814"),
    ("VNPT", "4G"): Carrier("B3", 1832.5, 20.0, 46.0, "3gpp-36.814"),
    ("VNPT", "5G"): Carrier("n78", 3750.0, 100.0, 46.0, "3gpp-38.901", 0.0),
    ("MobiFone", "2G"): Carrier("GSM1800", 1812.0, 0.2, 43.0, "3gpp-36.814"),
    ("MobiFone", "3G"): Carrier("B1", 2147.5, 5.0, 43.0, "3gpp-36.814"),
    ("MobiFone", "4G"): Carrier("B3", 1812.5, 20.0, 46.0, "3gpp-36.814"),
    ("MobiFone", "5G"): Carrier("n78", 3850.0, 100.0, 46.0, "3gpp-38.901", 0.0),
    ("Vietnamobile", "2G"): Carrier("GSM900", 945.0, 0.2, 43.0, "3gpp-36.814"),
    ("Vietnamobile", "3G"): Carrier("B8", 942.5, 5.0, 43.0, "3gpp-36.814"),
    ("Vietnamobile", "4G"): Carrier("B1", 2162.5, 10.0, 44.0, "3gpp-36.814"),
}
