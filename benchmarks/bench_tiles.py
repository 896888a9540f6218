"""Measure the map of a large area: as a folder of tiles, and from the server. Prints Markdown.

    python benchmarks/bench_tiles.py [--rows 4000] [--columns 5250] [--stations 5203] [--hamlets 3000]

21 million pixels of 30 m, four technologies of four operators: a level per technology and operator (16
rasters), and of all together level, best server, masts above threshold, SINR and probability indoors (20
rasters). Levels fall with the distance to random masts, with 7 dB of shadowing that changes within 100 m;
relief is made up too. The browser is headless Chromium, for the folder with the network off; "panel" is the
median time from a click until the panel of the place is filled, "heap" what JavaScript holds after 40 views
all over the area at the finest zoom.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright
from scipy.ndimage import distance_transform_edt, gaussian_filter, zoom
from shapely.geometry import box

from phusong.coverage.cells import TechnologyRule
from phusong.gis_data import cog
from phusong.gis_data.grid import Grid
from phusong.gis_data.result_schema import VERDICTS
from phusong.map_server import MapServer
from phusong.maps.folder_map import write_folder_map
from phusong.maps.tiles_content import TileContent
from phusong.maps.tiles_layers import TileLayer
from phusong.served_map import ServedMap

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-precise-memory-info"]
TECHNOLOGIES = {"2G": -95.0, "3G": -100.0, "4G": -105.0, "5G": -110.0}
OPERATORS = ("Viettel", "VNPT", "MobiFone", "Vietnamobile")
CRS, LEFT, TOP = "EPSG:32648", 600_000.0, 2_420_000.0
CLICK = """async ([lat, lon]) => {
  const start = performance.now();
  PS.map.fire("click", { latlng: L.latLng(lat, lon) });
  const filled = () => !PS.byId("ps-detail").hidden && PS.byId("ps-detail").children.length > 2;
  while (!filled()) await new Promise((done) => setTimeout(done, 2));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
}"""
VIEW = """async ([lat, lon, zoom]) => {
  const start = performance.now();
  PS.map.setView([lat, lon], zoom, { animate: false });
  while (PS.coverage.isLoading()) await new Promise((done) => setTimeout(done, 4));
  return performance.now() - start;
}"""


def noise(rng: np.random.Generator, shape: tuple[int, int], sigma: float, coarser: int = 1) -> np.ndarray:
    """Return a smooth random field of standard deviation 1."""
    small = tuple(-(-n // coarser) + 1 for n in shape)
    field = gaussian_filter(rng.standard_normal(small, dtype=np.float32), sigma)
    field = (
        zoom(field, coarser, order=1)[: shape[0], : shape[1]]
        if coarser > 1
        else field[: shape[0], : shape[1]]
    )
    return (field / field.std()).astype(np.float32)


def write_rasters(
    folder: Path, grid: Grid, masts: np.ndarray, rng: np.random.Generator
) -> tuple[TileLayer, ...]:
    """Write the rasters; cell k·4 + t is technology t on mast k, and mast k belongs to operator k mod 4."""
    shadow = 7.0 * noise(rng, grid.shape, 3.0)
    paths: dict[tuple[str, str | None], dict[str, Path]] = {}
    everything: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for number, operator in enumerate(OPERATORS):
        there = np.ones(grid.shape, dtype=bool)
        owner = np.zeros(grid.shape, dtype=np.int32)
        own = np.arange(number, len(masts), len(OPERATORS))
        there[masts[own, 0], masts[own, 1]] = False
        owner[masts[own, 0], masts[own, 1]] = own
        pixels, (row, column) = distance_transform_edt(there, return_indices=True)
        owner = owner[row, column]
        loss = (35.0 * np.log10(np.maximum(pixels, 1.0) * grid.resolution_m)).astype(np.float32)
        for step, technology in enumerate(TECHNOLOGIES):
            level = 28.0 - 4.0 * step - loss + np.roll(shadow, 997 * (4 * number + step))
            level[level < -125.0] = np.nan
            path = folder / f"{technology.lower()}_{operator.lower()}_level.tif"
            cog.write_cog(path, level, grid, cog.LEVEL_DBM)
            paths[technology, operator] = {"level": path}
            merge(everything, technology, level, owner * 4 + step)
    for technology, (level, best, servers) in everything.items():
        paths[technology, None] = write_all(folder, grid, technology, level, best, servers)
    return tuple(
        TileLayer(TechnologyRule(t, TECHNOLOGIES[t], 8.0, 0.9), operator, stem(t, operator), found)
        for (t, operator), found in sorted(
            paths.items(), key=lambda item: (item[0][1] is not None, item[0][0])
        )
    )


def stem(technology: str, operator: str | None) -> str:
    return technology.lower() + (f"_{operator.lower()}" if operator else "")


def merge(everything: dict[str, Any], technology: str, level: np.ndarray, cell: np.ndarray) -> None:
    level, heard = np.nan_to_num(level, nan=-999.0), level > TECHNOLOGIES[technology]
    if technology not in everything:
        everything[technology] = [level, cell, heard.astype(np.uint8)]
        return
    best = everything[technology]
    better = level > best[0]
    best[1] = np.where(better, cell, best[1])
    best[0] = np.maximum(level, best[0])
    best[2] += heard


def write_all(
    folder: Path, grid: Grid, technology: str, level: np.ndarray, best: np.ndarray, servers: np.ndarray
) -> dict[str, Path]:
    none = level < -900
    share = np.clip((level - TECHNOLOGIES[technology] + 15.0) / 40.0, 0, 1)
    level = np.where(none, np.nan, level).astype(np.float32)
    rasters = {
        "level": (level, cog.LEVEL_DBM),
        "best_cell": (np.where(none, -1, best).astype(np.int32), cog.BEST_CELL),
        "servers": (servers, cog.SERVERS),
        "sinr": (level - np.float32(TECHNOLOGIES[technology]), cog.SINR_DB),
        "p_indoor": (np.where(none, np.nan, share).astype(np.float32), cog.PROBABILITY),
    }
    found = {}
    for kind, (values, encoding) in rasters.items():
        found[kind] = folder / f"{technology.lower()}_{kind}.tif"
        cog.write_cog(found[kind], values, grid, encoding)
    return found


def build_content(folder: Path, asked: argparse.Namespace) -> TileContent:
    rng = np.random.default_rng(20)
    grid = Grid(CRS, LEFT, TOP, 30.0, asked.rows, asked.columns)
    masts = spots(rng, grid, asked.stations)
    layers = write_rasters(folder, grid, masts, rng)
    height = np.maximum(0, 250 * noise(rng, grid.shape, 12.0, 8) + 100).astype(np.float32)
    villages = points(grid, spots(rng, grid, asked.hamlets)).assign(
        village_id=[f"H{k:05d}" for k in range(asked.hamlets)], commune="Xã",
        name=[f"Thôn {k}" for k in range(asked.hamlets)],
        population=rng.integers(40, 900, asked.hamlets),
        verdict=[VERDICTS[k % len(VERDICTS)] for k in range(asked.hamlets)],
    )  # fmt: skip
    owners = [OPERATORS[k % 4] for k in range(asked.stations)]
    names = [f"D{k:05d}" for k in range(asked.stations)]
    of_masts = points(grid, masts).assign(
        mast_id=names, owner=owners, operators=owners, technologies="2G;3G;4G;5G", kind="tower", height_m=42.0
    )
    cells = pd.DataFrame(
        [
            (f"{mast}-{technology}", mast, owner, technology, 900.0 + 300 * step)
            for mast, owner in zip(names, owners, strict=True)
            for step, technology in enumerate(TECHNOLOGIES)
        ],
        columns=["cell_id", "mast_id", "operator", "technology", "frequency_mhz"],
    )  # fmt: skip
    west, south, east, north = grid.bounds
    x, y = np.linspace(west, east, 9), np.linspace(south, north, 8)
    communes = gpd.GeoDataFrame(
        {"name": [f"Xã {k}" for k in range(56)]},
        geometry=[box(x[i], y[j], x[i + 1], y[j + 1]) for i in range(8) for j in range(7)],
        crs=CRS,
    )
    nothing = gpd.GeoDataFrame({"name": []}, geometry=[], crs=CRS)
    return TileContent(
        title="Tỉnh lớn", language="vi", synthetic=True, as_of=date(2025, 12, 31), grid=grid,
        terrain_m=height, land=(height > 0).astype(np.uint8), layers=layers, operators=OPERATORS,
        villages=villages, masts=of_masts,
        communes=communes, places=nothing, proposals=nothing, cells=cells, assumptions={"vi": (), "en": ()},
        currency={"vi": "triệu đồng", "en": "million VND"},
    )  # fmt: skip


def spots(rng: np.random.Generator, grid: Grid, count: int) -> np.ndarray:
    return np.column_stack((rng.integers(0, grid.rows, count), rng.integers(0, grid.columns, count)))


def points(grid: Grid, pixels: np.ndarray) -> gpd.GeoDataFrame:
    x = grid.x_left_m + (pixels[:, 1] + 0.5) * grid.resolution_m
    y = grid.y_top_m - (pixels[:, 0] + 0.5) * grid.resolution_m
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=grid.crs)


def browse(address: str, content: TileContent, *, offline: bool) -> dict[str, float]:
    """Seconds to the first paint and until all is drawn; milliseconds of clicks and views; megabytes held."""
    south, west, north, east = content.span.bounds_deg
    rng = np.random.default_rng(4)
    places = np.column_stack((rng.uniform(south, north, 40), rng.uniform(west, east, 40))).tolist()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_context(offline=offline, viewport={"width": 1400, "height": 860}).new_page()
        tab.goto(address)
        tab.wait_for_selector("html[data-ready=true]", timeout=60_000)
        ready = tab.evaluate("performance.now()") / 1000
        paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
        panel = [tab.evaluate(CLICK, spot) for spot in places[:15]]
        views = [tab.evaluate(VIEW, [*spot, content.span.highest]) for spot in places]
        heap = tab.evaluate("performance.memory.usedJSHeapSize") / 1e6
        browser.close()
    return {
        "first paint": paint, "ready": ready, "panel": statistics.median(panel),
        "view": statistics.median(views), "heap": heap,
    }  # fmt: skip


def tell(name: str, found: dict[str, float]) -> None:
    print(f"| {name}: first paint | {found['first paint']:.2f} s | ≤ 2 s |")
    print(f"| {name}: all tiles drawn | {found['ready']:.2f} s | |")
    print(f"| {name}: click to panel | {found['panel']:.0f} ms | ≤ 200 ms |")
    print(f"| {name}: another view at the finest zoom | {found['view']:.0f} ms | |")
    print(f"| {name}: JavaScript heap after 40 views | {found['heap']:.0f} MB | |", flush=True)


def megabytes(paths: list[Path]) -> float:
    return sum(path.stat().st_size for path in paths) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--columns", type=int, default=5_250)
    parser.add_argument("--stations", type=int, default=5_203)
    parser.add_argument("--hamlets", type=int, default=3_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rasters, folder = Path(name) / "coverage", Path(name) / "map"
        rasters.mkdir()
        content = build_content(rasters, asked)
        count = sum(1 for layer in content.layers for _ in layer.rasters())
        pixels = asked.rows * asked.columns / 1e6
        print(f"| {pixels:.0f} million pixels, {count} rasters | measured | asked for |\n|---|---|---|")
        print(f"| rasters | {megabytes(list(rasters.iterdir())):.0f} MB | |")
        started, busy = time.perf_counter(), time.process_time()
        write_folder_map(folder, content)
        built, busy = time.perf_counter() - started, time.process_time() - busy
        print(f"| folder: built | {built:.1f} s ({busy:.0f} s of processor time) | ≤ 60 s |")
        page = folder / "index.html"
        data, archives = (list((folder / name).iterdir()) for name in ("data", "archives"))
        print(f"| folder: page | {megabytes([page]):.2f} MB | |")
        print(f"| folder: what the page can load, {len(data)} files | {megabytes(data):.1f} MB | |")
        print(f"| folder: the same as PMTiles | {megabytes(archives):.1f} MB | |")
        tell("folder", browse(page.resolve().as_uri(), content, offline=True))
        started = time.perf_counter()
        with MapServer(ServedMap(content)) as server:
            print(f"| server: ready to answer | {time.perf_counter() - started:.1f} s | |")
            threading.Thread(target=server.serve_forever, daemon=True).start()
            tell("server", browse(server.address, content, offline=False))
            server.shutdown()


if __name__ == "__main__":
    main()
