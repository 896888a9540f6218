"""Antenna patterns: gain towards a direction, with mechanical and electrical tilt."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["BUILT_IN", "SAMPLES", "AntennaPattern", "built_in_pattern", "gain_dbi", "pattern_from_cuts"]

SAMPLES = 3600
"""Samples of a cut, one each 0.1°: linear reading between them is within 0.0003 dB of 3GPP's parabolas."""


@dataclass(frozen=True)
class AntennaPattern:
    """Gain and two cuts of an antenna; the attenuation of a direction is the sum of both, limited.

    Attributes
    ----------
    name : str
        What the column ``antenna`` of a cell says.
    gain_dbi : float
        In the direction of the main lobe.
    horizontal_db, vertical_db : ndarray of float64, (3600,)
        Attenuation ≥ 0 dB each 0.1°. Horizontal: clockwise from boresight. Vertical: 0 boresight, 90 straight
        down, 180 backwards, 270 straight up.
    limit_db : float
        Upper limit of the sum of both cuts (front-to-back ratio); infinite for none.
    electrical_tilt_in_cut : bool
        The vertical cut already contains the electrical tilt (measured patterns): a cell's electrical tilt is
        then not applied again.
    source : str
        Where the numbers come from.
    """

    name: str
    gain_dbi: float
    horizontal_db: NDArray[np.float64]
    vertical_db: NDArray[np.float64]
    limit_db: float = math.inf
    electrical_tilt_in_cut: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        for cut in (self.horizontal_db, self.vertical_db):
            if cut.shape != (SAMPLES,) or not np.all(cut >= 0):  # NaN fails too
                raise ValueError(f"pattern {self.name!r}: a cut needs {SAMPLES} attenuations ≥ 0 dB")
        if not math.isfinite(self.gain_dbi) or not self.limit_db >= 0:
            raise ValueError(f"pattern {self.name!r}: the gain must be finite and the limit ≥ 0 dB")

    @property
    def is_omnidirectional(self) -> bool:
        """The horizontal cut varies by at most 3 dB: the azimuth hardly matters."""
        return float(np.ptp(self.horizontal_db)) <= 3.0


def pattern_from_cuts(
    name: str,
    gain_dbi: float,
    horizontal_db: ArrayLike,
    vertical_db: ArrayLike,
    *,
    source: str = "",
) -> AntennaPattern:
    """Return the pattern of a measured antenna, such as an MSI/Planet file.

    Parameters
    ----------
    name : str
    gain_dbi : float
        Over an isotropic antenna (not dBd).
    horizontal_db, vertical_db : array_like, (n,)
        Attenuation ≥ 0 dB at n equal steps of 360°/n from boresight; vertical 90 = straight down.
    source : str
        File or vendor.

    Returns
    -------
    AntennaPattern
        Its electrical tilt is in the vertical cut.
    """
    return AntennaPattern(
        name=name,
        gain_dbi=float(gain_dbi),
        horizontal_db=_resample(horizontal_db),
        vertical_db=_resample(vertical_db),
        electrical_tilt_in_cut=True,
        source=source,
    )


def _resample(cut_db: ArrayLike) -> NDArray[np.float64]:
    cut = np.asarray(cut_db, dtype=np.float64)
    angle = np.arange(SAMPLES) * (360.0 / SAMPLES)
    return np.interp(angle, np.arange(len(cut)) * (360.0 / len(cut)), cut, period=360.0)


def _parabola(beamwidth_deg: float, maximum_db: float) -> NDArray[np.float64]:
    """Return min(12 (θ/θ3dB)², A_max), the form of all three 3GPP reports."""
    angle = (np.arange(SAMPLES) * (360.0 / SAMPLES) + 180.0) % 360.0 - 180.0
    return np.minimum(12.0 * (angle / beamwidth_deg) ** 2, maximum_db)


def _tr_36_814() -> AntennaPattern:
    return AntennaPattern(
        "3gpp-36.814",
        15.0,
        _parabola(70.0, 25.0),
        _parabola(10.0, 20.0),
        limit_db=25.0,
        source="3GPP TR 36.814 table A.2.1.1-2 (70°, 10°, A_m 25 dB, SLA_v 20 dB); 15 dBi as in TR 36.942",
    )


def _tr_36_942() -> AntennaPattern:
    return AntennaPattern(
        "3gpp-36.942",
        15.0,
        _parabola(65.0, 20.0),
        np.zeros(SAMPLES),
        limit_db=20.0,
        source="3GPP TR 36.942 section 4.2.1 (65°, A_m 20 dB, 15 dBi, no vertical pattern)",
    )


def _tr_38_901() -> AntennaPattern:
    return AntennaPattern(
        "3gpp-38.901",
        8.0,
        _parabola(65.0, 30.0),
        _parabola(65.0, 30.0),
        limit_db=30.0,
        source="3GPP TR 38.901 table 7.3-1, one element (65°/65°, 30 dB, 8 dBi)",
    )


def _omni() -> AntennaPattern:
    zero = np.zeros(SAMPLES)
    source = "3GPP TR 36.814 table A.2.1.1.2-3, pico and hot zone (0 dB in every direction, 5 dBi)"
    return AntennaPattern("omni", 5.0, zero, zero, source=source)


_MAKERS: dict[str, Callable[[], AntennaPattern]] = {
    "3gpp-36.814": _tr_36_814,
    "3gpp-36.942": _tr_36_942,
    "3gpp-38.901": _tr_38_901,
    "omni": _omni,
}
BUILT_IN = tuple(_MAKERS)
"""Names of the patterns that need no file."""


def built_in_pattern(name: str) -> AntennaPattern:
    """Return the built-in pattern `name`, one of `BUILT_IN`.

    Raises
    ------
    KeyError
        There is no such pattern.
    """
    return _MAKERS[name]()


def gain_dbi(
    pattern: AntennaPattern,
    azimuth_off_deg: ArrayLike,
    elevation_deg: ArrayLike,
    mechanical_tilt_deg: float = 0.0,
    electrical_tilt_deg: float = 0.0,
) -> NDArray[np.float64]:
    """Return the gain towards directions seen from the antenna.

    Mechanical tilt turns the whole antenna about the horizontal axis across its boresight: it lifts the back
    lobe and leaves the sides. Electrical tilt moves the vertical cut only, at every azimuth alike.

    Parameters
    ----------
    pattern : AntennaPattern
    azimuth_off_deg : array_like
        Azimuth of the direction less that of the boresight, clockwise.
    elevation_deg : array_like
        Above the horizon positive, -90 … 90.
    mechanical_tilt_deg, electrical_tilt_deg : float
        Positive is down.

    Returns
    -------
    ndarray of float64
        Gain over an isotropic antenna (dBi), of the broadcast shape of both angles.
    """
    azimuth, elevation = np.radians(azimuth_off_deg), np.radians(elevation_deg)
    tilt = math.radians(mechanical_tilt_deg)
    forward, up = np.cos(elevation) * np.cos(azimuth), np.sin(elevation)
    right = np.cos(elevation) * np.sin(azimuth)
    turned_forward = forward * math.cos(tilt) - up * math.sin(tilt)
    turned_up = forward * math.sin(tilt) + up * math.cos(tilt)
    around = np.degrees(np.arctan2(right, turned_forward))
    below = -np.degrees(np.arctan2(turned_up, np.hypot(turned_forward, right)))
    shift = 0.0 if pattern.electrical_tilt_in_cut else electrical_tilt_deg
    attenuation = _read(pattern.horizontal_db, around) + _read(pattern.vertical_db, below - shift)
    return pattern.gain_dbi - np.minimum(attenuation, pattern.limit_db)


def _read(cut_db: NDArray[np.float64], angle_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    position = np.mod(angle_deg, 360.0) * (SAMPLES / 360.0)
    lower = np.floor(position)
    index = lower.astype(np.int64) % SAMPLES
    return cut_db[index] + (position - lower) * (cut_db[(index + 1) % SAMPLES] - cut_db[index])
