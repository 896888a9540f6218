"""The one truth about where a raster lies: CRS, origin, resolution, shape."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Grid", "grid_over"]


@dataclass(frozen=True)
class Grid:
    """A north-up raster of square pixels in a metric CRS.

    Attributes
    ----------
    crs : str
        For example ``"EPSG:32648"``; its unit is the metre.
    x_left_m, y_top_m : float
        Outer corner of the upper left pixel.
    resolution_m : float
        Edge of a pixel.
    rows, columns : int
        Shape.
    """

    crs: str
    x_left_m: float
    y_top_m: float
    resolution_m: float
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns: the shape of an array on this grid."""
        return self.rows, self.columns

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north edges (m)."""
        return (
            self.x_left_m,
            self.y_top_m - self.rows * self.resolution_m,
            self.x_left_m + self.columns * self.resolution_m,
            self.y_top_m,
        )

    @property
    def gdal_transform(self) -> tuple[float, float, float, float, float, float]:
        """GDAL's six numbers; ``affine.Affine.from_gdal(*grid.gdal_transform)``."""
        return self.x_left_m, self.resolution_m, 0.0, self.y_top_m, 0.0, -self.resolution_m

    def row_column(
        self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pixel that holds each point; may lie outside the shape."""
        row = np.floor((self.y_top_m - np.asarray(y_m)) / self.resolution_m).astype(np.int64)
        column = np.floor((np.asarray(x_m) - self.x_left_m) / self.resolution_m).astype(np.int64)
        return row, column

    def contains(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which points lie on the grid."""
        row, column = self.row_column(x_m, y_m)
        return (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)


def grid_over(bounds: tuple[float, float, float, float], crs: str, resolution_m: float) -> Grid:
    """Return the grid that covers `bounds` with its origin on a multiple of the resolution.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north (m, in `crs`).
    crs : str
        A metric CRS.
    resolution_m : float
        Edge of a pixel, > 0.

    Returns
    -------
    Grid
    """
    west, south, east, north = bounds
    left = math.floor(west / resolution_m) * resolution_m
    top = math.ceil(north / resolution_m) * resolution_m
    return Grid(
        crs=crs,
        x_left_m=left,
        y_top_m=top,
        resolution_m=float(resolution_m),
        rows=max(1, math.ceil((top - south) / resolution_m)),
        columns=max(1, math.ceil((east - left) / resolution_m)),
    )
