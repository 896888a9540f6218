"""What a worker does: read its window of the terrain, compute its part, leave it on the share under a name.

Only names and small tables go through the scheduler. A part that is already there is not computed again: a
task that comes back after a worker's death, or in the next run after a killed one, costs nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import coverage
from .cache import source_digest
from .coverage.cells import PointTable
from .coverage.indoors import IndoorTable
from .coverage.network import merge_network
from .coverage.network_layer import NetworkLayer
from .coverage.network_points import levels_of_sites
from .coverage.propagation.terrain import PropagationSettings, TerrainModel
from .coverage.strips import MastGroup, Strip
from .errors import PhusongError
from .gis_data.cog import CogDraft
from .gis_data.grid import Grid
from .layer_files import raster_encoding, stored_rows
from .share import Share, open_share

__all__ = [
    "LevelsTask",
    "RasterTask",
    "StripTask",
    "TerrainOnShare",
    "engine_digest",
    "levels_task",
    "put_terrain",
    "raster_task",
    "strip_folder",
    "strip_part",
    "strip_task",
    "terrain_window",
]

_PIECE_ROWS = 256


@dataclass(frozen=True)
class TerrainOnShare:
    """Where the terrain lies: pieces of `_PIECE_ROWS` rows below ``terrain/`` on a share.

    `frame` is the terrain's model without its arrays.
    """

    shape: tuple[int, int]
    clutter: bool
    frame: tuple[float, float, float, float, float]


@dataclass(frozen=True)
class StripTask:
    """Some rows of all layers.

    Attributes
    ----------
    share : str
        Path or URL of all files of the run.
    name : str
        Folder of the results on it.
    engine : str
        `engine_digest` of the process that made the task.
    terrain : TerrainOnShare
    strip : Strip
    index : ndarray of int64, (cells,)
        What the raster of best cells gives for each of the strip's cells.
    settings : PropagationSettings
    building : str
        Of P(covered) indoors.
    threads : int
    """

    share: str
    name: str
    engine: str
    terrain: TerrainOnShare
    strip: Strip
    index: NDArray[np.int64]
    settings: PropagationSettings
    building: str
    threads: int


@dataclass(frozen=True)
class RasterTask:
    """One raster of a layer, from the strips of all rows.

    Attributes
    ----------
    share, engine : str
        As in `StripTask`.
    name : str
        Of the file on the share.
    parts : tuple of str
        `strip_part` of each strip, from north to south.
    grid : Grid
    what : str
        Of `layer_files.RASTERS`.
    tags : mapping of str to str
    """

    share: str
    name: str
    engine: str
    parts: tuple[str, ...]
    grid: Grid
    what: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class LevelsTask:
    """Levels of some masts at the points in their reach; as `StripTask` and `levels_of_sites` say."""

    share: str
    name: str
    engine: str
    terrain: TerrainOnShare
    group: MastGroup
    points: PointTable
    ground_m: NDArray[np.float64]
    settings: PropagationSettings
    floor_dbm: float
    threads: int


@cache
def engine_digest() -> str:
    """Return the digest of the engine's sources: machines with different ones must not work together."""
    return source_digest(Path(coverage.__file__).parent)


def put_terrain(share: Share, terrain: TerrainModel) -> TerrainOnShare:
    """Write the terrain in pieces of rows, those that are not there yet."""
    rows, columns = terrain.height_m.shape
    for first in range(0, rows, _PIECE_ROWS):
        part = np.s_[first : first + _PIECE_ROWS]
        arrays: dict[str, NDArray[Any]] = {"height_m": terrain.height_m[part], "zone": terrain.zone[part]}
        if terrain.clutter_m is not None:
            arrays["clutter_m"] = terrain.clutter_m[part]
        if not share.has(_piece(first)):
            share.write(_piece(first), arrays)
    frame = (
        terrain.x_left_m, terrain.y_top_m, terrain.resolution_m,
        terrain.latitude_top_deg, terrain.latitude_bottom_deg,
    )  # fmt: skip
    return TerrainOnShare((rows, columns), terrain.clutter_m is not None, frame)


def terrain_window(share: Share, on_share: TerrainOnShare, rows: tuple[int, int]) -> TerrainModel:
    """Return the terrain with some of its rows, the others untouched zeros.

    The arrays have the whole shape, so that positions round as in one process; of zeros that nobody touches
    the operating system keeps no pages, so memory goes with the window.
    """
    height_m, zone = np.zeros(on_share.shape, np.float32), np.zeros(on_share.shape, np.uint8)
    clutter_m = np.zeros(on_share.shape, np.float32) if on_share.clutter else None
    for first in range(rows[0] // _PIECE_ROWS * _PIECE_ROWS, rows[1], _PIECE_ROWS):
        piece = share.read(_piece(first))
        part = np.s_[first : first + _PIECE_ROWS]
        height_m[part], zone[part] = piece["height_m"], piece["zone"]
        if clutter_m is not None:
            clutter_m[part] = piece["clutter_m"]
    return TerrainModel(height_m, zone, clutter_m, *on_share.frame)


def strip_folder(strip: Strip) -> str:
    """Return the folder on the share of a strip's results."""
    return f"rows-{strip.rows[0]}-{strip.rows[1]}"


def strip_part(folder: str, place: int, what: str) -> str:
    """Return the name on the share of a strip's rows of one raster of the layer at a place of the plan."""
    return f"{folder}/{place}-{what}.npz"


def strip_task(task: StripTask) -> str:
    """Compute a strip and leave its stored integers on the share, one file for each raster of each layer."""
    _check_engine(task.engine)
    share, whole = open_share(task.share), f"{task.name}/whole.npz"
    if share.has(whole):
        return task.name
    network = task.strip.network
    terrain = terrain_window(share, task.terrain, task.strip.terrain_rows)
    tables: dict[str, IndoorTable] = {}
    place = {key: number for number, key in enumerate(network.plan.keys)}
    bands: dict[str, list[NDArray[Any]]] = {}

    def keep(layer: NetworkLayer) -> None:
        if (table := tables.get(layer.technology)) is None:
            table = IndoorTable(layer.rule, network.cells.frequency_mhz, task.building)
            tables[layer.technology] = table
        for what, stored in stored_rows(layer, task.index, table).items():
            bands.setdefault(strip_part(task.name, place[layer.key], what), []).append(stored)

    merge_network(terrain, network, task.settings, keep, rows=task.strip.rows, workers=task.threads)
    for name, parts in bands.items():
        share.write(name, {"stored": np.concatenate(parts)})
    share.write(whole, {"rows": np.array(task.strip.rows)})  # last: where it is, the others are
    return task.name


def raster_task(task: RasterTask) -> tuple[str, str | None]:
    """Put the strips of a raster together and leave it on the share in its final form.

    Returns
    -------
    tuple of str and str or None
        Its name and its digest, as `cog.CogDraft.finish` tells it; None where the raster was there already.
    """
    _check_engine(task.engine)
    share = open_share(task.share)
    if share.has(task.name):
        return task.name, None
    with tempfile.TemporaryDirectory(prefix="phusong-") as folder:
        path = Path(folder) / "raster.tif"
        draft = CogDraft(path, task.grid, raster_encoding(task.what), tags=task.tags)
        for part in task.parts:
            draft.append_stored(share.read(part)["stored"])
        told = draft.finish()
        share.put(task.name, path)
    return task.name, told


def levels_task(task: LevelsTask) -> str:
    """Compute levels at points and leave them on the share, numbered as in the whole run."""
    _check_engine(task.engine)
    share = open_share(task.share)
    if share.has(task.name):
        return task.name
    found = levels_of_sites(
        terrain_window(share, task.terrain, task.group.terrain_rows),
        task.group.sites, task.points, task.ground_m, task.settings, task.floor_dbm, workers=task.threads,
    )  # fmt: skip
    arrays = {
        "point": task.group.points[found.point].astype(np.int32),
        "cell": task.group.cells[found.cell].astype(np.int32),
        "level_dbm": found.level_dbm,
        "loss_db": found.loss_db,
    }
    share.write(task.name, arrays)
    return task.name


def _piece(first_row: int) -> str:
    return f"terrain/{first_row:07d}.npz"


def _check_engine(expected: str) -> None:
    if engine_digest() != expected:
        raise PhusongError("a worker runs another version of phusong: install the same on all machines")
