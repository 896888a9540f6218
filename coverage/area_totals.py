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

__all__ = ["CoveredLayer", "Units", "area_totals"]


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
    of = [units.index[units.index >= 0] for units in used]
    rows: list[tuple[str, str, str, str, int, int]] = []
    for layer in layers:
        if layer.technology not in technologies:
            continue
        rule = technologies[layer.technology]
        lowest = rule.threshold_dbm + rule.sigma_db * float(ndtri(rule.probability))
        for number, (units, inside) in enumerate(zip(used, of, strict=True)):
            with np.errstate(invalid="ignore"):
                good = layer.level_dbm[units.index >= 0] >= lowest
            total = np.bincount(inside, minlength=len(units.names)).tolist()
            covered = np.bincount(inside[good], minlength=len(units.names)).tolist()
            named = (layer.operator, layer.technology)
            if number == 0:
                rows.append(("all", "", *named, sum(total), sum(covered)))
            pairs = zip(units.names, total, covered, strict=True)
            rows += [(units.scope, name, *named, pixels, kept) for name, pixels, kept in pairs]
    scopes = ("all", *(units.scope for units in used))
    rows.sort(key=lambda row: (scopes.index(row[0]), row[1]))  # stable: layers keep their order
    data = [
        (*names, pixels * pixel_km2, kept * pixel_km2, kept / pixels if pixels else np.nan)
        for *names, pixels, kept in rows
    ]
    return pd.DataFrame(data, columns=[column.name for column in AREA_TOTALS.columns])
