"""Path loss of 3GPP TR 38.901, Rural Macro and Urban Macro: tables 7.4.1-1 (path loss) and 7.4.2-1 (LOS).

Median losses in dB as published; the ranges, what is refused and what is extrapolated: as in `empirical`.
Distances are horizontal (d_2D, m); the slant d_3D follows from the heights above local ground. h is the
average height of the buildings, W the average width of the streets.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .empirical import check_link, check_range

__all__ = [
    "RMA_MHZ",
    "RMA_RECEIVER_M",
    "UMA_MHZ",
    "UMA_RECEIVER_M",
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

RMA_MHZ = (500.0, 30_000.0)
RMA_RECEIVER_M = (1.0, 10.0)
UMA_MHZ = (500.0, 100_000.0)
UMA_RECEIVER_M = (1.5, 22.5)

_SPEED_OF_LIGHT_M_S = 3.0e8  # as notes 1 and 5 of table 7.4.1-1 round it
_RMA_BUILDING_M = 5.0
_RMA_STREET_M = 20.0
_UMA_ENVIRONMENT_M = 1.0


def rma_breakpoint_m(frequency_mhz: float, base_height_m: float, receiver_height_m: float) -> float:
    """Return d_BP = 2π h_BS h_UT f / c of RMa (m): TR 38.901 table 7.4.1-1, note 5."""
    return 2.0 * math.pi * base_height_m * receiver_height_m * frequency_mhz * 1e6 / _SPEED_OF_LIGHT_M_S


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
    TR 38.901 table 7.4.1-1: PL_1 up to the breakpoint, beyond it PL_1(d_BP) + 40 log(d_3D / d_BP). As the
    table puts a horizontal distance where PL_1 has a slant one, the loss steps up at the breakpoint by about
    20 log(d_3D / d_BP): 0.004 dB for a mast of 35 m at 900 MHz, 0.04 dB at most in the published range.
    """
    check_link("TR 38.901 RMa", frequency_mhz, RMA_MHZ, base_height_m, receiver_height_m, RMA_RECEIVER_M)
    check_range("TR 38.901 RMa: the buildings", building_height_m, 5.0, 50.0, "m")
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
        As in `rma_los_db`. Below the roofs h_BS is taken as h: (h / h_BS)² would turn the formula round.
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
    check_range("TR 38.901 RMa: the streets", street_width_m, 5.0, 50.0, "m")
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

    The effective environment height h_E is 1 m for h_UT < 13 m. Above, the report draws it at random for
    every link, which a map must not be; 1 m, the lowest it can be, is kept.
    """
    base, receiver = base_height_m - _UMA_ENVIRONMENT_M, receiver_height_m - _UMA_ENVIRONMENT_M
    return 4.0 * base * receiver * frequency_mhz * 1e6 / _SPEED_OF_LIGHT_M_S


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
    TR 38.901 table 7.4.1-1. Nearer than 170 m (slant) it lies below free space: that is how it is published.
    """
    check_link("TR 38.901 UMa", frequency_mhz, UMA_MHZ, base_height_m, receiver_height_m, UMA_RECEIVER_M)
    d2, d3 = _slant_m(distance_m, base_height_m, receiver_height_m)
    breakpoint_m = uma_breakpoint_m(frequency_mhz, base_height_m, receiver_height_m)
    fixed = 28.0 + 20.0 * math.log10(frequency_mhz / 1000.0)
    beyond = 9.0 * math.log10(breakpoint_m**2 + (base_height_m - receiver_height_m) ** 2)
    return np.where(d2 <= breakpoint_m, fixed + 22.0 * np.log10(d3), fixed + 40.0 * np.log10(d3) - beyond)


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
