"""Fit offset, slope and clutter offsets of every band, and state the error by cross-validation over areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..propagation.correction import BandCorrection, LossCorrection
from .crossval import block_numbers, left_out_residuals
from .robust import RobustFit, fit_robustly, spread_db
from .samples import LossSamples, band_of

__all__ = ["BandFit", "CellError", "FitOptions", "NetworkFit", "RefusedBand", "fit_bands"]

_Floats = NDArray[np.float64]
_ENOUGH_TO_ACCUSE = 50
_MUCH_BETTER = 0.75


@dataclass(frozen=True)
class FitOptions:
    """What a fit must be based on.

    Attributes
    ----------
    block_m : float
        Edge of the squares that cross-validation leaves out; several times the length over which shadow
        fading is alike (some 20 m in streets, some 100 m in open country).
    fewest_samples : int
        A band, and a clutter class, with fewer is not fitted.
    fewest_blocks : int
        The same for squares.
    smallest_span : float
        Ratio of the far to the near distances (95th and 5th percentile) that a slope needs.
    worthwhile, certainty : float
        A slope or clutter offsets are taken where they lower the mean left-out error by more than this share
        of it, or by more than this many standard errors over the squares.
    """

    block_m: float = 500.0
    fewest_samples: int = 50
    fewest_blocks: int = 4
    smallest_span: float = 2.0
    worthwhile: float = 0.01
    certainty: float = 2.0


@dataclass(frozen=True)
class CellError:
    """Errors of one cell after the correction: a large bias points at a wrong azimuth, tilt or power.

    `bias_db` is the median of measured less corrected loss: positive where the cell is weaker than computed.
    `contradicts_pattern` tells that the samples would agree far better with an antenna without any pattern:
    the azimuth or the pattern is likely wrong.
    """

    cell: int
    samples: int
    bias_db: float
    rmse_db: float
    contradicts_pattern: bool


@dataclass(frozen=True)
class BandFit:
    """The fit of one band.

    Attributes
    ----------
    band : str
    technologies : tuple of str
        Of the samples.
    correction : BandCorrection
    samples, outliers, blocks : int
        Used; of them without any weight in the fit; squares they lie in.
    bias_before_db : float
        Median of measured less predicted loss.
    rmse_before_db, rmse_after_db, rmse_cross_validated_db : float
        Over all samples used, outliers too: of the model; of the fit on its own samples; of fits that had not
        seen the sample's square. The last one is to be quoted.
    sigma_fit_db : float
        Robust standard deviation on the fit's own samples.
    cells : tuple of CellError
        By cell.
    """

    band: str
    technologies: tuple[str, ...]
    correction: BandCorrection
    samples: int
    outliers: int
    blocks: int
    bias_before_db: float
    rmse_before_db: float
    rmse_after_db: float
    rmse_cross_validated_db: float
    sigma_fit_db: float
    cells: tuple[CellError, ...]


@dataclass(frozen=True)
class RefusedBand:
    """A band that was not fitted, and why."""

    band: str
    samples: int
    blocks: int
    reason: str


@dataclass(frozen=True)
class NetworkFit:
    """All bands; those refused keep the model's own loss."""

    bands: tuple[BandFit, ...]
    refused: tuple[RefusedBand, ...]

    @property
    def correction(self) -> LossCorrection:
        """What `PropagationSettings` takes."""
        return LossCorrection(tuple(fit.correction for fit in self.bands))


def fit_bands(samples: LossSamples, options: FitOptions | None = None) -> NetworkFit:
    """Fit every band that has enough samples in enough squares.

    Parameters
    ----------
    samples : LossSamples
    options : FitOptions, optional

    Returns
    -------
    NetworkFit
        Bands by rising frequency; the same whatever the order of the samples, but for rounding.
    """
    options = options or FitOptions()
    edges: dict[tuple[str, float, float], list[float]] = {}
    for frequency in np.unique(samples.frequency_mhz).tolist():
        edges.setdefault(band_of(frequency), []).append(frequency)
    fits, refused = [], []
    for band, frequencies in sorted(edges.items(), key=lambda item: item[0][1]):
        chosen = samples.take(np.isin(samples.frequency_mhz, frequencies))
        found = _fit_band(chosen, band, options)
        if isinstance(found, BandFit):
            fits.append(found)
        else:
            refused.append(found)
    return NetworkFit(tuple(fits), tuple(refused))


@dataclass(frozen=True)
class _Form:
    """Terms of a fit: offset, slope or not, clutter heights with an offset of their own."""

    slope: bool
    clutter_m: tuple[int, ...]

    def design(self, samples: LossSamples) -> _Floats:
        columns: list[NDArray[Any]] = [np.ones(len(samples))]
        if self.slope:
            columns.append(np.log10(samples.distance_km))
        columns += [samples.clutter_m == height for height in self.clutter_m]
        return np.column_stack(columns).astype(np.float64)


def _fit_band(
    samples: LossSamples, band: tuple[str, float, float], options: FitOptions
) -> BandFit | RefusedBand:
    blocks = block_numbers(samples.x_m, samples.y_m, options.block_m)
    count = int(blocks.max()) + 1
    if len(samples) < options.fewest_samples:
        reason = f"too few samples: {len(samples)}, at least {options.fewest_samples} are needed"
        return RefusedBand(band[0], len(samples), count, reason)
    if count < options.fewest_blocks:
        reason = (
            f"the samples lie in {count} squares of {options.block_m:g} m, at least {options.fewest_blocks} "
            "are needed to state an error: drive farther, or take smaller squares"
        )
        return RefusedBand(band[0], len(samples), count, reason)
    form, left_out = _best_form(samples, blocks, options)
    design = form.design(samples)
    fit = fit_robustly(design, samples.excess_db)
    residual = samples.excess_db - design @ fit.coefficients
    return BandFit(
        band=band[0],
        technologies=tuple(sorted({str(name) for name in samples.technology})),
        correction=_correction(form, fit, samples, band, spread_db(left_out)),
        samples=len(samples),
        outliers=int(np.sum(fit.weights == 0)),
        blocks=count,
        bias_before_db=float(np.median(samples.excess_db)),
        rmse_before_db=_rms(samples.excess_db),
        rmse_after_db=_rms(residual),
        rmse_cross_validated_db=_rms(left_out),
        sigma_fit_db=fit.sigma_db,
        cells=_cell_errors(samples, residual),
    )


def _best_form(samples: LossSamples, blocks: NDArray[np.int64], options: FitOptions) -> tuple[_Form, _Floats]:
    """Return the simplest form that no richer one beats clearly, and its left-out residuals."""
    near, far = np.percentile(samples.distance_km, [5.0, 95.0])
    slopes = (False, True) if far >= options.smallest_span * near else (False,)
    clutter = _clutter_classes(samples, blocks, options)
    best: tuple[_Form, _Floats] | None = None
    for heights in ((), clutter) if clutter else ((),):
        for slope in slopes:
            form = _Form(slope, heights)
            try:
                residual = left_out_residuals(blocks, form.design(samples), samples.excess_db, _coefficients)
            except ValueError:  # some square holds all there is of a term: it cannot be tested
                continue
            if best is None or _is_better(residual, best[1], blocks, options):
                best = form, residual
    assert best is not None  # an offset alone can be fitted to any two squares
    return best


def _coefficients(design: _Floats, observed_db: _Floats) -> _Floats:
    return fit_robustly(design, observed_db).coefficients


def _is_better(new_db: _Floats, old_db: _Floats, blocks: NDArray[np.int64], options: FitOptions) -> bool:
    """Tell whether left-out errors fall by a worthwhile share, or by little but surely.

    Squares, not samples, are what is independent.
    """
    gain = np.bincount(blocks, weights=np.abs(old_db) - np.abs(new_db))
    total = float(gain.sum())
    standard_error = float(np.sqrt(len(gain) * np.var(gain, ddof=1)))
    share = total / max(float(np.abs(old_db).sum()), 1e-12)
    return share > options.worthwhile or total > max(options.certainty * standard_error, 0.0)


def _clutter_classes(samples: LossSamples, blocks: NDArray[np.int64], options: FitOptions) -> tuple[int, ...]:
    """Return the clutter heights that can have an offset; the commonest is what they are counted from."""
    heights, counts = np.unique(samples.clutter_m, return_counts=True)
    commonest = heights[np.argmax(counts)]
    return tuple(
        int(height)
        for height, count in zip(heights, counts, strict=True)
        if height != commonest
        and count >= options.fewest_samples
        and len(np.unique(blocks[samples.clutter_m == height])) >= options.fewest_blocks
    )


def _correction(
    form: _Form, fit: RobustFit, samples: LossSamples, band: tuple[str, float, float], sigma_db: float
) -> BandCorrection:
    slope = float(fit.coefficients[1]) if form.slope else 0.0
    clutter = fit.coefficients[1 + form.slope :].tolist()
    return BandCorrection(
        low_mhz=band[1],
        high_mhz=band[2],
        offset_db=float(fit.coefficients[0]),
        slope_db_per_decade=slope,
        from_km=float(samples.distance_km.min()),
        to_km=float(samples.distance_km.max()),
        clutter_offsets_db=tuple(zip(form.clutter_m, clutter, strict=True)),
        sigma_db=sigma_db,
    )


def _cell_errors(samples: LossSamples, residual: _Floats) -> tuple[CellError, ...]:
    out = []
    for cell in np.unique(samples.cell):
        own = residual[samples.cell == cell]
        # what the residual would be with the same gain in every direction
        bare = own + samples.pattern_db[samples.cell == cell]
        spread, bare_spread = spread_db(own - np.median(own)), spread_db(bare - np.median(bare))
        contradicts = len(own) >= _ENOUGH_TO_ACCUSE and bare_spread < _MUCH_BETTER * spread
        out.append(CellError(int(cell), len(own), float(np.median(own)), _rms(own), bool(contradicts)))
    return tuple(out)


def _rms(values: _Floats) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
