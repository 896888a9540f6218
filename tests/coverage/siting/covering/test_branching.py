"""Branch and Benders cut: against brute force, on published instances, stopped early and interrupted."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import textwrap
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from phusong.coverage.siting.building.contract import Progress
from phusong.coverage.siting.covering.branching import search_plan
from phusong.coverage.siting.covering.discs import discs_cover
from phusong.coverage.siting.covering.instance import covering_instance
from phusong.coverage.siting.covering.published import published_instance
from phusong.coverage.siting.covering.reduction import reduce_instance


def random_instance(seed, whole):
    rng = np.random.default_rng(seed)
    demands, sites = int(rng.integers(1, 30)), int(rng.integers(1, 9))
    cover = csr_matrix((rng.random((demands, sites)) < rng.uniform(0.1, 0.6)).astype(float))
    weight, cost = rng.uniform(0, 9, demands), rng.uniform(0, 5, sites)
    if whole:
        weight, cost = np.round(weight), np.round(cost)
    groups = [rng.choice(sites, 2, replace=False)] if sites > 2 and rng.random() < 0.5 else []
    mandatory = [int(rng.integers(sites))] if rng.random() < 0.3 else []
    return covering_instance(cover, weight, cost, conflict_groups=groups, mandatory=mandatory)


def plans(instance):
    for size in range(instance.shape[1] + 1):
        for plan in combinations(range(instance.shape[1]), size):
            chosen = np.array(plan, np.int64)
            fits = all(len(np.intersect1d(chosen, group)) <= 1 for group in instance.conflicts)
            if fits and np.isin(instance.mandatory, chosen).all():
                yield chosen


@settings(max_examples=80)
@given(st.integers(0, 10**9), st.booleans(), st.floats(0, 12))
def test_most_value_is_what_brute_force_finds(seed, whole, budget):
    instance = random_instance(seed, whole)
    budget += instance.total_cost(instance.mandatory)
    best = max(instance.value(p) for p in plans(instance) if instance.total_cost(p) <= budget)
    found = search_plan(instance, budget, time_limit_s=60)
    assert found.stopped == "finished"
    assert instance.value(found.plan) == pytest.approx(best, rel=1e-6)
    assert best <= found.bound * (1 + 1e-9) + 1e-9
    assert found.bound == pytest.approx(best, rel=1e-6, abs=1e-9)
    assert instance.total_cost(found.plan) <= budget * (1 + 1e-8)


@settings(max_examples=80)
@given(st.integers(0, 10**9), st.booleans(), st.floats(0.05, 0.95))
def test_least_cost_is_what_brute_force_finds(seed, whole, share):
    instance = random_instance(seed, whole)
    target = share * instance.value(np.arange(instance.shape[1]))
    costs = [instance.total_cost(p) for p in plans(instance) if instance.value(p) >= target * (1 - 1e-9)]
    found = search_plan(instance, target, least_cost=True, time_limit_s=60)
    if not costs:
        assert (found.stopped, found.plan, found.bound) == ("infeasible", None, math.inf)
        return
    assert found.stopped == "finished"
    assert instance.total_cost(found.plan) == pytest.approx(min(costs), rel=1e-6)
    assert found.bound == pytest.approx(min(costs), rel=1e-6)
    assert instance.value(found.plan) >= target * (1 - 1e-8)


def published(customers, sites, radius):
    made = published_instance(customers, sites)
    classes = discs_cover(
        made.customer_x, made.customer_y, made.customer_weight, made.site_x, made.site_y, radius
    )
    return reduce_instance(covering_instance(classes.cover, classes.weight, np.ones(sites))).instance


@pytest.mark.parametrize(("radius", "budget", "optimum"), [(5.5, 10, 441_545), (3.25, 20, 356_433)])
def test_published_optima(radius, budget, optimum):
    instance = published(10_000, 100, radius)
    found = search_plan(instance, budget, time_limit_s=300)
    assert (instance.value(found.plan), found.bound, found.stopped) == (optimum, optimum, "finished")


@pytest.fixture(scope="module")
def hard():
    return published(5_000, 250, 4.0)


def test_a_gap_target_ends_the_search_early(hard):
    found = search_plan(hard, 15, time_limit_s=300, gap_target=0.02)
    value = hard.value(found.plan)
    assert found.stopped == "finished"
    assert 0 < (found.bound - value) / value <= 0.02


def test_the_bound_never_goes_up_nor_the_plan_down(hard):
    told: list[Progress] = []
    search_plan(hard, 15, time_limit_s=300, gap_target=0.01, progress=told.append)
    bounds, values = [p.bound for p in told], [p.incumbent for p in told]
    assert bounds == sorted(bounds, reverse=True)
    assert values == sorted(values)
    assert all(p.gap == pytest.approx((p.bound - p.incumbent) / p.incumbent) for p in told)
    assert len({p.gap for p in told}) > 3


def test_no_time_still_gives_a_plan_and_a_bound(hard):
    found = search_plan(hard, 15, start=np.array([0, 1]), time_limit_s=1e-3)
    assert found.stopped == "time_limit"
    assert found.bound >= hard.value(found.plan) >= hard.value(np.array([0, 1]))


def test_two_searches_are_the_same(hard):
    first, second = (search_plan(hard, 15, time_limit_s=300, gap_target=0.01) for _ in range(2))
    assert np.array_equal(first.plan, second.plan)
    assert first.bound == second.bound


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C alone there")
@pytest.mark.parametrize("path", ["solve_maximal_covering", "solve_set_covering"])
def test_ctrl_c_returns_the_plan_with_its_bound(path):
    program = textwrap.dedent(
        f"""
        import json, signal, sys
        import numpy as np
        from phusong.coverage.siting.covering import general
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell has it ignored
        from phusong.coverage.siting.covering.discs import discs_cover
        rng = np.random.default_rng(1)
        def tell(progress):
            if progress.incumbent > 0:
                print("incumbent", flush=True)
        if "{path}" == "solve_maximal_covering":
            c = discs_cover(*rng.uniform(0, 30, (2, 20_000)), np.ones(20_000), *rng.uniform(0, 30, (2, 600)), 3.5)
            answer = general.solve_maximal_covering(c.cover, c.weight, 20, time_limit_s=500, progress=tell)
        else:
            cover = (rng.random((400, 300)) < 0.04) | np.eye(400, 300, dtype=bool)
            cover[300:, 0] = True
            answer = general.solve_set_covering(cover, time_limit_s=500, progress=tell)
        shown = {{k: getattr(answer, k) for k in ("status", "value", "cost", "bound", "gap", "stopped")}}
        print(json.dumps({{**shown, "sites": len(answer.chosen)}}))
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "incumbent"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    answer = json.loads(out.splitlines()[-1])
    assert answer["status"] == "interrupted"
    assert answer["stopped"] == "it was interrupted"
    assert answer["sites"] > 0
    assert answer["gap"] > 0
    if path == "solve_maximal_covering":
        assert answer["bound"] > answer["value"] > 0
    else:
        assert answer["value"] == 400
        assert 0 <= answer["bound"] < answer["cost"]
