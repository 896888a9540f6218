"""Tables to disk: XLSX, GeoPackage and CSV, the same bytes for the same tables, whole or not at all."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from ..errors import OutputLockedError
from .csv_file import save_csv
from .geopackage import write_layers
from .placing import WGS84
from .plain_columns import PlainColumn, contents_of, plain
from .schema import Table
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
_NARROWEST, _WIDEST, _MEASURED_ROWS = 12, 48, 200
_TRUTHS = {"vi": ("không", "có"), "en": ("no", "yes")}
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
    kept: Path | None = None,
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
    kept : Path, optional
        Folder in which blocks of rows are kept for the next run, in a file of this file's name: with the same
        values it takes less time. What is written does not depend on it.

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
            part, pages, as_of=as_of, creator="phusong", title=title, description=description,
            kept=_kept(kept, path),
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
    with written_aside(path) as part:
        tables = {name: _layer(frame, crs) for name, frame in layers.items()}
        found = {name: qml for name, qml in (styles or {}).items() if name in layers}
        write_layers(part, tables, found, as_of)


def write_csv(
    path: Path,
    frame: pd.DataFrame,
    *,
    headers: Mapping[str, str] | None = None,
    kept: Path | None = None,
) -> None:
    """Write a CSV file in UTF-8 with a byte-order mark (spreadsheets need it), commas and decimal dots.

    What a spreadsheet would take for a formula gets an apostrophe in front (`formulas.guarded`); our reader
    takes it off.

    Parameters
    ----------
    path : Path
    frame : DataFrame or GeoDataFrame
        A geometry is written as longitude and latitude.
    headers : mapping of str to str, optional
        See `schema_headers`.
    kept : Path, optional
        As in `write_xlsx`.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    """
    table = _with_lon_lat(frame, ("lon", "lat"))
    titles = [(headers or {}).get(str(name), str(name)) for name in table.columns]
    with written_aside(path) as part:
        save_csv(part, titles, table, _kept(kept, path))


def _kept(folder: Path | None, path: Path) -> Path | None:
    return None if folder is None else folder / f"{path.name}.blocks"


def _page(sheet: Sheet, language: str) -> Page:
    frame = _with_lon_lat(sheet.frame, _LON_LAT[language])
    titles = [sheet.headers.get(str(name), str(name)) for name in frame.columns]

    def say(value: Any) -> Any:
        found = _cell_value(value)
        return _TRUTHS[language][found] if isinstance(found, bool) else found

    shown = {**dict.fromkeys(_LON_LAT[language], DEGREES), **sheet.formats}
    columns = [PlainColumn(frame.iloc[:, at], say, _TRUTHS[language]) for at in range(frame.shape[1])]
    widths = [
        min(_WIDEST, max([_NARROWEST, len(title) + 4, *(len(str(v)) + 2 for v in column[:_MEASURED_ROWS])]))
        for title, column in zip(titles, columns, strict=True)
    ]
    formats = [shown.get(str(name), "") for name in frame.columns]
    return Page(sheet.name, titles, columns, formats, widths, contents_of(columns))


def _cell_value(value: Any) -> Any:
    value = plain(value)
    return value if value is None or isinstance(value, str | int | float | date) else str(value)


def _layer(frame: pd.DataFrame, crs: str | None) -> pd.DataFrame:
    """A table as a GeoPackage takes it, in a CRS."""
    if isinstance(frame, gpd.GeoDataFrame) and crs is not None:
        frame = frame.to_crs(crs)
    loose = [name for name in frame.columns if frame[name].dtype == object and not frame[name].isna().all()]
    spoken: dict[str, Any] = {
        name: [value if type(value) is str else plain(value) for value in frame[name].tolist()]
        for name in loose
    }
    return frame.assign(**spoken) if spoken else frame


def _with_lon_lat(frame: pd.DataFrame, titles: tuple[str, str]) -> pd.DataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    shapes = frame.geometry.to_numpy()
    points = shapes if (shapely.get_type_id(shapes) <= 0).all() else shapely.point_on_surface(shapes)
    places = np.stack([shapely.get_x(points), shapely.get_y(points)])
    there = np.isfinite(places).all(axis=0)
    if there.any():
        places[:, there] = Transformer.from_crs(frame.crs, WGS84, always_xy=True).transform(*places[:, there])
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return table.assign(**dict(zip(titles, np.round(places, 6), strict=True)))


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
