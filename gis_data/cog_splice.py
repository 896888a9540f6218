"""A raster of which some tiles changed: those and the overviews above them are packed, all others copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cog import put_whole
from .cog_encoding import Encoding
from .cog_file import CogLayout, describe, read_layout
from .cog_tiles import TILE, cut, halve, level_shapes, pack, tile_counts, unpack
from .grid import Grid

__all__ = ["FreshTile", "OldCog"]

Tile = tuple[int, int]
"""Row and column of a tile."""


@dataclass(frozen=True)
class FreshTile:
    """A tile that changed, packed, and what it adds to the overview above it."""

    packed: bytes
    half: NDArray[Any]


@dataclass(frozen=True)
class OldCog:
    """A raster of `cog.write_cog`, whole in memory as it is on the disk.

    Attributes
    ----------
    layout : CogLayout
    data : bytes
        The file.
    encoding : Encoding
    """

    layout: CogLayout
    data: bytes
    encoding: Encoding

    @classmethod
    def read(cls, path: Path, grid: Grid, encoding: Encoding) -> OldCog | None:
        """Read a raster; None where it is missing, of another make, shape or type, or cut off."""
        layout = read_layout(path)
        if layout is None or layout.shape != grid.shape or layout.dtype != encoding.dtype:
            return None
        return cls(layout, path.read_bytes(), encoding)

    def tile(self, row: int, column: int, level: int = 0) -> NDArray[Any]:
        """Return the stored numbers of a tile, without what lies beyond the raster's edge.

        Raises
        ------
        ValueError
            The tile is damaged.
        """
        shape = level_shapes(self.layout.shape)[level]
        number = row * tile_counts(shape)[1] + column
        whole = unpack(self._raw(level, number), self.encoding.dtype)
        return whole[: shape[0] - row * TILE, : shape[1] - column * TILE]

    def _raw(self, level: int, number: int) -> memoryview:
        first, size = int(self.layout.offsets[level][number]), int(self.layout.sizes[level][number])
        return memoryview(self.data)[first : first + size]

    def fresh(self, pixels: NDArray[Any]) -> FreshTile:
        """Pack the stored numbers of a tile, as large as `tile` gives them; several threads may."""
        return FreshTile(pack(cut(pixels, self.encoding)[0]), halve(pixels, self.encoding))

    def splice(
        self,
        path: Path,
        grid: Grid,
        changed: Mapping[Tile, FreshTile],
        *,
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Write the raster with other tiles: the same bytes as `cog.write_cog` gives for all its pixels.

        Parameters
        ----------
        path : Path
            Target, written aside and renamed.
        grid : Grid
        changed : mapping of (row, column) of a tile to FreshTile
            From `fresh`.
        description, tags
            As in `cog.write_cog`.

        Returns
        -------
        str
            Digest of the file.

        Raises
        ------
        OutputLockedError
            The target cannot be written.
        ValueError
            A tile of the old raster is damaged.
        """
        fresh: list[dict[int, bytes]] = []
        tiles = dict(changed)
        for level, shape in enumerate(level_shapes(self.layout.shape)):
            across = tile_counts(shape)[1]
            fresh.append({row * across + column: tile.packed for (row, column), tile in tiles.items()})
            tiles = self._above(tiles, level + 1)
        sizes = [level.copy() for level in self.layout.sizes]
        for level, packed in enumerate(fresh):
            for number, raw in packed.items():
                sizes[level][number] = len(raw)

        def tile(level: int, number: int) -> bytes | memoryview:
            return fresh[level][number] if number in fresh[level] else self._raw(level, number)

        meaning = describe(grid, self.encoding, description, dict(tags or {}))
        return put_whole(path, meaning, self.layout.shape, self.encoding.dtype, sizes, tile)

    def _above(self, tiles: Mapping[Tile, FreshTile], level: int) -> dict[Tile, FreshTile]:
        """Return the tiles above some that changed: the quarters over others stay as they were."""
        if level >= len(self.layout.sizes):
            return {}
        down, across = tile_counts(level_shapes(self.layout.shape)[level - 1])
        half = TILE // 2
        above = {}
        for row, column in sorted({(row // 2, column // 2) for row, column in tiles}):
            quarters = [(r, c) for r in (2 * row, 2 * row + 1) for c in (2 * column, 2 * column + 1)]
            there = [(r, c) for r, c in quarters if r < down and c < across]
            if all(quarter in tiles for quarter in there):
                pixels = np.empty(self._size(row, column, level), self.encoding.dtype)
            else:
                pixels = self.tile(row, column, level)
            for r, c in there:
                if (r, c) in tiles:
                    part = tiles[r, c].half
                    top, left = r % 2 * half, c % 2 * half
                    pixels[top : top + part.shape[0], left : left + part.shape[1]] = part
            above[row, column] = self.fresh(pixels)
        return above

    def _size(self, row: int, column: int, level: int) -> tuple[int, int]:
        rows, columns = level_shapes(self.layout.shape)[level]
        return min(TILE, rows - row * TILE), min(TILE, columns - column * TILE)
