"""Why hamlets lack a service, outdoors and behind a wall: the engine's reasons as tables with places."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer

from .coverage.gap_reasons import Reason, gap_reasons, services_lacking
from .coverage.gap_reasons_table import reasons_table
from .coverage.gaps import Verdicts
from .coverage.remedy_limits import RemedyLimits
from .coverage.walls import dead_indoors_only
from .file_names import file_names
from .gap_evidence import measured
from .gis_data import gap_schema as schema
from .gis_data.schema import Table
from .inputs import meridian_convergence_deg
from .scene import Scene
from .stages import Gaps

__all__ = ["indoor_reasons_frame", "outdoor_reasons", "reasons_frame"]


def outdoor_reasons(
    scene: Scene, gaps: Gaps, limits: RemedyLimits, progress: Callable[[int, int], None]
) -> tuple[Reason, ...]:
    """Return the reason of each hamlet that lacks a service."""
    heard = gaps.levels.heard
    return tuple(
        gap_reasons(
            scene.terrain, scene.cells, scene.points, gaps.levels.model, scene.rule,
            services_lacking(gaps.verdicts), scene.settings, scene.range_m, scene.day,
            patterns=scene.patterns, budget=scene.budget, measured=measured(scene),
            limits=limits, judged=gaps.levels.judged, shifted=gaps.levels.shifted,
            service=(heard.shifted or heard).service, progress=progress,
        )
    )  # fmt: skip


def reasons_frame(scene: Scene, gaps: Gaps, reasons: tuple[Reason, ...]) -> gpd.GeoDataFrame:
    """Return `gis_data.gap_schema.HAMLET_REASONS` at the points looked at."""
    frame = _frame(scene, gaps.verdicts, reasons, schema.HAMLET_REASONS)
    named = file_names(frame["village_id"].astype(str))
    names = [named[village_id] for village_id in frame["village_id"].astype(str)]
    drawn = [
        f"profiles/{name}.svg" if reason.profile is not None else None
        for name, reason in zip(names, reasons, strict=True)
    ]
    return frame.assign(profile=np.array(drawn, dtype=object))[[*frame.columns[:-1], "profile", "geometry"]]


def indoor_reasons_frame(
    scene: Scene, gaps: Gaps, limits: RemedyLimits, progress: Callable[[int, int], None]
) -> gpd.GeoDataFrame:
    """Return `gis_data.gap_schema.INDOOR_REASONS`: hamlets that are dead zones indoors and not outdoors."""
    heard = gaps.levels.heard_indoors
    reasons = gap_reasons(
        scene.terrain, scene.cells, scene.points, gaps.levels.model, scene.rule,
        dead_indoors_only(gaps.verdicts, gaps.indoors), scene.settings, scene.range_m, scene.day,
        patterns=scene.patterns, budget=scene.budget, limits=limits,
        judged=gaps.levels.indoors.judged, service=heard.judged.service, probable=heard.probable.service,
        shifted=gaps.levels.shifted,
        building=scene.options.project.propagation.building, progress=progress,
    )  # fmt: skip
    return _frame(scene, gaps.indoors, tuple(reasons), schema.INDOOR_REASONS)


def _frame(scene: Scene, found: Verdicts, reasons: tuple[Reason, ...], table: Table) -> gpd.GeoDataFrame:
    crs = scene.layers.grid.crs
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def degrees(x_m: float, y_m: float) -> tuple[float, float]:
        lon, lat = to_degrees.transform(x_m, y_m)
        return float(lon), float(lat)

    def convergence(x_m: float, y_m: float) -> float:
        return float(meridian_convergence_deg(crs, np.array([x_m]), np.array([y_m]))[0])

    villages = pd.DataFrame(scene.layers.villages.drop(columns="geometry"))
    plain = reasons_table(
        reasons, found, villages, scene.points, scene.cells, degrees, convergence, table=table
    )
    point = np.array([reason.point for reason in reasons], dtype=np.int64)
    at = gpd.points_from_xy(scene.points.x_m[point], scene.points.y_m[point])
    return gpd.GeoDataFrame(plain, geometry=at, crs=crs)
