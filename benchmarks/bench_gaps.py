"""Gaps after the layers exist: verdicts of 3,000 hamlets x 4 operators x 4 technologies, 300 reasons.

    python benchmarks/bench_gaps.py [PROJECT]

PROJECT defaults to province/ (``make province``). Levels at the points come first and are not counted: the
numbers are "after the layers exist". Verdicts are those of the hamlets and, apart, of their centres and
clusters; both outdoors and indoors. A drive test past the hamlets, a sample each 50 m, is made up from the
model's own levels to time the shift by samples. Prints the times; nothing is asserted.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from phusong.console import Reporter
from phusong.coverage.cells import PointLevels, PointTable
from phusong.coverage.gap_parts import hamlet_parts
from phusong.coverage.gap_reasons import gap_reasons, services_lacking
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.network import point_levels
from phusong.coverage.sample_shift import sample_shift
from phusong.coverage.walls import indoor_verdicts, levels_indoors
from phusong.gap_evidence import shift_rule
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


def more_work(scene: Scene, points: PointTable, near: PointLevels) -> None:
    """Time what comes beside the verdicts on hamlets: clusters, indoors, the shift by samples."""
    rules, n = scene.rule.technologies, int(points.village.max()) + 1
    operators = (None, *scene.options.project.operators)
    started = time.perf_counter()
    indoors = levels_indoors(near, None, scene.cells, rules, "traditional")
    for operator in operators:
        indoor_verdicts(points, n, indoors, scene.cells, scene.rule, scene.day, operator=operator)
    print(f"the same indoors: {time.perf_counter() - started:.2f} s")
    started = time.perf_counter()
    parts = hamlet_parts(points, [str(i) for i in range(n)], np.zeros(len(points), bool), 250.0)
    for operator in operators:
        verdicts(parts.points, len(parts), near, scene.cells, scene.rule, scene.day, operator=operator)
        indoor_verdicts(
            parts.points, len(parts), indoors, scene.cells, scene.rule, scene.day, operator=operator
        )
    print(f"{len(parts):,} centres and clusters, outdoors and indoors: {time.perf_counter() - started:.2f} s")
    samples = drive(scene, points)
    started = time.perf_counter()
    shifted = sample_shift(
        samples, points, near, scene.cells, rules, shift_rule(scene.options.project), scene.day,
        lambda where: point_levels(scene.terrain, scene.cells, where, scene.settings, scene.range_m,
                                   patterns=scene.patterns, budget=scene.budget, workers=2),
    )  # fmt: skip
    moved = 0 if shifted is None else len(np.unique(near.point[shifted.sigma_ratio < 1.0]))
    print(f"{len(samples):,} samples shift {moved:,} points: {time.perf_counter() - started:.2f} s")


def drive(scene: Scene, points: PointTable) -> pd.DataFrame:
    """Samples of one operator's 4G on a straight road past each hamlet's centre, 500 m each side."""
    centre = np.flatnonzero(points.kind == "centre")
    along = np.arange(-500.0, 501.0, 50.0)
    return pd.DataFrame(
        {
            "time": pd.Timestamp(scene.day), "operator": scene.options.project.operators[0],
            "technology": "4G", "cell_id": None, "level_dbm": -95.0,
            "x_m": (points.x_m[centre][:, np.newaxis] + along).reshape(-1),
            "y_m": np.repeat(points.y_m[centre] + 60.0, len(along)),
        }
    )  # fmt: skip


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
    more_work(scene, points, near)
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
    started = time.perf_counter()
    indoor = gap_reasons(
        scene.terrain, scene.cells, points, near, rule, dead, *arguments, patterns=scene.patterns,
        budget=scene.budget, building="traditional",
    )  # fmt: skip
    causes = sorted({reason.cause for reason in reasons})
    print(f"reasons: {len(reasons)} dead hamlets ({', '.join(causes)}): {seconds:.2f} s (aim: 30 s)")
    print(f"the same {len(indoor)} behind a wall: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
