"""Which hamlet a register means: by id, else by name and commune of today or of before the 2025 merger."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...gis_data.result_schema import VILLAGE_MATCHES
from .names import bare, commune_key, full_key, hamlet_key, split_commune

__all__ = ["VillageIndex", "VillageMatches", "match_villages"]

_CLOSE = 0.75  # difflib ratio: one or two letters of a short name
_MOST_CANDIDATES = 5
_Pool = NDArray[np.int64]


@dataclass(frozen=True)
class VillageMatches:
    """What the register's hamlets were found to be.

    Attributes
    ----------
    village : ndarray of int64, (items,)
        Row in the table of villages; -1 where there is none, or where it is doubtful.
    matched_by : ndarray of str, (items,)
        "id", "name", "decided", "doubtful", "unknown" or "none" (the item names no hamlet).
    doubtful : DataFrame
        `gis_data.result_schema.VILLAGE_MATCHES`: one row per candidate, best first, for a person to decide;
        an item without any candidate has one row without a village.
    """

    village: NDArray[np.int64]
    matched_by: NDArray[np.object_]
    doubtful: pd.DataFrame


@dataclass(frozen=True)
class _Answer:
    by: str
    village: int = -1
    candidates: tuple[int, ...] = ()
    why: str = ""


def match_villages(
    items: pd.DataFrame,
    villages: pd.DataFrame,
    crosswalk: pd.DataFrame,
    decisions: Mapping[str, str] | None = None,
) -> VillageMatches:
    """Find the hamlet of every plan item.

    A name is taken as sure only if it leads to one hamlet of its commune, and diacritics do not disagree
    (a name written without any is no disagreement). All else is doubtful: it is listed, never guessed.

    Parameters
    ----------
    items : DataFrame
        `gis_data.schema.PLAN_ITEMS`.
    villages : DataFrame
        `gis_data.schema.VILLAGES`.
    crosswalk : DataFrame
        `gis_data.schema.COMMUNE_CROSSWALK`, many to many.
    decisions : mapping of item_id to village_id, or None
        What a person decided; an empty village_id says "none of our hamlets".
    """
    index = VillageIndex(villages, crosswalk)
    decided = decisions or {}
    texts = {name: _texts(items, name) for name in ("item_id", "village_id", "village_name", "commune")}
    answers = [
        _match_one(index, decided.get(item), village_id, name, commune)
        for item, village_id, name, commune in zip(*texts.values(), strict=True)
    ]
    rows = [
        row
        for answer, item, name, commune in zip(
            answers, texts["item_id"], texts["village_name"], texts["commune"], strict=True
        )
        for row in _doubtful_rows(index, answer, item, name, commune)
    ]
    return VillageMatches(
        np.array([answer.village for answer in answers], dtype=np.int64),
        np.array([answer.by for answer in answers], dtype=object),
        pd.DataFrame(rows, columns=[column.name for column in VILLAGE_MATCHES.columns]),
    )


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    """Cells of a column as text, empty where there is none."""
    if column not in frame:
        return [""] * len(frame)
    return ["" if pd.isna(value) else str(value).strip() for value in frame[column]]


def _match_one(index: VillageIndex, decided: str | None, village_id: str, name: str, commune: str) -> _Answer:
    if decided is not None:
        known = index.by_id.get(decided, -1)
        if known >= 0 or decided == "":
            return _Answer("decided" if known >= 0 else "unknown", known, why="decided: none of the hamlets")
        return _Answer("doubtful", why=f"the decision names an unknown hamlet: {decided}")
    if village_id in index.by_id:
        return _by_id(index, index.by_id[village_id], name)
    if not name:
        why = f"unknown hamlet ID {village_id}, and no name" if village_id else ""
        return _Answer("unknown" if village_id else "none", why=why)
    answer = _by_name(index, name, commune)
    if village_id and answer.by == "name":  # the ID is wrong, so a person should look
        why = f"unknown hamlet ID {village_id}; found by its name"
        return _Answer("doubtful", candidates=(answer.village,), why=why)
    return answer


def _by_id(index: VillageIndex, village: int, name: str) -> _Answer:
    if name and bare(hamlet_key(name)) != bare(hamlet_key(index.names[village])):
        return _Answer("doubtful", candidates=(village,), why="the ID belongs to a hamlet of another name")
    return _Answer("id", village)


def _by_name(index: VillageIndex, name: str, commune: str) -> _Answer:
    pools = [pool for pool in index.pools(commune) if len(pool)] if commune else []
    if not pools:
        similar = index.similar(name, np.arange(len(index.names)))
        why = "unknown commune" if commune else "no commune given"
        return _Answer("doubtful" if similar else "unknown", candidates=similar, why=why)
    answers = [_in_pool(index, name, pool) for pool in pools]
    best = next((answer for answer in answers if answer.by != "unknown"), answers[0])
    if best.by == "name" and best is not answers[0]:  # its own commune does not have it, a namesake does
        return _Answer("doubtful", candidates=(best.village,), why="found in a commune of like name")
    return best


def _in_pool(index: VillageIndex, name: str, pool: _Pool) -> _Answer:
    for key in (full_key, hamlet_key):
        found = [int(v) for v in pool if key(index.names[v]) == key(name)]
        if len(found) == 1:
            return _Answer("name", found[0])
        if found:
            return _Answer("doubtful", candidates=tuple(found), why="several hamlets of this name")
    found = [int(v) for v in pool if bare(hamlet_key(index.names[v])) == bare(hamlet_key(name))]
    if len(found) == 1 and _one_is_bare(name, index.names[found[0]]):
        return _Answer("name", found[0])
    if found:
        return _Answer("doubtful", candidates=tuple(found), why="other diacritics")
    similar = index.similar(name, pool)
    why = "similar names in the commune" if similar else "no such name in the commune"
    return _Answer("doubtful" if similar else "unknown", candidates=similar, why=why)


def _one_is_bare(first: str, second: str) -> bool:
    """Tell whether one of two names was written without any diacritics."""
    return any(hamlet_key(name) == bare(hamlet_key(name)) for name in (first, second))


def _doubtful_rows(
    index: VillageIndex, answer: _Answer, item: str, name: str, commune: str
) -> list[tuple[object, ...]]:
    if answer.by not in ("doubtful", "unknown"):
        return []
    asked = (item, name, commune)
    rows: list[tuple[object, ...]] = [
        (*asked, rank, index.ids[v], index.names[v], index.communes[v], answer.why)
        for rank, v in enumerate(answer.candidates, start=1)
    ]
    return rows or [(*asked, 0, None, None, None, answer.why)]


def _bare_commune(name: str) -> str:
    return bare(commune_key(name))


class VillageIndex:
    """Hamlets by id and by the names of their communes, old and new.

    Parameters
    ----------
    villages, crosswalk : DataFrame
        `gis_data.schema.VILLAGES` and `COMMUNE_CROSSWALK`.
    """

    def __init__(self, villages: pd.DataFrame, crosswalk: pd.DataFrame) -> None:
        self.ids = _texts(villages, "village_id")
        self.names = _texts(villages, "name")
        self.communes = _texts(villages, "commune")
        self.old_communes = _texts(villages, "old_commune")
        self.by_id = {village: row for row, village in enumerate(self.ids)}
        columns = (_texts(crosswalk, name) for name in ("old_commune", "old_district", "commune"))
        self._crosswalk = list(zip(*columns, strict=True))
        self._districts = {_bare_commune(district) for _, district, _ in self._crosswalk if district}

    def pools(self, text: str) -> list[_Pool]:
        """Return the hamlets of a commune, by ever looser readings of its name.

        The name may be that of a commune of today or of an old one, with a district behind a comma or in
        brackets. Readings: with its kind (xã, phường), without its kind, without diacritics.
        """
        commune, hint = split_commune(text)
        district = _bare_commune(hint) if _bare_commune(hint) in self._districts else ""
        readings: list[Callable[[str], str]] = [full_key, commune_key, _bare_commune]
        if full_key(commune) == commune_key(commune):  # a name without its kind prefers no kind
            readings = readings[1:]
        return [self._pool(commune, district, reading) for reading in readings]

    def _pool(self, commune: str, district: str, reading: Callable[[str], str]) -> _Pool:
        wanted = reading(commune)
        today = {
            commune_key(new)
            for old, old_district, new in self._crosswalk
            if reading(old) == wanted and (not district or _bare_commune(old_district) in ("", district))
        }
        members = []
        for v, (new, old) in enumerate(zip(self.communes, self.old_communes, strict=True)):
            in_heir = commune_key(new) in today
            old_name = split_commune(old)[0]
            by_old = reading(old_name) == wanted and (in_heir or not district) if old else in_heir
            by_new = reading(new) == wanted and not district
            if by_old or by_new:
                members.append(v)
        return np.array(members, dtype=np.int64)

    def similar(self, name: str, pool: _Pool) -> tuple[int, ...]:
        """Return hamlets of the pool whose names look like `name`, the most alike first."""
        wanted = bare(hamlet_key(name))
        scored = [
            (difflib.SequenceMatcher(None, wanted, bare(hamlet_key(self.names[v]))).ratio(), -int(v))
            for v in pool
        ]
        best = sorted((s for s in scored if s[0] >= _CLOSE), reverse=True)[:_MOST_CANDIDATES]
        return tuple(-v for _, v in best)
