"""What if: layers, operators, masts or cells switched off or on, or what a plan built never built.

A scenario changes dates in a `CellTable` and nothing else: the cells keep their place, so that the levels
that were computed once serve every scenario.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import InputError, Problem
from ..gis_data.scenario_schema import SCENARIO_CELLS
from ..gis_data.schema import TECHNOLOGIES
from .cells import CellTable

__all__ = ["Change", "Scenario", "Selector", "apply_scenario", "cell_changes", "parse_selector", "plan_cells"]

_ALWAYS = np.datetime64("0001-01-01", "D")
_NEVER = np.datetime64("NaT", "D")
_COMMAND = "phusong scenario"


@dataclass(frozen=True)
class Selector:
    """Some of the cells of a project; an empty part selects all.

    Attributes
    ----------
    technology, operator, mast_id, cell_id : str
    """

    technology: str = ""
    operator: str = ""
    mast_id: str = ""
    cell_id: str = ""

    def mask(self, cells: CellTable) -> NDArray[np.bool_]:
        """Tell which cells it selects. Operators are compared without case."""
        chosen = np.ones(len(cells), dtype=bool)
        if self.technology:
            chosen &= cells.technology == self.technology
        if self.operator:
            chosen &= _same_text(cells.operator, self.operator)
        if self.mast_id:
            chosen &= cells.mast_id == self.mast_id
        if self.cell_id:
            chosen &= cells.cell_id == self.cell_id
        return chosen


@dataclass(frozen=True)
class Change:
    """Cells that go off, or on, air.

    Attributes
    ----------
    cells : Selector
    on : bool
        True: on air; False: off air.
    from_day : date or None
        From the beginning of this day; None: at all times.
    text : str
        As the user wrote it, for messages and for the list of changed cells.
    """

    cells: Selector
    on: bool
    from_day: date | None = None
    text: str = ""


@dataclass(frozen=True)
class Scenario:
    """A network that differs from the project's.

    Attributes
    ----------
    changes : tuple of Change
        In the order in which they are applied: a later one wins.
    without_plans : tuple of str
        Plans whose stations were never built; applied before the changes.
    """

    changes: tuple[Change, ...] = ()
    without_plans: tuple[str, ...] = ()


def parse_selector(text: str) -> tuple[Selector, date | None] | None:
    """Return the selector and the day of ``3G:Viettel@2026-09-30``; None where it is not understood.

    Forms: a technology, a technology and an operator, ``operator:``, ``mast:`` or ``cell:`` and a name. An
    ``@`` that no date follows belongs to the name.
    """
    what, at, when = text.strip().rpartition("@")
    day = _day(when) if at else None
    if day is None:
        what = text.strip()
    key, colon, name = (part.strip() for part in what.partition(":"))
    if key.upper() in TECHNOLOGIES and (name or not colon):
        return Selector(technology=key.upper(), operator=name), day
    fields = {"operator": "operator", "mast": "mast_id", "cell": "cell_id"}
    if key.lower() in fields and name:
        return Selector(**{fields[key.lower()]: name}), day
    return None


def apply_scenario(cells: CellTable, scenario: Scenario, plan_items: pd.DataFrame) -> CellTable:
    """Return the cells with the dates that they have in the scenario.

    Parameters
    ----------
    cells : CellTable
    scenario : Scenario
    plan_items : DataFrame
        `gis_data.schema.PLAN_ITEMS`.

    Raises
    ------
    InputError
        A change that concerns no cell, or a plan without a station of this network: all of them.
    """
    on_air, off_air = cells.on_air.copy(), cells.off_air.copy()
    problems: list[Problem] = []
    for plan_id in scenario.without_plans:
        built = plan_cells(plan_items, cells, plan_id)
        if not built.any():
            known = ", ".join(sorted(set(plan_items["plan_id"].astype(str)))) or "none"
            mend = "only items of kind station that name a mast with cells can be taken away"
            expected = f"a plan of the registers ({known}) that built stations"
            problems.append(Problem(_COMMAND, expected, mend, column="--without-plan", value=plan_id))
        off_air[built] = _ALWAYS
    for change in scenario.changes:
        chosen = change.cells.mask(cells)
        if not chosen.any():
            option, mend = "--on" if change.on else "--off", "mend the name; see the table of cells"
            problems.append(Problem(_COMMAND, "at least one cell", mend, column=option, value=change.text))
        _change_dates(on_air, off_air, chosen, change)
    if problems:
        raise InputError(problems)
    return replace(cells, on_air=on_air, off_air=off_air)


def plan_cells(plan_items: pd.DataFrame, cells: CellTable, plan_id: str) -> NDArray[np.bool_]:
    """Tell which cells would not exist had the stations of a plan not been built.

    They are the cells of the item's operator (of all operators where it names none) on the item's mast. Where
    nobody was on air on that mast before that operator, the mast itself was the plan's: all its cells go.

    Parameters
    ----------
    plan_items : DataFrame
        `gis_data.schema.PLAN_ITEMS`; items of other kinds than station build nothing.
    cells : CellTable
    plan_id : str
        Compared without case.
    """
    gone = np.zeros(len(cells), dtype=bool)
    since = np.where(np.isnat(cells.on_air), _ALWAYS, cells.on_air)
    plan = plan_items["plan_id"].astype(str).str.strip().str.casefold() == plan_id.strip().casefold()
    stations = plan_items[plan & (plan_items["kind"] == "station")]
    for mast_id, operator in zip(_texts(stations["mast_id"]), _texts(stations["operator"]), strict=True):
        on_mast = cells.mast_id == mast_id
        own = on_mast & _same_text(cells.operator, operator) if operator else on_mast
        if not mast_id or not own.any():
            continue
        stood_before = bool((on_mast & ~own & (since < since[own].min())).any())
        gone |= own if stood_before else on_mast
    return gone


def cell_changes(
    before: CellTable, after: CellTable, as_of: np.datetime64, scenario: Scenario, plan_items: pd.DataFrame
) -> pd.DataFrame:
    """Return the cells whose state on a day differs, with why: `gis_data.scenario_schema.SCENARIO_CELLS`."""
    was, is_now = before.active(as_of), after.active(as_of)
    reasons = np.full(len(before), "", dtype=object)
    for plan_id in scenario.without_plans:
        reasons[plan_cells(plan_items, before, plan_id)] = plan_id
    for change in scenario.changes:
        reasons[change.cells.mask(before)] = change.text
    index = np.flatnonzero(was != is_now)
    columns = [column.name for column in SCENARIO_CELLS.columns]
    data: dict[str, Any] = {
        name: getattr(before, name)[index] for name in ("cell_id", "mast_id", "operator", "technology")
    }
    data |= {"change": np.where(is_now[index], "on", "off"), "why": reasons[index]}
    return pd.DataFrame(data, columns=columns)


def _change_dates(
    on_air: NDArray[np.datetime64], off_air: NDArray[np.datetime64], chosen: NDArray[np.bool_], change: Change
) -> None:
    day = _ALWAYS if change.from_day is None else np.datetime64(change.from_day, "D")
    if change.on:
        on_air[chosen] = _NEVER if change.from_day is None else day
        off_air[chosen & (off_air <= day if change.from_day else True)] = _NEVER
    else:
        ends_later = np.isnat(off_air) | (off_air > day)
        off_air[chosen & ends_later] = day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _same_text(values: NDArray[Any], wanted: str) -> NDArray[np.bool_]:
    names = [name for name in np.unique(values).tolist() if name.casefold() == wanted.casefold()]
    return np.isin(values, names)


def _texts(column: Sequence[Any] | pd.Series[Any]) -> list[str]:
    return ["" if pd.isna(value) else str(value).strip() for value in column]
