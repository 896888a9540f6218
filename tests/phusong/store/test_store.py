"""One interface, two databases: what is kept comes back, whole, under any name, by any number of writers."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phusong.errors import StoreError
from phusong.store.interface import Draft, FileRef, Store
from phusong.store.tables import STORED

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
MakeDraft = Callable[..., Draft]


class Place(Protocol):
    """Of conftest.py."""

    open: Callable[..., Store]
    opening: str


HOSTILE = [
    "'; DROP TABLE run; --", 'x"; DELETE FROM phusong.run; --', "%s %(a)s ? $1 {s}", "\\copy \\. \t\n\r",
    "𝕊 Phủ Sóng ﷽ \u202e", "\0 nul", "\ud800 alone", "", " ", "NULL", "\\N",
]  # fmt: skip


def test_what_is_kept_comes_back(store: Store, make_draft: MakeDraft) -> None:
    given = make_draft(files=(FileRef("coverage/4g_level.tif", "ab" * 32, 9_000_000_000, "file:///x"),))
    info, new = store.add(given)
    assert new and (info.number, info.label, info.made_by, info.as_of) == (1, "", "An", given.as_of)
    assert info.made_at == given.made_at and info.hamlets_dead == 1
    assert store.versions() == [info]
    version = store.load(1)
    assert version.info == info and version.record == given.record and version.files == given.files
    assert set(version.tables) == set(given.tables)
    hamlets, before = version.tables["hamlet"], given.tables["hamlet"]
    for column in before.columns.drop("geometry"):
        left, right = hamlets[column].astype(object), before[column].astype(object)
        assert [None if pd.isna(v) else v for v in left] == [None if pd.isna(v) else v for v in right], column
    shapes = before.to_crs("EPSG:4326").geometry
    assert (
        np.abs(hamlets.geometry.x - shapes.x).max() < 1e-7
        and np.abs(hamlets.geometry.y - shapes.y).max() < 1e-7
    )
    cells = version.tables["cell"]
    assert cells["on_air"].tolist() == [pd.Timestamp("2020-02-29"), pd.NaT]
    assert cells["azimuth_deg"].isna().tolist() == [False, True]
    assert version.tables["serving"]["cells"].tolist() == [["C1", "C2"], []]
    assert set(store.load(1, ["cell"]).tables) == {"cell"}
    with pytest.raises(KeyError):
        store.load(2)


def test_the_same_content_is_no_new_version_but_going_back_is(store: Store, make_draft: MakeDraft) -> None:
    first, _ = store.add(make_draft("a"))
    again, new = store.add(make_draft("a"))
    assert again == first and not new
    assert store.add(make_draft("b"))[0].number == 2
    back, new = store.add(make_draft("a"))
    assert new and back.number == 3


def test_numbers_are_never_given_twice(store: Store, make_draft: MakeDraft) -> None:
    for digest in "abc":
        store.add(make_draft(digest))
    store.remove([2, 3])
    assert store.add(make_draft("d"))[0].number == 4
    assert [info.number for info in store.versions()] == [1, 4]


def test_a_table_that_did_not_change_is_kept_once(store: Store, make_draft: MakeDraft) -> None:
    store.add(make_draft("a"))
    store.add(make_draft("b"))
    store.add(make_draft("c", name="Thôn"))
    counted = {}
    with store._reading() as cursor:  # type: ignore[attr-defined]
        for table in ("hamlet", "cell"):
            cursor.execute(f"SELECT count(*) FROM {store.schema}{table}")  # type: ignore[attr-defined]
            counted[table] = cursor.fetchone()[0]
    assert counted == {"hamlet": 6, "cell": 2}
    store.remove([1])
    assert store.load(2).tables["hamlet"]["name"].tolist() == ["Khe 0", "Khe 1", "Khe 2"]
    store.remove([2])
    with store._reading() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"SELECT count(*) FROM {store.schema}hamlet")  # type: ignore[attr-defined]
        assert cursor.fetchone()[0] == 3
    assert store.load(3).tables["hamlet"]["name"].tolist() == ["Thôn 0", "Thôn 1", "Thôn 2"]


def test_projects_of_one_store_know_nothing_of_each_other(
    place: Place, store: Store, make_draft: MakeDraft
) -> None:
    other = place.open("'; DELETE FROM project; --")
    store.add(make_draft("a"))
    other.add(make_draft("b", files=(FileRef("x", "cd" * 32, 1, "file:///x"),)))
    other.add(make_draft("c"))
    other.set_label(2, "March")
    store.set_label(1, "March")
    assert [info.number for info in store.versions()] == [1]
    assert [info.label for info in other.versions()] == ["", "March"]
    assert store.referenced() == {"cd" * 32}
    store.remove([1, 2])
    assert store.versions() == [] and len(other.versions()) == 2
    other.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_data(store: Store, make_draft: MakeDraft, text: str) -> None:
    given = make_draft(name=text)
    given.tables["hamlet"]["more"] = [text] * 3  # a column called as ours
    given.tables["hamlet"][text or "empty"] = [text] * 3
    store.add(given)
    store.set_label(1, text.replace("\0", "").encode("utf-8", "replace").decode())
    kept = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    found = store.load(1).tables["hamlet"]
    assert found["name"].tolist() == [f"{kept} {n}" for n in range(3)]
    assert found[kept or "empty"].tolist() == [kept] * 3
    assert len(store.versions()) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_any_text_comes_back(store: Store, make_draft: MakeDraft, texts: list[str]) -> None:
    given = make_draft("|".join(texts).encode("utf-8", "replace").hex())
    table = pd.DataFrame({"mast_id": texts, "extra": texts, "height_m": 1.0})
    given.tables["mast"] = table  # type: ignore[index]
    number = store.add(given)[0].number
    found = store.load(number, ["mast"]).tables["mast"]
    kept = [text.replace("\0", "\ufffd").encode("utf-8", "replace").decode() for text in texts]
    assert found["mast_id"].tolist() == kept and found["extra"].tolist() == kept


def test_the_database_has_the_columns_that_the_program_writes(store: Store) -> None:
    for table in STORED.values():
        with store._reading() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"SELECT * FROM {store.schema}{table.name}")  # type: ignore[attr-defined]
            columns = {column[0] for column in cursor.description}
        assert columns - {"fid"} == {"content_id", "ordinal", *table.names}, table.name


def test_an_error_in_the_middle_leaves_nothing(store: Store, make_draft: MakeDraft) -> None:
    store.add(make_draft("a"))
    spoiled = make_draft("b", rows=5)
    spoiled.tables["no such table"] = pd.DataFrame({"a": [1]})  # type: ignore[index]
    with pytest.raises(KeyError):
        store.add(spoiled)
    assert [info.number for info in store.versions()] == [1]
    assert store.add(make_draft("b"))[0].number == 2


def writer(place: Place, who: str, count: int, rows: int) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("writer.py")
    process = subprocess.Popen(
        [sys.executable, str(script), place.opening, who, str(count), str(rows)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        raise AssertionError(process.communicate()[1])
    return process


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_analysts_at_once(place: Place, store: Store) -> None:
    store.versions()  # makes the file
    both = [writer(place, who, 8, 200) for who in ("An", "Binh")]
    for process in both:
        begin(process)
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    numbers = [int(line.split()[0]) for out, _ in told for line in out.splitlines()]
    assert sorted(numbers) == list(range(1, 17))
    for info in store.versions():
        names = store.load(info.number, ["hamlet"]).tables["hamlet"]["name"]
        assert len(names) == 200 and names.str.startswith(info.made_by).all()


@posix
def test_a_kill_in_the_middle_of_saving_leaves_a_version_whole_or_absent(place: Place, store: Store) -> None:
    """Killed every 50 ms later than before, until a writer comes to its end."""
    store.versions()
    script = Path(__file__).with_name("writer.py")
    done = subprocess.run(
        [sys.executable, str(script), place.opening, "--kill", "50", "15000"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["torn"] == [] and found["finished"] and found["kills"] >= 3
    assert len(store.load(store.versions()[-1].number).tables["hamlet"]) == 15_000


def test_files_are_kept_once_and_freed_when_nobody_refers_to_them(
    store: Store, make_draft: MakeDraft, tmp_path: Path
) -> None:
    def kept(name: str, text: bytes) -> FileRef:
        path = tmp_path / name
        path.unlink(missing_ok=True)  # results are replaced, never written into
        path.write_bytes(text)
        sha256, size = store.objects.put(path)
        assert sha256 == hashlib.sha256(text).hexdigest() and size == len(text)
        return FileRef(name, sha256, size, path.as_uri())

    def lying() -> int:
        return sum(path.is_file() for path in store.objects.folder.glob("??/*"))

    same = kept("a.tif", b"same")
    store.add(make_draft("a", files=(same, kept("b.tif", b"first"))))
    store.add(make_draft("b", files=(same, kept("b.tif", b"second"))))
    assert lying() == 3
    assert store.objects.sweep(store.referenced()) == (0, 0)
    store.remove([1])
    assert store.objects.sweep(store.referenced()) == (1, len(b"first"))
    store.objects.take(store.load(2).files[1].sha256, tmp_path / "back", "b.tif")
    assert (tmp_path / "back" / "b.tif").read_bytes() == b"second"
    store.remove([2])
    store.objects.path_of("ab" * 32).parent.mkdir(exist_ok=True)
    store.objects.path_of("ab" * 32).with_name("half.part").write_bytes(b"ha")
    assert store.objects.sweep(store.referenced())[0] == 3
    assert lying() == 0


def test_a_raster_that_somebody_wrote_into_is_not_given_back(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"as kept")
    sha256, _ = store.objects.put(path)
    store.objects.path_of(sha256).write_bytes(b"changed")
    with pytest.raises(StoreError, match="somebody wrote into this file"):
        store.objects.take(sha256, tmp_path, "b.tif")
    with pytest.raises(StoreError, match="kept on another machine"):
        store.objects.take("00" * 32, tmp_path, "b.tif")
