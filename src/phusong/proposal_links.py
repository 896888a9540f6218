"""Lines from proposed stations to what they are connected to."""

from __future__ import annotations

import geopandas as gpd
from shapely import LineString, Point

from .coverage.siting.proposal import Proposal
from .gis_data.network_schema import BACKHAUL_LINKS
from .scene import Scene

__all__ = ["backhaul_links"]


def backhaul_links(scene: Scene, proposal: Proposal) -> gpd.GeoDataFrame:
    """Return `gis_data.network_schema.BACKHAUL_LINKS` of a proposal, in the run's CRS."""
    layers = scene.layers
    stations = {station.station_id: Point(station.x_m, station.y_m) for station in proposal.stations}
    masts = dict(zip(layers.masts["mast_id"].astype(str), layers.masts.geometry, strict=True))
    nodes = {}
    if len(layers.fibre_nodes):
        nodes = dict(zip(layers.fibre_nodes["node_id"].astype(str), layers.fibre_nodes.geometry, strict=True))
    rows, lines = [], []
    for station in proposal.stations:
        link = station.backhaul
        # a node and a mast may have the same id: cables end at nodes first, hops at masts only
        ends = masts if link.kind == "microwave" else {**masts, **nodes}
        end = stations.get(station.hangs_on) if station.hangs_on else ends.get(link.target_id)
        if end is None or link.kind not in ("fibre", "microwave"):
            continue
        rows.append((station.station_id, link.kind, link.target_id, link.length_km, link.frequency_ghz))
        lines.append(LineString([stations[station.station_id], end]))
    names = [column.name for column in BACKHAUL_LINKS.columns]
    columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    table = gpd.GeoDataFrame(columns, geometry=lines, crs=layers.grid.crs)
    return table.astype({"backhaul_km": float, "frequency_ghz": float})
