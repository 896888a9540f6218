"""What a run will cost, measured on a few of its own masts before it starts: core-hours, memory, disk.

The model
---------
*Sweep and merge*: seconds go with the pixels in reach of each antenna group, times 1 + `_PER_FREQUENCY` for
each frequency beyond the first. The factor comes from sample masts, swept alone on the project's own ground.
*Rasters*: seconds and bytes a pixel and layer, from the sample masts' surroundings, encoded and written.
*Levels at points*: seconds a path and kilometre, from the sample masts' paths.
*Memory*: what the process holds after reading, plus live rows, loss windows and stored bands by their sizes.

The stated error holds the spread between sample masts (two standard errors) and `_MACHINE_SHARE` for what
the samples cannot show: other work on the machine, caches, rasters fuller or emptier than the samples'.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .cluster import LEAST_LEVEL_DBM
from .coverage.cells import CellTable
from .coverage.footprint import RadioSite, Sites, ground_height_m
from .coverage.indoors import IndoorTable
from .coverage.network import merge_network
from .coverage.network_layer import LayerPlan, NetworkLayer
from .coverage.network_points import levels_of_sites, point_sites
from .coverage.radio_network import RadioNetwork, prepare_network
from .coverage.row_ring import BAND_ROWS, rows_of
from .coverage.strips import part_of
from .gis_data import cog
from .gis_data.grid import Grid
from .layer_files import RASTERS, raster_encoding, stored_rows
from .options import Options
from .scene import Scene, prepare
from .warmup import warm_up

__all__ = ["Estimate", "Quantity", "estimate", "estimate_job"]

_PER_FREQUENCY = 0.10
_MACHINE_SHARE = 0.20
_SAMPLE_MASTS = 12
_PATIENCE_S = 6.0  # for the sample of sweeps; at least three masts are swept
_SEED = 5
_STORED_BYTES = 11
_GDAL_BYTES = 64_000_000


@dataclass(frozen=True)
class Quantity:
    """A prediction and how far off it may be, as a share of it."""

    value: float
    error: float


@dataclass(frozen=True)
class Estimate:
    """What layers and levels of a run will cost.

    Attributes
    ----------
    masts, pixels, layers, paths : int
        What the costs go by.
    sweep_s, rasters_s, levels_s : Quantity
        Core-seconds.
    core_hours : Quantity
        Of the three together.
    wall_s : Quantity
        On `cores` cores.
    cores : int
    memory_bytes, disk_bytes : Quantity
        At the peak of the process; of the rasters written.
    """

    masts: int
    pixels: int
    layers: int
    paths: int
    sweep_s: Quantity
    rasters_s: Quantity
    levels_s: Quantity
    core_hours: Quantity
    wall_s: Quantity
    cores: int
    memory_bytes: Quantity
    disk_bytes: Quantity


def estimate_job(options: Options) -> Estimate:
    """Read the project, measure on a few masts, and show what a run will cost; nothing is written."""
    scene = prepare(options)
    found = estimate(scene)
    reporter = options.reporter
    rows = [
        (reporter.say("estimate_sweep"), _hours(found.sweep_s)),
        (reporter.say("estimate_rasters"), _hours(found.rasters_s)),
        (reporter.say("estimate_levels"), _hours(found.levels_s)),
        (reporter.say("estimate_core_hours"), _with_error(found.core_hours, 1.0, "h")),
        (reporter.say("estimate_wall", cores=found.cores), _with_error(found.wall_s, 60.0, "min")),
        (reporter.say("estimate_memory"), _with_error(found.memory_bytes, 1e9, "GB")),
        (reporter.say("estimate_disk"), _with_error(found.disk_bytes, 1e9, "GB")),
    ]
    title = reporter.say(
        "estimate_title", masts=found.masts, pixels=found.pixels, layers=found.layers, paths=found.paths
    )
    reporter.table([reporter.say("estimate_what"), reporter.say("estimate_how_much")], rows, title=title)
    reporter.console.print(reporter.say("estimate_scope"))
    return found


def estimate(scene: Scene) -> Estimate:
    """Measure on sample masts of a scene and scale up to all of them.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    Estimate
    """
    warm_up(scene)
    on_air = np.flatnonzero(scene.cells.active(scene.day))
    project, cells = scene.options.project, scene.cells.take(on_air)
    network = prepare_network(
        scene.terrain, cells, scene.rule.technologies, scene.settings, scene.range_m,
        patterns=scene.patterns, budget=scene.budget, by_operator=project.outputs.by_operator,
        interference=scene.interference,
    )  # fmt: skip
    cores = scene.options.workers or os.cpu_count() or 1
    pixels, layers = scene.terrain.height_m.size, len(network.plan.keys)
    resident = _peak_bytes()
    sweep, chosen = _sweep_cost(scene, network)
    raster_s, raster_bytes = _raster_cost(scene, network, chosen)
    levels, paths = _levels_cost(scene, scene.cells)
    rasters = Quantity(raster_s * pixels * layers, _MACHINE_SHARE)
    total = _sum(sweep, rasters, levels)
    return Estimate(
        masts=len(network.sites.masts),
        pixels=pixels,
        layers=layers,
        paths=paths,
        sweep_s=sweep,
        rasters_s=rasters,
        levels_s=levels,
        core_hours=Quantity(total.value / 3600.0, total.error),
        wall_s=Quantity((sweep.value + levels.value + rasters.value) / cores, total.error + 0.1),
        cores=cores,
        memory_bytes=Quantity(resident + _working_bytes(scene, network, cores), 0.3),
        disk_bytes=Quantity(raster_bytes * pixels * layers, 0.5),
    )


def _sweep_cost(scene: Scene, network: RadioNetwork) -> tuple[Quantity, RadioSite | None]:
    """Return core-seconds of sweeping and merging all masts, and the sample mast with most to show."""
    masts = network.sites.masts
    if not masts:
        return Quantity(0.0, 0.0), None
    size = [_sweep_size(scene, mast) for mast in masts]
    order = np.random.default_rng(_SEED).permutation(len(masts))[:_SAMPLE_MASTS]
    begun, seconds, sizes = time.perf_counter(), list[float](), list[float]()
    for number in order.tolist():
        if len(seconds) >= 3 and time.perf_counter() - begun > _PATIENCE_S:
            break
        seconds.append(_seconds_of_mast(scene, network, masts[number]))
        sizes.append(size[number])
    scaled = _scaled(seconds, sizes, sum(size), len(masts))
    return scaled, masts[int(order[int(np.argmax(sizes))])]


def _seconds_of_mast(scene: Scene, network: RadioNetwork, mast: RadioSite) -> float:
    """Core-seconds of one mast: a merge of it alone, less that of nothing on the same rows."""
    top, end = rows_of(scene.terrain, mast)
    rows = top // BAND_ROWS * BAND_ROWS, end
    with_it, without = part_of(network, [mast])[0], part_of(network, [])[0]
    taken = [
        _cpu_seconds(lambda part=part: merge_network(  # type: ignore[misc]
            scene.terrain, part, scene.settings, lambda layer: None, rows=rows, workers=1
        ))
        for part in (with_it, without)
    ]  # fmt: skip
    return max(taken[0] - taken[1], 1e-6)


def _sweep_size(scene: Scene, mast: RadioSite) -> float:
    """Pixels in reach of a mast's groups that lie on the map, weighted by frequencies."""
    terrain, size = scene.terrain, 0.0
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


def _raster_cost(scene: Scene, network: RadioNetwork, mast: RadioSite | None) -> tuple[float, float]:
    """Return core-seconds and bytes a pixel and layer, measured around a mast."""
    if mast is None:
        return 0.0, 0.0
    part, kept = part_of(network, [mast])
    top, end = rows_of(scene.terrain, mast)
    rows = top // BAND_ROWS * BAND_ROWS, end
    bands: list[NetworkLayer] = []
    merging = _cpu_seconds(
        lambda: merge_network(scene.terrain, part, scene.settings, bands.append, rows=rows, workers=1)
    )
    del merging  # counted by `_sweep_cost`
    empty = _cpu_seconds(
        lambda: merge_network(
            scene.terrain, part_of(network, [])[0], scene.settings, lambda layer: None, rows=rows, workers=1
        )
    )
    key = max(
        {band.key for band in bands}, key=lambda k: (sum(_heard(b) for b in bands if b.key == k), str(k))
    )
    own = [band for band in bands if band.key == key]
    columns = scene.terrain.height_m.shape[1]
    pixels = (rows[1] - rows[0]) * columns
    with tempfile.TemporaryDirectory() as folder:
        written = _cpu_seconds(lambda: _write(scene, part, own, kept, Path(folder)))
        heard = sum(_heard(band) for band in own)
        empty_bytes = 0.05 * _STORED_BYTES  # of pixels nobody hears, which compress to next to nothing
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    share = min(1.0, heard / max(pixels, 1) * len(network.sites.masts))
    per_heard = size / max(heard, 1)
    return (
        empty / pixels / max(1, len(network.plan.keys)) + written / pixels,
        share * per_heard + (1 - share) * min(empty_bytes, per_heard),
    )


def _heard(band: NetworkLayer) -> int:
    return int((band.best_cell >= 0).sum())


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


def _levels_cost(scene: Scene, cells: CellTable) -> tuple[Quantity, int]:
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
            _cpu_seconds(
                lambda one=one: levels_of_sites(  # type: ignore[misc]
                    scene.terrain, one, scene.points, ground_m, scene.settings, LEAST_LEVEL_DBM, workers=1
                )
            )
        )
        sizes.append(lengths[number][1])
    return _scaled(seconds, sizes, sum(km for _, km in lengths), len(sites.masts)), paths


def _path_lengths(scene: Scene, mast: RadioSite) -> tuple[int, float]:
    """Paths from a mast's groups to points in reach, and their kilometres, one more for each path's start."""
    count, length = 0, 0.0
    for group in mast.groups:
        distance = np.hypot(scene.points.x_m - group.x_m, scene.points.y_m - group.y_m)
        near = distance[distance <= group.range_m]
        count += len(near)
        length += float(near.sum()) / 1000.0 + len(near)
    return count, length


def _scaled(seconds: Sequence[float], sizes: Sequence[float], whole: float, count: int) -> Quantity:
    """Return the ratio estimate of a total, with two standard errors and the machine's share."""
    taken, size = np.array(seconds), np.array(sizes)
    if not size.sum() > 0.0:
        return Quantity(0.0, 0.0)
    ratio = taken.sum() / size.sum()
    n = len(taken)
    spread = 1.0
    if n > 1:
        rest = taken - ratio * size
        unseen = max(0.0, 1.0 - n / count)
        spread = math.sqrt(unseen * float((rest**2).sum()) / (n - 1) / n) / float(taken.mean())
    return Quantity(float(ratio * whole), math.hypot(2.0 * spread, _MACHINE_SHARE))


def _sum(*parts: Quantity) -> Quantity:
    value = sum(part.value for part in parts)
    error = sum(part.value * part.error for part in parts)  # not independent: one machine
    return Quantity(value, error / value if value else 0.0)


def _working_bytes(scene: Scene, network: RadioNetwork, workers: int) -> float:
    """Live rows, a loss window for each thread, and what encoding a band takes."""
    rows, columns = scene.terrain.height_m.shape
    plan: LayerPlan = network.plan
    spans = [rows_of(scene.terrain, mast) for mast in network.sites.masts]
    ring = min(rows, max((end - top for top, end in spans), default=0) + 2 * BAND_ROWS)
    carriers = 0 if network.disturbance is None else len(network.disturbance.unit_dbm)
    live = ring * columns * (8 * len(plan.entered) + len(plan.keys) + 8 * carriers)
    reach = scene.terrain.resolution_m
    window = max(
        (
            sum(4 * len(g.frequencies_mhz) * (2 * g.range_m / reach) ** 2 for g in mast.groups)
            for mast in network.sites.masts
        ),
        default=0.0,
    )
    band = BAND_ROWS * columns * 100.0  # temporary float64 arrays of P and of encoding
    return live + workers * (min(window, 4.0 * rows * columns * 8) + _GDAL_BYTES) + band


def _cpu_seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _peak_bytes() -> float:
    """Most memory that this process has held so far."""
    if sys.platform == "win32":
        return float(_windows_peak_bytes())
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) * (1 if sys.platform == "darwin" else 1024)


def _windows_peak_bytes() -> int:
    import ctypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", ctypes.c_uint32),
            ("faults", ctypes.c_uint32),
            *((name, ctypes.c_size_t) for name in ("peak", "now", "a", "b", "c", "d", "e", "f")),
        )

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    kernel.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb)
    return int(counters.peak)


def _hours(quantity: Quantity) -> str:
    return _with_error(quantity, 3600.0, "h")


def _with_error(quantity: Quantity, unit: float, name: str) -> str:
    return f"{quantity.value / unit:,.3g} {name} ± {quantity.error:.0%}"
