"""The way of the data, from layers to map: one function per stage, one job per command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .area_totals import write_area_totals
from .beside import beside
from .collector import few_collections
from .errors import InputError
from .gap_detail import GapDetail, gap_detail_stage, write_gap_detail
from .history import check_store, keep_version
from .kept_stations import keep_stations
from .map_folder import OF_MAP, write_run_map
from .network_file import write_network
from .one_run import alone
from .outputs import write_gaps, write_plans, write_run_record
from .plan_reports import write_decisions_to_make, write_plan_reports
from .proposal_report import write_proposal_report
from .publish import staged
from .scene import Options, Scene, prepare, read
from .siting_check import check_proposal
from .siting_inputs import SitingAsk, as_asked
from .siting_outputs import OF_SITING, hamlet_names, siting_record, write_proposal, write_siting_record
from .siting_report import settle, show_check, show_explanation, show_studies
from .stages import (
    Gaps,
    Plans,
    coverage_beside,
    coverage_stage,
    gaps_stage,
    levels_stage,
    plans_stage,
    siting_stage,
    told_to,
)
from .summary import show_gaps, show_plans, show_proposal, show_where
from .summary_report import RunResults, summary_content, write_report
from .update_record import record_run

__all__ = [
    "Options",
    "coverage_job",
    "gaps_job",
    "map_job",
    "plans_job",
    "read",
    "siting_job",
    "whole_job",
    "whole_of",
]

_OF_COVERAGE = ("coverage/*.tif", "coverage/*.csv")
_OF_GAPS = ("profiles/*",)
_OF_PLANS = ("plan-*.html", "plan-*.docx")
_SITING_SHOWN = ("proposals.html", "proposals.docx", "proposals.pdf", "proposals.xlsx", "proposals.gpkg")


@alone
def whole_job(options: Options) -> None:
    """Layers → coverage → gaps → siting → plans → map and tables; the whole is kept as a version."""
    check_store(options)
    with few_collections():
        whole_of(prepare(options))


def whole_of(scene: Scene, more: Callable[[Path], None] | None = None) -> None:
    """Do the whole job on layers that have been read.

    Parameters
    ----------
    scene : Scene
    more : callable, optional
        Writes what belongs with these results besides, into the folder that it is given.
    """
    options = scene.options
    owned = (*_OF_COVERAGE, *_OF_GAPS, *_OF_PLANS, *OF_SITING, *OF_MAP, "station-changes.xlsx")
    with (
        staged(options.project.out, options.project.cache, owned=owned) as out,
        beside(options.reporter, options.workers) as others,
    ):
        covering = coverage_beside(scene, out, others)
        levels = levels_stage(scene)
        gaps = gaps_stage(scene, levels)
        detail = gap_detail_stage(scene, gaps)
        tables = others.start("tables", lambda told: _write_tables(told_to(scene, told), gaps, detail, out))
        proposal = siting_stage(scene, gaps)
        plans = plans_stage(scene, levels)
        with options.reporter.stage("check"):
            checked = check_proposal(scene, gaps, proposal)
        rasters = covering.result()
        with options.reporter.stage("maps"):
            areas = write_area_totals(scene, rasters, out)
            write_proposal(scene, gaps, proposal, checked, out)
            write_proposal_report(scene, proposal, checked, out)
            write_plans(scene, plans, out)
            write_plan_reports(scene, plans, out)
            write_decisions_to_make(scene, plans, out)
            write_run_map(scene, rasters, gaps, proposal, plans, out, detail=detail, checked=checked)
        with options.reporter.stage("report"):
            results = RunResults(rasters, levels, gaps, detail, proposal, plans, areas)
            write_report(summary_content(scene, results), out)
        tables.result()
        write_run_record(scene, _counts(scene, gaps, plans), out, siting_record(scene, proposal, checked))
        if more is not None:
            more(out)
    record_run(scene)
    keep_stations(options.project, scene.layers)
    keep_version(scene, gaps, detail, proposal, plans)
    show_gaps(options.reporter, gaps)
    show_proposal(options.reporter, proposal)
    show_check(options.reporter, checked.audit)
    show_plans(options.reporter, plans)
    show_where(options)
    settle(options.reporter, proposal, checked.audit)


def _write_tables(scene: Scene, gaps: Gaps, detail: GapDetail, out: Path) -> None:
    """Write what the hamlets' verdicts and the network come to."""
    with scene.options.reporter.stage("tables"):
        write_network(scene, out)
        write_gaps(scene, gaps, detail.by_operator, out)
        write_gap_detail(scene, detail, out)


@alone
def coverage_job(options: Options) -> None:
    """Coverage rasters only."""
    scene = prepare(options)
    with staged(options.project.out, options.project.cache, owned=_OF_COVERAGE) as out:
        write_area_totals(scene, coverage_stage(scene, out), out)
        write_network(scene, out)
    show_where(options, "area.xlsx", "coverage/*_level.tif")


@alone
def gaps_job(options: Options) -> None:
    """Verdict per hamlet."""
    scene = prepare(options)
    levels = levels_stage(scene)
    gaps = gaps_stage(scene, levels)
    detail = gap_detail_stage(scene, gaps)
    with staged(options.project.out, options.project.cache, owned=_OF_GAPS, kept=OF_SITING) as out:
        _write_tables(scene, gaps, detail, out)
    show_gaps(options.reporter, gaps)
    show_where(options, "gaps.xlsx", "reasons.xlsx", "gaps.gpkg", "reasons.gpkg")


@alone
def siting_job(options: Options, ask: SitingAsk | None = None, *, explain: bool = False) -> None:
    """Proposed stations, checked by an evaluator of its own.

    Raises
    ------
    InterruptedSearchError
        Ctrl-C ended the search; the best plan so far has been written.
    DiscrepancyError
        The evaluator does not confirm what the plan says; both have been written.
    """
    scene = prepare(options)
    levels = levels_stage(scene)
    gaps = gaps_stage(scene, levels)
    try:
        proposal = siting_stage(scene, gaps, ask)
    except InputError as error:
        raise InputError(as_asked(error.problems, ask)) from error
    with options.reporter.stage("check"):
        checked = check_proposal(scene, gaps, proposal, ask)
    with staged(options.project.out, options.project.cache, owned=OF_SITING) as out:
        write_proposal(scene, gaps, proposal, checked, out)
        write_proposal_report(scene, proposal, checked, out)
        write_siting_record(scene, siting_record(scene, proposal, checked, ask), out)
    show_proposal(options.reporter, proposal)
    show_studies(options.reporter, proposal)
    if explain:
        show_explanation(options.reporter, proposal, hamlet_names(scene))
    show_check(options.reporter, checked.audit)
    show_where(options, *_SITING_SHOWN)
    settle(options.reporter, proposal, checked.audit)


@alone
def plans_job(options: Options) -> None:
    """State of the plan registers."""
    scene = prepare(options)
    plans = plans_stage(scene, levels_stage(scene))
    with staged(options.project.out, options.project.cache, owned=_OF_PLANS) as out:
        write_plans(scene, plans, out)
        write_plan_reports(scene, plans, out)
        write_decisions_to_make(scene, plans, out)
    show_plans(options.reporter, plans)
    show_where(options, "plans.xlsx", "plan-*.html", "plan-*.docx", "plan-*.xlsx")


@alone
def map_job(options: Options, *, folder: bool = False) -> None:
    """The map, with everything on it; as a folder of tiles where asked, or where the area is large."""
    scene = prepare(options)
    with staged(options.project.out, options.project.cache, owned=OF_MAP) as out:
        rasters = coverage_stage(scene, out)
        levels = levels_stage(scene)
        gaps = gaps_stage(scene, levels)
        detail = gap_detail_stage(scene, gaps)
        proposal = siting_stage(scene, gaps)
        plans = plans_stage(scene, levels)
        with options.reporter.stage("check"):
            checked = check_proposal(scene, gaps, proposal)
        with options.reporter.stage("maps"):
            write_run_map(
                scene, rasters, gaps, proposal, plans, out, detail=detail, checked=checked, folder=folder
            )
    show_where(options, "map.html", "map/index.html")


def _counts(scene: Scene, gaps: Gaps, plans: Plans) -> dict[str, Any]:
    layers = scene.layers
    tables = ("villages", "clusters", "masts", "cells", "poles", "fibre_nodes", "places", "measurements")
    return {
        **{name: len(getattr(layers, name)) for name in tables},
        "plan_items": len(layers.plan_items),
        "verdicts": {str(k): int(v) for k, v in gaps.table["verdict"].value_counts().sort_index().items()},
        "discrepancies": len(plans.verification.discrepancies),
        "warnings": len(layers.warnings),
    }
