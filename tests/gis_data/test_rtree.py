"""The index of rectangles, read by SQLite itself."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.gis_data.rtree import packed_tree


def opened(ids: np.ndarray, bounds: np.ndarray) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE t USING rtree(id, minx, maxx, miny, maxy)")
    node_bytes = database.execute("SELECT length(data) FROM t_node").fetchone()[0]
    tree = packed_tree(ids, bounds, node_bytes)
    database.executemany("INSERT OR REPLACE INTO t_node (nodeno, data) VALUES (?, ?)", tree.nodes)
    database.executemany("INSERT INTO t_parent VALUES (?, ?)", zip(*tree.parents, strict=True))
    database.executemany("INSERT INTO t_rowid VALUES (?, ?)", zip(*tree.leaves, strict=True))
    return database


@pytest.mark.parametrize("count", [1, 2, 51, 52, 103, 2601, 2602, 9000])
def test_sqlite_finds_what_lies_in_a_window_and_no_fault(count: int) -> None:
    chance = np.random.default_rng(count)
    west_south = chance.uniform(-1e6, 2.5e6, (count, 2))
    bounds = np.hstack([west_south, west_south + chance.exponential(3000.0, (count, 2))])
    ids = chance.permutation(np.arange(1, 3 * count))[:count]
    database = opened(ids, bounds)
    assert database.execute("SELECT rtreecheck('t')").fetchall() == [("ok",)]
    for x, y in chance.uniform(-1e6, 2.5e6, (20, 2)):
        window = np.array([x, y, x + 4e5, y + 3e5])
        query = "SELECT id FROM t WHERE maxx >= ? AND maxy >= ? AND minx <= ? AND miny <= ?"
        found = {row[0] for row in database.execute(query, window.tolist())}
        inside = (bounds[:, 2:] >= window[:2]).all(axis=1) & (bounds[:, :2] <= window[2:]).all(axis=1)
        assert set(ids[inside].tolist()) <= found  # rounded outwards: at the edge there may be more
        assert len(found) - int(inside.sum()) <= 2


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-1e9, 1e9)] * 2), min_size=1, max_size=200))
def test_rectangles_are_never_smaller_than_what_they_are_of(places: list[tuple[float, float]]) -> None:
    at = np.array(places)
    database = opened(np.arange(len(at)), np.hstack([at, at]))
    assert database.execute("SELECT rtreecheck('t')").fetchall() == [("ok",)]
    for number, minx, maxx, miny, maxy in database.execute("SELECT * FROM t"):
        x, y = places[number]
        assert minx <= x <= maxx and miny <= y <= maxy
        assert maxx - minx <= max(1e-30, abs(x) * 2.0**-22) and maxy - miny <= max(1e-30, abs(y) * 2.0**-22)


def test_rows_can_come_and_go_afterwards() -> None:
    bounds = np.random.default_rng(1).uniform(0.0, 1000.0, (500, 2))
    database = opened(np.arange(500), np.hstack([bounds, bounds + 1.0]))
    database.execute("DELETE FROM t WHERE id % 3 > 0")
    database.executemany(
        "INSERT INTO t VALUES (?, ?, ?, ?, ?)", [(n, n, n + 1, n, n + 1) for n in range(1000, 1400)]
    )
    assert database.execute("SELECT rtreecheck('t')").fetchall() == [("ok",)]
    assert database.execute("SELECT count(*) FROM t").fetchone()[0] == 167 + 400
