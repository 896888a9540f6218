"""At most one station at a place: against trying every allowed choice."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from phusong.coverage.siting.building.contract import BuildingProblem, BuildingRequest, Links
from phusong.coverage.siting.building.solve import solve_building
from phusong.coverage.siting.chains import with_shortest_chains
from phusong.coverage.siting.covering.instance import DemandGroups


def problem(cover: np.ndarray, weight: np.ndarray, cost: np.ndarray, place, relays=()) -> BuildingProblem:
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
        place=np.array(place, np.int32),
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
    place = [h // 3 for h in range(9)]  # three towers at each of three positions
    budget = float(cost.sum()) * 0.7
    plan = solve_building(problem(cover, weight, cost, place), BuildingRequest(budget=budget))
    assert len({place[h] for h in plan.chosen}) == len(plan.chosen)
    assert plan.value == pytest.approx(best_by_hand(cover, weight, cost, place, budget))
    assert plan.bound == pytest.approx(plan.value)
    assert plan.status == "optimal"


def test_a_mandatory_host_keeps_its_place():
    cover = np.array([[1, 0], [1, 0], [0, 1]], bool)
    given = problem(cover, np.array([5, 5, 3]), np.array([1, 1]), [7, 7])
    free = solve_building(given, BuildingRequest())
    assert free.chosen.tolist() == [0]
    forced = solve_building(given, BuildingRequest(mandatory_hosts=(1,)))
    assert forced.chosen.tolist() == [1]
    assert forced.value == 3


def test_at_a_mandatory_place_the_better_host_is_built():
    cover = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], bool)
    given = problem(cover, np.array([9, 2, 3]), np.array([1, 1, 1]), [0, 4, 4])
    assert solve_building(given, BuildingRequest(budget=1.0)).chosen.tolist() == [0]
    forced = solve_building(given, BuildingRequest(budget=1.0, mandatory_places=(4,)))
    assert forced.chosen.tolist() == [2]
    other = solve_building(given, BuildingRequest(mandatory_places=(4,), forbidden_hosts=(2,)))
    assert other.chosen.tolist() == [0, 1]
    none = solve_building(given, BuildingRequest(mandatory_places=(4,), forbidden_hosts=(1, 2)))
    assert {(b.limit, b.index) for b in none.blamed} == {("mandatory_place", 4), ("forbidden_hosts", -1)}
    assert "place 4 would have to be given up, everything else as asked" in none.blame


@pytest.mark.parametrize(("places", "words"), [((3,), "place 3 does not exist"), ((2,), "no option stands")])
def test_places_that_cannot_be_asked_for(places, words):
    given = replace(problem(np.eye(2, dtype=bool), np.ones(2), np.ones(2), [0, 1]), place=np.arange(3))
    none = np.full(3, np.inf)
    links = Links(np.zeros(3), none, none, np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    with pytest.raises(ValueError, match=words):
        solve_building(replace(given, links=links), BuildingRequest(mandatory_places=places))


def test_the_least_cost_with_one_host_at_each_place():
    cover = np.array([[1, 0, 1], [0, 1, 1]], bool)
    weight, cost = np.array([1, 1]), np.array([1, 1, 5])
    asked = BuildingRequest(objective="least_cost", minimum_value=2.0)
    apart = solve_building(problem(cover, weight, cost, [0, 1, 2]), asked)
    together = solve_building(problem(cover, weight, cost, [0, 0, 2]), asked)
    assert (apart.cost, together.cost) == (2.0, 5.0)
    assert together.bound == pytest.approx(5.0)


def test_chains_become_as_short_as_they_can():
    # 0 has fibre; 1, 2 and 3 hang somewhere: each of them could hang on 0
    relays = ((0, 1), (0, 2), (1, 2), (0, 3), (2, 3))
    given = problem(np.eye(4, dtype=bool), np.ones(4), np.ones(4), range(4), relays)
    plan = solve_building(given, BuildingRequest())
    assert plan.chosen.tolist() == [0, 1, 2, 3]
    short = with_shortest_chains(given, plan, BuildingRequest())
    assert short.hangs_on.tolist() == [-1, 0, 0, 0]
    assert short.hops.tolist() == [0, 1, 1, 1]
    assert short.cost == plan.cost
