"""What ``phusong site`` says about a plan: budgets, years, funds, robustness, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .console import Reporter
from .coverage.siting.evaluation.audit import Audit
from .coverage.siting.proposal import Proposal, ProposedStation, UnservedVillage
from .coverage.siting.tables import WORDS
from .errors import DiscrepancyError, InterruptedSearchError

__all__ = ["settle", "show_check", "show_explanation", "show_studies"]

_SHOWN = 20
_NO_PLAN = "infeasible"


def show_studies(reporter: Reporter, proposal: Proposal) -> None:
    """Print funds, years, frontier and robustness, whatever was asked for."""
    say = reporter.say
    if not math.isfinite(proposal.gap) and not proposal.stations:
        reporter.console.print(say("nothing_found"), style="yellow")
    elif proposal.status == "interrupted":
        reporter.console.print(say("plan_interrupted", gap=f"{proposal.gap:.2%}"), style="yellow")
    if proposal.funds:
        rows = [(f.name, round(f.limit), round(f.spent)) for f in proposal.funds]
        reporter.table([say(key) for key in ("fund", "limit", "spent")], rows)
    if proposal.phases:
        keys = ("year", "budget", "cost", "stations", "served_villages", "objective_value", "best_value")
        years = [
            (str(p.year), round(p.budget), round(p.cost), p.stations, p.villages, round(p.value),
             round(p.best_value))
            for p in proposal.phases
        ]  # fmt: skip
        reporter.table([say(key) for key in keys], years)
    if proposal.frontier:
        _show_frontier(reporter, proposal)
    if proposal.robustness:
        _show_robustness(reporter, proposal)


def _show_frontier(reporter: Reporter, proposal: Proposal) -> None:
    """Print the budgets that allow a plan as a table, the others on a line each."""
    heads = ("budget", "cost", "stations", "served_villages", "value", "gap")
    points = [
        (round(p.budget), round(p.cost), p.stations, p.villages, round(p.people), f"{p.gap:.2%}")
        for p in proposal.frontier
        if p.status != _NO_PLAN
    ]
    if points:
        reporter.table([reporter.say(key) for key in heads], points)
    for p in proposal.frontier:
        if p.status == _NO_PLAN:
            told = f"{reporter.say('budget')} {p.budget:,.0f}: {_word(reporter, _NO_PLAN)}"
            reporter.console.print(told, markup=False)


def _show_robustness(reporter: Reporter, proposal: Proposal) -> None:
    """Print the assumptions under which a plan exists as a table, the others on a line each."""
    heads = ("probability", "shift_db", "people_kept", "people_best", "gap")
    runs = [
        (f"{r.probability:.0%}", f"{r.shift_db:+g}", round(r.people_kept), round(r.people), f"{r.gap:.2%}")
        for r in proposal.robustness
        if r.status != _NO_PLAN
    ]
    if runs:
        reporter.table([reporter.say(key) for key in heads], runs)
    for r in proposal.robustness:
        if r.status == _NO_PLAN:
            under = f"{r.probability:.0%}, {r.shift_db:+g} dB"
            reporter.console.print(f"{under}: {_word(reporter, _NO_PLAN)}", markup=False)


def show_check(reporter: Reporter, audit: Audit) -> None:
    """Print the verdict of the independent check; every discrepancy on a line of its own."""
    made, wrong = sum(audit.made.values()), audit.discrepancies
    if not wrong:
        reporter.console.print(reporter.say("check_passed", made=made), style="green")
        return
    reporter.console.print(reporter.say("check_failed", made=made, wrong=len(wrong)), style="bold red")
    for finding in wrong[:_SHOWN]:
        reporter.console.print(f"  {finding.line(reporter.language)}", soft_wrap=True, markup=False)
    if len(wrong) > _SHOWN:
        reporter.console.print(f"  … +{len(wrong) - _SHOWN}", markup=False)


def settle(reporter: Reporter, proposal: Proposal, audit: Audit) -> None:
    """Let the exit status tell what became of a plan that has been written.

    Raises
    ------
    DiscrepancyError
        The audit does not confirm it.
    InterruptedSearchError
        Ctrl-C ended the search.
    """
    if audit.discrepancies:
        raise DiscrepancyError(reporter.say("check_exit", wrong=len(audit.discrepancies)))
    if proposal.status == "interrupted":
        raise InterruptedSearchError(reporter.say("interrupted_exit"))


def show_explanation(reporter: Reporter, proposal: Proposal, names: Mapping[str, str]) -> None:
    """Print why each station is built, and why each hamlet is left out; `names` of hamlets by their ids."""
    for station in proposal.stations:
        reporter.console.print(_station(reporter, station), soft_wrap=True, markup=False)
    for village in proposal.unserved_villages:
        reporter.console.print(_village(reporter, village, names), soft_wrap=True, markup=False)


def _word(reporter: Reporter, code: str) -> str:
    return WORDS[code][reporter.language == "vi"]


def _station(reporter: Reporter, station: ProposedStation) -> str:
    say = reporter.say
    parts = [
        say(
            "why_station",
            station=station.station_id,
            kind=_word(reporter, station.kind),
            host=station.host_id,
            year="" if station.year is None else f" ({station.year})",
            people=station.people_newly_served,
            cost=station.total_cost,
            lost=station.people_lost_without,
        )
    ]
    if station.hangs_on:
        parts.append(say("why_chain", parent=station.hangs_on, hops=station.hops))
    if station.replacement is not None:
        found = station.replacement
        parts.append(
            say("why_replacement", candidate=found.candidate_id, people=found.people, cost=found.cost)
        )
    if station.sharing_saves is not None:
        parts.append(say("why_sharing", saves=station.sharing_saves))
    return "; ".join(parts)


def _village(reporter: Reporter, village: UnservedVillage, names: Mapping[str, str]) -> str:
    parts = [
        reporter.say(
            "why_not",
            hamlet=f"{village.village_id} {names.get(village.village_id, '')}".rstrip(),
            people=village.people_without_service,
            reason=_word(reporter, village.reason),
        )
    ]
    if village.price is not None:
        parts.append(reporter.say("why_price", price=village.price, needs=", ".join(village.needs)))
    return "; ".join(parts)
