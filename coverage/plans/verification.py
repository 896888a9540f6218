"""Have the plans been carried out: per item, as claimed and as the evidence has it, on any day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import Problem
from ...gis_data.result_schema import DISCREPANCY_LABELS, PLAN_KINDS, PLAN_STATUS, PLAN_TIMELINE
from .completion import completion
from .evidence import PlanEvidence, for_villages
from .findings import Day, Finding, item_finding
from .matching import VillageMatches, match_villages
from .register import check_register, clean_register, subjects
from .since import supported_since

__all__ = ["PlanVerification", "timeline", "timelines", "verify"]


@dataclass(frozen=True)
class PlanVerification:
    """The state of all plans on one day.

    Attributes
    ----------
    as_of : date
    items : DataFrame
        `gis_data.result_schema.PLAN_STATUS`: discrepancies first, then by plan, kind and item.
    completion : DataFrame
        `gis_data.result_schema.PLAN_COMPLETION`.
    doubtful : DataFrame
        `gis_data.result_schema.VILLAGE_MATCHES`: hamlet names that a person must decide.
    problems : list of Problem
        Warnings on the register.
    """

    as_of: date
    items: pd.DataFrame
    completion: pd.DataFrame
    doubtful: pd.DataFrame
    problems: list[Problem]

    @property
    def discrepancies(self) -> pd.DataFrame:
        """The items whose claim and evidence (or deadline) do not agree."""
        return self.items[self.items["discrepancy"] != ""]


@dataclass(frozen=True)
class _Register:
    """A matched register with the evidence on its own hamlets; `village` is the row in that evidence.

    `since` is the first day from the report on which each item is supported; see `since.supported_since`.
    """

    items: pd.DataFrame
    matches: VillageMatches
    subjects: list[str]
    village: NDArray[np.int64]
    evidence: PlanEvidence
    problems: list[Problem]
    since: NDArray[np.datetime64]


def verify(
    plan_items: pd.DataFrame,
    crosswalk: pd.DataFrame,
    evidence: PlanEvidence,
    as_of: date,
    *,
    decisions: Mapping[str, str] | None = None,
) -> PlanVerification:
    """Check every item of the registers as of the end of a day.

    An item is *claimed* from the day on which it was reported complete. Whatever is claimed, the evidence of
    that day says *supported*, *contradicted* or *not_checkable*:

    - station: a cell (of the item's operator, where it names one) on air on the item's mast;
    - mobile_service: voice by the rule, from cells on air on that day;
    - mobile_broadband: 3G or better by the rule, likewise;
    - fixed_broadband: not checkable, the model knows no fixed lines.

    Samples near the hamlet beat the model, and those around it shift it (`PlanEvidence.shifted`).

    What is supported now may have been reported before it was: `days_early` and the discrepancy
    "claimed_early" say so on every later day. `days_late` counts from the deadline to the report, or to the
    day from which evidence supports it if that came later. Neither changes support or totals.

    Parameters
    ----------
    plan_items : DataFrame
        `gis_data.schema.PLAN_ITEMS`.
    crosswalk : DataFrame
        `gis_data.schema.COMMUNE_CROSSWALK`.
    evidence : PlanEvidence
    as_of : date
    decisions : mapping of item_id to village_id, or None
        Hamlets decided by a person; see `match_villages`.

    Raises
    ------
    InputError
        The register itself is broken: see `clean_register`.
    """
    register = _prepare(plan_items, crosswalk, evidence, decisions)
    status = _status(register, np.datetime64(as_of, "D"))
    columns = [column.name for column in PLAN_STATUS.columns]
    return PlanVerification(
        as_of, _sorted(status)[columns], completion(status), register.matches.doubtful, register.problems
    )


def timeline(
    plan_items: pd.DataFrame,
    crosswalk: pd.DataFrame,
    evidence: PlanEvidence,
    first: date,
    last: date,
    *,
    decisions: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return the completion at the end of every month: `gis_data.result_schema.PLAN_TIMELINE`.

    Parameters
    ----------
    first, last : date
        The months that hold these days are the first and the last.

    Notes
    -----
    Claims only ever add up. Support is that of the day: it can fall when a cell goes off air.
    """
    return timelines(plan_items, crosswalk, evidence, first, last, decisions=decisions)[0]


def timelines(
    plan_items: pd.DataFrame,
    crosswalk: pd.DataFrame,
    evidence: PlanEvidence,
    first: date,
    last: date,
    *,
    decisions: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `timeline`, and the state of every item at the end of every month.

    The second table has one row per month and item: month_end, item_id, claimed, support, discrepancy.
    """
    register = _prepare(plan_items, crosswalk, evidence, decisions)
    month = np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)
    counted, states = [], []
    for end in (month + 1).astype("datetime64[D]") - 1:
        status, stamp = _status(register, end), end.astype("datetime64[s]")
        counts = completion(status)
        counts.insert(0, "month_end", np.full(len(counts), stamp))
        counted.append(counts)
        states.append(status[_ITEM_STATE].assign(month_end=np.full(len(status), stamp)))
    columns = [column.name for column in PLAN_TIMELINE.columns]
    if not counted:
        return pd.DataFrame(columns=columns), pd.DataFrame(columns=["month_end", *_ITEM_STATE])
    return (
        pd.concat(counted, ignore_index=True)[columns],
        pd.concat(states, ignore_index=True)[["month_end", *_ITEM_STATE]],
    )


_ITEM_STATE = ["item_id", "claimed", "support", "discrepancy"]


def _prepare(
    plan_items: pd.DataFrame,
    crosswalk: pd.DataFrame,
    evidence: PlanEvidence,
    decisions: Mapping[str, str] | None,
) -> _Register:
    items = clean_register(plan_items)
    matches = match_villages(items, evidence.villages, crosswalk, decisions)
    problems = check_register(items, matches, set(evidence.masts["mast_id"].astype(str)))
    chosen = np.unique(matches.village[matches.village >= 0])
    local = np.where(matches.village >= 0, np.searchsorted(chosen, matches.village), -1)
    about = ["|".join(subject) for subject in subjects(items, matches)]
    own = for_villages(evidence, chosen)
    return _Register(items, matches, about, local, own, problems, supported_since(items, local, own))


def _status(register: _Register, as_of: np.datetime64) -> pd.DataFrame:
    """Return one row per item in the order of the register, with the columns of PLAN_STATUS and `subject`."""
    items = register.items
    reported = items["reported_on"].to_numpy().astype("datetime64[D]")
    deadline = items["deadline"].to_numpy().astype("datetime64[D]")
    claimed = ~np.isnat(reported) & (reported <= as_of)
    overdue = ~np.isnat(deadline) & (deadline < as_of) & ~claimed
    claimed_on = np.where(claimed, reported, np.datetime64("NaT", "D"))
    day = Day.of(register.evidence, as_of, sorted(set(items["operator"]) - {""}))
    masts = set(register.evidence.masts["mast_id"].astype(str))
    findings = [
        item_finding(day, item, str(by), int(village), since, masts)
        for item, by, village, since in zip(
            items.itertuples(index=False),
            register.matches.matched_by,
            register.village,
            claimed_on,
            strict=True,
        )
    ]
    status = items.assign(matched_by=register.matches.matched_by, claimed=claimed, subject=register.subjects)
    known = register.matches.village >= 0
    ids = register.evidence.villages["village_id"].to_numpy(dtype=object)
    status.loc[known, "village_id"] = ids[register.village[known]]
    found = pd.DataFrame(findings, columns=list(Finding.__dataclass_fields__))
    status[found.columns] = found
    status["on_air_since"] = found["on_air_since"].to_numpy().astype("datetime64[s]")
    early, late = _days_off(register, claimed, as_of)
    status["days_early"], status["days_late"] = early, late
    status["discrepancy"] = [
        _discrepancy(bool(done), bool(open_), finding, before, after)
        for done, open_, finding, before, after in zip(
            claimed, overdue, findings, early.fillna(0), late.fillna(0), strict=True
        )
    ]
    return status


def _days_off(
    register: _Register, claimed: NDArray[np.bool_], as_of: np.datetime64
) -> tuple[pd.Series[int], pd.Series[int]]:
    """Days from the report to the first support, and from the deadline to whichever came later; NA: none."""
    reported, deadline = (
        register.items[name].to_numpy().astype("datetime64[D]") for name in ("reported_on", "deadline")
    )
    known = claimed & ~np.isnat(register.since) & (register.since <= as_of)
    since = np.where(known, register.since, reported)
    early = np.where(known, (since - reported).astype(np.int64), 0)
    # What was claimed and is not there has not been completed late: it has not been completed.
    fixed = register.items["kind"].to_numpy(dtype=str) == "fixed_broadband"
    done = (known | (claimed & fixed)) & ~np.isnat(deadline)
    late = np.where(done, (since - np.where(done, deadline, since)).astype(np.int64), 0)
    return _positive(early), _positive(late)


def _positive(days: NDArray[np.int64]) -> pd.Series[int]:
    found = pd.Series(days, dtype="Int64")
    return found.mask(found <= 0)


def _discrepancy(claimed: bool, overdue: bool, finding: Finding, days_early: int, days_late: int) -> str:
    if claimed and finding.support == "contradicted":
        return "claimed_contradicted"
    if claimed and finding.support == "not_checkable" and finding.reason != "fixed_not_modelled":
        return "claimed_not_checkable"
    if days_early > 0:
        return "claimed_early"
    if overdue:
        return "overdue"
    if not claimed and finding.support == "supported":
        return "unclaimed_supported"
    return "completed_late" if days_late > 0 else ""


def _sorted(status: pd.DataFrame) -> pd.DataFrame:
    order = status.assign(
        _discrepancy=status["discrepancy"].map({code: i for i, code in enumerate(DISCREPANCY_LABELS)}),
        _kind=status["kind"].map({kind: i for i, kind in enumerate(PLAN_KINDS)}),
    ).sort_values(["_discrepancy", "plan_id", "_kind", "item_id"], kind="stable")
    return order.reset_index(drop=True)
