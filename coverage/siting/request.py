"""From names to numbers: what is asked of a plan, in terms of the building problem."""

from __future__ import annotations

import math

import numpy as np

from ...errors import InputError, Problem
from .building.contract import BuildingRequest, Fund
from .checks import request_problem
from .costs import LINES
from .inputs import VillageTable
from .options import SitingGoal, SitingOptions
from .problem import SitingProblem

__all__ = ["building_request"]

_WHOLE = 1e-9  # 0.95 × 20 hamlets are 19, whatever the product says


def building_request(
    siting: SitingProblem, villages: VillageTable, options: SitingOptions, goal: SitingGoal
) -> BuildingRequest:
    """Return the request; hamlets that are served already ask for nothing.

    Raises
    ------
    InputError
        A mandatory host carries no candidate or several kinds of them, two stand at one place, one is
        forbidden as well, or the mandatory ones cost more than the budget: all at once.
    """
    mandatory, forbidden, problems = _hosts(siting, options)
    spent = _least_cost(siting, mandatory)
    if spent > options.budget:
        problems.append(
            request_problem(
                "budget", f"{options.budget:g}", f"at least {spent:.1f}, what mandatory hosts cost"
            )
        )
    if problems:
        raise InputError(problems)
    group = {str(villages.village_id[v]): g for g, v in enumerate(siting.hamlets.village)}
    hamlets = len(siting.hamlets.village)
    least = goal.objective == "least_cost"
    return BuildingRequest(
        objective="least_cost" if least else "most_value",
        budget=options.budget,
        funds=tuple(
            Fund(f.name, f.limit, np.array([line in f.lines for line in LINES], bool)) for f in goal.funds
        ),
        maximum_stations=goal.maximum_stations,
        minimum_hamlets=math.ceil(goal.target_share * hamlets - _WHOLE) if least else 0,
        minimum_sharing=goal.minimum_sharing,
        mandatory_hosts=tuple(mandatory),
        forbidden_hosts=tuple(forbidden),
        mandatory_hamlets=tuple(sorted(group[h] for h in goal.mandatory_hamlets if h in group)),
        forbidden_hamlets=tuple(sorted(group[h] for h in goal.forbidden_hamlets if h in group)),
        commune_minimum=_commune_minimum(villages, goal),
        maximum_hops=goal.maximum_hops,
        time_limit_s=options.time_limit_s,
        gap_target=options.gap_target,
        second_criteria=goal.second_criteria,
    )


def _commune_minimum(villages: VillageTable, goal: SitingGoal) -> dict[int, int]:
    if villages.commune is None:
        return {}
    number = {name: i for i, name in enumerate(sorted(set(villages.commune.tolist()) - {""}))}
    return {number[name]: count for name, count in goal.commune_minimum.items() if count > 0}


def _hosts(siting: SitingProblem, options: SitingOptions) -> tuple[list[int], list[int], list[Problem]]:
    """Return mandatory and forbidden hosts: a structure by its own id, or one station on it by its key."""
    hosts = siting.hosts
    names = [{key, place[1]} for key, place in zip(hosts.key, hosts.place, strict=True)]
    forbidden = [h for h, known in enumerate(names) if known & set(options.forbidden_hosts)]
    problems, mandatory = [], set[int]()
    for name in options.mandatory_hosts:
        found = [h for h, known in enumerate(names) if name in known]
        if len(found) == 1:
            mandatory.add(found[0])
        elif found:
            keys = ", ".join(hosts.key[h] for h in found)
            problems.append(request_problem("mandatory_hosts", name, f"one of its candidates: {keys}"))
        else:
            expected = "a host that can carry a new station (near the gap, not equipped already)"
            problems.append(request_problem("mandatory_hosts", name, expected))
    places = [hosts.place[h] for h in sorted(mandatory)]
    for kind, host in sorted({p for p in places if places.count(p) > 1}):
        expected = f"one candidate at most on one {kind}"
        problems.append(request_problem("mandatory_hosts", host, expected))
    for h in sorted(mandatory & set(forbidden)):
        expected = "a host that is not forbidden as well"
        problems.append(request_problem("mandatory_hosts", hosts.key[h], expected))
    return sorted(mandatory), forbidden, problems


def _least_cost(siting: SitingProblem, hosts: list[int]) -> float:
    """Return what these hosts cost at least, each in its cheapest configuration and way to be connected."""
    links = siting.building.links
    ways = np.minimum(np.minimum(links.fibre_cost, links.hop_cost), links.satellite_cost)
    np.minimum.at(ways, links.relay_to, links.relay_cost)
    price = siting.building.line_cost.sum(axis=1)
    return math.fsum(float(price[siting.building.host == h].min()) + float(ways[h]) for h in hosts)
