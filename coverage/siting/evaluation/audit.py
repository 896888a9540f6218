"""A proposal held against an evaluation of its own: everything that it claims and that was not confirmed.

Nothing here is taken from what makes the plans; the modules imported are data, physics and the evaluator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...antenna import AntennaPattern
from ...cells import CellTable, PointTable, TechnologyRule
from ...link_budget import LinkBudget
from ...propagation.terrain import PropagationSettings, TerrainModel
from ..costs import CostModel
from ..inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from ..options import SitingGoal, SitingOptions
from ..proposal import Proposal
from .bill import check_bill, check_lengths
from .evaluate import Evaluation, evaluate_plan, hamlets_reached
from .findings import Finding, Findings
from .hosts import check_hosts
from .limits import check_limits, check_money, check_phases, check_proof
from .links import check_links, smooth_ground_m

__all__ = ["Audit", "audit_plan"]

_Table = TypeVar("_Table", MastTable, PoleTable)


@dataclass(frozen=True)
class Audit:
    """What a proposal claims, held against an evaluation of its own.

    Attributes
    ----------
    evaluation : Evaluation
    made : mapping of str to int
        How many things each check of `findings.CHECKS` looked at.
    discrepancies : tuple of Finding
        Empty where everything that the proposal says was confirmed.
    """

    evaluation: Evaluation
    made: Mapping[str, int]
    discrepancies: tuple[Finding, ...]


def audit_plan(
    proposal: Proposal,
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
) -> Audit:
    """Evaluate a proposal by itself and say everything that it claims and the evaluation does not confirm.

    Checked: who is served, value and proof; every cost line, the budget, funds and years; structures and the
    room on them; every link, its clearance and the chain behind it; sharing and all minimums of the request.

    Parameters
    ----------
    proposal : Proposal
    terrain, cells, points, unserved, villages, masts, poles, fibre_nodes, costs, rules, settings, options, \
    goal, weight, patterns, link_budget
        As in `propose.propose`; never what the planner made of them.

    Returns
    -------
    Audit
    """
    goal, findings, stations = goal or SitingGoal(), Findings(), proposal.stations
    found = evaluate_plan(
        terrain, points, unserved, villages, masts, fibre_nodes, stations, proposal.radio, costs, rules,
        settings, options, patterns=patterns, link_budget=link_budget,
    )  # fmt: skip
    _check_service(proposal, found, points, villages, findings)
    worth = points.people if weight is None else weight
    value = _value(found, worth, points, villages, options, goal)
    check_proof(proposal, value, bool(found.doubtful.any()), goal, findings)
    known_masts, known_poles = _on_terrain(masts, terrain), _on_terrain(poles, terrain)
    for station, bill in zip(stations, found.bills, strict=True):
        check_bill(station, bill, findings)
        check_lengths(station, points, villages, known_masts, known_poles, options, findings)
    check_hosts(stations, masts, poles, findings)
    on_air = frozenset(str(m) for m in cells.mast_id[cells.operator == options.operator])
    check_links(
        stations, found.walks, on_air, masts, fibre_nodes, costs, options, goal.maximum_hops, findings
    )
    check_money(proposal, found.bills, options, goal, findings)
    ratio = math.nan if found.sharing_ratio is None else found.sharing_ratio
    claimed = math.nan if proposal.sharing_ratio is None else proposal.sharing_ratio
    findings.equal("sharing", "", claimed, ratio, tolerance=1e-9)
    cost_of = dict(zip((s.station_id for s in stations), found.station_cost, strict=True))
    check_phases(
        proposal, cost_of, _served_by_year(found, points, villages, proposal, options, goal), goal, findings
    )
    if stations or math.isfinite(proposal.gap):  # where nothing was found in time, nothing is promised
        check_limits(proposal, found.served_villages, found.in_need, villages, options, goal, findings)
    return Audit(found, dict(findings.made), tuple(findings.wrong))


def _check_service(
    proposal: Proposal, found: Evaluation, points: PointTable, villages: VillageTable, findings: Findings
) -> None:
    """Compare whom the plan says to serve, as a whole and station by station.

    At a doubtful point a hundredth of a decibel decides, and the planner's tables may see it the other way:
    its hamlet is left out, and its people may or may not be counted.
    """
    homes = {int(v) for v in points.village[found.doubtful] if v >= 0}
    open_ = {str(villages.village_id[v]) for v in homes}
    slack = 1e-6 + float(points.people[found.doubtful].sum())
    served, left = set(found.served_villages), [v.village_id for v in proposal.unserved_villages]
    claimed = [v for v in proposal.served_villages if v not in open_]
    findings.same_set("hamlets", claimed, sorted(served - open_), "served", "not_served")
    missed = sorted(set(found.in_need) - served - open_)
    findings.same_set("hamlets", [v for v in left if v not in open_], missed, "not_served", "served")
    findings.equal("people", "", proposal.people_newly_served, found.people_newly_served, tolerance=slack)
    times = found.covers.sum(axis=1)
    for k, station in enumerate(proposal.stations):
        mine = found.covers[:, k]
        for name, claim, points_of in (
            (station.station_id, station.people_newly_served, mine),
            (f"{station.station_id} only_by_it", station.people_only_by_it, mine & (times == 1)),
        ):
            findings.equal("people", name, claim, float(points.people[points_of].sum()), tolerance=slack)


def _value(
    found: Evaluation,
    worth: NDArray[np.float64],
    points: PointTable,
    villages: VillageTable,
    options: SitingOptions,
    goal: SitingGoal,
) -> float:
    """Return the weight of the points served and the bonus of the hamlets; forbidden ones earn nothing."""
    need, now = set(found.in_need), set(found.served_villages)
    total, forbidden = 0.0, set(goal.forbidden_hamlets)
    for p in np.flatnonzero(found.lacking).tolist():
        home = str(villages.village_id[points.village[p]]) if points.village[p] >= 0 else ""
        if home in need and home in forbidden:
            continue
        total += float(worth[p]) * (bool(found.covers[p].any()) + options.hamlet_bonus * (home in now))
    return total


def _served_by_year(
    found: Evaluation,
    points: PointTable,
    villages: VillageTable,
    proposal: Proposal,
    options: SitingOptions,
    goal: SitingGoal,
) -> dict[int, int]:
    """Return how many hamlets are served at the end of each year."""
    counts = {}
    for phase in goal.phases:
        built = np.array([s.year is not None and s.year <= phase.year for s in proposal.stations], bool)
        served = np.asarray(found.covers[:, built].any(axis=1))
        now = hamlets_reached(points, found.lacking, served, villages, options.share_of_people)[1]
        counts[phase.year] = len(now)
    return counts


def _on_terrain(table: _Table, terrain: TerrainModel) -> _Table:
    """Leave out structures off the terrain or in a void: they count for nothing."""
    there = zip(table.x_m.tolist(), table.y_m.tolist(), strict=True)
    return table.take(np.isfinite(np.array([smooth_ground_m(terrain, x, y) for x, y in there], np.float64)))
