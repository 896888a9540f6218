"""What both databases share: the statements. Values are parameters; names of tables and columns are ours."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from .interface import Draft, FileRef, Version, VersionInfo
from .objects import Objects
from .pieces import Piece
from .tables import STORED, Row, StoredTable, frame_of, json_text, rows_of

__all__ = ["SqlStore"]

_INFO = (
    "number", "made_at", "made_by", "as_of", "label", "digest", "software", "cells_on_air", "hamlets",
    "hamlets_dead",
)  # fmt: skip
_VALUES = 800  # parameters of a statement: SQLite before 3.32 takes 999


class SqlStore(ABC):
    """A store of versions in an SQL database; see `interface.Store` for what its methods promise.

    Parameters
    ----------
    project : str
        Name of the project in the database.
    rasters : Path
        Folder of the files; those of this database lie in a folder of their own in it.
    """

    mark = "?"
    """What stands for a parameter."""
    schema = ""
    """What stands before the name of a table."""

    def __init__(self, project: str, rasters: Path) -> None:
        self._project = project
        self._rasters = rasters

    @cached_property
    def objects(self) -> Objects:
        """The files beside the database."""
        with self._reading() as cursor:
            cursor.execute(f"SELECT store_id FROM {self.schema}store")
            return Objects(self._rasters / cursor.fetchone()[0])

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Any]:
        """Give a cursor that sees one state of the database."""

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Any]:
        """Give a cursor whose changes come about together or not at all; one writer per project at a time."""

    @abstractmethod
    def _insert(self, cursor: Any, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert many rows; the last column may be ``geom``, as WKB."""

    def check(self, *, write: bool) -> None:
        """Find out whether reading (and keeping versions) will be allowed."""
        with self._reading() as cursor:
            cursor.execute(f"SELECT count(*) FROM {self.schema}run")

    def versions(self) -> list[VersionInfo]:
        """Return the history, oldest first."""
        with self._reading() as cursor:
            return self._infos(cursor, "ORDER BY run.number")

    def add(self, draft: Draft) -> tuple[VersionInfo, bool]:
        """Keep a version; if the newest one is the same, return that one, and False."""
        with self._writing() as cursor:
            project_id, number = self._project_row(cursor)
            newest = self._infos(cursor, "ORDER BY run.number DESC LIMIT 1")
            if newest and newest[0].digest == draft.digest:
                return newest[0], False
            values = {
                "project_id": project_id, "number": number, "made_at": _stamp(draft.made_at),
                "made_by": draft.made_by, "as_of": draft.as_of.isoformat(), "digest": draft.digest,
                "software": draft.software, "cells_on_air": draft.cells_on_air, "hamlets": draft.hamlets,
                "hamlets_dead": draft.hamlets_dead, "record": json_text(dict(draft.record)),
            }  # fmt: skip
            run_id = self._insert_one(cursor, "run", values, "run_id")
            for name, pieces in draft.pieces.items():
                ids = self._contents(cursor, project_id, STORED[name], draft.tables[name], pieces)
                self._insert_many(
                    cursor, "run_content", ["run_id", "table_name", "piece", "content_id"],
                    [(run_id, name, number, content) for number, content in enumerate(ids)],
                )  # fmt: skip
            for file in draft.files:
                self._insert_one(cursor, "raster", {"run_id": run_id, **vars(file)})
            self._execute(
                cursor, "UPDATE {s}project SET next_number = ? WHERE project_id = ?", number + 1, project_id
            )
            return self._infos(cursor, "AND run.number = ?", number)[0], True

    def load(self, number: int, names: Sequence[str] | None = None) -> Version:
        """Return a version with some of its tables, or all of them; `KeyError` where there is none."""
        with self._reading() as cursor:
            infos = self._infos(cursor, "AND run.number = ?", number)
            if not infos:
                raise KeyError(number)
            run_id, record = self._execute(
                cursor,
                "SELECT run_id, CAST(record AS text) FROM {s}run JOIN {s}project USING (project_id) "
                "WHERE project.name = ? AND run.number = ?",
                self._project, number,
            ).fetchone()  # fmt: skip
            kept = self._execute(
                cursor, "SELECT DISTINCT table_name FROM {s}run_content WHERE run_id = ? ORDER BY table_name",
                run_id,
            ).fetchall()  # fmt: skip
            files = self._execute(
                cursor, "SELECT name, sha256, size_bytes, uri FROM {s}raster WHERE run_id = ? ORDER BY name",
                run_id,
            ).fetchall()  # fmt: skip
            tables = {
                name: frame_of(STORED[name], self._rows(cursor, STORED[name], run_id))
                for (name,) in kept
                if name in STORED and (names is None or name in names)
            }
        return Version(infos[0], json.loads(record), tables, tuple(FileRef(*file) for file in files))

    def set_label(self, number: int, label: str) -> None:
        """Give a version a label, or take it away (empty)."""
        with self._writing() as cursor:
            self._execute(
                cursor,
                "UPDATE {s}run SET label = ? WHERE number = ? AND project_id = "
                "(SELECT project_id FROM {s}project WHERE name = ?)",
                label or None, number, self._project,
            )  # fmt: skip

    def remove(self, numbers: Sequence[int]) -> None:
        """Remove versions, and the tables that no other one shares."""
        with self._writing() as cursor:
            for number in numbers:
                self._execute(
                    cursor,
                    "DELETE FROM {s}run WHERE number = ? AND project_id = "
                    "(SELECT project_id FROM {s}project WHERE name = ?)",
                    number, self._project,
                )  # fmt: skip
            self._execute(
                cursor,
                "DELETE FROM {s}content WHERE project_id = "
                "(SELECT project_id FROM {s}project WHERE name = ?) AND NOT EXISTS "
                "(SELECT 1 FROM {s}run_content WHERE run_content.content_id = content.content_id)",
                self._project,
            )

    def referenced(self) -> set[str]:
        """Return the SHA-256 of every file that a version of any project refers to."""
        with self._reading() as cursor:
            return {row[0] for row in self._execute(cursor, "SELECT DISTINCT sha256 FROM {s}raster")}

    def _execute(self, cursor: Any, statement: str, *values: Any) -> Any:
        text = statement.replace("{s}", self.schema).replace("?", self.mark)
        cursor.execute(text, values)
        return cursor

    def _infos(self, cursor: Any, rest: str, *values: Any) -> list[VersionInfo]:
        columns = ", ".join(f"run.{name}" for name in _INFO)
        self._execute(
            cursor,
            f"SELECT {columns} FROM {{s}}run JOIN {{s}}project USING (project_id) "
            f"WHERE project.name = ? {rest}",
            self._project, *values,
        )  # fmt: skip
        return [_info(row) for row in cursor.fetchall()]

    def _project_row(self, cursor: Any) -> tuple[int, int]:
        """Return id and next number of the project; it is made where it is missing."""
        query = "SELECT project_id, next_number FROM {s}project WHERE name = ?"
        row = self._execute(cursor, query, self._project).fetchone()
        if row is None:
            self._insert_one(cursor, "project", {"name": self._project})
            row = self._execute(cursor, query, self._project).fetchone()
        return row[0], row[1]

    def _insert_one(self, cursor: Any, table: str, values: dict[str, Any], back: str = "") -> Any:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        returning = f" RETURNING {back}" if back else ""
        self._execute(
            cursor, f"INSERT INTO {{s}}{table} ({names}) VALUES ({marks}){returning}", *values.values()
        )
        return cursor.fetchone()[0] if back else None

    def _insert_many(self, cursor: Any, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert rows of a small table, some hundreds at a time."""
        marks = f"({', '.join('?' * len(names))})"
        for some in _batches(rows, _VALUES // len(names)):
            self._execute(
                cursor,
                f"INSERT INTO {{s}}{table} ({', '.join(names)}) VALUES {', '.join([marks] * len(some))}",
                *(value for row in some for value in row),
            )

    def _contents(
        self, cursor: Any, project_id: int, table: StoredTable, frame: pd.DataFrame, pieces: Sequence[Piece]
    ) -> list[int]:
        """Return the ids of the pieces; only those that no version of the project has are written."""
        wanted = {piece.digest: piece for piece in pieces}
        known = self._known(cursor, project_id, table, list(wanted))
        missing = [piece for digest, piece in wanted.items() if digest not in known]
        self._insert_many(
            cursor, "content", ["project_id", "table_name", "digest"],
            [(project_id, table.name, piece.digest) for piece in missing],
        )  # fmt: skip
        known |= self._known(cursor, project_id, table, [piece.digest for piece in missing])
        places = [(piece, row) for piece in missing for row in range(piece.first, piece.end)]
        if places:
            rows = rows_of(table, frame.iloc[[row for _, row in places]])
            self._insert(
                cursor, table.name, ["content_id", "ordinal", *table.names],
                [
                    (known[piece.digest], at - piece.first, *row)
                    for (piece, at), row in zip(places, rows, strict=True)
                ],
            )  # fmt: skip
        return [known[piece.digest] for piece in pieces]

    def _known(
        self, cursor: Any, project_id: int, table: StoredTable, digests: Sequence[str]
    ) -> dict[str, int]:
        """Return the ids of the pieces that are kept, by digest."""
        found: dict[str, int] = {}
        for some in _batches(digests, _VALUES):
            marks = ", ".join("?" * len(some))
            rows = self._execute(
                cursor,
                "SELECT digest, content_id FROM {s}content WHERE project_id = ? AND table_name = ? "
                f"AND digest IN ({marks})",
                project_id, table.name, *some,
            ).fetchall()  # fmt: skip
            found.update((digest, int(content_id)) for digest, content_id in rows)
        return found

    def _rows(self, cursor: Any, table: StoredTable, run_id: int) -> list[Row]:
        columns = ", ".join(self._selected(name) for name in table.names)
        query = (
            f"SELECT {columns} FROM {{s}}run_content AS kept JOIN {{s}}{table.name} AS own "
            "USING (content_id) WHERE kept.run_id = ? AND kept.table_name = ? "
            "ORDER BY kept.piece, own.ordinal"
        )
        return list(self._execute(cursor, query, run_id, table.name).fetchall())

    def _selected(self, column: str) -> str:
        """How a column is read: ``more`` as text."""
        return f"CAST({column} AS text)" if column == "more" else column


def _batches(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[first : first + size] for first in range(0, len(values), size))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _info(row: Sequence[Any]) -> VersionInfo:
    found = dict(zip(_INFO, row, strict=True))
    if isinstance(found["made_at"], str):
        found["made_at"] = datetime.fromisoformat(found["made_at"])
    if isinstance(found["as_of"], str):
        found["as_of"] = date.fromisoformat(found["as_of"])
    return VersionInfo(**{**found, "label": found["label"] or ""})
