"""What a new list of masts and cells changes: new, moved, changed, switched off, the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["KINDS", "StationChange", "StationChanges", "station_changes"]

KINDS = ("new", "moved", "changed", "off", "same")
"""What can happen to a mast or a cell; "off": switched off by the day of the run, or in the list no more."""


@dataclass(frozen=True)
class StationChange:
    """What happened to one mast or cell.

    Attributes
    ----------
    table : {"masts", "cells"}
    row_id, mast_id : str
    kind : str
        One of `KINDS`, but for "same".
    details : tuple of (str, str, str)
        Columns of the schema with their values before and after.
    moved_m : float
        How far it stands from where it stood; 0 where it did not move.
    """

    table: str
    row_id: str
    mast_id: str
    kind: str
    details: tuple[tuple[str, str, str], ...]
    moved_m: float


@dataclass(frozen=True)
class StationChanges:
    """All that changed, and how many rows of each table did how.

    Attributes
    ----------
    rows : tuple of StationChange
        Masts, then cells, each by id.
    counts : dict of (str, str) to int
        By table and kind.
    technologies : tuple of str
        Of all cells, before and after, on the masts that changed.
    places : tuple of (float, float)
        Where the masts that changed stood, and where they stand (m).
    """

    rows: tuple[StationChange, ...]
    counts: dict[tuple[str, str], int]
    technologies: tuple[str, ...] = ()
    places: tuple[tuple[float, float], ...] = ()

    @property
    def masts(self) -> tuple[str, ...]:
        """Ids of the masts that changed, themselves or in one of their cells."""
        return tuple(sorted({row.mast_id for row in self.rows}))


def station_changes(
    before: tuple[gpd.GeoDataFrame, pd.DataFrame],
    after: tuple[gpd.GeoDataFrame, pd.DataFrame],
    day: np.datetime64,
) -> StationChanges:
    """Compare two lists of masts and cells by their ids, column by column.

    Parameters
    ----------
    before, after : (GeoDataFrame, DataFrame)
        Masts and cells of `gis_data.schema`, in one CRS in metres.
    day : datetime64[D]
        Of the run: a cell whose `off_air` lies not after it is switched off.
    """
    places = [_places(masts) for masts, _ in (before, after)]
    moved = {
        mast: float(np.hypot(at[0] - places[0][mast][0], at[1] - places[0][mast][1]))
        for mast, at in places[1].items()
        if mast in places[0]
    }
    counts = {(table, kind): 0 for table in ("masts", "cells") for kind in KINDS}
    rows: list[StationChange] = []
    for table, key, was, now in (
        ("masts", "mast_id", before[0], after[0]),
        ("cells", "cell_id", before[1], after[1]),
    ):
        old, new = _plain(was), _plain(now)
        steady = _steady(key, old, new, moved)
        counts[table, "same"] = int(steady[1].sum())
        old, new = (frame[~rows] for frame, rows in zip((old, new), steady, strict=True))
        for change in _compared(table, key, old, new, moved, pd.Timestamp(day)):
            counts[table, change.kind] += 1
            if change.kind != "same":
                rows.append(change)
    touched = {row.mast_id for row in rows}
    technologies = {
        str(name)
        for _, cells in (before, after)
        if "technology" in cells.columns
        for name in cells.loc[cells["mast_id"].astype(str).isin(touched), "technology"]
    }
    stood = {at for found in places for mast, at in found.items() if mast in touched}
    return StationChanges(tuple(rows), counts, tuple(sorted(technologies)), tuple(sorted(stood)))


def _places(masts: gpd.GeoDataFrame) -> dict[str, tuple[float, float]]:
    points = masts.geometry
    return dict(zip(masts["mast_id"].astype(str), zip(points.x, points.y, strict=True), strict=True))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))


def _steady(
    key: str, was: pd.DataFrame, now: pd.DataFrame, moved: Mapping[str, float]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of each list which rows are in both, alike in every column, on masts that stayed."""
    place = {row_id: at for at, row_id in enumerate(was[key].astype(str).tolist())}
    found = np.array([place.get(row_id, -1) for row_id in now[key].astype(str).tolist()], dtype=np.int64)
    here = np.flatnonzero(found >= 0)
    there = found[here]
    alike = np.ones(len(here), dtype=np.bool_)
    for name in now.columns.intersection(was.columns):
        if name != key:
            alike &= _alike(was[name], there, now[name], here)
    masts = now["mast_id" if "mast_id" in now.columns else key].astype(str).to_numpy(dtype=object)[here]
    alike &= np.array([moved.get(mast, 0.0) == 0.0 for mast in masts.tolist()], dtype=np.bool_)
    same_old, same_new = np.zeros(len(was), dtype=np.bool_), np.zeros(len(now), dtype=np.bool_)
    same_old[there[alike]] = True
    same_new[here[alike]] = True
    return same_old, same_new


def _alike(
    was: pd.Series[Any], there: NDArray[np.int64], now: pd.Series[Any], here: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which values of two columns are equal or both missing."""
    if was.dtype == now.dtype and isinstance(was.dtype, np.dtype) and was.dtype.kind in "fiubM":
        a, b = was.to_numpy()[there], now.to_numpy()[here]
        if was.dtype.kind == "M":
            return np.asarray(a.view(np.int64) == b.view(np.int64), dtype=np.bool_)
        return np.asarray((a == b) | ((a != a) & (b != b)), dtype=np.bool_)
    if was.dtype == now.dtype == object:
        with suppress(TypeError):  # pd.NA is neither equal nor not
            return _alike_objects(was.to_numpy()[there], now.to_numpy()[here])
    before = was.iloc[there].astype(object).reset_index(drop=True)
    after = now.iloc[here].astype(object).reset_index(drop=True)
    return ((before == after) | (before.isna() & after.isna())).to_numpy(dtype=np.bool_)


def _alike_objects(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    alike = np.asarray(before == after, dtype=np.bool_)
    other = np.flatnonzero(~alike)
    alike[other] = pd.isna(before[other]) & pd.isna(after[other])
    return alike


def _compared(
    table: str,
    key: str,
    was: pd.DataFrame,
    now: pd.DataFrame,
    moved: Mapping[str, float],
    day: pd.Timestamp,
) -> Iterator[StationChange]:
    """Yield what happened to every row, unchanged ones included, by id."""
    columns = [str(name) for name in now.columns if name in was.columns and name != key]
    old, new = _records(was, key, columns), _records(now, key, columns)
    for row_id in sorted({*old, *new}):
        before, after = old.get(row_id), new.get(row_id)
        mast = str((after or before or {}).get("mast_id", row_id))
        if before is None or after is None:
            yield StationChange(table, row_id, mast, "new" if before is None else "off", (), 0.0)
            continue
        away = moved.get(mast, 0.0) if before.get("mast_id") == after.get("mast_id") else 0.0
        details = tuple(_differences(before, after))
        gone = not _is_off(before, day) and _is_off(after, day)
        kind = "off" if gone else "moved" if away > 0.0 else "changed" if details else "same"
        yield StationChange(table, row_id, mast, kind, details, away)


def _records(frame: pd.DataFrame, key: str, columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    values = [frame[name].astype(object).to_numpy() for name in columns]
    return {
        str(row_id): {name: column[i] for name, column in zip(columns, values, strict=True)}
        for i, row_id in enumerate(frame[key])
    }


def _is_off(row: Mapping[str, Any], day: pd.Timestamp) -> bool:
    off = row.get("off_air")
    return off is not None and not pd.isna(off) and pd.Timestamp(off) <= day


def _differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, value in now.items():
        before = was[name]
        both_empty = _empty(before) and _empty(value)
        if not both_empty and (_empty(before) or _empty(value) or before != value):
            yield name, _shown(before), _shown(value)


def _empty(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value


def _shown(value: Any) -> str:
    if _empty(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)
