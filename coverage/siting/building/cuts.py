"""Cuts that tie a demand to whole ways back to the network, not only to the last hop.

However the network is cut between the nodes on air and the options that cover a demand: a plan that covers
it uses at least one connection, or one of those options, across the cut: z <= Σ of what crosses it. The
relaxation breaks such rows where several half-built stations hang on one half-built carrier; a minimum cut in
the network with the relaxed columns as capacities finds the most violated row.

These are the cuts of Steiner trees, found by maximum flow; see T. L. Magnanti and L. A. Wolsey, Optimal
trees, Handbooks in Operations Research and Management Science 7 (1995) 503-615.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, vstack
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from ..covering.highs import MixedIntegerProblem
from .columns import ANY_HOPS
from .links import RELAY, SATELLITE
from .model import BuildingModel
from .rows import RowList
from .watch import Watch

__all__ = ["ConnectionCut", "CutSeparator", "with_cuts"]

_UNIT = 100_000  # capacity of a column at 1: the flow algorithm wants whole numbers
_LEAST = 0.02  # violation worth a row
_SHARED_ROWS = 8  # rows for other demands from one cut


@dataclass(frozen=True)
class ConnectionCut:
    """Sum of `entries` × columns <= 0."""

    column: NDArray[np.int64]
    entry: NDArray[np.float64]


def with_cuts(problem: MixedIntegerProblem, cuts: Sequence[ConnectionCut]) -> MixedIntegerProblem:
    """Return the problem with the rows of the cuts."""
    if not cuts:
        return problem
    rows = RowList()
    for cut in cuts:
        rows.add(np.zeros(len(cut.column)), cut.column, cut.entry, [-np.inf], [0.0])
    lower, upper = rows.bounds()
    return replace(
        problem,
        rows=csr_matrix(vstack([problem.rows, rows.matrix(problem.rows.shape[1])])),
        row_lower=np.concatenate([problem.row_lower, lower]),
        row_upper=np.concatenate([problem.row_upper, upper]),
    )


class CutSeparator:
    """Finds rows that a relaxed solution breaks.

    Parameters
    ----------
    model : BuildingModel
    """

    def __init__(self, model: BuildingModel) -> None:
        self.model = model
        links, hosts = model.connection, len(model.small.host_id)
        count, levels = len(links.host), model.small.links.level.shape[1]
        # Nodes: source, sink, one of each host and number of hops, one of each host, one before each relay.
        layer = 2 + np.arange(hosts * levels).reshape(hosts, levels)
        self.station = 2 + hosts * levels + np.arange(hosts)
        before = self.station[-1] + 1 + np.arange(count)
        loose = (links.kind == SATELLITE) | (links.hops == ANY_HOPS)
        arrives = np.where(loose, self.station[links.host], layer[links.host, np.maximum(links.hops, 0)])
        relays = np.arange(count)
        tail = [np.where(links.kind == RELAY, before, 0), layer[links.carrier, links.carrier_hops]]
        head = [arrives, before[links.relay]]
        column = [relays, np.full(len(links.relay), -1)]
        tail, head = (
            [*tail, layer.ravel(), self.station],
            [*head, np.repeat(self.station, levels), np.ones(hosts)],
        )
        column = [*column, np.full(layer.size, -1), np.full(hosts, -2)]
        order = np.lexsort((np.concatenate(head), np.concatenate(tail)))
        self.tail = np.concatenate(tail)[order].astype(np.int64)
        self.head = np.concatenate(head)[order].astype(np.int32)
        self.column = np.concatenate(column)[order].astype(np.int64)
        self.nodes = int(before[-1]) + 1 if count else int(self.station[-1]) + 1
        self.start = np.searchsorted(self.tail, np.arange(self.nodes + 1)).astype(np.int32)
        self.into_sink = np.flatnonzero(self.column == -2)

    def separate(self, columns: NDArray[np.float64], most_flows: int, watch: Watch) -> list[ConnectionCut]:
        """Return rows that `columns` break: for at most `most_flows` demands, and for others by the way."""
        model, small = self.model, self.model.small
        link = columns[model.first_link : model.first_link + len(model.connection.host)]
        capacity = np.full(len(self.column), 1_000_000_000, np.int32)
        by_column = self.column >= 0
        capacity[by_column] = np.round(link[self.column[by_column]] * _UNIT).astype(np.int32) + 1
        served = columns[model.first_class : model.first_hamlet]
        built = columns[: len(small.option)]
        waiting = served > _LEAST
        cuts: list[ConnectionCut] = []
        for demand in np.argsort(-served * (1.0 + small.weight), kind="stable").tolist():
            if most_flows <= 0 or watch.over:
                break
            if not waiting[demand]:
                continue
            most_flows -= 1
            waiting[demand] = False
            crossing = self._minimum_cut(capacity, built, demand, float(served[demand]))
            if crossing is None:
                continue
            used, inside = crossing
            rest = np.asarray(small.cover @ (built * inside[small.host])) + float(link[used].sum())
            violation = served - rest
            broken = np.flatnonzero(violation > max(_LEAST, 0.5 * float(violation[demand])))
            waiting[broken] = False
            first = broken[np.argsort(-violation[broken], kind="stable")][:_SHARED_ROWS]
            cuts += [self._row(d, used, inside) for d in sorted({demand, *first.tolist()})]
        return cuts

    def _minimum_cut(
        self, capacity: NDArray[np.int32], built: NDArray[np.float64], demand: int, served: float
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
        """Return connections across the cut, and hosts on the network's side; None if the row holds."""
        small = self.model.small
        cover = small.cover
        options = cover.indices[cover.indptr[demand] : cover.indptr[demand + 1]]
        most = np.zeros(len(small.host_id))
        np.add.at(most, small.host[options], built[options])
        able = np.zeros(len(small.host_id), np.int32)
        able[small.host[options]] = 1
        capacity[self.into_sink] = np.round(most * _UNIT).astype(np.int32) + able
        network = csr_array((capacity, self.head, self.start), shape=(self.nodes, self.nodes))
        flow = maximum_flow(network, 0, 1)
        if flow.flow_value >= (served - _LEAST) * _UNIT:
            return None
        left = csr_array(network - flow.flow)
        left.data = np.maximum(left.data, 0)
        left.eliminate_zeros()
        reached = np.zeros(self.nodes, bool)
        reached[breadth_first_order(left, 0, return_predecessors=False)] = True
        across = reached[self.tail] & ~reached[self.head] & (self.column >= 0)
        return self.column[across], reached[self.station]

    def _row(self, demand: int, used: NDArray[np.int64], inside: NDArray[np.bool_]) -> ConnectionCut:
        model, cover = self.model, self.model.small.cover
        options = cover.indices[cover.indptr[demand] : cover.indptr[demand + 1]]
        options = options[inside[model.small.host[options]]]
        column = np.concatenate([[model.first_class + demand], options, model.first_link + used])
        entry = np.full(len(column), -1.0)
        entry[0] = 1.0
        return ConnectionCut(column.astype(np.int64), entry)
