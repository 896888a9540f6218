"""Where the sectors of a new station point: at the people without service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

__all__ = ["Need"]

_NEAREST_M = 200.0  # nearer points do not pull harder than this
_BIN_DEG = 5.0
_HALF_BEAM_BINS = 6  # ±30°: what a 65° sector takes care of
_LEAST_APART_BINS = 9  # 45°: nearer sectors of one technology disturb each other
_ALIKE_DEG = 10.0


@dataclass(frozen=True)
class Need:
    """The demand points that lack service.

    Attributes
    ----------
    x_m, y_m, people : ndarray of float64, (points,)
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    people: NDArray[np.float64]

    def within(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64], reach_m: float) -> NDArray[np.bool_]:
        """Tell which positions have a point in reach."""
        if len(self.x_m) == 0 or len(x_m) == 0:
            return np.zeros(len(x_m), bool)
        tree = cKDTree(np.column_stack([self.x_m, self.y_m]))
        return np.asarray(tree.query(np.column_stack([x_m, y_m]))[0] <= reach_m)

    def even_azimuths(self, x_m: float, y_m: float, reach_m: float, sectors: int) -> tuple[float, ...]:
        """Return evenly spaced sectors, the first towards the people in reach, the near ones first."""
        east, north, pull = self._pull(x_m, y_m, reach_m)
        first = np.degrees(np.arctan2(float(pull @ east), float(pull @ north)))
        return tuple(round(float(first + k * 360.0 / sectors) % 360.0, 1) % 360.0 for k in range(sectors))

    def aimed_azimuths(self, x_m: float, y_m: float, reach_m: float, sectors: int) -> tuple[float, ...]:
        """Return up to `sectors` sectors, each where most people are that no earlier one serves."""
        east, north, pull = self._pull(x_m, y_m, reach_m)
        bearing = np.degrees(np.arctan2(east, north)) % 360.0
        bins = round(360.0 / _BIN_DEG)
        number = np.floor(bearing / _BIN_DEG).astype(np.int64) % bins
        weight = np.bincount(number, weights=pull, minlength=bins)
        offsets = np.arange(bins)
        apart = np.minimum(offsets, bins - offsets)
        allowed = np.ones(bins, bool)
        chosen: list[float] = []
        while len(chosen) < sectors and weight.max() > 0 and allowed.any():
            beam = [np.roll(weight, k) for k in range(-_HALF_BEAM_BINS, _HALF_BEAM_BINS + 1)]
            score = np.where(allowed, np.sum(beam, axis=0), -1.0)
            best = int(np.argmax(score))
            if score[best] <= 0:
                break
            chosen.append((best + 0.5) * _BIN_DEG)
            from_best = np.roll(apart, best)
            weight = np.where(from_best <= _HALF_BEAM_BINS, 0.0, weight)
            allowed &= from_best >= _LEAST_APART_BINS
        return tuple(sorted(chosen))

    def azimuth_plans(
        self, x_m: float, y_m: float, reach_m: float, sectors: int
    ) -> dict[str, tuple[float, ...]]:
        """Return sector plans by name: "even" always, "need" where it differs."""
        even = self.even_azimuths(x_m, y_m, reach_m, sectors)
        aimed = self.aimed_azimuths(x_m, y_m, reach_m, sectors)
        plans = {"even": even}
        if aimed and not (len(aimed) == len(even) and _alike(aimed, even)):
            plans["need"] = aimed
        return plans

    def _pull(
        self, x_m: float, y_m: float, reach_m: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        east, north = self.x_m - x_m, self.y_m - y_m
        distance = np.hypot(east, north)
        near = distance <= reach_m if (distance <= reach_m).any() else np.ones(len(distance), bool)
        pull = np.where(near, np.maximum(self.people, 1.0), 0.0) / np.maximum(distance, _NEAREST_M) ** 2
        return east, north, pull


def _alike(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Tell whether every sector of one plan has a neighbour in the other."""
    difference = np.abs((np.array(a)[:, None] - np.array(b)[None, :] + 180.0) % 360.0 - 180.0)
    return bool((difference.min(axis=1) <= _ALIKE_DEG).all() and (difference.min(axis=0) <= _ALIKE_DEG).all())
