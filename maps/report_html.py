"""A report as one HTML file that asks nothing of the network and runs no script."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from ..gis_data.writers import written_aside
from .report_blocks import Block, Heading, KeyNumbers, Paragraph, Picture, ReportTable, printable

__all__ = ["write_html"]

_STYLE = """
body{font:15px/1.5 "Segoe UI","Noto Sans",Arial,sans-serif;color:#1b1b1b;background:#fff;margin:2em auto;
max-width:72em;padding:0 1.2em}
h1{font-size:1.6em;margin:.2em 0 .6em}h2{font-size:1.2em;margin:1.8em 0 .5em;color:#1f4e79}
p{margin:.35em 0;max-width:60em}.strong{font-weight:600}.note{color:#4d4d4d;font-size:.92em}
.warning{background:#fff3cd;border-left:.3em solid #b26a00;padding:.4em .8em;font-weight:600}
.scroll{overflow-x:auto;margin:.8em 0}table{border-collapse:collapse;font-size:.86em;min-width:40%}
th,td{border:1px solid #c8c8c8;padding:.3em .55em;text-align:left;vertical-align:top}
thead th{background:#1f4e79;color:#fff}tbody th{font-weight:600;background:#f4f6f8}
tbody tr:nth-child(even){background:#f7f9fb}.n{text-align:right;white-space:nowrap}
img{max-width:100%;height:auto;margin:.6em 0}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5em,1fr));gap:.7em;margin:1em 0}
.key div{display:flex;flex-direction:column;border-top:.25em solid #1f4e79;background:#f4f6f8;
padding:.5em .7em}
.key dd{margin:0;order:-1;font-size:1.6em;font-weight:700}.key dt{font-size:.86em;color:#333}
@media print{th,.warning,.key div{print-color-adjust:exact}
body{margin:0;max-width:none;font-size:11px}h2{break-after:avoid}tr,img{break-inside:avoid}
thead{display:table-header-group}.scroll{overflow:visible}.newpage{break-before:page}
.key{grid-template-columns:repeat(3,1fr)}}
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_html(path: Path, title: str, blocks: Sequence[Block], language: str) -> None:
    """Write the report; every text is escaped, nothing in it can become markup.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    """
    head = (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{_text(title)}</h1>\n"
    )
    body = "".join(part for block in blocks for part in _block(block))
    with written_aside(path) as aside:
        aside.write_text(head + body + "</main>\n</body>\n</html>\n", encoding="utf-8", newline="\n")


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        place = ' class="newpage"' if block.new_page else ""
        yield f"<h2{place}>{_text(block.text)}</h2>\n"
    elif isinstance(block, Paragraph):
        yield f'<p class="{block.kind}">{_text(block.text)}</p>\n'
    elif isinstance(block, Picture):
        data = base64.b64encode(block.png).decode("ascii")
        yield f'<img src="data:image/png;base64,{data}" alt="{_text(block.alternative)}">\n'
    elif isinstance(block, KeyNumbers):
        yield '<dl class="key">\n'
        yield from (f"<div><dt>{_text(what)}</dt><dd>{_text(n)}</dd></div>\n" for n, what in block.pairs)
        yield "</dl>\n"
    else:
        yield from _table(block)


def _table(table: ReportTable) -> Iterator[str]:
    first_number = len(table.header) if table.numbers_from is None else table.numbers_from
    yield '<div class="scroll"><table>\n'
    if table.header:
        yield "<thead><tr>"
        yield "".join(f'<th scope="col">{_text(cell)}</th>' for cell in table.header)
        yield "</tr></thead>\n"
    yield "<tbody>\n"
    for row in table.rows:
        cells = []
        for number, cell in enumerate(row):
            if number == 0 and not table.header:
                cells.append(f'<th scope="row">{_text(cell)}</th>')
            else:
                right = ' class="n"' if table.header and number >= first_number else ""
                cells.append(f"<td{right}>{_text(cell)}</td>")
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</tbody></table></div>\n"


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
