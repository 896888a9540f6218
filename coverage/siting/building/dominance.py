"""Options that another one can always stand in for, where cost, connection and sharing allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .contract import BuildingRequest

if TYPE_CHECKING:
    from .small import SmallBuilding

__all__ = ["undominated_options"]


def undominated_options(small: SmallBuilding, request: BuildingRequest) -> NDArray[np.int64]:
    """Return the options without the dominated ones. Exact for the objective and the second criteria.

    On the same host, option k stands in for j when it covers all that j covers, costs no more in any sum of
    lines that is limited, nor in all, and is shared if j is (a tower only if j is).

    On another host b, k stands in for j on a when besides

    - nothing need be built on a or at its place, a can carry nothing, and nothing else could stand at the
      place of b,
    - k with the cheapest connection that needs no other station costs no more than j with its cheapest,
    - k covers all that any option of b covers, so that it can replace what stands there,
    - no minimum share is asked for, or j is not shared, and k is if any option of b is: then the share does
      not fall when j goes,
    - double cover is no criterion.

    An option that covers nothing is dropped where its host can carry nothing and its share is of no use.
    """
    left = np.ones(len(small.option), bool)
    _within_hosts(small, left)
    _useless(small, request, left)
    if "double_cover" not in request.then:
        _across_hosts(small, request, left)
    return np.flatnonzero(left).astype(np.int64)


def _no_dearer(
    small: SmallBuilding, k: NDArray[np.int64], j: int, allowance: float = 0.0
) -> NDArray[np.bool_]:
    """Tell which of k cost no more than j and an allowance for the connection, in every sum."""
    rows = small.row_cost[:, k] <= small.row_cost[:, [j]] + allowance * small.money.backhaul[:, None]
    return np.asarray(rows.all(axis=0) & (small.cost[k] <= small.cost[j] + allowance))


def _within_hosts(small: SmallBuilding, left: NDArray[np.bool_]) -> None:
    by_option = csr_matrix(small.cover.T)
    sets = [
        set(by_option.indices[by_option.indptr[j] : by_option.indptr[j + 1]].tolist())
        for j in range(len(small.option))
    ]
    by_host = np.argsort(small.host, kind="stable")
    bounds = np.searchsorted(small.host[by_host], np.arange(len(small.host_id) + 1))
    for h in range(len(small.host_id)):
        here = by_host[bounds[h] : bounds[h + 1]]
        for j in here.tolist():
            rivals = here[left[here] & (here != j)]
            rivals = rivals[small.shared[rivals] >= small.shared[j]]
            rivals = rivals[small.tower[rivals] <= small.tower[j]]
            rivals = rivals[_no_dearer(small, rivals, j)]
            if any(sets[j] <= sets[k] for k in rivals.tolist()):
                left[j] = False


def _useless(small: SmallBuilding, request: BuildingRequest, left: NDArray[np.bool_]) -> None:
    size = np.diff(csr_matrix(small.cover.T).indptr)
    idle = ~(small.links.carries | small.mandatory | small.wanted)[small.host]
    of_use = small.shared if request.minimum_sharing > 0 else np.zeros(len(left), bool)
    left &= ~((size == 0) & idle & ~of_use)


def _across_hosts(small: SmallBuilding, request: BuildingRequest, left: NDArray[np.bool_]) -> None:
    by_option = csr_matrix(small.cover.T)
    size = np.diff(by_option.indptr)
    common = csr_matrix(by_option @ by_option.T)
    stands_in = _replaces_its_host(small, common, size, left, request)
    alone = small.links.direct.min(axis=1)
    cheapest = small.links.cheapest
    replaceable = ~(small.links.carries | small.mandatory | small.wanted)[small.host]
    if request.minimum_sharing > 0:
        replaceable &= ~small.shared
    for j in np.flatnonzero(left & replaceable & (size > 0)).tolist():
        row = slice(common.indptr[j], common.indptr[j + 1])
        k = common.indices[row][common.data[row] == size[j]].astype(np.int64)
        k = k[left[k] & stands_in[k] & (small.host[k] != small.host[j])]
        k = k[(small.shared[k] >= small.shared[j]) & (small.tower[k] <= small.tower[j])]
        k = k[np.isfinite(alone[small.host[k]])]
        spare = cheapest[small.host[j]] - alone[small.host[k]]
        if any(_no_dearer(small, k[[n]], j, float(spare[n]))[0] for n in range(len(k))):
            left[j] = False


def _replaces_its_host(
    small: SmallBuilding,
    common: csr_matrix,
    size: NDArray[np.int64],
    left: NDArray[np.bool_],
    request: BuildingRequest,
) -> NDArray[np.bool_]:
    """Tell which options cover all that any option of their host covers, and are shared if any is."""
    lone = np.bincount(small.place)[small.place] == 1
    good = left & (size > 0) & lone[small.host]
    hosts = len(small.host_id)
    largest = np.zeros(hosts, np.int64)
    np.maximum.at(largest, small.host[left], size[left])
    any_shared = np.zeros(hosts, bool)
    any_shared[small.host[left & small.shared]] = True
    good &= size == largest[small.host]
    if request.minimum_sharing > 0:
        good &= small.shared | ~any_shared[small.host]
    for k in np.flatnonzero(good).tolist():
        others = np.flatnonzero(left & (small.host == small.host[k]) & (size > 0))
        inside = np.asarray(common[k, others].todense()).ravel()
        good[k] = bool((inside == size[others]).all())
    return good
