"""Coverage as it was at the end of each year: one pass over the levels, nothing is propagated again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from .coverage.cells import PointLevels
from .coverage.coverage_days import covered_points, day_counts
from .gap_evidence import measured, shifted_levels
from .maps.summary_report_content import YEAR_COLUMNS
from .scene import Scene

__all__ = ["coverage_years", "year_ends"]

_MOST_YEARS = 20


def year_ends(scene: Scene) -> list[date]:
    """Return the last day of each year since the first cell went on air, and last the day of the run.

    Years before the last twenty are left out. Without a single dated cell it is the day of the run alone.
    """
    today = scene.options.as_of
    dated = scene.cells.on_air[~np.isnat(scene.cells.on_air)]
    begun = dated[dated <= scene.day]
    if not len(begun):
        return [today]
    first = int(begun.min().astype("datetime64[Y]").astype(int)) + 1970
    years = range(max(first, today.year - _MOST_YEARS), today.year)
    return [*(date(year, 12, 31) for year in years), today]


def coverage_years(scene: Scene, levels: PointLevels) -> pd.DataFrame:
    """Return `maps.summary_report_content.YEAR_COLUMNS`: each day judged as a run of that day would.

    Parameters
    ----------
    scene : Scene
    levels : PointLevels
        Of all cells of the project, whatever their dates.
    """
    people = scene.layers.villages["population"].to_numpy(dtype=float)
    ends, rows = year_ends(scene), []
    rules = scene.rule.technologies
    cells, points = scene.cells, scene.points
    model = covered_points(len(points), levels, cells, rules, [np.datetime64(day) for day in ends])
    for number, day in enumerate(ends):
        then = replace(scene, options=replace(scene.options, as_of=day))
        shifted = shifted_levels(then, levels)
        covered, at = model, number
        if shifted is not None:
            covered, at = covered_points(len(points), shifted.judged, cells, rules, [then.day]), 0
        found = day_counts(points, len(people), covered, at, then.rule, measured(then))
        dead = int(found.dead.sum()), float(people[found.dead].sum())
        for t, technology in enumerate(rules):
            covered_people = float((people * found.share_people[:, t]).sum())
            served = int(found.served[:, t].sum())
            rows.append((day, technology, float(people.sum()), covered_people, served, *dead))
    return pd.DataFrame(rows, columns=list(YEAR_COLUMNS))
