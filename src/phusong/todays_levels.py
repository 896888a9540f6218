"""The levels behind all that is said of the day of the run: of the model, shifted by samples, indoors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .coverage.cells import PointLevels
from .coverage.relevant_levels import relevant_rows, taken_rows
from .coverage.sample_shift import ShiftedLevels
from .coverage.walls import IndoorLevels, entry_of_cells, levels_indoors
from .gap_evidence import shifted_levels
from .scene import Scene

__all__ = ["TodaysLevels", "todays_levels"]


@dataclass(frozen=True)
class TodaysLevels:
    """The rows of the levels that can matter on the day of the run; all tables have the same rows.

    Attributes
    ----------
    model : PointLevels
    shifted : ShiftedLevels or None
        What the samples around the hamlets shift them by.
    indoors : IndoorLevels
        Of both, behind a wall.
    """

    model: PointLevels
    shifted: ShiftedLevels | None
    indoors: IndoorLevels

    @property
    def judged(self) -> PointLevels:
        """The levels that the verdicts come from: those of the model, shifted where samples tell."""
        return self.model if self.shifted is None else self.shifted.judged


def todays_levels(scene: Scene, levels: PointLevels) -> TodaysLevels:
    """Return the rows that can matter today.

    Parameters
    ----------
    scene : Scene
    levels : PointLevels
        Of the model, of all cells of the project.
    """
    building, rules = scene.options.project.propagation.building, scene.rule.technologies
    use = scene.cells.active(scene.day)
    # a rule of a low probability may ask for less behind a wall than outdoors
    spare_db = max(0.0, -float(entry_of_cells(scene.cells, rules, building).min(initial=0.0)))

    def relevant(table: PointLevels) -> NDArray[np.bool_]:
        return relevant_rows(len(scene.points), table, scene.cells, rules, use, spare_db=spare_db)

    shifted = shifted_levels(scene, levels)
    if shifted is None:
        model = taken_rows(levels, relevant(levels))
        return TodaysLevels(model, None, levels_indoors(model, None, scene.cells, rules, building))
    indoors = levels_indoors(levels, shifted, scene.cells, rules, building)
    rows = relevant(levels)
    for table in (shifted.estimate, shifted.judged, indoors.judged, indoors.probable):
        rows |= relevant(table)
    return TodaysLevels(
        taken_rows(levels, rows),
        replace(
            shifted,
            shift_db=shifted.shift_db[rows],
            sigma_ratio=shifted.sigma_ratio[rows],
            estimate=taken_rows(shifted.estimate, rows),
            judged=taken_rows(shifted.judged, rows),
        ),
        IndoorLevels(taken_rows(indoors.judged, rows), taken_rows(indoors.probable, rows)),
    )
