"""Entries of phusong.toml for data that were fetched: a new file, or lines added to the user's own."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from .gis_data.writers import written_aside
from .project import PROJECT_FILE

__all__ = ["PLACEHOLDER", "add_entries", "add_operators", "new_project_text", "write_project"]

PLACEHOLDER = "(operator)"
_OURS = "   # by phusong fetch, which adds those that it finds"
_OPERATORS = re.compile(rf"^operators = (\[.*\]){_OURS}\r?$", re.MULTILINE)
Entries = Mapping[str, Mapping[str, Any]]
"""Section, key, value."""


def new_project_text(
    name: str,
    *,
    language: str,
    as_of: date,
    crs: str,
    bounds: Sequence[float],
    operators: Sequence[str],
    entries: Entries,
) -> str:
    """Return the text of a project file for fetched data.

    Parameters
    ----------
    name : str
        Of the project.
    language : {"vi", "en"}
    as_of : date
    crs : str
        Metric.
    bounds : sequence of float
        West, south, east, north in degrees.
    operators : sequence of str
        Empty: none is known yet.
    entries : mapping
        ``rasters`` and ``layers``.
    """
    lines = [
        "# Made by phusong fetch from open data; open-data/LICENCES.md tells whose. Read docs/open-data.md.",
        f"operators = {_value(list(operators or [PLACEHOLDER]))}{_OURS}",
        "",
        "[project]",
        f"name = {_value(name)}",
        f'language = {_value(language)}            # of outputs: "vi" or "en"',
        f"as_of = {as_of.isoformat()}         # the network of the end of this day",
        "",
        "[area]",
        f"crs = {_value(crs)}",
        "resolution_m = 90            # 30 uses all of the terrain, at nine times the work",
        f"bounds = {_value([round(edge, 6) for edge in bounds])}   # west, south, east, north (degrees)",
    ]
    for section in ("rasters", "layers"):
        lines += ["", f"[{section}]", *(_line(key, value) for key, value in entries.get(section, {}).items())]
    return "\n".join(lines) + "\n"


def add_entries(text: str, entries: Entries) -> tuple[str, list[str]]:
    """Return a project file with the entries it lacks, and what was added (``rasters.land``).

    Nothing that stands in it is changed, comments included. A file written so that lines cannot simply be
    put below a section's header comes back as it is, with nothing added.
    """
    before = tomllib.loads(text)
    missing = {
        section: {key: value for key, value in wanted.items() if key not in before.get(section, {})}
        for section, wanted in entries.items()
        if isinstance(before.get(section, {}), dict)
    }
    missing = {section: wanted for section, wanted in missing.items() if wanted}
    changed = text
    for section, wanted in missing.items():
        changed = _with_lines(changed, section, [_line(key, value) for key, value in wanted.items()])
    expected = {**before, **{s: {**before.get(s, {}), **wanted} for s, wanted in missing.items()}}
    try:
        if not missing or tomllib.loads(changed) != expected:
            return text, []
    except tomllib.TOMLDecodeError:
        return text, []
    return changed, [f"{section}.{key}" for section, wanted in missing.items() for key in wanted]


def add_operators(text: str, names: Sequence[str]) -> str | None:
    """Return a project file with further operators, if `new_project_text` wrote its line of operators.

    None: the line is the user's, or it has them all.
    """
    line = _OPERATORS.search(text)
    if line is None:
        return None
    try:
        before = tomllib.loads(text)
        known = [name for name in before["operators"] if name != PLACEHOLDER]
        after = [*known, *(name for name in names if name not in known)]
        changed = f"{text[: line.start(1)]}{_value(after)}{text[line.end(1) :]}"
        unchanged = after == before["operators"]
        return changed if not unchanged and tomllib.loads(changed) == {**before, "operators": after} else None
    except (tomllib.TOMLDecodeError, KeyError):
        return None


def write_project(folder: Path, text: str) -> None:
    """Write phusong.toml, aside first and then renamed."""
    with written_aside(folder / PROJECT_FILE) as part:
        part.write_bytes(text.encode("utf-8"))


def _with_lines(text: str, section: str, lines: Sequence[str]) -> str:
    ending = "\r\n" if "\r\n" in text else "\n"
    header = re.search(rf"^[ \t]*\[[ \t]*{re.escape(section)}[ \t]*\][^\r\n]*(\r?\n|$)", text, re.MULTILINE)
    block = ending.join(lines) + ending
    if header is None:
        start = text if not text or text.endswith("\n") else text + ending
        return f"{start}{ending}[{section}]{ending}{block}"
    if not header[1]:
        return text + ending + block
    return text[: header.end()] + block + text[header.end() :]


def _line(key: str, value: Any) -> str:
    return f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    # JSON's strings, numbers and lists are TOML's as well, but for DEL
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
