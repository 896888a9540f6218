"""A workbook of plain tables as the parts of an XLSX file (ECMA-376): written in blocks of rows.

A table of seven thousand hamlets has half a million cells. A library that makes an object of each takes
seconds for them; here a column becomes texts in one pass, equal texts are escaped once, and blocks of rows
that did not change since the last run are taken from there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .formulas import begins_formula
from .kept_blocks import KeptBlocks, block_key, kept_blocks, rows_per_block
from .zip_parts import ZipParts, deflated

__all__ = ["Page", "column_letters", "save_workbook"]

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_CELL = 32_767  # characters that a spreadsheet keeps
_DAY_ZERO = datetime(1899, 12, 30)
_FIRST_FORMAT = 164  # numbers below are a spreadsheet's own formats
_DAY, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"

_Style = tuple[str, bool, bool]  # number format, header, the text looks like a formula
_PLAIN, _HEADER, _FORMULA = ("", False, False), ("", True, False), ("", False, True)
# every workbook has these, in this order: a cell's style does not depend on the cells before it
_ALWAYS: tuple[_Style, ...] = (_PLAIN, _HEADER, _FORMULA, (_DAY, False, False), (_MOMENT, False, False))


@dataclass(frozen=True)
class Page:
    """One sheet: columns of plain values.

    Attributes
    ----------
    name : str
        At most 31 characters.
    titles : sequence of str
    columns : sequence of sequence
        Text, int, float, date, datetime or None (NaN is one too); all of one length. Slices are taken.
    formats : sequence of str
        Number format of each column, for its numbers; empty: none.
    widths : sequence of int
        Of the columns, in characters.
    content : callable, optional
        Bytes for rows ``first`` to ``end - 1``; where they are equal so are the rows. With it blocks of rows
        can be kept.
    """

    name: str
    titles: Sequence[str]
    columns: Sequence[Sequence[Any]]
    formats: Sequence[str]
    widths: Sequence[int]
    content: Callable[[int, int], bytes] | None = None


@dataclass
class _Styles:
    """The formats of a workbook's cells, by number."""

    number: dict[_Style, int] = field(default_factory=lambda: {one: at for at, one in enumerate(_ALWAYS)})

    def of(self, shown: str) -> str:
        """The attribute of a cell with a number format; empty where it is like any other."""
        found = self.number.setdefault((shown, False, False), len(self.number))
        return f' s="{found}"' if found else ""


def _attribute(style: _Style) -> str:
    """The attribute of a cell with a style that every workbook has."""
    return f' s="{_ALWAYS.index(style)}"'


def save_workbook(
    path: Path,
    pages: Iterable[Page],
    *,
    as_of: date,
    creator: str,
    title: str = "",
    description: str = "",
    kept: Path | None = None,
) -> None:
    """Write a workbook with filters and a frozen header row; texts stay texts, whatever they look like.

    Parameters
    ----------
    path : Path
    pages : iterable of Page
        At least one; taken one at a time.
    as_of : date
        Written wherever the file keeps a time: the same pages give the same bytes.
    creator, title, description : str
        Properties of the document; empty: none.
    kept : Path or None
        File of blocks of rows (`kept_blocks`).
    """
    styles, names, areas = _Styles(), [], []
    with kept_blocks(kept) as blocks, path.open("wb") as file, ZipParts(file, as_of) as archive:

        def add(name: str, text: str) -> None:
            archive.add(name, [deflated(text.encode("utf-8"))])

        for number, page in enumerate(pages, start=1):
            rows = len(page.columns[0]) if page.columns else 0
            last = f"{column_letters(max(1, len(page.titles)))}{rows + 1}"
            names.append(_clean(page.name))
            areas.append(last)
            archive.add(f"xl/worksheets/sheet{number}.xml", _sheet(page, last, styles, blocks))
        add("xl/styles.xml", _style_sheet(styles))
        add("xl/workbook.xml", _workbook(names, areas))
        add("xl/_rels/workbook.xml.rels", _workbook_relations(len(names)))
        add("docProps/core.xml", _properties(as_of, creator, title, description))
        add("_rels/.rels", _relations())
        add("[Content_Types].xml", _content_types(len(names)))


def column_letters(number: int) -> str:
    """Return the letters of a column, from 1: A, B, … Z, AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _clean(text: str) -> str:
    """Without what XML cannot hold, and not longer than a cell."""
    plain = _NO_XML.sub("", text)
    return plain if len(plain) <= _LONGEST_CELL else plain[: _LONGEST_CELL - 1] + "…"


def _sheet(page: Page, last: str, styles: _Styles, blocks: KeptBlocks) -> Iterator[bytes | memoryview]:
    """The pieces of a sheet."""
    head = "".join(
        f'<c r="{column_letters(at)}1" s="1" t="inlineStr">{_text(_clean(title))}</c>'
        for at, title in enumerate(page.titles, start=1)
    )
    widths = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>'
        for at, width in enumerate(page.widths, start=1)
    )
    yield deflated(
        (
            f'{_XML}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{last}"/><sheetViews><sheetView '
            'workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            '<selection pane="bottomLeft"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
            + (f"<cols>{widths}</cols>" if widths else "")
            + f'<sheetData><row r="1">{head}</row>'
        ).encode()
    )
    yield from _blocks(page, [styles.of(shown) for shown in page.formats], blocks)
    yield deflated(f'</sheetData><autoFilter ref="A1:{last}"/></worksheet>'.encode())


def _blocks(page: Page, attributes: Sequence[str], blocks: KeptBlocks) -> Iterator[bytes | memoryview]:
    """The rows of a page, some at a time; `attributes`: of the cells of each column that are numbers."""
    count = len(page.columns[0]) if page.columns else 0
    starts = [f'<c r="{column_letters(at)}' for at in range(1, len(page.columns) + 1)]
    ends: list[dict[Any, str]] = [{} for _ in page.columns]
    alike = repr(attributes).encode()
    rows = rows_per_block(len(page.columns))

    def make(first: int, end: int) -> bytes:
        numbers = [str(row) for row in range(first + 2, end + 2)]
        cells = [
            _cells(column[first:end], start, f'"{attribute}><v>', numbers, known)
            for column, start, attribute, known in zip(page.columns, starts, attributes, ends, strict=True)
        ]
        return deflated(
            "".join(
                f'<row r="{number}">{"".join(row)}</row>'
                for number, row in zip(numbers, zip(*cells, strict=True), strict=True)
            ).encode("utf-8")
        )

    for first in range(0, count, rows):
        end = min(first + rows, count)
        if page.content is None:
            yield make(first, end)
        else:
            key = block_key(b"xlsx", alike, str(first).encode(), page.content(first, end))
            yield blocks.get(key, lambda first=first, end=end: make(first, end))  # type: ignore[misc]


def _cells(
    column: Sequence[Any], start: str, plain: str, numbers: Sequence[str], ends: dict[Any, str]
) -> list[str]:
    """The cells of some rows of a column as XML; empty texts where nothing stands."""
    for value in column:
        if value not in ends:
            ends[value] = _end(value, plain)
    return [
        start + number + end if (end := ends[value]) else ""
        for value, number in zip(column, numbers, strict=True)
    ]


def _end(value: Any, plain: str) -> str:
    """A cell behind its reference; empty where nothing stands."""
    if type(value) is float and math.isfinite(value):
        return f"{plain}{repr(value).removesuffix('.0')}</v></c>"
    if value is None or value == "" or value != value:
        return ""
    if isinstance(value, str):
        clean = _clean(value)
        style = _attribute(_FORMULA) if begins_formula(clean) else ""
        return f'"{style} t="inlineStr">{_text(clean)}</c>'
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, float) and math.isinf(value):
        return f'" t="inlineStr">{_text(str(value))}</c>'
    return f"{plain}{repr(value).removesuffix('.0')}</v></c>"


def _day(value: date) -> str:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    midnight = moment.time() == time()
    days = (moment.replace(tzinfo=None) - _DAY_ZERO).total_seconds() / 86_400.0
    style = _attribute((_DAY if midnight else _MOMENT, False, False))
    return f'"{style}><v>{round(days) if midnight else days!r}</v></c>'


def _text(text: str) -> str:
    kept = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f"<is><t{kept}>{escape(text, {chr(13): '&#13;'})}</t></is>"


def _style_sheet(styles: _Styles) -> str:
    shown = list(dict.fromkeys(style[0] for style in styles.number if style[0]))
    number = {"": 0, **{text: _FIRST_FORMAT + at for at, text in enumerate(shown)}}
    formats = "".join(f'<numFmt numFmtId="{number[text]}" formatCode={quoteattr(text)}/>' for text in shown)
    cells = "".join(_cell_format(style, number.__getitem__) for style in styles.number)
    return (
        f'{_XML}<styleSheet xmlns="{_MAIN}">'
        + (f'<numFmts count="{len(shown)}">{formats}</numFmts>' if shown else "")
        + '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/>'
        '<sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/><family val="2"/></font></fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill '
        'patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF1F4E79"/>'
        '</patternFill></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/>'
        '</border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{len(styles.number)}">{cells}</cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _cell_format(style: _Style, number_of: Callable[[str], int]) -> str:
    shown, header, formula = style
    if header:
        return (
            '<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1" '
            'applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
        )
    quoted = ' quotePrefix="1"' if formula else ""  # stays text when somebody edits the cell
    applied = ' applyNumberFormat="1"' if shown else ""
    return f'<xf numFmtId="{number_of(shown)}" fontId="0" fillId="0" borderId="0" xfId="0"{applied}{quoted}/>'


def _workbook(names: Sequence[str], areas: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, start=1)
    )
    filters = "".join(
        _filter_name(number, name, area) for number, (name, area) in enumerate(zip(names, areas, strict=True))
    )
    return (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><bookViews><workbookView activeTab="0"/>'
        f"</bookViews><sheets>{sheets}</sheets><definedNames>{filters}</definedNames></workbook>"
    )


def _filter_name(number: int, name: str, last: str) -> str:
    """Where a sheet's filter is: programs look for it under this name."""
    letters, row = re.match(r"([A-Z]+)(\d+)", last).groups()  # type: ignore[union-attr]
    quoted = escape(name.replace("'", "''"))
    return (
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}" hidden="1">'
        f"'{quoted}'!$A$1:${letters}${row}</definedName>"
    )


def _workbook_relations(sheets: int) -> str:
    pages = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, sheets + 1)
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{pages}{styles}</Relationships>'


def _relations() -> str:
    return (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/><Relationship Id="rId2" '
        f'Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>"
    )


def _properties(as_of: date, creator: str, title: str, description: str) -> str:
    said = {"dc:title": title, "dc:creator": creator, "dc:description": description}
    parts = "".join(f"<{name}>{escape(_clean(text))}</{name}>" for name, text in said.items() if text)
    moment = f"{as_of.isoformat()}T00:00:00Z"
    dates = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{moment}</dcterms:{name}>'
        for name in ("created", "modified")
    )
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{parts}{dates}</cp:coreProperties>'
    )


def _content_types(sheets: int) -> str:
    pages = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
        f'ContentType="{_OFFICE}.spreadsheetml.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{_OFFICE}.spreadsheetml.sheet.main+xml"/>{pages}<Override PartName="/xl/styles.xml" '
        f'ContentType="{_OFFICE}.spreadsheetml.styles+xml"/><Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
    )
