"""Cells to values: every spelling that people use, and a refusal for what can be read in two ways."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.gis_data import values
from phusong.gis_data.schema import TABLES
from phusong.gis_data.values import (
    BadValueError,
    as_boolean,
    as_choice,
    as_date,
    as_datetime,
    as_integer,
    as_number,
    as_technology,
    as_text,
    decimal_marks,
    is_empty,
)
from phusong.gis_data.vocabulary import SYNONYMS


def grouped(whole: int, mark: str) -> str:
    return f"{whole:,}".replace(",", mark)


@given(
    st.integers(-(10**9), 10**9),
    st.integers(0, 99),
    st.sampled_from([("", "."), ("", ","), (".", ","), (",", "."), (" ", ","), ("\u00a0", "."), ("'", ".")]),
)
def test_a_number_with_two_decimals_is_read_in_every_convention(whole, hundredths, marks):
    group, decimal = marks
    text = f"{grouped(whole, group)}{decimal}{hundredths:02d}"
    sign = -1 if whole < 0 else 1
    assert as_number(text) == pytest.approx(whole + sign * hundredths / 100, abs=1e-6)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_what_python_prints_comes_back(number):
    assert as_number(repr(number), frozenset(".")) == number


@pytest.mark.parametrize("text", ["1.234", "12,345", "-999.000"])
def test_three_decimals_or_a_thousand_is_asked_for(text):
    with pytest.raises(BadValueError, match="one way only"):
        as_number(text)


def test_the_rest_of_the_file_tells_the_two_apart():
    assert decimal_marks(["12,5", "1.234", "abc", 3.5]) == {","}
    assert as_number("1.234", frozenset(",")) == 1234
    assert as_number("1.234", frozenset(".")) == 1.234
    assert decimal_marks(["1.234", "5,678"]) == frozenset()
    both = decimal_marks(["12,5", "12.5"])
    with pytest.raises(BadValueError):
        as_number("1.234", both)


_PIECES = st.sampled_from(["1", "25", "125", "0", ".", ",", "-", " ", "e3", "١", "+"])


@given(st.lists(_PIECES, max_size=6).map("".join), st.sampled_from(["", ".", ",", ".,"]))
def test_a_plain_number_is_read_as_any_other(text, marks):
    """What is seen at a glance comes out as by all rules."""

    def read():
        try:
            return as_number(text, frozenset(marks))
        except BadValueError as error:
            return str(error)

    found = read()
    with patch.object(values, "_ONE_WAY", re.compile("(?!)")):
        assert read() == found


@given(st.lists(st.lists(_PIECES, max_size=6).map("".join), max_size=6))
def test_marks_of_a_file_are_those_of_its_texts(texts):
    each = [decimal_marks([text]) for text in texts]
    assert decimal_marks(texts) == frozenset().union(*each)


@pytest.mark.parametrize(
    "text", ["42 m", "abc", "1,2,3", "1.2.3", "12 34", "--3", "1e", "0x10", "", "inf", "1e999"]
)
def test_text_is_no_number(text):
    with pytest.raises(BadValueError):
        as_number(text)


def test_whole_numbers():
    assert as_integer("1.234") == 1234
    assert as_integer(12.0) == 12
    assert as_integer("1 250") == 1250
    for text in ("12,5", 1.5, "1.000"):
        with pytest.raises(BadValueError):
            as_integer(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("có", True),
        ("KHÔNG", False),
        ("x", True),
        ("Yes", True),
        (0, False),
        (1.0, True),
        ("0", False),
        (True, True),
    ],
)
def test_yes_and_no(value, expected):
    assert as_boolean(value) is expected


def test_neither_yes_nor_no():
    with pytest.raises(BadValueError):
        as_boolean("maybe")


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_a_day_in_every_spelling(day):
    expected = datetime(day.year, day.month, day.day)
    texts = [day.isoformat(), f"{day:%d/%m/%Y}", f"{day.day}-{day.month}-{day.year}", f"{day:%d.%m.%Y}"]
    for text in [*texts, f"{day:%Y/%m/%d}", day, expected, f"{day.isoformat()}T00:00:00"]:
        assert as_date(text) == expected


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_a_spreadsheet_day_number(day):
    number = (day - date(1899, 12, 30)).days
    assert as_date(number) == datetime(day.year, day.month, day.day)
    assert as_date(str(number)) == datetime(day.year, day.month, day.day)


@pytest.mark.parametrize(
    "text", ["07/31/2025", "31/12/25", "2015", "30/02/2024", "hôm qua", 12.5, "2025-13-01"]
)
def test_no_day(text):
    with pytest.raises(BadValueError, match="day first"):
        as_date(text)


def test_times_and_zones():
    assert as_datetime("2025-07-01T03:04:05Z") == datetime(2025, 7, 1, 10, 4, 5)
    assert as_datetime("2025-07-01 10:04:05.250+07:00") == datetime(2025, 7, 1, 10, 4, 5, 250_000)
    assert as_datetime("01/07/2025 9:05") == datetime(2025, 7, 1, 9, 5)
    assert as_datetime(45839.5) == datetime(1899, 12, 30) + timedelta(days=45839.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("LTE", "4G"), ("GSM", "2G"), ("WCDMA 2100", "3G"), ("UMTS", "3G"), ("NR", "5G"), ("4G/LTE", "4G"),
     ("lte1800", "4G"), ("EUTRA", "4G"), ("công nghệ 5G", "5G"), ("LTE-A", "4G"), ("4g", "4G")],
)  # fmt: skip
def test_technology_names(text, expected):
    assert as_technology(text) == expected


@pytest.mark.parametrize("text", ["6G", "WiMAX", "3G/4G", "", "CDMA2000"])
def test_unknown_technologies(text):
    with pytest.raises(BadValueError, match="one technology"):
        as_technology(text)


def test_choices_without_diacritics():
    choices = TABLES["places"].by_name["kind"].choices
    assert as_choice("Industrial Zone", choices) == "industrial_zone"
    assert as_choice("BỆNH VIỆN", choices) == "hospital"
    assert as_choice("khu cong nghiep", choices) == "industrial_zone"
    with pytest.raises(BadValueError, match="hospital"):
        as_choice("chợ", choices)


def test_every_synonym_names_one_choice_of_its_column():
    for table in TABLES.values():
        for column in table.columns:
            for choice in column.choices:
                for word in SYNONYMS.get(choice, ()):
                    assert as_choice(word, column.choices) == choice


def test_text_is_composed_and_trimmed():
    assert as_text("  Thôn   Khe\u00a0Tiên ") == "Thôn Khe Tiên"
    assert as_text("Tie\u0302\u0301n") == "Tiến"
    assert as_text(1001.0) == "1001"
    assert as_text("'=1+1") == "=1+1"
    assert as_text("'ba") == "'ba"


def test_nothing():
    assert is_empty(None) and is_empty(float("nan")) and is_empty("  ") and is_empty("N/A")
    assert is_empty("-") and not is_empty("-", text=True) and not is_empty(0)
