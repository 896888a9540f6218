"""New lists of masts and cells on their way into a project: merged, checked, then put in place together."""

from __future__ import annotations

import codecs
import csv
import difflib
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .errors import Problem
from .file_names import inside
from .gis_data.checks import name_operators
from .gis_data.coordinates import POSITION_COLUMNS
from .gis_data.headers import match_headers
from .gis_data.layers import Layers
from .gis_data.legacy_text import LEGACY_ENCODINGS
from .gis_data.placing import Area
from .gis_data.problems import ProblemList
from .gis_data.schema import TABLES, Table
from .gis_data.table_files import RawTable, delimiter_of, read_raw
from .gis_data.tables import empty_table, read_table
from .gis_data.values import is_empty
from .kept_stations import kept_stations
from .one_run import INPUTS
from .project import Project
from .project_sections import LayerSource
from .publish import staged

__all__ = ["NewFile", "new_files", "put_in_place", "stations_before", "with_files"]

_KEPT = 20
_TEXT = (".csv", ".txt", ".tsv")
_ALONE = (*_TEXT, ".xlsx", ".xlsm", ".gpkg", ".geojson", ".json", ".kml", ".kmz", ".parquet", ".geoparquet")
_BOOKS = (".xlsx", ".xlsm")
_IDS = {"masts": "mast_id", "cells": "cell_id"}


@dataclass(frozen=True)
class NewFile:
    """A station file that will take the place of one of the project's.

    Attributes
    ----------
    table : {"masts", "cells"}
    given : str
        Path as the user wrote it, for messages.
    ready : Path
        The file that will be put in place.
    target : str
        The project's file, as phusong.toml names it.
    rows : tuple of (str, int)
        Of a file that was put together: the file, and its row, that each record comes from.
    warnings : tuple of Problem
        What of the given file is not used.
    """

    table: str
    given: str
    ready: Path
    target: str
    rows: tuple[tuple[str, int], ...] = ()
    warnings: tuple[Problem, ...] = ()

    def same(self, folder: Path) -> bool:
        """Tell whether the project's file holds these bytes already."""
        path = folder / self.target
        return path.is_file() and path.read_bytes() == self.ready.read_bytes()


def new_files(
    project: Project, given: Mapping[str, Path], work: Path, *, changes: bool
) -> tuple[NewFile, ...]:
    """Return the files to put in place: those given, or the project's with the changes written in.

    Parameters
    ----------
    project : Project
    given : mapping of str to Path
        The new file of "masts" and of "cells"; one is enough.
    work : Path
        Folder for what must be written first.
    changes : bool
        The files hold only rows that are new or changed; columns that they lack keep their values.

    Raises
    ------
    InputError
        A file cannot be read, or does not fit the project's: all problems at once.
    """
    problems = ProblemList()
    found = []
    for table, path in sorted(given.items()):
        source = project.layers.get(table)
        if source is None:
            mend = f'add {table} = "{table}.csv" below [layers]'
            problems.add(Problem("phusong.toml", f"a layer {table}", mend, column="layers"))
        elif not path.is_file():
            problems.add(Problem(str(path), "a file at this path", f"check the path after --{table}"))
        elif inside(project.folder, source.path) is None:
            mend = "move the list into the project's folder: nothing is written outside of it"
            problems.add(Problem("phusong.toml", "a path inside the project", mend, value=source.path))
        elif changes:
            merged = _merged(project, table, source, path, work, problems)
            if merged is not None:
                found.append(merged)
        elif path.suffix.lower() in _BOOKS and _is_text(source):
            converted = _converted(project, table, source, path, work, problems)
            if converted is not None:
                found.append(converted)
        elif _fits(path, source, problems):
            found.append(NewFile(table, str(path), path, source.path))
    problems.raise_errors()
    return tuple(found)


def with_files(project: Project, files: Sequence[NewFile]) -> Project:
    """Return the project as it will be with the files in place, reading them where they lie now."""
    layers = {
        **project.layers,
        **{
            file.table: project.layers[file.table].model_copy(update={"path": str(file.ready.resolve())})
            for file in files
        },
    }
    return project.model_copy(update={"layers": layers})


def put_in_place(project: Project, files: Sequence[NewFile]) -> None:
    """Replace the project's files by the new ones, all or none; the old ones are kept in the cache."""
    keep = project.cache / INPUTS
    keep.mkdir(parents=True, exist_ok=True)
    for file in files:
        old = project.folder / file.target
        if old.is_file():
            sha = hashlib.sha256(old.read_bytes()).hexdigest()[:12]
            shutil.copy2(old, keep / f"{file.table}-{sha}{old.suffix}")
    kept = sorted((p for p in keep.iterdir() if p.is_file()), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in kept[_KEPT:]:
        path.unlink(missing_ok=True)
    with staged(project.folder, keep) as aside:
        for file in files:
            to = aside / file.target
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.ready, to)


def _fits(path: Path, source: LayerSource, problems: ProblemList) -> bool:
    """Tell whether a whole list can stand in place of the project's file as it is."""
    ours, theirs = Path(source.path).suffix.lower(), path.suffix.lower()
    if ours not in _ALONE:
        mend = f"keep the list as .csv, .xlsx or .gpkg in phusong.toml; {ours} is several files"
        problems.add(Problem("phusong.toml", "a list that is one file", mend, value=source.path))
        return False
    if theirs != ours and not {theirs, ours} <= set(_TEXT):
        mend = "save it in that format, or change the path in phusong.toml and run phusong run"
        problems.add(Problem(str(path), f"a {ours} file, as the project's {source.path}", mend))
        return False
    return True


def _merged(
    project: Project, name: str, source: LayerSource, path: Path, work: Path, problems: ProblemList
) -> NewFile | None:
    """Write the project's list with the changed rows in it; None where that cannot be done."""
    if not _is_text(source):
        mend = "give the whole list, without --changes"
        problems.add(Problem(source.path, "a project's list that is CSV in Unicode", mend))
        return None
    table = TABLES[name]
    quiet = ProblemList()
    old = read_raw(project.folder, source, table, quiet)
    problems.extend(quiet.listed("error"))
    given = source.model_copy(update={"path": str(path.resolve()), "sheet": None})
    new = _changed_rows(project, table, given, str(path), problems)
    if old is None or new is None:
        return None
    header, rows, origins = _merge(old, new, table, str(path), problems)
    if problems.error_count:
        return None
    ready = _written_list(project, source, work, header, rows)
    return NewFile(name, str(path), ready, source.path, origins, _unread(new, table, str(path)))


def _converted(
    project: Project, name: str, source: LayerSource, path: Path, work: Path, problems: ProblemList
) -> NewFile | None:
    """Write the whole list of a workbook in the format of the project's."""
    found = ProblemList()
    given = source.model_copy(update={"path": str(path.resolve()), "sheet": None})
    raw = read_raw(project.folder, given, TABLES[name], found)
    problems.extend(replace(problem, file=str(path)) for problem in found.listed("error"))
    if raw is None:
        return None
    rows = [[_written(value) for value in record] for record in zip(*raw.columns, strict=True)]
    ready = _written_list(project, source, work, raw.header, rows)
    return NewFile(name, str(path), ready, source.path, tuple((str(path), row) for row in raw.rows))


def _is_text(source: LayerSource) -> bool:
    return Path(source.path).suffix.lower() in _TEXT and source.encoding.lower() not in LEGACY_ENCODINGS


def _written_list(
    project: Project, source: LayerSource, work: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Path:
    """Write a list as the project's is written: its encoding, and what parts its columns."""
    ours, to = project.folder / source.path, work / source.path
    encoding, delimiter = _encoding_of(ours, source), ","
    if ours.is_file():
        with ours.open(encoding=source.encoding, errors="replace") as stream:
            delimiter = delimiter_of("".join(line for _, line in zip(range(5), stream, strict=False)))
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return to


def _unread(raw: RawTable, table: Table, said: str) -> tuple[Problem, ...]:
    """Warn of columns that are not understood: what they say is not written into the project's list."""
    unknown = [
        title for title in match_headers(raw.header, (*table.columns, *POSITION_COLUMNS)).unknown if title
    ]
    names = {column.name: column.name for column in table.columns}
    names |= {word: column.name for column in table.columns for word in (column.label_vi, column.label_en)}
    found = []
    for title in unknown:
        near = difflib.get_close_matches(title, names, n=1)
        mend = f"rename it to {names[near[0]]}, if that is meant" if near else "leave it out, or rename it"
        expected = f"a column of the table {table.name}; this one is not used"
        found.append(Problem(said, expected, mend, column=title, severity="warning"))
    return tuple(found)


def _encoding_of(path: Path, source: LayerSource) -> str:
    """Return the encoding to write in: a mark at the beginning only where the project's list has one."""
    if source.encoding.lower() != "utf-8-sig" or (
        path.is_file() and path.read_bytes().startswith(codecs.BOM_UTF8)
    ):
        return source.encoding
    return "utf-8"


def _changed_rows(
    project: Project, table: Table, source: LayerSource, said: str, problems: ProblemList
) -> RawTable | None:
    """Read and check the changes by themselves: their ids and the columns that they have."""
    found = ProblemList()
    raw = read_raw(project.folder, source, table, found)
    if raw is not None:
        match = match_headers(raw.header, (*table.columns, *POSITION_COLUMNS), raw.cut_names)
        key = _IDS[table.name]
        columns = tuple(
            replace(column, required=column.name == key, refers_to="") for column in table.columns
        )
        placed = any(column.name in match.index for column in POSITION_COLUMNS)
        geometry = table.geometry if placed else "none"
        part = replace(table, columns=columns, geometry=geometry)
        if not set(match.index) - {key}:
            unread = ", ".join(title for title in match.unknown if title)
            mend = f"rename the columns: not understood: {unread}" if unread else "add what changed"
            found.add(Problem(source.path, f"a column of the table {table.name} beside {key}", mend))
        bounds = project.area.bounds
        area = None if bounds is None else Area(*bounds, "[area] bounds")
        read_table(project.folder, source, part, project.area.crs, area, found)
        if raw.geometry is not None:
            mend = "give the changes as CSV or XLSX with columns for the position"
            found.add(Problem(source.path, "a table without geometry", mend))
    problems.extend(replace(problem, file=said) for problem in found.listed("error"))
    return raw


def _merge(
    old: RawTable, new: RawTable, table: Table, said: str, problems: ProblemList
) -> tuple[list[str], list[list[Any]], tuple[tuple[str, int], ...]]:
    """Lay the rows of the changes over those of the same id; new ids come at the end.

    Returns
    -------
    header, rows
    origins : tuple of (str, int)
        File and row that each of the rows comes from.
    """
    key, known = _IDS[table.name], (*table.columns, *POSITION_COLUMNS)
    at_old, at_new = match_headers(old.header, known).index, match_headers(new.header, known).index
    if key not in at_old or key not in at_new:
        return old.header, [], ()
    places = {column.name for column in POSITION_COLUMNS}
    foreign = sorted(places & set(at_new) - set(at_old))
    if foreign:
        ours = ", ".join(old.header[at_old[name]] for name in sorted(places & set(at_old))) or "a geometry"
        mend = f"write positions as the project's list does: {ours}"
        problems.add(Problem(said, "positions in the project's columns", mend, value=", ".join(foreign)))
    added = [name for name in at_new if name not in at_old and name not in places]
    header = [*old.header, *added]
    column_of = {**at_old, **{name: len(old.header) + k for k, name in enumerate(added)}}
    rows = [[*record, *[""] * len(added)] for record in zip(*old.columns, strict=True)]
    origins = [(old.file, number) for number in old.rows]
    at_row = {str(row[at_old[key]]).strip(): place for place, row in enumerate(rows)}
    for record, number in zip(zip(*new.columns, strict=True), new.rows, strict=True):
        row_id = str(record[at_new[key]]).strip()
        if row_id not in at_row:
            at_row[row_id] = len(rows)
            rows.append([""] * len(header))
            origins.append((said, number))
        origins[at_row[row_id]] = (said, number)
        for name, at in at_new.items():
            rows[at_row[row_id]][column_of[name]] = _written(record[at])
    return header, rows, tuple(origins)


def _written(value: Any) -> Any:
    """A cell of a spreadsheet as CSV holds it."""
    if is_empty(value, text=True):
        return ""
    return value.date().isoformat() if isinstance(value, datetime) else value


def stations_before(project: Project, layers: Layers) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return masts and cells as the project's own files have them, whatever is wrong with them.

    Parameters
    ----------
    project : Project
    layers : Layers
        Of the project with the new files; a list that cannot be read counts as empty.
    """
    kept = kept_stations(project, layers.grid)
    if kept is not None:
        return kept
    crs, grid = layers.grid.crs, layers.grid
    frames = []
    for name in ("masts", "cells"):
        source = project.layers.get(name)
        checked = None
        if source is not None:
            checked = read_table(project.folder, source, TABLES[name], crs, None, ProblemList())
        if checked is not None:
            named = name_operators({name: checked}, project.operators, ProblemList())
            checked = named[name]
        frames.append(empty_table(TABLES[name], crs) if checked is None else checked.frame)
    masts, cells = frames
    masts = masts[masts.geometry.notna()]
    inside = grid.contains(masts.geometry.x.to_numpy(), masts.geometry.y.to_numpy())
    masts = masts[inside].drop_duplicates("mast_id").reset_index(drop=True)
    known = cells["mast_id"].isin(masts["mast_id"])
    return masts, cells[known].drop_duplicates("cell_id").reset_index(drop=True)
