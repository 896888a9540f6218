"""From transmitter power to the level of the reference signal, and from a level to P(covered)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

__all__ = [
    "LTE_RESOURCE_BLOCKS",
    "NR_RESOURCE_BLOCKS",
    "LinkBudget",
    "building_entry_loss_db",
    "building_entry_median_db",
    "noise_dbm",
    "probability_covered",
    "probability_covered_indoors",
    "reference_offset_db",
    "resource_blocks",
    "subcarrier_spacing_khz",
    "useful_range_m",
]

LTE_RESOURCE_BLOCKS = {1.4: 6, 3.0: 15, 5.0: 25, 10.0: 50, 15.0: 75, 20.0: 100}
"""N_RB by carrier bandwidth (MHz): 3GPP TS 36.101 table 5.6-1."""

NR_RESOURCE_BLOCKS: dict[int, dict[float, int]] = {
    15: {
        5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160, 35: 188, 40: 216, 45: 242, 50: 270,
    },
    30: {
        5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 35: 92, 40: 106, 45: 119, 50: 133, 60: 162, 70: 189,
        80: 217, 90: 245, 100: 273,
    },
    60: {
        10: 11, 15: 18, 20: 24, 25: 31, 30: 38, 35: 44, 40: 51, 45: 58, 50: 65, 60: 79, 70: 93, 80: 107,
        90: 121, 100: 135,
    },
}  # fmt: skip
"""N_RB by subcarrier spacing (kHz) and carrier bandwidth (MHz), FR1: 3GPP TS 38.101-1 table 5.3.2-1."""

_PILOT_SHARE = 0.10  # CPICH: the usual setting, radio.md
_SUBCARRIERS_PER_BLOCK = 12
_THERMAL_NOISE_DBM_PER_HZ = -174.0  # kT at 290 K
_REFERENCE_BANDWIDTH_HZ = {"2G": 200e3, "3G": 3.84e6}
_FREE_SPACE_1_KM_1_GHZ_DB = 92.4  # P.1812-8 equation (8)
_MULTIPATH_FACTOR_DB = 2.6  # P.1812-8 equation (9)


@dataclass(frozen=True)
class LinkBudget:
    """What lies between the antenna pattern and the receiver's input.

    Attributes
    ----------
    receiver_gain_dbi : float
        Of the handset.
    body_loss_db : float
        Head or hand.
    ssb_beam_gain_db : float
        Gain of the best SSB beam over the 5G pattern's own; 0 where the pattern is the beams' envelope.
    """

    receiver_gain_dbi: float = 0.0
    body_loss_db: float = 0.0
    ssb_beam_gain_db: float = 0.0


def subcarrier_spacing_khz(frequency_mhz: float, bandwidth_mhz: float) -> int:
    """Return the usual NR subcarrier spacing: 15 kHz on FDD carriers below 2.4 GHz, 30 kHz otherwise."""
    return 15 if frequency_mhz < 2400 and bandwidth_mhz in NR_RESOURCE_BLOCKS[15] else 30


def resource_blocks(technology: str, bandwidth_mhz: float, spacing_khz: int = 15) -> int:
    """Return N_RB of a 4G or 5G carrier.

    Parameters
    ----------
    technology : {"4G", "5G"}
    bandwidth_mhz : float
        One of the standard channel bandwidths.
    spacing_khz : {15, 30, 60}
        Subcarrier spacing; 5G only.

    Raises
    ------
    ValueError
        No such carrier in 3GPP TS 36.101 or TS 38.101-1; the message lists those there are.
    """
    table = {"4G": LTE_RESOURCE_BLOCKS, "5G": NR_RESOURCE_BLOCKS.get(spacing_khz, {})}[technology]
    if bandwidth_mhz not in table:
        raise ValueError(f"a {technology} bandwidth (MHz) of {', '.join(f'{b:g}' for b in table)}")
    return table[bandwidth_mhz]


@lru_cache(maxsize=4096)  # a network has a few kinds of carriers, on very many cells
def reference_offset_db(technology: str, bandwidth_mhz: float, frequency_mhz: float) -> float:
    """Return what the reference signal has less than the whole carrier.

    RxLev: nothing (BCCH carrier). RSCP: the pilot's 10 %. RSRP and SS-RSRP: one resource element of
    12 N_RB. 10 MHz of LTE: 27.8 dB, 20 MHz: 30.8 dB, 100 MHz of NR at 30 kHz: 35.2 dB.

    Parameters
    ----------
    technology : {"2G", "3G", "4G", "5G"}
    bandwidth_mhz, frequency_mhz : float
        The frequency decides the subcarrier spacing of 5G.

    Returns
    -------
    float
        dB ≥ 0, to be subtracted from the carrier's power.

    Raises
    ------
    ValueError
        Unknown technology or bandwidth.
    """
    if technology == "2G":
        return 0.0
    if technology == "3G":
        return -10.0 * math.log10(_PILOT_SHARE)
    if technology not in ("4G", "5G"):
        raise ValueError("a technology of 2G, 3G, 4G, 5G")
    spacing = 15 if technology == "4G" else subcarrier_spacing_khz(frequency_mhz, bandwidth_mhz)
    return 10.0 * math.log10(_SUBCARRIERS_PER_BLOCK * resource_blocks(technology, bandwidth_mhz, spacing))


def noise_dbm(
    technology: str, frequency_mhz: float, bandwidth_mhz: float, noise_figure_db: float = 7.0
) -> float:
    """Return the receiver's noise in the bandwidth of the reference signal.

    Parameters
    ----------
    technology : {"2G", "3G", "4G", "5G"}
        200 kHz, 3.84 MHz, one subcarrier of 15 kHz, one of the NR spacing.
    frequency_mhz, bandwidth_mhz : float
        Decide the NR spacing.
    noise_figure_db : float
        Of the handset.
    """
    if technology in _REFERENCE_BANDWIDTH_HZ:
        bandwidth_hz = _REFERENCE_BANDWIDTH_HZ[technology]
    else:
        spacing = 15 if technology == "4G" else subcarrier_spacing_khz(frequency_mhz, bandwidth_mhz)
        bandwidth_hz = 1e3 * spacing
    return _THERMAL_NOISE_DBM_PER_HZ + 10.0 * math.log10(bandwidth_hz) + noise_figure_db


def probability_covered(level_dbm: ArrayLike, threshold_dbm: float, sigma_db: float) -> NDArray[np.float32]:
    """Return P(level ≥ threshold) = Φ((L − T)/σ) of a median level; 0 where the level is NaN.

    One σ above the threshold is 84 %, 1.2816 σ are 90 %, 1.645 σ are 95 %.
    """
    margin = (np.asarray(level_dbm, dtype=np.float32) - np.float32(threshold_dbm)) / np.float32(sigma_db)
    return np.nan_to_num(ndtr(margin), nan=0.0).astype(np.float32, copy=False)


@dataclass(frozen=True)
class _Building:
    """Coefficients r … z of ITU-R P.2109-2 table 1."""

    r: float
    s: float
    t: float
    u: float
    v: float
    w: float
    x: float
    y: float
    z: float


_BUILDINGS = {
    "traditional": _Building(12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    "thermally-efficient": _Building(28.19, -3.00, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}


def building_entry_median_db(frequency_mhz: float, building: str = "traditional") -> float:
    """Return L_h, the median loss of horizontal paths into a building: ITU-R P.2109-2 equation (9).

    Parameters
    ----------
    frequency_mhz : float
        80 … 100,000 MHz.
    building : {"traditional", "thermally-efficient"}

    Returns
    -------
    float
        dB; traditional 12.5 at 0.9 GHz, 15.0 at 3.5 GHz.
    """
    k = _BUILDINGS[building]
    log_f = math.log10(frequency_mhz / 1000.0)
    return k.r + k.s * log_f + k.t * log_f**2


def building_entry_loss_db(
    frequency_mhz: float,
    normal_deviate: ArrayLike,
    building: str = "traditional",
    elevation_deg: float = 0.0,
) -> NDArray[np.float64]:
    """Return the entry loss that is not exceeded with a probability: ITU-R P.2109-2 equations (1) to (10).

    Parameters
    ----------
    frequency_mhz : float
        80 … 100,000 MHz.
    normal_deviate : array_like
        Φ⁻¹(P) of the probability P that the loss is not exceeded; 0 gives P = 50 %.
    building : {"traditional", "thermally-efficient"}
    elevation_deg : float
        Of the path at the façade.

    Returns
    -------
    ndarray of float64
        dB.
    """
    k = _BUILDINGS[building]
    log_f = math.log10(frequency_mhz / 1000.0)
    deviate = np.asarray(normal_deviate, dtype=np.float64)
    horizontal = building_entry_median_db(frequency_mhz, building) + 0.212 * abs(elevation_deg)
    a = deviate * (k.u + k.v * log_f) + horizontal
    b = deviate * (k.y + k.z * log_f) + k.w + k.x * log_f
    return 10.0 * np.log10(10.0 ** (0.1 * a) + 10.0 ** (0.1 * b) + 10.0**-0.3)


def probability_covered_indoors(
    level_dbm: ArrayLike,
    threshold_dbm: float,
    sigma_db: float,
    frequency_mhz: float,
    building: str = "traditional",
) -> NDArray[np.float32]:
    """Return P(outdoor level − entry loss ≥ threshold), both spread independently; 0 where NaN.

    The mean of Φ over the distribution of P.2109, by Gauss-Hermite quadrature (24 nodes) in the normal
    deviate from which P.2109 makes its loss.

    Parameters
    ----------
    level_dbm : array_like
        Median level outdoors.
    threshold_dbm, sigma_db : float
        As of outdoors.
    frequency_mhz : float
    building : {"traditional", "thermally-efficient"}
    """
    node, weight = np.polynomial.hermite_e.hermegauss(24)
    entry_loss_db = building_entry_loss_db(frequency_mhz, node, building)
    level = np.asarray(level_dbm, dtype=np.float32)
    total = np.zeros(level.shape, dtype=np.float32)
    for loss_db, share in zip(entry_loss_db, weight / weight.sum(), strict=True):
        total += np.float32(share) * probability_covered(level, threshold_dbm + loss_db, sigma_db)
    return np.clip(total, 0.0, 1.0)


def useful_range_m(
    boresight_dbm: float,
    frequency_mhz: float,
    floor_dbm: float,
    maximum_range_m: float,
    time_percent: float = 50.0,
) -> float:
    """Return the distance beyond which a cell's level cannot reach the floor, whatever the ground.

    P.1812 never gives less than L_b0p, that is free space less at most 2.6 log(50/p) dB of multipath
    enhancement; the other models are held at free space or more; no antenna gives more than its gain. So the
    bound is safe: no pixel is lost by it.

    Parameters
    ----------
    boresight_dbm : float
        Level at 0 dB path loss in the main lobe: reference power + gains − losses.
    frequency_mhz : float
    floor_dbm : float
        Levels below it do not matter.
    maximum_range_m : float
        Never more than this.
    time_percent : float
        p of the model.

    Returns
    -------
    float
        0 … `maximum_range_m`.
    """
    enhancement_db = _MULTIPATH_FACTOR_DB * math.log10(50.0 / time_percent)
    at_1_km_db = _FREE_SPACE_1_KM_1_GHZ_DB + 20.0 * math.log10(frequency_mhz / 1000.0)
    spare_db = boresight_dbm - floor_dbm + enhancement_db - at_1_km_db
    if spare_db >= 20.0 * math.log10(maximum_range_m / 1000.0):
        return float(maximum_range_m)
    return 1000.0 * 10.0 ** (spare_db / 20.0)
