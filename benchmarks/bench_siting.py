"""From data to the building problem on a province: candidates, coverage in exact mode, links; then the plan.

    python benchmarks/bench_siting.py [FOLDER] [--target 4G] [--lacking 1500] [--time-limit 60]

The folder is a project, such as the one of ``make province``; without it, the embedded sample. Prints wall
seconds for the first time, for the second (levels from the cache), after a change that makes new candidates,
and for the plan.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from phusong.console import Reporter
from phusong.coverage.demand import unserved_points
from phusong.coverage.siting.problem import SitingProblem, siting_problem
from phusong.coverage.siting.propose import propose_from
from phusong.gap_evidence import measured
from phusong.gis_data.sample.write import write_sample
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import Scene, prepare
from phusong.siting_cache import CandidateLevels
from phusong.siting_inputs import (
    SitingAsk,
    cost_model,
    demand_weights,
    fibre_node_table,
    mast_table,
    pole_table,
    siting_goal,
    siting_options,
    village_table,
)
from phusong.stages import gaps_stage, levels_stage
from phusong.warmup import warm_up


def build(
    what: str, scene: Scene, lacking: np.ndarray, folder: Path, heights: tuple[float, ...] = ()
) -> SitingProblem:
    """Build the problem and print how long that took."""
    layers, options = scene.layers, siting_options(scene.options.project)
    if heights:
        options = replace(options, new_mast_heights_m=heights)
    started = time.perf_counter()
    problem = siting_problem(
        scene.terrain, scene.cells.take(scene.cells.active(scene.day)), scene.points,
        dict.fromkeys(options.technologies, lacking), village_table(layers), mast_table(layers),
        pole_table(layers), fibre_node_table(layers), cost_model(scene.options.project),
        scene.rule.technologies, scene.settings, options,
        weight=demand_weights(scene.options.project, layers, scene.points), patterns=scene.patterns,
        link_budget=scene.budget, workers=scene.options.workers, cache=CandidateLevels(folder),
    )  # fmt: skip
    levels = problem.stock.levels
    print(
        f"| {what} | {time.perf_counter() - started:.1f} | {len(problem.stock.hosts):,} hosts, "
        f"{len(problem.stock.candidates):,} candidates, {len(levels.stations.cells):,} cells "
        f"({levels.computed:,} computed); kept {len(problem.candidates):,} on {len(problem.hosts):,} hosts, "
        f"{len(problem.connections.relay):,} relay hops |",
        flush=True,
    )
    return problem


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--target", default="4G")
    parser.add_argument("--lacking", default=0, type=int, help="so many points at random instead")
    parser.add_argument("--time-limit", default=60.0, type=float)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        if asked.folder is None:
            asked.folder = Path(made) / "sample"
            write_sample(asked.folder)
        measure(asked)


def measure(asked: argparse.Namespace) -> None:
    """Print the table of one project."""
    project = load_project(asked.folder)
    scene = prepare(Options(project, project.project.as_of, "en", 2, Reporter("en", quiet=True)))
    levels = levels_stage(scene)
    gaps = gaps_stage(scene, levels)
    operator = siting_options(project).operator
    lacking = unserved_points(
        asked.target, scene.points, gaps.levels.judged, scene.cells, scene.rule, gaps.verdicts, scene.day,
        operator, measured(scene),
    )  # fmt: skip
    if asked.lacking:
        inside = np.flatnonzero(scene.points.village >= 0)
        chosen = np.random.default_rng(7).choice(inside, min(asked.lacking, len(inside)), replace=False)
        lacking = np.isin(np.arange(len(scene.points)), chosen)
    people = scene.points.people[lacking].sum()
    warm_up(scene)
    print(
        f"| {len(scene.layers.masts):,} masts; {lacking.sum():,} points without {asked.target}, "
        f"{people:,.0f} people | wall s | |\n|---|---:|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        problem = build("candidates, coverage, links", scene, lacking, Path(folder))
        build("again, levels from the cache", scene, lacking, Path(folder))
        more = (*siting_options(project).new_mast_heights_m, 50.0)
        build("with towers of 50 m besides", scene, lacking, Path(folder), heights=more)
    ask = SitingAsk(time_limit_s=asked.time_limit)
    started = time.perf_counter()
    options = siting_options(project, ask)
    plan = propose_from(
        problem, scene.points, dict.fromkeys(options.technologies, lacking), village_table(scene.layers),
        cost_model(project), scene.rule.technologies, options, siting_goal(project, ask),
    )  # fmt: skip
    print(
        f"| plan within {options.budget:,.0f} million VND | {time.perf_counter() - started:.1f} | "
        f"{len(plan.stations)} stations, {plan.people_newly_served:,.0f} people, "
        f"{len(plan.served_villages)} hamlets, gap {plan.gap:.3%} ({plan.status}), "
        f"{sum(bool(s.hangs_on) for s in plan.stations)} hang on others |"
    )
    print(f"\nPeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB.")


if __name__ == "__main__":
    main()
