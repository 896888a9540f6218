"""The building solver against every plan tried, merged against unmerged, and its refusals."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, identity

from phusong.coverage.siting.building.contract import (
    BuildingPlan,
    BuildingProblem,
    BuildingRequest,
    Built,
    Fund,
    Links,
)
from phusong.coverage.siting.building.solve import solve_building
from phusong.coverage.siting.covering.instance import DemandGroups

NO_ARCS = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))


def small_problem(**changes) -> BuildingProblem:
    """Three hamlets of one point, one host for each; hosts 0 by hop, 1 and 2 along a chain behind it."""
    problem = BuildingProblem(
        cover=csr_matrix(np.eye(3)),
        weight=np.array([5.0, 4.0, 3.0]),
        groups=DemandGroups(csr_matrix(np.eye(3)), np.ones(3), np.zeros(3)),
        host=np.arange(3, dtype=np.int32),
        line_cost=np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0]]),
        backhaul_line=1,
        shared=np.array([True, False, False]),
        commune=np.array([0, 0, 1], np.int32),
        links=Links(
            np.full(3, math.inf), np.array([1.0, math.inf, math.inf]), np.full(3, math.inf),
            np.array([0, 1], np.int32), np.array([1, 2], np.int32), np.array([1.0, 1.0]),
        ),
    )  # fmt: skip
    return replace(problem, **changes)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.booleans())
def test_the_plan_is_what_trying_every_plan_finds(oracle, data, reduce):
    problem = data.draw(oracle.problems())
    request = data.draw(oracle.requests(problem))
    plan = solve_building(problem, request, reduce=reduce)
    best = oracle.best_plan(problem, request)
    if best is None:
        assert plan.status == "infeasible"
        assert len(plan.chosen) == 0
        assert plan.blame
        return
    assert plan.status == "optimal"
    assert oracle.faults(problem, request, plan) == []
    objective = plan.value if request.objective == "most_value" else plan.cost
    expected = best.value if request.objective == "most_value" else best.cost
    assert objective == pytest.approx(expected, abs=1e-6)
    assert (plan.bound - expected) * (1 if request.objective == "most_value" else -1) >= -1e-6
    assert plan.gap <= 1e-6 or expected == 0
    found = [m for chosen, m in oracle.all_plans(problem, request) if chosen == tuple(plan.chosen.tolist())]
    for name, proven in zip(request.then, plan.criteria_proven, strict=True):
        assert proven
        if name != "least_cost":
            assert oracle.worth[name](found[0]) == pytest.approx(oracle.worth[name](best), abs=1e-5)
        else:
            assert plan.cost == pytest.approx(best.cost, abs=1e-5)


def test_relays_may_not_use_more_hops_than_allowed():
    for hops, value in ((1, 5.0), (2, 9.0), (3, 12.0)):
        plan = solve_building(small_problem(), BuildingRequest(maximum_hops=hops))
        assert plan.value == value
        assert plan.hops.tolist() == list(range(1, hops + 1))
        assert plan.hangs_on.tolist() == [-1, 0, 1][:hops]


def test_a_station_by_satellite_carries_nothing():
    problem = small_problem()
    links = replace(
        problem.links, hop_cost=np.full(3, math.inf), satellite_cost=np.array([1.0, math.inf, math.inf])
    )
    plan = solve_building(replace(problem, links=links), BuildingRequest())
    assert plan.chosen.tolist() == [0]
    assert plan.connection == ("satellite",)


def test_fibre_uses_up_no_hop():
    problem = small_problem()
    links = replace(problem.links, fibre_cost=np.array([9.0, math.inf, math.inf]))
    plan = solve_building(replace(problem, links=links), BuildingRequest(maximum_hops=2))
    assert plan.connection == ("fibre", "relay", "relay")
    assert plan.hops.tolist() == [0, 1, 2]


def test_a_budget_of_nothing_gives_the_empty_plan():
    plan = solve_building(small_problem(), BuildingRequest(budget=0.0))
    assert (len(plan.chosen), plan.value, plan.cost, plan.status, plan.gap) == (0, 0.0, 0.0, "optimal", 0.0)


def test_funds_share_the_bills_out():
    radio = Fund("radio", 8.0, np.array([True, False]))
    all_ = Fund("all", 5.0, np.array([True, True]))
    plan = solve_building(small_problem(), BuildingRequest(funds=(radio, all_)))
    assert plan.chosen.tolist() == [0, 1]
    assert sum(plan.fund_spent) == pytest.approx(10.0)
    assert plan.fund_spent[1] >= 2.0
    assert solve_building(small_problem(), BuildingRequest(funds=(radio,))).chosen.tolist() == []


def test_what_is_built_stays_as_it_is():
    problem = small_problem()
    links = replace(problem.links, satellite_cost=np.array([30.0, 30.0, 30.0]))
    request = BuildingRequest(built=(Built(1, "satellite"),))
    plan = solve_building(replace(problem, links=links), request)
    assert plan.connection == ("hop", "satellite", "satellite")
    assert plan.value == 12.0


def rows_of_hamlets(hamlets: int, hosts: int, seed: int) -> BuildingProblem:
    """Random hamlets and hosts on a plane; hops from a strip, relays between neighbours."""
    rng = np.random.default_rng(seed)
    point, host = rng.uniform(0, 50, (hamlets, 2)), rng.uniform(0, 50, (hosts, 2))
    near = np.hypot(*(point[:, None] - host[None]).transpose(2, 0, 1)) < 5
    apart = np.hypot(*(host[:, None] - host[None]).transpose(2, 0, 1))
    start, end = np.nonzero((apart < 9) & (apart > 0))
    return BuildingProblem(
        cover=csr_matrix(np.repeat(near, 2, axis=1).astype(float)),
        weight=rng.integers(10, 300, hamlets).astype(float),
        groups=DemandGroups(csr_matrix(identity(hamlets)), np.ones(hamlets), np.zeros(hamlets)),
        host=np.repeat(np.arange(hosts), 2).astype(np.int32),
        line_cost=np.column_stack([rng.uniform(5, 20, 2 * hosts), np.zeros(2 * hosts)]),
        backhaul_line=1,
        shared=rng.random(2 * hosts) < 0.5,
        commune=np.zeros(hamlets, np.int32),
        links=Links(
            np.full(hosts, math.inf), np.where(host[:, 0] < 18, 3.0, math.inf), np.full(hosts, 40.0),
            start.astype(np.int32), end.astype(np.int32), np.where(apart[start, end] > 6, 4.0, 3.0),
        ),
    )  # fmt: skip


def same(first: BuildingPlan, second: BuildingPlan) -> bool:
    return all(
        np.array_equal(getattr(first, f.name), getattr(second, f.name))
        for f in fields(BuildingPlan)
        if f.name != "time_s"
    )


REQUESTS = [
    BuildingRequest(budget=150.0, minimum_sharing=0.5),
    BuildingRequest(objective="least_cost", minimum_hamlets=25, minimum_sharing=0.4, maximum_hops=2),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_merged_and_unmerged_agree_and_answers_repeat(oracle, request_):
    problem = rows_of_hamlets(60, 40, 3)
    plan = solve_building(problem, request_)
    again = solve_building(problem, request_)
    raw = solve_building(problem, request_, reduce=False)
    assert same(plan, again)
    assert plan.status == raw.status == "optimal"
    assert plan.value == pytest.approx(raw.value)
    assert plan.cost == pytest.approx(raw.cost)
    assert plan.kept_options < raw.kept_options
    assert oracle.faults(problem, request_, plan) == []
    assert max(plan.hops) > 1


def test_the_hash_tells_requests_and_problems_apart():
    problem = small_problem()
    plans = [
        solve_building(problem, BuildingRequest()),
        solve_building(problem, BuildingRequest(budget=50.0)),
        solve_building(problem, BuildingRequest(commune_minimum={0: 1})),
        solve_building(small_problem(weight=np.array([5.0, 4.0, 3.5])), BuildingRequest()),
    ]
    assert len({p.instance_hash for p in plans}) == 4


def test_a_plan_to_start_from_is_never_made_worse():
    problem = rows_of_hamlets(60, 40, 4)
    request = BuildingRequest(budget=150.0)
    best = solve_building(problem, request)
    short = solve_building(problem, replace(request, time_limit_s=0.2), start=best)
    assert short.value >= best.value - 1e-6
    other = solve_building(problem, replace(request, forbidden_hosts=tuple(problem.host[best.chosen[:2]].tolist())),
                           start=best)  # fmt: skip
    assert other.status == "optimal"
    assert other.value <= best.value


def test_progress_tells_incumbent_and_bound_which_only_get_better():
    told = []
    plan = solve_building(rows_of_hamlets(80, 60, 5), REQUESTS[0], progress=told.append)
    incumbents = [p.incumbent for p in told if not math.isnan(p.incumbent)]
    bounds = [p.bound for p in told if not math.isnan(p.bound)]
    assert incumbents == sorted(incumbents)
    assert bounds == sorted(bounds, reverse=True)
    assert incumbents[-1] <= plan.value + 1e-6
    assert bounds[-1] >= plan.value - 1e-6


def test_a_stopped_search_is_not_called_optimal():
    problem = rows_of_hamlets(1500, 400, 6)
    plan = solve_building(problem, BuildingRequest(budget=900.0, minimum_sharing=0.5, time_limit_s=1.0))
    assert plan.status == "time_limit"
    assert plan.bound > plan.value > 0
    assert plan.gap > 0
    assert plan.criteria_proven == (False,)


SCRIPT = """
import sys, numpy as np
sys.path.insert(0, {folder!r})
from {module} import rows_of_hamlets
from phusong.coverage.siting.building.contract import BuildingRequest
from phusong.coverage.siting.building.solve import solve_building
problem = rows_of_hamlets(900, 250, 6)
request = BuildingRequest(budget=900.0, minimum_sharing=0.5, time_limit_s=120.0)
tell = lambda p: print("progress", p.incumbent, p.bound, flush=True)
plan = solve_building(problem, request, progress=tell)
print("plan", plan.status, plan.value, plan.bound, len(plan.chosen), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process there")
@pytest.mark.parametrize("bound_first", [False, True])
def test_ctrl_c_returns_the_best_plan_so_far_with_its_bound(tmp_path, bound_first):
    source = tmp_path / "instance_for_ctrl_c.py"
    source.write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    code = SCRIPT.format(folder=str(tmp_path), module="instance_for_ctrl_c")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("progress") and (not bound_first or not line.rstrip().endswith("nan")):
                break
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(30) == 0
    word, status, value, bound, stations = rest.splitlines()[-1].split()
    assert (word, status) == ("plan", "interrupted")
    assert float(bound) >= float(value) > 0
    assert math.isfinite(float(bound)) or not bound_first
    assert int(stations) > 0


@pytest.mark.parametrize(
    ("problem", "request_", "message"),
    [
        ({"weight": np.array([1.0, -1.0, 1.0])}, {}, "weight of demand 1 is -1, expected a number >= 0"),
        ({"weight": np.array([1.0, math.nan, 1.0])}, {}, "weight of demand 1 is nan"),
        ({"weight": np.ones(2)}, {}, "weight has shape (2,), expected (3,)"),
        ({"line_cost": np.array([[1.0, -2], [0, 0], [0, 0]])}, {}, "line_cost of option 0, line 1 is -2"),
        (
            {"line_cost": np.array([[1.0, math.inf], [0, 0], [0, 0]])},
            {},
            "line_cost of option 0, line 1 is inf",
        ),
        ({"backhaul_line": 2}, {}, "backhaul_line is 2"),
        ({"host": np.array([0, 1, 7], np.int32)}, {}, "host of option 2 is 7, expected a host, 0 … 2"),
        ({}, {"objective": "most_fun"}, "objective is 'most_fun'"),
        ({}, {"budget": -1.0}, "budget is -1, expected a number >= 0"),
        ({}, {"budget": math.nan}, "budget is nan"),
        ({}, {"minimum_sharing": 1.5}, "minimum_sharing is 1.5, expected 0 … 1"),
        ({}, {"maximum_hops": 4}, "maximum_hops is 4, expected 1, 2 or 3"),
        ({}, {"maximum_stations": -1}, "maximum_stations is -1"),
        ({}, {"time_limit_s": 0.0}, "time_limit_s is 0"),
        ({}, {"gap_target": -0.1}, "gap_target is -0.1"),
        ({}, {"mandatory_hosts": (3,)}, "mandatory_hosts: host 3 does not exist, expected 0 … 2"),
        ({}, {"forbidden_hosts": (-1,)}, "forbidden_hosts: host -1 does not exist"),
        ({}, {"mandatory_hamlets": (9,)}, "mandatory_hamlets: hamlet 9 does not exist"),
        ({}, {"mandatory_hosts": (1,), "forbidden_hosts": (1,)}, "host 1 is both mandatory and forbidden"),
        (
            {},
            {"mandatory_hamlets": (1,), "forbidden_hamlets": (1,)},
            "hamlet 1 is both mandatory and forbidden",
        ),
        ({}, {"commune_minimum": {5: 1}}, "commune_minimum: commune 5 has no hamlet"),
        ({}, {"commune_minimum": {0: -1}}, "commune_minimum of commune 0 is -1"),
        ({}, {"second_criteria": ("beauty",)}, "second_criteria: 'beauty' is unknown"),
        ({}, {"funds": (Fund("state", -5.0, np.ones(2, bool)),)}, "limit of fund 'state' is -5"),
        ({}, {"funds": (Fund("state", 5.0, np.ones(3, bool)),)}, "lines of fund 'state' have shape (3,)"),
        ({}, {"built": (Built(0, "relay", 9),)}, "built: option 0 hangs on 9"),
        ({"place": np.zeros(3, np.int32)}, {"mandatory_hosts": (0, 1)}, "but only one place"),
        (
            {"host": np.array([0, 1, 1], np.int32)},
            {"mandatory_hosts": (2,)},
            "host 2 is mandatory, but no option",
        ),
    ],
)
def test_faulty_problems_and_requests_are_refused(problem, request_, message):
    with pytest.raises(ValueError) as caught:
        solve_building(small_problem(**problem), BuildingRequest(**request_))
    assert message in str(caught.value)


def test_nobody_is_blamed_where_that_is_not_asked_for():
    request = BuildingRequest(budget=3.0, mandatory_hamlets=(0,))
    assert solve_building(small_problem(), request).blame
    quiet = solve_building(small_problem(), request, explain=False)
    assert (quiet.status, quiet.blame, quiet.blamed) == ("infeasible", (), ())


def test_all_faults_come_at_once():
    with pytest.raises(ValueError) as caught:
        solve_building(
            small_problem(weight=np.array([-1.0, -1.0, 1.0])), BuildingRequest(budget=-1.0, maximum_hops=0)
        )
    assert len(str(caught.value).splitlines()) == 4
