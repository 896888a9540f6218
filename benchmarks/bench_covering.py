"""The covering yardsticks: value, bound, gap, time and memory, with spopt beside. Prints Markdown.

    python benchmarks/bench_covering.py [--only NAME ...] [--spopt-limit SECONDS] [--without-spopt]

Random instances of Cordeau, Furini and Ljubić (2019), made anew
(`phusong.coverage.siting.covering.published`). Every case runs in a process of its own, from the imports and
the random numbers to the answer; kernels are compiled beforehand. spopt (``pip install spopt``) gets the same
points as a dense matrix, with the CBC solver of PuLP. What it found is valued anew, because it says "Optimal"
of a plan that only the time limit ended; its time is that of its model and search, without the random numbers
and the matrix.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One yardstick; `share` > 0 asks for the least cost of that share of the weight instead."""

    customers: int
    sites: int
    radius: float
    budget: int
    limit_s: float
    asked: str
    known: int | None = None
    share: float = 0.0
    costs: tuple[int, int] = (1, 1)
    spopt: bool = False


CASES = {
    "10k-wide": Case(10_000, 100, 5.5, 10, 60, "", 441_545, spopt=True),
    "10k-narrow": Case(10_000, 100, 3.25, 20, 60, "", 356_433, spopt=True),
    "100k-wide": Case(100_000, 100, 5.5, 10, 60, "", 4_431_761, spopt=True),
    "1M-wide": Case(1_000_000, 100, 5.5, 10, 60, "proven, ≤ 12 s, ≤ 1 GB", 44_433_492),
    "1M-narrow": Case(1_000_000, 100, 3.25, 20, 60, "proven, ≤ 12 s, ≤ 1 GB", 35_556_588),
    "10M-wide": Case(10_000_000, 100, 5.5, 10, 90, "proven, ≤ 40 s"),
    "10M-narrow": Case(10_000_000, 100, 3.25, 20, 90, "proven, ≤ 40 s"),
    "10k-1000": Case(10_000, 1000, 2.0, 30, 60, ""),
    "100k-1000": Case(100_000, 1000, 2.0, 30, 60, ""),
    "1M-1000": Case(1_000_000, 1000, 2.0, 30, 60, "proven, ≤ 10 s"),
    "hard": Case(100_000, 1000, 3.25, 20, 230, "gap ≤ 0.3 % in 240 s"),
    "1M-partial": Case(1_000_000, 100, 5.5, 0, 60, "", share=0.6),
    "1M-partial-costs": Case(1_000_000, 100, 5.5, 0, 60, "", share=0.6, costs=(10, 100)),
    "1M-budget-costs": Case(1_000_000, 100, 5.5, 300, 60, "", costs=(10, 100)),
}


def solve(case: Case) -> dict[str, object]:
    """Solve one case in this process."""
    import numpy as np

    from phusong.coverage.siting.covering.discs import discs_cover
    from phusong.coverage.siting.covering.general import solve_maximal_covering, solve_partial_covering
    from phusong.coverage.siting.covering.published import published_instance

    made = published_instance(case.customers, case.sites, costs=case.costs)
    classes = discs_cover(
        made.customer_x, made.customer_y, made.customer_weight, made.site_x, made.site_y, case.radius
    )
    total = classes.total_weight
    arguments = {"cost": made.site_cost, "time_limit_s": case.limit_s}
    if case.share:
        target = float(np.ceil(case.share * total))
        answer = solve_partial_covering(classes.cover, classes.weight, target, **arguments)
        objective = answer.cost
    else:
        answer = solve_maximal_covering(classes.cover, classes.weight, case.budget, **arguments)
        objective = answer.value
    return {
        "objective": objective,
        "bound": answer.bound,
        "gap": answer.gap,
        "status": answer.status,
        "size": f"{answer.merged_demands:,} × {answer.kept_candidates:,}",
    }


def solve_with_spopt(case: Case, limit_s: float) -> dict[str, object]:
    """Solve one case with spopt and value its plan ourselves."""
    import numpy as np
    import pulp
    from spopt.locate import MCLP

    from phusong.coverage.siting.covering.published import published_instance

    made = published_instance(case.customers, case.sites)
    distance = np.hypot(
        made.customer_x[:, None] - made.site_x[None, :], made.customer_y[:, None] - made.site_y[None, :]
    )
    begin = time.monotonic()
    model = MCLP.from_cost_matrix(distance, made.customer_weight, case.radius, p_facilities=case.budget)
    left_s = max(1.0, limit_s - (time.monotonic() - begin))
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=left_s), results=False)
    taken = [j for j, v in enumerate(model.fac_vars) if (v.value() or 0) > 0.5]
    covered = (distance[:, taken] <= case.radius).any(axis=1) if taken else np.zeros(case.customers, bool)
    said = pulp.LpStatus[model.problem.status]
    return {
        "objective": float(made.customer_weight[covered].sum()),
        "status": said,
        "wall": time.monotonic() - begin,
    }


def measured(arguments: list[str], limit_s: float) -> dict[str, object] | None:
    """Run a case in a process of its own; None where it was killed at the limit."""
    begin = time.monotonic()
    command = [sys.executable, __file__, *arguments]
    try:
        run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=limit_s)
    except subprocess.TimeoutExpired:
        return None
    wall = time.monotonic() - begin
    if run.returncode:
        return {"failed": (run.stderr.strip().splitlines() or ["?"])[-1]}
    return {"wall": wall} | json.loads(run.stdout.splitlines()[-1])


def resources() -> dict[str, float]:
    """Core-seconds and peak memory (MB) of this process, with its children; memory only where it is known."""
    taken = {"core": sum(os.times()[:4])}
    if importlib.util.find_spec("resource"):
        import resource

        peak = max(
            resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        taken["peak"] = peak / (1e6 if sys.platform == "darwin" else 1e3)
    return taken


def row(name: str, case: Case, got: dict[str, object] | None) -> str:
    what = f"{case.share:.0%} of the weight" if case.share else f"budget {case.budget}"
    costs = "" if case.costs == (1, 1) else f", costs {case.costs[0]}–{case.costs[1]}"
    head = f"| {name} | {case.customers:,} × {case.sites:,}, R {case.radius:g}, {what}{costs} "
    if got is None or "failed" in got:
        return head + f"| {'no answer' if got is None else got['failed']} | | | | | | | | {case.asked} |"
    mark = "" if case.known is None else " ✓" if got["objective"] == case.known else f" ✗ {case.known:,}"
    peak = f"{got['peak']:.0f}" if "peak" in got else "–"
    return head + (
        f"| {got['size']} | {got['objective']:,.0f}{mark} | {got['bound']:,.0f} | {100 * got['gap']:.3f} % "
        f"| {got['status']} | {got['wall']:.1f} | {got['core']:.1f} | {peak} | {case.asked} |"
    )


def compare(name: str, case: Case, limit_s: float) -> str:
    got = measured(["--spopt-case", name, "--spopt-limit", str(limit_s)], 2 * limit_s + 60)
    if got is None or "failed" in got:
        return f"| {name} | {'no answer' if got is None else got['failed']} | | | | |"
    short = 100 * (1 - got["objective"] / case.known) if case.known else float("nan")
    peak = f"{got['peak']:.0f}" if "peak" in got else "–"
    return (
        f"| {name} | {got['objective']:,.0f} | {short:.2f} % | {got['status']} | {got['wall']:.1f} | {peak} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=sorted(CASES))
    parser.add_argument("--spopt-limit", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--without-spopt", action="store_true")
    parser.add_argument("--case", choices=sorted(CASES), help=argparse.SUPPRESS)
    parser.add_argument("--spopt-case", choices=sorted(CASES), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        print(json.dumps(solve(CASES[asked.case]) | resources()))
        return
    if asked.spopt_case:
        print(json.dumps(solve_with_spopt(CASES[asked.spopt_case], asked.spopt_limit) | resources()))
        return
    chosen = {name: case for name, case in CASES.items() if not asked.only or name in asked.only}
    for name in ("10k-narrow", "1M-partial-costs"):  # compiles the kernels
        measured(["--case", name], 300)
    head = ["case", "customers × sites", "after merging", "objective", "bound", "gap", "status"]
    print("| " + " | ".join([*head, "wall s", "core-s", "MB", "asked"]) + " |")
    print("|---|---|---:|---:|---:|---:|---|---:|---:|---:|---|")
    for name, case in chosen.items():
        print(row(name, case, measured(["--case", name], 3 * case.limit_s + 60)), flush=True)
    beside = {name: case for name, case in chosen.items() if case.spopt}
    if asked.without_spopt or not beside:
        return
    print(f"\nspopt (limit {asked.spopt_limit:g} s):\n")
    if not importlib.util.find_spec("spopt"):
        print("not installed (`pip install spopt`)")
        return
    print("| case | value, recomputed | below the optimum | spopt says | wall s | MB |")
    print("|---|---:|---:|---|---:|---:|")
    for name, case in beside.items():
        print(compare(name, case, asked.spopt_limit), flush=True)


if __name__ == "__main__":
    main()
