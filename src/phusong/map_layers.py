"""The rasters of a run as the map's layers: best servers, and coverage by operator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .gis_data import cog
from .layer_files import layer_stems
from .maps.classes import class_edges_dbm, classify
from .maps.content import CoverageLayer, OperatorLayer
from .scene import Scene
from .stages import CoverageRasters

__all__ = ["coverage_layers", "operator_layers"]


def coverage_layers(scene: Scene, rasters: CoverageRasters, written: Path) -> tuple[CoverageLayer, ...]:
    """Return the layer of each technology with its best servers.

    Parameters
    ----------
    scene : Scene
    rasters : CoverageRasters
    written : Path
        Folder that the run writes into; rasters that it took over from the last run are in the project's own.
    """
    # best-server rasters count all cells of the project, the map those on air
    on_air = scene.cells.active(scene.day)
    row = np.append(np.where(on_air, np.cumsum(on_air) - 1, -1), -1).astype(np.int32)
    layers = []
    for technology, level_dbm in rasters.level_dbm.items():
        best = _raster(scene, written, f"{technology.lower()}_best_cell")
        index = np.nan_to_num(best, nan=-1).astype(np.int64)
        layers.append(CoverageLayer(scene.rule.technologies[technology], level_dbm, row[index]))
    return tuple(layers)


def operator_layers(scene: Scene, rasters: CoverageRasters, written: Path) -> tuple[OperatorLayer, ...]:
    """Return the layers by operator that the run wrote; none without ``[outputs] by_operator``."""
    if not scene.options.project.outputs.by_operator:
        return ()
    cells = scene.cells.take(scene.cells.active(scene.day))
    pairs = sorted(set(zip(cells.technology.tolist(), cells.operator.tolist(), strict=True)))
    keys = [pair for pair in pairs if pair[0] in rasters.level_dbm]
    stems = layer_stems([*rasters.level_dbm, *keys])
    layers = []
    for technology, operator in keys:
        level_dbm = _raster(scene, written, f"{stems[technology, operator]}_level")
        edges = class_edges_dbm(scene.rule.technologies[technology])
        layers.append(
            OperatorLayer(technology, operator, scene.layers.grid, classify(level_dbm, edges))
        )  # fmt: skip
    return tuple(layers)


def _raster(scene: Scene, written: Path, name: str) -> NDArray[Any]:
    fresh = written / "coverage" / f"{name}.tif"
    return cog.read_cog(
        fresh if fresh.is_file() else scene.options.project.out / "coverage" / fresh.name
    ).values  # fmt: skip
