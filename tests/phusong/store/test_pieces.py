"""Tables kept in pieces: a change writes its own piece, and an older database is brought along."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.store.embedded import FILE_NAME, EmbeddedStore
from phusong.store.interface import Draft, Store
from phusong.store.migrations import migrations
from phusong.store.pieces import pieces_of
from phusong.store.tables import STORED, rows_of

MakeDraft = Callable[..., Draft]
CELL = STORED["cell"]


def cells(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cell_id": [f"C{n}" for n in range(count)],
            "mast_id": [f"M{n // 3}" for n in range(count)],
            "azimuth_deg": np.arange(count) * 1.5,
            "on_air": pd.to_datetime(["2020-01-01"] * count),
            "note": [None, "a", "b"] * (count // 3) + [None] * (count % 3),
        }
    )


def counted(store: Store, table: str) -> int:
    with store._reading() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"SELECT count(*) FROM {store.schema}{table}")  # type: ignore[attr-defined]
        return int(cursor.fetchone()[0])


def test_a_row_that_comes_changes_or_goes_writes_its_own_piece_only(
    store: Store, make_draft: MakeDraft
) -> None:
    frame = cells(6000)
    first = replace(make_draft("a"), tables={"cell": frame})
    store.add(first)
    assert counted(store, "cell") == 6000
    new = pd.concat([frame[:1500], cells(1).assign(cell_id="X", mast_id="MX"), frame[1500:]])
    changed = frame.assign(azimuth_deg=frame["azimuth_deg"].where(frame["cell_id"] != "C777", 0.0))
    longest = max(piece.end - piece.first for piece in first.pieces["cell"])
    for number, other in enumerate((new, changed, frame.drop(index=5000)), start=2):
        before = counted(store, "cell")
        assert store.add(replace(make_draft("a"), tables={"cell": other.reset_index(drop=True)}))[1]
        assert 0 < counted(store, "cell") - before <= 2 * longest < 1500
        found = store.load(number).tables["cell"]
        for name in ("cell_id", "mast_id", "azimuth_deg", "on_air"):
            assert found[name].tolist() == other[name].tolist()
        assert found["note"].fillna("-").tolist() == other["note"].fillna("-").tolist()
    store.remove([1, 2, 4])
    assert store.load(3).tables["cell"]["azimuth_deg"].tolist() == changed["azimuth_deg"].tolist()
    assert counted(store, "cell") == 6000


@settings(max_examples=60, deadline=None)
@given(
    ids=st.lists(st.sampled_from([None, "", "M1", "\0", "\ud800", "x y"]), max_size=30),
    seed=st.integers(0, 2**16),
)
def test_equal_digests_mean_equal_rows(ids: list[str | None], seed: int) -> None:
    chance = np.random.default_rng(seed)
    size = len(ids)
    frame = pd.DataFrame({
        "mast_id": pd.Series(ids, dtype=object),
        "azimuth_deg": chance.choice([0.0, np.nan, 90.0], size),
        "mixed": pd.Series([chance.choice([1, 2, 3]) if n % 2 else ["a", 1.5] for n in range(size)], dtype=object),
        "when": pd.Series([pd.Timestamp("2024-01-01")] * size, dtype=object),
    })  # fmt: skip
    pieces = pieces_of(CELL, frame)
    assert [piece.first for piece in pieces[1:]] == [piece.end for piece in pieces[:-1]]
    assert pieces[0].first == 0 and pieces[-1].end == size
    assert pieces == pieces_of(CELL, frame.copy(deep=True))
    if size:
        row = int(chance.integers(0, size))
        for name, value in (("azimuth_deg", 17.0), ("mixed", "z"), ("when", pd.Timestamp("2024-01-02"))):
            other = frame.copy(deep=True)
            other.at[row, name] = value
            assert rows_of(CELL, other) != rows_of(CELL, frame)
            assert [p.digest for p in pieces_of(CELL, other)] != [p.digest for p in pieces]


def test_the_geometry_and_its_crs_count() -> None:
    def masts(x: float, crs: str) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame({"mast_id": ["M"]}, geometry=gpd.points_from_xy([x], [20.0]), crs=crs)

    tables = [masts(1.0, "EPSG:4326"), masts(1.5, "EPSG:4326"), masts(1.0, "EPSG:32648")]
    assert len({pieces_of(STORED["mast"], table)[0].digest for table in tables}) == 3


def test_keys_that_repeat_without_end_still_give_short_pieces() -> None:
    pieces = pieces_of(CELL, pd.DataFrame({"mast_id": ["M"] * 9000, "azimuth_deg": 1.0}))
    assert [piece.end - piece.first for piece in pieces] == [2048, 2048, 2048, 2048, 808]


def test_a_file_of_whole_tables_is_brought_along(tmp_path: Path, make_draft: MakeDraft) -> None:
    """A file as the first schema had it: one content a table."""
    with closing(EmbeddedStore(tmp_path, "p")) as store:
        store.add(make_draft("a"))
        wanted = store.load(1).tables
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
        file.executescript(
            "CREATE TEMP TABLE k AS SELECT run_id, table_name, content_id FROM run_content;"
            "DROP TABLE run_content;"
            "CREATE TABLE run_content (run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, table_name "
            "TEXT NOT NULL, content_id INTEGER NOT NULL REFERENCES content, PRIMARY KEY (run_id, table_name));"
            "CREATE INDEX run_content_of_content ON run_content (content_id);"
            "INSERT INTO run_content SELECT * FROM k; DELETE FROM schema_version WHERE version > 1;"
        )
        assert file.execute("SELECT count(*) FROM run_content").fetchone()[0] == 3
    with closing(EmbeddedStore(tmp_path, "p")) as store:
        for name, frame in store.load(1).tables.items():
            assert frame.drop(columns="geometry", errors="ignore").equals(
                wanted[name].drop(columns="geometry", errors="ignore")
            )
        assert store.add(make_draft("b"))[0].number == 2
        store.remove([1])
        assert len(store.load(2).tables["hamlet"]) == 3
        assert store.migrate() == []
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
        assert file.execute("SELECT max(version) FROM schema_version").fetchone()[0] == len(
            migrations("embedded")
        )
        assert file.execute("SELECT count(*) FROM hamlet_of_version").fetchone()[0] == 3
