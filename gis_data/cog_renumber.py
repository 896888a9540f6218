"""Give the numbers in a raster of numbers new values, in a file of the same make."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .cog import BEST_CELL, put_whole, read_cog, write_cog
from .cog_file import read_layout
from .cog_tiles import level_shapes, pack, unpack

__all__ = ["number_table", "renumber_cog", "renumbered"]


def number_table(number: Mapping[int, int]) -> NDArray[np.int32]:
    """Return the new number of each old one, -1 without one; the last entry is that of -1."""
    table = np.full(max(number, default=-1) + 2, -1, dtype=np.int32)
    for before, now in number.items():
        table[before] = now
    return table


def renumbered(pixels: NDArray[np.int32], table: NDArray[np.int32]) -> NDArray[np.int32] | None:
    """Return numbers under a `number_table`; None where none of them changes."""
    moved = np.flatnonzero(table[:-1] != np.arange(len(table) - 1))
    if not len(moved) or pixels.max() < moved[0]:
        return None
    now = np.take(table, pixels, mode="wrap")  # without a check of each index
    return None if np.array_equal(pixels, now) else now


def renumber_cog(
    old: Path, new: Path, number: Mapping[int, int], *, ours: bool = True, workers: int | None = None
) -> str:
    """Write a raster of `cog.BEST_CELL` with other numbers; the same bytes as from the numbers themselves.

    Parameters
    ----------
    old, new : Path
    number : mapping of int to int
        From the numbers in `old`; without one a pixel gets no data.
    ours : bool
        `old` was written by `cog.write_cog` as it is now, so that tiles without other numbers may be copied.
    workers : int, optional
        Threads that pack; default: one for each core.

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

    def tile(at: tuple[int, int]) -> bytes | memoryview:
        raw = data[at[0] : at[0] + at[1]]
        now = renumbered(unpack(raw, BEST_CELL.dtype), table)
        return raw if now is None else pack(now)

    tiles: list[list[bytes | memoryview]] = []
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        for level in range(len(level_shapes(layout.shape))):  # nearest pixels: each level by itself
            where = zip(layout.offsets[level].tolist(), layout.sizes[level].tolist(), strict=True)
            tiles.append(list(pool.map(tile, where)))
    sizes = [np.array([len(raw) for raw in own], dtype=np.int64) for own in tiles]
    return put_whole(
        new, layout.meaning, layout.shape, layout.dtype, sizes, lambda level, tile: tiles[level][tile]
    )
