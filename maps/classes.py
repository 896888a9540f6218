"""Level classes: one raster of classes serves the views of level and of probability alike.

P(covered) rises with the level, so a pixel's class in either view follows from the classes between all edges
of both. Layers and footprints in the same classes are put together by taking the higher class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..coverage.cells import TechnologyRule

__all__ = [
    "PROBABILITY_EDGES",
    "class_edges_dbm",
    "classify",
    "level_edges",
    "probability_edges",
    "required_level_dbm",
    "view_classes",
]

PROBABILITY_EDGES = (0.5, 0.75, 0.9, 0.99)
"""Lower edges of the probability classes; the rule's own probability takes the place of the nearest."""

_CLASS_DB = 10.0  # width of the weakest class, and of the one below "strong"


def level_edges(rule: TechnologyRule) -> tuple[float, ...]:
    """Return the lower edges of the level classes of one technology (dBm), rising.

    Weak, uncertain, covered and strong: "covered" starts where the rule is met, never below.
    """
    required = required_level_dbm(rule)
    # a rule that asks for no more than an even chance is met at the threshold or below: nothing is uncertain
    heard = min(rule.threshold_dbm, required)
    return (heard - _CLASS_DB, heard, required, required + _CLASS_DB)


def required_level_dbm(rule: TechnologyRule) -> float:
    """Return the median level at which P(covered) reaches the rule's probability (dBm), up to the next 0.1.

    The threshold and the margin z(probability) · σ of a normal distribution above it.
    """
    if rule.sigma_db == 0.0:
        return rule.threshold_dbm
    if rule.probability >= 1.0:
        raise ValueError("no level is certain: the rule's probability must be under 1")
    return math.ceil(_level_at_dbm(rule, rule.probability) * 10.0 - 1e-6) / 10.0


def probability_edges(rule: TechnologyRule) -> tuple[float, ...]:
    """Return the lower edges of the probability classes; the rule's probability is one of them."""
    nearest = min(range(len(PROBABILITY_EDGES)), key=lambda k: abs(PROBABILITY_EDGES[k] - rule.probability))
    return tuple(rule.probability if k == nearest else edge for k, edge in enumerate(PROBABILITY_EDGES))


def class_edges_dbm(rule: TechnologyRule) -> tuple[float, ...]:
    """Return the lower edges of the classes of both views together (dBm), rising and distinct."""
    return tuple(sorted({*level_edges(rule), *_probability_levels_dbm(rule)}))


def view_classes(rule: TechnologyRule) -> dict[str, list[int]]:
    """Return, by view ("level", "p"), the class that it shows for class 0, 1, … of `class_edges_dbm`."""
    lower = class_edges_dbm(rule)
    return {
        view: [0, *np.searchsorted(np.array(edges), np.array(lower), side="right").tolist()]
        for view, edges in (("level", level_edges(rule)), ("p", _probability_levels_dbm(rule)))
    }


def classify(values: NDArray[np.floating], edges: Sequence[float]) -> NDArray[np.uint8]:
    """Return 0 below the first edge or where there is no value, k where ``edges[k-1] <= value < edges[k]``.

    Parameters
    ----------
    values : ndarray
        NaN where there is none.
    edges : sequence of float
        Rising; the last class is open upwards.
    """
    classes = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right").astype(np.uint8)
    classes[np.isnan(values)] = 0
    return classes


def _level_at_dbm(rule: TechnologyRule, probability: float) -> float:
    return rule.threshold_dbm + NormalDist().inv_cdf(probability) * rule.sigma_db


def _probability_levels_dbm(rule: TechnologyRule) -> tuple[float, ...]:
    """Return the level at each of `probability_edges`; that of the rule is rounded as in the other view."""
    return tuple(
        required_level_dbm(rule) if edge == rule.probability else _level_at_dbm(rule, edge)
        for edge in probability_edges(rule)
    )
