"""Empty tables to fill in, and the documentation of the layers: both made from the schema."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from .coordinates import POSITION_COLUMNS
from .schema import TABLES, Column, Table
from .units import with_unit
from .vocabulary import SYNONYMS
from .writers import stamped, written_aside

__all__ = ["layers_markdown", "template_columns", "write_templates"]

TEMPLATE_DATE = date(2025, 7, 1)
TEMPLATE_ROWS = 10_000
_KINDS = {
    "text": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "yes or no",
    "date": "date",
    "datetime": "date and time",
}
_REQUIRED_FILL = PatternFill("solid", start_color="FF1F4E79")
_OPTIONAL_FILL = PatternFill("solid", start_color="FF7F7F7F")


def template_columns(table: Table) -> tuple[Column, ...]:
    """Return the columns of a table to fill in: the schema's, longitude and latitude where it has a place."""
    position = () if table.geometry == "none" else POSITION_COLUMNS[:2]
    return (*table.columns, *position)


def write_templates(folder: Path, *, language: str = "vi", names: Iterable[str] = TABLES) -> list[Path]:
    """Write an empty CSV file for each table, and one workbook with all of them.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    language : {"vi", "en"}
        Of the headers.
    names : iterable of str
        Tables.

    Returns
    -------
    list of Path
        What was written; the workbook (``layers.xlsx``) last.

    Raises
    ------
    OutputLockedError
        A file cannot be replaced.
    """
    tables = [TABLES[name] for name in names]
    written = []
    for table in tables:
        path = folder / f"{table.name}.csv"
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerow(_titles(table, language))
        with written_aside(path) as part:
            part.write_bytes(text.getvalue().encode("utf-8-sig"))
        written.append(path)
    path = folder / "layers.xlsx"
    with written_aside(path) as part, stamped(part, TEMPLATE_DATE) as raw:
        _workbook(tables, language).save(raw)
    return [*written, path]


def layers_markdown() -> str:
    """Return docs/layers.md: every table, column, unit, range, choice and header that is understood."""
    lines = [
        "# Input layers",
        "",
        "<!-- Made from gis_data/schema.py by `layers_markdown()` of gis_data/templates.py; do not edit. -->",
        "",
        "Formats: CSV, XLSX, GeoPackage, GeoJSON, Shapefile, KML/KMZ, GeoParquet (needs the extra "
        "`geoparquet`), MapInfo TAB/MIF, FlatGeobuf. Headers are matched without diacritics, case, spaces "
        "and punctuation; a unit in brackets is ignored. Numbers may have a decimal comma. Dates are "
        "2025-07-01 or 01/07/2025 (day first). Rows above the header (titles) are skipped.",
        "",
        "## Positions",
        "",
        "A table with a place has a geometry, or one of these pairs, or a single column `toạ độ`. The CRS of "
        'metres is named in phusong.toml (`crs = "EPSG:5899"`: VN-2000, 107°45′); Vietnamese lists call the '
        "northing X: name the columns northing and easting.",
        "",
        *_column_table(POSITION_COLUMNS),
        "",
        "A position that cannot be right is an error, with its row: more than 10 km from the area of the "
        "commune that the row names (before or since 1 July 2025); where it names none that is drawn, more "
        "than 10 km (a mast: 30 km) from all communes; a cluster more than 10 km from its hamlet; more than "
        "3 km outside the terrain raster. A warning is: 7 to 10 km from its own commune, in the sea, on a "
        "void of the terrain, or outside `[area] bounds` (left out). Communes drawn as points, or not "
        "holding most of the hamlets, say nothing.",
    ]
    for table in TABLES.values():
        needed = "required" if table.required else "optional"
        place = "no position" if table.geometry == "none" else table.geometry
        lines += ["", f"## {table.name}: {table.label_en} ({table.label_vi})", ""]
        lines += [f"{table.help} *{needed}; {place}*".strip(), "", *_column_table(table.columns)]
    words = [f"- `{choice}`: {', '.join(others)}" for choice, others in SYNONYMS.items()]
    lines += ["", "## Other words for the choices", "", *words]
    return "\n".join(lines) + "\n"


def _titles(table: Table, language: str) -> list[str]:
    titles = []
    for column in template_columns(table):
        label = column.label_vi if language == "vi" else column.label_en
        titles.append(with_unit(label, column.unit, language))
    return titles


def _workbook(tables: list[Table], language: str) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    assert book.active is not None  # a new workbook has one sheet
    book.remove(book.active)
    book.properties.creator = "phusong"
    for table in tables:
        page = book.create_sheet(table.name)
        page.freeze_panes = "A2"
        for number, (column, title) in enumerate(
            zip(template_columns(table), _titles(table, language), strict=True), start=1
        ):
            _fill_column(page, number, column, title)
    return book


def _fill_column(page: Worksheet, number: int, column: Column, title: str) -> None:
    letter = get_column_letter(number)
    required = column.required or column in POSITION_COLUMNS
    cell = page.cell(1, number, title)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = _REQUIRED_FILL if required else _OPTIONAL_FILL
    note = ". ".join(part for part in (_rule(column), column.help) if part)
    cell.comment = Comment(f"{column.name}: {note}", "phusong", width=320, height=120)
    page.column_dimensions[letter].width = max(12, len(title) + 4)
    choices = column.choices or (("có", "không") if column.kind == "boolean" else ())
    if choices:
        rule = DataValidation(type="list", formula1='"' + ",".join(choices) + '"', allow_blank=not required)
        rule.add(f"{letter}2:{letter}{TEMPLATE_ROWS}")
        page.add_data_validation(rule)


def _rule(column: Column) -> str:
    rule = _KINDS[column.kind]
    if column.choices:
        rule = "one of " + ", ".join(column.choices)
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        rule += f", {low:g} to {high:g}"
    elif low is not None:
        rule += f", {low:g} or more"
    if column.unit:
        rule += f" ({column.unit})"
    if column.unique:
        rule += ", unique"
    if column.refers_to:
        rule += f", one of {column.refers_to}"
    return rule


def _column_table(columns: Iterable[Column]) -> list[str]:
    lines = ["| column | header | what | required | default | also understood |", "|---|---|---|---|---|---|"]
    for column in columns:
        default = "" if column.default is None else str(column.default).lower()
        header = " / ".join(dict.fromkeys((column.label_vi, column.label_en)))
        what = ". ".join(part for part in (_rule(column), column.help) if part)
        needed = "yes" if column.required else ""
        aliases = ", ".join(column.aliases)
        lines.append(f"| `{column.name}` | {header} | {what} | {needed} | {default} | {aliases} |")
    return lines


if __name__ == "__main__":  # python -m phusong.gis_data.templates docs/layers.md
    Path(sys.argv[1]).write_text(layers_markdown(), encoding="utf-8", newline="\n")
