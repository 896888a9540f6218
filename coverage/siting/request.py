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
        A mandatory host carries no candidate, two stand at one place, one is forbidden as well, a forbidden
        candidate does not exist, or a commune has fewer hamlets in need than are asked for: all at once.
    """
    mandatory, places, problems = _mandatory(siting, options)
    forbidden, more = _forbidden(siting, options, mandatory)
    problems += [*more, *_commune_problems(siting, villages, goal)]
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
        mandatory_places=tuple(places),
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


def _commune_problems(siting: SitingProblem, villages: VillageTable, goal: SitingGoal) -> list[Problem]:
    """Return a problem for each commune that has fewer hamlets in need than must become served."""
    if villages.commune is None:
        return []
    in_need = villages.commune[siting.hamlets.village].tolist()
    return [
        request_problem(
            "commune_minimum",
            f"{name}: {least}",
            f"at most {in_need.count(name)}: so many hamlets there lack service",
        )
        for name, least in goal.commune_minimum.items()
        if least > in_need.count(name)
    ]


def _mandatory(siting: SitingProblem, options: SitingOptions) -> tuple[list[int], list[int], list[Problem]]:
    """Return hosts and places that must be used: one candidate by its key, any on a structure by its id."""
    hosts = siting.hosts
    number, ids = hosts.place_number.tolist(), [place[1] for place in hosts.place]
    problems, mandatory, places = [], set[int](), set[int]()
    for name in options.mandatory_hosts:
        there = {number[h] for h, known in enumerate(ids) if known == name}
        if name in hosts.key:
            mandatory.add(hosts.key.index(name))
        elif len(there) == 1:
            places |= there
        elif there:
            keys = ", ".join(hosts.key[h] for h, known in enumerate(ids) if known == name)
            problems.append(request_problem("mandatory_hosts", name, f"one of its candidates: {keys}"))
        else:
            expected = "a host that can carry a new station (near the gap, not equipped already)"
            problems.append(request_problem("mandatory_hosts", name, expected))
    at = [hosts.place[h] for h in sorted(mandatory)]
    for kind, host in sorted({p for p in at if at.count(p) > 1}):
        expected = f"one candidate at most on one {kind}"
        problems.append(request_problem("mandatory_hosts", host, expected))
    return sorted(mandatory), sorted(places), problems


def _forbidden(
    siting: SitingProblem, options: SitingOptions, mandatory: list[int]
) -> tuple[list[int], list[Problem]]:
    """Return the hosts that must not be used; a candidate that was never generated is a problem."""
    hosts, every, names = siting.hosts, siting.stock.hosts, set(options.forbidden_hosts)
    forbidden = [h for h in range(len(hosts)) if {hosts.key[h], hosts.place[h][1]} & names]
    known = {*every.key, *(place[1] for place in every.place)}
    problems = [
        request_problem("forbidden_hosts", name, "the id of a mast or pole, or a candidate that there is")
        for name in options.forbidden_hosts
        if name.startswith("new:") and name not in known
    ]
    problems += [
        request_problem("mandatory_hosts", hosts.key[h], "a host that is not forbidden as well")
        for h in sorted(set(mandatory) & set(forbidden))
    ]
    return forbidden, problems
