"""Pictures of a building plan: where it builds and whom it serves, and the ground under its tightest hops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ..coverage.siting.tables import WORDS
from ..gis_data.grid import Grid
from .figures_base import PLAN_PIXELS, WIDTH_INCH
from .figures_ground import borders, ground, north_arrow, scale_bar
from .figures_style import footnote
from .plan_report_words import say_number
from .profile_plot import ProfilePlot, bulge_m, fresnel_radius_m
from .siting_report_words import say
from .words import Language

__all__ = ["links_figure", "plan_map"]

"""Of the relief, along its longer side."""
_MARGIN_M = 6000.0
_MOST_NAMES = 40
_HIGHEST_INCH = 3.9
_MAP_PART = 0.68  # of the width; the legend stands beside
_STATION_STYLE = {
    "upgrade": ("#0072b2", "s"),
    "colocation": ("#009e73", "D"),
    "pole": ("#e69f00", "P"),
    "remote_sector": ("#cc79a7", "v"),
    "new_tower": ("#d55e00", "^"),
}
_LINE_STYLE: dict[str, tuple[str, Literal["-", "--"]]] = {
    "fibre": ("#009e73", "-"),
    "microwave": ("#0072b2", "--"),
}
_SERVED, _LEFT = "#1a7f37", "#b2182b"


def plan_map(
    stations: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    served: gpd.GeoDataFrame,
    left: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    terrain_m: NDArray[np.float32],
    land: NDArray[np.uint8],
    grid: Grid,
    language: Language,
    source: str,
) -> Figure:
    """Return the stations by what they stand on, their links, and hamlets served and left out, on relief.

    Parameters
    ----------
    stations : GeoDataFrame
        station_id, kind; in the CRS of the grid like all others.
    links : GeoDataFrame
        backhaul.
    served, left : GeoDataFrame
        Hamlets.
    communes : GeoDataFrame
    terrain_m, land : ndarray, grid.shape
    grid : Grid
    language : {"vi", "en"}
    source : str
        What stands below.
    """
    shown = [layer.geometry for layer in (stations, served, left) if len(layer)]
    window = _window(shown, grid)
    west, south, east, north = window
    height_inch = min(_HIGHEST_INCH, _MAP_PART * WIDTH_INCH * (north - south) / (east - west) + 0.35)
    figure = Figure(figsize=(WIDTH_INCH, height_inch), layout="constrained")
    axes = figure.subplots()
    ground(axes, terrain_m, land, grid, PLAN_PIXELS)
    borders(axes, communes, width=0.35)
    keys = _draw_links(axes, links, language)
    for hamlets, colour, marker, word in (
        (left, _LEFT, "X", "legend_left"),
        (served, _SERVED, "o", "legend_served"),
    ):
        if len(hamlets):
            at = hamlets.geometry.representative_point()
            axes.scatter(
                at.x, at.y, s=13, marker=marker, color=colour, edgecolors="white", linewidths=0.3, zorder=4
            )
            keys.append(_key(marker, colour, say(word, language)))
    keys += _draw_stations(axes, stations, language)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    scale_bar(axes, window)
    north_arrow(axes, language)
    axes.legend(handles=keys, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7, frameon=False)
    footnote(figure, source)
    return figure


def _draw_links(axes: Axes, links: gpd.GeoDataFrame, language: Language) -> list[Line2D]:
    keys = []
    for kind, (colour, line) in _LINE_STYLE.items():
        part = links[(links["backhaul"] == kind).to_numpy()] if len(links) else links
        for shape in part.geometry:
            x, y = np.asarray(shape.coords)[:, :2].T
            axes.plot(x, y, color=colour, linestyle=line, linewidth=0.9, zorder=3)
        if len(part):
            word = WORDS[kind][language == "vi"]
            keys.append(Line2D([], [], color=colour, linestyle=line, linewidth=1.1, label=word))
    return keys


def _draw_stations(axes: Axes, stations: gpd.GeoDataFrame, language: Language) -> list[Line2D]:
    keys = []
    for kind, (colour, marker) in _STATION_STYLE.items():
        part = stations[(stations["kind"] == kind).to_numpy()] if len(stations) else stations
        if len(part):
            at = part.geometry
            axes.scatter(
                at.x, at.y, s=34, marker=marker, color=colour, edgecolors="black", linewidths=0.5, zorder=6
            )
            keys.append(_key(marker, colour, WORDS[kind][language == "vi"]))
    if 0 < len(stations) <= _MOST_NAMES:
        for name, point in zip(stations["station_id"], stations.geometry, strict=True):
            axes.annotate(
                str(name), (point.x, point.y), xytext=(3, 3), textcoords="offset points", fontsize=5.5,
                zorder=7, parse_math=False,
                bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.65},
            )  # fmt: skip
    return keys


def _key(marker: str, colour: str, label: str) -> Line2D:
    return Line2D(
        [], [], linestyle="none", marker=marker, markersize=5.5, markerfacecolor=colour,
        markeredgecolor="#1b1b1b", markeredgewidth=0.4, label=label,
    )  # fmt: skip


def _window(shown: Sequence[gpd.GeoSeries], grid: Grid) -> tuple[float, float, float, float]:
    west, south, east, north = grid.bounds
    if not shown:
        return west, south, east, north
    boxes = np.array([layer.total_bounds for layer in shown])
    return (
        max(west, float(boxes[:, 0].min()) - _MARGIN_M),
        max(south, float(boxes[:, 1].min()) - _MARGIN_M),
        min(east, float(boxes[:, 2].max()) + _MARGIN_M),
        min(north, float(boxes[:, 3].max()) + _MARGIN_M),
    )


def links_figure(plots: Sequence[ProfilePlot], language: Language, source: str) -> Figure:
    """Return the profiles of some hops, two a row: ground, clutter, ray, zone and the tightest point.

    Parameters
    ----------
    plots : sequence of ProfilePlot
        At least one.
    language : {"vi", "en"}
    source : str
        What stands below.
    """
    rows = -(-len(plots) // 2)
    figure = Figure(figsize=(WIDTH_INCH, 1.75 * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, 2, squeeze=False).ravel()
    for axis, plot in zip(axes, plots, strict=False):
        _draw_profile(axis, plot, language)
    for axis in axes[len(plots) :]:
        axis.set_axis_off()
    footnote(figure, source)
    return figure


def _draw_profile(axes: Axes, plot: ProfilePlot, language: Language) -> None:
    km, length = plot.distance_km, float(plot.distance_km[-1])
    ground_m = plot.height_m + bulge_m(km, length)
    line = np.interp(
        km, [0.0, length], [ground_m[0] + plot.antenna_height_m, ground_m[-1] + plot.receiver_height_m]
    )
    zone = plot.fresnel_share * fresnel_radius_m(km, length, plot.frequency_mhz)
    floor = float(np.nanmin(ground_m)) - 10.0
    axes.fill_between(km, floor, ground_m, color="#c9b48f", linewidth=0)
    axes.fill_between(km, ground_m, ground_m + plot.clutter_m, color="#8fb38a", linewidth=0)
    axes.fill_between(km, line - zone, line + zone, color="#2b6cb0", alpha=0.2, linewidth=0)
    axes.plot(km, line, color="#2b6cb0", linewidth=1.0)
    if plot.obstacle_km is not None:
        at = int(np.argmin(np.abs(km - plot.obstacle_km)))
        axes.plot(km[at], ground_m[at] + plot.clutter_m[at], marker="o", color="#c53030", markersize=3.5)
    room = say_number(plot.room_m, language, 1)
    axes.set_title(f"{plot.title}: {room} m", fontsize=7.5, loc="left", parse_math=False)
    axes.set_xlim(0, length)
    axes.set_ylim(floor, None)
    axes.tick_params(labelsize=6)
    axes.spines[["top", "right"]].set_visible(False)
