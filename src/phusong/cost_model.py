"""What a run costs, by its size and a sample of its work; factors and errors are those of measured runs.

A figure is a sum of terms, each a size that the cost goes with (or what the sample says), times factors that
fit the table of measured runs best by relative error; none is negative. Its error is the worst that the table
shows when each run is predicted from the others, so that what is told for a run never rests on that run.

Memory has a peak in each stage, and the run's is the largest of them:

========  ============================================================================================
reading   what the process that estimates has held: it reads what a run reads
layers    the ground, rows of layers in work, a loss window for each thread, tiles that wait to be packed
points    the ground, and the levels of all cells at all points, several times while they are put in order
rest      the ground several times over (the search for summits), and what levels leave behind
========  ============================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from scipy.optimize import nnls

from .cost_runs import MeasuredRun, Sampled, kept_runs
from .cost_samples import Quantity
from .cost_size import RunSize

__all__ = [
    "DISK",
    "FIGURES",
    "MEMORY",
    "Fit",
    "beyond_table",
    "fit",
    "predicted",
    "predicted_from_others",
    "together",
]

Terms = Callable[[RunSize, Sampled], tuple[float, ...]]

_STEP = 0.05  # errors are told in whole steps, rounded up
_BEYOND = 2.0  # times what was measured
_UNKNOWN = 0.5  # error of a figure that one run alone tells
# Read off the arrays and the stages of a province of 5,216 masts, where 19 million levels are heard:
_SORTED_BYTES = 64.0  # a level: as found, joined (16 each), the order and its work (8 each), in order (16)
_LEFT_BYTES = 48.0  # a level: itself, and what ordering leaves to the process
_SUMMITS_BYTES = 54.0  # a pixel, while summits are sought
_ORDER_UNITS = 1.5e-5  # of `Sampled.unit_s`, a level
# Masts hide from a hamlet together, not independently as `RunSize.lacking` has it: the fewer it expects, the
# more are left out (1,267 for 555, 2,333 for 1,470 in two runs).
_LACKING_POWER = 0.6


@dataclass(frozen=True)
class Fit:
    """How a figure goes with its terms.

    Attributes
    ----------
    factors : tuple of float
        Of the terms, none negative.
    error : float
        Share of the prediction that a run may be off by.
    runs : int
        How many tell it.
    """

    factors: tuple[float, ...]
    error: float
    runs: int


def _ideal_wall_s(size: RunSize, sampled: Sampled) -> float:
    """Reading is done alone; rows are handed on by one thread at a time; all else is shared."""
    shared = (sampled.sweep_s + sampled.rasters_s) / size.workers
    return sampled.reading_s + max(shared, sampled.handing_s)


def _levels_s(size: RunSize, sampled: Sampled) -> float:
    """Paths as the sample's, and putting all levels in order, which the sample is too small to show."""
    return sampled.levels_s + _ORDER_UNITS * sampled.unit_s * size.heard


def _heard_digits(size: RunSize) -> float:
    """Of the cells that a point hears a version keeps the strongest: more of them add less and less."""
    return math.log1p(size.heard / max(size.points, 1))


def _layers_memory(size: RunSize, sampled: Sampled) -> tuple[float, ...]:
    live = size.ground_bytes + size.live_bytes + size.workers * size.window_bytes
    return 1e8, float(live + 2 * size.tile_bytes)  # with those of the overviews, as many again


FIGURES: Mapping[str, Terms] = MappingProxyType(
    {
        "layers_s": lambda n, s: (s.reading_s + s.sweep_s + s.rasters_s,),
        "points_s": lambda n, s: (s.unit_s, s.unit_s * n.lacking**_LACKING_POWER),
        "rest_s": lambda n, s: (s.unit_s, s.unit_s * n.hamlets, s.unit_s * n.pixels),
        "layers_wall_s": lambda n, s: (_ideal_wall_s(n, s),),
        "layers_memory": _layers_memory,
        "points_memory": lambda n, s: (1e8, n.ground_bytes + _SORTED_BYTES * n.heard, float(n.hamlets)),
        "rest_memory": lambda n, s: (1e8, _SUMMITS_BYTES * n.pixels + _LEFT_BYTES * n.heard),
        "rasters_disk": lambda n, s: (s.raster_bytes,),
        "tables_disk": lambda n, s: (1e6, float(n.hamlets), float(n.cells)),
        "merge_disk": lambda n, s: (float(n.merge_bytes),),
        "caches_disk": lambda n, s: (1e6, float(n.ground_bytes), n.heard),
        "history_disk": lambda n, s: (1e6, float(n.hamlets), n.hamlets * _heard_digits(n)),
    }
)
"""The terms of each attribute of `cost_runs.Took`, whose factors come from measured runs."""

_KNOWN: Mapping[str, Callable[[RunSize, Sampled], float]] = MappingProxyType({"points_s": _levels_s})
"""What the sample tells of a figure and takes no factor, beside the terms."""

MEMORY = ("layers_memory", "points_memory", "rest_memory")
DISK = ("rasters_disk", "tables_disk", "merge_disk", "caches_disk", "history_disk")


@cache
def fit(figure: str, runs: tuple[MeasuredRun, ...]) -> Fit:
    """Fit a figure of `FIGURES` to measured runs.

    Raises
    ------
    ValueError
        No run tells it.
    """
    told = _told(figure, runs)
    if not told:
        raise ValueError(f"no measured run tells {figure}")
    off = [abs(_took(figure, run) / guess - 1.0) for run, guess in predicted_from_others(figure, runs)]
    worst = max(off, default=_UNKNOWN)
    return Fit(_factors(figure, told), max(1, math.ceil(worst / _STEP - 1e-9)) * _STEP, len(told))


def predicted(
    figure: str, size: RunSize, sampled: Sampled, runs: tuple[MeasuredRun, ...] | None = None
) -> Quantity:
    """Return a figure of a run, with its error; that of the sample itself comes on top."""
    found = fit(figure, kept_runs() if runs is None else runs)
    return Quantity(_value(figure, found.factors, size, sampled), found.error)


def predicted_from_others(figure: str, runs: tuple[MeasuredRun, ...]) -> list[tuple[MeasuredRun, float]]:
    """Return each run that tells a figure, and what the others predict for it."""
    told = _told(figure, runs)
    if len(told) < 2:
        return []
    guesses = []
    for run in told:
        factors = _factors(figure, [other for other in told if other is not run])
        guesses.append((run, _value(figure, factors, run.size, run.sampled)))
    return guesses


def beyond_table(size: RunSize, runs: tuple[MeasuredRun, ...] | None = None) -> bool:
    """Tell whether a run is much smaller or larger than all that were measured: errors say nothing of it."""
    sizes = [run.size for run in (kept_runs() if runs is None else runs)]
    for name in ("pixels", "layers", "hamlets", "heard"):
        known, own = [getattr(one, name) for one in sizes], getattr(size, name)
        if not min(known) / _BEYOND <= own <= max(known) * _BEYOND:
            return True
    return False


def together(*parts: Quantity) -> Quantity:
    """Return a sum; errors add up, for they have causes in common."""
    value = sum(part.value for part in parts)
    error = sum(part.value * part.error for part in parts)
    return Quantity(value, error / value if value else 0.0)


def _told(figure: str, runs: Sequence[MeasuredRun]) -> list[MeasuredRun]:
    """The runs in which a figure was measured and was not nothing."""
    return [run for run in runs if getattr(run.took, figure) and any(FIGURES[figure](run.size, run.sampled))]


def _took(figure: str, run: MeasuredRun) -> float:
    return float(getattr(run.took, figure))


def _factors(figure: str, runs: Sequence[MeasuredRun]) -> tuple[float, ...]:
    """Least squares of predicted over real less one."""
    real = np.array([_took(figure, run) for run in runs])
    known = np.array([_known(figure, run.size, run.sampled) for run in runs])
    terms = np.array([FIGURES[figure](run.size, run.sampled) for run in runs]) / real[:, None]
    scale = np.maximum(terms.max(axis=0), 1e-300)
    found, _ = nnls(terms / scale, 1.0 - known / real)
    return tuple(float(value) for value in found / scale)


def _known(figure: str, size: RunSize, sampled: Sampled) -> float:
    return _KNOWN[figure](size, sampled) if figure in _KNOWN else 0.0


def _value(figure: str, factors: Sequence[float], size: RunSize, sampled: Sampled) -> float:
    terms = FIGURES[figure](size, sampled)
    return _known(figure, size, sampled) + sum(a * b for a, b in zip(factors, terms, strict=True))
