"""Hamlets filed under communes of before 1 July 2025."""

from __future__ import annotations

import pandas as pd
import pytest

from phusong.coverage.commune_names import communes_of_today
from phusong.coverage.gap_totals import old_communes

CROSSWALK = pd.DataFrame(
    [
        ("Xã Đồng Văn", "Bình Liêu", "Xã Hoành Mô"),
        ("Xã Hoành Mô", "Bình Liêu", "Xã Hoành Mô"),
        ("Thị trấn Bình Liêu", "Bình Liêu", "Xã Bình Liêu"),
        ("Xã Quảng Lâm", "Đầm Hà", "Xã Quảng Tân"),
        ("Xã Quảng Lâm", "Hải Hà", "Xã Quảng Hà"),
        ("Xã Vô Ngại", "Bình Liêu", "Xã Bình Liêu"),
        ("Xã Vô Ngại", "Bình Liêu", "Xã Lục Hồn"),
        ("Xã Lương Mông", "Ba Chẽ", "Xã Lương Minh"),
        ("Phường Lương Minh", "Ba Chẽ", "Xã Ba Chẽ"),
    ],
    columns=["old_commune", "old_district", "commune"],
)


@pytest.mark.parametrize(
    ("stated", "today"),
    [
        ("Xã Hoành Mô", "Xã Hoành Mô"),
        ("hoành mô", "hoành mô"),  # is one of today: written as the file has it
        ("Xã Đồng Văn", "Xã Hoành Mô"),
        ("X. Đồng Văn", "Xã Hoành Mô"),
        ("Đồng Văn, huyện Bình Liêu", "Xã Hoành Mô"),
        ("TT. Bình Liêu", "Xã Bình Liêu"),
        ("Quảng Lâm", "Quảng Lâm"),  # two of that name: nobody knows
        ("Quảng Lâm (Đầm Hà)", "Xã Quảng Tân"),
        ("Xã Quảng Lâm, Hải Hà", "Xã Quảng Hà"),
        ("Xã Vô Ngại", "Xã Vô Ngại"),  # parted between two
        ("Lương Minh", "Lương Minh"),  # today's Xã Lương Minh before the old Phường
        ("Phường Lương Minh", "Xã Ba Chẽ"),
        ("Xã Lạ", "Xã Lạ"),
        ("", ""),
    ],
)
def test_commune_of_today(stated: str, today: str) -> None:
    assert communes_of_today(pd.Series([stated]), CROSSWALK).tolist() == [today]


def test_a_listed_commune_is_one_of_today_though_no_crosswalk_has_it() -> None:
    assert communes_of_today(pd.Series(["Xã Đồng Văn"]), CROSSWALK, ["Xã Đồng Văn"]).tolist() == [
        "Xã Đồng Văn"
    ]
    none = CROSSWALK.iloc[:0]
    assert communes_of_today(pd.Series(["Xã Đồng Văn", None]), none).tolist() == ["Xã Đồng Văn", ""]


def test_the_old_commune_in_the_wrong_column_is_still_the_old_commune() -> None:
    villages = pd.DataFrame({"commune": ["Xã Đồng Văn", "Xã Hoành Mô"], "old_commune": [None, "Đồng Văn"]})
    assert old_communes(villages, CROSSWALK).tolist() == ["Xã Đồng Văn, Bình Liêu"] * 2
