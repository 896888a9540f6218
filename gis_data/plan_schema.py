"""The schema of plan items as places on a map: each where its hamlet or its mast is, with its state."""

from __future__ import annotations

from dataclasses import replace

from .columns import text_column as _text
from .result_schema import PLAN_STATUS

__all__ = ["PLAN_ITEMS", "PLAN_STATE_LABELS"]

PLAN_STATE_LABELS: dict[str, tuple[str, str]] = {
    "contradicted": ("Claimed, contradicted", "Đã báo, mâu thuẫn"),
    "overdue": ("Overdue, not claimed", "Quá hạn, chưa báo"),
    "unverified": ("Claimed, not checkable", "Đã báo, chưa kiểm tra được"),
    "pending": ("Not due, not claimed", "Chưa đến hạn, chưa báo"),
    "early": ("There, not claimed", "Đã có, chưa báo"),
    "done": ("Claimed, supported", "Đã báo, có căn cứ"),
}
"""Words (English, Vietnamese) for the state of an item on a day, the one that needs a look first."""

PLAN_ITEMS = replace(
    PLAN_STATUS, name="plan_items", geometry="point",
    help="Every plan item with its state on the day of the run: a station at its mast, a service at its hamlet; an item whose place is not known has none.",  # noqa: E501
    columns=(_text("state", "State", "Tình trạng", choices=tuple(PLAN_STATE_LABELS)), *PLAN_STATUS.columns),
)  # fmt: skip
