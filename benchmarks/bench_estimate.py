"""Predicted against real cost, what to correct, and the country planned on paper.

    python benchmarks/bench_estimate.py                  # sample province, and real ground at 90 and 30 m
    python benchmarks/bench_estimate.py --fit            # the same, and the constants of phusong/estimate.py
    python benchmarks/bench_estimate.py --project DIR --real 1350,3.0,202   # one that has been run
    python benchmarks/bench_estimate.py --country        # 100,000 masts at 30 m

Real is ``phusong coverage`` as a process of its own after a warm-up: core-seconds, most memory, megabytes
of rasters. With ``--real`` they are given (core-seconds, GB, MB), as province_run.py printed them. Run it on
a machine that does nothing else: other programs slow the sample and the run by unlike amounts.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from phusong import estimate as model
from phusong.console import Reporter
from phusong.cost_samples import Quantity
from phusong.estimate import Estimate, estimate
from phusong.gis_data.sample.write import write_sample
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import prepare
from phusong.stages import levels_stage
from province_run import build

COUNTRY_MASTS = 100_000
COUNTRY_KM2 = 331_000.0
COUNTRY_BOX = 2.2  # a province's box over its land: the grid is the box
PROVINCES = 34
COUNTRY_POINTS = 90_000  # hamlets, and as many points as a province's cells of people give
REACH_KM = 15.0
# The province run: 5,216 stations on real ground, 15 km, 30 m, one set of layers (docs/performance.md)
PROVINCE_MASTS, PROVINCE_CORE_S, PROVINCE_GB, PROVINCE_MB = 5_216, 1_350.0, 3.0, 202.0
PROVINCE_PIXELS = 21_727_038
CORES, MEMORY_GB = 16, 64
BUSY = 0.87  # of the cores: 12.9 min on two for 1,350 core-seconds
USD_PER_CORE_HOUR = 0.05
PRICE_DATE = "2026-11"


@dataclass(frozen=True)
class Real:
    """What a run took."""

    core_s: float
    memory: float
    disk: float


def predicted(folder: Path, workers: int) -> Estimate:
    """The estimate, made in a process of its own: its memory and its reading count."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        begun = time.process_time()
        found = estimate(scene_of(folder, workers), time.process_time() - begun)
        os.write(writer, json.dumps(asdict(found)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    told = json.loads(said)
    return Estimate(**{name: Quantity(**v) if isinstance(v, dict) else v for name, v in told.items()})


def scene_of(folder: Path, workers: int):  # type: ignore[no-untyped-def]
    project = load_project(folder)
    return prepare(Options(project, project.project.as_of, "en", workers, Reporter("en", quiet=True)))


def measured(folder: Path, workers: int) -> Real:
    command = [sys.executable, "-m", "phusong", "coverage", str(folder), "--quiet", "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"phusong coverage {folder} ended with {status}")
    unit = 1 if sys.platform == "darwin" else 1024
    disk = sum(path.stat().st_size for path in (folder / "out" / "coverage").glob("*.tif"))
    return Real(used.ru_utime + used.ru_stime, used.ru_maxrss * unit, disk)


def compare(name: str, found: Estimate, real: Real) -> tuple[float, float, float]:
    """Print a row for each quantity; real over predicted of each."""
    parts = (found.reading_s, found.sweep_s, found.rasters_s)
    core_s = sum(part.value for part in parts)
    error = sum(part.value * part.error for part in parts) / core_s
    rows = (
        ("core-s", core_s, real.core_s, error, 1.0),
        ("memory, MB", found.memory_bytes.value, real.memory, found.memory_bytes.error, 1e6),
        ("disk, MB", found.disk_bytes.value, real.disk, found.disk_bytes.error, 1e6),
    )
    for what, guess, was, said, unit in rows:
        off = was / guess - 1.0
        verdict = "" if abs(off) <= said else " **outside**"
        told = f"{guess / unit:,.1f} | ± {said:.0%} | {was / unit:,.1f} | {off:+.0%}{verdict}"
        print(f"| {name} | {what} | {told} |", flush=True)
    return tuple(was / guess for _, guess, was, _, _ in rows)  # type: ignore[return-value]


def levels_row(name: str, folder: Path, found: Estimate) -> float:
    scene = scene_of(folder, 1)
    begun = time.process_time()
    levels_stage(scene)
    real = time.process_time() - begun
    off = real / max(found.levels_s.value, 1e-9)
    print(
        f"| {name} | levels, core-s | {found.levels_s.value:,.1f} | ± {found.levels_s.error:.0%} "
        f"| {real:,.1f} | {off - 1:+.0%} |",
        flush=True,
    )
    return off


def fit(ratios: list[tuple[float, float, float]]) -> None:
    """Print the factors that make the mean right, and the errors that then cover every run."""
    print("\n| constant of phusong/estimate.py | now | fitted |\n|---|---:|---:|")
    names = (
        ("_SECONDS_FACTOR", "_SECONDS_ERROR"), (None, "_MEMORY_ERROR"), ("_BYTES_FACTOR", "_BYTES_ERROR")
    )  # fmt: skip
    for column, (factor, error) in enumerate(names):
        seen = [ratio[column] for ratio in ratios]
        mean = math.exp(sum(map(math.log, seen)) / len(seen)) if factor else 1.0
        if factor:
            now = getattr(model, factor)
            print(f"| `{factor}` | {now:.2f} | {now * mean:.2f} |")
        worst = max(abs(ratio / mean - 1.0) for ratio in seen)
        print(f"| `{error}` | {getattr(model, error):.2f} | {math.ceil(worst * 20 + 1) / 20:.2f} |")


def country() -> None:
    """From what the province run took: its masts are merged as densely as a country's."""
    pixels = COUNTRY_KM2 * 1e6 / 900.0 * COUNTRY_BOX
    a_mast = PROVINCE_CORE_S / PROVINCE_MASTS
    coverage = a_mast * COUNTRY_MASTS / 3600
    sparse = max(0.0, pixels / PROVINCE_PIXELS - COUNTRY_MASTS / PROVINCE_MASTS)
    empty = sparse * model._TABLES_S * PROVINCE_PIXELS * 4 / 3600
    points = COUNTRY_POINTS / COUNTRY_KM2 * math.pi * REACH_KM**2
    levels = COUNTRY_MASTS * 3 * points * 12e-6 / 3600  # three antenna groups a mast; 12 µs a path
    hours = coverage + empty + levels
    disk = PROVINCE_MB / PROVINCE_PIXELS * pixels / 1e3
    nights = hours / (CORES * BUSY)
    error = model._SECONDS_ERROR
    print(f"| country, 30 m, {REACH_KM:.0f} km, 4 technologies | planned |\n|---|---|")
    print(
        f"| masts; pixels of {PROVINCES} provinces' boxes | {COUNTRY_MASTS:,}; {pixels / 1e6:,.0f} million |"
    )
    print(f"| measured: a mast of the province, reading and rasters in | {a_mast:.3f} core-s |")
    print(f"| layers | {coverage + empty:,.1f} core-h |")
    print(f"| levels at {COUNTRY_POINTS:,} points | {levels:,.1f} core-h |")
    print(f"| together | {hours:,.1f} core-h ± {error:.0%} |")
    print(f"| wall on one machine of {CORES} cores, {BUSY:.0%} busy | {nights:,.1f} h |")
    print(f"| memory, a province of {PROVINCE_MASTS:,} masts on two threads | {PROVINCE_GB:.1f} GB |")
    print(f"| disk, rasters | {disk:,.1f} GB |")
    print(f"| machines of {CORES} cores, {MEMORY_GB} GB, for a night of 12 h | {math.ceil(nights / 12)} |")
    cost = hours / BUSY * USD_PER_CORE_HOUR
    print(f"| price at {USD_PER_CORE_HOUR} USD a core-hour ({PRICE_DATE}, assumed) | {cost:,.2f} USD |")


def projects(folder: Path, stations: int) -> dict[str, Path]:
    sample, coarse, fine = folder / "sample", folder / "coarse", folder / "fine"
    write_sample(sample)
    build(coarse, stations, by_operator=False)
    path = coarse / "phusong.toml"
    text = path.read_text(encoding="utf-8")
    assert "resolution_m = 30" in text
    path.write_text(text.replace("resolution_m = 30", "resolution_m = 90"), encoding="utf-8")
    build(fine, stations // 3, by_operator=True)
    return {"sample": sample, f"{stations} stations, 90 m": coarse, f"{stations // 3}, 30 m, operators": fine}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--country", action="store_true")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--stations", type=int, default=300)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--real", help="core-seconds, GB, MB of a run of --project")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    if asked.country:
        country()
        return
    print(f"Load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| project | what | predicted | stated error | real | off by |\n|---|---|---:|---:|---:|---:|")
    if asked.project is not None:
        found = predicted(asked.project, asked.workers)
        if asked.real:
            core_s, gigabytes, megabytes = map(float, asked.real.split(","))
            real = Real(core_s, gigabytes * 1e9, megabytes * 1e6)
        else:
            real = measured(asked.project, asked.workers)
        compare(asked.project.name, found, real)
        return
    with tempfile.TemporaryDirectory() as name:
        ratios = []
        for number, (title, folder) in enumerate(projects(Path(name), asked.stations).items()):
            if not number:
                measured(folder, 1)  # compiles
            ratios.append(compare(title, predicted(folder, 1), measured(folder, 1)))
            levels_row(title, folder, predicted(folder, 1))
    if asked.fit:
        fit(ratios)


if __name__ == "__main__":
    main()
