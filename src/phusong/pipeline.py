"""The way of the data, from layers to map: one function per stage, one job per command."""

from __future__ import annotations

from typing import Any

from .area_totals import write_area_totals
from .gap_detail import gap_detail_stage, write_gap_detail
from .map_content import write_project_map
from .one_run import alone
from .outputs import write_gaps, write_plans, write_proposal, write_run_record
from .plan_reports import write_decisions_to_make, write_plan_reports
from .publish import staged
from .scene import Options, Scene, prepare, read
from .siting_inputs import SitingAsk
from .siting_report import show_explanation, show_studies
from .stages import (
    Gaps,
    Plans,
    coverage_stage,
    gaps_stage,
    levels_stage,
    plans_stage,
    siting_stage,
)
from .summary import show_gaps, show_plans, show_proposal, show_where

__all__ = [
    "Options",
    "coverage_job",
    "gaps_job",
    "map_job",
    "plans_job",
    "read",
    "siting_job",
    "whole_job",
]

_OF_GAPS = ("profiles/*",)
_OF_PLANS = ("plan-*.html", "plan-*.docx")


@alone
def whole_job(options: Options) -> None:
    """Layers → coverage → gaps → siting → plans → map and tables."""
    scene = prepare(options)
    with staged(options.project.out, options.project.cache, owned=(*_OF_GAPS, *_OF_PLANS)) as out:
        rasters = coverage_stage(scene, out)
        levels = levels_stage(scene)
        gaps = gaps_stage(scene, levels)
        detail = gap_detail_stage(scene, levels, gaps)
        proposal = siting_stage(scene, levels, gaps)
        plans = plans_stage(scene, levels)
        with options.reporter.stage("maps"):
            write_area_totals(scene, rasters, out)
            write_gaps(scene, gaps, out)
            write_gap_detail(scene, detail, out)
            write_proposal(scene, proposal, out)
            write_plans(scene, plans, out)
            write_plan_reports(scene, plans, out)
            write_decisions_to_make(scene, plans, out)
            write_project_map(scene, rasters, gaps, proposal, plans, out / "map.html", detail=detail)
        write_run_record(scene, _counts(scene, gaps, plans), out)
    show_gaps(options.reporter, gaps)
    show_proposal(options.reporter, proposal)
    show_plans(options.reporter, plans)
    show_where(options)


@alone
def coverage_job(options: Options) -> None:
    """Coverage rasters only."""
    scene = prepare(options)
    with staged(options.project.out, options.project.cache) as out:
        write_area_totals(scene, coverage_stage(scene, out), out)
    show_where(options, "area.xlsx", "coverage/*_level.tif")


@alone
def gaps_job(options: Options) -> None:
    """Verdict per hamlet."""
    scene = prepare(options)
    levels = levels_stage(scene)
    gaps = gaps_stage(scene, levels)
    detail = gap_detail_stage(scene, levels, gaps)
    with staged(options.project.out, options.project.cache, owned=_OF_GAPS) as out:
        write_gaps(scene, gaps, out)
        write_gap_detail(scene, detail, out)
    show_gaps(options.reporter, gaps)
    show_where(options, "gaps.xlsx", "reasons.xlsx", "gaps.gpkg", "reasons.gpkg")


@alone
def siting_job(options: Options, ask: SitingAsk | None = None, *, explain: bool = False) -> None:
    """Proposed stations."""
    scene = prepare(options)
    levels = levels_stage(scene)
    proposal = siting_stage(scene, levels, gaps_stage(scene, levels), ask)
    with staged(options.project.out, options.project.cache) as out:
        write_proposal(scene, proposal, out)
    show_proposal(options.reporter, proposal)
    show_studies(options.reporter, proposal)
    if explain:
        show_explanation(options.reporter, proposal)
    show_where(options, "proposals.xlsx", "proposals.gpkg")


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
def map_job(options: Options) -> None:
    """The map, with everything on it."""
    scene = prepare(options)
    with staged(options.project.out, options.project.cache) as out:
        rasters = coverage_stage(scene, out)
        levels = levels_stage(scene)
        gaps = gaps_stage(scene, levels)
        detail = gap_detail_stage(scene, levels, gaps)
        proposal = siting_stage(scene, levels, gaps)
        plans = plans_stage(scene, levels)
        with options.reporter.stage("maps"):
            write_project_map(scene, rasters, gaps, proposal, plans, out / "map.html", detail=detail)
    show_where(options, "map.html")


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
