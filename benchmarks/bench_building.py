"""The building solver on instances of the sizes it is made for, each case in a process of its own.

    python benchmarks/bench_building.py [CASE ...] [--seed N]

Cases: province (66 dead hamlets, 800 hosts, 3 configurations each, backhaul of at most 3 hops, sharing
>= 50 %, least cost to serve all that can be served, and most value for a budget), large (3,000 hamlets, 800
hosts, 1,600 configurations, backhaul, budget, sharing >= 29 %) at three budgets, frontier (20 budgets for the
province). Instances: `building_instances`. Seconds are those of the whole process, instance included; nothing
is asserted.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import time
from dataclasses import dataclass, replace

import numpy as np

from building_instances import Size, building_instance
from phusong.coverage.siting.building.contract import BuildingPlan, BuildingProblem, BuildingRequest, Progress
from phusong.coverage.siting.building.frontier import frontier
from phusong.coverage.siting.building.solve import solve_building

PROVINCE = Size(hamlets=66, hosts=800, configurations=3)
LARGE = Size(hamlets=3_000, hosts=800, configurations=2)
LARGE_BUDGETS = {"large-20": 20_000.0, "large-50": 50_000.0, "large-100": 100_000.0}  # million VND
CASES = ("province-cost", "province-value", *LARGE_BUDGETS, "frontier")


def shown(plan: BuildingPlan, objective: float) -> str:
    shared = f"{len(plan.chosen)} stations, hops {max(plan.hops.tolist(), default=0)}"
    return f"{objective:,.1f} | bound {plan.bound:,.1f} | gap {plan.gap:.3%} | {plan.status} | {shared}"


def everything_served(problem: BuildingProblem) -> BuildingRequest:
    """Least cost to serve every hamlet that any option reaches."""
    reached = problem.groups.met(np.diff(problem.cover.indptr) > 0)
    return BuildingRequest(objective="least_cost", minimum_hamlets=int(reached.sum()), minimum_sharing=0.5)


def taken() -> str:
    """Core-seconds and peak memory of this process, where the system tells."""
    try:
        import resource
    except ImportError:  # Windows
        return f"{time.process_time():.1f} core-seconds"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = peak / (1e6 if sys.platform == "darwin" else 1e3)
    return f"{time.process_time():.1f} core-seconds, peak memory {memory:.0f} MB"


@dataclass
class Close:
    """Notes when the gap first was 2 %."""

    time_s: float = math.inf

    def __call__(self, where: Progress) -> None:
        if where.gap <= 0.02:
            self.time_s = min(self.time_s, where.time_s)


def run(case: str, seed: int) -> None:
    if case.startswith("large"):
        problem = building_instance(LARGE, seed)
        request = BuildingRequest(budget=LARGE_BUDGETS[case], minimum_sharing=0.29, time_limit_s=280.0)
        close = Close()
        plan = solve_building(problem, request, progress=close)
        print(f"{shown(plan, plan.value)} | gap of 2 % after {close.time_s:.0f} s")
        return
    problem = building_instance(PROVINCE, seed)
    cost = everything_served(problem)
    if case == "province-cost":
        plan = solve_building(problem, cost)
        print(shown(plan, plan.cost))
        return
    all_ = 22_000.0
    request = BuildingRequest(minimum_sharing=0.5)
    if case == "province-value":
        plan = solve_building(problem, replace(request, budget=all_ / 2))
        print(shown(plan, plan.value))
        return
    points = frontier(problem, request, [all_ * (k + 1) / 20 for k in range(20)], time_limit_s=290.0)
    for point in points:
        print(
            f"budget {point.budget:,.0f}: {shown(point.plan, point.plan.value)} | {point.plan.time_s:.1f} s"
        )
    gaps = [point.plan.gap for point in points]
    print(f"{len(points)} points, largest gap {max(gaps):.3%}, {sum(g < 1e-6 for g in gaps)} proven optimal")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", default=[], help=", ".join(CASES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", action="store_true", help="run the one case in this process")
    asked = parser.parse_args()
    if asked.inside:
        run(asked.cases[0], asked.seed)
        print(taken())
        return
    for case in CASES:
        if asked.cases and not any(case.startswith(name) for name in asked.cases):
            continue
        started = time.perf_counter()
        command = [sys.executable, __file__, case, "--seed", str(asked.seed), "--inside"]
        child = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        if child.returncode:
            sys.exit(f"{case} failed:\n{child.stderr[-2000:]}")
        seconds = time.perf_counter() - started
        for line in child.stdout.splitlines():
            print(f"{case}: {line}")
        print(f"{case}: {seconds:.1f} s wall", flush=True)


if __name__ == "__main__":
    main()
