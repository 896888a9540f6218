"""People who depend on a single station: how many masts cover them, and whose failure would cut whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.result_schema import MAST_COUNTS, STATION_DEPENDENCE
from .cells import CellTable, PointLevels, PointTable, TechnologyRule
from .mast_counts import masts_at

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
    use = cells.active(as_of)
    if operator is not None:
        use = use & (cells.operator == operator)
    inhabited = points.village >= 0
    every, only = masts_at(
        np.flatnonzero(inhabited), levels, cells, use, rules, np.ones(len(rules), dtype=bool)
    )
    counted = np.zeros((len(points), len(rules) + 1), dtype=np.int64)
    counted[inhabited] = every
    by_point = dict(zip((*rules, ALL_TECHNOLOGIES), counted.T, strict=True))
    rows = [{"technology": name, **_people(points, count, inhabited)} for name, count in by_point.items()]
    counts = pd.DataFrame(rows, columns=[column.name for column in MAST_COUNTS.columns])
    alone = every[:, -1] == 1
    masts = cells.masts[0][only[alone]]
    stations = _stations(points, np.flatnonzero(inhabited)[alone], masts, village_names)
    return Dependence(counts, stations)


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
    lived_in = points.people[point] > 0
    village, people = points.village[point][lived_in], points.people[point][lived_in]
    names, mast = np.unique(mast_id[lived_in], return_inverse=True)
    order = np.argsort(mast.reshape(-1), kind="stable")
    ends = np.searchsorted(mast.reshape(-1)[order], np.arange(len(names) + 1))
    rows = []
    for name, first, last in zip(names.tolist(), ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        own = order[first:last]
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
