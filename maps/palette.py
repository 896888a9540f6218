"""Colours: classes that stay apart for colour-blind readers, on a projector and in print.

Distances are CIEDE2000 (Sharma, Wu and Dalal 2005); colour-vision deficiency is simulated after Machado,
Oliveira and Fernandes (2009) at full severity. `minimum_distance` is what the tests hold the palettes to.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COAST",
    "INK",
    "LAND",
    "LEVEL_COLOURS",
    "OPERATOR_COLOURS",
    "PLAN_STATE_STYLE",
    "PROBABILITY_COLOURS",
    "SEA",
    "TECHNOLOGY_STYLE",
    "VERDICT_HATCH",
    "VERDICT_STYLE",
    "VISIONS",
    "ciede2000",
    "lab",
    "minimum_distance",
    "operator_colours",
    "simulate",
]

# Four classes are what four kinds of vision can tell apart at 19 or more; a fifth would bring it to 15.
# Dark is weak: the fringe of coverage, and so the gap behind it, stands out, and where the signal is strong
# the relief shows through.
LEVEL_COLOURS = ("#440154", "#2e6f8e", "#32b67a", "#fde725")
"""Viridis at 0.0, 0.36, 0.66 and 1.0: median level, weakest class first."""
PROBABILITY_COLOURS = ("#00224e", "#5e626e", "#999277", "#fee838")
"""Cividis at 0.0, 0.36, 0.62 and 1.0: probability of coverage, lowest class first."""

# Okabe and Ito (2008), black left out: it is for outlines and words.
OPERATOR_COLOURS = ("#d55e00", "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#f0e442")

INK = "#1d2733"
"""Outlines and words."""
LAND = (244, 241, 232)
SEA = (205, 224, 236)
COAST = (96, 128, 150)

VERDICT_STYLE: dict[str, tuple[str, str]] = {
    "no_signal": ("#b2182b", "cross"),
    "partial_signal": ("#ef6c00", "half"),
    "voice_only": ("#fdb863", "triangle"),
    "no_4g": ("#c2a5cf", "square"),
    "no_5g": ("#80cdc1", "diamond"),
    "fragile": ("#f7f7f7", "ring"),
    "covered": ("#01665e", "dot"),
}
"""Fill colour and shape of each verdict, worst first: no two share a shape."""

PLAN_STATE_STYLE: dict[str, tuple[str, str]] = {
    "contradicted": ("#b2182b", "flag_cross"),
    "overdue": ("#fdb863", "flag_clock"),
    "unverified": ("#ffffff", "flag_ring"),
    "pending": ("#737b84", "flag"),
    "early": ("#56b4e9", "flag_tick"),
    "done": ("#0b4f6c", "flag_tick"),
}
"""Fill colour and shape of the states of a plan item, the one that needs a look first."""

TECHNOLOGY_STYLE: dict[str, tuple[str, str, str]] = {
    "2G": ("#7f7f7f", "s", ":"),
    "3G": ("#56b4e9", "^", "-."),
    "4G": (INK, "o", "-"),
    "5G": ("#d55e00", "D", "--"),
}
"""Colour, marker and line of each technology; the colours are 24 apart or more for every kind of vision."""

VERDICT_HATCH: dict[str, str] = {
    "no_signal": "",
    "partial_signal": "////",
    "voice_only": "....",
    "no_4g": "\\\\\\\\",
    "no_5g": "xxxx",
    "fragile": "",
    "covered": "",
}
"""What tells the bars of the verdicts apart without their colours."""

VISIONS = ("normal", "protanopia", "deuteranopia", "tritanopia")

_DEFICIENCY = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
_RGB_TO_XYZ = np.array(
    ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
)
_WHITE_D65 = np.array((0.95047, 1.0, 1.08883))


def _linear(colour: str) -> NDArray[np.float64]:
    """Return linear-light sRGB, each 0 … 1, of ``#rrggbb``."""
    encoded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def simulate(colour: str, vision: str) -> NDArray[np.float64]:
    """Return a colour as a reader with `vision` sees it.

    Parameters
    ----------
    colour : str
        ``#rrggbb``.
    vision : str
        One of `VISIONS`.

    Returns
    -------
    ndarray of float64, (3,)
        Linear-light sRGB, 0 … 1.
    """
    linear = _linear(colour)
    if vision == "normal":
        return linear
    return np.clip(np.array(_DEFICIENCY[vision]) @ linear, 0.0, 1.0)


def lab(linear_rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIE L*a*b* (D65) of linear-light sRGB, (3,)."""
    ratio = _RGB_TO_XYZ @ linear_rgb / _WHITE_D65
    delta = 6 / 29
    f = np.where(ratio > delta**3, np.cbrt(ratio), ratio / (3 * delta**2) + 4 / 29)
    return np.array((116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])))


def ciede2000(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the CIEDE2000 difference of two L*a*b* colours (Sharma et al. 2005, equations 2–22)."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    chroma_mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(chroma_mean**7 / (chroma_mean**7 + 25.0**7)))
    c1, c2 = np.hypot((1 + g) * a1, b1), np.hypot((1 + g) * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, (1 + g) * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    dh = 0.0 if grey else (h2 - h1 + 180) % 360 - 180
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    far_apart = abs(h1 - h2) > 180
    hue = h1 + h2 if grey else ((h1 + h2 + 360 * far_apart) / 2) % 360
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 + sum(
        factor * np.cos(np.radians(multiple * hue + shift))
        for factor, multiple, shift in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    )
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    theta = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    rotation = -np.sin(np.radians(2 * theta)) * 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    x, y, z = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    return float(np.sqrt(x * x + y * y + z * z + rotation * y * z))


def minimum_distance(colours: tuple[str, ...], vision: str) -> float:
    """Return the smallest CIEDE2000 difference between any two of `colours` for a reader with `vision`."""
    seen = [lab(simulate(colour, vision)) for colour in colours]
    return min(ciede2000(first, second) for first, second in combinations(seen, 2))


def operator_colours(operators: tuple[str, ...]) -> dict[str, str]:
    """Return a colour per operator, in the order given; an eighth and later one takes grey."""
    colours = (*OPERATOR_COLOURS, *("#7f7f7f",) * max(0, len(operators) - len(OPERATOR_COLOURS)))
    return dict(zip(operators, colours, strict=False))
