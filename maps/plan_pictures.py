"""The two pictures of a plan's report: completion by month, and where its hamlets and stations are.

Texts that come from data are drawn with ``parse_math=False``: a dollar sign in a name is a dollar sign.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..gis_data.grid import Grid
from .figures_base import WIDTH_INCH
from .figures_ground import ground, north_arrow, scale_bar
from .figures_style import png_bytes
from .plan_report_words import say
from .words import Language

__all__ = ["map_picture", "timeline_figure", "timeline_picture"]

_CLAIMED, _SUPPORTED = "#0072b2", "#009e73"
_STYLES = {
    "supported": (_SUPPORTED, "o", 34),
    "contradicted": ("#d55e00", "X", 52),
    "not_checkable": ("#777777", "s", 30),
}
_MARGIN_M = 4000.0
_MOST_PIXELS = 800
_MOST_LABELS = 30


def timeline_picture(timeline: pd.DataFrame, language: Language) -> bytes | None:
    """Return `timeline_figure` as a PNG."""
    figure = timeline_figure(timeline, language)
    return None if figure is None else png_bytes(figure)


def timeline_figure(timeline: pd.DataFrame, language: Language) -> Figure | None:
    """Return what was claimed and what was supported at the end of each month, one panel a target.

    Parameters
    ----------
    timeline : DataFrame
        Rows of one plan of `gis_data.result_schema.PLAN_TIMELINE`.
    language : {"vi", "en"}

    Returns
    -------
    Figure or None
        None where there is no target.
    """
    targets = timeline[timeline["scope"] == "target"]
    subjects = list(dict.fromkeys(targets["subject"]))
    if not subjects:
        return None
    figure = Figure(figsize=(WIDTH_INCH, 0.5 + 1.9 * len(subjects)), layout="constrained")
    axes = figure.subplots(len(subjects), 1, sharex=True, squeeze=False)[:, 0]
    for axis, subject in zip(axes, subjects, strict=True):
        part = targets[targets["subject"] == subject]
        total = int(part["total"].max())
        _draw_target(axis, part, total, language)
        title = f"{say(f'target.{subject}', language)} · {say('promised_line', language, total=total)}"
        axis.set_title(title, fontsize=9, loc="left")
    axes[0].legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def _draw_target(axis: Any, part: pd.DataFrame, total: int, language: Language) -> None:
    month = part["month_end"].to_numpy().astype("datetime64[D]")
    axis.axhline(total, color="#999999", linewidth=0.9, linestyle=":")
    for name, colour, line in (("claimed", _CLAIMED, "-"), ("supported", _SUPPORTED, "--")):
        axis.plot(
            month, part[name], color=colour, linestyle=line, linewidth=1.8, marker="o", markersize=3,
            label=say(name, language), drawstyle="steps-post", clip_on=False,
        )  # fmt: skip
    axis.set_ylim(0, total * 1.08)
    axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    locator = AutoDateLocator()
    axis.xaxis.set_major_locator(locator)
    # no month names: one for both languages
    numbers = ["%Y", "%m/%Y", "%d/%m", "%H:%M", "%H:%M", "%S.%f"]
    axis.xaxis.set_major_formatter(
        ConciseDateFormatter(locator, formats=numbers, zero_formats=numbers, show_offset=False)
    )


def map_picture(
    items: pd.DataFrame,
    masts: pd.DataFrame,
    terrain_m: NDArray[np.float32],
    land: NDArray[np.uint8],
    grid: Grid,
    language: Language,
) -> bytes | None:
    """Return a PNG of the plan's hamlets and stations by what the evidence says, on shaded relief.

    Parameters
    ----------
    items : DataFrame
        item_id, kind, support, discrepancy, x_m, y_m (grid's CRS; NaN where unknown).
    masts : DataFrame
        x_m, y_m of all masts.
    terrain_m, land : ndarray, grid.shape
    grid : Grid
    language : {"vi", "en"}

    Returns
    -------
    bytes or None
        None where no item has a position.
    """
    placed = items[np.isfinite(items["x_m"].to_numpy(float)) & np.isfinite(items["y_m"].to_numpy(float))]
    if placed.empty:
        return None
    west, south, east, north = _window(placed, grid)
    height_inch = float(np.clip(WIDTH_INCH * (north - south) / (east - west), 3.0, 8.5))
    figure = Figure(figsize=(WIDTH_INCH, height_inch), layout="constrained")
    axis = figure.subplots()
    ground(axis, terrain_m, land, grid, _MOST_PIXELS)
    near = masts["x_m"].between(west, east) & masts["y_m"].between(south, north)
    axis.scatter(
        masts.loc[near, "x_m"], masts.loc[near, "y_m"], s=5, marker="^", color="#555555", linewidths=0,
        label=say("legend_mast", language),
    )  # fmt: skip
    _draw_items(axis, placed, language)
    axis.set_xlim(west, east)
    axis.set_ylim(south, north)
    scale_bar(axis, (west, south, east, north))
    north_arrow(axis, language)
    axis.legend(fontsize=7.5, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3, frameon=False)
    return png_bytes(figure)


def _draw_items(axis: Any, placed: pd.DataFrame, language: Language) -> None:
    for support, (colour, marker, size) in _STYLES.items():
        part = placed[placed["support"] == support]
        if part.empty:
            continue
        stations = part["kind"] == "station"
        axis.scatter(
            part.loc[~stations, "x_m"], part.loc[~stations, "y_m"], s=size, marker=marker, color=colour,
            edgecolors="white", linewidths=0.6, zorder=3, label=say(f"legend_{support}", language),
        )  # fmt: skip
        axis.scatter(
            part.loc[stations, "x_m"], part.loc[stations, "y_m"], s=44, marker="^", color=colour,
            edgecolors="black", linewidths=0.7, zorder=4,
        )  # fmt: skip
    if (placed["kind"] == "station").any():
        axis.scatter(
            [], [], s=44, marker="^", color="white", edgecolors="black", label=say("legend_station", language)
        )
    odd = placed[placed["discrepancy"] != ""]
    if len(odd):
        axis.scatter(
            odd["x_m"], odd["y_m"], s=130, marker="o", facecolors="none", edgecolors="#b2182b",
            linewidths=1.3, zorder=5, label=say("legend_discrepancy", language),
        )  # fmt: skip
    groups = odd.groupby([odd["x_m"].round(-2), odd["y_m"].round(-2)], sort=False)
    for _, group in list(groups)[:_MOST_LABELS]:
        row = group.iloc[0]
        more = f" +{len(group) - 1}" if len(group) > 1 else ""
        axis.annotate(
            f"{str(row['item_id'])[:24]}{more}", (row["x_m"], row["y_m"]), xytext=(7, 4),
            textcoords="offset points", fontsize=6.5, zorder=6, parse_math=False,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
        )  # fmt: skip


def _window(placed: pd.DataFrame, grid: Grid) -> tuple[float, float, float, float]:
    west, south, east, north = grid.bounds
    x, y = placed["x_m"].to_numpy(float), placed["y_m"].to_numpy(float)
    return (
        max(west, x.min() - _MARGIN_M),
        max(south, y.min() - _MARGIN_M),
        min(east, x.max() + _MARGIN_M),
        min(north, y.max() + _MARGIN_M),
    )
