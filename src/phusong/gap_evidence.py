"""What the verdicts take besides levels: samples at hamlets and around them, and where 5G is required."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from .coverage.cells import CellTable, PointLevels, PointTable
from .coverage.commune_names import communes_of_today
from .coverage.measured import MeasuredGroups, MeasurementRule, measured_groups
from .coverage.network import point_levels
from .coverage.places_duty import required_5g
from .coverage.sample_shift import ShiftedLevels, ShiftRule, sample_shift
from .project import Project
from .reuse import reused_levels
from .scene import Scene

__all__ = [
    "hamlets_with_5g_duty",
    "measured",
    "measurement_rule",
    "measurement_table",
    "place_duties",
    "shift_rule",
    "shifted_levels",
    "todays_communes",
]


def measurement_rule(project: Project) -> MeasurementRule:
    """Return when samples decide, from ``[measurements]``."""
    section = project.measurements
    return MeasurementRule(section.radius_m, section.minimum_samples, section.window_days)


def measurement_table(scene: Scene) -> pd.DataFrame | None:
    """Return the samples with `x_m`, `y_m` in the run's CRS; None where there are none."""
    samples = scene.layers.measurements
    if not len(samples):
        return None
    plain = pd.DataFrame(samples.drop(columns="geometry"))
    return plain.assign(x_m=samples.geometry.x.to_numpy(), y_m=samples.geometry.y.to_numpy())


def measured(scene: Scene) -> MeasuredGroups:
    """Return the groups of samples that count near each hamlet's centre and clusters."""
    rule = measurement_rule(scene.options.project)
    return measured_groups(measurement_table(scene), scene.points, scene.rule.technologies, rule, scene.day)


def shift_rule(project: Project) -> ShiftRule:
    """Return how samples shift the levels around them, from ``[measurements]``."""
    section = project.measurements
    return ShiftRule(
        reach_m=section.shift_reach_m,
        correlation_m=section.shift_correlation_m,
        local_share=section.shift_local_share,
        sample_sigma_db=section.shift_sample_sigma_db,
        square_m=section.shift_square_m,
        clip_sigma=section.shift_clip_sigma,
        squares=section.shift_squares,
        window_days=section.window_days,
    )


def shifted_levels(scene: Scene, levels: PointLevels) -> ShiftedLevels | None:
    """Return the levels at the hamlets as the samples around them shift them; None where none tells."""

    def levels_at(where: PointTable) -> PointLevels:
        def compute(cells: CellTable) -> PointLevels:
            return point_levels(
                scene.terrain, cells, where, scene.settings, scene.range_m, patterns=scene.patterns,
                budget=scene.budget, workers=scene.options.workers,
            )  # fmt: skip

        return reused_levels(replace(scene, points=where), compute)

    return sample_shift(
        measurement_table(scene), scene.points, levels, scene.cells, scene.rule.technologies,
        shift_rule(scene.options.project), scene.day, levels_at,
    )  # fmt: skip


def place_duties(scene: Scene) -> list[str]:
    """Return the technology that each place must have: its own, else by ``[duty]``; empty: none."""
    kinds = set(scene.options.project.duty.kinds_5g)
    places = scene.layers.places
    return [
        str(own) if not pd.isna(own) and str(own) else ("5G" if kind in kinds else "")
        for own, kind in zip(places["required_technology"], places["kind"], strict=True)
    ]


def todays_communes(scene: Scene) -> np.ndarray:
    """Return the commune of today of each hamlet, through the crosswalk where its file names an old one."""
    layers = scene.layers
    found = communes_of_today(
        layers.villages["commune"], layers.commune_crosswalk, layers.communes["name"].astype(str)
    )
    return found.to_numpy(dtype=object)


def hamlets_with_5g_duty(scene: Scene) -> np.ndarray:
    """Tell which hamlets lie within reach of a place that must have 5G; none where 5G has no rule."""
    n_villages = len(scene.layers.villages)
    if "5G" not in scene.rule.technologies:
        return np.zeros(n_villages, dtype=bool)
    reach_m = scene.options.project.duty.reach_m
    return required_5g(scene.points, n_villages, place_duties(scene), reach_m)
