"""The steps of a fetch: each downloads, and returns what then makes files of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from . import __version__
from .coverage.station_radio import RADIO_PRESETS
from .fetch_project import name_in_project
from .fetch_request import OUTPUT_FOLDER, FetchReport, FetchRequest
from .gis_data.open_data import ground, people, settlements
from .gis_data.open_data.boundaries import communes_of
from .gis_data.open_data.countries import country
from .gis_data.open_data.downloads import Downloader
from .gis_data.open_data.estimated_masts import AssumedRadio, EstimatedNetwork, estimate_masts
from .gis_data.open_data.names import country_of, province_area
from .gis_data.open_data.opencellid import KEY_VARIABLE, fetch_cells, read_cells
from .gis_data.open_data.overpass import administrative_query, ask_overpass, place_query
from .gis_data.open_data.records import Output, keep_edited, read_records, write_records
from .gis_data.open_data.request_area import Bounds, FetchArea, check_size, ground_grid, parse_bbox, utm_crs
from .gis_data.open_data.sources import SourceUrls
from .gis_data.templates import write_templates
from .gis_data.writers import write_csv, write_geopackage
from .project import Project
from .publish import staged

__all__ = ["Fetch"]

ANTENNA_HEIGHT_M, MAST_HEIGHT_M = 40.0, 42.0
"""Assumed of every mast of OpenCelliD; 42 m is usual for a macro station."""
_REQUIRED = ("villages", "masts", "cells")
_NOTES = {
    "terrain.tif": "bilinear onto 30 m; a surface model: canopy and roofs included; missing tiles are sea",
    "land.tif": "sea: WorldCover water (or beyond its tiles) at sea level, in bodies of at least 1 km2",
    "clutter.tif": ground.CLUTTER_SOURCE,
    "population.tif": "pixels of the source, not resampled",
    "villages.csv": "settlements; people of each inhabited pixel given to the nearest one: estimates",
    "places.csv": "hospitals, public offices, industrial zones",
    "communes.gpkg": "boundary relations of one admin_level",
    "masts.csv": "cells grouped to masts: positions are estimates, heights are assumed",
    "cells.csv": "radio parameters are assumed, directions estimated; see the column 'assumed'",
}
_MADE_FROM = {
    "terrain.tif": ("terrain",), "land.tif": ("terrain", "land_cover"), "clutter.tif": ("land_cover",),
    "population.tif": ("population",), "villages.csv": ("osm", "population"), "places.csv": ("osm",),
    "communes.gpkg": ("osm",), "masts.csv": ("cells",), "cells.csv": ("cells",),
}  # fmt: skip


class Fetch:
    """One fetch: its steps share the area, the downloads and the report.

    Parameters
    ----------
    folder : Path
        Of the project.
    request : FetchRequest
        Checked.
    wanted : tuple of str
        Of `KINDS`.
    project : Project or None
        None: there is none yet.
    urls : SourceUrls
    key : str or None
        Of OpenCelliD.
    downloader : Downloader
    """

    def __init__(
        self,
        folder: Path,
        request: FetchRequest,
        wanted: tuple[str, ...],
        project: Project | None,
        urls: SourceUrls,
        key: str | None,
        downloader: Downloader,
    ) -> None:
        self.folder, self.request, self.wanted, self.project = folder, request, wanted, project
        self.urls, self.key, self.downloader = urls, key, downloader
        self.target = folder / OUTPUT_FOLDER
        self.people: people.People | None = None
        self.operators: tuple[str, ...] = ()
        self.earlier_downloads, self.earlier = read_records(self.target)
        downloader.ledger.remember(self.earlier_downloads)

    def run(self) -> FetchReport:
        """Download everything, then make files of it, then name them in phusong.toml."""
        self.area = self._area()
        self.crs = self.project.area.crs if self.project else utm_crs(self.area.bounds)
        self.report = FetchReport(self.area, self.target)
        # everything is downloaded before anything is made of it
        steps = [step for kind, step in self._steps().items() if kind in self.wanted]
        makers = [maker for step in steps for maker in [step()] if maker is not None]
        with staged(self.target, self.folder / ".phusong" / "fetched") as aside:
            for maker in makers:
                maker(aside)
            self._write_blanks(aside)
            self._record(aside)
        fetched = {output.file for output in self.report.outputs}
        here = fetched | {name for name in self.earlier if (self.target / name).exists()}
        today = date.fromisoformat(self.downloader.today)
        name_in_project(
            self.folder, self.project, self.request, self.report, here, self.crs, self.operators, today
        )
        return self.report

    def _steps(self) -> dict[str, Callable[[], Callable[[Path], None] | None]]:
        return {
            "terrain": self._ground,
            "land_cover": self._cover_alone,
            "population": self._people,
            "osm": self._osm,
            "cells": self._cells,
        }

    def _area(self) -> FetchArea:
        countries = tuple(country(code).iso2 for code in self.request.countries)
        if self.request.province is not None:
            return province_area(self.downloader, self.urls.names, self.request.province, countries)
        if self.request.bbox is not None:
            bounds = parse_bbox(self.request.bbox)
        else:
            assert self.project is not None and self.project.area.bounds is not None  # see _checked
            bounds = check_size(self.project.area.bounds, "[area] bounds")
        if not countries and {"population", "cells"} & set(self.wanted):
            found = country_of(self.downloader, self.urls.names, bounds)
            countries = (found,) if found else ()
        return FetchArea(_shown(bounds), bounds, countries)

    def _ground(self) -> Callable[[Path], None]:
        grid = ground_grid(self.area.bounds, self.crs)
        terrain = ground.fetch_terrain(self.downloader, self.urls.terrain, grid)
        cover = None
        if "land_cover" in self.wanted:
            cover = ground.fetch_cover(self.downloader, self.urls.land_cover, grid)

        def make(aside: Path) -> None:
            found = ground.ground_from_tiles(terrain, cover, grid)
            self._made(*ground.write_ground(found, aside))
            self.report.tell("surface")
            if found.voids:
                self.report.tell("voids", count=f"{found.voids:,}")

        return make

    def _cover_alone(self) -> Callable[[Path], None] | None:
        if "terrain" in self.wanted:
            return None  # made together
        grid = ground_grid(self.area.bounds, self.crs)
        cover = ground.fetch_cover(self.downloader, self.urls.land_cover, grid)
        return lambda aside: self._made(
            *ground.write_ground(ground.ground_from_tiles(None, cover, grid), aside)
        )

    def _people(self) -> Callable[[Path], None] | None:
        if not self.area.countries:
            self.report.tell("no_country")
            return None
        bounds = self.area.bounds
        template, year = self.urls.population, self.request.year
        paths = people.fetch_people(self.downloader, template, self.area.countries, bounds, year)
        self.people = people.join_people(paths, bounds)
        found = self.people
        if found is None:
            return None
        return lambda aside: self._made(people.write_people(found, aside, year))

    def _osm(self) -> Callable[[Path], None]:
        bounds = self.area.bounds
        places = ask_overpass(self.downloader, self.urls.osm, "osm_places", place_query(bounds))
        units = ask_overpass(self.downloader, self.urls.osm, "osm_boundaries", administrative_query(bounds))
        hamlets = settlements.hamlets_of(places.elements, self.area, None)
        level = self.request.commune_level
        communes, level = communes_of(units.elements, self.area, level, hamlets.geometry.array)
        hamlets = settlements.hamlets_of(places.elements, self.area, communes)
        duties = settlements.places_of(places.elements, self.area)

        def make(aside: Path) -> None:
            if len(communes):
                write_geopackage(aside / "communes.gpkg", {"communes": communes}, as_of=units.day)
                self._made("communes.gpkg")
                self.report.tell("communes", count=len(communes), level=level)
            else:
                self.report.tell("no_communes")
            if len(duties):
                write_csv(aside / "places.csv", duties)
                self._made("places.csv")
            self._write_hamlets(hamlets, aside)

        return make

    def _write_hamlets(self, hamlets: gpd.GeoDataFrame, aside: Path) -> None:
        if not len(hamlets):
            self.report.tell("no_villages")
            return
        found, far = self.people, 0.0
        if found is not None:
            hamlets, far = settlements.share_people(hamlets, found, self.crs)
        unknown = int((hamlets["commune"] == settlements.UNKNOWN_COMMUNE).sum())
        source = "OpenStreetMap; people: WorldPop, nearest hamlet" if found is not None else "OpenStreetMap"
        write_csv(aside / "villages.csv", hamlets.assign(source=source))
        self._made("villages.csv")
        self.report.tell("villages", count=len(hamlets), unknown=unknown, far=f"{far:,.0f}")
        if found is None:
            self.report.tell("villages_empty")

    def _cells(self) -> Callable[[Path], None] | None:
        if self.key is None:
            self.report.tell("no_key", variable=KEY_VARIABLE)
            return None
        if not self.area.countries:
            self.report.tell("no_country")
            return None
        paths = fetch_cells(self.downloader, self.urls.cells, self.area.countries, self.key)
        exports = [read_cells(path, self.area.bounds) for path in paths]
        left_out: dict[str, int] = {}
        for export in exports:
            for reason, number in export.left_out.items():
                left_out[reason] = left_out.get(reason, 0) + number
        for reason, number in sorted(left_out.items()):
            self.report.tell(f"left out: {reason}", count=f"{number:,}")
        frames = [export.frame for export in exports if len(export.frame)]
        if not frames:
            self.report.tell("no_cells")
            return None
        network = estimate_masts(
            pd.concat(frames, ignore_index=True), self.crs, _assumed_radio(), MAST_HEIGHT_M
        )
        return lambda aside: self._write_network(network, aside)

    def _write_network(self, network: EstimatedNetwork, aside: Path) -> None:
        write_csv(aside / "masts.csv", network.masts)
        write_csv(aside / "cells.csv", network.cells)
        self._made("masts.csv", "cells.csv")
        self.operators = network.operators
        shown = ", ".join(network.operators)
        self.report.tell(
            "masts", masts=f"{len(network.masts):,}", cells=f"{len(network.cells):,}", operators=shown
        )

    def _made(self, *names: str) -> None:
        self.report.outputs += [Output(name, self._sources_of(name), _NOTES[name]) for name in names]

    def _sources_of(self, name: str) -> tuple[str, ...]:
        without_people = name == "villages.csv" and self.people is None
        return ("osm",) if without_people else _MADE_FROM[name]

    def _write_blanks(self, aside: Path) -> None:
        """Templates of the tables that a project needs and that nobody could be asked for."""
        made = {output.file for output in self.report.outputs}
        needed = [name for name in _REQUIRED if f"{name}.csv" not in made]
        names = [name for name in needed if not (self.target / f"{name}.csv").exists()]
        if self.project is None and names:
            for path in write_templates(aside, language=self.request.language, names=names):
                if path.suffix == ".csv":
                    self.report.outputs.append(Output(path.name, (), "empty template: fill it in"))
                else:
                    path.unlink()  # the workbook of the same tables

    def _record(self, aside: Path) -> None:
        write_records(
            aside,
            version=__version__,
            area={
                "name": self.area.name, "bounds": list(self.area.bounds),
                "countries": list(self.area.countries), "crs": self.crs,
            },
            downloads=self.downloader.used,
            outputs=self.report.outputs,
            earlier={name: entry for name, entry in self.earlier.items() if (self.target / name).exists()},
            earlier_downloads=self.earlier_downloads,
        )  # fmt: skip
        kept = keep_edited(aside, self.target, self.report.outputs, self.earlier)
        if kept:
            self.report.tell("kept", files=", ".join(kept))
        for download in self.downloader.used.values():
            size = download.bytes / 1e6
            self.report.megabytes[download.source] = self.report.megabytes.get(download.source, 0.0) + size


def _assumed_radio() -> dict[str, AssumedRadio]:
    return {
        technology: AssumedRadio(
            preset.frequency_mhz, preset.bandwidth_mhz, preset.tx_power_dbm, ANTENNA_HEIGHT_M
        )
        for technology, preset in RADIO_PRESETS.items()
    }


def _shown(bounds: Bounds) -> str:
    return ", ".join(f"{edge:g}" for edge in bounds)
