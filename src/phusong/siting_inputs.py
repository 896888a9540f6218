"""From layers and the project file to what the planner of new stations works on."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from .coverage.siting.costs import CostModel
from .coverage.siting.inputs import FibreNodeTable, MastTable, PoleTable, SitingOptions, VillageTable
from .gis_data.layers import Layers
from .inputs import text_array
from .project import Project

__all__ = [
    "cost_model",
    "fibre_node_table",
    "mast_table",
    "pole_table",
    "siting_options",
    "village_table",
]


def mast_table(layers: Layers) -> MastTable:
    """Return the existing masts as arrays."""
    masts = layers.masts
    texts = {name: text_array(masts[name]) for name in ("mast_id", "owner", "kind", "power", "backhaul")}
    return MastTable(**texts, height_m=masts["height_m"].to_numpy(np.float64), **_position(masts))


def pole_table(layers: Layers) -> PoleTable:
    """Return power poles, substations and rooftops as arrays."""
    poles = layers.poles
    texts = {name: text_array(poles[name]) for name in ("pole_id", "owner", "kind")}
    return PoleTable(**texts, height_m=poles["height_m"].to_numpy(np.float64), **_position(poles))


def fibre_node_table(layers: Layers) -> FibreNodeTable:
    """Return the fibre nodes as arrays."""
    return FibreNodeTable(node_id=text_array(layers.fibre_nodes["node_id"]), **_position(layers.fibre_nodes))


def village_table(layers: Layers) -> VillageTable:
    """Return what siting needs to know of the hamlets."""
    villages = layers.villages
    return VillageTable(
        village_id=text_array(villages["village_id"]), grid_power=villages["grid_power"].to_numpy(bool)
    )


def cost_model(project: Project) -> CostModel:
    """Return the prices of ``[costs]``."""
    return CostModel(**project.costs.model_dump())


def siting_options(project: Project, budget: float | None = None) -> SitingOptions:
    """Return who builds what within which limits; `budget` overrides the project's."""
    section = project.siting
    return SitingOptions(
        operator=section.operator or project.operators[0],
        technologies=section.technologies,
        budget=section.budget if budget is None else budget,
        reach_m=section.candidate_reach_km * 1000.0,
        new_mast_height_m=section.new_mast_height_m,
        share_of_people=project.criteria.share_of_people,
        time_limit_s=section.time_limit_s,
        gap_target=section.gap_target,
    )


def _position(frame: gpd.GeoDataFrame) -> dict[str, NDArray[np.float64]]:
    at = frame.geometry
    return {"x_m": at.x.to_numpy(np.float64), "y_m": at.y.to_numpy(np.float64)}
