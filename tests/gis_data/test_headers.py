"""Headers: any case, with or without diacritics, units in brackets, both languages."""

from __future__ import annotations

import pytest

from phusong.gis_data.coordinates import POSITION_COLUMNS
from phusong.gis_data.headers import find_header_row, fold, match_headers, other_unit
from phusong.gis_data.schema import TABLES
from phusong.gis_data.writers import schema_headers

VILLAGES = (*TABLES["villages"].columns, *POSITION_COLUMNS)


@pytest.mark.parametrize("text", ["Dân số", "dan_so", "DÂN SỐ", "da\u0302n so\u0302\u0301", "  Dân-số "])
def test_folding(text):
    assert fold(text) == "danso"


def test_d_with_stroke():
    assert fold("Độ cao / ĐỘ CAO") == "docaodocao"


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_written_headers_are_understood(name, language):
    table = TABLES[name]
    headers = schema_headers(table, language)
    match = match_headers(list(headers.values()), (*table.columns, *POSITION_COLUMNS))
    assert match.index == {column: position for position, column in enumerate(headers)}
    assert not match.ambiguous and not match.unknown


@pytest.mark.parametrize("name", TABLES)
def test_names_are_understood_even_when_cut_by_a_shapefile(name):
    table = TABLES[name]
    cut = [column.name[:10] for column in table.columns]
    match = match_headers(cut, table.columns, shapefile=True)
    assert list(match.index) == [column.name for column in table.columns]


@pytest.mark.parametrize("name", TABLES)
def test_no_alias_means_two_columns(name):
    owner: dict[str, str] = {}
    for column in (*TABLES[name].columns, *POSITION_COLUMNS):
        for alias in column.aliases:
            assert owner.setdefault(fold(alias), column.name) == column.name


def test_a_common_vietnamese_list():
    header = ["TT", "Mã thôn", "Tên thôn", "Tên xã", "Xã (cũ)", "Dân số (người)", "Số hộ", "Kinh độ", "Vĩ độ"]
    match = match_headers(header, VILLAGES)
    assert {name: header[at] for name, at in match.index.items()} == {
        "village_id": "Mã thôn", "name": "Tên thôn", "commune": "Tên xã", "old_commune": "Xã (cũ)",
        "population": "Dân số (người)", "households": "Số hộ", "lon": "Kinh độ", "lat": "Vĩ độ",
    }  # fmt: skip
    assert match.unknown == ["TT"]


def test_the_exact_name_goes_before_an_alias():
    match = match_headers(["id", "village_id"], VILLAGES)
    assert match.index["village_id"] == 1 and not match.ambiguous


def test_two_equal_claims_are_reported():
    match = match_headers(["Dân số", "DAN SO", "name"], VILLAGES)
    assert match.ambiguous == {"population": ["Dân số", "DAN SO"]}


def test_titles_above_the_header_are_skipped():
    rows = [["DANH SÁCH THÔN, BẢN", None], [None, None], ["Mã thôn", "Tên"], ["1", "Khe Tiên"]]
    assert find_header_row(rows, VILLAGES) == 2


@pytest.mark.parametrize(
    ("table", "name", "title", "found"),
    [
        ("cells", "tx_power_dbm", "Công suất (W)", "W"),
        ("cells", "tx_power_dbm", "Công suất (dBm)", None),
        ("cells", "tx_power_dbm", "Công suất (cả sóng mang)", None),
        ("cells", "frequency_mhz", "Tần số [GHz]", "GHz"),
        ("cells", "frequency_mhz", "Tần số (mhz)", None),
        ("cells", "antenna_height_m", "Độ cao anten (ft)", "ft"),
        ("cells", "antenna_height_m", "Độ cao anten (mét)", None),
        ("cells", "azimuth_deg", "Azimuth (rad)", "rad"),
        ("cells", "azimuth_deg", "Azimuth (độ)", None),
        ("villages", "population", "Dân số (m)", None),
    ],
)
def test_another_unit_of_the_same_quantity_is_seen(table, name, title, found):
    column = next(c for c in TABLES[table].columns if c.name == name)
    assert other_unit(title, column) == found
