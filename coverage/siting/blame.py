"""Why no plan keeps a request: the limits that are to blame, by the names that the user gave them."""

from __future__ import annotations

import math

from ...errors import Problem
from .building.blame import sufficient
from .building.contract import Blame, BuildingPlan
from .checks import request_problem
from .inputs import VillageTable
from .options import SitingGoal
from .problem import SitingProblem

__all__ = ["blamed_problems"]

_KEYS = {
    "budget": "budget",
    "fund": "funds",
    "maximum_stations": "maximum_stations",
    "minimum_value": "target_share",
    "minimum_hamlets": "target_share",
    "minimum_sharing": "minimum_sharing",
    "commune_minimum": "commune_minimum",
    "mandatory_hamlet": "mandatory_hamlets",
    "mandatory_host": "mandatory_hosts",
    "mandatory_place": "mandatory_hosts",
    "forbidden_hosts": "forbidden_hosts",
    "maximum_hops": "maximum_hops",
    "built": "phases",
    "unpaid_lines": "funds",
}


def blamed_problems(
    plan: BuildingPlan, siting: SitingProblem, villages: VillageTable, goal: SitingGoal
) -> list[Problem]:
    """Return one problem for each limit that an infeasible plan blames.

    Parameters
    ----------
    plan : BuildingPlan
        With status "infeasible".
    siting : SitingProblem
    villages : VillageTable
    goal : SitingGoal
    """
    if not plan.blamed:
        lines = plan.blame or ("limits that some plan keeps: no plan keeps them all",)
        return [request_problem("limits", "", line) for line in lines]
    return [
        request_problem(
            _KEYS.get(blame.limit, blame.limit),
            _value(blame, siting, villages, goal),
            _expected(blame, len(siting.hamlets.village)),
        )
        for blame in plan.blamed
    ]


def _value(blame: Blame, siting: SitingProblem, villages: VillageTable, goal: SitingGoal) -> str:
    i = blame.index
    if blame.limit == "fund":
        return f"{goal.funds[i].name}: {blame.asked:g}"
    if blame.limit == "commune_minimum" and villages.commune is not None:
        return f"{sorted(set(villages.commune.tolist()) - {''})[i]}: {blame.asked:g}"
    if blame.limit == "mandatory_hamlet":
        return str(villages.village_id[siting.hamlets.village[i]])
    if blame.limit == "mandatory_host":
        return siting.hosts.key[i]
    if blame.limit == "mandatory_place":
        return siting.hosts.place[siting.hosts.place_number.tolist().index(i)][1]
    if blame.limit == "forbidden_hosts":
        return ", ".join(siting.stock.options.forbidden_hosts)
    if blame.limit == "minimum_hamlets":
        return f"{blame.asked:g} hamlets"
    return f"{blame.asked:g}"


def _expected(blame: Blame, hamlets: int) -> str:
    with_others = ", together with the other changes named" if blame.together else ""
    if blame.limit in ("mandatory_hamlet", "mandatory_host", "mandatory_place"):
        return f"a plan without it: no plan keeps it and all other limits{with_others}"
    if blame.limit == "forbidden_hosts":
        return f"fewer forbidden hosts: no plan keeps all limits without them{with_others}"
    if blame.limit == "unpaid_lines":
        least = sufficient(blame.needed, True)
        return f"a fund of at least {least} for the lines that none may pay{with_others}"
    upward = blame.needed > blame.asked
    more = f"{'at least' if upward else 'at most'} {sufficient(blame.needed, upward)}"
    sure = "" if blame.proven else " (a nearer value may do)"
    unit = ""
    if blame.limit == "minimum_hamlets":
        unit = f" hamlets (target_share = {math.floor(1000 * blame.needed / hamlets) / 1000:g})"
    return f"{more}{unit}: only then some plan keeps all limits{sure}{with_others}"
