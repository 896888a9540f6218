"""Where a new tower could stand: summits and shoulders that see the gap, found in the terrain itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy  # its parts come in at their first use: most runs go without this one
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..footprint import ground_height_m
from ..propagation.terrain import TerrainModel
from ..propagation.zones import SEA
from .profiles import link_clearances

__all__ = ["PeakKeeper", "Positions", "keep_best_seers", "sight", "terrain_positions"]

_BLOCK_M = 400.0
"""Edge of the blocks that give at most one summit and one shoulder each."""

_HAMLET_RADIUS_M = 250.0
"""A tower in the hamlet stands on the highest ground within this distance of the demand point."""


@dataclass(frozen=True)
class Positions:
    """Possible positions of a tower.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, (positions,)
        Pixel centres; sorted by row, then column, none twice.
    sees : ndarray of bool, (positions, points)
        Line of sight from the antenna to the receiver at k = 4/3, within reach.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    sees: NDArray[np.bool_]


class PeakKeeper(Protocol):
    """Where summits and shoulders of a relief are kept: they do not depend on stations."""

    def load(self, ground: tuple[object, ...]) -> NDArray[np.int64] | None:
        """Return row, column of the peaks of a ground, (peaks, 2); None where they are not known."""

    def save(self, ground: tuple[object, ...], peaks: NDArray[np.int64]) -> None:
        """Keep peaks under all that they are made of."""


def terrain_positions(
    terrain: TerrainModel,
    point_x_m: NDArray[np.float64],
    point_y_m: NDArray[np.float64],
    people: NDArray[np.float64],
    *,
    antenna_height_m: float,
    receiver_height_m: float,
    reach_m: float,
    per_point: int,
    keeper: PeakKeeper | None = None,
) -> Positions:
    """Return positions on land that see at least one of the points, thinned to the best for each point.

    Three kinds are tried: the highest pixel of a block where no neighbouring block is higher (summits and
    ridges), the pixel that most exceeds the mean height around it (shoulders and spurs), and the highest
    ground beside each demand point.

    Parameters
    ----------
    terrain : TerrainModel
    point_x_m, point_y_m, people : ndarray of float64, (points,)
        Demand points that lack service.
    antenna_height_m, receiver_height_m : float
        Above ground.
    reach_m : float
        Largest distance between a position and a point that it is to serve.
    per_point : int
        Positions kept for each point, those that see most people first.
    keeper : PeakKeeper, optional
        Of summits and shoulders, from one run to the next.
    """
    if len(point_x_m) == 0 or per_point == 0:
        return Positions(np.zeros(0), np.zeros(0), np.zeros((0, len(point_x_m)), bool))
    pixels = np.unique(
        np.concatenate([_kept_peaks(terrain, keeper), _beside(terrain, point_x_m, point_y_m)]), axis=0
    )
    x_m = terrain.x_left_m + (pixels[:, 1] + 0.5) * terrain.resolution_m
    y_m = terrain.y_top_m - (pixels[:, 0] + 0.5) * terrain.resolution_m
    known = np.isfinite(ground_height_m(terrain, x_m, y_m))
    x_m, y_m = x_m[known], y_m[known]
    near = cKDTree(np.column_stack([point_x_m, point_y_m])).query(np.column_stack([x_m, y_m]))[0] <= reach_m
    x_m, y_m = x_m[near], y_m[near]
    heights = np.full(len(x_m), antenna_height_m)
    sees = sight(terrain, x_m, y_m, heights, point_x_m, point_y_m, receiver_height_m, reach_m)
    kept = keep_best_seers(sees, people, x_m, y_m, point_x_m, point_y_m, per_point)
    return Positions(x_m[kept], y_m[kept], sees[kept])


def sight(
    terrain: TerrainModel,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    antenna_height_m: NDArray[np.float64],
    point_x_m: NDArray[np.float64],
    point_y_m: NDArray[np.float64],
    receiver_height_m: float,
    reach_m: float,
) -> NDArray[np.bool_]:
    """Tell which positions see which points within reach: (positions, points)."""
    sees = np.zeros((len(x_m), len(point_x_m)), bool)
    if sees.size == 0:
        return sees
    near: Any = cKDTree(np.column_stack([x_m, y_m])).query_ball_point(
        np.column_stack([point_x_m, point_y_m]), reach_m, return_sorted=True
    )
    count = np.array([len(who) for who in near])
    where = np.concatenate([np.asarray(who, np.int64) for who in near])
    point = np.repeat(np.arange(len(point_x_m)), count)
    room_m = link_clearances(
        terrain,
        x_m[where],
        y_m[where],
        antenna_height_m[where],
        point_x_m[point],
        point_y_m[point],
        receiver_height_m,
    ).room_m
    sees[where, point] = room_m >= 0
    return sees


def keep_best_seers(
    sees: NDArray[np.bool_],
    people: NDArray[np.float64],
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    point_x_m: NDArray[np.float64],
    point_y_m: NDArray[np.float64],
    per_point: int,
) -> NDArray[np.int64]:
    """Return the positions that are among the best for at least one point.

    For each point: those that see most people (a point counts as at least one), the nearer first among
    equals, then the lower index.
    """
    seen = sees @ np.maximum(people, 1.0)
    kept: set[int] = set()
    for p in range(sees.shape[1]):
        who: NDArray[np.int64] = np.flatnonzero(sees[:, p])
        distance = np.hypot(x_m[who] - point_x_m[p], y_m[who] - point_y_m[p])
        order = np.lexsort((who, distance, -1.0 * seen[who]))
        kept.update(int(i) for i in who[order[:per_point]])
    return np.array(sorted(kept), np.int64)


def _kept_peaks(terrain: TerrainModel, keeper: PeakKeeper | None) -> NDArray[np.int64]:
    """As `_outstanding`; those of an earlier run on the same ground where they were kept."""
    if keeper is None:
        return _outstanding(terrain)
    ground = terrain.height_m, terrain.zone, terrain.resolution_m
    peaks = keeper.load(ground)
    if peaks is None:
        peaks = _outstanding(terrain)
        keeper.save(ground, peaks)
    return peaks


def _on_land(height_m: NDArray[np.float32], zone: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.where(zone == SEA, np.nan, height_m).astype(np.float32)


def _outstanding(terrain: TerrainModel) -> NDArray[np.int64]:
    """Return row, column of summits and shoulders, one of each for a block at most."""
    height = _on_land(terrain.height_m, terrain.zone)
    block = max(1, round(_BLOCK_M / terrain.resolution_m))
    known = np.isfinite(height)
    filled = np.where(known, height, 0.0).astype(np.float64)
    size = 2 * block + 1
    share = scipy.ndimage.uniform_filter(known.astype(np.float64), size, mode="nearest")
    mean = scipy.ndimage.uniform_filter(filled, size, mode="nearest") / np.maximum(share, 1e-9)
    standing_out = np.where(known, height - mean, -np.inf)
    summits = _block_peaks(np.where(known, height, -np.inf), block)
    return np.concatenate([summits, _block_peaks(standing_out, block)])


def _block_peaks(score: NDArray[np.float64], block: int) -> NDArray[np.int64]:
    """Return row, column of the best pixel of every block that no neighbouring block surpasses."""
    rows, columns = score.shape
    padded = np.full((-rows % block + rows, -columns % block + columns), -np.inf)
    padded[:rows, :columns] = score
    down, across = padded.shape[0] // block, padded.shape[1] // block
    tiles = padded.reshape(down, block, across, block).swapaxes(1, 2).reshape(down, across, -1)
    best, where = tiles.max(axis=2), tiles.argmax(axis=2)
    highest = scipy.ndimage.maximum_filter(best, size=3, mode="constant", cval=-np.inf)
    peak = np.isfinite(best) & (best >= highest)
    i, j = np.nonzero(peak)
    return np.column_stack([i * block + where[i, j] // block, j * block + where[i, j] % block])


def _beside(
    terrain: TerrainModel,
    point_x_m: NDArray[np.float64],
    point_y_m: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return row, column of the highest ground beside every point that lies on the terrain."""
    reach = max(1, round(_HAMLET_RADIUS_M / terrain.resolution_m))
    rows, columns = terrain.height_m.shape
    found = []
    for x, y in zip(point_x_m, point_y_m, strict=True):
        row = int(np.floor((terrain.y_top_m - y) / terrain.resolution_m))
        column = int(np.floor((x - terrain.x_left_m) / terrain.resolution_m))
        top, left = max(0, row - reach), max(0, column - reach)
        near = slice(top, max(0, row + reach + 1)), slice(left, max(0, column + reach + 1))
        window = _on_land(terrain.height_m[near], terrain.zone[near])
        if row < 0 or column < 0 or row >= rows or column >= columns or not np.isfinite(window).any():
            continue
        i, j = np.unravel_index(int(np.nanargmax(window)), window.shape)
        found.append((top + int(i), left + int(j)))
    return np.array(found, np.int64).reshape(-1, 2)
