"""The levels behind all that is said of the day of the run: of the model, shifted by samples, indoors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .coverage.cells import PointLevels
from .coverage.heard import Heard, heard_on
from .coverage.relevant_levels import best_levels, relevant_levels, relevant_rows, taken_rows
from .coverage.sample_shift import ShiftedLevels
from .coverage.walls import HeardIndoors, IndoorLevels, entry_of_cells, levels_indoors
from .gap_evidence import shifted_levels
from .scene import Scene

__all__ = ["TodaysLevels", "todays_levels"]


@dataclass(frozen=True)
class TodaysLevels:
    """The rows of the levels that can matter on the day of the run.

    All tables have the same rows. Where no sample shifts levels ``indoors.probable`` has fewer: the best of
    each operator, technology and frequency.

    Attributes
    ----------
    model : PointLevels
    shifted : ShiftedLevels or None
        What the samples around the hamlets shift them by.
    indoors : IndoorLevels
        Of both, behind a wall.
    heard : Heard
        What is heard outdoors.
    heard_indoors : HeardIndoors
        The same behind a wall.
    """

    model: PointLevels
    shifted: ShiftedLevels | None
    indoors: IndoorLevels
    heard: Heard
    heard_indoors: HeardIndoors

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
        model = relevant_levels(len(scene.points), levels, scene.cells, rules, use, spare_db=spare_db)
        best = best_levels(len(scene.points), model, scene.cells, rules, use)
        indoors = levels_indoors(model, None, scene.cells, rules, building, best=best)
        return _heard(scene, model, None, indoors)
    indoors = levels_indoors(levels, shifted, scene.cells, rules, building)
    rows = relevant(levels)
    for table in (shifted.estimate, shifted.judged, indoors.judged, indoors.probable):
        rows |= relevant(table)
    index = np.flatnonzero(rows)
    return _heard(
        scene,
        taken_rows(levels, index),
        replace(
            shifted,
            shift_db=shifted.shift_db[index],
            sigma_ratio=shifted.sigma_ratio[index],
            estimate=taken_rows(shifted.estimate, index),
            judged=taken_rows(shifted.judged, index),
        ),
        IndoorLevels(taken_rows(indoors.judged, index), taken_rows(indoors.probable, index)),
    )


def _heard(
    scene: Scene, model: PointLevels, shifted: ShiftedLevels | None, indoors: IndoorLevels
) -> TodaysLevels:
    n_points, cells, rule = len(scene.points), scene.cells, scene.rule
    use = cells.active(scene.day)
    return TodaysLevels(
        model,
        shifted,
        indoors,
        heard_on(n_points, model, shifted, cells, rule, use),
        HeardIndoors(
            Heard(n_points, indoors.judged, cells, rule, use),
            Heard(n_points, indoors.probable, cells, rule, use),
        ),
    )
