"""``[siting]`` and ``[siting_rules]`` of the project file: what is asked of new stations; how one builds."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["FundSection", "PhaseSection", "SitingRulesSection", "SitingSection", "WeightsSection"]

Technology = Literal["2G", "3G", "4G", "5G"]
CostLineName = Literal["tower", "civils", "tenancy", "radio", "backhaul", "power", "access"]
Criterion = Literal[
    "least_cost", "most_value", "fewest_stations", "fewest_towers", "most_shared", "double_cover", "centres"
]  # fmt: skip
_LINES: tuple[CostLineName, ...] = ("tower", "civils", "tenancy", "radio", "backhaul", "power", "access")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FundSection(_Section):
    """One of ``[[siting.funds]]``: money for some lines of the bills."""

    name: str = Field(min_length=1)
    limit: float = Field(ge=0)
    """Present value, in the currency of the costs."""
    lines: tuple[CostLineName, ...] = _LINES
    """What it may pay for; default: everything."""


class PhaseSection(_Section):
    """One of ``[[siting.phases]]``: what may be spent in a year."""

    year: int = Field(ge=1990, le=2200)
    budget: float = Field(ge=0, allow_inf_nan=False)


class WeightsSection(_Section):
    """``[siting.weights]``: how much more a person counts in such hamlets; factors are multiplied."""

    poor: float = Field(default=1.0, ge=0, le=100)
    border: float = Field(default=1.0, ge=0, le=100)
    ethnic_minority: float = Field(default=1.0, ge=0, le=100)
    centre: float = Field(default=1.0, ge=0, le=100)
    """Of people at the hamlet's centre, against those at its clusters."""


class SitingSection(_Section):
    """``[siting]``: who builds what, and what the plan is asked to reach."""

    operator: str | None = None
    """Who builds; default: the first of [operators]."""
    technologies: tuple[Technology, ...] = Field(default=("4G",), min_length=1)
    target: Literal["dead_zones", "voice", "broadband", "4G"] = "dead_zones"
    """What the hamlets lack that the new stations must bring."""
    objective: Literal["most_people", "least_cost"] = "most_people"
    target_share: float = Field(default=1.0, ge=0, le=1)
    """Least cost: share of the hamlets in need that must become served."""
    budget: float = Field(default=20_000.0, ge=0)
    """Million dong, capital and running cost over the horizon, discounted. Least cost: only where given."""
    funds: tuple[FundSection, ...] = ()
    phases: tuple[PhaseSection, ...] = ()
    minimum_sharing: float = Field(default=0.0, ge=0, le=1)
    """Stations on somebody else's structure ÷ new stations, at least."""
    maximum_stations: int | None = Field(default=None, ge=0)
    maximum_hops: int = Field(default=3, ge=1, le=3)
    mandatory_hosts: tuple[str, ...] = ()
    forbidden_hosts: tuple[str, ...] = ()
    mandatory_hamlets: tuple[str, ...] = ()
    forbidden_hamlets: tuple[str, ...] = ()
    commune_minimum: dict[str, int] = {}
    """Hamlets that must become served, by commune."""
    hamlet_bonus: float = Field(default=1.0, ge=0, le=1000)
    """Added for each person of a hamlet that becomes served as a whole, on top of 1."""
    weights: WeightsSection = WeightsSection()
    second_criteria: tuple[Criterion, ...] | None = None
    """What decides between equal plans, the first before the second; default: the cheaper, or the better."""
    frontier: tuple[float, ...] = ()
    """Further budgets for which the plan is made."""
    robustness: bool = False
    """Make the plan again at 50, 75 and 90 % location probability and at ± 6 dB ([siting_rules])."""
    candidate_reach_km: float = Field(default=6.0, gt=0, le=30)
    time_limit_s: float = Field(default=60.0, gt=0)
    gap_target: float = Field(default=1e-4, ge=0, lt=1)

    @field_validator("frontier")
    @classmethod
    def _budgets(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not budget >= 0 for budget in value):
            raise ValueError("budgets of 0 or more")
        return value

    @field_validator("funds")
    @classmethod
    def _names_of_their_own(cls, value: tuple[FundSection, ...]) -> tuple[FundSection, ...]:
        names = [fund.name for fund in value]
        if len(set(names)) < len(names):
            raise ValueError("a name of its own for each fund")
        unpaid = [line for line in _LINES if value and not any(line in fund.lines for fund in value)]
        if unpaid:
            raise ValueError(f"a fund that may pay for {', '.join(unpaid)}")
        return value

    @field_validator("phases")
    @classmethod
    def _years_rise(cls, value: tuple[PhaseSection, ...]) -> tuple[PhaseSection, ...]:
        years = [phase.year for phase in value]
        if years != sorted(set(years)):
            raise ValueError("years that rise, each once")
        return value

    @field_validator("commune_minimum")
    @classmethod
    def _none_below_zero(cls, value: dict[str, int]) -> dict[str, int]:
        if any(count < 0 for count in value.values()):
            raise ValueError("numbers of hamlets, 0 or more")
        return value

    @model_validator(mode="after")
    def _no_contradiction(self) -> SitingSection:
        for what in ("hosts", "hamlets"):
            mandatory, forbidden = (getattr(self, f"{how}_{what}") for how in ("mandatory", "forbidden"))
            both = sorted(set(mandatory) & set(forbidden))
            if both:
                raise ValueError(f"{what} that are mandatory or forbidden, not both: {', '.join(both)}")
        return self


class SitingRulesSection(_Section):
    """``[siting_rules]``: engineering rules of new stations; ``preset`` fills what is not given."""

    preset: str = "rural-2026"
    source: str
    date: date
    status: str
    new_mast_heights_m: tuple[float, ...]
    lower_height_share: float = Field(gt=0, le=1)
    """A second height of antennas on a mast, as a share of the highest free place; 1 for none."""
    top_margin_m: float = Field(ge=0, le=50)
    colocation_drop_m: float = Field(ge=0, le=50)
    coverage_range_km: float = Field(gt=0, le=100)
    route_factor: float = Field(ge=1, le=5)
    microwave_bands: tuple[tuple[float, float], ...] = Field(min_length=1)
    """[km, GHz]: hops up to so many km use that band."""
    fresnel_share: float = Field(ge=0, le=1)
    relay_sources: int = Field(ge=0, le=100)
    grid_reach_m: float = Field(ge=0, le=20_000)
    solar_technologies: int = Field(ge=0, le=4)
    small_station_power_dbm: float = Field(gt=0, le=60)
    new_positions_per_point: int = Field(ge=0, le=100)
    poles_per_point: int = Field(ge=0, le=100)
    robust_probabilities: tuple[float, ...]
    robust_shifts_db: tuple[float, ...]

    @field_validator("new_mast_heights_m")
    @classmethod
    def _towers(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 1 < height <= 150 for height in value):
            raise ValueError("heights above 1 m, 150 m at most")
        return tuple(sorted(set(value)))

    @field_validator("microwave_bands")
    @classmethod
    def _bands_rise(cls, value: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        lengths = [length for length, _ in value]
        if lengths != sorted(set(lengths)) or any(not (km > 0 and ghz > 0) for km, ghz in value):
            raise ValueError("pairs of km (rising) and GHz, each above 0")
        return value

    @field_validator("robust_probabilities")
    @classmethod
    def _probabilities(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < p < 1 for p in value):
            raise ValueError("probabilities between 0 and 1")
        return value
