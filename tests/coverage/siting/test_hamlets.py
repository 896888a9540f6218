"""A hamlet's need against a plain count of its people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.cells import PointTable
from phusong.coverage.siting.hamlets import hamlets_in_need

POINT = st.tuples(st.integers(-1, 3), st.integers(0, 5), st.booleans(), st.booleans())


def table(rows) -> PointTable:
    count = len(rows)
    return PointTable(
        point_id=np.array([f"p{i}" for i in range(count)], str),
        village=np.array([r[0] for r in rows], np.int64),
        kind=np.array(["centre"] * count, str),
        people=np.array([r[1] for r in rows], float),
        x_m=np.zeros(count),
        y_m=np.zeros(count),
    )


@given(st.lists(POINT, max_size=14), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_hamlet_is_met_where_a_plain_count_says_so(rows, share):
    points, lacking = table(rows), np.array([r[2] for r in rows], bool)
    served = np.array([r[3] for r in rows], bool) & lacking
    hamlets = hamlets_in_need(points, lacking, share)
    met = dict(zip(hamlets.village.tolist(), hamlets.groups(1.0).met(served).tolist(), strict=True))
    for village in range(4):
        members = [i for i, r in enumerate(rows) if r[0] == village]
        people = [rows[i][1] for i in members] if any(rows[i][1] for i in members) else [1] * len(members)
        before = sum(p for p, i in zip(people, members, strict=True) if not lacking[i])
        now = sum(p for p, i in zip(people, members, strict=True) if not lacking[i] or served[i])
        total = sum(people)
        if not members or before >= share * total - 1e-6:
            assert village not in met
        else:
            assert met[village] == (now >= share * total - 1e-6)


def test_95_of_100_people_are_95_percent():
    points = table([(0, 5, True, False)] + [(0, 19, True, True)] * 5)
    hamlets = hamlets_in_need(points, np.ones(6, bool), 0.95)
    assert hamlets.groups(1.0).met(np.array([False] + [True] * 5)).tolist() == [True]
    assert hamlets.people.tolist() == pytest.approx([100.0])


def test_a_hamlet_with_just_enough_already_is_in_no_need():
    people = [(0, 1 / 7, False, False)] * 38 + [(0, 1 / 7, True, False)] * 2
    lacking = np.array([r[2] for r in people])
    assert len(hamlets_in_need(table(people), lacking, 0.95).village) == 0
