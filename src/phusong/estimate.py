"""What a run will cost, measured on a few of its own masts before it starts: core-hours, memory, disk.

A sample of the run's own work (`cost_samples`, `cost_points`) and its size (`cost_size`) go into the model
(`cost_model`), whose factors and errors come from the table of measured runs (`cost_runs`). An error is what
the sample cannot know of the whole, and what the model was off by in whole runs.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .cost_model import DISK, MEMORY, beyond_table, predicted, together
from .cost_points import points_cost
from .cost_runs import MeasuredRun, Sampled
from .cost_samples import Quantity, machine_unit_s, raster_cost, sweep_cost
from .cost_size import RunSize, size_of
from .coverage.radio_network import prepare_network
from .memory_use import peak_bytes
from .options import Options
from .scene import Scene, prepare
from .warmup import warm_up

__all__ = ["Estimate", "Survey", "estimate_job", "estimated", "survey"]

_SECONDS = {"h": 3600.0, "min": 60.0, "s": 1.0}
_BYTES = {"GB": 1e9, "MB": 1e6}

_READING_ERROR = 0.15  # of its seconds and its memory: the same work, measured once


@dataclass(frozen=True)
class Survey:
    """What can be known of a run before it starts.

    Attributes
    ----------
    size : RunSize
    sampled : Sampled
    reading_memory : float
        Most bytes that reading has held.
    sweep_error, levels_error, heard_error : float
        What the sample cannot know of the whole, as shares.
    """

    size: RunSize
    sampled: Sampled
    reading_memory: float = 0.0
    sweep_error: float = 0.0
    levels_error: float = 0.0
    heard_error: float = 0.0


@dataclass(frozen=True)
class Estimate:
    """What a run will cost.

    Attributes
    ----------
    size : RunSize
    core_s : dict of str to Quantity
        Core-seconds: "reading", "sweep", "rasters", "points" (levels and verdicts), "rest" (proposals without
        their search, tables, map, report).
    memory : dict of str to Quantity
        Bytes at the peak of each stage: "reading", "layers", "points", "rest".
    disk : dict of str to Quantity
        Bytes: "rasters", "tables" (all other results), "merge", "caches", "history".
    wall_s : Quantity
        On `size.workers` cores that do nothing else.
    """

    size: RunSize
    core_s: dict[str, Quantity]
    memory: dict[str, Quantity]
    disk: dict[str, Quantity]
    wall_s: Quantity

    @property
    def core_hours(self) -> Quantity:
        """All stages together."""
        total = together(*self.core_s.values())
        return Quantity(total.value / 3600.0, total.error)

    @property
    def memory_bytes(self) -> Quantity:
        """The largest peak, with an error that holds if another stage turns out to have it."""
        value = max(peak.value for peak in self.memory.values())
        highest = max(peak.value * (1.0 + peak.error) for peak in self.memory.values())
        return Quantity(value, highest / value - 1.0)

    @property
    def disk_bytes(self) -> Quantity:
        """Results, and all that the project keeps for its next run."""
        return together(*self.disk.values())


def survey(scene: Scene, reading_s: float = 0.0) -> Survey:
    """Measure on sample masts of a scene; about ten core-seconds.

    Parameters
    ----------
    scene : Scene
    reading_s : float
        Core-seconds that making the scene took.
    """
    reading_memory = peak_bytes()
    warm_up(scene)
    cells = scene.cells.take(np.flatnonzero(scene.cells.active(scene.day)))
    network = prepare_network(
        scene.terrain, cells, scene.rule.technologies, scene.settings, scene.range_m,
        patterns=scene.patterns, budget=scene.budget,
        by_operator=scene.options.project.outputs.by_operator, interference=scene.interference,
    )  # fmt: skip
    sweep, chosen = sweep_cost(scene, network)
    written, points = raster_cost(scene, network, chosen), points_cost(scene)
    sampled = Sampled(
        reading_s=reading_s,
        sweep_s=sweep.value,
        rasters_s=written.seconds,
        handing_s=written.handing_s,
        levels_s=points.seconds.value,
        raster_bytes=written.bytes_written,
        unit_s=machine_unit_s(),
    )
    size = size_of(
        scene, network, scene.options.workers or os.cpu_count() or 1,
        paths=points.paths, heard=points.heard.value, lacking=points.lacking,
    )  # fmt: skip
    return Survey(size, sampled, reading_memory, sweep.error, points.seconds.error, points.heard.error)


def estimated(found: Survey, runs: tuple[MeasuredRun, ...] | None = None) -> Estimate:
    """Return what a run will cost by a table of measured runs; default: the one of the program."""
    size, sampled = found.size, found.sampled

    def figure(name: str, error: float = 0.0, by: Sampled = sampled) -> Quantity:
        told = predicted(name, size, by, runs)
        return Quantity(told.value, math.hypot(told.error, error))

    nothing = replace(sampled, reading_s=0.0, sweep_s=0.0, rasters_s=0.0, handing_s=0.0)
    reading = Quantity(sampled.reading_s, _READING_ERROR)
    sweep = figure("layers_s", found.sweep_error, replace(nothing, sweep_s=sampled.sweep_s))
    rasters = figure("layers_s", 0.0, replace(nothing, rasters_s=sampled.rasters_s))
    points, rest = figure("points_s", found.levels_error), figure("rest_s")
    levels = figure("points_s", found.levels_error, replace(nothing, unit_s=0.0))
    shared_levels = Quantity(levels.value / size.workers, levels.error)
    alone = Quantity(points.value - levels.value, points.error)
    # the clock was read on few idle machines: it is known no better than the core-seconds
    layers_wall = figure("layers_wall_s", sweep.error)
    wall = together(layers_wall, shared_levels, alone, rest)
    memory = {name.removesuffix("_memory"): figure(name) for name in MEMORY}
    memory["points"] = figure("points_memory", found.heard_error)
    return Estimate(
        size=size,
        core_s={"reading": reading, "sweep": sweep, "rasters": rasters, "points": points, "rest": rest},
        memory={"reading": Quantity(found.reading_memory, _READING_ERROR), **memory},
        disk={name.removesuffix("_disk"): figure(name) for name in DISK},
        wall_s=wall,
    )


def estimate_job(options: Options) -> Estimate:
    """Read the project, measure on a few masts, and show what a run will cost; no result is computed."""
    scene = prepare(options)
    found = estimated(survey(scene, time.process_time()))
    _show(options, found)
    return found


def _show(options: Options, found: Estimate) -> None:
    reporter, size = options.reporter, found.size
    say = reporter.say
    of_cores = {unit: say(f"estimate_core_{unit}") for unit in _SECONDS}
    rows = [(say(f"estimate_{name}"), _time(part, of_cores)) for name, part in found.core_s.items()]
    rows += [
        (say("estimate_core_hours"), _time(together(*found.core_s.values()), of_cores)),
        (say("estimate_wall", cores=size.workers), _time(found.wall_s, {unit: unit for unit in _SECONDS})),
    ]
    rows += [
        (say("estimate_memory_of", stage=say(f"estimate_stage_{name}")), _bytes(part))
        for name, part in found.memory.items()
    ]
    rows.append((say("estimate_memory"), _bytes(found.memory_bytes)))
    rows += [(say(f"estimate_disk_{name}"), _bytes(part)) for name, part in found.disk.items()]
    rows += [
        (say("estimate_disk"), _bytes(found.disk_bytes)),
        (say("estimate_disk_free"), f"{_plain(_free_bytes(options.project.folder) / 1e9)} GB"),
    ]
    title = say("estimate_title", masts=size.masts, pixels=size.pixels, layers=size.layers, paths=size.paths)
    reporter.table([say("estimate_what"), say("estimate_how_much")], rows, title=title)
    reporter.console.print(say("estimate_scope"), markup=False)
    if beyond_table(size):
        reporter.console.print(say("estimate_beyond"), markup=False)


def _free_bytes(folder: Path) -> float:
    return float(shutil.disk_usage(folder).free)


def _time(quantity: Quantity, names: Mapping[str, str]) -> str:
    """Return seconds in the largest unit of which there is at least a tenth."""
    unit = next((unit for unit, seconds in _SECONDS.items() if quantity.value >= seconds / 10), "s")
    return _shown(quantity, _SECONDS[unit], names[unit])


def _bytes(quantity: Quantity) -> str:
    if quantity.value >= _BYTES["GB"] / 10:
        return _shown(quantity, _BYTES["GB"], "GB")
    return _shown(quantity, _BYTES["MB"], "MB")


def _shown(quantity: Quantity, unit: float, name: str) -> str:
    return f"{_plain(quantity.value / unit)} {name} ± {quantity.error:.0%}"


def _plain(value: float) -> str:
    """Three digits, without an exponent."""
    if value >= 100.0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.4f}"
