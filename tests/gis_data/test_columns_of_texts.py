"""A column of texts is read value by value once; what comes out, and every complaint, is as row by row."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_series_equal

from phusong.gis_data import tables
from phusong.gis_data.headers import match_headers
from phusong.gis_data.problems import ProblemList
from phusong.gis_data.schema import CELLS, MASTS
from phusong.gis_data.table_files import RawTable

_COLUMNS = [*MASTS.columns, *CELLS.columns]
_TEXTS = st.sampled_from(
    ["", " ", "-", "n/a", "12", "12,5", "1.234", "abc", " Đồi  Bà ", "2020-01-02", "31/12/2019", "yes",
     "không", "4G", "lte", "'=1+1", "tower", "1e400", "-5", "0"]
)  # fmt: skip
_VALUES = st.lists(
    st.one_of(_TEXTS, st.none(), st.sampled_from([1, 1.0, True, float("nan"), 12.5])), max_size=12
)


def _read(column: Any, values: list[Any]) -> tuple[Any, list[Any]]:
    raw = RawTable("a.csv", None, [column.name], [values], list(range(2, len(values) + 2)))
    problems = ProblemList()
    match = match_headers(raw.header, (column,))
    return tables._read_column(raw, match, column, frozenset(","), problems), problems.listed()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_COLUMNS), st.one_of(_VALUES, st.lists(_TEXTS, max_size=12)))
def test_read_at_once_as_row_by_row(column: Any, values: list[Any]) -> None:
    found, problems = _read(column, values)
    with patch.object(tables, "_read_texts", return_value=None):
        expected, complaints = _read(column, values)
    assert_series_equal(found, expected, check_exact=True)
    assert problems == complaints


def test_each_row_with_a_bad_value_is_named() -> None:
    height = next(column for column in CELLS.columns if column.name == "antenna_height_m")
    _, problems = _read(height, ["30", "high", "30", "high", "25"])
    assert [problem.row for problem in problems] == [3, 5]
