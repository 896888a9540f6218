"""What can be known about a promise on one day: the station list, the model, the measurements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..cells import CellTable, PointLevels, PointTable
from ..gaps import GapRule, Verdicts, verdicts
from ..level_parts import rows_at
from ..measured import MeasurementRule, Samples
from ..relevant_levels import taken_rows
from ..sample_shift import ShiftedLevels

__all__ = ["MeasurementRule", "PlanEvidence", "Samples", "for_villages", "mast_cells", "samples_near"]


@dataclass(frozen=True)
class _Nearby:
    """The samples near one hamlet, whatever their age; the day is NaT where they have no time."""

    day: NDArray[np.datetime64]
    operator: NDArray[np.str_]
    technology: NDArray[np.str_]
    level_dbm: NDArray[np.float64]


@dataclass(frozen=True)
class PlanEvidence:
    """Everything that promises are held against.

    Attributes
    ----------
    villages : DataFrame
        `gis_data.schema.VILLAGES`, in the order that `points.village` refers to.
    masts : DataFrame
        `gis_data.schema.MASTS`; only `mast_id` is read.
    cells, points, levels, rule
        As for `coverage.gaps.verdicts`.
    measurements : DataFrame or None
        `gis_data.schema.MEASUREMENTS` with `x_m`, `y_m` in the run's CRS.
    measurement_rule : MeasurementRule
    shifted : ShiftedLevels or None
        Of `levels`, as for `coverage.gaps.verdicts`: samples around a hamlet correct the model there. Its
        error does not change with the network, so the shift holds for every day that is asked for.
    """

    villages: pd.DataFrame
    masts: pd.DataFrame
    cells: CellTable
    points: PointTable
    levels: PointLevels
    rule: GapRule
    measurements: pd.DataFrame | None = None
    measurement_rule: MeasurementRule = MeasurementRule()  # noqa: RUF009  (it is frozen)
    shifted: ShiftedLevels | None = None

    @property
    def judged(self) -> PointLevels:
        """The levels that decide: the model's, as samples shift them."""
        return self.levels if self.shifted is None else self.shifted.judged

    def verdicts(self, as_of: np.datetime64, operator: str | None = None) -> Verdicts:
        """Return the verdicts on all hamlets as of a day."""
        return verdicts(
            self.points, len(self.villages), self.levels, self.cells, self.rule, as_of, operator=operator,
            shifted=self.shifted,
        )  # fmt: skip

    @cached_property
    def nearby(self) -> dict[int, _Nearby]:
        """The samples within the rule's radius of each hamlet's centre, of hamlets that have some."""
        table = self.measurements
        if table is None or not len(table) or not len(self.villages):
            return {}
        place = table[["x_m", "y_m"]].to_numpy(dtype=np.float64)
        centres = np.array([self.centre(village) for village in range(len(self.villages))])
        bound = float(np.nextafter(self.measurement_rule.radius_m, np.inf))
        found = cKDTree(place).query_ball_point(centres, bound)
        day = pd.to_datetime(table["time"]).to_numpy().astype("datetime64[D]")
        named = table["operator"].fillna("").to_numpy(str) if "operator" in table else np.full(len(table), "")
        technology, level = table["technology"].to_numpy(str), table["level_dbm"].to_numpy(dtype=np.float64)
        rows = {village: np.sort(np.asarray(index, np.int64)) for village, index in enumerate(found) if index}
        return {v: _Nearby(day[i], named[i], technology[i], level[i]) for v, i in rows.items()}

    def centre(self, village: int) -> tuple[float, float]:
        """Position of a hamlet's centre in the run's CRS."""
        index = np.flatnonzero((self.points.village == village) & (self.points.kind == "centre"))[0]
        return float(self.points.x_m[index]), float(self.points.y_m[index])


def for_villages(evidence: PlanEvidence, chosen: NDArray[np.int64]) -> PlanEvidence:
    """Return the same evidence for a few hamlets only, `chosen` (ascending) numbered from 0.

    A register names a few hundred of some thousand hamlets; a timeline asks for them every month.
    """
    number = np.full(len(evidence.villages) + 1, -1, dtype=np.int64)  # the last entry stands for index -1
    number[chosen] = np.arange(len(chosen))
    points = evidence.points
    kept = number[points.village] >= 0
    point_number = np.cumsum(kept) - 1

    def renumbered(rows: PointLevels) -> PointLevels:
        at = point_number[rows.point].astype(np.int32)
        return PointLevels(at, rows.cell, rows.level_dbm, rows.loss_db)

    moved = evidence.shifted
    if moved is not None:
        near = np.flatnonzero(kept[evidence.levels.point])
        moved = ShiftedLevels(
            moved.shift_db[near],
            moved.sigma_ratio[near],
            *(renumbered(taken_rows(table, near)) for table in (moved.estimate, moved.judged)),
        )
    return replace(
        evidence,
        villages=evidence.villages.iloc[chosen].reset_index(drop=True),
        points=PointTable(
            points.point_id[kept], number[points.village[kept]], points.kind[kept], points.people[kept],
            points.x_m[kept], points.y_m[kept],
        ),
        levels=renumbered(rows_at(evidence.levels, np.flatnonzero(kept))),
        shifted=moved,
    )  # fmt: skip


def mast_cells(cells: CellTable, mast_id: str, as_of: np.datetime64) -> NDArray[np.int64]:
    """Return the cells of a mast that are on air at the end of a day, the longest on air first."""
    index = np.flatnonzero((cells.mast_id == mast_id) & cells.active(as_of))
    since = cells.on_air[index]
    since = np.where(np.isnat(since), np.datetime64("0001-01-01", "D"), since)  # since always
    return index[np.lexsort((index, since))]


def samples_near(
    evidence: PlanEvidence,
    village: int,
    technologies: tuple[str, ...],
    as_of: np.datetime64,
    claimed_on: np.datetime64,
) -> list[Samples]:
    """Return the samples near a hamlet that count as of a day, the best group first.

    Samples without a time are left out: they cannot tell before from after.

    Parameters
    ----------
    evidence : PlanEvidence
    village : int
    technologies : tuple of str
        Those that carry the service.
    as_of : datetime64
    claimed_on : datetime64
        Earlier samples say nothing about the claim; NaT: no claim.
    """
    rule, near = evidence.measurement_rule, evidence.nearby.get(village)
    if near is None:
        return []
    first = as_of - np.timedelta64(rule.window_days, "D")
    first = first if np.isnat(claimed_on) else max(first, claimed_on)
    fits = (near.day >= first) & (near.day <= as_of) & np.isin(near.technology, technologies)
    operator, technology, level = near.operator[fits], near.technology[fits], near.level_dbm[fits]
    groups = []
    for name, tech in sorted(set(zip(operator.tolist(), technology.tolist(), strict=True))):
        group = level[(operator == name) & (technology == tech)]
        if len(group) >= rule.minimum_samples:
            share = float((group >= evidence.rule.technologies[tech].threshold_dbm).mean())
            groups.append(Samples(name, tech, len(group), share))
    return sorted(groups, key=lambda group: (-group.share, -group.count, group.operator, group.technology))
