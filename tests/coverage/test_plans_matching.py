"""Hamlet names as registers write them, against the communes of Quảng Ninh before and after 1 July 2025."""

from __future__ import annotations

import csv
import doctest
import unicodedata
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from phusong.coverage.plans import names
from phusong.coverage.plans.matching import VillageMatches, match_villages
from phusong.coverage.plans.names import bare, commune_key, full_key, hamlet_key

VILLAGES = pd.DataFrame(
    [
        ("v01", "Khe Tiền", "Xã Hoành Mô", "Xã Đồng Văn"),
        ("v02", "Ngàn Chi", "Xã Bình Liêu", "Xã Vô Ngại"),
        ("v03", "Nà Hắc", "Xã Điền Xá", "Xã Hà Lâu"),
        ("v04", "Sú Cáu", "Xã Bình Liêu", "Xã Húc Động"),
        ("v05", "Đài Van", "Đặc khu Vân Đồn", "Xã Đài Xuyên"),
        ("v06", "Khu 10", "Phường Mông Dương", None),
        ("v07", "Thôn 10", "Phường Mông Dương", None),
        ("v08", "Khu 3", "Phường Móng Cái 1", "Phường Hải Hòa"),
        ("v09", "Thôn 3", "Xã Hải Hòa", "Xã Hải Hòa"),
        ("v10", "Bản Sen", "Đặc khu Vân Đồn", "Xã Bản Sen"),
        ("v11", "Phiêng Tắm", "Xã Hoành Mô", "Xã Hoành Mô"),
        ("v12", "Nà Cắp", "Xã Lục Hồn", "Xã Đồng Tâm"),
        ("v13", "Nà Cáp", "Xã Lục Hồn", "Xã Lục Hồn"),
        ("v14", "Khe Mọi", "Xã Hoành Mô", None),
        ("v15", "Thanh Sơn", "Xã Ba Chẽ", None),
    ],
    columns=["village_id", "name", "commune", "old_commune"],
)
CROSSWALK = pd.DataFrame(
    [
        ("Xã Đồng Văn", "Huyện Bình Liêu", "Xã Hoành Mô"),
        ("Xã Hoành Mô", "Huyện Bình Liêu", "Xã Hoành Mô"),
        ("Thị trấn Bình Liêu", "Huyện Bình Liêu", "Xã Bình Liêu"),
        ("Xã Vô Ngại", "Huyện Bình Liêu", "Xã Bình Liêu"),
        ("Xã Húc Động", "Huyện Bình Liêu", "Xã Bình Liêu"),
        ("Xã Đồng Tâm", "Huyện Bình Liêu", "Xã Lục Hồn"),
        ("Xã Lục Hồn", "Huyện Bình Liêu", "Xã Lục Hồn"),
        ("Xã Hà Lâu", "Huyện Tiên Yên", "Xã Điền Xá"),
        ("Xã Đài Xuyên", "Huyện Vân Đồn", "Đặc khu Vân Đồn"),
        ("Xã Bản Sen", "Huyện Vân Đồn", "Đặc khu Vân Đồn"),
        ("Phường Mông Dương", "Thành phố Cẩm Phả", "Phường Mông Dương"),
        ("Phường Hải Hòa", "Thành phố Móng Cái", "Phường Móng Cái 1"),
        ("Xã Hải Hòa", "Thành phố Cẩm Phả", "Xã Hải Hòa"),
        ("Xã Thanh Sơn", "Huyện Ba Chẽ", "Xã Ba Chẽ"),
        ("Phường Thanh Sơn", "Thành phố Uông Bí", "Phường Vàng Danh"),
    ],
    columns=["old_commune", "old_district", "commune"],
)


def match(name: str, commune: str, village_id: str = "", decision: str | None = None) -> VillageMatches:
    items = pd.DataFrame(
        {"item_id": ["i1"], "village_id": [village_id], "village_name": [name], "commune": [commune]}
    )
    return match_villages(items, VILLAGES, CROSSWALK, None if decision is None else {"i1": decision})


def found(matches: VillageMatches) -> str | None:
    row = int(matches.village[0])
    return None if row < 0 else str(VILLAGES["village_id"][row])


@pytest.mark.parametrize(
    ("name", "commune", "village_id"),
    [
        ("Khe Tiền", "Đồng Văn", "v01"),
        ("Thôn Khe Tiền", "xã Đồng Văn, huyện Bình Liêu", "v01"),
        ("bản Khe Tiền", "Hoành Mô", "v01"),
        ("khe tien", "dong van", "v01"),
        ("KHE TIỀN", "ĐỒNG VĂN (BÌNH LIÊU)", "v01"),
        ("Ngàn Chi", "Vô Ngại", "v02"),
        ("Ngàn Chi", "Bình Liêu", "v02"),
        ("Nà Hắc", "Hà Lâu - Tiên Yên", "v03"),
        ("Sú Cáu", "Húc Động, Bình Liêu, Quảng Ninh", "v04"),
        ("Đài Van", "Đài Xuyên", "v05"),
        ("Đài Van", "Vân Đồn", "v05"),
        ("Khu 10", "P. Mông Dương", "v06"),
        ("khu 010", "Mông Dương", "v06"),
        ("Thôn 10", "Mông Dương", "v07"),
        ("Khu 3", "Phường Hải Hoà", "v08"),
        ("Thôn 3", "Xã Hải Hoà", "v09"),
        ("Khu 3", "Hải Hòa, Móng Cái", "v08"),
        ("Sen", "Bản Sen", "v10"),
        ("Nà Cắp", "Đồng Tâm", "v12"),
        ("Nà Cáp", "Lục Hồn", "v13"),
        ("Khe Mọi", "Xã Đồng Văn", "v14"),  # the list does not know its old commune: its heir will do
    ],
)
def test_sure_matches(name: str, commune: str, village_id: str) -> None:
    matches = match(name, commune)
    assert (matches.matched_by[0], found(matches)) == ("name", village_id)
    assert matches.doubtful.empty


@pytest.mark.parametrize(
    ("name", "commune", "candidates", "why"),
    [
        ("Đài Vân", "Đài Xuyên", ["v05"], "other diacritics"),
        ("Na Cap", "Lục Hồn", ["v12", "v13"], "other diacritics"),
        ("Khe Tiền", "", ["v01"], "no commune given"),
        ("Khe Tiền", "Yên Bình", ["v01"], "unknown commune"),
        ("Khe Tiênn", "Đồng Văn", ["v01"], "similar names in the commune"),
        ("Khu 3", "Xã Hải Hòa", ["v08"], "found in a commune of like name"),
        ("Tổ dân phố 10", "Mông Dương", [], ""),
    ],
)
def test_doubtful_matches_are_listed_and_never_guessed(
    name: str, commune: str, candidates: list[str], why: str
) -> None:
    matches = match(name, commune)
    assert found(matches) is None
    if candidates:
        assert matches.matched_by[0] == "doubtful"
        assert sorted(matches.doubtful["village_id"]) == candidates
        assert set(matches.doubtful["why"]) == {why}
        assert matches.doubtful["rank"].tolist() == list(range(1, len(candidates) + 1))
    else:
        assert matches.matched_by[0] in ("doubtful", "unknown")


def test_two_hamlets_of_one_name_in_one_commune() -> None:
    villages = pd.concat([VILLAGES, VILLAGES.iloc[[0]].assign(village_id="v99")], ignore_index=True)
    items = pd.DataFrame({"item_id": ["i1"], "village_name": ["Khe Tiền"], "commune": ["Đồng Văn"]})
    matches = match_villages(items, villages, CROSSWALK)
    assert matches.matched_by[0] == "doubtful"
    assert matches.doubtful["village_id"].tolist() == ["v01", "v99"]


def test_a_district_tells_two_old_communes_of_one_name_apart() -> None:
    villages = pd.DataFrame(
        [
            ("a", "Khu 3", "Phường Móng Cái 1", "Hải Hòa"),
            ("b", "Khu 3", "Xã Hải Hòa", "Hải Hòa"),
            ("c", "Khu 3", "Xã Hải Hòa", None),
        ],
        columns=["village_id", "name", "commune", "old_commune"],
    )
    items = pd.DataFrame(
        {
            "item_id": ["i1", "i2", "i3"],
            "village_name": "Khu 3",
            "commune": ["Hải Hòa, TP Móng Cái", "Hải Hòa (thành phố Cẩm Phả)", "Hải Hòa"],
        }
    )
    matches = match_villages(items, villages, CROSSWALK)
    assert matches.village.tolist() == [0, -1, -1]
    candidates = matches.doubtful.groupby("item_id")["village_id"].agg(list).to_dict()
    assert candidates == {"i2": ["b", "c"], "i3": ["a", "b", "c"]}


def test_unknown_names_are_told() -> None:
    matches = match("Cò Tẳng", "Đồng Văn")
    assert (matches.matched_by[0], found(matches)) == ("unknown", None)
    assert matches.doubtful[["village_id", "why"]].to_numpy().tolist() == [
        [None, "no such name in the commune"]
    ]


def test_an_id_beats_the_name_unless_they_disagree() -> None:
    assert found(match("", "", "v06")) == "v06"
    assert found(match("khu 10", "somewhere else", "v06")) == "v06"
    disagree = match("Khe Tiền", "Đồng Văn", "v06")
    assert (disagree.matched_by[0], found(disagree)) == ("doubtful", None)
    wrong_id = match("Khe Tiền", "Đồng Văn", "v77")
    assert wrong_id.matched_by[0] == "doubtful"
    assert wrong_id.doubtful["why"].tolist() == ["unknown hamlet ID v77; found by its name"]
    assert match("", "", "v77").matched_by[0] == "unknown"
    assert match("", "").matched_by[0] == "none"


def test_a_persons_decision_is_kept() -> None:
    assert found(match("Đài Vân", "Đài Xuyên", decision="v05")) == "v05"
    assert match("Đài Vân", "Đài Xuyên", decision="v05").doubtful.empty
    assert match("Đài Vân", "Đài Xuyên", decision="").matched_by[0] == "unknown"
    assert match("Đài Vân", "Đài Xuyên", decision="v77").matched_by[0] == "doubtful"


def test_composed_and_decomposed_text_is_one() -> None:
    name, commune = (unicodedata.normalize("NFD", text) for text in ("Khe Tiền", "Đồng Văn"))
    assert found(match(name, commune)) == "v01"


def test_keys_see_through_spelling_but_not_through_meaning() -> None:
    assert full_key("Phường Hải Hoà") == full_key("P. Hải  Hòa") == full_key("phường HẢI HÒA")
    assert hamlet_key("Mỹ Lý") == hamlet_key("Mĩ Lí")
    assert hamlet_key("Thuý") == hamlet_key("thôn Thúy")
    assert hamlet_key("Thuỷ") != hamlet_key("Thui")
    assert full_key("Tổ dân phố số 5") == full_key("TDP 05")
    assert commune_key("Xã Bản Sen") != commune_key("Xã Sen")
    assert hamlet_key("Đông Hải") != hamlet_key("Đồng Hải")
    assert bare(hamlet_key("Đông Hải")) == "dong hai"


def test_examples_in_the_documentation() -> None:
    result = doctest.testmod(names)
    assert result.attempted >= 6
    assert result.failed == 0


def test_the_171_old_communes_keep_their_own_keys(shared_data: Path) -> None:
    path = shared_data / "quang-ninh" / "admin" / "quang_ninh_171_legacy_communes_centroids.csv"
    with path.open(encoding="utf-8", newline="") as file:
        old = list(csv.DictReader(file))
    assert len(old) == 171
    full = Counter((full_key(row["district"]), full_key(row["commune"])) for row in old)
    assert max(full.values()) == 1
    twice = {name for name, n in Counter(commune_key(row["commune"]) for row in old).items() if n > 1}
    assert twice == {commune_key(name) for name in ("Bắc Sơn", "Hải Hòa", "Thanh Sơn", "Đầm Hà")}


def test_every_old_commune_leads_to_its_own_hamlet(shared_data: Path) -> None:
    path = shared_data / "quang-ninh" / "admin" / "quang_ninh_171_legacy_communes_centroids.csv"
    with path.open(encoding="utf-8", newline="") as file:
        old = list(csv.DictReader(file))
    villages = pd.DataFrame(
        {
            "village_id": [row["code"] for row in old],
            "name": "Thôn 1",
            "commune": "Xã Mới",  # one heir for all: only the old names can tell the hamlets apart
            "old_commune": [f"{row['commune']}, {row['district']}" for row in old],
        }
    )
    crosswalk = pd.DataFrame(
        {
            "old_commune": [r["commune"] for r in old],
            "old_district": [r["district"] for r in old],
            "commune": "Xã Mới",
        }
    )
    items = pd.DataFrame(
        {
            "item_id": [f"i{r['code']}" for r in old],
            "village_name": "thôn 1",
            "commune": [r["commune"] for r in old],
        }
    )
    matches = match_villages(items, villages, crosswalk)
    assert set(matches.matched_by) == {"name"}
    assert matches.village.tolist() == list(range(171))
