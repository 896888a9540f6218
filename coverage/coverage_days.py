"""Who is covered on each of some days: one pass over the levels tells of all days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .cells import CellTable, PointLevels, PointTable, TechnologyRule
from .gap_decision import GapRule
from .level_parts import parts_of
from .measured import MeasuredGroups
from .point_service import people_share
from .propagation.jit import kernel
from .service_kernels import typed_rows

__all__ = ["MOST_DAYS", "CoveredPoints", "DayCounts", "covered_points", "day_counts"]

MOST_DAYS = 32
"""Bits of a mark."""
_SHARE_TOLERANCE = 1e-9  # as `point_service` has it: 95 of 100 people count as 95 %


@dataclass(frozen=True)
class CoveredPoints:
    """Which points each operator covers with each technology.

    Attributes
    ----------
    operators, technologies : tuple of str
    marks : ndarray of uint32, (points, operators, technologies)
        Bit d: covered at the end of day d.
    """

    operators: tuple[str, ...]
    technologies: tuple[str, ...]
    marks: NDArray[np.uint32]

    def on(self, day: int) -> NDArray[np.bool_]:
        """Return what is covered on a day, (points, operators, technologies)."""
        return ((self.marks >> np.uint32(day)) & np.uint32(1)).astype(bool)


@dataclass(frozen=True)
class DayCounts:
    """Hamlets on one day.

    Attributes
    ----------
    share_people : ndarray of float64, (villages, technologies)
        Highest share of the hamlet's people whom one operator covers (all together if the rule pools).
    served : ndarray of bool, (villages, technologies)
        It reaches the rule's share.
    dead : ndarray of bool, (villages,)
        No voice at the centre, or for too few people.
    """

    share_people: NDArray[np.float64]
    served: NDArray[np.bool_]
    dead: NDArray[np.bool_]


def covered_points(
    n_points: int,
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    days: Sequence[np.datetime64],
) -> CoveredPoints:
    """Find the points that some cell covers, by operator and technology, on each of some days.

    Parameters
    ----------
    n_points : int
        Points of the `PointTable` that `levels` refers to.
    levels : PointLevels
        In any order; NaN levels count as not heard.
    cells : CellTable
    technologies : mapping of technology to TechnologyRule
        Cells of other technologies are left out.
    days : sequence of datetime64
        At most `MOST_DAYS`.

    Raises
    ------
    ValueError
        Too many days.
    """
    if len(days) > MOST_DAYS:
        raise ValueError(f"{len(days)} days, but a mark has {MOST_DAYS} bits")
    names, owner = cells.operators
    technology = np.full(len(cells), -1, dtype=np.int64)
    for number, name in enumerate(technologies):
        technology[cells.technology == name] = number
    on_air = np.zeros(len(cells), dtype=np.uint32)
    for number, day in enumerate(days):
        on_air |= cells.active(day).astype(np.uint32) << np.uint32(number)
    on_air[technology < 0] = 0
    rules = list(technologies.values())
    threshold, sigma, z = (
        np.array(values, dtype=np.float64)[technology]
        for values in (
            [rule.threshold_dbm for rule in rules],
            [rule.sigma_db for rule in rules],
            [ndtri(rule.probability) for rule in rules],
        )
    )
    marks = np.zeros((n_points, max(1, len(names)) * len(rules)), dtype=np.uint32)
    group = owner * len(rules) + technology
    for part in parts_of(levels):
        _mark_covered(
            *typed_rows(part.rows), part.spread(group, 0), part.spread(on_air, 0), part.spread(threshold, 0),
            part.spread(sigma, 1), part.spread(z, 0), marks,
        )  # fmt: skip
    shape = (n_points, max(1, len(names)), len(rules))
    return CoveredPoints(
        tuple(str(name) for name in names) or ("",), tuple(technologies), marks.reshape(shape)
    )


@kernel()
def _mark_covered(
    point: NDArray[np.int32],
    cell: NDArray[np.int32],
    level_dbm: NDArray[np.float32],
    group: NDArray[np.int64],
    on_air: NDArray[np.uint32],
    threshold_dbm: NDArray[np.float64],
    sigma_db: NDArray[np.float64],
    z: NDArray[np.float64],
    marks: NDArray[np.uint32],
) -> None:
    """Set the bits of the days of every cell that covers a point; all but the first three by cell."""
    for row in range(len(point)):
        c = cell[row]
        if on_air[c] == 0:
            continue
        spare = (np.float64(level_dbm[row]) - threshold_dbm[c]) / sigma_db[c] - z[c]
        if spare >= 0.0:  # NaN is not
            marks[point[row], group[c]] |= on_air[c]


def day_counts(
    points: PointTable,
    n_villages: int,
    covered: CoveredPoints,
    day: int,
    rule: GapRule,
    measured: MeasuredGroups | None = None,
) -> DayCounts:
    """Judge the hamlets on a day as `gaps.verdicts` does.

    Parameters
    ----------
    points : PointTable
    n_villages : int
    covered : CoveredPoints
    day : int
        Its number among those of `covered`.
    rule : GapRule
        Its technologies are those of `covered`.
    measured : MeasuredGroups or None
        Samples near the points on that day, which take the place of the model.
    """
    by_operator = _with_samples(covered, covered.on(day), measured)
    inside = points.village >= 0
    village, people = points.village[inside], points.people[inside]
    offered = by_operator[inside]
    if rule.pooled:
        offered = np.asarray(offered.any(axis=1, keepdims=True))
    voice = [number for number, name in enumerate(covered.technologies) if name in rule.voice]

    def share(here: NDArray[np.bool_]) -> NDArray[np.float64]:
        found = np.zeros(n_villages)
        for position in range(here.shape[1]):
            found = np.maximum(found, people_share(here[:, position], village, people, n_villages))
        return found

    shares = np.stack([share(offered[:, :, t]) for t in range(offered.shape[2])], axis=1)
    centre = inside & (points.kind == "centre")
    at_centre = np.zeros(n_villages, dtype=bool)
    at_centre[points.village[centre]] = by_operator[centre][:, :, voice].any(axis=(1, 2))
    enough = rule.share_of_people - _SHARE_TOLERANCE
    return DayCounts(
        shares, shares >= enough, ~at_centre | (share(np.asarray(offered[:, :, voice].any(axis=2))) < enough)
    )


def _with_samples(
    covered: CoveredPoints, by_operator: NDArray[np.bool_], measured: MeasuredGroups | None
) -> NDArray[np.bool_]:
    """Put the samples in; an operator that has samples but no cells is added."""
    if measured is None or not len(measured):
        return by_operator
    names = [*covered.operators, *sorted(set(measured.operator.tolist()) - set(covered.operators))]
    found = np.zeros((by_operator.shape[0], len(names), by_operator.shape[2]), dtype=bool)
    found[:, : len(covered.operators)] = by_operator
    operator = np.array([names.index(name) for name in measured.operator.tolist()])
    technology = np.array([covered.technologies.index(name) for name in measured.technology.tolist()])
    found[measured.point, operator, technology] = measured.margin >= 0.0
    return found
