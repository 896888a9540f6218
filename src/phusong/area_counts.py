"""Covered pixels of each commune, counted once and then only where the rasters change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from . import gis_data
from .cache import digest, load_arrays, save_arrays, source_digest
from .coverage.area_totals import CountedLayer, Units, lowest_dbm, pixels_of
from .coverage.cells import TechnologyRule
from .coverage_rasters import CoverageRasters, RasterFile
from .errors import InputError
from .gis_data import cog
from .gis_data.layers import Layers
from .project import Project

__all__ = ["AreaCounts", "land_units"]

_AREAS = ("Polygon", "MultiPolygon")
_KEPT = 2  # divisions of the land, and counts, that stay


class AreaCounts:
    """Pixels by commune, kept in ``units-<digest>.npz`` and ``area-<digest>.npz`` of the cache.

    The first holds the commune of every pixel, the second what was counted of each raster, beside the
    raster's digest. Damaged files are made again; older ones go.

    Parameters
    ----------
    project : Project
    layers : Layers

    Attributes
    ----------
    divisions : tuple of Units
        Those that have areas; their pixels are looked at only where something is counted.
    totals : tuple of ndarray of int64
        Pixels of each unit of each division.
    """

    def __init__(self, project: Project, layers: Layers) -> None:
        self._published, self._folder = project.out / "coverage", project.cache
        self._key = _units_key(layers)
        path = self._folder / f"units-{self._key}.npz"
        kept, names = load_arrays(path), _names(layers)
        if kept is None or set(kept) != {part for scope in names for part in (scope, f"total_{scope}")}:
            kept = {}
            for units in land_units(layers):
                if units.names:
                    kept[units.scope] = units.index
                    kept[f"total_{units.scope}"] = pixels_of(units, np.ones(units.index.shape, bool))
            save_arrays(path, kept)
            _sweep(self._folder, "units")
        self.divisions = tuple(Units(scope, kept[scope], named) for scope, named in names.items())
        self.totals = tuple(kept[f"total_{scope}"] for scope in names)

    def layers(
        self,
        named: Sequence[tuple[str, str, str]],
        rules: Mapping[str, TechnologyRule],
        rasters: CoverageRasters,
    ) -> list[CountedLayer]:
        """Return the covered pixels of layers.

        Parameters
        ----------
        named : sequence of (operator, technology, stem)
        rules : mapping of technology to TechnologyRule
        rasters : CoverageRasters
        """
        path = self._folder / f"area-{digest(self._key, {t: lowest_dbm(rules[t]) for t in rules})}.npz"
        kept = load_arrays(path) or {}
        now: dict[str, NDArray[Any]] = {}
        found = []
        for operator, technology, stem in named:
            raster, lowest = rasters.files[f"{stem}_level"], _lowest_stored(rules[technology])
            counts = self._counts(raster, lowest, stem, kept)
            now[f"{stem}_digest"] = np.array(raster.digest)
            now |= {f"{stem}_{units.scope}": one for units, one in zip(self.divisions, counts, strict=True)}
            found.append(CountedLayer(technology, operator, counts))
        if {n: a.tolist() for n, a in now.items()} != {n: a.tolist() for n, a in kept.items()}:
            save_arrays(path, now)
            _sweep(self._folder, "area")
        return found

    def _counts(
        self, raster: RasterFile, lowest: int, stem: str, kept: Mapping[str, NDArray[Any]]
    ) -> tuple[NDArray[np.int64], ...]:
        names = [f"{stem}_{units.scope}" for units in self.divisions]
        if f"{stem}_digest" not in kept or not set(names) <= set(kept):
            return self._counted(cog.read_stored(raster.path), lowest)
        before, counts = str(kept[f"{stem}_digest"]), tuple(kept[name] for name in names)
        if before == raster.digest:
            return counts
        old = self._published / raster.path.name
        if before == raster.before and raster.changed is not None and old.is_file():
            try:
                return self._recounted(counts, old, raster, lowest)
            except InputError:  # the raster of the last run is damaged
                pass
        return self._counted(cog.read_stored(raster.path), lowest)

    def _recounted(
        self, counts: tuple[NDArray[np.int64], ...], old: Path, raster: RasterFile, lowest: int
    ) -> tuple[NDArray[np.int64], ...]:
        """Take off what the windows held, and add what they hold now."""
        assert raster.changed is not None
        for window in raster.changed:
            less, more = (
                self._counted(cog.read_stored(path, window), lowest, window) for path in (old, raster.path)
            )
            counts = tuple(c - a + b for c, a, b in zip(counts, less, more, strict=True))
        return counts

    def _counted(
        self, stored: NDArray[Any], lowest: int, window: tuple[int, int, int, int] | None = None
    ) -> tuple[NDArray[np.int64], ...]:
        top, end, left, right = window or (0, stored.shape[0], 0, stored.shape[1])
        covered = (stored >= lowest) & (stored != cog.LEVEL_DBM.nodata)
        return tuple(
            pixels_of(Units(units.scope, units.index[top:end, left:right], units.names), covered)
            for units in self.divisions
        )


def _lowest_stored(rule: TechnologyRule) -> int:
    """The least stored number whose level covers, as the raster is read back."""
    numbers = np.arange(np.iinfo(np.int16).min, np.iinfo(np.int16).max + 2)
    levels = (numbers * cog.LEVEL_DBM.scale).astype(np.float32)
    return int(numbers[np.searchsorted(levels >= lowest_dbm(rule), True)])


def _units_key(layers: Layers) -> str:
    made_by = source_digest(Path(gis_data.__path__[0])), Path(__file__).read_bytes()
    shapes = [
        (frame.geometry.to_wkb().tolist(), *(frame[name].astype(str).tolist() for name in columns))
        for frame, columns in (
            (layers.communes, ("name", "commune_code")),
            (layers.old_communes, ("name", "commune_code", "old_district")),
        )
    ]
    return digest(made_by, shapes, layers.grid, layers.terrain_m, layers.land)


def land_units(layers: Layers) -> list[Units]:
    """Return the communes of today and those of before as pixels, names in alphabetical order.

    A pixel belongs to the commune in which its centre lies. Communes that are points have no area and are
    left out; a division without areas has no names.
    """
    return [_units(layers, scope, areas) for scope, areas in _divisions(layers)]


def _names(layers: Layers) -> dict[str, tuple[str, ...]]:
    """Names of the units of each division that has any, without looking at pixels."""
    named = {scope: tuple(areas["name"].astype(str)) for scope, areas in _divisions(layers)}
    return {scope: names for scope, names in named.items() if names}


def _divisions(layers: Layers) -> Iterable[tuple[str, gpd.GeoDataFrame]]:
    old = layers.old_communes
    district = old["old_district"].fillna("").astype(str)
    labels = [
        f"{name}, {where}" if where else name for name, where in zip(old["name"], district, strict=True)
    ]
    for scope, communes in (
        ("commune", layers.communes),
        ("old_commune", old.assign(name=np.array(labels, dtype=object))),
    ):
        areas = communes[communes.geometry.geom_type.isin(_AREAS)] if len(communes) else communes
        yield scope, areas.sort_values(["name", "commune_code"], kind="stable")


def _units(layers: Layers, scope: str, areas: gpd.GeoDataFrame) -> Units:
    index: NDArray[np.int32] = np.full(layers.grid.shape, -1, dtype=np.int32)
    if len(areas):
        transform = Affine.from_gdal(*layers.grid.gdal_transform)
        shapes = zip(areas.geometry, range(len(areas)), strict=True)
        index = rasterize(
            shapes, out_shape=layers.grid.shape, transform=transform, fill=-1, dtype=np.int32
        ).astype(np.int32)
    index[(layers.land != 1) | np.isnan(layers.terrain_m)] = -1
    return Units(scope, index, tuple(areas["name"].astype(str)))


def _sweep(folder: Path, name: str) -> None:
    files = sorted(folder.glob(f"{name}-*.npz"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in files[_KEPT:]:
        old.unlink(missing_ok=True)
