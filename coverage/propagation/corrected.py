"""The model's losses with the correction of `PropagationSettings`: what every level is computed from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import models
from .correction import LossCorrection
from .terrain import LossWindow, PropagationSettings, TerrainModel, WantedPixels

__all__ = ["clutter_at", "greatest_gain_db", "loss_at_points", "loss_window"]


def loss_window(
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    antenna_height_m: float,
    frequencies_mhz: Sequence[float],
    range_m: float,
    settings: PropagationSettings,
    wanted_rows: tuple[int, int] | None = None,
    wanted: WantedPixels | None = None,
) -> LossWindow:
    """Return `models.loss_window` plus ``settings.correction``; parameters and errors are the same."""
    window = models.loss_window(
        terrain, x_m, y_m, antenna_height_m, frequencies_mhz, range_m, settings, wanted_rows, wanted
    )
    if settings.correction is not None:
        _correct_window(window, terrain, x_m, y_m, frequencies_mhz, settings.correction)
    return window


def _correct_window(
    window: LossWindow,
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    frequencies_mhz: Sequence[float],
    correction: LossCorrection,
) -> None:
    _, rows, columns = window.loss_db.shape
    pixel = terrain.resolution_m
    east = terrain.x_left_m + (window.column + np.arange(columns) + 0.5) * pixel - x_m
    north = terrain.y_top_m - (window.row + np.arange(rows) + 0.5) * pixel - y_m
    for plane, frequency in zip(window.loss_db, frequencies_mhz, strict=True):
        band = correction.band(frequency)
        if band is None:
            continue
        for i in range(rows):  # row by row: whole planes of float64 would cost more than the loss itself
            clutter = None
            if terrain.clutter_m is not None:
                clutter = terrain.clutter_m[window.row + i, window.column : window.column + columns]
            plane[i] += band.loss_db(np.hypot(east, north[i]) / 1000.0, clutter).astype(np.float32)


def loss_at_points(
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    antenna_height_m: float,
    frequencies_mhz: Sequence[float],
    point_x_m: NDArray[np.float64],
    point_y_m: NDArray[np.float64],
    settings: PropagationSettings,
) -> NDArray[np.float64]:
    """Return `models.loss_at_points` plus ``settings.correction``; parameters and errors are the same."""
    loss = models.loss_at_points(
        terrain, x_m, y_m, antenna_height_m, frequencies_mhz, point_x_m, point_y_m, settings
    )
    if settings.correction is None:
        return loss
    distance_km = np.hypot(np.asarray(point_x_m) - x_m, np.asarray(point_y_m) - y_m) / 1000.0
    clutter = clutter_at(terrain, point_x_m, point_y_m)
    for plane, frequency in zip(loss, frequencies_mhz, strict=True):
        band = settings.correction.band(frequency)
        if band is not None:
            plane += band.loss_db(distance_km, clutter)
    return loss


def greatest_gain_db(settings: PropagationSettings, frequency_mhz: float) -> float:
    """Return how much less than the model's the loss can become by the correction; ≥ 0."""
    return 0.0 if settings.correction is None else settings.correction.greatest_gain_db(frequency_mhz)


def clutter_at(
    terrain: TerrainModel, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the clutter height of the pixel that holds each point; 0 without clutter or off the terrain."""
    x_m, y_m = np.atleast_1d(np.asarray(x_m, np.float64)), np.atleast_1d(np.asarray(y_m, np.float64))
    out = np.zeros(len(x_m))
    if terrain.clutter_m is None:
        return out
    rows, columns = terrain.clutter_m.shape
    row = np.floor((terrain.y_top_m - y_m) / terrain.resolution_m)
    column = np.floor((x_m - terrain.x_left_m) / terrain.resolution_m)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    out[inside] = terrain.clutter_m[row[inside].astype(np.int64), column[inside].astype(np.int64)]
    return np.nan_to_num(out, nan=0.0)
