"""Measurements near hamlets: when samples decide instead of the model, and by how much.

Samples belong to a demand point (centre or cluster) by distance, and to one operator and technology. A group
of them counts where it is large and recent enough. What it says is on the scale of the verdicts: the share of
samples at or above the threshold against the rule's probability, in standard errors of that share, so that it
takes the place of the model's margin in sigma and the classes of confidence keep their meaning.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .cells import PointTable, TechnologyRule

__all__ = [
    "MeasuredGroups",
    "MeasurementRule",
    "Samples",
    "good_asked_for",
    "measured_groups",
    "measured_margin",
    "usable_samples",
]

_ROUNDING = 1e-9


@dataclass(frozen=True)
class MeasurementRule:
    """When samples near a point decide instead of the model. Ours: no official rule could be found.

    Attributes
    ----------
    radius_m : float
        Around the hamlet's centre or cluster.
    minimum_samples : int
        Of one operator and technology; fewer do not count.
    window_days : int
        Older samples, and (for a promise) those from before the claim, do not count.
    """

    radius_m: float = 500.0
    minimum_samples: int = 5
    window_days: int = 365


@dataclass(frozen=True)
class Samples:
    """Measurements of one operator and technology near a hamlet.

    Attributes
    ----------
    operator : str
        Empty where the samples do not tell.
    technology : str
    count : int
    share : float
        Share of them at or above the threshold of the technology, 0 … 1.
    """

    operator: str
    technology: str
    count: int
    share: float


@dataclass(frozen=True)
class MeasuredGroups:
    """Groups of samples that count, sorted by point, operator and technology.

    Attributes
    ----------
    point : ndarray of int64
        Index in the `PointTable`.
    operator, technology : ndarray of str
    count : ndarray of int64
        Samples.
    margin : ndarray of float64
        From `measured_margin`; >= 0: covered.
    level_dbm : ndarray of float64
        Level that the rule's share of the samples reaches; at or above the threshold: covered.
    """

    point: NDArray[np.int64]
    operator: NDArray[np.str_]
    technology: NDArray[np.str_]
    count: NDArray[np.int64]
    margin: NDArray[np.float64]
    level_dbm: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.point)

    def of_operator(self, operator: str) -> MeasuredGroups:
        """Return the groups of one operator."""
        keep = self.operator == operator
        return MeasuredGroups(*(getattr(self, f.name)[keep] for f in fields(self)))


def measured_margin(good: int, count: int, probability: float) -> float:
    """Return how many standard errors a share of good samples lies above the probability asked for.

    The standard error is that of a share of `count` samples under the rule, sqrt(p (1 - p) / count): five
    good samples of five against 90 % are 0.7 (a lucky handful), fifty of fifty 2.4, none of five -6.7.

    Parameters
    ----------
    good, count : int
        Samples at or above the threshold, and all.
    probability : float
        p of the rule, 0 < p < 1.
    """
    # Integers first: 9 of 10 must satisfy 90 % whatever the rounding of 9 / 10.
    spare = good - probability * count
    if abs(spare) < _ROUNDING * count:
        return 0.0
    return float(spare / np.sqrt(count * probability * (1.0 - probability)))


def good_asked_for(count: int, probability: float) -> int:
    """Return the fewest good samples of `count` with which `measured_margin` is not below 0."""
    return max(1, math.ceil((probability - _ROUNDING) * count))


def measured_groups(
    measurements: pd.DataFrame | None,
    points: PointTable,
    technologies: Mapping[str, TechnologyRule],
    rule: MeasurementRule,
    as_of: np.datetime64,
) -> MeasuredGroups:
    """Collect the samples that count near every demand point.

    Left out are samples without a time (nobody knows whether they are from before the day), without an
    operator (nobody knows whose service they show) and of technologies without a rule.

    Parameters
    ----------
    measurements : DataFrame or None
        `gis_data.schema.MEASUREMENTS` with `x_m`, `y_m` in the run's CRS.
    points : PointTable
        A sample near two points counts at both.
    technologies : mapping of technology to TechnologyRule
    rule : MeasurementRule
    as_of : datetime64
        Later samples do not count.
    """
    table = usable_samples(measurements, technologies, rule.window_days, as_of)
    if not len(table):
        none = np.zeros(0, np.int64)
        return MeasuredGroups(none, np.zeros(0, "U1"), np.zeros(0, "U1"), none, np.zeros(0), np.zeros(0))
    tree = cKDTree(table[["x_m", "y_m"]].to_numpy(dtype=float))
    near = tree.query_ball_point(np.column_stack([points.x_m, points.y_m]), rule.radius_m)
    found = [np.sort(np.asarray(samples, dtype=np.int64)) for samples in near]
    sample = np.concatenate([*found, np.zeros(0, np.int64)])
    hits = table[["operator", "technology", "good", "level_dbm"]].iloc[sample]
    hits = hits.assign(point=np.repeat(np.arange(len(points)), [len(part) for part in found]))
    keys = ["point", "operator", "technology"]
    hits = hits.sort_values([*keys, "level_dbm"], ascending=[True, True, True, False], ignore_index=True)
    groups = hits.groupby(keys, sort=True)["good"].agg(["size", "sum"]).reset_index()
    first = np.cumsum(groups["size"].to_numpy(np.int64)) - groups["size"].to_numpy(np.int64)
    groups = groups.assign(first=first)[groups["size"] >= rule.minimum_samples]
    technology = groups["technology"].to_numpy(dtype=str)
    asked = [
        good_asked_for(int(count), technologies[name].probability)
        for count, name in zip(groups["size"], technology.tolist(), strict=True)
    ]
    weakest = groups["first"].to_numpy(np.int64) + np.array(asked, dtype=np.int64) - 1
    margin = [
        measured_margin(int(good), int(count), technologies[name].probability)
        for good, count, name in zip(groups["sum"], groups["size"], technology.tolist(), strict=True)
    ]
    return MeasuredGroups(
        groups["point"].to_numpy(np.int64), groups["operator"].to_numpy(dtype=str), technology,
        groups["size"].to_numpy(np.int64), np.array(margin, dtype=np.float64),
        hits["level_dbm"].to_numpy(np.float64)[weakest],
    )  # fmt: skip


def usable_samples(
    measurements: pd.DataFrame | None,
    technologies: Mapping[str, TechnologyRule],
    window_days: int,
    as_of: np.datetime64,
) -> pd.DataFrame:
    """Return the samples of the window that have an operator and a technology of the rule.

    Parameters
    ----------
    measurements : DataFrame or None
        As for `measured_groups`.
    technologies : mapping of technology to TechnologyRule
    window_days : int
    as_of : datetime64

    Returns
    -------
    DataFrame
        technology, level_dbm, x_m, y_m, operator, cell_id (empty: not told), day, and good (1: at or above
        the threshold of the technology); in the order of `measurements`.
    """
    columns = ["technology", "level_dbm", "x_m", "y_m", "operator", "cell_id", "day", "good"]
    if measurements is None or not len(measurements) or "operator" not in measurements:
        return pd.DataFrame(columns=columns)
    day = pd.to_datetime(measurements["time"]).to_numpy().astype("datetime64[D]")
    first = as_of - np.timedelta64(window_days, "D")
    operator = measurements["operator"].fillna("").astype(str)
    fits = (day >= first) & (day <= as_of) & (operator != "").to_numpy()
    fits &= measurements["technology"].isin(list(technologies)).to_numpy()
    table = measurements.loc[fits, ["technology", "level_dbm", "x_m", "y_m"]].assign(operator=operator[fits])
    named = measurements["cell_id"].fillna("").astype(str)[fits] if "cell_id" in measurements else ""
    threshold = table["technology"].map({name: t.threshold_dbm for name, t in technologies.items()})
    good = (table["level_dbm"] >= threshold.astype(float)).astype(np.int64)
    return table.assign(cell_id=named, day=day[fits], good=good)[columns]
