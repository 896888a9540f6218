"""The connections of a plan as it grows and shrinks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .chains import Step, relay_chains
from .choice import Choice
from .links import HOP, RELAY, SATELLITE, SmallLinks
from .small import SmallBuilding

__all__ = ["Wiring", "connected"]


def connected(small: SmallBuilding, option: NDArray[np.int64]) -> tuple[Choice, NDArray[np.int64]]:
    """Connect a choice of options well: always the cheapest chain next, then leaves where it is cheaper.

    Returns
    -------
    choice : Choice
        The options that could be connected.
    level : ndarray of int64
        Hops of each of them; -1 for satellites, on which nothing can hang.
    """
    hosts = len(small.host_id)
    wiring = Wiring(small.links, hosts)
    wanted = np.zeros(hosts, bool)
    wanted[small.host[option]] = True
    wiring.connect(wanted)
    return wiring.choice(small, option)


class Wiring:
    """Connections of the stations of a plan, by host.

    Parameters
    ----------
    links : SmallLinks
    hosts : int

    Attributes
    ----------
    kind, parent, level : ndarray of int64, (hosts,)
        -1 where there is no station yet; level -1 for satellites too.
    cost : ndarray of float64, (hosts,)
    """

    def __init__(self, links: SmallLinks, hosts: int) -> None:
        self.links = links
        self.kind = np.full(hosts, -1, np.int64)
        self.parent = np.full(hosts, -1, np.int64)
        self.level = np.full(hosts, -1, np.int64)
        self.cost = np.zeros(hosts)

    @property
    def standing(self) -> NDArray[np.bool_]:
        """Hosts that are connected."""
        return np.asarray(self.kind >= 0)

    @classmethod
    def of(cls, small: SmallBuilding, choice: Choice) -> Wiring:
        """Return the connections of a choice."""
        wiring = cls(small.links, len(small.host_id))
        at = small.host[choice.option]
        wiring.kind[at], wiring.parent[at] = choice.kind, choice.parent
        wiring.cost[at] = choice.link_cost
        wiring.level[at] = np.where(choice.kind == SATELLITE, -1, np.where(choice.kind == HOP, 1, 0))
        relay = at[choice.kind == RELAY]
        for _ in range(small.links.maximum_hops):
            wiring.level[relay] = wiring.level[wiring.parent[relay]] + 1
        return wiring

    def add(self, step: Step) -> None:
        """Connect one station."""
        self.kind[step.host], self.parent[step.host] = step.kind, step.parent
        self.level[step.host] = -1 if step.kind == SATELLITE else step.hops
        self.cost[step.host] = step.cost

    def remove(self, host: NDArray[np.int64]) -> None:
        """Take stations away with everything that hangs on them."""
        while len(host):
            self.kind[host] = self.parent[host] = self.level[host] = -1
            self.cost[host] = 0.0
            host = np.flatnonzero((self.parent >= 0) & (self.kind[self.parent] < 0))

    def connect(self, wanted: NDArray[np.bool_]) -> None:
        """Connect the stations wanted, the cheapest chain first; some may stay without a connection."""
        links = self.links
        inside = np.flatnonzero(wanted[links.start] & wanted[links.end])
        near = SmallLinks(
            np.where(wanted[:, None], links.direct, np.inf),
            links.start[inside], links.end[inside], links.cost[inside], links.level,
        )  # fmt: skip
        price = np.where(wanted, 0.0, np.inf)
        while True:
            missing = np.flatnonzero(wanted & ~self.standing)
            if len(missing) == 0:
                break
            chains = relay_chains(near, self.standing, self.level, price)
            cheapest = chains.cheapest[missing]
            if not np.isfinite(cheapest).any():
                break
            for step in reversed(chains.steps(int(missing[np.argmin(cheapest)]))):
                self.add(step)
        self._rehang(near)

    def _rehang(self, near: SmallLinks) -> None:
        """Move stations that carry nothing to a cheaper carrier."""
        for arc in np.flatnonzero(near.cost < self.cost[near.end]).tolist():
            start, end, cost = int(near.start[arc]), int(near.end[arc]), float(near.cost[arc])
            deep_enough = 0 <= self.level[start] < near.maximum_hops
            if (
                deep_enough
                and self.kind[end] >= 0
                and cost < self.cost[end]
                and not (self.parent == end).any()
            ):
                self.add(Step(end, RELAY, start, int(self.level[start]) + 1, cost))

    def choice(self, small: SmallBuilding, option: NDArray[np.int64]) -> tuple[Choice, NDArray[np.int64]]:
        """Return the options that are connected, as they are; and the hops of each."""
        option = np.sort(option[self.standing[small.host[option]]])
        at = small.host[option]
        return Choice(option, self.kind[at], self.parent[at], self.cost[at]), self.level[at]
