"""Archives of tiles: PMTiles files, and the same bytes as scripts, which a page opened from a disk can read.

A browser lets a page of the ``file:`` scheme load scripts that lie beside it, and nothing else. So every
archive is cut into chunks, and each chunk is a script that hands its bytes over: fifteen bits to a character
of UTF-16, which takes a fifteenth more room than the bytes (base64 takes a third). The page loads the chunks
it needs.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from .tiles import TileKey, TileSpan

__all__ = ["CHUNK_BYTES", "chunk_script", "script_text", "write_archive", "write_scripts"]

CHUNK_BYTES = 262_144
_FIRST_CHARACTER = 0x3400
"""Up to 0xB3FF: letters of scripts only; no surrogate, quote, backslash or end of line is among them."""


def write_archive(
    path: Path,
    tiles: Iterable[tuple[TileKey, bytes]],
    span: TileSpan,
    metadata: Mapping[str, Any],
    *,
    picture: bool = True,
) -> int:
    """Write a PMTiles archive (version 3), its tiles in the order of their numbers; same tiles, same bytes.

    Parameters
    ----------
    path : Path
    tiles : iterable
        In any order, each once.
    span : TileSpan
        For the header's bounds and centre.
    metadata : mapping
        JSON values.
    picture : bool
        PNG; otherwise JSON, which is compressed here.

    Returns
    -------
    int
        Number of tiles; no file is written where there is none.
    """
    found = sorted((zxy_to_tileid(*key), data) for key, data in tiles)
    if not found:
        return 0
    with path.open("wb") as file:
        writer = Writer(file)
        for number, data in found:
            writer.write_tile(number, data if picture else gzip.compress(data, mtime=0))
        writer.finalize(_header(span, picture), dict(metadata))
    return len(found)


def _header(span: TileSpan, picture: bool) -> dict[str, Any]:
    south, west, north, east = (round(degrees * 1e7) for degrees in span.bounds_deg)
    return {
        "tile_type": TileType.PNG if picture else TileType.UNKNOWN,
        "tile_compression": Compression.NONE if picture else Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": span.lowest,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def write_scripts(archive: Path, folder: Path) -> int:
    """Write an archive as scripts ``<name>.0.js``, ``<name>.1.js`` …; return its size in bytes."""
    data = archive.read_bytes()
    for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
        chunk = data[start : start + CHUNK_BYTES]
        (folder / f"{archive.stem}.{number}.js").write_bytes(chunk_script(archive.stem, number, chunk))
    return len(data)


def chunk_script(name: str, number: int, data: bytes) -> bytes:
    """Return the script that hands one chunk to the page: ``PS.chunk(name, number, bytes, text)``.

    Parameters
    ----------
    name : str
        Letters, digits and underscores.
    number : int
    data : bytes
    """
    call = f'PS.chunk({json.dumps(name)},{number},{len(data)},"{script_text(data)}");\n'
    return ("\ufeff" + call).encode("utf-16-le")


def script_text(data: bytes) -> str:
    """Return bytes as text, fifteen bits to a character, the highest first; zeros fill the last one."""
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8))
    padded = np.concatenate((bits, np.zeros(-len(bits) % 15, dtype=np.uint8))).reshape(-1, 15)
    codes = padded.astype(np.uint16) @ (1 << np.arange(14, -1, -1)).astype(np.uint16) + np.uint16(
        _FIRST_CHARACTER
    )
    return codes.astype("<u2").tobytes().decode("utf-16-le")
