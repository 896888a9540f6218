"""The bytes of a Cloud-Optimized GeoTIFF: directories, then coarse overviews before fine ones, then pixels.

Written after the TIFF 6.0 specification, BigTIFF where 4 GB do not do, with the block of structural metadata
by which GDAL (3.1 and later) knows the layout and reads it remotely in few requests. What says where the
raster lies and what it means is taken as GDAL writes it into a file of one pixel.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from .cog_encoding import Encoding
from .cog_tiles import TILE, level_shapes, tile_counts
from .grid import Grid

__all__ = ["CogLayout", "Entry", "describe", "new_digest", "read_layout", "write_file"]

_MEANING = (33550, 33922, 34735, 34736, 34737, 42112, 42113)  # place, CRS, GDAL's metadata and nodata
_NODATA = 42113
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8}
_SHORT, _LONG, _LONG8 = 3, 4, 16
_OFFSETS, _BYTE_COUNTS = 324, 325
_ZSTD, _PREDICTOR = 50000, 2
_CLASSIC_BYTES = 4_000_000_000
_FACTS = (
    b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
    b"BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
)
_STRUCTURE = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(_FACTS) + _FACTS
_AROUND = 8  # bytes before and after a tile, as the block of facts says

Entry = tuple[int, int, int, bytes]
"""Tag, type, count, and the values' bytes (little-endian)."""


@dataclass(frozen=True)
class CogLayout:
    """Where the tiles of a raster written by `write_file` lie.

    Attributes
    ----------
    meaning : tuple of Entry
        From `describe`.
    shape : tuple of int
        Rows and columns.
    dtype : str
    offsets, sizes : list of ndarray of int64
        By level, the finest first; tiles row by row.
    """

    meaning: tuple[Entry, ...]
    shape: tuple[int, int]
    dtype: str
    offsets: list[NDArray[np.int64]]
    sizes: list[NDArray[np.int64]]


def describe(grid: Grid, encoding: Encoding, description: str, tags: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return the entries that say where a raster lies and what its numbers mean."""
    profile: dict[str, Any] = {
        "driver": "GTiff", "height": 1, "width": 1, "count": 1, "dtype": encoding.dtype, "crs": grid.crs,
        "transform": Affine.from_gdal(*grid.gdal_transform), "nodata": encoding.nodata,
    }  # fmt: skip
    with MemoryFile() as memory:
        with rasterio.Env(), memory.open(**profile) as tiny:
            tiny.scales, tiny.offsets, tiny.units = (encoding.scale,), (0.0,), (encoding.unit,)
            if description:
                tiny.set_band_description(1, description)
            tiny.update_tags(**dict(sorted(tags.items())))
        data = bytes(memory.getbuffer())
    directory = _directories(data)[0]
    return tuple(directory[tag] for tag in _MEANING if tag in directory)


def new_digest() -> hashlib.blake2b:
    """Return an empty sum of the kind by which files are known."""
    return hashlib.blake2b(digest_size=16)


def write_file(
    sink: BinaryIO,
    meaning: Sequence[Entry],
    shape: tuple[int, int],
    dtype: str,
    sizes: Sequence[NDArray[np.int64]],
    tile: Callable[[int, int], bytes | memoryview],
) -> str:
    """Write a whole COG; return its digest (blake2b, hexadecimal).

    Parameters
    ----------
    sink : file open for writing
    meaning : sequence of Entry
    shape : tuple of int
    dtype : str
    sizes : sequence of ndarray of int64
        Bytes of each tile, by level.
    tile : callable
        Takes level and number of a tile in it, returns its bytes.
    """
    data_bytes = sum(int(level.sum()) + _AROUND * len(level) for level in sizes)
    tiles = sum(len(level) for level in sizes)
    big = data_bytes + 16 * tiles + 100_000 + sum(len(entry[3]) for entry in meaning) > _CLASSIC_BYTES
    total = new_digest()

    def put(part: bytes | memoryview) -> None:
        sink.write(part)
        total.update(part)

    put(_head(meaning, shape, dtype, sizes, big))
    for level in reversed(range(len(sizes))):
        for number in range(len(sizes[level])):
            raw = tile(level, number)
            put(struct.pack("<I", len(raw)))
            put(raw)
            put(bytes(raw[-4:]))
    return total.hexdigest()


def _head(
    meaning: Sequence[Entry],
    shape: tuple[int, int],
    dtype: str,
    sizes: Sequence[NDArray[np.int64]],
    big: bool,
) -> bytes:
    """Return all that stands before the first tile."""
    shapes = level_shapes(shape)
    offsets = [np.zeros(len(level), np.int64) for level in sizes]
    for _twice in range(2):  # the length of the head does not depend on the offsets in it
        parts = [_first_bytes(big)]
        at = len(parts[0])
        for level, own in enumerate(shapes):
            more = meaning if level == 0 else [entry for entry in meaning if entry[0] == _NODATA]
            entries = [*_level_entries(own, dtype, sizes[level], offsets[level], level > 0, big), *more]
            parts.append(_directory(sorted(entries), at, big, last=level == len(shapes) - 1))
            at += len(parts[-1])
        for level in reversed(range(len(sizes))):
            ends = np.cumsum(sizes[level] + _AROUND)
            offsets[level] = at + ends - sizes[level] - _AROUND + 4
            at += int(ends[-1])
    return b"".join(parts)


def _first_bytes(big: bool) -> bytes:
    length = (16 if big else 8) + len(_STRUCTURE)
    first = length + length % 2
    begin = struct.pack("<2sHHHQ", b"II", 43, 8, 0, first) if big else struct.pack("<2sHI", b"II", 42, first)
    return (begin + _STRUCTURE).ljust(first, b" ")


def _level_entries(
    shape: tuple[int, int],
    dtype: str,
    sizes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    reduced: bool,
    big: bool,
) -> list[Entry]:
    kind = np.dtype(dtype)
    facts = {
        256: shape[1], 257: shape[0], 258: 8 * kind.itemsize, 259: _ZSTD, 262: 1, 277: 1, 284: 1,
        317: _PREDICTOR, 322: TILE, 323: TILE, 339: 2 if kind.kind == "i" else 1,
    }  # fmt: skip
    if reduced:
        facts[254] = 1
    entries: list[Entry] = []
    for tag, value in facts.items():
        wide = tag in (254, 256, 257)
        packed = struct.pack("<I" if wide else "<H", value)
        entries.append((tag, _LONG if wide else _SHORT, 1, packed))
    place = "<u8" if big else "<u4"
    entries.append((_OFFSETS, _LONG8 if big else _LONG, len(offsets), offsets.astype(place).tobytes()))
    entries.append((_BYTE_COUNTS, _LONG, len(sizes), sizes.astype("<u4").tobytes()))
    return entries


def _directory(entries: Sequence[Entry], at: int, big: bool, *, last: bool) -> bytes:
    """Return a directory that begins at `at`, followed by the values that do not fit into its entries."""
    count_as, entry_as, inline = ("<Q", "<HHQ", 8) if big else ("<H", "<HHI", 4)
    place_as = "<Q" if big else "<I"
    fixed = struct.calcsize(count_as) + len(entries) * (4 + 2 * inline) + inline
    more, table = bytearray(), bytearray(struct.pack(count_as, len(entries)))
    for tag, kind, count, raw in entries:
        table += struct.pack(entry_as, tag, kind, count)
        if len(raw) <= inline:
            table += raw.ljust(inline, b"\0")
        else:
            table += struct.pack(place_as, at + fixed + len(more))
            more += raw.ljust(len(raw) + len(raw) % 2, b"\0")
    length = fixed + len(more)
    table += struct.pack(place_as, 0 if last else at + length)
    return bytes(table + more)


def read_layout(path: Path) -> CogLayout | None:
    """Read where the tiles of a raster lie; None where it is none of `write_file`, or is cut off."""
    try:
        with path.open("rb") as source:
            return _layout(source.read(_head_bytes(path)), path.stat().st_size)
    except (OSError, struct.error, KeyError, IndexError, ValueError):
        return None


def _head_bytes(path: Path) -> int:
    """Return how much of a file is read for its head: a tile takes 12 bytes there, and 30 at least itself."""
    return max(2_000_000, path.stat().st_size // 3)


def _layout(data: bytes, length: int) -> CogLayout:
    if _STRUCTURE not in data[: len(_STRUCTURE) + 16]:
        raise ValueError("another make")
    found = _directories(data)
    fine = found[0]
    shape = (_number(fine[257]), _number(fine[256]))
    kind = {(8, 1): "uint8", (16, 1): "uint16", (32, 1): "uint32", (8, 2): "int8", (16, 2): "int16",
            (32, 2): "int32"}[_number(fine[258]), _number(fine[339])]  # fmt: skip
    shapes = level_shapes(shape)
    if [(_number(d[257]), _number(d[256])) for d in found] != shapes or _number(fine[322]) != TILE:
        raise ValueError("another pyramid")
    if any((_number(d[259]), _number(d[317])) != (_ZSTD, _PREDICTOR) for d in found):
        raise ValueError("packed in another way")
    offsets = [_numbers(directory[_OFFSETS]) for directory in found]
    sizes = [_numbers(directory[_BYTE_COUNTS]) for directory in found]
    tiles = [rows * columns for rows, columns in map(tile_counts, shapes)]
    if [len(level) for level in sizes] != tiles or int(offsets[0][-1] + sizes[0][-1]) + 4 != length:
        raise ValueError("cut off")
    meaning = tuple(fine[tag] for tag in _MEANING if tag in fine)
    return CogLayout(meaning, shape, kind, offsets, sizes)


def _directories(data: bytes) -> list[dict[int, Entry]]:
    """Return the entries of all directories of a little-endian TIFF, by tag."""
    order, version = struct.unpack_from("<2sH", data)
    if order != b"II" or version not in (42, 43):
        raise ValueError("no little-endian TIFF")
    big = version == 43
    count_as, entry_as, inline, place_as = ("<Q", "<HHQ", 8, "<Q") if big else ("<H", "<HHI", 4, "<I")
    (at,) = struct.unpack_from(place_as, data, 8 if big else 4)
    found = []
    while at:
        (count,) = struct.unpack_from(count_as, data, at)
        at += struct.calcsize(count_as)
        entries: dict[int, Entry] = {}
        for _ in range(count):
            tag, kind, number = struct.unpack_from(entry_as, data, at)
            value_at, size = at + struct.calcsize(entry_as), _SIZES[kind] * number
            if size > inline:
                (value_at,) = struct.unpack_from(place_as, data, value_at)
            raw = data[value_at : value_at + size]
            if len(raw) != size:
                raise ValueError("cut off")
            entries[tag] = (tag, kind, number, raw)
            at += struct.calcsize(entry_as) + inline
        found.append(entries)
        (at,) = struct.unpack_from(place_as, data, at)
    return found


def _numbers(entry: Entry) -> NDArray[np.int64]:
    kind = {_SHORT: "<u2", _LONG: "<u4", _LONG8: "<u8"}[entry[1]]
    return np.frombuffer(entry[3], dtype=kind).astype(np.int64)


def _number(entry: Entry) -> int:
    return int(_numbers(entry)[0])
