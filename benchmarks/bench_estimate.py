"""Predicted against real cost, and the country planned on paper from measured cost.

    python benchmarks/bench_estimate.py             # sample province, and real ground at 90 m
    python benchmarks/bench_estimate.py --country   # 100,000 masts at 30 m, from real ground

Real is the processor time of the coverage and levels stages, after a warm-up, in this process.
"""

from __future__ import annotations

import argparse
import math
import resource
import tempfile
import time
from pathlib import Path

from phusong.console import Reporter
from phusong.estimate import Estimate, estimate
from phusong.gis_data.sample.write import write_sample
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import prepare
from phusong.stages import coverage_stage, levels_stage
from province_run import build

COUNTRY_MASTS = 100_000
COUNTRY_KM2 = 331_000.0
COUNTRY_BOX = 2.2  # a province's box over its land: the grid is the box
PROVINCES = 34
COUNTRY_POINTS = 90_000  # hamlets, and as many points as a province's cells of people give
STRIP_OVERLAP = 1.25  # a mast's rays run through strips of 512 rows more than once
CORES, MEMORY_GB = 16, 64
USD_PER_CORE_HOUR = 0.05
PRICE_DATE = "2026-11"


def predicted(folder: Path, workers: int = 1) -> tuple[Estimate, object]:
    project = load_project(folder)
    options = Options(project, project.project.as_of, "en", workers, Reporter("en", quiet=True))
    scene = prepare(options)
    return estimate(scene), scene


def compare(name: str, folder: Path) -> None:
    found, scene = predicted(folder)
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as out:
        coverage_stage(scene, Path(out))  # type: ignore[arg-type]
        written = sum(p.stat().st_size for p in (Path(out) / "coverage").glob("*.tif"))
        between = time.process_time()
        levels_stage(scene)  # type: ignore[arg-type]
    done = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sweep = found.sweep_s.value + found.rasters_s.value
    for what, guess, real, error in (
        ("coverage, core-s", sweep, between - begun, found.core_hours.error),
        ("levels, core-s", found.levels_s.value, done - between, found.levels_s.error),
        ("together, core-s", found.core_hours.value * 3600, done - begun, found.core_hours.error),
        ("disk, MB", found.disk_bytes.value / 1e6, written / 1e6, found.disk_bytes.error),
        ("memory, MB", found.memory_bytes.value / 1e6, peak / 1e6, found.memory_bytes.error),
    ):
        print(f"| {name} | {what} | {guess:,.1f} | ± {error:.0%} | {real:,.1f} | {guess / real - 1:+.0%} |")


def country(stations: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "province"
        build(folder, stations, by_operator=False)
        found, _ = predicted(folder)
    pixels = COUNTRY_KM2 * 1e6 / 900.0 * COUNTRY_BOX
    sweep = found.sweep_s.value / found.masts * COUNTRY_MASTS * STRIP_OVERLAP / 3600
    rasters = found.rasters_s.value / (found.pixels * found.layers) * pixels * 4 / 3600
    levels = found.levels_s.value / max(found.paths, 1) * COUNTRY_MASTS * _points_in_reach() / 3600
    hours = sweep + rasters + levels
    disk = found.disk_bytes.value / (found.pixels * found.layers) * pixels * 4 / 1e9
    machines = math.ceil(hours / CORES / 12)
    error = found.core_hours.error
    print("| country, 30 m, 15 km, 4 technologies | planned |\n|---|---|")
    print(
        f"| masts; pixels of {PROVINCES} provinces' boxes | {COUNTRY_MASTS:,}; {pixels / 1e6:,.0f} million |"
    )
    print(
        f"| measured: a mast | {found.sweep_s.value / found.masts:.3f} core-s ± {found.sweep_s.error:.0%} |"
    )
    print(f"| sweeping, strips' overlap in | {sweep:,.1f} core-h |")
    print(f"| rasters | {rasters:,.1f} core-h |")
    print(f"| levels at {COUNTRY_POINTS:,} points | {levels:,.1f} core-h |")
    print(f"| together | {hours:,.0f} core-h ± {error:.0%} |")
    print(f"| memory, a province on {CORES} threads | {found.memory_bytes.value / 1e9:.1f} GB + threads |")
    print(f"| disk, rasters; and the share's parts | {disk:,.0f} GB; {pixels * 4 * 11 / 1e9:,.0f} GB |")
    print(f"| machines of {CORES} cores, {MEMORY_GB} GB, for a night of 12 h | {machines} |")
    print(
        f"| price at {USD_PER_CORE_HOUR} USD a core-hour ({PRICE_DATE}, assumed) "
        f"| {hours * USD_PER_CORE_HOUR:,.0f} USD |"
    )


def _points_in_reach() -> float:
    """Points within 15 km of a mast, at the country's mean density."""
    return COUNTRY_POINTS / COUNTRY_KM2 * math.pi * 15.0**2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--country", action="store_true")
    parser.add_argument("--stations", type=int, default=300)
    asked = parser.parse_args()
    if asked.country:
        country(asked.stations)
        return
    print("| project | what | predicted | stated error | real | off by |\n|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        sample, coarse = Path(name) / "sample", Path(name) / "coarse"
        write_sample(sample)
        compare("sample", sample)
        build(coarse, asked.stations, by_operator=False)
        path = coarse / "phusong.toml"
        text = path.read_text(encoding="utf-8")
        assert "resolution_m = 30" in text
        path.write_text(text.replace("resolution_m = 30", "resolution_m = 90"), encoding="utf-8")
        compare(f"{asked.stations} stations, 90 m", coarse)


if __name__ == "__main__":
    main()
