"""A run with ``[propagation] calibration``: measured corrections and σ in place of assumed ones."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from .calibration_file import Calibration, read_calibration
from .coverage.gaps import GapRule
from .coverage.propagation.terrain import PropagationSettings
from .errors import InputError, Problem
from .project import Project

__all__ = ["apply_calibration", "calibration_hashes", "calibration_note", "project_calibration"]


def project_calibration(project: Project) -> Calibration | None:
    """Read the calibration that a project names; None where it names none.

    Raises
    ------
    InputError
        The file is wrong, or was fitted for another model than the project's.
    """
    name = project.propagation.calibration
    if name is None:
        return None
    calibration = read_calibration(project.folder / name)
    if calibration.model != project.propagation.model:
        expected = f"a calibration of {project.propagation.model}, the model of [propagation]"
        mend = "calibrate again with this model, or name the calibration's model in [propagation]"
        raise InputError([Problem(name, expected, mend, column="model", value=calibration.model)])
    return calibration


def apply_calibration(
    calibration: Calibration | None, settings: PropagationSettings, rule: GapRule
) -> tuple[PropagationSettings, GapRule]:
    """Return settings and rule with the corrections, and with the σ of each technology that was measured.

    The measured σ replaces that of model and location together: samples vary within a pixel too.
    """
    if calibration is None:
        return settings, rule
    measured = calibration.rules(dict(rule.technologies))
    return replace(settings, correction=calibration.correction), replace(rule, technologies=measured)


def calibration_hashes(project: Project) -> dict[str, str]:
    """Return the SHA-256 of the calibration file by its name, for run.json."""
    name = project.propagation.calibration
    if name is None:
        return {}
    return {name: hashlib.sha256((project.folder / name).read_bytes()).hexdigest()}


def calibration_note(calibration: Calibration | None) -> str:
    """Say in one line what was calibrated, for tags and the map; empty where nothing was."""
    if calibration is None:
        return ""
    bands = (
        f"{band.band} {band.offset_db:+.1f} dB, σ {band.sigma_db:.1f} dB ({band.samples} samples)"
        for band in calibration.bands
    )
    return f"{calibration.samples}: {'; '.join(bands)}"
