"""What the report says of the proposal: its stations, their cost, other budgets, and hamlets left out."""

from __future__ import annotations

from ..coverage.siting.tables import WORDS, cost_table
from .figures_later import cost_figure, frontier_plot
from .plan_report_words import say_number
from .report_blocks import Block, Heading, ReportTable
from .summary_report_content import SummaryContent
from .summary_report_tables import long_table, text_of
from .summary_report_words import say

__all__ = ["siting_blocks"]


def siting_blocks(content: SummaryContent) -> list[Block]:
    """Return the sections on the proposal; none where there is nothing to say."""
    return [*_stations(content), *_other_budgets(content), *_left_out(content)]


def _stations(content: SummaryContent) -> list[Block]:
    language, at, proposal = content.language, content.language == "vi", content.proposal
    if not proposal.stations:
        return []
    rows = [
        (
            s.station_id, WORDS[s.kind][at], s.host_id, s.shared_with, "; ".join(s.technologies),
            say_number(s.antenna_height_m, language), WORDS[s.backhaul.kind][at], WORDS[s.power][at],
            say_number(len(s.villages_served), language), say_number(s.people_newly_served, language),
            say_number(s.total_cost, language),
        )
        for s in proposal.stations
    ]  # fmt: skip
    keys = (
        "station", "kind", "host", "shared", "technologies", "height", "backhaul", "power", "hamlets_count",
        "people_new",
    )  # fmt: skip
    header = (*(say(key, language) for key in keys), say("cost", language, currency=content.currency))
    blocks: list[Block] = [
        Heading(say("section_stations", language), wide=True),
        *long_table(content, header, rows, "proposals.xlsx"),
        Heading(say("section_costs", language)),
        *content.pictures.get(
            ("costs", cost_table(proposal), content.currency, language, content.source()),
            say("section_costs", language),
            lambda: cost_figure(proposal, content.currency, language, content.source()),
        ),
        _cost_table(content),
    ]
    return blocks


def _cost_table(content: SummaryContent) -> ReportTable:
    language = content.language
    sums = cost_table(content.proposal).groupby("line", sort=False)[["capital", "present_value"]].sum()
    rows = [
        (WORDS[str(line)][language == "vi"], *(say_number(float(v), language) for v in row))
        for line, row in zip(sums.index, sums.to_numpy(), strict=True)
    ]
    rows.append(
        (say("all_communes", language), *(say_number(float(v), language) for v in sums.sum().to_numpy()))
    )
    names = [say(key, language, currency=content.currency) for key in ("capital", "present_value")]
    return ReportTable((say("line", language), *names), tuple(rows), 1)


def _other_budgets(content: SummaryContent) -> list[Block]:
    language, proposal, currency = content.language, content.proposal, content.currency
    blocks: list[Block] = []
    if proposal.frontier:
        rows = [
            (
                *(say_number(n, language) for n in (p.budget, p.cost, p.stations, p.villages, p.people)),
                f"{say_number(100 * p.gap, language, 2)} %", WORDS[p.status][language == "vi"],
            )
            for p in proposal.frontier
        ]  # fmt: skip
        header = (
            *(say(key, language, currency=currency) for key in ("budget", "cost")),
            *(
                say(key, language)
                for key in ("stations_count", "hamlets_count", "people_new", "gap", "proof")
            ),
        )
        blocks += [
            Heading(say("section_frontier", language)),
            *content.pictures.get(
                ("frontier", proposal.frontier, currency, language, content.source()),
                say("section_frontier", language),
                lambda: frontier_plot(proposal, currency, language, content.source()),
            ),
            ReportTable(header, tuple(rows), 0),
        ]
    if proposal.phases:
        years = [
            (
                str(p.year), say_number(p.budget, language), say_number(p.cost, language),
                say_number(p.stations, language), say_number(p.villages, language),
            )
            for p in proposal.phases
        ]  # fmt: skip
        header = (
            say("year", language),
            *(say(key, language, currency=currency) for key in ("budget", "cost")),
            *(say(key, language) for key in ("stations_count", "hamlets_count")),
        )
        blocks += [Heading(say("section_phases", language)), ReportTable(header, tuple(years), 1)]
    return blocks


def _left_out(content: SummaryContent) -> list[Block]:
    language, left = content.language, content.proposal.unserved_villages
    if not left:
        return []
    villages = content.villages.set_index("village_id")
    rows = [
        (
            v.village_id, *(text_of(villages.at[v.village_id, name]) for name in ("name", "commune")),
            WORDS[v.reason][language == "vi"], say_number(v.people_without_service, language),
            say_number(float("nan") if v.price is None else v.price, language),
        )
        for v in left
    ]  # fmt: skip
    keys = ("village_id", "hamlet", "commune", "why_left", "people_without")
    header = (*(say(key, language) for key in keys), say("least_cost", language, currency=content.currency))
    return [Heading(say("section_left_out", language)), *long_table(content, header, rows, "proposals.xlsx")]
