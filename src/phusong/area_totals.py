"""The share of the area covered, by commune of today and of before, operator and technology, from rasters."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .about import about_sheet, document_properties
from .area_counts import AreaCounts
from .coverage.area_totals import totals_table
from .gis_data.gap_schema import AREA_TOTALS, SHARING_LABELS
from .gis_data.result_schema import ANY_OPERATOR
from .gis_data.writers import Sheet, schema_formats, schema_headers, write_xlsx
from .layer_files import layer_stems
from .scene import Scene
from .stages import CoverageRasters, layer_keys

__all__ = ["area_table", "write_area_totals"]


def area_table(scene: Scene, rasters: CoverageRasters) -> pd.DataFrame:
    """Return `gis_data.gap_schema.AREA_TOTALS`: of any operator, then of each that has layers of its own.

    What was counted in an earlier run is kept; where the rasters changed since, pixels are counted again.
    """
    counts = AreaCounts(scene.options.project, scene.layers)
    stems = layer_stems(layer_keys(scene, scene.cells.active(scene.day), list(rasters.level_dbm)))
    any_operator = [("", key, stem) for key, stem in stems.items() if isinstance(key, str)]
    own = sorted((key[1], key[0], stem) for key, stem in stems.items() if not isinstance(key, str))
    named = [*any_operator, *own]
    rules = scene.rule.technologies
    layers = counts.layers([one for one in named if one[1] in rules], rules, rasters)
    pixel_km2 = scene.layers.grid.resolution_m**2 / 1e6
    return totals_table(counts.divisions, counts.totals, layers, pixel_km2)


def write_area_totals(scene: Scene, rasters: CoverageRasters, out: Path) -> pd.DataFrame:
    """Write area.xlsx and return `area_table`; without communes that are areas it has a header only."""
    language = scene.options.language
    table = area_table(scene, rasters)
    title = AREA_TOTALS.label_vi if language == "vi" else AREA_TOTALS.label_en
    headers, formats = schema_headers(AREA_TOTALS, language), schema_formats(AREA_TOTALS)
    write_xlsx(
        out / "area.xlsx",
        [Sheet(title, _in_words(table, language), headers, formats), about_sheet(scene)],
        as_of=scene.options.as_of,
        language=language,
        **document_properties(scene),
    )
    return table


def _in_words(table: pd.DataFrame, language: str) -> pd.DataFrame:
    at = 1 if language == "vi" else 0
    words = {
        "all": ("All", "Tất cả"),
        "commune": SHARING_LABELS["commune"],
        "old_commune": ("Commune before 1 July 2025", "Xã cũ (trước 01/7/2025)"),
    }
    operators = [name or ANY_OPERATOR[at] for name in table["operator"]]
    return table.assign(scope=[words[code][at] for code in table["scope"]], operator=operators)
