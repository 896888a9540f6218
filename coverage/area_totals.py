"""Share of the area covered, by commune, operator and technology; never to be taken for a share of people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from ..gis_data.gap_schema import AREA_TOTALS
from .cells import TechnologyRule

__all__ = [
    "CountedLayer",
    "CoveredLayer",
    "Units",
    "area_totals",
    "lowest_dbm",
    "pixels_of",
    "totals_table",
]


@dataclass(frozen=True)
class Units:
    """One division of the land.

    Attributes
    ----------
    scope : {"commune", "old_commune"}
    index : ndarray of int32, (rows, columns)
        Place in `names` of the unit in which a pixel lies; -1: not counted (sea, no height, elsewhere).
    names : tuple of str
    """

    scope: str
    index: NDArray[np.int32]
    names: tuple[str, ...]


@dataclass(frozen=True)
class CoveredLayer:
    """Level of the best server outdoors.

    Attributes
    ----------
    technology : str
    operator : str
        Whose cells; empty: anybody's.
    level_dbm : ndarray of float32, (rows, columns)
        NaN where nothing is heard.
    """

    technology: str
    operator: str
    level_dbm: NDArray[np.float32]


@dataclass(frozen=True)
class CountedLayer:
    """Covered pixels of a layer.

    Attributes
    ----------
    technology, operator : str
        As of `CoveredLayer`.
    covered : tuple of ndarray of int64
        For each division the covered pixels of each unit.
    """

    technology: str
    operator: str
    covered: tuple[NDArray[np.int64], ...]


def area_totals(
    divisions: Sequence[Units],
    layers: Iterable[CoveredLayer],
    technologies: Mapping[str, TechnologyRule],
    pixel_km2: float,
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.AREA_TOTALS`: over all, then by unit, units in alphabetical order.

    A pixel is covered where P(level >= threshold) of the best server is at least the rule's probability.

    Parameters
    ----------
    divisions : sequence of Units
        The first one that has units tells what counts over all.
    layers : iterable of CoveredLayer
        One is looked at at a time. Any operator first, then each by itself, gives the order of the rows.
    technologies : mapping of technology to TechnologyRule
    pixel_km2 : float
        Area of a pixel.
    """
    used = [units for units in divisions if units.names]
    counted = []
    for layer in layers:
        if layer.technology in technologies:
            with np.errstate(invalid="ignore"):
                good = layer.level_dbm >= lowest_dbm(technologies[layer.technology])
            counts = tuple(pixels_of(units, good) for units in used)
            counted.append(CountedLayer(layer.technology, layer.operator, counts))
    totals = [pixels_of(units, np.ones(units.index.shape, bool)) for units in used]
    return totals_table(used, totals, counted, pixel_km2)


def lowest_dbm(rule: TechnologyRule) -> float:
    """Return the level from which on a pixel is covered."""
    return rule.threshold_dbm + rule.sigma_db * float(ndtri(rule.probability))


def pixels_of(units: Units, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the chosen pixels of each unit, (names,)."""
    inside = units.index[chosen]
    return np.bincount(inside[inside >= 0], minlength=len(units.names)).astype(np.int64)


def totals_table(
    divisions: Sequence[Units],
    totals: Sequence[NDArray[np.int64]],
    layers: Sequence[CountedLayer],
    pixel_km2: float,
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.AREA_TOTALS` of pixels that have been counted.

    Parameters
    ----------
    divisions : sequence of Units
        Those that have names.
    totals : sequence of ndarray of int64
        Pixels of each unit of each division.
    layers : sequence of CountedLayer
    pixel_km2 : float
    """
    rows: list[tuple[str, str, str, str, int, int]] = []
    for layer in layers:
        named = (layer.operator, layer.technology)
        for number, (units, total, covered) in enumerate(zip(divisions, totals, layer.covered, strict=True)):
            if number == 0:
                rows.append(("all", "", *named, int(total.sum()), int(covered.sum())))
            pairs = zip(units.names, total.tolist(), covered.tolist(), strict=True)
            rows += [(units.scope, name, *named, pixels, kept) for name, pixels, kept in pairs]
    scopes = ("all", *(units.scope for units in divisions))
    rows.sort(key=lambda row: (scopes.index(row[0]), row[1]))  # stable: layers keep their order
    data = [
        (*names, pixels * pixel_km2, kept * pixel_km2, kept / pixels if pixels else np.nan)
        for *names, pixels, kept in rows
    ]
    return pd.DataFrame(data, columns=[column.name for column in AREA_TOTALS.columns])
