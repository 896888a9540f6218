"""The second opinion on a proposal: the evaluator on the raw layers, and the verdicts with the plan built."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .coverage.cells import CellTable, PointLevels
from .coverage.demand import unserved_points
from .coverage.gaps import Verdicts, verdicts
from .coverage.network import point_levels
from .coverage.scenario_samples import sampled_service
from .coverage.siting.evaluation.audit import Audit, audit_plan
from .coverage.siting.evaluation.findings import CHECKS
from .coverage.siting.proposal import Proposal
from .gap_evidence import hamlets_with_5g_duty, measured, measurement_rule, measurement_table
from .map_footprints import proposal_cells
from .scene import Scene
from .siting_inputs import (
    SitingAsk,
    cost_model,
    demand_weights,
    fibre_node_table,
    mast_table,
    pole_table,
    siting_goal,
    siting_options,
    village_table,
)

if TYPE_CHECKING:
    from .stages import Gaps

__all__ = ["Checked", "check_proposal", "check_record", "lacking_points"]


@dataclass(frozen=True)
class Checked:
    """What is said of a proposal by those who did not make it.

    Attributes
    ----------
    audit : Audit
    after : Verdicts
        Of every hamlet, outdoors, with the proposed stations on air beside the network of the day.
    """

    audit: Audit
    after: Verdicts


def lacking_points(scene: Scene, gaps: Gaps, operator: str) -> NDArray[np.bool_]:
    """Return the points that new stations of an operator should serve, (points,)."""
    return unserved_points(
        scene.options.project.siting.target, scene.points, gaps.levels.judged, scene.cells, scene.rule,
        gaps.verdicts, scene.day, operator, measured(scene),
    )  # fmt: skip


def check_proposal(scene: Scene, gaps: Gaps, proposal: Proposal, ask: SitingAsk | None = None) -> Checked:
    """Evaluate a proposal from the layers, and judge every hamlet anew with the plan built.

    Parameters
    ----------
    scene : Scene
    gaps : Gaps
    proposal : Proposal
    ask : SitingAsk or None
        What the proposal was made for.
    """
    project, layers = scene.options.project, scene.layers
    options, goal = siting_options(project, ask), siting_goal(project, ask)
    lacking = lacking_points(scene, gaps, options.operator)
    audit = audit_plan(
        proposal, scene.terrain, scene.cells.take(scene.cells.active(scene.day)), scene.points,
        dict.fromkeys(options.technologies, lacking), village_table(layers), mast_table(layers),
        pole_table(layers), fibre_node_table(layers), cost_model(project), scene.rule.technologies,
        scene.settings, options, goal,
        weight=demand_weights(project, layers, scene.points), patterns=scene.patterns,
        link_budget=scene.budget,
    )  # fmt: skip
    return Checked(audit, _verdicts_after(scene, gaps, proposal))


def check_record(audit: Audit) -> dict[str, Any]:
    """Return the audit for run.json: how much was looked at, and every discrepancy."""
    return {
        "looked_at": {check: audit.made.get(check, 0) for check in CHECKS},
        "discrepancies": [
            {"check": f.check, "of": f.subject, "claimed": _plain(f.claimed), "recomputed": _plain(f.found)}
            for f in audit.discrepancies
        ],
    }


def _plain(value: float | str) -> float | str:
    """JSON has no infinity."""
    return value if isinstance(value, str) or math.isfinite(value) else str(value)


def _verdicts_after(scene: Scene, gaps: Gaps, proposal: Proposal) -> Verdicts:
    if not proposal.stations:
        return gaps.verdicts
    planned = proposal_cells(proposal)
    later = np.full(len(planned), scene.day + np.timedelta64(1, "D"))
    before = _together(scene.cells, replace(planned, on_air=later))
    after = _together(scene.cells, planned)
    heard = point_levels(
        scene.terrain, planned, scene.points, scene.settings, scene.range_m,
        patterns=scene.patterns, budget=scene.budget, workers=scene.options.workers,
    )  # fmt: skip
    levels = _merged(gaps.levels.judged, heard, len(scene.cells))
    groups = measured(scene)
    if len(groups):
        samples = sampled_service(
            groups, measurement_table(scene), scene.points, levels, before, scene.rule.technologies,
            measurement_rule(scene.options.project), scene.day,
        )  # fmt: skip
        groups = samples.in_network(
            len(scene.points), levels, before, scene.rule.technologies, after.active(scene.day)
        )
    return verdicts(
        scene.points, len(scene.layers.villages), levels, after, scene.rule, scene.day,
        required_5g=hamlets_with_5g_duty(scene), measured=groups,
    )  # fmt: skip


def _together(cells: CellTable, more: CellTable) -> CellTable:
    names = [field.name for field in fields(cells)]
    return CellTable(**{n: np.concatenate([getattr(cells, n), getattr(more, n)]) for n in names})


def _merged(levels: PointLevels, more: PointLevels, cells: int) -> PointLevels:
    """Return both, the cells of the second numbered behind those of the first; sorted by point and cell."""
    order = np.lexsort((more.cell, more.point))
    # both are sorted: at each point the planned cells come behind those that are there
    at = np.searchsorted(levels.point, more.point[order], side="right")
    return PointLevels(
        point=np.insert(levels.point, at, more.point[order]),
        cell=np.insert(levels.cell, at, more.cell[order] + np.int32(cells)),
        level_dbm=np.insert(levels.level_dbm, at, more.level_dbm[order]),
        loss_db=np.insert(levels.loss_db, at, more.loss_db[order]),
    )
