"""Measure the map: the sample's and that of a province. Prints Markdown.

    python benchmarks/bench_map.py [--sample-only] [--stations 5203] [--hamlets 3000] [--resolution 90]
    python benchmarks/bench_map.py --project DIR        # a project that has been run: its rasters are taken

The province: relief, coast, communes, people of ../shared/data/quang-ninh; masts of four operators made up,
each with three cells of one of four technologies. "Built" is the map alone, from results to the file, with
nothing kept from an earlier map; "again" with everything kept, "after a change" with the power of the cells
of one mast lowered (its footprint changes, the rasters stay as they are). The browser is headless Chromium
with the network off; "panel" is the median time from a click on a row of the table until the panel of the
hamlet is painted, "footprint" until a mast's own footprint is.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from phusong.console import Reporter
from phusong.gap_detail import gap_detail_stage
from phusong.map_content import PIECES, write_project_map
from phusong.project import load_project
from phusong.scene import Options, Scene, prepare
from phusong.siting_check import check_proposal
from phusong.stages import coverage_stage, gaps_stage, levels_stage, plans_stage, siting_stage
from province import OPERATORS, PROJECT, SEED, build_province, heights, settlements, shared_data, with_degrees
from synthetic_network import cells_of

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
TECHNOLOGIES = ("2G", "3G", "4G", "5G")
PAINTED = """() => {
  window.painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
CLICK_ROW = """async (k) => {
  const row = document.querySelectorAll("#ps-table tbody tr")[k];
  const start = performance.now();
  row.click();
  await window.painted();
  if (PS.byId("ps-detail").hidden) throw new Error("no panel");
  return performance.now() - start;
}"""
SELECT_MAST = """async (k) => {
  const start = performance.now();
  PS.select("mast", PS.masts[k], true);
  await PS.showCoverage();
  await window.painted();
  return performance.now() - start;
}"""


@dataclass(frozen=True)
class Built:
    """A map, and the seconds (on the clock, of all cores) that it took: anew, again, after a change."""

    path: Path
    anew: tuple[float, float]
    again: tuple[float, float]
    changed: tuple[float, float]


def build_map(folder: Path, aside: Path) -> Built:
    """Run the job up to the map, and write the map and its rasters into `aside`."""
    project = load_project(folder)
    options = Options(project, project.project.as_of, "vi", None, Reporter("vi", quiet=True))
    scene = prepare(options)
    rasters = coverage_stage(scene, aside)
    levels = levels_stage(scene)
    gaps = gaps_stage(scene, levels)
    detail = gap_detail_stage(scene, gaps)
    proposal, plans = siting_stage(scene, gaps), plans_stage(scene, levels)
    checked = check_proposal(scene, gaps, proposal)
    path = aside / "map.html"

    def write(of: Scene) -> tuple[float, float]:
        started, worked = time.perf_counter(), time.process_time()
        write_project_map(of, rasters, gaps, proposal, plans, path, detail=detail, checked=checked)
        return time.perf_counter() - started, time.process_time() - worked

    (project.cache / PIECES).unlink(missing_ok=True)
    anew, again = write(scene), write(scene)
    lower = np.where(scene.cells.mast_id == scene.cells.mast_id[0], 1.0, 0.0)
    cells = replace(scene.cells, tx_power_dbm=scene.cells.tx_power_dbm - lower)
    changed = write(replace(scene, cells=cells))
    write(scene)
    return Built(path, anew, again, changed)


def open_map(page: Path) -> dict[str, float]:
    """Seconds to the first paint and until all is drawn; milliseconds from clicks to what they open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_context(offline=True, viewport={"width": 1400, "height": 860}).new_page()
        tab.goto(page.resolve().as_uri())
        tab.wait_for_selector("html[data-ready=true]")
        ready = tab.evaluate("performance.now()") / 1000
        paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
        tab.evaluate(PAINTED)
        tab.click("#ps-tab-table")
        panel = [tab.evaluate(CLICK_ROW, k) for k in range(0, 40, 2)]
        count = tab.evaluate("PS.masts.length")
        footprint = [tab.evaluate(SELECT_MAST, k) for k in range(0, count, max(1, count // 20))]
        browser.close()
    return {
        "first paint": paint,
        "ready": ready,
        "panel": statistics.median(panel),
        "footprint": statistics.median(footprint),
    }


def build_wide_province(folder: Path, stations: int, hamlets: int, resolution_m: float) -> None:
    """Write a province of so many masts, three cells each, and so many hamlets."""
    build_province(folder)
    layers, source = folder / "layers", shared_data()
    rng = np.random.default_rng(SEED)
    villages = pd.read_csv(layers / "villages.csv")
    keep = villages.nlargest(hamlets, "population").sort_index()
    keep.to_csv(layers / "villages.csv", index=False)
    people = settlements(source, gpd.read_file(layers / "communes.gpkg"))
    height_at = heights(layers / "terrain.tif")
    places = people[["x_m", "y_m"]].to_numpy()
    chance = np.sqrt(people["people"].to_numpy())
    chance /= chance.sum()
    masts, cells = [], []
    while len(masts) < stations:
        x_m, y_m = places[rng.choice(len(places), p=chance)] + rng.uniform(-1500, 1500, 2)
        if height_at(np.array([x_m]), np.array([y_m]))[0] <= 0:
            continue
        mast_id, operator = f"D{len(masts) + 1:05d}", OPERATORS[len(masts) % len(OPERATORS)]
        masts.append({"mast_id": mast_id, "owner": operator, "height_m": 45.0, "x_m": x_m, "y_m": y_m})
        azimuths = tuple(float(a) for a in (rng.integers(0, 120) + np.array([0, 120, 240])) % 360)
        technology = TECHNOLOGIES[len(masts) // len(OPERATORS) % 4]
        cells += cells_of(mast_id, operator, (technology,), 42.0, azimuths, band_index=0)
    with_degrees(pd.DataFrame(masts)).to_csv(layers / "masts.csv", index=False)
    pd.DataFrame(cells).to_csv(layers / "cells.csv", index=False)
    text = PROJECT.format(resolution_m=resolution_m) + "time_limit_s = 20.0\n"
    (folder / "phusong.toml").write_text(text, encoding="utf-8")


def report(name: str, built: Built, largest_mb: float) -> None:
    seconds = open_map(built.path)
    print(f"| {name}: size | {built.path.stat().st_size / 1e6:.1f} MB | ≤ {largest_mb:g} MB |")
    for label, (clock, cores), asked in (
        ("built", built.anew, "≤ 60 s"),
        ("again", built.again, ""),
        ("after a change", built.changed, "≈ 3 core-s"),
    ):
        print(f"| {name}: {label} | {clock:.1f} s ({cores:.1f} core-s) | {asked} |")
    print(f"| {name}: first paint | {seconds['first paint']:.2f} s | ≤ 2 s |")
    print(f"| {name}: ready | {seconds['ready']:.2f} s | |")
    print(f"| {name}: click to panel | {seconds['panel']:.0f} ms | ≤ 200 ms |")
    print(f"| {name}: mast to its footprint | {seconds['footprint']:.0f} ms | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample-only", action="store_true")
    parser.add_argument("--project", type=Path)
    parser.add_argument("--stations", type=int, default=5_203)
    parser.add_argument("--hamlets", type=int, default=3_000)
    parser.add_argument("--resolution", type=float, default=90.0)
    asked = parser.parse_args()
    print("| map | measured | asked for |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        aside = Path(name) / "aside"
        if asked.project is not None:
            report(asked.project.name, build_map(asked.project, aside), 25)
            return
        sample, province = Path(name) / "sample", Path(name) / "province"
        command = [sys.executable, "-m", "phusong", "init", "--sample", str(sample)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report("sample", build_map(sample, aside), 8)
        if asked.sample_only:
            return
        build_wide_province(province, asked.stations, asked.hamlets, asked.resolution)
        report("province", build_map(province, Path(name) / "wide"), 25)


if __name__ == "__main__":
    main()
