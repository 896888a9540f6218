"""What layers cost, by a sample of the run's own work: some masts swept, the rows around one of them written.

Errors are what the sample itself cannot know of the whole; what whole runs show beyond is in `cost_model`.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from .coverage.footprint import RadioSite
from .coverage.indoors import IndoorTable
from .coverage.network import merge_mast, merge_network
from .coverage.network_layer import LayerKey, NetworkLayer
from .coverage.propagation.terrain import TerrainModel
from .coverage.radio_network import RadioNetwork
from .coverage.row_ring import BAND_ROWS, RowRing, rows_of
from .coverage.strips import part_of
from .gis_data import cog
from .gis_data.grid import Grid
from .layer_files import RASTERS, raster_encoding, stored_rows
from .scene import Scene

__all__ = [
    "SAMPLE_MASTS",
    "SEED",
    "Quantity",
    "RasterCost",
    "cpu_seconds",
    "machine_unit_s",
    "raster_cost",
    "scaled",
    "sweep_cost",
    "sweep_size",
]

_PER_FREQUENCY = 0.10  # of a group's cost, for each frequency beyond the first
SAMPLE_MASTS = 12
_PATIENCE_S = 6.0  # of core time for the sample of sweeps; at least three masts are swept
SEED = 5
_COARSE = 128  # squares on the longer side of the map, to count masts in reach of a place


@dataclass(frozen=True)
class Quantity:
    """A prediction and how far off it may be, as a share of it."""

    value: float
    error: float


@dataclass(frozen=True)
class RasterCost:
    """All rasters.

    Attributes
    ----------
    seconds : float
        Core-seconds.
    handing_s : float
        The part of them that one thread does at a time, however many there are.
    bytes_written : float
    """

    seconds: float
    handing_s: float
    bytes_written: float


class _Held(RowRing):
    """Keeps its rows: what finishing them costs goes by pixels, not by masts."""

    def leave(self, mast: RadioSite) -> None:
        """Do nothing; `RowRing.leave` finishes."""


def _held(scene: Scene, part: RadioNetwork, rows: tuple[int, int]) -> _Held:
    """Rows as a run has them: with runners-up where it keeps its merges."""
    keep = (lambda first, stack, units: None) if scene.options.project.outputs.keep_merge else None
    return _Held(scene.terrain, part.sites.masts, part.plan, part.disturbance, lambda layer: None, rows, keep)


def sweep_cost(scene: Scene, network: RadioNetwork) -> tuple[Quantity, RadioSite | None]:
    """Return core-seconds of sweeping and merging all masts, and the sample mast with most to show."""
    masts = network.sites.masts
    if not masts:
        return Quantity(0.0, 0.0), None
    size = [sweep_size(scene.terrain, mast) for mast in masts]
    order = np.random.default_rng(SEED).permutation(len(masts))[:SAMPLE_MASTS]
    seconds, sizes = list[float](), list[float]()
    for number in order.tolist():
        if len(seconds) >= 3 and sum(seconds) > _PATIENCE_S:
            break
        seconds.append(_seconds_of_mast(scene, network, masts[number]))
        sizes.append(size[number])
    return scaled(seconds, sizes, sum(size), len(masts)), masts[int(order[int(np.argmax(sizes))])]


def _seconds_of_mast(scene: Scene, network: RadioNetwork, mast: RadioSite) -> float:
    """Core-seconds of one mast's sweeps and their merge, without what finishing rows takes.

    Rows that are live have been written to before, by other masts: so the mast is merged once unseen, which
    also brings the memory in. Of what follows the less of two: other programs can only make it longer.
    """
    top, end = rows_of(scene.terrain, mast)
    rows = top // BAND_ROWS * BAND_ROWS, end
    part = part_of(network, [mast])[0]
    one = part.sites.masts[0]
    ring = _held(scene, part, rows)

    def once() -> float:
        return cpu_seconds(lambda: merge_mast(scene.terrain, part, one, scene.settings, ring))

    once()
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
        return RasterCost(0.0, 0.0, 0.0)
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
    full, empty = _written(scene, part, own, kept), _written(scene, part, silent, kept)
    share = _share_heard(scene.terrain, network, heard / max(1.0, _on_map(scene.terrain, mast)))
    all_pixels = shape[0] * shape[1] * len(plan.keys)

    def whole(of_silent: float, of_heard: float) -> float:
        more = max(of_heard - of_silent, 0.0) / max(heard, 1)
        return of_silent / pixels * all_pixels + more * share * all_pixels

    handing = whole(idle + empty.encoding_s, finishing + full.encoding_s)
    packing = whole(empty.packing_s, full.packing_s)
    return RasterCost(handing + packing, handing, whole(empty.bytes_written, full.bytes_written))


def _finishing_seconds(scene: Scene, part: RadioNetwork, rows: tuple[int, int]) -> float:
    """Core-seconds of handing on rows that masts have been merged into, the merging left out."""
    ring = _held(scene, part, rows)
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


@dataclass(frozen=True)
class _Written:
    encoding_s: float
    packing_s: float
    bytes_written: int


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


def _written(
    scene: Scene, part: RadioNetwork, bands: Sequence[NetworkLayer], index: NDArray[np.int64]
) -> _Written:
    """Write some rows of a layer into a folder that is then removed; tell what that took."""
    grid = scene.layers.grid
    rows = sum(len(band.servers) for band in bands)
    own = Grid(grid.crs, grid.x_left_m, grid.y_top_m, grid.resolution_m, rows, grid.columns)
    building = scene.options.project.propagation.building
    table = IndoorTable(bands[0].rule, part.cells.frequency_mhz, building)
    stored: list[dict[str, NDArray[Any]]] = []
    encoding_s = cpu_seconds(lambda: stored.extend(stored_rows(band, index, table) for band in bands))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packing_s = cpu_seconds(lambda: _pack(folder, own, stored))
        return _Written(encoding_s, packing_s, sum(path.stat().st_size for path in folder.iterdir()))


def _pack(folder: Path, grid: Grid, stored: Sequence[dict[str, NDArray[Any]]]) -> None:
    for what in RASTERS:
        draft = cog.CogDraft(folder / f"{what}.tif", grid, raster_encoding(what))
        for rows in stored:
            draft.append_stored(rows[what])
        draft.finish()


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


def machine_unit_s() -> float:
    """Return the core-seconds, at best, of a fixed piece of work: how fast the machine is."""
    rng = np.random.default_rng(SEED)
    one, other = rng.integers(0, 5_000, 300_000), rng.random(300_000)

    def work() -> None:
        order = np.lexsort((other, one))
        texts = [f"{value:.3f}" for value in other[order][:50_000].tolist()]
        sorted(texts)

    return min(cpu_seconds(work) for _ in range(3))
