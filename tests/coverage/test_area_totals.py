"""Shares of the area, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from phusong.coverage.area_totals import CoveredLayer, Units, area_totals
from phusong.coverage.cells import TechnologyRule
from phusong.gis_data.gap_schema import AREA_TOTALS

NOT, A, B = -1, 0, 1
COMMUNE = np.array([[A, A, B, B], [A, A, B, NOT], [NOT, NOT, B, NOT]], np.int32)
# 84.1345 % is one sigma: covered from -97 dBm on
RULE = TechnologyRule("4G", -105.0, 8.0, 0.8413447460685429)


def table_of(names: list[str], levels: dict[str, np.ndarray], rules: dict[str, TechnologyRule], km2: float):
    layers = [CoveredLayer(technology, "", level) for technology, level in levels.items()]
    return area_totals([Units("commune", COMMUNE, tuple(names))], layers, rules, km2)


def test_shares_of_two_communes() -> None:
    x = np.nan
    level = np.array([[-96.9, -97.1, x, -50], [-60, -120, -97.1, -50], [-50, -50, x, -50]], np.float32)
    none = np.full(COMMUNE.shape, np.nan, np.float32)
    rules = {"2G": TechnologyRule("2G", -95.0, 8.0, 0.9), "4G": RULE, "5G": RULE}
    table = table_of(["Xã A", "Xã B"], {"2G": none, "4G": level}, rules, 0.25)
    assert list(table.columns) == [column.name for column in AREA_TOTALS.columns]
    assert table[["scope", "commune", "technology"]].to_numpy().tolist() == [
        ["all", "", "2G"], ["all", "", "4G"], ["commune", "Xã A", "2G"], ["commune", "Xã A", "4G"],
        ["commune", "Xã B", "2G"], ["commune", "Xã B", "4G"],
    ]  # fmt: skip
    assert table["area_km2"].tolist() == [2.0, 2.0, 1.0, 1.0, 1.0, 1.0]
    assert table["area_covered_km2"].tolist() == [0.0, 0.75, 0.0, 0.5, 0.0, 0.25]
    assert table["share_area"].tolist() == [0.0, 0.375, 0.0, 0.5, 0.0, 0.25]


def test_old_communes_and_operators_beside_each_other() -> None:
    """The old communes are the columns of the picture; VNPT covers the first row, both together all of it."""
    old = np.tile(np.array([0, 0, 1, 1], np.int32), (3, 1))
    divisions = [Units("commune", COMMUNE, ("Xã A", "Xã B")), Units("old_commune", old, ("Cũ C", "Cũ D"))]
    row = np.full(COMMUNE.shape, np.nan, np.float32)
    row[0] = -50.0
    layers = [
        CoveredLayer("4G", "", np.full(COMMUNE.shape, -50.0, np.float32)),
        CoveredLayer("4G", "VNPT", row),
    ]
    table = area_totals(divisions, layers, {"4G": RULE}, 1.0)
    own = table[table["operator"] == "VNPT"].set_index("commune")["share_area"]
    assert own.to_dict() == {"": 0.5, "Xã A": 0.5, "Xã B": 0.5, "Cũ C": 1 / 3, "Cũ D": 1 / 3}
    assert (table.loc[table["operator"] == "", "share_area"] == 1.0).all()
    assert table["scope"].tolist() == ["all"] * 2 + ["commune"] * 4 + ["old_commune"] * 4


def test_without_areas_there_is_nothing() -> None:
    nowhere = Units("commune", np.full(COMMUNE.shape, -1, np.int32), ())
    layers = [CoveredLayer("4G", "", np.full(COMMUNE.shape, -50.0, np.float32))]
    assert area_totals([nowhere], layers, {"4G": RULE}, 1.0).empty


def test_a_commune_without_a_pixel_has_no_share() -> None:
    table = table_of(["A", "B", "C"], {"4G": np.zeros(COMMUNE.shape, np.float32)}, {"4G": RULE}, 1.0)
    row = table.set_index("commune").loc["C"]
    assert row["area_km2"] == 0.0 and np.isnan(row["share_area"])
    assert table["area_covered_km2"].tolist() == pytest.approx([8.0, 4.0, 4.0, 0.0])
