"""Shapefiles and MapInfo tables: short names, cut texts, several kinds of geometry, and the datum."""

import string
from datetime import date

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from phusong.gis_data.exchange_files import short_names, shortened, write_mapinfo, write_shapefile
from phusong.gis_data.result_schema import VILLAGE_VERDICTS

DAY = date(2025, 12, 31)


def frame() -> gpd.GeoDataFrame:
    table = pd.DataFrame({
        "name": ["Khe Tiền", "Đ" * 200, None],
        "served": pd.array([True, False, None], dtype="object"),
        "on_air": pd.to_datetime(["2020-01-02", None, "2021-02-03"]),
        "households": pd.array([1, None, 3], dtype="Int64"),
        "many": [2**40, 1, 2],
        "services_of_the_hamlet": [("2G", "4G"), (), ("5G",)],
    })  # fmt: skip
    return gpd.GeoDataFrame(
        table, geometry=[Point(107.3, 21.1), Point(107.4, 21.2), Point(107.5, 21.3)], crs=4326
    )


@given(
    st.lists(
        st.text(alphabet=string.ascii_lowercase + "_4", min_size=1, max_size=30), unique=True, max_size=40
    )
)
def test_short_names_are_short_and_different(names):
    short = short_names(names)
    assert list(short) == names
    assert all(1 <= len(name) <= 10 for name in short.values())
    assert len({name.casefold() for name in short.values()}) == len(names)


def test_short_names_of_the_verdicts_tell_technologies_apart():
    short = short_names(column.name for column in VILLAGE_VERDICTS.columns)
    for name, found in short.items():
        for technology in ("2g", "3g", "4g", "5g"):
            assert (technology in found) == (technology in name), name


@given(st.text(max_size=60), st.integers(min_value=4, max_value=80))
def test_shortened_is_the_beginning_of_the_text(text, most):
    found = shortened(text, most)
    assert len(found.encode()) <= most
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))


@pytest.mark.parametrize("ending", ["shp", "tab"])
def test_values_come_back(tmp_path, ending):
    if ending == "shp":
        names = write_shapefile(tmp_path, "thon", frame(), as_of=DAY, crs="EPSG:5899", language="vi")
    else:
        names = write_mapinfo(tmp_path, "thon", frame(), crs="EPSG:5899", language="vi")
    back = pyogrio.read_dataframe(tmp_path / f"thon.{ending}").to_crs(4326)
    assert back.geometry.x.round(6).tolist() == [107.3, 107.4, 107.5]
    assert back["name"].iloc[0] == "Khe Tiền" and back["name"].iloc[1] == "Đ" * 125 + "…"
    assert pd.isna(back["name"].iloc[2]) or back["name"].iloc[2] == ""
    assert back["served"].tolist()[:2] == ["có", "không"]
    assert back["on_air"].iloc[0] == pd.Timestamp(2020, 1, 2)
    assert back["many"].tolist() == [2.0**40, 1.0, 2.0]
    assert back[names["services_of_the_hamlet"]].iloc[0] == "2G; 4G"
    dates = pyogrio.read_info(tmp_path / f"thon.{ending}")
    assert dict(zip(dates["fields"], dates["dtypes"], strict=True))["on_air"] == "datetime64[D]"


@pytest.mark.parametrize("ending", ["shp", "tab"])
def test_points_lines_and_areas_are_files_of_their_own(tmp_path, ending):
    mixed = frame().set_geometry(
        [Point(107.3, 21.1), LineString([(107, 21), (107, 22)]), box(107, 21, 107.1, 21.1)]
    )
    if ending == "shp":
        write_shapefile(tmp_path, "a", mixed, as_of=DAY, crs="EPSG:4326", language="en")
    else:
        write_mapinfo(tmp_path, "a", mixed, crs="EPSG:4326", language="en")
    files = sorted(path.stem for path in tmp_path.glob(f"*.{ending}"))
    assert files == ["a_area", "a_line", "a_point"]
    assert [len(pyogrio.read_dataframe(tmp_path / f"{name}.{ending}")) for name in files] == [1, 1, 1]


@pytest.mark.parametrize(
    "crs", ["EPSG:5899", "EPSG:5897", "EPSG:9205", "EPSG:3405", "EPSG:4756", "EPSG:32648", "EPSG:3857"]
)
def test_mapinfo_keeps_the_datum(tmp_path, crs):
    write_mapinfo(tmp_path, "a", frame(), crs=crs, language="en")
    back = pyogrio.read_dataframe(tmp_path / "a.tab").to_crs(32648)
    assert back.geometry.distance(frame().to_crs(32648).geometry, align=False).max() < 0.2


def test_a_layer_without_rows_is_not_written(tmp_path):
    write_shapefile(tmp_path, "a", frame().iloc[:0], as_of=DAY, crs="EPSG:4326", language="en")
    write_mapinfo(tmp_path, "a", frame().iloc[:0], crs="EPSG:4326", language="en")
    assert not list(tmp_path.iterdir())
