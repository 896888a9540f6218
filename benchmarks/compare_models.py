"""Every propagation model against P.1812-8 on real ground: mean and spread of the difference, in dB.

    python benchmarks/compare_models.py [--mast-height 42] [--resolution 90] [--range-km 15]

Takes the relief and the coast of ../shared/data/quang-ninh (or PHUSONG_SHARED_DATA; not in the project):
masts on a lattice over the land of an area of 40 km around Hạ Long, Cẩm Phả and the hills behind, every land
pixel from 1 km to the range a receiver. P.1812 has bare ground here, no clutter: the urban models count
buildings that it does not, so their mean is no error. The spread is what no formula can see: the hills.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

from phusong.coverage.propagation.models import MODELS, loss_window
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.propagation.zones import SEA, radio_climatic_zones

CRS = "EPSG:32648"
LEFT_M, TOP_M, SIDE_M = 707_000.0, 2_345_000.0, 40_000.0
LATITUDE_TOP_DEG, LATITUDE_BOTTOM_DEG = 21.19, 20.83
MASTS_A_SIDE = 4
NEAREST_M = 1000.0
FREQUENCIES_MHZ = (700.0, 900.0, 1800.0, 2600.0, 3500.0)
SETTINGS = PropagationSettings(delta_n=50.0, n0=370.0)
HERE = Path(__file__).resolve().parent


def shared_terrain() -> Path:
    """Return the folder of the relief, or end with a clear line."""
    data = Path(os.environ.get("PHUSONG_SHARED_DATA", HERE.parent.parent / "shared" / "data"))
    folder = data / "quang-ninh" / "terrain"
    if not folder.is_dir():
        print(f"skipped: needs {folder} (or PHUSONG_SHARED_DATA), which is not there")
        raise SystemExit(0)
    return folder


def warped(path: Path, resolution_m: float, method: Resampling) -> NDArray[np.float32]:
    """Return a raster on the area's grid."""
    side = round(SIDE_M / resolution_m)
    found = np.full((side, side), np.nan, np.float32)
    with rasterio.open(path) as source:
        reproject(
            rasterio.band(source, 1),
            found,
            dst_transform=from_origin(LEFT_M, TOP_M, resolution_m, resolution_m),
            dst_crs=CRS,
            dst_nodata=np.nan,
            resampling=method,
        )
    return found


def ground(resolution_m: float) -> TerrainModel:
    """Return the relief of the area, the sea at 0 m."""
    folder = shared_terrain()
    land = (warped(folder / "qn_land_15s.tif", resolution_m, Resampling.nearest) == 1).astype(np.uint8)
    relief = warped(folder / "qn_dem_15s.tif", resolution_m, Resampling.bilinear)
    height = np.where(land == 1, np.nan_to_num(relief), 0.0).astype(np.float32)
    zone = radio_climatic_zones(height, land, resolution_m)
    return TerrainModel(
        height, zone, None, LEFT_M, TOP_M, resolution_m, LATITUDE_TOP_DEG, LATITUDE_BOTTOM_DEG
    )


def masts(terrain: TerrainModel) -> list[tuple[float, float]]:
    """Return the points of the lattice that are on land."""
    rows, columns = terrain.height_m.shape
    found = []
    for i in range(MASTS_A_SIDE):
        for j in range(MASTS_A_SIDE):
            row, column = int((i + 0.5) * rows / MASTS_A_SIDE), int((j + 0.5) * columns / MASTS_A_SIDE)
            if terrain.zone[row, column] != SEA:
                x_m = terrain.x_left_m + (column + 0.5) * terrain.resolution_m
                found.append((x_m, terrain.y_top_m - (row + 0.5) * terrain.resolution_m))
    return found


def losses_db(
    terrain: TerrainModel,
    name: str,
    at: tuple[float, float],
    mast_m: float,
    range_m: float,
    frequencies_mhz: list[float],
) -> NDArray[np.float64]:
    """Loss to the land pixels at `NEAREST_M` and more, one row for each frequency."""
    settings = replace(SETTINGS, model=name)
    window = loss_window(terrain, *at, mast_m, frequencies_mhz, range_m, settings)
    _, rows, columns = window.loss_db.shape
    row, column = np.ogrid[window.row : window.row + rows, window.column : window.column + columns]
    east = terrain.x_left_m + (column + 0.5) * terrain.resolution_m - at[0]
    north = terrain.y_top_m - (row + 0.5) * terrain.resolution_m - at[1]
    far = np.hypot(east, north) >= NEAREST_M
    land = terrain.zone[window.row : window.row + rows, window.column : window.column + columns] != SEA
    return window.loss_db[:, far & land].astype(np.float64)


def difference(
    terrain: TerrainModel, name: str, mast_m: float, range_m: float
) -> dict[float, tuple[float, float]]:
    """Mean and standard deviation of the model less P.1812, for each frequency that the model holds for."""
    low, high = MODELS[name].frequency_mhz
    frequencies = [f for f in FREQUENCIES_MHZ if low <= f <= high]

    def one(at: tuple[float, float]) -> NDArray[np.float64]:
        ours = losses_db(terrain, name, at, mast_m, range_m, frequencies)
        return ours - losses_db(terrain, "p1812-8", at, mast_m, range_m, frequencies)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = np.concatenate(list(pool.map(one, masts(terrain))), axis=1)
    found = found[:, np.isfinite(found).all(axis=0)]
    return {f: (float(row.mean()), float(row.std())) for f, row in zip(frequencies, found, strict=True)}


def main() -> None:
    """Print the table."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mast-height", type=float, default=42.0, help="antenna above ground (m)")
    parser.add_argument("--resolution", type=float, default=90.0, help="edge of a pixel (m)")
    parser.add_argument("--range-km", type=float, default=15.0, help="farthest receiver (km)")
    given = parser.parse_args()
    terrain = ground(given.resolution)
    print(
        f"Model less ITU-R P.1812-8, mean ± σ in dB: {len(masts(terrain))} masts of {given.mast_height:g} m, "
        f"land pixels of {given.resolution:g} m from {NEAREST_M / 1000:g} to {given.range_km:g} km\n"
    )
    print("| model | " + " | ".join(f"{f:g} MHz" for f in FREQUENCIES_MHZ) + " |")
    print("|---" * (len(FREQUENCIES_MHZ) + 1) + "|")
    for name in MODELS:
        if name != "p1812-8":
            found = difference(terrain, name, given.mast_height, given.range_km * 1000.0)
            texts = [
                f"{found[f][0]:+.1f} ± {found[f][1]:.1f}" if f in found else "–" for f in FREQUENCIES_MHZ
            ]
            print(f"| {name} | " + " | ".join(texts) + " |", flush=True)


if __name__ == "__main__":
    main()
