"""Diffraction of ITU-R P.1812-8: the delta-Bullington method (§4.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .p1812_geometry import Profile

__all__ = [
    "SPEED_OF_LIGHT_M_GHZ",
    "DeltaBullington",
    "bullington_db",
    "delta_bullington",
    "first_term_db",
    "inverse_normal",
    "knife_edge_db",
    "spherical_earth_db",
]

SPEED_OF_LIGHT_M_GHZ = 0.2998
"""Wavelength (m) times frequency (GHz), as the recommendation rounds it."""

_LAND = (22.0, 0.003)  # relative permittivity, conductivity (S/m), §4.3.3
_SEA = (80.0, 5.0)


def knife_edge_db(nu: float) -> float:
    """Knife-edge diffraction loss J(ν) (dB, ≥ 0), eq. (12); zero up to ν = −0.78."""
    if nu <= -0.78:
        return 0.0
    return 6.9 + 20.0 * math.log10(math.sqrt((nu - 0.1) ** 2 + 1.0) + nu - 0.1)


def inverse_normal(x: float) -> float:
    """Inverse complementary cumulative normal distribution I(x), attachment 2.

    The recommendation's rational approximation (error < 4.5e-4), which belongs to the model: an exact inverse
    moves losses by 2e-3 dB.

    Parameters
    ----------
    x : float
        Probability, taken within 1e-6 … 1 − 1e-6.
    """
    x = min(max(x, 1.0e-6), 1.0 - 1.0e-6)
    if x > 0.5:
        return -inverse_normal(1.0 - x)
    t = math.sqrt(-2.0 * math.log(x))
    numerator = (0.010328 * t + 0.802853) * t + 2.515516698
    denominator = ((0.001308 * t + 0.189269) * t + 1.432788) * t + 1.0
    return t - numerator / denominator


# ---------------------------------------------------------------------------------------------------------
# Bullington


def bullington_db(
    distance_km: NDArray[np.float64],
    surface_m: NDArray[np.float64],
    hts_m: float,
    hrs_m: float,
    earth_radius_km: float,
    wavelength_m: float,
) -> float:
    """Bullington diffraction loss of a profile (dB), eqs. (13)–(21).

    Parameters
    ----------
    distance_km, surface_m : ndarray of float64, (n + 1,)
        Profile with clutter; the two ends do not count.
    hts_m, hrs_m : float
        Antenna heights in the same system of heights.
    earth_radius_km : float
        Effective earth radius.
    wavelength_m : float
        λ.
    """
    nu = _bullington_nu(distance_km, surface_m, hts_m, hrs_m, earth_radius_km, wavelength_m)
    edge = knife_edge_db(nu)
    return edge + (1.0 - math.exp(-edge / 6.0)) * (10.0 + 0.02 * float(distance_km[-1]))


def _bullington_nu(
    distance_km: NDArray[np.float64],
    surface_m: NDArray[np.float64],
    hts_m: float,
    hrs_m: float,
    earth_radius_km: float,
    wavelength_m: float,
) -> float:
    length = float(distance_km[-1])
    d = distance_km[1:-1]
    bulged = surface_m[1:-1] + 500.0 / earth_radius_km * d * (length - d)
    slope_t = float(np.max((bulged - hts_m) / d))
    slope_r = float(np.max((bulged - hrs_m) / (length - d)))
    # A point that just touches the ray makes the sum 0: both forms give ν = 0 there, this one safely.
    if slope_t < (hrs_m - hts_m) / length or slope_t + slope_r <= 0.0:
        clearance = bulged - (hts_m * (length - d) + hrs_m * d) / length
        return float(np.max(clearance * np.sqrt(0.002 * length / (wavelength_m * d * (length - d)))))
    db = (hrs_m - hts_m + slope_r * length) / (slope_t + slope_r)
    # The two tangents cross between the points they touch; near grazing, rounding would throw db anywhere.
    db = min(max(db, float(d[0])), float(d[-1]))
    height = hts_m + slope_t * db - (hts_m * (length - db) + hrs_m * db) / length
    return height * math.sqrt(0.002 * length / (wavelength_m * db * (length - db)))


# ---------------------------------------------------------------------------------------------------------
# Spherical earth


def _admittance(
    ground: tuple[float, float], earth_radius_km: float, frequency_ghz: float, vertical: bool
) -> float:
    """Normalised surface admittance K, eq. (29)."""
    permittivity, conductivity = ground
    loss = 18.0 * conductivity / frequency_ghz
    k = 0.036 * (earth_radius_km * frequency_ghz) ** (-1.0 / 3.0)
    k *= ((permittivity - 1.0) ** 2 + loss**2) ** (-0.25)
    return k * math.sqrt(permittivity**2 + loss**2) if vertical else k


def _distance_term_db(x: float) -> float:
    """F(X), eq. (33)."""
    if x >= 1.6:
        return 11.0 + 10.0 * math.log10(x) - 17.6 * x
    return -20.0 * math.log10(x) - 5.6488 * x**1.425


def _height_term_db(y: float, beta: float, admittance: float) -> float:
    """G(Y), eqs. (34), (35)."""
    b = beta * y
    if b > 2.0:
        gain = 17.6 * math.sqrt(b - 1.1) - 5.0 * math.log10(b - 1.1) - 8.0
    else:
        gain = 20.0 * math.log10(b + 0.1 * b**3)
    return max(gain, 2.0 + 20.0 * math.log10(admittance))


def _first_term_over_db(
    ground: tuple[float, float],
    length_km: float,
    hte_m: float,
    hre_m: float,
    earth_radius_km: float,
    frequency_ghz: float,
    vertical: bool,
) -> float:
    k = _admittance(ground, earth_radius_km, frequency_ghz, vertical)
    beta = (1.0 + 1.6 * k**2 + 0.67 * k**4) / (1.0 + 4.5 * k**2 + 1.53 * k**4)
    x = 21.88 * beta * (frequency_ghz / earth_radius_km**2) ** (1.0 / 3.0) * length_km
    scale = 0.9575 * beta * (frequency_ghz**2 / earth_radius_km) ** (1.0 / 3.0)
    heights = _height_term_db(scale * hte_m, beta, k) + _height_term_db(scale * hre_m, beta, k)
    return -_distance_term_db(x) - heights


def first_term_db(
    length_km: float,
    hte_m: float,
    hre_m: float,
    earth_radius_km: float,
    frequency_ghz: float,
    omega: float,
    vertical: bool,
) -> float:
    """First term of the spherical-earth residue series (dB, may be negative), §4.3.3, eqs. (28)–(35).

    Parameters
    ----------
    length_km : float
        Path length.
    hte_m, hre_m : float
        Antenna heights above the smooth earth, > 0.
    earth_radius_km : float
        Effective earth radius.
    frequency_ghz : float
        Frequency.
    omega : float
        Fraction of the path over sea, which mixes the losses over land and over sea.
    vertical : bool
        Vertical polarisation, else horizontal.
    """
    rest = (length_km, hte_m, hre_m, earth_radius_km, frequency_ghz, vertical)
    return omega * _first_term_over_db(_SEA, *rest) + (1.0 - omega) * _first_term_over_db(_LAND, *rest)


def spherical_earth_db(
    length_km: float,
    hte_m: float,
    hre_m: float,
    earth_radius_km: float,
    frequency_ghz: float,
    omega: float,
    vertical: bool,
) -> float:
    """Spherical-earth diffraction loss L_dsph (dB, ≥ 0 within line of sight), §4.3.2, eqs. (22)–(27).

    Parameters as in `first_term_db`.
    """
    marginal_km = math.sqrt(2.0 * earth_radius_km) * (math.sqrt(0.001 * hte_m) + math.sqrt(0.001 * hre_m))
    if length_km >= marginal_km:
        return first_term_db(length_km, hte_m, hre_m, earth_radius_km, frequency_ghz, omega, vertical)
    clearance, d1 = _smooth_earth_clearance(length_km, hte_m, hre_m, earth_radius_km)
    wavelength = SPEED_OF_LIGHT_M_GHZ / frequency_ghz
    required = 17.456 * math.sqrt(d1 * (length_km - d1) * wavelength / length_km)
    if clearance > required:
        return 0.0
    modified = 500.0 * (length_km / (math.sqrt(hte_m) + math.sqrt(hre_m))) ** 2
    term = first_term_db(length_km, hte_m, hre_m, modified, frequency_ghz, omega, vertical)
    return max(term, 0.0) * (1.0 - clearance / required)


def _smooth_earth_clearance(
    length_km: float, hte_m: float, hre_m: float, earth_radius_km: float
) -> tuple[float, float]:
    """Smallest clearance h_se (m) over the smooth earth and its distance d_1 (km), eqs. (23), (24)."""
    c = (hte_m - hre_m) / (hte_m + hre_m)
    m = 250.0 * length_km**2 / (earth_radius_km * (hte_m + hre_m))
    cosine = 1.5 * c * math.sqrt(3.0 * m / (m + 1.0) ** 3)
    angle = math.acos(min(max(cosine, -1.0), 1.0))  # rounding must not leave the domain
    b = 2.0 * math.sqrt((m + 1.0) / (3.0 * m)) * math.cos(math.pi / 3.0 + angle / 3.0)
    d1 = length_km / 2.0 * (1.0 + b)
    d2 = length_km - d1
    above_t = hte_m - 500.0 * d1**2 / earth_radius_km
    above_r = hre_m - 500.0 * d2**2 / earth_radius_km
    return (above_t * d2 + above_r * d1) / length_km, d1


# ---------------------------------------------------------------------------------------------------------
# Delta-Bullington


@dataclass(frozen=True)
class DeltaBullington:
    """Diffraction loss over one effective earth and its parts (dB).

    Attributes
    ----------
    lbulla_db : float
        Bullington loss of the real profile.
    lbulls_db : float
        Bullington loss of the smooth profile, sampled at the same points.
    ldsph_db : float
        Spherical-earth loss.
    loss_db : float
        L_d = L_bulla + max(L_dsph − L_bulls, 0), eq. (38).
    """

    lbulla_db: float
    lbulls_db: float
    ldsph_db: float
    loss_db: float


def delta_bullington(
    profile: Profile,
    hts_m: float,
    hrs_m: float,
    hstd_m: float,
    hsrd_m: float,
    earth_radius_km: float,
    frequency_ghz: float,
    omega: float,
    vertical: bool,
) -> DeltaBullington:
    """Complete delta-Bullington diffraction loss, §4.3.4.

    Parameters
    ----------
    profile : Profile
        The path, with clutter.
    hts_m, hrs_m : float
        Antenna heights above sea level.
    hstd_m, hsrd_m : float
        Smooth earth of the diffraction model at the two ends, above sea level.
    earth_radius_km : float
        Effective earth radius: the median one, or that of β0 % of the time.
    frequency_ghz, omega, vertical
        As in `first_term_db`.
    """
    wavelength = SPEED_OF_LIGHT_M_GHZ / frequency_ghz
    distance = profile.distance_km
    hte, hre = hts_m - hstd_m, hrs_m - hsrd_m
    actual = bullington_db(distance, profile.surface_m, hts_m, hrs_m, earth_radius_km, wavelength)
    smooth = bullington_db(distance, np.zeros_like(distance), hte, hre, earth_radius_km, wavelength)
    sphere = spherical_earth_db(profile.length_km, hte, hre, earth_radius_km, frequency_ghz, omega, vertical)
    return DeltaBullington(
        lbulla_db=actual,
        lbulls_db=smooth,
        ldsph_db=sphere,
        loss_db=actual + max(sphere - smooth, 0.0),
    )
