"""The commands ``phusong report`` and ``phusong figures``: the results of a run, told to people."""

from __future__ import annotations

from pathlib import Path

from .gap_detail import gap_detail_stage
from .maps.summary_report_content import SummaryContent
from .one_run import alone
from .publish import staged
from .scene import Options, prepare
from .stages import coverage_stage, gaps_stage, levels_stage, plans_stage, siting_stage
from .summary import show_where
from .summary_report import RunResults, summary_content, write_figures, write_report

__all__ = ["figures_job", "report_job"]

_OF_FIGURES = ("figures/*.png", "figures/*.svg")


@alone
def report_job(options: Options) -> None:
    """Write the report for decision makers: HTML, DOCX and PDF."""
    with staged(options.project.out, options.project.cache) as out:
        content = _content(options, out)
        with options.reporter.stage("report"):
            write_report(content, out)
    show_where(options, "report.*")


@alone
def figures_job(options: Options) -> None:
    """Write every figure and map sheet as PNG and SVG."""
    with staged(options.project.out, options.project.cache, owned=_OF_FIGURES) as out:
        content = _content(options, out)
        with options.reporter.stage("figures"):
            write_figures(content, out)
    show_where(options, "figures/*.png")


def _content(options: Options, out: Path) -> SummaryContent:
    """Run every stage; what did not change is taken from the last run."""
    scene = prepare(options)
    rasters = coverage_stage(scene, out)
    levels = levels_stage(scene)
    gaps = gaps_stage(scene, levels)
    detail = gap_detail_stage(scene, gaps)
    proposal = siting_stage(scene, gaps)
    plans = plans_stage(scene, levels)
    return summary_content(scene, RunResults(rasters, levels, gaps, detail, proposal, plans))
