"""From which day on a promise that was reported complete was kept: by the station list, or by the model.

A report that came before that day was untrue then, whatever holds now. Every item asks about its own day; so
the items stand beside one another as hamlets of one network without dates, in which each hears only the cells
that were on air on its day, and all are judged together.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..cells import CellTable, PointLevels, PointTable
from ..gaps import verdicts
from .evidence import PlanEvidence, samples_near

__all__ = ["supported_since"]

_NEVER = np.datetime64("NaT", "D")
_MOBILE = ("mobile_service", "mobile_broadband")


def supported_since(
    items: pd.DataFrame, village: NDArray[np.int64], evidence: PlanEvidence
) -> NDArray[np.datetime64]:
    """Return the first day, from the report on, on which each item is supported.

    Stations by the station list, mobile service and broadband by the model. Samples from between the report
    and that day that show the service mean that it was there: then it is the day of the report.

    Parameters
    ----------
    items : DataFrame
        From `register.clean_register`.
    village : ndarray of int64, (items,)
        Row of each item's hamlet in ``evidence.villages``; -1 none.
    evidence : PlanEvidence

    Returns
    -------
    ndarray of datetime64[D], (items,)
        NaT: not reported, never supported since, or nothing that evidence tells of (fixed lines).
    """
    reported = items["reported_on"].to_numpy().astype("datetime64[D]")
    since = np.full(len(items), _NEVER)
    kind = items["kind"].to_numpy(dtype=str)
    for row in np.flatnonzero((kind == "station") & ~np.isnat(reported)).tolist():
        mast, operator = str(items["mast_id"].iloc[row]), str(items["operator"].iloc[row])
        since[row] = _on_air_from(evidence.cells, mast, operator, reported[row])
    asked = np.flatnonzero(np.isin(kind, _MOBILE) & ~np.isnat(reported) & (village >= 0))
    rows_of = _rows_by_village(evidence)
    there = _served(evidence, rows_of, village[asked], reported[asked], kind[asked])
    since[asked[there]] = reported[asked[there]]
    later = asked[~there]
    since[later] = _first_served(evidence, rows_of, village[later], reported[later], kind[later])
    for row in later[~np.isnat(since[later])].tolist():
        if _sampled_before(evidence, str(kind[row]), int(village[row]), reported[row], since[row]):
            since[row] = reported[row]
    return since


def _on_air_from(cells: CellTable, mast: str, operator: str, day: np.datetime64) -> np.datetime64:
    own = cells.mast_id == mast
    if operator:
        own &= cells.operator == operator
    if (own & cells.active(day)).any():
        return day
    later = cells.on_air[own & (cells.on_air > day) & ~(cells.off_air <= cells.on_air)]
    return later.min() if len(later) else _NEVER


def _rows_by_village(evidence: PlanEvidence) -> list[NDArray[np.int64]]:
    """Rows of the table of levels at each hamlet's points."""
    at = evidence.points.village[evidence.judged.point]
    order = np.argsort(at, kind="stable")
    edges = np.searchsorted(at[order], np.arange(len(evidence.villages) + 1))
    return [order[first:last] for first, last in pairwise(edges.tolist())]


def _first_served(
    evidence: PlanEvidence,
    rows_of: list[NDArray[np.int64]],
    village: NDArray[np.int64],
    reported: NDArray[np.datetime64],
    kind: NDArray[np.str_],
) -> NDArray[np.datetime64]:
    """The first day after the report on which a cell went on air and the item was served."""
    owner: list[int] = []
    days: list[np.datetime64] = []
    for number in range(len(village)):
        heard = evidence.judged.cell[rows_of[village[number]]]
        on_air = np.unique(evidence.cells.on_air[heard])
        after = on_air[~np.isnat(on_air) & (on_air > reported[number])]
        owner += [number] * len(after)
        days += list(after)
    who, day = np.array(owner, dtype=np.int64), np.array(days, dtype="datetime64[D]")
    served = _served(evidence, rows_of, village[who], day, kind[who])
    since = np.full(len(village), _NEVER)
    for number, found in zip(who[served][::-1].tolist(), day[served][::-1], strict=True):
        since[number] = found  # days ascend: the earliest is written last
    return since


def _served(
    evidence: PlanEvidence,
    rows_of: list[NDArray[np.int64]],
    village: NDArray[np.int64],
    day: NDArray[np.datetime64],
    kind: NDArray[np.str_],
) -> NDArray[np.bool_]:
    """Tell for pairs of a hamlet and a day whether the network of that day serves it."""
    if not len(village):
        return np.zeros(0, dtype=bool)
    points, levels = _side_by_side(evidence, rows_of, village, day)
    always = np.full(len(evidence.cells), _NEVER)
    cells = replace(evidence.cells, on_air=always, off_air=always)
    found = verdicts(points, len(village), levels, cells, evidence.rule, np.datetime64("2000-01-01", "D"))
    return np.where(kind == "mobile_service", found.voice, found.broadband)


def _side_by_side(
    evidence: PlanEvidence,
    rows_of: list[NDArray[np.int64]],
    village: NDArray[np.int64],
    day: NDArray[np.datetime64],
) -> tuple[PointTable, PointLevels]:
    """A copy of the hamlet's points for each pair, with the levels of the cells on air on its day."""
    points, levels, cells = evidence.points, evidence.judged, evidence.cells
    order = np.argsort(points.village, kind="stable")
    edges = np.searchsorted(points.village[order], np.arange(len(evidence.villages) + 1))
    place = np.full(len(points), -1, dtype=np.int64)
    chosen, rows, at, first = [], [], [], 0
    for hamlet, as_of in zip(village.tolist(), day, strict=True):
        own = order[edges[hamlet] : edges[hamlet + 1]]
        place[own] = first + np.arange(len(own))
        near = rows_of[hamlet]
        near = near[_active(cells, levels.cell[near], as_of)]
        chosen.append(own)
        rows.append(near)
        at.append(place[levels.point[near]])
        first += len(own)
    copied, index = np.concatenate(chosen), np.concatenate(rows)
    return (
        PointTable(
            points.point_id[copied], np.repeat(np.arange(len(village)), [len(own) for own in chosen]),
            points.kind[copied], points.people[copied], points.x_m[copied], points.y_m[copied],
        ),
        PointLevels(
            np.concatenate(at).astype(np.int32), levels.cell[index], levels.level_dbm[index],
            levels.loss_db[index],
        ),
    )  # fmt: skip


def _active(cells: CellTable, index: NDArray[np.int32], day: np.datetime64) -> NDArray[np.bool_]:
    on, off = cells.on_air[index], cells.off_air[index]
    return np.asarray((np.isnat(on) | (on <= day)) & (np.isnat(off) | (off > day)), dtype=bool)


def _sampled_before(
    evidence: PlanEvidence, kind: str, village: int, reported: np.datetime64, since: np.datetime64
) -> bool:
    """Tell whether samples from the report on, but before that day, show the service."""
    rule = evidence.rule
    technologies = rule.voice if kind == "mobile_service" else rule.broadband
    groups = samples_near(evidence, village, technologies, since - np.timedelta64(1, "D"), reported)
    return any(group.share >= rule.technologies[group.technology].probability for group in groups)
