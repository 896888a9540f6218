"""A smaller building problem with the same optimum: merged demands, without what cannot matter."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .contract import BuildingProblem, BuildingRequest
from .dominance import undominated_options
from .links import FIBRE, HOP, KINDS, RELAY, SATELLITE, SmallLinks, useful_links

__all__ = ["MoneyRows", "SmallBuilding", "money_rows", "small_building"]


@dataclass(frozen=True)
class MoneyRows:
    """Sums of lines of the bills that may not exceed a limit.

    Attributes
    ----------
    lines : ndarray of bool, (rows, lines)
    limit : ndarray of float64, (rows,)
        Finite.
    backhaul : ndarray of bool, (rows,)
        Whether the row counts the connections.
    funds : tuple of tuple of int
        Whose limits are added up, -1 being the budget; nobody's where no fund may pay the lines.
    """

    lines: NDArray[np.bool_]
    limit: NDArray[np.float64]
    backhaul: NDArray[np.bool_]
    funds: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class SmallBuilding:
    """What is left of a problem under a request.

    Attributes
    ----------
    cover : csr_matrix of float64, (classes, options)
        Demands that the same options cover are one class.
    weight, centre_weight : ndarray of float64, (classes,)
    share : csr_matrix of float64, (groups, classes)
    need, bonus : ndarray of float64, (groups,)
        As in the problem; the bonus of forbidden hamlets is 0.
    counts : ndarray of bool, (groups,)
        Hamlets that count: not forbidden.
    commune : ndarray of int32, (groups,)
    option : ndarray of int64, (options,)
        Number in the problem.
    host : ndarray of int64, (options,)
        Index into `host_id`.
    cost : ndarray of float64, (options,)
        Without the connection.
    row_cost : ndarray of float64, (rows, options)
        Of each row of `money`, without the connection.
    shared, tower : ndarray of bool, (options,)
    host_id : ndarray of int64, (hosts,)
        Number in the problem.
    links : SmallLinks
    money : MoneyRows
    mandatory : ndarray of bool, (hosts,)
    place : ndarray of int64, (hosts,)
        At most one host of each may be used.
    place_id : ndarray of int64, (hosts,)
        Number of the place in the problem.
    wanted : ndarray of bool, (hosts,)
        At a place where something must be built.
    """

    cover: csr_matrix
    weight: NDArray[np.float64]
    centre_weight: NDArray[np.float64]
    share: csr_matrix
    need: NDArray[np.float64]
    bonus: NDArray[np.float64]
    counts: NDArray[np.bool_]
    commune: NDArray[np.int32]
    option: NDArray[np.int64]
    host: NDArray[np.int64]
    cost: NDArray[np.float64]
    row_cost: NDArray[np.float64]
    shared: NDArray[np.bool_]
    tower: NDArray[np.bool_]
    host_id: NDArray[np.int64]
    links: SmallLinks
    money: MoneyRows
    mandatory: NDArray[np.bool_]
    place: NDArray[np.int64]
    place_id: NDArray[np.int64]
    wanted: NDArray[np.bool_]

    def met(self, served: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which hamlets that count reach their need when the classes in the mask are covered."""
        enough = np.asarray(self.share @ served.astype(np.float64)) >= self.need * (1.0 - 1e-9)
        return enough & self.counts

    def value(self, served: NDArray[np.bool_]) -> float:
        """Return the weight of the classes in the mask and the bonus of the hamlets they serve."""
        return math.fsum(self.weight[served]) + math.fsum(self.bonus[self.met(served)])


def money_rows(problem: BuildingProblem, request: BuildingRequest) -> MoneyRows:
    """Return budget and funds as limits on sums of lines.

    Funds: the bills can be shared out exactly when, for every set of funds, the lines that only they may pay
    do not exceed their limits together (Gale's theorem on supply and demand); funds for the same lines count
    as one.
    """
    count = problem.line_cost.shape[1]
    rows: list[tuple[NDArray[np.bool_], float, tuple[int, ...]]] = [
        (np.ones(count, bool), request.budget, (-1,))
    ]
    purse: dict[bytes, list[int]] = {}
    for number, fund in enumerate(request.funds):
        purse.setdefault(np.asarray(fund.lines, bool).tobytes(), []).append(number)
    for size in range(len(purse) + 1 if request.funds else 0):
        for some in combinations(purse, size):
            elsewhere = [np.frombuffer(key, bool) for key in purse if key not in some]
            only = ~np.any(elsewhere, axis=0) if elsewhere else np.ones(count, bool)
            funds = tuple(sorted(number for key in some for number in purse[key]))
            if only.any():
                rows.append((only, math.fsum(request.funds[f].limit for f in funds), funds))
    rows = [row for row in rows if math.isfinite(row[1])]
    lines = np.array([row[0] for row in rows], bool).reshape(len(rows), count)
    limit = np.array([row[1] for row in rows], np.float64)
    return MoneyRows(lines, limit, lines[:, problem.backhaul_line], tuple(row[2] for row in rows))


def small_building(
    problem: BuildingProblem, request: BuildingRequest, *, reduce: bool = True
) -> SmallBuilding:
    """Return the problem without what is forbidden, out of reach or (with `reduce`) never needed. Exact."""
    forbidden = np.zeros(len(problem.groups.need), bool)
    forbidden[list(request.forbidden_hamlets)] = True
    direct, start, end, cost, allowed = _what_is_allowed(problem, request)
    usable = np.zeros(len(direct), bool)
    usable[problem.host[allowed]] = True
    links = useful_links(direct, start, end, cost, usable, request.maximum_hops)
    connectable = np.isfinite(links.cheapest)
    kept = allowed & connectable[problem.host]
    small = _selection(problem, request, links, np.flatnonzero(kept), forbidden)
    if not reduce:
        return small
    small = _merged(small)
    left = undominated_options(small, request)
    small = _with_options(small, left)
    return _merged(small)


def _what_is_allowed(
    problem: BuildingProblem, request: BuildingRequest
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return direct costs, relay arcs and options without what is forbidden; built stations as they are."""
    links = problem.links
    hosts = len(links.fibre_cost)
    direct = np.full((hosts, len(KINDS)), np.inf)
    direct[:, FIBRE] = links.fibre_cost
    direct[:, HOP] = links.hop_cost
    direct[:, SATELLITE] = links.satellite_cost
    start, end = links.relay_from.astype(np.int64), links.relay_to.astype(np.int64)
    allowed = ~np.isin(problem.host, np.asarray(request.forbidden_hosts, np.int64))
    kept = np.ones(len(start), bool)
    for built in request.built:
        host = int(problem.host[built.option])
        allowed[problem.host == host] = False
        allowed[built.option] = True
        kind = KINDS.index(built.connection)
        direct[host, [k for k in range(len(KINDS)) if k != kind]] = np.inf
        kept &= (end != host) | ((kind == RELAY) & (start == built.hangs_on))
    return direct, start[kept], end[kept], links.relay_cost[kept].astype(np.float64), allowed


def _selection(
    problem: BuildingProblem,
    request: BuildingRequest,
    links: SmallLinks,
    options: NDArray[np.int64],
    forbidden: NDArray[np.bool_],
) -> SmallBuilding:
    """Return the problem with some options only, hosts renumbered, nothing merged."""
    host_id, host = np.unique(problem.host[options], return_inverse=True)
    cover = csr_matrix(problem.cover, dtype=np.float64, copy=True)
    cover.eliminate_zeros()
    cover.data[:] = 1.0
    share = csr_matrix(problem.groups.share)
    weight = np.where(_only_in(share, forbidden), 0.0, problem.weight)
    centre = np.zeros(len(weight), bool) if problem.centre is None else problem.centre
    money = money_rows(problem, request)
    bills = problem.line_cost[options]
    tower = ~problem.shared if problem.tower is None else problem.tower
    mandatory = np.isin(host_id, np.asarray(request.mandatory_hosts, np.int64))
    mandatory |= np.isin(host_id, problem.host[[b.option for b in request.built]])
    place = np.arange(len(problem.links.fibre_cost)) if problem.place is None else problem.place
    return SmallBuilding(
        cover=_sorted(csr_matrix(cover[:, options])),
        weight=weight,
        centre_weight=np.where(centre, weight, 0.0),
        share=share,
        need=problem.groups.need,
        bonus=np.where(forbidden, 0.0, problem.groups.bonus),
        counts=~forbidden,
        commune=problem.commune,
        option=options,
        host=host.astype(np.int64),
        cost=bills.sum(axis=1),
        row_cost=money.lines.astype(np.float64) @ bills.T,
        shared=problem.shared[options],
        tower=tower[options],
        host_id=host_id.astype(np.int64),
        links=_renumbered(links, host_id.astype(np.int64)),
        money=money,
        mandatory=mandatory,
        place=np.unique(place[host_id], return_inverse=True)[1].astype(np.int64),
        place_id=place[host_id].astype(np.int64),
        wanted=np.isin(place[host_id], np.asarray(request.mandatory_places, np.int64)),
    )


def _only_in(share: csr_matrix, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which demands belong to marked groups and to no other."""
    holds = csr_matrix((np.ones(share.nnz), share.indices, share.indptr), shape=share.shape)
    inside = np.asarray(holds.T @ marked.astype(np.float64))
    return (inside > 0) & (np.asarray(holds.T @ (~marked).astype(np.float64)) == 0)


def _renumbered(links: SmallLinks, host_id: NDArray[np.int64]) -> SmallLinks:
    number = np.full(len(links.direct), -1, np.int64)
    number[host_id] = np.arange(len(host_id))
    start, end = number[links.start], number[links.end]
    kept = (start >= 0) & (end >= 0)
    return SmallLinks(links.direct[host_id], start[kept], end[kept], links.cost[kept], links.level[host_id])


def _merged(small: SmallBuilding) -> SmallBuilding:
    """Put demands that the same options cover into one class; drop those that nothing covers."""
    cover = small.cover
    number: dict[bytes, int] = {}
    into = np.full(cover.shape[0], -1, np.int64)
    first: list[int] = []
    for row in range(cover.shape[0]):
        content = cover.indices[cover.indptr[row] : cover.indptr[row + 1]]
        if len(content):
            into[row] = number.setdefault(content.tobytes(), len(number))
            if len(number) > len(first):
                first.append(row)
    kept = np.flatnonzero(into >= 0)
    merge = csr_matrix((np.ones(len(kept)), (kept, into[kept])), shape=(len(into), len(first)))
    share = csr_matrix(small.share @ merge)
    share.sum_duplicates()
    return replace(
        small,
        cover=csr_matrix(cover[first]),
        weight=np.asarray(merge.T @ small.weight),
        centre_weight=np.asarray(merge.T @ small.centre_weight),
        share=share,
    )


def _with_options(small: SmallBuilding, kept: NDArray[np.int64]) -> SmallBuilding:
    """Return the problem with the options `kept`; hosts that have none left disappear."""
    held, host = np.unique(small.host[kept], return_inverse=True)
    return replace(
        small,
        cover=_sorted(csr_matrix(small.cover[:, kept])),
        option=small.option[kept],
        host=host.astype(np.int64),
        cost=small.cost[kept],
        row_cost=small.row_cost[:, kept],
        shared=small.shared[kept],
        tower=small.tower[kept],
        host_id=small.host_id[held],
        links=_renumbered(small.links, held),
        mandatory=small.mandatory[held],
        place=np.unique(small.place[held], return_inverse=True)[1].astype(np.int64),
        place_id=small.place_id[held],
        wanted=small.wanted[held],
    )


def _sorted(matrix: csr_matrix) -> csr_matrix:
    matrix.sort_indices()
    return matrix
