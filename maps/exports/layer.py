"""One layer of an export: its rows in codes for programs, and in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from ..plan_report_words import say_date, say_number
from ..words import Language, word

__all__ = ["ExportLayer", "told"]


@dataclass(frozen=True)
class ExportLayer:
    """What one layer of an export holds.

    Attributes
    ----------
    name : str
        Of the layer in files: plain letters.
    label : str
        For people.
    frame : GeoDataFrame
        Codes, as the published results have them.
    words : GeoDataFrame
        The same rows with words in place of codes.
    titles : mapping of str to str
        What stands above each column, with its unit.
    formats : mapping of str to str
        Spreadsheet's number format of columns.
    """

    name: str
    label: str
    frame: gpd.GeoDataFrame
    words: gpd.GeoDataFrame
    titles: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)

    def title(self, column: str) -> str:
        """Return the title of a column; its name where it has none."""
        return self.titles.get(column, column)


def told(
    layer: ExportLayer, row: Mapping[str, Any], columns: Iterable[str], language: Language
) -> list[tuple[str, str]]:
    """Return (title, text) of those columns of a row that say something.

    Parameters
    ----------
    layer : ExportLayer
    row : mapping of str to object
        Of `ExportLayer.words`.
    columns : iterable of str
        In the order in which they are told; those that the row does not have are left out.
    language : {"vi", "en"}
    """
    found = ((layer.title(c), _text(row[c], layer.formats.get(c, ""), language)) for c in columns if c in row)
    return [(title, text) for title, text in found if text]


def _text(value: Any, shown: str, language: Language) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return word("yes" if value else "no", language)
    if isinstance(value, date):
        return say_date(value, language)
    if isinstance(value, (int, float)) or hasattr(value, "dtype"):
        if shown.endswith("%"):
            return f"{say_number(100.0 * float(value), language, 1)} %"
        digits = len(shown.partition(".")[2]) if shown else (0 if float(value).is_integer() else 2)
        return say_number(float(value), language, min(digits, 5))
    return str(value)
