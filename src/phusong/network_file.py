"""network.gpkg: the network of the day for GIS programs, cells drawn as sectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from .about import about_frame
from .cache import digest, load_arrays, save_arrays
from .coverage.antenna import built_in_pattern
from .gis_data.network_schema import CELLS_ON_AIR
from .gis_data.placing import WGS84
from .gis_data.writers import write_geopackage
from .maps.exports import sectors
from .maps.exports.qgis import layer_styles
from .maps.exports.sectors import SECTOR_LENGTH_M, beamwidth_deg, sector_polygons
from .scene import Scene

__all__ = ["cell_sectors", "masts_of_day", "write_network"]

_OUTLINES = "sectors.npz"


def write_network(scene: Scene, out: Path) -> None:
    """Write masts and the cells on air on the day of the run to network.gpkg."""
    layers = {"masts": masts_of_day(scene), "cells": cell_sectors(scene), "about": about_frame(scene)}
    styles = layer_styles(layers, scene.options.language, scene.options.project.operators)
    write_geopackage(out / "network.gpkg", layers, as_of=scene.options.as_of, styles=styles)


def masts_of_day(scene: Scene) -> gpd.GeoDataFrame:
    """Return the masts with the operators and technologies on air on them, separated by ";"."""
    on_air = scene.cells.take(scene.cells.active(scene.day))
    masts = scene.layers.masts
    columns = {"operators": on_air.operator, "technologies": on_air.technology}
    return masts.assign(
        **{name: _joined(on_air.mast_id, values, masts["mast_id"]) for name, values in columns.items()}
    )


def cell_sectors(scene: Scene) -> gpd.GeoDataFrame:
    """Return the cells on air as `gis_data.network_schema.CELLS_ON_AIR`, in the run's CRS."""
    layers = scene.layers
    cells = layers.cells[scene.cells.active(scene.day)].reset_index(drop=True)
    places = layers.masts.geometry.to_crs(WGS84)
    at = pd.Index(layers.masts["mast_id"]).get_indexer(cells["mast_id"])
    cells = cells.assign(beamwidth_deg=_beamwidths(scene, cells))
    azimuth = pd.to_numeric(cells["azimuth_deg"]).to_numpy(dtype=np.float64, na_value=np.nan)
    length = cells["technology"].map(SECTOR_LENGTH_M).to_numpy(dtype=np.float64)
    lon, lat = (values.to_numpy()[at] for values in (places.x, places.y))
    with _kept_outlines(scene) as kept:
        wedges = sector_polygons(lon, lat, azimuth, cells["beamwidth_deg"], length, layers.masts.crs, kept)
    names = [column.name for column in CELLS_ON_AIR.columns if column.name in cells]
    return gpd.GeoDataFrame(cells[names], geometry=wedges, crs=layers.masts.crs)


@contextmanager
def _kept_outlines(scene: Scene) -> Iterator[dict[str, NDArray[Any]]]:
    """Give the outlines of the last network in this CRS; on leaving those of this one are kept."""
    path, crs = scene.options.project.cache / _OUTLINES, scene.layers.masts.crs
    made_by = digest(
        crs.to_wkt(), Path(sectors.__file__).read_bytes(), pyproj.proj_version_str, pyproj.__version__
    )
    found = load_arrays(path) or {}
    kept = found if str(found.pop("made_by", "")) == made_by else {}
    before = {name: array for name, array in kept.items() if name.startswith("of ")}
    yield kept
    now = {name: array for name, array in kept.items() if name.startswith("of ")}
    if before.keys() != now.keys() or any(not np.array_equal(before[name], now[name], True) for name in now):
        save_arrays(path, {**kept, "made_by": np.array(made_by)})


def _beamwidths(scene: Scene, cells: pd.DataFrame) -> list[float]:
    widths = {
        name: beamwidth_deg(scene.patterns[name] if name in scene.patterns else built_in_pattern(name))
        for name in sorted(set(cells["antenna"]))
    }
    omni = pd.isna(cells["azimuth_deg"])
    return [360.0 if o else widths[name] for name, o in zip(cells["antenna"], omni, strict=True)]


def _joined(mast_id: NDArray[Any], values: NDArray[Any], masts: pd.Series[str]) -> list[str]:
    """The distinct values of each mast, separated by ";"; an empty text where it has none."""
    found: dict[str, set[str]] = {}
    for mast, value in set(zip(mast_id.tolist(), values.tolist(), strict=True)):
        found.setdefault(mast, set()).add(value)
    return [";".join(sorted(found.get(str(mast), ()))) for mast in masts]
