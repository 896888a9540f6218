"""Layers and levels computed strip by strip and group by group, in other processes or on other machines.

The scheduler passes names and small tables; terrain and results lie on a share. What comes out is the same
to the bit as from threads, however the work is cut and whoever does it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from .cache import digest
from .cluster_tasks import (
    LevelsTask,
    StripTask,
    TerrainOnShare,
    engine_digest,
    levels_task,
    put_terrain,
    strip_task,
)
from .coverage.cells import CellTable, PointLevels, PointTable
from .coverage.footprint import ground_height_m
from .coverage.network_layer import LayerPlan
from .coverage.network_points import joined_levels, point_sites
from .coverage.radio_network import prepare_network
from .coverage.row_ring import BAND_ROWS
from .coverage.strips import cut_into_strips, groups_of_masts
from .executor import Executor, open_executor
from .layer_files import RASTERS, LayerFiles
from .scene import Scene
from .share import Share, open_share

__all__ = ["layers_on_cluster", "levels_on_cluster", "strip_height"]

LEAST_LEVEL_DBM = -135.0
_STRIP_BYTES = 256_000_000  # of stored integers that a worker holds for a strip
_STORED_BYTES = 11  # a pixel and layer: level 2, P 1, P indoors 1, best cell 4, servers 1, SINR 2
_TASKS_PER_SLOT = 4  # so that nobody waits long for the last one
_TALLEST_ROWS = 512
_MASTS_IN_GROUP = 64


def layers_on_cluster(
    scene: Scene,
    cells: CellTable,
    index: NDArray[np.int64],
    only: Collection[str],
    files: LayerFiles,
    progress: Callable[[int, int], None],
) -> None:
    """Compute layers strip by strip with the run's executor, and write them.

    Parameters
    ----------
    scene : Scene
    cells : CellTable
        Those on air.
    index : ndarray of int64, (cells,)
        Where each stands among all cells of the project.
    only : collection of str
        Technologies.
    files : LayerFiles
    progress : callable
        Told strips done and in all.
    """
    project = scene.options.project
    network = prepare_network(
        scene.terrain, cells, scene.rule.technologies, scene.settings, scene.range_m,
        patterns=scene.patterns, budget=scene.budget, by_operator=project.outputs.by_operator,
        interference=scene.interference, only=only,
    )  # fmt: skip
    key = digest(
        engine_digest(), scene.terrain, scene.settings, scene.range_m, scene.budget, scene.patterns,
        scene.interference, cells, dict(scene.rule.technologies), project.propagation.building,
        project.outputs.by_operator, sorted(only), index,
    )  # fmt: skip
    with _session(scene, key) as (executor, share, url, terrain):
        rows = _request_rows(scene) or strip_height(
            scene.terrain.height_m.shape, network.plan, executor.slots
        )
        strips = cut_into_strips(scene.terrain, network, rows)
        tasks = [
            StripTask(
                url, f"rows-{strip.rows[0]}-{strip.rows[1]}.npz", engine_digest(), terrain, strip,
                index[strip.cells], scene.settings, project.propagation.building,
                scene.options.workers or 1,
            )
            for strip in strips
        ]  # fmt: skip
        for done, name in enumerate(executor.in_order(strip_task, tasks), start=1):
            stored = share.read(name)
            for place, layer in enumerate(network.plan.keys):
                files.append_stored(layer, {what: stored[f"{place}/{what}"] for what in RASTERS})
            progress(done, len(tasks))


def levels_on_cluster(scene: Scene, cells: CellTable, progress: Callable[[int, int], None]) -> PointLevels:
    """Compute levels at the demand points, group of masts by group, with the run's executor."""
    points = scene.points
    sites = point_sites(
        scene.terrain, cells, scene.settings, scene.range_m,
        patterns=scene.patterns, budget=scene.budget, floor_dbm=LEAST_LEVEL_DBM,
    )  # fmt: skip
    ground_m = ground_height_m(scene.terrain, points.x_m, points.y_m)
    key = digest(
        engine_digest(), scene.terrain, scene.settings, scene.range_m, scene.budget, scene.patterns, cells,
        points,
    )  # fmt: skip
    with _session(scene, key) as (executor, share, url, terrain):
        size = max(1, min(_MASTS_IN_GROUP, math.ceil(len(sites.masts) / (_TASKS_PER_SLOT * executor.slots))))
        groups = groups_of_masts(scene.terrain, sites, points, size)
        tasks = [
            LevelsTask(
                url, f"levels-{size}-{number}.npz", engine_digest(), terrain, group,
                _taken(points, group.points), ground_m[group.points], scene.settings, LEAST_LEVEL_DBM,
                scene.options.workers or 1,
            )
            for number, group in enumerate(groups)
        ]  # fmt: skip
        parts = []
        for done, name in enumerate(executor.in_order(levels_task, tasks), start=1):
            parts.append(PointLevels(**share.read(name)))
            progress(done, len(tasks))
        return joined_levels(parts)


def strip_height(shape: tuple[int, int], plan: LayerPlan, slots: int) -> int:
    """Return rows for a strip: few enough for a worker's memory and for all to have work, many otherwise.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the map.
    plan : LayerPlan
    slots : int
        Tasks that run at a time.
    """
    by_memory = _STRIP_BYTES // (_STORED_BYTES * max(1, len(plan.keys)) * shape[1])
    by_work = math.ceil(shape[0] / (_TASKS_PER_SLOT * slots))
    return max(BAND_ROWS, min(by_memory, by_work, _TALLEST_ROWS) // BAND_ROWS * BAND_ROWS)


@contextmanager
def _session(scene: Scene, key: str) -> Iterator[tuple[Executor, Share, str, TerrainOnShare]]:
    """Open executor and share while the block runs; after an error the parts stay, for the next run."""
    request, cache = scene.options.cluster, scene.options.project.cache
    assert request is not None
    root = request.share or (cache / "cluster").absolute().as_posix()
    url = f"{root.rstrip('/')}/{key}"
    share = open_share(url)
    with open_executor(request, cache / "dask") as executor:
        terrain = put_terrain(share, scene.terrain)
        yield executor, share, url, terrain
    share.remove()


def _request_rows(scene: Scene) -> int | None:
    return None if scene.options.cluster is None else scene.options.cluster.strip_rows


def _taken(points: PointTable, index: NDArray[np.int64]) -> PointTable:
    return replace(points, **{field.name: getattr(points, field.name)[index] for field in fields(points)})
