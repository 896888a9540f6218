"""The order in which the cells that serve a point are kept."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from phusong.history import _strongest_first


@given(st.lists(st.lists(st.integers(0, 30), unique=True, max_size=6), max_size=5), st.randoms())
def test_rows_stand_by_level_and_then_by_number(lines: list[list[int]], chance) -> None:
    level_dbm = np.array([chance.choice([-90.0, -80.5, -70.25]) for _ in range(31)], dtype=np.float32)
    rows = np.full((len(lines), 6), -1, dtype=np.int64)
    for number, line in enumerate(lines):
        rows[number, chance.sample(range(6), len(line))] = line
    expected = [sorted(line, key=lambda row: (-level_dbm[row], row)) for line in lines]
    found = _strongest_first(rows, level_dbm)
    assert found.tolist() == [line + [-1] * (6 - len(line)) for line in expected]
