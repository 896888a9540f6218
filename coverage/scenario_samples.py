"""Samples in a network that they were not taken in: which of them still hold when cells go off or on air.

A group of samples near a point (one operator, one technology) decides there instead of the model
(`coverage.measured`). In another network it holds as long as nothing that it shows has changed:

- samples that show service hold while their cell stays on air: the one that most of them name as serving, or
  else the best one of the model. When it goes off air, nobody has measured what the others give: the model
  decides;
- samples that show no service hold whatever goes off air, for less cannot be more. Cells that come on air
  were not there when they were taken: such a cell serves where the model says that it does.

So service still can only grow with the cells, which `coverage.keeping` rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .cells import CellTable, PointLevels, PointTable, TechnologyRule
from .measured import MeasuredGroups, MeasurementRule, usable_samples
from .point_service import point_service

__all__ = ["SampledService", "sampled_service"]


@dataclass(frozen=True)
class SampledService:
    """What samples say in the network of today, and the cell that each group of them rests on.

    Attributes
    ----------
    groups : MeasuredGroups
    cell : ndarray of int64, (groups,)
        Index in the `CellTable`; -1: the operator has no cell of this technology on air in the list, so that
        nothing that a scenario can switch off gave them.
    today : ndarray of bool, (cells,)
        Cells on air today.
    """

    groups: MeasuredGroups
    cell: NDArray[np.int64]
    today: NDArray[np.bool_]

    @property
    def good(self) -> NDArray[np.bool_]:
        """Groups that show service."""
        return self.groups.margin >= 0.0

    def holds(self, on_air: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which groups still decide in a network with these cells on air, (groups,)."""
        stays = (self.cell < 0) | on_air[self.cell]
        return np.asarray(~self.good | stays)

    def in_network(
        self,
        n_points: int,
        levels: PointLevels,
        cells: CellTable,
        technologies: Mapping[str, TechnologyRule],
        on_air: NDArray[np.bool_],
    ) -> MeasuredGroups:
        """Return the groups that hold in another network, as `coverage.gaps.verdicts` takes them.

        Parameters
        ----------
        n_points : int
        levels : PointLevels
        cells : CellTable
            The cells of today, in the same order.
        technologies : mapping of technology to TechnologyRule
        on_air : ndarray of bool, (cells,)
        """
        margin = self.groups.margin.copy()
        new = on_air & ~self.today
        if new.any():
            model = point_service(n_points, levels, cells, technologies, new)
            for i in np.flatnonzero(~self.good).tolist():
                operator, technology = str(self.groups.operator[i]), str(self.groups.technology[i])
                if operator in model.operators:
                    place = (model.operators.index(operator), model.technologies.index(technology))
                    margin[i] = max(margin[i], float(model.margin[self.groups.point[i], *place]))
        keep = self.holds(on_air)
        groups = replace(self.groups, margin=margin)
        return MeasuredGroups(*(getattr(groups, name)[keep] for name in groups.__dataclass_fields__))


def sampled_service(
    groups: MeasuredGroups,
    measurements: pd.DataFrame | None,
    points: PointTable,
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    rule: MeasurementRule,
    as_of: np.datetime64,
) -> SampledService:
    """Find the cell that each group of samples rests on.

    Parameters
    ----------
    groups : MeasuredGroups
        From `coverage.measured.measured_groups` with the same samples, rule and day.
    measurements : DataFrame or None
        `gis_data.schema.MEASUREMENTS` with `x_m`, `y_m`.
    points, levels, cells, technologies, rule, as_of
        As for the verdicts.
    """
    today = cells.active(as_of)
    model = point_service(len(points), levels, cells, technologies, today)
    cell = np.full(len(groups), -1, dtype=np.int64)
    for i, (point, operator, technology) in enumerate(_keys(groups)):
        if operator in model.operators:
            at = (point, model.operators.index(operator), model.technologies.index(technology))
            cell[i] = model.cell[at]
    samples = usable_samples(measurements, technologies, rule.window_days, as_of)
    named = _serving_cells(groups, samples, points, cells, today, rule.radius_m)
    cell = np.where(named >= 0, named, cell)
    lost = cell < 0
    cell[lost] = _nearest_cells(groups, lost, points, cells, today)
    return SampledService(groups, cell, today)


def _keys(groups: MeasuredGroups) -> list[tuple[int, str, str]]:
    columns = (groups.point.tolist(), groups.operator.tolist(), groups.technology.tolist())
    return [(int(p), str(o), str(t)) for p, o, t in zip(*columns, strict=True)]


def _serving_cells(
    groups: MeasuredGroups,
    samples: pd.DataFrame,
    points: PointTable,
    cells: CellTable,
    today: NDArray[np.bool_],
    radius_m: float,
) -> NDArray[np.int64]:
    """The cell that most samples of each group name, if it is on air today; the first by name on a tie."""
    found = np.full(len(groups), -1, dtype=np.int64)
    number = {str(name): i for i, name in enumerate(cells.cell_id.tolist()) if today[i]}
    serving = samples["cell_id"].map(number)
    samples = samples[serving.notna()]
    if not len(samples):
        return found
    index = serving[serving.notna()].to_numpy(np.int64)
    own = list(zip(cells.operator[index].tolist(), cells.technology[index].tolist(), strict=True))
    tree = cKDTree(samples[["x_m", "y_m"]].to_numpy(dtype=float))
    at = np.column_stack([points.x_m[groups.point], points.y_m[groups.point]])
    nearby: Any = tree.query_ball_point(at, radius_m)  # a list for each row of `at`
    for i, near in enumerate(nearby):
        key = (str(groups.operator[i]), str(groups.technology[i]))
        named = Counter(int(index[sample]) for sample in near if own[sample] == key)
        if named:
            found[i] = min(named, key=lambda cell: (-named[cell], str(cells.cell_id[cell])))
    return found


def _nearest_cells(
    groups: MeasuredGroups,
    asked: NDArray[np.bool_],
    points: PointTable,
    cells: CellTable,
    today: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Where the model hears none: the nearest cell of the operator and technology; -1 without any."""
    found = []
    for i in np.flatnonzero(asked).tolist():
        fits = np.flatnonzero(
            today & (cells.operator == groups.operator[i]) & (cells.technology == groups.technology[i])
        )
        x, y = points.x_m[groups.point[i]], points.y_m[groups.point[i]]
        away = np.hypot(cells.x_m[fits] - x, cells.y_m[fits] - y)
        found.append(int(fits[np.argmin(away)]) if len(fits) else -1)
    return np.array(found, dtype=np.int64)
