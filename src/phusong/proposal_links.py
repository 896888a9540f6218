"""Lines from proposed stations to what they are connected to, and a picture of the ground under each hop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely import LineString

from .coverage.siting.evaluation.audit import Audit
from .coverage.siting.evaluation.audit_tables import LINK_COLUMNS, link_table
from .coverage.siting.evaluation.links import LinkWalk
from .file_names import file_names
from .gis_data.placing import WGS84
from .maps.profile_plot import ProfilePlot, profile_svg
from .maps.words import Language
from .scene import Scene

__all__ = ["backhaul_links", "link_plot", "links_table", "write_link_profiles"]

_FOLDER = "profiles"


def links_table(scene: Scene, audit: Audit) -> pd.DataFrame:
    """Return one row per station with the columns of `audit_tables.LINK_COLUMNS`."""
    walks = audit.evaluation.walks
    names = _files(walks)
    x, y = [], []
    for walk in walks:
        part = walk.tightest_km / walk.length_km if walk.length_km else float("nan")
        end = walk.end or walk.start
        x.append(walk.start[0] + part * (end[0] - walk.start[0]))
        y.append(walk.start[1] + part * (end[1] - walk.start[1]))
    at = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=scene.layers.grid.crs).to_crs(WGS84)
    table = link_table(audit).assign(
        tightest_lon=at.x.round(6).to_numpy(),
        tightest_lat=at.y.round(6).to_numpy(),
        profile=[names.get(walk.station_id, "") for walk in walks],
    )
    return table[[column.name for column in LINK_COLUMNS]]


def backhaul_links(scene: Scene, audit: Audit) -> gpd.GeoDataFrame:
    """Return `gis_data.network_schema.BACKHAUL_LINKS`: cables and hops as lines, in the run's CRS."""
    table = links_table(scene, audit)
    walks = audit.evaluation.walks
    drawn = [walk.kind in ("fibre", "microwave") and walk.end is not None for walk in walks]
    lines = [
        LineString([walk.start[:2], walk.end[:2]])
        for walk, shown in zip(walks, drawn, strict=True)
        if shown and walk.end is not None
    ]
    return gpd.GeoDataFrame(table[drawn].reset_index(drop=True), geometry=lines, crs=scene.layers.grid.crs)


def write_link_profiles(scene: Scene, audit: Audit, out: Path) -> list[Path]:
    """Write ``profiles/link-<station>.svg`` for every microwave hop; return the paths."""
    language: Language = "vi" if scene.options.language == "vi" else "en"
    share = scene.options.project.siting_rules.fresnel_share
    synthetic = scene.options.project.project.synthetic
    names, written = _files(audit.evaluation.walks), []
    for walk in audit.evaluation.walks:
        if walk.station_id not in names:
            continue
        path = out / names[walk.station_id]
        path.parent.mkdir(parents=True, exist_ok=True)
        svg = profile_svg(link_plot(walk, share, language, synthetic=synthetic), language)
        path.write_text(svg, encoding="utf-8", newline="\n")
        written.append(path)
    return written


def link_plot(walk: LinkWalk, fresnel_share: float, language: Language, *, synthetic: bool) -> ProfilePlot:
    """Return the picture of a microwave hop."""
    assert walk.end is not None
    band = f"{walk.length_km:.1f} km, {walk.frequency_ghz:g} GHz"
    hops = "?" if walk.hops is None else walk.hops
    says = f"{band}, {hops} chặng tới mạng" if language == "vi" else f"{band}, {hops} hops to the network"
    return ProfilePlot(
        title=f"{walk.station_id} → {walk.target_id}",
        verdict=says,
        mast=walk.station_id,
        hamlet=walk.target_id,
        distance_km=walk.distance_km,
        height_m=walk.ground_m,
        clutter_m=walk.clutter_m,
        antenna_height_m=walk.start[2],
        receiver_height_m=walk.end[2],
        frequency_mhz=1000.0 * walk.frequency_ghz,
        obstacle_km=walk.tightest_km,
        obstacle_db=0.0,
        synthetic=synthetic,
        link=True,
        fresnel_share=fresnel_share,
        room_m=walk.clearance_m,
    )


def _files(walks: Sequence[LinkWalk]) -> dict[str, str]:
    """Return the file of each hop, by its station, relative to the folder of the results."""
    hops = [walk.station_id for walk in walks if walk.kind == "microwave" and len(walk.distance_km)]
    return {station: f"{_FOLDER}/link-{name}.svg" for station, name in file_names(hops).items()}
