"""The province run: 5,203 stations, three technologies each, four bands, 15 km, 30 m.

    python benchmarks/province_run.py [--stations 5203] [--by-operator] [--folder DIR]

Real: terrain and coast of ../shared/data/quang-ninh (15 arc-seconds, resampled to 30 m), people.
Made up: the stations, spread over the settlements. Prints wall seconds, core-seconds and peak memory of
``phusong coverage`` as a whole process (a small run before it compiles the kernels), and the size written.
With ``--folder`` the project and its results stay there, for other benchmarks to go on from.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from province import (
    OPERATORS,
    PROJECT,
    SEED,
    build_province,
    heights,
    settlements,
    shared_data,
    with_degrees,
)
from synthetic_network import cells_of

TRIPLES = (("2G", "3G", "4G"), ("2G", "4G", "5G"), ("3G", "4G", "5G"))
LARGEST_SHIFT_M = 1500.0


def dense_network(villages: pd.DataFrame, stations: int, terrain: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stations over the settlements, by the square root of their people; three sectors a technology."""
    rng = np.random.default_rng(SEED)
    chance = np.sqrt(villages["people"].to_numpy())
    at = villages[["x_m", "y_m"]].to_numpy()[rng.choice(len(villages), stations, p=chance / chance.sum())]
    at = at + rng.uniform(-LARGEST_SHIFT_M, LARGEST_SHIFT_M, at.shape)
    on_land = heights(terrain)(at[:, 0], at[:, 1]) > 0
    masts, cells = [], []
    for number, (x_m, y_m) in enumerate(at[on_land]):
        mast_id, operator = f"D{number + 1:05d}", OPERATORS[number % len(OPERATORS)]
        masts.append({"mast_id": mast_id, "owner": operator, "height_m": 45.0, "x_m": x_m, "y_m": y_m})
        azimuths = tuple(float(a) for a in (rng.integers(0, 120) + np.array([0, 120, 240])) % 360)
        technologies = TRIPLES[rng.integers(0, len(TRIPLES))]
        cells += cells_of(mast_id, operator, technologies, 42.0, azimuths, band_index=0)
    return pd.DataFrame(masts), pd.DataFrame(cells)


def build(folder: Path, stations: int, *, by_operator: bool) -> int:
    """Write the project; return how many stations stand on land."""
    build_province(folder)
    source, layers = shared_data(), folder / "layers"
    communes = gpd.read_file(layers / "communes.gpkg")
    masts, cells = dense_network(settlements(source, communes), stations, layers / "terrain.tif")
    with_degrees(masts).to_csv(layers / "masts.csv", index=False)
    cells.to_csv(layers / "cells.csv", index=False)
    text = PROJECT.format(resolution_m=30.0)
    if by_operator:
        text += "\n[outputs]\nby_operator = true\n"
    (folder / "phusong.toml").write_text(text, encoding="utf-8")
    return len(masts)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stations", type=int, default=5_203)
    parser.add_argument("--by-operator", action="store_true")
    parser.add_argument("--folder", type=Path, help="keep the project here (must not exist yet)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        small, folder = Path(name) / "small", asked.folder or Path(name) / "province"
        build(small, 20, by_operator=asked.by_operator)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": name}
        command = [sys.executable, "-m", "phusong", "coverage", "--quiet"]
        subprocess.run([*command, str(small)], check=True, **quiet)
        # some of the stations drawn fall into the sea: draw until the number asked for stands on land
        drawn = asked.stations
        while (count := build(folder, drawn, by_operator=asked.by_operator)) < asked.stations:
            drawn += asked.stations - count
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run([*command, str(folder)], check=True, **quiet)
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        written = sum(path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file())
    core = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = after.ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    layers = "with layers per operator" if asked.by_operator else "layers per technology"
    print("| province run | measured | asked for |\n|---|---|---|")
    print(f"| stations on land, {layers} | {count:,} | 5,203 |")
    print(f"| wall, {os.cpu_count()} cores | {wall / 60:.1f} min | ≤ 15 min |")
    print(f"| core-seconds | {core:,.0f} | |")
    print(f"| peak memory | {peak:.2f} GB | ≤ 6 GB |")
    print(f"| written | {written / 1e6:,.0f} MB | |")


if __name__ == "__main__":
    main()
