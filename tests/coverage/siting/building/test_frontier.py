"""Frontier and phases: each point against every plan tried, bounds, nesting and losses."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, identity

from phusong.coverage.siting.building.contract import BuildingProblem, BuildingRequest, Links
from phusong.coverage.siting.building.frontier import frontier
from phusong.coverage.siting.building.phases import phased
from phusong.coverage.siting.building.solve import solve_building
from phusong.coverage.siting.covering.instance import DemandGroups


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_point_is_the_best_within_its_budget(oracle, data):
    problem = data.draw(oracle.problems())
    request = replace(data.draw(oracle.requests(problem)), objective="most_value", second_criteria=None)
    budgets = [0.0, 6.0, 12.0, 25.0]
    points = frontier(problem, request, [25.0, 6.0, 0.0, 12.0, 6.0])
    assert [p.budget for p in points] == budgets
    for point in points:
        asked = replace(request, budget=point.budget)
        best = oracle.best_plan(problem, asked)
        if best is None:
            assert point.plan.status == "infeasible"
            continue
        assert point.plan.status == "optimal"
        assert point.plan.value == pytest.approx(best.value)
        assert point.plan.cost == pytest.approx(best.cost, abs=1e-5)
        assert oracle.faults(problem, asked, point.plan) == []


def line_of_hosts(n: int = 6):
    """Hamlets of different size along a chain of hosts, the largest ones at its far end."""
    return BuildingProblem(
        cover=csr_matrix(np.eye(n)),
        weight=np.array([3.0, 1.0, 9.0, 4.0, 4.0, 3.0])[:n],
        groups=DemandGroups(csr_matrix(identity(n)), np.ones(n), np.zeros(n)),
        host=np.arange(n, dtype=np.int32),
        line_cost=np.column_stack([np.full(n, 5.0), np.zeros(n)]),
        backhaul_line=1,
        shared=np.array([True, True, False, True, False, False])[:n],
        commune=np.zeros(n, np.int32),
        links=Links(
            np.full(n, math.inf),
            np.array([1.0, math.inf, math.inf, 1.0, 1.0, 1.0])[:n],
            np.full(n, math.inf),
            np.array([0, 1], np.int32), np.array([1, 2], np.int32), np.array([1.0, 1.0]),
        ),
    )  # fmt: skip


def test_bounds_fall_with_the_budget_and_hold():
    problem = line_of_hosts()
    points = frontier(problem, BuildingRequest(minimum_sharing=0.5), [6.0 * k for k in range(7)])
    values = [p.plan.value for p in points]
    bounds = [p.plan.bound for p in points]
    assert values == sorted(values)
    assert bounds == sorted(bounds)
    assert all(b >= v for b, v in zip(bounds, values, strict=True))
    assert values == [0.0, 4.0, 8.0, 13.0, 17.0, 21.0, 24.0]


@pytest.mark.parametrize("budgets", [[], [-1.0], [math.inf], [math.nan]])
def test_faulty_budgets_are_refused(budgets):
    with pytest.raises(ValueError, match="budget"):
        frontier(line_of_hosts(), BuildingRequest(), budgets)
    with pytest.raises(ValueError, match="budget"):
        phased(line_of_hosts(), BuildingRequest(), budgets)


def test_progress_names_the_point():
    told = []
    frontier(
        line_of_hosts(), BuildingRequest(), [6.0, 12.0], progress=lambda k, p: told.append((k, p.incumbent))
    )
    assert {k for k, _ in told} == {0, 1}


def stations(plan):
    return set(zip(plan.chosen.tolist(), plan.connection, plan.hangs_on.tolist(), strict=True))


def test_phases_are_nested_and_state_what_the_order_costs(oracle):
    problem = line_of_hosts()
    # 6, 12 and 18 in all: without years 4, then 8, then hosts 0, 1 and 2 (13): they share no station.
    result = phased(problem, BuildingRequest(), [6.0, 6.0, 6.0])
    plans = [phase.plan for phase in result.phases]
    for before, after in pairwise(plans):
        assert stations(before) <= stations(after)
    for phase in result.phases:
        assert oracle.faults(problem, BuildingRequest(budget=phase.budget), phase.plan) == []
        assert phase.loss == pytest.approx(phase.free.value - phase.plan.value)
    assert [p.free.value for p in result.phases] == [4.0, 8.0, 13.0]
    # Forwards 4, 8, 11 (23 in all); backwards 3, 4, 13 (20).
    assert result.order == "forwards"
    assert [p.value for p in plans] == [4.0, 8.0, 11.0]
    assert [p.loss for p in result.phases] == [0.0, 0.0, 2.0]


def test_what_must_be_reached_in_the_last_year_decides_the_first():
    problem = line_of_hosts()
    result = phased(problem, BuildingRequest(mandatory_hamlets=(2,)), [6.0, 6.0, 6.0])
    assert result.order == "backwards"
    assert [p.plan.value for p in result.phases] == [3.0, 4.0, 13.0]
    assert [p.loss for p in result.phases] == pytest.approx([1.0, 4.0, 0.0])


def test_money_left_over_is_carried_on():
    result = phased(line_of_hosts(), BuildingRequest(), [5.0, 1.0])
    assert [len(p.plan.chosen) for p in result.phases] == [0, 1]


def test_phases_that_cannot_be_kept_say_why():
    result = phased(line_of_hosts(), BuildingRequest(mandatory_hamlets=(2,)), [6.0, 6.0])
    assert result.phases == ()
    assert result.final.status == "infeasible"
    assert [b.limit for b in result.final.blamed] == ["budget", "mandatory_hamlet"]


@pytest.mark.parametrize(
    ("criterion", "chosen"),
    [("fewest_towers", [1]), ("most_shared", [1, 2]), ("double_cover", [2, 3]), ("centres", [0])],
)
def test_second_criteria_decide_between_equal_plans(criterion, chosen):
    problem = line_of_hosts(4)
    cover = csr_matrix(np.array([[1.0, 1, 1, 1], [1, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]))
    # Covered by 0 or 1: demands 0 and 1; by 2: 0 and 2. All hops; two stations at most.
    links = replace(problem.links, hop_cost=np.ones(4))
    problem = replace(
        problem, cover=cover, links=links, weight=np.array([2.0, 1.0, 1.0, 0.0]),
        shared=np.array([False, True, True, False]), tower=np.array([True, False, True, True]),
        centre=np.array([False, True, False, False]),
    )  # fmt: skip
    request = BuildingRequest(maximum_stations=2, minimum_value=3.0, second_criteria=(criterion,))
    if criterion in ("most_shared", "double_cover"):
        plan = solve_building(problem, request)
        assert plan.value == 4.0
        assert 2 in plan.chosen
        assert (1 in plan.chosen) if criterion == "most_shared" else len(plan.chosen) == 2
    else:
        plan = solve_building(problem, replace(request, maximum_stations=1))
        assert plan.value == 3.0
        assert criterion == "centres" or plan.chosen.tolist() == chosen
        assert criterion != "centres" or plan.served[1]
    assert plan.criteria_proven == (True,)
