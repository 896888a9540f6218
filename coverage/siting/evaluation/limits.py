"""What was asked of a plan held against what it is: money, funds, years, sharing, and every minimum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, combinations

from ..costs import LINES
from ..inputs import VillageTable
from ..options import SitingGoal, SitingOptions
from ..proposal import Proposal, ProposedStation
from .bill import Bill
from .findings import Findings

__all__ = ["check_limits", "check_money", "check_phases", "check_proof", "sharing_ratio"]

_OPTIMAL = 1e-6
"""Bound and plan may differ by so much where "optimal" is said."""


def sharing_ratio(stations: Sequence[ProposedStation]) -> float | None:
    """Return the share of stations on somebody else's structure; None for an empty plan."""
    foreign = sum(s.kind != "new_tower" and s.owner != s.operator for s in stations)
    return foreign / len(stations) if stations else None


def check_money(
    proposal: Proposal, bills: Sequence[Bill], options: SitingOptions, goal: SitingGoal, findings: Findings
) -> None:
    """Check the sum of the bills, the budget, and that the funds can pay what they say they pay."""
    total = math.fsum(value for bill in bills for _, value in bill.values())
    capital = math.fsum(once for bill in bills for once, _ in bill.values())
    findings.equal("cost", "", proposal.total_cost, total)
    findings.equal("cost", "capital", proposal.total_capital, capital)
    budget = math.fsum(p.budget for p in goal.phases) if goal.phases else options.budget
    findings.equal("budget", "budget", proposal.budget, options.budget)
    findings.at_most("budget", "", total, budget)
    if goal.funds:
        _check_funds(proposal, bills, total, goal, findings)


def _check_funds(
    proposal: Proposal, bills: Sequence[Bill], total: float, goal: SitingGoal, findings: Findings
) -> None:
    asked, used = {f.name: f for f in goal.funds}, {f.name: f for f in proposal.funds}
    for name in sorted(set(asked) | set(used)):
        known = name in asked and name in used
        findings.hold("funds", name, known, "built" if name in used else "missing", "missing")
        if known:
            findings.equal("funds", f"{name} (limit)", used[name].limit, asked[name].limit)
            findings.at_most("funds", name, used[name].spent, asked[name].limit)
    findings.equal("funds", "", math.fsum(f.spent for f in proposal.funds), total, tolerance=1e-3)
    due = {line: math.fsum(bill[line][1] for bill in bills) for line in LINES}
    able = {line: [f.spent for f in proposal.funds if line in f.lines] for line in LINES}
    # Hall: money suffices line by line exactly where it does for every set of lines
    subsets = chain.from_iterable(combinations(LINES, n) for n in range(1, len(LINES) + 1))
    short = [
        lines
        for lines in subsets
        if sum(due[line] for line in lines)
        > math.fsum(f.spent for f in proposal.funds if set(lines) & set(f.lines)) + 1e-3
    ]
    payable = not short and all(able[line] for line in LINES if due[line] > 0)
    findings.hold("funds", ", ".join(short[0]) if short else "", payable, "enough", "not_enough")


def check_phases(
    proposal: Proposal, total_of: dict[str, float], served_by_year: dict[int, int], goal: SitingGoal,
    findings: Findings,
) -> None:  # fmt: skip
    """Check year by year what is spent, built and served, and that nobody hangs on a later station."""
    if not goal.phases:
        return
    years = [phase.year for phase in goal.phases]
    findings.hold("phases", "", [p.year for p in proposal.phases] == years, len(proposal.phases), len(years))
    money = 0.0
    for phase, claim in zip(goal.phases, proposal.phases, strict=False):
        money += phase.budget
        built = [s for s in proposal.stations if s.year is not None and s.year <= phase.year]
        spent = math.fsum(total_of[s.station_id] for s in built)
        year = str(phase.year)
        findings.equal("phases", f"{year} (budget)", claim.budget, money)
        findings.equal("phases", f"{year} (cost)", claim.cost, spent)
        findings.at_most("phases", f"{year} (cost)", spent, money)
        findings.equal("phases", f"{year} (stations)", claim.stations, len(built))
        findings.equal("phases", f"{year} (hamlets)", claim.villages, served_by_year[phase.year])
    when = {s.station_id: s.year for s in proposal.stations}
    for station in proposal.stations:
        own = station.year
        findings.hold("phases", station.station_id, own in years, "built", "not_built")
        above = when.get(station.hangs_on)
        if own is not None and above is not None:
            findings.hold("phases", f"{station.station_id} → {station.hangs_on}", above <= own, own, above)


def check_limits(
    proposal: Proposal,
    served_villages: Sequence[str],
    in_need: Sequence[str],
    villages: VillageTable,
    options: SitingOptions,
    goal: SitingGoal,
    findings: Findings,
) -> None:
    """Check every limit of the request on stations, structures and hamlets."""
    stations = proposal.stations
    findings.made["limits"] += 1
    for limit, found in ((goal.maximum_stations, len(stations)),):
        if limit is not None:
            findings.at_most("limits", "maximum_stations", found, limit)
    ratio = sharing_ratio(stations)
    if ratio is not None:
        findings.at_least("sharing", "minimum_sharing", ratio, goal.minimum_sharing)
    names = {name for s in stations for name in (s.site_key, s.host_id)}
    for host in options.mandatory_hosts:
        findings.hold("limits", f"mandatory_hosts {host}", host in names, "built", "not_built")
    for host in options.forbidden_hosts:
        findings.hold("limits", f"forbidden_hosts {host}", host not in names, "not_built", "built")
    served = set(served_villages)
    for hamlet in goal.mandatory_hamlets:
        holds = hamlet in served or hamlet not in in_need
        findings.hold("limits", f"mandatory_hamlets {hamlet}", holds, "served", "not_served")
    if villages.commune is not None:
        commune = dict(zip(map(str, villages.village_id), map(str, villages.commune), strict=True))
        for name, least in goal.commune_minimum.items():
            count = sum(commune[v] == name for v in served_villages)
            findings.at_least("limits", f"commune_minimum {name}", count, least)
    if goal.objective == "least_cost" and not goal.phases:
        wanted = math.ceil(goal.target_share * len(in_need) - 1e-9)
        findings.at_least("limits", "target_share", len(served_villages), wanted)


def check_proof(proposal: Proposal, value: float, border: bool, goal: SitingGoal, findings: Findings) -> None:
    """Check the value, that the bound is no worse than the plan, and that gap and status say the same."""
    if not border:
        findings.equal("value", "", proposal.value, value, tolerance=1e-3)
    most = goal.objective == "most_people" or bool(goal.phases)
    found = proposal.value if most else proposal.total_cost
    check = findings.at_most if most else findings.at_least
    check("value", "bound", found, proposal.bound)
    gap = 0.0 if found == proposal.bound else math.inf
    if found and math.isfinite(proposal.bound):
        gap = abs(proposal.bound - found) / abs(found)
    findings.equal("value", "gap", proposal.gap, gap, tolerance=1e-9)
    proven = proposal.status != "optimal" or gap <= _OPTIMAL
    findings.hold("value", "gap", proven, proposal.status, gap)
