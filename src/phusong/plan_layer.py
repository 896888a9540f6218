"""Plan items as a layer for maps: where each is, and its state on the day of the run."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from .about import about_frame
from .gis_data.plan_schema import PLAN_ITEMS
from .gis_data.writers import write_geopackage
from .maps.exports.qgis import layer_styles
from .maps.plan_months import plan_state
from .scene import Scene

__all__ = ["plan_layer", "write_plan_layer"]


def plan_layer(scene: Scene, items: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return `gis_data.plan_schema.PLAN_ITEMS`: a station at its mast, a service at its hamlet.

    Parameters
    ----------
    scene : Scene
    items : DataFrame
        `gis_data.result_schema.PLAN_STATUS`. An item of which neither mast nor hamlet is known has no place.
    """
    layers = scene.layers
    points = layers.villages.geometry.representative_point()
    hamlets = dict(zip(layers.villages["village_id"].astype(str), points, strict=True))
    masts = dict(zip(layers.masts["mast_id"].astype(str), layers.masts.geometry, strict=True))
    at = []
    for kind, mast, village in zip(items["kind"], items["mast_id"], items["village_id"], strict=True):
        station = masts.get(str(mast)) if kind == "station" else None
        at.append(station if station is not None else hamlets.get(str(village)))
    states = [
        plan_state(bool(claimed), str(support), str(discrepancy))
        for claimed, support, discrepancy in zip(
            items["claimed"], items["support"], items["discrepancy"], strict=True
        )
    ]
    frame = gpd.GeoDataFrame(items.assign(state=states), geometry=at, crs=layers.grid.crs)
    return frame[[column.name for column in PLAN_ITEMS.columns if column.name in frame] + ["geometry"]]


def write_plan_layer(scene: Scene, items: pd.DataFrame, out: Path) -> None:
    """Write ``plans.gpkg``: the items and what is behind them."""
    layers = {"plan_items": plan_layer(scene, items), "about": about_frame(scene)}
    styles = layer_styles(layers, scene.options.language)
    write_geopackage(out / "plans.gpkg", layers, as_of=scene.options.as_of, styles=styles)
