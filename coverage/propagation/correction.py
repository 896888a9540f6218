"""What measurements add to the model's loss: per band an offset, a slope, offsets by clutter class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["BandCorrection", "LossCorrection"]


@dataclass(frozen=True)
class BandCorrection:
    """Correction of one band: offset + slope · log10(d / 1 km) + offset of the receiver's clutter class.

    Attributes
    ----------
    low_mhz, high_mhz : float
        It holds for low ≤ f < high.
    offset_db : float
        Added to the loss at 1 km; positive where the model is too optimistic.
    slope_db_per_decade : float
        Change with each tenfold distance.
    from_km, to_km : float
        Distances that were measured; the slope is not carried on beyond them, the end values hold there.
    clutter_offsets_db : tuple of (int, float)
        By clutter height (m, rounded) at the receiver; heights that are not listed have none.
    sigma_db : float
        Robust standard deviation of measured less corrected levels where nothing was fitted.
    """

    low_mhz: float
    high_mhz: float
    offset_db: float
    slope_db_per_decade: float
    from_km: float
    to_km: float
    clutter_offsets_db: tuple[tuple[int, float], ...]
    sigma_db: float

    def loss_db(self, distance_km: ArrayLike, clutter_m: ArrayLike | None = None) -> NDArray[np.float64]:
        """Return what is added to the loss (dB), of the broadcast shape of both arrays.

        Parameters
        ----------
        distance_km : array_like
            From the antenna, ≥ 0.
        clutter_m : array_like, optional
            Clutter height at the receiver.
        """
        clipped = np.clip(np.asarray(distance_km, dtype=np.float64), self.from_km, self.to_km)
        out = self.offset_db + self.slope_db_per_decade * np.log10(clipped)
        if clutter_m is not None and self.clutter_offsets_db:
            height = np.rint(np.asarray(clutter_m, dtype=np.float64))
            for listed_m, offset_db in self.clutter_offsets_db:
                out = out + np.where(height == listed_m, offset_db, 0.0)
        return np.asarray(out)

    @property
    def greatest_gain_db(self) -> float:
        """How much less than the model's the loss can become anywhere; ≥ 0."""
        ends = self.offset_db + self.slope_db_per_decade * np.log10([self.from_km, self.to_km])
        clutter = min([0.0, *(offset for _, offset in self.clutter_offsets_db)])
        return max(0.0, -(float(ends.min()) + clutter))


@dataclass(frozen=True)
class LossCorrection:
    """Corrections of all bands that were measured; other frequencies keep the model's loss."""

    bands: tuple[BandCorrection, ...]

    def band(self, frequency_mhz: float) -> BandCorrection | None:
        """Return the correction at a frequency; None where there is none."""
        for band in self.bands:
            if band.low_mhz <= frequency_mhz < band.high_mhz:
                return band
        return None

    def greatest_gain_db(self, frequency_mhz: float) -> float:
        """Return how much less than the model's the loss can become at a frequency; ≥ 0."""
        band = self.band(frequency_mhz)
        return 0.0 if band is None else band.greatest_gain_db
