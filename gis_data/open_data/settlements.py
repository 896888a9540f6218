"""Hamlets and places with a duty of their own, from OpenStreetMap; their people from a raster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree

from ..placing import WGS84
from .overpass import SETTLEMENTS, Element
from .people import People
from .request_area import FetchArea

__all__ = ["PEOPLE_WITHIN_M", "hamlets_of", "places_of", "share_people"]

PEOPLE_WITHIN_M = 5000.0
"""People of a pixel belong to the nearest hamlet, none to a hamlet farther away: our choice."""
UNKNOWN_COMMUNE = "(không rõ)"
_PLACE_KINDS = (
    ("amenity", "hospital", "hospital"),
    ("amenity", "townhall", "public_service_point"),
    ("landuse", "industrial", "industrial_zone"),
)


def hamlets_of(
    elements: Sequence[Element],
    area: FetchArea,
    communes: gpd.GeoDataFrame | None,
    kinds: Sequence[str] = SETTLEMENTS,
) -> gpd.GeoDataFrame:
    """Return the settlements of an area as the layer `villages`, people left out.

    Parameters
    ----------
    elements : sequence of Element
    area : FetchArea
        Only those inside its boundary.
    communes : GeoDataFrame or None
        The unit a hamlet lies in gives its commune.
    kinds : sequence of str
        Values of OpenStreetMap's ``place``.

    Returns
    -------
    GeoDataFrame
        In degrees, by id.
    """
    found = [
        e
        for e in elements
        if e.tags.get("place") in kinds and e.lon is not None and e.lat is not None and e.name
    ]
    places = [(e.lon or 0.0, e.lat or 0.0) for e in found]  # none of them is None
    points = np.asarray(shapely.points(np.array(places, dtype=np.float64).reshape(-1, 2)), dtype=object)
    inside = _inside(points, area)
    found = [element for element, keep in zip(found, inside, strict=True) if keep]
    points = points[inside]
    frame = gpd.GeoDataFrame(
        {
            "village_id": [f"osm-{element.osm_id}" for element in found],
            "name": [element.name for element in found],
            "commune": _commune_names(points, communes),
            "population": np.full(len(found), np.nan),
            "osm_place": [element.tags["place"] for element in found],
            "osm_population": [element.tags.get("population") for element in found],
        },
        geometry=points,
        crs=WGS84,
    )
    return frame.sort_values("village_id", kind="stable").reset_index(drop=True)


def places_of(elements: Sequence[Element], area: FetchArea) -> gpd.GeoDataFrame:
    """Return hospitals, seats of the administration and industrial zones as the layer `places`."""
    records = []
    for element in elements:
        kind = next((kind for key, value, kind in _PLACE_KINDS if element.tags.get(key) == value), None)
        if kind is not None and element.lon is not None and element.lat is not None and element.name:
            point = shapely.Point(element.lon, element.lat)
            records.append((f"osm-{element.osm_id}", element.name, kind, point))
    frame = gpd.GeoDataFrame(
        records, columns=["place_id", "name", "kind", "geometry"], geometry="geometry", crs=WGS84
    )
    frame = frame[_inside(np.asarray(frame.geometry.array, dtype=object), area)]
    return frame.sort_values("place_id", kind="stable").reset_index(drop=True)


def share_people(hamlets: gpd.GeoDataFrame, people: People, crs: str) -> tuple[gpd.GeoDataFrame, float]:
    """Give every inhabited pixel's people to the nearest hamlet.

    Parameters
    ----------
    hamlets : GeoDataFrame
        Of `hamlets_of`.
    people : People
    crs : str
        Metric, for distances.

    Returns
    -------
    GeoDataFrame
        With ``population``, whole people.
    float
        People who live too far from any hamlet to be given to one.
    """
    x, y, count = people.points()
    pixel_x, pixel_y = Transformer.from_crs(people.crs, crs, always_xy=True).transform(x, y)
    own = hamlets.to_crs(crs).geometry
    if not len(own) or not len(count):
        return hamlets.assign(population=np.zeros(len(hamlets))), float(count.sum())
    tree = cKDTree(np.column_stack([own.x.to_numpy(), own.y.to_numpy()]))
    distance_m, nearest = tree.query(np.column_stack([pixel_x, pixel_y]))
    near = distance_m <= PEOPLE_WITHIN_M
    total = np.bincount(np.asarray(nearest)[near], weights=count[near], minlength=len(own))
    return hamlets.assign(population=np.round(total)), float(count[~near].sum())


def _inside(points: NDArray[Any], area: FetchArea) -> NDArray[np.bool_]:
    west, south, east, north = area.bounds
    x, y = shapely.get_x(points), shapely.get_y(points)
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    if area.outline is not None:
        inside &= shapely.covers(area.outline, points)
    return np.asarray(inside, dtype=bool)


def _commune_names(points: NDArray[Any], communes: gpd.GeoDataFrame | None) -> list[str]:
    if communes is None or not len(communes):
        return [UNKNOWN_COMMUNE] * len(points)
    index, unit = shapely.STRtree(communes.geometry.array).query(points, predicate="within")
    owner = pd.Series(unit).groupby(index).min() if len(index) else pd.Series(dtype=int)
    names = communes["name"].to_numpy()
    return [str(names[owner[i]]) if i in owner.index else UNKNOWN_COMMUNE for i in range(len(points))]
