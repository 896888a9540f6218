"""A table in pieces named by their content: a version writes only the pieces that no other version has.

Where a piece ends depends on the key of a row alone, so that a row that comes or goes changes its own piece
and leaves the boundaries of all others where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..gis_data.plain_columns import told
from .tables import StoredTable, json_text, plain_value

__all__ = ["Piece", "pieces_of"]

_KEYS_PER_PIECE = 16  # on average
_LONGEST = 2048  # rows; where keys are few or repeat


@dataclass(frozen=True)
class Piece:
    """Some rows of a table, one after the other.

    Attributes
    ----------
    first, end : int
        Rows ``first`` to ``end - 1`` of the frame.
    digest : str
        SHA-256 of all that they hold.
    """

    first: int
    end: int
    digest: str


def pieces_of(table: StoredTable, frame: pd.DataFrame) -> list[Piece]:
    """Return a frame in pieces, at least one; together they are all of its rows, in order.

    Parameters
    ----------
    table : StoredTable
    frame : DataFrame or GeoDataFrame
    """
    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    names = [name for name in frame.columns if name != shape]
    taken = [_content(frame[name]) for name in names]
    head: list[Any] = [table.name, [[str(name), _kind(frame[name])] for name in names]]
    if shape is not None and table.geometry:
        head.append(str(frame.crs))
        taken.append(_from_bytes(shapely.to_wkb(frame.geometry.to_numpy(), byte_order=1).tolist()))
    start = sha256(json_text(head).encode())
    bounds = _bounds(table, frame)
    pieces = []
    for first, end in pairwise(bounds):
        sink = start.copy()
        for part in taken:
            content = part(first, end)
            sink.update(len(content).to_bytes(8, "little"))
            sink.update(content)
        pieces.append(Piece(first, end, sink.hexdigest()))
    return pieces


def _bounds(table: StoredTable, frame: pd.DataFrame) -> list[int]:
    """Return the first row of each piece, and the number of rows."""
    rows = len(frame)
    if rows == 0 or table.key not in frame:
        return [*range(0, rows, _LONGEST), rows] if rows else [0, 0]
    key = frame[table.key].astype(str).str.encode("utf-8", "surrogatepass").to_numpy(dtype=object)
    number = pd.util.hash_array(key, categorize=False)
    begins = np.r_[True, (number[1:] != number[:-1]) & (number[1:] % _KEYS_PER_PIECE == 0)]
    bounds = [*np.flatnonzero(begins).tolist(), rows]
    return [at for first, end in pairwise(bounds) for at in range(first, end, _LONGEST)] + [rows]


def _kind(column: pd.Series[Any]) -> str:
    """Return the type of a column whose bytes are taken as they lie; empty: its values are taken."""
    raw = isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufmM"
    return str(column.dtype) if raw else ""


def _content(column: pd.Series[Any]) -> Callable[[int, int], bytes]:
    """Return what gives the content of rows of a column as bytes."""
    if _kind(column):
        values: NDArray[Any] = np.ascontiguousarray(column.to_numpy())
        raw, size = memoryview(values.tobytes()), values.itemsize
        return lambda first, end: bytes(raw[first * size : end * size])
    found = np.array(column.to_numpy(dtype=object))
    found[column.isna().to_numpy()] = None  # however a table says that nothing stands there
    return _from_list(found.tolist())


def _from_list(values: list[Any]) -> Callable[[int, int], bytes]:
    return lambda first, end: told(values[first:end], plain_value)


def _from_bytes(values: list[bytes | None]) -> Callable[[int, int], bytes]:
    """Return what gives byte strings one after the other, each behind its length."""
    parts = [b"-" if value is None else len(value).to_bytes(8, "little") + value for value in values]
    return lambda first, end: b"".join(parts[first:end])
