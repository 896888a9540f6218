"""How far a plan is: promises counted as claimed and as supported."""

from __future__ import annotations

import math

import pandas as pd

from ...gis_data.result_schema import PLAN_COMPLETION, PLAN_KINDS

__all__ = ["completion"]

# A hamlet has broadband when it has either kind; Plan 13/KH-UBND of 2022 counts its 113 hamlets so.
_TARGETS = {
    "stations": ("station",),
    "mobile_service": ("mobile_service",),
    "broadband": ("mobile_broadband", "fixed_broadband"),
}
# A hamlet promised in two ways has what the better evidence says.
_RANK = {"supported": 0, "not_checkable": 1, "contradicted": 2}


def completion(status: pd.DataFrame) -> pd.DataFrame:
    """Count the items of each plan: `gis_data.result_schema.PLAN_COMPLETION`.

    Parameters
    ----------
    status : DataFrame
        Columns plan_id, kind, subject (equal for items about the same hamlet or mast), claimed, support.

    Returns
    -------
    DataFrame
        For each plan, first the targets (stations; each hamlet once), then the kinds (items as they stand).
        Shares are of all that was promised; `supported_of_checkable` is of the claims that can be checked
        (NaN where none can): fixed lines, which no evidence of ours confirms, do not pull it down.
    """
    rows: list[dict[str, object]] = []
    for plan_id in sorted(set(status["plan_id"])):
        plan = status[status["plan_id"] == plan_id]
        for target, kinds in _TARGETS.items():
            part = plan[plan["kind"].isin(kinds)]
            if target != "stations":
                part = _one_per_subject(part)
            if len(part):
                rows.append({"plan_id": plan_id, "scope": "target", "subject": target, **_counts(part)})
        for kind in PLAN_KINDS:
            part = plan[plan["kind"] == kind]
            if len(part):
                rows.append({"plan_id": plan_id, "scope": "kind", "subject": kind, **_counts(part)})
    return pd.DataFrame(rows, columns=[column.name for column in PLAN_COMPLETION.columns])


def _one_per_subject(part: pd.DataFrame) -> pd.DataFrame:
    """Keep of each hamlet the item that speaks for it: a claimed one, with the best evidence."""
    ranked = part.assign(_claim=~part["claimed"].astype(bool), _rank=part["support"].map(_RANK))
    return ranked.sort_values(["_claim", "_rank"], kind="stable").drop_duplicates("subject")


def _counts(part: pd.DataFrame) -> dict[str, object]:
    claimed = part[part["claimed"].astype(bool)]
    by_support = {support: int((claimed["support"] == support).sum()) for support in _RANK}
    checkable = by_support["supported"] + by_support["contradicted"]
    return {
        "total": len(part),
        "claimed": len(claimed),
        **by_support,
        "claimed_share": len(claimed) / len(part),
        "supported_share": by_support["supported"] / len(part),
        "supported_of_checkable": by_support["supported"] / checkable if checkable else math.nan,
    }
