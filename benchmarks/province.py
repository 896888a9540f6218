"""``make province``: the whole job on real ground, from ../shared/data/quang-ninh (not in the project).

Real: the 15-arc-second relief and coast, the 54 communes with their people, the inhabited WorldPop cells as
settlements, rescaled to their commune's people. Synthetic: masts, cells, power poles and fibre nodes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio

from synthetic_network import synthetic_network

CRS = "EPSG:32648"
SEED = 2025
N_MASTS = 1_300
OPERATORS = ("Viettel", "VNPT", "MobiFone", "Vietnamobile")
HERE = Path(__file__).resolve().parent
PROJECT = """\
operators = ["Viettel", "VNPT", "MobiFone", "Vietnamobile"]

[project]
name = "Quảng Ninh: địa hình và dân số thật, trạm giả lập"
language = "vi"
as_of = 2025-12-31
synthetic = true   # masts and cells are made up; relief, coast, communes and people are real

[area]
crs = "EPSG:32648"
resolution_m = {resolution_m:g}
bounds = [106.42, 20.70, 108.10, 21.68]

[rasters]
terrain = "layers/terrain.tif"
land = "layers/land.tif"

[layers]
villages = "layers/villages.csv"
masts = "layers/masts.csv"
cells = "layers/cells.csv"
poles = "layers/poles.csv"
fibre_nodes = "layers/fibre_nodes.csv"
communes = "layers/communes.gpkg"

[propagation]
delta_n = 50.0   # assumption for a tropical coast; ITU's maps may not be redistributed
n0 = 370.0
maximum_range_km = 15.0

[siting]
budget = 60000.0
"""


def shared_data() -> Path:
    """Return the folder of real data, or end with a clear line."""
    folder = (
        Path(os.environ.get("PHUSONG_SHARED_DATA", HERE.parent.parent / "shared" / "data")) / "quang-ninh"
    )
    if not folder.is_dir():
        sys.exit(f"make province needs {folder} (or PHUSONG_SHARED_DATA): it is not there")
    return folder


def build_province(folder: Path, *, n_masts: int = N_MASTS, resolution_m: float = 90.0) -> None:
    """Write the project; the same files each time."""
    source, layers = shared_data(), folder / "layers"
    layers.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "terrain" / "qn_dem_15s.tif", layers / "terrain.tif")
    shutil.copyfile(source / "terrain" / "qn_land_15s.tif", layers / "land.tif")
    communes = gpd.read_file(source / "admin" / "quang_ninh_54_communes_simplified.geojson")
    communes = communes.rename(columns={"code": "commune_code"})
    kinds = {"Phường": "ward", "Xã": "commune", "Đặc": "special_zone"}
    communes["kind"] = communes["name"].str.split().str[0].map(kinds)
    columns = ["commune_code", "name", "kind", "population", "area_km2", "geometry"]
    (layers / "communes.gpkg").unlink(missing_ok=True)
    communes[columns].to_file(layers / "communes.gpkg", driver="GPKG")
    villages = settlements(source, communes)
    villages.drop(columns=["x_m", "y_m", "people"]).to_csv(layers / "villages.csv", index=False)
    masts, cells = synthetic_network(
        villages, heights(layers / "terrain.tif"), n_masts=n_masts, operators=OPERATORS, seed=SEED
    )
    with_degrees(masts).to_csv(layers / "masts.csv", index=False)
    cells.to_csv(layers / "cells.csv", index=False)
    hosts(villages, masts, layers)
    (folder / "phusong.toml").write_text(PROJECT.format(resolution_m=resolution_m), encoding="utf-8")


def settlements(source: Path, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """WorldPop cells with the people of their commune shared out in WorldPop's proportions."""
    cells = pd.read_csv(
        source / "population" / "quang_ninh_worldpop2020_1km_cells.csv", dtype={"commune_code": str}
    )
    people = communes.set_index("commune_code")["population"]
    total = cells.groupby("commune_code")["pop2020"].transform("sum")
    cells["people"] = cells["pop2020"] / total * cells["commune_code"].map(people)
    at = gpd.GeoSeries(gpd.points_from_xy(cells["lon"], cells["lat"]), crs="EPSG:4326").to_crs(CRS)
    number = cells.groupby("commune_code").cumcount() + 1
    return pd.DataFrame(
        {
            "village_id": [f"W{i:05d}" for i in range(1, len(cells) + 1)],
            "name": [f"{name} · ô {k}" for name, k in zip(cells["commune"], number, strict=True)],
            "commune": cells["commune"],
            "population": cells["people"].round(1),
            "lon": cells["lon"],
            "lat": cells["lat"],
            "x_m": at.x.to_numpy(),
            "y_m": at.y.to_numpy(),
            "people": cells["people"],
        }
    )


def heights(path: Path) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return a function that reads the terrain at metric positions."""
    with rasterio.open(path) as raster:
        data, inverse = raster.read(1).astype(np.float64), ~raster.transform

    def at(x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
        points = gpd.GeoSeries(gpd.points_from_xy(x_m, y_m), crs=CRS).to_crs("EPSG:4326")
        column, row = inverse * (points.x.to_numpy(), points.y.to_numpy())
        row = np.clip(row.astype(int), 0, data.shape[0] - 1)
        return data[row, np.clip(column.astype(int), 0, data.shape[1] - 1)]

    return at


def with_degrees(table: pd.DataFrame) -> pd.DataFrame:
    """Replace x_m, y_m by lon, lat."""
    points = gpd.GeoSeries(gpd.points_from_xy(table["x_m"], table["y_m"]), crs=CRS).to_crs("EPSG:4326")
    degrees = pd.DataFrame({"lon": points.x.round(6).to_numpy(), "lat": points.y.round(6).to_numpy()})
    return pd.concat([table.drop(columns=["x_m", "y_m"]).reset_index(drop=True), degrees], axis=1)


def hosts(villages: pd.DataFrame, masts: pd.DataFrame, layers: Path) -> None:
    """Power poles in one settlement of five, fibre at one mast of four."""
    rng = np.random.default_rng(SEED + 1)
    chosen = villages.iloc[np.sort(rng.choice(len(villages), len(villages) // 5, replace=False))]
    poles = pd.DataFrame(
        {
            "pole_id": [f"P{i:05d}" for i in range(1, len(chosen) + 1)],
            "owner": "EVN",
            "kind": "power_pole",
            "height_m": rng.choice([12.0, 14.0, 18.0], len(chosen)),
            "x_m": chosen["x_m"].to_numpy() + rng.uniform(-300, 300, len(chosen)),
            "y_m": chosen["y_m"].to_numpy() + rng.uniform(-300, 300, len(chosen)),
        }
    )
    with_degrees(poles).to_csv(layers / "poles.csv", index=False)
    nodes = masts.iloc[::4][["x_m", "y_m"]].reset_index(drop=True)
    nodes.insert(0, "node_id", [f"F{i:04d}" for i in range(1, len(nodes) + 1)])
    with_degrees(nodes).to_csv(layers / "fibre_nodes.csv", index=False)


if __name__ == "__main__":
    target = HERE.parent / "province"
    build_province(target)
    sys.exit(subprocess.run([sys.executable, "-m", "phusong", "run", str(target)]).returncode)
