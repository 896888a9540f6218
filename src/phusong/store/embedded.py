"""The default store: a folder with one SQLite file, which is a GeoPackage, and the rasters beside it."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import StoreError
from .migrations import pending
from .sql_store import SqlStore
from .tables import STORED, Row

__all__ = ["FILE_NAME", "EmbeddedStore"]

FILE_NAME = "history.gpkg"
_WAIT_S = 60.0
_GEOPACKAGE = 0x47504B47  # "GPKG", as OGC 12-128r18 asks for
_GEOPACKAGE_VERSION = 10400
# magic, version 0, little endian without an envelope, EPSG:4326 (OGC 12-128r18, 2.1.3)
_HEADER = struct.pack("<2sBBi", b"GP", 0, 0b0000_0001, 4326)


class EmbeddedStore(SqlStore):
    """Versions in a folder; it is made, and brought up to date, when it is opened for writing.

    Parameters
    ----------
    folder : Path
    project : str
        A folder may hold several.
    """

    def __init__(self, folder: Path, project: str = "") -> None:
        super().__init__(project, folder / "rasters")
        self.path = folder / FILE_NAME
        self._connection: sqlite3.Connection | None = None

    def check(self, *, write: bool) -> None:
        """Find out whether reading (and keeping versions) will be allowed."""
        with self._told():
            if write:
                self.migrate()
                with self._writing():
                    pass
            elif self.path.exists():
                super().check(write=False)

    def migrate(self) -> list[str]:
        """Make the file, or bring its tables up to date."""
        with self._told():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                applied = self._migrate(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return applied

    def _refuse_emptied(self) -> None:
        """An empty file is a new store to SQLite; beside rasters of versions it is one that was lost."""
        empty = self.path.exists() and self.path.stat().st_size == 0
        if empty and any(path.is_file() for path in (self.path.parent / "rasters").rglob("*")):
            raise StoreError(
                f"{self.path}: the file is empty, but rasters of versions lie beside it: put a copy of it "
                "back, or move the folder away and begin anew"
            )

    def remove(self, numbers: Sequence[int]) -> None:
        """Remove versions, and the tables that no other one shares; the file shrinks."""
        super().remove(numbers)
        if numbers:
            with self._told():
                self._open().execute("VACUUM")

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _migrate(self, connection: sqlite3.Connection) -> list[str]:
        steps = pending("embedded", _version(connection), str(self.path))
        if steps:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at TEXT)"
            )
        for step in steps:
            for statement in _statements(step.sql):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO schema_version VALUES (?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))", (step.number,)
            )
        return [step.name for step in steps]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Cursor]:
        with self._told():
            if not self.path.exists():  # nothing was kept yet: an empty history
                self.migrate()
            connection = self._open()
            if pending("embedded", _version(connection), str(self.path)):
                self.migrate()
            connection.execute("BEGIN")
            try:
                yield connection.cursor()
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Cursor]:
        with self._told():
            self.migrate()
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection.cursor()
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _insert(self, cursor: Any, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        if columns[-1] == "geom":
            rows = [(*row[:-1], None if row[-1] is None else _HEADER + row[-1]) for row in rows]
        dated = any(kind == "date" for _, kind in STORED[table].columns)
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
            map(_plain, rows) if dated else rows,
        )

    def _rows(self, cursor: Any, table: Any, run_id: int) -> list[Row]:
        rows = super()._rows(cursor, table, run_id)
        if not table.geometry:
            return rows
        return [(*row[:-1], None if row[-1] is None else row[-1][len(_HEADER) :]) for row in rows]

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._refuse_emptied()
            self._connection = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
            self._connection.execute("PRAGMA foreign_keys = ON")
            # No write-ahead log: one file can be copied and mailed, and lies safely on a network drive.
            self._connection.execute("PRAGMA synchronous = FULL")
            if not self._connection.execute("PRAGMA application_id").fetchone()[0]:
                self._connection.execute(f"PRAGMA application_id = {_GEOPACKAGE}")
                self._connection.execute(f"PRAGMA user_version = {_GEOPACKAGE_VERSION}")
        return self._connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {_meaning(error)}; the history is as it was") from error
        except OSError as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"{self.path}: {error.strerror or error}") from error


def _version(connection: sqlite3.Connection) -> int:
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").fetchone()
    return int(connection.execute("SELECT max(version) FROM schema_version").fetchone()[0]) if there else 0


def _statements(sql: str) -> Iterator[str]:
    """Split a script; sqlite3's own `executescript` would commit first."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _plain(row: Row) -> Row:
    """Dates as SQLite keeps them: texts."""
    return tuple(value.isoformat() if hasattr(value, "isoformat") else value for value in row)


def _meaning(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return "another process writes into it; try again"
    if "readonly" in text or "unable to open" in text:
        return f"it cannot be written: mend the permission ({text})"
    if isinstance(error, sqlite3.DatabaseError) and ("not a database" in text or "malformed" in text):
        return f"the file is damaged: put a copy of it back, or move it away and begin anew ({text})"
    return text
