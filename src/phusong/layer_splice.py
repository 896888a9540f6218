"""Layers of which a part changed: computed there from the kept merge, and spliced into the rasters so far."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .coverage.layer_state import BLOCK
from .coverage.network_layer import LayerKey
from .coverage.state_rows import window_layers
from .coverage_rasters import RasterFile, Window
from .gis_data.cog_renumber import number_table, renumbered
from .gis_data.cog_splice import FreshTile, OldCog, Tile
from .gis_data.cog_tiles import TILE
from .layer_files import RASTERS, LayerMaker
from .merge_store import KeptMerge
from .raster_record import PublishedRaster

__all__ = ["splice_layers"]

_Name = tuple[LayerKey, str]


@dataclass(frozen=True)
class _Change:
    """A tile that differs from the one before, and where; None: in numbers only."""

    fresh: FreshTile
    window: Window | None


def splice_layers(
    maker: LayerMaker,
    merge: KeptMerge,
    blocks: NDArray[np.bool_],
    published: Mapping[str, PublishedRaster],
    number: Mapping[int, int],
    workers: int | None,
) -> dict[str, RasterFile] | None:
    """Write the rasters of one technology; None where those so far cannot be taken.

    Parameters
    ----------
    maker : LayerMaker
        Of the layers of the technology alone.
    merge : KeptMerge
    blocks : ndarray of bool
        Blocks of `layer_state.BLOCK` pixels in which masts came or went since the rasters so far.
    published : mapping of str to PublishedRaster
    number : mapping of int to int
        Where each cell of the best servers so far stands now; empty: all as before.
    workers : int, optional
        Threads; default: one for each core.

    Returns
    -------
    dict of str to RasterFile
        By stem and kind; the same bytes as `layer_files.LayerFiles` writes.
    """
    olds = _old_rasters(maker, published)
    if olds is None:
        return None
    maker.prepare(next(iter(merge.state.plan.rules.values())))
    table = number_table(number) if number else None
    windows = dict(_windows(blocks, maker.grid.shape))
    changes: dict[_Name, dict[Tile, _Change]] = {name: {} for name in olds}
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:

        def compute(tile: Tile) -> dict[_Name, _Change]:
            return _tile(maker, merge, olds, table, tile, windows[tile])

        for tile, found in zip(windows, pool.map(compute, windows), strict=True):
            for name, change in found.items():
                changes[name][tile] = change
        if table is not None:
            others = [tile for tile in _tiles(maker.grid.shape) if tile not in windows]
            for name, old in olds.items():
                if name[1] == "best_cell":
                    others_now = pool.map(lambda tile, old=old: _renumbered(old, table, tile), others)
                    moved = zip(others, others_now, strict=True)
                    changes[name] |= {tile: change for tile, change in moved if change is not None}

        def write(name: _Name) -> RasterFile:
            return _write(maker, name, olds[name], changes[name], published, table is not None)

        written = list(pool.map(write, olds))
    return {file.path.stem: file for file in written}


def _old_rasters(maker: LayerMaker, published: Mapping[str, PublishedRaster]) -> dict[_Name, OldCog] | None:
    found: dict[_Name, OldCog] = {}
    for key in maker.stems:
        for what, (encoding, _) in maker.rasters(key).items():
            raster = published.get(maker.path(key, what).stem)
            if raster is None or not raster.ours:
                return None
            old = OldCog.read(raster.path, maker.grid, encoding)
            if old is None:
                return None
            found[key, what] = old
    return found


def _tiles(shape: tuple[int, int]) -> Iterator[Tile]:
    for row in range(-(-shape[0] // TILE)):
        for column in range(-(-shape[1] // TILE)):
            yield row, column


def _windows(blocks: NDArray[np.bool_], shape: tuple[int, int]) -> Iterator[tuple[Tile, Window]]:
    """Return, for each tile with touched blocks, the window of the raster that holds these."""
    size = TILE // BLOCK
    for row, column in _tiles(shape):
        own = np.argwhere(blocks[row * size : (row + 1) * size, column * size : (column + 1) * size])
        if len(own):
            top, left = own.min(axis=0) * BLOCK + (row * TILE, column * TILE)
            bottom, right = (own.max(axis=0) + 1) * BLOCK + (row * TILE, column * TILE)
            yield (row, column), (int(top), min(int(bottom), shape[0]), int(left), min(int(right), shape[1]))


def _tile(
    maker: LayerMaker,
    merge: KeptMerge,
    olds: Mapping[_Name, OldCog],
    table: NDArray[np.int32] | None,
    tile: Tile,
    window: Window,
) -> dict[_Name, _Change]:
    """Compute a window of all layers; return the tiles that differ."""
    found = {}
    first_row, first_column = tile[0] * TILE, tile[1] * TILE
    top, bottom, left, right = window
    at = np.s_[top - first_row : bottom - first_row, left - first_column : right - first_column]
    for layer in window_layers(merge.state, merge.index, merge.disturbance, merge.carrier, window):
        stored = maker.stored(layer)
        for what in RASTERS:
            before = pixels = olds[layer.key, what].tile(*tile)
            differ = before[at] != stored[what]
            if what == "best_cell" and table is not None:
                pixels = table[before]
                gone = (pixels < 0) & (before >= 0)  # another cell, or none, where a cell is no more
                differ = (pixels[at] != stored[what]) | gone[at]
            if differ.any():
                where = _around(differ, top, left, maker.grid.shape)
                pixels = pixels.copy()
                pixels[at] = stored[what]
                found[layer.key, what] = _Change(olds[layer.key, what].fresh(pixels), where)
            elif pixels is not before and not np.array_equal(pixels, before):
                found[layer.key, what] = _Change(olds[layer.key, what].fresh(pixels), None)
    return found


def _around(differ: NDArray[np.bool_], top: int, left: int, shape: tuple[int, int]) -> Window:
    """Return the blocks around the pixels that differ, of a window at whole blocks."""
    rows, columns = np.flatnonzero(differ.any(axis=1)), np.flatnonzero(differ.any(axis=0))
    first_row, first_column = (top + rows[0]) // BLOCK, (left + columns[0]) // BLOCK
    last_row, last_column = (top + rows[-1]) // BLOCK, (left + columns[-1]) // BLOCK
    return (
        int(first_row) * BLOCK, min((int(last_row) + 1) * BLOCK, shape[0]),
        int(first_column) * BLOCK, min((int(last_column) + 1) * BLOCK, shape[1]),
    )  # fmt: skip


def _renumbered(old: OldCog, table: NDArray[np.int32], tile: Tile) -> _Change | None:
    now = renumbered(old.tile(*tile), table)
    return None if now is None else _Change(old.fresh(now), None)


def _write(
    maker: LayerMaker,
    name: _Name,
    old: OldCog,
    changes: Mapping[Tile, _Change],
    published: Mapping[str, PublishedRaster],
    numbers_moved: bool,
) -> RasterFile:
    key, what = name
    path, (_, tags) = maker.path(key, what), maker.rasters(key)[what]
    digest = old.splice(path, maker.grid, {tile: change.fresh for tile, change in changes.items()}, tags=tags)
    windows = tuple(change.window for change in changes.values() if change.window is not None)
    numbers = what == "best_cell" and numbers_moved
    return RasterFile(path, digest, published[path.stem].digest, windows, numbers)
