"""Sections of the project file that say what is read and written: area, rasters, layers, outputs, sources."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = [
    "AreaSection",
    "LayerSource",
    "OutputsSection",
    "ProjectSection",
    "RastersSection",
    "Section",
    "SourcesSection",
    "StatisticsSection",
]


class Section(BaseModel):
    """What all sections have in common: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProjectSection(Section):
    """``[project]``: what it is called and as of when it is computed."""

    name: str
    language: Literal["vi", "en"] = "vi"
    as_of: date
    synthetic: bool = False
    """True marks every output "synthetic": the data are made up."""


class AreaSection(Section):
    """``[area]``: where, and how fine."""

    crs: str
    """Metric CRS of the run, e.g. "EPSG:32648"."""
    resolution_m: float = Field(gt=0, le=1000)
    bounds: tuple[float, float, float, float] | None = None
    """West, south, east, north in WGS 84 degrees; default: the hamlets and masts and a margin."""
    margin_m: float = Field(default=3000.0, ge=0)
    hamlet_spacing_m: float = Field(default=250.0, ge=20, le=5000)
    """Between the demand points inside a hamlet that is drawn as an area and has no clusters."""
    hamlet_points: Literal["centre", "population"] = "centre"
    """Where the people of a hamlet live that is a point without clusters. "centre" (the default): at the
    point, for that is all that the list says. "population": in the inhabited pixels of [rasters] population
    that lie within `hamlet_reach_m` and nearer to it than to any other hamlet: a guess at the hamlet's area,
    worth it where hamlets are large and their lists name no clusters."""
    hamlet_reach_m: float = Field(default=1000.0, ge=100, le=10_000)


class RastersSection(Section):
    """``[rasters]``: paths relative to the project folder."""

    terrain: str
    terrain_kind: Literal["dtm", "dsm"] = "dtm"
    land: str | None = None
    """1 land, 0 sea; default: terrain above 0 m."""
    clutter: str | None = None
    """Representative clutter height (m)."""
    population: str | None = None
    """People per pixel (WorldPop, GHS-POP): where the people of hamlets drawn as areas live."""


class LayerSource(Section):
    """One entry of ``[layers]``: a path, or a table with a path and how to read it."""

    path: str
    sheet: str | None = None
    crs: str | None = None
    """CRS of x/y columns (e.g. "EPSG:5899"); default WGS 84 for lon/lat, the file's own for GIS formats."""
    encoding: str = "utf-8-sig"


class StatisticsSection(Section):
    """``[statistics]``: official figures, repeated in the totals with their source; never estimated."""

    subscriptions: dict[str, float] = Field(min_length=1)
    """Of what (mobile, mobile broadband, an operator), and how many."""
    population: float = Field(gt=0)
    """Of the same area on the same day."""
    source: str
    date: date

    @field_validator("subscriptions")
    @classmethod
    def _none_below_zero(cls, value: dict[str, float]) -> dict[str, float]:
        if any(count < 0 for count in value.values()):
            raise ValueError("subscriptions are 0 or more")
        return value


class OutputsSection(Section):
    """``[outputs]``: where the results go."""

    folder: str = "out"
    by_operator: bool = False
    """Write the rasters of every operator besides those of all together."""
    keep_merge: bool = True
    """Keep the exact sums behind the rasters (gigabytes) for `phusong update`, where the disk has room."""


class SourcesSection(Section):
    """``[sources]``: mirrors of the servers of ``phusong fetch``; the cells' is set in the environment."""

    terrain: str = ""
    land_cover: str = ""
    population: str = ""
    """With {iso3} or {ISO3}, and {year}."""
    osm: str = ""
    names: str = ""
