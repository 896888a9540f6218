"""`phusong update`: nothing changed, one new station, a hundred changed, against the full run.

    python benchmarks/bench_update.py [--stations 1300] [--resolution 90] [--hundred 100]

The province of `province_run.py` (real ground, stations made up). Prints wall seconds, core-seconds and the
share of the full run, each a process of its own with start-up and all tables; compiled kernels are there.
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

import pandas as pd

from province_run import build

SEED = 7


def timed(*arguments: object) -> tuple[float, float]:
    """Run a command of phusong; return wall and core-seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    command = [sys.executable, "-m", "phusong", *map(str, arguments), "--quiet"]
    told = subprocess.run(command, capture_output=True, text=True)
    wall = time.perf_counter() - started
    if told.returncode:
        sys.exit(told.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_station(folder: Path) -> tuple[Path, Path]:
    """Write lists with one station more, beside one in the middle of the list."""
    masts, cells = (pd.read_csv(folder / "layers" / f"{name}.csv") for name in ("masts", "cells"))
    like = masts.iloc[len(masts) // 2]
    new = cells[cells["mast_id"] == like["mast_id"]].copy()
    new["cell_id"], new["mast_id"] = "NEW-" + new["cell_id"], "NEW"
    station = pd.DataFrame([{**like, "mast_id": "NEW", "lon": like["lon"] + 0.01}])
    return _written(folder, pd.concat([masts, station]), pd.concat([cells, new]))


def retuned(folder: Path, count: int) -> tuple[Path, Path]:
    """Write lists in which the antennas of some stations are turned."""
    masts, cells = (pd.read_csv(folder / "layers" / f"{name}.csv") for name in ("masts", "cells"))
    chosen = masts["mast_id"].sample(count, random_state=SEED)
    turned = cells["mast_id"].isin(chosen)
    cells.loc[turned, "azimuth_deg"] = (cells.loc[turned, "azimuth_deg"] + 20.0) % 360.0
    return _written(folder, masts, cells)


def _written(folder: Path, masts: pd.DataFrame, cells: pd.DataFrame) -> tuple[Path, Path]:
    paths = folder.parent / "masts.csv", folder.parent / "cells.csv"
    masts.to_csv(paths[0], index=False)
    cells.to_csv(paths[1], index=False)
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stations", type=int, default=1_300)
    parser.add_argument("--resolution", type=float, default=90.0)
    parser.add_argument("--hundred", type=int, default=100)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "province"
        count = build(folder, asked.stations, by_operator=False)
        toml = folder / "phusong.toml"
        text = toml.read_text(encoding="utf-8")
        text = text.replace("resolution_m = 30", f"resolution_m = {asked.resolution:g}")
        toml.write_text(text, encoding="utf-8")
        full = timed("run", folder)
        rows = [("full run", full), ("nothing changed", timed("update", folder))]
        for title, files in (
            ("one new station", one_station(folder)),
            (f"{asked.hundred} stations turned", None),
        ):
            masts, cells = files or retuned(folder, asked.hundred)
            rows.append((title, timed("update", folder, "--masts", masts, "--cells", cells)))
        kept = sum(path.stat().st_size for path in (folder / ".phusong").rglob("*") if path.is_file())
    print(f"| {count:,} stations, {asked.resolution:g} m, {os.cpu_count()} cores | wall s | core-s | share |")
    print("|---|---|---|---|")
    for title, (wall, core) in rows:
        print(f"| {title} | {wall:.1f} | {core:.1f} | {core / full[1]:.1%} |")
    print(f"| kept in .phusong | {kept / 1e6:,.0f} MB | | |")


if __name__ == "__main__":
    main()
