"""Where people live, from a raster of people per pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.warp import transform as transform_coordinates
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from ..errors import Problem
from .grid import Grid
from .problems import ProblemList
from .rasters import RasterFile

__all__ = ["PopulationPixels", "read_population"]

_BLOCK_ROWS = 512


@dataclass(frozen=True)
class PopulationPixels:
    """The pixels of a population raster where somebody lives, each where it is: nothing is resampled.

    Attributes
    ----------
    written : str
        Path of the file as the user wrote it.
    x_m, y_m : ndarray of float64
        Centres in the run's CRS.
    people : ndarray of float64
        > 0, people per pixel.
    """

    written: str
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    people: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.people)


def read_population(raster: RasterFile, grid: Grid, problems: ProblemList) -> PopulationPixels | None:
    """Return the inhabited pixels whose centre lies on the grid, or None where the file cannot be used.

    Parameters
    ----------
    raster : RasterFile
        People per pixel (WorldPop, GHS-POP); nodata and 0: nobody.
    grid : Grid
    problems : ProblemList
        Takes negative counts, a raster that does not reach the grid and one that cannot be read.
    """
    try:
        with rasterio.open(raster.path) as source:
            parts = [_block(source, window, grid) for window in _windows(source, grid)]
    except RasterioError as error:
        mend = f"check the file and its tiles ({str(error).splitlines()[0]})"
        problems.add(Problem(raster.written, "a raster whose pixels can be read", mend))
        return None
    x, y, people = (np.concatenate([part[i] for part in parts] or [np.zeros(0)]) for i in range(3))
    if (people < 0).any():
        found = f"{int((people < 0).sum())} pixels, e.g. {people[people < 0][0]:g}"
        mend = "name its nodata value in the file"
        problems.add(Problem(raster.written, "people per pixel, 0 or more", mend, value=found))
        return None
    if not len(people):
        mend = "get the raster of the area, or remove it from [rasters]"
        problems.add(Problem(raster.written, "a raster with people in the area", mend, value="nobody"))
        return None
    return PopulationPixels(raster.written, x, y, people)


def _windows(source: Any, grid: Grid) -> list[Window]:
    """Strips of the raster that may hold pixels of the grid."""
    west, south, east, north = transform_bounds(grid.crs, source.crs, *grid.bounds, densify_pts=41)
    inverse = ~source.transform
    corners = [(west, north), (east, north), (west, south), (east, south)]
    # affine 2 multiplies with *, affine 3 with @: neither is needed
    at = np.array(
        [
            (inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f)
            for x, y in corners
        ]
    )
    first = np.maximum(np.floor(at.min(axis=0)), 0).astype(int)
    last = np.minimum(np.ceil(at.max(axis=0)), [source.width, source.height]).astype(int)
    if (last <= first).any():
        return []
    width = int(last[0] - first[0])
    rows = range(int(first[1]), int(last[1]), _BLOCK_ROWS)
    return [Window(int(first[0]), row, width, min(_BLOCK_ROWS, int(last[1]) - row)) for row in rows]


def _block(source: Any, window: Window, grid: Grid) -> tuple[NDArray[np.float64], ...]:
    """Centres and people of the pixels of a strip that are not empty and lie on the grid."""
    values = source.read(1, window=window, masked=True).astype(np.float64).filled(0.0)
    values = np.nan_to_num(values, nan=0.0)
    row, column = np.nonzero(values)
    t = source.transform
    c, r = column + window.col_off + 0.5, row + window.row_off + 0.5
    x, y = transform_coordinates(source.crs, grid.crs, t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f)
    x_m, y_m = np.asarray(x, np.float64), np.asarray(y, np.float64)
    inside = grid.contains(x_m, y_m)
    return x_m[inside], y_m[inside], values[row, column][inside]
