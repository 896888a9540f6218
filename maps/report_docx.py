"""A report as a Word document, A4, in the type that Vietnamese offices file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Pt, RGBColor

from ..gis_data.writers import stamped, written_aside
from .report_blocks import Block, Heading, KeyNumbers, Paragraph, Picture, ReportTable, printable

__all__ = ["write_docx"]

_FONT = "Times New Roman"  # Decree 30/2020/NĐ-CP, annex I
_SHORT, _LONG, _MARGIN = Cm(21.0), Cm(29.7), Cm(2.0)
_HEAD_FILL, _KEY_FILL = "1F4E79", "F4F6F8"
_KEYS_IN_A_ROW = 3


def write_docx(path: Path, title: str, blocks: Sequence[Block], language: str, as_of: date) -> None:
    """Write the report, dated `as_of` throughout: the same blocks give the same bytes.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    """
    document = docx.Document()
    _styles(document, language)
    _page(document.sections[0], wide=False)
    document.core_properties.title = printable(title)[:255]
    document.core_properties.author = "phusong"
    document.core_properties.comments = ""
    document.core_properties.language = language
    document.add_heading(printable(title), level=0)
    wide = False
    for block in blocks:
        if isinstance(block, Heading) and block.wide != wide:
            wide = block.wide
            _page(document.add_section(WD_SECTION.NEW_PAGE), wide)
        _add(document, block, wide)
    with written_aside(path) as part, stamped(part, as_of) as raw:
        document.save(str(raw))


def _styles(document: Any, language: str) -> None:
    names = {"Normal": 12, "Heading 1": 13, "Title": 16}
    for name, size in names.items():
        style = document.styles[name]
        style.font.name, style.font.size = _FONT, Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)  # the theme's font would win
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), _FONT)
    tongue = OxmlElement("w:lang")
    tongue.set(qn("w:val"), "vi-VN" if language == "vi" else "en-GB")
    document.styles["Normal"].element.get_or_add_rPr().append(tongue)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)


def _page(section: Any, wide: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (_LONG, _SHORT) if wide else (_SHORT, _LONG)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN


def _add(document: Any, block: Block, wide: bool) -> None:
    if isinstance(block, Heading):
        heading = document.add_heading(printable(block.text), level=1)
        heading.paragraph_format.page_break_before = block.new_page
    elif isinstance(block, Paragraph):
        run = document.add_paragraph().add_run(printable(block.text))
        run.bold = block.kind in ("strong", "warning")
        run.italic = block.kind == "note"
        if block.kind == "warning":
            run.font.color.rgb = RGBColor(0xB2, 0x18, 0x2B)
    elif isinstance(block, Picture):
        shape = document.add_picture(io.BytesIO(block.png), width=Cm(16.5))
        shape._inline.docPr.set("descr", printable(block.alternative))
    elif isinstance(block, KeyNumbers):
        _add_key_numbers(document, block)
    else:
        _add_table(document, block, (_LONG if wide else _SHORT) - 2 * _MARGIN)


def _add_key_numbers(document: Any, block: KeyNumbers) -> None:
    rows = -(-len(block.pairs) // _KEYS_IN_A_ROW)
    table = document.add_table(rows=rows, cols=_KEYS_IN_A_ROW)
    table.style = "Table Grid"
    for place, (number, what) in enumerate(block.pairs):
        cell = table.rows[place // _KEYS_IN_A_ROW].cells[place % _KEYS_IN_A_ROW]
        _shade(cell, _KEY_FILL)
        first = cell.paragraphs[0]
        for paragraph, text, size in ((first, number, 18), (cell.add_paragraph(), what, 10)):
            paragraph.paragraph_format.space_after = Pt(0)
            run = paragraph.add_run(printable(text))
            run.font.size, run.bold = Pt(size), paragraph is first
    document.add_paragraph()


def _add_table(document: Any, block: ReportTable, width: int) -> None:
    """Add a table as a whole: cell by cell, by the library's objects, it would take ten times as long."""
    rows = ([block.header] if block.header else []) + list(block.rows)
    if not rows:
        return
    columns = len(rows[0])
    first_number = columns if block.numbers_from is None else block.numbers_from
    size = 18 if columns > 8 else 20  # half points
    widths = [Emu(part).twips for part in _widths(rows, width)]

    def cell(text: str, place: int, is_head: bool) -> str:
        return _cell_xml(
            text, widths[place], size, is_head, bold=is_head or (not block.header and place == 0),
            right=not is_head and place >= first_number,
        )  # fmt: skip

    lines = []
    for number, texts in enumerate(rows):
        is_head = bool(block.header) and number == 0
        on_every_page = '<w:trPr><w:tblHeader w:val="true"/></w:trPr>' if is_head else ""
        cells = "".join(cell(text, place, is_head) for place, text in enumerate(texts))
        lines.append(f"<w:tr>{on_every_page}{cells}</w:tr>")
    grid = "".join(f'<w:gridCol w:w="{part}"/>' for part in widths)
    style = document.styles["Table Grid"].style_id
    table = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:type="auto" w:w="0"/>'
        '<w:tblLook w:firstColumn="1" w:firstRow="1" w:lastColumn="0" w:lastRow="0" w:noHBand="0" '
        f'w:noVBand="1" w:val="04A0"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{"".join(lines)}</w:tbl>'
    )
    document.add_paragraph()._p.addprevious(table)


def _cell_xml(text: str, width: int, size: int, is_head: bool, *, bold: bool, right: bool) -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{_HEAD_FILL}"/>' if is_head else ""
    colour = '<w:color w:val="FFFFFF"/>' if is_head else ""
    weight, side = "<w:b/>" if bold else '<w:b w:val="0"/>', '<w:jc w:val="right"/>' if right else ""
    words = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in printable(text).split("\n")
    )
    return (
        f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/>{shade}</w:tcPr><w:p><w:pPr>'
        f'<w:spacing w:after="0"/>{side}</w:pPr><w:r><w:rPr>{weight}{colour}<w:sz w:val="{size}"/></w:rPr>'
        f"{words}</w:r></w:p></w:tc>"
    )


def _widths(rows: Sequence[tuple[str, ...]], width: int) -> list[int]:
    """Share the width by the longest text of each column, within reason."""
    longest = [min(40, max(6, *(len(row[c]) for row in rows))) for c in range(len(rows[0]))]
    return [int(width * part / sum(longest)) for part in longest]


def _shade(cell: Any, fill: str) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:color"), "auto")
    shade.set(qn("w:fill"), fill)
    cell._tc.get_or_add_tcPr().append(shade)
