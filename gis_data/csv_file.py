"""A table as CSV: blocks of rows that did not change are taken from the last run."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pandas as pd

from .formulas import guarded
from .kept_blocks import block_key, kept_blocks, rows_per_block
from .plain_columns import PlainColumn, contents_of, plain

__all__ = ["save_csv"]

_MARK = b"\xef\xbb\xbf"  # spreadsheets take a file for UTF-8 by it


def save_csv(path: Path, titles: Sequence[str], frame: pd.DataFrame, kept: Path | None) -> None:
    """Write a CSV file in UTF-8 with a byte-order mark, commas, decimal dots and line feeds.

    Parameters
    ----------
    path : Path
    titles : sequence of str
        Of the columns.
    frame : DataFrame
    kept : Path or None
        File of blocks (`kept_blocks`).
    """
    columns = [PlainColumn(frame.iloc[:, at], _value) for at in range(frame.shape[1])]
    content, rows = contents_of(columns), rows_per_block(len(columns))
    with kept_blocks(kept) as blocks, path.open("wb") as file:
        file.write(_MARK + _lines([[title] for title in titles]))
        for first in range(0, len(frame), rows):
            end = min(first + rows, len(frame))
            make = _making(columns, first, end)
            file.write(make() if kept is None else blocks.get(block_key(b"csv", content(first, end)), make))


def _making(columns: Sequence[PlainColumn], first: int, end: int) -> Callable[[], bytes]:
    return lambda: _lines([column[first:end] for column in columns])


def _lines(columns: Sequence[Sequence[Any]]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(zip(*columns, strict=True))
    return stream.getvalue().encode("utf-8")


def _value(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return guarded(value) if isinstance(value, str) else value
