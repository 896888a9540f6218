"""Coverage as it was at the end of each year: selections from the levels, nothing is propagated again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from .coverage.cells import PointLevels
from .coverage.gaps import verdicts
from .coverage.relevant_levels import relevant_rows, taken_rows
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
    rows = []
    for day in year_ends(scene):
        then = replace(scene, options=replace(scene.options, as_of=day))
        shifted = shifted_levels(then, levels)
        heard = levels
        if shifted is None:
            on_air = then.cells.active(then.day)
            rows_of_day = relevant_rows(
                len(then.points), levels, then.cells, then.rule.technologies, on_air
            )  # fmt: skip
            heard = taken_rows(levels, rows_of_day)
        found = verdicts(
            then.points, len(people), heard, then.cells, then.rule, then.day, measured=measured(then),
            shifted=shifted,
        )  # fmt: skip
        dead = int(found.dead.sum()), float(people[found.dead].sum())
        for t, technology in enumerate(found.technologies):
            covered = float((people * found.share_people[:, t]).sum())
            served = int(found.served[:, t].sum())
            rows.append((day, technology, float(people.sum()), covered, served, *dead))
    return pd.DataFrame(rows, columns=list(YEAR_COLUMNS))
