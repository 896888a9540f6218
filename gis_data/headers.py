"""Which column of a file is which column of the schema: by name, label or alias, in either language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .schema import Column

__all__ = ["HeaderMatch", "find_header_row", "fold", "match_headers", "other_unit"]

_BRACKETS = re.compile(r"[(\[{（][^)\]}）]*[)\]}）]")
_SHAPEFILE_NAME_LENGTH = 10
HEADER_ROWS_TRIED = 20
_UNITS = (
    ("W", "kW", "mW", "dBW", "dBm"),
    ("m", "km", "cm", "mm", "ft"),
    ("MHz", "GHz", "kHz", "Hz"),
    ("°", "rad", "mil"),
    ("km²", "km2", "m²", "m2", "ha"),
)
"""Units of one quantity that a header may name; °, with what follows it, is what a plain header means."""
_SAME_UNIT = {"km2": "km²", "m2": "m²", "deg": "°", "độ": "°", "mét": "m"}


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return the text without diacritics, case, spaces or punctuation: ``Độ cao_treo`` → ``docaotreo``."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(letter for letter in plain if letter.isalnum())


@dataclass(frozen=True)
class HeaderMatch:
    """What a header row holds.

    Attributes
    ----------
    index : dict of str to int
        Position in the row by schema name.
    ambiguous : dict of str to list of str
        Headers that claim the same schema name equally well.
    unknown : list of str
        Headers that are no schema column; they are not read.
    """

    index: dict[str, int]
    ambiguous: dict[str, list[str]]
    unknown: list[str]


def match_headers(header: Sequence[str], columns: Sequence[Column], shapefile: bool = False) -> HeaderMatch:
    """Match a header row with the schema.

    The exact name goes before a label, a label before an alias; what stands in brackets (a unit) is looked at
    first and ignored second, so that ``Xã (cũ)`` is not taken for ``Xã``.

    Parameters
    ----------
    header : sequence of str
        As they stand in the file.
    columns : sequence of Column
        Columns to look for.
    shapefile : bool
        Accept names cut to 10 characters.

    Returns
    -------
    HeaderMatch
    """
    ranks = _ranks(columns, shapefile)
    claims: dict[str, list[tuple[int, int]]] = {}
    unknown = []
    for position, title in enumerate(header):
        best = _best_claim(title, ranks)
        if best is None:
            unknown.append(title)
        else:
            claims.setdefault(best[1], []).append((best[0], position))
    index, ambiguous = {}, {}
    for name, found in claims.items():
        lowest = min(rank for rank, _ in found)
        positions = [position for rank, position in found if rank == lowest]
        index[name] = positions[0]
        if len(positions) > 1:
            ambiguous[name] = [header[position] for position in positions]
    return HeaderMatch(index, ambiguous, unknown)


def find_header_row(rows: Sequence[Sequence[object]], columns: Sequence[Column]) -> int:
    """Return the row (from 0) that names most columns: lists often begin with a title. 0 where none does."""
    best, best_count = 0, 0
    for number, row in enumerate(rows[:HEADER_ROWS_TRIED]):
        titles = ["" if value is None else str(value) for value in row]
        count = len(match_headers(titles, columns).index)
        if count > best_count:
            best, best_count = number, count
    return best


def _ranks(columns: Sequence[Column], shapefile: bool) -> list[dict[str, str]]:
    """Folded header → schema name, one mapping a rank: names, labels, aliases, cut names."""
    names = {fold(column.name): column.name for column in columns}
    labels: dict[str, str] = {}
    aliases: dict[str, str] = {}
    cut: dict[str, str] = {}
    for column in columns:
        for label in (column.label_en, column.label_vi):
            labels.setdefault(fold(label), column.name)
        for alias in column.aliases:
            aliases.setdefault(fold(alias), column.name)
        if shapefile and len(column.name) > _SHAPEFILE_NAME_LENGTH:
            cut.setdefault(fold(column.name[:_SHAPEFILE_NAME_LENGTH]), column.name)
    return [names, labels, aliases, cut]


def _best_claim(title: str, ranks: list[dict[str, str]]) -> tuple[int, str] | None:
    whole, bare = fold(title), fold(_BRACKETS.sub(" ", title))
    for with_brackets, key in enumerate((whole, bare)):
        for rank, names in enumerate(ranks):
            if key and key in names:
                return rank * 2 + with_brackets, names[key]
    return None


def other_unit(title: str, column: Column) -> str | None:
    """Return the unit in a header's brackets where it is another one for the quantity of the column.

    ``Công suất (W)`` is no column of dBm; ``Độ cao (so với đất)`` says nothing about units.
    """
    own = re.split(r"[ ,]", column.unit)[0]
    quantity = next((units for units in _UNITS if own in units), ())
    for text in re.findall(r"[(\[{（]([^)\]}）]*)[)\]}）]", title):
        named = _SAME_UNIT.get(text.strip(), text.strip())
        known = {unit.casefold(): unit for unit in quantity}
        found = known.get(named.casefold())
        if found is not None and found != own:
            return found
    return None
