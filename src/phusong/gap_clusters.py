"""Verdicts on the parts of hamlets: centre, clusters, areas without signal; over all and by operator."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from .coverage.gap_parts import hamlet_parts, parts_by_operator, parts_table, without_voice
from .coverage.gaps import Verdicts, verdicts
from .coverage.point_service import with_measurements
from .coverage.walls import indoor_verdicts
from .gap_evidence import hamlets_with_5g_duty, measured
from .scene import Scene
from .todays_levels import TodaysLevels

__all__ = ["ClusterTables", "cluster_tables"]


@dataclass(frozen=True)
class ClusterTables:
    """Tables of the parts of hamlets.

    Attributes
    ----------
    over_all : GeoDataFrame
        `gis_data.gap_schema.CLUSTER_VERDICTS`.
    by_operator : DataFrame
        `gis_data.gap_schema.CLUSTERS_BY_OPERATOR`.
    """

    over_all: gpd.GeoDataFrame
    by_operator: pd.DataFrame


def cluster_tables(scene: Scene, today: TodaysLevels) -> ClusterTables:
    """Judge each part of each hamlet."""
    layers, rule, groups = scene.layers, scene.rule, measured(scene)
    service = (today.heard.shifted or today.heard).service
    lacking = without_voice(with_measurements(service, groups), rule)
    villages = pd.DataFrame(layers.villages.drop(columns="geometry"))
    ids = villages["village_id"].astype(str).tolist()
    parts = hamlet_parts(scene.points, ids, lacking, scene.options.project.area.hamlet_spacing_m)
    required = hamlets_with_5g_duty(scene)[parts.village]

    def found(operator: str | None) -> Verdicts:
        return verdicts(
            parts.points, len(parts), today.model, scene.cells, rule, scene.day, operator=operator,
            required_5g=required, measured=groups, shifted=today.shifted, heard=today.heard,
        )  # fmt: skip

    def inside(operator: str | None) -> Verdicts:
        return indoor_verdicts(
            parts.points, len(parts), today.indoors, scene.cells, rule, scene.day, operator=operator,
            required_5g=required, heard=today.heard_indoors,
        )  # fmt: skip

    operators = scene.options.project.operators
    outdoors_of, indoors_of = {o: found(o) for o in operators}, {o: inside(o) for o in operators}
    table = parts_table(parts, found(None), inside(None), outdoors_of, villages, scene.cells)
    x_m, y_m = (np.asarray(values)[parts.point] for values in (scene.points.x_m, scene.points.y_m))
    return ClusterTables(
        gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x_m, y_m), crs=layers.grid.crs),
        parts_by_operator(parts, outdoors_of, indoors_of, villages, scene.cells),
    )
