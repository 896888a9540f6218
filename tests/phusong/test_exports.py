"""What ``phusong export`` writes, read by other programs: GDAL's own, LibreOffice, and QGIS's rules for styles."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from pyproj import Transformer

from phusong.cli import main
from phusong.gis_data import cog
from phusong.gis_data.plan_schema import PLAN_STATE_LABELS
from phusong.maps.classes import classify

LAYERS = {
    "hamlets": 12, "clusters": 13, "hamlet_reasons": 4, "masts": 3, "cells": 18, "stations": 1, "links": 1,
    "coverage_2g": 4, "coverage_4g": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def exported(hostile: Any) -> Path:
    return hostile.out / "export"


def phusong(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*map(str, arguments), "--quiet"])
    return int(caught.value.code or 0)


def program(*command: object) -> str:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"needs {command[0]} (make system-deps)")
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True, timeout=240)
    return done.stdout.decode("utf-8")


def counts(path: Path) -> dict[str, int]:
    """Features by layer, as GDAL's own program counts them."""
    text = program("ogrinfo", "-so", "-al", path)
    return {
        name: int(number)
        for name, number in re.findall(r"Layer name: (.*?)\n.*?Feature Count: (\d+)", text, re.DOTALL)
    }


def in_degrees(path: Path, layer: str) -> dict[str, tuple[float, float]]:
    """Where the hamlets lie, as GDAL's own program transforms them."""
    text = program("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", "-t_srs", "EPSG:4326", path, layer)
    return {
        one["properties"]["village_id"][:40]: tuple(one["geometry"]["coordinates"])
        for one in json.loads(text)["features"]
    }


def test_gdal_counts_what_was_written(exported: Path) -> None:
    assert LAYERS.items() <= counts(exported / "results.gpkg").items()
    for ending in ("shp", "tab"):
        for name, number in LAYERS.items():
            assert counts(exported / ending / f"{name}.{ending}")[name] == number, (ending, name)


def test_vn2000_survives_in_every_format(exported: Path, hostile: Any) -> None:
    """A MapInfo table without the shift of its datum would lie 224 m away."""
    frame = gpd.read_file(hostile.out / "gaps.gpkg", layer="hamlets").to_crs(4326)
    places = {name[:40]: (p.x, p.y) for name, p in zip(frame["village_id"], frame.geometry, strict=True)}
    for path in ("results.gpkg", "shp/hamlets.shp", "tab/hamlets.tab"):
        found = in_degrees(exported / path, "hamlets")
        assert found.keys() == places.keys()
        for name, (lon, lat) in found.items():
            assert abs(lon - places[name][0]) < 2e-7 and abs(lat - places[name][1]) < 2e-7, (path, name)
    assert pyogrio.read_info(exported / "shp" / "hamlets.shp")["crs"] == "EPSG:5899"
    assert (exported / "shp" / "hamlets.cpg").read_text("utf-8") == "UTF-8"


def test_short_column_names_are_explained(exported: Path) -> None:
    with (exported / "shp" / "columns.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    fields = pyogrio.read_info(exported / "shp" / "hamlets.shp")["fields"].tolist()
    told = {row["column"]: row["name"] for row in rows if row["file"] == "hamlets"}
    assert list(told) == fields and all(len(field) <= 10 for field in fields)
    assert told["lev_4g_dbm"] == "level_4g_dbm"
    assert {row["title"] for row in rows if row["name"] == "population"} == {"Population (people)"}


def test_google_earth_file_as_gdal_reads_it(exported: Path) -> None:
    found = counts(exported / "results.kmz")
    assert found["No signal at the centre (4)"] == 4 and found["Covered (8)"] == 8
    assert found["Masts"] == 3 and sum(n for name, n in found.items() if re.match(r"[24]G", name)) == 18
    assert found["Backhaul"] == 1 and found["Hamlets newly served"] == 4


def test_google_earth_file_has_legend_coverage_profiles_and_days(exported: Path) -> None:
    with zipfile.ZipFile(exported / "results.kmz") as archive:
        names, root = archive.namelist(), ET.fromstring(archive.read("doc.kml"))
        assert names[0] == "doc.kml" and {"legend.png", "coverage/2g.png", "coverage/4g.png"} <= set(names)
        assert len([name for name in names if name.startswith("profiles/")]) == 4
        assert all(archive.read(name).startswith(b"\x89PNG") for name in names if name.endswith(".png"))
    space = {"k": "http://www.opengis.net/kml/2.2"}
    box = root.find(".//k:GroundOverlay/k:LatLonBox", space)
    assert box is not None
    edges = {edge.tag.partition("}")[2]: float(edge.text or "nan") for edge in box}
    assert edges["west"] < 106.95 < edges["east"] and edges["south"] < 21.07 < edges["north"]
    begins = {element.text for element in root.iterfind(".//k:TimeSpan/k:begin", space)}
    assert begins == {"2012-05-01", "2015-01-01", "2022-06-30"}
    assert root.find(".//k:ScreenOverlay", space) is not None


def test_coverage_lies_where_it_was(exported: Path, hostile: Any) -> None:
    told = json.loads(program("gdalinfo", "-json", exported / "coverage" / "4g_level.tif"))
    assert (
        "VN-2000" in told["coordinateSystem"]["wkt"]
        and told["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
    )
    with (
        rasterio.open(hostile.out / "coverage" / "4g_level.tif") as before,
        rasterio.open(exported / "coverage" / "4g_level.tif") as after,
    ):
        old, new = before.read(1), after.read(1)
        assert after.tags()["threshold_dbm"] == before.tags()["threshold_dbm"]
        assert (after.scales, after.units, after.nodata) == (before.scales, before.units, before.nodata)
        rows, columns = np.indices(new.shape)
        x, y = rasterio.transform.xy(after.transform, rows.ravel(), columns.ravel())
        there = Transformer.from_crs("EPSG:5899", before.crs, always_xy=True).transform(x, y)
        column, row = (np.floor(a).astype(int) for a in (~before.transform) * there)
    inside = (row >= 0) & (row < old.shape[0]) & (column >= 0) & (column < old.shape[1])
    same = new.ravel()[inside] == old[row[inside], column[inside]]
    assert same.mean() > 0.99  # GDAL interpolates coordinates to a tenth of a pixel


def test_areas_of_coverage_have_the_size_of_their_pixels(exported: Path, hostile: Any) -> None:
    level = cog.read_cog(hostile.out / "coverage" / "4g_level.tif").values
    frame = gpd.read_file(exported / "results.gpkg", layer="coverage_4g").to_crs("EPSG:32648")
    classes = classify(level, frame["from_dbm"].tolist())
    assert frame["level_class"].tolist() == ["weak", "uncertain", "covered", "strong"]
    for k, area in enumerate(frame.geometry.area, start=1):
        assert area == pytest.approx((classes == k).sum() * 90.0**2, rel=1e-5)


@pytest.mark.parametrize("name", ["gaps", "reasons", "proposals", "plans", "network", "export/results"])
def test_styles_are_where_qgis_looks_for_them(hostile: Any, name: str) -> None:
    """The table and the query of QGIS's OGR provider: schema empty, geometry column named, one default."""
    with sqlite3.connect(hostile.out / f"{name}.gpkg") as base:
        columns = [row[1] for row in base.execute("PRAGMA table_info(layer_styles)")]
        rows = base.execute(
            "SELECT f_table_name, f_geometry_column, styleQML FROM layer_styles "
            "WHERE f_table_catalog = '' AND f_table_schema = '' AND useAsDefault = 1"
        ).fetchall()
        geometry = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
        kind = base.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchone()
    assert columns == [
        "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML",
        "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
    ]  # fmt: skip
    assert kind == ("attributes",)
    assert {table: column for table, column, _ in rows} == geometry  # every layer has a style
    for table, _, text in rows:
        root = ET.fromstring(text.partition("\n")[2])
        frame = gpd.read_file(hostile.out / f"{name}.gpkg", layer=table)
        renderer = root.find("renderer-v2")
        assert renderer is not None
        symbols = {symbol.attrib["name"] for symbol in renderer.iterfind("symbols/symbol")}
        if renderer.attrib["type"] == "categorizedSymbol":
            categories = list(renderer.iterfind("categories/category"))
            values = {category.attrib["value"] for category in categories}
            assert set(frame[renderer.attrib["attr"]].dropna()) <= values, table
            assert {category.attrib["symbol"] for category in categories} == symbols
        labelled = root.find("labeling/settings/text-style")
        assert labelled is None or labelled.attrib["fieldName"] in frame.columns
        for alias in root.iterfind("aliases/alias"):
            assert alias.attrib["field"] in frame.columns


def test_plan_items_are_places_with_their_state_in_every_format(exported: Path, hostile: Any) -> None:
    items = gpd.read_file(hostile.out / "plans.gpkg", layer="plan_items")
    assert len(items) >= 3 and set(items["state"]) <= set(PLAN_STATE_LABELS)
    for path in ("results.gpkg", "shp/plan_items.shp", "tab/plan_items.tab"):
        assert counts(exported / path)["plan_items"] == len(items), path
    masts = gpd.read_file(hostile.out / "network.gpkg", layer="masts").set_index("mast_id").geometry
    hamlets = gpd.read_file(hostile.out / "gaps.gpkg", layer="hamlets").set_index("village_id").geometry
    for item in items.itertuples():
        at = masts.get(item.mast_id) if item.kind == "station" else None
        place = at if at is not None else hamlets.get(item.village_id)
        assert (place is None) == (item.geometry is None), item.item_id
        assert place is None or item.geometry.distance(place) < 0.01
    with (exported / "csv" / "plan_items.csv").open(encoding="utf-8-sig", newline="") as stream:
        states = [row["State"] for row in csv.DictReader(stream)]
    assert sorted(states) == sorted(PLAN_STATE_LABELS[code][0] for code in items["state"])
    found = counts(exported / "results.kmz")
    shown = [
        number
        for name, number in found.items()
        if name.startswith(tuple(w for w, _ in PLAN_STATE_LABELS.values()))
    ]
    assert sum(shown) == items.geometry.notna().sum() > 0


def test_libreoffice_shows_texts_and_runs_no_formula(exported: Path, hostile: Any, tmp_path: Path) -> None:
    copy = tmp_path / "from_csv.csv"
    shutil.copyfile(exported / "csv" / "hamlets.csv", copy)
    # comma, double quote, UTF-8; formulas in text files are run (token 13), all sheets are written (token 12)
    comma = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    runs = "44,34,76,1,,0,false,true,false,false,false,0,true"
    for source, more in (
        (exported / "results.xlsx", ()),
        (copy, (f"--infilter=Text - txt - csv (StarCalc):{runs}",)),
    ):
        program(
            "soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", *more,
            "--convert-to", comma, "--outdir", tmp_path / "out", source,
        )  # fmt: skip
    for pattern, apostrophes in (("results-Verdict per hamlet*.csv", False), ("from_csv*.csv", True)):
        path = next((tmp_path / "out").glob(pattern))
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = csv.reader(stream)
        shown = {row[header.index("Hamlet")] for row in rows}
        plain = {name.removeprefix("'").replace(";'=", ";=") if apostrophes else name for name in shown}
        assert plain == {name.removeprefix("'") if apostrophes else name for name in hostile.names}, pattern
        people = [float(row[header.index("Population (people)")].replace(",", "")) for row in rows]
        assert sorted(people) == [101.0 + k for k in range(12)]


def test_the_same_results_give_the_same_bytes(exported: Path, hostile: Any) -> None:
    files = sorted(path for path in exported.rglob("*") if path.is_file())
    before = {path: path.read_bytes() for path in files}
    formats = "kmz,gpkg,shp,tab,xlsx,csv,cog"
    assert phusong("export", hostile.out.parent, "--format", formats, "--crs", "EPSG:5899") == 0
    assert sorted(path for path in exported.rglob("*") if path.is_file()) == files
    for path in files:
        assert path.read_bytes() == before[path], path.name


def test_requests_are_checked_before_anything_is_written(
    own_valley: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ("--format", "dwg", "--format", "kmz", "--what", "towers", "--crs", "EPSG:5899x")
    assert phusong("export", own_valley, *wrong) == 2
    told = capsys.readouterr().err
    assert all(word in told for word in ("'dwg'", "'towers'", "'EPSG:5899x'", "one of kmz, gpkg, shp")), told
    assert phusong("export", own_valley, "--what", "masts,coverage") == 2
    told = capsys.readouterr().err
    assert "network.gpkg" in told and "_level.tif" in told and "phusong run" in told
    assert not (own_valley / "out").exists()


def test_only_what_was_asked_for(hostile: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Path(shutil.copytree(hostile.out.parent, tmp_path / "project"))
    shutil.rmtree(project / "out" / "export")
    assert phusong("export", project, "--format", "shp", "--what", "masts,cells", "--lang", "vi") == 0
    folder = project / "out" / "export"
    assert {path.stem for path in folder.rglob("*.shp")} == {"masts", "cells"}
    assert pyogrio.read_info(folder / "shp" / "masts.shp")["crs"] == "EPSG:32648"
    assert "Chiều cao cột (m)" in (folder / "shp" / "columns.csv").read_text("utf-8-sig")
    assert phusong("export", project, "--format", "shp", "--what", "masts") == 0
    assert {path.stem for path in folder.rglob("*.shp")} == {"masts"}  # what was not written again is gone
    assert phusong("export", project, "--format", "csv", "--what", "coverage") == 2
    assert "a format for maps" in capsys.readouterr().err
