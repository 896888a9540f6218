"""Columns of result tables, said in one line each: name, unit, label in English and in Vietnamese."""

from __future__ import annotations

from dataclasses import replace

from .schema import Column, Table

__all__ = [
    "date_column",
    "flag_column",
    "in_currency",
    "integer_column",
    "number_column",
    "share_column",
    "text_column",
]


def text_column(name: str, en: str, vi: str, **more: object) -> Column:
    """Return a column of text; `more` as for `gis_data.schema.Column`."""
    return Column(name, label_en=en, label_vi=vi, **more)  # type: ignore[arg-type]


def number_column(name: str, unit: str, en: str, vi: str, **more: object) -> Column:
    """Return a column of numbers."""
    return Column(name, "number", unit=unit, label_en=en, label_vi=vi, **more)  # type: ignore[arg-type]


def integer_column(name: str, unit: str, en: str, vi: str) -> Column:
    """Return a column of whole numbers >= 0."""
    return Column(name, "integer", unit=unit, minimum=0, label_en=en, label_vi=vi)


def share_column(name: str, en: str, vi: str, unit: str = "0…1") -> Column:
    """Return a column of shares or probabilities, 0 … 1."""
    return Column(name, "number", unit=unit, minimum=0, maximum=1, label_en=en, label_vi=vi)


def flag_column(name: str, en: str, vi: str) -> Column:
    """Return a column of yes or no."""
    return Column(name, "boolean", label_en=en, label_vi=vi)


def date_column(name: str, en: str, vi: str) -> Column:
    """Return a column of dates."""
    return Column(name, "date", label_en=en, label_vi=vi)


def in_currency(table: Table, currency: str) -> Table:
    """Return the table with the name of a currency as the unit of its prices, for its headers."""
    columns = (replace(c, unit=currency) if c.unit == "currency" else c for c in table.columns)
    return replace(table, columns=tuple(columns))
