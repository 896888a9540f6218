"""So many stations may stay: which of them, so that the fewest people lose service. Exact, with a bound.

The clauses of `coverage.keeping` say of a hamlet "one of these stations, or it loses service". With a number
of stations given, not every hamlet can be kept: the integer problem

    maximise    Σ weight·z
    subject to  z_h <= Σ x_s over each clause of hamlet h;  Σ x <= n;  x binary, 0 <= z <= 1

knows some clauses only, so its optimum is an upper bound on what any choice keeps. Hamlets that it takes for
kept and that are not give new clauses, until there are none: then the choice is the best one.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .keeping import clauses_of, station_mask
from .service_model import ServiceModel
from .siting.covering.highs import FEASIBILITY_TOLERANCE, MixedIntegerProblem, solve_milp

__all__ = ["Clause", "KeptWithin", "covering_problem", "new_clauses", "stations_within", "weight_kept"]


@dataclass(frozen=True)
class KeptWithin:
    """The stations that stay, and what is proved about the loss.

    Attributes
    ----------
    chosen : ndarray of int64
        At most as many as asked for, ascending; none of them can be left out without losing a hamlet more.
    lost : ndarray of bool, (hamlets,)
        Lose a service that they would have with every station.
    loss, bound : float
        Weight of the hamlets lost; no choice of so many stations loses less than `bound`.
    status : {"optimal", "time_limit"}
        "optimal": loss and bound agree within the solver's tolerance.
    impossible : ndarray of bool, (hamlets, scopes, services)
        Asked for, but not met even with every station; not part of the loss.
    needed_by : tuple of ndarray of int64
        For each chosen station, the hamlets that lose service without it.
    rounds, clauses : int
        Size of the search.
    """

    chosen: NDArray[np.int64]
    lost: NDArray[np.bool_]
    loss: float
    bound: float
    status: str
    impossible: NDArray[np.bool_]
    needed_by: tuple[NDArray[np.int64], ...]
    rounds: int
    clauses: int

    @property
    def gap(self) -> float:
        """(loss − bound) / loss; 0 where nothing better is possible."""
        return (self.loss - self.bound) / self.loss if self.loss > 0 else 0.0


Clause = tuple[int, tuple[int, ...]]
"""A hamlet, and stations of which one must stay for it."""


def stations_within(
    model: ServiceModel,
    required: NDArray[np.bool_],
    most: int,
    weight: NDArray[np.float64],
    time_limit_s: float = 60.0,
) -> KeptWithin:
    """Choose at most `most` stations so that the weight of the hamlets that lose a requirement is least.

    Parameters
    ----------
    model : ServiceModel
    required : ndarray of bool, (hamlets, scopes, services)
    most : int
        >= 0.
    weight : ndarray of float64, (hamlets,)
        > 0: people, or 1 each.
    time_limit_s : float
        For the search, > 0. When it is up, the best choice so far is returned with the bound proved so far.
    """
    begin = time.monotonic()
    wanted = required & model.served(np.ones(model.n_stations, dtype=bool))
    hamlets = np.flatnonzero(wanted.any(axis=(1, 2)))
    whole = float(weight[hamlets].sum())
    best = _busiest(model, hamlets, weight, most)
    kept, bound, rounds, status = weight_kept(model, wanted, weight, best), whole, 0, "optimal"
    clauses: dict[Clause, None] = {}
    chosen = np.zeros(0, dtype=np.int64)
    tolerance = FEASIBILITY_TOLERANCE * max(1.0, whole)
    while bound > kept + tolerance:
        missing = wanted & ~model.served(station_mask(chosen, model.n_stations))
        found = new_clauses(model, missing, chosen, clauses)
        left_s = time_limit_s - (time.monotonic() - begin)
        if not found or left_s <= 0:
            status = "optimal" if not found else "time_limit"
            break
        clauses |= dict.fromkeys(found)
        result = solve_milp(
            covering_problem(clauses, hamlets, weight, model.n_stations, most),
            time_limit_s=left_s,
            relative_gap=0.0,
        )
        rounds += 1
        bound = min(bound, result.bound)
        if result.columns is None:
            status = "time_limit"
            break
        chosen = np.flatnonzero(result.columns[: model.n_stations] > 0.5)
        value = weight_kept(model, wanted, weight, chosen)
        if value > kept:
            best, kept = chosen, value
        if result.stopped != "finished":
            status = "time_limit"
            break
    status = "optimal" if bound <= kept + tolerance else status
    return _answer(model, wanted, required, weight, best, whole - bound, status, rounds, len(clauses))


def _answer(
    model: ServiceModel,
    wanted: NDArray[np.bool_],
    required: NDArray[np.bool_],
    weight: NDArray[np.float64],
    chosen: NDArray[np.int64],
    bound: float,
    status: str,
    rounds: int,
    clauses: int,
) -> KeptWithin:
    """Leave out what keeps nobody, and count what is lost."""
    lost = np.asarray((wanted & ~model.served(station_mask(chosen, model.n_stations))).any(axis=(1, 2)))
    needed: dict[int, NDArray[np.int64]] = {}
    stays = station_mask(chosen, model.n_stations)
    for station in chosen.tolist():
        stays[station] = False
        if ((wanted & ~model.served(stays)).any(axis=(1, 2)) & ~lost).any():
            stays[station] = True
    chosen = np.flatnonzero(stays)
    for station in chosen.tolist():
        without = stays.copy()
        without[station] = False
        gone = (wanted & ~model.served(without)).any(axis=(1, 2))
        needed[station] = np.flatnonzero(gone & ~lost)
    loss = float(weight[lost].sum())
    bound = loss if status == "optimal" else min(loss, max(0.0, bound))
    impossible = required & ~wanted
    return KeptWithin(chosen, lost, loss, bound, status, impossible, tuple(needed.values()), rounds, clauses)


def _busiest(
    model: ServiceModel, hamlets: NDArray[np.int64], weight: NDArray[np.float64], most: int
) -> NDArray[np.int64]:
    """A first choice: the stations in whose hamlets most people live."""
    asked = np.zeros(model.n_villages)
    asked[hamlets] = weight[hamlets]
    pairs = np.unique(np.stack([model.station, model.village[model.station_point]]), axis=1)
    reach = np.bincount(pairs[0], weights=asked[pairs[1]], minlength=model.n_stations)
    return np.sort(np.argsort(-reach, kind="stable")[:most])


def weight_kept(
    model: ServiceModel, wanted: NDArray[np.bool_], weight: NDArray[np.float64], chosen: NDArray[np.int64]
) -> float:
    """Return the weight of the hamlets that have all that is wanted there, with these stations."""
    missing = wanted & ~model.served(station_mask(chosen, model.n_stations))
    return float(weight[wanted.any(axis=(1, 2)) & ~missing.any(axis=(1, 2))].sum())


def new_clauses(
    model: ServiceModel,
    missing: NDArray[np.bool_],
    chosen: NDArray[np.int64],
    known: dict[Clause, None],
) -> list[Clause]:
    """Return the clauses of all hamlets that lack something, the known ones left out."""
    village = np.argwhere(missing)[:, 0].tolist()
    stations = clauses_of(model, missing, chosen)
    per = len(stations) // max(1, len(village))
    pairs = [(village[i // per], clause) for i, clause in enumerate(stations)]
    return [pair for pair in dict.fromkeys(pairs) if pair not in known]


def covering_problem(
    clauses: dict[Clause, None],
    hamlets: NDArray[np.int64],
    weight: NDArray[np.float64],
    n_stations: int,
    most: int,
    must: Collection[tuple[int, ...]] = (),
) -> MixedIntegerProblem:
    """Return the problem of the head of this file.

    Columns: a station each, then a hamlet each; rows: the number of stations, a clause each, and for each of
    `must` stations of which one stays whatever it costs.
    """
    place = {hamlet: n_stations + i for i, hamlet in enumerate(hamlets.tolist())}
    columns = [*range(n_stations)]
    values = [1.0] * n_stations
    start = [0, n_stations]
    for hamlet, stations in clauses:
        columns += [*stations, place[hamlet]]
        values += [-1.0] * len(stations) + [1.0]
        start.append(len(columns))
    for stations in must:
        columns += stations
        values += [-1.0] * len(stations)
        start.append(len(columns))
    n, rows = n_stations + len(hamlets), len(clauses) + len(must) + 1
    upper = np.zeros(rows)
    upper[0] = most
    upper[1 + len(clauses) :] = -1.0
    return MixedIntegerProblem(
        maximise=True,
        objective=np.concatenate([np.zeros(n_stations), weight[hamlets]]),
        lower=np.zeros(n),
        upper=np.ones(n),
        integer=np.arange(n) < n_stations,
        rows=csr_matrix((values, columns, start), shape=(rows, n)),
        row_lower=np.full(rows, -np.inf),
        row_upper=upper,
    )
