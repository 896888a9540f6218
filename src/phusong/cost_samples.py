"""What a run costs, by a sample of its own work: some masts swept, the rows around one of them written.

Each function returns a `Quantity` for the whole run, whose error is what the sample itself cannot know.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from .cluster import LEAST_LEVEL_DBM
from .coverage.cells import CellTable
from .coverage.footprint import RadioSite, Sites, ground_height_m
from .coverage.indoors import IndoorTable
from .coverage.network import merge_mast, merge_network
from .coverage.network_layer import LayerKey, NetworkLayer
from .coverage.network_points import levels_of_sites, point_sites
from .coverage.propagation.terrain import TerrainModel
from .coverage.radio_network import RadioNetwork
from .coverage.row_ring import BAND_ROWS, RowRing, rows_of
from .coverage.strips import part_of
from .gis_data import cog
from .gis_data.grid import Grid
from .layer_files import RASTERS, raster_encoding, stored_rows
from .scene import Scene

__all__ = [
    "Quantity",
    "RasterCost",
    "cpu_seconds",
    "levels_cost",
    "raster_cost",
    "scaled",
    "sweep_cost",
    "sweep_size",
]

_PER_FREQUENCY = 0.10  # of a group's cost, for each frequency beyond the first
_SAMPLE_MASTS = 12
_PATIENCE_S = 6.0  # of core time for the sample of sweeps; at least three masts are swept
_SEED = 5
_COARSE = 128  # squares on the longer side of the map, to count masts in reach of a place


@dataclass(frozen=True)
class Quantity:
    """A prediction and how far off it may be, as a share of it."""

    value: float
    error: float


@dataclass(frozen=True)
class RasterCost:
    """Core-seconds and bytes of all rasters."""

    seconds: Quantity
    bytes_written: float


class _Held(RowRing):
    """Keeps its rows: what finishing them costs goes by pixels, not by masts."""

    def leave(self, mast: RadioSite) -> None:
        """Do nothing; `RowRing.leave` finishes."""


def sweep_cost(scene: Scene, network: RadioNetwork) -> tuple[Quantity, RadioSite | None]:
    """Return core-seconds of sweeping and merging all masts, and the sample mast with most to show."""
    masts = network.sites.masts
    if not masts:
        return Quantity(0.0, 0.0), None
    size = [sweep_size(scene.terrain, mast) for mast in masts]
    order = np.random.default_rng(_SEED).permutation(len(masts))[:_SAMPLE_MASTS]
    seconds, sizes = list[float](), list[float]()
    for number in order.tolist():
        if len(seconds) >= 3 and sum(seconds) > _PATIENCE_S:
            break
        seconds.append(_seconds_of_mast(scene, network, masts[number]))
        sizes.append(size[number])
    return scaled(seconds, sizes, sum(size), len(masts)), masts[int(order[int(np.argmax(sizes))])]


def _seconds_of_mast(scene: Scene, network: RadioNetwork, mast: RadioSite) -> float:
    """Core-seconds of one mast's sweeps and their merge, without what finishing rows takes.

    The less of two: other programs can only make it longer.
    """
    top, end = rows_of(scene.terrain, mast)
    rows = top // BAND_ROWS * BAND_ROWS, end
    part = part_of(network, [mast])[0]
    one = part.sites.masts[0]

    def once() -> float:
        ring = _Held(scene.terrain, part.sites.masts, part.plan, part.disturbance, lambda layer: None, rows)
        return cpu_seconds(lambda: merge_mast(scene.terrain, part, one, scene.settings, ring))

    return min(once(), once())


def sweep_size(terrain: TerrainModel, mast: RadioSite) -> float:
    """Return the pixels in reach of a mast's groups that lie on the map, weighted by frequencies."""
    size = 0.0
    rows, columns = terrain.height_m.shape
    for group in mast.groups:
        reach = group.range_m / terrain.resolution_m
        row = (terrain.y_top_m - group.y_m) / terrain.resolution_m
        column = (group.x_m - terrain.x_left_m) / terrain.resolution_m
        at = np.arange(max(0, math.ceil(row - reach)), min(rows, math.floor(row + reach) + 1))
        half = np.sqrt(np.maximum(reach**2 - (at - row) ** 2, 0.0))
        across = np.minimum(column + half, columns) - np.maximum(column - half, 0.0)
        size += float(np.maximum(across, 0.0).sum()) * (
            1.0 + _PER_FREQUENCY * (len(group.frequencies_mhz) - 1)
        )
    return size


def raster_cost(scene: Scene, network: RadioNetwork, mast: RadioSite | None) -> RasterCost:
    """Return what finishing and writing all rows costs, measured around a mast.

    A pixel where nothing is heard costs little and packs to next to nothing, so both kinds are measured. How
    many are heard comes from the share heard in the mast's circle, and the masts in reach of each place.
    """
    if mast is None:
        return RasterCost(Quantity(0.0, 0.0), 0.0)
    plan, shape = network.plan, scene.terrain.height_m.shape
    part, kept = part_of(network, [mast])
    top, end = rows_of(scene.terrain, mast)
    rows = top // BAND_ROWS * BAND_ROWS, end
    bands: list[NetworkLayer] = []
    merge_network(scene.terrain, part, scene.settings, bands.append, rows=rows, workers=1)
    key = max(
        {band.key for band in bands}, key=lambda k: (sum(_heard(b) for b in bands if b.key == k), str(k))
    )
    own = [band for band in bands if band.key == key]
    heard, pixels = sum(_heard(band) for band in own), (rows[1] - rows[0]) * shape[1]
    nothing = part_of(network, [])[0]
    silent = [_silent(band) for band in own]
    finishing = _finishing_seconds(scene, part, rows) / len(plan.keys)
    idle = _finishing_seconds(scene, nothing, rows) / len(plan.keys)
    with tempfile.TemporaryDirectory() as folder:
        full_s = finishing + cpu_seconds(lambda: _write(scene, part, own, kept, Path(folder)))
        full = _size(folder)
    with tempfile.TemporaryDirectory() as folder:
        empty_s = idle + cpu_seconds(lambda: _write(scene, part, silent, kept, Path(folder)))
        empty = _size(folder)
    share = _share_heard(scene.terrain, network, heard / max(1.0, _on_map(scene.terrain, mast)))
    all_heard, all_pixels = share * shape[0] * shape[1] * len(plan.keys), shape[0] * shape[1] * len(plan.keys)
    seconds = empty_s / pixels * all_pixels + max(full_s - empty_s, 0.0) / max(heard, 1) * all_heard
    written = empty / pixels * all_pixels + max(full - empty, 0) / max(heard, 1) * all_heard
    return RasterCost(Quantity(seconds, 0.0), written)


def _finishing_seconds(scene: Scene, part: RadioNetwork, rows: tuple[int, int]) -> float:
    """Core-seconds of handing on rows that masts have been merged into, the merging left out."""
    ring = _Held(scene.terrain, part.sites.masts, part.plan, part.disturbance, lambda layer: None, rows)
    for one in part.sites.masts:
        merge_mast(scene.terrain, part, one, scene.settings, ring)

    def finish() -> None:
        for one in part.sites.masts:
            RowRing.leave(ring, one)
        ring.finish()

    return cpu_seconds(finish)


def _heard(band: NetworkLayer) -> int:
    return int((band.best_cell >= 0).sum())


def _silent(band: NetworkLayer) -> NetworkLayer:
    """The same rows with nothing heard in them."""
    nothing = np.full_like(band.level_dbm, np.nan)
    best, servers = np.full_like(band.best_cell, -1), np.zeros_like(band.servers)
    sinr = None if band.sinr_db is None else nothing
    return NetworkLayer(
        band.technology, band.operator, band.rule, nothing, best, servers, sinr, band.first_row
    )


def _size(folder: str) -> int:
    return sum(path.stat().st_size for path in Path(folder).iterdir())


def _on_map(terrain: TerrainModel, mast: RadioSite) -> float:
    """Pixels of the map in reach of the mast's farthest group."""
    return max(
        (sweep_size(terrain, RadioSite(mast.mast_id, (group,)))
         / (1.0 + _PER_FREQUENCY * (len(group.frequencies_mhz) - 1)) for group in mast.groups),
        default=0.0,
    )  # fmt: skip


def _share_heard(terrain: TerrainModel, network: RadioNetwork, heard_by_one: float) -> float:
    """Return the share of pixels, over all layers, in which something is heard.

    Masts are taken to hide from a place independently of each other.
    """
    rows, columns = terrain.height_m.shape
    step = max(rows, columns) / _COARSE * terrain.resolution_m
    y_m = terrain.y_top_m - np.arange(step / 2, rows * terrain.resolution_m, step)
    x_m = terrain.x_left_m + np.arange(step / 2, columns * terrain.resolution_m, step)
    miss = min(max(1.0 - heard_by_one, 0.0), 1.0)
    count: dict[LayerKey, NDArray[np.int32]] = {
        key: np.zeros((len(y_m), len(x_m)), np.int32) for key in network.plan.keys
    }
    cells = network.cells
    for mast in network.sites.masts:
        for group in mast.groups:
            rows_in = np.flatnonzero(np.abs(y_m - group.y_m) <= group.range_m)
            columns_in = np.flatnonzero(np.abs(x_m - group.x_m) <= group.range_m)
            if not len(rows_in) or not len(columns_in):
                continue
            part = np.s_[rows_in[0] : rows_in[-1] + 1, columns_in[0] : columns_in[-1] + 1]
            near = (y_m[part[0], None] - group.y_m) ** 2 + (x_m[None, part[1]] - group.x_m) ** 2
            inside = near <= group.range_m**2
            carried = {(str(cells.technology[c]), str(cells.operator[c])) for c in group.cells}
            keys: set[LayerKey] = {*(t for t, _ in carried), *carried}
            for key in keys & set(count):
                count[key][part] += inside
    return float(np.mean([np.mean(1.0 - miss**reach) for reach in count.values()])) if count else 0.0


def _write(
    scene: Scene, part: RadioNetwork, bands: Sequence[NetworkLayer], index: NDArray[np.int64], folder: Path
) -> None:
    grid = scene.layers.grid
    rows = sum(len(band.servers) for band in bands)
    own = Grid(grid.crs, grid.x_left_m, grid.y_top_m, grid.resolution_m, rows, grid.columns)
    building = scene.options.project.propagation.building
    table = IndoorTable(bands[0].rule, part.cells.frequency_mhz, building)
    drafts = {what: cog.CogDraft(folder / f"{what}.tif", own, raster_encoding(what)) for what in RASTERS}
    for band in bands:
        for what, stored in stored_rows(band, index, table).items():
            drafts[what].append_stored(stored)
    for draft in drafts.values():
        draft.finish()


def levels_cost(scene: Scene, cells: CellTable) -> tuple[Quantity, int]:
    """Return core-seconds of the levels at all points, and how many paths there are."""
    sites = point_sites(
        scene.terrain, cells, scene.settings, scene.range_m,
        patterns=scene.patterns, budget=scene.budget, floor_dbm=LEAST_LEVEL_DBM,
    )  # fmt: skip
    lengths = [_path_lengths(scene, mast) for mast in sites.masts]
    paths = sum(count for count, _ in lengths)
    if not paths:
        return Quantity(0.0, 0.0), 0
    ground_m = ground_height_m(scene.terrain, scene.points.x_m, scene.points.y_m)
    order = np.random.default_rng(_SEED).permutation(len(sites.masts))[:_SAMPLE_MASTS]
    seconds, sizes = [], []
    for number in [n for n in order.tolist() if lengths[n][0]] or [int(np.argmax([c for c, _ in lengths]))]:
        one = Sites((sites.masts[number],), sites.sectors, sites.patterns)
        seconds.append(
            cpu_seconds(
                lambda one=one: levels_of_sites(  # type: ignore[misc]
                    scene.terrain, one, scene.points, ground_m, scene.settings, LEAST_LEVEL_DBM, workers=1
                )
            )
        )
        sizes.append(lengths[number][1])
    return scaled(seconds, sizes, sum(km for _, km in lengths), len(sites.masts)), paths


def _path_lengths(scene: Scene, mast: RadioSite) -> tuple[int, float]:
    """Paths from a mast's groups to points in reach, and their kilometres, one more for each path's start."""
    count, length = 0, 0.0
    for group in mast.groups:
        distance = np.hypot(scene.points.x_m - group.x_m, scene.points.y_m - group.y_m)
        near = distance[distance <= group.range_m]
        count += len(near)
        length += float(near.sum()) / 1000.0 + len(near)
    return count, length


def scaled(seconds: Sequence[float], sizes: Sequence[float], whole: float, count: int) -> Quantity:
    """Return the ratio estimate of a total, with the half width of its 95 % interval (Student's t)."""
    taken, size = np.array(seconds), np.array(sizes)
    if not size.sum() > 0.0:
        return Quantity(0.0, 0.0)
    ratio = taken.sum() / size.sum()
    n = len(taken)
    spread = 2.0
    if n > 1:
        rest = taken - ratio * size
        unseen = max(0.0, 1.0 - n / count)
        spread = math.sqrt(unseen * float((rest**2).sum()) / (n - 1) / n) / float(taken.mean())
        spread *= float(stdtrit(n - 1, 0.975))
    return Quantity(float(ratio * whole), spread)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the core-seconds that a piece of work takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun
