"""Who builds what, by which engineering rules, and what the plan is asked to reach."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .building.contract import CRITERIA
from .costs import LINES

__all__ = ["OBJECTIVES", "FundShare", "Phase", "SitingGoal", "SitingOptions", "band_ghz"]

OBJECTIVES = ("most_people", "least_cost")

Fault = tuple[str, str, str]
"""Option, value, what is expected."""


@dataclass(frozen=True)
class SitingOptions:
    """Who builds what, within which limits.

    Attributes
    ----------
    operator : str
        Who builds.
    technologies : tuple of str
        What a new station carries (an upgrade: those that the mast lacks).
    budget : float
        Currency of the cost model, capital and running cost over the horizon, discounted.
    reach_m : float
        A host counts as a candidate within this distance of a demand point that lacks service.
    share_of_people : float
        Share of a hamlet's people at covered points from which the hamlet counts as served, 0 … 1.
    hamlet_bonus : float
        A hamlet that becomes served adds this much value for each of its people who lacked service, on top
        of 1 for each person newly covered; so completed hamlets go before scattered clusters.
    time_limit_s, gap_target : float
        Of the solver.
    mandatory_hosts, forbidden_hosts : tuple of str
        Ids of masts and poles (or of candidates) that must, and must not, be used.
    new_mast_heights_m : tuple of float
        Heights of new towers.
    lower_height_share : float
        Besides the highest free place, antennas may hang at this share of it; 1 for no second height.
    coverage_range_m : float
        Levels are computed up to this distance from a candidate.
    top_margin_m : float
        Antennas of an upgrade, a pole or a new tower hang this far below the top.
    colocation_drop_m : float
        Antennas of a second tenant hang this far below the top, at least half-way up.
    route_factor : float
        Length of a cable or track over the straight distance.
    microwave_bands : tuple of (float, float)
        (km, GHz), rising: hops up to so many km use that frequency, which decides the Fresnel zone.
    fresnel_share : float
        Of the first Fresnel radius that must be free of terrain and clutter at k = 4/3.
    relay_sources : int
        Hops from other new stations that are tried for each host, the nearest clear ones.
    grid_reach_m : float
        A new tower within this distance of a hamlet with mains, or of a pole, is fed from the grid; farther
        off the cheaper of a power line and its own supply is taken.
    solar_technologies : int
        Off the grid, more technologies than these need a hybrid supply (solar and generator).
    small_station_power_dbm : float
        Largest power of a small station on a power pole, whole carrier (40 dBm: 10 W).
    new_positions_per_point, poles_per_point : int
        How many of the positions that see a demand point are kept.
    """

    operator: str
    technologies: tuple[str, ...]
    budget: float
    reach_m: float = 6000.0
    share_of_people: float = 0.95
    hamlet_bonus: float = 1.0
    time_limit_s: float = 60.0
    gap_target: float = 1e-4
    mandatory_hosts: tuple[str, ...] = ()
    forbidden_hosts: tuple[str, ...] = ()
    new_mast_heights_m: tuple[float, ...] = (30.0, 42.0, 60.0)
    lower_height_share: float = 0.5
    coverage_range_m: float = 10_000.0
    top_margin_m: float = 1.0
    colocation_drop_m: float = 5.0
    route_factor: float = 1.3
    microwave_bands: tuple[tuple[float, float], ...] = ((4.0, 23.0), (12.0, 15.0), (25.0, 7.5))
    fresnel_share: float = 0.6
    relay_sources: int = 12
    grid_reach_m: float = 600.0
    solar_technologies: int = 1
    small_station_power_dbm: float = 40.0
    new_positions_per_point: int = 6
    poles_per_point: int = 4

    def faults(self) -> list[Fault]:
        """Return (option, value, what is expected) for every value out of its range."""
        zero = {
            "budget", "hamlet_bonus", "gap_target", "top_margin_m", "colocation_drop_m", "fresnel_share",
            "relay_sources", "solar_technologies", "new_positions_per_point", "poles_per_point",
            "grid_reach_m",
        }  # fmt: skip
        faults = _number_faults(self, zero)
        for name, most in (("share_of_people", 1), ("lower_height_share", 1), ("fresnel_share", 1)):
            if getattr(self, name) > most:
                faults.append((name, f"{getattr(self, name):g}", f"a share of at most {most}"))
        if self.route_factor < 1:
            faults.append(("route_factor", f"{self.route_factor:g}", "a factor of at least 1"))
        if not self.technologies:
            faults.append(("technologies", "", "at least one technology"))
        if not all(math.isfinite(h) and h > 1 for h in self.new_mast_heights_m):
            faults.append(("new_mast_heights_m", str(list(self.new_mast_heights_m)), "heights above 1 m"))
        lengths, bands = [b[0] for b in self.microwave_bands], [b[1] for b in self.microwave_bands]
        if not lengths or lengths != sorted(set(lengths)) or not all(b > 0 for b in (*lengths, *bands)):
            expected = "pairs of km (rising) and GHz, each above 0"
            faults.append(("microwave_bands", str([list(b) for b in self.microwave_bands]), expected))
        both = sorted(set(self.mandatory_hosts) & set(self.forbidden_hosts))
        if both:
            faults.append(("forbidden_hosts", ", ".join(both), "hosts that are not mandatory as well"))
        return faults


def band_ghz(length_km: NDArray[np.float64], options: SitingOptions) -> NDArray[np.float64]:
    """Return the frequency of hops of these lengths; NaN for those longer than the last band reaches."""
    lengths = np.array([band[0] for band in options.microwave_bands])
    bands = np.array([*(band[1] for band in options.microwave_bands), np.nan])
    return np.asarray(bands[np.searchsorted(lengths, length_km)])


@dataclass(frozen=True)
class FundShare:
    """Money for some lines of the bills, such as tower, civils and power from a public fund.

    Attributes
    ----------
    name : str
    limit : float
        Present value.
    lines : tuple of str
        Of `costs.LINES`.
    """

    name: str
    limit: float
    lines: tuple[str, ...] = LINES


@dataclass(frozen=True)
class Phase:
    """What may be spent up to the end of a year, all years before included.

    Attributes
    ----------
    year : int
    budget : float
        Present value, of this year alone.
    """

    year: int
    budget: float


@dataclass(frozen=True)
class SitingGoal:
    """What the plan is asked to reach; every limit holds at once.

    Attributes
    ----------
    objective : {"most_people", "least_cost"}
    target_share : float
        Least cost: share of the hamlets in need that must become served, 0 … 1.
    funds : tuple of FundShare
        None: the budget alone limits.
    phases : tuple of Phase
        None: everything at once.
    minimum_sharing : float
        Stations on somebody else's structure ÷ stations, at least.
    maximum_stations : int or None
    maximum_hops : int
        Microwave hops between a new station and what is on air, 1 … 3.
    mandatory_hamlets, forbidden_hamlets : tuple of str
        Ids of hamlets that must be served, and that earn nothing.
    commune_minimum : mapping of str to int
        Hamlets that must become served in a commune.
    second_criteria : tuple of str or None
        What decides between plans that are equal so far (`building.CRITERIA`); None: cost, or value.
    frontier : tuple of float
        Budgets at which the plan is made again.
    robustness : bool
        Make the plan again for other location probabilities and for other levels.
    robust_probabilities : tuple of float
    robust_shifts_db : tuple of float
    """

    objective: str = "most_people"
    target_share: float = 1.0
    funds: tuple[FundShare, ...] = ()
    phases: tuple[Phase, ...] = ()
    minimum_sharing: float = 0.0
    maximum_stations: int | None = None
    maximum_hops: int = 3
    mandatory_hamlets: tuple[str, ...] = ()
    forbidden_hamlets: tuple[str, ...] = ()
    commune_minimum: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    second_criteria: tuple[str, ...] | None = None
    frontier: tuple[float, ...] = ()
    robustness: bool = False
    robust_probabilities: tuple[float, ...] = (0.5, 0.75, 0.9)
    robust_shifts_db: tuple[float, ...] = (-6.0, 0.0, 6.0)

    def faults(self) -> list[Fault]:
        """Return (key, value, what is expected) for everything that cannot be asked for."""
        faults: list[Fault] = []
        if self.objective not in OBJECTIVES:
            faults.append(("objective", self.objective, " or ".join(OBJECTIVES)))
        for name in ("target_share", "minimum_sharing"):
            if not 0 <= getattr(self, name) <= 1:
                faults.append((name, f"{getattr(self, name):g}", "a share, 0 … 1"))
        if self.maximum_hops not in (1, 2, 3):
            faults.append(("maximum_hops", str(self.maximum_hops), "1, 2 or 3"))
        if self.maximum_stations is not None and self.maximum_stations < 0:
            faults.append(("maximum_stations", str(self.maximum_stations), "a number >= 0"))
        if any(not 0 < p < 1 for p in self.robust_probabilities):
            faults.append(("robust_probabilities", str(list(self.robust_probabilities)), "between 0 and 1"))
        if any(not (budget >= 0 and math.isfinite(budget)) for budget in self.frontier):
            faults.append(("frontier", str(list(self.frontier)), "budgets >= 0"))
        unknown = sorted(set(self.second_criteria or ()) - set(CRITERIA))
        if unknown:
            faults.append(("second_criteria", ", ".join(unknown), f"some of {', '.join(CRITERIA)}"))
        both = sorted(set(self.mandatory_hamlets) & set(self.forbidden_hamlets))
        if both:
            expected = "hamlets that are not mandatory as well"
            faults.append(("forbidden_hamlets", ", ".join(both), expected))
        for commune, count in self.commune_minimum.items():
            if count < 0:
                faults.append((f"commune_minimum.{commune}", str(count), "a number of hamlets >= 0"))
        return faults + self._fund_faults() + self._phase_faults()

    def _fund_faults(self) -> list[Fault]:
        faults: list[Fault] = []
        names = [fund.name for fund in self.funds]
        for name in sorted({n for n in names if names.count(n) > 1}):
            faults.append(("funds", name, "a name of its own for each fund"))
        for fund in self.funds:
            if not fund.limit >= 0:
                faults.append(("funds", f"{fund.name}: {fund.limit:g}", "a limit >= 0"))
            for line in sorted(set(fund.lines) - set(LINES)):
                faults.append(("funds", f"{fund.name}: {line}", f"cost lines among {', '.join(LINES)}"))
        if self.funds:
            unpaid = [line for line in LINES if not any(line in fund.lines for fund in self.funds)]
            if unpaid:
                faults.append(("funds", ", ".join(unpaid), "a fund that may pay for each cost line"))
        return faults

    def _phase_faults(self) -> list[Fault]:
        years = [phase.year for phase in self.phases]
        faults: list[Fault] = []
        if years != sorted(set(years)):
            faults.append(("phases", ", ".join(map(str, years)), "years that rise, each once"))
        for phase in self.phases:
            if not (phase.budget >= 0 and math.isfinite(phase.budget)):
                faults.append(("phases", f"{phase.year}: {phase.budget:g}", "a budget >= 0"))
        return faults


def _number_faults(options: SitingOptions, may_be_zero: set[str]) -> list[Fault]:
    faults: list[Fault] = []
    for item in fields(options):
        value = getattr(options, item.name)
        if not isinstance(value, (int, float)):
            continue
        if math.isnan(value) or value < 0:
            faults.append((item.name, f"{value:g}", "a number >= 0"))
        elif value == 0 and item.name not in may_be_zero:
            faults.append((item.name, f"{value:g}", "a number > 0"))
    return faults
