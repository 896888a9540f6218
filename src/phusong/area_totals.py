"""The share of the area covered, by commune of today and of before, operator and technology, from rasters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from .about import about_sheet, document_properties
from .coverage.area_totals import CoveredLayer, Units, area_totals
from .gis_data import cog
from .gis_data.gap_schema import AREA_TOTALS, SHARING_LABELS
from .gis_data.layers import Layers
from .gis_data.result_schema import ANY_OPERATOR
from .gis_data.writers import Sheet, schema_formats, schema_headers, write_xlsx
from .layer_files import layer_stems
from .scene import Scene
from .stages import CoverageRasters, layer_keys

__all__ = ["land_units", "write_area_totals"]

_AREAS = ("Polygon", "MultiPolygon")


def land_units(layers: Layers) -> list[Units]:
    """Return the communes of today and those of before as pixels, names in alphabetical order.

    A pixel belongs to the commune in which its centre lies. Communes that are points have no area and are
    left out; a division without areas has no names.
    """
    old = layers.old_communes
    district = old["old_district"].fillna("").astype(str)
    labels = [
        f"{name}, {where}" if where else name for name, where in zip(old["name"], district, strict=True)
    ]
    return [
        _units(layers, "commune", layers.communes),
        _units(layers, "old_commune", old.assign(name=np.array(labels, dtype=object))),
    ]


def _units(layers: Layers, scope: str, communes: gpd.GeoDataFrame) -> Units:
    areas = communes[communes.geometry.geom_type.isin(_AREAS)] if len(communes) else communes
    areas = areas.sort_values(["name", "commune_code"], kind="stable")
    index: NDArray[np.int32] = np.full(layers.grid.shape, -1, dtype=np.int32)
    if len(areas):
        transform = Affine.from_gdal(*layers.grid.gdal_transform)
        shapes = zip(areas.geometry, range(len(areas)), strict=True)
        index = rasterize(
            shapes, out_shape=layers.grid.shape, transform=transform, fill=-1, dtype=np.int32
        ).astype(np.int32)
    index[(layers.land != 1) | np.isnan(layers.terrain_m)] = -1
    return Units(scope, index, tuple(areas["name"].astype(str)))


def write_area_totals(scene: Scene, rasters: CoverageRasters, out: Path) -> None:
    """Write area.xlsx; without communes that are areas it has a header only."""
    language, grid = scene.options.language, scene.layers.grid
    layers = _covered_layers(scene, rasters, out)
    table = area_totals(land_units(scene.layers), layers, scene.rule.technologies, grid.resolution_m**2 / 1e6)
    title = AREA_TOTALS.label_vi if language == "vi" else AREA_TOTALS.label_en
    headers, formats = schema_headers(AREA_TOTALS, language), schema_formats(AREA_TOTALS)
    write_xlsx(
        out / "area.xlsx",
        [Sheet(title, _in_words(table, language), headers, formats), about_sheet(scene)],
        as_of=scene.options.as_of,
        language=language,
        **document_properties(scene),
    )


def _covered_layers(scene: Scene, rasters: CoverageRasters, out: Path) -> Iterator[CoveredLayer]:
    """Layers of any operator, then those of each that were written, one at a time."""
    for technology, level in rasters.level_dbm.items():
        yield CoveredLayer(technology, "", level)
    stems = layer_stems(layer_keys(scene, scene.cells.active(scene.day), list(rasters.level_dbm)))
    own = sorted((key[1], key[0], stem) for key, stem in stems.items() if not isinstance(key, str))
    written = out / "coverage"  # not there where the rasters of an earlier run are still good
    folder = written if written.exists() else scene.options.project.out / "coverage"
    for operator, technology, stem in own:
        level = cog.read_cog(folder / f"{stem}_level.tif").values.astype(np.float32)
        yield CoveredLayer(technology, operator, level)


def _in_words(table: pd.DataFrame, language: str) -> pd.DataFrame:
    at = 1 if language == "vi" else 0
    words = {
        "all": ("All", "Tất cả"),
        "commune": SHARING_LABELS["commune"],
        "old_commune": ("Commune before 1 July 2025", "Xã cũ (trước 01/7/2025)"),
    }
    operators = [name or ANY_OPERATOR[at] for name in table["operator"]]
    return table.assign(scope=[words[code][at] for code in table["scope"]], operator=operators)
