"""Units of columns: their words for people, and how a spreadsheet shows their numbers."""

from __future__ import annotations

__all__ = ["DEGREES", "number_format", "unit_words", "with_unit"]

DEGREES = "0.00000"
"""Number format of longitudes and latitudes: about a metre."""

_VIETNAMESE = {
    "people": "người",
    "hamlets": "thôn",
    "households": "hộ",
    "masts": "trạm",
    "samples": "mẫu",
    "subscriptions": "thuê bao",
    "items or hamlets": "hạng mục hoặc thôn",
    "cells": "cell",
    "days": "ngày",
    "antennas": "anten",
    "probability": "xác suất",
    "share of people": "tỷ lệ dân",
    "share of samples": "tỷ lệ mẫu",
    "share of masts": "tỷ lệ cột",
    "share of area": "tỷ lệ diện tích",
    "per 100 people": "trên 100 dân",
    "m above ground": "m trên mặt đất",
    "m above sea level": "m so với mực nước biển",
    "° down": "° xuống",
    "° from north": "° từ hướng bắc",
    "dBm, whole carrier": "dBm, toàn sóng mang",
    "currency": "tiền",
    "million VND": "triệu đồng",
    "VND": "đồng",
}
_FORMATS = {
    "dB": "0.0",
    "dBm": "0.0",
    "dBm, whole carrier": "0.0",
    "m": "0.0",
    "m above ground": "0.0",
    "m above sea level": "0.0",
    "km": "0.00",
    "km²": "#,##0.00",
    "°": DEGREES,
    "° down": "0.0",
    "° from north": "0.0",
    "probability": "0.00",
    "0…1": "0.00",
    "per 100 people": "0.0",
    "currency": "#,##0",
}
_COUNTED = {
    "people", "hamlets", "households", "masts", "samples", "subscriptions", "cells", "antennas", "BTS",
}  # fmt: skip


def unit_words(unit: str, language: str) -> str:
    """Return a unit as people of a language write it; one without a word of its own stays as it is.

    Parameters
    ----------
    unit : str
    language : {"vi", "en"}
    """
    return _VIETNAMESE.get(unit, unit) if language == "vi" else unit


def with_unit(label: str, unit: str, language: str) -> str:
    """Return a header: the label, and the unit behind it in brackets, unless the label has said it already.

    "Dân số (người)", but "Số hộ" and not "Số hộ (hộ)".
    """
    if not unit or _said(label.casefold(), unit, language):
        return label
    return f"{label} ({unit_words(unit, language)})"


def _said(label: str, unit: str, language: str) -> bool:
    """Tell whether a label names what its numbers count, or the kind of share that they are."""
    words = set(label.replace(":", " ").replace(",", " ").split())
    if unit in _COUNTED:
        counts = language == "vi" and label.startswith("số ")
        return counts or set(unit_words(unit, language).casefold().split()) <= words
    if unit == "probability":
        return label.startswith(("p ", "p(")) or "xác suất" in label
    if unit.startswith("share of "):
        return "tỷ lệ" in label or bool(words & {"share", "ratio"})
    return False


def number_format(unit: str, kind: str = "number") -> str:
    """Return the spreadsheet's number format of a column; empty where numbers stand as they are.

    Parameters
    ----------
    unit : str
        Of `schema.Column`; "currency" stands for any currency.
    kind : str
        Of `schema.Column`.
    """
    if unit in _FORMATS:
        return _FORMATS[unit]
    if unit.startswith("share of "):
        return "0.0%"
    return "#,##0" if unit in _COUNTED or kind == "integer" else ""
