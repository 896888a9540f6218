"""Tables of levels in parts: every question to the parts has the answer of the whole table."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.cells import PointLevels
from phusong.coverage.level_parts import LevelPart, PartedLevels, parts_of, rows_at

NAMES = [field.name for field in fields(PointLevels)]


def same(one: PointLevels, other: PointLevels) -> None:
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def whole_and_parts(seed: int, cells: int = 9, points: int = 7) -> tuple[PointLevels, PartedLevels]:
    """A table, and the same in parts whose cells have numbers of their own, with cells that are gone."""
    rng = np.random.default_rng(seed)
    point, cell = np.divmod(np.flatnonzero(rng.random(points * cells) < rng.uniform(0.0, 1.0)), cells)
    level = rng.uniform(-130.0, -60.0, len(point)).astype(np.float32)
    table = PointLevels(point.astype(np.int32), cell.astype(np.int32), level, -level)
    part_of = rng.integers(0, 3, cells)
    parts = []
    for number in range(3):
        own = np.flatnonzero(part_of == number)
        own = rng.permutation(own) if rng.random() < 0.5 else own
        gone = np.full(int(rng.integers(0, 3)), -1)
        numbers = rng.permutation(np.concatenate([own, gone])) if len(gone) else own
        place = np.zeros(cells, np.int32)
        place[numbers[numbers >= 0]] = np.flatnonzero(numbers >= 0)
        rows = np.flatnonzero(part_of[table.cell] == number)
        old = np.column_stack([table.point[rows], place[table.cell[rows]], rows])
        more = [(p, c, -1) for c in np.flatnonzero(numbers < 0) for p in range(points) if rng.random() < 0.5]
        every = np.concatenate([old, np.array(more, np.int64).reshape(-1, 3)])
        every = every[np.lexsort((every[:, 1], every[:, 0]))]
        its = np.where(every[:, 2] >= 0, np.append(level, -999.0)[every[:, 2]], -999.0).astype(np.float32)
        made = PointLevels(every[:, 0].astype(np.int32), every[:, 1].astype(np.int32), its, -its)
        parts.append(LevelPart(made, numbers.astype(np.int32)))
    return table, PartedLevels(parts)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_parts_put_together_are_the_table(seed: int) -> None:
    table, parted = whole_and_parts(seed)
    same(parted, table)
    same(PartedLevels(parts_of(table)), table)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 100_000), points=st.sets(st.integers(0, 9)))
def test_rows_of_some_points(seed: int, points: set[int]) -> None:
    table, parted = whole_and_parts(seed)
    wanted = np.array(sorted(points), dtype=np.int64)
    rows = np.flatnonzero(np.isin(table.point, wanted))
    expected = PointLevels(*(getattr(table, name)[rows] for name in NAMES))
    same(rows_at(table, wanted), expected)
    same(rows_at(parted, wanted), expected)


def test_what_is_known_of_cells_is_spread_over_a_part() -> None:
    none = np.zeros(0, np.int32)
    part = LevelPart(
        PointLevels(none, none, none.astype("f4"), none.astype("f4")), np.array([2, -1, 0], np.int32)
    )
    assert part.spread(np.array([5, 6, 7]), -9).tolist() == [7, -9, 5]


def test_no_part_at_all() -> None:
    assert len(PartedLevels([]).point) == 0
    assert len(rows_at(PartedLevels([]), np.array([0, 1])).cell) == 0
