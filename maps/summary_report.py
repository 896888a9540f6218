"""The report for decision makers: the answer on two pages, then everything behind it; HTML, DOCX and PDF."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..coverage.siting.tables import WORDS
from ..gis_data.gap_schema import CAUSE_LABELS
from .figures_base import MOST_PIXELS
from .figures_later import overview_map, reason_figure
from .plan_report_words import say_date, say_number, say_share
from .report_blocks import Block, Heading, KeyNumbers, Paragraph, Picture
from .report_docx import write_docx
from .report_html import write_html
from .report_pdf import write_pdf
from .summary_report_content import SummaryContent
from .summary_report_details import detail_blocks
from .summary_report_words import say

__all__ = ["summary_blocks", "write_summary_report"]

_EASY = ("tilt", "azimuth", "carrier", "height")


def write_summary_report(folder: Path, content: SummaryContent) -> list[Path]:
    """Write ``report.html``, ``report.docx`` and ``report.pdf``; return the three paths.

    Raises
    ------
    OutputLockedError
        A file cannot be replaced.
    """
    blocks = summary_blocks(content)
    title = say("title", content.language, area=content.area)
    paths = [folder / f"report.{kind}" for kind in ("html", "docx", "pdf")]
    write_html(paths[0], title, blocks, content.language)
    write_docx(paths[1], title, blocks, content.language, content.as_of)
    write_pdf(paths[2], title, blocks, content.language, content.as_of, footer=content.source())
    return paths


def summary_blocks(content: SummaryContent) -> list[Block]:
    """Return the report as headings, paragraphs, tables and pictures, for any kind of file."""
    language = content.language
    blocks: list[Block] = []
    if content.synthetic:
        blocks.append(Paragraph(say("synthetic", language), "warning"))
        blocks.append(Paragraph(say("synthetic_report", language), "warning"))
    day = say_date(content.as_of, language)
    blocks += [
        Paragraph(say("as_of_line", language, day=day), "note"),
        _key_numbers(content),
        Heading(say("section_gaps", language)),
        *_gaps(content),
        Heading(say("section_why", language)),
        *_why(content),
        Heading(say("section_proposal", language)),
        *_proposal(content),
        Heading(say("section_promises", language)),
        *_promises(content),
        Heading(say("section_overview", language), new_page=True),
        *_overview(content),
        *content.pictures.get(
            ("reasons", content.dead_reasons()[["cause", "population"]], language, content.source()),
            say("fig_reasons", language),
            lambda: reason_figure(content),
        ),
    ]
    return [*blocks, *detail_blocks(content)]


def _overview(content: SummaryContent) -> list[Picture]:
    language, ground, villages = content.language, content.ground(), content.villages
    return content.pictures.get(
        (
            "overview", content.ground_key(MOST_PIXELS), villages[["verdict", "geometry"]],
            content.stations.geometry, language, content.source(),
        ),
        say("section_overview", language),
        lambda: overview_map(ground, villages, content.stations, language, content.source()),
        vector=False,
    )  # fmt: skip


def _number(content: SummaryContent, value: float) -> str:
    return say_number(value, content.language)


def _key_numbers(content: SummaryContent) -> KeyNumbers:
    language, proposal, dead = content.language, content.proposal, content.dead()
    people, everybody = dead["population"].sum(), content.villages["population"].sum()
    uncertain = int((dead["confidence"] == "uncertain").sum())
    return KeyNumbers(
        (
            (
                _number(content, len(dead)),
                say("key_dead", language, all=_number(content, len(content.villages))),
            ),
            (
                _number(content, people),
                say("key_dead_people", language, share=_share(content, people, everybody)),
            ),
            (_number(content, uncertain), say("key_uncertain", language)),
            (_number(content, len(proposal.stations)), say("key_stations", language)),
            (
                _number(content, proposal.total_cost),
                say("key_cost", language, currency=content.currency, years=content.horizon_years),
            ),
            (
                _number(content, len(proposal.served_villages)),
                say("key_served", language, people=_number(content, proposal.people_newly_served)),
            ),
        )
    )


def _share(content: SummaryContent, part: float, whole: float) -> str:
    return say_share(part / whole, content.language) if whole else "–"


def _gaps(content: SummaryContent) -> list[Block]:
    language, dead, villages = content.language, content.dead(), content.villages
    everyone = villages["population"].sum()
    count = {code: int((villages["verdict"] == code).sum()) for code in set(villages["verdict"])}

    def of(code: str) -> str:
        return _number(content, count.get(code, 0))

    blocks: list[Block] = []
    if dead.empty:
        blocks.append(
            Paragraph(say("answer_none_dead", language, all=_number(content, len(villages))), "strong")
        )
    else:
        line = say(
            "answer_dead", language, dead=_number(content, len(dead)), all=_number(content, len(villages)),
            white=of("no_signal"), dip=of("partial_signal"),
            people=_number(content, dead["population"].sum()),
            share=_share(content, dead["population"].sum(), everyone),
        )  # fmt: skip
        blocks.append(Paragraph(line, "strong"))
        sure = {c: int((dead["confidence"] == c).sum()) for c in ("certain", "likely", "uncertain")}
        doubtful = villages["confidence"].eq("uncertain") & villages["verdict"].isin(["fragile", "covered"])
        line = say(
            "answer_sure", language, **{name: _number(content, n) for name, n in sure.items()},
            measured=_number(content, (dead["decided_by"] == "measurement").sum()),
            fragile=_number(content, doubtful.sum()),
        )  # fmt: skip
        without = int((~dead["grid_power"].astype(bool)).sum()) if "grid_power" in dead else 0
        power = f" {say('answer_power', language, count=_number(content, without))}" if without else ""
        blocks.append(Paragraph(line + power))
    lesser = {"voice": of("voice_only"), "no_4g": of("no_4g"), "no_5g": of("no_5g")}
    if any(code in count for code in ("voice_only", "no_4g", "no_5g")):
        blocks.append(Paragraph(say("answer_lesser", language, **lesser)))
    return blocks


def _why(content: SummaryContent) -> list[Block]:
    language, rows = content.language, content.dead_reasons()
    if rows.empty:
        return []
    counts = rows["cause"].value_counts()
    causes = sorted(counts.index, key=lambda cause: (-counts[cause], list(CAUSE_LABELS).index(cause)))
    parts = [
        say(
            "why_part", language, cause=CAUSE_LABELS[cause][language == "vi"].lower(),
            count=_number(content, counts[cause]), share=_share(content, counts[cause], len(rows)),
        )
        for cause in causes
    ]  # fmt: skip
    remedies = rows["remedy"]
    remedy = say(
        "answer_remedy", language, easy=_number(content, remedies.isin(_EASY).sum()),
        station=_number(content, (remedies == "station").sum()), none=_number(content, remedies.isna().sum()),
    )  # fmt: skip
    return [Paragraph(say("answer_why", language, parts="; ".join(parts))), Paragraph(remedy)]


def _proposal(content: SummaryContent) -> list[Block]:
    language, proposal = content.language, content.proposal
    status = WORDS.get(proposal.status, (proposal.status, proposal.status))[language == "vi"]
    if not proposal.stations:
        blocks: list[Block] = [Paragraph(say("answer_no_station", language, status=status), "strong")]
    else:
        dead = set(content.dead()["village_id"])
        line = say(
            "answer_proposal", language, stations=_number(content, len(proposal.stations)),
            cost=_number(content, proposal.total_cost), currency=content.currency,
            years=content.horizon_years, capital=_number(content, proposal.total_capital),
            villages=_number(content, len(proposal.served_villages)),
            dead=_number(content, len(dead & set(proposal.served_villages))),
            people=_number(content, proposal.people_newly_served),
        )  # fmt: skip
        blocks = [Paragraph(line, "strong")]
    proof = [_proof(content, status)]
    if proposal.budget != float("inf"):
        budget = _number(content, proposal.budget)
        proof.insert(0, say("answer_budget", language, budget=budget, currency=content.currency))
    blocks.append(Paragraph(" ".join(proof)))
    if proposal.sharing_ratio is not None:
        share, today = say_share(proposal.sharing_ratio, language), _shared_today(content)
        blocks.append(Paragraph(say("answer_sharing", language, share=share, today=today)))
    blocks += [Paragraph(remark.vi if language == "vi" else remark.en) for remark in proposal.remarks]
    if proposal.unserved_villages:
        reasons = pd.Series([village.reason for village in proposal.unserved_villages]).value_counts()
        parts = [
            f"{WORDS[str(reason)][language == 'vi']} ({_number(content, number)})"
            for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))
        ]
        left = _number(content, len(proposal.unserved_villages))
        blocks.append(Paragraph(say("answer_left", language, count=left, parts="; ".join(parts))))
    return blocks


def _proof(content: SummaryContent, status: str) -> str:
    language, proposal = content.language, content.proposal
    gap, bound = say_number(100.0 * proposal.gap, language, 2) + " %", _number(content, proposal.bound)
    if proposal.objective == "least_cost":
        return say(
            "answer_proof_cost", language, status=status, bound=bound, currency=content.currency, gap=gap
        )
    value = _number(content, proposal.value)
    return say("answer_proof_value", language, status=status, value=value, bound=bound, gap=gap)


def _shared_today(content: SummaryContent) -> str:
    everywhere = content.sharing[content.sharing["scope"] == "all"]["ratio"]
    return say_share(float(everywhere.iloc[0]), content.language) if len(everywhere) else "–"


def _promises(content: SummaryContent) -> list[Block]:
    language = content.language
    targets = content.completion[content.completion["scope"] == "target"]
    if targets.empty:
        return [Paragraph(say("no_plans", language))]
    blocks: list[Block] = []
    for row in targets.to_dict("records"):
        line = say(
            "target_line", language, what=say(f"target.{row['subject']}", language),
            **{name: say_number(row[name], language) for name in ("total", "claimed", "supported")},
            **{name: say_share(row[name], language) for name in ("claimed_share", "supported_share")},
        )  # fmt: skip
        blocks.append(Paragraph(say("plan_target", language, plan=row["plan_id"], line=line)))
    odd = content.plan_items[content.plan_items["discrepancy"] != ""]
    for plan, rows in odd.groupby("plan_id", sort=True):
        blocks.append(
            Paragraph(say("plan_odd", language, plan=plan, count=_number(content, len(rows))), "strong")
        )
    return blocks
