"""The made-up ground of the sample: grid, land, relief and clutter as arrays, with look-ups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..grid import Grid

__all__ = ["Ground"]


@dataclass(frozen=True)
class Ground:
    """Terrain of the sample.

    Attributes
    ----------
    grid : Grid
    height_m : ndarray of int16, (rows, columns)
        0 at sea, at least 1 on land.
    clutter_m : ndarray of uint8, (rows, columns)
        Representative clutter height: 0 open or water, 10 built up, 15 forest.
    inside : ndarray of bool, (rows, columns)
        Land of the province.
    """

    grid: Grid
    height_m: NDArray[np.int16]
    clutter_m: NDArray[np.uint8]
    inside: NDArray[np.bool_]

    def rows_columns(self, xy_m: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pixels of points, clipped to the grid."""
        row, column = self.grid.row_column(xy_m[..., 0], xy_m[..., 1])
        return np.clip(row, 0, self.grid.rows - 1), np.clip(column, 0, self.grid.columns - 1)

    def height_at(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the terrain height (m) at points, shape of `xy_m` without its last axis."""
        return self.height_m[self.rows_columns(xy_m)].astype(np.float64)

    def is_land(self, xy_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which points lie on land of the province."""
        return np.asarray(self.inside[self.rows_columns(xy_m)])

    def pixel_centres(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return x, y (m) of pixel centres, shape (points, 2)."""
        grid = self.grid
        x = grid.x_left_m + (column + 0.5) * grid.resolution_m
        y = grid.y_top_m - (row + 0.5) * grid.resolution_m
        return np.column_stack([x, y])

    def best_nearby(self, xy_m: NDArray[np.float64], reach_m: float, *, highest: bool) -> NDArray[np.float64]:
        """Return the highest (or lowest) land pixel of the province within a square around one point."""
        steps = max(1, int(reach_m / self.grid.resolution_m))
        row, column = self.rows_columns(xy_m)
        offset = np.arange(-steps, steps + 1)
        rr = np.clip(row + offset[:, None], 0, self.grid.rows - 1)
        cc = np.clip(column + offset[None, :], 0, self.grid.columns - 1)
        height = self.height_m[rr, cc].astype(float) * (1 if highest else -1)
        height[~self.inside[rr, cc]] = -np.inf
        if not np.isfinite(height).any():
            return xy_m
        best = np.unravel_index(int(np.argmax(height)), height.shape)
        at = self.pixel_centres(
            np.array([np.broadcast_to(rr, height.shape)[best]]),
            np.array([np.broadcast_to(cc, height.shape)[best]]),
        )
        return at[0]
