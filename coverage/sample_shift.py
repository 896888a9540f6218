"""What samples near a hamlet say about the levels there: they shift the model's, and make them surer.

Where enough samples lie at a point they decide by themselves (`coverage.measured`). Around it, and where
they are too few for that, they correct the model instead. The error of the model, level measured less level
computed, is alike at places near one another under the same mast, for the same terrain causes it. So the
error at a point is estimated from the errors at the samples of the same mast, operator and technology
("simple kriging", the best linear estimate), shrunk to zero where samples are few, far away or at odds:

    σ²        variance of the rule's prediction error at any point
    c² = (1 - s) σ²   its part that neighbouring places share; s: `ShiftRule.local_share`
    ρ(d) = exp(-d / D)   correlation of that part over a distance; D: `ShiftRule.correlation_m`
    r_i       error at square i: the median over its n_i samples, held within ± `clip_sigma` σ
    K_ij = c² ρ(d_ij) + [i = j] (s σ² + f² / n_i)   f: `ShiftRule.sample_sigma_db`
    k_i = c² ρ(d_i)   between square i and the point
    shift = kᵀ K⁻¹ r,   σ'² = σ² - kᵀ K⁻¹ k

One sample far away moves nothing (k = 0); a hundred samples of a car that waits at a light are one square,
and two squares side by side tell little more than one. σ' never falls below √s σ: what differs from one house
to the next stays unknown. Shifts are rounded to 0.01 dB and σ'/σ to 0.0001, so that the last bits of a
linear-algebra library do not matter.

Samples exist only where a phone had signal: what was too weak to be reported is missing, and a shift upwards
may flatter; so the tables say where a shift decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .cells import CellTable, PointLevels, PointTable, TechnologyRule
from .measured import usable_samples

__all__ = ["ShiftRule", "ShiftedLevels", "sample_shift", "shift_and_ratio"]

_BATCH = 4096  # points solved together


@dataclass(frozen=True)
class ShiftRule:
    """How samples shift the levels of the model around them. Ours: no official rule could be found.

    Attributes
    ----------
    reach_m : float
        Samples farther from a point say nothing about it; 0: samples never shift.
    correlation_m : float
        Distance at which the errors of two places are correlated by 1/e.
    local_share : float
        Part of the variance of the prediction error that two neighbouring places do not share, 0 < s < 1.
    sample_sigma_db : float
        Spread of one sample by fading, handset and car.
    square_m : float
        Samples in one square of this edge count as one place.
    clip_sigma : float
        Larger errors count as this many σ: one wrong position must not move a hamlet.
    squares : int
        Nearest squares that are heard.
    window_days : int
        Older samples do not count.
    """

    reach_m: float = 1000.0
    correlation_m: float = 300.0
    local_share: float = 0.25
    sample_sigma_db: float = 6.0
    square_m: float = 100.0
    clip_sigma: float = 3.0
    squares: int = 16
    window_days: int = 365


@dataclass(frozen=True)
class ShiftedLevels:
    """Levels as samples shift them, in the rows of the model's `PointLevels`.

    Attributes
    ----------
    shift_db : ndarray of float64, (rows,)
        0 where no sample tells.
    sigma_ratio : ndarray of float64, (rows,)
        σ'/σ; 1 where no sample tells.
    estimate : PointLevels
        The model's level and the shift.
    judged : PointLevels
        The level that has, with the rule's σ, the P(covered) that `estimate` has with σ': whatever judges
        levels of the model judges these as they are. In them, one σ is one σ'.
    """

    shift_db: NDArray[np.float64]
    sigma_ratio: NDArray[np.float64]
    estimate: PointLevels
    judged: PointLevels


def sample_shift(
    measurements: pd.DataFrame | None,
    points: PointTable,
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    rule: ShiftRule,
    as_of: np.datetime64,
    levels_at: Callable[[PointTable], PointLevels],
) -> ShiftedLevels | None:
    """Shift the levels at the points by the samples around them; None where no sample tells anything.

    A sample that names its serving cell tells about that cell's mast, if the cell was on air on the day of
    the sample; one that names a cell which is not in the list tells nothing. One that names none is taken for
    one of the cell of its operator and technology that the model has strongest there on that day. Cells that
    the model does not hear at a point are not shifted: there is no level to be shifted.

    Parameters
    ----------
    measurements : DataFrame or None
        `gis_data.schema.MEASUREMENTS` with `x_m`, `y_m` in the run's CRS.
    points : PointTable
        Of hamlets, and places with a duty.
    levels : PointLevels
        Of the model, sorted by (point, cell).
    cells : CellTable
    technologies : mapping of technology to TechnologyRule
    rule : ShiftRule
    as_of : datetime64
        Later samples do not count.
    levels_at : callable
        The model's levels at other points, in the middle of the samples of each square.
    """
    found = _squares(measurements, points, cells, technologies, rule, as_of, levels_at)
    if found is None or not len(found):
        return None
    link = _links(cells)
    shift, ratio = np.zeros(len(levels.point)), np.ones(len(levels.point))
    of_row = link[levels.cell]
    for key, squares in found.groupby("link", sort=True):
        rows = np.flatnonzero(of_row == key)
        at, back = np.unique(levels.point[rows], return_inverse=True)
        tech = technologies[str(squares["technology"].iloc[0])]
        moved = shift_and_ratio(
            squares[["x_m", "y_m"]].to_numpy(float), squares["error_db"].to_numpy(float),
            squares["samples"].to_numpy(float), np.column_stack([points.x_m[at], points.y_m[at]]),
            tech.sigma_db, rule,
        )  # fmt: skip
        shift[rows], ratio[rows] = moved[0][back.reshape(-1)], moved[1][back.reshape(-1)]
    if not (ratio < 1.0).any():
        return None
    estimate = levels.level_dbm.astype(np.float64) + shift
    threshold = _threshold(cells, technologies)[levels.cell]
    changed = ratio < 1.0
    judged = np.where(changed, threshold + (estimate - threshold) / ratio, levels.level_dbm)
    return ShiftedLevels(
        shift, ratio, levels.with_levels(estimate), levels.with_levels(judged),
    )  # fmt: skip


def shift_and_ratio(
    at_m: NDArray[np.float64],
    error_db: NDArray[np.float64],
    samples: NDArray[np.float64],
    wanted_m: NDArray[np.float64],
    sigma_db: float,
    rule: ShiftRule,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shift (dB) and σ'/σ at points, from the errors at squares: the equations above.

    Parameters
    ----------
    at_m : ndarray of float64, (squares, 2)
    error_db, samples : ndarray of float64, (squares,)
        Measured less computed, and how many samples are behind it.
    wanted_m : ndarray of float64, (points, 2)
    sigma_db : float
        σ.
    rule : ShiftRule
    """
    n, most = len(at_m), min(rule.squares, len(at_m))
    shift, ratio = np.zeros(len(wanted_m)), np.ones(len(wanted_m))
    if n == 0 or len(wanted_m) == 0 or rule.reach_m <= 0.0:
        return shift, ratio
    bound = float(np.nextafter(rule.reach_m, np.inf))
    asked = list(range(1, most + 1))
    found = cKDTree(at_m).query(wanted_m, k=asked, distance_upper_bound=bound)
    away, near = np.asarray(found[0]), np.asarray(found[1])
    told = np.flatnonzero(near[:, 0] < n)
    clipped = np.clip(error_db, -rule.clip_sigma * sigma_db, rule.clip_sigma * sigma_db)
    shared = (1.0 - rule.local_share) * sigma_db**2
    alone = rule.local_share * sigma_db**2 + rule.sample_sigma_db**2 / samples
    for first in range(0, len(told), _BATCH):
        part = told[first : first + _BATCH]
        real = near[part] < n
        index = np.where(real, near[part], 0)
        place = at_m[index]
        apart = np.hypot(*np.moveaxis(place[:, :, np.newaxis] - place[:, np.newaxis], -1, 0))
        both = real[:, :, np.newaxis] & real[:, np.newaxis]
        # A missing neighbour is an equation of its own, 1 · 0 = 0.
        matrix = np.where(both, shared * np.exp(-apart / rule.correlation_m), 0.0)
        matrix += np.eye(most) * np.where(real, alone[index], 1.0)[:, np.newaxis]
        k = np.where(real, shared * np.exp(-np.where(real, away[part], 0.0) / rule.correlation_m), 0.0)
        weight = np.linalg.solve(matrix, k[:, :, np.newaxis])[:, :, 0]
        shift[part] = (weight * np.where(real, clipped[index], 0.0)).sum(axis=1)
        ratio[part] = np.sqrt(np.maximum(1.0 - (weight * k).sum(axis=1) / sigma_db**2, rule.local_share))
    return np.round(shift, 2), np.round(ratio, 4)


def _links(cells: CellTable) -> NDArray[np.int64]:
    """A number for each mast, operator and technology: cells of one number share their errors."""
    names = np.stack([cells.mast_id.astype(str), cells.operator.astype(str), cells.technology.astype(str)])
    return np.unique(names, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _threshold(cells: CellTable, technologies: Mapping[str, TechnologyRule]) -> NDArray[np.float64]:
    known = {name: rule.threshold_dbm for name, rule in technologies.items()}
    return np.array([known.get(str(name), 0.0) for name in cells.technology.tolist()], dtype=np.float64)


def _squares(
    measurements: pd.DataFrame | None,
    points: PointTable,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    rule: ShiftRule,
    as_of: np.datetime64,
    levels_at: Callable[[PointTable], PointLevels],
) -> pd.DataFrame | None:
    """Errors by square and link: columns link, technology, x_m, y_m, error_db, samples; sorted."""
    if rule.reach_m <= 0.0:
        return None
    table = usable_samples(measurements, technologies, rule.window_days, as_of)
    table = _near(table, points, rule.reach_m)
    if not len(table):
        return None
    column, row = (np.floor(table[name].to_numpy(float) / rule.square_m) for name in ("x_m", "y_m"))
    square = np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)[1].reshape(-1)
    middle = _middles(table, square)
    computed = levels_at(middle)
    cell, level = _computed(table, square, cells, computed)
    known = cell >= 0
    errors = pd.DataFrame(
        {
            "link": _links(cells)[cell[known]],
            "square": square[known],
            "technology": table["technology"].to_numpy()[known],
            "error": table["level_dbm"].to_numpy(float)[known] - level[known],
        }
    )
    grouped = errors.groupby(["link", "square"], sort=True)
    found = grouped.agg(technology=("technology", "first"), error_db=("error", "median"),
                        samples=("error", "size")).reset_index()  # fmt: skip
    at = found["square"].to_numpy(np.int64)
    return found.assign(x_m=middle.x_m[at], y_m=middle.y_m[at])


def _near(table: pd.DataFrame, points: PointTable, reach_m: float) -> pd.DataFrame:
    """Samples within reach of a point, in an order that is not that of the file."""
    if not len(table) or not len(points):
        return table.iloc[:0]
    tree = cKDTree(np.column_stack([points.x_m, points.y_m]))
    bound = float(np.nextafter(reach_m, np.inf))
    away, _ = tree.query(table[["x_m", "y_m"]].to_numpy(float), distance_upper_bound=bound)
    near = table[np.isfinite(away)]
    columns = ["x_m", "y_m", "operator", "technology", "cell_id", "day", "level_dbm"]
    return near.sort_values(columns, kind="stable", ignore_index=True)


def _middles(table: pd.DataFrame, square: NDArray[np.int64]) -> PointTable:
    """One point for each square, in the middle of its samples."""
    count = np.bincount(square)
    x_m, y_m = (np.bincount(square, table[name].to_numpy(float)) / count for name in ("x_m", "y_m"))
    n = len(count)
    return PointTable(
        np.array([f"s:{i}" for i in range(n)]), np.full(n, -1, np.int64), np.full(n, "sample"), np.zeros(n),
        x_m, y_m,
    )  # fmt: skip


def _computed(
    table: pd.DataFrame, square: NDArray[np.int64], cells: CellTable, computed: PointLevels
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The cell that each sample shows (-1: not known, or not heard by the model) and its computed level."""
    cell, level = np.full(len(table), -1, np.int64), np.full(len(table), np.nan)
    start = np.searchsorted(computed.point, np.arange(int(square.max()) + 2, dtype=computed.point.dtype))
    number = {str(name): i for i, name in enumerate(cells.cell_id.tolist())}
    keys = ["operator", "technology", "cell_id", "day"]
    for key, rows in table.groupby([square, *keys], sort=True).indices.items():
        at, *sample = cast(tuple[Any, ...], key)
        part = slice(int(start[at]), int(start[at + 1]))
        fits = _may_be(cells, computed.cell[part], tuple(sample), number)
        heard = np.where(fits, computed.level_dbm[part], -np.inf)
        if len(heard) and np.isfinite(heard.max()):
            best = int(np.argmax(heard))
            cell[rows], level[rows] = int(computed.cell[part][best]), float(heard[best])
    return cell, level


def _may_be(
    cells: CellTable,
    heard: NDArray[np.int32],
    sample: tuple[Any, ...],
    number: Mapping[str, int],
) -> NDArray[np.bool_]:
    """Tell which of the cells heard may be the one of a sample (operator, technology, cell named, day)."""
    operator, technology, named, day = sample
    on = np.datetime64(day, "D")
    fits = (cells.operator[heard] == operator) & (cells.technology[heard] == technology)
    fits &= np.isnat(cells.on_air[heard]) | (cells.on_air[heard] <= on)
    fits &= np.isnat(cells.off_air[heard]) | (cells.off_air[heard] > on)
    if named:
        fits &= heard == number.get(named, -1)
    return np.asarray(fits, dtype=bool)
