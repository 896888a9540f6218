"""Merging and dominance keep the optimum and do what they say."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from phusong.coverage.siting.covering.instance import DemandGroups, covering_instance
from phusong.coverage.siting.covering.reduction import merge_identical, reduce_instance, undominated


@given(st.lists(st.integers(0, 15), min_size=1, max_size=40))
def test_merging_leaves_one_demand_per_distinct_cover_set(codes):
    rows = np.array([[code >> bit & 1 for bit in range(4)] for code in codes], float)
    weight = np.arange(1.0, len(codes) + 1)
    merged = merge_identical(covering_instance(csr_matrix(rows), weight, np.ones(4)))
    expected: dict[int, float] = {}
    for code, w in zip(codes, weight, strict=True):
        if code:
            expected[code] = expected.get(code, 0.0) + w
    powers = 2 ** np.arange(4)
    found = {int(row @ powers): w for row, w in zip(merged.cover.toarray(), merged.weight, strict=True)}
    assert found == expected


@given(st.lists(st.integers(0, 15), min_size=1, max_size=12), st.sets(st.integers(0, 3)))
def test_merging_keeps_the_value_of_every_plan(codes, plan):
    rows = np.array([[code >> bit & 1 for bit in range(4)] for code in codes], float)
    share = csr_matrix(np.ones((1, len(codes))))
    groups = DemandGroups(share, np.array([len(codes) / 2]), np.array([100.0]))
    original = covering_instance(csr_matrix(rows), np.ones(len(codes)), np.ones(4), groups=groups)
    chosen = np.array(sorted(plan), np.int64)
    assert merge_identical(original).value(chosen) == original.value(chosen)


def cover_of(*sets, demands=3):
    return csr_matrix(np.array([[float(d in s) for s in sets] for d in range(demands)]))


def test_a_dearer_subset_goes():
    instance = covering_instance(cover_of({0}, {0, 1}, {2}), np.ones(3), np.array([2.0, 2.0, 9.0]))
    assert undominated(instance).tolist() == [1, 2]


def test_a_cheaper_subset_stays():
    instance = covering_instance(cover_of({0}, {0, 1}), np.ones(3), np.array([1.0, 2.0]))
    assert undominated(instance).tolist() == [0, 1]


def test_of_twins_the_first_stays():
    instance = covering_instance(cover_of({0, 1}, {0, 1}), np.ones(3), np.array([1.0, 1.0]))
    assert undominated(instance).tolist() == [0]


def test_a_candidate_with_rivals_of_its_own_does_not_stand_in():
    cover = cover_of({0}, {0, 1}, {2})
    instance = covering_instance(cover, np.ones(3), np.ones(3), conflict_groups=[[1, 2]])
    assert undominated(instance).tolist() == [0, 1, 2]


def test_mandatory_stays_and_forbidden_goes():
    cover = cover_of({0}, {0, 1}, {1, 2})
    instance = covering_instance(cover, np.ones(3), np.ones(3), mandatory=[0], forbidden=[2])
    reduced = reduce_instance(instance)
    assert reduced.candidate.tolist() == [0, 1]
    assert reduced.instance.mandatory.tolist() == [0]
