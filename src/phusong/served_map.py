"""What the map server answers with: the page, tiles read from the rasters, values at a place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rio_tiler.errors import PointOutsideBounds, TileOutsideBounds
from rio_tiler.io import Reader

from .maps.tiles import TILE_PIXELS, TileKey
from .maps.tiles_content import TileContent
from .maps.tiles_layers import TileLayer, TileRaster, tile_png
from .maps.tiles_page import tiles_page
from .maps.tiles_points import point_span

__all__ = ["ServedMap"]

_TILES_KEPT = 1024
_CELL = ("cell_id", "operator", "technology", "frequency_mhz", "mast_id")


class ServedMap:
    """A project's map, answered piece by piece; many threads may ask at a time.

    Tiles come straight from the rasters (with their overviews): a raster that is replaced while the server
    runs shows at once.

    Parameters
    ----------
    content : TileContent
    """

    def __init__(self, content: TileContent) -> None:
        self._span, self._points = content.span, point_span(content.span)
        self._layers: dict[str, TileLayer] = {layer.stem: layer for layer in content.layers}
        self._rasters: dict[str, TileRaster] = {
            raster.name: raster for layer in content.layers for raster in layer.rasters()
        }
        self._vectors = content.vector_tiles()
        self._parts = content.parts()
        self._cells = content.cells
        self.page: bytes = tiles_page({**content.page_data(), "archives": {}, "served": True}).encode("utf-8")
        self._tile = lru_cache(_TILES_KEPT)(self._read_tile)
        self._look_up = lru_cache(len(self._rasters) or 1)(
            lambda name, _changed: self._rasters[name].look_up()
        )

    def tile(self, name: str, key: TileKey) -> tuple[bytes, str] | None:
        """Return a tile and its media type; None where there is no such tile, b"" where it is empty."""
        if name in self._vectors:
            if not self._points.contains(key):
                return None
            return self._vectors[name].get(key, b""), "application/json"
        raster = self._rasters.get(name)
        if raster is None or not self._span.contains(key):
            return None
        return self._tile(name, raster.path.stat().st_mtime_ns, key), "image/png"

    def part(self, name: str, number: int) -> bytes | None:
        """Return a part of a list as JSON; None where there is none."""
        parts = self._parts.get(name, [])
        return parts[number] if 0 <= number < len(parts) else None

    def values(self, stem: str, lon: float, lat: float) -> dict[str, Any] | None:
        """Return what a layer's rasters hold at a place; None where there is no such layer.

        Parameters
        ----------
        stem : str
            Of the layer.
        lon, lat : float
            WGS 84 degrees.

        Returns
        -------
        dict
            By kind of raster the value in its unit (dBm, dB, 0 … 1, masts), None where there is none;
            ``cell``: the best server.
        """
        layer = self._layers.get(stem)
        if layer is None:
            return None
        found = dict(_values(layer, lon, lat))
        best = found.pop("best_cell", None)
        row = -1 if best is None else int(best)
        told = self._cells.iloc[row] if 0 <= row < len(self._cells) else None
        cell = None if told is None else {name: _plain(told[name]) for name in _CELL if name in told}
        return {**found, "cell": cell}

    def _read_tile(self, name: str, changed: int, key: TileKey) -> bytes:
        raster, (zoom, column, row) = self._rasters[name], key
        try:
            with Reader(str(raster.path)) as source:
                read = source.tile(column, row, zoom, tilesize=TILE_PIXELS, resampling_method="nearest")
        except TileOutsideBounds:
            return b""
        shown = _shown(
            np.asarray(read.array.data[0]), np.ma.getmaskarray(read.array)[0], self._look_up(name, changed)
        )
        return tile_png(shown, raster.colours()) if shown.any() else b""


def _shown(stored: NDArray[Any], missing: NDArray[np.bool_], look_up: NDArray[Any]) -> NDArray[Any]:
    """Turn stored numbers into classes, or into numbers of cells plus one."""
    if look_up.size == 0:
        return np.where(missing, 0, stored.astype(np.int64) + 1).astype(np.uint32)
    least = int(np.iinfo(stored.dtype).min)
    return np.where(missing, 0, look_up[stored.astype(np.int32) - least]).astype(np.uint8)


def _values(layer: TileLayer, lon: float, lat: float) -> Iterator[tuple[str, float | None]]:
    for kind, path in layer.paths.items():
        yield kind, _value(path, lon, lat)


def _value(path: Path, lon: float, lat: float) -> float | None:
    try:
        with Reader(str(path)) as source:
            point = source.point(lon, lat, resampling_method="nearest")
            scale, offset = float(source.dataset.scales[0]), float(source.dataset.offsets[0])
    except PointOutsideBounds:
        return None
    if np.ma.getmaskarray(point.array)[0]:
        return None
    return round(float(point.array.data[0]) * scale + offset, 6)


def _plain(value: Any) -> Any:
    """Return a JSON value."""
    return json.loads(json.dumps(value, default=lambda number: number.item()))
