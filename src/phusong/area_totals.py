"""The share of the area covered by commune, from the rasters of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from .about import about_sheet, document_properties
from .coverage.area_totals import area_totals
from .gis_data.gap_schema import AREA_TOTALS, SHARING_LABELS
from .gis_data.layers import Layers
from .gis_data.writers import Sheet, schema_formats, schema_headers, write_xlsx
from .scene import Scene
from .stages import CoverageRasters

__all__ = ["commune_pixels", "write_area_totals"]

_AREAS = ("Polygon", "MultiPolygon")


def commune_pixels(layers: Layers) -> tuple[NDArray[np.int32], list[str]]:
    """Return the commune of each pixel by its centre, and the communes' names in alphabetical order.

    -1 stands for the sea, for land without a height, and for what lies in no commune. Communes that are
    points have no area and are left out.
    """
    communes = layers.communes
    areas = communes[communes.geometry.geom_type.isin(_AREAS)] if len(communes) else communes
    areas = areas.sort_values(["name", "commune_code"], kind="stable")
    index = np.full(layers.grid.shape, -1, dtype=np.int32)
    if len(areas):
        transform = Affine.from_gdal(*layers.grid.gdal_transform)
        shapes = zip(areas.geometry, range(len(areas)), strict=True)
        index = rasterize(
            shapes, out_shape=layers.grid.shape, transform=transform, fill=-1, dtype=np.int32
        ).astype(np.int32)
    index[(layers.land != 1) | np.isnan(layers.terrain_m)] = -1
    return index, areas["name"].astype(str).tolist()


def write_area_totals(scene: Scene, rasters: CoverageRasters, out: Path) -> None:
    """Write area.xlsx; without communes that are areas it has a header only."""
    language, grid = scene.options.language, scene.layers.grid
    pixels, names = commune_pixels(scene.layers)
    found = area_totals(pixels, names, rasters.level_dbm, scene.rule.technologies, grid.resolution_m**2 / 1e6)
    table = found if names else found.iloc[:0]
    title = AREA_TOTALS.label_vi if language == "vi" else AREA_TOTALS.label_en
    headers, formats = schema_headers(AREA_TOTALS, language), schema_formats(AREA_TOTALS)
    write_xlsx(
        out / "area.xlsx",
        [Sheet(title, _in_words(table, language), headers, formats), about_sheet(scene)],
        as_of=scene.options.as_of,
        language=language,
        **document_properties(scene),
    )


def _in_words(table: pd.DataFrame, language: str) -> pd.DataFrame:
    at = 1 if language == "vi" else 0
    words = {"all": ("All", "Tất cả"), "commune": SHARING_LABELS["commune"]}
    return table.assign(scope=[words[code][at] for code in table["scope"]])
