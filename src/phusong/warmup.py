"""Compile the kernels once, before the threads start: they would all wait for the compiler unseen."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np

from .coverage.cells import CellTable, PointTable
from .coverage.network import network_layers, point_levels
from .coverage.propagation.terrain import TerrainModel
from .scene import Scene

__all__ = ["warm_up"]

_PATIENCE_S = 1.5
_PIXELS, _RESOLUTION_M = 16, 100.0


def warm_up(scene: Scene, *, layers: bool = True, points: bool = True) -> None:
    """Run the engine on a patch of flat land; tell the user if that takes long, as the first time it does.

    Parameters
    ----------
    scene : Scene
    layers : bool
        Layers are to be computed, not levels at points alone.
    points : bool
        Levels at points are to be computed, not layers alone.
    """
    told = threading.Timer(_PATIENCE_S, scene.options.reporter.note, args=("compiling",))
    told.start()
    try:
        cell = scene.cells.take(np.array([0])) if len(scene.cells) else None
        if cell is not None:
            _tiny_run(scene, cell, layers, points)
    finally:
        told.cancel()


def _tiny_run(scene: Scene, cell: CellTable, layers: bool, with_points: bool) -> None:
    shape = (_PIXELS, _PIXELS)
    middle = np.array([_PIXELS * _RESOLUTION_M / 2 + 10.0])
    clutter = None if scene.terrain.clutter_m is None else np.zeros(shape, np.float32)
    terrain = TerrainModel(
        height_m=np.zeros(shape, np.float32),
        zone=np.full(shape, 4, np.uint8),
        clutter_m=clutter,
        x_left_m=0.0,
        y_top_m=_PIXELS * _RESOLUTION_M,
        resolution_m=_RESOLUTION_M,
        latitude_top_deg=21.0,
        latitude_bottom_deg=21.0,
    )
    cell = replace(cell, x_m=middle, y_m=middle)
    reach_m = _PIXELS * _RESOLUTION_M / 2
    if layers:
        network_layers(
            terrain, cell, scene.rule.technologies, scene.settings, reach_m,
            patterns=scene.patterns, budget=scene.budget, workers=1, interference=scene.interference,
        )  # fmt: skip
    if not with_points:
        return
    points = PointTable(
        point_id=np.array(["p"]),
        village=np.array([0]),
        kind=np.array(["centre"]),
        people=np.array([1.0]),
        x_m=middle + 500.0,
        y_m=middle,
    )
    point_levels(
        terrain, cell, points, scene.settings, reach_m,
        patterns=scene.patterns, budget=scene.budget, workers=1,
    )  # fmt: skip
