"""Columns of the hop-layered model for connections, and which stations carry which relays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .links import FIBRE, HOP, RELAY, SATELLITE, SmallLinks

__all__ = ["ANY_HOPS", "ConnectionColumns", "connection_columns"]

ANY_HOPS = -1
"""Hops of a relay to a host that carries nothing: however many, as long as there are not too many."""


@dataclass(frozen=True)
class ConnectionColumns:
    """One column for each way of connecting a host, relays of one cost and number of hops together.

    Attributes
    ----------
    host, kind, hops : ndarray of int64, (columns,)
        Hops to the node on air or the fibre; 0 for satellites, `ANY_HOPS` see there.
    cost : ndarray of float64, (columns,)
    relay, carrier, carrier_hops : ndarray of int64, (entries,)
        A relay column is at most the sum, over its entries, of the stations at `carrier` that have
        `carrier_hops` hops.
    """

    host: NDArray[np.int64]
    kind: NDArray[np.int64]
    hops: NDArray[np.int64]
    cost: NDArray[np.float64]
    relay: NDArray[np.int64]
    carrier: NDArray[np.int64]
    carrier_hops: NDArray[np.int64]


def connection_columns(links: SmallLinks) -> ConnectionColumns:
    """Return the columns: direct ones by kind and host, then relays by host, cost and hops."""
    host, kind, hops, cost = [], [], [], []
    for code, length in ((FIBRE, 0), (HOP, 1), (SATELLITE, 0)):
        here = np.flatnonzero(np.isfinite(links.direct[:, code]))
        host.append(here)
        kind.append(np.full(len(here), code))
        hops.append(np.full(len(here), length))
        cost.append(links.direct[here, code])
    direct = sum(len(h) for h in host)
    arc, carrier_hops = _arcs_by_level(links)
    to_hops = np.where(links.carries[links.end[arc]], carrier_hops + 1, ANY_HOPS)
    key = np.column_stack([links.end[arc].astype(np.float64), links.cost[arc], to_hops.astype(np.float64)])
    unique, relay = np.unique(key, axis=0, return_inverse=True) if len(key) else (key, np.zeros(0, np.int64))
    return ConnectionColumns(
        host=np.concatenate([*host, unique[:, 0]]).astype(np.int64),
        kind=np.concatenate([*kind, np.full(len(unique), RELAY)]).astype(np.int64),
        hops=np.concatenate([*hops, unique[:, 2]]).astype(np.int64),
        cost=np.concatenate([*cost, unique[:, 1]]),
        relay=relay.reshape(-1).astype(np.int64) + direct,
        carrier=links.start[arc],
        carrier_hops=carrier_hops,
    )


def _arcs_by_level(links: SmallLinks) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every arc once for each number of hops that the host it starts from can have."""
    arcs, levels = [], []
    for hops in range(links.maximum_hops):
        some = np.flatnonzero(links.level[links.start, hops])
        arcs.append(some)
        levels.append(np.full(len(some), hops))
    return np.concatenate(arcs).astype(np.int64), np.concatenate(levels).astype(np.int64)
