"""`phusong calibrate`: from a file of stations and a file of samples to corrections with honest errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from .calibrate_ground import calibration_ground
from .calibration_file import (
    Calibration,
    CalibrationBand,
    CellRecord,
    ClutterOffset,
    RefusedBandRecord,
    Technology,
)
from .calibration_plot import draw_calibration
from .coverage.antenna import BUILT_IN, AntennaPattern, built_in_pattern
from .coverage.calibration.compare import SelectionOptions, compare_samples
from .coverage.calibration.fit import BandFit, FitOptions, NetworkFit, fit_bands
from .coverage.calibration.samples import REASONS, DriveSamples, LossSamples, Rejections
from .coverage.cells import CellTable
from .coverage.propagation.models import model_named
from .coverage.propagation.terrain import PropagationSettings, TerrainModel
from .errors import InputError, Problem
from .gis_data.antenna_files import read_antenna_files
from .gis_data.drive_tests import DriveTest, read_drive_test
from .gis_data.placing import WGS84
from .gis_data.problems import ProblemList
from .gis_data.stations import read_stations
from .inputs import antenna_patterns, meridian_convergence_deg
from .one_run import one_run
from .publish import staged

__all__ = ["CalibrationReport", "calibrate_cells", "calibrate_job", "match_cells"]

JSON_FILE = "calibration.json"
PLOT_FILE = "calibration.png"
_UNKNOWN_OPERATOR = ""


@dataclass(frozen=True)
class CalibrationReport:
    """What a calibration found, and on what."""

    calibration: Calibration
    samples: LossSamples
    fit: NetworkFit
    cells: CellTable


@dataclass(frozen=True)
class _File:
    path: str
    sheet: str | None = None
    crs: str | None = None
    encoding: str = "utf-8-sig"


def calibrate_job(
    stations: Path,
    samples: Path,
    out: Path,
    *,
    terrain: Path | None = None,
    clutter: Path | None = None,
    crs: str | None = None,
    file_crs: str | None = None,
    resolution_m: float = 30.0,
    settings: PropagationSettings | None = None,
    selection: SelectionOptions | None = None,
    options: FitOptions | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    antennas: Sequence[str] = (),
    dry_run: bool = False,
) -> CalibrationReport:
    """Hiệu chỉnh mô hình theo mẫu đo · Fit the model to drive-test samples; JSON and a plot.

    Parameters
    ----------
    stations : Path
        A row per cell with its position (`gis_data.stations.STATIONS`).
    samples : Path
        G-NetTrack, TEMS or plain columns (`gis_data.drive_tests`).
    out : Path
        Folder for ``calibration.json`` and ``calibration.png``; both appear at the end, or neither.
    terrain, clutter : Path, optional
        Rasters of heights and of clutter heights. Without terrain the ground is flat, at sea level.
    crs : str, optional
        Metric CRS of the computation; default: the UTM zone of the stations.
    file_crs : str, optional
        Of columns x and y in either file; longitude and latitude are WGS 84.
    resolution_m : float
        Pixels of the terrain.
    settings, selection, options, patterns
        Of the model, the choice of samples, the fit; antenna patterns by name.
    antennas : sequence of str
        MSI/Planet files that the stations name: paths, patterns such as "antennas/*.msi", folders.
    dry_run : bool
        Write nothing.

    Raises
    ------
    InputError
        A file is wrong (all problems at once), or no band has enough samples.
    """
    settings = settings or PropagationSettings()
    metric, frame, drive, files = _inputs(stations, samples, crs, file_crs, antennas, settings)
    patterns = {**files, **(patterns or {})}
    cells = _cell_table(frame, metric, patterns)
    ground = calibration_ground(cells, drive, metric, resolution_m, terrain, clutter)
    names = {
        "stations": stations.name,
        "samples": samples.name,
        "terrain": terrain.name if terrain is not None else "flat, at sea level",
    }
    try:
        report = calibrate_cells(ground, cells, drive, names, settings, selection, options, patterns)
    except InputError as error:
        raise InputError([_of_this_command(problem, stations) for problem in error.problems]) from None
    if not dry_run:
        aside_in = out / ".phusong"
        with one_run(aside_in), staged(out, aside_in) as aside:
            (aside / JSON_FILE).write_text(report.calibration.text(), encoding="utf-8", newline="\n")
            draw_calibration(aside / PLOT_FILE, report.samples, report.fit)
    return report


def _inputs(
    stations: Path,
    samples: Path,
    crs: str | None,
    file_crs: str | None,
    antennas: Sequence[str],
    settings: PropagationSettings,
) -> tuple[str, gpd.GeoDataFrame, DriveTest, dict[str, AntennaPattern]]:
    """Read CRS of the computation, stations, samples and antenna files; all their problems at once."""
    problems: list[Problem] = []
    metric, frame, drive = crs or WGS84, None, None
    try:
        metric = crs or _utm_zone(stations, file_crs)
        frame = read_stations(Path(), _File(str(stations), crs=file_crs), metric)
    except InputError as error:
        problems += error.problems
    try:
        drive = read_drive_test(samples, metric, file_crs=file_crs)
    except InputError as error:
        problems += error.problems
    listed = ProblemList()
    files = read_antenna_files(Path(), antennas, reserved=BUILT_IN, problems=listed)
    problems += [problem for problem in listed.listed() if problem.severity == "error"]
    try:
        model_named(settings.model)
    except ValueError as error:
        expected, mend = "a propagation model that there is", str(error)
        problems.append(Problem("phusong calibrate", expected, mend, column="--model", value=settings.model))
    if problems or frame is None or drive is None:
        raise InputError([_of_this_command(problem, stations) for problem in problems])
    return metric, frame, drive, antenna_patterns(files)


def _of_this_command(problem: Problem, stations: Path) -> Problem:
    """Name what this command was given where a problem names a project's tables and its phusong.toml."""
    file = {"cells": str(stations), "masts": str(stations), "phusong.toml": "phusong calibrate"}
    column = "--antennas" if problem.column == "antennas" else problem.column
    mend = problem.mend.replace(" in phusong.toml", "").replace("[propagation] model", "--model")
    return replace(problem, file=file.get(problem.file, problem.file), mend=mend, column=column)


def calibrate_cells(
    terrain: TerrainModel,
    cells: CellTable,
    drive: DriveTest,
    names: Mapping[str, str],
    settings: PropagationSettings | None = None,
    selection: SelectionOptions | None = None,
    options: FitOptions | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
) -> CalibrationReport:
    """Fit the model to samples of a network that is known already, such as a project's.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
    drive : DriveTest
        Positions in the terrain's CRS.
    names : mapping of str to str
        ``stations``, ``samples`` and ``terrain``, for the record.
    settings, selection, options, patterns
        As in `calibrate_job`.

    Raises
    ------
    InputError
        The cells cannot be computed, or no band has enough samples.
    """
    settings, options = settings or PropagationSettings(), options or FitOptions()
    cell, named, notes = match_cells(drive, cells)
    # an operator the stations do not name keeps no sample from a cell
    operators = set(map(str, cells.operator)) - {_UNKNOWN_OPERATOR}
    operator = np.where(np.isin(drive.operator, sorted(operators)), drive.operator, "")
    taken = DriveSamples(drive.x_m, drive.y_m, drive.level_dbm, drive.technology, operator, cell, named)
    compared, rejected = compare_samples(terrain, cells, taken, settings, selection, patterns=patterns)
    if len(compared) == 0:
        raise InputError([_too_few(names["samples"], rejected, "no sample can be used")])
    fit = fit_bands(compared, options)
    if not fit.bands:
        reasons = "; ".join(f"band {band.band}: {band.reason}" for band in fit.refused)
        raise InputError([_too_few(names["samples"], rejected, reasons)])
    notes += [
        f"cell {cells.cell_id[error.cell]}: its samples contradict its antenna: check azimuth and pattern"
        for band in fit.bands
        for error in band.cells
        if error.contradicts_pattern
    ]
    calibration = Calibration(
        model=settings.model,
        stations=names["stations"],
        samples=names["samples"],
        terrain=names["terrain"],
        block_m=options.block_m,
        receiver_height_m=settings.receiver_height_m,
        rejected=rejected,
        notes=tuple(notes),
        bands=tuple(_band_record(band, cells) for band in fit.bands),
        refused=tuple(RefusedBandRecord(**vars(band)) for band in fit.refused),
    )
    return CalibrationReport(calibration, compared, fit, cells)


def match_cells(drive: DriveTest, cells: CellTable) -> tuple[NDArray[np.int32], NDArray[np.bool_], list[str]]:
    """Find each sample's serving cell by the kind of name that the stations use too.

    Returns
    -------
    tuple
        Cell index or -1; whether the file names a cell; notes. Where no name of any kind is a cell_id, all
        samples count as unnamed: each is given to the cell predicted strongest, and a note says so.
    """
    index = {str(cell_id): i for i, cell_id in enumerate(cells.cell_id)}
    best = np.full(len(drive), -1, dtype=np.int32)
    named = np.zeros(len(drive), dtype=np.bool_)
    for names in drive.cell_names.values():
        found = np.array([index.get(str(name), -1) for name in names], dtype=np.int32)
        if np.sum(found >= 0) > np.sum(best >= 0):
            best, named = found, names != ""
    if np.any(best >= 0):
        return best, named, []
    told = any(np.any(names != "") for names in drive.cell_names.values())
    why = "no serving cell of the samples is a cell_id of the stations" if told else "no serving cells named"
    note = f"{why}: each sample was given to the cell of its technology and operator predicted strongest"
    return best, named, [note]


def _too_few(file: str, rejected: Rejections, reasons: str) -> Problem:
    left_out = ", ".join(f"{count} {REASONS[code][0]}" for code, count in rejected.items())
    mend = "drive more roads round these stations" + (f"; left out: {left_out}" if left_out else "")
    return Problem(file, "enough samples to fit a band", mend, value=reasons)


def _band_record(band: BandFit, cells: CellTable) -> CalibrationBand:
    c = band.correction
    return CalibrationBand(
        band=band.band,
        low_mhz=c.low_mhz,
        high_mhz=c.high_mhz,
        technologies=cast(tuple[Technology, ...], band.technologies),
        offset_db=c.offset_db,
        slope_db_per_decade=c.slope_db_per_decade,
        from_km=c.from_km,
        to_km=c.to_km,
        clutter_offsets=tuple(ClutterOffset(clutter_m=h, offset_db=v) for h, v in c.clutter_offsets_db),
        sigma_db=c.sigma_db,
        sigma_fit_db=band.sigma_fit_db,
        samples=band.samples,
        outliers=band.outliers,
        blocks=band.blocks,
        bias_before_db=band.bias_before_db,
        rmse_before_db=band.rmse_before_db,
        rmse_after_db=band.rmse_after_db,
        rmse_cross_validated_db=band.rmse_cross_validated_db,
        cells=tuple(
            CellRecord(
                cell_id=str(cells.cell_id[e.cell]),
                samples=e.samples,
                bias_db=e.bias_db,
                rmse_db=e.rmse_db,
                contradicts_pattern=e.contradicts_pattern,
            )
            for e in band.cells
        ),
    )


def _utm_zone(stations: Path, file_crs: str | None) -> str:
    """Return the UTM zone in the middle of the stations."""
    frame = read_stations(Path(), _File(str(stations), crs=file_crs), WGS84)
    return str(CRS(frame.estimate_utm_crs()).to_string())


def _cell_table(frame: gpd.GeoDataFrame, crs: str, patterns: Mapping[str, AntennaPattern]) -> CellTable:
    x_m, y_m = frame.geometry.x.to_numpy(np.float64), frame.geometry.y.to_numpy(np.float64)

    def numbers(name: str) -> NDArray[np.float64]:
        return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))

    def texts(name: str) -> NDArray[Any]:
        return frame[name].fillna("").astype(str).to_numpy(dtype=str)

    azimuth = numbers("azimuth_deg") - meridian_convergence_deg(crs, x_m, y_m)
    place = np.array([f"{x:.2f}, {y:.2f}" for x, y in zip(x_m, y_m, strict=True)])
    mast = texts("mast_id")
    gain = np.array(
        [_gain_dbi(n, a, patterns) for n, a in zip(texts("antenna"), azimuth.tolist(), strict=True)]
    )
    power = numbers("tx_power_dbm")
    from_eirp = numbers("eirp_dbm") - gain + numbers("feeder_loss_db")
    days = np.full(len(frame), np.datetime64("NaT", "D"))
    return CellTable(
        cell_id=texts("cell_id"),
        mast_id=np.where(mast == "", place, mast),
        operator=texts("operator"),
        technology=texts("technology"),
        antenna=texts("antenna"),
        x_m=x_m,
        y_m=y_m,
        antenna_height_m=numbers("antenna_height_m"),
        frequency_mhz=numbers("frequency_mhz"),
        bandwidth_mhz=numbers("bandwidth_mhz"),
        azimuth_deg=np.mod(azimuth, 360.0),
        mechanical_tilt_deg=numbers("mechanical_tilt_deg"),
        electrical_tilt_deg=numbers("electrical_tilt_deg"),
        tx_power_dbm=np.where(np.isnan(power), from_eirp, power),
        feeder_loss_db=numbers("feeder_loss_db"),
        on_air=days,
        off_air=days,
    )


def _gain_dbi(name: str, azimuth_deg: float, patterns: Mapping[str, AntennaPattern]) -> float:
    """Return the gain of the pattern that the engine will take; 0 for an unknown one, which it refuses."""
    if name in patterns:
        return patterns[name].gain_dbi
    try:
        return built_in_pattern("omni" if np.isnan(azimuth_deg) else name).gain_dbi
    except KeyError:
        return 0.0
