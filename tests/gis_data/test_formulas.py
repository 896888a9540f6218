"""The apostrophe against formulas: nothing runs, and the text comes back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.gis_data.formulas import begins_formula, guarded, unguarded

PIECES = st.text(alphabet="ab1 =+-@;\t\r\n',\"＝.", max_size=14)
DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


@given(PIECES)
def test_the_text_comes_back(text):
    assert unguarded(guarded(text)) == text


@given(st.lists(PIECES, min_size=1, max_size=4), st.sampled_from(",;\t"))
def test_no_field_begins_like_a_formula_whatever_the_separator(texts, separator):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([guarded(text) for text in texts])
    line = stream.getvalue()
    for record in csv.reader(io.StringIO(line, newline=""), delimiter=separator):
        for field in record:
            found = field.lstrip(" ")
            is_number = found.startswith("-") and found[1:].replace(",", ".", 1).replace(".", "", 1).isdigit()
            assert not found.startswith(DANGEROUS[:8]) or is_number, field


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+84 912", "'+84 912"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'\t'=1"),
        ("-1+1", "'-1+1"),
        ("-101.5", "-101.5"),  # a number is no formula
        ("-101,5", "-101,5"),
        ("Khe;=1+1; -2", "Khe;'=1+1;' -2"),
        ('a;"=1', "a;'\"=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("Khe = 1", "Khe = 1"),
        ("", ""),
    ],
)
def test_what_is_written(text, expected):
    assert guarded(text) == expected
    assert unguarded(expected) == text
    assert begins_formula(text) == (expected[:1] == "'" or text.startswith("-"))
