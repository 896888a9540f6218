"""A private PostgreSQL with PostGIS, and one and the same store over it and over a file."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from phusong.store.embedded import EmbeddedStore
from phusong.store.interface import Draft, FileRef, Store
from phusong.store.migrations import sql_text
from phusong.store.postgis import PostgisStore

PASSWORDS = {
    "postgres": "admin secret",
    "olga": "owner secret",
    "an": "analyst secret",
    "rosa": "reader secret",
}


@dataclass
class Server:
    """A cluster of its own on the loopback; passwords are asked for, as on a real one."""

    port: int
    numbers: Iterator[int]

    def url(self, database: str, user: str, password: bool = True) -> str:
        from urllib.parse import quote

        secret = f":{quote(PASSWORDS[user])}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def run(self, database: str, *statements: str, user: str = "postgres") -> list[tuple[object, ...]]:
        import psycopg

        rows: list[tuple[object, ...]] = []
        with psycopg.connect(self.url(database, user), autocommit=True) as connection:
            for statement in statements:
                done = connection.execute(statement.encode())
                rows = done.fetchall() if done.description else []
        return rows

    def new_database(self) -> str:
        name = f"t{next(self.numbers)}"
        self.run("postgres", f"CREATE DATABASE {name} TEMPLATE pattern")
        return name


def binaries() -> Path | None:
    """Folder of PostgreSQL's server programs: Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    where = str(found[-1]) if found else shutil.which("initdb")
    return Path(where).parent if where else None


def as_somebody(home: Path) -> list[str]:
    """How to start programs that refuse to run as root."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return []
    home.chmod(0o755)
    shutil.chown(home, "nobody")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = binaries()
    if folder is None:
        pytest.skip("needs PostgreSQL and PostGIS (make system-deps)")
    with tempfile.TemporaryDirectory(prefix="phusong-pg-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        before, data = as_somebody(home), home / "data"
        secret = home / "password"
        secret.write_text(PASSWORDS["postgres"], encoding="utf-8")
        secret.chmod(0o644)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def call(*command: str) -> None:
            done = subprocess.run([*before, *command], cwd=home, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr

        call(
            str(folder / "initdb"), "-D", str(data), "-U", "postgres", "-A", "scram-sha-256", "--pwfile",
            str(secret), "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        control = str(folder / "pg_ctl")
        # the server would hold a pipe open for ever
        call(control, "-D", str(data), "-w", "-l", str(home / "log"), "-o", settings, "start")
        try:
            own = Server(port, itertools.count(1))
            own.run("postgres", "CREATE DATABASE pattern")
            try:
                own.run("pattern", sql_text("postgis", "roles.sql"))
            except Exception as error:
                if "postgis" in str(error) and "available" in str(error):
                    pytest.skip(f"needs PostGIS (make system-deps): {error}")
                raise
            for user, role in (("olga", "owner"), ("an", "analyst"), ("rosa", "reader")):
                password = PASSWORDS[user]
                own.run(
                    "pattern",
                    f"CREATE ROLE {user} LOGIN PASSWORD '{password}'",
                    f"GRANT phusong_{role} TO {user}",
                )
            store = PostgisStore(own.url("pattern", "olga"), "any", home)
            assert store.migrate() == ["0001_history.sql", "0002_grants.sql", "0003_pieces.sql"]
            assert store.migrate() == []
            store.close()
            yield own
        finally:
            call(control, "-D", str(data), "-m", "immediate", "stop")


@dataclass
class Place:
    """Where a test keeps its versions: opens stores on it, as often as it likes."""

    kind: str
    open: Callable[..., Store]
    opening: str
    """A Python expression that does the same in another process."""


@pytest.fixture(params=["embedded", "postgis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "embedded":

        def in_folder(project: str = "province", role: str = "") -> Store:
            return EmbeddedStore(tmp_path / "history", project)

        opening = f"EmbeddedStore(Path({str(tmp_path / 'history')!r}), 'province')"
        return Place("embedded", in_folder, opening)
    server: Server = request.getfixturevalue("server")
    database, rasters = "pattern", tmp_path / "rasters"
    server.run(database, "TRUNCATE phusong.project CASCADE")

    def on_server(project: str = "province", role: str = "an") -> Store:
        return PostgisStore(server.url(database, role), project, rasters)

    opening = f"PostgisStore({server.url(database, 'an')!r}, 'province', Path({str(rasters)!r}))"
    return Place("postgis", on_server, opening)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """A store that may do everything."""
    opened = place.open(role="olga") if place.kind == "postgis" else place.open()
    yield opened
    opened.close()


def draft(note: str = "d1", *, rows: int = 3, name: str = "Khe", files: tuple[FileRef, ...] = ()) -> Draft:
    """A version made by hand."""
    hamlets = gpd.GeoDataFrame(
        {
            "village_id": [f"H{n}" for n in range(rows)],
            "name": [f"{name} {n}" for n in range(rows)],
            "population": [100.0 + n for n in range(rows)],
            "verdict": ["covered"] * rows,
            "dead_zone": [n == 0 for n in range(rows)],
            "samples": list(range(rows)),
            "level_4g_dbm": [-90.5, *[np.nan] * (rows - 1)],
            "best_cell_4g": [None, *["C1"] * (rows - 1)],
            "served_4g": np.arange(rows) > 0,
            "households": [7] * rows,
        },
        geometry=gpd.points_from_xy(700_000.0 + 1000.0 * np.arange(rows), [2_340_000.0] * rows),
        crs="EPSG:32648",
    )
    cells = pd.DataFrame(
        {
            "cell_id": ["C1", "C2"],
            "mast_id": ["M1", "M1"],
            "azimuth_deg": [120.0, np.nan],
            "on_air": pd.to_datetime(["2020-02-29", None]),
        }
    )
    serving = pd.DataFrame(
        {"point_id": ["v:H0", "v:H1"], "village_id": ["H0", "H1"], "cells": [["C1", "C2"], []]}
    )
    return Draft(
        as_of=date(2025, 12, 31), made_at=datetime(2026, 3, 1, 8, 0, tzinfo=UTC), made_by="An", software="0.1.0",
        cells_on_air=2, hamlets=rows, hamlets_dead=1,
        record={"as_of": "2025-12-31", "inputs": {"layers/cells.csv": "ab"}, "parameters": {"note": note}},
        tables={"hamlet": hamlets, "cell": cells, "serving": serving}, files=files,
    )  # fmt: skip


@pytest.fixture
def make_draft() -> Callable[..., Draft]:
    return draft
