"""A province of one valley: a ridge of 600 m between three masts and some of the hamlets."""

from __future__ import annotations

import csv
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

LEFT, TOP, SIDE, PIXEL = 700_000.0, 2_340_000.0, 180, 90.0

PROJECT = """
operators = ["Viettel", "VNPT"]
[project]
name = "Thung lũng"
language = "en"
as_of = 2025-12-31
synthetic = true
[area]
crs = "EPSG:32648"
resolution_m = 90
margin_m = 1500
[rasters]
terrain = "layers/terrain.tif"
[layers]
villages = "layers/villages.csv"
clusters = "layers/clusters.csv"
masts = "layers/masts.csv"
cells = "layers/cells.csv"
poles = "layers/poles.csv"
fibre_nodes = "layers/fibre_nodes.csv"
plan_items = "layers/plan_items.csv"
[propagation]
maximum_range_km = 12.0
[siting]
budget = 5000.0
candidate_reach_km = 4.0
"""


def degrees(x_m: float, y_m: float) -> tuple[float, float]:
    from pyproj import Transformer

    lon, lat = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True).transform(x_m, y_m)
    return round(lon, 6), round(lat, 6)


def terrain() -> np.ndarray:
    """Ground at 20 m, a ridge of 620 m from north to south in the middle."""
    column = np.arange(SIDE)
    ridge = 600.0 * np.exp(-(((column - SIDE / 2) / 6.0) ** 2))
    return np.tile((20.0 + ridge).astype(np.float32), (SIDE, 1))


def write_project(folder: Path) -> None:
    layers = folder / "layers"
    layers.mkdir(parents=True)
    with rasterio.open(
        layers / "terrain.tif", "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="float32",
        crs="EPSG:32648", transform=from_origin(LEFT, TOP, PIXEL, PIXEL),
    ) as raster:  # fmt: skip
        raster.write(terrain(), 1)
    middle_y = TOP - SIDE * PIXEL / 2
    west = [(LEFT + 3000 + 250 * i, middle_y - 2500 + 700 * i) for i in range(8)]
    east = [(LEFT + 10_500 + 200 * i, middle_y - 1500 + 900 * i) for i in range(4)]
    rows = ["village_id,name,commune,population,grid_power,lon,lat"]
    for i, (x, y) in enumerate(west + east, start=1):
        lon, lat = degrees(x, y)
        rows.append(f"H{i:02d},Khe {i},Xã Đồng Văn,{100 + i},{'no' if i == 12 else 'yes'},{lon},{lat}")
    (layers / "villages.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    lon, lat = degrees(east[0][0] + 400, east[0][1])
    (layers / "clusters.csv").write_text(
        f"cluster_id,village_id,population,lon,lat\nC1,H09,40,{lon},{lat}\n", encoding="utf-8"
    )
    masts = ["mast_id,owner,kind,height_m,power,backhaul,lon,lat"]
    for i, (x, y) in enumerate(
        [(LEFT + 4000, middle_y), (LEFT + 3000, middle_y - 2000), (LEFT + 5000, middle_y + 2500)]
    ):
        lon, lat = degrees(x, y)
        masts.append(f"M{i + 1},{'Viettel' if i < 2 else 'VNPT'},tower,45,grid,fibre,{lon},{lat}")
    (layers / "masts.csv").write_text("\n".join(masts) + "\n", encoding="utf-8")
    header = (
        "cell_id,mast_id,operator,technology,frequency_mhz,bandwidth_mhz,antenna_height_m,azimuth_deg,"
        "tx_power_dbm,on_air"
    )
    cells = [header]
    for mast, operator, on_air in (
        ("M1", "Viettel", "2012-05-01"),
        ("M2", "Viettel", "2022-06-30"),
        ("M3", "VNPT", "2015-01-01"),
    ):
        for technology, frequency, bandwidth, power in (("2G", 940, 0.2, 43), ("4G", 1840, 20, 46)):
            for azimuth in (0, 120, 240):
                cells.append(
                    f"{mast}-{technology}-{azimuth},{mast},{operator},{technology},{frequency},{bandwidth},42,"
                    f"{azimuth},{power},{on_air}"
                )
    (layers / "cells.csv").write_text("\n".join(cells) + "\n", encoding="utf-8")
    lon, lat = degrees(east[1][0] + 300, east[1][1])
    (layers / "poles.csv").write_text(
        f"pole_id,owner,kind,height_m,lon,lat\nP1,EVN,power_pole,16,{lon},{lat}\n", encoding="utf-8"
    )
    lon, lat = degrees(LEFT + 9500, middle_y)
    (layers / "fibre_nodes.csv").write_text(f"node_id,owner,lon,lat\nF1,VNPT,{lon},{lat}\n", encoding="utf-8")
    (layers / "plan_items.csv").write_text(
        "plan_id,item_id,kind,village_id,mast_id,deadline,reported_on\n"
        "13/KH-UBND,A1,station,,M2,2022-12-31,2022-06-30\n"
        "13/KH-UBND,A2,mobile_service,H01,,2022-12-31,2022-07-15\n"
        "13/KH-UBND,A3,mobile_service,H11,,2022-12-31,2022-12-20\n"
        "13/KH-UBND,A4,fixed_broadband,H02,,2023-03-31,2023-02-10\n",
        encoding="utf-8",
    )
    (folder / "phusong.toml").write_text(PROJECT, encoding="utf-8")


@pytest.fixture(scope="session")
def valley(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as written; do not change it."""
    folder = tmp_path_factory.mktemp("valley") / "project"
    write_project(folder)
    return folder


@pytest.fixture
def own_valley(valley: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(valley, tmp_path / "project"))


@pytest.fixture
def spoil() -> Callable[[Path, str, str], None]:
    """Replace a text in a file once; it must be there."""

    def change(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><img src=x onerror=\"window.hacked = 2\">",
    "=HYPERLINK(\"http://example.org\",\"y\")",
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "-1+1",
    "Khe;=1+1",
    "\"'`${window.hacked=3}`]]>",
    "[bold]{{7*7}}[/red] $[name] %s %n",
    "\u202eđảo \u05e9\u05dc\u05d5\u05dd شبكة 📶",
    "../../etc/CON",
    "rất dài " * 60 + "hết",
)  # fmt: skip
PROJECT_NAME = "Dự án </title><script>window.hacked = 4</script> =1+1"
OPERATORS = ("=Viettel<b>\"'", "VNPT & [/red] \u202e")


def rewrite(path: Path, change: Any) -> None:
    """Pass every row of a CSV file, as a dictionary with its number, through a function."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for number, row in enumerate(rows):
        change(number, row)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def spoiled(number: int, prefix: str = "") -> str:
    return f"{prefix}{HOSTILE[number % len(HOSTILE)]}".strip()


def make_hostile(folder: Path) -> None:
    layers = folder / "layers"
    operators = {"Viettel": OPERATORS[0], "VNPT": OPERATORS[1]}
    villages = {f"H{k + 1:02d}": spoiled(k) + f" H{k + 1}" for k in range(12)}
    masts = {f"M{k + 1}": spoiled(k) + f" M{k + 1}" for k in range(3)}

    def village(number: int, row: dict[str, str]) -> None:
        row |= {
            "village_id": villages[row["village_id"]],
            "name": spoiled(number),
            "commune": spoiled(number + 5),
        }

    def cell(number: int, row: dict[str, str]) -> None:
        row |= {"cell_id": spoiled(number) + f" {number}", "mast_id": masts[row["mast_id"]]}
        row["operator"] = operators[row["operator"]]

    def item(number: int, row: dict[str, str]) -> None:
        row |= {"plan_id": spoiled(number // 2 * 10), "item_id": spoiled(number + 2) + f" {number}"}
        row["village_id"] = villages.get(row["village_id"], "")
        row["mast_id"] = masts.get(row["mast_id"], "")

    rewrite(layers / "villages.csv", village)
    rewrite(
        layers / "clusters.csv",
        lambda k, row: row.update(cluster_id=spoiled(0), village_id=villages[row["village_id"]]),
    )
    rewrite(
        layers / "masts.csv",
        lambda k, row: row.update(mast_id=masts[row["mast_id"]], owner=operators[row["owner"]]),
    )
    rewrite(layers / "cells.csv", cell)
    rewrite(layers / "poles.csv", lambda k, row: row.update(pole_id=spoiled(2), owner=spoiled(1)))
    rewrite(layers / "fibre_nodes.csv", lambda k, row: row.update(node_id=spoiled(3), owner=spoiled(0)))
    rewrite(layers / "plan_items.csv", item)
    at = (layers / "villages.csv").read_text("utf-8").splitlines()[1].split(",")[-2:]
    with (layers / "places.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("place_id", "name", "kind", "required_technology", "lon", "lat"))
        writer.writerow((spoiled(1), spoiled(2), "hospital", "4G", *at))
    text = (folder / "phusong.toml").read_text("utf-8")
    quoted = {name: name.replace("\\", "\\\\").replace('"', '\\"') for name in (*OPERATORS, PROJECT_NAME)}
    text = text.replace(
        'operators = ["Viettel", "VNPT"]', f'operators = ["{quoted[OPERATORS[0]]}", "{quoted[OPERATORS[1]]}"]'
    )
    text = text.replace('"Thung lũng"', f'"{quoted[PROJECT_NAME]}"')
    text = text.replace("[propagation]", 'places = "layers/places.csv"\n[propagation]')
    (folder / "phusong.toml").write_text(text, "utf-8")


@pytest.fixture(scope="session")
def hostile(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The results of the whole job, two scenarios and every export of a project whose names are hostile.

    ``out``: folder; ``names``: of the hamlets as every reader has them; ``project``, ``operators``.
    """
    from phusong.cli import main

    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("hostile") / "project"))
    make_hostile(folder)
    for arguments in (
        ("run", folder),
        ("site", folder, "--explain", "--budget", "10"),
        ("site", folder, "--explain"),
        ("scenario", folder, "--off", "2G", "--keep-fewest", "4G"),
        ("scenario", folder, "--off", f"operator:{OPERATORS[0]}", "--name", "../CON<script>"),
        ("export", folder, "--format", "kmz,gpkg,shp,tab,xlsx,csv,cog", "--crs", "EPSG:5899"),
    ):
        with pytest.raises(SystemExit) as caught:
            main([*map(str, arguments), "--quiet"])
        assert not caught.value.code, arguments
    names = [" ".join(unicodedata.normalize("NFC", name).split()) for name in HOSTILE]
    return SimpleNamespace(out=folder / "out", names=names, project=PROJECT_NAME, operators=OPERATORS)
