"""Roles, migrations and grants on a real server: nobody may more than documented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from phusong.cli import main
from phusong.errors import StoreError
from phusong.store.interface import Draft
from phusong.store.migrations import migrations, sql_text
from phusong.store.postgis import PostgisStore


@pytest.fixture
def opened(server: Any, tmp_path: Path) -> Callable[[str], PostgisStore]:
    server.run("pattern", "TRUNCATE phusong.project CASCADE")
    return lambda user: PostgisStore(server.url("pattern", user), "province", tmp_path)


def test_the_reader_reads_and_cannot_write(opened: Any, make_draft: Callable[..., Draft]) -> None:
    with closing(opened("an")) as store:
        store.add(make_draft("a"))
    with closing(opened("rosa")) as store:
        store.check(write=False)
        assert [info.number for info in store.versions()] == [1]
        assert len(store.load(1).tables["hamlet"]) == 3
        with pytest.raises(StoreError, match="phusong_analyst"):
            store.check(write=True)
        for attempt in (
            lambda: store.add(make_draft("b")),
            lambda: store.set_label(1, "mine"),
            lambda: store.remove([1]),
        ):
            with pytest.raises(StoreError, match="needs the role"):
                attempt()
        assert [(info.number, info.label) for info in store.versions()] == [(1, "")]


def test_the_analyst_keeps_and_labels_and_cannot_remove(
    opened: Any, make_draft: Callable[..., Draft]
) -> None:
    with closing(opened("an")) as store:
        store.check(write=True)
        store.add(make_draft("a"))
        store.set_label(1, "Tháng 3")
        with pytest.raises(StoreError, match="phusong_owner"):
            store.remove([1])
        assert store.versions()[0].label == "Tháng 3"
    with closing(opened("olga")) as store:
        store.remove([1])
        assert store.versions() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE phusong.run SET made_by = 'somebody else'",
        "UPDATE phusong.hamlet SET verdict = 'covered'",
        "UPDATE phusong.project SET name = 'x'",
        "DELETE FROM phusong.content",
        "TRUNCATE phusong.run",
        "DROP TABLE phusong.run",
        "CREATE TABLE phusong.mine (a int)",
        "ALTER TABLE phusong.run ADD COLUMN x int",
        "INSERT INTO phusong.schema_version VALUES (99)",
        "INSERT INTO phusong.store VALUES ('x')",
        "INSERT INTO phusong.run (project_id, number, made_at, made_by, as_of, digest, software, cells_on_air, "
        "hamlets, hamlets_dead, record, login) VALUES (1, 9, now(), '', now(), '', '', 0, 0, 0, '{}', 'boss')",
    ],
)
def test_history_cannot_be_rewritten(server: Any, statement: str) -> None:
    for user in ("an", "rosa"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            server.run("pattern", statement, user=user)


def test_the_database_says_who_wrote(server: Any, opened: Any, make_draft: Callable[..., Draft]) -> None:
    with closing(opened("an")) as store:
        store.add(make_draft("a"))
    assert server.run("pattern", "SELECT made_by, login FROM phusong.run", user="rosa") == [("An", "an")]


def test_a_login_without_a_role_is_told(server: Any, tmp_path: Path) -> None:
    database = server.new_database()
    server.run(database, "REVOKE phusong_reader FROM rosa")
    try:
        store = PostgisStore(server.url(database, "rosa"), "x", tmp_path)
        with closing(store), pytest.raises(StoreError, match="needs the role"):
            store.check(write=False)
    finally:
        server.run(database, "GRANT phusong_reader TO rosa")


def test_a_new_database_step_by_step(server: Any, tmp_path: Path, make_draft: Callable[..., Draft]) -> None:
    server.run("postgres", "CREATE DATABASE fresh")
    server.run(
        "fresh", sql_text("postgis", "roles.sql"), sql_text("postgis", "roles.sql")
    )  # twice does no harm
    with closing(PostgisStore(server.url("fresh", "an"), "x", tmp_path)) as analyst:
        with pytest.raises(StoreError, match="phusong store DIR --migrate"):
            analyst.check(write=False)
        with pytest.raises(StoreError):
            analyst.migrate()
    with closing(PostgisStore(server.url("fresh", "olga"), "x", tmp_path)) as owner:
        assert owner.migrate() == [step.name for step in migrations("postgis")]
        assert owner.migrate() == []
    server.run("fresh", "INSERT INTO phusong.schema_version VALUES (99)")
    analyst = PostgisStore(server.url("fresh", "an"), "x", tmp_path)
    with closing(analyst), pytest.raises(StoreError, match="install a newer one"):
        analyst.check(write=True)


def test_views_are_there_for_gis(server: Any, opened: Any, make_draft: Callable[..., Draft]) -> None:
    with closing(opened("an")) as store:
        store.add(make_draft("a"))
        store.add(make_draft("b"))
    rows = server.run(
        "pattern",
        "SELECT version, count(*), min(ST_SRID(geom)), bool_and(ST_X(geom) BETWEEN 106 AND 108) "
        "FROM phusong.hamlet_of_version WHERE project = 'province' GROUP BY version ORDER BY version",
        user="rosa",
    )
    assert rows == [(1, 3, 4326, True), (2, 3, 4326, True)]


def test_a_wrong_password_is_one_line_without_it(server: Any, tmp_path: Path) -> None:
    url = server.url("pattern", "an").replace("analyst", "wrong")
    with pytest.raises(StoreError, match="authentication failed") as caught:
        PostgisStore(url, "x", tmp_path)
    assert "wrong" not in str(caught.value) and "\n" not in str(caught.value)


def test_the_commands_on_a_server(
    server: Any, own_valley: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    opened: Any, make_draft: Callable[..., Draft],
) -> None:  # fmt: skip
    """The address in phusong.toml, the password in PGPASSWORD, the project by its name."""
    path = own_valley / "phusong.toml"
    address = server.url("pattern", "an", password=False)
    path.write_text(f'store = "{address}"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("PGPASSWORD", "analyst secret")
    with closing(PostgisStore(server.url("pattern", "an"), "Thung lũng", own_valley)) as store:
        store.add(make_draft("a"))

    def phusong(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main([*arguments])
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out + told.err

    status, said = phusong("store", str(own_valley))
    assert status == 0 and "1 versions" in said and "secret" not in said and "127.0.0.1" not in said
    assert phusong("history", str(own_valley), "--label", "1=March")[0] == 0
    status, said = phusong("history", str(own_valley))
    assert status == 0 and "March" in said
    status, said = phusong("prune", str(own_valley), "--keep-last", "1")
    assert status == 2 and "phusong_owner" in said  # even where nothing goes
    monkeypatch.setenv("PGPASSWORD", "wrong")
    status, said = phusong("history", str(own_valley))
    assert status == 2 and "authentication failed" in said and len(said.splitlines()) == 1
    status, said = phusong("store", "--roles")
    assert status == 0 and said == sql_text("postgis", "roles.sql")
