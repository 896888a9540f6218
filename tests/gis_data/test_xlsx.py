"""The parts of a workbook: what is written is what a reader of spreadsheets finds."""

from __future__ import annotations

import math
from datetime import date, datetime
from pathlib import Path

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.gis_data.xlsx import Page, column_letters, save_workbook

DAY = date(2025, 7, 1)
_TEXT = st.text(max_size=40).filter(lambda text: "\r" not in text)
_VALUES = st.one_of(
    st.none(), _TEXT, st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False)
)


def written(path: Path, *pages: Page) -> openpyxl.Workbook:
    save_workbook(path, pages, as_of=DAY, creator="phusong", title="<A & B>")
    return openpyxl.load_workbook(path)


def page(columns: list[list[object]], name: str = "Thôn") -> Page:
    wide = len(columns)
    return Page(name, [f"T{i}" for i in range(wide)], columns, [""] * wide, [12] * wide)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(_VALUES, min_size=1, max_size=8))
def test_every_value_comes_back(values: list[object], tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("x") / "t.xlsx"
    found = [row[0] for row in written(path, page([values])).worksheets[0].iter_rows(2, values_only=True)]
    found += [None] * (len(values) - len(found))
    for value, back in zip(values, found, strict=True):
        if isinstance(value, str):
            kept = "".join(c for c in value if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff"
                           and not "\ud800" <= c <= "\udfff"))  # fmt: skip
            assert (back or "") == kept
        else:
            assert back == value and (back is None or math.isfinite(back))


def test_texts_that_look_like_markup_or_formulas_stay_texts(tmp_path: Path) -> None:
    hostile = ["</t></is></c>", "=1+1", "&amp;", '" s="9', " two  spaces ", "a\nb", "+84 912"]
    book = written(tmp_path / "t.xlsx", page([hostile], "A & <B> 'C'"))
    sheet = book.worksheets[0]
    assert [row[0] for row in sheet.iter_rows(2, values_only=True)] == hostile
    assert [cell.quotePrefix for (cell,) in sheet.iter_rows(2)] == [
        False,
        True,
        False,
        False,
        False,
        False,
        True,
    ]
    assert book.sheetnames == ["A & <B> 'C'"] and book.properties.title == "<A & B>"
    assert sheet.auto_filter.ref == "A1:A8" and sheet.freeze_panes == "A2" and sheet["A1"].font.b


def test_days_have_a_format_and_an_empty_page_has_its_header(tmp_path: Path) -> None:
    when = [date(1999, 1, 2), datetime(2024, 2, 29, 13, 30), math.inf, math.nan]
    book = written(tmp_path / "t.xlsx", page([when]), page([[]], "none"))
    sheet = book.worksheets[0]
    assert sheet["A2"].value == datetime(1999, 1, 2) and sheet["A2"].number_format == "yyyy-mm-dd"
    assert sheet["A3"].value == datetime(2024, 2, 29, 13, 30) and sheet["A4"].value == "inf"
    assert [c.value for c in book["none"][1]] == ["T0"] and book["none"].max_row == 1


def test_letters_of_columns() -> None:
    expected = [openpyxl.utils.get_column_letter(n) for n in (1, 26, 27, 52, 702, 703)]
    assert [column_letters(n) for n in (1, 26, 27, 52, 702, 703)] == expected
