"""A list without quotes is taken apart at once; what comes out is what the CSV reader makes of it."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.gis_data import table_files
from phusong.gis_data.problems import ProblemList
from phusong.gis_data.schema import MASTS
from phusong.gis_data.table_files import RawTable, read_raw
from phusong.project_sections import LayerSource

_CELLS = st.sampled_from(["", " ", "A1", "106.5", "Đồi Bà", '"q,r"', '"', "a;b", "mast_id", "x\x0by"])
_HEADS = st.sampled_from(["mast_id", "lon", "lat", "height_m", "", "note ", "Danh sách"])
_ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    width = draw(st.integers(1, 4))
    rows = [[draw(_HEADS) for _ in range(width)]]
    for _ in range(draw(st.integers(0, 5))):
        ragged = draw(st.sampled_from([0, 0, 0, 0, -1, 1]))
        rows.append([draw(_CELLS) for _ in range(max(0, width + ragged))])
    end, mark = draw(_ENDS), draw(st.sampled_from([",", ";"]))
    return end.join(mark.join(row) for row in rows) + draw(st.sampled_from(["", end]))


def _read(text: str) -> tuple[RawTable | None, list[object]]:
    with TemporaryDirectory() as folder:
        (Path(folder) / "a.csv").write_bytes(text.encode("utf-8"))
        problems = ProblemList()
        return read_raw(Path(folder), LayerSource(path="a.csv"), MASTS, problems), list(problems.listed())


@settings(max_examples=300, deadline=None)
@given(texts())
def test_at_once_as_by_the_reader(text: str) -> None:
    found, problems = _read(text)
    with patch.object(table_files, "_plain_table", return_value=None):
        expected, complaints = _read(text)
    assert problems == complaints
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert (found.header, found.rows) == (expected.header, expected.rows)
        assert [list(column) for column in found.columns] == [list(column) for column in expected.columns]


def test_a_plain_list_is_taken_apart_at_once() -> None:
    found = table_files._plain_table("mast_id,lon\r\nA,1\r\nB,2\r\n", ",", "a.csv", MASTS)
    assert found is not None and found.rows == [2, 3]
    assert [list(column) for column in found.columns] == [["A", "B"], ["1", "2"]]


def test_what_the_reader_refuses_is_left_to_it() -> None:
    text = "mast_id,lon\n" + "A" * (csv.field_size_limit() + 1) + ",1\n"
    assert table_files._plain_table(text, ",", "a.csv", MASTS) is None
