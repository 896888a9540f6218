"""The files that tables come in, taken apart: header, columns, rows, geometry; nothing interpreted."""

from __future__ import annotations

import csv
import difflib
import importlib.util
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from xml.etree.ElementTree import ParseError

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
from defusedxml.common import DefusedXmlException
from numpy.typing import NDArray

from ..errors import Problem
from .coordinates import POSITION_COLUMNS
from .headers import HEADER_ROWS_TRIED, find_header_row
from .kml import KmlError, read_kml
from .legacy_text import LEGACY_ENCODINGS, decode
from .problems import ProblemList
from .schema import Table
from .values import is_empty

__all__ = ["STYLE_LAYER", "LayerSourceLike", "RawTable", "delimiter_of", "missing_file", "read_raw"]

DEFAULT_ENCODING = "utf-8-sig"
STYLE_LAYER = "layer_styles"
"""Table of a GeoPackage in which QGIS keeps styles; no layer of anybody's."""
_DELIMITERS = (",", ";", "\t", "|")
_BYTEWISE = {"tcvn3": "latin-1", "vni": "cp1252"}


class LayerSourceLike(Protocol):
    """Where a layer lies and how it is read: one entry of ``[layers]``."""

    @property
    def path(self) -> str:
        """Path relative to the project folder."""

    @property
    def sheet(self) -> str | None:
        """Sheet of a workbook or layer of a GeoPackage."""

    @property
    def crs(self) -> str | None:
        """CRS of the coordinates where the file does not say."""

    @property
    def encoding(self) -> str:
        """Encoding of the text."""


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in its file.

    Attributes
    ----------
    file : str
        Path as the user wrote it.
    sheet : str or None
        Sheet or layer where the file has several.
    header : list of str
    columns : list of sequences
        Values as the file gives them, one sequence a header.
    rows : list of int
        Row of each record as a spreadsheet shows it.
    geometry : ndarray of shapely geometries or None
    crs : str or None
        Of the geometry, as the file says.
    cut_names : bool
        Column names may be cut to 10 characters.
    """

    file: str
    sheet: str | None
    header: list[str]
    columns: list[Sequence[Any]]
    rows: list[int]
    geometry: NDArray[Any] | None = None
    crs: str | None = None
    cut_names: bool = False


def read_raw(folder: Path, source: LayerSourceLike, table: Table, problems: ProblemList) -> RawTable | None:
    """Open a table of any supported format.

    Parameters
    ----------
    folder : Path
        Folder that the source's path is relative to.
    source : LayerSourceLike
    table : Table
        Schema; tells the header row from titles above it, and names the sheet looked for.
    problems : ProblemList
        Takes what is wrong.

    Returns
    -------
    RawTable or None
        None where the file could not be read.
    """
    path = folder / source.path
    if not path.is_file():
        problems.add(missing_file(path, source.path))
        return None
    if path.stat().st_size == 0:
        problems.add(Problem(source.path, "a table with a header row", "the file is empty: export it again"))
        return None
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(_READERS))
        problems.add(Problem(source.path, f"one of the formats {known}", "save it as .xlsx, .csv or .gpkg"))
        return None
    return reader(path, source, table, problems)


def missing_file(path: Path, written: str) -> Problem:
    """Return the problem of a file that is not there, with the nearest name in its folder."""
    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return Problem(written, "a file at this path", f"check the path in phusong.toml{hint}")


def _read_csv(path: Path, source: LayerSourceLike, table: Table, problems: ProblemList) -> RawTable | None:
    try:
        text = decode(path.read_bytes(), source.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        problems.add(_wrong_encoding(source, str(error)))
        return None
    try:
        delimiter = delimiter_of(text)
        quick = _plain_table(text, delimiter, source.path, table)
        if quick is not None:
            return quick
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        problems.add(Problem(source.path, "a CSV file", f"save it again as CSV UTF-8: {error}"))
        return None
    return _from_records(records, source.path, None, table, problems)


def _plain_table(text: str, delimiter: str, file: str, table: Table) -> RawTable | None:
    """Read a list without quotes, with the header on top and as many values in every row; None for others."""
    text = text.replace("\r\n", "\n").removesuffix("\n")
    if '"' in text or "\r" in text or len(max(text.split("\n"), key=len)) > csv.field_size_limit():
        return None
    lines, width = text.count("\n") + 1, text.partition("\n")[0].count(delimiter) + 1
    values = text.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    if len(values) != lines * (width + 1) - 1 or values[width :: width + 1].count("\n") != lines - 1:
        return None
    columns = [values[at :: width + 1] for at in range(width)]
    top = [[column[row] for column in columns] for row in range(min(lines, HEADER_ROWS_TRIED))]
    header = [title.strip() for title in top[0]]
    if find_header_row(top, (*table.columns, *POSITION_COLUMNS)) != 0 or not header[-1]:
        return None
    if not all(map(str.strip, columns[0])):
        return None  # empty rows, or rows with a title in them
    return RawTable(file, None, header, [column[1:] for column in columns], list(range(2, lines + 1)))


def delimiter_of(text: str) -> str:
    """Return the mark that parts the first lines of a CSV text most often; quoted text does not count."""
    head = text.splitlines()[:5]
    unquoted = ["".join(line.split('"')[::2]) for line in head]
    return max(_DELIMITERS, key=lambda mark: max((line.count(mark) for line in unquoted), default=0))


def _read_xlsx(path: Path, source: LayerSourceLike, table: Table, problems: ProblemList) -> RawTable | None:
    import openpyxl  # takes as long as a small table: only where one is a workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        mend = f"open it in a spreadsheet program and save it as .xlsx again ({_reason(error)})"
        problems.add(Problem(source.path, "an XLSX workbook", mend))
        return None
    try:
        names = [sheet.title for sheet in book.worksheets]
        name = _choose_layer(names, source, table, problems, several_allowed=True)
        if name is None:
            return None
        records = [list(row) for row in book[name].iter_rows(values_only=True)]
    except (DefusedXmlException, ParseError, zipfile.BadZipFile, KeyError, OSError) as error:
        mend = f"open it in a spreadsheet program and save it as .xlsx again ({_reason(error)})"
        problems.add(Problem(source.path, "a sheet that can be read", mend))
        return None
    finally:
        book.close()
    return _from_records(records, source.path, name if len(names) > 1 else None, table, problems)


def _reason(error: BaseException) -> str:
    """Return on one line why a workbook cannot be read: openpyxl takes several, and hides the cause."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, DefusedXmlException):
        return f"entities inside a workbook are refused: {type(cause).__name__}"
    return str(error).strip().partition("\n")[0]


def _choose_layer(
    names: list[str],
    source: LayerSourceLike,
    table: Table,
    problems: ProblemList,
    several_allowed: bool = False,
) -> str | None:
    """The sheet that is asked for, the one named like the table, or the only (first) one."""
    listed = ", ".join(names) or "none"
    if source.sheet is not None:
        if source.sheet in names:
            return source.sheet
        expected = f"a sheet or layer of this name; the file has: {listed}"
        problems.add(Problem(source.path, expected, "mend sheet in phusong.toml", value=source.sheet))
        return None
    for name in (table.name, table.label_en, table.label_vi):
        if name in names:
            return name
    if len(names) == 1 or (names and several_allowed):
        return names[0]
    mend = f'name the layer in phusong.toml: sheet = "…"; the file has: {listed}'
    problems.add(Problem(source.path, f"one layer, or one named {table.name}", mend))
    return None


def _from_records(
    records: list[list[Any]], file: str, sheet: str | None, table: Table, problems: ProblemList
) -> RawTable | None:
    top = find_header_row(records, (*table.columns, *POSITION_COLUMNS))
    if not records or all(is_empty(value, text=True) for value in records[top]):
        mend = "the file holds no header: export it again"
        problems.add(Problem(file, "a table with a header row", mend, sheet=sheet))
        return None
    header = ["" if value is None else str(value).strip() for value in records[top]]
    while header and not header[-1]:
        header.pop()
    width, kept, rows = len(header), [], []
    for number, record in enumerate(records[top + 1 :], start=top + 2):
        if len(record) == width and isinstance(record[0], str) and record[0].strip():
            kept.append(record)  # as nearly every row of a list is; the rest takes its time
            rows.append(number)
            continue
        if all(is_empty(value, text=True) for value in record):
            continue
        beyond = [value for value in record[width:] if not is_empty(value, text=True)]
        if beyond:
            expected = f"{width} values, as many as the header has"
            mend = 'put a value that holds the delimiter in quotes ("…"), or give the column a header'
            problems.add(Problem(file, expected, mend, row=number, value=str(beyond[0])[:60], sheet=sheet))
        kept.append((record + [None] * width)[:width])
        rows.append(number)
    columns: list[Sequence[Any]] = list(zip(*kept, strict=True)) if kept else [() for _ in header]
    return RawTable(file, sheet, header, columns, rows)


def _read_vector(path: Path, source: LayerSourceLike, table: Table, problems: ProblemList) -> RawTable | None:
    suffix = path.suffix.lower()
    try:
        names = [name for name in map(str, pyogrio.list_layers(path)[:, 0]) if name != STYLE_LAYER]
        name = _choose_layer(names, source, table, problems)
        if name is None:
            return None
        frame = pyogrio.read_dataframe(path, layer=name, **_encoding(path, source))
    except UnicodeDecodeError as error:
        problems.add(_wrong_encoding(source, str(error)))
        return None
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        reason = str(error).splitlines()[0]
        problems.add(Problem(source.path, f"a readable {suffix} file", f"export it again ({reason})"))
        return None
    sheet = name if len(names) > 1 else None
    return _from_frame(frame, source, sheet, cut_names=suffix in (".shp", ".zip"))


def _read_placemarks(
    path: Path, source: LayerSourceLike, table: Table, problems: ProblemList
) -> RawTable | None:
    try:
        frame = read_kml(path)
    except KmlError as error:
        problems.add(Problem(source.path, "a KML or KMZ document", f"export it again ({error})"))
        return None
    return _from_frame(frame, source, None, cut_names=False)


def _encoding(path: Path, source: LayerSourceLike) -> dict[str, str]:
    """How the text of the old formats is read; the new ones are UTF-8 by definition."""
    if path.suffix.lower() not in (".shp", ".tab", ".mif"):
        return {}
    if source.encoding != DEFAULT_ENCODING:
        return {"encoding": _BYTEWISE.get(source.encoding.lower(), source.encoding)}
    says_itself = path.suffix.lower() != ".shp" or path.with_suffix(".cpg").exists()
    return {} if says_itself else {"encoding": "utf-8"}


def _read_parquet(
    path: Path, source: LayerSourceLike, table: Table, problems: ProblemList
) -> RawTable | None:
    if importlib.util.find_spec("pyarrow") is None:
        mend = 'install it (pip install "phusong[geoparquet]"), or save the layer as .gpkg'
        problems.add(Problem(source.path, "pyarrow, to read GeoParquet", mend))
        return None
    try:
        frame = gpd.read_parquet(path)
    except ValueError:  # no geometry in it
        frame = pd.read_parquet(path)
    except OSError as error:
        problems.add(Problem(source.path, "a GeoParquet file", f"export it again ({error})"))
        return None
    return _from_frame(frame, source, None, cut_names=False)


def _from_frame(frame: pd.DataFrame, source: LayerSourceLike, sheet: str | None, cut_names: bool) -> RawTable:
    geometry, crs = None, None
    if isinstance(frame, gpd.GeoDataFrame):
        geometry = np.asarray(frame.geometry.array, dtype=object)
        crs = None if frame.crs is None else frame.crs.to_wkt()
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    columns: list[Sequence[Any]] = [frame[name].tolist() for name in frame.columns]
    if source.encoding.lower() in LEGACY_ENCODINGS:
        columns = [[_decoded(value, source.encoding.lower()) for value in column] for column in columns]
    rows = list(range(2, len(frame) + 2))
    return RawTable(
        source.path, sheet, [str(n) for n in frame.columns], columns, rows, geometry, crs, cut_names
    )


def _decoded(value: Any, encoding: str) -> Any:
    return decode(value.encode(_BYTEWISE[encoding]), encoding) if isinstance(value, str) else value


def _wrong_encoding(source: LayerSourceLike, reason: str) -> Problem:
    mend = (
        f'save it as UTF-8, or name its encoding in phusong.toml, e.g. encoding = "cp1258", "utf-16", '
        f'"tcvn3" or "vni" ({reason})'
    )
    return Problem(source.path, f"text in {source.encoding}", mend)


_Reader = Callable[[Path, LayerSourceLike, Table, ProblemList], RawTable | None]
_READERS: dict[str, _Reader] = {
    **dict.fromkeys((".csv", ".txt", ".tsv"), _read_csv),
    **dict.fromkeys((".xlsx", ".xlsm"), _read_xlsx),
    **dict.fromkeys((".gpkg", ".geojson", ".json", ".shp", ".tab", ".mif", ".fgb", ".zip"), _read_vector),
    **dict.fromkeys((".kml", ".kmz"), _read_placemarks),
    **dict.fromkeys((".parquet", ".geoparquet"), _read_parquet),
}
