"""From the gap to a building plan: candidates, links, costs, coverage, the optimum and its reasons."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..antenna import AntennaPattern
from ..cells import CellTable, PointTable, TechnologyRule
from ..link_budget import LinkBudget
from ..propagation.terrain import PropagationSettings, TerrainModel
from .blame import blamed_problems
from .building.contract import BuildingPlan, BuildingRequest, Progress
from .checks import check_request
from .costs import CostModel
from .coverage_matrix import LevelCache
from .explain import explain_unserved
from .inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from .options import SitingGoal, SitingOptions
from .problem import SitingProblem, siting_problem
from .proposal import FrontierPoint, FundUse, Proposal, ProposedStation, RobustRun
from .remarks import remarks_on
from .request import building_request
from .stations import proposed_stations
from .studies import Phased, frontier_points, phased_plan, robust_runs, solve_siting_plan

__all__ = ["propose", "propose_from"]


def propose(
    terrain: TerrainModel,
    cells: CellTable,
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    villages: VillageTable,
    masts: MastTable,
    poles: PoleTable,
    fibre_nodes: FibreNodeTable,
    costs: CostModel,
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    options: SitingOptions,
    goal: SitingGoal | None = None,
    *,
    weight: NDArray[np.float64] | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    link_budget: LinkBudget | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    watch: Callable[[Progress], None] | None = None,
    cache: LevelCache | None = None,
) -> Proposal:
    """Propose new stations: most people for the money, or the least money for a share of the hamlets.

    Value: 1 for each person at a point newly covered, plus ``options.hamlet_bonus`` for each person without
    service in a hamlet that thereby reaches its share of people. Among plans of equal value the cheapest.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
        On air on the day of the plan.
    points : PointTable
    unserved : mapping of technology to ndarray of bool, (points,)
        For each of ``options.technologies``: points that lack it and are to get it. Points in no mask count
        as served when the share of a hamlet's people is taken; so the masks should be those of the builder's
        own service, in the hamlets that are to be served.
    villages : VillageTable
    masts : MastTable
    poles : PoleTable
    fibre_nodes : FibreNodeTable
    costs : CostModel
    rules : mapping of technology to TechnologyRule
    settings : PropagationSettings
    options : SitingOptions
    goal : SitingGoal, optional
        Default: most people within the budget.
    weight : ndarray of float64, (points,), optional
        Value of covering each point; default: its people.
    patterns : mapping of str to AntennaPattern, optional
        Patterns read from files.
    link_budget : LinkBudget, optional
    workers : int, optional
        Threads of the propagation; the result does not depend on it.
    progress : callable, optional
        Called with (hosts done, hosts in all) while coverage is computed.
    watch : callable, optional
        Called while a plan is sought.
    cache : LevelCache, optional
        Levels of candidates from earlier runs.

    Returns
    -------
    Proposal
        After Ctrl-C during the search: the best plan so far, with its bound and status "interrupted".

    Raises
    ------
    InputError
        A price, option, weight or mask is wrong; a mandatory or forbidden host is unknown, carries no
        candidate or contradicts another; or no plan keeps all limits: one line for each that is to blame.
    """
    goal = goal or SitingGoal()
    check_request(
        terrain, points, unserved, villages, masts, poles, costs, rules, options, goal, weight
    )  # fmt: skip
    siting = siting_problem(
        terrain, cells, points, unserved, villages, masts, poles, fibre_nodes, costs, rules, settings,
        options, weight=weight, patterns=patterns, link_budget=link_budget, workers=workers,
        progress=progress, cache=cache,
    )  # fmt: skip
    return propose_from(siting, points, unserved, villages, costs, rules, options, goal, watch=watch)


def propose_from(
    siting: SitingProblem,
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    villages: VillageTable,
    costs: CostModel,
    rules: Mapping[str, TechnologyRule],
    options: SitingOptions,
    goal: SitingGoal,
    *,
    watch: Callable[[Progress], None] | None = None,
) -> Proposal:
    """Return the proposal for a problem that is built already; parameters as in `propose`."""
    request = building_request(siting, villages, options, goal)
    phased = phased_plan(siting, request, goal.phases, progress=watch) if goal.phases else None
    plan = phased.plan if phased else solve_siting_plan(siting, request, progress=watch)
    if plan.status == "infeasible":
        raise InputError(blamed_problems(plan, siting, villages, goal))
    going_on = plan.status != "interrupted"
    stations = proposed_stations(
        siting, plan, points.people, villages, costs, options, request,
        phased.years if phased else {},
    )  # fmt: skip
    if phased:  # every year asks for most people
        request = replace(request, objective="most_value")
    unserved_villages = explain_unserved(siting, plan, request, villages, points.people, priced=going_on)
    frontier: tuple[FrontierPoint, ...] = ()
    robust: tuple[RobustRun, ...] = ()
    if going_on and goal.frontier:
        frontier = frontier_points(siting, request, goal.frontier, points.people, progress=watch)
        going_on = frontier[-1].status != "interrupted"
    if going_on and goal.robustness:
        masks = {t: unserved[t] for t in options.technologies}
        robust = robust_runs(siting, plan, request, goal, masks, rules, points.people, progress=watch)
    stations = _with_studies(stations, [p.hosts for p in frontier], [r.hosts for r in robust])
    return Proposal(
        stations=stations,
        unserved_villages=unserved_villages,
        served_villages=tuple(
            str(villages.village_id[v]) for v in siting.hamlets.village[np.flatnonzero(plan.groups_met)]
        ),
        people_newly_served=float(points.people[plan.served & siting.stock.lacking].sum()),
        total_capital=math.fsum(s.capital for s in stations),
        sharing_ratio=sum(bool(s.shared_with) for s in stations) / len(stations) if stations else None,
        remarks=remarks_on(siting, stations, options),
        frontier=frontier,
        robustness=robust,
        phases=phased.results if phased else (),
        **_about(siting, plan, request, phased, costs, options, goal),
    )


def _about(
    siting: SitingProblem,
    plan: BuildingPlan,
    request: BuildingRequest,
    phased: Phased | None,
    costs: CostModel,
    options: SitingOptions,
    goal: SitingGoal,
) -> dict[str, Any]:
    """Return what the proposal says about the question and the proof."""
    return {
        "operator": options.operator,
        "technologies": options.technologies,
        "currency": costs.currency,
        "budget": options.budget,
        "objective": "most_people" if phased else goal.objective,
        "funds": tuple(
            FundUse(fund.name, fund.limit, spent, tuple(line for line in fund.lines))
            for fund, spent in zip(goal.funds, plan.fund_spent, strict=True)
        ),
        "total_cost": plan.cost,
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status,
        "stopped": plan.stopped,
        "cheapest_proven": bool(plan.criteria_proven and plan.criteria_proven[0])
        or request.objective == "least_cost",
        "time_s": plan.time_s,
        "time_limit_s": options.time_limit_s,
        "gap_target": options.gap_target,
        "feasibility_tolerance": plan.feasibility_tolerance,
        "instance_hash": plan.instance_hash,
        "candidates": len(siting.stock.candidates),
        "candidates_kept": plan.kept_options,
        "demand_points": int(siting.stock.lacking.sum()),
        "demand_classes": plan.kept_demands,
        "radio": tuple(siting.stock.radio[t] for t in options.technologies),
    }


def _with_studies(
    stations: Sequence[ProposedStation],
    frontier: Sequence[tuple[str, ...]],
    robust: Sequence[tuple[str, ...]],
) -> tuple[ProposedStation, ...]:
    """Return the stations with their rank along the frontier and how often the runs choose their hosts."""
    often = Counter(key for hosts in robust for key in set(hosts))
    found = []
    for station in stations:
        ranks = [k for k, hosts in enumerate(frontier, start=1) if station.site_key in hosts]
        found.append(
            replace(
                station,
                frontier_rank=min(ranks, default=None),
                chosen_share=often[station.site_key] / len(robust) if robust else None,
            )
        )
    return tuple(found)
