"""Which cells came, went, moved or changed between two versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import Geod

__all__ = ["CellChange", "cell_changes", "distance_m", "on_air", "records"]

_GROUND = Geod(ellps="WGS84")
_LEAST_MOVE_M = 1.0
_RADIO = (
    "operator", "technology", "frequency_mhz", "bandwidth_mhz", "antenna_height_m", "azimuth_deg",
    "mechanical_tilt_deg", "electrical_tilt_deg", "antenna", "tx_power_dbm", "feeder_loss_db", "mast_id",
)  # fmt: skip


@dataclass(frozen=True)
class CellChange:
    """What happened to one cell.

    Attributes
    ----------
    cell_id, mast_id, operator, technology : str
        As after, or as before where it is gone.
    change : str
        Of `gis_data.history_schema.STATION_CHANGES`.
    details : tuple of (str, str, str)
        Columns of `gis_data.schema.CELLS` with their values before and after; dates of switching.
    moved_m : float
        Of its mast; 0 where it stands where it stood.
    lon, lat : float
        Of its mast, as after, or as before where it is gone.
    """

    cell_id: str
    mast_id: str
    operator: str
    technology: str
    change: str
    details: tuple[tuple[str, str, str], ...]
    moved_m: float
    lon: float
    lat: float

    @property
    def comes(self) -> bool:
        """It may serve somebody now who had no service from it."""
        return self.change in ("new", "on", "moved", "changed")

    @property
    def goes(self) -> bool:
        """It may have served somebody who has no service from it now."""
        return self.change in ("removed", "off", "moved", "changed")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame by column."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def on_air(cells: pd.DataFrame, as_of: date) -> pd.Series[bool]:
    """Tell which cells are on air at the end of a day."""
    day = pd.Timestamp(as_of)
    started = cells["on_air"].isna() | (cells["on_air"] <= day)
    return started & ~(cells["off_air"].notna() & (cells["off_air"] <= day))


def distance_m(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Return the distance of two places on the ellipsoid (m)."""
    return float(_GROUND.inv(*before, *after)[2])


def cell_changes(
    before: tuple[pd.DataFrame, gpd.GeoDataFrame, date], after: tuple[pd.DataFrame, gpd.GeoDataFrame, date]
) -> dict[str, CellChange]:
    """Return the cells that changed, by their id; those off air in both versions are left out.

    Parameters
    ----------
    before, after : (DataFrame, GeoDataFrame, date)
        Cells and masts of `store.tables`, and the day of the network.
    """
    was, now = _by_id(*before), _by_id(*after)
    found: dict[str, CellChange] = {}
    for cell in sorted({*was, *now}):
        change = _change(was.get(cell), now.get(cell))
        if change is not None:
            found[cell] = change
    return found


def _by_id(cells: pd.DataFrame, masts: gpd.GeoDataFrame, as_of: date) -> dict[str, dict[str, Any]]:
    places = {
        str(mast): (point.x, point.y) for mast, point in zip(masts["mast_id"], masts.geometry, strict=True)
    }
    flags = on_air(cells, as_of)
    return {
        str(row["cell_id"]): {**row, "on": bool(flag), "place": places[str(row["mast_id"])]}
        for row, flag in zip(records(cells), flags, strict=True)
    }


def _change(was: dict[str, Any] | None, now: dict[str, Any] | None) -> CellChange | None:
    on_before, on_after = bool(was and was["on"]), bool(now and now["on"])
    if not on_before and not on_after:
        return None
    if was is None or now is None:
        change = "new" if was is None else "removed"
        row = now or was
        assert row is not None
        return _told(row, change, _since(row, "on_air") if change == "new" else (), 0.0)
    if on_before != on_after:
        change = "on" if on_after else "off"
        return _told(now, change, _switched(was, now, f"{change}_air"), 0.0)
    moved = distance_m(was["place"], now["place"])
    details = _differences(was, now)
    if moved <= _LEAST_MOVE_M and not details:
        return None
    return _told(now, "moved" if moved > _LEAST_MOVE_M else "changed", details, moved)


def _told(
    row: dict[str, Any], change: str, details: Sequence[tuple[str, str, str]], moved_m: float
) -> CellChange:
    lon, lat = row["place"]
    return CellChange(
        str(row["cell_id"]),
        str(row["mast_id"]),
        str(row["operator"]),
        str(row["technology"]),
        change,
        tuple(details),
        moved_m if change == "moved" else 0.0,
        lon,
        lat,
    )


def _switched(was: dict[str, Any], now: dict[str, Any], column: str) -> tuple[tuple[str, str, str], ...]:
    """The day since when, or the other date where that one was corrected: an "off air" that is taken back."""
    other = "off_air" if column == "on_air" else "on_air"
    before, after = (_shown(_day(row[other])) for row in (was, now))
    if before == after or _since(was, column) != _since(now, column):
        return _since(now, column)
    return ((other, before, after),)


def _since(row: dict[str, Any], column: str) -> tuple[tuple[str, str, str], ...]:
    day = _day(row[column])
    return () if day is None else ((column, "", day),)


def _day(value: Any) -> str | None:
    return None if pd.isna(value) else pd.Timestamp(value).date().isoformat()


def _differences(was: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str, str]]:
    pairs = ((name, _shown(was[name]), _shown(now[name])) for name in _RADIO)
    return [pair for pair in pairs if pair[1] != pair[2]]


def _shown(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)
