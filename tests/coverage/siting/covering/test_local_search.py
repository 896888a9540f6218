"""The local search keeps every rule and does not lose to plain greedy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from phusong.coverage.siting.covering.instance import covering_instance
from phusong.coverage.siting.covering.local_search import LocalSearch


def random_instance(seed, demands=60, sites=20, rules=True):
    rng = np.random.default_rng(seed)
    cover = csr_matrix((rng.random((demands, sites)) < 0.15).astype(float))
    groups = [[0, 1, 2], [2, 3]] if rules else []
    return covering_instance(
        cover, rng.integers(1, 50, demands).astype(float), rng.integers(1, 6, sites).astype(float),
        conflict_groups=groups, mandatory=[4] if rules else [],
    )  # fmt: skip


@given(st.integers(0, 10**6), st.integers(5, 40))
def test_plans_within_a_budget_keep_the_rules(seed, budget):
    instance = random_instance(seed)
    if instance.cost[4] > budget:
        budget = int(instance.cost[4])
    search = LocalSearch(instance, budget)
    for guide in (None, None, None, np.linspace(1, 0, 20)):
        plan = search.start(5, guide)
        assert instance.total_cost(plan) <= budget
        assert 4 in plan
        assert all(len(np.intersect1d(plan, group)) <= 1 for group in instance.conflicts)


@given(st.integers(0, 10**6), st.floats(0.2, 0.8))
def test_plans_that_reach_a_value_reach_it(seed, share):
    instance = random_instance(seed, rules=False)
    target = share * instance.weight.sum()
    search = LocalSearch(instance, target, least_cost=True)
    plans = [search.start(5) for _ in range(4)]
    reachable = instance.value(np.arange(20)) >= target
    assert all((plan is not None) == reachable for plan in plans)
    for plan in plans:
        if plan is None:
            continue
        assert instance.value(plan) >= target * (1 - 1e-9)
        # Nothing superfluous is left.
        assert all(instance.value(np.setdiff1d(plan, [j])) < target for j in plan if instance.cost[j] > 0)


def test_more_steps_are_never_worse():
    instance = random_instance(3, 400, 60, rules=False)
    values = [instance.value(LocalSearch(instance, 30.0).start(steps)) for steps in (0, 10, 300)]
    assert values == sorted(values)


def test_a_start_repeats():
    instance = random_instance(4, 400, 60)
    runs = [[LocalSearch(instance, 30.0).start(20).tolist() for _ in range(3)] for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_value_out_of_reach_gives_no_plan():
    instance = covering_instance(csr_matrix(np.eye(3)), np.ones(3), np.ones(3), conflict_groups=[[0, 1]])
    assert LocalSearch(instance, 3.0, least_cost=True).start(5) is None


@pytest.mark.parametrize("steps", [0, 3])
def test_an_instance_without_sites(steps):
    empty = covering_instance(csr_matrix((2, 0)), np.ones(2), np.zeros(0))
    assert LocalSearch(empty, 1.0).start(steps).tolist() == []
