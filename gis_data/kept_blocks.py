"""Blocks of rows of a written table, kept from run to run: what did not change is not written anew.

A block stands under the digest of the values that it was made from, of the sources that made it and of the
libraries behind them, so that a block that is found is the block that would be made.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

__all__ = ["KeptBlocks", "block_key", "kept_blocks", "rows_per_block"]

_HEAD = b"phusong table blocks 1\n"
_RECORD = struct.Struct("<16sIQ")  # key, checksum, length of what follows
_CELLS_PER_BLOCK = 2048  # a station changes a few rows here and there: small blocks, most of them as before
_FEWEST_ROWS = 16
_SOURCES = ("csv_file.py", "formulas.py", "plain_columns.py", "writers.py", "xlsx.py", "zip_parts.py")


def rows_per_block(columns: int) -> int:
    """Return how many rows of a table make a block.

    Parameters
    ----------
    columns : int
        Of the table.
    """
    return max(_FEWEST_ROWS, _CELLS_PER_BLOCK // max(1, columns))


def block_key(*parts: bytes) -> bytes:
    """Return the key of a block: 16 bytes of the digest of what it is made from, and by whom.

    Parameters
    ----------
    *parts : bytes
        Everything that decides on the bytes of the block.
    """
    sink = hashlib.sha256(_maker())
    for part in parts:
        sink.update(len(part).to_bytes(8, "little"))
        sink.update(part)
    return sink.digest()[:16]


@contextmanager
def kept_blocks(path: Path | None) -> Iterator[KeptBlocks]:
    """Give the blocks of a file; on leaving without an error those that were used are kept.

    Parameters
    ----------
    path : Path or None
        None: nothing is kept.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    blocks = KeptBlocks(path)
    yield blocks
    blocks.save()


class KeptBlocks:
    """Blocks by key.

    Parameters
    ----------
    path : Path or None
        File of the last run; a missing one, or a damaged part of it, is as if it held nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._kept = {} if path is None else _read(path)
        self._used: dict[bytes, tuple[int, bytes | memoryview]] = {}
        self._sound = True

    def get(self, key: bytes, make: Callable[[], bytes]) -> bytes | memoryview:
        """Return the block of a key: the kept one where it is whole, else the one that `make` gives.

        Parameters
        ----------
        key : bytes
            From `block_key`.
        make : callable
            Must give the same bytes whenever the key is the same.
        """
        if self._path is None:
            return make()
        found = self._used.get(key) or self._kept.get(key)
        if found is None or _checksum(key, found[1]) != found[0]:
            self._sound = False
            block = make()
            found = _checksum(key, block), block
        self._used[key] = found
        return found[1]

    def save(self) -> None:
        """Write the blocks that were used, aside first; unused ones are dropped.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        if self._path is None or (self._sound and self._used.keys() == self._kept.keys()):
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        with aside.open("wb") as file:
            file.write(_HEAD)
            for key, (checksum, block) in self._used.items():
                file.write(_RECORD.pack(key, checksum, len(block)))
                file.write(block)
        aside.replace(self._path)


@cache
def _maker() -> bytes:
    """Digest of what turns values into bytes: our sources, Python and zlib."""
    sink = hashlib.sha256(f"{sys.version} {zlib.ZLIB_RUNTIME_VERSION}".encode())
    for name in _SOURCES:
        sink.update((Path(__file__).parent / name).read_bytes())
    return sink.digest()


def _checksum(key: bytes, block: bytes | memoryview) -> int:
    return zlib.crc32(block, zlib.crc32(key))


def _read(path: Path) -> dict[bytes, tuple[int, memoryview]]:
    """Return checksum and bytes of each block, as far as the file can be read."""
    found: dict[bytes, tuple[int, memoryview]] = {}
    try:
        data = memoryview(path.read_bytes())
    except OSError:
        return found
    if data[: len(_HEAD)] != _HEAD:
        return found
    at = len(_HEAD)
    while at + _RECORD.size <= len(data):
        key, checksum, length = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        found[key] = (checksum, data[at : at + length])
        at += length
    return found
