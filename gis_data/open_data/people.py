"""Where people live, from WorldPop's rasters of countries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from .archives import take_from_zip
from .countries import country
from .downloads import Downloader, Wanted
from .http_client import FetchError, Request
from .mosaic import join_tiles, write_raster
from .remote_window import fetch_window
from .request_area import Bounds
from .sources import SOURCES

__all__ = ["POPULATION_YEAR", "People", "fetch_people", "join_people", "write_people"]

POPULATION_YEAR = 2025
_OFF_LATTICE = 0.01  # of a pixel


@dataclass(frozen=True)
class People:
    """People per pixel of the source, nothing resampled: sums stay what they are.

    Attributes
    ----------
    count : ndarray of float32, (rows, columns)
        0 where nobody lives.
    transform : Affine
        In degrees.
    crs : str
    """

    count: NDArray[np.float32]
    transform: Affine
    crs: str

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return x, y (centres, in the CRS) and people of the pixels where somebody lives."""
        row, column = np.nonzero(self.count > 0)
        t = self.transform
        x, y = t.c + (column + 0.5) * t.a, t.f + (row + 0.5) * t.e
        return (
            np.asarray(x, np.float64),
            np.asarray(y, np.float64),
            self.count[row, column].astype(np.float64),
        )


def fetch_people(
    downloader: Downloader, template: str, countries: Sequence[str], bounds: Bounds, year: int
) -> list[Path]:
    """Return WorldPop's rasters of some countries, or the parts of them that hold the area.

    Parameters
    ----------
    downloader : Downloader
    template : str
        Address with {iso3}, {ISO3} and {year}; a .zip is unpacked.
    countries : sequence of str
        ISO 3166-1 alpha-2.
    bounds : Bounds
        In degrees.
    year : int
        2015 to 2030 for the default source.
    """
    paths = []
    for code in countries:
        iso3 = country(code).iso3
        url = template.replace("{iso3}", iso3.lower()).replace("{ISO3}", iso3).replace("{year}", str(year))
        suffix = ".zip" if urlsplit(url).path.lower().endswith(".zip") else ".tif"
        wanted = Wanted(f"worldpop_{iso3.lower()}_{year}{suffix}", "population", Request(url))
        if suffix == ".tif":
            path = fetch_window(downloader, wanted, bounds)
        else:
            archive = downloader.fetch(wanted)
            assert archive is not None  # may not be absent
            path = take_from_zip(archive, ".tif", archive.with_suffix(".unpacked.tif"))
        if path is not None:
            paths.append(path)
    return paths


def join_people(paths: Sequence[Path], bounds: Bounds) -> People | None:
    """Return the people of the area from one or more rasters; None: no raster reaches it.

    Raises
    ------
    FetchError
        Not a raster that can be read, or another CRS than WGS 84.
    """
    parts: list[tuple[NDArray[np.float32], Affine]] = []
    for path in paths:
        try:
            with rasterio.open(path) as source:
                part = _part(source, bounds)
        except RasterioError as error:
            text = str(error).splitlines()[0]
            raise FetchError(f"{path.name}: not a raster that can be read ({text})") from None
        if part is not None:
            parts.append(part)
    if not parts:
        return None
    return People(*_added(parts), "EPSG:4326")


def _part(source: DatasetReader, bounds: Bounds) -> tuple[NDArray[np.float32], Affine] | None:
    if source.crs is None or source.crs.to_epsg() != 4326:
        raise FetchError(f"{source.name}: expected people per pixel in WGS 84 degrees")
    joined = join_tiles([source], bounds, math.nan, np.float32)
    if joined is None:
        return None
    count, transform = joined
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, count, np.float32(0)).astype(np.float32), transform


def _added(parts: list[tuple[NDArray[np.float32], Affine]]) -> tuple[NDArray[np.float32], Affine]:
    """Countries side by side: WorldPop's rasters share one lattice, so that pixels can be added."""
    total, first = parts[0][0].copy(), parts[0][1]
    for count, transform in parts[1:]:
        x, y = (transform.c - first.c) / first.a, (transform.f - first.f) / first.e
        column, row = round(x), round(y)
        alike = math.isclose(transform.a, first.a, rel_tol=1e-6)
        if not alike or abs(x - column) > _OFF_LATTICE or abs(y - row) > _OFF_LATTICE:
            raise FetchError("the population rasters of the countries do not lie on one lattice")
        top, bottom = max(row, 0), min(row + count.shape[0], total.shape[0])
        left, right = max(column, 0), min(column + count.shape[1], total.shape[1])
        total[top:bottom, left:right] += count[top - row : bottom - row, left - column : right - column]
    return total, first


def write_people(people: People, folder: Path, year: int) -> str:
    """Write population.tif in the pixels of the source; return its name."""
    source = SOURCES["population"]
    tags = {
        "LICENCE": source.licence, "ATTRIBUTION": source.attribution,
        "SOURCE": f"{source.title}, {source.version}", "YEAR": str(year),
    }  # fmt: skip
    write_raster(
        folder / "population.tif", people.count, people.transform, people.crs, nodata=None,
        unit="people per pixel", description=f"people, {year}", tags=tags,
    )  # fmt: skip
    return "population.tif"
