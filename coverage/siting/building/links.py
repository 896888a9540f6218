"""Which connections can matter: hops that hosts can have, and links without those that others replace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FIBRE", "HOP", "KINDS", "RELAY", "SATELLITE", "SmallLinks", "useful_links"]

FIBRE, HOP, RELAY, SATELLITE = range(4)
KINDS = ("fibre", "hop", "relay", "satellite")
"""Names of the codes above, as `BuildingPlan.connection` has them."""


@dataclass(frozen=True)
class SmallLinks:
    """Connections that are left after the exact reductions.

    Attributes
    ----------
    direct : ndarray of float64, (hosts, 4)
        Cost by kind (`FIBRE`, `HOP`, `SATELLITE`; the column of `RELAY` is infinite), infinite where there is
        no such way or a better one always serves.
    start, end : ndarray of int64, (arcs,)
        Relay arcs: host that carries, host that hangs on it; sorted by end, cost, start.
    cost : ndarray of float64, (arcs,)
    level : ndarray of bool, (hosts, hops + 1)
        Hops that a station there can have to the node on air or the fibre.
    """

    direct: NDArray[np.float64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    cost: NDArray[np.float64]
    level: NDArray[np.bool_]

    @property
    def maximum_hops(self) -> int:
        """Hops that a station may have at most."""
        return self.level.shape[1] - 1

    @property
    def carries(self) -> NDArray[np.bool_]:
        """Hosts on which another one could hang."""
        mask = np.zeros(len(self.direct), bool)
        mask[self.start] = True
        return mask

    @property
    def cheapest(self) -> NDArray[np.float64]:
        """Cost of the cheapest connection of each host, whatever it needs; infinite where there is none."""
        least = self.direct.min(axis=1)
        np.minimum.at(least, self.end, self.cost)
        return np.asarray(least)


def useful_links(
    direct: NDArray[np.float64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    cost: NDArray[np.float64],
    usable: NDArray[np.bool_],
    maximum_hops: int,
) -> SmallLinks:
    """Return the links without those that a better one can always stand in for. Exact.

    Fibre stands in for everything that is not cheaper (it carries relays and uses up no hop), a hop for
    relays and satellites that are not cheaper, any link for a dearer satellite that could do less; on a host
    that carries nothing, a satellite stands in for relays that are not cheaper.

    Parameters
    ----------
    direct : ndarray of float64, (hosts, 4)
        As in `SmallLinks`, before the reductions.
    start, end : ndarray of int64, (arcs,)
    cost : ndarray of float64, (arcs,)
    usable : ndarray of bool, (hosts,)
        Hosts where something may be built.
    maximum_hops : int
    """
    direct = np.where(usable[:, None], direct, np.inf)
    fibre, hop, satellite = direct[:, FIBRE], direct[:, HOP], direct[:, SATELLITE]
    hop = np.where(fibre <= hop, np.inf, hop)
    radio = np.minimum(fibre, hop)
    direct = np.full_like(direct, np.inf)
    direct[:, FIBRE], direct[:, HOP] = fibre, hop
    direct[:, SATELLITE] = np.where(radio <= satellite, np.inf, satellite)
    kept = np.isfinite(cost) & usable[start] & usable[end] & (start != end) & (cost < radio[end])
    order = np.lexsort((start[kept], cost[kept], end[kept]))
    start, end, cost = start[kept][order], end[kept][order], cost[kept][order]
    first = _first_of_pairs(start, end)
    start, end, cost = start[first], end[first], cost[first]
    while True:
        level = _levels(direct, start, end, maximum_hops)
        reached = level[start, :-1].any(axis=1)
        carries = np.zeros(len(direct), bool)
        carries[start[reached]] = True
        left = reached & (carries[end] | (cost < direct[end, SATELLITE]))
        if left.all():
            return SmallLinks(direct, start, end, cost, level)
        start, end, cost = start[left], end[left], cost[left]


def _first_of_pairs(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first arc of each pair of hosts: sorted by cost, it is the cheapest."""
    pair = np.column_stack([end, start])
    return np.sort(np.unique(pair, axis=0, return_index=True)[1]) if len(pair) else np.zeros(0, np.int64)


def _levels(
    direct: NDArray[np.float64], start: NDArray[np.int64], end: NDArray[np.int64], maximum_hops: int
) -> NDArray[np.bool_]:
    level = np.zeros((len(direct), maximum_hops + 1), bool)
    level[:, 0] = np.isfinite(direct[:, FIBRE])
    level[:, 1] = np.isfinite(direct[:, HOP])
    for hops in range(1, maximum_hops + 1):
        level[end[level[start, hops - 1]], hops] = True
    return level
