"""The commands about the propagation model: ``calibrate``, ``validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_options import Lang, Language, Quiet, reporter_of

__all__ = ["add_model_commands"]


def add_model_commands(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command(
        epilog="Example: `phusong calibrate --stations cells.csv --samples drive.csv --terrain dem.tif`"
    )(calibrate)
    app.command(epilog="Example: `phusong validate ../p1812-validation`")(validate)


def calibrate(
    stations: Annotated[Path, typer.Option(help="A row per cell with its position, power and antenna.")],
    samples: Annotated[Path, typer.Option(help="Drive test: G-NetTrack, TEMS or plain columns (CSV).")],
    out: Annotated[Path, typer.Option(help="Folder of calibration.json and calibration.png.")] = Path(
        "calibration"
    ),
    terrain: Annotated[Path | None, typer.Option(help="Raster of heights; without it: flat ground.")] = None,
    clutter: Annotated[Path | None, typer.Option(help="Raster of clutter heights (m).")] = None,
    antennas: Annotated[
        list[str] | None, typer.Option(help="Tệp anten MSI · Files that the stations name, or their folder.")
    ] = None,
    model: Annotated[str, typer.Option(help="Mô hình · Propagation model that is corrected.")] = "p1812-8",
    file_crs: Annotated[str | None, typer.Option(help="CRS of x/y columns, e.g. EPSG:5899.")] = None,
    resolution_m: Annotated[float, typer.Option(min=1, help="Pixels of the terrain.")] = 30.0,
    square_m: Annotated[float, typer.Option(min=1, help="Squares that cross-validation leaves out.")] = 500.0,
    lang: Lang = Language.vi,
    quiet: Quiet = False,
) -> None:
    """Hiệu chỉnh theo mẫu đo · Fit the model to drive-test samples; the error is cross-validated by area."""
    from .calibrate import calibrate_job
    from .calibrate_report import show_calibration
    from .coverage.calibration.fit import FitOptions
    from .coverage.propagation.terrain import PropagationSettings

    reporter = reporter_of((lang or Language.vi).value, quiet)
    with reporter.stage("calibration"):
        report = calibrate_job(
            stations,
            samples,
            out,
            terrain=terrain,
            clutter=clutter,
            file_crs=file_crs,
            resolution_m=resolution_m,
            settings=PropagationSettings(model=model),
            options=FitOptions(block_m=square_m),
            antennas=antennas or (),
        )
    show_calibration(reporter, report, out)


def validate(
    folder: Annotated[Path, typer.Argument(help="Folder with profiles/ and results/ in ITU's format.")],
) -> None:
    """Nghiệm thu mô hình · Check P.1812 against every ITU case of a folder, to the last printed digit."""
    from .validate_report import show_report

    if not show_report(folder):
        raise typer.Exit(1)
