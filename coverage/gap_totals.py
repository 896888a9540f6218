"""Totals of the gaps: by operator and technology, by old commune, shared masts, and places with a duty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import ndtr, ndtri

from ..gis_data.gap_schema import (
    HAMLET_BY_OPERATOR,
    OLD_COMMUNE_TOTALS,
    OPERATOR_TOTALS,
    PLACES_DUTY,
    SHARING,
)
from ..gis_data.result_schema import VERDICTS
from .cells import CellTable, PointLevels, PointTable
from .commune_names import communes_of_today
from .gaps import GapRule, Verdicts
from .gaps_table import totals
from .measured import MeasuredGroups
from .plans.names import commune_key, full_key, split_commune
from .point_service import PointService, point_service, with_measurements

__all__ = [
    "by_operator_table",
    "mast_operators",
    "old_commune_totals",
    "old_communes",
    "operator_totals",
    "places_table",
    "required_5g",
    "sharing_table",
]


def by_operator_table(
    by_operator: Mapping[str, Verdicts], villages: pd.DataFrame, cells: CellTable
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.HAMLET_BY_OPERATOR`: by hamlet, operator and technology.

    Parameters
    ----------
    by_operator : mapping of operator to Verdicts
        Each of that operator alone; in the order wanted.
    villages : DataFrame
        Columns of `gis_data.schema.VILLAGES`, in the order of the verdicts.
    cells : CellTable
    """
    names = np.array([*cells.cell_id.tolist(), None], dtype=object)  # index -1: no cell
    code = np.array(VERDICTS, dtype=object)
    parts = []
    for o, (operator, found) in enumerate(by_operator.items()):
        for t, technology in enumerate(found.technologies):
            parts.append(
                pd.DataFrame(
                    {
                        **{name: villages[name].to_numpy() for name in ("village_id", "name", "commune")},
                        "operator": operator,
                        "verdict": code[found.verdict],
                        "technology": technology,
                        "level_dbm": found.level_dbm[:, t],
                        "p_covered": found.p_covered[:, t],
                        "share_people": found.share_people[:, t],
                        "served": found.served[:, t],
                        "best_cell": names[found.best_cell[:, t]],
                        "masts": found.servers[:, t],
                        "_row": np.arange(len(found)) * 1000 + o * 10 + t,
                    }
                )
            )
    columns = [column.name for column in HAMLET_BY_OPERATOR.columns]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).sort_values("_row", kind="stable", ignore_index=True)[columns]


def old_communes(villages: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.Series:
    """Return the commune before 1 July 2025 of each hamlet, with its district where the crosswalk has one.

    The hamlet's own column goes first: a commune of 2025 may hold parts of several. Where it is empty and its
    commune is an old one (`communes_of_today`), it is that. Where it is empty and the crosswalk knows one old
    commune only for that of today, it is that one; else nobody knows (an empty text).

    Parameters
    ----------
    villages : DataFrame
        Columns `commune` and `old_commune`.
    crosswalk : DataFrame
        `gis_data.schema.COMMUNE_CROSSWALK`.
    """
    new_of: dict[tuple[str, str], list[str]] = {}
    in_new: dict[str, list[str]] = {}
    columns = [crosswalk[name].fillna("").astype(str) for name in ("old_commune", "old_district", "commune")]
    for name, district, commune in zip(*columns, strict=True):
        label = f"{name}, {district}" if district else name
        today = full_key(commune)
        for key in (full_key(name), commune_key(name)):
            new_of.setdefault((key, today), []).append(label)
        in_new.setdefault(today, []).append(label)

    def label_of(old: str, commune: str) -> str:
        today = full_key(commune)
        if not old.strip():
            found = sorted(set(in_new.get(today, [])))
            return found[0] if len(found) == 1 else ""
        for key in (full_key(old), commune_key(old)):
            found = sorted(set(new_of.get((key, today), [])))
            if len(found) == 1:
                return found[0]
        return old

    given = (
        villages["old_commune"].fillna("").astype(str) if "old_commune" in villages else [""] * len(villages)
    )
    stated = villages["commune"].astype(str)
    now_in = communes_of_today(stated, crosswalk)
    known = [
        old if old.strip() or named == now else split_commune(named)[0]
        for old, named, now in zip(given, stated, now_in, strict=True)
    ]
    labels = [label_of(old, now) for old, now in zip(known, now_in, strict=True)]
    return pd.Series(labels, index=villages.index, dtype=object)


def old_commune_totals(table: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Return `gis_data.gap_schema.OLD_COMMUNE_TOTALS` of a verdict table."""
    found = totals(table.assign(old_commune=old_communes(table, crosswalk)), by="old_commune")
    return found[[column.name for column in OLD_COMMUNE_TOTALS.columns]]


def operator_totals(
    by_operator: Mapping[str, Verdicts],
    everyone: Verdicts,
    villages: pd.DataFrame,
    cells: CellTable,
    as_of: np.datetime64,
    mast_commune: Mapping[str, str],
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.OPERATOR_TOTALS`: over all, then by commune.

    People covered are the hamlet's people times the share of them that the operator covers (for all operators
    together: the share that the best one covers).

    Parameters
    ----------
    by_operator : mapping of operator to Verdicts
    everyone : Verdicts
    villages : DataFrame
    cells : CellTable
    as_of : datetime64
    mast_commune : mapping of mast_id to commune
        BTS count for the commune in which their mast stands; those without one count in the total only.
    """
    people = villages["population"].to_numpy(dtype=float)
    key = np.array([commune_key(str(name)) for name in villages["commune"]])
    names = {commune_key(str(name)): str(name) for name in sorted(villages["commune"], reverse=True)}
    on_air = cells.take(cells.active(as_of))
    cell_key = np.array([commune_key(mast_commune.get(str(mast), "")) for mast in on_air.mast_id], dtype=str)
    scopes = [("all", "", np.ones(len(villages), bool), np.ones(len(on_air), bool))]
    for k, name in sorted(names.items(), key=lambda item: item[1]):
        scopes.append(("commune", name, key == k, cell_key == k))
    rows = []
    for scope, commune, inside, cells_in in scopes:
        for operator, found in [*by_operator.items(), ("", everyone)]:
            for t, technology in enumerate(found.technologies):
                chosen = cells_in & (on_air.technology == technology)
                if operator:
                    chosen = chosen & (on_air.operator == operator)
                bts = set(zip(on_air.mast_id[chosen].tolist(), on_air.operator[chosen].tolist(), strict=True))
                total = float(people[inside].sum())
                covered = float((people * found.share_people[:, t])[inside].sum())
                rows.append(
                    (
                        scope, commune, operator, technology, int(inside.sum()), total,
                        int(found.served[inside, t].sum()), covered,
                        covered / total if total > 0 else np.nan, len(bts), int(chosen.sum()),
                    )
                )  # fmt: skip
    return pd.DataFrame(rows, columns=[column.name for column in OPERATOR_TOTALS.columns])


def mast_operators(masts: pd.DataFrame, cells: CellTable, as_of: np.datetime64) -> list[set[str]]:
    """Return the operators on each mast: those with a cell on air, and those named as tenants.

    Tenants are compared with the operators of the cells whatever the case.
    """
    on_air = cells.take(cells.active(as_of))
    found: dict[str, set[str]] = {}
    for mast, operator in zip(on_air.mast_id.tolist(), on_air.operator.tolist(), strict=True):
        found.setdefault(mast, set()).add(operator)
    official = {name.casefold(): name for name in sorted(set(cells.operator.tolist()))}
    result = []
    for mast, tenants in zip(
        masts["mast_id"].astype(str), masts["tenants"].fillna("").astype(str), strict=True
    ):
        named = [name.strip() for name in tenants.split(";")]
        result.append(found.get(mast, set()) | {official.get(n.casefold(), n) for n in named if n})
    return result


def sharing_table(
    masts: pd.DataFrame,
    operators: Sequence[set[str]],
    communes: Sequence[str],
    references: Sequence[tuple[str, float, str]] = (),
) -> pd.DataFrame:
    """Return `gis_data.gap_schema.SHARING`: masts with two or more operators over masts.

    Parameters
    ----------
    masts : DataFrame
        Columns of `gis_data.schema.MASTS`.
    operators : sequence of set of str
        From `mast_operators`.
    communes : sequence of str
        Commune of each mast; empty: not known, counted over all only.
    references : sequence of (name, ratio, source)
        Ratios stated elsewhere, put beside.
    """
    count = np.array([len(found) for found in operators], dtype=int)
    commune, owner = np.array(communes, dtype=object), masts["owner"].astype(str).to_numpy(dtype=object)
    groups = [("all", "", np.ones(len(masts), bool))]
    groups += [("commune", name, commune == name) for name in sorted(set(commune) - {""})]
    groups += [("owner", name, owner == name) for name in sorted(set(owner))]
    rows = [_sharing(scope, name, count[chosen]) for scope, name, chosen in groups]
    rows += [("reference", name, None, None, None, ratio, source) for name, ratio, source in references]
    table = pd.DataFrame(rows, columns=[column.name for column in SHARING.columns])
    return table.astype({"masts": "Int64", "masts_in_use": "Int64", "masts_shared": "Int64", "ratio": float})


def _sharing(scope: str, name: str, count: NDArray[np.int64]) -> tuple[object, ...]:
    shared = int((count >= 2).sum())
    return (
        scope,
        name,
        len(count),
        int((count >= 1).sum()),
        shared,
        shared / len(count) if len(count) else np.nan,
        "",
    )


def places_table(
    places: pd.DataFrame,
    required: Sequence[str],
    points: PointTable,
    levels: PointLevels,
    cells: CellTable,
    rule: GapRule,
    as_of: np.datetime64,
    measured: MeasuredGroups | None = None,
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

    Returns
    -------
    DataFrame
        Its index is the row in `places`; those that lack their technology stand first.
    """
    use = cells.active(as_of)
    service = point_service(len(points), levels, cells, rule.technologies, use)
    groups = _no_groups() if measured is None else measured
    service = with_measurements(service, groups)
    keys = (groups.point.tolist(), groups.operator.tolist(), groups.technology.tolist())
    sampled = dict(zip(zip(*keys, strict=True), groups.count.tolist(), strict=True))
    at = np.flatnonzero(points.kind == "place")
    rows, index = [], []
    for i, technology in enumerate(required):
        if technology in rule.technologies:
            duty = _duty(service, int(at[i]), technology, rule, cells, sampled)
            own = use & (cells.technology == technology)
            nearest_m = _nearest_m(cells, own, points, int(at[i]))
            names = (places[name].iloc[i] for name in ("place_id", "name", "kind"))
            rows.append((*names, technology, *duty, nearest_m))
            index.append(i)
    table = pd.DataFrame(rows, columns=[column.name for column in PLACES_DUTY.columns], index=index)
    return table.sort_values(["covered", "required_technology", "place_id"], kind="stable")


def _duty(
    service: PointService,
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
    by = "measurement" if (point, operator, technology) in sampled else "model"
    return (
        bool(margin[best] >= 0.0), float(ndtr(margin[best] + z)), by, samples,
        float(service.level_dbm[point, best, t]), operator, str(cells.cell_id[cell]) if cell >= 0 else None,
    )  # fmt: skip


def _no_groups() -> MeasuredGroups:
    none, names = np.zeros(0, np.int64), np.zeros(0, "U1")
    return MeasuredGroups(none, names, names, none, np.zeros(0))


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
