"""The columns of a table as plain Python values, some rows at a time, and the bytes that tell them apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["PlainColumn", "contents_of", "plain", "told"]

_BETWEEN = "\0"


class PlainColumn(Sequence[Any]):
    """A column as somebody writes it: values are converted when they are asked for.

    Parameters
    ----------
    column : Series
    convert : callable
        Turns a value that is no number into a text, number, date or None; a text too.
    truths : (str, str), optional
        What stands for false and for true; by default they are converted as well.
    """

    def __init__(
        self,
        column: pd.Series[Any],
        convert: Callable[[Any], Any],
        truths: tuple[str, str] = ("no", "yes"),
    ) -> None:
        self.raw = _raw(column)
        self._convert = convert
        self._truths = truths
        self._known: dict[str, Any] = {}  # a few words stand in very many rows

    def __len__(self) -> int:
        return len(self.raw)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> list[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, int):
            return self[range(len(self))[at] : range(len(self))[at] + 1][0]
        values = self.raw[at].tolist()
        if self.raw.dtype.kind == "f":
            return [None if value != value else value for value in values]
        if self.raw.dtype.kind in "iu":
            return values
        if self.raw.dtype.kind == "b":
            return [self._truths[value] for value in values]
        return [self._text(value) if type(value) is str else self._convert(value) for value in values]

    def _text(self, text: str) -> Any:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._convert(text)
        return found


def plain(value: Any) -> Any:
    """Return a value as plain Python; lists as one text, None where nothing stands."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return "; ".join(sorted(map(str, value)) if isinstance(value, (set, frozenset)) else map(str, value))
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    return value.item() if hasattr(value, "item") else value


def contents_of(columns: Sequence[PlainColumn]) -> Callable[[int, int], bytes]:
    """Return what gives bytes for rows ``first`` to ``end - 1``: equal bytes mean equal values.

    Parameters
    ----------
    columns : sequence of PlainColumn
        All of one length.
    """
    numbers = [column.raw for column in columns if column.raw.dtype.kind in "biuf"]
    rows = np.concatenate(
        [np.ascontiguousarray(raw).view(np.uint8).reshape(len(raw), raw.itemsize) for raw in numbers]
        or [np.zeros((len(columns[0]) if columns else 0, 0), np.uint8)],
        axis=1,
    )
    kinds = " ".join(column.raw.dtype.str for column in columns).encode("ascii")
    others = [column.raw for column in columns if column.raw.dtype.kind == "O"]

    def content(first: int, end: int) -> bytes:
        parts = [kinds, rows[first:end].tobytes()]
        parts += [told(raw[first:end].tolist()) for raw in others]
        return b"".join(len(part).to_bytes(8, "little") + part for part in parts)

    return content


def _raw(column: pd.Series[Any]) -> NDArray[Any]:
    """Numbers and truths as they lie, everything else as objects."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return column.to_numpy()
    return column.to_numpy(dtype=object)


def told(values: list[Any], other: Callable[[Any], Any] | None = None) -> bytes:
    """Return values as bytes: equal bytes mean equal values.

    Parameters
    ----------
    values : list
    other : callable, optional
        Turns a value that JSON does not know into one that it knows; by default its type and its text.
    """
    try:
        text = _BETWEEN.join(values)  # in most columns there are texts, and JSON takes four times as long
    except TypeError:
        return b"j" + json.dumps(values, default=other or _named).encode("ascii")
    if text.count(_BETWEEN) != len(values) - 1:
        return b"j" + json.dumps(values).encode("ascii")
    return b"t" + text.encode("utf-8", "surrogatepass")


def _named(value: Any) -> list[str]:
    return [type(value).__name__, str(value)]
