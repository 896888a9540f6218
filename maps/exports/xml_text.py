"""Texts of people in XML: what XML cannot hold is left out; who writes the rest escapes it."""

from __future__ import annotations

import re

__all__ = ["xml_text"]

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def xml_text(text: str) -> str:
    """Return the text without the characters that no XML document may hold."""
    return _FORBIDDEN.sub("", text)
