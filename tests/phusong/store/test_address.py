"""No password in phusong.toml, in run.json, in a message: it comes from the environment or from libpq."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.errors import InputError, StoreError
from phusong.project import load_project
from phusong.store.address import holds_password, is_server, redacted
from phusong.store.embedded import EmbeddedStore
from phusong.store.opening import open_store, store_place

SECRET = "gi4u-k1n"


def with_store(folder: Path, line: str) -> Path:
    path = folder / "phusong.toml"
    path.write_text(line + "\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "line",
    [
        f'store = "postgresql://an:{SECRET}@db.example/phusong"',
        f'store = "postgres://an:{SECRET}@db.example:5432/phusong?sslmode=require"',
        f'store = "postgresql://db.example/phusong?user=an&password={SECRET}"',
        f'store = {{ url = "postgresql://:{SECRET}@db.example/phusong" }}',
        f'store = "host=db.example password={SECRET}"',
        f'store = "postgresql://an:x@{SECRET}@db.example/phusong"',
        f'store = "postgresql://an:x/{SECRET}@db.example/phusong"',
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(own_valley: Path, line: str) -> None:
    with pytest.raises(InputError) as caught:
        load_project(with_store(own_valley, line))
    (problem,) = caught.value.problems
    assert problem.column == "store" and "PHUSONG_STORE" in problem.mend
    assert SECRET not in str(caught.value) and str(caught.value).count("\n") == 0


def test_nor_is_one_repeated_that_stands_where_it_should_not(own_valley: Path) -> None:
    path = own_valley / "phusong.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + f'[outputs]\nstore = "postgresql://an:{SECRET}@db/x"\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_project(own_valley)
    assert SECRET not in str(caught.value) and "outputs.store" in str(caught.value)


@pytest.mark.parametrize(
    "line", ['store = ""', 'store = "mysql://db/x"', "store = 3", '[store]\nsecret = "x"']
)
def test_what_is_no_address_is_refused(own_valley: Path, line: str) -> None:
    with pytest.raises(InputError, match="store"):
        load_project(with_store(own_valley, line))


def test_the_default_is_a_folder_of_the_project(own_valley: Path) -> None:
    project = load_project(own_valley)
    store = open_store(project)
    assert isinstance(store, EmbeddedStore) and store.path == own_valley / "history" / "history.gpkg"
    assert store.versions() == []
    store.close()


def test_the_environment_takes_the_place_of_the_file(
    own_valley: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = load_project(with_store(own_valley, 'store = "postgresql://an@db.example/phusong"'))
    assert store_place(project) == "PostgreSQL (phusong.toml)"
    monkeypatch.setenv("PHUSONG_STORE", "elsewhere")
    store = open_store(project)
    assert isinstance(store, EmbeddedStore) and store.path.parent == own_valley / "elsewhere"
    for address in (
        f"mysql://an:{SECRET}@db/x",
        f"host=db password={SECRET} dbname=x",  # or it would be a folder of this name
        f"postgresql://an:{SECRET}@{SECRET}@db/x",
        f"postgresql://an:{SECRET}/{SECRET}@db/x",
    ):
        monkeypatch.setenv("PHUSONG_STORE", address)
        with pytest.raises(InputError, match="PHUSONG_STORE") as caught:
            open_store(project)
        assert SECRET not in str(caught.value)
    assert not [path for path in own_valley.iterdir() if SECRET in path.name]


def test_a_server_that_is_not_there(own_valley: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHUSONG_STORE", f"postgresql://an:{SECRET}@127.0.0.1:1/phusong")
    with pytest.raises(StoreError, match="cannot connect") as caught:
        open_store(load_project(own_valley))
    assert SECRET not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"postgresql://an:{SECRET}@db/x", "postgresql://an:…@db/x"),
        (f"postgresql://db/x?password={SECRET}&a=b", "postgresql://db/x?password=…&a=b"),
        (f"postgresql://an:a@{SECRET}@db/x", "postgresql://an:…@db/x"),
        (f"postgresql://an:a/{SECRET}@db/x", "postgresql://an:…@db/x"),
        ("postgresql://an@db:5432/x", "postgresql://an@db:5432/x"),
        ("postgresql://db:5432/x?options=a%40b", "postgresql://db:5432/x?options=a%40b"),
        ("no address at all: a@b", "no address at all: a@b"),
    ],
)
def test_redacted(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert holds_password(text) == (text != shown)


def test_kinds() -> None:
    assert is_server("postgres://x") and is_server("postgresql://x") and not is_server("history")
