"""The published results of a run, read back as layers for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from .coverage.cells import TechnologyRule
from .coverage.siting import tables as siting
from .coverage.siting.evaluation.audit_tables import HAMLET_COLUMNS, level_columns
from .errors import InputError, Problem
from .gap_detail import reason_words
from .gis_data import cog
from .gis_data.columns import in_currency
from .gis_data.gap_schema import CLUSTER_VERDICTS, HAMLET_REASONS
from .gis_data.network_schema import BACKHAUL_LINKS, CELLS_ON_AIR, MASTS_OF_DAY
from .gis_data.plan_schema import PLAN_ITEMS
from .gis_data.result_schema import VILLAGE_VERDICTS
from .gis_data.rounding import rounded
from .gis_data.schema import TECHNOLOGIES, Table
from .gis_data.units import number_format, with_unit
from .gis_data.writers import schema_formats, schema_headers
from .maps.exports.layer import ExportLayer
from .maps.words import WORDS
from .outputs import in_words
from .project import Project

__all__ = ["WHATS", "Published"]

WHATS = ("hamlets", "masts", "cells", "proposals", "plans", "coverage")
"""What can be exported."""

_PLANNED: dict[str, tuple[str, str, Sequence[siting.TableColumn]]] = {
    "stations": ("Proposed stations", "Trạm đề xuất", siting.STATION_COLUMNS + siting.STATION_PLACE_COLUMNS),
    "hamlets_served": (
        "Hamlets newly served", "Thôn được phủ thêm", HAMLET_COLUMNS + level_columns(TECHNOLOGIES)
    ),
    "unserved": (
        "Hamlets left out", "Thôn chưa được phủ",
        siting.UNSERVED_COLUMNS + siting.UNSERVED_PLACE_COLUMNS + HAMLET_COLUMNS[-2:]
        + level_columns(TECHNOLOGIES),
    ),
}  # fmt: skip
_OPTIONAL = {"hamlet_reasons"}
"""Layers that a run leaves away where they would be empty."""
_SOURCES: dict[str, tuple[tuple[str, str, Table | None], ...]] = {
    "hamlets": (
        ("gaps.gpkg", "hamlets", VILLAGE_VERDICTS),
        ("gaps.gpkg", "clusters", CLUSTER_VERDICTS),
        ("reasons.gpkg", "hamlet_reasons", HAMLET_REASONS),
    ),
    "masts": (("network.gpkg", "masts", MASTS_OF_DAY),),
    "cells": (("network.gpkg", "cells", CELLS_ON_AIR),),
    "proposals": (
        ("proposals.gpkg", "stations", None),
        ("proposals.gpkg", "links", BACKHAUL_LINKS),
        ("proposals.gpkg", "hamlets_served", None),
        ("proposals.gpkg", "unserved", None),
    ),
    "plans": (("plans.gpkg", "plan_items", PLAN_ITEMS),),
}
_DAY = ("As of", "Tính đến ngày")


@dataclass(frozen=True)
class Published:
    """The results in a project's folder.

    Attributes
    ----------
    project : Project
    language : {"vi", "en"}
        Of words and titles.
    """

    project: Project
    language: str

    def has(self, what: str) -> bool:
        """Tell whether a run has published it."""
        if what == "coverage":
            return bool(self.technologies)
        return all((self.project.out / file).is_file() for file, _, _ in _SOURCES[what])

    def missing(self, what: str) -> Problem:
        """Return the problem that it is not there."""
        names = ["coverage/*_level.tif"] if what == "coverage" else [file for file, _, _ in _SOURCES[what]]
        file = (self.project.out / names[0]).as_posix()
        mend = f"run first: phusong run {self.project.folder}"
        return Problem(file, f"the results of a run, to export {what}", mend)

    @cached_property
    def about(self) -> tuple[tuple[str, str], ...]:
        """What is behind the results, as the run said it; empty where there are rasters only."""
        for file in ("gaps.gpkg", "proposals.gpkg", "network.gpkg"):
            path = self.project.out / file
            if path.is_file():
                frame = pyogrio.read_dataframe(path, layer="about")
                pairs = zip(frame["item"].astype(str), frame["value"].astype(str), strict=True)
                return tuple(pairs)
        return ()

    @property
    def as_of(self) -> date:
        """The day of the published network."""
        days = [value for item, value in self.about if item in _DAY]
        if not days and self.technologies:
            days = [self.coverage(self.technologies[0])[0].tags["as_of"]]
        return date.fromisoformat(days[0])

    @property
    def technologies(self) -> tuple[str, ...]:
        """Those with a raster of levels over all operators."""
        return tuple(t for t in TECHNOLOGIES if self.raster(t, "level").is_file())

    def raster(self, technology: str, what: str) -> Path:
        """Return the path of a raster over all operators."""
        return self.project.out / "coverage" / f"{technology.lower()}_{what}.tif"

    def rasters(self) -> list[Path]:
        """Return all rasters of coverage, those of single operators too."""
        return sorted((self.project.out / "coverage").glob("*.tif"))

    def coverage(self, technology: str) -> tuple[cog.CogRaster, TechnologyRule]:
        """Return the raster of levels, and the rule that its run judged it by."""
        found = cog.read_cog(self.raster(technology, "level"))
        tags = found.tags
        rule = TechnologyRule(
            technology, float(tags["threshold_dbm"]), float(tags["sigma_db"]), float(tags["probability"])
        )
        return found, rule

    def layers(self, what: str) -> list[ExportLayer]:
        """Return the layers of one of `WHATS` that holds tables.

        Raises
        ------
        InputError
            A file is not what a run publishes.
        """
        found = []
        for file, name, table in _SOURCES[what]:
            path = self.project.out / file
            if name not in set(pyogrio.list_layers(path)[:, 0]):
                if name in _OPTIONAL:
                    continue
                raise InputError([Problem(path.as_posix(), f"a layer {name}", "run again: phusong run")])
            frame = gpd.read_file(path, layer=name)
            found.append(self._planned(name, frame) if table is None else self._layer(name, frame, table))
        return found

    def _layer(self, name: str, frame: gpd.GeoDataFrame, table: Table) -> ExportLayer:
        priced = in_currency(table, self.project.costs.currency)
        words = in_words(reason_words(_short(rounded(frame, table)), self.language), self.language)
        if name == "masts":
            words = _mast_words(words, self.language)
        label = table.label_vi if self.language == "vi" else table.label_en
        return ExportLayer(
            name, label, frame, words, schema_headers(priced, self.language), schema_formats(table)
        )  # fmt: skip

    def _planned(self, name: str, frame: gpd.GeoDataFrame) -> ExportLayer:
        """A layer whose columns the proposal tells itself."""
        vietnamese = self.language == "vi"
        english, local, columns = _PLANNED[name]
        titles, formats = {}, {}
        for column in columns:
            unit = self.project.costs.currency if column.unit == "currency" else column.unit
            titles[column.name] = with_unit(
                column.label_vi if vietnamese else column.label_en, unit, self.language
            )
            formats[column.name] = number_format(column.unit)
        words = in_words(_short(frame), self.language)
        return ExportLayer(name, local if vietnamese else english, frame, words, titles, formats)


def _short(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Six decimals: a tenth of a metre in degrees, and more than enough for anything else."""
    return frame.round(dict.fromkeys(frame.select_dtypes("float").columns, 6))


def _mast_words(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    at = 0 if language == "vi" else 1

    kinds = [str(kind) for kind in frame["kind"]]
    return frame.assign(kind=[WORDS.get(f"mast_kind.{kind}", (kind, kind))[at] for kind in kinds])
