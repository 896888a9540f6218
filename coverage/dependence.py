"""People who depend on a single station: how many masts cover them, and whose failure would cut whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from ..gis_data.result_schema import MAST_COUNTS, STATION_DEPENDENCE
from .cells import CellTable, PointLevels, PointTable, TechnologyRule

__all__ = ["ALL_TECHNOLOGIES", "Dependence", "dependence"]

ALL_TECHNOLOGIES = "all"
_MANY = 3


@dataclass(frozen=True)
class Dependence:
    """How many masts people have, and the stations that are somebody's only one.

    Attributes
    ----------
    counts : DataFrame
        `gis_data.result_schema.MAST_COUNTS`: one row for each technology and one, "all", for any technology.
    stations : DataFrame
        `gis_data.result_schema.STATION_DEPENDENCE`: most people first.
    """

    counts: pd.DataFrame
    stations: pd.DataFrame


def dependence(
    points: PointTable,
    levels: PointLevels,
    cells: CellTable,
    rules: Mapping[str, TechnologyRule],
    as_of: np.datetime64,
    village_names: Sequence[str],
    *,
    operator: str | None = None,
) -> Dependence:
    """Count people by the distinct masts that cover them, and find the masts on whom people solely depend.

    A mast covers a point where one of its cells reaches the rule's probability there, P(level ≥ threshold),
    by itself, whoever runs the cell. People of a station are those whose points no other mast covers with any
    technology.

    Parameters
    ----------
    points : PointTable
        Points of no hamlet (places) are left out.
    levels : PointLevels
        Of all cells of the project.
    cells : CellTable
    rules : mapping of technology to TechnologyRule
    as_of : datetime64
        Cells on air at the end of this day count.
    village_names : sequence of str, (villages,)
        By ``points.village``.
    operator : str or None
        Only this operator's cells; None: all.
    """
    masts, mast = np.unique(cells.mast_id, return_inverse=True)
    use = cells.active(as_of)
    if operator is not None:
        use = use & (cells.operator == operator)
    inhabited = points.village >= 0
    pairs = {
        technology: _pairs(levels, cells, rule, use, mast.reshape(-1), max(len(masts), 1), inhabited)
        for technology, rule in rules.items()
    }
    pairs[ALL_TECHNOLOGIES] = np.unique(np.concatenate([np.empty(0, np.int64), *pairs.values()]))
    by_point = {
        name: np.bincount(pair // max(len(masts), 1), minlength=len(points)) for name, pair in pairs.items()
    }
    rows = [{"technology": name, **_people(points, count, inhabited)} for name, count in by_point.items()]
    counts = pd.DataFrame(rows, columns=[column.name for column in MAST_COUNTS.columns])
    alone = pairs[ALL_TECHNOLOGIES][by_point[ALL_TECHNOLOGIES][pairs[ALL_TECHNOLOGIES] // len(masts)] == 1]
    stations = _stations(points, alone // len(masts), masts[alone % len(masts)], village_names)
    return Dependence(counts, stations)


def _pairs(
    levels: PointLevels,
    cells: CellTable,
    rule: TechnologyRule,
    use: NDArray[np.bool_],
    mast: NDArray[np.int64],
    n_masts: int,
    inhabited: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Distinct (point, mast) where the mast covers the point with the technology, as one number, rising."""
    spare = (levels.level_dbm.astype(np.float64) - rule.threshold_dbm) / rule.sigma_db
    keep = (spare - float(ndtri(rule.probability)) >= 0.0) & inhabited[levels.point]
    keep &= (use & (cells.technology == rule.technology))[levels.cell]
    return np.unique(levels.point[keep].astype(np.int64) * n_masts + mast[levels.cell[keep]])


def _people(points: PointTable, masts: NDArray[np.int64], inhabited: NDArray[np.bool_]) -> dict[str, float]:
    people = np.bincount(
        np.minimum(masts[inhabited], _MANY), weights=points.people[inhabited], minlength=_MANY + 1
    )
    names = ("people_0", "people_1", "people_2", "people_3")
    return dict(zip(names, people.tolist(), strict=True))


def _stations(
    points: PointTable, point: NDArray[np.int64], mast_id: NDArray[Any], village_names: Sequence[str]
) -> pd.DataFrame:
    """One row for each mast; hamlets in the order of the table of hamlets."""
    village, people = points.village[point], points.people[point]
    rows = []
    for name in np.unique(mast_id):
        own = (mast_id == name) & (people > 0)
        if own.any():
            hamlets = np.unique(village[own])
            rows.append(
                {
                    "mast_id": str(name),
                    "people": float(people[own].sum()),
                    "hamlets": len(hamlets),
                    "hamlet_names": "; ".join(village_names[v] for v in hamlets),
                }
            )
    rows.sort(key=lambda row: (-row["people"], row["mast_id"]))  # type: ignore[operator]
    return pd.DataFrame(rows, columns=[column.name for column in STATION_DEPENDENCE.columns])
