"""Layers and levels computed strip by strip and group by group, in other processes or on other machines.

The scheduler passes names and small tables; terrain and results lie on a share. What comes out is the same
to the bit as from threads, however the work is cut and whoever does it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .cache import digest
from .cluster_tasks import (
    LevelsTask,
    RasterTask,
    StripTask,
    TerrainOnShare,
    engine_digest,
    levels_task,
    put_terrain,
    raster_task,
    strip_folder,
    strip_part,
    strip_task,
)
from .coverage.cells import CellTable, PointLevels, PointTable
from .coverage.footprint import ground_height_m
from .coverage.network_layer import LayerKey, LayerPlan
from .coverage.network_points import joined_levels, point_sites
from .coverage.radio_network import RadioNetwork, prepare_network
from .coverage.row_ring import BAND_ROWS
from .coverage.strips import Strip, cut_into_strips, equal_strips, groups_of_masts
from .errors import InputError, Problem
from .executor import Executor, open_executor
from .layer_files import RASTERS, LayerFiles
from .scene import Scene
from .share import Share, open_share
from .store.address import redacted

__all__ = ["layers_on_cluster", "levels_on_cluster", "strips_wanted"]

LEAST_LEVEL_DBM = -135.0
_STRIP_BYTES = 256_000_000  # of stored integers that a worker holds for a strip
_STORED_BYTES = 11  # a pixel and layer: level 2, P 1, P indoors 1, best cell 4, servers 1, SINR 2
_TASKS_PER_SLOT = 2  # strips take about equally long; the more there are, the more often masts are swept
_FEWEST_STRIPS = 8
_GROUPS_PER_SLOT = 4
_TALLEST_ROWS = 1024
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

    Workers put the rasters together, too: this process only moves finished files.

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
        Told strips and rasters done, and in all.
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
        strips = cut_into_strips(scene.terrain, network, _cuts(scene, network, executor.slots))
        tasks = [
            StripTask(
                url, strip_folder(strip), engine_digest(), terrain, strip,
                index[strip.cells], scene.settings, project.propagation.building,
                scene.options.workers or 1,
            )
            for strip in sorted(strips, key=lambda strip: -len(strip.network.sites.masts))
        ]  # fmt: skip
        wanted = _raster_tasks(scene, network.plan, strips, files, url)
        all_of_them = len(tasks) + len(wanted)
        for done, _ in enumerate(executor.as_done(strip_task, tasks), start=1):
            progress(done, all_of_them)
        rasters = [task for task, _ in wanted.values()]
        for done, (name, told) in enumerate(executor.as_done(raster_task, rasters), start=len(tasks) + 1):
            task, layer = wanted[name]
            files.adopt(layer, task.what, partial(share.take, name), told)
            progress(done, all_of_them)


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
        size = max(1, min(_MASTS_IN_GROUP, math.ceil(len(sites.masts) / (_GROUPS_PER_SLOT * executor.slots))))
        groups = groups_of_masts(scene.terrain, sites, points, size)
        tasks = [
            LevelsTask(
                url, f"levels-{size}-{number}.npz", engine_digest(), terrain, group,
                _taken(points, group.points), ground_m[group.points], scene.settings, LEAST_LEVEL_DBM,
                scene.options.workers or 1,
            )
            for number, group in enumerate(groups)
        ]  # fmt: skip
        parts = {}
        for done, name in enumerate(executor.as_done(levels_task, tasks), start=1):
            parts[name] = PointLevels(**share.read(name))
            progress(done, len(tasks))
        return joined_levels([parts[task.name] for task in tasks])


def strips_wanted(slots: int) -> int:
    """Return into how many strips a map is cut: the same number for any few workers.

    A run that goes on with more or fewer of them then finds the finished parts of the one before.
    """
    count = _FEWEST_STRIPS
    while count < _TASKS_PER_SLOT * slots:
        count *= 2
    return count


def _cuts(scene: Scene, network: RadioNetwork, slots: int) -> list[int]:
    """Return where strips begin, and the end of the map."""
    rows, columns = scene.terrain.height_m.shape
    asked = None if scene.options.cluster is None else scene.options.cluster.strip_rows
    if asked is not None:
        return [*range(0, rows, asked), rows]
    by_memory = _STRIP_BYTES // (_STORED_BYTES * max(1, len(network.plan.keys)) * columns)
    tallest = max(BAND_ROWS, min(by_memory, _TALLEST_ROWS) // BAND_ROWS * BAND_ROWS)
    return equal_strips(scene.terrain, network, strips_wanted(slots), tallest)


def _raster_tasks(
    scene: Scene, plan: LayerPlan, strips: Sequence[Strip], files: LayerFiles, url: str
) -> dict[str, tuple[RasterTask, LayerKey]]:
    """Return what makes a raster of each kind of each layer, and of which layer, by its name on the share."""
    found = {}
    for place, layer in enumerate(plan.keys):
        for what in RASTERS:
            name = f"rasters/{place}-{what}.tif"
            parts = tuple(strip_part(strip_folder(strip), place, what) for strip in strips)
            task = RasterTask(
                url, name, engine_digest(), parts, scene.layers.grid, what, files.tags(layer, what)
            )
            found[name] = task, layer
    return found


@contextmanager
def _session(scene: Scene, key: str) -> Iterator[tuple[Executor, Share, str, TerrainOnShare]]:
    """Open executor and share while the block runs; after an error the parts stay, for the next run."""
    request, cache = scene.options.cluster, scene.options.project.cache
    assert request is not None
    root = request.share or (cache / "cluster").absolute().as_posix()
    url = f"{root.rstrip('/')}/{key}"
    share = open_share(url)
    with open_executor(request, cache / "dask") as executor:
        try:
            terrain = put_terrain(share, scene.terrain)
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            expected = f"a folder or URL that can be written to ({error.strerror or error})"
            problem = Problem("--share", expected, "make it, or name another one", value=redacted(root))
            raise InputError([problem]) from None
        yield executor, share, url, terrain
    share.remove()


def _taken(points: PointTable, index: NDArray[np.int64]) -> PointTable:
    return replace(points, **{field.name: getattr(points, field.name)[index] for field in fields(points)})
