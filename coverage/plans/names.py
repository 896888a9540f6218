"""Vietnamese place names as people write them: one key for all spellings of a name.

Three keys, from strict to loose: with the kind ("Xã Đồng Văn"), without it ("Đồng Văn"), and without
diacritics ("dong van"). All of them see through Unicode composition, case, punctuation, the two ways of
placing a tone mark (hoà, hòa), i for y (Mỹ, Mĩ), abbreviated kinds (TT., P., X.) and zeros before numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["bare", "commune_key", "full_key", "hamlet_key", "split_commune"]

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_ABBREVIATIONS = {
    "p": "phường", "ph": "phường", "x": "xã", "tt": "thị trấn", "đk": "đặc khu", "kp": "khu phố",
    "tdp": "tổ dân phố", "h": "huyện", "tp": "thành phố", "tx": "thị xã",
}  # fmt: skip
# Longest first: "khu phố" before "khu".
_COMMUNE_KINDS = ("thành phố", "thị trấn", "đặc khu", "thị xã", "phường", "huyện", "xã")
_HAMLET_KINDS = ("tổ dân phố", "thôn bản", "khu phố", "thôn", "bản", "xóm", "làng", "khối", "ấp", "khu", "tổ")
_I_FOR_Y = re.compile(r"\b([hklmst]|qu)y\b")


@lru_cache(maxsize=65536)
def full_key(name: str) -> str:
    """Return the name with its kind, in one spelling; tone marks stand at the end of their syllable.

    >>> full_key("TT.  Hoà Bình") == full_key("thị trấn Hòa Bình")
    True
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFC", name).casefold())
    if len(words) > 1:
        words = [*_ABBREVIATIONS.get(words[0], words[0]).split(), *words[1:]]
    following = [*words[1:], ""][: len(words)]
    kept = [word for word, after in zip(words, following, strict=True) if not _is_so(word, after)]
    return " ".join(_syllable(word) for word in kept)


@lru_cache(maxsize=65536)
def hamlet_key(name: str) -> str:
    """Return the hamlet's name without thôn, bản, khu …, unless only a number would be left.

    >>> hamlet_key("Thôn Khe Tiền") == hamlet_key("Khe Tiền")
    True
    >>> hamlet_key("Khu 10") == hamlet_key("Thôn 10")
    False
    """
    return _without_kind(full_key(name), _HAMLET_KEYS)


@lru_cache(maxsize=65536)
def commune_key(name: str) -> str:
    """Return the name of a commune or district without xã, phường, huyện …

    >>> commune_key("Thị trấn Bình Liêu") == commune_key("Xã Bình Liêu")
    True
    """
    return _without_kind(full_key(name), _COMMUNE_KEYS)


@lru_cache(maxsize=65536)
def bare(key: str) -> str:
    """Return a key without diacritics.

    >>> bare(hamlet_key("bản Ngàn Chi"))
    'ngan chi'
    """
    decomposed = unicodedata.normalize("NFD", key)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("đ", "d")


def split_commune(text: str) -> tuple[str, str]:
    """Split "Đồng Văn, huyện Bình Liêu" or "Đồng Văn (Bình Liêu)" into commune and district.

    >>> split_commune("xã Đồng Văn (Bình Liêu)")
    ('xã Đồng Văn', 'Bình Liêu')
    """
    parts = [part.strip() for part in re.split(r"[,;()]|\s[-–]\s", text) if part.strip()]
    return (parts[0] if parts else "", parts[1] if len(parts) > 1 else "")


def _is_so(word: str, after: str) -> bool:
    # "Tổ dân phố số 5" is "Tổ dân phố 5".
    return word == "số" and after[:1].isdigit()


def _without_kind(key: str, kinds: Sequence[str]) -> str:
    for kind in kinds:
        rest = key.removeprefix(kind + " ")
        if rest != key:
            return key if rest[0].isdigit() else rest
    return key


def _syllable(word: str) -> str:
    if word.isdigit():
        return word.lstrip("0") or "0"
    decomposed = unicodedata.normalize("NFD", word)
    tones = "".join(c for c in decomposed if c in _TONES)
    letters = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONES))
    return unicodedata.normalize("NFC", _I_FOR_Y.sub(r"\1i", letters)) + tones


def _keys(kinds: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(_syllable(word) for word in kind.split()) for kind in kinds)


_COMMUNE_KEYS, _HAMLET_KEYS = _keys(_COMMUNE_KINDS), _keys(_HAMLET_KINDS)
