"""What ``phusong calibrate`` prints: bands with honest errors, what was left out and why."""

from __future__ import annotations

from pathlib import Path

from .calibrate import JSON_FILE, PLOT_FILE, CalibrationReport
from .console import Reporter
from .coverage.calibration.samples import REASONS

__all__ = ["show_calibration"]


def show_calibration(reporter: Reporter, report: CalibrationReport, out: Path) -> None:
    """Print the fitted bands, refused bands, rejected samples, notes, and where the files are."""
    found = report.calibration
    shown = {
        "samples": [f"{band.samples:,}" for band in found.bands],
        "offset_db": [f"{band.offset_db:+.1f}" for band in found.bands],
        "slope_db": [f"{band.slope_db_per_decade:+.1f}" for band in found.bands],
        "rmse_before": [f"{band.rmse_before_db:.1f}" for band in found.bands],
        "rmse_after": [f"{band.rmse_after_db:.1f}" for band in found.bands],
        "rmse_validated": [f"{band.rmse_cross_validated_db:.1f}" for band in found.bands],
        "sigma_db": [f"{band.sigma_db:.1f}" for band in found.bands],
    }
    # a column for each band: eight headers side by side are wider than a window
    rows = [(reporter.say(f"calibration_{key}"), *values) for key, values in shown.items()]
    reporter.table([reporter.say("calibration_band"), *(band.band for band in found.bands)], rows)
    for refused in found.refused:
        reporter.console.print(f"{refused.band}: {refused.reason}", markup=False)
    for reason, count in found.rejected.items():
        words = REASONS[reason][reporter.language == "vi"]
        left_out = f"{reporter.say('calibration_left_out')}: {count:,} · {words}"
        reporter.console.print(left_out, soft_wrap=True, markup=False)
    for note in found.notes:
        reporter.console.print(note, markup=False)
    for name in (JSON_FILE, PLOT_FILE):
        print(f"{reporter.say('wrote')}: {out / name}")
