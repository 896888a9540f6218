"""Why a hamlet stays without service, and what it would take."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from .building.contract import BuildingPlan, BuildingRequest
from .building.plan import fund_shares
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
    request: BuildingRequest,
    villages: VillageTable,
    people: NDArray[np.float64],
    *,
    priced: bool = True,
) -> tuple[UnservedVillage, ...]:
    """Return one entry per hamlet that the plan does not serve, in the order of the hamlets.

    Parameters
    ----------
    siting : SitingProblem
    plan : BuildingPlan
        Of that problem.
    request : BuildingRequest
        That the plan keeps; with years, its budget is the money of all of them.
    villages : VillageTable
    people : ndarray of float64, (points,)
    priced : bool
        Look for the least cost of each; without it, and after Ctrl-C, the reason "search" stands where money
        might have helped.
    """
    with watching(math.inf) as watch:
        return _rows(siting, plan, request, villages, people, priced, watch)


def _rows(
    siting: SitingProblem,
    plan: BuildingPlan,
    request: BuildingRequest,
    villages: VillageTable,
    people: NDArray[np.float64],
    priced: bool,
    watch: Watch,
) -> tuple[UnservedVillage, ...]:
    offers = _Offers(siting, plan, request)
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
        rows.append(
            UnservedVillage(
                village_id=str(villages.village_id[hamlets.village[h]]),
                people_without_service=float(people[members[~covered]].sum()),
                reason=_reason(offers, int(h), members, known, price, proven, needs),
                reachable_share=min(1.0, reachable + 1.0 - float(weight.sum())),
                price=price,
                price_proven=proven,
                needs=tuple(siting.candidates[j].candidate_id for j in needs),
            )
        )
    return tuple(rows)


class _Offers:
    """What could be built beside the plan, and at which price."""

    def __init__(self, siting: SitingProblem, plan: BuildingPlan, request: BuildingRequest) -> None:
        building = siting.building
        self.siting, self.plan, self.request = siting, plan, request
        ways = connection_costs(siting, plan, request.maximum_hops)
        self.ways = ways
        free = free_options(siting, plan, request.forbidden_hosts)
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

    def limit_in_the_way(self, price: float, needs: list[int]) -> str:
        """Return the code of the first limit that the plan with `needs` besides would break; empty: none."""
        plan, request, building = self.plan, self.request, self.siting.building
        if plan.cost + price > request.budget:
            return "budget"
        together = np.append(plan.chosen, needs)
        if request.maximum_stations is not None and len(together) > request.maximum_stations:
            return "maximum_stations"
        if building.shared[together].sum() < request.minimum_sharing * len(together) - 1e-6:
            return "minimum_sharing"
        if request.funds:
            bills = building.line_cost[needs].sum(axis=0)
            bills[building.backhaul_line] += self.ways[building.host[needs]].sum()
            bills += self._lines_paid()
            if math.fsum(fund_shares(bills, request.funds)) < bills.sum() * (1 - 1e-9):
                return "funds"
        return ""

    def _lines_paid(self) -> NDArray[np.float64]:
        """Return the bills of the plan, line by line."""
        building, chosen = self.siting.building, self.plan.chosen
        lines = np.asarray(building.line_cost[chosen].sum(axis=0))
        lines[building.backhaul_line] += self.plan.cost - lines.sum()
        return lines

    def obstacle(self, hamlet: int) -> str:
        """Return the code of what keeps all that may be built from reaching enough people."""
        every = np.arange(len(self.siting.building.host))
        if self._would_do(every, hamlet) and not self._would_do(self.free, hamlet):
            return "forbidden"
        return "terrain"

    def _would_do(self, options: NDArray[np.int64], hamlet: int) -> bool:
        building = self.siting.building
        reached = np.asarray(csc_matrix(building.cover)[:, options].sum(axis=1)).ravel() > 0
        return bool(building.groups.met(reached | self.plan.served)[hamlet])


def _reason(
    offers: _Offers,
    hamlet: int,
    members: NDArray[np.int32],
    known: bool,
    price: float | None,
    proven: bool,
    needs: list[int],
) -> str:
    """Return the code of what stands in the way of a hamlet; the price and what it buys are known or not."""
    request = offers.request
    if hamlet in request.forbidden_hamlets:
        return "not_wanted"
    if offers.siting.building.cover[members].nnz == 0:
        return "no_candidate"
    if not known:
        return "search"
    if price is None:
        if not proven:
            return "search"
        return offers.obstacle(hamlet)
    return offers.limit_in_the_way(price, needs) or _not_worth(offers, hamlet)


def _not_worth(offers: _Offers, hamlet: int) -> str:
    """Tell why a hamlet that every limit allows is left out."""
    plan, request = offers.plan, offers.request
    if request.objective == "least_cost":
        return "target"  # more would not have been cheaper
    if float(offers.siting.hamlets.people[hamlet]) <= 0:
        return "worth"
    return "within_gap" if plan.status == "within_gap" else "search"
