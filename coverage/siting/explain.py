"""Why a hamlet stays without service, and what it would take."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from .building.contract import BuildingPlan
from .building.watch import Watch, watching
from .covering.instance import DemandGroups
from .covering.model import solve_least_cost_covering
from .inputs import VillageTable
from .problem import SitingProblem
from .proposal import UnservedVillage
from .stations import connection_costs, free_options

__all__ = ["explain_unserved"]

_PRICE_TIME_LIMIT_S = 5.0


def explain_unserved(
    siting: SitingProblem,
    plan: BuildingPlan,
    villages: VillageTable,
    people: NDArray[np.float64],
    left_over: float,
    maximum_hops: int,
    *,
    priced: bool = True,
) -> tuple[UnservedVillage, ...]:
    """Return one entry per hamlet that the plan does not serve, in the order of the hamlets.

    Parameters
    ----------
    siting : SitingProblem
    plan : BuildingPlan
        Of that problem.
    villages : VillageTable
    people : ndarray of float64, (points,)
    left_over : float
        Budget that the plan does not spend.
    maximum_hops : int
    priced : bool
        Look for the least cost of each; without it, and after Ctrl-C, the reason "search" stands where money
        might have helped.
    """
    with watching(math.inf) as watch:
        return _rows(siting, plan, villages, people, left_over, maximum_hops, priced, watch)


def _rows(
    siting: SitingProblem,
    plan: BuildingPlan,
    villages: VillageTable,
    people: NDArray[np.float64],
    left_over: float,
    maximum_hops: int,
    priced: bool,
    watch: Watch,
) -> tuple[UnservedVillage, ...]:
    offers = _Offers(siting, plan, maximum_hops)
    hamlets, rows = siting.hamlets, []
    for h in np.flatnonzero(~plan.groups_met):
        priced = priced and not watch.interrupted
        share = csr_matrix(hamlets.share[int(h) : int(h) + 1])
        members, weight = share.indices, share.data
        covered = plan.served[members]
        local, useful = offers.reaching(members[~covered])
        reached = np.diff(local.indptr) > 0
        reachable = float(weight[covered].sum() + weight[~covered][reached].sum())
        missing = float(hamlets.need[h] - weight[covered].sum())
        price, proven, needs = None, False, list[int]()
        if priced or reachable < hamlets.need[h]:
            price, proven, needs = offers.price(local, useful, weight[~covered], missing)
        known = priced or reachable < hamlets.need[h]
        nobody_reaches = siting.building.cover[members].nnz == 0
        rows.append(
            UnservedVillage(
                village_id=str(villages.village_id[hamlets.village[h]]),
                people_without_service=float(people[members[~covered]].sum()),
                reason=_reason(nobody_reaches, known, price, proven, left_over, float(hamlets.people[h])),
                reachable_share=min(1.0, reachable + 1.0 - float(weight.sum())),
                price=price,
                price_proven=proven,
                needs=tuple(siting.candidates[j].candidate_id for j in needs),
            )
        )
    return tuple(rows)


class _Offers:
    """What could be built beside the plan, and at which price."""

    def __init__(self, siting: SitingProblem, plan: BuildingPlan, maximum_hops: int) -> None:
        building = siting.building
        ways = connection_costs(siting, plan, maximum_hops)
        free = free_options(siting, plan)
        cost = building.line_cost[free].sum(axis=1) + ways[building.host[free]]
        self.free, self.cost = free[np.isfinite(cost)], cost[np.isfinite(cost)]
        self.cover = csr_matrix(csc_matrix(building.cover)[:, self.free])
        self.place = [siting.hosts.place[h] for h in building.host[self.free]]
        # a chain of several new stations might connect a host more cheaply: then no price is proven
        links = building.links
        cheaper = links.relay_cost < ways[links.relay_to]
        self.chained = np.isin(building.host[self.free], links.relay_to[cheaper])

    def reaching(self, points: NDArray[np.int32]) -> tuple[csr_matrix, NDArray[np.int64]]:
        """Return the coverage of some points, and the offers that are its columns."""
        local = csr_matrix(self.cover[points])
        useful = np.unique(local.indices).astype(np.int64)
        return csr_matrix(local[:, useful]), useful

    def price(
        self, local: csr_matrix, useful: NDArray[np.int64], weight: NDArray[np.float64], missing: float
    ) -> tuple[float | None, bool, list[int]]:
        """Return the least further cost that serves one hamlet, whether it is proven, and with what."""
        rivals: dict[tuple[str, str], list[int]] = {}
        for i, j in enumerate(useful.tolist()):
            rivals.setdefault(self.place[j], []).append(i)
        answer = solve_least_cost_covering(
            local,
            np.zeros(local.shape[0]),
            self.cost[useful],
            1.0,
            conflict_groups=[group for group in rivals.values() if len(group) > 1],
            groups=DemandGroups(csr_matrix(weight[None, :]), np.array([missing]), np.ones(1)),
            time_limit_s=_PRICE_TIME_LIMIT_S,
        )
        firm = not self.chained[useful].any()
        if len(answer.chosen) == 0:
            return None, answer.status == "infeasible", []
        return (
            answer.cost,
            firm and answer.status == "optimal",
            self.free[useful[answer.chosen]].tolist(),
        )


def _reason(
    nobody_reaches: bool, known: bool, price: float | None, proven: bool, left_over: float, people: float
) -> str:
    if nobody_reaches:
        return "no_candidate"
    if not known:
        return "search"
    if price is None:
        return "terrain" if proven else "search"
    if price > left_over:
        return "budget"
    return "worth" if people <= 0 else "search"
