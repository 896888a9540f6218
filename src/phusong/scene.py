"""What every stage works on: the project, its layers, and the engine's arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from . import inputs
from .console import Reporter
from .coverage.cells import CellTable, PointTable
from .coverage.gaps import GapRule
from .coverage.link_budget import LinkBudget
from .coverage.propagation.terrain import PropagationSettings, TerrainModel
from .gis_data.layers import Layers
from .gis_data.reader import read_layers
from .project import Project

__all__ = ["Options", "Scene", "prepare", "read"]


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Attributes
    ----------
    project : Project
    as_of : date
        The network of the end of this day.
    language : {"vi", "en"}
    workers : int or None
        Threads; None: all cores.
    reporter : Reporter
    """

    project: Project
    as_of: date
    language: str
    workers: int | None
    reporter: Reporter


@dataclass(frozen=True)
class Scene:
    """Layers and the plain arrays made of them once for all stages."""

    options: Options
    layers: Layers
    terrain: TerrainModel
    cells: CellTable
    points: PointTable
    rule: GapRule
    settings: PropagationSettings
    budget: LinkBudget

    @property
    def day(self) -> np.datetime64:
        """The day as of which the network is computed."""
        return np.datetime64(self.options.as_of, "D")

    @property
    def range_m(self) -> float:
        """How far from a mast levels are computed."""
        return self.options.project.propagation.maximum_range_km * 1000.0


def read(options: Options) -> Layers:
    """Read and check every layer of the project; all problems at once."""
    project = options.project
    with options.reporter.stage("reading"):
        return read_layers(
            project.folder,
            rasters=project.rasters,
            layers=project.layers,
            crs=project.area.crs,
            resolution_m=project.area.resolution_m,
            bounds=project.area.bounds,
            margin_m=project.area.margin_m,
            operators=project.operators,
        )


def prepare(options: Options) -> Scene:
    """Read the layers and turn them into what the engine takes."""
    layers = read(options)
    options.reporter.problems(layers.warnings)
    return Scene(
        options=options,
        layers=layers,
        terrain=inputs.terrain_model(layers),
        cells=inputs.cell_table(layers),
        points=inputs.point_table(layers),
        rule=inputs.gap_rule(options.project),
        settings=inputs.propagation_settings(options.project),
        budget=LinkBudget(body_loss_db=options.project.propagation.body_loss_db),
    )
