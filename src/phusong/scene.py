"""What every stage works on: the project, its layers, and the engine's arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from . import inputs
from .calibrated import apply_calibration, calibration_hashes, project_calibration
from .calibration_file import Calibration
from .coverage.antenna import BUILT_IN, AntennaPattern
from .coverage.cells import CellTable, PointTable
from .coverage.footprint import check_cells
from .coverage.gaps import GapRule
from .coverage.interference import InterferenceRule
from .coverage.link_budget import LinkBudget
from .coverage.propagation.terrain import PropagationSettings, TerrainModel
from .errors import InputError, Problem
from .gis_data.antenna_files import AntennaFiles, electrical_tilt_warnings, read_antenna_files
from .gis_data.layers import Layers
from .gis_data.problems import ProblemList
from .gis_data.reader import read_layers
from .ground_cache import GroundCache, kept_zones
from .hamlet_areas import area_points
from .one_run import mend_inputs
from .options import Options
from .project import Project
from .siting_inputs import siting_name_problems

__all__ = ["Options", "Scene", "prepare", "read"]


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
    patterns: dict[str, AntennaPattern]
    interference: InterferenceRule
    calibration: Calibration | None = None

    @property
    def day(self) -> np.datetime64:
        """The day as of which the network is computed."""
        return np.datetime64(self.options.as_of, "D")

    @property
    def range_m(self) -> float:
        """How far from a mast levels are computed."""
        return self.options.project.propagation.maximum_range_km * 1000.0


@dataclass(frozen=True)
class _Checked:
    layers: Layers
    terrain: TerrainModel
    cells: CellTable
    patterns: dict[str, AntennaPattern]
    calibration: Calibration | None


def read(options: Options) -> Layers:
    """Read and check every layer and antenna file of the project, and that levels can be computed from them.

    Raises
    ------
    InputError
        All problems at once.
    """
    return _checked(options).layers


def prepare(options: Options, named: Callable[[Problem], Problem] = lambda problem: problem) -> Scene:
    """Read the layers and turn them into what the engine takes.

    Parameters
    ----------
    options : Options
    named : callable, optional
        Names the file of a warning as the user knows it, where the project is read from other files.
    """
    checked = _checked(options)
    layers, project = checked.layers, options.project
    areas = area_points(
        layers,
        project.area.hamlet_spacing_m,
        around_m=project.area.hamlet_reach_m if project.area.hamlet_points == "population" else 0.0,
    )
    layers = replace(layers, warnings=[named(problem) for problem in (*layers.warnings, *areas.warnings)])
    options.reporter.problems(layers.warnings)
    settings, rule = apply_calibration(
        checked.calibration, inputs.propagation_settings(project), inputs.gap_rule(project, checked.cells)
    )
    return Scene(
        options=options,
        layers=layers,
        terrain=checked.terrain,
        cells=checked.cells,
        points=inputs.point_table(layers, areas),
        rule=rule,
        settings=settings,
        calibration=checked.calibration,
        budget=LinkBudget(body_loss_db=project.propagation.body_loss_db),
        patterns=checked.patterns,
        interference=inputs.interference_rule(project),
    )


def _checked(options: Options) -> _Checked:
    project, problems = options.project, ProblemList()
    mend_inputs(project)
    with options.reporter.stage("reading"):
        files = read_antenna_files(project.folder, project.antennas, reserved=BUILT_IN, problems=problems)
        try:
            calibration = project_calibration(project)
        except InputError as error:
            calibration = None
            problems.extend(error.problems)
        try:
            layers = _read_layers(project)
        except InputError as error:
            raise InputError([*problems.listed("error"), *error.problems]) from None
        terrain = inputs.terrain_model(layers, kept_zones(project.cache, layers))
        cells = inputs.cell_table(layers)
        patterns = inputs.antenna_patterns(files)
        found = check_cells(terrain, cells, patterns, inputs.propagation_settings(project))
        # a pattern is not missed where its file was at fault
        faulty = problems.error_count > 0
        problems.extend(problem for problem in found if problem.column != "antenna" or not faulty)
        problems.extend(siting_name_problems(project, layers, terrain))
        problems.raise_errors()
        return _Checked(_with_files(layers, project, files), terrain, cells, patterns, calibration)


def _read_layers(project: Project) -> Layers:
    return read_layers(
        project.folder,
        rasters=project.rasters,
        layers=project.layers,
        crs=project.area.crs,
        resolution_m=project.area.resolution_m,
        bounds=project.area.bounds,
        margin_m=project.area.margin_m,
        operators=project.operators,
        keeper=GroundCache(project.cache),
    )


def _with_files(layers: Layers, project: Project, files: AntennaFiles) -> Layers:
    """Add the hashes of antenna files and calibration, and the antennas' warnings, to those of the layers."""
    hashes = {**layers.file_hashes, **files.file_hashes, **calibration_hashes(project)}
    return replace(
        layers,
        file_hashes=dict(sorted(hashes.items())),
        warnings=[*layers.warnings, *electrical_tilt_warnings(layers.cells, files.patterns)],
    )
