"""The parts of a hamlet: its centre, its residential clusters, and groups of inhabited points without signal.

*Trắng sóng* is said of a centre, *lõm sóng* of a cluster; so each part is judged by itself, by the rule that
judges hamlets (`coverage.gaps.verdicts`), as if it were one. Points inside a hamlet that is drawn as an area
are not parts: there may be thousands of them. Those without voice of any operator that touch one another
(squares of the spacing, corners count) are one part, the largest group first; all others are one more, the
rest. So the people of a hamlet's parts are the hamlet's people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.gap_schema import CLUSTER_VERDICTS, CLUSTERS_BY_OPERATOR
from ..gis_data.result_schema import CONFIDENCES, VERDICTS
from .cells import CellTable, PointTable
from .gap_decision import PARTIAL
from .gaps import GapRule, Verdicts
from .gaps_table import decided_by
from .point_service import PointService

__all__ = ["Parts", "hamlet_parts", "parts_by_operator", "parts_table", "without_voice"]

_NO_SIGNAL = 0


@dataclass(frozen=True)
class Parts:
    """Parts of hamlets, by hamlet: the centre, its clusters in the order of the points, groups, the rest.

    Attributes
    ----------
    points : PointTable
        The run's points, with the part in place of the hamlet (-1: a place). Each part's "centre" is the
        point that stands for it: of a group the one with most people.
    village : ndarray of int64, (parts,)
    kind : ndarray of str, (parts,)
        "centre", "cluster", "group" or "rest".
    cluster_id : ndarray of str, (parts,)
        Of the cluster; of a group the hamlet's id and a number; empty for a centre and the rest.
    point : ndarray of int64, (parts,)
        The point that stands for the part.
    people : ndarray of float64, (parts,)
    """

    points: PointTable
    village: NDArray[np.int64]
    kind: NDArray[np.str_]
    cluster_id: NDArray[np.str_]
    point: NDArray[np.int64]
    people: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.village)


def without_voice(service: PointService, rule: GapRule) -> NDArray[np.bool_]:
    """Tell which points no operator covers with voice.

    Parameters
    ----------
    service : PointService
        By operator, samples in it.
    rule : GapRule
    """
    columns = [t for t, name in enumerate(service.technologies) if name in rule.voice]
    return np.asarray(~(service.margin[:, :, columns] >= 0.0).any(axis=(1, 2)), dtype=bool)


def hamlet_parts(
    points: PointTable, village_ids: list[str], lacking: NDArray[np.bool_], spacing_m: float
) -> Parts:
    """Return the parts of every hamlet.

    Parameters
    ----------
    points : PointTable
    village_ids : list of str, (villages,)
    lacking : ndarray of bool, (points,)
        Points without voice; only those of kind "area" are asked for.
    spacing_m : float
        Edge of the squares that the points inside a hamlet stand for.
    """
    members: list[tuple[int, int, str, str, NDArray[np.int64]]] = []
    alone = np.flatnonzero((points.village >= 0) & np.isin(points.kind, ["centre", "cluster"]))
    for i in alone.tolist():
        kind = str(points.kind[i])
        name = str(points.point_id[i]).partition(":")[2] if kind == "cluster" else ""
        members.append((int(points.village[i]), kind != "centre", kind, name, np.array([i])))
    inside = np.flatnonzero((points.village >= 0) & (points.kind == "area"))
    order = inside[np.argsort(points.village[inside], kind="stable")]
    villages, start = np.unique(points.village[order], return_index=True)
    for village, index in zip(villages.tolist(), np.split(order, start)[1:], strict=True):
        groups = _touching(points, index[lacking[index]], spacing_m)
        for number, group in enumerate(groups, start=1):
            members.append((village, 2, "group", f"{village_ids[village]}:{number}", group))
        rest = index[~lacking[index]]
        if len(rest):
            members.append((village, 3, "rest", "", rest))
    members.sort(key=lambda part: part[:2])
    return _parts(points, members)


def _touching(points: PointTable, index: NDArray[np.int64], spacing_m: float) -> list[NDArray[np.int64]]:
    """Groups of points whose squares touch, by their people, most first, then by their first point."""
    row = np.floor(points.y_m[index] / spacing_m).astype(int).tolist()
    column = np.floor(points.x_m[index] / spacing_m).astype(int).tolist()
    open_squares: dict[tuple[int, int], list[int]] = {}
    for point, square in zip(index.tolist(), zip(row, column, strict=True), strict=True):
        open_squares.setdefault(square, []).append(point)
    groups = []
    while open_squares:
        waiting, group = [next(iter(open_squares))], []
        while waiting:
            square = waiting.pop()
            found = open_squares.pop(square, None)
            if found is not None:
                group += found
                r, c = square
                waiting += [(r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        groups.append(np.sort(np.array(group, dtype=np.int64)))
    return sorted(groups, key=lambda g: (-round(float(points.people[g].sum()), 6), int(g[0])))


def _parts(points: PointTable, members: list[tuple[int, int, str, str, NDArray[np.int64]]]) -> Parts:
    part, kind = np.full(len(points), -1, np.int64), points.kind.astype("U8")
    stands = np.zeros(len(members), np.int64)
    people = np.zeros(len(members))
    for i, (*_, index) in enumerate(members):
        part[index] = i
        stands[i] = index[np.argmax(points.people[index])]
        kind[index] = "cluster"
        kind[stands[i]] = "centre"
        people[i] = points.people[index].sum()
    return Parts(
        replace(points, village=part, kind=kind),
        np.array([m[0] for m in members], dtype=np.int64),
        np.array([m[2] for m in members], dtype=str),
        np.array([m[3] for m in members], dtype=str),
        stands,
        people,
    )


def parts_table(
    parts: Parts,
    found: Verdicts,
    indoors: Verdicts,
    by_operator: dict[str, Verdicts],
    villages: pd.DataFrame,
    cells: CellTable,
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.CLUSTER_VERDICTS`, one row per part; the rule's technologies only.

    Parameters
    ----------
    parts : Parts
    found, indoors : Verdicts
        Of the parts, outdoors and indoors.
    by_operator : dict of operator to Verdicts
        Of the parts, of each operator alone.
    villages : DataFrame
        Columns of `gis_data.schema.VILLAGES`.
    cells : CellTable
    """
    data = _head(parts, villages) | _judged(parts, found, indoors)
    data["operators_voice"] = _who(parts, {name: one.voice for name, one in by_operator.items()})
    if "4G" in found.technologies:
        t = found.technologies.index("4G")
        data["operators_4g"] = _who(parts, {name: one.served[:, t] for name, one in by_operator.items()})
    operator = np.array([*cells.operator.tolist(), None], dtype=object)  # index -1: no cell
    for t, name in enumerate(found.technologies):
        data[f"operator_{name.lower()}"] = operator[found.best_cell[:, t]]
    data |= _levels(found, indoors, cells)
    columns = [column.name for column in CLUSTER_VERDICTS.columns if column.name in data]
    return pd.DataFrame({name: data[name] for name in columns})


def parts_by_operator(
    parts: Parts,
    by_operator: dict[str, Verdicts],
    indoors: dict[str, Verdicts],
    villages: pd.DataFrame,
    cells: CellTable,
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.CLUSTERS_BY_OPERATOR`: by part, then in the order of the operators."""
    frames = []
    for number, (operator, found) in enumerate(by_operator.items()):
        inside = indoors[operator]
        data = _head(parts, villages) | {"operator": operator} | _judged(parts, found, inside)
        data |= _levels(found, inside, cells)
        frames.append(pd.DataFrame(data).assign(_row=np.arange(len(parts)) * len(by_operator) + number))
    columns = [column.name for column in CLUSTERS_BY_OPERATOR.columns]
    if not frames:
        return pd.DataFrame(columns=columns)
    table = pd.concat(frames).sort_values("_row", kind="stable", ignore_index=True)
    return table[[name for name in columns if name in table]]


def _head(parts: Parts, villages: pd.DataFrame) -> dict[str, object]:
    names = {n: villages[n].to_numpy(dtype=object)[parts.village] for n in ("village_id", "name", "commune")}
    identity = np.array([name or None for name in parts.cluster_id.tolist()], dtype=object)
    return {**names, "part": parts.kind.astype(object), "cluster_id": identity, "people": parts.people}


def _judged(parts: Parts, found: Verdicts, indoors: Verdicts) -> dict[str, object]:
    verdict, sure = np.array(VERDICTS, dtype=object), np.array(CONFIDENCES, dtype=object)
    centre = parts.kind == "centre"
    silent = found.verdict == _NO_SIGNAL
    return {
        "verdict": verdict[found.verdict],
        "signal_gap": np.where(silent, np.where(centre, "white", "dip"), "").astype(object),
        "confidence": sure[found.confidence],
        "decided_by": decided_by(found),
        "samples": found.samples,
        "verdict_model": verdict[found.model_verdict],
        "verdict_indoor": verdict[indoors.verdict],
        "confidence_indoor": sure[indoors.confidence],
        "dead_indoors_only": (indoors.verdict <= PARTIAL) & (found.verdict > PARTIAL),
        "p_verdict": found.p,
        "voice_masts": found.masts,
    }


def _levels(found: Verdicts, indoors: Verdicts, cells: CellTable) -> dict[str, object]:
    cell = np.array([*cells.cell_id.tolist(), None], dtype=object)
    data: dict[str, object] = {}
    for t, technology in enumerate(found.technologies):
        name = technology.lower()
        data[f"level_{name}_dbm"] = found.level_dbm[:, t]
        data[f"shift_{name}_db"] = found.shift_db[:, t]
        data[f"p_{name}"] = found.p_covered[:, t]
        data[f"best_cell_{name}"] = cell[found.best_cell[:, t]]
        data[f"p_indoor_{name}"] = indoors.p_covered[:, t]
    return data


def _who(parts: Parts, by_operator: dict[str, NDArray[np.bool_]]) -> NDArray[np.object_]:
    """Names of the operators that serve each part."""
    names = [[name for name, served in by_operator.items() if served[i]] for i in range(len(parts))]
    return np.array(["; ".join(row) for row in names], dtype=object)
