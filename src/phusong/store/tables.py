"""The tables of a version: which columns have a place of their own in the database, and rows from frames."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..gis_data.schema import TECHNOLOGIES

__all__ = ["CRS", "STORED", "Row", "StoredTable", "frame_of", "json_text", "plain_value", "rows_of"]

CRS = "EPSG:4326"
"""Of every geometry in a store: versions of one project may be computed in different CRS."""

_DECIMALS = 7  # of degrees: a centimetre; PROJ differs in the last bits from machine to machine
_PYTHON_TYPES = {"text": str, "number": float, "integer": int, "boolean": bool}

Row = tuple[Any, ...]


@dataclass(frozen=True)
class StoredTable:
    """A table of the store.

    Attributes
    ----------
    name : str
    columns : tuple of (str, str)
        Name and kind: "text", "number", "integer", "boolean", "date" or "json" (a list). All other columns of
        a frame are kept together in ``more``, so that a result that gains a column needs no migration.
    key : str
        Column that tells where a piece of the table ends; see `pieces`.
    geometry : bool
        It has a column ``geom``.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: str
    geometry: bool = False

    @property
    def names(self) -> list[str]:
        """The columns of a row, in order."""
        return [*(name for name, _ in self.columns), "more", *(["geom"] if self.geometry else [])]


def _columns(**kinds: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind) for kind, names in kinds.items() for name in names.split())


def _by_technology(*patterns: str) -> str:
    return " ".join(pattern.format(t=t.lower()) for t in TECHNOLOGIES for pattern in patterns)


STORED: dict[str, StoredTable] = {
    table.name: table
    for table in (
        StoredTable("hamlet", _columns(
            text="village_id name commune verdict confidence decided_by verdict_indoor "
                 + _by_technology("best_cell_{t}"),
            number="population " + _by_technology("level_{t}_dbm", "p_{t}"),
            integer="samples voice_masts",
            boolean="dead_zone " + _by_technology("served_{t}"),
        ), key="village_id", geometry=True),
        StoredTable("part", _columns(
            text="village_id cluster_id part verdict confidence decided_by", number="people", boolean="",
        ), key="village_id", geometry=True),
        StoredTable("hamlet_operator", _columns(
            text="village_id operator technology verdict best_cell", number="level_dbm p_covered",
            boolean="served",
        ), key="village_id"),
        StoredTable("serving", _columns(text="point_id village_id", json="cells"), key="point_id"),
        StoredTable("place", _columns(
            text="place_id name place_kind required_technology decided_by best_cell", boolean="covered",
        ), key="place_id", geometry=True),
        StoredTable("proposed_station", _columns(
            text="station_id kind operator host_id technologies", number="people_newly_served total_cost",
        ), key="station_id", geometry=True),
        StoredTable("plan_item", _columns(
            text="plan_id item_id kind operator village_id mast_id support discrepancy",
            boolean="claimed", date="deadline reported_on",
        ), key="item_id"),
        StoredTable("plan_completion", _columns(
            text="plan_id scope subject", integer="total claimed supported contradicted not_checkable",
        ), key="subject"),
        StoredTable("mast", _columns(
            text="mast_id owner kind", number="height_m",
        ), key="mast_id", geometry=True),
        StoredTable("cell", _columns(
            text="cell_id mast_id operator technology antenna",
            number="frequency_mhz bandwidth_mhz antenna_height_m azimuth_deg mechanical_tilt_deg "
                   "electrical_tilt_deg tx_power_dbm feeder_loss_db",
            date="on_air off_air",
        ), key="mast_id"),
    )
}  # fmt: skip
"""The tables of a version, by name."""


def rows_of(table: StoredTable, frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a frame as a database takes them: the columns, then ``more``, then the geometry.

    Parameters
    ----------
    table : StoredTable
    frame : DataFrame or GeoDataFrame
        Columns that it lacks are empty.

    Returns
    -------
    list of tuple
        str, float, int, bool, date or None; ``more`` is the text of a JSON object; the geometry is WKB in
        `CRS`. Numbers that are not finite are empty; what no database takes in a text is replaced by U+FFFD.
    """
    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    own = dict(table.columns)
    columns = [
        _values(frame[name], kind) if name in frame else [None] * len(frame) for name, kind in table.columns
    ]
    others = {_text(str(name)): frame[name] for name in frame.columns if name not in own and name != shape}
    columns.append(_more(dict(sorted(others.items())), len(frame)))
    if table.geometry:
        columns.append(_wkb(frame))
    return list(zip(*columns, strict=True))


def frame_of(table: StoredTable, rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a frame again: the inverse of `rows_of`, with dates as timestamps.

    Parameters
    ----------
    table : StoredTable
    rows : sequence of tuple
        As `rows_of` made them; booleans may be 0 and 1, dates texts, lists texts of JSON.
    """
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(table.names)
    data: dict[str, Any] = {}
    for (name, kind), values in zip(table.columns, columns, strict=False):
        data[name] = _column(values, kind)
    more = [json.loads(text) for text in columns[len(table.columns)]]
    for name in dict.fromkeys(key for one in more for key in one):
        data[name] = pd.Series([one.get(name) for one in more])
    frame = pd.DataFrame(data, index=range(len(rows)))
    if not table.geometry:
        return frame
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries.from_wkb(list(columns[-1]), crs=CRS))


def json_text(value: object) -> str:
    """Return JSON that every database takes: keys in order, no NaN, no character 0."""
    return json.dumps(_cleaned(value), ensure_ascii=False, sort_keys=True, allow_nan=False)


def _column(values: Sequence[Any], kind: str) -> pd.Series[Any]:
    if kind == "date":
        return pd.Series(pd.to_datetime(pd.Series(list(values), dtype=object)))
    if kind == "json":
        return pd.Series([json.loads(v) if isinstance(v, str) else v for v in values], dtype=object)
    dtype: Any = {"number": "float64", "integer": "Int64", "boolean": "boolean"}.get(kind, object)
    return pd.Series(list(values), dtype=dtype)


def _values(column: pd.Series[Any], kind: str) -> list[Any]:
    """A column as a database takes it; in one pass where its type tells that nothing can be odd."""
    plain = not pd.api.types.is_extension_array_dtype(column.dtype)
    if plain and column.dtype.kind == "f" and kind == "number":
        return [value if math.isfinite(value) else None for value in column.tolist()]
    if plain and column.dtype.kind + kind in ("bboolean", "iinteger"):
        return list(column.tolist())
    known: dict[str, Any] = {}  # a few words stand in very many rows
    found = []
    for value in column.tolist():
        if type(value) is not str:
            found.append(_value(value, kind))
            continue
        if value not in known:
            known[value] = _value(value, kind)
        found.append(known[value])
    return found


def _value(value: Any, kind: str) -> Any:
    if kind == "json":
        return json_text(list(value))
    value = plain_value(value)
    if value is None or (kind == "text" and isinstance(value, str)):
        return value
    if kind == "date":
        return date.fromisoformat(value[:10])
    return _PYTHON_TYPES[kind](value)


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it; None where nothing stands."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return [plain_value(one) for one in value]
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat() if value.time() != datetime.min.time() else value.date().isoformat()
    return value if isinstance(value, bool | int) else _text(str(value))


def _text(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(str(key)): _cleaned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    return plain_value(value)


def _more(columns: dict[str, pd.Series[Any]], rows: int) -> list[str]:
    """For each row a JSON object of the values that are there, by name."""
    parts = [_members(f"{json_text(name)}: ", column) for name, column in columns.items()]
    if not parts:
        return ["{}"] * rows
    return [f"{{{', '.join(filter(None, row))}}}" for row in zip(*parts, strict=True)]


def _members(start: str, column: pd.Series[Any]) -> list[str]:
    """Name and value of each row as JSON; empty where nothing stands."""
    known: dict[Any, str] = {}
    found = []
    for value in column.tolist():
        key = (type(value), value) if isinstance(value, str | float | bool | int) else None
        text = None if key is None else known.get(key)
        if text is None:
            plain = plain_value(value)
            text = "" if plain is None else start + json_text(plain)
            if key is not None:
                known[key] = text
        found.append(text)
    return found


def _wkb(frame: pd.DataFrame) -> list[bytes | None]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return [None] * len(frame)
    shapes = frame.geometry.to_crs(CRS).to_numpy()
    rounded = shapely.transform(shapes, lambda places: np.round(places, _DECIMALS))
    return [None if one is None else bytes(one) for one in shapely.to_wkb(rounded, byte_order=1)]
