"""The coast as lines: the border between land and sea of the run's own land raster."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import shapes

from ..gis_data.grid import Grid
from .transforms import transformer

__all__ = ["COAST_POINTS", "coast_lines"]

COAST_POINTS = 40_000
"""A coast of more points is drawn more coarsely: each step doubles the tolerance and drops smaller islets."""
_DEGREE_DECIMALS = 5
_TOLERANCE_PIXELS = 0.75  # takes the steps of the pixels away
_LEAST_ISLET_PIXELS = 6.0


def coast_lines(land: NDArray[np.uint8], grid: Grid) -> list[list[list[float]]]:
    """Return the coast as lines of [lat, lon] (WGS 84); the edge of the grid is no coast.

    Parameters
    ----------
    land : ndarray of uint8, grid.shape
        1 land, 0 sea.
    grid : Grid
    """
    if land.all() or not land.any():
        return []
    rings = _rings(land, grid)
    tolerance_m, least_m = _TOLERANCE_PIXELS * grid.resolution_m, _LEAST_ISLET_PIXELS * grid.resolution_m
    while True:
        long = rings[shapely.length(rings) >= least_m]
        simple = shapely.simplify(long, tolerance_m)
        if shapely.get_num_coordinates(simple).sum() <= COAST_POINTS:
            break
        tolerance_m, least_m = 2 * tolerance_m, 2 * least_m
    to_degrees = transformer(grid.crs, "EPSG:4326")
    found = []
    for line in _without_edge(simple, grid):
        lon, lat = to_degrees.transform(*shapely.get_coordinates(line).T)
        found.append(np.column_stack((lat, lon)).round(_DEGREE_DECIMALS).tolist())
    return found


def _rings(land: NDArray[np.uint8], grid: Grid) -> NDArray[Any]:
    """Return the outlines of all land along its pixels; lakes of the sea's kind too."""
    transform = Affine.from_gdal(*grid.gdal_transform)
    rings = []
    for shape, _ in shapes(
        np.ascontiguousarray(land == 1, dtype=np.uint8), mask=land == 1, transform=transform
    ):
        rings += [shapely.linestrings(ring) for ring in shape["coordinates"]]
    return np.array(rings, dtype=object)


def _without_edge(lines: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """Cut away what runs along the edge of the grid: land may go on beyond it."""
    west, south, east, north = grid.bounds
    inner = grid.resolution_m / 2
    inside = shapely.box(west + inner, south + inner, east - inner, north - inner)
    touching = ~shapely.contains_properly(inside, lines)
    parts = shapely.get_parts(shapely.intersection(lines[touching], inside))
    cut = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    return np.concatenate([lines[~touching], cut])
