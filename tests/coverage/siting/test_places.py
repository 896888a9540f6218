"""At most one station at a place: against trying every allowed choice."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from phusong.coverage.siting.building.contract import BuildingProblem, BuildingRequest, Links
from phusong.coverage.siting.chains import with_shortest_chains
from phusong.coverage.siting.covering.instance import DemandGroups
from phusong.coverage.siting.places import solve_places


def problem(cover: np.ndarray, weight: np.ndarray, cost: np.ndarray, relays=()) -> BuildingProblem:
    """One option on each host, all with fibre for nothing but those that relays lead to."""
    hosts = cover.shape[1]
    fibre = np.zeros(hosts)
    fibre[[b for _, b in relays]] = np.inf
    return BuildingProblem(
        cover=csr_matrix(cover.astype(float)),
        weight=weight.astype(float),
        groups=DemandGroups(csr_matrix((0, len(weight))), np.zeros(0), np.zeros(0)),
        host=np.arange(hosts, dtype=np.int32),
        line_cost=cost[:, None].astype(float),
        backhaul_line=0,
        shared=np.zeros(hosts, bool),
        commune=np.zeros(0, np.int32),
        links=Links(
            fibre,
            np.full(hosts, np.inf),
            np.full(hosts, np.inf),
            np.array([a for a, _ in relays], np.int32),
            np.array([b for _, b in relays], np.int32),
            np.ones(len(relays)),
        ),
    )


def best_by_hand(cover, weight, cost, place, budget) -> float:
    best = 0.0
    for size in range(cover.shape[1] + 1):
        for chosen in combinations(range(cover.shape[1]), size):
            if len({place[h] for h in chosen}) == size and cost[list(chosen)].sum() <= budget + 1e-9:
                best = max(best, float(weight[cover[:, list(chosen)].any(axis=1)].sum()))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_the_best_plan_with_one_host_at_each_place(seed):
    rng = np.random.default_rng(seed)
    cover = rng.random((14, 9)) < 0.3
    weight, cost = rng.integers(1, 50, 14), rng.integers(1, 9, 9)
    place = [("ground", str(h // 3)) for h in range(9)]  # three towers at each of three positions
    budget = float(cost.sum()) * 0.7
    plan = solve_places(problem(cover, weight, cost), place, BuildingRequest(budget=budget))
    assert len({place[h] for h in plan.chosen}) == len(plan.chosen)
    assert plan.value == pytest.approx(best_by_hand(cover, weight, cost, place, budget))
    assert plan.bound == pytest.approx(plan.value)
    assert plan.status == "optimal"


def test_a_mandatory_host_keeps_its_place():
    cover = np.array([[1, 0], [1, 0], [0, 1]], bool)
    given = problem(cover, np.array([5, 5, 3]), np.array([1, 1]))
    place = [("ground", "a"), ("ground", "a")]
    free = solve_places(given, place, BuildingRequest())
    assert free.chosen.tolist() == [0]
    forced = solve_places(given, place, BuildingRequest(mandatory_hosts=(1,)))
    assert forced.chosen.tolist() == [1]
    assert forced.value == 3


def test_the_least_cost_with_one_host_at_each_place():
    cover = np.array([[1, 0, 1], [0, 1, 1]], bool)
    given = problem(cover, np.array([1, 1]), np.array([1, 1, 5]))
    asked = BuildingRequest(objective="least_cost", minimum_value=2.0)
    apart = solve_places(given, [("g", "a"), ("g", "b"), ("g", "c")], asked)
    together = solve_places(given, [("g", "a"), ("g", "a"), ("g", "c")], asked)
    assert (apart.cost, together.cost) == (2.0, 5.0)
    assert together.bound == pytest.approx(5.0)


def test_chains_become_as_short_as_they_can():
    # 0 has fibre; 1, 2 and 3 hang somewhere: each of them could hang on 0
    cover = np.eye(4, dtype=bool)
    relays = ((0, 1), (0, 2), (1, 2), (0, 3), (2, 3))
    given = problem(cover, np.ones(4), np.ones(4), relays)
    plan = solve_places(given, [("g", str(h)) for h in range(4)], BuildingRequest())
    assert plan.chosen.tolist() == [0, 1, 2, 3]
    short = with_shortest_chains(given, plan, BuildingRequest())
    assert short.hangs_on.tolist() == [-1, 0, 0, 0]
    assert short.hops.tolist() == [0, 1, 1, 1]
    assert short.cost == plan.cost
