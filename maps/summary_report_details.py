"""What stands behind the two pages: tables and figures of every part, method, assumptions, limits, data."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pandas as pd

from ..gis_data.discrepancy_words import discrepancy_words
from ..gis_data.gap_schema import CAUSE_LABELS, PLACE_KIND_LABELS, REMEDY_LABELS
from ..gis_data.result_schema import CONFIDENCE_LABELS, VERDICT_LABELS
from ..gis_data.verdict_words import verdict_words
from .classes import level_edges
from .figures_base import MOST_PIXELS
from .figures_later import commune_figure, plan_figure, sheet_layers, year_figure
from .plan_report_words import say_date, say_number, say_share
from .report_blocks import Block, Heading, Paragraph, Picture, ReportTable
from .sheet_picture import SheetLayers, sheet_png
from .summary_report_content import SummaryContent
from .summary_report_siting import siting_blocks
from .summary_report_tables import long_table, text_of
from .summary_report_words import SUMMARY_WORDS, say

__all__ = ["detail_blocks"]

_METHOD = ("levels", "rule", "samples", "confidence", "siting", "plans")
_LIMITS = ("predicted", "relief", "outdoors", "capacity", "lists", "costs", "threshold")


def detail_blocks(content: SummaryContent) -> list[Block]:
    """Return everything after the first two pages; the headings have numbers, the first begins a page."""
    blocks = [
        *_years(content),
        *_today(content),
        *_sheets(content),
        *_communes(content),
        *_hamlets(content),
        *siting_blocks(content),
        *_plans(content),
        *_duties(content),
        *_method(content),
    ]
    number = count(1)
    numbered = [
        replace(block, text=f"{next(number)}. {block.text}") if isinstance(block, Heading) else block
        for block in blocks
    ]
    first = numbered[0]
    assert isinstance(first, Heading)
    return [replace(first, new_page=True), *numbered[1:]]


def _years(content: SummaryContent) -> list[Block]:
    language, years = content.language, content.years
    blocks: list[Block] = [
        Heading(say("section_years", language)),
        *content.pictures.get(
            ("years", years, language, content.source()),
            say("section_years", language),
            lambda: year_figure(content),
        ),
        Paragraph(say("years_note", language), "note"),
    ]
    if content.undated_cells:
        numbers = {"count": content.undated_cells, "all": content.cells}
        words = {name: say_number(value, language) for name, value in numbers.items()}
        blocks.append(Paragraph(say("undated", language, **words), "note"))
    technologies = list(dict.fromkeys(years["technology"]))
    rows = []
    for day, part in years.groupby("year_end", sort=True):
        covered = dict(zip(part["technology"], part["people_covered"].astype(float), strict=True))
        first = part.iloc[0]
        whole = float(first["people"])
        cells = []
        for technology in technologies:
            people = covered[technology]
            cells += [say_number(people, language), say_share(people / whole if whole else 0.0, language)]
        dead = [say_number(float(first[name]), language) for name in ("dead_hamlets", "dead_people")]
        rows.append((say_date(day, language), *cells, *dead))
    heads = [head for technology in technologies for head in (technology, "%")]
    header = (say("year_end", language), *heads, say("dead", language), say("dead_people", language))
    return [*blocks, ReportTable(header, tuple(rows), 1)]


def _today(content: SummaryContent) -> list[Block]:
    language, table = content.language, content.operators
    rows = []
    everywhere = table[table["scope"] == "all"]
    areas = content.areas.set_index("technology")["share_area"]
    for row in everywhere.to_dict("records"):
        operator = str(row["operator"])
        area = areas.get(row["technology"]) if not operator else None
        rows.append(
            (
                operator or say("any_operator", language), str(row["technology"]),
                say_number(row["people_covered"], language), say_share(row["share_people"], language),
                say_number(row["hamlets_served"], language), say_number(row["bts"], language),
                "" if area is None else say_share(float(area), language),
            )
        )  # fmt: skip
    keys = ("operator", "technology", "covered_people", "share", "served_hamlets", "bts", "area_share")
    blocks: list[Block] = [
        Heading(say("section_today", language)),
        ReportTable(tuple(say(key, language) for key in keys), tuple(rows), 2),
        Paragraph(say("share_note", language), "note"),
    ]
    return [*blocks, *_sharing(content)]


def _sharing(content: SummaryContent) -> list[Block]:
    language, table = content.language, content.sharing
    everywhere = table[table["scope"] == "all"]
    if everywhere.empty or pd.isna(everywhere["ratio"].iloc[0]):
        return []
    row = everywhere.iloc[0]
    words = {
        "ratio": say_share(float(row["ratio"]), language),
        "shared": say_number(row["masts_shared"], language),
        "masts": say_number(row["masts"], language),
    }
    stated = table[table["scope"] == "reference"]
    if stated.empty:
        return [Paragraph(say("sharing_only", language, **words))]
    texts = [
        f"{name} {say_share(float(ratio), language)} ({source})"
        for name, ratio, source in zip(stated["subject"], stated["ratio"], stated["source"], strict=True)
    ]
    return [Paragraph(say("stated_sharing", language, stated="; ".join(texts), **words))]


def _sheets(content: SummaryContent) -> list[Block]:
    language = content.language
    if not content.levels_dbm:
        return []
    blocks: list[Block] = [Heading(say("section_sheets", language))]
    for technology in content.levels_dbm:
        blocks += _sheet(content, technology)
    return blocks


def _sheet(content: SummaryContent, technology: str) -> list[Picture]:
    keys, rule, own = content.levels_key, content.rules[technology], content.masts_with(technology)
    levels = content.levels_dbm[technology] if keys is None else keys[technology]
    frame = (
        technology, content.ground_key(MOST_PIXELS), rule, content.area, content.model, content.language,
        content.source(),
    )  # fmt: skip
    layers = content.pictures.part(
        ("sheet layers", *frame), lambda: sheet_layers(content, technology).as_bytes()
    )

    def png() -> bytes:
        level_dbm, grid = content.levels_dbm[technology], content.grid
        pixel_m = grid.resolution_m * max(1, round(max(grid.shape) / max(level_dbm.shape)))
        corner, at = (grid.x_left_m, grid.y_top_m, pixel_m), (own.x.to_numpy(), own.y.to_numpy())
        return sheet_png(SheetLayers.from_bytes(layers()), level_dbm, level_edges(rule), corner, at)

    alternative = say("fig_sheet", content.language, technology=technology)
    return [content.pictures.png(("sheet", levels, own, *frame), alternative, png)]


def _communes(content: SummaryContent) -> list[Block]:
    language = content.language
    table = content.totals
    lacking = table[[f"hamlets_{code}" for code in ("no_signal", "partial_signal", "voice_only", "no_4g")]]
    chosen = table[(lacking.sum(axis=1) > 0) | (table["scope"] == "all")]
    codes = ("no_signal", "partial_signal", "voice_only", "no_4g", "no_5g")
    rows = [
        (
            str(row["commune"]) if row["scope"] == "commune" else say("all_communes", language),
            *(say_number(row[name], language) for name in ("hamlets", "people")),
            *(say_number(row[f"hamlets_{code}"], language) for code in codes),
            say_number(row["dead_people"], language),
            say_share(row["share_people_dead"], language),
        )
        for row in chosen.to_dict("records")
    ]
    labels = [VERDICT_LABELS[code][language == "vi"] for code in codes]
    header = (
        say("commune", language), say("hamlets", language), say("people_head", language), *labels,
        say("dead_people", language), say("share", language),
    )  # fmt: skip
    heading = Heading(say("section_communes", language))
    picture = content.pictures.get(
        ("communes", table, language, content.source()),
        say("fig_communes", language),
        lambda: commune_figure(content),
    )
    return [heading, *picture, ReportTable(header, tuple(rows), 1)]


def _hamlets(content: SummaryContent) -> list[Block]:
    language, dead = content.language, content.dead()
    if dead.empty:
        return []
    at = language == "vi"
    reasons = content.reasons.drop_duplicates("village_id").set_index("village_id")
    station = {v: s.station_id for s in content.proposal.stations for v in s.villages_served}
    ordered = dead.sort_values(["population", "village_id"], ascending=[False, True], kind="stable")
    rows = []
    for row in ordered.to_dict("records"):
        village = str(row["village_id"])
        known: dict[Any, Any] = reasons.loc[village].to_dict() if village in reasons.index else {}
        remedy, price = known.get("remedy"), known.get("remedy_price")
        rows.append(
            (
                village, text_of(row["name"]), text_of(row["commune"]),
                say_number(row["population"], language),
                verdict_words(str(row["verdict"]), row.get("signal_gap"), language),
                CONFIDENCE_LABELS[row["confidence"]][at],
                CAUSE_LABELS[known["cause"]][at] if known else "",
                REMEDY_LABELS[remedy][at] if isinstance(remedy, str) else say("measure_none", language),
                say_number(float("nan") if price is None else float(price), language),
                station.get(village, ""),
            )
        )  # fmt: skip
    keys = ("village_id", "hamlet", "commune", "people_head", "verdict", "confidence", "cause", "cheapest")
    header = (
        *(say(key, language) for key in keys),
        say("remedy_cost", language, currency=content.currency), say("proposed_station", language),
    )  # fmt: skip
    heading = Heading(say("section_hamlets", language), wide=True)
    return [heading, *long_table(content, header, rows, "gaps.xlsx")]


def _plans(content: SummaryContent) -> list[Block]:
    language = content.language
    if content.completion.empty:
        return []
    blocks: list[Block] = [Heading(say("section_plans", language))]
    for plan in sorted(set(content.timeline["plan_id"])):
        blocks += _timeline(content, plan)
    names = ("total", "claimed", "supported", "contradicted", "not_checkable")
    targets = content.completion[content.completion["scope"] == "target"]
    rows = [
        (
            str(row["plan_id"]), say(f"target.{row['subject']}", language),
            *(say_number(row[name], language) for name in names), say_share(row["supported_share"], language),
        )
        for row in targets.to_dict("records")
    ]  # fmt: skip
    header = tuple(say(key, language) for key in ("plan", "what", *names, "supported_share"))
    blocks.append(ReportTable(header, tuple(rows), 2))
    return [*blocks, *_discrepancies(content)]


def _timeline(content: SummaryContent, plan: str) -> list[Picture]:
    rows = content.timeline[content.timeline["plan_id"] == plan]
    return content.pictures.get(
        ("timeline", plan, rows, content.language, content.source()),
        say("fig_timeline", content.language, plan=plan),
        lambda: plan_figure(content, plan),
    )


def _discrepancies(content: SummaryContent) -> list[Block]:
    language = content.language
    odd = content.plan_items[content.plan_items["discrepancy"] != ""]
    if odd.empty:
        return []
    rows = [
        (
            str(row["plan_id"]), str(row["item_id"]), say(f"plan_kind.{row['kind']}", language),
            text_of(row["village_name"]) or text_of(row["mast_id"]), text_of(row["commune"]),
            discrepancy_words(
                str(row["discrepancy"]), row.get("days_early"), row.get("days_late"), language
            ),
            say(f"reason.{row['reason']}", language),
        )
        for row in odd.to_dict("records")
    ]  # fmt: skip
    keys = ("plan", "item", "kind", "subject", "commune", "discrepancy", "evidence")
    words = Paragraph(say("doubts", language), "strong")
    return [words, *long_table(content, tuple(say(key, language) for key in keys), rows, "plans.xlsx")]


def _duties(content: SummaryContent) -> list[Block]:
    language, places = content.language, content.places
    if places.empty:
        return []
    rows = [
        (
            PLACE_KIND_LABELS[str(kind)][language == "vi"], str(technology), say_number(len(part), language),
            say_number((~part["covered"].astype(bool)).sum(), language),
        )
        for (kind, technology), part in places.groupby(["place_kind", "required_technology"], sort=True)
    ]  # fmt: skip
    keys = ("kind_of_place", "required_technology", "places_count", "places_lack")
    header = tuple(say(key, language) for key in keys)
    return [Heading(say("section_duties", language)), ReportTable(header, tuple(rows), 2)]


def _method(content: SummaryContent) -> list[Block]:
    language = content.language
    facts = {
        "model": content.model,
        "pixel": say_number(content.grid.resolution_m, language),
        "height": say_number(content.receiver_height_m, language, 1),
        "day": say_date(content.costs[1], language),
    }
    texts = {f"method_{name}": facts for name in _METHOD} | {
        f"limit_{name}": {**facts, "preset": content.criteria[0] if name == "threshold" else content.costs[0]}
        for name in _LIMITS
    }
    spoken = {
        key: SUMMARY_WORDS[key][0 if language == "vi" else 1].format(**values)
        for key, values in texts.items()
    }
    return [
        Heading(say("section_method", language)),
        *(Paragraph(text) for key, text in spoken.items() if key.startswith("method_")),
        Heading(say("section_assumptions", language)),
        ReportTable((), content.assumptions),
        Heading(say("section_limits", language)),
        *(Paragraph(text) for key, text in spoken.items() if key.startswith("limit_")),
        Heading(say("section_versions", language)),
        ReportTable((), content.data_versions),
    ]
