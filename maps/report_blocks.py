"""What a report is made of, whatever file it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .plain_text import printable

__all__ = ["Block", "Heading", "KeyNumbers", "Paragraph", "Picture", "ReportTable", "printable"]


@dataclass(frozen=True)
class Heading:
    """Of a section; in a file with pages, `wide` turns them on their side, `new_page` begins one."""

    text: str
    wide: bool = False
    new_page: bool = False


@dataclass(frozen=True)
class Paragraph:
    """One paragraph."""

    text: str
    kind: Literal["plain", "strong", "note", "warning"] = "plain"


@dataclass(frozen=True)
class ReportTable:
    """Rows of texts; without a header the first column is one. Numbers, to the right, from a column on."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers_from: int | None = None


@dataclass(frozen=True)
class Picture:
    """A PNG, and what it shows in words; the same as SVG where the picture is a drawing."""

    png: bytes
    alternative: str
    svg: bytes | None = None


@dataclass(frozen=True)
class KeyNumbers:
    """The few numbers to remember: pairs of the number and what it counts."""

    pairs: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | ReportTable | Picture | KeyNumbers
