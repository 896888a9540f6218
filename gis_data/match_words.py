"""Why a name of a register could not be matched without doubt, in words of both languages.

The engine says it in English (`coverage.plans.matching`), with the id in question in some of the sentences.
"""

from __future__ import annotations

import re

__all__ = ["WHY_WORDS", "why_words"]

WHY_WORDS: dict[str, str] = {
    "decided: none of the hamlets": "đã xác nhận: không phải thôn nào trong danh sách",
    "the decision names an unknown hamlet: {id}": "xác nhận ghi mã thôn không có trong danh sách: {id}",
    "unknown hamlet ID {id}, and no name": "mã thôn {id} không có trong danh sách, và không ghi tên",
    "unknown hamlet ID {id}; found by its name": "mã thôn {id} không có trong danh sách; tìm được theo tên",
    "the ID belongs to a hamlet of another name": "mã thôn này là của một thôn tên khác",
    "unknown commune": "không rõ xã",
    "no commune given": "không ghi xã",
    "found in a commune of like name": "tìm được ở một xã có tên tương tự",
    "several hamlets of this name": "có nhiều thôn cùng tên",
    "other diacritics": "khác dấu",
    "similar names in the commune": "trong xã có tên tương tự",
    "no such name in the commune": "trong xã không có tên này",
}
"""English to Vietnamese; {id} stands for what the register wrote."""

_SENTENCES = [
    (re.compile(re.escape(english).replace(r"\{id\}", "(?P<id>.*)"), re.DOTALL), vietnamese)
    for english, vietnamese in WHY_WORDS.items()
]


def why_words(text: str, language: str) -> str:
    """Return a reason of `coverage.plans.matching` in ``"vi"`` or ``"en"``; other texts stay as they are."""
    if language != "vi":
        return text
    for english, vietnamese in _SENTENCES:
        found = english.fullmatch(text)
        if found is not None:
            return vietnamese.replace("{id}", found.groupdict().get("id", ""))
    return text
