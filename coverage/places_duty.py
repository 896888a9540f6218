"""Places that must have a technology: which of them have it, and which hamlets the duty reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import ndtr, ndtri

from ..gis_data.gap_schema import PLACES_DUTY
from .cells import CellTable, PointLevels, PointTable
from .gaps import GapRule, level_of
from .measured import MeasuredGroups
from .point_service import PointService, point_service, with_measurements
from .sample_shift import ShiftedLevels

__all__ = ["places_table", "required_5g"]


def places_table(
    places: pd.DataFrame,
    required: Sequence[str],
    points: PointTable,
    levels: PointLevels,
    cells: CellTable,
    rule: GapRule,
    as_of: np.datetime64,
    measured: MeasuredGroups | None = None,
    shifted: ShiftedLevels | None = None,
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.PLACES_DUTY` without geometry: places that must have a technology.

    Parameters
    ----------
    places : DataFrame
        Columns of `gis_data.schema.PLACES`, in the order of the points of kind "place".
    required : sequence of str
        Technology that each place must have; empty: none, left out.
    points, levels, cells, rule, as_of
        As for the verdicts.
    measured : MeasuredGroups or None
        Samples near the places, which take the place of the model for their operator and technology there.
    shifted : ShiftedLevels or None
        Of `levels`: what samples around the places shift them by.

    Returns
    -------
    DataFrame
        Its index is the row in `places`; those that lack their technology stand first.
    """
    columns = [column.name for column in PLACES_DUTY.columns]
    if not any(technology in rule.technologies for technology in required):
        return pd.DataFrame([], columns=columns, index=[])
    use = cells.active(as_of)
    groups = _no_groups() if measured is None else measured
    plain, service = (
        with_measurements(point_service(len(points), table, cells, rule.technologies, use), groups)
        for table in (levels, levels if shifted is None else shifted.judged)
    )
    keys = (groups.point.tolist(), groups.operator.tolist(), groups.technology.tolist())
    sampled = dict(zip(zip(*keys, strict=True), groups.count.tolist(), strict=True))
    at = np.flatnonzero(points.kind == "place")
    rows, index = [], []
    for i, technology in enumerate(required):
        if technology in rule.technologies:
            duty = _duty(service, plain, int(at[i]), technology, rule, cells, sampled)
            own = use & (cells.technology == technology)
            nearest_m = _nearest_m(cells, own, points, int(at[i]))
            names = (places[name].iloc[i] for name in ("place_id", "name", "kind"))
            rows.append((*names, technology, *duty, nearest_m))
            index.append(i)
    table = pd.DataFrame(rows, columns=columns, index=index)
    if shifted is not None:  # those that judge are on a scale of their own
        number = {str(name): n for n, name in enumerate(cells.cell_id.tolist())}
        cell = np.array([number.get(str(name), -1) for name in table["best_cell"]], dtype=np.int32)
        table["level_dbm"] = level_of(shifted.estimate, at[table.index.to_numpy(dtype=np.int64)], cell)
    return table.sort_values(["covered", "required_technology", "place_id"], kind="stable")


def _duty(
    service: PointService,
    plain: PointService,
    point: int,
    technology: str,
    rule: GapRule,
    cells: CellTable,
    sampled: Mapping[tuple[int, str, str], int],
) -> tuple[object, ...]:
    """Columns of a place from `covered` to `best_cell`, of the operator that serves it best."""
    t = service.technologies.index(technology)
    samples = sum(sampled.get((point, operator, technology), 0) for operator in service.operators)
    margin = service.margin[point, :, t]
    best = int(margin.argmax()) if len(margin) else -1
    if best < 0 or not np.isfinite(margin[best]):
        return False, 0.0, "model", samples, np.nan, None, None
    z = float(ndtri(rule.technologies[technology].probability))
    operator, cell = service.operators[best], int(service.cell[point, best, t])
    moved = "model" if margin[best] == plain.margin[point, best, t] else "model_shifted"
    by = "measurement" if (point, operator, technology) in sampled else moved
    return (
        bool(margin[best] >= 0.0), float(ndtr(margin[best] + z)), by, samples,
        float(service.level_dbm[point, best, t]), operator, str(cells.cell_id[cell]) if cell >= 0 else None,
    )  # fmt: skip


def _no_groups() -> MeasuredGroups:
    none, names = np.zeros(0, np.int64), np.zeros(0, "U1")
    return MeasuredGroups(none, names, names, none, np.zeros(0), np.zeros(0))


def _nearest_m(cells: CellTable, use: NDArray[np.bool_], points: PointTable, point: int) -> float:
    if not use.any():
        return np.nan
    return float(np.hypot(cells.x_m[use] - points.x_m[point], cells.y_m[use] - points.y_m[point]).min())


def required_5g(
    points: PointTable, n_villages: int, required: Sequence[str], reach_m: float
) -> NDArray[np.bool_]:
    """Tell which hamlets must have 5G: a centre or cluster lies within reach of a place that must have it.

    Parameters
    ----------
    points : PointTable
    n_villages : int
    required : sequence of str
        Technology that each place must have, in the order of the points of kind "place".
    reach_m : float
    """
    hamlet = np.zeros(n_villages, dtype=bool)
    duty = np.flatnonzero(points.kind == "place")[[name == "5G" for name in required]]
    inside = np.flatnonzero(points.village >= 0)
    if not len(duty) or not len(inside):
        return hamlet
    tree = cKDTree(np.column_stack([points.x_m[duty], points.y_m[duty]]))
    away, _ = tree.query(np.column_stack([points.x_m[inside], points.y_m[inside]]))
    hamlet[points.village[inside[away <= reach_m]]] = True
    return hamlet
