"""The rasters of a run as the map's layers: best servers, and coverage by operator."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .layer_files import layer_stems
from .maps.classes import class_edges_dbm
from .maps.content import CoverageLayer, OperatorLayer
from .maps.pictures import StoredPicture, numbered
from .maps.tiles_layers import stored_classes
from .scene import Scene

__all__ = ["coverage_layers", "operator_layers"]


def coverage_layers(scene: Scene, technologies: Iterable[str], written: Path) -> tuple[CoverageLayer, ...]:
    """Return the layer of each technology with its best servers.

    Parameters
    ----------
    scene : Scene
    technologies : iterable of str
        Those that have rasters.
    written : Path
        Folder that the run writes into; rasters that it did not write are in the project's own.
    """
    # best-server rasters count all cells of the project (-1: none), the map those on air
    on_air = scene.cells.active(scene.day)
    shown = numbered(np.where(on_air, np.cumsum(on_air) - 1, -1))
    look_up = np.concatenate([np.zeros(1, np.uint16), shown])
    layers = []
    for technology in technologies:
        best = _raster(scene, written, f"{technology.lower()}_best_cell")
        layers.append(
            CoverageLayer(
                scene.rule.technologies[technology],
                _levels(scene, technology, _raster(scene, written, f"{technology.lower()}_level")),
                StoredPicture(best, scene.layers.grid, look_up, -1),
            )
        )
    return tuple(layers)


def operator_layers(scene: Scene, technologies: Iterable[str], written: Path) -> tuple[OperatorLayer, ...]:
    """Return the layers by operator that the run wrote; none without ``[outputs] by_operator``."""
    if not scene.options.project.outputs.by_operator:
        return ()
    cells, present = scene.cells.take(scene.cells.active(scene.day)), list(technologies)
    pairs = sorted(set(zip(cells.technology.tolist(), cells.operator.tolist(), strict=True)))
    keys = [pair for pair in pairs if pair[0] in present]
    stems = layer_stems([*present, *keys])
    return tuple(
        OperatorLayer(*key, _levels(scene, key[0], _raster(scene, written, f"{stems[key]}_level")))
        for key in keys
    )


def _levels(scene: Scene, technology: str, path: Path) -> StoredPicture:
    """Return a raster of levels as classes."""
    edges = class_edges_dbm(scene.rule.technologies[technology])
    return StoredPicture(path, scene.layers.grid, stored_classes(path, edges), int(np.iinfo(np.int16).min))


def _raster(scene: Scene, written: Path, name: str) -> Path:
    fresh = written / "coverage" / f"{name}.tif"
    return fresh if fresh.is_file() else scene.options.project.out / "coverage" / fresh.name
