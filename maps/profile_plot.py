"""The terrain profile between a mast and a hamlet as an SVG: why the signal does not get there.

Drawn as text, not by a plotting library: hundreds of files take no time and have the same bytes everywhere.
The ground is raised by the bulge of an earth of 4/3 its radius, so that the line of sight is straight.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from .words import Language

__all__ = ["LINK_WORDS", "PROFILE_WORDS", "ProfilePlot", "bulge_m", "fresnel_radius_m", "profile_svg"]

EFFECTIVE_EARTH_RADIUS_KM = 4.0 / 3.0 * 6371.0
_LIGHT_M_MHZ = 299.792458
_WIDTH, _HEIGHT = 900, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 24, 66, 84
_ELLIPSE_POINTS = 121

PROFILE_WORDS: dict[str, tuple[str, str]] = {
    "distance": ("Distance from the mast (km)", "Khoảng cách từ trạm (km)"),
    "height": ("Height above sea level (m)", "Độ cao so với mực nước biển (m)"),
    "ground": ("Ground", "Mặt đất"),
    "clutter": ("Clutter", "Lớp phủ"),
    "sight": ("Line of sight", "Đường ngắm thẳng"),
    "fresnel": ("First Fresnel zone", "Đới Fresnel thứ nhất"),
    "obstacle": ("Obstacle", "Vật cản"),
    "above": ("above the line", "trên đường ngắm"),
    "below": ("below the line", "dưới đường ngắm"),
    "antenna": ("antenna", "anten"),
    "receiver": ("receiver", "máy thu"),
    "earth": ("Earth's curvature drawn for k = 4/3", "Độ cong trái đất vẽ với k = 4/3"),
    "predicted": ("predicted, not measured", "dự báo, chưa đo"),
    "synthetic": ("SYNTHETIC DATA", "DỮ LIỆU GIẢ LẬP"),
}
"""Key to (English, Vietnamese); the map draws the same picture with them."""

LINK_WORDS: dict[str, tuple[str, str]] = {
    "share": ("0.{share:02.0f} of the first Fresnel zone", "0,{share:02.0f} đới Fresnel thứ nhất"),
    "dish": ("dish", "chảo vi ba"),
    "tightest": ("Tightest point", "Điểm hẹp nhất"),
    "room": ("{room:.1f} m beyond the zone", "hở {room:.1f} m ngoài đới"),
    "no_room": ("{room:.1f} m inside the zone", "lấn {room:.1f} m vào đới"),
    "link_distance": ("Distance from the station (km)", "Khoảng cách từ trạm (km)"),
}


@dataclass(frozen=True)
class ProfilePlot:
    """What is drawn.

    Attributes
    ----------
    title : str
        Hamlet and commune.
    verdict : str
        One line: what is lacking and why, in the reader's language.
    mast, hamlet : str
        Names of both ends.
    distance_km, height_m, clutter_m : ndarray of float64, (n,)
        Profile from the mast (0 km) to the hamlet; ground above sea level, and the clutter on it.
    antenna_height_m, receiver_height_m : float
        Above ground.
    frequency_mhz : float
        For the Fresnel zone.
    obstacle_km : float or None
        Where the main obstacle stands.
    obstacle_db : float
        What it costs.
    synthetic : bool
        The data are made up.
    link : bool
        A microwave hop: both ends are dishes, and what is marked is the tightest point.
    fresnel_share : float
        How much of the first Fresnel zone is drawn, 0 … 1.
    room_m : float
        Of a hop: least height of the drawn zone above ground and clutter; negative where they reach into it.
    """

    title: str
    verdict: str
    mast: str
    hamlet: str
    distance_km: NDArray[np.float64]
    height_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]
    antenna_height_m: float
    receiver_height_m: float
    frequency_mhz: float
    obstacle_km: float | None
    obstacle_db: float
    synthetic: bool = False
    link: bool = False
    fresnel_share: float = 1.0
    room_m: float = math.nan


@dataclass(frozen=True)
class _Axes:
    """From kilometres and metres to the picture."""

    length_km: float
    low_m: float
    high_m: float

    def x(self, km: float) -> float:
        return _LEFT + km / self.length_km * (_WIDTH - _LEFT - _RIGHT)

    def y(self, m: float) -> float:
        share = (m - self.low_m) / (self.high_m - self.low_m)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def path(self, km: Iterable[float], m: Iterable[float]) -> str:
        return " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in zip(km, m, strict=True))


def bulge_m(distance_km: NDArray[np.float64], length_km: float) -> NDArray[np.float64]:
    """Height (m) of the curved earth, k = 4/3, over the chord between the ends of a path."""
    return np.asarray(500.0 * distance_km * (length_km - distance_km) / EFFECTIVE_EARTH_RADIUS_KM)


def fresnel_radius_m(
    distance_km: NDArray[np.float64], length_km: float, frequency_mhz: float
) -> NDArray[np.float64]:
    """Radius (m) of the first Fresnel zone along a path."""
    wavelength = _LIGHT_M_MHZ / frequency_mhz
    return np.asarray(np.sqrt(wavelength * 1000.0 * distance_km * (length_km - distance_km) / length_km))


def profile_svg(plot: ProfilePlot, language: Language) -> str:
    """Return the picture as an SVG document.

    Parameters
    ----------
    plot : ProfilePlot
    language : {"vi", "en"}

    Returns
    -------
    str
        The same bytes for the same input, on every machine.
    """
    length = float(plot.distance_km[-1])
    ground = plot.height_m + bulge_m(plot.distance_km, length)
    tops = ground + plot.clutter_m
    start, end = float(ground[0]) + plot.antenna_height_m, float(ground[-1]) + plot.receiver_height_m
    along = np.linspace(0.0, length, _ELLIPSE_POINTS)
    line = start + (end - start) * along / length
    radius = plot.fresnel_share * fresnel_radius_m(along, length, plot.frequency_mhz)
    axes = _axes(length, np.concatenate([ground, tops, line - radius, line + radius]), float(ground.min()))
    ellipse = axes.path([*along, *along[::-1]], [*(line + radius), *(line - radius)[::-1]])
    parts = [
        *_head(plot, language),
        *_grid(axes, language, "link_distance" if plot.link else "distance"),
        *_surface(axes, plot, ground, tops),
        f'<polygon class="fresnel" clip-path="url(#frame)" points="{ellipse}"/>',
        f'<line class="sight" {_ends(axes, (0.0, start), (length, end))}/>',
        *_ends_of_path(axes, plot, language, float(ground[0]), float(ground[-1]), start, end),
        *_obstacle(axes, plot, language, tops, start, end),
        *_legend(plot, language),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _say(key: str, language: Language) -> str:
    return (LINK_WORDS if key in LINK_WORDS else PROFILE_WORDS)[key][1 if language == "vi" else 0]


def _axes(length_km: float, heights: NDArray[np.float64], ground_low_m: float) -> _Axes:
    # The lower half of the Fresnel zone may reach far below flat ground: it is cut off there.
    low, high = ground_low_m, float(heights.max())
    margin = max(10.0, 0.08 * (high - low))
    return _Axes(length_km, low - margin, high + margin)


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{" " + more if more else ""}>{escape(words)}</text>'


def _ends(axes: _Axes, a: tuple[float, float], b: tuple[float, float]) -> str:
    return f'x1="{axes.x(a[0]):.1f}" y1="{axes.y(a[1]):.1f}" x2="{axes.x(b[0]):.1f}" y2="{axes.y(b[1]):.1f}"'


_STYLE = (
    "text{font:12px 'Noto Sans','DejaVu Sans',Arial,sans-serif;fill:#222;paint-order:stroke;"
    "stroke:#fff;stroke-width:3px;stroke-linejoin:round}"
    "text.title{font-size:16px;font-weight:bold}"
    ".ground{fill:#c9b48f;stroke:#6b5635;stroke-width:1.2}.clutter{fill:#8fb38a}"
    ".fresnel{fill:#2b6cb0;fill-opacity:.14;stroke:#2b6cb0;stroke-dasharray:4 3;stroke-width:.8}"
    ".sight{stroke:#2b6cb0;stroke-width:1.6}.grid{stroke:#ddd;stroke-width:1}.pole{stroke:#111;stroke-width:2.5}"
    ".obstacle{stroke:#c53030;stroke-width:1.6}.mark{fill:#c53030}text.red{fill:#c53030;font-weight:bold}"
)


def _head(plot: ProfilePlot, language: Language) -> list[str]:
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" lang="{language}" aria-label="{escape(plot.title, quote=True)}">',
        f"<title>{escape(plot.title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<clipPath id="frame"><rect x="{_LEFT}" y="{_TOP}" width="{_WIDTH - _LEFT - _RIGHT}" '
        f'height="{_HEIGHT - _TOP - _BOTTOM}"/></clipPath>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        _text(_LEFT, 26, plot.title, 'class="title"'),
        _text(_LEFT, 47, plot.verdict),
    ]
    if plot.synthetic:
        head.append(_text(_WIDTH - _RIGHT, 26, _say("synthetic", language), 'class="red" text-anchor="end"'))
    return head


def _step(span: float, most: int) -> float:
    """The least of 1, 2, 5 × 10ⁿ that makes at most so many steps."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= most)


def _grid(axes: _Axes, language: Language, across: str) -> list[str]:
    parts = []
    floor, ceiling = _HEIGHT - _BOTTOM, _TOP
    step = _step(axes.high_m - axes.low_m, 7)
    for i in range(math.ceil(axes.low_m / step), math.floor(axes.high_m / step) + 1):
        y = axes.y(i * step)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{i * step:g}", 'text-anchor="end"'))
    step = _step(axes.length_km, 10)
    for i in range(math.floor(axes.length_km / step) + 1):
        x = axes.x(i * step)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{floor}" x2="{x:.1f}" y2="{ceiling}"/>')
        parts.append(_text(x, floor + 16, f"{i * step:g}", 'text-anchor="middle"'))
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(_text(middle, floor + 34, _say(across, language), 'text-anchor="middle"'))
    half = (floor + ceiling) / 2
    turn = f'text-anchor="middle" transform="rotate(-90 16 {half:.1f})"'
    parts.append(_text(16, half, _say("height", language), turn))
    return parts


def _surface(
    axes: _Axes, plot: ProfilePlot, ground: NDArray[np.float64], tops: NDArray[np.float64]
) -> list[str]:
    km = plot.distance_km
    parts = []
    if np.any(plot.clutter_m > 0):
        ring = axes.path([*km, *km[::-1]], [*tops, *ground[::-1]])
        parts.append(f'<polygon class="clutter" points="{ring}"/>')
    ring = axes.path([*km, km[-1], km[0]], [*ground, axes.low_m, axes.low_m])
    return [*parts, f'<polygon class="ground" points="{ring}"/>']


def _ends_of_path(
    axes: _Axes,
    plot: ProfilePlot,
    language: Language,
    first_m: float,
    last_m: float,
    start_m: float,
    end_m: float,
) -> list[str]:
    length = axes.length_km
    first, last = ("dish", "dish") if plot.link else ("antenna", "receiver")
    mast = f"{plot.mast}: {_say(first, language)} {plot.antenna_height_m:g} m"
    hamlet = f"{plot.hamlet}: {_say(last, language)} {plot.receiver_height_m:g} m"
    return [
        f'<line class="pole" {_ends(axes, (0.0, first_m), (0.0, start_m))}/>',
        f'<line class="pole" {_ends(axes, (length, last_m), (length, end_m))}/>',
        _text(axes.x(0.0) + 6, axes.y(start_m) - 6, mast),
        _text(axes.x(length) - 6, axes.y(end_m) - 10, hamlet, 'text-anchor="end"'),
    ]


def _obstacle(
    axes: _Axes,
    plot: ProfilePlot,
    language: Language,
    tops: NDArray[np.float64],
    start_m: float,
    end_m: float,
) -> list[str]:
    if plot.obstacle_km is None:
        return []
    index = int(np.argmin(np.abs(plot.distance_km - plot.obstacle_km)))
    km, top = float(plot.distance_km[index]), float(tops[index])
    line = start_m + (end_m - start_m) * km / axes.length_km
    height = float(plot.height_m[index] + plot.clutter_m[index])
    side = _say("above" if top >= line else "below", language)
    what = _say("tightest" if plot.link else "obstacle", language)
    words = f"{what}: {km:.2f} km, {height:.0f} m, {abs(top - line):.0f} m {side}, "
    if plot.link:
        words += _say("room" if plot.room_m >= 0 else "no_room", language).format(room=abs(plot.room_m))
    else:
        words += f"{plot.obstacle_db:.1f} dB"
    x, y = axes.x(km), axes.y(top)
    anchor = "start" if km < axes.length_km / 2 else "end"
    return [
        f'<line class="obstacle" {_ends(axes, (km, line), (km, top))}/>',
        f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
        _text(x + (8 if anchor == "start" else -8), _TOP + 12, words, f'class="red" text-anchor="{anchor}"'),
    ]


def _legend(plot: ProfilePlot, language: Language) -> list[str]:
    signs = [("ground", "ground"), ("fresnel", "fresnel"), ("sight", "sight")]
    if np.any(plot.clutter_m > 0):
        signs.insert(1, ("clutter", "clutter"))
    y = _HEIGHT - 26
    parts, x = [], float(_LEFT)
    for css, key in signs:
        if css == "sight":
            parts.append(f'<line class="sight" x1="{x:.1f}" y1="{y - 4}" x2="{x + 16:.1f}" y2="{y - 4}"/>')
        else:
            parts.append(f'<rect class="{css}" x="{x:.1f}" y="{y - 10}" width="16" height="11"/>')
        words = _say(key, language)
        if key == "fresnel" and plot.fresnel_share < 1:
            words = _say("share", language).format(share=100 * plot.fresnel_share)
        parts.append(_text(x + 22, y, words))
        x += 52 + 6.6 * len(words)
    note = f"{_say('earth', language)} · {_frequency(plot.frequency_mhz)} · {_say('predicted', language)}"
    return [*parts, _text(_LEFT, _HEIGHT - 8, note)]


def _frequency(mhz: float) -> str:
    return f"{mhz / 1000:g} GHz" if mhz >= 6000 else f"{mhz:g} MHz"
