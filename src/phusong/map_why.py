"""Why hamlets lack a service, as the maps show it: terrain profiles, and explanations one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .coverage.propagation.sweep import profile_between
from .gap_detail import GapDetail
from .maps.content import HamletProfile
from .maps.explanations import explanations
from .scene import Scene

__all__ = ["hamlet_profiles", "published_explanations"]


def hamlet_profiles(scene: Scene, detail: GapDetail) -> tuple[HamletProfile, ...]:
    """Return the ground between each hamlet that lacks a service and its best candidate."""
    found = []
    for reason, village_id in zip(detail.reasons, detail.reasons_table["village_id"], strict=True):
        profile, candidate = reason.profile, reason.candidate
        if profile is None or candidate is None:
            continue
        hides = reason.obstacle is not None and reason.obstacle_db > 0.0
        found.append(
            HamletProfile(
                village_id=str(village_id),
                mast_id=str(scene.cells.mast_id[candidate.cell]),
                distance_km=profile.distance_km,
                height_m=profile.height_m,
                clutter_m=profile.clutter_m,
                antenna_height_m=float(scene.cells.antenna_height_m[candidate.cell]),
                receiver_height_m=scene.settings.receiver_height_m,
                frequency_mhz=float(scene.cells.frequency_mhz[candidate.cell]),
                obstacle_km=reason.obstacle.distance_km if hides and reason.obstacle is not None else None,
                obstacle_db=reason.obstacle_db,
            )
        )
    return tuple(found)


def published_explanations(scene: Scene, path: Path) -> dict[str, dict[str, Any]]:
    """Return the explanations of the last run, with the profiles drawn anew from the terrain.

    Parameters
    ----------
    scene : Scene
    path : Path
        ``reasons.gpkg``; where it is not there, or no hamlet lacks anything, there are none.
    """
    if not path.is_file() or "hamlet_reasons" not in set(gpd.list_layers(path)["name"]):
        return {}
    table = gpd.read_file(path, layer="hamlet_reasons").to_crs(scene.layers.grid.crs)
    cell_of = {str(cell): k for k, cell in enumerate(scene.cells.cell_id)}
    profiles = []
    for row, at in zip(table.to_dict("records"), table.geometry, strict=True):
        cell = cell_of.get(str(row["candidate_cell"]))
        profile = None if cell is None else _profile(scene, row, cell, (float(at.x), float(at.y)))
        if profile is not None:
            profiles.append(profile)
    return explanations(table, tuple(profiles))


def _profile(scene: Scene, row: dict[Any, Any], cell: int, at: tuple[float, float]) -> HamletProfile | None:
    cells = scene.cells
    start = float(cells.x_m[cell]), float(cells.y_m[cell])
    if start == at:
        return None
    ground = profile_between(scene.terrain, *start, *at)
    if ground is None:
        return None
    cost = float(row["obstacle_db"]) if row["obstacle_db"] is not None else np.nan
    hides = cost > 0.0 and pd.notna(row["obstacle_distance_m"])
    return HamletProfile(
        village_id=str(row["village_id"]),
        mast_id=str(cells.mast_id[cell]),
        distance_km=ground.distance_km,
        height_m=ground.height_m,
        clutter_m=ground.clutter_m,
        antenna_height_m=float(cells.antenna_height_m[cell]),
        receiver_height_m=scene.settings.receiver_height_m,
        frequency_mhz=float(cells.frequency_mhz[cell]),
        obstacle_km=float(row["obstacle_distance_m"]) / 1000.0 if hides else None,
        obstacle_db=float(np.nan_to_num(cost)),
    )
