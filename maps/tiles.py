"""Web map tiles: which there are over an area, and what each shows of a raster.

A tile is a square of 256 pixels in Web Mercator, named by zoom, column and row from the north-west. Tiles
hold classes (or numbers of cells), not pictures: see `tiles_picture` for how they are stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from ..gis_data.grid import Grid

__all__ = ["EARTH_M", "TILE_PIXELS", "TileKey", "TileSpan", "halved", "raster_tiles", "tile_of", "tile_span"]

TILE_PIXELS = 256
EARTH_M = 2 * math.pi * 6378137.0
"""Circumference in the metres of Web Mercator: the edge of the tile of zoom 0."""

TileKey = tuple[int, int, int]
"""Zoom, column, row."""

_WEB = "EPSG:3857"
_BLOCK_LEVELS = 3  # a block of 2³ · 2³ tiles is warped at a time: 4 million pixels, whatever the area's size
_CACHE_BYTES = 64_000_000
_FINEST = 18


@dataclass(frozen=True)
class TileSpan:
    """The tiles over an area.

    Attributes
    ----------
    bounds_m : tuple of float
        West, south, east, north (EPSG:3857 metres).
    lowest, highest : int
        Zooms: at the lowest the area takes at most two tiles each way; at the highest a pixel is about as
        large as one of the raster.
    """

    bounds_m: tuple[float, float, float, float]
    lowest: int
    highest: int

    @property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """South, west, north, east (WGS 84 degrees)."""
        west, south, east, north = transform_bounds(_WEB, "EPSG:4326", *self.bounds_m)
        return south, west, north, east

    def columns_rows(self, zoom: int) -> tuple[int, int, int, int]:
        """Return first column, first row, last column, last row of a zoom (all inclusive)."""
        edge = EARTH_M / 2**zoom
        west, south, east, north = self.bounds_m
        last = 2**zoom - 1
        return (
            max(0, math.floor((west + EARTH_M / 2) / edge)),
            max(0, math.floor((EARTH_M / 2 - north) / edge)),
            min(last, math.ceil((east + EARTH_M / 2) / edge) - 1),
            min(last, math.ceil((EARTH_M / 2 - south) / edge) - 1),
        )

    def contains(self, key: TileKey) -> bool:
        """Tell whether a tile is one of the span's."""
        zoom, column, row = key
        if not self.lowest <= zoom <= self.highest:
            return False
        west, north, east, south = self.columns_rows(zoom)
        return west <= column <= east and north <= row <= south


def tile_span(grid: Grid) -> TileSpan:
    """Return the tiles over a grid.

    Parameters
    ----------
    grid : Grid
        Its resolution decides the highest zoom: that whose pixel on the ground is nearest by ratio.
    """
    bounds = transform_bounds(grid.crs, _WEB, *grid.bounds, densify_pts=21)
    south, _, north, _ = TileSpan(bounds, 0, 0).bounds_deg
    ground = EARTH_M * math.cos(math.radians((south + north) / 2)) / TILE_PIXELS
    highest = min(_FINEST, max(0, round(math.log2(ground / grid.resolution_m))))
    lowest = highest
    while lowest > 0:
        west, top, east, bottom = TileSpan(bounds, 0, 0).columns_rows(lowest)
        if east - west < 2 and bottom - top < 2:
            break
        lowest -= 1
    return TileSpan(bounds, lowest, highest)


def tile_of(
    lon: NDArray[np.float64], lat: NDArray[np.float64], zoom: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the column and row of the tile that holds each point (WGS 84 degrees, latitude within ±85)."""
    to_web = Transformer.from_crs("EPSG:4326", _WEB, always_xy=True)
    x, y = to_web.transform(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    edge = EARTH_M / 2**zoom
    column = np.floor((x + EARTH_M / 2) / edge).astype(np.int64)
    row = np.floor((EARTH_M / 2 - y) / edge).astype(np.int64)
    return np.clip(column, 0, 2**zoom - 1), np.clip(row, 0, 2**zoom - 1)


def raster_tiles(
    path: Path, span: TileSpan, look_up: NDArray[Any]
) -> Iterator[tuple[TileKey, NDArray[np.unsignedinteger[Any]]]]:
    """Yield every tile of a raster that shows anything, from the highest zoom to the lowest.

    A pixel of the highest zoom shows the raster's pixel under its centre; one of a lower zoom the most
    frequent of the four under it, the lower number of equals. Memory does not depend on the raster's size.

    Parameters
    ----------
    path : Path
        Raster of whole numbers with one band.
    span : TileSpan
    look_up : ndarray
        By stored number (from the least that the type holds on) what is shown, 0 for nothing: also for the
        raster's nodata, and for 0 where it has none. Empty: the stored number plus one, for cells from -1 on.
    """
    below = min(_BLOCK_LEVELS, span.highest - span.lowest)
    overview: dict[tuple[int, int], NDArray[Any]] = {}
    west, north, east, south = span.columns_rows(span.highest - below)
    with (
        rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES),
        rasterio.open(path) as source,
        WarpedVRT(source, **_frame(span), resampling=Resampling.nearest, tolerance=0.01) as warped,
    ):
        for row in range(north, south + 1):
            for column in range(west, east + 1):
                block = _shown(_block(warped, span, below, column, row), look_up)
                if block.any():
                    yield from _tiles_of_block(block, span.highest, below, column, row)
                    overview[column, row] = _reduced(block, below)
    yield from _coarser(overview, span.highest - below, span.lowest)


def halved(values: NDArray[Any]) -> NDArray[Any]:
    """Return the most frequent of each 2 × 2 numbers, the lower of equals.

    Parameters
    ----------
    values : ndarray, (2 r, 2 c)

    Returns
    -------
    ndarray, (r, c)
    """
    a, b, c, d = (values[down::2, across::2] for down in (0, 1) for across in (0, 1))
    low_1, high_1, low_2, high_2 = np.minimum(a, b), np.maximum(a, b), np.minimum(c, d), np.maximum(c, d)
    first, last = np.minimum(low_1, low_2), np.maximum(high_1, high_2)
    middle_1, middle_2 = np.maximum(low_1, low_2), np.minimum(high_1, high_2)
    second, third = np.minimum(middle_1, middle_2), np.maximum(middle_1, middle_2)
    return np.where(
        first == second, first, np.where(second == third, second, np.where(third == last, third, first))
    )


def _frame(span: TileSpan) -> dict[str, Any]:
    """Return the whole of the highest zoom as a raster, from the span's first tile to its last."""
    pixel = EARTH_M / 2**span.highest / TILE_PIXELS
    west, north, east, south = _whole_blocks(span)
    return {
        "crs": _WEB,
        "transform": Affine(
            pixel, 0.0, west * TILE_PIXELS * pixel - EARTH_M / 2,
            0.0, -pixel, EARTH_M / 2 - north * TILE_PIXELS * pixel,
        ),
        "width": (east - west) * TILE_PIXELS,
        "height": (south - north) * TILE_PIXELS,
    }  # fmt: skip


def _whole_blocks(span: TileSpan) -> tuple[int, int, int, int]:
    """Return first column and row and the ones past the last, of the highest zoom, in whole blocks."""
    below = min(_BLOCK_LEVELS, span.highest - span.lowest)
    west, north, east, south = span.columns_rows(span.highest - below)
    return west << below, north << below, (east + 1) << below, (south + 1) << below


def _block(warped: Any, span: TileSpan, below: int, column: int, row: int) -> NDArray[Any]:
    west, north, _, _ = _whole_blocks(span)
    left, top = ((column << below) - west) * TILE_PIXELS, ((row << below) - north) * TILE_PIXELS
    size = TILE_PIXELS << below
    return np.asarray(warped.read(1, window=Window(left, top, size, size)))


def _shown(block: NDArray[Any], look_up: NDArray[Any]) -> NDArray[Any]:
    """Turn stored numbers into what is shown; around the raster stands its nodata, or 0 if it has none."""
    if look_up.size == 0:
        return (block + 1).astype(np.uint32)
    return look_up[block.astype(np.int32) - int(np.iinfo(block.dtype).min)]


def _reduced(block: NDArray[Any], times: int) -> NDArray[Any]:
    for _ in range(times):
        block = halved(block)
    return block


def _tiles_of_block(
    block: NDArray[Any], zoom: int, below: int, column: int, row: int
) -> Iterator[tuple[TileKey, NDArray[Any]]]:
    for level in range(below, -1, -1):
        for down in range(2**level):
            for across in range(2**level):
                part = block[
                    down * TILE_PIXELS : (down + 1) * TILE_PIXELS,
                    across * TILE_PIXELS : (across + 1) * TILE_PIXELS,
                ]
                if part.any():
                    yield (zoom - below + level, (column << level) + across, (row << level) + down), part
        if level:
            block = halved(block)


def _coarser(
    tiles: dict[tuple[int, int], NDArray[Any]], zoom: int, lowest: int
) -> Iterator[tuple[TileKey, NDArray[Any]]]:
    """Yield the tiles of the zooms under `zoom`, put together from those above."""
    while zoom > lowest and tiles:
        zoom -= 1
        kind = next(iter(tiles.values())).dtype
        parents: dict[tuple[int, int], NDArray[Any]] = {}
        for (column, row), values in tiles.items():
            parent = parents.setdefault(
                (column // 2, row // 2), np.zeros((2 * TILE_PIXELS, 2 * TILE_PIXELS), dtype=kind)
            )
            top, left = (row % 2) * TILE_PIXELS, (column % 2) * TILE_PIXELS
            parent[top : top + TILE_PIXELS, left : left + TILE_PIXELS] = values
        tiles = {at: halved(values) for at, values in parents.items()}
        for (column, row), values in tiles.items():
            if values.any():
                yield (zoom, column, row), values
