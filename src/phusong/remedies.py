"""What may be tried for a hamlet without service, and its price, by the project file."""

from __future__ import annotations

import numpy as np

from .coverage.remedy_limits import NewCarriers, RemedyLimits
from .coverage.remedy_prices import RemedyPrices, SiteSurroundings, network_ends
from .scene import Scene
from .siting_inputs import cost_model, fibre_node_table, mast_table, pole_table, siting_options

__all__ = ["remedy_limits"]


def remedy_limits(scene: Scene) -> RemedyLimits:
    """Return the limits and prices of single remedies."""
    section, options = scene.options.project.remedies, siting_options(scene.options.project)
    carriers = scene.options.project.new_carriers
    return RemedyLimits(
        tilts_deg=tuple(float(tilt) for tilt in range(section.most_tilt_deg + 1)),
        height_step_m=section.height_step_m,
        height_most_m=section.height_most_m,
        masts=section.masts,
        station_heights_m=tuple(max(1.0, top - options.top_margin_m) for top in options.new_mast_heights_m),
        station_reach_m=section.station_reach_m,
        prices=_prices(scene),
        new_carriers=NewCarriers(
            carriers.technologies, {str(t): names for t, names in carriers.licensed.items()}
        ),
    )


def _prices(scene: Scene) -> RemedyPrices:
    project, layers = scene.options.project, scene.layers
    masts, poles, points = mast_table(layers), pole_table(layers), scene.points
    at_homes = points.village >= 0
    homes = np.column_stack([points.x_m[at_homes], points.y_m[at_homes]])
    lit = layers.villages["grid_power"].to_numpy(bool)[points.village[at_homes]]
    on_masts, on_poles = (np.column_stack([table.x_m, table.y_m]) for table in (masts, poles))
    on_air = scene.cells.take(scene.cells.active(scene.day))
    section = project.remedies
    return RemedyPrices(
        costs=cost_model(project),
        visit=section.visit,
        rehang=section.rehang,
        longest_extension_m=section.longest_extension_m,
        mast_height_m=dict(zip(masts.mast_id.tolist(), masts.height_m.tolist(), strict=True)),
        around=SiteSurroundings(
            terrain=scene.terrain,
            ends=network_ends(masts, fibre_node_table(layers), on_air, project.operators),
            reached_xy_m=np.concatenate([homes, on_masts, on_poles]),
            mains_xy_m=np.concatenate([homes[lit], on_poles]),
            options=siting_options(project),
        ),
    )
