"""A zip file (PKWARE APPNOTE 6.3.10) put together of texts that are deflated already, piece by piece.

Each piece is deflated alone and ends at a byte (zlib's full flush), so that pieces stand one after the other
as one stream; the checksum of the whole comes from those of the pieces.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from datetime import date
from types import TracebackType
from typing import BinaryIO

__all__ = ["ZipParts", "deflated"]

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_ENTRY = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_PIECE = struct.Struct("<III")  # checksum, length of the text, what a checksum before it is multiplied by
_VERSION, _UTF8, _DEFLATE = 20, 1 << 11, 8
_COMPRESSION = 1  # a third of the time of the usual 6, for a quarter more bytes
_LAST = b"\x03\x00"  # an empty block that says that it is the last
_MOST_BYTES = 0xFFFFFFFF
_POLYNOMIAL = 0xEDB88320


def deflated(text: bytes) -> bytes:
    """Return a piece of an entry, as `ZipParts.add` takes it.

    Parameters
    ----------
    text : bytes
    """
    packer = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
    return _PIECE.pack(zlib.crc32(text), len(text), _power(8 * len(text))) + body


class ZipParts:
    """A zip file that is being written.

    Parameters
    ----------
    file : binary file
        Open for writing, empty; can seek.
    day : date
        Of all entries.
    """

    def __init__(self, file: BinaryIO, day: date) -> None:
        self._file = file
        self._date = (max(day.year, 1980) - 1980) << 9 | day.month << 5 | day.day  # zip begins in 1980
        self._directory: list[bytes] = []

    def __enter__(self) -> ZipParts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()

    def add(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Add an entry.

        Parameters
        ----------
        name : str
        pieces : iterable of bytes
            From `deflated`.

        Raises
        ------
        ValueError
            The file would be larger than 4 GiB.
        """
        begin, encoded = self._file.tell(), name.encode("utf-8")
        self._file.seek(begin + _LOCAL.size + len(encoded))
        checksum = size = packed = 0
        for piece in pieces:
            one, length, power = _PIECE.unpack_from(piece)
            checksum = _product(power, checksum) ^ one
            size += length
            packed += self._file.write(memoryview(piece)[_PIECE.size :])
        packed += self._file.write(_LAST)
        if max(size, self._file.tell()) > _MOST_BYTES:
            raise ValueError(f"{name}: {size:,} bytes, more than a workbook of 4 GiB holds")
        told = (_VERSION, _UTF8, _DEFLATE, 0, self._date, checksum, packed, size, len(encoded))
        self._file.seek(begin)
        self._file.write(_LOCAL.pack(b"PK\3\4", *told, 0) + encoded)
        self._file.seek(0, 2)
        self._directory.append(_ENTRY.pack(b"PK\1\2", _VERSION, *told, 0, 0, 0, 0, 0, begin) + encoded)

    def _finish(self) -> None:
        begin, listed = self._file.tell(), b"".join(self._directory)
        count = len(self._directory)
        self._file.write(listed + _END.pack(b"PK\5\6", 0, 0, count, count, len(listed), begin, 0))


def _product(a: int, b: int) -> int:
    """Product of two polynomials over GF(2) modulo that of CRC-32, the highest power in the lowest bit."""
    found, bit = 0, 1 << 31
    while a:
        if a & bit:
            found ^= b
            a ^= bit
        bit >>= 1
        b = b >> 1 ^ _POLYNOMIAL if b & 1 else b >> 1
    return found


def _power(bits: int) -> int:
    """x to a power modulo the polynomial of CRC-32: so much a checksum moves with as many bits behind it."""
    found, square = 1 << 31, 1 << 30
    while bits:
        if bits & 1:
            found = _product(square, found)
        square = _product(square, square)
        bits >>= 1
    return found
