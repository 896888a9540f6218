"""Data inside a page: JSON that can stand in a script element."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["script_safe_json"]

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def script_safe_json(value: Any) -> str:
    """Return `value` as JSON that can stand in a script element: no text in it can end or begin markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    return text
