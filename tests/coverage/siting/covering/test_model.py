"""The covering solver against brute force, merged against unmerged, and its refusals."""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from phusong.coverage.siting.covering.instance import DemandGroups
from phusong.coverage.siting.covering.model import (
    CoveringSolution,
    solve_budgeted_covering,
    solve_least_cost_covering,
)


@st.composite
def instances(draw):
    demands, candidates = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    bits = draw(st.lists(st.booleans(), min_size=demands * candidates, max_size=demands * candidates))
    cover = np.array(bits, float).reshape(demands, candidates)
    number = st.integers(0, 9)
    weight = np.array(draw(st.lists(number, min_size=demands, max_size=demands)), float)
    cost = np.array(draw(st.lists(number, min_size=candidates, max_size=candidates)), float) / 2
    conflicts = (
        draw(st.lists(st.sets(st.integers(0, candidates - 1), min_size=2), max_size=2))
        if candidates > 1
        else []
    )
    forbidden = draw(st.sets(st.integers(0, candidates - 1), max_size=1))
    village = np.array(draw(st.lists(st.integers(0, 2), min_size=demands, max_size=demands)))
    share = csr_matrix((weight + 1, (village, np.arange(demands))), shape=(3, demands))
    total = np.asarray(share.sum(axis=1)).ravel()
    need = np.where(total > 0, draw(st.sampled_from([0.5, 0.75, 1.0])) * total, 1.0)
    bonus = np.array(draw(st.lists(number, min_size=3, max_size=3)), float)
    return {
        "cover": csr_matrix(cover),
        "weight": weight,
        "cost": cost,
        "conflict_groups": [sorted(c) for c in conflicts],
        "forbidden": sorted(forbidden),
        "groups": DemandGroups(share, need, bonus),
    }


def value_of(instance, plan):
    served = instance["cover"].toarray()[:, list(plan)].any(axis=1)
    value = instance["weight"][served].sum()
    groups = instance["groups"]
    for share, need, bonus in zip(groups.share.toarray(), groups.need, groups.bonus, strict=True):
        value += bonus if share[served].sum() >= need * (1 - 1e-9) else 0.0
    return value


def plans(instance, mandatory=()):
    candidates = range(instance["cover"].shape[1])
    for size in range(len(candidates) + 1):
        for plan in combinations(candidates, size):
            chosen = set(plan)
            fits = all(len(chosen & set(c)) <= 1 for c in instance["conflict_groups"])
            if fits and not chosen & set(instance["forbidden"]) and chosen >= set(mandatory):
                yield plan


@settings(max_examples=120, deadline=None)
@given(instances(), st.integers(0, 24), st.booleans())
def test_budgeted_covering_is_what_brute_force_finds(instance, budget, reduce):
    answer = solve_budgeted_covering(**instance, budget=budget / 2, reduce=reduce)
    ranked = [
        (value_of(instance, plan), -sum(instance["cost"][list(plan)]))
        for plan in plans(instance)
        if sum(instance["cost"][list(plan)]) <= budget / 2
    ]
    best_value, best_thrift = max(ranked)
    assert answer.value == pytest.approx(best_value)
    assert answer.cost == pytest.approx(-best_thrift)
    assert answer.status == "optimal"
    assert answer.cheapest_proven
    assert answer.bound >= best_value - 1e-6
    assert answer.value == pytest.approx(value_of(instance, answer.chosen.tolist()))
    assert tuple(answer.chosen.tolist()) in set(plans(instance))


@settings(max_examples=60, deadline=None)
@given(instances(), st.floats(0.1, 1.0))
def test_least_cost_covering_is_what_brute_force_finds(instance, part):
    target = part * value_of(instance, range(instance["cover"].shape[1]))
    answer = solve_least_cost_covering(**instance, minimum_value=target)
    costs = [
        sum(instance["cost"][list(plan)])
        for plan in plans(instance)
        if value_of(instance, plan) >= target * (1 - 1e-9)
    ]
    if not costs:
        assert answer.status == "infeasible"
        assert math.isinf(answer.bound)
        assert len(answer.chosen) == 0
        return
    assert answer.status == "optimal"
    assert answer.cost == pytest.approx(min(costs))
    assert answer.bound <= min(costs) + 1e-6
    assert value_of(instance, answer.chosen.tolist()) >= target * (1 - 1e-6)


def random_instance(seed, demands=300, candidates=40):
    rng = np.random.default_rng(seed)
    points, sites = rng.uniform(0, 10, (demands, 2)), rng.uniform(0, 10, (candidates, 2))
    distance = np.hypot(*(points[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    return {
        "cover": csr_matrix((distance < 1.5).astype(float)),
        "weight": rng.integers(1, 100, demands).astype(float),
        "cost": rng.uniform(1, 5, candidates),
    }


def same(first: CoveringSolution, second: CoveringSolution) -> bool:
    return all(
        np.array_equal(getattr(first, f.name), getattr(second, f.name))
        for f in fields(CoveringSolution)
        if f.name != "time_s"
    )


def test_merged_and_unmerged_models_agree():
    instance = random_instance(1)
    merged = solve_budgeted_covering(**instance, budget=15.0)
    raw = solve_budgeted_covering(**instance, budget=15.0, reduce=False)
    assert merged.value == pytest.approx(raw.value)
    assert merged.cost == pytest.approx(raw.cost)
    assert merged.status == raw.status == "optimal"
    assert merged.merged_demands < raw.merged_demands == 300
    assert merged.kept_candidates <= raw.kept_candidates == 40


def test_two_runs_give_the_same_answer():
    instance = random_instance(2)
    assert same(
        solve_budgeted_covering(**instance, budget=12.0), solve_budgeted_covering(**instance, budget=12.0)
    )


def test_the_hash_tells_instances_apart():
    instance = random_instance(3, 20, 8)
    first = solve_budgeted_covering(**instance, budget=5.0)
    dearer = solve_budgeted_covering(**{**instance, "cost": instance["cost"] + 1e-9}, budget=5.0)
    other_budget = solve_budgeted_covering(**instance, budget=5.5)
    assert len({first.instance_hash, dearer.instance_hash, other_budget.instance_hash}) == 3


def test_a_stopped_search_is_not_called_optimal():
    instance = random_instance(4, 3000, 200)
    answer = solve_budgeted_covering(**instance, budget=25.0, time_limit_s=0.01)
    assert answer.status == "time_limit"
    assert answer.gap > 0
    assert answer.bound > answer.value > 0
    assert answer.cost <= 25.0
    assert not answer.cheapest_proven


def test_a_mandatory_candidate_is_built_even_if_useless():
    cover = csr_matrix(np.array([[1.0, 0.0], [1.0, 0.0]]))
    answer = solve_budgeted_covering(cover, np.ones(2), np.array([1.0, 1.0]), 1.0, mandatory=[1])
    assert answer.chosen.tolist() == [1]
    assert answer.value == 0


def test_no_budget_gives_an_empty_plan():
    instance = random_instance(5, 20, 8)
    answer = solve_budgeted_covering(**instance, budget=0.0)
    assert answer.chosen.tolist() == []
    assert answer.status == "optimal"
    assert answer.gap == 0


def test_maximal_covering_by_number_of_sites():
    cover = csr_matrix(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]], float))
    answer = solve_budgeted_covering(cover, np.array([5.0, 4, 3, 2]), np.ones(3), 1)
    assert answer.chosen.tolist() == [0]
    assert answer.value == 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost": [1.0, -2.0, 3.0]}, "cost of candidate 1 is -2, expected a number >= 0"),
        ({"weight": [1.0, math.nan]}, "weight of demand 1 is nan"),
        ({"weight": [1.0]}, "weight has shape (1,), expected (2,)"),
        ({"mandatory": [0], "forbidden": [0]}, "candidate 0 is both mandatory and forbidden"),
        ({"mandatory": [0, 1], "conflict_groups": [[0, 1]]}, "at most one of them can be built"),
        ({"mandatory": [7]}, "candidate 7 does not exist"),
        ({"mandatory": [2]}, "cost 3, expected at most the budget 2"),
        ({"budget": -1.0}, "budget is -1"),
        ({"time_limit_s": 0.0}, "time_limit_s is 0"),
        ({"gap_target": -0.1}, "gap_target is -0.1"),
    ],
)
def test_impossible_requests_are_refused(change, message):
    request = {
        "cover": csr_matrix(np.ones((2, 3))),
        "weight": [1.0, 1.0],
        "cost": [1.0, 2.0, 3.0],
        "budget": 2.0,
    }
    with pytest.raises(ValueError) as caught:
        solve_budgeted_covering(**{**request, **change})
    assert message in str(caught.value)


def test_all_faults_come_at_once():
    with pytest.raises(ValueError) as caught:
        solve_budgeted_covering(csr_matrix(np.ones((1, 2))), [-1.0], [-1.0, -1.0], 1.0)
    assert len(str(caught.value).splitlines()) == 3
