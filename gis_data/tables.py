"""A table of the schema from a file of any format: checked, typed, sorted by id."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..errors import Problem
from .coordinates import POSITION_COLUMNS
from .headers import HeaderMatch, fold, match_headers, other_unit
from .legacy_text import looks_like_tcvn3
from .placing import Area, placement_problems, to_crs
from .positions import read_positions
from .problems import ProblemList
from .schema import TECHNOLOGIES, Column, Table
from .table_files import LayerSourceLike, RawTable, read_raw
from .values import (
    BadValueError,
    as_boolean,
    as_choice,
    as_date,
    as_datetime,
    as_integer,
    as_number,
    as_technology,
    as_text,
    decimal_marks,
    is_empty,
    shown,
)

__all__ = ["CheckedTable", "empty_table", "read_table"]

_NEAR = 0.85  # of difflib: one or two letters in ten
_DTYPES = {
    "text": "object",
    "number": "float64",
    "integer": "Int64",
    "boolean": "boolean",
    "date": "datetime64[us]",
    "datetime": "datetime64[us]",
}


@dataclass(frozen=True)
class CheckedTable:
    """A table that was read.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        The columns of the schema; geometry in the grid's CRS, None where unreadable.
    rows : ndarray of int64
        Spreadsheet row of each record.
    file, sheet : str
        For messages.
    titles : dict of str to str
        Header in the file by schema name.
    """

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    file: str
    sheet: str | None
    titles: dict[str, str]


def read_table(
    folder: Path,
    source: LayerSourceLike,
    table: Table,
    crs: str,
    area: Area | None,
    problems: ProblemList,
) -> CheckedTable | None:
    """Read a table and check all that can be checked without the other tables.

    Parameters
    ----------
    folder : Path
        Project folder.
    source : LayerSourceLike
    table : Table
        Schema.
    crs : str
        CRS of the geometry that is returned.
    area : Area or None
        Where its positions must lie; None checks their range only.
    problems : ProblemList
        Takes what is wrong.

    Returns
    -------
    CheckedTable or None
        Sorted by id; None where the file cannot be read or lacks a column. With errors in `problems` its
        bad cells are empty.
    """
    raw = read_raw(folder, source, table, problems)
    if raw is None:
        return None
    match = match_headers(raw.header, (*table.columns, *POSITION_COLUMNS), raw.cut_names)
    usable = _check_headers(raw, match, table, problems)
    if not raw.rows:
        severity = "error" if table.required else "warning"
        mend = "fill it in" if table.required else "fill it in, or take the layer out of phusong.toml"
        expected = "at least one row below the header"
        problems.add(Problem(raw.file, expected, mend, sheet=raw.sheet, severity=severity))
    marks = decimal_marks(
        value
        for name, at in match.index.items()
        if _kind(table, name) in ("number", "integer")
        for value in {text for text in raw.columns[at] if isinstance(text, str)}
    )
    frame = pd.DataFrame(
        {column.name: _read_column(raw, match, column, marks, problems) for column in table.columns},
        index=pd.RangeIndex(len(raw.rows)),
    )
    titles = {name: raw.header[at] for name, at in match.index.items()}
    _check_unique(frame, raw, table, titles, problems)
    _check_legacy_text(frame, raw, source, problems)
    if table.geometry != "none":
        geometry = _geometry(raw, match, source, table, crs, area, marks, problems)
        if geometry is None:
            return None
        frame = gpd.GeoDataFrame(frame, geometry=geometry, crs=crs)
    if not usable:
        return None
    order = _order(frame, table)
    rows = np.asarray(raw.rows, dtype=np.int64)[order]
    if not np.array_equal(order, np.arange(len(order))):
        frame = frame.iloc[order].reset_index(drop=True)
    return CheckedTable(frame, rows, raw.file, raw.sheet, titles)


def empty_table(table: Table, crs: str) -> pd.DataFrame:
    """Return the table of a layer that the project lacks: no rows, all columns."""
    frame = pd.DataFrame({column.name: pd.Series([], dtype=_dtype(column)) for column in table.columns})
    return frame if table.geometry == "none" else gpd.GeoDataFrame(frame, geometry=[], crs=crs)


def _kind(table: Table, name: str) -> str:
    column = table.by_name.get(name)
    if column is not None:
        return column.kind
    return next(position.kind for position in POSITION_COLUMNS if position.name == name)


def _dtype(column: Column) -> str:
    # a yes or no that is never empty is a plain one, on which numpy works
    return "bool" if column.kind == "boolean" and column.default is not None else _DTYPES[column.kind]


def _check_headers(raw: RawTable, match: HeaderMatch, table: Table, problems: ProblemList) -> bool:
    for name, titles in match.ambiguous.items():
        expected = f"one column for {name}"
        mend = "rename or delete all but one"
        problems.add(Problem(raw.file, expected, mend, None, ", ".join(titles), None, raw.sheet))
    for column in table.columns:
        at = match.index.get(column.name)
        found = None if at is None else other_unit(raw.header[at], column)
        if at is not None and found is not None:
            expected = f"values in {column.unit}"
            mend = f"convert the column from {found}, and write the unit into its header"
            problems.add(Problem(raw.file, expected, mend, None, raw.header[at], None, raw.sheet))
    _warn_of_slips(raw, match, table, problems)
    missing = [column for column in table.columns if column.required and column.name not in match.index]
    unread = ", ".join(title for title in match.unknown if title)
    for column in missing:
        names = " or ".join(dict.fromkeys((column.name, column.label_vi, column.label_en)))
        mend = "add it" + (
            f", or rename the column that holds it; not understood: {unread}" if unread else ""
        )
        problems.add(Problem(raw.file, f"a column {names}", mend, sheet=raw.sheet))
    return not missing


def _warn_of_slips(raw: RawTable, match: HeaderMatch, table: Table, problems: ProblemList) -> None:
    """Warn of headers that are nearly those of optional columns: else their defaults would do silently."""
    names = {
        fold(title): column.name
        for column in table.columns
        if column.name not in match.index and not column.required
        for title in (column.name, column.label_en, column.label_vi)
    }
    for title in match.unknown:
        near = difflib.get_close_matches(fold(title), names, n=1, cutoff=_NEAR)
        if near:
            expected = f"a column {names[near[0]]}, if that is meant; as it is, it is not read"
            place = (None, title, None, raw.sheet)
            problems.add(Problem(raw.file, expected, "mend the header", *place, severity="warning"))


def _read_column(
    raw: RawTable, match: HeaderMatch, column: Column, marks: frozenset[str], problems: ProblemList
) -> pd.Series[Any]:
    at = match.index.get(column.name)
    values: Sequence[Any] = [None] * len(raw.rows) if at is None else raw.columns[at]
    convert = _converter(column, marks)
    title = column.name if at is None else raw.header[at]
    quick = _read_texts(values, column, convert, required=column.required and at is not None)
    if quick is not None:
        return pd.Series(quick, dtype=_dtype(column))
    out: list[Any] = []
    known: dict[str, Any] = {}  # the same few texts stand in very many rows
    for number, value in enumerate(values):
        if type(value) is str and value in known:
            out.append(known[value])
            continue
        if is_empty(value, text=column.kind == "text"):
            if column.required and at is not None:
                mend = "fill it in, or delete the row"
                place = (raw.rows[number], title, "nothing", raw.sheet)
                problems.add(Problem(raw.file, "a value in every row", mend, *place))
            out.append(column.default)
            continue
        try:
            out.append(convert(value))
            if type(value) is str:
                known[value] = out[-1]
        except BadValueError as error:
            out.append(None if column.default is None else column.default)
            place = (raw.rows[number], title, shown(value), raw.sheet)
            problems.add(Problem(raw.file, error.expected, error.mend, *place))
    return pd.Series(out, dtype=_dtype(column))


def _read_texts(
    values: Sequence[Any], column: Column, convert: Callable[[Any], Any], *, required: bool
) -> list[Any] | None:
    """Read a column of texts, each of them once; None where it holds anything else, or something is wrong."""
    try:
        distinct = set(values)
    except TypeError:
        return None
    if any(value is not None and type(value) is not str for value in distinct):
        return None
    if convert is as_text and "" not in distinct and None not in distinct and _as_they_stand(distinct):
        return list(values)
    read: dict[Any, Any] = {}
    for value in distinct:
        if is_empty(value, text=column.kind == "text"):
            if required:
                return None
            read[value] = column.default
            continue
        try:
            read[value] = convert(value)
        except BadValueError:
            return None
    return list(map(read.__getitem__, values))


def _as_they_stand(texts: Iterable[str]) -> bool:
    """Tell whether `as_text` changes none of some texts: ASCII without spaces and apostrophes."""
    together = "".join(texts)
    return together.isascii() and "'" not in together and together.split(None, 1) == [together]


def _converter(column: Column, marks: frozenset[str]) -> Callable[[Any], Any]:
    if column.choices == TECHNOLOGIES:
        return _remembering(as_technology)
    if column.choices:
        return _remembering(lambda value: as_choice(value, column.choices))
    if column.kind == "number":
        return lambda value: _in_range(as_number(value, marks), column)
    if column.kind == "integer":
        return lambda value: int(_in_range(as_integer(value, marks), column))
    plain: dict[str, Callable[[Any], Any]] = {
        "text": as_text,
        "boolean": as_boolean,
        "date": as_date,
        "datetime": as_datetime,
    }
    return plain[column.kind]


def _remembering(convert: Callable[[str], str]) -> Callable[[Any], str]:
    """The same for a few words that stand in very many rows; only texts are alike when they are equal."""
    known = lru_cache(maxsize=1024)(convert)
    return lambda value: known(value) if isinstance(value, str) else convert(value)


def _in_range(number: float, column: Column) -> float:
    low, high = column.minimum, column.maximum
    if (low is None or number >= low) and (high is None or number <= high):
        return number
    bounds = f"{low:g} to {high:g}" if low is not None and high is not None else f"{low:g} or more"
    unit = f" {column.unit}" if column.unit else ""
    raise BadValueError(f"a number of {bounds}{unit}", f"mend the number, or turn it into{unit or ' range'}")


def _check_unique(
    frame: pd.DataFrame, raw: RawTable, table: Table, titles: dict[str, str], problems: ProblemList
) -> None:
    for column in table.columns:
        if not column.unique or column.name not in titles:
            continue
        if len(set(frame[column.name])) == len(frame):
            continue
        first: dict[str, int] = {}
        for row, value in zip(raw.rows, frame[column.name], strict=True):
            if is_empty(value, text=True):
                continue
            if value in first:
                mend = f"it stands in row {first[value]} too: rename or delete one"
                place = (row, titles[column.name], shown(value), raw.sheet)
                problems.add(Problem(raw.file, "an id that stands only once", mend, *place))
            first.setdefault(value, row)


def _check_legacy_text(
    frame: pd.DataFrame, raw: RawTable, source: LayerSourceLike, problems: ProblemList
) -> None:
    for name in ("name", "commune"):
        if name not in frame:
            continue
        texts = [value for value in frame[name] if isinstance(value, str)]
        odd = [value for value in texts if looks_like_tcvn3(value)]
        if len(odd) * 5 > len(texts):
            mend = 'if it is TCVN3 (ABC fonts): encoding = "tcvn3" in phusong.toml, or save it as UTF-8'
            place = (None, name, shown(odd[0]), raw.sheet, "warning")
            problems.add(Problem(raw.file, "Vietnamese in Unicode", mend, *place))


def _geometry(
    raw: RawTable,
    match: HeaderMatch,
    source: LayerSourceLike,
    table: Table,
    crs: str,
    area: Area | None,
    marks: frozenset[str],
    problems: ProblemList,
) -> NDArray[Any] | None:
    written = read_positions(raw, match, source, table, area, marks, problems)
    if written is None:
        return None
    try:
        if area is not None:
            placement_problems(written, raw.rows, area, raw.file, raw.sheet, problems)
        return to_crs(written, crs)
    except ValueError:
        expected = f"a CRS that PROJ can turn into {crs}"
        mend = 'name its CRS in phusong.toml: crs = "EPSG:…"'
        problems.add(Problem(raw.file, expected, mend, value=shown(written.crs), sheet=raw.sheet))
        return None


def _order(frame: pd.DataFrame, table: Table) -> NDArray[np.int64]:
    """Order by the unique columns, else by all: never by the order of the file."""
    names = [column.name for column in table.columns if column.unique] or [c.name for c in table.columns]
    if len(names) == 1 and frame[names[0]].dtype == object:
        texts = frame[names[0]].tolist()
        if len(set(texts)) == len(texts) and all(type(text) is str for text in texts):
            return np.array(sorted(range(len(texts)), key=texts.__getitem__), dtype=np.int64)
    keys = pd.DataFrame({name: _sort_key(frame[name]) for name in names})
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = np.asarray(frame.geometry.array, dtype=object)
        keys["__geometry"] = [wkb or b"" for wkb in shapely.to_wkb(shapes)]
    order = keys.reset_index(drop=True).sort_values(list(keys.columns), kind="stable").index
    return np.asarray(order, dtype=np.int64)


def _sort_key(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.fillna("").astype(str) if column.dtype == object else column
