"""The verdict table and its totals, counted again by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from phusong.coverage.cells import CellTable
from phusong.coverage.gaps import Verdicts
from phusong.coverage.gaps_table import totals, verdict_table
from phusong.gis_data.result_schema import (
    CONFIDENCES,
    RESULT_TABLES,
    VERDICTS,
    VILLAGE_TOTALS,
    VILLAGE_VERDICTS,
)
from phusong.gis_data.schema import TECHNOLOGIES


def some_verdicts(codes: list[str], confidences: list[str]) -> Verdicts:
    n = len(codes)
    cell = np.full((n, 2), -1, np.int32)
    cell[0, 1] = 1
    zeros = np.zeros((n, 2))
    return Verdicts(
        technologies=("2G", "4G"), level_dbm=np.where(cell >= 0, -80.0, np.nan), shift_db=np.full((n, 2), np.nan),
        p_covered=zeros,
        share_people=zeros, served=zeros > 1, best_cell=cell, servers=cell + 1, masts=np.zeros(n, np.int32),
        voice=np.zeros(n, bool), broadband=np.zeros(n, bool), p_centre_voice=np.zeros(n), p_voice=np.zeros(n),
        p_broadband=np.zeros(n), verdict=np.array([VERDICTS.index(c) for c in codes], np.int8), p=np.zeros(n),
        confidence=np.array([CONFIDENCES.index(c) for c in confidences], np.int8),
        by_measurement=np.arange(n) == 0, by_shift=np.arange(n) == 1, samples=np.arange(n), model_verdict=np.zeros(n, np.int8),
        split=np.zeros(n, bool),
    )  # fmt: skip


def two_cells() -> CellTable:
    number, text = np.zeros(2), np.array(["", ""])
    return CellTable(
        np.array(["QN1-2G", "QN1-4G"]), text, text, np.array(["2G", "4G"]), text, *([number] * 10),
        np.full(2, np.datetime64("NaT", "D")), np.full(2, np.datetime64("NaT", "D")),
    )  # fmt: skip


@pytest.fixture
def table() -> pd.DataFrame:
    villages = pd.DataFrame(
        {
            "village_id": ["v1", "v2", "v3", "v4"],
            "name": ["Khe Tiền", "Ngàn Chi", "Khu 10", "Khu 11"],
            "commune": ["Xã Hoành Mô", "Bình Liêu", "Phường Mông Dương", "mông dương"],
            "old_commune": ["Đồng Văn", "Vô Ngại", None, None],
            "population": [120.0, 80.0, 700.0, 100.0],
            "households": [30, 20, 180, 25],
            "grid_power": [False, True, True, True],
        }
    )
    codes = ["no_signal", "partial_signal", "covered", "fragile"]
    verdicts = some_verdicts(codes, ["certain", "uncertain", "likely", "uncertain"])
    return verdict_table(verdicts, villages, two_cells())


def test_table_has_the_declared_columns_in_their_order(table: pd.DataFrame) -> None:
    declared = [column.name for column in VILLAGE_VERDICTS.columns]
    absent = [name for name in declared if name not in table.columns]
    assert all("_3g" in name or "_5g" in name or "_indoor" in name for name in absent)
    assert list(table.columns) == [name for name in declared if name in table.columns]
    assert table["best_cell_4g"].fillna("-").tolist() == ["QN1-4G", "-", "-", "-"]
    assert table["dead_zone"].tolist() == [True, True, False, False]
    assert table["level_4g_dbm"].tolist()[0] == -80.0


def test_totals_by_commune_counted_by_hand(table: pd.DataFrame) -> None:
    communes = pd.DataFrame({"name": ["Xã Hoành Mô", "Xã Bình Liêu", "Phường Mông Dương", "Đặc khu Cô Tô"]})
    result = totals(table, communes).set_index("commune")
    assert result.index.tolist() == ["Phường Mông Dương", "Xã Bình Liêu", "Xã Hoành Mô", "Đặc khu Cô Tô", ""]
    assert result["hamlets"].tolist() == [2, 1, 1, 0, 4]
    assert result["people"].tolist() == [800.0, 80.0, 120.0, 0.0, 1000.0]
    assert result["dead_people"].tolist() == [0.0, 80.0, 120.0, 0.0, 200.0]
    assert result.loc["", "share_people_dead"] == 0.2
    assert np.isnan(result.loc["Đặc khu Cô Tô", "share_people_dead"])
    assert result.loc["", "dead_uncertain_hamlets"] == 1
    assert result.loc["", "dead_without_power_hamlets"] == 1
    assert result.loc["Phường Mông Dương", ["hamlets_covered", "hamlets_fragile"]].tolist() == [1, 1]
    for kind in ("hamlets", "people"):
        assert (result[[f"{kind}_{code}" for code in VERDICTS]].sum(axis=1) == result[kind]).all()


def test_totals_by_old_commune(table: pd.DataFrame) -> None:
    result = totals(table, by="old_commune")
    assert result["commune"].tolist() == ["", "Vô Ngại", "Đồng Văn", ""]
    assert result["hamlets"].tolist() == [2, 1, 1, 4]
    assert result["scope"].tolist() == ["commune", "commune", "commune", "all"]


def test_communes_of_one_name_but_two_kinds_stay_apart(table: pd.DataFrame) -> None:
    table = table.assign(commune=["Phường Hải Hòa", "Xã Hải Hòa", "Xã Hải Hòa", "Xã Hải Hòa"])
    communes = pd.DataFrame({"name": ["Xã Hải Hòa", "Phường Hải Hòa"]})
    result = totals(table, communes)
    assert result["hamlets"].tolist() == [1, 3, 4]


def test_totals_of_an_empty_table(table: pd.DataFrame) -> None:
    result = totals(table.iloc[:0])
    assert (len(result), result.loc[0, "hamlets"]) == (1, 0)


def test_other_number_of_hamlets_is_refused() -> None:
    with pytest.raises(ValueError, match="1 verdicts for 0 hamlets"):
        verdict_table(some_verdicts(["covered"], ["likely"]), pd.DataFrame(), two_cells())


def test_result_columns_are_labelled_in_both_languages() -> None:
    for result_table in RESULT_TABLES.values():
        names = [column.name for column in result_table.columns]
        assert len(names) == len(set(names))
        for column in result_table.columns:
            assert column.label_en, column.name
            assert column.label_vi, column.name
    by_technology = [c.name for c in VILLAGE_VERDICTS.columns if c.name.startswith("level_")]
    assert by_technology == [f"level_{t.lower()}_dbm" for t in TECHNOLOGIES]
    assert not any("area" in column.name for column in VILLAGE_TOTALS.columns)
