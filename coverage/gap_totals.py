"""Totals of the gaps: by operator and technology, by old commune, shared masts, and places with a duty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.gap_schema import (
    HAMLET_BY_OPERATOR,
    OLD_COMMUNE_TOTALS,
    OPERATOR_SHEET,
    OPERATOR_TOTALS,
    SHARING,
)
from ..gis_data.result_schema import VERDICTS
from .cells import CellTable
from .commune_names import communes_of_today
from .gaps import Verdicts
from .gaps_table import totals
from .plans.names import commune_key, full_key, split_commune

__all__ = [
    "by_operator_table",
    "mast_operators",
    "old_commune_totals",
    "old_communes",
    "operator_sheet",
    "operator_totals",
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
    columns = [column.name for column in HAMLET_BY_OPERATOR.columns]
    found = list(by_operator.values())
    if not found:
        return pd.DataFrame(columns=columns)
    technologies = found[0].technologies
    blocks, hamlets = len(found) * len(technologies), len(villages)
    names = np.array([*cells.cell_id.tolist(), None], dtype=object)  # index -1: no cell
    each = np.repeat(np.arange(hamlets), blocks)
    operators = np.repeat(np.array(list(by_operator), dtype=object), len(technologies))
    verdict = np.stack([one.verdict for one in found], axis=1)
    data: dict[str, object] = {
        **{name: villages[name].to_numpy()[each] for name in ("village_id", "name", "commune")},
        "operator": np.tile(operators, hamlets),
        "verdict": np.array(VERDICTS, dtype=object)[np.repeat(verdict.reshape(-1), len(technologies))],
        "technology": np.tile(np.array(technologies, dtype=object), hamlets * len(found)),
        **{
            name: np.stack([getattr(one, name) for one in found], axis=1).reshape(-1)
            for name in ("level_dbm", "p_covered", "share_people", "served")
        },
        "best_cell": names[np.stack([one.best_cell for one in found], axis=1).reshape(-1)],
        "masts": np.stack([one.servers for one in found], axis=1).reshape(-1),
    }
    return pd.DataFrame(data)[columns]


def operator_sheet(long: pd.DataFrame) -> pd.DataFrame:
    """Return `gis_data.gap_schema.OPERATOR_SHEET`: a row per hamlet and operator.

    Parameters
    ----------
    long : DataFrame
        `gis_data.gap_schema.HAMLET_OPERATORS`, by hamlet, operator and technology.
    """
    names = [column.name for column in OPERATOR_SHEET.columns]
    technologies = list(dict.fromkeys(long["technology"])) if len(long) else []
    if not technologies:
        return pd.DataFrame(columns=names)
    first = long[long["technology"] == technologies[0]].reset_index(drop=True)
    found = first[[name for name in names if name in first]]
    for technology in technologies:
        part = long[long["technology"] == technology].reset_index(drop=True)
        t = technology.lower()
        found = found.assign(
            **{f"level_{t}_dbm": part["level_dbm"], f"p_{t}": part["p_covered"],
               f"share_people_{t}": part["share_people"], f"served_{t}": part["served"]}
        )  # fmt: skip
    return found[[name for name in names if name in found]]


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
    active = cells.active(as_of)
    on_air = cells.take(active)
    own_bts = (cells.masts[1] * len(cells.operators[0]) + cells.operators[1])[active]
    scopes = [("all", "", np.ones(len(villages), bool))]
    places = dict(sorted(names.items(), key=lambda item: item[1]))
    scopes += [("commune", name, key == k) for k, name in places.items()]
    place_of = {k: number for number, k in enumerate(places, start=1)}
    commune_of = {mast: place_of.get(commune_key(name), -1) for mast, name in mast_commune.items()}
    nowhere = place_of.get("", -1)
    at = np.array([commune_of.get(mast, nowhere) for mast in on_air.mast_id.tolist()], dtype=np.int64)
    counts = {
        (operator, technology): _cells_and_bts(on_air, own_bts, operator, technology, at, len(scopes))
        for operator, found in [*by_operator.items(), ("", everyone)]
        for technology in found.technologies
    }
    rows = []
    for number, (scope, commune, inside) in enumerate(scopes):
        total = float(people[inside].sum())
        for operator, found in [*by_operator.items(), ("", everyone)]:
            for t, technology in enumerate(found.technologies):
                covered = float((people * found.share_people[:, t])[inside].sum())
                bts, own = (int(count[number]) for count in counts[operator, technology])
                rows.append(
                    (
                        scope, commune, operator, technology, int(inside.sum()), total,
                        int(found.served[inside, t].sum()), covered,
                        covered / total if total > 0 else np.nan, bts, own,
                    )
                )  # fmt: skip
    return pd.DataFrame(rows, columns=[column.name for column in OPERATOR_TOTALS.columns])


def _cells_and_bts(
    cells: CellTable,
    bts: NDArray[np.int64],
    operator: str,
    technology: str,
    place: NDArray[np.int64],
    places: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count BTS (an operator's cells on one mast are one number) and cells: over all (place 0), by place."""
    chosen = cells.technology == technology
    if operator:
        chosen &= cells.operator == operator
    index = np.flatnonzero(chosen)
    last = np.full(int(bts.max(initial=-1)) + 1, -1, dtype=np.int64)
    last[bts[index]] = index
    one_each = last[last >= 0]
    found = []
    for some in (one_each, index):
        where = place[some]
        count = np.bincount(where[where > 0], minlength=places)
        count[0] = len(where)
        found.append(count.astype(np.int64))
    return found[0], found[1]


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
