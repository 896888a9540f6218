"""Tiles of a pyramid, cut, packed and made coarser; each depends on the pixels beneath it alone."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from .cog_encoding import Encoding

__all__ = ["PACKED_BY", "TILE", "cut", "halve", "level_shapes", "pack", "tile_counts", "unpack"]

TILE = 512
"""Edge of a tile in pixels."""
_LEVEL = 3
PACKED_BY = f"zstd {'.'.join(map(str, zstandard.ZSTD_VERSION))} level {_LEVEL}, tiles of {TILE}"
"""What the bytes of a tile depend on besides its pixels."""

_own = threading.local()  # a compressor serves one thread at a time


def level_shapes(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Return rows and columns of a raster and of its overviews, each half the one before, down to a tile."""
    shapes = [shape]
    while max(shapes[-1]) > TILE:
        rows, columns = shapes[-1]
        shapes.append(((rows + 1) // 2, (columns + 1) // 2))
    return shapes


def tile_counts(shape: tuple[int, int]) -> tuple[int, int]:
    """Return how many rows and columns of tiles cover a raster."""
    return -(-shape[0] // TILE), -(-shape[1] // TILE)


def cut(rows: NDArray[Any], encoding: Encoding) -> list[NDArray[Any]]:
    """Cut a row of tiles (at most `TILE` rows of pixels) into whole tiles, filled up at the edges."""
    height, width = rows.shape
    tiles = []
    for left in range(0, width, TILE):
        part = rows[:, left : left + TILE]
        if part.shape != (TILE, TILE):
            fill = 0 if encoding.nodata is None else encoding.nodata
            whole = np.full((TILE, TILE), fill, dtype=rows.dtype)
            whole[:height, : part.shape[1]] = part
            part = whole
        tiles.append(part)
    return tiles


def pack(tile: NDArray[Any]) -> bytes:
    """Return a tile as a TIFF holds it: differences along the rows (predictor 2), compressed with zstd."""
    if not hasattr(_own, "compressor"):
        _own.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    steps = tile.astype(tile.dtype.newbyteorder("<"), order="C", copy=True)
    np.subtract(tile[:, 1:], tile[:, :-1], out=steps[:, 1:])
    return bytes(_own.compressor.compress(steps.data))


def unpack(packed: bytes | memoryview, dtype: str) -> NDArray[Any]:
    """Return the pixels of a packed tile.

    Raises
    ------
    ValueError
        The bytes are no such tile.
    """
    if not hasattr(_own, "decompressor"):
        _own.decompressor = zstandard.ZstdDecompressor()
    kind = np.dtype(dtype)
    size = TILE * TILE * kind.itemsize
    try:
        plain = _own.decompressor.decompress(packed, max_output_size=size)
    except zstandard.ZstdError as error:
        raise ValueError(f"a damaged tile ({error})") from None
    if len(plain) != size:
        raise ValueError(f"a tile of {len(plain)} bytes in place of {size}")
    steps = np.frombuffer(plain, dtype=kind.newbyteorder("<")).reshape(TILE, TILE)
    return np.cumsum(steps, axis=1, dtype=kind)


def halve(stored: NDArray[Any], encoding: Encoding) -> NDArray[Any]:
    """Return stored numbers at half the resolution, from squares of 2 by 2 pixels (fewer at an odd edge).

    AVERAGE is the mean of the pixels that have a value, halves up; NEAREST the north-western pixel.

    Parameters
    ----------
    stored : ndarray of int, (rows, columns)
        Begins at an even row and column.
    encoding : Encoding
    """
    if encoding.resampling == "NEAREST":
        return stored[::2, ::2].copy()
    if encoding.resampling != "AVERAGE":
        raise ValueError(f"no overviews by {encoding.resampling}")
    rows, columns = stored.shape
    if rows % 2 or columns % 2:
        stored, there = _to_even(stored)
    else:
        there = None
    missing = np.zeros(0, np.bool_) if encoding.nodata is None else stored == encoding.nodata
    if there is None and not missing.any():
        return ((_sum_of_four(stored) + 2) >> 2).astype(stored.dtype)
    valid = np.ones(stored.shape, np.bool_) if encoding.nodata is None else ~missing
    if there is not None:
        valid &= there
    count = _sum_of_four(valid)
    total = _sum_of_four(np.where(valid, stored, 0))
    mean = (total + (count >> 1)) // np.maximum(count, 1)
    if encoding.nodata is not None:
        mean[count == 0] = encoding.nodata
    return mean.astype(stored.dtype)


def _to_even(stored: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Add a row or column that is not there, and tell which pixels are."""
    rows, columns = stored.shape
    around = ((0, rows % 2), (0, columns % 2))
    return np.pad(stored, around), np.pad(np.ones(stored.shape, np.bool_), around)


def _sum_of_four(values: NDArray[Any]) -> NDArray[np.int32]:
    """Sum squares of 2 by 2 pixels."""
    pairs = np.add(values[::2], values[1::2], dtype=np.int32)
    return pairs[:, ::2] + pairs[:, 1::2]
