"""The states of plan items from month to month, as the few changes that a page needs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from .palette import PLAN_STATE_STYLE

__all__ = ["plan_months", "plan_state"]


def plan_state(claimed: bool, support: str, discrepancy: str) -> str:
    """Return the one word under which the map shows an item, a key of `palette.PLAN_STATE_STYLE`.

    Parameters
    ----------
    claimed : bool
        Reported complete.
    support, discrepancy : str
        As in `gis_data.result_schema.PLAN_STATUS`.
    """
    if claimed:
        return {"supported": "done", "contradicted": "contradicted"}.get(support, "unverified")
    if discrepancy == "overdue":
        return "overdue"
    return "early" if support == "supported" else "pending"


def plan_months(items: pd.DataFrame, months: pd.DataFrame | None, as_of: date) -> dict[str, Any]:
    """Return the days and, for each item, when which state begins.

    Parameters
    ----------
    items : DataFrame
        `MapContent.plan_items`: their state on the day `as_of` ends the series.
    months : DataFrame or None
        `MapContent.plan_months`; None: that day alone.
    as_of : date

    Returns
    -------
    dict
        days (ISO, rising); changes: per item, in the order of `items`, pairs of (index of the day, index in
        `PLAN_STATE_STYLE`).
    """
    if items.empty or "support" not in items:
        return {"days": [], "changes": []}
    series: dict[str, list[str]] = {str(item): [] for item in items["item_id"]}
    days: list[str] = []
    if months is not None:
        earlier = months[months["month_end"] < pd.Timestamp(as_of)]
        for day, table in earlier.groupby("month_end", sort=True):
            days.append(pd.Timestamp(str(day)).date().isoformat())
            for item, state in _states(table):
                series[item].append(state)
    for item, state in _states(items):
        series[item].append(state)
    order = list(PLAN_STATE_STYLE)
    return {
        "days": [*days, as_of.isoformat()],
        "changes": [
            [[k, order.index(state)] for k, state in enumerate(own) if k == 0 or own[k - 1] != state]
            for own in series.values()
        ],
    }


def _states(table: pd.DataFrame) -> list[tuple[str, str]]:
    columns = (table[name] for name in ("item_id", "claimed", "support", "discrepancy"))
    return [
        (str(item), plan_state(bool(claimed), str(support), str(discrepancy)))
        for item, claimed, support, discrepancy in zip(*columns, strict=True)
    ]
