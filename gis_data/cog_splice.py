"""A raster of which some tiles changed: those and the overviews above them are packed, all others copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .cog import put_whole
from .cog_encoding import Encoding
from .cog_file import CogLayout, describe, read_layout
from .cog_tiles import TILE, cut, halve, level_shapes, pack, tile_counts, unpack
from .grid import Grid

__all__ = ["OldCog"]

Tile = tuple[int, int]
"""Row and column of a tile."""


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

    def splice(
        self,
        path: Path,
        grid: Grid,
        changed: Mapping[Tile, NDArray[Any]],
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
        changed : mapping of (row, column) of a tile to ndarray
            Stored numbers, as large as `tile` gives them.
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
            fresh.append(
                {row * across + column: self._packed(pixels) for (row, column), pixels in tiles.items()}
            )
            tiles = self._above(tiles, level + 1)
        sizes = [level.copy() for level in self.layout.sizes]
        for level, packed in enumerate(fresh):
            for number, raw in packed.items():
                sizes[level][number] = len(raw)

        def tile(level: int, number: int) -> bytes | memoryview:
            return fresh[level][number] if number in fresh[level] else self._raw(level, number)

        meaning = describe(grid, self.encoding, description, dict(tags or {}))
        return put_whole(path, meaning, self.layout.shape, self.encoding.dtype, sizes, tile)

    def _packed(self, pixels: NDArray[Any]) -> bytes:
        return pack(cut(pixels, self.encoding)[0])

    def _above(self, tiles: Mapping[Tile, NDArray[Any]], level: int) -> dict[Tile, NDArray[Any]]:
        """Return the tiles above some that changed: the quarters over others stay as they were."""
        if level >= len(self.layout.sizes):
            return {}
        above: dict[Tile, NDArray[Any]] = {}
        half = TILE // 2
        for (row, column), pixels in sorted(tiles.items()):
            parent = row // 2, column // 2
            if parent not in above:
                above[parent] = self.tile(*parent, level)
            top, left = row % 2 * half, column % 2 * half
            quarter = halve(pixels, self.encoding)
            above[parent][top : top + quarter.shape[0], left : left + quarter.shape[1]] = quarter
        return above
