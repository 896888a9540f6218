"""Infeasible requests: every limit that alone would do, and sets where none does, against every plan tried."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from phusong.coverage.siting.building.contract import (
    Blame,
    BuildingProblem,
    BuildingRequest,
    Built,
    Fund,
    Links,
)
from phusong.coverage.siting.building.solve import solve_building
from phusong.coverage.siting.covering.instance import DemandGroups

STEP = {"unpaid_lines": 1e-3, "budget": 1e-3, "fund": 1e-3, "minimum_value": 1e-3, "minimum_sharing": 1e-3}


def asked_limits(request):
    limits = [("budget", -1)] if math.isfinite(request.budget) else []
    limits += [("fund", k) for k in range(len(request.funds))]
    limits += [("unpaid_lines", -1)] if request.funds and unpaid(request).any() else []
    limits += [("maximum_stations", -1)] if request.maximum_stations is not None else []
    for name in ("minimum_value", "minimum_hamlets", "minimum_sharing"):
        limits += [(name, -1)] if getattr(request, name) > 0 else []
    limits += [("commune_minimum", c) for c, n in request.commune_minimum.items() if n > 0]
    limits += [("mandatory_hamlet", h) for h in request.mandatory_hamlets]
    limits += [("mandatory_host", h) for h in request.mandatory_hosts]
    limits += [("mandatory_place", p) for p in request.mandatory_places]
    limits += [("forbidden_hosts", -1)] if request.forbidden_hosts else []
    return limits + ([("maximum_hops", -1)] if request.maximum_hops < 3 else [])


def unpaid(request):
    """Lines that no fund may pay."""
    return ~np.any([f.lines for f in request.funds], axis=0)


def moved(request, limit, index, number):
    """The request with one limit somewhere else."""
    if limit == "fund":
        funds = list(request.funds)
        funds[index] = replace(funds[index], limit=number)
        return replace(request, funds=tuple(funds))
    if limit == "unpaid_lines":
        return replace(request, funds=(*request.funds, Fund("more", number, unpaid(request))))
    if limit == "commune_minimum":
        return replace(request, commune_minimum={**request.commune_minimum, index: number})
    if limit == "mandatory_hamlet":
        return replace(request, mandatory_hamlets=tuple(set(request.mandatory_hamlets) - {index}))
    if limit == "mandatory_host":
        return replace(request, mandatory_hosts=tuple(set(request.mandatory_hosts) - {index}))
    if limit == "mandatory_place":
        return replace(request, mandatory_places=tuple(set(request.mandatory_places) - {index}))
    if limit == "forbidden_hosts":
        return replace(request, forbidden_hosts=())
    return replace(request, **{limit: number})


def dropped(request, limit, index):
    loosest = {
        "unpaid_lines": math.inf,
        "budget": math.inf,
        "fund": math.inf,
        "maximum_stations": None,
        "maximum_hops": 3,
    }
    return moved(request, limit, index, loosest.get(limit, 0))


def tighter(blame):
    """A number a little nearer to what was asked than what is said to be needed."""
    step = STEP.get(blame.limit, 1)
    return blame.needed + math.copysign(step, blame.asked - blame.needed)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(st.data())
def test_the_blame_is_what_trying_every_plan_finds(oracle, data):
    problem = data.draw(oracle.problems())
    request = data.draw(oracle.requests(problem))

    def possible(asked):
        return next(iter(oracle.all_plans(problem, asked)), None) is not None

    assume(not possible(request))
    plan = solve_building(problem, request)
    assert plan.status == "infeasible"
    assert len(plan.blame) == len(plan.blamed) > 0
    limits = asked_limits(request)
    alone = {x for x in limits if possible(dropped(request, *x))}
    if alone:
        assert {(b.limit, b.index) for b in plan.blamed} == alone
        assert not any(b.together for b in plan.blamed)
        for blame in plan.blamed:
            assert blame.proven
            assert possible(moved(request, blame.limit, blame.index, blame.needed))
            if blame.limit not in (
                "mandatory_hamlet",
                "mandatory_host",
                "mandatory_place",
                "forbidden_hosts",
            ):
                assert not possible(moved(request, blame.limit, blame.index, tighter(blame)))
        return
    assert all(b.together for b in plan.blamed)
    changed = request
    for blame in plan.blamed:
        changed = moved(changed, blame.limit, blame.index, blame.needed)
    assert possible(changed)
    for fewer in combinations(limits, len(plan.blamed) - 1):
        left = request
        for limit in fewer:
            left = dropped(left, *limit)
        assert not possible(left)


def chain_problem() -> BuildingProblem:
    """Hosts 0, 1, 2 in a row, each the only one to serve its hamlet; only host 0 sees a node on air."""
    return BuildingProblem(
        cover=csr_matrix(np.eye(3)),
        weight=np.ones(3),
        groups=DemandGroups(csr_matrix(np.eye(3)), np.ones(3), np.zeros(3)),
        host=np.arange(3, dtype=np.int32),
        line_cost=np.array([[4.0, 0.0]] * 3),
        backhaul_line=1,
        shared=np.array([True, False, False]),
        commune=np.array([0, 0, 1], np.int32),
        links=Links(
            np.full(3, math.inf), np.array([1.0, math.inf, math.inf]), np.full(3, math.inf),
            np.array([0, 1], np.int32), np.array([1, 2], np.int32), np.array([1.0, 1.0]),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "blamed"),
    [
        ({"budget": 9.0, "mandatory_hamlets": (1,)}, [("budget", -1, 10.0), ("mandatory_hamlet", 1, 0.0)]),
        ({"maximum_stations": 1, "minimum_value": 2.0}, [("maximum_stations", -1, 2.0), ("minimum_value", -1, 1.0)]),
        ({"minimum_value": 4.0}, [("minimum_value", -1, 3.0)]),
        ({"minimum_hamlets": 3, "minimum_sharing": 0.5}, [("minimum_hamlets", -1, 2.0), ("minimum_sharing", -1, 1 / 3)]),
        ({"commune_minimum": {0: 3}}, [("commune_minimum", 0, 2.0)]),
        ({"mandatory_hamlets": (2,), "maximum_hops": 2}, [("mandatory_hamlet", 2, 0.0), ("maximum_hops", -1, 3.0)]),
        ({"mandatory_hosts": (2,), "maximum_hops": 1}, [("mandatory_host", 2, 0.0), ("maximum_hops", -1, 3.0)]),
        ({"mandatory_hosts": (1,), "forbidden_hosts": (0,)}, [("mandatory_host", 1, 0.0), ("forbidden_hosts", -1, 0.0)]),
        (
            {"funds": (Fund("radio", 7.0, np.array([True, False])), Fund("links", 9.0, np.array([False, True]))),
             "minimum_hamlets": 2},
            [("fund", 0, 8.0), ("minimum_hamlets", -1, 1.0)],
        ),
        (
            {"funds": (Fund("radio", 9.0, np.array([True, False])),), "minimum_hamlets": 1},
            [("unpaid_lines", -1, 1.0), ("minimum_hamlets", -1, 0.0)],
        ),
        ({"built": (Built(1, "relay", 0),), "budget": 9.0}, [("budget", -1, 10.0), ("built", 1, 0.0)]),
        (
            {"mandatory_hosts": (0,), "budget": 4.0, "maximum_stations": 0},
            [("mandatory_host", 0, 0.0)],
        ),
    ],
)  # fmt: skip
def test_each_kind_of_limit_is_blamed(asked, blamed):
    plan = solve_building(chain_problem(), BuildingRequest(**asked))
    assert plan.status == "infeasible"
    assert [(b.limit, b.index) for b in plan.blamed] == [(name, index) for name, index, _ in blamed]
    assert [b.needed for b in plan.blamed] == pytest.approx([needed for *_, needed in blamed])
    assert math.isinf(plan.bound)


def test_where_no_limit_alone_will_do_a_smallest_set_is_blamed():
    request = BuildingRequest(mandatory_hosts=(0,), mandatory_hamlets=(0, 1), budget=3.0, maximum_stations=0)
    plan = solve_building(chain_problem(), request)
    assert [b.limit for b in plan.blamed] == ["budget", "maximum_stations"]
    assert [b.needed for b in plan.blamed] == pytest.approx([10.0, 2.0])
    assert all(b.together and b.proven for b in plan.blamed)


def test_the_lines_say_what_would_do():
    plan = solve_building(chain_problem(), BuildingRequest(budget=9.0, mandatory_hamlets=(1,)))
    assert plan.blame == (
        "the budget is 9, at least 10 would do, everything else as asked",
        "hamlet 1 would have to be given up, everything else as asked",
    )


def test_blame_is_data_too():
    plan = solve_building(chain_problem(), BuildingRequest(minimum_value=4.0))
    assert plan.blamed == (Blame("minimum_value", -1, 4.0, plan.blamed[0].needed, False, True),)
