"""How large a run is: the counts and sizes that its costs go by, known before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from .coverage.footprint import RadioSite
from .coverage.layer_state import state_files
from .coverage.network_layer import LayerPlan
from .coverage.radio_network import RadioNetwork
from .coverage.row_ring import BAND_ROWS, rows_of
from .gis_data.cog_tiles import TILE
from .layer_files import RASTERS, raster_encoding
from .merge_files import carriers_of_technology
from .scene import Scene

__all__ = ["RunSize", "live_bytes", "merge_bytes", "size_of"]

_LEVEL_BYTES = 8  # a pixel: level and best cell, and as much again for the runner-up
_COUNT_BYTES, _SUM_BYTES = 2, 8  # a pixel: of servers, of the power on a carrier
_STORED_BYTES = sum(np.dtype(raster_encoding(what).dtype).itemsize for what in RASTERS)


@dataclass(frozen=True)
class RunSize:
    """What the costs of a run go by.

    Attributes
    ----------
    masts, cells : int
        On air.
    pixels, layers : int
    hamlets, points : int
        Points: hamlets and all other places that get levels of their own.
    paths : int
        From antenna groups to points.
    heard : float
        Levels of single cells at points that a run keeps (expected, from a sample).
    lacking : float
        Hamlets that no mast may reach (expected, from a sample).
    workers : int
    ground_bytes : int
        Heights, land, zones and clutter.
    live_bytes : int
        Rows of the layers that are in memory at a time.
    window_bytes : int
        Loss windows of the largest mast, in each thread.
    tile_bytes : int
        Rows of tiles that wait to be packed, once.
    merge_bytes : int
        Of the kept merges on the disk; 0: they are not kept.
    """

    masts: int
    cells: int
    pixels: int
    layers: int
    hamlets: int
    points: int
    paths: int
    heard: float
    lacking: float
    workers: int
    ground_bytes: int
    live_bytes: int
    window_bytes: int
    tile_bytes: int
    merge_bytes: int


def size_of(
    scene: Scene, network: RadioNetwork, workers: int, *, paths: int, heard: float, lacking: float
) -> RunSize:
    """Return the size of a run of a scene on so many threads; the last three come from a sample of paths."""
    rows, columns = scene.terrain.height_m.shape
    layers, kept = scene.layers, scene.options.project.outputs.keep_merge
    ground = (layers.terrain_m, layers.land, scene.terrain.zone, layers.clutter_m)
    stack = len(network.plan.keys)
    return RunSize(
        masts=len(network.sites.masts),
        cells=len(network.cells),
        pixels=rows * columns,
        layers=stack,
        hamlets=len(layers.villages),
        points=len(scene.points),
        paths=paths,
        heard=heard,
        lacking=lacking,
        workers=workers,
        ground_bytes=sum(int(array.nbytes) for array in ground if array is not None),
        live_bytes=live_bytes(scene, network, runners=kept),
        window_bytes=max((_window_bytes(scene, mast, stack) for mast in network.sites.masts), default=0),
        tile_bytes=stack * _STORED_BYTES * min(rows, TILE) * columns,
        merge_bytes=merge_bytes(scene, network) if kept else 0,
    )


def live_bytes(scene: Scene, network: RadioNetwork, *, runners: bool) -> int:
    """Return the bytes of the rows that `coverage.row_ring.RowRing` holds."""
    rows, columns = scene.terrain.height_m.shape
    spans = [rows_of(scene.terrain, mast) for mast in network.sites.masts]
    tallest = max((end - top for top, end in spans), default=0)
    ring = min(rows, tallest + 2 * BAND_ROWS)
    ring = -(-ring // BAND_ROWS) * BAND_ROWS
    return ring * columns * _pixel_bytes(network, runners=runners)


def merge_bytes(scene: Scene, network: RadioNetwork) -> int:
    """Return the bytes of the kept merges of all technologies, and of the cells beside each."""
    cells, plan = network.cells, network.plan
    columns = [getattr(cells, field.name) for field in fields(cells)]
    beside = sum(int(column.nbytes) for column in columns) + 8 * len(cells)
    size = 0
    for technology in plan.technologies:
        pairs = tuple(pair for pair in plan.pairs if pair[0] == technology)
        own = LayerPlan(plan.rules, (technology,), pairs)
        carriers = carriers_of_technology(cells, technology)
        files = state_files(Path(), own, carriers, scene.terrain.height_m.shape)
        size += sum(file.bytes for file in files.values()) + beside
    return size


def _pixel_bytes(network: RadioNetwork, *, runners: bool) -> int:
    plan = network.plan
    carriers = 0 if network.disturbance is None else len(network.disturbance.unit_dbm)
    levels = _LEVEL_BYTES * (2 if runners else 1) * len(plan.entered)
    return levels + _COUNT_BYTES * len(plan.keys) + _SUM_BYTES * carriers


def _window_bytes(scene: Scene, mast: RadioSite, layers: int) -> int:
    """Losses of all groups of a mast, and which layers it was counted in where it has several groups."""
    rows, columns = scene.terrain.height_m.shape
    area, losses = 0.0, 0.0
    for group in mast.groups:
        across = 2.0 * group.range_m / scene.terrain.resolution_m + 1.0
        window = min(across, rows) * min(across, columns)
        losses += 4.0 * len(group.frequencies_mhz) * window
        area = max(area, window)
    return int(losses + (area * layers if len(mast.groups) > 1 else 0.0))
