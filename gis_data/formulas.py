"""Texts that a spreadsheet would run as formulas, and the apostrophe that keeps them texts.

A spreadsheet takes a field of a CSV file for a formula by its first character. Where its own separator is not
the comma (";" with a Vietnamese or German Windows), it cuts our texts at that separator, and each piece has a
first character. So an apostrophe stands before every piece that begins dangerously; `unguarded` takes it off.
"""

from __future__ import annotations

import re

__all__ = ["begins_formula", "guarded", "unguarded"]

_TRIGGER = "=+\\-@＝＋－＠"
_BLANK = "\\t\\r\\n"
_NUMBER = re.compile(r"-\d+(?:[.,]\d+)?")
_BEGINS = f"(?=[ '\"]*[{_TRIGGER}])"  # a piece may begin with a quote that the spreadsheet takes away
_START = re.compile(f"^(?:{_BEGINS}|(?='*[{_BLANK}]))")
_INSIDE = re.compile(f"(?<=[;{_BLANK}]){_BEGINS}")
_GUARDED_START = re.compile(f"^'(?:{_BEGINS}|(?='*[{_BLANK}]))")
_GUARDED_INSIDE = re.compile(f"(?<=[;{_BLANK}])'{_BEGINS}")


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
    return _START.sub("'", _INSIDE.sub("'", text))


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    if "'" not in text:
        return text
    return _GUARDED_INSIDE.sub("", _GUARDED_START.sub("", text, count=1))
