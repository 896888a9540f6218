"""The data block: safe in a page, exact in its numbers."""

import json
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from phusong.coverage.cells import TechnologyRule
from phusong.gis_data.grid import Grid
from phusong.maps.blobs import Blobs
from phusong.maps.content import CoverageLayer, HamletProfile, MapContent
from phusong.maps.payload import payload
from phusong.maps.pictures import ArrayPicture
from phusong.maps.script_json import script_safe_json

GRID = Grid("EPSG:32648", 640000.0, 2390000.0, 100.0, 20, 20)
CRS = "EPSG:32648"


NO_BLOBS = Blobs([], [], None, [])


def layer() -> CoverageLayer:
    rule = TechnologyRule("4G", -105.0, 8.0, 0.9)
    return CoverageLayer(rule, ArrayPicture(GRID, np.full(GRID.shape, 2, np.uint8)))


def content(**changes) -> MapContent:
    villages = gpd.GeoDataFrame(
        {
            "village_id": ["V1", "V2"], "name": ["Khe Tiền", None], "commune": "Xã A",
            "population": [120.0, 80.5], "households": pd.array([30, None], dtype="Int64"),
            "grid_power": [True, False], "verdict": ["no_signal", "covered"], "confidence": "likely",
            "level_4g_dbm": np.array([-101.26, np.nan], np.float32), "p_4g": [0.91249, np.nan],
            "served_4g": [True, False], "best_cell_4g": ["C1", None],
        },
        geometry=[Point(640500, 2389500), box(640800, 2388800, 641000, 2389000)], crs=CRS,
    )  # fmt: skip
    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs=CRS)
    values = {
        "title": "T", "language": "vi", "synthetic": True, "as_of": date(2025, 12, 31), "grid": GRID,
        "terrain_m": np.zeros(GRID.shape, np.float32), "land": np.ones(GRID.shape, np.uint8),
        "coverage": (layer(),), "operators": ("Viettel", "VNPT"), "villages": villages,
        "masts": gpd.GeoDataFrame(
            {"mast_id": ["M1"], "owner": ["Tower company"]}, geometry=[Point(640100, 2389000)], crs=CRS
        ),
        "communes": empty, "places": empty, "proposals": empty,
        "plan_items": pd.DataFrame(
            {"plan_id": ["P"], "deadline": [pd.Timestamp(2022, 12, 31)], "reported_on": [pd.NaT]}
        ),
        "assumptions": {"vi": (("a", "b"),), "en": (("a", "b"),)}, "data_versions": (),
        "currency": {"vi": "triệu kíp", "en": "million LAK"},
    }  # fmt: skip
    return MapContent(**{**values, **changes})


def test_numbers_are_those_of_the_table_rounded():
    villages = payload(content(), NO_BLOBS)["villages"]
    assert villages["technologies"]["4G"] == {
        "level": [-101.3, None],
        "p": [0.912, None],
        "served": [True, False],
        "best": ["C1", None],
    }
    assert villages["population"] == [120, 80.5]
    assert villages["households"] == [30, None]
    assert villages["name"] == ["Khe Tiền", None]
    assert villages["lat"][1] == pytest.approx(21.6, abs=0.2)


def test_owner_who_is_no_operator_gets_a_colour_too():
    names = [operator["name"] for operator in payload(content(), NO_BLOBS)["operators"]]
    assert names == ["Viettel", "VNPT", "Tower company"]


def test_dates_are_iso_and_missing_ones_are_null():
    plans = payload(content(), NO_BLOBS)["plans"]
    assert plans == {"plan_id": ["P"], "deadline": ["2022-12-31"], "reported_on": [None]}


def test_unknown_verdict_is_refused():
    villages = content().villages.assign(verdict="excellent")
    with pytest.raises(ValueError, match="excellent"):
        payload(content(villages=villages), NO_BLOBS)


def test_served_villages_may_be_a_tuple():
    proposals = gpd.GeoDataFrame(
        {"station_id": ["S1"], "villages_served": [("V1", "V2")]}, geometry=[Point(640100, 2389000)], crs=CRS
    )
    assert payload(content(proposals=proposals), NO_BLOBS)["proposals"]["villages_served"] == ["V1;V2"]


def test_outlines_are_rings_in_degrees_and_points_have_none():
    communes = gpd.GeoDataFrame(
        {"name": ["A", "B"]},
        geometry=[box(640000, 2388000, 641000, 2389000), Point(640500, 2389500)],
        crs=CRS,
    )
    table = payload(content(communes=communes), NO_BLOBS)["communes"]
    assert [len(rings) for rings in table["outline"]] == [1, 0]
    ring = np.array(table["outline"][0][0])
    assert ring[0].tolist() == ring[-1].tolist()
    assert (np.abs(ring - (21.6, 106.4)) < 0.2).all()


def test_cells_name_their_mast_by_its_row():
    cells = pd.DataFrame(
        {"cell_id": ["C1"], "mast_id": ["M1"], "technology": ["4G"], "azimuth_deg": [np.nan]}
    )
    table = payload(content(cells=cells), NO_BLOBS)["cells"]
    assert table == {"cell_id": ["C1"], "technology": ["4G"], "azimuth_deg": [None], "mast": [0]}


def test_profile_keeps_its_ends_and_its_obstacle_and_little_else():
    km = np.linspace(0.0, 9.0, 3001)
    ground = np.where(np.arange(3001) == 1234, 500.0, 10.0)  # a needle that thinning alone would lose
    profile = HamletProfile("V1", "M1", km, ground, np.zeros(3001), 40.0, 1.5, 900.0, float(km[1234]), 20.0)
    drawn = payload(content(profiles=(profile,)), NO_BLOBS)["profiles"]["V1"]
    assert drawn["km"][0] == 0.0
    assert drawn["km"][-1] == 9.0
    assert max(drawn["ground"]) == 500
    assert drawn["km"][drawn["ground"].index(500)] == drawn["obstacleKm"]
    assert len(drawn["km"]) <= 161


@given(st.text())
def test_any_text_survives_the_data_block_and_cannot_leave_it(text):
    block = script_safe_json({"name": text})
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == {"name": text}


def test_a_long_column_of_few_texts_is_told_shorter_and_means_the_same():
    masts = gpd.GeoDataFrame(
        {"mast_id": [f"M{k}" for k in range(400)], "owner": ["Viettel", None] * 200, "height_m": 42.0},
        geometry=[Point(640100 + k, 2389000) for k in range(400)], crs=CRS,
    )  # fmt: skip
    table = payload(content(masts=masts), NO_BLOBS)["masts"]
    assert table["mast_id"] == masts["mast_id"].tolist()
    assert table["height_m"] == [42] * 400
    assert [table["owner"]["of"][k] for k in table["owner"]["at"]] == ["Viettel", None] * 200


def test_control_characters_and_marks_of_direction_are_left_out_everywhere():
    masts = gpd.GeoDataFrame(
        {"mast_id": ["M\x001"], "owner": ["\u202eViettel\x1b"]}, geometry=[Point(640100, 2389000)], crs=CRS
    )
    shown = payload(content(masts=masts, title="T\x07\u2066"), NO_BLOBS)
    assert (shown["title"], shown["masts"]["mast_id"], shown["masts"]["owner"]) == ("T", ["M1"], ["Viettel"])
    assert payload(content(), NO_BLOBS)["villages"]["name"] == ["Khe Tiền", None]
