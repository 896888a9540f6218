"""Tiles that lie side by side, put together and warped onto one grid, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import Window

from ..grid import Grid
from .http_client import FetchError

__all__ = ["join_tiles", "warp_tiles", "write_raster"]

_BLOCK = 256  # GDAL bends a projection into straight lines along a row: a short one keeps them true
_MARGIN = 4  # source pixels beyond a block, for the kernel
_SAME = 1e-6  # of a pixel


def warp_tiles(
    paths: Sequence[Path], grid: Grid, resampling: Resampling, dtype: str, empty: float
) -> NDArray[Any]:
    """Return tiles on a grid as if they were one raster: no seam where two of them meet.

    Parameters
    ----------
    paths : sequence of Path
        Rasters of one band and CRS; their pixels lie on one lattice, except those of another resolution.
    grid : Grid
    resampling : rasterio.enums.Resampling
    dtype : str
    empty : float
        Where no tile has anything to say: NaN, or a class.

    Returns
    -------
    ndarray of `dtype`, (rows, columns)

    Raises
    ------
    FetchError
        A tile cannot be read.
    """
    out = np.full(grid.shape, empty, dtype=dtype)
    try:
        with ExitStack() as stack:
            tiles = [stack.enter_context(rasterio.open(path)) for path in paths]
            for row in range(0, grid.rows, _BLOCK):
                for column in range(0, grid.columns, _BLOCK):
                    part = out[row : row + _BLOCK, column : column + _BLOCK]
                    _warp_block(tiles, grid, row, column, part, resampling, empty)
    except RasterioError as error:
        names = ", ".join(path.name for path in paths)
        raise FetchError(f"{names}: not rasters that can be read ({str(error).splitlines()[0]})") from None
    return out


def _warp_block(
    tiles: list[Any],
    grid: Grid,
    row: int,
    column: int,
    part: NDArray[Any],
    resampling: Resampling,
    empty: float,
) -> None:
    left = grid.x_left_m + column * grid.resolution_m
    top = grid.y_top_m - row * grid.resolution_m
    right, bottom = left + part.shape[1] * grid.resolution_m, top - part.shape[0] * grid.resolution_m
    for group in _lattices(tiles):
        box = transform_bounds(grid.crs, group[0].crs, left, bottom, right, top, densify_pts=21)
        joined = join_tiles(group, box, empty, part.dtype)
        if joined is None:
            continue
        pixels, transform = joined
        block = np.full(part.shape, empty, dtype=part.dtype)
        reproject(
            pixels,
            block,
            src_transform=transform,
            src_crs=group[0].crs,
            src_nodata=empty,
            dst_transform=Affine(grid.resolution_m, 0.0, left, 0.0, -grid.resolution_m, top),
            dst_crs=grid.crs,
            dst_nodata=empty,
            resampling=resampling,
            num_threads=1,
        )
        known = ~_is(block, empty)
        part[known] = block[known]


def _lattices(tiles: list[Any]) -> list[list[Any]]:
    """Tiles by the lattice of their pixels, the finest last: GLO-30 has fewer columns towards the poles."""
    groups: dict[tuple[float, float], list[Any]] = {}
    for tile in tiles:
        groups.setdefault((round(tile.transform.a, 12), round(tile.transform.e, 12)), []).append(tile)
    return [groups[key] for key in sorted(groups, key=lambda key: (-key[0], key[1]))]


def join_tiles(
    tiles: Sequence[Any], box: tuple[float, float, float, float], empty: float, dtype: Any
) -> tuple[NDArray[Any], Affine] | None:
    """Return the pixels of tiles of one lattice inside a box (in their CRS), and where they lie.

    Pixels are copied, never resampled; the nodata value of a tile becomes `empty`. None: no tile reaches it.
    """
    first = tiles[0].transform
    west, south, east, north = box
    left, right = int((west - first.c) // first.a) - _MARGIN, int((east - first.c) // first.a) + 1 + _MARGIN
    top, bottom = int((north - first.f) // first.e) - _MARGIN, int((south - first.f) // first.e) + 1 + _MARGIN
    out = np.full((bottom - top, right - left), empty, dtype=dtype)
    found = False
    for tile in tiles:
        column, row = (tile.transform.c - first.c) / first.a, (tile.transform.f - first.f) / first.e
        if abs(column - round(column)) > _SAME * 1e3 or abs(row - round(row)) > _SAME * 1e3:
            raise FetchError(f"{tile.name}: its pixels do not lie on the lattice of {tiles[0].name}")
        x, y = round(column), round(row)
        x0, x1 = max(left, x), min(right, x + tile.width)
        y0, y1 = max(top, y), min(bottom, y + tile.height)
        if x1 <= x0 or y1 <= y0:
            continue
        found = True
        window = Window(x0 - x, y0 - y, x1 - x0, y1 - y0)
        pixels = tile.read(1, window=window)
        part = out[y0 - top : y1 - top, x0 - left : x1 - left]
        known = np.ones(pixels.shape, bool) if tile.nodata is None else ~_is(pixels, tile.nodata)
        part[known] = pixels[known]
    if not found:
        return None
    transform = Affine(first.a, 0.0, first.c + left * first.a, 0.0, first.e, first.f + top * first.e)
    return out, transform


def _is(values: NDArray[Any], empty: float) -> NDArray[np.bool_]:
    return np.isnan(values) if np.isnan(empty) else values == empty


def write_raster(
    path: Path,
    values: NDArray[Any],
    transform: Affine,
    crs: str,
    *,
    nodata: float | None,
    unit: str,
    description: str,
    tags: dict[str, str],
    overviews: str = "NEAREST",
) -> None:
    """Write a raster of plain values (no scale: heights are read as they stand) as a Cloud-Optimized GeoTIFF.

    Parameters
    ----------
    path : Path
    values : ndarray, (rows, columns)
    transform : Affine
    crs : str
    nodata : float or None
    unit, description : str
        Of the band.
    tags : dict of str to str
        Source, licence, what was done.
    overviews : {"NEAREST", "AVERAGE", "MODE"}
    """
    profile = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1,
        "dtype": values.dtype.name, "crs": crs, "transform": transform, "nodata": nodata,
    }  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**profile) as draft:
            draft.write(values, 1)
            draft.units = (unit,)
            draft.set_band_description(1, description)
            draft.update_tags(**dict(sorted(tags.items())))
        with memory.open() as draft:
            copy_raster(
                draft, path, driver="COG", COMPRESS="DEFLATE", PREDICTOR="YES", BLOCKSIZE="512",
                OVERVIEW_RESAMPLING=overviews, NUM_THREADS="1",
            )  # fmt: skip
