"""`phusong update`: nothing changed, one new station, a hundred changed, against the full run.

    python benchmarks/bench_update.py [--stations 1300] [--resolution 90] [--hundred 100] [--stages]
    python benchmarks/bench_update.py --project DIR [--program FILE] [--full CORE-SECONDS]

The province of `province_run.py` (real ground, stations made up), or a finished project, of which a copy is
worked on. Prints wall seconds, core-seconds and the share of the full run, asked and measured, each a process
of its own with start-up and all tables; compiled kernels are there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from province_run import build

SEED = 7
ASKED = {"nothing changed": (3.0, None), "one new station": (10.0, 0.01), "stations turned": (None, 0.05)}
"""Wall seconds and share of the full run's core-seconds: for 5,203 stations at 30 m on two cores."""


@dataclass(frozen=True)
class Took:
    """One command: wall and core-seconds, peak memory (GB) and the seconds of its stages."""

    wall_s: float
    core_s: float
    peak_gb: float
    stages: dict[str, float]


def timed(program: list[str], folder: Path, command: str, *more: object) -> Took:
    """Run a command of phusong on a project."""
    record = folder / "out" / "run.json"
    written = record.stat().st_mtime_ns if record.exists() else 0
    started = time.perf_counter()
    arguments = [*program, command, str(folder), *map(str, more), "--quiet"]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(arguments, stdout=told, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told.seek(0)
            sys.exit(told.read().decode("utf-8", "replace"))
    peak = used.ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    stages = {}
    if record.exists() and record.stat().st_mtime_ns != written:
        stages = json.loads(record.read_text(encoding="utf-8")).get("seconds", {})
    return Took(wall, used.ru_utime + used.ru_stime, peak, stages)


def one_station(folder: Path, *, at_end: bool) -> tuple[Path, Path]:
    """Write lists with one station more, beside one in the middle of the list."""
    masts, cells = (pd.read_csv(folder / "layers" / f"{name}.csv") for name in ("masts", "cells"))
    middle = len(masts) // 2
    like, name = masts.iloc[middle], "ZZ-NEW" if at_end else f"{masts['mast_id'].iloc[middle]}-NEW"
    new = cells[cells["mast_id"] == like["mast_id"]].copy()
    new["cell_id"] = name + "-" + new["cell_id"]
    new["mast_id"] = name
    station = pd.DataFrame([{**like, "mast_id": name, "lon": like["lon"] + 0.01}])
    if at_end:
        return _written(folder, pd.concat([masts, station]), pd.concat([cells, new]))
    place = int(cells.index[cells["mast_id"] == like["mast_id"]][-1]) + 1
    masts = pd.concat([masts.iloc[: middle + 1], station, masts.iloc[middle + 1 :]])
    return _written(folder, masts, pd.concat([cells.iloc[:place], new, cells.iloc[place:]]))


def turned(folder: Path, count: int) -> tuple[Path, Path]:
    """Write lists in which the antennas of some stations are turned."""
    masts, cells = (pd.read_csv(folder / "layers" / f"{name}.csv") for name in ("masts", "cells"))
    chosen = masts["mast_id"].sample(count, random_state=SEED)
    own = cells["mast_id"].isin(chosen)
    cells.loc[own, "azimuth_deg"] = (cells.loc[own, "azimuth_deg"] + 20.0) % 360.0
    return _written(folder, masts, cells)


def _written(folder: Path, masts: pd.DataFrame, cells: pd.DataFrame) -> tuple[Path, Path]:
    paths = folder.parent / "masts.csv", folder.parent / "cells.csv"
    masts.to_csv(paths[0], index=False)
    cells.to_csv(paths[1], index=False)
    return paths


def updates(program: list[str], folder: Path, hundred: int) -> dict[str, Took]:
    """Run the updates one after the other on a project that is up to date."""
    found = {"nothing changed": timed(program, folder, "update")}
    for title, lists in (
        ("one new station, last in the list", lambda: one_station(folder, at_end=True)),
        ("one new station, in the middle", lambda: one_station(folder, at_end=False)),
        (f"{hundred} stations turned", lambda: turned(folder, hundred)),
    ):
        masts, cells = lists()
        found[title] = timed(program, folder, "update", "--masts", masts, "--cells", cells)
    return found


def _asked(title: str) -> tuple[float | None, float | None]:
    return next((asked for kind, asked in ASKED.items() if kind in title), (None, None))


def report(count: int, full_core_s: float, rows: dict[str, Took], *, stages: bool) -> None:
    """Print the table."""
    size = f"{count:,} stations, {os.cpu_count()} cores"
    print(f"| {size} | wall s | asked | core-s | share | asked | peak GB |")
    print("|---|---|---|---|---|---|---|")
    for title, took in rows.items():
        wall, share = _asked(title)
        print(
            f"| {title} | {took.wall_s:.1f} | {'' if wall is None else f'≤ {wall:g}'} | {took.core_s:.1f} "
            f"| {took.core_s / full_core_s:.2%} | {'' if share is None else f'≤ {share:.0%}'} "
            f"| {took.peak_gb:.2f} |"
        )
    for title, took in rows.items() if stages else ():
        print(f"{title}: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.stages.items()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stations", type=int, default=1_300)
    parser.add_argument("--resolution", type=float, default=90.0)
    parser.add_argument("--hundred", type=int, default=100)
    parser.add_argument("--project", type=Path, help="a finished project; it is copied")
    parser.add_argument("--work", type=Path, help="folder for the copy; default: the system's for such files")
    parser.add_argument("--program", type=Path, help="a script to run in place of `python -m phusong`")
    parser.add_argument("--full", type=float, help="core-seconds of the full run of --project, if known")
    parser.add_argument("--stages", action="store_true", help="print the seconds of each stage")
    asked = parser.parse_args()
    program = [sys.executable, *(["-m", "phusong"] if asked.program is None else [str(asked.program)])]
    with tempfile.TemporaryDirectory(dir=asked.work) as name:
        folder, rows = Path(name) / "province", {}
        if asked.project is None:
            build(folder, asked.stations, by_operator=False)
            toml = folder / "phusong.toml"
            text = toml.read_text(encoding="utf-8")
            text = text.replace("resolution_m = 30", f"resolution_m = {asked.resolution:g}")
            toml.write_text(text, encoding="utf-8")
        else:
            shutil.copytree(asked.project, folder)
        if asked.full is None:
            shutil.rmtree(folder / ".phusong", ignore_errors=True)
            rows["full run"] = timed(program, folder, "run")
        count = len(pd.read_csv(folder / "layers" / "masts.csv"))
        rows |= updates(program, folder, min(asked.hundred, count))
        kept = sum(path.stat().st_size for path in (folder / ".phusong").rglob("*") if path.is_file())
    report(count, asked.full or rows["full run"].core_s, rows, stages=asked.stages)
    print(f"kept in .phusong: {kept / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
