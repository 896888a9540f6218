"""More stations may stay than are needed: which, so that most people keep the technology itself.

With the fewest stations of `coverage.keeping` nobody loses voice or broadband, but many lose the technology
(3G, say) for another. Where more may stay, all sets of so many stations with which nobody loses a service
are compared by the people who keep the technology: the integer problem of `coverage.keeping_within` over the
clauses of the technology, with the clauses of the services as rows that must hold. Both kinds are found as
they are needed, so its optimum is an upper bound at any time, and the answer is best when no clause is new.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .keeping import clauses_of, station_mask
from .keeping_within import Clause, covering_problem, new_clauses, weight_kept
from .service_model import ServiceModel
from .siting.covering.highs import FEASIBILITY_TOLERANCE, solve_milp

__all__ = ["KeptFilled", "stations_filled"]


@dataclass(frozen=True)
class KeptFilled:
    """The stations that stay: nobody loses a service, and most people keep the technology.

    Attributes
    ----------
    chosen : ndarray of int64
        As many as may stay (or all there are), ascending.
    has_technology, loses_technology : ndarray of bool, (hamlets,)
        Have the technology with every station; and of those, not with these.
    loss, bound : float
        Weight of those hamlets; no such set of so many stations loses less than `bound`.
    status : {"optimal", "time_limit"}
        "optimal": loss and bound agree within the solver's tolerance.
    impossible : ndarray of bool, (hamlets, scopes, services)
        Services asked for, but not met even with every station.
    needed_by, technology_by : tuple of ndarray of int64
        For each chosen station, the hamlets that lose a service, or the technology, without it.
    rounds, clauses : int
        Size of the search.
    """

    chosen: NDArray[np.int64]
    has_technology: NDArray[np.bool_]
    loses_technology: NDArray[np.bool_]
    loss: float
    bound: float
    status: str
    impossible: NDArray[np.bool_]
    needed_by: tuple[NDArray[np.int64], ...]
    technology_by: tuple[NDArray[np.int64], ...]
    rounds: int
    clauses: int

    @property
    def gap(self) -> float:
        """(loss − bound) / loss; 0 where nothing better is possible."""
        return (self.loss - self.bound) / self.loss if self.loss > 0 else 0.0


def stations_filled(
    services: ServiceModel,
    required: NDArray[np.bool_],
    technology: ServiceModel,
    has_technology: NDArray[np.bool_],
    start: NDArray[np.int64],
    most: int,
    weight: NDArray[np.float64],
    time_limit_s: float = 60.0,
) -> KeptFilled:
    """Choose `most` stations with which nobody loses a service, so that most weight keeps the technology.

    Parameters
    ----------
    services, technology : ServiceModel
        Of the same stations; in `technology` only the technology itself counts as service.
    required, has_technology : ndarray of bool, (hamlets, scopes, services)
        What must not be lost, and what is to be kept for as many as possible.
    start : ndarray of int64
        Stations with which nobody loses a service; at most `most`.
    most : int
        All of them stay, where there are so many.
    weight : ndarray of float64, (hamlets,)
        > 0: people, or 1 each.
    time_limit_s : float
        For the search, > 0. When it is up, the best choice so far is returned with the bound proved so far.

    Raises
    ------
    ValueError
        More stations to start from than may stay.
    """
    if len(start) > most:
        raise ValueError(f"{len(start)} stations are needed, only {most} may stay")
    begin = time.monotonic()
    every = np.ones(services.n_stations, dtype=bool)
    must, wanted = required & services.served(every), has_technology & technology.served(every)
    hamlets = np.flatnonzero(wanted.any(axis=(1, 2)))
    whole = float(weight[hamlets].sum())
    tolerance = FEASIBILITY_TOLERANCE * max(1.0, whole)
    best = _filled_up(technology, start, most)
    kept, bound, rounds = weight_kept(technology, wanted, weight, best), whole, 0
    soft: dict[Clause, None] = {}
    hard: dict[tuple[int, ...], None] = {}
    chosen = np.zeros(0, dtype=np.int64)
    while bound > kept + tolerance:
        stays = station_mask(chosen, services.n_stations)
        lacking = must & ~services.served(stays)
        found = new_clauses(technology, wanted & ~technology.served(stays), chosen, soft)
        needed = [clause for clause in clauses_of(services, lacking, chosen) if clause not in hard]
        left_s = time_limit_s - (time.monotonic() - begin)
        if left_s <= 0 or not (found or needed):
            break
        soft |= dict.fromkeys(found)
        hard |= dict.fromkeys(needed)
        result = solve_milp(
            covering_problem(soft, hamlets, weight, services.n_stations, most, hard),
            time_limit_s=left_s,
            relative_gap=0.0,
        )
        rounds += 1
        bound = min(bound, result.bound)
        if result.columns is None:
            break
        chosen = np.flatnonzero(result.columns[: services.n_stations] > 0.5)
        if not (must & ~services.served(station_mask(chosen, services.n_stations))).any():
            value = weight_kept(technology, wanted, weight, chosen)
            if value > kept:
                best, kept = chosen, value
        if result.stopped != "finished":
            break
    status = "optimal" if bound <= kept + tolerance else "time_limit"
    best = _filled_up(technology, best, most)
    size = (rounds, len(soft) + len(hard))
    return _answer(services, required, must, technology, wanted, weight, best, whole - bound, status, size)


def _filled_up(model: ServiceModel, chosen: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Add stations one by one, each time the one that covers most people whom none covers yet.

    Those that add nobody follow by the people at the points that they cover, then by their number.
    """
    people = np.maximum(model.people, 1e-6)  # where nobody lives a point still counts
    entries = np.unique(np.stack([model.station, model.station_point, model.station_operator]), axis=1)
    station, point = entries[0], entries[1] * len(model.operators) + entries[2]
    all_people = np.bincount(station, weights=people[entries[1]], minlength=model.n_stations)
    stays = station_mask(chosen, model.n_stations)
    covered = np.zeros(len(model.people) * len(model.operators), dtype=bool)
    covered[point[stays[station]]] = True
    while stays.sum() < min(most, model.n_stations):
        news = np.where(covered[point], 0.0, people[entries[1]])
        gain = np.bincount(station, weights=news, minlength=model.n_stations)
        order = np.lexsort((np.arange(model.n_stations), -all_people, -np.round(gain, 6), stays))
        stays[order[0]] = True
        covered[point[station == order[0]]] = True
    return np.flatnonzero(stays)


def _answer(
    services: ServiceModel,
    required: NDArray[np.bool_],
    must: NDArray[np.bool_],
    technology: ServiceModel,
    wanted: NDArray[np.bool_],
    weight: NDArray[np.float64],
    chosen: NDArray[np.int64],
    bound: float,
    status: str,
    size: tuple[int, int],
) -> KeptFilled:
    stays = station_mask(chosen, services.n_stations)

    def lost(model: ServiceModel, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray((asked & ~model.served(stays)).any(axis=(1, 2)))

    loses = lost(technology, wanted)
    needed_by, technology_by = [], []
    for station in chosen.tolist():
        stays[station] = False
        needed_by.append(np.flatnonzero(lost(services, must)))
        technology_by.append(np.flatnonzero(lost(technology, wanted) & ~loses))
        stays[station] = True
    loss = float(weight[loses].sum())
    proved = loss if status == "optimal" else min(loss, max(0.0, bound))
    has_it = np.asarray(wanted.any(axis=(1, 2)))
    lacks = required & ~must
    needed, holds = tuple(needed_by), tuple(technology_by)
    return KeptFilled(chosen, has_it, loses, loss, proved, status, lacks, needed, holds, *size)
