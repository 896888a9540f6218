"""The report on a building plan for who decides: two pages, then the links; HTML, DOCX and PDF."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from ..coverage.siting.costs import LINES
from ..coverage.siting.evaluation.audit import Audit
from ..coverage.siting.proposal import Proposal, ProposedStation, UnservedVillage
from ..coverage.siting.tables import WORDS, candidate_words
from ..gis_data.grid import Grid
from .figures_base import PLAN_PIXELS, MapGround
from .figures_later import frontier_plot, links_figure, plan_map
from .kept_pictures import KeptPictures
from .plan_report_words import say_date, say_number, say_share
from .profile_plot import ProfilePlot
from .report_blocks import Block, Heading, KeyNumbers, Paragraph, Picture, ReportTable
from .report_docx import write_docx
from .report_html import write_html
from .report_pdf import write_pdf
from .siting_report_words import say
from .words import Language

__all__ = ["SitingReport", "siting_blocks", "write_siting_report"]

_MOST_STATIONS, _MOST_LEFT, _MOST_NAMES, _MOST_PROFILES = 12, 4, 3, 6
_SELDOM = 0.5
"""A host that fewer of the robustness runs choose is named."""


@dataclass(frozen=True)
class SitingReport:
    """Everything that the report says.

    Attributes
    ----------
    area : str
    language : {"vi", "en"}
    synthetic : bool
        The data are made up: said at the head.
    as_of : date
    version : str
        Of the program.
    currency : str
        In words.
    horizon_years : int
    proposal : Proposal
    audit : Audit
    names, communes : mapping of str to str
        Of hamlets, by their ids.
    stations, links, served, left, borders : GeoDataFrame
        For the map, in the CRS of the grid; `borders` are the communes.
    terrain_m, land : ndarray, grid.shape
    grid : Grid
    profiles : tuple of ProfilePlot
        Of the microwave hops.
    profile_files : mapping of str to str
        File of a station's hop.
    assumptions : tuple of (label, value)
    pictures : KeptPictures
        Those of earlier runs.
    """

    area: str
    language: Language
    synthetic: bool
    as_of: date
    version: str
    currency: str
    horizon_years: int
    proposal: Proposal
    audit: Audit
    names: Mapping[str, str]
    communes: Mapping[str, str]
    stations: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    served: gpd.GeoDataFrame
    left: gpd.GeoDataFrame
    borders: gpd.GeoDataFrame
    terrain_m: NDArray[np.float32]
    land: NDArray[np.uint8]
    grid: Grid
    profiles: tuple[ProfilePlot, ...]
    profile_files: Mapping[str, str]
    assumptions: tuple[tuple[str, str], ...]
    pictures: KeptPictures = field(default_factory=KeptPictures)

    def source(self) -> str:
        """Return what stands below every figure and page."""
        mark = say("mark", self.language) if self.synthetic else ""
        day = say_date(self.as_of, self.language)
        return say("footer", self.language, version=self.version, day=day, mark=mark)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as people of the language write it."""
        return say_number(value, self.language, digits)

    def word(self, code: str) -> str:
        """Return the word for a code of `coverage.siting.tables.WORDS`."""
        return WORDS.get(code, (code, code))[self.language == "vi"]


def write_siting_report(folder: Path, report: SitingReport) -> list[Path]:
    """Write ``proposals.html``, ``.docx`` and ``.pdf``; return the three paths.

    Raises
    ------
    OutputLockedError
        A file cannot be replaced.
    """
    blocks, language = siting_blocks(report), report.language
    title = say("title", language, area=report.area)
    paths = [folder / f"proposals.{kind}" for kind in ("html", "docx", "pdf")]
    write_html(paths[0], title, blocks, language)
    write_docx(paths[1], title, blocks, language, report.as_of)
    write_pdf(paths[2], title, blocks, language, report.as_of, footer=report.source())
    return paths


def siting_blocks(report: SitingReport) -> list[Block]:
    """Return the report as headings, paragraphs, tables and pictures, for any kind of file."""
    language, proposal = report.language, report.proposal
    blocks: list[Block] = []
    if report.synthetic:
        blocks.append(Paragraph(say("synthetic", language), "warning"))
    technologies, day = ", ".join(proposal.technologies), say_date(report.as_of, language)
    basis = say("basis", language, operator=proposal.operator, technologies=technologies, day=day)
    blocks += [Paragraph(basis, "note"), *_answer(report)]
    if proposal.stations:
        blocks += [Heading(say("section_money", language)), *_money(report)]
        blocks += [Heading(say("section_map", language)), *_map(report)]
    blocks += [Heading(say("section_robust", language)), *_robust(report)]
    if proposal.stations:
        blocks += [Heading(say("section_stations", language), new_page=True), *_stations(report)]
    blocks += [Heading(say("section_left", language)), *_left(report)]
    blocks += [Heading(say("section_frontier", language)), *_frontier(report)]
    said = "; ".join(f"{label}: {value}" for label, value in report.assumptions)
    blocks += [Heading(say("section_assumed", language)), Paragraph(said, "note")]
    if any(walk.kind == "microwave" for walk in report.audit.evaluation.walks):
        blocks += [Heading(say("section_links", language), new_page=True), *_links(report)]
    blocks.append(Paragraph(say("made_by", language, version=report.version), "note"))
    return blocks


def _answer(report: SitingReport) -> list[Block]:
    language, proposal, number = report.language, report.proposal, report.number
    need = len(report.audit.evaluation.in_need)
    shared = "–" if proposal.sharing_ratio is None else say_share(proposal.sharing_ratio, language)
    limited = math.isfinite(proposal.budget)
    keys = KeyNumbers(
        (
            (number(len(proposal.stations)), say("key_stations", language)),
            (number(len(proposal.served_villages)), say("key_hamlets", language, need=number(need))),
            (number(proposal.people_newly_served), say("key_people", language)),
            (
                number(proposal.total_cost),
                say("key_cost", language, currency=report.currency, years=report.horizon_years)
                + (say("key_budget", language, budget=number(proposal.budget)) if limited else ""),
            ),
            (number(proposal.total_capital), say("key_capital", language, currency=report.currency)),
            (shared, say("key_sharing", language)),
        )
    )
    blocks: list[Block] = [keys]
    if not proposal.stations:
        why = "; ".join(remark.vi if language == "vi" else remark.en for remark in proposal.remarks)
        blocks.append(Paragraph(say("empty", language, why=why or report.word(proposal.status)), "strong"))
    return [*blocks, Paragraph(_proof(report), "strong"), _check(report)]


def _proof(report: SitingReport) -> str:
    proposal, language, number = report.proposal, report.language, report.number
    if not math.isfinite(proposal.gap):
        return say("proof_none", language)
    if proposal.status == "optimal":
        return say("proof_optimal", language, candidates=number(proposal.candidates))
    gap, status = f"{number(100 * proposal.gap, 2)} %", report.word(proposal.status)
    if proposal.status == "by_years":
        return say("proof_years", language, gap=gap)
    if proposal.objective == "least_cost":
        return say("proof_cost", language, gap=gap, bound=number(proposal.bound), status=status)
    bound, value = number(proposal.bound), number(proposal.value)
    return say("proof_gap", language, gap=gap, bound=bound, value=value, status=status)


def _check(report: SitingReport) -> Paragraph:
    language, wrong = report.language, report.audit.discrepancies
    made = report.number(sum(report.audit.made.values()))
    if not wrong:
        return Paragraph(say("check_passed", language, made=made))
    first = "; ".join(finding.line(language) for finding in wrong[:3])
    return Paragraph(say("check_failed", language, made=made, wrong=len(wrong), first=first), "warning")


def _money(report: SitingReport) -> list[Block]:
    language, proposal, number = report.language, report.proposal, report.number
    blocks: list[Block] = [_lines_table(report)]
    if proposal.funds:
        header = tuple(say(key, language) for key in ("fund", "pays", "limit", "spent"))
        funds = tuple(
            (f.name, ", ".join(report.word(line) for line in f.lines), number(f.limit), number(f.spent))
            for f in proposal.funds
        )
        blocks.append(ReportTable(header, funds, numbers_from=2))
    if proposal.phases:
        keys = ("year", "budget", "cost", "stations", "hamlets", "loss")
        years = tuple(
            (
                str(p.year), number(p.budget), number(p.cost), number(p.stations), number(p.villages),
                f"{number(100 * (p.bound - p.value) / p.bound if p.bound else 0.0, 2)} %",
            )
            for p in proposal.phases
        )  # fmt: skip
        blocks.append(ReportTable(tuple(say(key, language) for key in keys), years, numbers_from=1))
    return [*blocks, _sharing(report)]


def _lines_table(report: SitingReport) -> ReportTable:
    """One column a cost line: two rows take little of the page."""
    language, proposal, number = report.language, report.proposal, report.number
    lines = [line for station in proposal.stations for line in station.cost_lines]
    used = [name for name in LINES if any(line.name == name and line.present_value > 0 for line in lines)]
    header = (report.currency, *(report.word(name) for name in used), say("total", language))
    capital = [math.fsum(line.capital for line in lines if line.name == name) for name in used]
    value = [math.fsum(line.present_value for line in lines if line.name == name) for name in used]
    rows = (
        (say("capital", language), *map(number, capital), number(proposal.total_capital)),
        (say("present_value", language), *map(number, value), number(proposal.total_cost)),
    )
    return ReportTable(header, rows, numbers_from=1)


def _sharing(report: SitingReport) -> Paragraph:
    language, proposal = report.language, report.proposal
    saved = [s.sharing_saves for s in proposal.stations if s.sharing_saves is not None]
    if not saved or proposal.sharing_ratio is None:
        return Paragraph(say("no_sharing", language))
    share, saves = say_share(proposal.sharing_ratio, language), report.number(math.fsum(saved))
    return Paragraph(say("sharing", language, share=share, saves=saves, currency=report.currency))


def _map(report: SitingReport) -> list[Picture]:
    ground = MapGround(report.terrain_m, report.land, report.grid, report.borders)
    return report.pictures.get(
        (
            "plan map", ground.drawn(PLAN_PIXELS), report.stations[["station_id", "kind", "geometry"]],
            report.links[["backhaul", "geometry"]], report.served.geometry, report.left.geometry,
            report.language, report.source(),
        ),
        say("map_alt", report.language),
        lambda: plan_map(
            report.stations, report.links, report.served, report.left, report.borders, report.terrain_m,
            report.land, report.grid, report.language, report.source(),
        ),
        vector=False,
    )  # fmt: skip


def _stations(report: SitingReport) -> list[Block]:
    language, stations = report.language, report.proposal.stations
    shown = sorted(stations, key=lambda s: (-s.people_newly_served, s.station_id))[:_MOST_STATIONS]
    years = bool(report.proposal.phases)
    keys = ["station", *(["year"] if years else []), "where", "link", "for_whom", "people", "price"]
    rows = []
    for s in sorted(shown, key=lambda s: s.station_id):
        year = [str(s.year)] if years else []
        rows.append(
            (
                s.station_id, *year, _where(report, s), _connected(report, s), _hamlets(report, s),
                report.number(s.people_newly_served), report.number(s.total_cost),
            )
        )  # fmt: skip
    header = tuple(say(key, language, currency=report.currency) for key in keys)
    table = ReportTable(header, tuple(rows), numbers_from=len(keys) - 2)
    return [table, *_more(report, len(stations) - len(shown))]


def _more(report: SitingReport, count: int) -> list[Block]:
    return [Paragraph(say("more", report.language, count=count), "note")] if count > 0 else []


def _where(report: SitingReport, station: ProposedStation) -> str:
    kind = report.word(station.kind)
    if station.host == "ground":
        return f"{kind} {report.number(station.host_height_m)} m"
    owner = f" ({station.shared_with})" if station.kind == "colocation" else ""
    return f"{kind} {station.host_id}{owner}"


def _connected(report: SitingReport, station: ProposedStation) -> str:
    link = station.backhaul
    if link.kind in ("existing", "satellite"):
        return report.word(link.kind)
    to = f"{report.word(link.kind)} {report.number(link.length_km, 1)} km → {link.target_id}"
    return f"{to} ({say('hops', report.language).lower()}: {station.hops})" if station.hops > 1 else to


def _hamlets(report: SitingReport, station: ProposedStation) -> str:
    names = [report.names.get(v, v) for v in station.villages_served]
    more = f" +{len(names) - _MOST_NAMES}" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _frontier(report: SitingReport) -> list[Block]:
    proposal, currency, language, source = report.proposal, report.currency, report.language, report.source()
    pictures = report.pictures.get(
        ("frontier", proposal.frontier, currency, language, source),
        say("frontier_alt", language),
        lambda: frontier_plot(proposal, currency, language, source),
    )
    return [*pictures] or [Paragraph(say("no_frontier", language), "note")]


def _left(report: SitingReport) -> list[Block]:
    language, left = report.language, report.proposal.unserved_villages
    if not left:
        return [Paragraph(say("all_served", language))]
    counts = Counter(village.reason for village in left)
    reasons = "; ".join(f"{report.word(code)} ({counts[code]})" for code in sorted(counts))
    people = report.number(math.fsum(v.people_without_service for v in left))
    line = say("left_line", language, count=len(left), people=people, reasons=reasons)
    shown = sorted(left, key=lambda v: (-v.people_without_service, v.village_id))[:_MOST_LEFT]
    header = (
        say("hamlet", language),
        say("commune", language),
        say("needs", language),
        say("without", language),
        say("further", language, currency=report.currency),
    )
    table = ReportTable(header, tuple(_left_row(report, v) for v in shown), numbers_from=3)
    return [Paragraph(line), table, *_more(report, len(left) - len(shown))]


def _left_row(report: SitingReport, village: UnservedVillage) -> tuple[str, ...]:
    needs = ", ".join(candidate_words(name, report.language) for name in village.needs)
    return (
        report.names.get(village.village_id, village.village_id),
        report.communes.get(village.village_id, ""),
        needs or report.word(village.reason),
        report.number(village.people_without_service),
        "–" if village.price is None else report.number(village.price),
    )


def _robust(report: SitingReport) -> list[Block]:
    language, proposal = report.language, report.proposal
    runs = proposal.robustness
    if not runs:
        return [Paragraph(say("no_robust", language), "note")]
    chosen = [(s.station_id, s.chosen_share) for s in proposal.stations if s.chosen_share is not None]
    always = ", ".join(name for name, share in chosen if share >= 1.0)
    seldom = ", ".join(f"{name} ({share:.0%})" for name, share in chosen if share < _SELDOM)
    kept = [run.people_kept for run in runs]
    line = say(
        "robust_line", language, runs=len(runs),
        probabilities=", ".join(f"{p:.0%}" for p in sorted({run.probability for run in runs})),
        shifts=", ".join(f"{d:+g}" for d in sorted({run.shift_db for run in runs})),
        least=report.number(min(kept)), most=report.number(max(kept)),
        always=always or say("none", language), seldom=seldom or say("none", language),
    )  # fmt: skip
    return [Paragraph(line)]


def _links(report: SitingReport) -> list[Block]:
    language, number = report.language, report.number
    keys = ("station", "link", "hops", "band", "length", "room", "tightest", "profile")
    rows = tuple(
        (
            walk.station_id, walk.target_id, "–" if walk.hops is None else str(walk.hops),
            f"{walk.frequency_ghz:g} GHz", f"{number(walk.length_km, 1)} km",
            f"{number(walk.clearance_m, 1)} m", f"{number(walk.tightest_km, 2)} km",
            report.profile_files.get(walk.station_id, ""),
        )
        for walk in report.audit.evaluation.walks
        if walk.kind == "microwave"
    )  # fmt: skip
    blocks: list[Block] = [ReportTable(tuple(say(key, language) for key in keys), rows)]
    tightest = sorted(report.profiles, key=lambda plot: (plot.room_m, plot.title))[:_MOST_PROFILES]
    if tightest:
        blocks.append(Paragraph(say("links_note", language), "note"))
        blocks += report.pictures.get(
            ("links", tightest, language, report.source()),
            say("links_alt", language),
            lambda: links_figure(tightest, language, report.source()),
        )
    return blocks
