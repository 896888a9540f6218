"""A plan register made ready: texts and dates in one form, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, Problem
from ...gis_data.result_schema import PLAN_KINDS
from .matching import VillageMatches
from .names import bare, commune_key, hamlet_key

__all__ = ["check_register", "clean_register", "subjects"]

_TEXTS = (
    "plan_id", "item_id", "kind", "village_id", "village_name", "commune", "mast_id", "operator", "source",
)  # fmt: skip
_MISSING_HAMLET = {
    "none": ("a hamlet ID, or a hamlet's name and commune", "name the hamlet that the item is about"),
    "unknown": ("a hamlet of the list of hamlets", "mend the name or the commune, or add the hamlet"),
    "doubtful": ("one hamlet without doubt", "decide it: give the hamlet's ID, or a decision for this item"),
}


def clean_register(items: pd.DataFrame, file: str = "plan_items") -> pd.DataFrame:
    """Return the register with every column of text as str (empty: none) and dates as datetime64.

    Raises
    ------
    InputError
        An item without plan, id or kind, an unknown kind, an id that stands twice, a date that is none.
    """
    frame = pd.DataFrame({name: _text(items, name) for name in _TEXTS})
    problems = list(_broken(frame, file))
    for name in ("deadline", "reported_on"):
        given = items[name] if name in items else pd.Series([None] * len(items))
        dates = pd.to_datetime(given.astype(object), errors="coerce").to_numpy().astype("datetime64[D]")
        wrong = np.isnat(dates) & _text(items, name).ne("").to_numpy()
        problems += [
            Problem(file, "a date", "write it as 2022-12-31", column=name, value=f"{value} (item {item})")
            for item, value in zip(frame["item_id"][wrong], _text(items, name)[wrong], strict=True)
        ]
        frame[name] = dates.astype("datetime64[s]")
    if problems:
        raise InputError(problems)
    return frame


def _text(frame: pd.DataFrame, column: str) -> pd.Series[str]:
    values = frame[column] if column in frame else [None] * len(frame)
    return pd.Series(["" if pd.isna(value) else str(value).strip() for value in values], dtype=object)


def _broken(frame: pd.DataFrame, file: str) -> Iterator[Problem]:
    for name in ("plan_id", "item_id", "kind"):
        for row in np.flatnonzero(frame[name] == ""):
            yield Problem(file, "a value", "fill it in", column=name, value=f"item {frame['item_id'][row]}")
    for item, kind in zip(frame["item_id"], frame["kind"], strict=True):
        if kind and kind not in PLAN_KINDS:
            known = ", ".join(PLAN_KINDS)
            yield Problem(file, f"one of {known}", f"mend item {item}", column="kind", value=kind)
    twice = frame["item_id"][frame["item_id"].duplicated() & (frame["item_id"] != "")]
    for item in sorted(set(twice)):
        yield Problem(file, "an ID that stands once", "give each item its own", column="item_id", value=item)


def check_register(
    items: pd.DataFrame, matches: VillageMatches, mast_ids: set[str], file: str = "plan_items"
) -> list[Problem]:
    """Return what is suspicious in a clean register, as warnings in the order of the register.

    Parameters
    ----------
    items : DataFrame
        From `clean_register`.
    matches : VillageMatches
        Of the same items.
    mast_ids : set of str
        Masts of the project.
    """
    found: list[tuple[int, Problem]] = []
    for row, item in enumerate(items.itertuples(index=False)):
        problem = _lacking(item, str(matches.matched_by[row]), mast_ids, file)
        if problem is not None:
            found.append((row, problem))
    found += _repeated(items, matches, file)
    return [problem for _, problem in sorted(found, key=lambda pair: pair[0])]


def _lacking(item: Any, matched_by: str, mast_ids: set[str], file: str) -> Problem | None:
    if item.kind == "station":
        if item.mast_id in mast_ids:
            return None
        value = f"{item.mast_id} (item {item.item_id})"
        mend = "name the station's mast; without it the item cannot be checked"
        return _warning(file, "mast_id", value, "the ID of a mast of the list of masts", mend)
    if matched_by not in _MISSING_HAMLET:
        return None
    name = f"{item.village_name}, {item.commune} (item {item.item_id})"
    column = "village_id" if item.village_id else "village_name"
    return _warning(file, column, name, *_MISSING_HAMLET[matched_by])


def _repeated(items: pd.DataFrame, matches: VillageMatches, file: str) -> list[tuple[int, Problem]]:
    """Items of one plan that promise the same: copies, or with other dates, which contradict each other."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for row, subject in enumerate(subjects(items, matches)):
        if subject[-1]:
            groups.setdefault((items["plan_id"][row], items["kind"][row], *subject), []).append(row)
    found = []
    for rows in groups.values():
        dates = items["reported_on"].iloc[rows].astype(str).tolist()
        first = items["item_id"][rows[0]]
        for row, date in zip(rows[1:], dates[1:], strict=True):
            value = f"{items['item_id'][row]} repeats {first}"
            if date != dates[0]:
                value += f", reported {date} there {dates[0]}"
            expected = "each promise once" if date == dates[0] else "one date of completion for one promise"
            found.append((row, _warning(file, "item_id", value, expected, "keep the right one of the two")))
    return found


def subjects(items: pd.DataFrame, matches: VillageMatches) -> list[tuple[str, str]]:
    """Return what each item is about: a mast and operator, or a hamlet; equal for equal things.

    The last part is empty where the item does not say.
    """
    result = []
    for row, item in enumerate(items.itertuples(index=False)):
        village = int(matches.village[row])
        if item.kind == "station":
            result.append((f"{item.operator}", f"{item.mast_id}"))
        elif village >= 0:
            result.append(("village", str(village)))
        else:
            commune = bare(commune_key(f"{item.commune}"))
            result.append((commune, bare(hamlet_key(f"{item.village_name}"))))
    return result


def _warning(file: str, column: str, value: str, expected: str, mend: str) -> Problem:
    return Problem(file, expected, mend, column=column, value=value, severity="warning")
