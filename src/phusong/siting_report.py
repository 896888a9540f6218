"""What ``phusong site`` says about a plan: budgets, years, funds, robustness, and why."""

from __future__ import annotations

from .console import Reporter
from .coverage.siting.proposal import Proposal, ProposedStation, UnservedVillage
from .coverage.siting.tables import WORDS

__all__ = ["show_explanation", "show_studies"]


def show_studies(reporter: Reporter, proposal: Proposal) -> None:
    """Print funds, years, frontier and robustness, whatever was asked for."""
    say = reporter.say
    if proposal.status == "interrupted":
        reporter.console.print(say("plan_interrupted", gap=f"{proposal.gap:.2%}"))
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
        columns = ("budget", "cost", "stations", "served_villages", "value", "gap")
        points = [
            (round(p.budget), round(p.cost), p.stations, p.villages, round(p.people), f"{p.gap:.2%}")
            for p in proposal.frontier
        ]
        reporter.table([say(key) for key in columns], points)
    if proposal.robustness:
        heads = ("probability", "shift_db", "people_kept", "people_best", "gap")
        runs = [
            (
                f"{r.probability:.0%}",
                f"{r.shift_db:+g}",
                round(r.people_kept),
                round(r.people),
                f"{r.gap:.2%}",
            )
            for r in proposal.robustness
        ]
        reporter.table([say(key) for key in heads], runs)


def show_explanation(reporter: Reporter, proposal: Proposal) -> None:
    """Print why each station is built, and why each hamlet is left out."""
    for station in proposal.stations:
        reporter.console.print(_station(reporter, station), soft_wrap=True)
    for village in proposal.unserved_villages:
        reporter.console.print(_village(reporter, village), soft_wrap=True)


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


def _village(reporter: Reporter, village: UnservedVillage) -> str:
    parts = [
        reporter.say(
            "why_not",
            hamlet=village.village_id,
            people=village.people_without_service,
            reason=_word(reporter, village.reason),
        )
    ]
    if village.price is not None:
        parts.append(reporter.say("why_price", price=village.price, needs=", ".join(village.needs)))
    return "; ".join(parts)
