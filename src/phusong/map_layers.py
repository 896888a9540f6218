"""The rasters of a run as the map's layers: best servers, and coverage by operator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from .coverage_rasters import RasterFile
from .layer_files import layer_stems
from .maps.best_servers import BestServers, CellNames
from .maps.classes import class_edges_dbm
from .maps.content import CoverageLayer, OperatorLayer
from .maps.pictures import StoredPicture
from .maps.tiles_layers import stored_classes
from .scene import Scene

__all__ = ["coverage_layers", "operator_layers"]


def coverage_layers(
    scene: Scene, technologies: Iterable[str], written: Path, files: Mapping[str, RasterFile]
) -> tuple[CoverageLayer, ...]:
    """Return the layer of each technology with its best servers.

    Parameters
    ----------
    scene : Scene
    technologies : iterable of str
        Those that have rasters.
    written : Path
        Folder that the run writes into; rasters that it did not write are in the project's own.
    files : mapping of str to RasterFile
        `CoverageRasters.files`.
    """
    # best-server rasters count all cells of the project (-1: none), the map those on air
    on_air = scene.cells.active(scene.day)
    names = CellNames(scene.cells.cell_id, np.where(on_air, np.cumsum(on_air) - 1, -1))
    layers = []
    for technology in technologies:
        name = f"{technology.lower()}_best_cell"
        file, path = files[name], _raster(scene, written, name)
        best = BestServers(
            path, scene.layers.grid, names, file.digest, file.before, file.changed, file.renumbered
        )  # fmt: skip
        layers.append(
            CoverageLayer(
                scene.rule.technologies[technology],
                _levels(scene, technology, _raster(scene, written, f"{technology.lower()}_level")),
                best,
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
