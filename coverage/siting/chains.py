"""Among chains of hops that cost the same, the shortest: each station hangs as near as it can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .building.contract import BuildingPlan, BuildingProblem, BuildingRequest

__all__ = ["with_shortest_chains"]


def with_shortest_chains(
    problem: BuildingProblem, plan: BuildingPlan, request: BuildingRequest
) -> BuildingPlan:
    """Return the plan with every relay hop from the station that needs the fewest hops itself.

    A hop is only replaced by one that costs the same; stations that stand already stay as they are. Among
    equals the host with the lower number is taken.

    Parameters
    ----------
    problem : BuildingProblem
    plan : BuildingPlan
        Of that problem.
    request : BuildingRequest
    """
    links = problem.links
    host = problem.host[plan.chosen]
    station = {int(h): k for k, h in enumerate(host)}
    fixed = {int(problem.host[built.option]) for built in request.built}
    ways: dict[int, dict[int, float]] = {k: {} for k in range(len(host))}
    for a, b, cost in zip(
        links.relay_from.tolist(), links.relay_to.tolist(), links.relay_cost.tolist(), strict=True
    ):
        if a in station and b in station and plan.connection[station[b]] == "relay":
            ways[station[b]][station[a]] = cost
    price = [ways[k].get(station.get(int(plan.hangs_on[k]), -1), np.inf) for k in range(len(host))]
    parent = {k: station[int(plan.hangs_on[k])] for k, c in enumerate(plan.connection) if c == "relay"}
    hops = [0 if c in ("fibre", "satellite") else 1 for c in plan.connection]
    done = [c in ("fibre", "hop") for c in plan.connection]
    waiting = set(parent)
    while waiting:
        level: dict[int, int] = {}
        for k in sorted(waiting):
            allowed = ways[k] if int(host[k]) not in fixed else {parent[k]: price[k]}
            up = [a for a, cost in allowed.items() if done[a] and cost == price[k]]
            if up:
                level[k] = min(up, key=lambda a: (hops[a], int(host[a])))
        for k, above in level.items():
            parent[k], hops[k], done[k] = above, hops[above] + 1, True
        waiting -= set(level)
        if not level:
            raise ValueError("a station hangs on nothing that is connected, expected a whole plan")
    hangs_on = np.full(len(host), -1, np.int32)
    for k, above in parent.items():
        hangs_on[k] = host[above]
    return replace(plan, hangs_on=hangs_on, hops=np.array(hops, np.int32))
