"""Made-up clutter: forest on the slopes, buildings in the wards, open ground around hamlets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..grid import Grid

__all__ = ["forest", "with_clearings"]

FOREST_M, BUILT_M = 15, 10
CLEARING_M = 420.0


def forest(grid: Grid, height_m: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Return clutter heights (m) before anybody settles: forest where the ground is steep or high."""
    height = height_m.astype(np.float32)
    slope = np.hypot(ndimage.sobel(height, 0), ndimage.sobel(height, 1)) / (8 * grid.resolution_m)
    wooded = (height > 25) & ((slope > 0.10) | (height > 220))
    return np.where(ndimage.binary_opening(wooded, iterations=1), FOREST_M, 0).astype(np.uint8)


def with_clearings(
    grid: Grid, clutter_m: NDArray[np.uint8], settled_xy_m: NDArray[np.float64], urban: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Clear the forest around settlements and build up the wards (blocks and streets)."""
    cleared = clutter_m.copy()
    row, column = grid.row_column(settled_xy_m[:, 0], settled_xy_m[:, 1])
    away = np.ones(grid.shape, bool)
    away[row, column] = False
    cleared[ndimage.distance_transform_edt(away) * grid.resolution_m <= CLEARING_M] = 0
    town = np.ones(grid.shape, bool)
    town[row[urban], column[urban]] = False
    rows, columns = np.indices(grid.shape, sparse=True)
    blocks = (rows % 3 != 0) & (columns % 3 != 0)
    near_town = ndimage.distance_transform_edt(town) * grid.resolution_m <= CLEARING_M
    at_hamlet = ndimage.distance_transform_edt(away) * grid.resolution_m <= grid.resolution_m
    return np.where(near_town & blocks & ~at_hamlet, BUILT_M, cleared).astype(np.uint8)
