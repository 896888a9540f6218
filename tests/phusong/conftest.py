"""A province of one valley: a ridge of 600 m between three masts and some of the hamlets."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

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
