"""The country planned on paper: a measured province, scaled to what a country is assumed to be.

Used by ``bench_estimate.py --country``. What was measured and what is assumed are printed apart.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace

from phusong.cost_runs import MeasuredRun
from phusong.cost_samples import Quantity
from phusong.estimate import Estimate, Survey, estimated

__all__ = ["Country", "print_country", "province_of"]


@dataclass(frozen=True)
class Country:
    """What is assumed; nothing here was measured.

    Attributes
    ----------
    masts, provinces : int
    area_km2 : float
    box : float
        The grid of a province over its land: the grid is a box.
    points : int
        Hamlets and other places with levels of their own.
    resolution_m : float
    largest : float
        Masts and pixels of the largest province over those of the mean one.
    machine_cores, machine_gb : int
        Of the machine that is hired.
    at_a_time : int
        Provinces that it works on, each with its share of the cores.
    usd_per_core_hour : float
    price_of : str
    """

    masts: int = 100_000
    provinces: int = 34
    area_km2: float = 331_000.0
    box: float = 2.2
    points: int = 90_000
    resolution_m: float = 30.0
    largest: float = 3.0
    machine_cores: int = 16
    machine_gb: int = 64
    at_a_time: int = 4
    usd_per_core_hour: float = 0.05
    price_of: str = "2026-11"


ASSUMED = {
    "masts": "masts",
    "provinces": "provinces",
    "area_km2": "land (km²)",
    "box": "pixels of the provinces' boxes over those of their land",
    "points": "hamlets and other points",
    "resolution_m": "pixel (m)",
    "largest": "largest province over the mean one, in masts and in pixels",
    "machine_cores": "cores of the machine",
    "machine_gb": "memory of the machine (GB)",
    "at_a_time": "provinces at a time, each with its share of the cores",
    "usd_per_core_hour": "USD a core-hour",
    "price_of": "date of that price",
}


STAGES = {
    "reading": "reading",
    "sweep": "sweeping masts",
    "rasters": "writing rasters",
    "points": "levels and verdicts",
    "rest": "tables, maps, reports",
}
FILES = {
    "rasters": "rasters",
    "tables": "tables, maps, reports",
    "merge": "what updates start from (can be left out)",
    "caches": "other caches",
    "history": "one version",
}


def reference(runs: tuple[MeasuredRun, ...]) -> MeasuredRun:
    """The measured run with most masts, layers per technology: masts are merged as densely as a country's."""
    whole = [run for run in runs if run.took.layers_s and run.size.layers <= 4]
    return max(whole, key=lambda run: run.size.masts)


def province_of(country: Country, run: MeasuredRun, share: float = 1.0) -> Survey:
    """The survey of a province as a country has them: that of a measured run, scaled.

    Parameters
    ----------
    country : Country
    run : MeasuredRun
    share : float
        Of a mean province: 1; masts, pixels and points go with it.

    Returns
    -------
    Survey
        Sweeps go with masts, rasters and reading with pixels, levels with masts times points in reach.
    """
    size, sampled = run.size, run.sampled
    masts = share * country.masts / country.provinces / size.masts
    pixels = share * country.area_km2 * country.box / country.provinces
    pixels *= 1e6 / country.resolution_m**2 / size.pixels
    points = share * country.points / country.provinces / size.points
    near = masts * points / pixels
    # live rows are as many as the range asks for, and as wide as the map
    linear = {"masts": masts, "cells": masts, "pixels": pixels, "hamlets": points, "points": points,
              "paths": near, "heard": near, "lacking": points, "ground_bytes": pixels,
              "merge_bytes": pixels, "live_bytes": math.sqrt(pixels),
              "tile_bytes": math.sqrt(pixels)}  # fmt: skip
    whole = {field.name for field in fields(size) if field.type == "int"}
    scaled = {name: value * linear.get(name, 1.0) for name, value in asdict(size).items()}
    scaled["workers"] = max(1, country.machine_cores // country.at_a_time)
    counts = {name: round(value) if name in whole else value for name, value in scaled.items()}
    return Survey(
        replace(size, **counts),
        replace(
            sampled,
            reading_s=sampled.reading_s * pixels,
            sweep_s=sampled.sweep_s * masts,
            rasters_s=sampled.rasters_s * pixels,
            handing_s=sampled.handing_s * pixels,
            levels_s=sampled.levels_s * near,
            raster_bytes=sampled.raster_bytes * pixels,
        ),
    )


def print_country(runs: tuple[MeasuredRun, ...], country: Country | None = None) -> None:
    """Print what was measured, what is assumed, and what follows."""
    country = country or Country()
    run = reference(runs)
    mean = estimated(province_of(country, run), runs)
    largest = estimated(province_of(country, run, country.largest), runs)
    print(f"| measured: {run.name} | |\n|---|---|")
    print(f"| circumstances | {run.circumstances} |")
    print(f"| masts; pixels; points | {run.size.masts:,}; {run.size.pixels:,}; {run.size.points:,} |")
    print(f"| layers; levels and verdicts; proposals, tables, map | {seconds_of(run)} core-s |")
    print("\n| assumed | |\n|---|---|")
    for name, what in ASSUMED.items():
        value = getattr(country, name)
        print(f"| {what} | {value if isinstance(value, str) else f'{value:,g}'} |")
    print("\n| planned, layers per technology | |\n|---|---|")
    for what, told in planned(country, mean, largest):
        print(f"| {what} | {told} |")


def seconds_of(run: MeasuredRun) -> str:
    took = (run.took.layers_s, run.took.points_s, run.took.rest_s)
    return "; ".join("–" if value is None else f"{value:,.0f}" for value in took)


def planned(country: Country, mean: Estimate, largest: Estimate) -> list[tuple[str, str]]:
    """Name and figure of each line of the plan."""
    n = country.provinces
    hours = {name: Quantity(n * part.value / 3600, part.error) for name, part in mean.core_s.items()}
    wall = Quantity(math.ceil(n / country.at_a_time) * mean.wall_s.value / 3600, mean.wall_s.error)
    memory = largest.memory_bytes
    machine = country.at_a_time * memory.value / 1e9
    nights = max(1, math.ceil(wall.value * (1 + wall.error) / 12))
    machines = max(nights, math.ceil(machine * (1 + memory.error) / country.machine_gb))
    paid = Quantity(wall.value * country.machine_cores * country.usd_per_core_hour, wall.error)
    lines = [(f"core-hours: {STAGES[name]}", shown(part, "core-h")) for name, part in hours.items()]
    lines += [
        ("core-hours together", shown(Quantity(n * mean.core_hours.value, mean.core_hours.error), "core-h")),
        (f"hours on one machine of {country.machine_cores} cores that does nothing else", shown(wall, "h")),
        ("memory of the largest province", shown(Quantity(memory.value / 1e9, memory.error), "GB")),
        (f"memory, {country.at_a_time} provinces at a time, all as large", f"{machine:,.1f} GB"),
    ]
    lines += [
        (f"disk: {FILES[name]}", shown(Quantity(n * part.value / 1e9, part.error), "GB"))
        for name, part in mean.disk.items()
    ]
    disk = mean.disk_bytes
    lines += [
        ("disk together", shown(Quantity(n * disk.value / 1e9, disk.error), "GB")),
        (
            f"machines of {country.machine_cores} cores and {country.machine_gb} GB for a night of 12 h",
            f"{machines}",
        ),
        ("price: those hours of all cores", shown(paid, "USD")),
    ]
    return lines


def shown(quantity: Quantity, unit: str) -> str:
    value = quantity.value
    told = f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
    return f"{told} {unit} ± {quantity.error:.0%}"
