"""Two versions compared: which hamlets gained or lost service, and because of which station."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .gis_data.history_schema import (
    HAMLET_CHANGES,
    HISTORY_CLASSES,
    HISTORY_HAMLETS,
    HISTORY_PLACES,
    HISTORY_PLANS,
    HISTORY_SERVICES,
    HISTORY_STATIONS,
)
from .gis_data.result_schema import VERDICTS
from .gis_data.schema import TECHNOLOGIES, Table
from .history_causes import HamletCause, Reasoner, Wanted, other_causes, provenance
from .history_stations import CellChange, cell_changes, records
from .store.interface import Version
from .store.tables import CRS

__all__ = ["NEEDED", "HistoryDifference", "compare"]

NEEDED = ("hamlet", "part", "hamlet_operator", "serving", "place", "plan_completion", "mast", "cell")
"""Tables of a version that a comparison reads."""

_DEAD = VERDICTS[:2]
_NO_BROADBAND = VERDICTS[:3]


@dataclass(frozen=True)
class HistoryDifference:
    """What changed between two versions; tables as `gis_data.history_schema` has them, codes not yet words.

    Attributes
    ----------
    before, after : Version
    hamlets, stations, places : GeoDataFrame
        ``because`` of the hamlets is empty: `causes` holds what a writer says there.
    services, classes, plans, provenance : DataFrame
    causes : dict of str to HamletCause
        By hamlet.
    others : dict of str to list of str
        What else than stations differs: files and parameters, by code of `CAUSE_LABELS`.
    """

    before: Version
    after: Version
    hamlets: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    services: pd.DataFrame
    classes: pd.DataFrame
    plans: pd.DataFrame
    provenance: pd.DataFrame
    causes: dict[str, HamletCause]
    others: dict[str, list[str]]


def compare(before: Version, after: Version) -> HistoryDifference:
    """Compare two versions that were loaded with the tables `NEEDED`.

    Service is that of the verdicts, over all operators: voice where a hamlet is no dead zone, broadband where
    its verdict is better than voice only, and each technology by the rule. A station is to blame (or thank)
    where one of its cells covered a point of the hamlet in one version and not in the other, the cell itself
    came, went, moved or was changed, and its technology is one that the hamlet lost (or gained).
    """
    changed = cell_changes(_network(before), _network(after))
    differing = provenance(before, after)
    others = other_causes(differing, before, after)
    reasoner = Reasoner(before, after, changed, others)
    was, now = _services(before), _services(after)
    hamlets, causes = _hamlets(before, after, was, now, reasoner)
    return HistoryDifference(
        before, after, hamlets, _stations(changed, hamlets, causes), _places(before, after),
        _service_table(was, now), _class_table(was, now), _plans(before, after), differing, causes,
        others,
    )  # fmt: skip


@dataclass(frozen=True)
class _Hamlet:
    row: Mapping[str, Any]
    services: frozenset[str]
    operators: frozenset[tuple[str, str]]


def _network(version: Version) -> tuple[pd.DataFrame, gpd.GeoDataFrame, Any]:
    return version.tables["cell"], version.tables["mast"], version.info.as_of


def _services(version: Version) -> dict[str, _Hamlet]:
    table = version.tables["hamlet_operator"]
    served = table[table["served"].fillna(False).astype(bool)]
    operators: dict[str, set[tuple[str, str]]] = {}
    for village, operator, technology in zip(
        served["village_id"], served["operator"], served["technology"], strict=True
    ):
        operators.setdefault(str(village), set()).add((str(operator), str(technology)))
    return {
        str(row["village_id"]): _Hamlet(
            row, frozenset(_served(row)), frozenset(operators.get(str(row["village_id"]), ()))
        )
        for row in records(version.tables["hamlet"])
    }


def _served(row: Mapping[str, Any]) -> Iterator[str]:
    if row["verdict"] not in _DEAD:
        yield "voice"
    if row["verdict"] not in _NO_BROADBAND:
        yield "broadband"
    for technology in TECHNOLOGIES:
        flag = row[f"served_{technology.lower()}"]
        if not pd.isna(flag) and flag:
            yield technology


def _hamlets(
    before: Version, after: Version, was: dict[str, _Hamlet], now: dict[str, _Hamlet], reasoner: Reasoner
) -> tuple[gpd.GeoDataFrame, dict[str, HamletCause]]:
    rows, causes = [], {}
    for village in sorted({*was, *now}):
        found = _hamlet(village, was.get(village), now.get(village))
        if found is None:
            continue
        if found["change"] in ("appeared", "vanished"):
            causes[village] = HamletCause(("hamlet",))
        else:
            wanted = _wanted(was[village], now[village], before.record, after.record)
            decided = (was[village].row["decided_by"], now[village].row["decided_by"])
            causes[village] = reasoner.cause(village, wanted, decided)
        cause = causes[village]
        masts = dict.fromkeys(cell.mast_id for cell in cause.cells)
        also = "; ".join(code for code in cause.codes[1:])
        rows.append({**found, "cause": cause.codes[0], "stations": "; ".join(masts), "also_changed": also})
    table = _frame(rows, HISTORY_HAMLETS)
    order = table.assign(
        _change=table["change"].map(HAMLET_CHANGES.index), _people=-table["population"].astype(float)
    ).sort_values(["_change", "_people", "village_id"], kind="stable")
    return table.loc[order.index].reset_index(drop=True), causes


def _hamlet(village: str, was: _Hamlet | None, now: _Hamlet | None) -> dict[str, Any] | None:
    either = now or was
    assert either is not None
    lost = was.services - now.services if was and now else frozenset()
    gained = now.services - was.services if was and now else frozenset()
    no_more = was.operators - now.operators if was and now else frozenset()
    newly = now.operators - was.operators if was and now else frozenset()
    change = _kind(was, now, lost, gained, bool(no_more or newly))
    if change is None:
        return None
    row = either.row
    return {
        **{name: row[name] for name in ("name", "commune", "population", "geometry")},
        "village_id": village,
        "change": change,
        "services_lost": _listed(lost),
        "services_gained": _listed(gained),
        "operators_lost": "; ".join(f"{o} {t}" for o, t in sorted(no_more)),
        "operators_gained": "; ".join(f"{o} {t}" for o, t in sorted(newly)),
        **{f"{name}_before": was.row[name] if was else None for name in ("verdict", "confidence")},
        **{f"{name}_after": now.row[name] if now else None for name in ("verdict", "confidence")},
        "because": "",
    }


def _kind(
    was: _Hamlet | None, now: _Hamlet | None, lost: frozenset[str], gained: frozenset[str], operators: bool
) -> str | None:
    if was is None or now is None:
        return "appeared" if was is None else "vanished"
    if lost & {"voice", "broadband"}:
        return "lost"
    if gained & {"voice", "broadband"}:
        return "gained"
    worse = VERDICTS.index(now.row["verdict"]) - VERDICTS.index(was.row["verdict"])
    if worse:
        return "worse" if worse < 0 else "better"
    if lost or gained:
        return "other"
    return "operators" if operators else None


def _wanted(was: _Hamlet, now: _Hamlet, before: Mapping[str, Any], after: Mapping[str, Any]) -> Wanted:
    """Cells that could explain a change: any operator's of the service's technologies, or those of one."""
    worse = VERDICTS.index(now.row["verdict"]) - VERDICTS.index(was.row["verdict"])
    lost, gained = was.services - now.services, now.services - was.services
    return Wanted(
        _cells_of(
            lost or (frozenset({"voice"}) if worse < 0 else lost), before, was.operators - now.operators
        ),
        _cells_of(
            gained or (frozenset({"voice"}) if worse > 0 else gained), after, now.operators - was.operators
        ),
    )


def _cells_of(
    services: frozenset[str], record: Mapping[str, Any], operators: frozenset[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    criteria = record["parameters"]["criteria"]
    technologies = {t for s in services for t in (criteria[s] if s in ("voice", "broadband") else (s,))}
    return frozenset({("", technology) for technology in technologies}) | operators


def _listed(services: frozenset[str]) -> str:
    return "; ".join(name for name in ("voice", "broadband", *TECHNOLOGIES) if name in services)


def _stations(
    changed: Mapping[str, CellChange], hamlets: pd.DataFrame, causes: Mapping[str, HamletCause]
) -> gpd.GeoDataFrame:
    groups: dict[tuple[str, str, str, str], list[CellChange]] = {}
    for cell in changed.values():
        groups.setdefault((cell.mast_id, cell.operator, cell.technology, cell.change), []).append(cell)
    effects = _effects(hamlets, causes)
    rows = []
    for key, cells in groups.items():
        lost, gained = (effects[what].get(key, set()) for what in ("lost", "gained"))
        rows.append(
            {
                **dict(zip(("mast_id", "operator", "technology", "change"), key, strict=True)),
                "cells": len(cells),
                "cell_ids": "; ".join(cell.cell_id for cell in cells),
                "details": "; ".join(_details(cells)),
                "moved_m": max(cell.moved_m for cell in cells) or np.nan,
                "hamlets_lost": len(lost),
                "people_lost": sum(people for _, people in sorted(lost)),
                "hamlets_gained": len(gained),
                "people_gained": sum(people for _, people in sorted(gained)),
                "geometry": gpd.points_from_xy([cells[0].lon], [cells[0].lat])[0],
            }
        )
    table = _frame(rows, HISTORY_STATIONS)
    weight = -(table["people_lost"].astype(float) + table["people_gained"].astype(float))
    order = table.assign(_weight=weight).sort_values(
        ["_weight", "mast_id", "operator", "technology", "change"], kind="stable"
    )
    return table.loc[order.index].reset_index(drop=True)


def _details(cells: list[CellChange]) -> list[str]:
    """What changed, each once: a date of switching, or a column before → after."""
    texts: dict[str, None] = {}
    for cell in cells:
        for name, before, after in cell.details:
            texts[f"{name} {before} → {after}" if before else f"{name} {after}"] = None
    return list(texts)


def _effects(
    hamlets: pd.DataFrame, causes: Mapping[str, HamletCause]
) -> dict[str, dict[tuple[str, str, str, str], set[tuple[str, float]]]]:
    found: dict[str, dict[tuple[str, str, str, str], set[tuple[str, float]]]] = {"lost": {}, "gained": {}}
    for village, people, change in zip(
        hamlets["village_id"], hamlets["population"], hamlets["change"], strict=True
    ):
        if change not in found:
            continue
        cause = causes[village]
        for cell in cause.gone if change == "lost" else cause.come:
            key = (cell.mast_id, cell.operator, cell.technology, cell.change)
            found[change].setdefault(key, set()).add((village, float(people)))
    return found


def _service_table(was: dict[str, _Hamlet], now: dict[str, _Hamlet]) -> pd.DataFrame:
    names = [name for name in ("voice", "broadband", *TECHNOLOGIES) if _known(name, was, now)]
    rows = []
    for name in names:
        before, after = (_people(hamlets, lambda h, n=name: n in h.services) for hamlets in (was, now))
        rows.append({"service": name, **_counts(before, after, was, now, ("losing", "gaining"))})
    return pd.DataFrame(rows, columns=_names(HISTORY_SERVICES))


def _known(service: str, was: dict[str, _Hamlet], now: dict[str, _Hamlet]) -> bool:
    column = f"served_{service.lower()}"
    return service not in TECHNOLOGIES or any(
        not pd.isna(hamlet.row[column]) for hamlets in (was, now) for hamlet in hamlets.values()
    )


def _class_table(was: dict[str, _Hamlet], now: dict[str, _Hamlet]) -> pd.DataFrame:
    rows = []
    for code in VERDICTS:
        before, after = (_people(hamlets, lambda h, c=code: h.row["verdict"] == c) for hamlets in (was, now))
        rows.append({"verdict": code, **_counts(before, after, was, now, ("leaving", "entering"))})
    return pd.DataFrame(rows, columns=_names(HISTORY_CLASSES))


def _people(hamlets: dict[str, _Hamlet], chosen: Any) -> dict[str, float]:
    return {name: float(h.row["population"]) for name, h in hamlets.items() if chosen(h)}


def _counts(
    before: dict[str, float], after: dict[str, float], was: Mapping[str, Any], now: Mapping[str, Any],
    words: tuple[str, str],
) -> dict[str, float]:  # fmt: skip
    """Hamlets and people before and after; who leaves and who enters is in both lists of hamlets."""
    leaving = {name: people for name, people in before.items() if name not in after and name in now}
    entering = {name: people for name, people in after.items() if name not in before and name in was}
    parts = {"before": before, "after": after, words[0]: leaving, words[1]: entering}
    counts: dict[str, float] = {}
    for what, people in parts.items():
        counts[f"hamlets_{what}"] = len(people)
        counts[f"people_{what}"] = sum(people[name] for name in sorted(people))
    return counts


def _places(before: Version, after: Version) -> gpd.GeoDataFrame:
    was, now = (
        {str(row["place_id"]): row for row in records(version.tables["place"])} for version in (before, after)
    )
    rows = [
        {
            **now[place],
            "covered_before": bool(was[place]["covered"]),
            "covered_after": bool(now[place]["covered"]),
        }
        for place in sorted({*was} & {*now})
        if bool(was[place]["covered"]) != bool(now[place]["covered"])
    ]
    return _frame(rows, HISTORY_PLACES)


def _plans(before: Version, after: Version) -> pd.DataFrame:
    keys = ["plan_id", "scope", "subject"]
    counts = [name.removesuffix("_before") for name in _names(HISTORY_PLANS) if name.endswith("_before")]
    was, now = (version.tables["plan_completion"][[*keys, *counts]] for version in (before, after))
    both = was.merge(now, on=keys, how="outer", suffixes=("_before", "_after"))
    differs = np.zeros(len(both), dtype=bool)
    for name in counts:
        differs |= both[f"{name}_before"].fillna(-1).to_numpy() != both[f"{name}_after"].fillna(-1).to_numpy()
    return both.loc[differs, _names(HISTORY_PLANS)].reset_index(drop=True)


def _frame(rows: list[dict[str, Any]], table: Table) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=[*_names(table), "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]
