"""The fewest stations with which nobody loses service: an exact set covering, with a proven bound.

"Served" is no plain covering (one operator must reach the share of people, at several points), but it can
only grow with the stations. So whenever a hamlet is not served by a set of stations, that set can be made as
large as possible without serving it, and one of the stations still outside must be in every answer. Such
clauses are the rows of a set covering, solved by `coverage.siting.model.solve_least_cost_covering`; its
optimum is a lower bound on the stations needed, and when no hamlet is left unserved it is the answer.
(Implicit hitting sets: Moreno-Centeno and Karp, Operations Research 61 (2), 2013.)
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .cells import CellTable, PointLevels
from .link_budget import reference_offset_db
from .service_model import ServiceModel
from .siting.covering.model import solve_least_cost_covering

__all__ = [
    "Fewest",
    "Upgrade",
    "clauses_of",
    "fewest_stations",
    "station_mask",
    "stations_by_mast",
    "with_upgrades",
]


@dataclass(frozen=True)
class Fewest:
    """The stations found, and what is proved about their number.

    Attributes
    ----------
    chosen : ndarray of int64
        Stations, ascending; none of them can be left out.
    bound : int
        No set of fewer stations serves everybody who was to be served.
    status : {"optimal", "time_limit"}
        "optimal": `bound` is the number of the chosen.
    impossible : ndarray of bool, (hamlets, scopes, services)
        Asked for, but not met even with every station.
    needed_by : tuple of ndarray of int64
        For each chosen station, the hamlets that lose service without it.
    rounds, clauses : int
        Size of the search.
    """

    chosen: NDArray[np.int64]
    bound: int
    status: str
    impossible: NDArray[np.bool_]
    needed_by: tuple[NDArray[np.int64], ...]
    rounds: int
    clauses: int

    @property
    def gap(self) -> float:
        """(chosen − bound) / chosen; 0 where it is optimal."""
        return (len(self.chosen) - self.bound) / len(self.chosen) if len(self.chosen) else 0.0


@dataclass(frozen=True)
class Upgrade:
    """The carrier that replaces a cell that is switched off: same antenna, same frequency.

    Attributes
    ----------
    technology : {"4G", "5G"}
    bandwidth_mhz : float
        5 MHz fits where 2G or 3G was.
    least_power_dbm : float
        Power of the whole carrier, unless the old cell had more.
    """

    technology: str
    bandwidth_mhz: float
    least_power_dbm: float


def fewest_stations(model: ServiceModel, required: NDArray[np.bool_], time_limit_s: float = 60.0) -> Fewest:
    """Find the fewest stations that meet all requirements that can be met.

    Parameters
    ----------
    model : ServiceModel
    required : ndarray of bool, (hamlets, scopes, services)
    time_limit_s : float
        For the search, > 0. When it is up, a set from which no station can be left out is returned with the
        bound found so far.
    """
    begin = time.monotonic()
    reachable = model.served(np.ones(model.n_stations, dtype=bool))
    wanted = required & reachable
    clauses: dict[tuple[int, ...], None] = {}
    chosen, bound, rounds = np.zeros(0, dtype=np.int64), 0, 0
    status = "optimal"
    while True:
        missing = wanted & ~model.served(station_mask(chosen, model.n_stations))
        if not missing.any():
            break
        left_s = time_limit_s - (time.monotonic() - begin)
        if left_s <= 0:
            status = "time_limit"
            break
        clauses |= dict.fromkeys(clauses_of(model, missing, chosen))
        solution = solve_least_cost_covering(*_set_covering(clauses, model.n_stations), time_limit_s=left_s)
        rounds += 1
        bound = max(bound, math.ceil(solution.bound - 1e-6))
        if solution.status != "optimal":
            status = "time_limit"
            break
        chosen = solution.chosen
    if status == "time_limit":
        chosen = _irreducible(model, wanted)
        status = "optimal" if len(chosen) == bound else status
    needed = tuple(_needed_by(model, wanted, chosen, station) for station in chosen.tolist())
    return Fewest(chosen, bound, status, required & ~reachable, needed, rounds, len(clauses))


def stations_by_mast(cells: CellTable, at_choice: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[int]]:
    """Number the stations: the chosen cells of one operator on one mast.

    Returns
    -------
    station_of : ndarray of int64, (cells,)
        From 0; -1 for a cell that is not at choice.
    example : list of int
        One cell of each station.
    """
    station_of = np.full(len(cells), -1, dtype=np.int64)
    known: dict[tuple[str, str], int] = {}
    example: list[int] = []
    for cell in np.flatnonzero(at_choice).tolist():
        key = (str(cells.mast_id[cell]), str(cells.operator[cell]))
        if key not in known:
            known[key] = len(example)
            example.append(cell)
        station_of[cell] = known[key]
    return station_of, example


def with_upgrades(
    cells: CellTable, levels: PointLevels, switched_off: NDArray[np.bool_], upgrade: Upgrade
) -> tuple[CellTable, PointLevels, NDArray[np.int64]]:
    """Add to a network, for each cell that is switched off, a carrier of the upgrade on the same antenna.

    The path is the same, so a level changes by the powers of the two carriers and of their reference signals.

    Parameters
    ----------
    cells : CellTable
    levels : PointLevels
    switched_off : ndarray of bool, (cells,)
    upgrade : Upgrade

    Returns
    -------
    cells, levels
        With the new cells behind the old ones, on air at all times.
    replaced : ndarray of int64
        The cell that each new one replaces.

    Raises
    ------
    ValueError
        The technology has no such bandwidth.
    """
    replaced = np.flatnonzero(switched_off)
    old = cells.take(replaced)
    power = np.maximum(old.tx_power_dbm, upgrade.least_power_dbm)
    loss_before = _offsets(old.technology.tolist(), old.bandwidth_mhz, old.frequency_mhz)
    loss_after = _offsets(
        [upgrade.technology] * len(old), np.full(len(old), upgrade.bandwidth_mhz), old.frequency_mhz
    )
    shift = (power - loss_after) - (old.tx_power_dbm - loss_before)
    always = np.full(len(old), np.datetime64("NaT", "D"))
    new = replace(
        old,
        cell_id=np.char.add(old.cell_id.astype(str), f"+{upgrade.technology}"),
        technology=np.full(len(old), upgrade.technology),
        bandwidth_mhz=np.full(len(old), upgrade.bandwidth_mhz),
        tx_power_dbm=power,
        on_air=always,
        off_air=always,
    )
    number = np.full(len(cells), -1, dtype=np.int64)
    number[replaced] = np.arange(len(replaced))
    of_new = number[levels.cell]
    heard = np.flatnonzero(of_new >= 0)
    point = np.concatenate([levels.point, levels.point[heard]])
    cell = np.concatenate([levels.cell, (len(cells) + of_new[heard]).astype(np.int32)])
    raised = levels.level_dbm[heard] + shift[of_new[heard]].astype(np.float32)
    order = np.lexsort((cell, point))
    level = np.concatenate([levels.level_dbm, raised])[order]
    loss = np.concatenate([levels.loss_db, levels.loss_db[heard]])[order]
    return _joined(cells, new), PointLevels(point[order], cell[order], level, loss), replaced


def _joined(first: CellTable, second: CellTable) -> CellTable:
    names = first.__dataclass_fields__
    return CellTable(**{n: np.concatenate([getattr(first, n), getattr(second, n)]) for n in names})


def _offsets(
    technology: list[str], bandwidth_mhz: NDArray[np.float64], frequency_mhz: NDArray[np.float64]
) -> NDArray[np.float64]:
    rows = zip(technology, bandwidth_mhz.tolist(), frequency_mhz.tolist(), strict=True)
    return np.array([reference_offset_db(*row) for row in rows], dtype=np.float64)


def station_mask(chosen: NDArray[np.int64], n_stations: int) -> NDArray[np.bool_]:
    """Return the chosen stations as a mask, (stations,)."""
    mask = np.zeros(n_stations, dtype=bool)
    mask[chosen] = True
    return mask


def clauses_of(
    model: ServiceModel, missing: NDArray[np.bool_], chosen: NDArray[np.int64]
) -> list[tuple[int, ...]]:
    """Return, for each requirement that is not met, two sets of stations of which every answer must have one.

    Parameters
    ----------
    model : ServiceModel
    missing : ndarray of bool, (hamlets, scopes, services)
        Not met with the chosen stations, but with all of them.
    chosen : ndarray of int64

    Returns
    -------
    list of tuple of int
        In the order of ``np.argwhere(missing)``, two of each.
    """
    have = set(chosen.tolist())
    found = []
    for village, scope, service in np.argwhere(missing).tolist():
        near = model.stations_of(village, scope, service)
        for order in (near, near[::-1]):  # two clauses at once save rounds
            stays, outside = have & set(near), []
            for station in order:
                if station in stays:
                    continue
                if model.one_served(village, scope, service, stays | {station}):
                    outside.append(station)
                else:
                    stays = stays | {station}
            found.append(tuple(sorted(outside)))
    return found


def _set_covering(
    clauses: dict[tuple[int, ...], None], n_stations: int
) -> tuple[csr_matrix, NDArray[np.float64], NDArray[np.float64], float]:
    """Rows, weights, costs and the value to be reached: every clause."""
    lengths = [len(clause) for clause in clauses]
    columns = np.array([station for clause in clauses for station in clause], dtype=np.int64)
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    cover = csr_matrix((np.ones(len(columns)), columns, start), shape=(len(clauses), n_stations))
    return cover, np.ones(len(clauses)), np.ones(n_stations), float(len(clauses))


def _irreducible(model: ServiceModel, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return stations that meet everything, none of them for nothing; those of few points are tried first."""
    stays = np.ones(model.n_stations, dtype=bool)
    reach = np.bincount(model.station, minlength=model.n_stations)
    for station in np.argsort(reach, kind="stable").tolist():
        stays[station] = False
        if (wanted & ~model.served(stays)).any():
            stays[station] = True
    return np.flatnonzero(stays)


def _needed_by(
    model: ServiceModel, wanted: NDArray[np.bool_], chosen: NDArray[np.int64], station: int
) -> NDArray[np.int64]:
    without = station_mask(chosen, model.n_stations)
    without[station] = False
    return np.flatnonzero((wanted & ~model.served(without)).any(axis=(1, 2)))
