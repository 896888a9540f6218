"""Give the numbers in a raster of numbers new values, in a file of the same make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .cog import BEST_CELL, put_whole, read_cog, write_cog
from .cog_file import read_layout
from .cog_tiles import level_shapes, pack, unpack

__all__ = ["number_table", "renumber_cog"]


def number_table(number: Mapping[int, int]) -> NDArray[np.int32]:
    """Return the new number of each old one, -1 without one; the last entry is that of -1."""
    table = np.full(max(number, default=-1) + 2, -1, dtype=np.int32)
    for before, now in number.items():
        table[before] = now
    return table


def renumber_cog(old: Path, new: Path, number: Mapping[int, int], *, ours: bool = True) -> str:
    """Write a raster of `cog.BEST_CELL` with other numbers; the same bytes as from the numbers themselves.

    Parameters
    ----------
    old, new : Path
    number : mapping of int to int
        From the numbers in `old`; without one a pixel gets no data.
    ours : bool
        `old` was written by `cog.write_cog` as it is now, so that tiles without other numbers may be copied.

    Returns
    -------
    str
        Digest of the new file.
    """
    table, layout = number_table(number), read_layout(old) if ours else None
    if layout is None or layout.dtype != BEST_CELL.dtype:
        raster = read_cog(old)
        stored = np.nan_to_num(raster.values, nan=-1).astype(np.int64)
        return write_cog(new, table[stored], raster.grid, BEST_CELL, tags=raster.tags)
    data = memoryview(old.read_bytes())
    tiles: list[list[bytes | memoryview]] = []
    for level in range(len(level_shapes(layout.shape))):  # nearest pixels: each level by itself
        own = []
        for first, size in zip(layout.offsets[level].tolist(), layout.sizes[level].tolist(), strict=True):
            raw = data[first : first + size]
            before = unpack(raw, BEST_CELL.dtype)
            now = table[before]
            own.append(raw if np.array_equal(before, now) else pack(now))
        tiles.append(own)
    sizes = [np.array([len(raw) for raw in own], dtype=np.int64) for own in tiles]
    return put_whole(
        new, layout.meaning, layout.shape, layout.dtype, sizes, lambda level, tile: tiles[level][tile]
    )
