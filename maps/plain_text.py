"""Texts of people on a page: control characters, and marks that turn the direction of text, are left out.

A browser shows some of them as boxes and obeys others: after U+202E the rest of a line runs backwards, over
the words of the page too; XML may hold none of them. What is left of a name is the same wherever it is told.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["printable", "printables"]

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return the text without what XML forbids, and without marks that would turn its direction."""
    return _UNPRINTABLE.sub("", text)


def printables(texts: list[Any]) -> list[Any]:
    """Return `printable` of all texts in a list, in which there may be other things.

    All of them are looked at together first: hardly any list has a character that must be left out.
    """
    if "".join(text for text in texts if isinstance(text, str)).isprintable():
        return texts
    return [printable(text) if isinstance(text, str) else text for text in texts]
