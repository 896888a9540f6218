"""Why a hamlet is not served: its best candidate server, the decibels short, and what takes them away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .cells import CellTable, PointLevels, TechnologyRule
from .propagation.p1812 import basic_transmission_loss
from .propagation.p1812_diffraction import SPEED_OF_LIGHT_M_GHZ, knife_edge_db
from .propagation.p1812_geometry import Profile, effective_earth_radius_km
from .propagation.terrain import PropagationSettings

__all__ = ["Candidate", "Obstacle", "best_candidate", "main_cause", "main_obstacle", "obstacle_loss_db"]

# Clear of the line of sight in units of v: eq. (12) is zero from here on (0.55 of the first Fresnel zone).
_CLEARANCE = -0.78


@dataclass(frozen=True)
class Candidate:
    """The cell that comes nearest to serving a point.

    Attributes
    ----------
    cell : int
        Index in the `CellTable`.
    level_dbm : float
        Median level at the point.
    loss_db : float
        Basic transmission loss of the path.
    short_db : float
        How much the level lacks to satisfy threshold and probability; negative where it does.
    """

    cell: int
    level_dbm: float
    loss_db: float
    short_db: float


@dataclass(frozen=True)
class Obstacle:
    """The point of a profile that stands highest in the way.

    Attributes
    ----------
    index : int
        Point of the profile.
    distance_km : float
        From the transmitter.
    height_m : float
        Of ground and clutter, above sea level.
    over_line_m : float
        Above the straight line between the antennas over the median curved earth; negative below it.
    nu : float
        Diffraction parameter v, P.1812 eq. (16).
    knife_edge_db : float
        Loss of a single knife edge in its place, eq. (12).
    """

    index: int
    distance_km: float
    height_m: float
    over_line_m: float
    nu: float
    knife_edge_db: float


def best_candidate(
    point: int,
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    use: NDArray[np.bool_],
) -> Candidate | None:
    """Return the heard cell with the fewest decibels short (lowest index on a tie); None if none is heard.

    Parameters
    ----------
    point : int
        Index in the `PointTable`.
    levels : PointLevels
        Sorted by point.
    cells : CellTable
    technologies : mapping of technology to TechnologyRule
        Those that would do.
    use : ndarray of bool, (cells,)
        On air, and of the operators asked for.
    """
    ends = np.array([point, point + 1], dtype=levels.point.dtype)  # another type would copy the whole table
    part = slice(*np.searchsorted(levels.point, ends))
    found: Candidate | None = None
    for cell, level, loss in zip(
        levels.cell[part], levels.level_dbm[part], levels.loss_db[part], strict=True
    ):
        rule = technologies.get(str(cells.technology[cell]))
        if rule is None or not use[cell] or np.isnan(level):
            continue
        short = rule.threshold_dbm + rule.sigma_db * float(ndtri(rule.probability)) - float(level)
        if found is None or (short, int(cell)) < (found.short_db, found.cell):
            found = Candidate(int(cell), float(level), float(loss), short)
    return found


def main_obstacle(
    profile: Profile, tx_height_m: float, rx_height_m: float, frequency_mhz: float, delta_n: float = 45.0
) -> Obstacle:
    """Find the point between the antennas with the largest diffraction parameter, P.1812 eq. (16).

    Parameters
    ----------
    profile : Profile
    tx_height_m, rx_height_m : float
        Antennas above ground.
    frequency_mhz : float
    delta_n : float
        Refractivity lapse rate (N-units/km), for the effective earth radius, eq. (7a).
    """
    over = _over_line_m(profile, tx_height_m, rx_height_m, delta_n)
    nu = over * _nu_per_metre(profile, frequency_mhz)
    index = int(np.argmax(nu)) + 1
    value = float(nu[index - 1])
    return Obstacle(
        index,
        float(profile.distance_km[index]),
        float(profile.surface_m[index]),
        float(over[index - 1]),
        value,
        knife_edge_db(value),
    )


def obstacle_loss_db(
    profile: Profile,
    obstacle: Obstacle,
    tx_height_m: float,
    rx_height_m: float,
    frequency_mhz: float,
    settings: PropagationSettings,
    latitude_deg: float,
) -> float:
    """Return what the obstacle costs: the loss of the path less that of the path with it cut away.

    Cut away means that the whole hill around it, as far as it reaches into the clear zone below the line of
    sight (v > -0.78), is lowered to that zone's edge; the rest of the terrain stays.

    Parameters
    ----------
    profile, tx_height_m, rx_height_m, frequency_mhz
        As for `main_obstacle`.
    obstacle : Obstacle
        From `main_obstacle`.
    settings : PropagationSettings
    latitude_deg : float
        Of the path centre.
    """
    cut = _without_hill(profile, obstacle, tx_height_m, rx_height_m, frequency_mhz, settings.delta_n)

    def loss(ground: Profile) -> float:
        return basic_transmission_loss(
            ground, frequency_mhz / 1000.0, tx_height_m, rx_height_m, time_percent=settings.time_percent,
            delta_n=settings.delta_n, n0=settings.n0, polarisation=settings.polarisation,
            latitude_deg=latitude_deg,
        ).lb_db  # fmt: skip

    return loss(profile) - loss(cut)


def main_cause(short_db: float, excess_db: float, off_axis_db: float, obstacle_db: float) -> str:
    """Name what keeps the candidate from serving: "distance", "direction" or "obstacle".

    "distance" where even free space and the antenna's boresight would not do, so nothing on the way is to
    blame; "direction" where turning the antenna gains more than taking the obstacle away and is either enough
    or more than the ground takes altogether; else "obstacle" (the worst, where several hills share it).

    Parameters
    ----------
    short_db : float
        From `Candidate`.
    excess_db : float
        Loss of the path above free space.
    off_axis_db : float
        Antenna gain at boresight less that towards the point.
    obstacle_db : float
        From `obstacle_loss_db`.
    """
    if short_db > excess_db + off_axis_db:
        return "distance"
    telling = off_axis_db >= short_db or off_axis_db >= excess_db
    return "direction" if off_axis_db > obstacle_db and telling else "obstacle"


def _inner_km(profile: Profile) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances of the points between the ends from the transmitter and to the receiver."""
    distance = profile.distance_km[1:-1]
    return distance, profile.length_km - distance


def _line_m(profile: Profile, tx_height_m: float, rx_height_m: float, delta_n: float) -> NDArray[np.float64]:
    """Height of the line of sight above sea level, the earth's bulge taken off, between the ends."""
    from_tx, to_rx = _inner_km(profile)
    hts, hrs = profile.height_m[0] + tx_height_m, profile.height_m[-1] + rx_height_m
    bulge = 500.0 / effective_earth_radius_km(delta_n) * from_tx * to_rx
    return np.asarray((hts * to_rx + hrs * from_tx) / profile.length_km - bulge)


def _over_line_m(
    profile: Profile, tx_height_m: float, rx_height_m: float, delta_n: float
) -> NDArray[np.float64]:
    return profile.surface_m[1:-1] - _line_m(profile, tx_height_m, rx_height_m, delta_n)


def _nu_per_metre(profile: Profile, frequency_mhz: float) -> NDArray[np.float64]:
    from_tx, to_rx = _inner_km(profile)
    wavelength = SPEED_OF_LIGHT_M_GHZ / (frequency_mhz / 1000.0)
    return np.sqrt(0.002 * profile.length_km / (wavelength * from_tx * to_rx))


def _without_hill(
    profile: Profile,
    obstacle: Obstacle,
    tx_height_m: float,
    rx_height_m: float,
    frequency_mhz: float,
    delta_n: float,
) -> Profile:
    edge = _CLEARANCE / _nu_per_metre(profile, frequency_mhz)
    ceiling = _line_m(profile, tx_height_m, rx_height_m, delta_n) + edge
    above = profile.surface_m[1:-1] > ceiling
    first = last = obstacle.index - 1
    while first > 0 and above[first - 1]:
        first -= 1
    while last < len(above) - 1 and above[last + 1]:
        last += 1
    hill = slice(first + 1, last + 2)
    height, clutter = profile.height_m.copy(), profile.clutter_m.copy()
    lowered = np.minimum(profile.surface_m[hill], ceiling[first : last + 1])
    height[hill], clutter[hill] = np.minimum(height[hill], lowered), 0.0
    return replace(profile, height_m=height, clutter_m=clutter)
