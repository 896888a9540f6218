"""Reasons as a table for people: one row per hamlet that lacks a service."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ..gis_data.gap_schema import HAMLET_REASONS
from ..gis_data.result_schema import VERDICTS
from ..gis_data.schema import Table
from .cells import CellTable, PointTable
from .gap_reasons import Reason
from .gaps import Verdicts
from .remedies import Remedy

__all__ = ["reasons_table"]

Degrees = Callable[[float, float], tuple[float, float]]
"""From the run's CRS to longitude and latitude."""


def reasons_table(
    reasons: Sequence[Reason],
    verdicts: Verdicts,
    villages: pd.DataFrame,
    points: PointTable,
    cells: CellTable,
    degrees: Degrees,
    convergence_deg: Callable[[float, float], float],
    *,
    table: Table = HAMLET_REASONS,
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.HAMLET_REASONS`, without the column `profile`.

    Parameters
    ----------
    reasons : sequence of Reason
    verdicts : Verdicts
    villages : DataFrame
        Columns of `gis_data.schema.VILLAGES`, in the order of the verdicts.
    points, cells
        Those that the reasons were computed from.
    degrees : callable
        From x and y in the run's CRS to longitude and latitude.
    convergence_deg : callable
        From x and y to the angle from true north to grid north, clockwise.
    table : Table
        Or `gis_data.gap_schema.INDOOR_REASONS`.
    """
    rows = []
    for reason in reasons:
        row = {name: villages[name].iloc[reason.village] for name in ("village_id", "name", "commune")}
        row |= {
            "verdict": VERDICTS[verdicts.verdict[reason.village]],
            "service": reason.service,
            "point_kind": str(points.kind[reason.point]),
            "cluster_id": _cluster(points, reason.point),
            "p_point": reason.p,
            "p_rule": reason.p_rule,
            "measured_dbm": reason.measured_dbm,
            "measured_short_db": reason.measured_short_db,
            "short_db": reason.short_db,
            "cause": reason.cause,
            "cause_mast": reason.cause_mast or None,
            "remedy": None if reason.remedy is None else reason.remedy.kind,
            "remedy_price": math.nan if reason.remedy is None else reason.remedy.price,
        }
        row |= _candidate(reason, cells) | _obstacle(reason, degrees)
        for remedy in reason.remedies:
            row |= _remedy(remedy, degrees, convergence_deg)
        rows.append(row)
    columns = [column for column in table.columns if column.name != "profile"]
    found = pd.DataFrame(rows, columns=[column.name for column in columns])
    numbers = {column.name: np.float64 for column in columns if column.kind == "number"}
    return found.astype(numbers)


def _cluster(points: PointTable, point: int) -> str | None:
    """Id of the cluster; None for a centre or a point inside an area."""
    return str(points.point_id[point]).partition(":")[2] if points.kind[point] == "cluster" else None


def _candidate(reason: Reason, cells: CellTable) -> dict[str, object]:
    found = reason.candidate
    if found is None:
        return {}
    return {
        "candidate_cell": str(cells.cell_id[found.cell]),
        "candidate_mast": str(cells.mast_id[found.cell]),
        "candidate_operator": str(cells.operator[found.cell]),
        "candidate_technology": str(cells.technology[found.cell]),
        "distance_m": reason.distance_m,
        "level_dbm": found.level_dbm,
        "shift_db": reason.shift_db,
        "entry_db": reason.entry_db,
        "excess_db": reason.excess_db,
        "off_axis_db": reason.off_axis_db,
        "obstacle_db": reason.obstacle_db,
    }


def _obstacle(reason: Reason, degrees: Degrees) -> dict[str, object]:
    """Nothing where nothing stands in the way."""
    found = reason.obstacle
    if found is None or math.isnan(reason.obstacle_x_m) or reason.obstacle_db <= 0.0:
        return {}
    lon, lat = degrees(reason.obstacle_x_m, reason.obstacle_y_m)
    return {
        "obstacle_lon": round(lon, 6),
        "obstacle_lat": round(lat, 6),
        "obstacle_distance_m": found.distance_km * 1000.0,
        "obstacle_height_m": found.height_m,
        "obstacle_over_line_m": found.over_line_m,
    }


def _remedy(
    remedy: Remedy, degrees: Degrees, convergence_deg: Callable[[float, float], float]
) -> dict[str, object]:
    row: dict[str, object] = {
        f"{remedy.kind}_gain_db": remedy.gain_db,
        f"{remedy.kind}_enough": remedy.enough,
        f"{remedy.kind}_price": remedy.price,
    }
    if remedy.kind == "tilt":
        return row | {"tilt_deg": remedy.value}
    if remedy.kind == "azimuth":
        return row | {"azimuth_deg": (remedy.value + convergence_deg(remedy.x_m, remedy.y_m)) % 360.0}
    if remedy.kind == "height":
        return row | {"height_more_m": remedy.value}
    if remedy.kind == "carrier":
        return row | {
            "carrier_mast": remedy.mast_id,
            "carrier_operator": remedy.operator,
            "carrier_technology": remedy.technology,
            "carrier_mhz": remedy.value,
        }
    lon, lat = degrees(remedy.x_m, remedy.y_m)
    return row | {
        "station_technology": remedy.technology,
        "station_distance_m": remedy.distance_m,
        "station_height_m": remedy.value,
        "station_lon": round(lon, 6),
        "station_lat": round(lat, 6),
    }
