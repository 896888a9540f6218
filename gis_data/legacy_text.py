"""Vietnamese text of the time before Unicode: TCVN3 (ABC fonts) and VNI, to Unicode."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["LEGACY_ENCODINGS", "decode", "looks_like_tcvn3"]

LEGACY_ENCODINGS = ("tcvn3", "vni")
_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT = "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"

# TCVN 5712:1993 (VN3): one byte a letter; in each row grave, hook, tilde, acute, dot below
_TCVN3_ROWS = {
    "a": (0xB5, 0xB6, 0xB7, 0xB8, 0xB9),
    "ă": (0xBB, 0xBC, 0xBD, 0xBE, 0xC6),
    "â": (0xC7, 0xC8, 0xC9, 0xCA, 0xCB),
    "e": (0xCC, 0xCE, 0xCF, 0xD0, 0xD1),
    "ê": (0xD2, 0xD3, 0xD4, 0xD5, 0xD6),
    "i": (0xD7, 0xD8, 0xDC, 0xDD, 0xDE),
    "o": (0xDF, 0xE1, 0xE2, 0xE3, 0xE4),
    "ô": (0xE5, 0xE6, 0xE7, 0xE8, 0xE9),
    "ơ": (0xEA, 0xEB, 0xEC, 0xED, 0xEE),
    "u": (0xEF, 0xF1, 0xF2, 0xF3, 0xF4),
    "ư": (0xF5, 0xF6, 0xF7, 0xF8, 0xF9),
    "y": (0xFA, 0xFB, 0xFC, 0xFD, 0xFE),
}
_TCVN3_SINGLE = dict(zip(range(0xA1, 0xAF), "ĂÂÊÔƠƯĐăâêôơưđ", strict=True))

# VNI: the base letter, then a mark; a few letters of their own
_VNI_MARKS = {
    "ø": _GRAVE, "ù": _ACUTE, "û": _HOOK, "õ": _TILDE, "ï": _DOT,
    "â": "\u0302", "à": "\u0302" + _GRAVE, "á": "\u0302" + _ACUTE, "å": "\u0302" + _HOOK,
    "ã": "\u0302" + _TILDE, "ä": "\u0302" + _DOT,
    "ê": "\u0306", "è": "\u0306" + _GRAVE, "é": "\u0306" + _ACUTE, "ú": "\u0306" + _HOOK,
    "ü": "\u0306" + _TILDE, "ë": "\u0306" + _DOT,
}  # fmt: skip
_VNI_LETTERS = {"ñ": "đ", "ô": "ơ", "ö": "ư", "ì": "ì", "í": "í", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI_MARKS |= {mark.upper(): tone for mark, tone in _VNI_MARKS.items()}
_VNI_LETTERS |= {letter.upper(): real.upper() for letter, real in _VNI_LETTERS.items()}
_VNI_PAIR = re.compile(f"([AaEeOoUuYy{''.join(_VNI_LETTERS)}])([{''.join(_VNI_MARKS)}]?)")


def _tcvn3_table() -> dict[int, str]:
    table = dict(_TCVN3_SINGLE)
    for base, codes in _TCVN3_ROWS.items():
        for code, mark in zip(codes, (_GRAVE, _HOOK, _TILDE, _ACUTE, _DOT), strict=True):
            table[code] = unicodedata.normalize("NFC", base + mark)
    return table


_TCVN3 = _tcvn3_table()
_TCVN3_TELLTALE = re.compile(
    r"[a-z][\u00b5-\u00b9\u00a8-\u00ae\u00bb-\u00be]|[\u00a8-\u00ae\u00b5-\u00be][a-z]"
)


def decode(raw: bytes, encoding: str) -> str:
    """Return bytes as text.

    Parameters
    ----------
    raw : bytes
    encoding : str
        A Python codec, or "tcvn3" (ABC fonts such as .VnTime) or "vni" (VNI-Times and the like).

    Raises
    ------
    UnicodeDecodeError, LookupError
        The bytes are not in the encoding; it is unknown.
    """
    name = encoding.lower().replace("_", "-")
    if name == "tcvn3":
        return raw.decode("latin-1").translate(_TCVN3)
    if name == "vni":
        return unicodedata.normalize("NFC", _VNI_PAIR.sub(_vni_letter, raw.decode("cp1252")))
    return raw.decode(encoding)


def looks_like_tcvn3(text: str) -> bool:
    """Tell whether text read as Latin letters is TCVN3: ``Tiªn Yªn`` for Tiên Yên."""
    return _TCVN3_TELLTALE.search(text) is not None


def _vni_letter(match: re.Match[str]) -> str:
    return _VNI_LETTERS.get(match[1], match[1]) + _VNI_MARKS.get(match[2], "")
