"""Best server per demand point, operator and technology: the step between levels and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .cells import CellTable, PointLevels, TechnologyRule
from .measured import MeasuredGroups
from .service_kernels import best_of_groups, typed_rows

__all__ = [
    "PointService",
    "people_quantile",
    "people_share",
    "point_service",
    "pooled_service",
    "selected_cells",
    "service_of",
    "with_measurements",
]

# Sums of people are floats: 95 of 100 people must count as 95 % whatever the order of addition.
_SHARE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class PointService:
    """What can be received at every point, from the best cell of each operator.

    Attributes
    ----------
    operators : tuple of str
        Alphabetical; one empty name when operators are pooled.
    technologies : tuple of str
        In the order of the rule.
    level_dbm : ndarray of float64, (points, operators, technologies)
        Median level of the best server; NaN where nothing can be heard.
    cell : ndarray of int32, (points, operators, technologies)
        Its index in the `CellTable` (the lowest on a tie); -1 where nothing can be heard.
    margin : ndarray of float64, (points, operators, technologies)
        How many standard deviations the level lies above what the rule asks for:
        ``(level - threshold) / sigma - z(probability)``. The point is covered where it is >= 0;
        -inf where nothing can be heard. A prediction error of k sigma adds k.
    """

    operators: tuple[str, ...]
    technologies: tuple[str, ...]
    level_dbm: NDArray[np.float64]
    cell: NDArray[np.int32]
    margin: NDArray[np.float64]


def selected_cells(cells: CellTable, as_of: np.datetime64, operator: str | None = None) -> NDArray[np.bool_]:
    """Tell which cells count: on air at the end of the day `as_of`, and of `operator` unless it is None."""
    active = cells.active(as_of)
    return active if operator is None else active & (cells.operator == operator)


def point_service(
    n_points: int,
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    use: NDArray[np.bool_],
    *,
    pooled: bool = False,
) -> PointService:
    """Find the best server of each operator and technology at every point.

    Parameters
    ----------
    n_points : int
        Points of the `PointTable` that `levels` refers to.
    levels : PointLevels
        In any order; NaN levels count as not heard.
    cells : CellTable
    technologies : mapping of technology to TechnologyRule
        Cells of other technologies are left out.
    use : ndarray of bool, (cells,)
        Which cells count.
    pooled : bool
        Treat all operators as one.
    """
    names = tuple(technologies)
    tech = _index_of(cells.technology, names)
    operators, owner = (("",), np.zeros(len(cells), dtype=np.int64)) if pooled else _operators_of(cells, use)
    shape = (n_points, len(operators), len(names))
    group = np.where(use & (tech >= 0) & (owner >= 0), owner * shape[2] + tech, -1).astype(np.int32)
    best = np.full((n_points, shape[1] * shape[2]), np.nan)
    best_cell = np.full(best.shape, -1, np.int32)
    best_of_groups(*typed_rows(levels), group, best, best_cell)
    best, best_cell = best.reshape(shape), best_cell.reshape(shape)
    return PointService(operators, names, best, best_cell, _margin(best, technologies))


def service_of(service: PointService, operator: str) -> PointService:
    """Return what is received of one operator; of nobody where it has no cell that counts."""
    place = slice(0, 0)
    if operator in service.operators:
        place = slice(service.operators.index(operator), service.operators.index(operator) + 1)
    return PointService(
        service.operators[place], service.technologies, service.level_dbm[:, place], service.cell[:, place],
        service.margin[:, place],
    )  # fmt: skip


def pooled_service(service: PointService) -> PointService:
    """Return the service with all operators treated as one: the best of them at each point."""
    if service.margin.shape[1] == 0:
        return service
    margin = service.margin.max(axis=1, keepdims=True)
    level = np.where(np.isnan(service.level_dbm), -np.inf, service.level_dbm)
    best = level.argmax(axis=1)[:, np.newaxis, :]
    return PointService(
        ("",),
        service.technologies,
        np.take_along_axis(service.level_dbm, best, axis=1),
        np.take_along_axis(service.cell, best, axis=1),
        margin,
    )


def with_measurements(service: PointService, measured: MeasuredGroups) -> PointService:
    """Return the service with the margins of measured points in place of the model's.

    An operator whose samples are there but whose cells are not in the list is added.

    Parameters
    ----------
    service : PointService
        Not pooled.
    measured : MeasuredGroups
        Of technologies of the service.
    """
    names = tuple(sorted({*service.operators, *measured.operator.tolist()}))
    place = [names.index(name) for name in service.operators]
    shape = (service.margin.shape[0], len(names), len(service.technologies))
    level, cell, margin = np.full(shape, np.nan), np.full(shape, -1, np.int32), np.full(shape, -np.inf)
    level[:, place], cell[:, place], margin[:, place] = service.level_dbm, service.cell, service.margin
    operator = _index_of(measured.operator, names)
    technology = _index_of(measured.technology, service.technologies)
    margin[measured.point, operator, technology] = measured.margin
    return PointService(names, service.technologies, level, cell, margin)


def _operators_of(cells: CellTable, use: NDArray[np.bool_]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The operators of the cells that count, alphabetical, and the place of each cell's among them; -1."""
    names, number = cells.operators
    present = np.zeros(len(names), dtype=bool)
    present[number[use]] = True
    place = np.where(present, np.cumsum(present) - 1, -1)
    return tuple(str(name) for name in names[present]), place[number]


def _index_of(values: NDArray[np.str_], names: tuple[str, ...]) -> NDArray[np.int64]:
    index = np.full(len(values), -1, dtype=np.int64)
    for position, name in enumerate(names):
        index[values == name] = position
    return index


def _margin(
    level_dbm: NDArray[np.float64], technologies: Mapping[str, TechnologyRule]
) -> NDArray[np.float64]:
    rules = technologies.values()
    threshold = np.array([rule.threshold_dbm for rule in rules])
    sigma = np.array([rule.sigma_db for rule in rules])
    z = ndtri(np.array([rule.probability for rule in rules]))
    margin = (level_dbm - threshold) / sigma - z
    return np.where(np.isnan(margin), -np.inf, margin)


def people_share(
    covered: NDArray[np.bool_], village: NDArray[np.int64], people: NDArray[np.float64], n_villages: int
) -> NDArray[np.float64]:
    """Return the share (0 … 1) of each village's people who live at covered points.

    A village with nobody in it is weighted by points. Every village must have a point.
    """
    weight, total = _weights(village, people, n_villages)
    return np.bincount(village, weights=weight * covered, minlength=n_villages) / total


def people_quantile(
    margin: NDArray[np.float64],
    village: NDArray[np.int64],
    people: NDArray[np.float64],
    n_villages: int,
    share: float,
) -> NDArray[np.float64]:
    """Return the highest margin that at least `share` of each village's people reach or exceed.

    `people_share` of ``margin >= x`` is at least `share` exactly where the result is at least ``x``; so one
    number per village carries the verdict at every shift of the levels.
    """
    first = np.full(n_villages, -1, dtype=np.int64)
    first[village] = np.arange(len(village))
    several = np.bincount(village, minlength=n_villages) > 1
    found = margin[first]  # all people of a village live at its only point
    if several.any():
        index = np.flatnonzero(several[village])
        number = np.cumsum(several) - 1
        found[several] = _quantile(
            margin[index], number[village[index]], people[index], int(several.sum()), share
        )
    return found


def _quantile(
    margin: NDArray[np.float64],
    village: NDArray[np.int64],
    people: NDArray[np.float64],
    n_villages: int,
    share: float,
) -> NDArray[np.float64]:
    weight, total = _weights(village, people, n_villages)
    order = np.lexsort((-margin, village))
    sorted_village = village[order]
    running = np.cumsum(weight[order])
    before = np.concatenate([[0.0], np.cumsum(total)])[sorted_village]
    enough = running - before >= (share - _SHARE_TOLERANCE) * total[sorted_village]
    first = np.full(n_villages, len(order), dtype=np.int64)
    np.minimum.at(first, sorted_village[enough], np.flatnonzero(enough))
    return margin[order][first]


def _weights(
    village: NDArray[np.int64], people: NDArray[np.float64], n_villages: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """People per point, or 1 where the whole village has none; and their sum per village."""
    empty = np.bincount(village, weights=people, minlength=n_villages) <= 0.0
    weight: NDArray[np.float64] = np.where(empty[village], 1.0, people)
    total = np.bincount(village, weights=weight, minlength=n_villages).astype(np.float64)
    return weight, total
