"""The picture of a calibration: measured less predicted loss over distance, errors before and after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .coverage.calibration.fit import BandFit, NetworkFit
from .coverage.calibration.samples import LossSamples

__all__ = ["draw_calibration"]

_MEASURED, _BEFORE, _AFTER = "#777777", "#b35806", "#2166ac"
_BIN_DB = 2.0


def draw_calibration(path: Path, samples: LossSamples, fit: NetworkFit) -> None:
    """Write a PNG with a row for each fitted band; the same fit gives the same bytes."""
    figure = Figure(figsize=(11.0, 3.8 * len(fit.bands)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(fit.bands), 2, squeeze=False)
    for (left, right), band in zip(axes, fit.bands, strict=True):
        low, high = band.correction.low_mhz, band.correction.high_mhz
        own = samples.take((samples.frequency_mhz >= low) & (samples.frequency_mhz < high))
        _scatter(left, own, band)
        _histogram(right, own, band)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def _scatter(axes: Axes, samples: LossSamples, band: BandFit) -> None:
    axes.scatter(samples.distance_km, samples.excess_db, s=4, alpha=0.35, color=_MEASURED, linewidths=0)
    reach = np.geomspace(band.correction.from_km, band.correction.to_km, 100)
    axes.plot(reach, band.correction.loss_db(reach), color=_AFTER, label="hiệu chỉnh · correction")
    axes.axhline(0.0, color=_BEFORE, linewidth=1, label="mô hình · model")
    axes.set_xscale("log")
    axes.set_xlabel("Khoảng cách · Distance (km)")
    axes.set_ylabel("Suy hao đo − tính (dB)\nMeasured − predicted loss")
    names = ", ".join(band.technologies)
    axes.set_title(f"{band.band} MHz ({names}), {band.samples:,} mẫu · samples")
    axes.legend(fontsize=8)


def _histogram(axes: Axes, samples: LossSamples, band: BandFit) -> None:
    after = samples.excess_db - band.correction.loss_db(samples.distance_km, samples.clutter_m)
    ends = np.concatenate([samples.excess_db, after])
    edges: list[float] = (
        np.arange(np.floor(ends.min() / _BIN_DB), np.ceil(ends.max() / _BIN_DB) + 1.5) * _BIN_DB
    ).tolist()
    axes.hist(
        samples.excess_db,
        edges,
        color=_BEFORE,
        alpha=0.5,
        label=f"trước · before: {band.rmse_before_db:.1f} dB",
    )
    axes.hist(after, edges, color=_AFTER, alpha=0.5, label=f"sau · after: {band.rmse_after_db:.1f} dB")
    axes.set_xlabel("Sai số · Error (dB)")
    axes.set_ylabel("Mẫu · Samples")
    axes.set_title(f"RMSE kiểm chứng chéo · cross-validated: {band.rmse_cross_validated_db:.1f} dB")
    axes.legend(fontsize=8)
