"""The two numbers of issue 4: verdicts of 3,000 hamlets x 4 operators x 4 technologies, 300 reasons.

    python benchmarks/bench_gaps.py [PROJECT]

PROJECT defaults to province/ (``make province``). Levels at the points come first and are not counted: the
numbers are "after the layers exist". Prints the times; nothing is asserted.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from phusong.console import Reporter
from phusong.coverage.cells import PointLevels, PointTable
from phusong.coverage.gap_reasons import gap_reasons, services_lacking
from phusong.coverage.gaps import GapRule, verdicts
from phusong.project import load_project
from phusong.scene import Options, Scene, prepare
from phusong.stages import levels_stage

HAMLETS, DEAD = 3_000, 300


def first_hamlets(scene: Scene, levels: PointLevels, n: int) -> tuple[PointTable, PointLevels]:
    """The points of the n hamlets that hear least (the hard ones first), and their levels."""
    points = scene.points
    strongest = np.full(len(points), -200.0)
    np.maximum.at(strongest, levels.point, levels.level_dbm)
    centre = np.flatnonzero(points.kind == "centre")
    chosen = points.village[centre[np.argsort(strongest[centre], kind="stable")][:n]]
    number = np.full(int(points.village.max()) + 2, -1)
    number[np.sort(chosen)] = np.arange(len(chosen))
    kept = number[points.village] >= 0
    place = np.cumsum(kept) - 1
    near = kept[levels.point]
    table = PointTable(
        points.point_id[kept], number[points.village[kept]], points.kind[kept], points.people[kept],
        points.x_m[kept], points.y_m[kept],
    )  # fmt: skip
    return table, PointLevels(
        place[levels.point[near]].astype(np.int32),
        levels.cell[near],
        levels.level_dbm[near],
        levels.loss_db[near],
    )


def hardest_rule(
    rule: GapRule, scene: Scene, points: PointTable, levels: PointLevels
) -> tuple[GapRule, list[tuple[int, str]]]:
    """The project's rule with thresholds raised until at least 300 hamlets are dead zones."""
    n = int(points.village.max()) + 1
    for more in range(0, 80):
        harder = replace(
            rule,
            technologies={
                t: replace(r, threshold_dbm=r.threshold_dbm + more) for t, r in rule.technologies.items()
            },
        )
        dead = services_lacking(verdicts(points, n, levels, scene.cells, harder, scene.day), dead_only=True)
        if len(dead) >= DEAD:
            return harder, dead[:DEAD]
    raise SystemExit(f"no threshold makes {DEAD} hamlets dead")


def main() -> None:
    project = load_project(Path(sys.argv[1] if len(sys.argv) > 1 else "province"))
    scene = prepare(Options(project, project.project.as_of, "en", 2, Reporter("en", quiet=True)))
    levels = levels_stage(scene)
    points, near = first_hamlets(scene, levels, HAMLETS)
    n = int(points.village.max()) + 1
    started = time.perf_counter()
    for operator in (None, *project.operators):
        verdicts(points, n, near, scene.cells, scene.rule, scene.day, operator=operator)
    seconds = time.perf_counter() - started
    print(
        f"verdicts: {n:,} hamlets x {len(scene.rule.technologies)} technologies x "
        f"{len(project.operators)} operators and over all: {seconds:.2f} s (aim: 10 s)"
    )
    rule, dead = hardest_rule(scene.rule, scene, points, near)
    arguments = (scene.settings, scene.range_m, scene.day)
    gap_reasons(scene.terrain, scene.cells, points, near, rule, dead[:1], *arguments)  # compiles
    started = time.perf_counter()
    reasons = gap_reasons(
        scene.terrain,
        scene.cells,
        points,
        near,
        rule,
        dead,
        *arguments,
        patterns=scene.patterns,
        budget=scene.budget,
    )
    seconds = time.perf_counter() - started
    causes = sorted({reason.cause for reason in reasons})
    print(f"reasons: {len(reasons)} dead hamlets ({', '.join(causes)}): {seconds:.2f} s (aim: 30 s)")


if __name__ == "__main__":
    main()
