"""What a person decided on doubtful hamlets: the file, and the template to fill in."""

from __future__ import annotations

import pandas as pd

from ...gis_data.result_schema import VILLAGE_MATCHES
from ...gis_data.schema import PLAN_DECISIONS

__all__ = ["decision_template", "decisions_of", "template_headers"]

_CONTEXT = ("village_name", "commune", "why")


def decisions_of(table: pd.DataFrame) -> dict[str, str]:
    """Return the village_id by item_id; "" says that it is none of our hamlets.

    Rows that decide nothing (no hamlet, and no yes) are left out.

    Parameters
    ----------
    table : DataFrame
        `gis_data.schema.PLAN_DECISIONS`.
    """
    decided = {}
    for item, village, none in zip(table["item_id"], table["village_id"], table["no_hamlet"], strict=True):
        given = "" if pd.isna(village) else str(village).strip()
        if given or bool(none):
            decided[str(item)] = given
    return decided


def decision_template(doubtful: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Return a table of decisions to fill in: what is decided already, then what is still to be decided.

    It holds the earlier decisions, so that it can take the place of the file that they came from.

    Parameters
    ----------
    doubtful : DataFrame
        `gis_data.result_schema.VILLAGE_MATCHES`.
    decisions : DataFrame
        `gis_data.schema.PLAN_DECISIONS`.

    Returns
    -------
    DataFrame
        Columns of PLAN_DECISIONS, then what helps to decide: village_name and commune as in the register, why
        it is doubtful, and the candidates ("ID name (commune)"), best first.
    """
    names = [column.name for column in PLAN_DECISIONS.columns]
    rows: list[dict[str, object]] = []
    earlier = decisions_of(decisions)
    for item, village in sorted(earlier.items()):
        rows.append({"item_id": item, "village_id": village or None, "no_hamlet": None if village else True})
    open_items = doubtful[~doubtful["item_id"].isin(earlier)]
    for open_item, group in open_items.groupby("item_id", sort=False):
        named = group[group["village_id"].notna()]
        parts = (named[name].astype(str) for name in ("village_id", "candidate_name", "candidate_commune"))
        candidates = [f"{key} {name} ({commune})" for key, name, commune in zip(*parts, strict=True)]
        context = {name: group[name].iloc[0] for name in _CONTEXT}
        rows.append({"item_id": str(open_item), **context, "candidates": "; ".join(candidates)})
    return pd.DataFrame(rows, columns=[*names, *_CONTEXT, "candidates"])


def template_headers(language: str) -> dict[str, str]:
    """Return the header of every column of the template in ``"vi"`` or ``"en"``."""
    columns = {c.name: c for c in (*VILLAGE_MATCHES.columns, *PLAN_DECISIONS.columns)}
    names = [*(c.name for c in PLAN_DECISIONS.columns), *_CONTEXT]
    headers = {n: columns[n].label_vi if language == "vi" else columns[n].label_en for n in names}
    return {**headers, "candidates": "Các thôn gần giống" if language == "vi" else "Candidates"}
