"""What ``phusong calibrate`` prints: bands with honest errors, what was left out and why."""

from __future__ import annotations

from pathlib import Path

from .calibrate import JSON_FILE, PLOT_FILE, CalibrationReport
from .console import Reporter

__all__ = ["show_calibration"]


def show_calibration(reporter: Reporter, report: CalibrationReport, out: Path) -> None:
    """Print the fitted bands, refused bands, rejected samples, notes, and where the files are."""
    found = report.calibration
    keys = (
        "band",
        "samples",
        "offset_db",
        "slope_db",
        "rmse_before",
        "rmse_after",
        "rmse_validated",
        "sigma_db",
    )
    rows = [
        (
            band.band, band.samples, f"{band.offset_db:+.1f}", f"{band.slope_db_per_decade:+.1f}",
            f"{band.rmse_before_db:.1f}", f"{band.rmse_after_db:.1f}", f"{band.rmse_cross_validated_db:.1f}",
            f"{band.sigma_db:.1f}",
        )
        for band in found.bands
    ]  # fmt: skip
    reporter.table([reporter.say(f"calibration_{key}") for key in keys], rows)
    for refused in found.refused:
        reporter.console.print(f"{refused.band}: {refused.reason}", markup=False)
    for reason, count in found.rejected.items():
        reporter.console.print(f"{reporter.say('calibration_left_out')}: {count:,} · {reason}")
    for note in found.notes:
        reporter.console.print(note, markup=False)
    for name in (JSON_FILE, PLOT_FILE):
        print(f"{reporter.say('wrote')}: {out / name}")
