"""A team's store: one PostgreSQL database with PostGIS, several projects, several analysts at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from ..errors import StoreError
from .migrations import pending
from .sql_store import SqlStore
from .tables import Row

__all__ = ["PostgisStore"]

_CONNECT_S = 10
_LOCK_MS = 120_000
_MIGRATING = 0x70687573  # any number; ours begins as "phus"
_SETTINGS = f"-c lock_timeout={_LOCK_MS} -c client_encoding=UTF8"


class PostgisStore(SqlStore):
    """Versions in PostgreSQL.

    Parameters
    ----------
    url : str
        ``postgresql://…``; what it does not say comes from libpq's environment and ``~/.pgpass``.
    project : str
    rasters : Path
        Folder of the files, best one that all analysts share.

    Raises
    ------
    StoreError
        The server cannot be reached, or does not let this user in.
    """

    mark = "%s"
    schema = "phusong."

    def __init__(self, url: str, project: str, rasters: Path) -> None:
        super().__init__(project, rasters)
        try:
            self._connection = psycopg.connect(
                url, autocommit=True, connect_timeout=_CONNECT_S, fallback_application_name="phusong",
                options=_SETTINGS,
            )  # fmt: skip
        except (psycopg.Error, UnicodeError) as error:
            hint = "; the password comes from ~/.pgpass, PGPASSWORD or PHUSONG_STORE"
            hint = hint if "password" in str(error) else ""
            raise StoreError(f"store: cannot connect: {_said(error)}{hint}") from None
        info = self._connection.info
        self._where = f"store {info.dbname} on {info.host} as {info.user}"

    def check(self, *, write: bool) -> None:
        """Find out whether reading (and keeping versions) will be allowed."""
        with self._told():
            missing = pending("postgis", self._version(), self._where)
            if missing:
                raise StoreError(
                    f"{self._where}: its tables are not up to date; somebody with the role phusong_owner "
                    "runs phusong store DIR --migrate"
                )
            wanted = "INSERT" if write else "SELECT"
            query = "SELECT has_table_privilege('phusong.hamlet', %s)"
            row = self._connection.execute(query, (wanted,)).fetchone()
            if row is None or not row[0]:
                role = "phusong_analyst" if write else "phusong_reader"
                raise StoreError(f"{self._where}: may not; the administrator grants the role {role}")

    def migrate(self) -> list[str]:
        """Bring the tables up to date; needs membership of phusong_owner."""
        with self._told(), self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
            if not cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'phusong_owner'").fetchone():
                raise StoreError(
                    f"{self._where}: the roles are missing; the administrator runs "
                    "phusong store --roles | psql"
                )
            steps = pending("postgis", self._version(), self._where)
            cursor.execute("SET LOCAL ROLE phusong_owner")
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS phusong.schema_version "
                "(version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
            )
            for step in steps:
                cursor.execute(step.sql.encode())
                cursor.execute("INSERT INTO phusong.schema_version VALUES (%s)", (step.number,))
            return [step.name for step in steps]

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _version(self) -> int:
        there = self._connection.execute("SELECT to_regclass('phusong.schema_version')").fetchone()
        if there is None or there[0] is None:
            return 0
        row = self._connection.execute("SELECT max(version) FROM phusong.schema_version").fetchone()
        return int(row[0] or 0) if row else 0

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._told(), self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield cursor

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        with self._told(), self._connection.transaction(), self._connection.cursor() as cursor:
            # Versions of one project are numbered one after the other; other projects go on meanwhile.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_MIGRATING, self._project))
            yield cursor

    def _insert(self, cursor: Any, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        with cursor.copy(f"COPY phusong.{table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                # PostGIS reads hexadecimal WKB; the column gives it its CRS
                hexed = row[-1].hex() if isinstance(row[-1], bytes) else row[-1]
                copy.write_row((*row[:-1], hexed))

    def _selected(self, column: str) -> str:
        return "ST_AsBinary(geom, 'NDR')" if column == "geom" else super()._selected(column)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.errors.InsufficientPrivilege as error:
            raise StoreError(
                f"{self._where}: {_said(error)}; keeping versions needs the role phusong_analyst, removing "
                "and migrating phusong_owner"
            ) from None
        except psycopg.errors.UndefinedTable as error:
            raise StoreError(f"{self._where}: {_said(error)}; run: phusong store DIR --migrate") from None
        except psycopg.Error as error:
            raise StoreError(f"{self._where}: {_said(error)}; the history is as it was") from None


def _said(error: BaseException) -> str:
    """Return the first line of what the server says, without anything that looks like a password."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"(password\s*=\s*|://[^:/@\s]*:)[^\s@]+", r"\1…", lines[0])
