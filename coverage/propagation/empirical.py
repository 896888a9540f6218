"""Path loss by formula, from distance, frequency and heights alone: free space, Hata, COST-231, TR 38.901.

Median basic transmission losses in dB between isotropic antennas, as published, nothing added and nothing
held back. Every function takes the horizontal distance in metres (any shape, > 0) and one frequency, and
returns float64 of the distance's shape.

Validity
--------
The ranges as published stand in each function. A frequency outside its range, or a receiver outside its range of
heights, is refused (ValueError): other physics holds there. Distances and base heights outside are *extrapolated*,
because a map has a pixel at every distance and a province a mast of every height; `models` says so in its labels,
and what it does close to the mast stands there.

Sources
-------
Recommendation ITU-R P.525 (free space); M. Hata, IEEE Trans. Veh. Technol. VT-29 (1980) 317-325; COST Action 231
final report, EUR 18957 (1999), section 4.4.1; 3GPP TR 38.901, tables 7.4.1-1 (path loss) and 7.4.2-1 (LOS
probability).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COST231_MHZ",
    "HATA_MHZ",
    "HATA_RECEIVER_M",
    "RMA_MHZ",
    "RMA_RECEIVER_M",
    "SPEED_OF_LIGHT_M_S",
    "UMA_MHZ",
    "UMA_RECEIVER_M",
    "HataEnvironment",
    "cost231_hata_db",
    "free_space_db",
    "okumura_hata_db",
    "rma_breakpoint_m",
    "rma_db",
    "rma_los_db",
    "rma_los_probability",
    "rma_nlos_db",
    "uma_breakpoint_m",
    "uma_db",
    "uma_los_db",
    "uma_los_probability",
    "uma_nlos_db",
]

Distances = NDArray[np.float64]
HataEnvironment = Literal["urban", "large-city", "suburban", "open"]

SPEED_OF_LIGHT_M_S = 299_792_458.0
_TR_SPEED_OF_LIGHT_M_S = 3.0e8  # TR 38.901 notes 1 and 5 of table 7.4.1-1

HATA_MHZ = (150.0, 1500.0)
COST231_MHZ = (1500.0, 2000.0)
HATA_RECEIVER_M = (1.0, 10.0)
RMA_MHZ = (500.0, 30_000.0)
RMA_RECEIVER_M = (1.0, 10.0)
UMA_MHZ = (500.0, 100_000.0)
UMA_RECEIVER_M = (1.5, 22.5)

_LARGE_CITY_SPLIT_MHZ = 300.0
_RMA_BUILDING_M = 5.0
_RMA_STREET_M = 20.0
_UMA_ENVIRONMENT_M = 1.0


def _check(name: str, value: float, low: float, high: float, unit: str) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} must lie between {low:g} and {high:g} {unit}, not at {value:g} {unit}")


def _check_link(
    model: str,
    frequency_mhz: float,
    band_mhz: tuple[float, float],
    base_height_m: float,
    receiver_height_m: float,
    receiver_m: tuple[float, float],
) -> None:
    _check(f"{model}: the frequency", frequency_mhz, *band_mhz, "MHz")
    _check(f"{model}: the receiver", receiver_height_m, *receiver_m, "m")
    if not 1.0 <= base_height_m < math.inf:
        raise ValueError(f"{model}: the base antenna must stand at least 1 m high, not at {base_height_m:g} m")


def free_space_db(distance_m: Distances, frequency_mhz: float) -> Distances:
    """Return the loss of free space, 20 log(4πd/λ), that is 92.45 + 20 log(f / GHz) + 20 log(d / km).

    Parameters
    ----------
    distance_m : ndarray of float64
        Between the antennas (slant), > 0.
    frequency_mhz : float
        > 0.

    Notes
    -----
    Recommendation ITU-R P.525, equation (3).
    """
    if not 0.0 < frequency_mhz < math.inf:
        raise ValueError(f"the frequency must be positive, not {frequency_mhz:g} MHz")
    per_metre = 4.0 * math.pi * frequency_mhz * 1e6 / SPEED_OF_LIGHT_M_S
    return np.asarray(20.0 * np.log10(per_metre * np.asarray(distance_m, dtype=np.float64)))


def okumura_hata_db(
    distance_m: Distances,
    frequency_mhz: float,
    base_height_m: float,
    receiver_height_m: float,
    environment: HataEnvironment = "urban",
) -> Distances:
    """Return the median loss of Okumura's measurements by Hata's formula.

    Parameters
    ----------
    distance_m : ndarray of float64
        Horizontal; published for 1 … 20 km.
    frequency_mhz : float
        150 … 1500 MHz.
    base_height_m : float
        Published for 30 … 200 m, above the mean ground at 3 … 15 km.
    receiver_height_m : float
        1 … 10 m above ground.
    environment : {"urban", "large-city", "suburban", "open"}
        "urban" is a small or medium city. The large city's two corrections of the receiver's height hold up to
        200 MHz and from 400 MHz; they are switched at 300 MHz.

    Raises
    ------
    ValueError
        Frequency or receiver outside its range, base below 1 m, or an unknown environment.

    Notes
    -----
    Hata (1980), equations (8), (9), (13), (15), (17) and (19).
    """
    _check_link(
        "Okumura-Hata", frequency_mhz, HATA_MHZ, base_height_m, receiver_height_m, HATA_RECEIVER_M
    )
    log_f = math.log10(frequency_mhz)
    if environment == "large-city":
        correction = _large_city_correction_db(frequency_mhz, receiver_height_m)
    else:
        correction = _city_correction_db(log_f, receiver_height_m)
    if environment in ("urban", "large-city"):
        cleared = 0.0
    elif environment == "suburban":
        cleared = 2.0 * math.log10(frequency_mhz / 28.0) ** 2 + 5.4
    elif environment == "open":
        cleared = 4.78 * log_f**2 - 18.33 * log_f + 40.94
    else:
        raise ValueError(f"environment must be urban, large-city, suburban or open, not {environment!r}")
    return _hata_db(69.55 + 26.16 * log_f - correction - cleared, distance_m, base_height_m)


def cost231_hata_db(
    distance_m: Distances,
    frequency_mhz: float,
    base_height_m: float,
    receiver_height_m: float,
    metropolitan: bool = False,
) -> Distances:
    """Return the median loss by Hata's formula as COST 231 extends it upwards in frequency.

    Parameters
    ----------
    distance_m : ndarray of float64
        Horizontal; published for 1 … 20 km.
    frequency_mhz : float
        1500 … 2000 MHz.
    base_height_m : float
        Published for 30 … 200 m, above the roofs around.
    receiver_height_m : float
        1 … 10 m above ground.
    metropolitan : bool
        Adds C_m = 3 dB for metropolitan centres; without, medium-sized cities and suburban centres.

    Raises
    ------
    ValueError
        Frequency or receiver outside its range, base below 1 m.

    Notes
    -----
    COST 231 final report, equations (4.4.3) and (4.4.4). It gives no correction for open country.
    """
    _check_link(
        "COST-231 Hata", frequency_mhz, COST231_MHZ, base_height_m, receiver_height_m, HATA_RECEIVER_M
    )
    log_f = math.log10(frequency_mhz)
    level = 46.3 + 33.9 * log_f - _city_correction_db(log_f, receiver_height_m)
    return _hata_db(level + (3.0 if metropolitan else 0.0), distance_m, base_height_m)


def _city_correction_db(log_f: float, receiver_height_m: float) -> float:
    return (1.1 * log_f - 0.7) * receiver_height_m - (1.56 * log_f - 0.8)


def _large_city_correction_db(frequency_mhz: float, receiver_height_m: float) -> float:
    if frequency_mhz < _LARGE_CITY_SPLIT_MHZ:
        return 8.29 * math.log10(1.54 * receiver_height_m) ** 2 - 1.1
    return 3.2 * math.log10(11.75 * receiver_height_m) ** 2 - 4.97


def _hata_db(level_db: float, distance_m: Distances, base_height_m: float) -> Distances:
    """Add the two terms with the base's height that Hata and COST 231 share."""
    log_h = math.log10(base_height_m)
    log_d = np.log10(np.asarray(distance_m, dtype=np.float64) / 1000.0)
    return np.asarray(level_db - 13.82 * log_h + (44.9 - 6.55 * log_h) * log_d)


def rma_breakpoint_m(frequency_mhz: float, base_height_m: float, receiver_height_m: float) -> float:
    """Return d_BP = 2π h_BS h_UT f / c of RMa (m): TR 38.901 table 7.4.1-1, note 5."""
    return (
        2.0 * math.pi * base_height_m * receiver_height_m * frequency_mhz * 1e6 / _TR_SPEED_OF_LIGHT_M_S
    )


def rma_los_db(
    distance_m: Distances,
    frequency_mhz: float,
    base_height_m: float,
    receiver_height_m: float,
    building_height_m: float = _RMA_BUILDING_M,
) -> Distances:
    """Return the loss of TR 38.901 Rural Macro where the receiver sees the base.

    Parameters
    ----------
    distance_m : ndarray of float64
        Horizontal (d_2D); published for 10 m … 10 km.
    frequency_mhz : float
        500 … 30,000 MHz (validated above 7 GHz by a single campaign).
    base_height_m : float
        h_BS, published for 10 … 150 m; 35 m by default there.
    receiver_height_m : float
        h_UT, 1 … 10 m; 1.5 m by default there.
    building_height_m : float
        h, average height of the buildings, 5 … 50 m.

    Raises
    ------
    ValueError
        Frequency, receiver or buildings outside their range, base below 1 m.

    Notes
    -----
    TR 38.901 table 7.4.1-1: PL_1 up to the breakpoint, beyond it PL_1(d_BP) + 40 log(d_3D / d_BP). As the table
    puts a horizontal distance where PL_1 has a slant one, the loss steps up at the breakpoint by about
    20 log(d_3D / d_BP): 0.004 dB for a mast of 35 m at 900 MHz, 0.04 dB at most in the published range.
    """
    _check_link("TR 38.901 RMa", frequency_mhz, RMA_MHZ, base_height_m, receiver_height_m, RMA_RECEIVER_M)
    _check("TR 38.901 RMa: the buildings", building_height_m, 5.0, 50.0, "m")
    d2, d3 = _slant_m(distance_m, base_height_m, receiver_height_m)
    breakpoint_m = rma_breakpoint_m(frequency_mhz, base_height_m, receiver_height_m)
    near = _rma_pl1_db(d3, frequency_mhz, building_height_m)
    at_break = _rma_pl1_db(np.array(breakpoint_m), frequency_mhz, building_height_m)
    return np.where(d2 <= breakpoint_m, near, at_break + 40.0 * np.log10(d3 / breakpoint_m))


def _rma_pl1_db(d3_m: Distances, frequency_mhz: float, building_height_m: float) -> Distances:
    roofs = building_height_m**1.72
    return np.asarray(
        20.0 * np.log10(40.0 * math.pi * d3_m * frequency_mhz / 1000.0 / 3.0)
        + min(0.03 * roofs, 10.0) * np.log10(d3_m)
        - min(0.044 * roofs, 14.77)
        + 0.002 * math.log10(building_height_m) * d3_m
    )


def rma_nlos_db(
    distance_m: Distances,
    frequency_mhz: float,
    base_height_m: float,
    receiver_height_m: float,
    building_height_m: float = _RMA_BUILDING_M,
    street_width_m: float = _RMA_STREET_M,
) -> Distances:
    """Return the loss of TR 38.901 Rural Macro where the receiver does not see the base.

    Parameters
    ----------
    distance_m : ndarray of float64
        Horizontal (d_2D); published for 10 m … 5 km.
    frequency_mhz, base_height_m, receiver_height_m, building_height_m
        As in `rma_los_db`. Below the roofs h_BS is taken as h, since (h / h_BS)² would turn the formula round.
    street_width_m : float
        W, 5 … 50 m.

    Raises
    ------
    ValueError
        As in `rma_los_db`, or the streets outside their range.

    Notes
    -----
    TR 38.901 table 7.4.1-1: the larger of the LOS loss and PL'.
    """
    los = rma_los_db(distance_m, frequency_mhz, base_height_m, receiver_height_m, building_height_m)
    _check("TR 38.901 RMa: the streets", street_width_m, 5.0, 50.0, "m")
    _, d3 = _slant_m(distance_m, base_height_m, receiver_height_m)
    base = max(base_height_m, building_height_m)
    log_base = math.log10(base)
    fixed = (
        161.04
        - 7.1 * math.log10(street_width_m)
        + 7.5 * math.log10(building_height_m)
        - (24.37 - 3.7 * (building_height_m / base) ** 2) * log_base
        + 20.0 * math.log10(frequency_mhz / 1000.0)
        - (3.2 * math.log10(11.75 * receiver_height_m) ** 2 - 4.97)
    )
    return np.maximum(los, fixed + (43.42 - 3.1 * log_base) * (np.log10(d3) - 3.0))


def rma_los_probability(distance_m: Distances) -> Distances:
    """Return the probability that the receiver sees the base in RMa: TR 38.901 table 7.4.2-1."""
    d2 = np.asarray(distance_m, dtype=np.float64)
    return np.exp(-np.maximum(d2 - 10.0, 0.0) / 1000.0)


def rma_db(
    distance_m: Distances, frequency_mhz: float, base_height_m: float, receiver_height_m: float
) -> Distances:
    """Return the loss of RMa expected over LOS and NLOS: the mean of the two in dB by the LOS probability.

    Parameters, ranges and errors: `rma_nlos_db`, with h = 5 m and W = 20 m.
    """
    link = (distance_m, frequency_mhz, base_height_m, receiver_height_m)
    return _expected_db(rma_los_probability(distance_m), rma_los_db(*link), rma_nlos_db(*link))


def uma_breakpoint_m(frequency_mhz: float, base_height_m: float, receiver_height_m: float) -> float:
    """Return d'_BP = 4 h'_BS h'_UT f / c of UMa (m), heights less 1 m: TR 38.901 table 7.4.1-1, note 1.

    The effective environment height h_E is 1 m for h_UT < 13 m; above, where the report draws it at random for
    every link, 1 m is its most probable value, and a map must not be drawn at random.
    """
    base, receiver = base_height_m - _UMA_ENVIRONMENT_M, receiver_height_m - _UMA_ENVIRONMENT_M
    return 4.0 * base * receiver * frequency_mhz * 1e6 / _TR_SPEED_OF_LIGHT_M_S


def uma_los_db(
    distance_m: Distances, frequency_mhz: float, base_height_m: float, receiver_height_m: float
) -> Distances:
    """Return the loss of TR 38.901 Urban Macro where the receiver sees the base.

    Parameters
    ----------
    distance_m : ndarray of float64
        Horizontal (d_2D); published for 10 m … 5 km.
    frequency_mhz : float
        500 … 100,000 MHz.
    base_height_m : float
        h_BS, published for 25 m.
    receiver_height_m : float
        h_UT, 1.5 … 22.5 m.

    Raises
    ------
    ValueError
        Frequency or receiver outside its range, base below 1 m.

    Notes
    -----
    TR 38.901 table 7.4.1-1. Up to 170 m it lies below free space, by 3 dB at most: that is how it is published.
    """
    _check_link("TR 38.901 UMa", frequency_mhz, UMA_MHZ, base_height_m, receiver_height_m, UMA_RECEIVER_M)
    d2, d3 = _slant_m(distance_m, base_height_m, receiver_height_m)
    breakpoint_m = uma_breakpoint_m(frequency_mhz, base_height_m, receiver_height_m)
    fixed = 28.0 + 20.0 * math.log10(frequency_mhz / 1000.0)
    beyond = 9.0 * math.log10(breakpoint_m**2 + (base_height_m - receiver_height_m) ** 2)
    return np.where(
        d2 <= breakpoint_m, fixed + 22.0 * np.log10(d3), fixed + 40.0 * np.log10(d3) - beyond
    )


def uma_nlos_db(
    distance_m: Distances, frequency_mhz: float, base_height_m: float, receiver_height_m: float
) -> Distances:
    """Return the loss of TR 38.901 Urban Macro where the receiver does not see the base.

    Parameters and errors: `uma_los_db`. TR 38.901 table 7.4.1-1: the larger of the LOS loss and PL'.
    """
    los = uma_los_db(distance_m, frequency_mhz, base_height_m, receiver_height_m)
    _, d3 = _slant_m(distance_m, base_height_m, receiver_height_m)
    fixed = 13.54 + 20.0 * math.log10(frequency_mhz / 1000.0) - 0.6 * (receiver_height_m - 1.5)
    return np.maximum(los, fixed + 39.08 * np.log10(d3))


def uma_los_probability(distance_m: Distances, receiver_height_m: float) -> Distances:
    """Return the probability that the receiver sees the base in UMa: TR 38.901 table 7.4.2-1.

    Parameters
    ----------
    distance_m : ndarray of float64
        Horizontal.
    receiver_height_m : float
        h_UT; above 13 m roofs hide less.
    """
    d2 = np.maximum(np.asarray(distance_m, dtype=np.float64), 18.0)
    high = (max(receiver_height_m - 13.0, 0.0) / 10.0) ** 1.5
    street = 18.0 / d2 + np.exp(-d2 / 63.0) * (1.0 - 18.0 / d2)
    # from 18 m on the report's product may pass 1 by a little for high receivers, and a probability may not
    seen = street * (1.0 + high * 1.25 * (d2 / 100.0) ** 3 * np.exp(-d2 / 150.0))
    return np.where(np.asarray(distance_m) <= 18.0, 1.0, np.minimum(seen, 1.0))


def uma_db(
    distance_m: Distances, frequency_mhz: float, base_height_m: float, receiver_height_m: float
) -> Distances:
    """Return the loss of UMa expected over LOS and NLOS: the mean of the two in dB by the LOS probability.

    Parameters, ranges and errors: `uma_los_db`.
    """
    link = (distance_m, frequency_mhz, base_height_m, receiver_height_m)
    seen = uma_los_probability(distance_m, receiver_height_m)
    return _expected_db(seen, uma_los_db(*link), uma_nlos_db(*link))


def _slant_m(
    distance_m: Distances, base_height_m: float, receiver_height_m: float
) -> tuple[Distances, Distances]:
    """Return d_2D and d_3D (TR 38.901 equation 7.4-1 outdoors)."""
    d2 = np.asarray(distance_m, dtype=np.float64)
    return d2, np.hypot(d2, base_height_m - receiver_height_m)


def _expected_db(seen: Distances, los_db: Distances, nlos_db: Distances) -> Distances:
    return seen * los_db + (1.0 - seen) * nlos_db
