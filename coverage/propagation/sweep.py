"""Loss maps and exact point-to-point losses by ITU-R P.1812-8: the public face of the kernels.

Two ways to the same numbers:

*map mode*, `loss_window`
    Radials, three to a pixel of arc at the range, are swept outwards; every pixel is a receiver once, on
    the radial nearest to its centre, its distance rounded to a sixteenth of a pixel. For that profile the
    loss is exact; against a profile of the pixel's own it is off by 0.01 dB on average on smooth terrain
    and 0.1 dB where the ground is rough down to the pixel (of which most would remain with radials without
    end: a profile sampled at other points gives another loss).
*exact mode*, `loss_at_points`, `profile_between`, `loss_of_profile`
    Every receiver has a profile of its own.

Conventions
-----------
The grid is metric, and a great circle is taken as straight in it. Heights are bilinear between pixel
centres; zone and clutter are the nearest pixel's. Where the terrain has a void the path is unknown: the
void and everything behind it is NaN (fill voids, or the sea with 0, before). Distances over land to the
coast, for ducting over the sea, are taken along the path; the coast lies midway between a land and a sea
point. Up to 125 m from the station the loss is free space; between 125 m and 250 m it passes smoothly into
the model's (valid from about 250 m). All distances along the path are capped by the terrain: a point beyond
its outer edge is NaN. Polarisation, time and location percentages: see `PropagationSettings`. σ_L takes the
terrain's resolution as w_a.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import kernels
from .p1812_diffraction import SPEED_OF_LIGHT_M_GHZ, inverse_normal
from .p1812_geometry import EARTH_RADIUS_KM_BETA, Profile, effective_earth_radius_km
from .terrain import LossWindow, PropagationSettings, TerrainModel, WantedPixels

__all__ = [
    "FREE_SPACE_UP_TO_KM",
    "MODEL_FROM_KM",
    "loss_along_profile",
    "loss_at_points",
    "loss_of_profile",
    "loss_window",
    "profile_between",
]

RAYS_PER_PIXEL = 3.0
"""Radials per pixel of arc at the range; below 1.5 a pixel might be missed. 2 saves a fifth of the time."""
FREE_SPACE_UP_TO_KM = 0.125
MODEL_FROM_KM = 0.250
_LAND = (22.0, 0.003)
_SEA = (80.0, 5.0)


@dataclass(frozen=True)
class _Station:
    """Transmitter in the terrain's pixel coordinates (0 is the first pixel's centre)."""

    row: float
    column: float
    ground_m: float


def _check_settings(settings: PropagationSettings) -> None:
    for name, low, high in (
        ("time_percent", 1.0, 50.0),
        ("location_percent", 1.0, 99.0),
        ("receiver_height_m", 0.5, 3000.0),
    ):
        value = getattr(settings, name)
        if not low <= value <= high:
            raise ValueError(f"{name} must lie between {low:g} and {high:g}, not at {value:g}")
    if not 0.0 < settings.delta_n < 157.0:
        raise ValueError(f"delta_n must lie above 0 and below 157 N-units/km, not at {settings.delta_n:g}")
    if not 0.0 < settings.n0 < math.inf:
        raise ValueError(f"n0 must be a positive number of N-units, not {settings.n0:g}")
    if settings.polarisation not in ("horizontal", "vertical"):
        raise ValueError(f"polarisation must be 'horizontal' or 'vertical', not {settings.polarisation!r}")


def _check_radio(antenna_height_m: float, frequencies_mhz: Sequence[float]) -> None:
    if not 0.0 < antenna_height_m <= 3000.0:
        raise ValueError(
            f"the antenna must stand between 0 and 3000 m above ground, not at {antenna_height_m:g} m"
        )
    if len(frequencies_mhz) == 0:
        raise ValueError("at least one frequency is needed")
    for frequency in frequencies_mhz:
        if not 30.0 <= frequency <= 6000.0:
            raise ValueError(f"P.1812 holds from 30 to 6000 MHz, not at {frequency:g} MHz")


def _station(terrain: TerrainModel, x_m: float, y_m: float) -> _Station:
    """Place the transmitter, which must stand on known ground."""
    row = (terrain.y_top_m - y_m) / terrain.resolution_m - 0.5
    column = (x_m - terrain.x_left_m) / terrain.resolution_m - 0.5
    rows, columns = terrain.height_m.shape
    if not (-0.5 <= row <= rows - 0.5 and -0.5 <= column <= columns - 0.5):
        raise ValueError(f"the station at x = {x_m:.1f} m, y = {y_m:.1f} m lies outside the terrain")
    height, zone, cover = np.zeros(1), np.zeros(1, np.uint8), np.zeros(1)
    found = kernels.sample_line(*_rasters(terrain), row, column, 0.0, 0.0, 0, height, zone, cover)
    if found == 0:
        raise ValueError(f"the terrain has no height at the station, x = {x_m:.1f} m, y = {y_m:.1f} m")
    return _Station(float(row), float(column), float(height[0]))


def _rasters(
    terrain: TerrainModel,
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32]]:
    clutter = terrain.clutter_m
    if clutter is None:
        clutter = np.zeros((0, 0), np.float32)
    return (
        np.ascontiguousarray(terrain.height_m, dtype=np.float32),
        np.ascontiguousarray(terrain.zone, dtype=np.uint8),
        np.ascontiguousarray(clutter, dtype=np.float32),
    )


def _latitudes(terrain: TerrainModel) -> tuple[float, float]:
    """Latitude of the first row's centre and the change from row to row (degrees)."""
    rows = terrain.height_m.shape[0]
    change = terrain.latitude_bottom_deg - terrain.latitude_top_deg
    return terrain.latitude_top_deg, change / (rows - 1) if rows > 1 else 0.0


def _frequency_table(frequencies_mhz: Sequence[float], settings: PropagationSettings) -> NDArray[np.float64]:
    """Everything that depends on frequency alone, one row of `kernels.F_COLUMNS` each, flattened."""
    f = np.asarray(frequencies_mhz, dtype=np.float64) / 1000.0
    table = np.zeros((len(f), kernels.F_COLUMNS))
    log_f = np.log10(f)
    table[:, kernels.F_GHZ] = f
    table[:, kernels.F_ROOT_WAVE] = np.sqrt(f / SPEED_OF_LIGHT_M_GHZ)
    table[:, kernels.F_LOG20] = 20.0 * log_f
    table[:, kernels.F_CUBE_ROOT] = f ** (1.0 / 3.0)
    table[:, kernels.F_CUBE_ROOT2] = f ** (2.0 / 3.0)
    for ground, k_column, log_column in (
        (_LAND, kernels.F_K_LAND, kernels.F_LOG_K_LAND),
        (_SEA, kernels.F_K_SEA, kernels.F_LOG_K_SEA),
    ):
        permittivity, conductivity = ground
        conduction = 18.0 * conductivity / f
        k = 0.036 * f ** (-1.0 / 3.0) * ((permittivity - 1.0) ** 2 + conduction**2) ** -0.25
        if settings.polarisation == "vertical":
            k *= np.sqrt(permittivity**2 + conduction**2)
        table[:, k_column] = k
        table[:, log_column] = np.log2(k)
    time = 10.125 * math.log10(50.0 / settings.time_percent) ** 0.7
    table[:, kernels.F_TROPO] = (
        190.1 + 25.0 * log_f - 2.5 * np.log10(f / 2.0) ** 2 - 0.15 * settings.n0 - time
    )
    table[:, kernels.F_LOW] = np.where(f < 0.5, 45.375 - 137.0 * f + 92.5 * f**2, 0.0)
    location = 0.0
    if settings.location_percent != 50.0:
        location = -inverse_normal(settings.location_percent / 100.0)
    table[:, kernels.F_SIGMA] = (0.52 + 0.024 * f) * location
    return table.ravel()


def _is_even(distance_km: NDArray[np.float64]) -> bool:
    """Tell whether the points are equally spaced, but for rounding."""
    even = np.linspace(0.0, distance_km[-1], len(distance_km))
    return bool(np.max(np.abs(distance_km - even)) <= 1e-9 * distance_km[1])


def _scenario(
    settings: PropagationSettings, antenna_height_m: float, resolution_m: float, near_field: bool = True
) -> NDArray[np.float64]:
    scenario = np.zeros(kernels.SCENARIO)
    scenario[kernels.P_PERCENT] = settings.time_percent
    scenario[kernels.P_INVERSE] = inverse_normal(settings.time_percent / 100.0)
    scenario[kernels.P_LOG50] = math.log10(settings.time_percent / 50.0)
    scenario[kernels.AE] = effective_earth_radius_km(settings.delta_n)
    scenario[kernels.ABETA] = EARTH_RADIUS_KM_BETA
    scenario[kernels.TX_M] = antenna_height_m
    scenario[kernels.RX_M] = settings.receiver_height_m
    scenario[kernels.SPREAD_WA] = resolution_m**0.28
    scenario[kernels.NEAR_FROM] = FREE_SPACE_UP_TO_KM if near_field else -2.0
    scenario[kernels.NEAR_TO] = MODEL_FROM_KM if near_field else -1.0
    return scenario


def loss_window(
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    antenna_height_m: float,
    frequencies_mhz: Sequence[float],
    range_m: float,
    settings: PropagationSettings,
    wanted_rows: tuple[int, int] | None = None,
    wanted: WantedPixels | None = None,
) -> LossWindow:
    """Basic transmission loss around a station on the terrain's own pixels (map mode).

    Parameters
    ----------
    terrain : TerrainModel
        The ground.
    x_m, y_m : float
        Station, in the terrain's metric coordinates.
    antenna_height_m : float
        Above ground, 0 … 3000 m, 0 excluded.
    frequencies_mhz : sequence of float
        30 … 6000 MHz; all of them share one geometry pass.
    range_m : float
        Pixels whose centres are farther away stay NaN; > 0.
    settings : PropagationSettings
        Model parameters.
    wanted_rows : tuple of int, optional
        First and past the last row of the terrain that matter; the others are not computed, and those that
        are come out the same to the bit.
    wanted : WantedPixels, optional
        The pixels that matter, likewise; the window holds those within range and the rectangle around the
        blocks, and NaN at the others.

    Returns
    -------
    LossWindow
        ``loss_db`` in dB: free space plus excess. Serial and free of the GIL: run one station a thread.

    Raises
    ------
    ValueError
        If the station lies outside the terrain or on a void, or a parameter is out of its range.
    """
    _check_settings(settings)
    _check_radio(antenna_height_m, frequencies_mhz)
    if not 0.0 < range_m < math.inf:
        raise ValueError(f"range_m must be positive, not {range_m:g}")
    station = _station(terrain, x_m, y_m)
    rasters = _rasters(terrain)
    rows, columns = terrain.height_m.shape
    # no ray need be longer than the terrain's diagonal
    range_pixels = min(range_m / terrain.resolution_m, math.hypot(rows, columns))
    row_from = max(0, math.ceil(station.row - range_pixels))
    row_to = min(rows - 1, math.floor(station.row + range_pixels))
    if wanted_rows is not None:
        row_from, row_to = max(row_from, wanted_rows[0]), min(row_to, wanted_rows[1] - 1)
    column_from = max(0, math.ceil(station.column - range_pixels))
    column_to = min(columns - 1, math.floor(station.column + range_pixels))
    rays = max(64, 4 * math.ceil(RAYS_PER_PIXEL * 0.5 * math.pi * range_pixels))
    wanted_ray, wanted_pixel = np.ones(rays, np.bool_), np.zeros((0, 0), np.bool_)
    if wanted is not None:
        top, left = wanted.blocks.min(axis=0) * wanted.block
        bottom, right = (wanted.blocks.max(axis=0) + 1) * wanted.block
        row_from, row_to = max(row_from, int(top)), min(row_to, int(bottom) - 1)
        steps = max(0, (int(left) - column_from) // wanted.column_step)
        column_from, column_to = column_from + steps * wanted.column_step, min(column_to, int(right) - 1)
        wanted_ray, wanted_pixel = _rays_to(wanted, station, rays), wanted.mask
    shape = (len(frequencies_mhz), max(row_to - row_from + 1, 0), max(column_to - column_from + 1, 0))
    loss = np.full(shape, np.nan, np.float32)
    kernels.sweep(
        *rasters,
        station.row,
        station.column,
        range_pixels,
        rays,
        terrain.resolution_m / 1000.0,
        *_latitudes(terrain),
        _frequency_table(frequencies_mhz, settings),
        _scenario(settings, antenna_height_m, terrain.resolution_m),
        row_from,
        column_from,
        loss,
        wanted_ray,
        wanted_pixel,
    )
    return LossWindow(row=row_from, column=column_from, loss_db=loss)


def _rays_to(wanted: WantedPixels, station: _Station, rays: int) -> NDArray[np.bool_]:
    """Tell which rays may have a pixel in one of the blocks, with a ray to spare on each side."""
    middle = (wanted.blocks + 0.5) * wanted.block - 0.5
    south, east = middle[:, 0] - station.row, middle[:, 1] - station.column
    radius = math.sqrt(0.5) * wanted.block
    away = np.hypot(south, east)
    if np.any(away <= radius + 1.0):
        return np.ones(rays, dtype=np.bool_)
    ray = np.arctan2(east, -south) * (rays / (2.0 * math.pi))
    spare = np.arcsin((radius + 1.0) / away) * (rays / (2.0 * math.pi)) + 1.0
    found = np.zeros(rays, dtype=np.bool_)
    for first, last in zip(np.floor(ray - spare), np.ceil(ray + spare), strict=True):
        found[np.arange(int(first), int(last) + 1) % rays] = True
    return found


def loss_at_points(
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    antenna_height_m: float,
    frequencies_mhz: Sequence[float],
    point_x_m: NDArray[np.float64],
    point_y_m: NDArray[np.float64],
    settings: PropagationSettings,
) -> NDArray[np.float64]:
    """Basic transmission loss to listed points, each over a profile of its own (exact mode).

    Parameters
    ----------
    terrain, x_m, y_m, antenna_height_m, frequencies_mhz, settings
        As in `loss_window`.
    point_x_m, point_y_m : ndarray of float64, (points,)
        Receivers, in the terrain's coordinates.

    Returns
    -------
    ndarray of float64, (frequencies, points)
        Loss in dB; NaN where the point lies outside the terrain or the path meets a void.

    Raises
    ------
    ValueError
        As in `loss_window`, or if the coordinates differ in number.
    """
    _check_settings(settings)
    _check_radio(antenna_height_m, frequencies_mhz)
    station = _station(terrain, x_m, y_m)
    point_x = np.atleast_1d(np.asarray(point_x_m, dtype=np.float64))
    point_y = np.atleast_1d(np.asarray(point_y_m, dtype=np.float64))
    if point_x.shape != point_y.shape or point_x.ndim != 1:
        raise ValueError(
            f"point_x_m and point_y_m must be two lists of one length, not {point_x.shape}, {point_y.shape}"
        )
    return np.asarray(
        kernels.point_losses(
            *_rasters(terrain),
            station.row,
            station.column,
            (terrain.y_top_m - point_y) / terrain.resolution_m - 0.5,
            (point_x - terrain.x_left_m) / terrain.resolution_m - 0.5,
            terrain.resolution_m / 1000.0,
            *_latitudes(terrain),
            _frequency_table(frequencies_mhz, settings),
            _scenario(settings, antenna_height_m, terrain.resolution_m),
        )
    )


def profile_between(
    terrain: TerrainModel, x0_m: float, y0_m: float, x1_m: float, y1_m: float
) -> Profile | None:
    """Profile between two points, sampled exactly as exact mode samples it.

    Parameters
    ----------
    terrain : TerrainModel
        The ground.
    x0_m, y0_m : float
        Transmitter; must lie on known ground.
    x1_m, y1_m : float
        Receiver.

    Returns
    -------
    Profile or None
        ``distance_km``, ``height_m``, ``clutter_m``, ``zone``: equally spaced points, about a pixel apart, at
        least three, the last one at the receiver. None where the path leaves the terrain or meets a void.

    Raises
    ------
    ValueError
        If the transmitter lies outside the terrain or on a void, or the two points coincide.
    """
    start = _station(terrain, x0_m, y0_m)
    rise = (y0_m - y1_m) / terrain.resolution_m
    run = (x1_m - x0_m) / terrain.resolution_m
    pixels = math.hypot(rise, run)
    if not 0.0 < pixels < math.inf:
        raise ValueError("a profile needs two different points")
    n = int(kernels.intervals(pixels))
    height, zone, cover = np.zeros(n + 1), np.zeros(n + 1, np.uint8), np.zeros(n + 1)
    found = kernels.sample_line(
        *_rasters(terrain), start.row, start.column, rise / n, run / n, n, height, zone, cover
    )
    if found <= n:
        return None
    distance = np.arange(n + 1) * (pixels * terrain.resolution_m / 1000.0) / n
    distance[n] = pixels * terrain.resolution_m / 1000.0
    return Profile(distance_km=distance, height_m=height, clutter_m=cover, zone=zone.astype(np.int64))


def loss_of_profile(
    profile: Profile,
    antenna_height_m: float,
    frequencies_mhz: Sequence[float],
    settings: PropagationSettings,
    latitude_deg: float,
    resolution_m: float = 30.0,
) -> NDArray[np.float64]:
    """Basic transmission loss of any profile by the exact-mode kernels, without the blend into free space.

    Parameters
    ----------
    profile : Profile
        Points may be unevenly spaced.
    antenna_height_m, frequencies_mhz, settings
        As in `loss_window`.
    latitude_deg : float
        Latitude of the path centre.
    resolution_m : float
        w_a of the location variability.

    Returns
    -------
    ndarray of float64, (frequencies,)
        Loss in dB.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """
    _check_settings(settings)
    _check_radio(antenna_height_m, frequencies_mhz)
    return np.asarray(
        kernels.profile_losses(
            profile.distance_km,
            profile.height_m,
            profile.clutter_m,
            profile.zone.astype(np.uint8),
            latitude_deg,
            _is_even(profile.distance_km),
            _frequency_table(frequencies_mhz, settings),
            _scenario(settings, antenna_height_m, resolution_m, near_field=False),
        )
    )


def loss_along_profile(
    profile: Profile,
    antenna_height_m: float,
    frequencies_mhz: Sequence[float],
    settings: PropagationSettings,
    latitudes_deg: tuple[float, float],
    resolution_m: float = 30.0,
) -> NDArray[np.float64]:
    """Basic transmission loss from one end of a profile to each of its points, in one sweep.

    Parameters
    ----------
    profile : Profile
        Evenly spaced points.
    antenna_height_m, frequencies_mhz, settings
        As in `loss_window`.
    latitudes_deg : tuple of float
        Latitude of the transmitter and of the last point; linear between.
    resolution_m : float
        w_a of the location variability.

    Returns
    -------
    ndarray of float64, (frequencies, points)
        Loss in dB, without the blend into free space; NaN at the first two points, which have no profile.

    Raises
    ------
    ValueError
        If a parameter is out of its range or the points are not evenly spaced.
    """
    _check_settings(settings)
    _check_radio(antenna_height_m, frequencies_mhz)
    if not _is_even(profile.distance_km):
        raise ValueError("the points of the profile must be evenly spaced")
    n = len(profile.distance_km) - 1
    first, last = latitudes_deg
    zone = profile.zone.astype(np.uint8)
    loss = np.full((len(frequencies_mhz), n + 1), np.nan)
    loss[:, 2:] = kernels.line_losses(
        profile.height_m,
        profile.clutter_m,
        zone,
        float(profile.distance_km[-1]) / n,
        kernels.PARTS * np.arange(2, n + 1),
        profile.height_m[2:],
        profile.clutter_m[2:],
        zone[2:],
        first,
        0.5 * (last - first) / n,
        _frequency_table(frequencies_mhz, settings),
        _scenario(settings, antenna_height_m, resolution_m, near_field=False),
    )
    return loss
