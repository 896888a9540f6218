"""Names of files from names that people gave: safe on every system, never two the same."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

__all__ = ["file_names", "inside", "safe_name"]

_LONGEST = 60
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)  # devices of Windows


def safe_name(text: str) -> str:
    """Return letters, digits, dots, underscores and hyphens; with a digest where much of the text is lost."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")
    lost = re.search(r"[^A-Za-z0-9._\-/:@ ]", text) is not None
    lost = lost or _RESERVED.match(plain) is not None
    return plain if plain and not lost and len(plain) <= _LONGEST else _with_digest(plain, text)


def inside(folder: Path, name: str) -> Path | None:
    """Return the path of a name that a file gave, below a folder; None where it leads out of the folder.

    Windows' ways out (``..\\x``, ``C:x``) count on every system.
    """
    if PureWindowsPath(name).anchor or ".." in PureWindowsPath(name).parts or "\0" in name:
        return None
    path = folder / name
    return path if path.resolve().is_relative_to(folder.resolve()) else None


def file_names(texts: Iterable[str]) -> dict[str, str]:
    """Return a safe name for each text, all different even where case does not count."""
    names = {text: safe_name(text) for text in texts}
    uses = Counter(name.casefold() for name in names.values())
    return {t: n if uses[n.casefold()] == 1 else _with_digest(n, t) for t, n in names.items()}


def _with_digest(plain: str, text: str) -> str:
    key = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
    stem = plain[:_LONGEST].rstrip("-.")
    if _RESERVED.match(stem):
        stem = stem.replace(".", "-")
    return f"{stem}-{key}".lstrip("-")
