"""A report as a PDF, A4, tagged for screen readers, made without a browser and without a network.

Typst sets it: its wheel needs nothing of the system, it splits tables over pages with their headers, and it
refuses a document that PDF/UA-1 would not accept. The type is DejaVu Sans, which comes with matplotlib and
has every Vietnamese letter; the machine's own fonts are not looked at: the bytes are the same everywhere.
"""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

from ..gis_data.writers import written_aside
from .report_blocks import Block, Heading, KeyNumbers, Paragraph, Picture, ReportTable, printable

__all__ = ["write_pdf"]

_TEXT_WIDTH_CM, _PICTURE_HEIGHT_CM = 17.4, 21.0
_SIZE_IN_PNG = slice(16, 24)  # behind the signature, and length and name of the first chunk


def write_pdf(
    path: Path, title: str, blocks: Sequence[Block], language: str, as_of: date, *, footer: str = ""
) -> None:
    """Write the report, dated `as_of`: the same blocks give the same bytes.

    Parameters
    ----------
    path : Path
    title : str
    blocks : sequence of Block
    language : {"vi", "en"}
    as_of : date
    footer : str
        On every page, beside its number.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    """
    files: dict[str, bytes] = {}
    content = {
        "title": printable(title),
        "language": language,
        "footer": printable(footer),
        "date": {"year": as_of.year, "month": as_of.month, "day": as_of.day},
        "parts": _parts(blocks, files),
    }
    template = resources.files(__package__).joinpath("templates/report.typ").read_bytes()
    files |= {"main.typ": template, "report.json": json.dumps(content, ensure_ascii=False).encode("utf-8")}
    with (
        tempfile.TemporaryDirectory(prefix="phusong-", ignore_cleanup_errors=True) as folder,
        written_aside(path) as aside,
    ):
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        typst.compile(
            str(Path(folder) / "main.typ"),
            str(aside),
            root=folder,
            font_paths=[str(_fonts())],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC),
        )


def _fonts() -> Path:
    """Return the folder of DejaVu; matplotlib itself, which takes long to import, is not needed for it."""
    library = find_spec("matplotlib")
    assert library is not None and library.origin is not None
    return Path(library.origin).parent / "mpl-data" / "fonts" / "ttf"


def _parts(blocks: Sequence[Block], files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Split where pages turn on their side or back; pictures go to `files`."""
    parts: list[dict[str, Any]] = [{"wide": False, "blocks": []}]
    for block in blocks:
        if isinstance(block, Heading) and block.wide != parts[-1]["wide"]:
            parts.append({"wide": block.wide, "blocks": []})
        parts[-1]["blocks"].append(_block(block, files))
    return parts


def _block(block: Block, files: dict[str, bytes]) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "text": printable(block.text), "new_page": block.new_page}
    if isinstance(block, Paragraph):
        return {"kind": block.kind, "text": printable(block.text)}
    if isinstance(block, KeyNumbers):
        return {"kind": "key", "pairs": [[printable(text) for text in pair] for pair in block.pairs]}
    if isinstance(block, Picture):
        name = f"picture-{len(files)}.{'png' if block.svg is None else 'svg'}"
        files[name] = block.png if block.svg is None else block.svg
        across, down = struct.unpack(">II", block.png[_SIZE_IN_PNG])
        width_cm = min(_TEXT_WIDTH_CM, _PICTURE_HEIGHT_CM * across / down)
        return {
            "kind": "picture", "file": name, "width_cm": width_cm, "alternative": printable(block.alternative)
        }  # fmt: skip
    return _table(block)


def _table(table: ReportTable) -> dict[str, Any]:
    rows = [[printable(cell) for cell in row] for row in table.rows]
    header = [printable(cell) for cell in table.header]
    columns = len(header) or len(rows[0])
    return {
        "kind": "table",
        "header": header,
        "rows": rows,
        "columns": columns,
        "numbers_from": columns if table.numbers_from is None else table.numbers_from,
    }
