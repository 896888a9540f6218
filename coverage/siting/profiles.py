"""Straight lines over the terrain: heights along them, line of sight and Fresnel clearance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..propagation.jit import kernel
from ..propagation.terrain import TerrainModel

__all__ = ["EFFECTIVE_EARTH_RADIUS_M", "Clearances", "ground_m", "link_clearances"]

EFFECTIVE_EARTH_RADIUS_M = 6_371_000.0 * 4.0 / 3.0
"""k = 4/3: the median atmosphere (ITU-R P.530)."""

_LIGHT_M_PER_S = 299_792_458.0
_NO_CLUTTER = np.zeros((1, 1), np.float32)


@dataclass(frozen=True)
class Clearances:
    """Room below the rays of some links.

    Attributes
    ----------
    room_m : ndarray of float64, (links,)
        Least height of the ray above terrain, clutter, the Earth's bulge and the Fresnel share; >= 0 where
        the link is clear, NaN where an end stands in a void or off the terrain.
    fraction : ndarray of float64, (links,)
        Of the way from the first end to the tightest point, 0 … 1.
    """

    room_m: NDArray[np.float64]
    fraction: NDArray[np.float64]


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
    x, y = np.broadcast_arrays(np.asarray(x_m, np.float64), np.asarray(y_m, np.float64))
    flat = _ground_kernel(
        terrain.height_m, terrain.x_left_m, terrain.y_top_m, terrain.resolution_m,
        np.ascontiguousarray(x).ravel(), np.ascontiguousarray(y).ravel(),
    )  # fmt: skip
    return np.asarray(flat).reshape(x.shape)


def link_clearances(
    terrain: TerrainModel,
    x_m: ArrayLike,
    y_m: ArrayLike,
    height_m: ArrayLike,
    to_x_m: ArrayLike,
    to_y_m: ArrayLike,
    to_height_m: ArrayLike,
    *,
    frequency_ghz: ArrayLike = math.inf,
    fresnel_share: float = 0.0,
    k_factor: float = 4.0 / 3.0,
    step_pixels: float = 1.0,
) -> Clearances:
    """Return the room below the ray of many links.

    Parameters
    ----------
    terrain : TerrainModel
        Clutter, where there is any, stands on the ground between the ends. Voids count as the highest known
        ground of the line.
    x_m, y_m, height_m : array_like
        First ends; heights above ground. One value, or one for each link.
    to_x_m, to_y_m, to_height_m : array_like
        Other ends.
    frequency_ghz : array_like
        Of the Fresnel zone; infinite for the bare line of sight.
    fresnel_share : float
        How much of the first Fresnel radius must be free; 0.6 for a microwave hop (ITU-R P.530).
    k_factor : float
        Effective over real radius of the Earth, > 0.
    step_pixels : float
        Samples are at most so many pixels apart, > 0. Steps of a whole pixel may miss the clutter of a pixel
        that the line cuts at its corner: links that are to be built take half of one.

    Returns
    -------
    Clearances
    """
    given = (x_m, y_m, height_m, to_x_m, to_y_m, to_height_m, frequency_ghz)
    flat = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, np.float64)) for v in given))
    x, y, mast, to_x, to_y, to_mast, ghz = (np.ascontiguousarray(v) for v in flat)
    clutter = _NO_CLUTTER if terrain.clutter_m is None else terrain.clutter_m
    room, fraction = _clearance_kernel(
        terrain.height_m, clutter, terrain.clutter_m is not None, terrain.x_left_m, terrain.y_top_m,
        terrain.resolution_m, x, y, mast, to_x, to_y, to_mast, ghz, float(fresnel_share),
        2.0 * 6_371_000.0 * float(k_factor), float(step_pixels),
    )  # fmt: skip
    return Clearances(room, fraction)


@kernel(inline=True)
def _bilinear_at(layer, x_left_m, y_top_m, resolution_m, x_m, y_m):  # type: ignore[no-untyped-def]
    rows, columns = layer.shape
    row = min(max((y_top_m - y_m) / resolution_m - 0.5, 0.0), rows - 1.0)
    column = min(max((x_m - x_left_m) / resolution_m - 0.5, 0.0), columns - 1.0)
    r0, c0 = int(row), int(column)
    r1, c1 = min(r0 + 1, rows - 1), min(c0 + 1, columns - 1)
    down, right = row - r0, column - c0
    # 0 × NaN is NaN: a void beside the line must not count where its share is nothing.
    height = 0.0
    if (1.0 - down) * (1.0 - right) > 0.0:
        height += (1.0 - down) * (1.0 - right) * layer[r0, c0]
    if (1.0 - down) * right > 0.0:
        height += (1.0 - down) * right * layer[r0, c1]
    if down * (1.0 - right) > 0.0:
        height += down * (1.0 - right) * layer[r1, c0]
    if down * right > 0.0:
        height += down * right * layer[r1, c1]
    return height


@kernel(inline=True)
def _pixel_at(layer, x_left_m, y_top_m, resolution_m, x_m, y_m):  # type: ignore[no-untyped-def]
    rows, columns = layer.shape
    row = min(max(math.floor((y_top_m - y_m) / resolution_m), 0), rows - 1)
    column = min(max(math.floor((x_m - x_left_m) / resolution_m), 0), columns - 1)
    value = float(layer[row, column])
    return 0.0 if math.isnan(value) else value


@kernel()
def _ground_kernel(height_m, x_left_m, y_top_m, resolution_m, x_m, y_m):  # type: ignore[no-untyped-def]
    ground = np.empty(len(x_m))
    for i in range(len(x_m)):
        ground[i] = _bilinear_at(height_m, x_left_m, y_top_m, resolution_m, x_m[i], y_m[i])
    return ground


@kernel()
def _clearance_kernel(  # type: ignore[no-untyped-def]
    height_m, clutter_m, has_clutter, x_left_m, y_top_m, resolution_m, x_m, y_m, mast_m, to_x_m, to_y_m,
    to_mast_m, frequency_ghz, fresnel_share, diameter_m,
    step_pixels,
):  # fmt: skip
    links = len(x_m)
    rooms, fractions = np.empty(links), np.empty(links)
    for i in range(links):
        length = math.hypot(to_x_m[i] - x_m[i], to_y_m[i] - y_m[i])
        steps = max(2, math.ceil(length / (step_pixels * resolution_m)))
        start = _bilinear_at(height_m, x_left_m, y_top_m, resolution_m, x_m[i], y_m[i]) + mast_m[i]
        end = _bilinear_at(height_m, x_left_m, y_top_m, resolution_m, to_x_m[i], to_y_m[i]) + to_mast_m[i]
        surface, highest = np.empty(steps - 1), -np.inf
        for s in range(1, steps):
            x = x_m[i] + s / steps * (to_x_m[i] - x_m[i])
            y = y_m[i] + s / steps * (to_y_m[i] - y_m[i])
            ground = _bilinear_at(height_m, x_left_m, y_top_m, resolution_m, x, y)
            if has_clutter:
                ground += _pixel_at(clutter_m, x_left_m, y_top_m, resolution_m, x, y)
            surface[s - 1] = ground
            if ground > highest:
                highest = ground
        if highest == -np.inf:
            highest = 0.0
        best, where = np.inf, 0.5
        for s in range(1, steps):
            part = s / steps
            near, far = part * length, (1.0 - part) * length
            ground = highest if math.isnan(surface[s - 1]) else surface[s - 1]
            radius = math.sqrt(_LIGHT_M_PER_S / (frequency_ghz[i] * 1e9) * near * far / max(length, 1e-9))
            room = start + part * (end - start) - ground - near * far / diameter_m - fresnel_share * radius
            if room < best:
                best, where = room, part
        rooms[i] = math.nan if math.isnan(start + end) else best
        fractions[i] = where
    return rooms, fractions
