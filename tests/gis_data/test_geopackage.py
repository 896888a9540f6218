"""Layers written through SQLite are those that GDAL would write, and GDAL goes on with them."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pandas.testing import assert_frame_equal

from phusong.gis_data.geopackage import write_layers

DAY = date(2025, 7, 1)
_BOOKKEEPING = ("gpkg_extensions", "gpkg_geometry_columns", "gpkg_ogr_contents", "sqlite_sequence")


def table(rows: int = 300) -> pd.DataFrame:
    chance = np.random.default_rng(rows)
    number = np.arange(rows)
    return pd.DataFrame({
        "text": [f"Thôn \"{n}\" 'x'" if n % 7 else None for n in number],
        "loose": pd.Series([None if n % 3 else n % 5 for n in number], dtype=object),
        "nothing": pd.Series([None] * rows, dtype=object),
        "double": np.where(number % 4, chance.normal(size=rows), np.nan),
        "single": chance.normal(size=rows).astype(np.float32),
        "long": number * 10**10,
        "short": number.astype(np.int32),
        "truth": number % 2 == 0,
        "maybe": pd.array([None if n % 5 else n for n in number], dtype="Int64"),
        "perhaps": pd.array([None if n % 5 else bool(n % 2) for n in number], dtype="boolean"),
        "day": pd.to_datetime(["2020-02-29" if n % 2 else None for n in number]),
        "moment": pd.to_datetime(["2020-02-29T12:30:15.250" if n % 2 else None for n in number], utc=True),
    })  # fmt: skip


def shapes(kind: str, rows: int = 300) -> np.ndarray:
    chance = np.random.default_rng(5)
    points = shapely.points(chance.uniform(600_000, 800_000, (rows, 2)) + np.array([0.0, 1.6e6]))
    discs = shapely.buffer(points, 500.0, quad_segs=2)
    found = {
        "points": points,
        "polygons": discs,
        "some_multi": np.where(np.arange(rows) % 2, discs, [shapely.MultiPolygon([one]) for one in discs]),
        "mixed": np.where(np.arange(rows) % 2, discs, points),
        "high": shapely.force_3d(discs, 12.0),
    }[kind]
    found = found.copy()
    found[3] = None
    if kind not in ("high", "some_multi"):
        found[5] = shapely.Point() if kind == "points" else shapely.Polygon()
    return found


def by_gdal(path: Path, frame: pd.DataFrame) -> None:
    pyogrio.write_dataframe(
        frame, path, layer="t", driver="GPKG", dataset_options={"VERSION": "1.3"},
        layer_options={"DATETIME_PRECISION": "MILLISECOND", "GEOMETRY_NAME": "geom"},
    )  # fmt: skip


def contents(path: Path) -> dict[str, object]:
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT * FROM t").fetchall()
        there = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        listed = [name for name in _BOOKKEEPING if name in there]
        told = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in listed}
        schema = set(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))
        extent = database.execute("SELECT data_type, min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents")
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {"rows": rows, "schema": schema, "extent": extent.fetchall(), **told}


@pytest.mark.parametrize("kind", ["", "points", "polygons", "some_multi", "mixed", "high"])
def test_the_file_holds_what_gdal_writes(tmp_path: Path, kind: str) -> None:
    frame = table() if not kind else gpd.GeoDataFrame(table(), geometry=shapes(kind), crs=32648)
    by_gdal(tmp_path / "a.gpkg", frame)
    write_layers(tmp_path / "b.gpkg", {"t": frame}, {}, DAY)
    ours, theirs = contents(tmp_path / "b.gpkg"), contents(tmp_path / "a.gpkg")
    for (*_, was), (*_, now) in zip(theirs.pop("extent"), ours.pop("extent"), strict=True):
        assert was == now
    if kind == "high":  # we leave the lowest and the highest point out of the extent before each geometry
        for one in (ours, theirs):
            one["rows"] = [row[2:] for row in one["rows"]]
    assert ours == theirs
    back = [pyogrio.read_dataframe(tmp_path / name, layer="t") for name in ("a.gpkg", "b.gpkg")]
    if kind:
        assert back[0].geom_equals(back[1].geometry).sum() >= 298 and back[0].crs == back[1].crs
        back = [pd.DataFrame(one.drop(columns="geometry")) for one in back]
    assert_frame_equal(*back)


@pytest.mark.parametrize("kind", ["points", "polygons"])
def test_the_spatial_index_finds_what_lies_there_and_takes_more(tmp_path: Path, kind: str) -> None:
    frame = gpd.GeoDataFrame(table(), geometry=shapes(kind), crs=32648)
    path = tmp_path / "t.gpkg"
    write_layers(path, {"t": frame, "u": frame.iloc[:0], "v": frame.iloc[3:4]}, {"t": "<qgis/>"}, DAY)
    window = (650_000.0, 2_230_000.0, 700_000.0, 2_300_000.0)
    found = pyogrio.read_dataframe(path, layer="t", bbox=window)
    inside = frame.intersects(shapely.box(*window))
    assert 5 < inside.sum() < 100 and set(found["short"]) == set(frame.loc[inside, "short"])
    extent = pyogrio.read_info(path, layer="t")["total_bounds"]
    assert np.allclose(extent, frame.total_bounds, rtol=0.0, atol=1e-9)
    pyogrio.write_dataframe(frame.iloc[:50], path, layer="t", driver="GPKG", append=True)  # GDAL goes on
    assert pyogrio.read_info(path, layer="t")["features"] == 350
    again = pyogrio.read_dataframe(path, layer="t", bbox=window)
    assert len(again) == inside.sum() + inside.iloc[:50].sum()
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT rtreecheck('rtree_t_geom')").fetchall() == [("ok",)]
        assert database.execute("SELECT styleQML FROM layer_styles").fetchall() == [("<qgis/>",)]


def test_columns_that_are_named_like_those_of_the_file_go_through_gdal(tmp_path: Path) -> None:
    frame = pd.DataFrame({"fid": [7, 9], "name": ["a", "b"]})
    write_layers(tmp_path / "t.gpkg", {"t": frame}, {}, DAY)
    back = pyogrio.read_dataframe(tmp_path / "t.gpkg", layer="t", fid_as_index=True)
    assert back.index.tolist() == [7, 9] and back["name"].tolist() == ["a", "b"]


def test_names_of_layers_and_columns_may_hold_quotes(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({'a "b"': ["x"]}, geometry=[shapely.Point(1.0, 2.0)], crs=4326)
    write_layers(tmp_path / "t.gpkg", {'thôn "1"; DROP TABLE x': frame}, {}, DAY)
    back = pyogrio.read_dataframe(tmp_path / "t.gpkg", layer='thôn "1"; DROP TABLE x')
    assert back['a "b"'].tolist() == ["x"] and back.geometry.iloc[0].equals(shapely.Point(1.0, 2.0))
