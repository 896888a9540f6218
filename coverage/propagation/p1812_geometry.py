"""What ITU-R P.1812-8 reads off a profile: zones, smooth earth, horizons, antenna heights.

Everything here is a pure function of one profile. Attachment 1 of the recommendation is the source unless a
docstring says otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "COASTAL",
    "EARTH_RADIUS_KM",
    "EARTH_RADIUS_KM_BETA",
    "INLAND",
    "SEA",
    "Horizons",
    "Profile",
    "SmoothEarth",
    "beta0_percent",
    "effective_earth_radius_km",
    "horizons",
    "longest_section_km",
    "path_centre_latitude_deg",
    "sea_fraction",
    "smooth_earth",
    "tau",
    "terrain_roughness_m",
]

SEA, COASTAL, INLAND = 1, 3, 4
EARTH_RADIUS_KM = 6371.0
EARTH_RADIUS_KM_BETA = 3.0 * EARTH_RADIUS_KM
"""Effective earth radius exceeded for β0 % of the time, eq. (7b)."""


@dataclass(frozen=True)
class Profile:
    """Terrain profile from the transmitter to the receiver, points i = 0 … n.

    Attributes
    ----------
    distance_km : ndarray of float64, (n + 1,)
        Distance from the transmitter, strictly increasing from 0. At least three points.
    height_m : ndarray of float64, (n + 1,)
        Terrain height above sea level.
    clutter_m : ndarray of float64, (n + 1,)
        Representative clutter height, ≥ 0. The two ends are not used: there the antenna height counts.
    zone : ndarray of int64, (n + 1,)
        Radio-climatic zone of each point: 1 sea, 3 coastal land, 4 inland.

    Raises
    ------
    ValueError
        If the arrays do not make a profile.
    """

    distance_km: NDArray[np.float64]
    height_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]
    zone: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name in ("distance_km", "height_m", "clutter_m"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        object.__setattr__(self, "zone", np.asarray(self.zone))
        _check_shapes(self)
        _check_values(self)
        object.__setattr__(self, "zone", self.zone.astype(np.int64))

    @property
    def length_km(self) -> float:
        """Great-circle path length d (km)."""
        return float(self.distance_km[-1])

    @property
    def surface_m(self) -> NDArray[np.float64]:
        """Height g of terrain and clutter (m above sea level), eq. (1b); bare terrain at the two ends."""
        surface = self.height_m + self.clutter_m
        surface[[0, -1]] = self.height_m[[0, -1]]
        return surface

    def reversed(self) -> Profile:
        """Return the same profile as seen from the receiver."""
        return Profile(
            distance_km=self.distance_km[-1] - self.distance_km[::-1],
            height_m=self.height_m[::-1],
            clutter_m=self.clutter_m[::-1],
            zone=self.zone[::-1],
        )


def _check_shapes(profile: Profile) -> None:
    points = profile.distance_km.shape
    if len(points) != 1:
        raise ValueError(f"distance_km must have one dimension, not {len(points)}")
    if points[0] < 3:
        raise ValueError(f"a profile needs at least 3 points, this one has {points[0]}")
    for name in ("height_m", "clutter_m", "zone"):
        shape = getattr(profile, name).shape
        if shape != points:
            raise ValueError(f"{name} must have the shape of distance_km {points}, not {shape}")


def _check_values(profile: Profile) -> None:
    for name in ("distance_km", "height_m", "clutter_m"):
        bad = np.flatnonzero(~np.isfinite(getattr(profile, name)))
        if bad.size:
            raise ValueError(f"{name} must be finite; point {bad[0]} is not")
    if profile.distance_km[0] != 0.0:
        raise ValueError(f"distance_km must begin at 0, not at {profile.distance_km[0]:g}")
    standing = np.flatnonzero(np.diff(profile.distance_km) <= 0.0)
    if standing.size:
        raise ValueError(f"distance_km must increase; it does not from point {standing[0]} to the next")
    if profile.length_km > 3000.0:
        raise ValueError(f"P.1812 holds up to 3000 km; this profile has {profile.length_km:g} km")
    negative = np.flatnonzero(profile.clutter_m < 0.0)
    if negative.size:
        raise ValueError(f"clutter_m must not be negative; point {negative[0]} is")
    strange = np.flatnonzero(~np.isin(profile.zone, (SEA, COASTAL, INLAND)))
    if strange.size:
        found = profile.zone[strange[0]]
        raise ValueError(f"zone must be 1 (sea), 3 (coastal) or 4 (inland); point {strange[0]} has {found}")


# ---------------------------------------------------------------------------------------------------------
# Zones along the path


def _reach_km(profile: Profile) -> NDArray[np.float64]:
    """Borders between the points' shares of the path: midway, and the two ends; shape (n + 2,)."""
    distance = profile.distance_km
    return np.concatenate(([distance[0]], (distance[1:] + distance[:-1]) / 2.0, [distance[-1]]))


def _sections(profile: Profile, zones: tuple[int, ...]) -> NDArray[np.int64]:
    """First and one-past-last index of each unbroken run of points in `zones`; shape (runs, 2)."""
    inside = np.isin(profile.zone, zones).astype(np.int8)
    steps = np.diff(inside, prepend=0, append=0)
    return np.column_stack((np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)))


def longest_section_km(profile: Profile, zones: tuple[int, ...]) -> float:
    """Longest unbroken section of the path in the given zones (km), §3.6.

    ``zones=(COASTAL, INLAND)`` gives d_tm, ``(INLAND,)`` gives d_lm. A point stands for the path up to
    midway to its neighbours.
    """
    reach = _reach_km(profile)
    return max((float(reach[stop] - reach[start]) for start, stop in _sections(profile, zones)), default=0.0)


def sea_fraction(profile: Profile) -> float:
    """Fraction ω of the path over sea, 0 … 1 (table 5)."""
    reach = _reach_km(profile)
    over_sea = sum(float(reach[stop] - reach[start]) for start, stop in _sections(profile, (SEA,)))
    return over_sea / profile.length_km


def tau(dlm_km: float) -> float:
    """Parameter τ of the longest inland section d_lm (km), eq. (3)."""
    return 1.0 - math.exp(-4.12e-4 * dlm_km**2.41)


def beta0_percent(latitude_deg: float, dtm_km: float, dlm_km: float) -> float:
    """Time percentage β0 of large lapse rates in the lowest 100 m, eqs. (2)–(5).

    Parameters
    ----------
    latitude_deg : float
        Latitude φ of the path centre, -90 … 90.
    dtm_km, dlm_km : float
        Longest unbroken land and inland section.

    Returns
    -------
    float
        β0 (%).
    """
    t = tau(dlm_km)
    mu1 = (10.0 ** (-dtm_km / (16.0 - 6.6 * t)) + 10.0 ** (-5.0 * (0.496 + 0.354 * t))) ** 0.2
    mu1 = min(mu1, 1.0)
    latitude = abs(latitude_deg)
    if latitude > 70.0:
        return 4.17 * mu1 * mu1**0.3
    return 10.0 ** (-0.015 * latitude + 1.67) * mu1 * mu1 ** (-0.935 + 0.0176 * latitude)


def effective_earth_radius_km(delta_n: float) -> float:
    """Median effective earth radius a_e (km) at a lapse rate 0 < ΔN < 157 N-units/km, eqs. (6), (7a)."""
    return EARTH_RADIUS_KM * (157.0 / (157.0 - delta_n))


def path_centre_latitude_deg(
    tx_latitude_deg: float,
    tx_longitude_deg: float,
    rx_latitude_deg: float,
    rx_longitude_deg: float,
    length_km: float,
) -> float:
    """Latitude φ of the path centre (degrees): half of `length_km` along the great circle to the receiver.

    Spherical earth of 6371 km (attachment H of P.2001 gives the same construction). The bearing is taken from
    the coordinates and the length from the profile, so the two may disagree without harm.
    """
    lat_t, lat_r = math.radians(tx_latitude_deg), math.radians(rx_latitude_deg)
    delta_lon = math.radians(rx_longitude_deg - tx_longitude_deg)
    bearing = math.atan2(
        math.sin(delta_lon) * math.cos(lat_r),
        math.cos(lat_t) * math.sin(lat_r) - math.sin(lat_t) * math.cos(lat_r) * math.cos(delta_lon),
    )
    arc = 0.5 * length_km / EARTH_RADIUS_KM
    sine = math.sin(lat_t) * math.cos(arc) + math.cos(lat_t) * math.sin(arc) * math.cos(bearing)
    return math.degrees(math.asin(sine))


# ---------------------------------------------------------------------------------------------------------
# Smooth earth


@dataclass(frozen=True)
class SmoothEarth:
    """Smooth-earth surface at the two ends, and what it makes of the antenna heights (m above sea level).

    Attributes
    ----------
    hst_m, hsr_m : float
        Least-squares surface, eqs. (85), (86).
    hstd_m, hsrd_m : float
        Surface of the diffraction model, eqs. (87)–(89): lowered under obstructions, never above the ground.
    hst_ducting_m, hsr_ducting_m : float
        Surface of the ducting model, eq. (90): never above the ground.
    """

    hst_m: float
    hsr_m: float
    hstd_m: float
    hsrd_m: float
    hst_ducting_m: float
    hsr_ducting_m: float


def _least_squares_surface_m(profile: Profile) -> tuple[float, float]:
    d, h = profile.distance_km, profile.height_m
    step = np.diff(d)
    v1 = float(np.sum(step * (h[1:] + h[:-1])))
    v2 = float(np.sum(step * (h[1:] * (2.0 * d[1:] + d[:-1]) + h[:-1] * (d[1:] + 2.0 * d[:-1]))))
    length = profile.length_km
    return (2.0 * v1 * length - v2) / length**2, (v2 - v1 * length) / length**2


def smooth_earth(profile: Profile, hts_m: float, hrs_m: float) -> SmoothEarth:
    """Fit the smooth earth to the bare terrain, §4.3 and attachment 1 §5.6.

    Parameters
    ----------
    profile : Profile
        The path.
    hts_m, hrs_m : float
        Antenna heights above sea level.
    """
    hst, hsr = _least_squares_surface_m(profile)
    length = profile.length_km
    d, h = profile.distance_km[1:-1], profile.height_m[1:-1]
    above = h - (hts_m * (length - d) + hrs_m * d) / length
    highest = float(np.max(above))
    lowered_t, lowered_r = hst, hsr
    if highest > 0.0:
        slope_t, slope_r = float(np.max(above / d)), float(np.max(above / (length - d)))
        lowered_t = hst - highest * slope_t / (slope_t + slope_r)
        lowered_r = hsr - highest * slope_r / (slope_t + slope_r)
    ground_t, ground_r = float(profile.height_m[0]), float(profile.height_m[-1])
    return SmoothEarth(
        hst_m=hst,
        hsr_m=hsr,
        hstd_m=min(lowered_t, ground_t),
        hsrd_m=min(lowered_r, ground_r),
        hst_ducting_m=min(hst, ground_t),
        hsr_ducting_m=min(hsr, ground_r),
    )


# ---------------------------------------------------------------------------------------------------------
# Horizons


@dataclass(frozen=True)
class Horizons:
    """Radio horizons of the two antennas over the median effective earth.

    Attributes
    ----------
    trans_horizon : bool
        The path is blocked by terrain.
    index_t, index_r : int
        Profile point that is the transmitter's and the receiver's horizon (one point on a clear path).
    dlt_km, dlr_km : float
        Distance from each antenna to its horizon.
    theta_t_mrad, theta_r_mrad : float
        Elevation of each horizon above the horizontal.
    theta_mrad : float
        Path angular distance, eq. (82).
    """

    trans_horizon: bool
    index_t: int
    index_r: int
    dlt_km: float
    dlr_km: float
    theta_t_mrad: float
    theta_r_mrad: float
    theta_mrad: float


def _elevation_mrad(rise_m: ArrayLike, distance_km: ArrayLike, ae_km: float) -> NDArray[np.float64]:
    """Elevation above the horizontal of a point so much higher and so far away over the effective earth."""
    rise, distance = np.asarray(rise_m, dtype=np.float64), np.asarray(distance_km, dtype=np.float64)
    return np.asarray(1000.0 * np.arctan(rise / (1000.0 * distance) - distance / (2.0 * ae_km)))


def _least_clearance_index(profile: Profile, hts_m: float, hrs_m: float, ae_km: float) -> int:
    """Point of the bare terrain with the largest diffraction parameter ν; first one wins, eq. (81)."""
    length = profile.length_km
    d, h = profile.distance_km[1:-1], profile.height_m[1:-1]
    bulge = 500.0 / ae_km * d * (length - d)
    clearance = h + bulge - (hts_m * (length - d) + hrs_m * d) / length
    # The factor sqrt(0.002 d/λ) common to all points is left out: the maximum does not depend on frequency.
    return 1 + int(np.argmax(clearance / np.sqrt(d * (length - d))))


def horizons(profile: Profile, hts_m: float, hrs_m: float, ae_km: float) -> Horizons:
    """Find the radio horizons over the bare terrain, attachment 1 §5.1–5.3.

    Parameters
    ----------
    profile : Profile
        The path.
    hts_m, hrs_m : float
        Antenna heights above sea level.
    ae_km : float
        Median effective earth radius.
    """
    length = profile.length_km
    d, h = profile.distance_km[1:-1], profile.height_m[1:-1]
    theta_td = float(_elevation_mrad(hrs_m - hts_m, length, ae_km))
    seen_t = _elevation_mrad(h - hts_m, d, ae_km)
    blocked = bool(np.max(seen_t) > theta_td)
    if blocked:
        seen_r = _elevation_mrad(h - hrs_m, length - d, ae_km)
        index_t = 1 + int(np.argmax(seen_t))
        index_r = len(d) - int(np.argmax(seen_r[::-1]))
        theta_t, theta_r = float(np.max(seen_t)), float(np.max(seen_r))
    else:
        index_t = index_r = _least_clearance_index(profile, hts_m, hrs_m, ae_km)
        theta_t, theta_r = theta_td, float(_elevation_mrad(hts_m - hrs_m, length, ae_km))
    return Horizons(
        trans_horizon=blocked,
        index_t=index_t,
        index_r=index_r,
        dlt_km=float(profile.distance_km[index_t]),
        dlr_km=length - float(profile.distance_km[index_r]),
        theta_t_mrad=theta_t,
        theta_r_mrad=theta_r,
        theta_mrad=1000.0 * length / ae_km + theta_t + theta_r,
    )


def terrain_roughness_m(profile: Profile, smooth: SmoothEarth, horizon: Horizons) -> float:
    """Terrain roughness h_m: highest point between the horizons above the ducting surface (m), eq. (93)."""
    slope = (smooth.hsr_ducting_m - smooth.hst_ducting_m) / profile.length_km
    between = slice(horizon.index_t, horizon.index_r + 1)
    above = profile.height_m[between] - (smooth.hst_ducting_m + slope * profile.distance_km[between])
    return float(np.max(above))
