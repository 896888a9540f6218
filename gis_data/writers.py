"""Tables to disk: XLSX, GeoPackage and CSV, the same bytes for the same tables, whole or not at all."""

from __future__ import annotations

import csv
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from ..errors import OutputLockedError
from .formulas import guarded
from .placing import WGS84
from .schema import Table
from .table_files import STYLE_LAYER
from .units import DEGREES, number_format, with_unit
from .xlsx import Page, save_workbook

__all__ = [
    "Sheet",
    "schema_formats",
    "schema_headers",
    "stamped",
    "write_csv",
    "write_geopackage",
    "write_xlsx",
    "written_aside",
]

XLSX_ROWS = 1_048_576
_GEOMETRY_COLUMN = "geom"
_NARROWEST, _WIDEST, _MEASURED_ROWS = 12, 48, 200
_LON_LAT = {"vi": ("Kinh độ (°)", "Vĩ độ (°)"), "en": ("Longitude (°)", "Latitude (°)")}
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Attributes
    ----------
    name : str
        At most 31 characters.
    frame : DataFrame or GeoDataFrame
        A geometry is written as longitude and latitude (of a point on it).
    headers : dict of str to str
        What stands above each column; a column that is not named keeps its name. See `schema_headers`.
    formats : dict of str to str
        Number format of columns, for their numbers only. See `schema_formats`.
    """

    name: str
    frame: pd.DataFrame
    headers: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)


def schema_headers(table: Table, language: str) -> dict[str, str]:
    """Return the header of each column of a table, with its unit.

    Parameters
    ----------
    table : Table
    language : {"vi", "en"}
    """
    headers = {}
    for column in table.columns:
        label = (column.label_vi if language == "vi" else column.label_en) or column.name
        headers[column.name] = with_unit(label, column.unit, language)
    return headers


def schema_formats(table: Table) -> dict[str, str]:
    """Return the number format of each column of a table that has one, by its unit and kind."""
    formats = {column.name: number_format(column.unit, column.kind) for column in table.columns}
    return {name: shown for name, shown in formats.items() if shown}


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a path of the same name in a folder aside; on leaving without an error it replaces `path`.

    Raises
    ------
    OutputLockedError
        The folder cannot be written, or the file cannot be replaced; the earlier file is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = tempfile.TemporaryDirectory(prefix=".aside-", dir=path.parent, ignore_cleanup_errors=True)
    except OSError as error:
        raise OutputLockedError(f"cannot write {path}: {error.strerror or error}") from error
    with aside as folder:
        part = Path(folder) / path.name
        yield part
        try:
            part.replace(path)
        except OSError as error:
            raise OutputLockedError(
                f"cannot replace {path}: close the program that has it open, or mend the permission; "
                f"the earlier file is untouched ({error.strerror or error})"
            ) from error


def write_xlsx(
    path: Path,
    sheets: Sequence[Sheet],
    *,
    as_of: date,
    language: str = "vi",
    title: str = "",
    description: str = "",
) -> None:
    """Write a workbook with filters, a frozen header row and texts that no spreadsheet takes for formulas.

    Parameters
    ----------
    path : Path
    sheets : sequence of Sheet
        At least one.
    as_of : date
        Written as the date of the document, so that the same tables give the same bytes.
    language : {"vi", "en"}
        Of the longitude and latitude headers, and of yes and no.
    title, description : str
        Properties of the document; empty: none.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    ValueError
        A sheet has more rows than a spreadsheet holds.
    """
    for sheet in sheets:
        if len(sheet.frame) >= XLSX_ROWS:
            found = f"{len(sheet.frame):,} rows, a spreadsheet holds {XLSX_ROWS - 1:,}"
            raise ValueError(f"sheet {sheet.name}: {found}")
    with written_aside(path) as part:
        pages = (_page(sheet, language) for sheet in sheets)
        save_workbook(
            part, pages, as_of=as_of, creator="phusong", title=title, description=description
        )  # fmt: skip


def write_geopackage(
    path: Path,
    layers: Mapping[str, pd.DataFrame],
    *,
    as_of: date,
    crs: str | None = None,
    styles: Mapping[str, str] | None = None,
) -> None:
    """Write tables as the layers of one GeoPackage, with the styles that QGIS shows them in.

    Parameters
    ----------
    path : Path
    layers : mapping of str to GeoDataFrame or DataFrame
        By layer name; a frame without geometry becomes an attribute table.
    as_of : date
        Written as the time of the last change, so that the same tables give the same bytes.
    crs : str or None
        CRS of all layers; None leaves each as it is.
    styles : mapping of str to str, optional
        QML documents by layer name; kept in the table ``layer_styles``, where QGIS looks for them.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    """
    with written_aside(path) as part, _gdal_date(as_of):
        for number, (name, frame) in enumerate(layers.items()):
            _write_layer(part, name, frame, crs, append=number > 0)
        found = {name: qml for name, qml in (styles or {}).items() if name in layers}
        if found:
            _write_styles(part, found, as_of)


def write_csv(path: Path, frame: pd.DataFrame, *, headers: Mapping[str, str] | None = None) -> None:
    """Write a CSV file in UTF-8 with a byte-order mark (spreadsheets need it), commas and decimal dots.

    What a spreadsheet would take for a formula gets an apostrophe in front (`formulas.guarded`); our reader
    takes it off.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    """
    plain = _with_lon_lat(frame, ("lon", "lat"))
    titles = [(headers or {}).get(str(name), str(name)) for name in plain.columns]
    with written_aside(path) as part, part.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(titles)
        columns = [_csv_values(plain.iloc[:, at]) for at in range(plain.shape[1])]
        writer.writerows(zip(*columns, strict=True))


def _page(sheet: Sheet, language: str) -> Page:
    frame = _with_lon_lat(sheet.frame, _LON_LAT[language])
    titles = [sheet.headers.get(str(name), str(name)) for name in frame.columns]
    shown = {**dict.fromkeys(_LON_LAT[language], DEGREES), **sheet.formats}
    columns = [_values(frame.iloc[:, at], language) for at in range(frame.shape[1])]
    widths = [
        min(_WIDEST, max([_NARROWEST, len(title) + 4, *(len(str(v)) + 2 for v in column[:_MEASURED_ROWS])]))
        for title, column in zip(titles, columns, strict=True)
    ]
    return Page(sheet.name, titles, columns, [shown.get(str(name), "") for name in frame.columns], widths)


def _values(column: pd.Series[Any], language: str) -> list[Any]:
    """A column as a spreadsheet keeps it: plain texts, numbers and dates; None where nothing stands."""
    values = column.tolist()
    if column.dtype.kind in "iu" and not pd.api.types.is_extension_array_dtype(column.dtype):
        return values
    if column.dtype.kind == "f" and not pd.api.types.is_extension_array_dtype(column.dtype):
        return [None if value != value else value for value in values]
    return [value if type(value) is str else _cell_value(value, language) for value in values]


def _cell_value(value: Any, language: str) -> Any:
    value = _plain(value)
    if isinstance(value, bool):
        return {"vi": ("không", "có"), "en": ("no", "yes")}[language][value]
    if value is None or isinstance(value, str | int | float | date):
        return value
    return str(value)


def _csv_values(column: pd.Series[Any]) -> list[Any]:
    values = column.tolist()
    if column.dtype.kind == "f" and not pd.api.types.is_extension_array_dtype(column.dtype):
        return [None if value != value else value for value in values]
    texts: dict[str, str] = {}  # a few words stand in very many rows
    return [
        (texts.get(value) or texts.setdefault(value, guarded(value)))
        if type(value) is str
        else _csv_value(value)
        for value in values
    ]


def _csv_value(value: Any) -> Any:
    value = _plain(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return guarded(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, set, frozenset)):
        return "; ".join(sorted(map(str, value)) if isinstance(value, (set, frozenset)) else map(str, value))
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    return value.item() if hasattr(value, "item") else value


def _with_lon_lat(frame: pd.DataFrame, titles: tuple[str, str]) -> pd.DataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    points = frame.geometry.representative_point().to_crs(WGS84)
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return plain.assign(**{titles[0]: points.x.round(6).to_numpy(), titles[1]: points.y.round(6).to_numpy()})


@contextmanager
def stamped(part: Path, as_of: date) -> Iterator[Path]:
    """Give a path for openpyxl to save to; on leaving the workbook is in `part`, dated `as_of` throughout.

    openpyxl writes the time of saving into the properties and into the zip entries.
    """
    raw = part.with_name(part.name + ".raw")
    yield raw
    _stamp_workbook(raw, part, as_of)
    raw.unlink()


def _stamp_workbook(raw: Path, part: Path, stamp: date) -> None:
    text = f"{stamp.isoformat()}T00:00:00Z".encode()
    moment = (max(stamp.year, 1980), stamp.month, stamp.day, 0, 0, 0)  # zip begins in 1980
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = source.read(entry)
            if entry == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + text + rb"\g<3>", content)
            info = zipfile.ZipInfo(entry, date_time=moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0  # the same bytes on every operating system
            target.writestr(info, content)


@contextmanager
def _gdal_date(as_of: date) -> Iterator[None]:
    """Let GDAL write this date instead of now."""
    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: f"{as_of.isoformat()}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _write_layer(path: Path, name: str, frame: pd.DataFrame, crs: str | None, append: bool) -> None:
    if isinstance(frame, gpd.GeoDataFrame) and crs is not None:
        frame = frame.to_crs(crs)
    plain = frame.copy()
    for column in plain.columns:
        if plain[column].dtype == object and not plain[column].isna().all():
            plain[column] = [_plain(value) for value in plain[column]]
    _append(plain, path, name, append, {"GEOMETRY_NAME": _GEOMETRY_COLUMN})


def _append(frame: pd.DataFrame, path: Path, name: str, append: bool, options: Mapping[str, str]) -> None:
    """Write one layer; a version and dates that programs of 2022 read without a warning."""
    pyogrio.write_dataframe(
        frame, path, layer=name, driver="GPKG", append=append,
        dataset_options=None if append else {"VERSION": "1.3"},
        layer_options={"DATETIME_PRECISION": "MILLISECOND", **options},
    )  # fmt: skip


def _write_styles(path: Path, styles: Mapping[str, str], as_of: date) -> None:
    """Add the table that QGIS reads styles from: one a layer, its default."""
    table = pd.DataFrame({
        "f_table_catalog": "",
        "f_table_schema": "",  # QGIS looks for the empty text, not for a missing one
        "f_table_name": list(styles),
        "f_geometry_column": _GEOMETRY_COLUMN,
        "styleName": "phusong",
        "styleQML": list(styles.values()),
        "styleSLD": "",
        "useAsDefault": True,
        "description": "Phủ Sóng",
        "owner": "phusong",
        "ui": "",
        "update_time": pd.Timestamp(as_of, tz="UTC"),
    })  # fmt: skip
    _append(table, path, STYLE_LAYER, True, {"FID": "id"})
