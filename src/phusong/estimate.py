"""What a run will cost, measured on a few of its own masts before it starts: core-hours, memory, disk.

The model
---------
*Reading*: what this process has taken until the layers were read, which a run takes as well.
*Sweep and merge*: seconds go with the pixels in reach of each antenna group, times a little more for each
frequency beyond the first. The factor comes from sample masts, swept alone on the project's own ground.
*Rasters*: seconds and bytes a pixel and layer, heard or not, from the rows around a sample mast, and
`_TABLES_S` for what is read and written after them.
*Levels at points*: seconds a path and kilometre, from the sample masts' paths.
*Memory*: what the process holds after reading, plus live rows, loss windows and stored bands by their sizes.

A sample cannot show everything: masts swept in a dense network find other rows in the processor's caches, a
mosaic of many best servers packs otherwise than the circle of one mast. The factors and the errors below are
therefore fitted to whole runs by ``benchmarks/bench_estimate.py --fit``, which measures them anew.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass

import numpy as np

from .cost_samples import Quantity, levels_cost, raster_cost, sweep_cost
from .coverage.network_layer import LayerPlan
from .coverage.radio_network import RadioNetwork, prepare_network
from .coverage.row_ring import BAND_ROWS, rows_of
from .memory_use import peak_bytes
from .options import Options
from .scene import Scene, prepare
from .warmup import warm_up

__all__ = ["Estimate", "estimate", "estimate_job"]

_SECONDS_FACTOR, _SECONDS_ERROR = 1.0, 0.15
_BYTES_FACTOR, _BYTES_ERROR = 0.92, 0.15
_MEMORY_ERROR = 0.3
_BUSY = 0.87  # of the cores while a run lasts: reading and the last rows have one thread
_TABLES_S = 30e-9  # a pixel and layer, after the rasters: they are read again for tables of areas
_GDAL_BYTES = 64_000_000


@dataclass(frozen=True)
class Estimate:
    """What layers and levels of a run will cost.

    Attributes
    ----------
    masts, pixels, layers, paths : int
        What the costs go by.
    reading_s, sweep_s, rasters_s, levels_s : Quantity
        Core-seconds.
    core_hours : Quantity
        Of the four together.
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
    reading_s: Quantity
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
    found = estimate(scene, time.process_time())
    reporter = options.reporter
    rows = [
        (reporter.say("estimate_reading"), _hours(found.reading_s)),
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


def estimate(scene: Scene, reading_s: float = 0.0) -> Estimate:
    """Measure on sample masts of a scene and scale up to all of them.

    Parameters
    ----------
    scene : Scene
    reading_s : float
        Core-seconds that making the scene took.

    Returns
    -------
    Estimate
    """
    resident = peak_bytes()
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
    sweep, chosen = sweep_cost(scene, network)
    written = raster_cost(scene, network, chosen)
    levels, paths = levels_cost(scene, scene.cells)
    rasters = _fitted(Quantity(written.seconds.value + _TABLES_S * pixels * layers, written.seconds.error))
    sweep, levels, reading = _fitted(sweep), _fitted(levels), Quantity(reading_s, _SECONDS_ERROR)
    total = _sum(reading, sweep, rasters, levels)
    alone, shared = reading.value, sweep.value + rasters.value + levels.value
    return Estimate(
        masts=len(network.sites.masts),
        pixels=pixels,
        layers=layers,
        paths=paths,
        reading_s=reading,
        sweep_s=sweep,
        rasters_s=rasters,
        levels_s=levels,
        core_hours=Quantity(total.value / 3600.0, total.error),
        wall_s=Quantity(alone + shared / cores / (1.0 if cores == 1 else _BUSY), total.error),
        cores=cores,
        memory_bytes=Quantity(resident + _working_bytes(scene, network, cores), _MEMORY_ERROR),
        disk_bytes=Quantity(written.bytes_written * _BYTES_FACTOR, _BYTES_ERROR),
    )


def _fitted(measured: Quantity) -> Quantity:
    """Return core-seconds with what whole runs show beyond a sample, and both errors."""
    return Quantity(measured.value * _SECONDS_FACTOR, math.hypot(measured.error, _SECONDS_ERROR))


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


def _hours(quantity: Quantity) -> str:
    return _with_error(quantity, 3600.0, "h")


def _with_error(quantity: Quantity, unit: float, name: str) -> str:
    return f"{quantity.value / unit:,.3g} {name} ± {quantity.error:.0%}"
