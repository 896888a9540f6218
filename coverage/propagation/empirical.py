"""Path loss by formula, from distance, frequency and heights alone: free space, Hata and its extensions.

Median basic transmission losses in dB between isotropic antennas, as published, nothing added and nothing
held back. Every function takes the horizontal distance in metres (any shape, > 0) and one frequency, and
returns float64 of the distance's shape.

Validity
--------
The ranges as published stand in each function. A frequency outside its range, or a receiver outside its
heights, is refused (ValueError): other physics holds there. Distances and base heights outside are
*extrapolated*, because a map has a pixel at every distance and a province a mast of every height; `models`
says so beside its labels, and what it does close to the mast stands there.

Sources
-------
Recommendation ITU-R P.525 (free space); M. Hata, IEEE Trans. Veh. Technol. VT-29 (1980) 317-325; COST Action
231 final report, EUR 18957 (1999), section 4.4.1; ERC Report 68 (2002), Report ITU-R SM.2028-2 (2017) and
CEPT's SEAMCAT (extended Hata). 3GPP's models are in `tr38901`.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COST231_MHZ",
    "EXTENDED_HATA_MHZ",
    "HATA_MHZ",
    "HATA_RECEIVER_M",
    "SPEED_OF_LIGHT_M_S",
    "HataEnvironment",
    "OpenEnvironment",
    "check_link",
    "check_range",
    "cost231_hata_db",
    "extended_hata_db",
    "free_space_db",
    "okumura_hata_db",
]

Distances = NDArray[np.float64]
HataEnvironment = Literal["urban", "large-city", "suburban", "open"]
OpenEnvironment = Literal["urban", "suburban", "open"]

SPEED_OF_LIGHT_M_S = 299_792_458.0

HATA_MHZ = (150.0, 1500.0)
COST231_MHZ = (1500.0, 2000.0)
EXTENDED_HATA_MHZ = (30.0, 3000.0)
HATA_RECEIVER_M = (1.0, 10.0)

_LARGE_CITY_SPLIT_MHZ = 300.0


def check_range(name: str, value: float, low: float, high: float, unit: str) -> None:
    """Refuse a value outside the range that a formula is published for (ValueError)."""
    if not low <= value <= high:
        raise ValueError(f"{name} must lie between {low:g} and {high:g} {unit}, not at {value:g} {unit}")


def check_link(
    model: str,
    frequency_mhz: float,
    band_mhz: tuple[float, float],
    base_height_m: float,
    receiver_height_m: float,
    receiver_m: tuple[float, float],
) -> None:
    """Refuse a frequency or a receiver outside a formula's range, or a base below 1 m (ValueError)."""
    check_range(f"{model}: the frequency", frequency_mhz, *band_mhz, "MHz")
    check_range(f"{model}: the receiver", receiver_height_m, *receiver_m, "m")
    if not 1.0 <= base_height_m < math.inf:
        raise ValueError(f"{model}: the base must stand at least 1 m high, not at {base_height_m:g} m")


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
        "urban" is a small or medium city. The large city's two corrections of the receiver's height hold
        up to 200 MHz and from 400 MHz; they are switched at 300 MHz.

    Raises
    ------
    ValueError
        Frequency or receiver outside its range, base below 1 m, or an unknown environment.

    Notes
    -----
    Hata (1980), equations (8), (9), (13), (15), (17) and (19).
    """
    check_link("Okumura-Hata", frequency_mhz, HATA_MHZ, base_height_m, receiver_height_m, HATA_RECEIVER_M)
    log_f = math.log10(frequency_mhz)
    if environment == "large-city":
        correction = _large_city_correction_db(frequency_mhz, receiver_height_m)
    else:
        correction = _city_correction_db(log_f, receiver_height_m)
    cleared = _cleared_db("urban" if environment == "large-city" else environment, frequency_mhz)
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
    check_link("COST-231 Hata", frequency_mhz, COST231_MHZ, base_height_m, receiver_height_m, HATA_RECEIVER_M)
    log_f = math.log10(frequency_mhz)
    level = 46.3 + 33.9 * log_f - _city_correction_db(log_f, receiver_height_m)
    return _hata_db(level + (3.0 if metropolitan else 0.0), distance_m, base_height_m)


def extended_hata_db(
    distance_m: Distances,
    frequency_mhz: float,
    base_height_m: float,
    receiver_height_m: float,
    environment: OpenEnvironment = "urban",
) -> Distances:
    """Return the median loss by the extended Hata model: Hata, COST-231 and what CEPT adds, in one formula.

    Up to 1500 MHz it is Hata's formula for a small or medium city (with rounded constants: 0.15 dB more), up
    to 2000 MHz COST-231's, above that it rises with 10 log f. Suburbs and open country take Hata's
    corrections at 2000 MHz for all that lies above.

    Parameters
    ----------
    distance_m : ndarray of float64
        Horizontal; published for 0.1 … 100 km. Beyond 20 km the curve is steeper.
    frequency_mhz : float
        30 … 3000 MHz.
    base_height_m : float
        Published for 30 … 200 m; a lower one loses 20 log(30/h) more.
    receiver_height_m : float
        1 … 10 m above ground.
    environment : {"urban", "suburban", "open"}

    Raises
    ------
    ValueError
        Frequency or receiver outside its range, base below 1 m, or an unknown environment.

    Notes
    -----
    Report ITU-R SM.2028-2, extended Hata model; SEAMCAT handbook, A17.3.1.
    """
    link = (base_height_m, receiver_height_m, HATA_RECEIVER_M)
    check_link("Extended Hata", frequency_mhz, EXTENDED_HATA_MHZ, *link)
    log_f = math.log10(frequency_mhz)
    if frequency_mhz <= 150.0:
        level = 69.6 + 26.2 * math.log10(150.0) - 20.0 * math.log10(150.0 / frequency_mhz)
    elif frequency_mhz <= 1500.0:
        level = 69.6 + 26.2 * log_f
    else:
        beyond = max(frequency_mhz / 2000.0, 1.0)
        level = 46.3 + 33.9 * math.log10(frequency_mhz / beyond) + 10.0 * math.log10(beyond)
    level -= _city_correction_db(log_f, receiver_height_m)
    level -= min(0.0, 20.0 * math.log10(base_height_m / 30.0))
    level -= _cleared_db(environment, min(max(frequency_mhz, 150.0), 2000.0))
    km = np.asarray(distance_m, dtype=np.float64) / 1000.0
    farther = np.log10(np.maximum(km / 20.0, 1.0)) ** 0.8
    bend = 1.0 + (0.14 + 1.87e-4 * frequency_mhz + 1.07e-3 * base_height_m) * farther
    log_d = np.where(km > 20.0, np.log10(np.maximum(km, 20.0)) ** bend, np.log10(km))
    return _from_log_distance(level, log_d, max(base_height_m, 30.0))


def _cleared_db(environment: OpenEnvironment, frequency_mhz: float) -> float:
    """Return what suburbs and open country take off a city's loss."""
    log_f = math.log10(frequency_mhz)
    if environment == "urban":
        return 0.0
    if environment == "suburban":
        return 2.0 * math.log10(frequency_mhz / 28.0) ** 2 + 5.4
    if environment == "open":
        return 4.78 * log_f**2 - 18.33 * log_f + 40.94
    raise ValueError(f"environment must be urban, large-city, suburban or open, not {environment!r}")


def _city_correction_db(log_f: float, receiver_height_m: float) -> float:
    return (1.1 * log_f - 0.7) * receiver_height_m - (1.56 * log_f - 0.8)


def _large_city_correction_db(frequency_mhz: float, receiver_height_m: float) -> float:
    if frequency_mhz < _LARGE_CITY_SPLIT_MHZ:
        return 8.29 * math.log10(1.54 * receiver_height_m) ** 2 - 1.1
    return 3.2 * math.log10(11.75 * receiver_height_m) ** 2 - 4.97


def _hata_db(level_db: float, distance_m: Distances, base_height_m: float) -> Distances:
    return _from_log_distance(
        level_db, np.log10(np.asarray(distance_m, dtype=np.float64) / 1000.0), base_height_m
    )


def _from_log_distance(level_db: float, log_d: Distances, base_height_m: float) -> Distances:
    """Add the two terms with the base's height that Hata and its extensions share; log of km."""
    log_h = math.log10(base_height_m)
    return np.asarray(level_db - 13.82 * log_h + (44.9 - 6.55 * log_h) * log_d)
