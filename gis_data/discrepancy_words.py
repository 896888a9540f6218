"""What does not agree between a claim and its evidence, in words, with the days that it is about."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .result_schema import DISCREPANCY_LABELS

__all__ = ["discrepancy_words"]


def discrepancy_words(code: str, days_early: Any, days_late: Any, language: str) -> str:
    """Return a discrepancy in ``"vi"`` or ``"en"``: "Reported 138 days before it was on air".

    Parameters
    ----------
    code : str
        Of `result_schema.DISCREPANCY_LABELS`; a code that is not there is returned as it is.
    days_early, days_late : int, or a missing value
        `PLAN_STATUS`: of the report before the first day on air, and of the completion behind the deadline.
    language : {"vi", "en"}
    """
    early, late = (0 if pd.isna(days) else int(days) for days in (days_early, days_late))
    if code == "claimed_early" and early:
        said = (
            f"Báo hoàn thành {early} ngày trước khi phát sóng"
            if language == "vi"
            else f"Reported {_days(early)} before it was on air"
        )
        return f"{said}; {_late(late, language)}" if late else said
    if code == "completed_late" and late:
        said = _late(late, language)
        return said[0].upper() + said[1:]
    return DISCREPANCY_LABELS[code][1 if language == "vi" else 0] if code in DISCREPANCY_LABELS else code


def _late(days: int, language: str) -> str:
    if language == "vi":
        return f"hoàn thành chậm {days} ngày so với thời hạn"
    return f"completed {_days(days)} after the deadline"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
