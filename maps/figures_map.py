"""Printed maps of a run: gaps with the proposed stations, and a coverage sheet for each technology."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ..coverage.cells import TechnologyRule
from ..gis_data.result_schema import VERDICT_LABELS, VERDICTS
from .classes import classify, level_edges
from .figures_base import MOST_PIXELS, WIDTH_INCH, MapGround
from .figures_ground import borders, extent, ground, names_of_areas, north_arrow, scale_bar
from .figures_style import footnote
from .palette import INK, LEVEL_COLOURS, VERDICT_STYLE
from .plan_report_words import say_number, say_share
from .sheet_picture import COVER
from .summary_report_content import SummaryContent
from .summary_report_words import say
from .words import Language

__all__ = ["coverage_sheet", "overview_map", "sheet_frame"]

_SHEET_INCH = {"wide": 10.6, "tall": 7.3}  # width inside the margins of A4
_MARKS = {
    "cross": ("X", 34), "half": ("o", 30), "triangle": ("^", 18), "square": ("s", 14), "diamond": ("D", 12),
    "ring": ("o", 5), "dot": ("o", 4),
}  # fmt: skip
_QUIET = ("fragile", "covered")
_STATION, _SERVED = "#0072b2", "#4d4d4d"


def overview_map(
    land: MapGround,
    villages: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    language: Language,
    source: str,
    *,
    window: tuple[float, float, float, float] | None = None,
    width_inch: float = WIDTH_INCH,
) -> Figure:
    """Return every hamlet by its verdict, and proposed stations, on shaded relief with the communes.

    Parameters
    ----------
    land : MapGround
    villages : GeoDataFrame
        verdict; in the CRS of the grid.
    stations : GeoDataFrame
        Points in the CRS of the grid; may be empty.
    language : {"vi", "en"}
    source : str
        What stands below.
    window : tuple of float or None
        West, south, east, north of what is shown (m); None: all.
    width_inch : float
    """
    figure, axes = _map_axes(land, language, width_inch, 1.15, window)
    if window is not None:
        west, south, east, north = window
        villages, stations = villages.cx[west:east, south:north], stations.cx[west:east, south:north]
    keys = _draw_hamlets(axes, villages, language)
    if len(stations):
        at = stations.geometry
        axes.scatter(
            at.x, at.y, s=52, marker="*", color=_STATION, edgecolors="black", linewidths=0.6, zorder=5
        )
        keys.append(_key("*", _STATION, say("legend_proposed", language), 9))
    title = say("fig_overview" if len(stations) else "fig_verdicts", language)
    axes.set_title(title, fontsize=9.5, loc="left")
    _legend_below(axes, keys)
    footnote(figure, source)
    return figure


def _draw_hamlets(axes: Axes, villages: gpd.GeoDataFrame, language: Language) -> list[Line2D | Patch]:
    keys = list[Line2D | Patch]()
    at = villages.geometry.representative_point()
    verdict = villages["verdict"].to_numpy()
    for code in reversed(VERDICTS):
        chosen = verdict == code
        if not chosen.any():
            continue
        colour, shape = VERDICT_STYLE[code]
        marker, size = _MARKS[shape]
        quiet = code in _QUIET
        fill = _SERVED if quiet else colour
        axes.scatter(
            at.x[chosen], at.y[chosen], s=size, marker=marker, color=fill, zorder=3 if quiet else 4,
            edgecolors="none" if quiet else INK, linewidths=0.0 if quiet else 0.5,
        )  # fmt: skip
        if not quiet:
            keys.insert(0, _key(marker, colour, VERDICT_LABELS[code][language == "vi"], 6))
    if np.isin(verdict, _QUIET).any():
        keys.append(_key("o", _SERVED, say("legend_other", language), 3))
    return keys


def _legend_below(axes: Axes, keys: Sequence[Line2D | Patch], size: float = 7.5) -> None:
    axes.legend(
        handles=keys, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3, fontsize=size,
        frameon=False,
    )  # fmt: skip


def _key(marker: str, colour: str, label: str, size: float) -> Line2D:
    return Line2D(
        [], [], linestyle="none", marker=marker, markersize=size, markerfacecolor=colour,
        markeredgecolor=INK, markeredgewidth=0.4, label=label,
    )  # fmt: skip


def _map_axes(
    land: MapGround,
    language: Language,
    width_inch: float,
    more_inch: float,
    window: tuple[float, float, float, float] | None = None,
) -> tuple[Figure, Axes]:
    """Return a map with borders, scale and north; so much higher than the area for what stands around it."""
    west, south, east, north = window = window or land.grid.bounds
    height_inch = width_inch * (north - south) / (east - west) + more_inch
    figure = Figure(figsize=(width_inch, height_inch), layout="constrained")
    axes = figure.subplots()
    ground(axes, land.terrain_m, land.land, land.grid, MOST_PIXELS)
    borders(axes, land.communes)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    scale_bar(axes, window)
    north_arrow(axes, language)
    return figure, axes


def coverage_sheet(content: SummaryContent, technology: str, width_inch: float | None = None) -> Figure:
    """Return the map of one technology: title, legend, scale, north, assumptions, source.

    Parameters
    ----------
    content : SummaryContent
    technology : str
        One of `content.levels_dbm`.
    width_inch : float or None
        None: a sheet of A4, upright or on its side as the area is, with the names of the communes.
    """
    rows, columns = content.grid.shape
    width = width_inch or _SHEET_INCH["tall" if rows > columns else "wide"]
    figure, axes = sheet_frame(content, technology, width)
    _paint(axes, content.levels_dbm[technology], content.rules[technology], content)
    if width_inch is None:
        names_of_areas(axes, content.communes)
    own = content.masts_with(technology)
    axes.scatter(own.x, own.y, s=5, marker="^", color="black", linewidths=0, zorder=5)
    return figure


def sheet_frame(content: SummaryContent, technology: str, width_inch: float) -> tuple[Figure, Axes]:
    """Return the sheet of one technology without its levels and its masts."""
    language, rule = content.language, content.rules[technology]
    figure, axes = _map_axes(content.ground(), language, width_inch, 1.05)
    title = say("fig_sheet", language, technology=technology)
    axes.set_title(f"{title} · {content.area}", fontsize=11, loc="left", parse_math=False)
    mast = say("sheet_mast", language, technology=technology)
    keys = [*_class_keys(content, rule), _key("^", "black", mast, 4)]
    _legend_below(axes, keys, 7.5 if width_inch > WIDTH_INCH else 6.2)
    facts = say(
        "sheet_rule", language, threshold=say_number(rule.threshold_dbm, language),
        sigma=say_number(rule.sigma_db, language, 1), p=say_share(rule.probability, language),
        pixel=say_number(content.grid.resolution_m, language),
    )  # fmt: skip
    crs = say("sheet_crs", language, crs=content.grid.crs)
    footnote(figure, f"{content.model} · {facts} · {crs}\n{content.source()}")
    return figure, axes


def _paint(axes: Axes, level_dbm: NDArray[np.float32], rule: TechnologyRule, content: SummaryContent) -> None:
    factor = max(1, round(max(content.grid.shape) / max(level_dbm.shape)))
    step = max(1, max(level_dbm.shape) // MOST_PIXELS)
    classes = classify(level_dbm[::step, ::step], level_edges(rule))
    colours = np.zeros((len(LEVEL_COLOURS) + 1, 4), dtype=np.uint8)
    colours[1:, :3] = [[round(255 * part) for part in to_rgb(colour)] for colour in LEVEL_COLOURS]
    colours[1:, 3] = round(255 * COVER)
    axes.imshow(
        colours[classes], extent=extent(content.grid, factor * step), interpolation="nearest", zorder=1
    )


def _class_keys(content: SummaryContent, rule: TechnologyRule) -> list[Patch | Line2D]:
    language, edges = content.language, level_edges(rule)
    keys: list[Patch | Line2D] = []
    for number in reversed(range(len(LEVEL_COLOURS))):
        words = say(f"sheet_class_{number}", language, p=say_share(rule.probability, language))
        level = say_number(edges[number], language, 1)
        keys.append(Patch(facecolor=LEVEL_COLOURS[number], label=f"≥ {level} dBm: {words}"))
    none = say("sheet_none", language, level=say_number(edges[0], language, 1))
    keys.append(Patch(facecolor="none", edgecolor="#777777", label=none))
    return keys
