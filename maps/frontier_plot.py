"""What more money buys: value and proven bound by cost, and people and hamlets served."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..coverage.siting.proposal import FrontierPoint, Proposal
from .figures_style import chart, footnote, thousands
from .plan_report_words import say_number
from .siting_report_words import say
from .words import Language

__all__ = ["frontier_plot"]

_BLUE, _ORANGE, _GREEN = "#0072b2", "#d55e00", "#009e73"


def frontier_plot(proposal: Proposal, currency: str, language: Language, source: str) -> Figure | None:
    """Return the frontier: cost against value with the bound and the gap, against people, and hamlets.

    Parameters
    ----------
    proposal : Proposal
    currency : str
        In words.
    language : {"vi", "en"}
    source : str
        What stands below.

    Returns
    -------
    Figure or None
        None where the proposal has no frontier, or no budget of it allows a plan.
    """
    points = [point for point in proposal.frontier if math.isfinite(point.gap)]
    if not points:
        return None
    figure, axes = chart(2.2, panels=3)
    _draw_value(axes[0], points, language)
    for axis, title, values, colour, marker in (
        (axes[1], "plot_people", [p.people for p in points], _ORANGE, "^"),
        (axes[2], "plot_hamlets", [float(p.villages) for p in points], _GREEN, "s"),
    ):
        axis.plot([p.cost for p in points], values, color=colour, marker=marker, markersize=4, clip_on=False)
        axis.set_title(say(title, language), fontsize=8.5, loc="left")
    for axis in axes:
        _finish(axis, currency, language)
    footnote(figure, source)
    return figure


def _draw_value(axes: Axes, points: Sequence[FrontierPoint], language: Language) -> None:
    cost = [p.cost for p in points]
    value, bound = [p.value for p in points], [p.bound for p in points]
    axes.fill_between(cost, value, bound, color=_BLUE, alpha=0.2, linewidth=0)
    axes.plot(cost, bound, color=_BLUE, linestyle=":", linewidth=1.2, label=say("plot_bound", language))
    axes.plot(
        cost, value, color=_BLUE, marker="o", markersize=4, label=say("plot_value", language), clip_on=False
    )
    for p in points:
        gap = f"{say_number(100 * p.gap, language, 2)} %"
        axes.annotate(gap, (p.cost, p.value), xytext=(3, -9), textcoords="offset points", fontsize=5.5)
    axes.set_title(say("plot_gap", language), fontsize=8.5, loc="left")
    axes.legend(fontsize=7, frameon=False, loc="upper left")


def _finish(axes: Axes, currency: str, language: Language) -> None:
    axes.set_xlabel(say("plot_cost", language, currency=currency), fontsize=8, parse_math=False)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    thousands(axes.xaxis, language)
    thousands(axes.yaxis, language)
