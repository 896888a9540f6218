"""Straight lines over the terrain: heights along them, line of sight and Fresnel clearance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..propagation.terrain import TerrainModel

__all__ = ["EFFECTIVE_EARTH_RADIUS_M", "clearances_m", "ground_m", "surface_along_m"]

EFFECTIVE_EARTH_RADIUS_M = 6_371_000.0 * 4.0 / 3.0
"""k = 4/3: the median atmosphere (ITU-R P.530)."""

_LIGHT_M_PER_S = 299_792_458.0


def ground_m(
    terrain: TerrainModel, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the height of the ground at points (any shape), bilinear between pixel centres.

    Parameters
    ----------
    terrain : TerrainModel
    x_m, y_m : ndarray of float64

    Returns
    -------
    ndarray of float64
        m above sea level; NaN in voids; beyond the edge the outermost pixels go on.
    """
    return _bilinear(terrain, terrain.height_m, x_m, y_m)


def surface_along_m(
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    to_x_m: NDArray[np.float64],
    to_y_m: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return terrain plus clutter along the lines from one point to several.

    Parameters
    ----------
    terrain : TerrainModel
    x_m, y_m : float
    to_x_m, to_y_m : ndarray of float64, (lines,)

    Returns
    -------
    fraction : ndarray of float64, (samples,)
        0 < fraction < 1 of the way, at most a pixel apart on the longest line.
    surface_m : ndarray of float64, (lines, samples)
        Voids count as the highest ground of the line.
    """
    length = np.hypot(to_x_m - x_m, to_y_m - y_m)
    steps = max(2, math.ceil(float(length.max(initial=0.0)) / terrain.resolution_m))
    fraction = np.arange(1, steps) / steps
    line_x = x_m + fraction[None, :] * (to_x_m[:, None] - x_m)
    line_y = y_m + fraction[None, :] * (to_y_m[:, None] - y_m)
    surface = _bilinear(terrain, terrain.height_m, line_x, line_y)
    if terrain.clutter_m is not None:
        surface = surface + np.nan_to_num(_nearest(terrain, terrain.clutter_m, line_x, line_y))
    known = np.isfinite(surface)
    highest = np.max(np.where(known, surface, -np.inf), axis=1, initial=-np.inf)
    highest = np.where(np.isfinite(highest), highest, 0.0)
    return fraction, np.where(known, surface, highest[:, None])


def clearances_m(
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    antenna_height_m: float,
    to_x_m: NDArray[np.float64],
    to_y_m: NDArray[np.float64],
    to_height_m: NDArray[np.float64],
    *,
    frequency_ghz: float = math.inf,
    fresnel_share: float = 0.0,
) -> NDArray[np.float64]:
    """Return the least room between the ray and what lies below it, at k = 4/3.

    Parameters
    ----------
    terrain : TerrainModel
    x_m, y_m, antenna_height_m : float
        One end; the height is above ground.
    to_x_m, to_y_m, to_height_m : ndarray of float64, (lines,)
        The other ends.
    frequency_ghz : float
        Of the Fresnel zone; infinite for the bare line of sight.
    fresnel_share : float
        How much of the first Fresnel radius must be free; 0.6 for a microwave hop (ITU-R P.530).

    Returns
    -------
    ndarray of float64, (lines,)
        m; >= 0 where the link is clear. NaN where an end stands in a void.
    """
    if len(to_x_m) == 0:
        return np.zeros(0)
    fraction, surface = surface_along_m(terrain, x_m, y_m, to_x_m, to_y_m)
    start = float(ground_m(terrain, np.array([x_m]), np.array([y_m]))[0]) + antenna_height_m
    end = ground_m(terrain, to_x_m, to_y_m) + to_height_m
    length = np.hypot(to_x_m - x_m, to_y_m - y_m)[:, None]
    near, far = fraction[None, :] * length, (1.0 - fraction[None, :]) * length
    ray = start + fraction[None, :] * (end[:, None] - start)
    bulge = near * far / (2.0 * EFFECTIVE_EARTH_RADIUS_M)
    wavelength = _LIGHT_M_PER_S / (frequency_ghz * 1e9)
    radius = np.sqrt(wavelength * near * far / np.maximum(length, 1e-9))
    return np.min(ray - surface - bulge - fresnel_share * radius, axis=1)


def _pixel(
    terrain: TerrainModel, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = terrain.height_m.shape
    column = (np.asarray(x_m, np.float64) - terrain.x_left_m) / terrain.resolution_m - 0.5
    row = (terrain.y_top_m - np.asarray(y_m, np.float64)) / terrain.resolution_m - 0.5
    return np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)


def _nearest(
    terrain: TerrainModel, layer: NDArray[np.float32], x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    row, column = _pixel(terrain, x_m, y_m)
    return layer[np.rint(row).astype(np.int64), np.rint(column).astype(np.int64)].astype(np.float64)


def _bilinear(
    terrain: TerrainModel, layer: NDArray[np.float32], x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    row, column = _pixel(terrain, x_m, y_m)
    rows, columns = layer.shape
    r0 = np.minimum(np.floor(row).astype(np.int64), max(rows - 2, 0))
    c0 = np.minimum(np.floor(column).astype(np.int64), max(columns - 2, 0))
    r1, c1 = np.minimum(r0 + 1, rows - 1), np.minimum(c0 + 1, columns - 1)
    down, right = row - r0, column - c0
    corners = (
        (r0, c0, (1 - down) * (1 - right)),
        (r0, c1, (1 - down) * right),
        (r1, c0, down * (1 - right)),
        (r1, c1, down * right),
    )
    total = np.zeros(np.shape(row))
    for r, c, share in corners:
        # 0 × NaN is NaN: a void beside the line must not count where its share is nothing.
        total += np.where(share > 0, share * layer[r, c].astype(np.float64), 0.0)
    return total
