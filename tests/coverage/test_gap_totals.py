"""Totals that can be counted by hand: operators, old communes, shared masts, places with a duty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gap_totals import (
    by_operator_table,
    mast_operators,
    old_communes,
    operator_totals,
    sharing_table,
)
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.places_duty import places_table, required_5g
from phusong.coverage.sample_shift import ShiftedLevels
from phusong.gis_data.gap_schema import HAMLET_BY_OPERATOR, OPERATOR_TOTALS, PLACES_DUTY, SHARING

DAY = np.datetime64("2025-06-30")
NAMES = ("2G", "4G", "5G")
RULE = GapRule({n: TechnologyRule(n, -100.0, 8.0, 0.9) for n in NAMES}, 0.95, ("2G", "4G"), ("4G", "5G"))
ROWS = [
    ("A", "Viettel", "2G"),
    ("A", "Viettel", "4G"),
    ("A", "Viettel", "4G"),
    ("B", "VNPT", "4G"),
    ("B", "VNPT", "5G"),
]


def cells(off: tuple[int, ...] = ()) -> CellTable:
    n = len(ROWS)
    off_air = np.full(n, np.datetime64("NaT", "D"))
    off_air[list(off)] = DAY
    text = [np.array([row[i] for row in ROWS]) for i in range(3)]
    return CellTable(
        np.array([f"c{i}" for i in range(n)]), *text, np.full(n, "omni"), np.arange(n) * 1000.0,
        *([np.zeros(n)] * 9), np.full(n, np.datetime64("NaT", "D")), off_air,
    )  # fmt: skip


POINTS = PointTable(
    np.array(list("abcdef")), np.array([0, 0, 1, 2, -1, -1]),
    np.array(["centre", "cluster", "centre", "centre", "place", "place"]),
    np.array([60.0, 40.0, 100.0, 200.0, 0.0, 0.0]), np.array([0.0, 900.0, 5000.0, 9000.0, 1500.0, 20_000.0]),
    np.zeros(6),
)  # fmt: skip
VILLAGES = pd.DataFrame(
    {"village_id": ["V0", "V1", "V2"], "name": ["Khe Tiền", "Ngàn Chi", "Nà Hắc"], "population": [100.0, 100.0, 200.0],
     "commune": ["Xã Bình Liêu", "xã Bình Liêu", "Xã Điền Xá"]}
)  # fmt: skip


def levels() -> PointLevels:
    heard = [(0, 1), (2, 3), (3, 1), (3, 3), (4, 4)]  # point, cell
    return PointLevels(
        np.array([p for p, _ in heard], np.int32), np.array([c for _, c in heard], np.int32),
        np.full(len(heard), -60.0, np.float32), np.zeros(len(heard), np.float32),
    )  # fmt: skip


def test_by_operator_and_technology() -> None:
    table = cells()
    found = {o: verdicts(POINTS, 3, levels(), table, RULE, DAY, operator=o) for o in ("Viettel", "VNPT")}
    long = by_operator_table(found, VILLAGES, table)
    assert list(long.columns) == [c.name for c in HAMLET_BY_OPERATOR.columns]
    assert len(long) == 3 * 2 * 3
    assert long["village_id"].tolist() == ["V0"] * 6 + ["V1"] * 6 + ["V2"] * 6
    row = long.set_index(["village_id", "operator", "technology"])
    assert row.loc[("V0", "Viettel", "4G"), "share_people"] == 0.6
    assert not row.loc[("V0", "Viettel", "4G"), "served"]
    assert row.loc[("V0", "Viettel", "4G"), "verdict"] == "partial_signal"
    assert row.loc[("V1", "VNPT", "4G"), "best_cell"] == "c3"
    assert pd.isna(row.loc[("V1", "Viettel", "4G"), "best_cell"])
    everyone = verdicts(POINTS, 3, levels(), table, RULE, DAY)
    total = operator_totals(found, everyone, VILLAGES, table, DAY, {"A": "Bình Liêu", "B": ""})
    assert list(total.columns) == [c.name for c in OPERATOR_TOTALS.columns]
    assert total["scope"].tolist() == ["all"] * 9 + ["commune"] * 18
    at = total.set_index(["scope", "commune", "operator", "technology"])
    viettel = at.loc[("all", "", "Viettel", "4G")]
    assert (viettel["hamlets"], viettel["people"], viettel["hamlets_served"]) == (3, 400.0, 1)
    assert (viettel["people_covered"], viettel["share_people"]) == (260.0, 0.65)
    assert (viettel["bts"], viettel["cells"]) == (1, 2)  # two cells of one technology are one BTS
    assert at.loc[("all", "", "", "4G"), "bts"] == 2
    here = at.loc[("commune", "Xã Bình Liêu", "", "4G")]
    assert (here["hamlets"], here["people_covered"], here["bts"]) == (2, 160.0, 1)  # B's commune is unknown
    assert at.loc[("commune", "Xã Điền Xá", "VNPT", "4G"), "share_people"] == 1.0


def test_old_communes_by_own_column_then_by_crosswalk() -> None:
    crosswalk = pd.DataFrame(
        [("Đồng Văn", "Bình Liêu", "Xã Hoành Mô"), ("Hoành Mô", "Bình Liêu", "Xã Hoành Mô"),
         ("Hà Lâu", "Tiên Yên", "Xã Điền Xá"), ("Quảng Lâm", "Đầm Hà", "Xã Quảng Tân"),
         ("Quảng Lâm", "Hải Hà", "Xã Quảng La")],
        columns=["old_commune", "old_district", "commune"],
    )  # fmt: skip
    villages = pd.DataFrame(
        {
            "commune": ["Xã Hoành Mô", "xã Hoành Mô", "Xã Điền Xá", "Xã Quảng Tân", "Xã Lạ"],
            "old_commune": ["Xã Đồng Văn", None, None, "Quảng Lâm", "Xã Xa"],
        }
    )
    assert old_communes(villages, crosswalk).tolist() == [
        "Đồng Văn, Bình Liêu", "", "Hà Lâu, Tiên Yên", "Quảng Lâm, Đầm Hà", "Xã Xa",
    ]  # fmt: skip


def test_sharing_ratio_counts_cells_on_air_and_tenants() -> None:
    masts = pd.DataFrame(
        {"mast_id": ["A", "B", "C", "D"], "owner": ["Viettel", "VNPT", "VNPT", "VNPT"],
         "tenants": [None, "viettel; VNPT", "MobiFone", ""]}
    )  # fmt: skip
    operators = mast_operators(masts, cells(off=(3, 4)), DAY)
    assert operators == [{"Viettel"}, {"Viettel", "VNPT"}, {"MobiFone"}, set()]
    table = sharing_table(masts, operators, ["X", "X", "Y", ""], [("Quảng Ninh", 0.29, "stated")])
    assert list(table.columns) == [c.name for c in SHARING.columns]
    rows = {
        (r.scope, r.subject): (r.masts, r.masts_in_use, r.masts_shared, r.ratio) for r in table.itertuples()
    }
    assert rows["all", ""] == (4, 3, 1, 0.25)
    assert rows["commune", "X"] == (2, 2, 1, 0.5)
    assert rows["commune", "Y"] == (1, 1, 0, 0.0)
    assert rows["owner", "VNPT"] == (3, 2, 1, pytest.approx(1 / 3))
    assert rows["reference", "Quảng Ninh"][3] == 0.29
    assert len(rows) == 6


def test_samples_around_a_place_shift_its_level_and_it_is_said() -> None:
    places = pd.DataFrame({"place_id": ["P1", "P2"], "name": ["KCN", "BV"], "kind": ["hospital"] * 2})
    heard = levels()
    near = replace(heard, level_dbm=np.where(heard.point == 4, -92.0, heard.level_dbm).astype(np.float32))
    shift, ratio = np.where(heard.point == 4, 6.0, 0.0), np.where(heard.point == 4, 0.8, 1.0)
    estimate = (near.level_dbm + shift).astype(np.float32)
    judged = (-100.0 + (estimate + 100.0) / ratio).astype(np.float32)
    moved = ShiftedLevels(shift, ratio, *(replace(near, level_dbm=level) for level in (estimate, judged)))
    for shifted, said in ((None, [False, "model", -92.0]), (moved, [True, "model_shifted", -86.0])):
        table = places_table(places, ["5G", "5G"], POINTS, near, cells(), RULE, DAY, None, shifted)
        row = table.set_index("place_id")
        assert row.loc["P1", ["covered", "decided_by", "level_dbm"]].tolist() == said
        assert row.loc["P2", "decided_by"] == "model" and np.isnan(row.loc["P2", "level_dbm"])


def test_places_with_a_duty_and_the_hamlets_near_them() -> None:
    places = pd.DataFrame(
        {"place_id": ["P1", "P2"], "name": ["KCN", "BV"], "kind": ["industrial_zone", "hospital"]}
    )
    table = places_table(places, ["5G", "5G"], POINTS, levels(), cells(), RULE, DAY)
    assert list(table.columns) == [c.name for c in PLACES_DUTY.columns]
    assert table["place_id"].tolist() == ["P2", "P1"]  # what is lacking stands first
    assert table["covered"].tolist() == [False, True]
    assert table["nearest_bts_m"].tolist() == [16_000.0, 2500.0]
    assert pd.isna(table["best_cell"].iloc[0]) and table["best_cell"].iloc[1] == "c4"
    assert len(places_table(places, ["", ""], POINTS, levels(), cells(), RULE, DAY)) == 0
    # P1 stands 600 m from the cluster of hamlet 0, 1500 m from its centre.
    assert required_5g(POINTS, 3, ["5G", "5G"], 599.0).tolist() == [False, False, False]
    assert required_5g(POINTS, 3, ["5G", "5G"], 600.0).tolist() == [True, False, False]
    assert required_5g(POINTS, 3, ["4G", "5G"], 600.0).tolist() == [False, False, False]
