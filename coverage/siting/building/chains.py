"""What it costs to connect a station where others still have to be built to carry it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .links import FIBRE, HOP, RELAY, SATELLITE, SmallLinks

__all__ = ["Chains", "Step", "relay_chains"]


@dataclass(frozen=True)
class Step:
    """One new station of a chain: host, kind of its connection, host it hangs on (-1), hops, its cost."""

    host: int
    kind: int
    parent: int
    hops: int
    cost: float


@dataclass(frozen=True)
class Chains:
    """Cheapest chain for every host and number of hops.

    Attributes
    ----------
    price : ndarray of float64, (hosts, hops + 2)
        Of connecting the host with that many hops, stations to be built on the way included, the host's own
        not; the last column is by satellite. 0 for built hosts as they are; infinite where impossible.
    arc : ndarray of int64, (hosts, hops + 1)
        Relay arc used; -1 for a direct connection.
    """

    links: SmallLinks
    built: NDArray[np.bool_]
    price: NDArray[np.float64]
    arc: NDArray[np.int64]

    @property
    def cheapest(self) -> NDArray[np.float64]:
        """Price of each host's cheapest chain."""
        return np.asarray(self.price.min(axis=1))

    def steps(self, host: int) -> list[Step]:
        """Return the stations of the cheapest chain of a host, itself first, up to one that stands."""
        hops = int(np.argmin(self.price[host]))
        if hops == self.price.shape[1] - 1:
            return [Step(host, SATELLITE, -1, 0, float(self.links.direct[host, SATELLITE]))]
        steps: list[Step] = []
        while not self.built[host]:
            arc = int(self.arc[host, hops])
            if arc < 0:
                kind = (FIBRE, HOP)[hops]
                steps.append(Step(host, kind, -1, hops, float(self.links.direct[host, kind])))
                break
            carrier = int(self.links.start[arc])
            steps.append(Step(host, RELAY, carrier, hops, float(self.links.cost[arc])))
            host, hops = carrier, hops - 1
        return steps


def relay_chains(
    links: SmallLinks,
    built: NDArray[np.bool_],
    level: NDArray[np.int64],
    station_price: NDArray[np.float64],
) -> Chains:
    """Return the cheapest chains, given what stands already.

    Parameters
    ----------
    links : SmallLinks
    built : ndarray of bool, (hosts,)
    level : ndarray of int64, (hosts,)
        Hops of built hosts; negative where nothing can hang on them.
    station_price : ndarray of float64, (hosts,)
        Of a station at a host that is not built, without its connection.
    """
    hosts, hops = links.level.shape
    price = np.full((hosts, hops + 1), np.inf)
    arc = np.full((hosts, hops), -1, np.int64)
    price[:, 0] = links.direct[:, FIBRE]
    price[:, 1] = links.direct[:, HOP]
    price[:, -1] = links.direct[:, SATELLITE]
    price[built] = np.inf
    carrying = built & (level >= 0)
    price[carrying, level[carrying]] = 0.0
    to_build = np.where(built, 0.0, station_price)
    if len(links.end) == 0:
        return Chains(links, built, price, arc)
    first = np.flatnonzero(np.diff(links.end, prepend=-1))
    end, segment = links.end[first], np.cumsum(np.diff(links.end, prepend=-1) != 0) - 1
    for length in range(1, hops):
        offer = links.cost + (price[:, length - 1] + to_build)[links.start]
        least = np.minimum.reduceat(offer, first)
        better = (least < price[end, length]) & ~built[end]
        hit = np.flatnonzero((offer == least[segment]) & better[segment])
        which, where = np.unique(segment[hit], return_index=True)
        arc[end[which], length] = hit[where]
        price[end[which], length] = least[which]
    return Chains(links, built, price, arc)
