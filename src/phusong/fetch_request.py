"""What is asked of ``phusong fetch``, and what it reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .gis_data.open_data.people import POPULATION_YEAR
from .gis_data.open_data.records import Output
from .gis_data.open_data.request_area import FetchArea

__all__ = ["KINDS", "OUTPUT_FOLDER", "FetchReport", "FetchRequest"]

KINDS = ("terrain", "land_cover", "osm", "population", "cells")
OUTPUT_FOLDER = "open-data"


@dataclass(frozen=True)
class FetchRequest:
    """What a person asks for.

    Attributes
    ----------
    bbox : str or None
        West, south, east, north in degrees, as written.
    province : str or None
        Name of a province; with neither, the bounds of the project.
    countries : sequence of str
        Codes of ISO 3166-1; empty: looked up.
    only : sequence of str
        Of `KINDS`; empty: all.
    commune_level : int or None
        OpenStreetMap's ``admin_level`` of the communes; None: found.
    year : int
        Of the population.
    refresh : bool
        Download everything again.
    language : {"vi", "en"}
        Of a new project.
    """

    bbox: str | None = None
    province: str | None = None
    countries: Sequence[str] = ()
    only: Sequence[str] = ()
    commune_level: int | None = None
    year: int = POPULATION_YEAR
    refresh: bool = False
    language: str = "vi"


@dataclass
class FetchReport:
    """What was fetched, and what remains to be done: keys of fetch_words with their values."""

    area: FetchArea
    folder: Path
    outputs: list[Output] = field(default_factory=list)
    megabytes: dict[str, float] = field(default_factory=dict)
    remains: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def tell(self, key: str, **values: object) -> None:
        """Add what the person has to know, once."""
        if (key, values) not in self.remains:
            self.remains.append((key, values))
