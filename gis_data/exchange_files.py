"""Shapefiles and MapInfo tables, as offices exchange them: Vietnamese text and VN-2000 kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyproj import CRS, Geod
from pyproj.crs import BoundCRS
from pyproj.crs.coordinate_operation import ToWGS84Transformation
from pyproj.transformer import TransformerGroup

from ..errors import InputError, Problem
from .placing import WGS84

__all__ = ["BYTES_OF_TEXT", "short_names", "shortened", "write_mapinfo", "write_shapefile"]

BYTES_OF_TEXT = 254
"""What a text of a Shapefile or a MapInfo table may have, in UTF-8."""

_SHAPEFILE_NAME, _MAPINFO_NAME = 10, 31
_KEPT_WITHIN_M = 0.5
_EARTH = Geod(ellps="WGS84")
_LARGEST_INTEGER = 2**31 - 1
_SINGLE = {
    "Point": "point", "MultiPoint": "point", "LineString": "line", "MultiLineString": "line",
    "Polygon": "area", "MultiPolygon": "area",
}  # fmt: skip


def short_names(names: Iterable[str], longest: int = _SHAPEFILE_NAME) -> dict[str, str]:
    """Return a name of at most `longest` characters for each, all different even where case does not count.

    The longest words lose letters first, so that what tells columns apart stays: ``level_4g_dbm`` becomes
    ``lev_4g_dbm``.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        short, number = _squeezed(name, longest), 2
        while short.casefold() in taken:
            mark = str(number)
            short, number = _squeezed(name, longest - len(mark)) + mark, number + 1
        taken.add(short.casefold())
        found[name] = short
    return found


def _squeezed(name: str, longest: int) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").split("_")
    while sum(map(len, words)) + len(words) - 1 > longest and max(map(len, words)) > 2:
        at = max(range(len(words)), key=lambda k: len(words[k]))
        words[at] = words[at][:-1]
    text = "_".join(words)
    if len(text) > longest:
        text = "".join(words)
    return text[:longest] or "column"


def shortened(text: str, most_bytes: int = BYTES_OF_TEXT) -> str:
    """Return a text cut to so many bytes of UTF-8, between two characters, with "…" for what is missing."""
    coded = text.encode("utf-8")
    if len(coded) <= most_bytes:
        return text
    end = "…".encode()
    return coded[: most_bytes - len(end)].decode("utf-8", "ignore") + "…"


def write_shapefile(
    folder: Path, name: str, frame: gpd.GeoDataFrame, *, as_of: date, crs: str, language: str
) -> dict[str, str]:
    """Write a layer as one Shapefile, or one for each kind of geometry that it has.

    Parameters
    ----------
    folder : Path
        An existing folder.
    name : str
        Of the files, without ending; "_area" and so on is added where there are several kinds.
    frame : GeoDataFrame
    as_of : date
        Written as the date of the file, so that the same layer gives the same bytes.
    crs : str
        Of the file.
    language : {"vi", "en"}
        Of yes and no.

    Returns
    -------
    dict of str to str
        The name that each column got. Texts longer than `BYTES_OF_TEXT` are cut (`shortened`).
    """
    names = short_names(str(column) for column in _columns(frame))
    for stem, part in _by_kind(name, frame):
        plain = _plain_frame(part.to_crs(crs), language).rename(columns=names)
        _write(
            plain, folder / f"{stem}.shp", "ESRI Shapefile",
            {"ENCODING": "UTF-8", "DBF_DATE_LAST_UPDATE": as_of.isoformat()},
        )  # fmt: skip
    return names


def write_mapinfo(
    folder: Path, name: str, frame: gpd.GeoDataFrame, *, crs: str, language: str
) -> dict[str, str]:
    """Write a layer as one MapInfo table in UTF-8, or one for each kind of geometry that it has.

    The file carries the datum shift to WGS 84: MapInfo has no code for VN-2000, and without the shift would
    take it for WGS 84, 200 m away.

    Parameters, returned value: as for `write_shapefile`.

    Raises
    ------
    InputError
        A MapInfo table cannot hold this CRS: read back, positions would lie elsewhere.
    """
    names = short_names((str(column) for column in _columns(frame)), _MAPINFO_NAME)
    for stem, part in _by_kind(name, frame):
        path = folder / f"{stem}.tab"
        there = _plain_frame(part.to_crs(crs), language).rename(columns=names)
        _write(
            there.set_crs(_with_shift(crs), allow_override=True), path, "MapInfo File", {"ENCODING": "UTF-8"}
        )
        if len(part) and not _kept(part.iloc[:1], path):
            raise InputError(
                [Problem("phusong export", "a CRS that MapInfo can hold", "choose another", value=crs)]
            )
    return names


def _columns(frame: pd.DataFrame) -> list[Any]:
    return [name for name in frame.columns if name != frame.geometry.name]


def _by_kind(name: str, frame: gpd.GeoDataFrame) -> list[tuple[str, gpd.GeoDataFrame]]:
    """The parts of a layer with points, lines and areas; rows without geometry go with the first."""
    kinds = frame.geometry.geom_type.map(_SINGLE)
    present = sorted(set(kinds.dropna()))
    if len(present) <= 1:
        return [(name, frame)] if present else []
    filled = kinds.fillna(present[0])
    return [(f"{name}_{kind}", frame[filled == kind]) for kind in present]


def _plain_frame(frame: gpd.GeoDataFrame, language: str) -> gpd.GeoDataFrame:
    """Dates as dates, yes and no as words, lists joined, texts not too long."""
    words = {"vi": ("không", "có"), "en": ("no", "yes")}[language]
    plain = frame.copy()
    for column in _columns(plain):
        values = plain[column]
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fM":
            continue
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu":
            # MapInfo and GDAL of 2022 know no integers of 64 bits
            small = len(values) == 0 or int(values.abs().max()) <= _LARGEST_INTEGER
            plain[column] = values.astype("int32" if small else "float64")
            continue
        if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
            plain[column] = values.astype("float64")
            continue
        plain[column] = pd.Series([_text(value, words) for value in values], values.index, dtype=object)
    return plain


def _text(value: Any, words: Sequence[str]) -> str | None:
    if isinstance(value, (list, tuple)):
        return shortened("; ".join(map(str, value)))
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, (bool, np.bool_)):
        return words[bool(value)]
    return shortened(str(value).replace("\x00", ""))


def _write(frame: gpd.GeoDataFrame, path: Path, driver: str, options: Mapping[str, str]) -> None:
    """Write with dates as dates: pandas knows times only, and a Shapefile has none."""
    columns = _columns(frame)
    data = []
    for column in columns:
        values = frame[column].to_numpy()
        data.append(values.astype("datetime64[D]") if values.dtype.kind == "M" else values)
    kinds = set(frame.geometry.geom_type.dropna())
    kind = next((k for k in kinds if k.startswith("Multi")), next(iter(kinds)))
    pyogrio.raw.write(
        path, frame.geometry.to_wkb().to_numpy(), data, columns, driver=driver,
        geometry_type=kind, crs=frame.crs.to_wkt("WKT1_GDAL"), layer_options=dict(options),
        promote_to_multi=kind.startswith("Multi"),
    )  # fmt: skip


def _with_shift(crs: str) -> CRS:
    """Return a CRS with the shift of its datum to WGS 84 written into it, where there is one."""
    plain = CRS.from_user_input(crs)
    if plain.geodetic_crs is None or plain.geodetic_crs.equals(CRS.from_epsg(4326)):
        return plain
    for transformer in TransformerGroup(plain.geodetic_crs, WGS84, always_xy=True).transformers:
        for operation in transformer.operations or ():
            numbers = list(operation.towgs84)
            if any(numbers):
                if operation.method_name.startswith("Coordinate Frame"):
                    # TOWGS84 turns positions, this method turns the axes: the other way round
                    numbers[3:6] = [-angle for angle in numbers[3:6]]
                return BoundCRS(plain, WGS84, ToWGS84Transformation(plain.geodetic_crs, *numbers))
    return plain


def _kept(written: gpd.GeoDataFrame, path: Path) -> bool:
    """Tell whether the first place, read back, lies where it was."""
    frames = written, gpd.read_file(path, rows=1)
    (west, south, east, north), other = (frame.to_crs(WGS84).total_bounds for frame in frames)
    middles = (west + east) / 2, (south + north) / 2, (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    return bool(_EARTH.inv(*middles)[2] <= _KEPT_WITHIN_M)
