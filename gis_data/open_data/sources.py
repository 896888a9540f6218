"""The sources of open data: who made them, under which licence, and where they lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlsplit

from ...errors import InputError, Problem

__all__ = ["SOURCES", "Source", "SourceUrls", "source_urls"]


@dataclass(frozen=True)
class Source:
    """One source and what its licence asks for.

    Attributes
    ----------
    key : str
    title, version : str
    licence, licence_url : str
    attribution : str
        The text that must stand beside the data and what is made of them.
    homepage : str
    """

    key: str
    title: str
    version: str
    licence: str
    licence_url: str
    attribution: str
    homepage: str


_OSM_LICENCE = ("ODbL 1.0", "https://opendatacommons.org/licenses/odbl/1-0/")
_OSM = ("© OpenStreetMap contributors", "https://www.openstreetmap.org/copyright")

SOURCES: dict[str, Source] = {
    source.key: source
    for source in (
        Source(
            "terrain", "Copernicus DEM GLO-30 Public", "DGED, COG copy on AWS Open Data",
            "Copernicus DEM licence: free and open access",
            "https://dataspace.copernicus.eu/explore-data/data-collections/copernicus-contributing-missions/collections-description/COP-DEM",
            "produced using Copernicus WorldDEM-30 © DLR e.V. 2010-2014 and © Airbus Defence and Space GmbH "
            "2014-2018 provided under COPERNICUS by the European Union and ESA; all rights reserved",
            "https://registry.opendata.aws/copernicus-dem/",
        ),
        Source(
            "land_cover", "ESA WorldCover 10 m 2021", "v200", "CC BY 4.0",
            "https://creativecommons.org/licenses/by/4.0/",
            "© ESA WorldCover project / Contains modified Copernicus Sentinel data (2021) processed by ESA "
            "WorldCover consortium",
            "https://esa-worldcover.org/",
        ),
        Source(
            "population", "WorldPop population counts, 100 m, constrained", "Global 2, R2025A v1",
            "CC BY 4.0",
            "https://creativecommons.org/licenses/by/4.0/",
            "WorldPop (www.worldpop.org, University of Southampton), Global2 R2025A v1",
            "https://hub.worldpop.org/",
        ),
        Source("osm", "OpenStreetMap through the Overpass API", "of the day", *_OSM_LICENCE, *_OSM),
        Source("names", "OpenStreetMap through Nominatim", "of the day", *_OSM_LICENCE, *_OSM),
        Source(
            "cells", "OpenCelliD", "of the day", "CC BY-SA 4.0",
            "https://creativecommons.org/licenses/by-sa/4.0/",
            "OpenCelliD Project (opencellid.org), CC BY-SA 4.0",
            "https://opencellid.org/",
        ),
    )
}  # fmt: skip
"""By key; the order is that of fetching."""


@dataclass(frozen=True)
class SourceUrls:
    """Where the sources lie; a ministry may have a mirror of them.

    Attributes
    ----------
    terrain : str
        Base of the GLO-30 tiles, laid out as on AWS.
    land_cover : str
        Base of the WorldCover bucket.
    population : str
        Address of a country's raster with {iso3}, {ISO3} and {year}; GeoTIFF, or a ZIP with one.
    osm : str
        Overpass interpreter.
    names : str
        Base of Nominatim.
    cells : str
        OpenCelliD's downloads. From the environment only: the key is sent there.
    """

    terrain: str = "https://copernicus-dem-30m.s3.amazonaws.com"
    land_cover: str = "https://esa-worldcover.s3.eu-central-1.amazonaws.com"
    population: str = (
        "https://data.worldpop.org/GIS/Population/Global_2015_2030/R2025A/{year}/{ISO3}/v1/100m/constrained/"
        "{iso3}_pop_{year}_CN_100m_R2025A_v1.tif"
    )
    osm: str = "https://overpass-api.de/api/interpreter"
    names: str = "https://nominatim.openstreetmap.org"
    cells: str = "https://opencellid.org/ocid/downloads"


def source_urls(given: Mapping[str, str], environment: Mapping[str, str] | None = None) -> SourceUrls:
    """Return where the sources lie: the public servers, what a project names, what the environment names.

    Parameters
    ----------
    given : mapping of str to str
        ``[sources]`` of the project file.
    environment : mapping of str to str, optional
        ``PHUSONG_SOURCE_TERRAIN`` and so on win over the project; default: that of the process.

    Raises
    ------
    InputError
        Not an http(s) address, or one for the cells without TLS, over which the key would travel openly.
    """
    variables = os.environ if environment is None else environment
    names = [field.name for field in fields(SourceUrls)]
    env = {name: variables.get(f"PHUSONG_SOURCE_{name.upper()}", "").strip() for name in names}
    # a project file may come from anybody; where the key goes, the person at the keyboard says
    chosen = {name: env[name] or (given.get(name, "") if name != "cells" else "") for name in names}
    urls = replace(SourceUrls(), **{name: url.rstrip("/") for name, url in chosen.items() if url})
    problems = [
        problem
        for name in names
        if (
            problem := _flaw(name, getattr(urls, name), f"PHUSONG_SOURCE_{name.upper()}" if env[name] else "")
        )
    ]
    if problems:
        raise InputError(problems)
    return urls


def _flaw(name: str, url: str, variable: str) -> Problem | None:
    place = variable or "phusong.toml"
    column = None if variable else f"sources.{name}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        mend = "mend the address; user names and passwords do not belong in it"
        return Problem(place, "an http or https address", mend, column=column)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if name == "cells" and parts.scheme != "https" and not local:
        mend = "take https: the key would travel openly"
        return Problem(place, "an https address", mend, column=column)
    if name == "population" and "{iso3}" not in url.lower():
        mend = "put {iso3} or {ISO3} where the country's code stands"
        return Problem(place, "an address with {iso3}", mend, column=column, value=url)
    return None
