"""The whole of `phusong fetch` against servers on this machine."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer
from rasterio.transform import rowcol

from phusong.errors import InputError
from phusong.fetch import fetch_job
from phusong.fetch_request import FetchReport, FetchRequest
from phusong.fetch_words import say
from phusong.gis_data.open_data.http_client import FetchError
from phusong.gis_data.open_data.sources import source_urls
from phusong.gis_data.reader import read_layers
from phusong.project import load_project

KEY = "pk.0f3c-secret+key/7="
BBOX = "107.2,21.0,107.6,21.3"
DAY = date(2026, 11, 22)


def fetch(folder: Path, environment: dict[str, str], **request: Any) -> FetchReport:
    wanted = FetchRequest(**({"bbox": BBOX} | request))
    options = {"sleep": lambda seconds: None}
    return fetch_job(folder, wanted, environment=environment, today=DAY, client_options=options)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def checked(folder: Path) -> Any:
    project = load_project(folder)
    return read_layers(
        folder, rasters=project.rasters, layers=project.layers, crs=project.area.crs,
        resolution_m=project.area.resolution_m, bounds=project.area.bounds, margin_m=project.area.margin_m,
        operators=project.operators,
    )  # fmt: skip


@pytest.fixture
def keyed(mirrors: dict[str, str]) -> dict[str, str]:
    return {**mirrors, "PHUSONG_OPENCELLID_KEY": KEY}


@pytest.fixture
def fetched(tmp_path: Path, keyed: dict[str, str]) -> Path:
    fetch(tmp_path / "p", keyed, province="quang ninh", bbox=None)
    return tmp_path / "p"


def test_a_province_becomes_a_project_that_checks(fetched: Path) -> None:
    layers = checked(fetched)
    assert layers.terrain_kind == "dsm"
    assert layers.villages["name"].tolist() == ["Thôn Khe Tiền", "=Bản Nà Hắc", "Thôn 3"]
    assert layers.villages["commune"].tolist() == ["Phường Móng Cái", "Xã Đồng Văn", "Xã Đồng Văn"]
    # all nine pixels of the town are Khe Tiền's; the lone pixel lies more than 5 km from every hamlet
    assert layers.villages["population"].tolist() == [450.0, 0.0, 0.0]
    assert set(layers.masts["owner"]) == {"Viettel", "VNPT", "MobiFone"}
    assert set(layers.communes["name"]) == {"Xã Đồng Văn", "Phường Móng Cái"}
    assert layers.communes.set_index("name").loc["Xã Đồng Văn", "population"] == 4321
    assert layers.places["kind"].tolist() == ["hospital", "industrial_zone"]
    assert layers.population is not None and layers.population.people.sum() == pytest.approx(457.0)
    sea = layers.land == 0
    assert 0.1 < sea.mean() < 0.4
    # at the shore itself a pixel of 90 m averages sea and land
    assert np.mean(layers.terrain_m[sea] == 0) > 0.97 and layers.terrain_m[sea].max() < 30
    assert not pd.isna(layers.terrain_m).any()


def test_heights_are_those_of_the_tiles_and_missing_tiles_are_sea(fetched: Path, read_raster: Any) -> None:
    heights, profile = read_raster(fetched / "open-data" / "terrain.tif")
    to_grid = Transformer.from_crs("EPSG:4326", profile["crs"].to_string(), always_xy=True)
    for lon, lat in ((107.25, 21.2), (107.5, 21.1), (107.4321, 21.2345)):
        x, y = to_grid.transform(lon, lat)
        row, column = rowcol(profile["transform"], x, y)
        expected = 20.0 + 100.0 * (lon - 107.0) + 900.0 * (lat - 21.05)
        assert heights[int(row), int(column)] == pytest.approx(expected, abs=0.35)  # half a pixel of 30 m
    x, y = to_grid.transform(107.4, 20.99)  # in a tile that does not exist
    row, column = rowcol(profile["transform"], x, y)
    assert heights[int(row), int(column)] == 0.0


def test_sources_and_licences_lie_beside_the_data(fetched: Path) -> None:
    record = json.loads((fetched / "open-data" / "sources.json").read_text(encoding="utf-8"))
    assert set(record["sources"]) == {"terrain", "land_cover", "population", "osm", "cells"}
    assert all(s["licence"] and s["licence_url"] and s["attribution"] for s in record["sources"].values())
    for output in record["outputs"]:
        content = (fetched / "open-data" / output["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == output["sha256"]
        assert output["sources"] and output["note"]
    tile = next(d for d in record["downloads"] if d["name"] == "Copernicus_DSM_COG_10_N21_00_E107_00_DEM.tif")
    kept = (fetched / ".phusong" / "downloads" / tile["name"]).read_bytes()
    assert (tile["bytes"], tile["sha256"]) == (len(kept), hashlib.sha256(kept).hexdigest())
    assert tile["retrieved"] == "2026-11-22" and tile["etag"] == '"dem-21-107"'
    sea = next(d for d in record["downloads"] if "N20_00_E107" in d["name"])
    assert sea["sha256"] == "" and sea["bytes"] == 0
    licences = (fetched / "open-data" / "LICENCES.md").read_text(encoding="utf-8")
    for words in (
        "ODbL",
        "CC BY 4.0",
        "CC BY-SA 4.0",
        "© DLR e.V.",
        "© OpenStreetMap contributors",
        "WorldPop",
    ):
        assert words in licences


def test_a_second_fetch_asks_nothing_and_changes_nothing(
    fetched: Path, keyed: dict[str, str], world: Any
) -> None:
    before, asked = files_of(fetched), len(world.asked)
    fetch(fetched, keyed, province="quang ninh", bbox=None)
    assert len(world.asked) == asked
    assert files_of(fetched) == before


def test_the_same_servers_give_the_same_bytes(fetched: Path, keyed: dict[str, str], tmp_path: Path) -> None:
    fetch(tmp_path / "again", keyed, province="quang ninh", bbox=None)
    first, second = files_of(fetched), files_of(tmp_path / "again")
    assert first == second


def test_only_the_part_of_a_large_raster_is_read(fetched: Path, world: Any) -> None:
    path = "/cover/v200/2021/map/ESA_WorldCover_10m_2021_v200_N21E105_Map.tif"
    assert all("Range" in asked.headers for asked in world.asks(path))


def test_the_key_is_in_no_file_no_log_and_no_message(
    tmp_path: Path, keyed: dict[str, str], world: Any, faults: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    served = world.files["/ocid/downloads?file=452.csv.gz"]
    served.faults += [faults.status(500), faults.cut(20)]
    fetch(tmp_path / "p", keyed)
    tokens = {asked.query.get("token") for asked in world.asks("/ocid/downloads")}
    assert tokens == {KEY}
    messages = [caplog.text]
    for fault in (
        faults.status(401),
        faults.sends(f"bad token {KEY}".encode()),
        faults.status(302, Location="ftp://x"),
    ):
        served.faults[:] = [fault]
        with pytest.raises(FetchError) as error:
            fetch(tmp_path / "q", keyed, only=("cells",), countries=("VN",))
        messages.append(str(error.value))
        messages.append("".join(str(e) for e in (error.value.__cause__,) if e))
    assert "452.csv.gz" in messages[1]
    written = [content for folder in ("p", "q") for content in files_of(tmp_path / folder).values()]
    for form in (KEY, quote(KEY, safe=""), quote_plus(KEY)):
        assert all(form not in message for message in messages)
        assert all(form.encode() not in content for content in written)


def test_the_command_does_it_all_and_keeps_the_key_to_itself(tmp_path: Path, keyed: dict[str, str]) -> None:
    environment = {**os.environ, **keyed, "PYTHONIOENCODING": "utf-8"}

    def phusong(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "phusong", *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, encoding="utf-8", cwd=tmp_path
        )

    done = phusong("fetch", "p", "--bbox", BBOX, "--lang", "en", "--debug")
    assert done.returncode == 0, done.stderr
    assert "masts.csv" in done.stdout and "CC BY-SA 4.0" in done.stdout
    check = phusong("check", "p", "--lang", "en")
    assert check.returncode == 0, check.stderr
    bad = phusong("fetch", "p", "--bbox", "21.0,107.2,21.3,107.6")
    assert bad.returncode == 2 and "swapped" in bad.stderr
    assert KEY not in done.stdout + done.stderr + check.stdout + check.stderr
    environment["PHUSONG_SOURCE_OSM"] += "/nowhere"
    refused = phusong("fetch", "q", "--bbox", BBOX, "--only", "osm")
    assert refused.returncode == 2 and "404" in refused.stderr and "Traceback" not in refused.stderr


def test_without_a_key_the_rest_is_fetched_and_the_person_is_told(
    tmp_path: Path, mirrors: dict[str, str]
) -> None:
    report = fetch(tmp_path, mirrors)
    told = dict(report.remains)
    assert told["no_key"] == {"variable": "PHUSONG_OPENCELLID_KEY"}
    assert "PHUSONG_OPENCELLID_KEY" in say("no_key", "vi", **told["no_key"])
    assert {output.file for output in report.outputs} >= {"terrain.tif", "villages.csv", "population.tif"}
    template = (tmp_path / "open-data" / "cells.csv").read_text(encoding="utf-8-sig")
    assert template.count("\n") == 1 and "Mã cell" in template
    project = load_project(tmp_path)
    assert "Viettel" in project.operators and project.layers["cells"].path == "open-data/cells.csv"


def test_everything_that_may_remain_can_be_said_in_both_languages(
    tmp_path: Path, keyed: dict[str, str]
) -> None:
    for key, values in fetch(tmp_path, keyed).remains:
        assert all(say(key, language, **values).strip() for language in ("vi", "en"))


def test_a_project_of_the_user_keeps_its_lines_and_gets_what_it_lacks(
    tmp_path: Path, keyed: dict[str, str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "hamlets.csv").write_text("village_id,name\n", encoding="utf-8")
    own = (
        "# ours\r\noperators = [\"Viettel\", \"VNPT\", \"MobiFone\"]\r\n[project]\r\nname = \"Tỉnh\"\r\nas_of = 2025-12-31\r\n"
        "[area]\r\ncrs = \"EPSG:5899\"\r\nresolution_m = 90\r\nbounds = [107.2, 21.0, 107.6, 21.3]\r\n"
        "[rasters] # ours too\r\nterrain = \"mine/dem.tif\"\r\n[layers]\r\nvillages = \"mine/hamlets.csv\"\r\n"
    )  # fmt: skip
    (tmp_path / "phusong.toml").write_bytes(own.encode())
    report = fetch(tmp_path, keyed, bbox=None)
    text = (tmp_path / "phusong.toml").read_bytes().decode()
    added = tomllib.loads(text)
    assert [line for line in text.split("\r\n") if line in own.split("\r\n")] == own.split("\r\n")
    assert added["rasters"] == {
        "terrain": "mine/dem.tif", "land": "open-data/land.tif", "clutter": "open-data/clutter.tif",
        "population": "open-data/population.tif",
    }  # fmt: skip
    assert added["layers"]["villages"] == "mine/hamlets.csv"
    assert added["layers"]["masts"] == "open-data/masts.csv"
    assert "EPSG:5899" in (tmp_path / "open-data" / "sources.json").read_text(encoding="utf-8")
    told = dict(report.remains)
    assert "villages" in str(told["toml_same"]) and "terrain" in str(told["toml_same"])


def test_a_file_that_somebody_edited_is_left_alone(fetched: Path, keyed: dict[str, str]) -> None:
    mine = fetched / "open-data" / "villages.csv"
    text = mine.read_text(encoding="utf-8-sig").replace("450", "460")
    mine.write_text(text, encoding="utf-8")
    report = fetch(fetched, keyed, province="quang ninh", bbox=None)
    assert mine.read_text(encoding="utf-8") == text
    assert "450" in (fetched / "open-data" / "villages.fetched.csv").read_text(encoding="utf-8-sig")
    assert dict(report.remains)["kept"] == {"files": "villages.csv"}


def test_a_source_that_changed_is_noticed_unless_a_refresh_is_asked_for(
    fetched: Path, keyed: dict[str, str], world: Any, make_raster: Any
) -> None:
    name = "Copernicus_DSM_COG_10_N21_00_E107_00_DEM"
    before = files_of(fetched / "open-data")
    world.put(f"/dem/{name}/{name}.tif", make_raster(np.full((360, 360), 5.0, np.float32), 107, 22, 1 / 360))
    (fetched / ".phusong" / "downloads" / f"{name}.tif").unlink()
    with pytest.raises(FetchError, match="--refresh"):
        fetch(fetched, keyed, province="quang ninh", bbox=None)
    assert files_of(fetched / "open-data") == before
    fetch(fetched, keyed, province="quang ninh", bbox=None, refresh=True)
    assert (fetched / "open-data" / "terrain.tif").read_bytes() != before["terrain.tif"]


def test_downloads_that_were_deleted_are_checked_against_the_record(
    fetched: Path, keyed: dict[str, str]
) -> None:
    before = files_of(fetched / "open-data")
    shutil.rmtree(fetched / ".phusong")
    fetch(fetched, keyed, province="quang ninh", bbox=None)
    assert files_of(fetched / "open-data") == before


def test_parts_can_be_fetched_one_by_one(tmp_path: Path, keyed: dict[str, str], world: Any) -> None:
    fetch(tmp_path, keyed, only=("terrain", "land_cover"))
    assert not world.asks("/overpass") and not world.asks("/nominatim/reverse")
    fetch(tmp_path, keyed, only=("osm", "population"))
    assert load_project(tmp_path).operators == ("(operator)",)
    report = fetch(tmp_path, keyed, only=("cells",))
    assert "Viettel" in str(dict(report.remains)["toml_added"])
    assert set(load_project(tmp_path).operators) == {"Viettel", "VNPT", "MobiFone"}
    assert len(checked(tmp_path).cells) == 7
    record = json.loads((tmp_path / "open-data" / "sources.json").read_text(encoding="utf-8"))
    assert {o["file"] for o in record["outputs"]} >= {"terrain.tif", "villages.csv", "cells.csv"}
    assert {d["source"] for d in record["downloads"]} == {
        "terrain",
        "land_cover",
        "population",
        "osm",
        "names",
        "cells",
    }


def test_a_failure_leaves_no_half_results_and_what_came_is_kept(
    tmp_path: Path, keyed: dict[str, str], world: Any, faults: Any
) -> None:
    world.files["/overpass#place"].faults += [faults.status(403)]
    with pytest.raises(FetchError, match="403"):
        fetch(tmp_path, keyed)
    assert not (tmp_path / "phusong.toml").exists() and not (tmp_path / "open-data").exists()
    tile = "/dem/Copernicus_DSM_COG_10_N21_00_E107_00_DEM/Copernicus_DSM_COG_10_N21_00_E107_00_DEM.tif"
    asked = len(world.asks(tile))
    fetch(tmp_path, keyed)
    assert len(world.asks(tile)) == asked
    assert not list((tmp_path / ".phusong").rglob("*.part*")) and not list(
        (tmp_path / ".phusong").rglob("*.blocks")
    )


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"bbox": None}, "an area"),
        ({"bbox": BBOX, "province": "Quảng Ninh"}, "not both"),
        ({"only": ("roads",)}, "roads"),
        ({"countries": ("XX",)}, "XX"),
        ({"bbox": "1,2,3"}, "four numbers"),
    ],
)
def test_bad_requests_are_refused_before_anything_is_asked(
    tmp_path: Path, keyed: dict[str, str], world: Any, request_: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        fetch(tmp_path, keyed, **request_)
    assert not world.asked and not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_out_of_the_project_is_refused(tmp_path: Path, keyed: dict[str, str], world: Any) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "open-data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="inside the project"):
        fetch(tmp_path / "p", keyed)
    assert not world.asked and not list((tmp_path / "elsewhere").iterdir())


def test_several_provinces_of_one_name_are_listed(tmp_path: Path, keyed: dict[str, str], world: Any) -> None:
    places = json.loads(world.files["/nominatim/search"].body)
    places[1]["place_rank"] = 8
    world.put("/nominatim/search", json.dumps(places).encode())
    with pytest.raises(InputError, match=r"Quảng Trị.*--country"):
        fetch(tmp_path, keyed, province="Quảng Ninh", bbox=None)
    world.put("/nominatim/search", b"[]")
    with pytest.raises(InputError, match="OpenStreetMap knows"):
        fetch(tmp_path, keyed, province="Quảng Minh", bbox=None)


def test_a_project_file_cannot_send_the_key_elsewhere(tmp_path: Path, keyed: dict[str, str]) -> None:
    assert source_urls({"cells": "https://evil.example"}, {}).cells == "https://opencellid.org/ocid/downloads"
    with pytest.raises(InputError, match="https"):
        source_urls({}, {"PHUSONG_SOURCE_CELLS": "http://mirror.example/ocid"})
    with pytest.raises(InputError, match="iso3"):
        source_urls({"population": "https://mirror.example/pop.tif"}, {})
    with pytest.raises(InputError, match="address"):
        source_urls({"terrain": "file:///etc/passwd", "osm": "https://user:pw@x.example"}, {})
    assert source_urls({"terrain": "https://mirror.example/dem/"}, {}).terrain == "https://mirror.example/dem"
