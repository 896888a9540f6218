"""The kept table of measured runs: how large each was, what a sample said of it, and what it took.

`cost_model` fits what a run costs to this table each time it is asked, so that factors and errors always are
those of the runs below. ``benchmarks/bench_estimate.py --fit`` measures runs anew and rewrites the table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

from .cost_size import RunSize

__all__ = ["TABLE", "MeasuredRun", "Sampled", "Took", "kept_runs", "read_runs", "write_runs"]

TABLE = Path(__file__).with_name("cost_runs.toml")
_HEAD = """\
# What runs took, each beside its size and what `phusong estimate` found on a sample of it before any factor.
# Written by `python benchmarks/bench_estimate.py --fit`, which keeps the runs marked `kept`: they are not its
# own. Seconds are core-seconds but for `layers_wall_s`; sizes are bytes; what was not measured is left out.
"""


@dataclass(frozen=True)
class Sampled:
    """What a few seconds of the run's own work say, scaled up to all of it.

    Attributes
    ----------
    reading_s, sweep_s, rasters_s, levels_s : float
        Core-seconds.
    handing_s : float
        The part of `rasters_s` that one thread does at a time.
    raster_bytes : float
    unit_s : float
        Core-seconds of a fixed piece of work: how fast the machine is.
    """

    reading_s: float
    sweep_s: float
    rasters_s: float
    handing_s: float
    levels_s: float
    raster_bytes: float
    unit_s: float


@dataclass(frozen=True)
class Took:
    """What a run took; None: not measured.

    Layers are ``phusong coverage`` as a process of its own, points (levels and verdicts) ``phusong gaps``
    after it, the rest (proposals, tables, map, report) what ``phusong run`` takes beyond that after both; the
    memory of the rest is that of this run, in which levels are computed once more.

    Attributes
    ----------
    layers_s, points_s, rest_s : float or None
        Core-seconds; points without what starting and reading take.
    layers_wall_s : float or None
        On a machine that did nothing else.
    layers_memory, points_memory, rest_memory : float or None
        Most bytes that the process held.
    rasters_disk, tables_disk, merge_disk, caches_disk, history_disk : float or None
        Bytes of files. Tables: all other results. History: without the rasters, which are links.
    """

    layers_s: float | None = None
    points_s: float | None = None
    rest_s: float | None = None
    layers_wall_s: float | None = None
    layers_memory: float | None = None
    points_memory: float | None = None
    rest_memory: float | None = None
    rasters_disk: float | None = None
    tables_disk: float | None = None
    merge_disk: float | None = None
    caches_disk: float | None = None
    history_disk: float | None = None


@dataclass(frozen=True)
class MeasuredRun:
    """A run of the table.

    Attributes
    ----------
    name : str
    circumstances : str
        Machine, its load, the day.
    kept : bool
        Too long to be measured again by ``--fit``.
    size : RunSize
    sampled : Sampled
    took : Took
    """

    name: str
    circumstances: str
    kept: bool
    size: RunSize
    sampled: Sampled
    took: Took


@cache
def kept_runs() -> tuple[MeasuredRun, ...]:
    """Return the table that came with the program."""
    return read_runs(TABLE)


def read_runs(path: Path) -> tuple[MeasuredRun, ...]:
    """Read a table; raises OSError, KeyError or TypeError where it is none."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        MeasuredRun(
            run["name"],
            run["circumstances"],
            bool(run["kept"]),
            RunSize(**run["size"]),
            Sampled(**run["sampled"]),
            Took(**run["took"]),
        )
        for run in told["run"]
    )


def write_runs(path: Path, runs: Sequence[MeasuredRun]) -> None:
    """Write a table that `read_runs` reads; numbers are rounded to the four digits that they are worth."""
    parts = [_HEAD]
    for run in runs:
        plain = f"name = {_text(run.name)}\ncircumstances = {_text(run.circumstances)}"
        lines = ["[[run]]", plain, f"kept = {str(run.kept).lower()}"]
        for name, part in (("size", run.size), ("sampled", run.sampled), ("took", run.took)):
            known = {key: value for key, value in asdict(part).items() if value is not None}
            exact = {field.name for field in fields(part) if field.type == "int"}
            lines.append(f"[run.{name}]")
            lines += [f"{k} = {v if k in exact else _number(v)}" for k, v in known.items()]
        parts.append("\n".join(lines) + "\n")
    path.write_text("\n".join(parts), encoding="utf-8")


def _number(value: float) -> str:
    rounded = float(f"{value:.4g}")
    return str(int(rounded)) if rounded.is_integer() else repr(rounded)


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
