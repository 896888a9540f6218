"""Coarser ground for the sweeps of a map, kept from map to map."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace

import numpy as np
import scipy  # its parts come in at their first use: most runs go without this one
from numpy.typing import NDArray

from .cache import digest
from .coverage.propagation.terrain import TerrainModel
from .maps.pieces import Pieces

__all__ = ["coarser_terrain", "ground_key", "kept_ground"]

_FORM = 1


def coarser_terrain(terrain: TerrainModel, factor: int) -> TerrainModel:
    """Return the terrain in pixels `factor` times as wide: mean heights, the zone in the middle.

    A block that is all void takes the height of the nearest that is not: nothing is shown there.
    """
    if factor == 1:
        return terrain
    rows, columns = terrain.height_m.shape
    down, across = -(-rows // factor), -(-columns // factor)
    middle = np.ix_(
        np.minimum(np.arange(down) * factor + factor // 2, rows - 1),
        np.minimum(np.arange(across) * factor + factor // 2, columns - 1),
    )
    height_m = _filled(_block_mean(terrain.height_m, factor))
    clutter_m = None if terrain.clutter_m is None else _block_mean(terrain.clutter_m, factor)
    return _coarse(terrain, factor, height_m, np.ascontiguousarray(terrain.zone[middle]), clutter_m)


def ground_key(terrain: TerrainModel, factor: int) -> str:
    """Return the key of the piece in which `kept_ground` keeps the ground."""
    return digest("ground", _FORM, terrain, factor)


def kept_ground(terrain: TerrainModel, factor: int, pieces: Pieces) -> TerrainModel:
    """Return `coarser_terrain`, from the pieces of an earlier map where it is there."""
    if factor == 1:
        return terrain
    data = pieces.get(ground_key(terrain, factor), lambda: _as_bytes(coarser_terrain(terrain, factor)))
    head, _, packed = data.partition(b"\n")
    values, at, arrays = zlib.decompress(packed), 0, []
    for kind, rows, columns in json.loads(head):
        array = np.frombuffer(values, np.dtype(kind), rows * columns, at).reshape(rows, columns)
        arrays.append(array.copy())  # what may not be written into would be compiled for once more
        at += array.nbytes
    return _coarse(terrain, factor, arrays[0], arrays[1], arrays[2] if len(arrays) > 2 else None)


def _as_bytes(ground: TerrainModel) -> bytes:
    arrays = [a for a in (ground.height_m, ground.zone, ground.clutter_m) if a is not None]
    head = json.dumps([[a.dtype.str, *a.shape] for a in arrays]).encode("ascii")
    return head + b"\n" + zlib.compress(b"".join(a.tobytes() for a in arrays), 1)


def _coarse(
    terrain: TerrainModel,
    factor: int,
    height_m: NDArray[np.float32],
    zone: NDArray[np.uint8],
    clutter_m: NDArray[np.float32] | None,
) -> TerrainModel:
    slope = (terrain.latitude_bottom_deg - terrain.latitude_top_deg) / max(1, terrain.height_m.shape[0] - 1)
    first = terrain.latitude_top_deg + slope * (factor - 1) / 2
    return replace(
        terrain,
        height_m=height_m,
        zone=zone,
        clutter_m=clutter_m,
        resolution_m=terrain.resolution_m * factor,
        latitude_top_deg=first,
        latitude_bottom_deg=first + slope * factor * (len(height_m) - 1),
    )


def _block_mean(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    rows, columns = values.shape
    padded = np.pad(values, ((0, -rows % factor), (0, -columns % factor)), constant_values=np.nan)
    blocks = padded.reshape(padded.shape[0] // factor, factor, -1, factor)
    known = (~np.isnan(blocks)).sum(axis=(1, 3))
    with np.errstate(invalid="ignore"):
        return (np.nansum(blocks, axis=(1, 3), dtype=np.float64) / known).astype(np.float32)


def _filled(height_m: NDArray[np.float32]) -> NDArray[np.float32]:
    void = np.isnan(height_m)
    if not void.any() or void.all():
        return height_m
    row, column = scipy.ndimage.distance_transform_edt(void, return_distances=False, return_indices=True)
    return np.ascontiguousarray(height_m[row, column])
