"""Encoded pieces of a map, kept from run to run: what did not change is not made again.

All pieces lie in one file of plain bytes. Each stands under the digest of everything that it was made from,
and the file names the sources and libraries that made them, so that a piece that is found is the piece that
would be made; those that a map did not use are gone with the next `Pieces.save`.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from .. import coverage, gis_data
from ..cache import digest, source_digest

__all__ = ["Pieces"]

_HEAD = b"phusong map pieces 2\n"
_LIBRARIES = ("numpy", "pillow", "pyproj", "rasterio", "scipy", "shapely")
_RECORD = struct.Struct("<24s16sQ")  # key, checksum, length of what follows


class Pieces:
    """Pieces by key; safe to ask from several threads.

    Parameters
    ----------
    path : Path or None
        File of the last run; a missing one, or a damaged part of it, is as if it held nothing. None: nothing
        is kept.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._kept = {} if path is None else _read(path)
        self._used: dict[str, bytes] = {}
        self._marked: set[str] = set()
        self._made: set[str] = set()
        self._sound = True

    def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Return the piece of a key: the kept one where it is whole, else the one that `make` gives.

        Parameters
        ----------
        key : str
            From `cache.digest`: 24 letters.
        make : callable
            Must give the same bytes whenever the key is the same.
        """
        found = self._used.get(key)
        if found is None:
            kept = self._kept.get(key)
            if kept is not None and _checksum(key, kept[1]) == kept[0]:
                found = bytes(kept[1])
            else:
                self._sound = self._sound and kept is None
                found = make()
                self._made.add(key)
            self._used[key] = found
        return found

    def note(self, name: str) -> bytes | None:
        """Return what `put` kept under a name, if it is whole; 24 letters as those of a key."""
        kept = self._kept.get(name)
        return bytes(kept[1]) if kept is not None and _checksum(name, kept[1]) == kept[0] else None

    def put(self, name: str, note: bytes) -> None:
        """Keep a note for the next run in the place of the last one: what a name stands for may change."""
        kept = self._kept.get(name)
        self._sound = self._sound and (kept is None or kept[1] == note)
        self._used[name] = note
        self._made.add(name)

    def __contains__(self, key: str) -> bool:
        """Tell whether a piece is there; a damaged one seems to be."""
        return key in self._used or key in self._kept

    def keep(self, keys: Iterable[str]) -> None:
        """Take over to the next run, unread, those of some pieces that are there."""
        self._marked.update(self._kept.keys() & keys)

    def save(self) -> None:
        """Write the pieces that were used or are to be kept, aside first; the others are dropped.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        shown = self._used.keys() | self._marked
        if self._path is None or (self._sound and shown == self._kept.keys()):
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        with aside.open("wb") as file:
            file.write(_head())
            for key in sorted(shown):
                checksum, piece = self._record(key)
                file.write(_RECORD.pack(key.encode("ascii"), checksum, len(piece)))
                file.write(piece)
        aside.replace(self._path)

    def _record(self, key: str) -> tuple[bytes, bytes | memoryview]:
        """Return checksum and piece; a kept one with the checksum that it has in the file."""
        return (_checksum(key, self._used[key]), self._used[key]) if key in self._made else self._kept[key]


@cache
def _head() -> bytes:
    """Return how the file begins: its format, and the digest of what makes pieces."""
    folders = [Path(__file__).parent, *(Path(package.__path__[0]) for package in (coverage, gis_data))]
    made_by = digest([source_digest(folder) for folder in folders], [version(name) for name in _LIBRARIES])
    return _HEAD + made_by.encode("ascii") + b"\n"


def _checksum(key: str, piece: bytes | memoryview) -> bytes:
    return hashlib.blake2b(piece, key=key.encode("ascii"), digest_size=16).digest()


def _read(path: Path) -> dict[str, tuple[bytes, memoryview]]:
    """Return checksum and bytes of each piece, as far as the file can be read."""
    try:
        data = path.read_bytes()
    except OSError:
        return {}
    found: dict[str, tuple[bytes, memoryview]] = {}
    head = _head()
    if not data.startswith(head):
        return found
    at, view = len(head), memoryview(data)
    while at + _RECORD.size <= len(data):
        key, checksum, length = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        found[key.decode("latin-1")] = (checksum, view[at : at + length])
        at += length
    return found
