"""The ground under the radio paths and the settings of the model, as plain arrays and numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .correction import LossCorrection

__all__ = ["LossWindow", "PropagationSettings", "TerrainModel", "WantedPixels", "ground_height_m"]


@dataclass(frozen=True)
class TerrainModel:
    """Terrain on a north-up grid of square pixels in metres.

    Attributes
    ----------
    height_m : ndarray of float32, (rows, columns)
        Height above sea level at pixel centres; NaN in voids.
    zone : ndarray of uint8, (rows, columns)
        Radio-climatic zone (P.1812 table 1): 1 sea, 3 coastal land, 4 inland.
    clutter_m : ndarray of float32 or None, (rows, columns)
        Representative clutter height (P.1812 table 2); None on a DSM.
    x_left_m, y_top_m : float
        Outer corner of the upper left pixel.
    resolution_m : float
        Edge of a pixel.
    latitude_top_deg, latitude_bottom_deg : float
        Latitude of the first and the last row's centres (linear between; only β0 needs it).
    """

    height_m: NDArray[np.float32]
    zone: NDArray[np.uint8]
    clutter_m: NDArray[np.float32] | None
    x_left_m: float
    y_top_m: float
    resolution_m: float
    latitude_top_deg: float
    latitude_bottom_deg: float


@dataclass(frozen=True)
class WantedPixels:
    """The pixels whose loss matters, where these are few.

    Attributes
    ----------
    mask : ndarray of bool, (rows, columns)
        Of the whole terrain.
    blocks : ndarray of int64, (n, 2)
        Row and column, in blocks, of the blocks whose wanted pixels matter; at least one.
    block : int
        Edge of a block in pixels.
    column_step : int
        A window that is cut short begins at a multiple of this many columns of the whole one: whoever reads
        it in pieces of so many then rounds as with the whole.
    """

    mask: NDArray[np.bool_]
    blocks: NDArray[np.int64]
    block: int
    column_step: int


@dataclass(frozen=True)
class PropagationSettings:
    """The propagation model and its parameters, which hold for a whole run.

    All but `receiver_height_m` and `model` are ITU-R P.1812's; the models by formula give medians only.

    Attributes
    ----------
    time_percent : float
        p, 1 … 50 %.
    location_percent : float
        p_L, 1 … 99 %; 50 gives the median, to which P(covered) adds the spread.
    delta_n : float
        ΔN, average refractivity lapse rate in the lowest km (N-units/km, > 0).
    n0 : float
        N_0, sea-level surface refractivity (N-units).
    polarisation : {"horizontal", "vertical"}
        Slant-polarised antennas are computed as vertical.
    receiver_height_m : float
        Above ground.
    correction : LossCorrection or None
        From measurements; `corrected.loss_window` and `corrected.loss_at_points` add it to the model's loss.
    model : str
        Name in `models.MODELS`.
    """

    time_percent: float = 50.0
    location_percent: float = 50.0
    delta_n: float = 45.0
    n0: float = 325.0
    polarisation: str = "vertical"
    receiver_height_m: float = 1.5
    correction: LossCorrection | None = None
    model: str = "p1812-8"


@dataclass(frozen=True)
class LossWindow:
    """Basic transmission loss around one transmitter, on the terrain's own pixels.

    Attributes
    ----------
    row, column : int
        Upper left pixel of the window in the terrain.
    loss_db : ndarray of float32, (frequencies, rows, columns)
        NaN outside the range, outside the terrain and in voids.
    """

    row: int
    column: int
    loss_db: NDArray[np.float32]


def ground_height_m(
    terrain: TerrainModel, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the height under each point, bilinear between pixel centres as the sweep reads it.

    NaN outside the terrain, and where one of the pixels around is a void.
    """
    rows, columns = terrain.height_m.shape
    row = (terrain.y_top_m - np.asarray(y_m, dtype=np.float64)) / terrain.resolution_m - 0.5
    column = (np.asarray(x_m, dtype=np.float64) - terrain.x_left_m) / terrain.resolution_m - 0.5
    inside = (row >= -0.5) & (row <= rows - 0.5) & (column >= -0.5) & (column <= columns - 0.5)
    row, column = np.clip(row[inside], 0, rows - 1), np.clip(column[inside], 0, columns - 1)
    top, left = row.astype(np.int64), column.astype(np.int64)
    bottom, right = np.ceil(row).astype(np.int64), np.ceil(column).astype(np.int64)
    down, across = row - top, column - left
    grid = terrain.height_m
    upper = grid[top, left] * (1 - across) + grid[top, right] * across
    lower = grid[bottom, left] * (1 - across) + grid[bottom, right] * across
    height = np.full(len(inside), np.nan)
    height[inside] = upper * (1 - down) + lower * down
    return height
