"""The arrays of a kept merge on the disk, of which windows of whole blocks are read and written.

They are read and written, not mapped: pages of a map count as memory, and each costs a fault of its own. A
block of `BLOCK` × `BLOCK` pixels lies in one piece and blocks of a row one after the other, so a window takes
few long pieces, and what did not change need not be written.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .state_kernels import BLOCK

__all__ = ["Blocks", "PlaneFile", "Scratch", "blocks_around"]

Blocks = tuple[int, int, int, int]
"""First and past the last row, first and past the last column of a window, in blocks."""


def blocks_around(window: tuple[int, int, int, int]) -> Blocks:
    """Return the blocks that hold a window of pixels (first and past last row, then column)."""
    top, bottom, left, right = window
    return top // BLOCK, -(-bottom // BLOCK), left // BLOCK, -(-right // BLOCK)


class Scratch(threading.local):
    """Memory that each thread uses over and over: new pages cost more than what is done with them.

    Whoever takes an array with a `fill` leaves it full of that again.
    """

    def __init__(self) -> None:
        self._flat: dict[tuple[str, str], NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: str, fill: float | None = None) -> NDArray[Any]:
        """Return an array that is this thread's until it asks for one of this name again."""
        size = math.prod(shape)
        flat = self._flat.get((name, dtype))
        if flat is None or flat.size < size:
            if fill is None:
                flat = np.empty(size, dtype)
            else:
                flat = np.zeros(size, dtype) if fill == 0 else np.full(size, fill, dtype)
            self._flat[name, dtype] = flat
        return flat[:size].reshape(shape)


class PlaneFile:
    """Planes of numbers of equal size in one file; between two calls it is closed.

    Parameters
    ----------
    path : Path
    planes : int
    shape : tuple of int
        Rows and columns of pixels.
    dtype : str
    """

    def __init__(self, path: Path, planes: int, shape: tuple[int, int], dtype: str) -> None:
        self._path, self._planes, self._kind = path, planes, np.dtype(dtype).newbyteorder("<")
        self._rows, self._columns = -(-shape[0] // BLOCK), -(-shape[1] // BLOCK)

    @property
    def dtype(self) -> str:
        """Type of the numbers, as given."""
        return self._kind.newbyteorder("=").str

    @property
    def bytes(self) -> int:
        """Size of the whole file."""
        return self._at(self._planes, 0, 0)

    def is_whole(self) -> bool:
        """Tell whether the file is there and as long as it must be."""
        try:
            return self._path.stat().st_size == self.bytes
        except OSError:
            return False

    def make(self) -> None:
        """Make the file, full of zeros."""
        with self._path.open("wb") as file:
            file.truncate(self.bytes)

    def put(self, first: int, values: NDArray[Any], places: Sequence[int]) -> None:
        """Write rows of pixels from `first` on, a row of blocks at most, which begins there.

        Parameters
        ----------
        first : int
            A multiple of `BLOCK`.
        values : ndarray, (n, rows, columns)
        places : sequence of int
            For each plane its place in `values`.
        """
        _, rows, columns = values.shape
        if first % BLOCK or rows > BLOCK:
            raise ValueError(f"{rows} rows from row {first} on are not within a row of blocks")
        whole = np.zeros((BLOCK, self._columns * BLOCK), self._kind)
        with self._path.open("r+b", buffering=0) as file:
            for plane, place in enumerate(places):
                whole[:rows, :columns] = values[place]
                _write(file, self._at(plane, first // BLOCK, 0), _as_blocks(whole))

    def read(self, planes: Sequence[int], blocks: Blocks, out: NDArray[Any]) -> NDArray[Any]:
        """Read a window of some planes into `out`, (planes, rows, columns) in pixels, and return that.

        Raises
        ------
        OSError
            The file is missing or cut off.
        """
        top, bottom, left, right = blocks
        run = np.empty((right - left, BLOCK, BLOCK), self._kind)
        with self._path.open("rb", buffering=0) as file:
            for place, plane in enumerate(planes):
                for number, row in enumerate(range(top, bottom)):
                    _read(file, self._at(plane, row, left), run)
                    whole = out[place, number * BLOCK : (number + 1) * BLOCK]
                    whole.reshape(BLOCK, right - left, BLOCK)[...] = run.transpose(1, 0, 2)
        return out

    def write(
        self, planes: Sequence[int], blocks: Blocks, values: NDArray[Any], chosen: NDArray[np.bool_]
    ) -> None:
        """Write the chosen blocks of a window of some planes; `values` as `read` gives them."""
        top, _, left, _ = blocks
        with self._path.open("r+b", buffering=0) as file:
            for place, plane in enumerate(planes):
                for row, first, stop in _runs(chosen):
                    rows, columns = slice(row * BLOCK, (row + 1) * BLOCK), slice(first * BLOCK, stop * BLOCK)
                    at = self._at(plane, top + row, left + first)
                    _write(file, at, _as_blocks(values[place, rows, columns].astype(self._kind, copy=False)))

    def to_disk(self) -> None:
        """Have the system write the file out."""
        with self._path.open("r+b") as file:
            os.fsync(file.fileno())

    def _at(self, plane: int, row: int, column: int) -> int:
        block = (plane * self._rows + row) * self._columns + column
        return block * BLOCK * BLOCK * self._kind.itemsize


def _as_blocks(rows: NDArray[Any]) -> NDArray[Any]:
    """Return a row of blocks, one block after the other."""
    return np.ascontiguousarray(rows.reshape(BLOCK, -1, BLOCK).transpose(1, 0, 2))


def _runs(chosen: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """Yield row, first and past the last column of each run of chosen blocks."""
    for row, line in enumerate(chosen):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]])))
        for first, stop in edges.reshape(-1, 2).tolist():
            yield row, first, stop


def _read(file: BinaryIO, at: int, into: NDArray[Any]) -> None:
    file.seek(at)
    left = into.data.cast("B")
    while left:
        count = file.readinto(left)  # type: ignore[attr-defined]
        if not count:
            raise OSError(f"{file.name}: cut off")
        left = left[count:]


def _write(file: BinaryIO, at: int, values: NDArray[Any]) -> None:
    file.seek(at)
    left = values.data.cast("B")
    while left:
        left = left[file.write(left) :]
