"""Which hamlets are served if only some stations stay: the verdicts' rule, fast enough to ask very often.

A station here is a set of cells that stay or go together. Service can only grow with the set of stations, and
that is what the search for the fewest stations in `coverage.keeping` rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .cells import CellTable, PointLevels, PointTable
from .gaps import GapRule
from .point_service import people_share
from .scenario_samples import SampledService

__all__ = ["SERVICES", "ServiceModel", "service_model"]

SERVICES = ("voice", "broadband")
_TOLERANCE = 1e-9  # as in point_service: 95 of 100 people are 95 %


@dataclass(frozen=True)
class ServiceModel:
    """Who is served by the cells that stay in any case, and by each station at choice.

    Requirements are numbered 0 … (hamlets × scopes × services) − 1: hamlet first, then scope (all operators
    together, then each by itself), then service.

    Attributes
    ----------
    operators : tuple of str
    village : ndarray of int64, (points,)
        Points of hamlets only.
    people : ndarray of float64, (points,)
    is_centre : ndarray of bool, (points,)
    n_villages : int
    fixed : ndarray of bool, (points, operators, services)
        Covered by cells that are not at choice.
    station, station_point, station_operator, station_service : ndarray of int64
        One entry per point and service that a station covers.
    n_stations : int
    share_of_people : float
    pooled : bool
        See `coverage.gaps.GapRule`.
    """

    operators: tuple[str, ...]
    village: NDArray[np.int64]
    people: NDArray[np.float64]
    is_centre: NDArray[np.bool_]
    n_villages: int
    fixed: NDArray[np.bool_]
    station: NDArray[np.int64]
    station_point: NDArray[np.int64]
    station_operator: NDArray[np.int64]
    station_service: NDArray[np.int64]
    n_stations: int
    share_of_people: float
    pooled: bool

    @property
    def scopes(self) -> tuple[str, ...]:
        """The empty name (all operators), then each operator."""
        return ("", *self.operators)

    def served(self, stays: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which requirements are met if the stations of the mask `stays` are on air.

        Returns
        -------
        ndarray of bool, (hamlets, scopes, services)
        """
        covered = self.fixed.copy()
        on = stays[self.station]
        covered[self.station_point[on], self.station_operator[on], self.station_service[on]] = True
        return self._served(covered, self.village, self.people, self.is_centre, self.n_villages)

    def one_served(self, village: int, scope: int, service: int, stays: set[int]) -> bool:
        """Tell the same of one requirement, looking at its own points only."""
        points, entries = self._own[village]
        covered = self.fixed[points].copy()
        for point, operator, of_service, station in entries:
            if station in stays:
                covered[point, operator, of_service] = True
        zeros = np.zeros(len(points), dtype=np.int64)
        found = self._served(covered, zeros, self.people[points], self.is_centre[points], 1)
        return bool(found[0, scope, service])

    def stations_of(self, village: int, scope: int, service: int) -> list[int]:
        """Return the stations that cover a point of the hamlet with the service, ascending."""
        found = {
            station
            for _, operator, of_service, station in self._own[village][1]
            if of_service == service and scope in (0, operator + 1)
        }
        return sorted(found)

    @cached_property
    def _own(self) -> list[tuple[NDArray[np.int64], list[tuple[int, int, int, int]]]]:
        """Points of each hamlet; what stations cover there: place in points, operator, service, station."""
        order = np.argsort(self.village, kind="stable")
        first = np.searchsorted(self.village[order], np.arange(self.n_villages + 1))
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) - first[self.village[order]]
        entries: list[list[tuple[int, int, int, int]]] = [[] for _ in range(self.n_villages)]
        columns = (self.station_point, self.station_operator, self.station_service, self.station)
        for point, operator, service, station in zip(*(c.tolist() for c in columns), strict=True):
            entries[self.village[point]].append((int(place[point]), operator, service, station))
        return [(order[first[v] : first[v + 1]], entries[v]) for v in range(self.n_villages)]

    def _served(
        self,
        covered: NDArray[np.bool_],
        village: NDArray[np.int64],
        people: NDArray[np.float64],
        is_centre: NDArray[np.bool_],
        n_villages: int,
    ) -> NDArray[np.bool_]:
        n_operators = len(self.operators)
        served = np.zeros((n_villages, n_operators + 1, len(SERVICES)), dtype=bool)
        centre = np.zeros((n_villages, n_operators), dtype=bool)
        centre[village[is_centre]] = covered[is_centre, :, 0]
        for service in range(len(SERVICES)):
            for operator in range(n_operators):
                share = people_share(covered[:, operator, service], village, people, n_villages)
                served[:, operator + 1, service] = share >= self.share_of_people - _TOLERANCE
            served[:, 0, service] = served[:, 1:, service].any(axis=1)
            if self.pooled:
                anybody = np.any(covered[:, :, service], axis=1)
                share = people_share(np.asarray(anybody), village, people, n_villages)
                served[:, 0, service] = share >= self.share_of_people - _TOLERANCE
        served[:, 0, 0] &= centre.any(axis=1)
        served[:, 1:, 0] &= centre
        return served


def service_model(
    points: PointTable,
    n_villages: int,
    levels: PointLevels,
    cells: CellTable,
    rule: GapRule,
    use: NDArray[np.bool_],
    station_of: NDArray[np.int64],
    operators: tuple[str, ...],
    samples: SampledService | None = None,
) -> ServiceModel:
    """Prepare the question for a network.

    Parameters
    ----------
    points, n_villages, levels, cells, rule
        As for `coverage.gaps.verdicts`.
    use : ndarray of bool, (cells,)
        Cells of the network, those at choice included.
    station_of : ndarray of int64, (cells,)
        The station that a cell belongs to, from 0; -1: it stays in any case.
    operators : tuple of str
        At least those of the cells in use and of the samples; they number the scopes of the requirements.
    samples : SampledService or None
        Groups that show service cover their point while their cell is in use; where they show none, the cells
        of today do not cover it. `cells` may go on behind those of today.

    Raises
    ------
    ValueError
        A cell in use, or a group of samples, of another operator.
    """
    inside = np.flatnonzero(points.village >= 0)
    number = np.full(len(points), -1, dtype=np.int64)
    number[inside] = np.arange(len(inside))
    operator_of = np.full(len(cells), -1, dtype=np.int64)
    for position, name in enumerate(operators):
        operator_of[cells.operator == name] = position
    if (operator_of[use] < 0).any():
        raise ValueError("cells in use of an operator that is not among the operators")
    point, cell = _covering(levels, cells, rule, use)
    if samples is not None:
        point, cell = _with_samples(point, cell, cells, use, samples)
    keep = number[point] >= 0
    point, cell = number[point[keep]], cell[keep]
    fixed = np.zeros((len(inside), len(operators), len(SERVICES)), dtype=bool)
    if samples is not None:
        _fix_sampled(fixed, number, operators, rule, samples)
    rows = []
    for service, names in enumerate((rule.voice, rule.broadband)):
        carries = np.isin(cells.technology[cell], names)
        p, c = point[carries], cell[carries]
        stays = station_of[c] < 0
        fixed[p[stays], operator_of[c[stays]], service] = True
        p, c = p[~stays], c[~stays]
        rows.append(np.stack([station_of[c], p, operator_of[c], np.full(len(c), service)]))
    entries = np.unique(np.concatenate(rows, axis=1), axis=1)
    return ServiceModel(
        operators=operators,
        village=points.village[inside],
        people=points.people[inside],
        is_centre=points.kind[inside] == "centre",
        n_villages=n_villages,
        fixed=fixed,
        station=entries[0],
        station_point=entries[1],
        station_operator=entries[2],
        station_service=entries[3],
        n_stations=int(station_of.max(initial=-1)) + 1,
        share_of_people=rule.share_of_people,
        pooled=rule.pooled,
    )


def _covering(
    levels: PointLevels, cells: CellTable, rule: GapRule, use: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of point and cell where the cell by itself covers the point, as `point_service` decides it."""
    names = list(rule.technologies)
    parameters = np.array([(r.threshold_dbm, r.sigma_db) for r in rule.technologies.values()])
    z = ndtri(np.array([r.probability for r in rule.technologies.values()]))
    tech = np.full(len(cells), -1, dtype=np.int64)
    for number, name in enumerate(names):
        tech[cells.technology == name] = number
    near = np.flatnonzero((use & (tech >= 0))[levels.cell])
    t = tech[levels.cell[near]]
    margin = (levels.level_dbm[near].astype(np.float64) - parameters[t, 0]) / parameters[t, 1] - z[t]
    near = near[margin >= 0.0]
    return levels.point[near].astype(np.int64), levels.cell[near].astype(np.int64)


def _with_samples(
    point: NDArray[np.int64],
    cell: NDArray[np.int64],
    cells: CellTable,
    use: NDArray[np.bool_],
    samples: SampledService,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of point and cell as the samples have them: without what they deny, with what they show."""
    groups, good = samples.groups, samples.good
    keys = (groups.point, groups.operator, groups.technology)
    denied = set(zip(*(column[~good].tolist() for column in keys), strict=True))
    today = np.zeros(len(cells), dtype=bool)
    today[: len(samples.today)] = samples.today
    pairs = zip(point.tolist(), cells.operator[cell].tolist(), cells.technology[cell].tolist(), strict=True)
    keep = ~today[cell] | np.array([pair not in denied for pair in pairs], dtype=bool)
    shown = good & (samples.cell >= 0)
    shown[shown] = use[samples.cell[shown]]
    return (
        np.concatenate([point[keep], groups.point[shown]]),
        np.concatenate([cell[keep], samples.cell[shown]]),
    )


def _fix_sampled(
    fixed: NDArray[np.bool_],
    number: NDArray[np.int64],
    operators: tuple[str, ...],
    rule: GapRule,
    samples: SampledService,
) -> None:
    """Mark what samples show of operators without a cell on air: nothing that can go off gave it."""
    groups = samples.groups
    if not set(groups.operator.tolist()) <= set(operators):
        raise ValueError("samples of an operator that is not among the operators")
    for i in np.flatnonzero(samples.good & (samples.cell < 0) & (number[groups.point] >= 0)).tolist():
        operator = operators.index(str(groups.operator[i]))
        for service, names in enumerate((rule.voice, rule.broadband)):
            if str(groups.technology[i]) in names:
                fixed[number[groups.point[i]], operator, service] = True
