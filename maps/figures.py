"""The charts of a run: coverage by year, gaps by commune, reasons, cost, frontier; each None without data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..coverage.siting.proposal import Proposal
from ..coverage.siting.tables import WORDS, cost_table
from ..gis_data.gap_schema import CAUSE_LABELS
from ..gis_data.result_schema import VERDICT_LABELS
from .figures_style import chart, footnote, hatched, label_bars, thousands
from .palette import TECHNOLOGY_STYLE, VERDICT_HATCH, VERDICT_STYLE
from .plan_pictures import timeline_figure
from .plan_report_words import say_number, say_share
from .summary_report_content import SummaryContent
from .summary_report_words import say
from .words import Language

__all__ = [
    "commune_figure",
    "cost_figure",
    "plan_figure",
    "reason_figure",
    "year_figure",
]

_MOST_COMMUNES = 25
_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#9a9a9a"


def year_figure(content: SummaryContent) -> Figure | None:
    """Return the share of people covered by technology, and the number of dead zones, at each year's end."""
    years, language = content.years, content.language
    if years.empty:
        return None
    figure, (left, right) = chart(3.1, panels=2)
    for technology in dict.fromkeys(years["technology"]):
        part = years[years["technology"] == technology]
        colour, marker, line = TECHNOLOGY_STYLE[technology]
        share = 100.0 * part["people_covered"] / part["people"].where(part["people"] > 0)
        left.plot(
            _year_axis(part), share, color=colour, marker=marker, linestyle=line, linewidth=1.7, markersize=4,
            label=technology, clip_on=False,
        )  # fmt: skip
    left.set_ylim(0, 100)
    left.set_ylabel(say("fig_years_share", language), fontsize=8)
    left.set_title(say("fig_years", language), fontsize=9, loc="left", wrap=True)
    left.legend(fontsize=8, frameon=False, loc="best", handlelength=3.2)
    by_day = years.drop_duplicates("year_end")
    x = _year_axis(by_day)
    right.bar(x, by_day["dead_hamlets"], width=0.7 * _step(x), color=_ORANGE)
    right.set_title(say("fig_dead_years", language), fontsize=9, loc="left", wrap=True)
    right.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    thousands(right.yaxis, language)
    for axis in (left, right):
        axis.xaxis.set_major_locator(MaxNLocator(9, integer=True))
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    footnote(figure, content.source())
    return figure


def _year_axis(part: pd.DataFrame) -> list[float]:
    """Return each day as a year: its end is the year's own number, so that a bar stands over its number."""
    days = pd.to_datetime(part["year_end"])
    return [day.year - 1 + day.day_of_year / (366 if day.is_leap_year else 365) for day in days]


def _step(x: Sequence[float]) -> float:
    """Return the narrowest distance between neighbours, 1 at most."""
    return min([1.0, *(float(d) for d in np.diff(x))])


def commune_figure(content: SummaryContent) -> Figure | None:
    """Return people by verdict in every commune that has dead zones, most affected first."""
    language = content.language
    rows = content.totals[(content.totals["scope"] == "commune") & (content.totals["dead_hamlets"] > 0)]
    if rows.empty:
        return None
    rows = rows.sort_values(["dead_people", "commune"], ascending=[False, True], kind="stable")
    shown, left_out = rows[:_MOST_COMMUNES], len(rows) - _MOST_COMMUNES
    figure, (axes,) = chart(1.1 + 0.24 * len(shown))
    keys, start = [], np.zeros(len(shown))
    place = np.arange(len(shown))
    for code in ("no_signal", "partial_signal", "voice_only", "no_4g"):
        people = shown[f"people_{code}"].to_numpy(dtype=float)
        colour, hatch = VERDICT_STYLE[code][0], VERDICT_HATCH[code]
        axes.barh(place, people, left=start, color=colour, hatch=hatch, edgecolor="#333333", linewidth=0.4)
        start = start + people
        keys.append(hatched(colour, hatch, VERDICT_LABELS[code][language == "vi"]))
    axes.margins(y=0.02)
    names = axes.set_yticks(place, shown["commune"].astype(str).tolist(), fontsize=8)
    for name in names:
        name.label1.set_parse_math(False)
    axes.invert_yaxis()
    thousands(axes.xaxis, language)
    more = f" · {say('fig_communes_more', language, count=left_out)}" if left_out > 0 else ""
    axes.set_title(say("fig_communes", language) + more, fontsize=9, loc="left", wrap=True)
    axes.legend(handles=keys, fontsize=7.5, frameon=False, loc="lower right")
    footnote(figure, content.source())
    return figure


def reason_figure(content: SummaryContent) -> Figure | None:
    """Return how many dead-zone hamlets each cause has, and how many people live there."""
    language, rows = content.language, content.dead_reasons()
    if rows.empty:
        return None
    order = rows["cause"].value_counts()
    causes = sorted(order.index, key=lambda cause: (-order[cause], list(CAUSE_LABELS).index(cause)))
    figure, (left, right) = chart(0.9 + 0.32 * len(causes), panels=2)
    hamlets = [float(order[cause]) for cause in causes]
    people = [float(rows.loc[rows["cause"] == cause, "population"].sum()) for cause in causes]
    names = [CAUSE_LABELS[cause][language == "vi"] for cause in causes]
    for axes, values, colour, title in (
        (left, hamlets, _BLUE, "fig_reasons_hamlets"), (right, people, _GREY, "fig_reasons_people")
    ):  # fmt: skip
        axes.barh(range(len(causes)), values, color=colour, height=0.65)
        total = sum(values)
        texts = [
            f"{say_number(v, language)} ({say_share(v / total, language)})" if total else "0" for v in values
        ]
        label_bars(axes, values, texts)
        axes.invert_yaxis()
        axes.set_title(say(title, language), fontsize=9, loc="left")
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    left.set_yticks(range(len(causes)), names, fontsize=8)
    right.set_yticks([])
    left.set_xlim(0, 1.6 * max(hamlets))
    right.set_xlim(0, 1.6 * (max(people) or 1.0))
    figure.suptitle(say("fig_reasons", language), fontsize=9.5, x=0.01, ha="left")
    footnote(figure, content.source())
    return figure


def plan_figure(content: SummaryContent, plan: str) -> Figure | None:
    """Return what of a plan was claimed and supported at the end of each month, one panel a target."""
    figure = timeline_figure(content.timeline[content.timeline["plan_id"] == plan], content.language)
    if figure is not None:
        words = say("fig_timeline", content.language, plan=plan)
        figure.suptitle(words, fontsize=9.5, x=0.01, ha="left", parse_math=False)
        footnote(figure, content.source())
    return figure


def cost_figure(proposal: Proposal, currency: str, language: Language, source: str) -> Figure | None:
    """Return the cost of a proposal by line: capital, and running cost over the horizon (present value).

    Parameters
    ----------
    proposal : Proposal
    currency : str
        In words.
    language : {"vi", "en"}
    source : str
        What stands below.
    """
    table = cost_table(proposal)
    if table.empty:
        return None
    sums = table.groupby("line", sort=False)[["capital", "present_value"]].sum()
    sums = sums.sort_values("present_value", ascending=False, kind="stable")
    figure, (axes,) = chart(0.9 + 0.33 * len(sums))
    capital = sums["capital"].to_numpy(dtype=float)
    total = sums["present_value"].to_numpy(dtype=float)
    place = np.arange(len(sums))
    axes.barh(place, capital, color=_BLUE, height=0.65, label=say("fig_capital", language))
    axes.barh(
        place, total - capital, left=capital, color="#a6cee3", hatch="////", edgecolor="#333333",
        linewidth=0.4, height=0.65, label=say("fig_running", language),
    )  # fmt: skip
    label_bars(axes, total.tolist(), [say_number(value, language) for value in total])
    axes.set_yticks(place, [WORDS[line][language == "vi"] for line in sums.index], fontsize=8)
    axes.invert_yaxis()
    thousands(axes.xaxis, language)
    axes.set_title(say("fig_costs", language, currency=currency), fontsize=9, loc="left")
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    footnote(figure, source)
    return figure
