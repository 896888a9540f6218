"""From a choice within the small problem back to a plan of the problem as it was given."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .choice import TOLERANCE, Choice
from .contract import BuildingPlan, BuildingProblem, BuildingRequest, Fund
from .links import KINDS, RELAY
from .small import SmallBuilding
from .wiring import Wiring, connected

__all__ = ["choice_from", "empty_choice", "fund_shares", "instance_hash", "plan_of"]


def empty_choice() -> Choice:
    """Return the choice of nothing."""
    nothing = np.zeros(0, np.int64)
    return Choice(nothing, nothing, nothing, np.zeros(0))


def plan_of(
    problem: BuildingProblem,
    request: BuildingRequest,
    small: SmallBuilding,
    choice: Choice,
) -> BuildingPlan:
    """Return the plan with everything recomputed from the problem; what is proved is left open."""
    chosen = small.option[choice.option]
    order = np.argsort(chosen)
    at = small.host[choice.option]
    hops = np.maximum(Wiring.of(small, choice).level[at], 0)
    parent = np.where(choice.kind == RELAY, small.host_id[choice.parent], -1)
    built = np.zeros(problem.cover.shape[1])
    built[chosen] = 1.0
    served = np.asarray(problem.cover.astype(bool).astype(np.float64) @ built) > 0.5
    forbidden = np.zeros(len(problem.groups.need), bool)
    forbidden[list(request.forbidden_hamlets)] = True
    met = problem.groups.met(served)
    bills = problem.line_cost[chosen].copy()
    bills[:, problem.backhaul_line] += choice.link_cost
    return BuildingPlan(
        chosen=chosen[order].astype(np.int64),
        connection=tuple(KINDS[k] for k in choice.kind[order].tolist()),
        hangs_on=parent[order].astype(np.int32),
        hops=hops[order].astype(np.int32),
        served=served,
        groups_met=met,
        value=_value(problem, served, met, forbidden),
        cost=math.fsum(bills.ravel().tolist()),
        fund_spent=fund_shares(bills.sum(axis=0), request.funds),
        bound=math.nan,
        gap=math.nan,
        status="",
        stopped="",
        blame=(),
        time_s=0.0,
        feasibility_tolerance=TOLERANCE,
        instance_hash=instance_hash(problem, request),
        kept_demands=small.cover.shape[0],
        kept_options=small.cover.shape[1],
    )


def _value(
    problem: BuildingProblem,
    served: NDArray[np.bool_],
    met: NDArray[np.bool_],
    forbidden: NDArray[np.bool_],
) -> float:
    counted = served
    if forbidden.any():
        member = problem.groups.share.copy()
        member.data = np.ones(len(member.data))
        only = (member.T @ forbidden.astype(float) > 0) & (member.T @ (~forbidden).astype(float) == 0)
        counted = served & ~np.asarray(only)
    return math.fsum(problem.weight[counted]) + math.fsum(problem.groups.bonus[met & ~forbidden])


def fund_shares(lines: NDArray[np.float64], funds: Sequence[Fund]) -> tuple[float, ...]:
    """Return what each fund pays: the first one first, relieved by others where a line needs its money.

    Augmenting paths (Ford and Fulkerson) between lines and funds. What no fund can pay stays unpaid.
    """
    may = np.array([np.asarray(f.lines, bool) for f in funds]).reshape(len(funds), len(lines))
    pays = np.zeros(may.shape)
    left = np.array([f.limit for f in funds], np.float64)
    least = 1e-12 * max(1.0, float(lines.max(initial=0.0)))
    for line, bill in enumerate(lines.tolist()):
        open_ = bill
        while open_ > least and (path := _path(line, may, pays, left, least)):
            moved = min(open_, left[path[0][0]], *(pays[giver, of] for _, of, giver in path if giver >= 0))
            for taker, of, giver in path:
                pays[taker, of] += moved
                if giver >= 0:
                    pays[giver, of] -= moved
            left[path[0][0]] -= moved
            open_ -= moved
    return tuple(float(x) for x in pays.sum(axis=1))


def _path(
    line: int, may: NDArray[np.bool_], pays: NDArray[np.float64], left: NDArray[np.float64], least: float
) -> list[tuple[int, int, int]]:
    """Return (fund, line that it takes over, fund that gives it up or -1) from one with money to `line`."""
    came = {int(f): (line, -1) for f in np.flatnonzero(may[:, line])}
    queue = list(came)
    for fund in queue:
        if left[fund] > least:
            path = []
            while fund >= 0:
                of, giver = came[fund]
                path.append((fund, of, giver))
                fund = giver
            return path
        for of in np.flatnonzero(pays[fund] > least).tolist():
            for other in np.flatnonzero(may[:, of]).tolist():
                if other not in came:
                    came[other] = (of, fund)
                    queue.append(other)
    return []


def choice_from(problem: BuildingProblem, small: SmallBuilding, plan: BuildingPlan) -> Choice:
    """Return what is left of an earlier plan in a small problem, connected anew."""
    options = np.flatnonzero(np.isin(small.option, plan.chosen))
    # An option that was dropped gives way to the one of its host that covers most.
    missing = np.setdiff1d(problem.host[plan.chosen], small.host_id[small.host[options]])
    size = np.asarray(small.cover.sum(axis=0)).ravel()
    for host in np.flatnonzero(np.isin(small.host_id, missing)).tolist():
        here = np.flatnonzero(small.host == host)
        options = np.append(options, here[np.argmax(size[here])])
    first = np.unique(small.place[small.host[options]], return_index=True)[1]
    return connected(small, options[first])[0]


def instance_hash(problem: BuildingProblem, request: BuildingRequest) -> str:
    """Return the SHA-256 of all that defines problem and request, but for time limit and gap target."""
    sha = hashlib.sha256()

    def take(*arrays: object) -> None:
        for array in arrays:
            content = np.ascontiguousarray(array)
            sha.update(f"{content.dtype}{content.shape}".encode())
            sha.update(content.tobytes())

    links, groups = problem.links, problem.groups
    for matrix in (problem.cover, groups.share):
        take(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data)
    take(problem.weight, groups.need, groups.bonus, problem.host, problem.line_cost, problem.backhaul_line)
    take(problem.shared, problem.commune, links.fibre_cost, links.hop_cost, links.satellite_cost)
    take(links.relay_from, links.relay_to, links.relay_cost)
    for extra in (problem.tower, problem.centre, problem.place):
        take(np.zeros(0) if extra is None else extra)
    for fund in request.funds:
        take(fund.limit, np.asarray(fund.lines, bool))
    asked = replace(request, funds=(), commune_minimum={}, time_limit_s=1.0, gap_target=0.0)
    sha.update(repr((asked, sorted(request.commune_minimum.items()))).encode())
    return sha.hexdigest()
