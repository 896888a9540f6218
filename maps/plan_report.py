"""The report on a plan: what was promised, claimed and supported, discrepancies first, as HTML and DOCX."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.discrepancy_words import discrepancy_words
from ..gis_data.grid import Grid
from ..gis_data.match_words import why_words
from ..gis_data.result_schema import DISCREPANCY_LABELS, EVIDENCE_LABELS
from .plan_report_words import say, say_date, say_number, say_share
from .report_blocks import Block, Heading, Paragraph, Picture, ReportTable
from .report_docx import write_docx
from .report_html import write_html
from .words import Language

__all__ = ["PlanReport", "report_blocks", "write_plan_report"]

_COUNTS = ("total", "claimed", "supported", "contradicted", "not_checkable")
_SHARES = ("claimed_share", "supported_share", "supported_of_checkable")
_DISCREPANCIES = tuple(code for code in DISCREPANCY_LABELS if code)


@dataclass(frozen=True)
class PlanReport:
    """Everything that a report on one plan says.

    Attributes
    ----------
    plan_id, area : str
    language : {"vi", "en"}
    synthetic : bool
        True stands at the head of every report: the data are made up.
    as_of : date
    items : DataFrame
        Rows of the plan of `gis_data.result_schema.PLAN_STATUS` with x_m, y_m (grid's CRS; NaN unknown).
    completion, timeline, doubtful : DataFrame
        Rows of the plan of `PLAN_COMPLETION`, `PLAN_TIMELINE` and `VILLAGE_MATCHES`.
    masts : DataFrame
        x_m, y_m of all masts.
    terrain_m, land : ndarray, grid.shape
    grid : Grid
    assumptions, data_versions : tuple of (label, value)
    version : str
        Of the program.
    """

    plan_id: str
    area: str
    language: Language
    synthetic: bool
    as_of: date
    items: pd.DataFrame
    completion: pd.DataFrame
    timeline: pd.DataFrame
    doubtful: pd.DataFrame
    masts: pd.DataFrame
    terrain_m: NDArray[np.float32]
    land: NDArray[np.uint8]
    grid: Grid
    assumptions: tuple[tuple[str, str], ...]
    data_versions: tuple[tuple[str, str], ...]
    version: str


def write_plan_report(folder: Path, stem: str, report: PlanReport) -> list[Path]:
    """Write the report as ``<stem>.html`` (self-contained) and ``<stem>.docx``; return the two paths.

    Raises
    ------
    OutputLockedError
        A file cannot be replaced.
    """
    blocks = report_blocks(report)
    title = say("report_title", report.language, plan=report.plan_id)
    paths = [folder / f"{stem}.html", folder / f"{stem}.docx"]
    write_html(paths[0], title, blocks, report.language)
    write_docx(paths[1], title, blocks, report.language, report.as_of)
    return paths


def _numbered(blocks: list[Block]) -> list[Block]:
    """Number the headings of the sections that there are: not every report has all of them."""
    number = count(1)
    return [
        replace(block, text=f"{next(number)}. {block.text}") if isinstance(block, Heading) else block
        for block in blocks
    ]


def report_blocks(report: PlanReport) -> list[Block]:
    """Return the report as headings, paragraphs, tables and pictures, for any kind of file.

    The headings have their numbers.
    """
    return _numbered(_blocks(report))


def _blocks(report: PlanReport) -> list[Block]:
    language = report.language
    blocks: list[Block] = []
    if report.synthetic:
        blocks.append(Paragraph(say("synthetic", language), "warning"))
        blocks.append(Paragraph(say("synthetic_report", language), "warning"))
    blocks += [
        Paragraph(say("report_area", language, area=report.area)),
        Paragraph(say("report_as_of", language, day=say_date(report.as_of, language))),
        Paragraph(say("report_basis", language), "note"),
        *_summary(report),
        *_discrepancies(report),
        Heading(say("section_timeline", language)),
    ]
    from .plan_pictures import timeline_picture  # matplotlib: many runs have no plan

    picture = timeline_picture(report.timeline, language)
    if picture is not None:
        blocks.append(Picture(picture, say("timeline_alt", language)))
    blocks.append(Heading(say("section_map", language)))
    from .plan_pictures import map_picture

    picture = map_picture(report.items, report.masts, report.terrain_m, report.land, report.grid, language)
    if picture is None:
        blocks.append(Paragraph(say("no_place", language)))
    else:
        blocks.append(Picture(picture, say("map_alt", language)))
    blocks += [Heading(say("section_items", language), wide=True), _item_table(report.items, language, False)]
    blocks += _doubtful(report)
    for key, pairs in (("assumptions", report.assumptions), ("versions", report.data_versions)):
        blocks.append(Heading(say(f"section_{key}", language)))
        blocks.append(ReportTable((), tuple(pairs)))
    blocks.append(Paragraph(say("made_by", language, version=report.version), "note"))
    return blocks


def _summary(report: PlanReport) -> list[Block]:
    language = report.language
    targets, kinds = (report.completion[report.completion["scope"] == scope] for scope in ("target", "kind"))
    blocks: list[Block] = [Heading(say("section_summary", language))]
    for row in targets.to_dict("records"):
        line = say(
            "target_line", language, what=say(f"target.{row['subject']}", language),
            **{name: say_number(row[name], language) for name in ("total", "claimed", "supported")},
            **{name: say_share(row[name], language) for name in ("claimed_share", "supported_share")},
        )  # fmt: skip
        checkable = int(row["supported"]) + int(row["contradicted"])
        if 0 < checkable < int(row["claimed"]):
            line += " " + say(
                "checkable_part", language, supported=say_number(row["supported"], language),
                checkable=say_number(checkable, language),
                supported_of_checkable=say_share(row["supported_of_checkable"], language),
            )  # fmt: skip
        blocks.append(Paragraph(line, "strong"))
    for code in _DISCREPANCIES:
        count = int((report.items["discrepancy"] == code).sum())
        if count:
            what = say(f"discrepancy.{code}", language)
            blocks.append(Paragraph(say("discrepancy_line", language, what=what, count=count)))
    blocks.append(_count_table("targets", targets, "target", language))
    blocks.append(_count_table("by_kind", kinds, "plan_kind", language))
    return blocks


def _count_table(title: str, rows: pd.DataFrame, family: str, language: Language) -> ReportTable:
    names = (*_COUNTS, *_SHARES)
    header = (say(title, language), *(say(name, language) for name in names))
    body = tuple(
        (
            say(f"{family}.{row['subject']}", language),
            *(say_number(row[name], language) for name in _COUNTS),
            *(say_share(row[name], language) for name in names[len(_COUNTS) :]),
        )
        for row in rows.to_dict("records")
    )
    return ReportTable(header, body, numbers_from=1)


def _discrepancies(report: PlanReport) -> list[Block]:
    language = report.language
    chosen = report.items[report.items["discrepancy"] != ""]
    heading = Heading(say("section_discrepancies", language))
    if chosen.empty:
        return [heading, Paragraph(say("no_discrepancy", language))]
    return [heading, _item_table(chosen, language, True)]


def _item_table(items: pd.DataFrame, language: Language, discrepancies: bool) -> ReportTable:
    names = ["item", "kind", "subject", "commune", "operator", "deadline", "reported_on", "says", "evidence"]
    names = ["discrepancy", *names] if discrepancies else [*names, "source"]
    body = tuple(
        tuple(_item_cells(row, language)[name] for name in names) for row in items.to_dict("records")
    )
    return ReportTable(tuple(say(name, language) for name in names), body)


def _item_cells(row: dict[Any, Any], language: Language) -> dict[str, str]:
    by = str(row["decided_by"])
    position = 1 if language == "vi" else 0
    says = say(f"support.{row['support']}", language)
    return {
        "discrepancy": discrepancy_words(
            str(row["discrepancy"]), row.get("days_early"), row.get("days_late"), language
        ),
        "item": _text(row["item_id"]),
        "kind": say(f"plan_kind.{row['kind']}", language),
        "subject": _subject(row),
        "commune": _text(row["commune"]),
        "operator": _text(row["operator"]),
        "deadline": say_date(row["deadline"], language),
        "reported_on": say_date(row["reported_on"], language),
        "says": says if by == "none" else f"{says} ({EVIDENCE_LABELS[by][position]})",
        "evidence": _evidence(row, language),
        "source": _text(row["source"]),
    }


def _subject(row: dict[Any, Any]) -> str:
    hamlet = _text(row["village_name"]) or _text(row["village_id"])
    mast = _text(row["mast_id"])
    if row["kind"] == "station" and mast:
        return f"{mast} ({hamlet})" if hamlet else mast
    return hamlet


def _evidence(row: dict[Any, Any], language: Language) -> str:
    """Say why, and then every piece of evidence that there is."""
    parts = [say(f"reason.{row['reason']}", language)]
    if _text(row["evidence_cell"]):
        parts.append(
            say(
                "cell", language, cell=_text(row["evidence_cell"]),
                technology=_text(row["evidence_technology"]), operator=_text(row["evidence_operator"]),
            )
        )  # fmt: skip
    if not pd.isna(row["on_air_since"]):
        parts.append(say("since", language, day=say_date(row["on_air_since"], language)))
    for name, key, factor, digits in (("distance_m", "away", 0.001, 1), ("level_dbm", "level", 1.0, 0)):
        value = float(row[name])
        if np.isfinite(value):
            word = {"away": "km", "level": "level"}[key]
            parts.append(say(key, language, **{word: say_number(factor * value, language, digits)}))
    if np.isfinite(float(row["p_covered"])):
        parts.append(say("probability", language, p=say_number(float(row["p_covered"]), language, 2)))
    if int(row["samples"]):
        share = say_share(float(row["share_samples"]), language)
        parts.append(say("samples", language, count=int(row["samples"]), share=share))
    if row["responsible_serves"] is False or row["responsible_serves"] is np.False_:
        parts.append(say("not_responsible", language))
    return "; ".join(parts)


def _doubtful(report: PlanReport) -> list[Block]:
    language = report.language
    if report.doubtful.empty:
        return []
    header = tuple(say(key, language) for key in ("item", "register_name", "commune", "candidates", "why"))
    rows = []
    for item, group in report.doubtful.groupby("item_id", sort=False):
        named = group[group["village_id"].notna()]
        parts = (named[name].astype(str) for name in ("candidate_name", "candidate_commune", "village_id"))
        candidates = [f"{name}, {commune} ({village})" for name, commune, village in zip(*parts, strict=True)]
        first = group.iloc[0]
        texts = (_text(first["village_name"]), _text(first["commune"]), "; ".join(candidates))
        rows.append((str(item), *texts, why_words(_text(first["why"]), language)))
    return [Heading(say("section_doubtful", language)), ReportTable(header, tuple(rows))]


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
