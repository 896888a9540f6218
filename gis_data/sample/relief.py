"""The made-up relief between the real coast, ridges and summits: ridged noise under an envelope of crests."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy import ndimage, sparse

from ..grid import Grid, grid_over
from . import facts
from .facts import Polyline

__all__ = ["make_relief", "sample_grid"]

_Slices = tuple[slice, slice]
_Warp = tuple[NDArray[np.float32], NDArray[np.float32]]

MARGIN_M = 6000.0
# Wavelength (m) and weight of each octave of the ridged noise.
OCTAVES = ((9000.0, 0.36), (4400.0, 0.27), (2200.0, 0.19), (1100.0, 0.12), (500.0, 0.06))
# Wavelength (m) and size (m) of the displacement of ridges and valleys.
WARPS = ((6000.0, 700.0), (2000.0, 260.0))
VALLEY_SIDE_SLOPE = 0.34
SUMMIT_SLOPE = 0.38
# Crests of the hills away from the crests; plains where no ridge is near.
HINTERLAND_M = 170.0
ISLETS = 170
ISLET_WATERS = ((107.00, 20.77, 107.26, 20.93), (107.26, 20.93, 107.48, 21.02))


def sample_grid() -> Grid:
    """Return the 90 m grid that holds the province's land and a margin."""
    west, south, east, north = shapely.bounds(shapely.intersection(facts.land(), facts.outline()))
    bounds = (west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    return grid_over(bounds, facts.CRS, facts.RESOLUTION_M)


def make_relief(grid: Grid, rng: np.random.Generator) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Make up terrain heights (m; 0 at sea) and the land of the province.

    Ridges set an envelope of crest heights, noise with sharp crests and round valleys fills it, real valleys
    are cut into it, real summits stand at their real heights, and the land falls to a plain at the coast.
    """
    land = _burn(grid, facts.land())
    islets = _islets(grid, land, rng)
    ridged = _ridged_noise(grid, rng)
    warp = _warp(grid, rng)
    height = _mountains(grid, ridged, warp)
    _cut_valleys(grid, height, warp)
    from_sea_m = ndimage.distance_transform_edt(land).astype(np.float32) * np.float32(grid.resolution_m)
    height *= _smoothstep(from_sea_m / 2800.0)
    height += 1.5 + 5.0 * _smoothstep(from_sea_m / 4000.0) + 14.0 * ridged * _smoothstep(from_sea_m / 3000.0)
    _raise_summits(grid, height, from_sea_m, ridged)
    height = np.where(land, np.maximum(height, 1.0), 0.0)
    height = np.maximum(height, islets)
    inside = (height > 0) & _burn(grid, facts.outline())
    return np.rint(height).astype(np.int16), inside


def _burn(grid: Grid, shape: shapely.Geometry) -> NDArray[np.bool_]:
    transform = Affine.from_gdal(*grid.gdal_transform)
    burnt = rasterize([(shape, 1)], out_shape=grid.shape, transform=transform, dtype="uint8")
    return np.asarray(burnt, dtype=bool)


def _ridged_noise(grid: Grid, rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise in 0 … 1 with sharp crests: low values are round valleys."""
    total = np.zeros(grid.shape, np.float32)
    gate = np.ones(grid.shape, np.float32)
    for wavelength_m, weight in OCTAVES:
        octave = 1.0 - np.abs(_smooth_noise(grid, wavelength_m, rng))
        total += np.float32(weight) * octave * gate
        # Small crests stand on big ones, not in the valleys between.
        gate = np.clip(gate * (0.25 + octave), 0.0, 1.0)
    low, high = np.quantile(total[::7, ::7], [0.02, 0.98])
    return np.clip((total - low) / (high - low), 0.0, 1.0).astype(np.float32)


def _smooth_noise(grid: Grid, wavelength_m: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Random knots in -1 … 1 under a cubic B-spline, stretched to a spread that crosses 0 often."""
    step = wavelength_m / 2 / grid.resolution_m
    down, across = _spline(grid.rows, step), _spline(grid.columns, step)
    knots = rng.random((down.shape[1], across.shape[1])) * 2.0 - 1.0
    field = across @ (down @ knots).T
    return np.clip(np.asarray(field.T, np.float32) * 2.2, -1.0, 1.0)


def _spline(count: int, step: float) -> sparse.csr_matrix:
    """Weights of uniform cubic B-spline knots at `count` pixels."""
    at = np.arange(count) / step
    first = np.floor(at).astype(int)
    t = at - first
    weights = np.column_stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3])
    row = np.repeat(np.arange(count), 4)
    column = (first[:, None] + np.arange(4)).ravel()
    return sparse.csr_matrix((weights.ravel() / 6, (row, column)), shape=(count, int(first[-1]) + 4))


def _warp(grid: Grid, rng: np.random.Generator) -> _Warp:
    """Displacement (m) that turns the straight segments of ridges and valleys into winding ones."""
    east, north = (
        sum(np.float32(size) * _smooth_noise(grid, wavelength, rng) for wavelength, size in WARPS)
        for _ in range(2)
    )
    return np.asarray(east, np.float32), np.asarray(north, np.float32)


def _mountains(grid: Grid, ridged: NDArray[np.float32], warp: _Warp) -> NDArray[np.float32]:
    narrow = np.zeros(grid.shape, np.float32)
    wide = np.zeros(grid.shape, np.float32)
    spine = np.zeros(grid.shape, np.float32)
    for ridge in facts.polylines("ridges.csv"):
        for window, distance_m, crest_m, width_m in _along(grid, ridge, warp, reach=5.0):
            near = np.exp(-np.log(2) * (distance_m / width_m) ** 2)
            np.maximum(narrow[window], crest_m * near, out=narrow[window])
            far = np.exp(-np.log(2) * (distance_m / (2.6 * width_m)) ** 2)
            np.maximum(wide[window], 0.5 * crest_m * far, out=wide[window])
            np.maximum(spine[window], np.exp(-((distance_m / (0.22 * width_m)) ** 2)), out=spine[window])
    shape = ridged + (1.0 - ridged) * spine * np.float32(0.7)
    hills = np.float32(HINTERLAND_M) * _smoothstep(wide / 60.0)
    return np.maximum(np.maximum(narrow, wide), hills) * (np.float32(0.10) + np.float32(0.90) * shape)


def _cut_valleys(grid: Grid, height: NDArray[np.float32], warp: _Warp) -> None:
    for valley in facts.polylines("valleys.csv"):
        for window, distance_m, floor_m, width_m in _along(grid, valley, warp, reach=7.0):
            side = floor_m + np.maximum(distance_m - width_m, 0.0) * VALLEY_SIDE_SLOPE
            np.minimum(height[window], side, out=height[window])


def _raise_summits(
    grid: Grid, height: NDArray[np.float32], from_sea_m: NDArray[np.float32], ridged: NDArray[np.float32]
) -> None:
    for row in facts.rows("summits.csv"):
        top = float(row["height_m"])
        slope = min(SUMMIT_SLOPE, top / 1500.0)
        x, y = facts.project_xy(row["lon"], row["lat"])[0]
        window, px, py = _window(grid, x, y, 2.0 * top / slope)
        away = np.maximum(np.hypot(px - x, py - y) - grid.resolution_m * 0.75, 0.0)
        cone = top - slope * away * (1.9 - 1.4 * ridged[window])
        cone = cone * _smoothstep(from_sea_m[window] / 300.0)
        np.maximum(height[window], cone, out=height[window])


def _islets(grid: Grid, land: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
    """Limestone islets of the bays, made up: steep, 30 … 190 m."""
    height = np.zeros(grid.shape, np.float32)
    for _ in range(ISLETS):
        west, south, east, north = ISLET_WATERS[int(rng.integers(len(ISLET_WATERS)))]
        lon, lat = west + (east - west) * rng.random(), south + (north - south) * rng.random()
        radius, top = 130.0 + 330.0 * rng.random() ** 2, 30.0 + 160.0 * rng.random()
        x, y = facts.project_xy(lon, lat)[0]
        window, px, py = _window(grid, x, y, radius)
        dome = top * np.sqrt(np.maximum(1.0 - (np.hypot(px - x, py - y) / radius) ** 2, 0.0))
        height[window] = np.maximum(height[window], np.where(land[window], 0.0, dome))
    return height


def _window(
    grid: Grid, x_m: float, y_m: float, reach_m: float
) -> tuple[_Slices, NDArray[np.float32], NDArray[np.float32]]:
    """Return the part of the grid within `reach_m` of a point, and x, y of its pixels (broadcastable)."""
    return _box_window(grid, (x_m - reach_m, y_m - reach_m, x_m + reach_m, y_m + reach_m))


def _box_window(
    grid: Grid, bounds: tuple[float, float, float, float]
) -> tuple[_Slices, NDArray[np.float32], NDArray[np.float32]]:
    west, south, east, north = bounds
    size = grid.resolution_m
    top = int(np.clip((grid.y_top_m - north) // size, 0, grid.rows))
    bottom = int(np.clip((grid.y_top_m - south) // size + 1, 0, grid.rows))
    left = int(np.clip((west - grid.x_left_m) // size, 0, grid.columns))
    right = int(np.clip((east - grid.x_left_m) // size + 1, 0, grid.columns))
    px = grid.x_left_m + (np.arange(left, right) + 0.5) * size
    py = grid.y_top_m - (np.arange(top, bottom) + 0.5) * size
    return (slice(top, bottom), slice(left, right)), px[None, :], py[:, None]


def _along(
    grid: Grid, line: Polyline, warp: _Warp, reach: float
) -> list[tuple[_Slices, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]]:
    """For each segment: window, distance to it (m), and its height and half width at the nearest point."""
    found = []
    for i in range(len(line.xy_m) - 1):
        (ax, ay), (bx, by) = line.xy_m[i], line.xy_m[i + 1]
        r = reach * max(line.half_width_m[i], line.half_width_m[i + 1])
        bounds = (min(ax, bx) - r, min(ay, by) - r, max(ax, bx) + r, max(ay, by) + r)
        window, px, py = _box_window(grid, bounds)
        px, py = px + warp[0][window], py + warp[1][window]
        along = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        t = np.clip(along, 0.0, 1.0)
        distance = np.hypot(px - ax - t * (bx - ax), py - ay - t * (by - ay)).astype(np.float32)
        height = (line.height_m[i] + t * (line.height_m[i + 1] - line.height_m[i])).astype(np.float32)
        width = (line.half_width_m[i] + t * (line.half_width_m[i + 1] - line.half_width_m[i])).astype(
            np.float32
        )
        found.append((window, distance, height, width))
    return found


def _smoothstep(t: NDArray[np.float32]) -> NDArray[np.float32]:
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)
