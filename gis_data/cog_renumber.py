"""Give the numbers in a raster of numbers new values, in a file of the same make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .cog import BEST_CELL, read_cog, write_cog

__all__ = ["renumber_cog"]


def renumber_cog(old: Path, new: Path, number: Mapping[int, int]) -> None:
    """Write a raster of `cog.BEST_CELL` with other numbers; the same bytes as from the numbers themselves.

    Parameters
    ----------
    old, new : Path
    number : mapping of int to int
        From the numbers in `old`; without one a pixel gets no data.
    """
    raster = read_cog(old)
    table = np.full(max(number, default=-1) + 2, -1, dtype=np.int32)
    for before, now in number.items():
        table[before] = now
    stored = np.nan_to_num(raster.values, nan=-1).astype(np.int64)
    write_cog(new, table[stored], raster.grid, BEST_CELL, tags=raster.tags)
