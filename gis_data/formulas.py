"""Texts that a spreadsheet would run as formulas, and the apostrophe that keeps them texts.

A spreadsheet takes a field of a CSV file for a formula by its first character. Where its own separator is not the
comma (";" with a Vietnamese or German Windows), it cuts our texts at that separator, and each piece has a first
character. So the apostrophe stands before every piece that begins dangerously, and `unguarded` takes it off.
"""

from __future__ import annotations

import re

__all__ = ["begins_formula", "guarded", "unguarded"]

_TRIGGER = "=+\\-@＝＋－＠"
_BLANK = "\\t\\r\\n"
_NUMBER = re.compile(r"-\d+(?:[.,]\d+)?")
_START = re.compile(f"^(?='*[{_TRIGGER}{_BLANK}])")
_INSIDE = re.compile(f"(?<=[;{_BLANK}])( *)(?='*[{_TRIGGER}])")
_GUARDED_START = re.compile(f"^'(?='*[{_TRIGGER}{_BLANK}])")
_GUARDED_INSIDE = re.compile(f"(?<=[;{_BLANK}])( *)'(?='*[{_TRIGGER}])")


def begins_formula(text: str) -> bool:
    """Tell whether a spreadsheet might take a whole text for a formula."""
    return _START.match(text) is not None


def guarded(text: str) -> str:
    """Return a text for a CSV file: an apostrophe before each piece that begins like a formula.

    Full-width signs count, which East Asian spreadsheets take for the plain ones; a plain negative number is
    no formula and stays as it is. `unguarded` gives the text back.
    """
    if _NUMBER.fullmatch(text):
        return text
    return _START.sub("'", _INSIDE.sub(r"\1'", text))


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    if "'" not in text:
        return text
    return _GUARDED_INSIDE.sub(r"\1", _GUARDED_START.sub("", text, count=1))
