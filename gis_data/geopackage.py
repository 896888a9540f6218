"""Tables as the layers of a GeoPackage: GDAL makes them, SQLite takes the rows in one statement a layer.

GDAL writes the schema, the coordinate systems, the extensions and the triggers. Through its interface each
value of each row is an object and a call; SQLite takes the columns as they are, in a third of the time.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from .rtree import packed_tree
from .table_files import STYLE_LAYER

__all__ = ["write_layers"]

_GEOMETRY, _ROW = "geom", "fid"
_TAKEN = {_GEOMETRY, _ROW}
# magic, version, flags, CRS (OGC 12-128r18, 2.1.3); then west, east, south and north unless a point
_LITTLE_ENDIAN, _BOX, _EMPTY = 0b0000_0001, 0b0000_0010, 0b0001_0000
_HEAD = struct.Struct("<2sBBi")
_BOXED = np.dtype([("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("crs", "<i4"), ("box", "<f8", 4)])
_MULTI: dict[str, Callable[..., Any]] = {
    "Point": shapely.MultiPoint,
    "LineString": shapely.MultiLineString,
    "Polygon": shapely.MultiPolygon,
}
_UNSAFE = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -65536")


def write_layers(
    path: Path, layers: Mapping[str, pd.DataFrame], styles: Mapping[str, str], as_of: date
) -> None:
    """Write a GeoPackage that nobody else reads yet: if this fails the file is of no use.

    Parameters
    ----------
    path : Path
        Must not exist.
    layers : mapping of str to GeoDataFrame or DataFrame
        By layer name; columns are texts, numbers, truths and times.
    styles : mapping of str to str
        QML of layers, by their name.
    as_of : date
        Written as the time of the last change.
    """
    named = [(name, frame, {"GEOMETRY_NAME": _GEOMETRY}) for name, frame in layers.items()]
    if styles:
        named.append((STYLE_LAYER, _style_table(styles, as_of), {"FID": "id"}))
    filled = []
    with _gdal_options(OGR_CURRENT_DATE=f"{as_of.isoformat()}T00:00:00.000Z", OGR_SQLITE_SYNCHRONOUS="OFF"):
        for number, (name, frame, options) in enumerate(named):
            by_gdal = bool(_TAKEN & {str(column).lower() for column in frame.columns})
            kind, frame = _one_kind(frame)
            _made(path, name, frame if by_gdal else frame.iloc[:0], kind, number > 0, options)
            if not by_gdal:  # what a column of its name means there only GDAL knows
                filled.append((name, frame))
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in _UNSAFE:
            database.execute(f"PRAGMA {pragma}").fetchall()
        database.execute("BEGIN")
        for name, frame in filled:
            _fill(database, name, frame)
        database.execute("COMMIT")


@contextmanager
def _gdal_options(**options: str) -> Iterator[None]:
    """Set options of GDAL for a while."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _made(
    path: Path, name: str, frame: pd.DataFrame, kind: str | None, append: bool, options: Mapping[str, str]
) -> None:
    """Make one layer; a version and dates that programs of 2022 read without a warning."""
    pyogrio.write_dataframe(
        frame, path, layer=name, driver="GPKG", append=append, geometry_type=kind,
        dataset_options=None if append else {"VERSION": "1.3"},
        layer_options={"DATETIME_PRECISION": "MILLISECOND", **options},
    )  # fmt: skip


def _one_kind(frame: pd.DataFrame) -> tuple[str | None, pd.DataFrame]:
    """Kind of geometry of a table, and the table with all of that kind: parts where some have several."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return None, frame
    shapes = frame.geometry
    kinds = {str(kind) for kind in shapes.geom_type.dropna().unique()}
    single = next((kind for kind in _MULTI if kinds == {kind, f"Multi{kind}"}), None)
    if single is not None:
        found = shapes.to_numpy().copy()
        lone = np.flatnonzero((shapes.geom_type == single).to_numpy())
        found[lone] = [_MULTI[single]([] if one.is_empty else [one]) for one in found[lone]]
        frame = frame.set_geometry(gpd.GeoSeries(found, index=frame.index, crs=frame.crs))
        kinds = {f"Multi{single}"}
    kind = kinds.pop() if len(kinds) == 1 else "Unknown"
    height = " Z" if kind != "Unknown" and bool(shapes.has_z.any()) else ""
    return kind + height, frame


def _fill(database: sqlite3.Connection, name: str, frame: pd.DataFrame) -> None:
    """Put the rows into a layer that GDAL has made, and its count, extent and index where they belong."""
    table = _quoted(name)
    told = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (name,)
    )
    triggers = told.fetchall()
    for trigger, _ in triggers:  # they keep count and index row by row
        database.execute(f"DROP TRIGGER {_quoted(trigger)}")
    columns: list[Any] = [range(1, len(frame) + 1)]
    shapes = None
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry.to_numpy()
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        columns.append(_blobs(shapes, _crs_of(database, name)))
    columns += [_values(frame.iloc[:, at]) for at in range(frame.shape[1])]
    marks = ", ".join("?" * len(columns))
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", zip(*columns, strict=True))
    database.execute(
        "UPDATE gpkg_ogr_contents SET feature_count = ? WHERE table_name = ?", (len(frame), name)
    )
    if shapes is not None:
        _index(database, name, shapes)
    for _, statement in triggers:
        database.execute(statement)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _crs_of(database: sqlite3.Connection, name: str) -> int:
    query = "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?"
    return int(database.execute(query, (name,)).fetchone()[0])


def _index(database: sqlite3.Connection, name: str, shapes: NDArray[Any]) -> None:
    """Write the extent of a layer and its spatial index."""
    bounds = shapely.bounds(shapes)
    there = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    if not len(there):
        return
    west_south, east_north = bounds[there, :2].min(axis=0), bounds[there, 2:].max(axis=0)
    database.execute(
        "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?",
        (*west_south.tolist(), *east_north.tolist(), name),
    )
    index = f"rtree_{name}_{_GEOMETRY}"
    nodes, parents, rows = (_quoted(f"{index}_{what}") for what in ("node", "parent", "rowid"))
    node_bytes = database.execute(f"SELECT length(data) FROM {nodes} WHERE nodeno = 1").fetchone()[0]
    tree = packed_tree(there + 1, bounds[there], node_bytes)
    database.executemany(f"INSERT OR REPLACE INTO {nodes} (nodeno, data) VALUES (?, ?)", tree.nodes)
    database.executemany(
        f"INSERT INTO {parents} (nodeno, parentnode) VALUES (?, ?)", zip(*tree.parents, strict=True)
    )
    database.executemany(f"INSERT INTO {rows} (rowid, nodeno) VALUES (?, ?)", zip(*tree.leaves, strict=True))


def _blobs(shapes: NDArray[Any], crs: int) -> list[bytes | None]:
    """Geometries as a GeoPackage keeps them: a header, the extent unless it is a point, then WKB."""
    wkb = shapely.to_wkb(shapes, byte_order=1, flavor="iso")
    heads = np.zeros(len(shapes), _BOXED)
    heads["magic"], heads["flags"], heads["crs"] = b"GP", _LITTLE_ENDIAN | _BOX, crs
    heads["box"] = shapely.bounds(shapes)[:, [0, 2, 1, 3]]
    raw, size = heads.tobytes(), _BOXED.itemsize
    point, empty = (_HEAD.pack(b"GP", 0, _LITTLE_ENDIAN | flag, crs) for flag in (0, _EMPTY))
    found: list[bytes | None] = [
        None if one is None else raw[at : at + size] + one
        for at, one in zip(range(0, len(raw), size), wkb.tolist(), strict=True)
    ]
    for at in np.flatnonzero(shapely.get_type_id(shapes) == 0).tolist():
        found[at] = point + wkb[at]
    for at in np.flatnonzero(shapely.is_empty(shapes)).tolist():
        found[at] = empty + wkb[at]
    return found


def _values(column: pd.Series[Any]) -> list[Any]:
    """A column as SQLite takes it: NaN is nothing there, and a truth a number."""
    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype):
        return [None if value is pd.NA else value for value in column.tolist()]
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind == "M":
        return _times(column)
    values = column.tolist()
    if dtype.kind in "biuf":
        masked = pd.api.types.is_extension_array_dtype(dtype)
        return [None if value is pd.NA else value for value in values] if masked else values
    if pd.api.types.infer_dtype(column) == "datetime":
        return _times(pd.to_datetime(column, utc=any(one.tzinfo for one in values if not pd.isna(one))))
    return [one if type(one) is str else None if pd.isna(one) else str(one) for one in values]


def _times(column: pd.Series[Any]) -> list[str | None]:
    """Times to the millisecond, as GDAL writes them; those of a known zone in UTC."""
    zone = ""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column, zone = column.dt.tz_convert("UTC").dt.tz_localize(None), "Z"
    codes, distinct = pd.factorize(column)
    texts = [f"{text}{zone}" for text in np.datetime_as_string(distinct.to_numpy(), unit="ms").tolist()]
    return [texts[code] if code >= 0 else None for code in codes.tolist()]


def _style_table(styles: Mapping[str, str], as_of: date) -> pd.DataFrame:
    """The table that QGIS reads styles from: one a layer, its default."""
    return pd.DataFrame({
        "f_table_catalog": "",
        "f_table_schema": "",  # QGIS looks for the empty text, not for a missing one
        "f_table_name": list(styles),
        "f_geometry_column": _GEOMETRY,
        "styleName": "phusong",
        "styleQML": list(styles.values()),
        "styleSLD": "",
        "useAsDefault": True,
        "description": "Phủ Sóng",
        "owner": "phusong",
        "ui": "",
        "update_time": pd.Timestamp(as_of, tz="UTC"),
    })  # fmt: skip
