"""Headers say each thing once; reasons of doubtful names in both languages."""

from __future__ import annotations

import inspect
import re

import pandas as pd
import pytest

from phusong.coverage.plans import matching
from phusong.gis_data.gap_schema import CLUSTER_VERDICTS, GAP_TABLES
from phusong.gis_data.match_words import WHY_WORDS, why_words
from phusong.gis_data.result_schema import RESULT_TABLES
from phusong.gis_data.rounding import rounded
from phusong.gis_data.units import with_unit


@pytest.mark.parametrize(
    ("label", "unit", "language", "header"),
    [
        ("Số hộ", "households", "vi", "Số hộ"),
        ("Dân số", "people", "vi", "Dân số (người)"),
        ("Population", "people", "en", "Population (people)"),
        ("People in dead-zone hamlets", "people", "en", "People in dead-zone hamlets"),
        ("Hamlets: Covered", "hamlets", "en", "Hamlets: Covered"),
        ("Số cột có nhà mạng", "masts", "vi", "Số cột có nhà mạng"),
        ("Tỷ lệ dân có 4G", "share of people", "vi", "Tỷ lệ dân có 4G"),
        ("P(4G)", "probability", "vi", "P(4G)"),
        ("Xác suất quyết định", "probability", "vi", "Xác suất quyết định"),
        ("Mức thu 4G", "dBm", "vi", "Mức thu 4G (dBm)"),
        ("Khoảng cách đến trạm", "m", "vi", "Khoảng cách đến trạm (m)"),
        ("Vật cản, độ cao", "m above sea level", "vi", "Vật cản, độ cao (m so với mực nước biển)"),
        ("Level", "", "en", "Level"),
    ],
)
def test_a_unit_is_said_once(label: str, unit: str, language: str, header: str) -> None:
    assert with_unit(label, unit, language) == header


@pytest.mark.parametrize(
    "table", [*RESULT_TABLES.values(), *GAP_TABLES.values()], ids=lambda table: table.name
)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_header_repeats_itself_and_none_is_there_twice(table, language) -> None:  # type: ignore[no-untyped-def]
    headers = [
        with_unit(c.label_vi if language == "vi" else c.label_en, c.unit, language) for c in table.columns
    ]
    assert len(set(headers)) == len(headers)
    for header in headers:
        label, _, unit = header.partition(" (")
        assert not unit or unit.rstrip(")").casefold() not in label.casefold().split(), header


def test_every_reason_of_a_doubtful_name_is_said_in_vietnamese() -> None:
    source = inspect.getsource(matching)
    said = [*re.findall(r'why=f?"([^"]+)"', source), *re.findall(r'why = f?"([^"]+)"', source)]
    said += re.findall(r'why = "[^"]+" if \w+ else "([^"]+)"', source)
    assert len(set(said)) >= 11
    for text in said:
        plain = re.sub(r"\{\w+\}", "QN-1", text)
        vietnamese = why_words(plain, "vi")
        assert vietnamese != plain and ("QN-1" in vietnamese) == ("QN-1" in plain), plain
        assert why_words(plain, "en") == plain
    assert why_words("Viettel đã tắt", "vi") == "Viettel đã tắt"
    assert len(set(WHY_WORDS.values())) == len(WHY_WORDS)


def test_text_files_hold_the_digits_that_mean_something() -> None:
    frame = pd.DataFrame({"level_4g_dbm": [-85.123456], "p_4g": [0.123456789], "cluster_id": ["C1"]})
    assert rounded(frame, CLUSTER_VERDICTS).iloc[0].tolist() == [-85.12, 0.12346, "C1"]
