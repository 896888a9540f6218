"""Small parts of the report: tables that may be long, empty texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from .plan_report_words import say_number
from .report_blocks import Block, Paragraph, ReportTable
from .summary_report_content import SummaryContent
from .summary_report_words import say

__all__ = ["long_table", "text_of"]

_MOST_ROWS = 200


def long_table(
    content: SummaryContent, header: tuple[str, ...], rows: Sequence[tuple[str, ...]], file: str
) -> list[Block]:
    """Return a table of the first rows, and a line that says where the others are.

    Parameters
    ----------
    content : SummaryContent
    header : tuple of str
    rows : sequence of tuple of str
    file : str
        That holds all of them.
    """
    blocks: list[Block] = [ReportTable(header, tuple(rows[:_MOST_ROWS]))]
    left = len(rows) - _MOST_ROWS
    if left > 0:
        more = say_number(left, content.language)
        blocks.append(Paragraph(say("more_rows", content.language, count=more, file=file), "note"))
    return blocks


def text_of(value: Any) -> str:
    """Return a value of a table as a text; empty for none."""
    return "" if value is None or pd.isna(value) else str(value)
