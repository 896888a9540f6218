"""A choice within a small building problem: options with their connections, and what it amounts to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .contract import BuildingRequest
from .small import SmallBuilding

__all__ = ["TOLERANCE", "Choice", "Totals", "keeps", "objective", "totals", "worth"]

TOLERANCE = 1e-6
"""Relative (absolute below 1): how far a plan may be beyond a limit, and a value below a target."""


@dataclass(frozen=True)
class Choice:
    """Options and how they are connected.

    Attributes
    ----------
    option : ndarray of int64
        Sorted, at most one of each host.
    kind : ndarray of int64
        Code of the connection of each.
    parent : ndarray of int64
        Host on which a relay hangs; -1 otherwise.
    link_cost : ndarray of float64
    """

    option: NDArray[np.int64]
    kind: NDArray[np.int64]
    parent: NDArray[np.int64]
    link_cost: NDArray[np.float64]


@dataclass(frozen=True)
class Totals:
    """What limits and criteria look at.

    Attributes
    ----------
    value, cost, double, centres : float
    rows : ndarray of float64
        Spent in each row of the money limits.
    stations, shared, towers : int
    hamlets : int
    met : ndarray of bool, (groups,)
    """

    value: float
    cost: float
    double: float
    centres: float
    rows: NDArray[np.float64]
    stations: int
    shared: int
    towers: int
    hamlets: int
    met: NDArray[np.bool_]


def totals(small: SmallBuilding, choice: Choice) -> Totals:
    """Add everything up."""
    built = np.zeros(len(small.option))
    built[choice.option] = 1.0
    times = np.asarray(small.cover @ built)
    served = times > 0.5
    met = small.met(served)
    links = math.fsum(choice.link_cost)
    rows = small.row_cost[:, choice.option].sum(axis=1) + small.money.backhaul * links
    return Totals(
        value=small.value(served),
        cost=math.fsum(small.cost[choice.option]) + links,
        double=math.fsum(small.weight[times > 1.5]),
        centres=math.fsum(small.centre_weight[served]),
        rows=np.asarray(rows),
        stations=len(choice.option),
        shared=int(small.shared[choice.option].sum()),
        towers=int(small.tower[choice.option].sum()),
        hamlets=int(met.sum()),
        met=met,
    )


def worth(total: Totals, criterion: str) -> float:
    """Return how good a choice is under one criterion: the larger the better."""
    return {
        "least_cost": -total.cost,
        "most_value": total.value,
        "fewest_stations": -float(total.stations),
        "fewest_towers": -float(total.towers),
        "most_shared": -float(total.stations - total.shared),
        "double_cover": total.double,
        "centres": total.centres,
    }[criterion]


def objective(total: Totals, request: BuildingRequest) -> float:
    """Return value or cost, whatever is asked for."""
    return total.cost if request.objective == "least_cost" else total.value


def keeps(small: SmallBuilding, request: BuildingRequest, choice: Choice) -> bool:
    """Tell whether a choice keeps every limit of the request."""
    total = totals(small, choice)
    within = total.rows <= small.money.limit + TOLERANCE * np.maximum(1.0, small.money.limit)
    hosts = small.host[choice.option]
    if not within.all() or not set(request.mandatory_hosts) <= set(small.host_id[hosts].tolist()):
        return False
    if not set(request.mandatory_places) <= set(small.place_id[hosts].tolist()):
        return False
    if not {built.option for built in request.built} <= set(small.option[choice.option].tolist()):
        return False
    if np.bincount(small.place[hosts], minlength=1).max() > 1:
        return False
    if request.maximum_stations is not None and total.stations > request.maximum_stations:
        return False
    if total.shared < request.minimum_sharing * total.stations - TOLERANCE:
        return False
    if total.value < request.minimum_value - TOLERANCE * max(1.0, request.minimum_value):
        return False
    if total.hamlets < request.minimum_hamlets or not total.met[list(request.mandatory_hamlets)].all():
        return False
    return all(
        int(total.met[small.commune == commune].sum()) >= least
        for commune, least in request.commune_minimum.items()
    )
