"""What single changes may be tried for a point without service, and who may build what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .remedy_prices import RemedyPrices

__all__ = ["NewCarriers", "RemedyLimits"]


@dataclass(frozen=True)
class NewCarriers:
    """What may be built new, on a mast that stands or on a new one.

    Attributes
    ----------
    technologies : tuple of str
        A technology that is being switched off is not among them.
    licensed : mapping of technology to tuple of operators
        Who may build it beside those that run it in the data.
    """

    technologies: tuple[str, ...] = ("4G", "5G")
    licensed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class RemedyLimits:
    """What may be tried.

    Attributes
    ----------
    tilts_deg : tuple of float
        Electrical tilts, down positive.
    height_step_m, height_most_m : float
        Heights added to the antenna, in steps, up to the most.
    masts : int
        Nearest masts on air to which a carrier may be added.
    station_heights_m : tuple of float
        Antennas of a new station.
    station_reach_m : tuple of float
        A new station stands on the highest ground within one of these distances, at least 100 m away.
    prices : RemedyPrices or None
        None: nothing is priced, and the least effort goes for the cheapest.
    new_carriers : NewCarriers
    """

    tilts_deg: tuple[float, ...] = tuple(float(t) for t in range(13))
    height_step_m: float = 5.0
    height_most_m: float = 60.0
    masts: int = 6
    station_heights_m: tuple[float, ...] = (42.0,)
    station_reach_m: tuple[float, ...] = (500.0, 1000.0, 2000.0)
    prices: RemedyPrices | None = None
    new_carriers: NewCarriers = field(default_factory=NewCarriers)
