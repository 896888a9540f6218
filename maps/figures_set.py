"""All figures of a run by name, as one command writes them and the report shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from matplotlib.figure import Figure

from .figures import (
    commune_figure,
    cost_figure,
    plan_figure,
    reason_figure,
    year_figure,
)
from .figures_map import coverage_sheet, overview_map
from .frontier_plot import frontier_plot
from .summary_report_content import SummaryContent

__all__ = ["run_figures"]

_MAP_WIDTH_INCH = 10.6


def run_figures(content: SummaryContent, plan_names: Mapping[str, str]) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure that the run has data for, and the figure.

    Parameters
    ----------
    content : SummaryContent
    plan_names : mapping of str to str
        Plan to the part of a file's name that stands for it.
    """
    proposal, language, source = content.proposal, content.language, content.source()
    charts = {
        "coverage-by-year": year_figure(content),
        "gaps-by-commune": commune_figure(content),
        "reasons": reason_figure(content),
        "cost-breakdown": cost_figure(proposal, content.currency, language, source),
        "frontier": frontier_plot(proposal, content.currency, language, source),
    }
    yield from ((name, figure) for name, figure in charts.items() if figure is not None)
    for plan, name in plan_names.items():
        figure = plan_figure(content, plan)
        if figure is not None:
            yield f"plan-{name}", figure
    ground, villages, stations = content.ground(), content.villages, content.stations
    yield (
        "map-gaps-and-proposal",
        overview_map(ground, villages, stations, language, source, width_inch=_MAP_WIDTH_INCH),
    )
    for technology in content.levels_dbm:
        yield f"map-coverage-{technology.lower()}", coverage_sheet(content, technology)
