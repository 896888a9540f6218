"""A network made ready to be swept, whole or strip by strip: all that depends on it as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .antenna import AntennaPattern
from .cells import CellTable, TechnologyRule
from .footprint import RadioSite, Sites, prepare_sites
from .interference import Disturbance, InterferenceRule, disturbance_of
from .link_budget import LinkBudget
from .network_layer import LayerPlan, plan_layers
from .propagation.terrain import PropagationSettings, TerrainModel

__all__ = ["RadioNetwork", "prepare_network"]


@dataclass(frozen=True)
class RadioNetwork:
    """What masts are merged by.

    Attributes
    ----------
    cells : CellTable
    sites : Sites
        The masts to be swept.
    plan : LayerPlan
    disturbance : Disturbance or None
        None: no SINR.
    """

    cells: CellTable
    sites: Sites
    plan: LayerPlan
    disturbance: Disturbance | None


def prepare_network(
    terrain: TerrainModel,
    cells: CellTable,
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    maximum_range_m: float,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    budget: LinkBudget | None = None,
    by_operator: bool = False,
    interference: InterferenceRule | None = None,
    only: Collection[str] | None = None,
) -> RadioNetwork:
    """Check a network and tabulate what the kernels need; parameters and errors: `network.network_rows`."""
    plan = plan_layers(cells, rules, by_operator=by_operator)
    floor = {technology: plan.floor_dbm(technology) for technology in plan.technologies}
    sites = prepare_sites(terrain, cells, floor, settings, maximum_range_m, patterns=patterns, budget=budget)
    if only is not None:
        wanted = {technology: rules[technology] for technology in plan.technologies if technology in only}
        plan = plan_layers(cells, wanted, by_operator=by_operator)
        sites = replace(sites, masts=_masts_with(cells, sites.masts, plan.technologies))
    disturbance = None if interference is None else disturbance_of(cells, plan.technologies, interference)
    return RadioNetwork(cells, sites, plan, disturbance)


def _masts_with(
    cells: CellTable, masts: Sequence[RadioSite], technologies: Sequence[str]
) -> tuple[RadioSite, ...]:
    """Keep the groups that carry one of some technologies, whole, so that their radials stay as they are."""
    wanted = np.isin(cells.technology, list(technologies))
    kept = [
        RadioSite(mast.mast_id, tuple(group for group in mast.groups if wanted[group.cells].any()))
        for mast in masts
    ]
    return tuple(mast for mast in kept if mast.groups)
