"""Share of the area covered, by commune and technology; never to be taken for a share of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from ..gis_data.gap_schema import AREA_TOTALS
from .cells import TechnologyRule

__all__ = ["area_totals"]


def area_totals(
    commune: NDArray[np.int32],
    names: Sequence[str],
    level_dbm: Mapping[str, NDArray[np.float32]],
    technologies: Mapping[str, TechnologyRule],
    pixel_km2: float,
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.AREA_TOTALS`: over all, then by commune in alphabetical order.

    A pixel is covered where P(level >= threshold) of the best server, whoever runs it, is at least the rule's
    probability.

    Parameters
    ----------
    commune : ndarray of int32, (rows, columns)
        Index in `names` of the commune in which the pixel lies; -1: not counted (sea, no height, elsewhere).
    names : sequence of str
    level_dbm : mapping of technology to ndarray of float32, (rows, columns)
        Of the best server outdoors; NaN where nothing is heard.
    technologies : mapping of technology to TechnologyRule
    pixel_km2 : float
        Area of a pixel.
    """
    inside = commune >= 0
    of = commune[inside]
    total = np.bincount(of, minlength=len(names))
    rows = []
    for technology, rule in technologies.items():
        if technology not in level_dbm:
            continue
        lowest = rule.threshold_dbm + rule.sigma_db * float(ndtri(rule.probability))
        with np.errstate(invalid="ignore"):
            good = level_dbm[technology][inside] >= lowest
        covered = np.bincount(of[good], minlength=len(names))
        rows.append(("all", "", technology, int(total.sum()), int(covered.sum())))
        rows += [
            ("commune", name, technology, int(total[i]), int(covered[i])) for i, name in enumerate(names)
        ]
    rows.sort(key=lambda row: (row[0], row[1]))  # stable: technologies keep the rule's order
    data = [
        (scope, name, technology, pixels * pixel_km2, good * pixel_km2, good / pixels if pixels else np.nan)
        for scope, name, technology, pixels, good in rows
    ]
    return pd.DataFrame(data, columns=[column.name for column in AREA_TOTALS.columns])
