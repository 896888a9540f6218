"""Sections of the project file that say by which rules: criteria, propagation, costs, duties, remedies."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, field_validator

from .project_sections import Section

__all__ = [
    "CostsSection",
    "CriteriaSection",
    "DutySection",
    "MeasurementsSection",
    "NewCarriersSection",
    "PropagationModelName",
    "PropagationSection",
    "RemediesSection",
    "SharingSection",
    "Technology",
    "TechnologySection",
    "UpgradesSection",
]

Technology = Literal["2G", "3G", "4G", "5G"]
PropagationModelName = Literal[
    "p1812-8",
    "free-space",
    "okumura-hata",
    "okumura-hata-large-city",
    "okumura-hata-suburban",
    "okumura-hata-open",
    "cost231-hata",
    "cost231-hata-metropolitan",
    "extended-hata",
    "extended-hata-suburban",
    "extended-hata-open",
    "38901-rma",
    "38901-rma-los",
    "38901-rma-nlos",
    "38901-uma",
    "38901-uma-los",
    "38901-uma-nlos",
]


class TechnologySection(Section):
    """``[technologies.4G]``: overrides of the criteria preset for one technology."""

    threshold_dbm: float | None = Field(default=None, ge=-160, le=0)
    probability: float | None = Field(default=None, gt=0, lt=1)


class CriteriaSection(Section):
    """``[criteria]``: the rule that tells served from dead; ``preset`` fills what is not given."""

    preset: str = "province"
    probability: float = Field(gt=0, lt=1)
    share_of_people: float = Field(gt=0, le=1)
    sigma_model_db: float = Field(gt=0, le=30)
    threshold_dbm: dict[Technology, float]
    voice: tuple[Technology, ...]
    broadband: tuple[Technology, ...]
    source: str
    date: date
    status: str


class PropagationSection(Section):
    """``[propagation]``: the model, ITU-R P.1812-8 by default, and how far it is computed."""

    model: PropagationModelName = "p1812-8"
    """One of `coverage.propagation.models`; all but P.1812 know medians only and follow no terrain."""
    time_percent: float = Field(default=50.0, ge=1, le=50)
    delta_n: float = Field(default=45.0, gt=0, le=120)
    n0: float = Field(default=325.0, ge=250, le=450)
    polarisation: Literal["horizontal", "vertical"] = "vertical"
    receiver_height_m: float = Field(default=1.5, ge=1.0, le=3000)
    maximum_range_km: float = Field(default=20.0, gt=0, le=100)
    body_loss_db: float = Field(default=0.0, ge=0, le=30)
    calibration: str | None = None
    """File of ``phusong calibrate``: its corrections and σ take the place of the assumed ones."""
    building: Literal["traditional", "thermally-efficient"] = "traditional"
    """Of P(covered) indoors: ITU-R P.2109-2."""
    load: float = Field(default=0.5, ge=0, le=1)
    """Of the other cells, for SINR."""
    noise_figure_db: float = Field(default=7.0, ge=0, le=30)
    bcch_reuse: float = Field(default=12.0, ge=1, le=100)
    """Carriers of a 2G band whose cells give the band in place of their BCCH frequency, for C/I."""


class CostsSection(Section):
    """``[costs]``: million dong; ``preset`` fills what is not given."""

    preset: str = "rural-2024"
    source: str
    date: date
    status: str
    currency: str
    horizon_years: int = Field(ge=1, le=50)
    discount_rate: float = Field(ge=0, lt=1)
    opex_share_of_capex: float = Field(ge=0, lt=1)
    new_tower: float = Field(ge=0)
    tower_per_m: float = Field(ge=0)
    civil_works: float = Field(ge=0)
    pole_adaptation: float = Field(ge=0)
    radio_per_technology: float = Field(ge=0)
    remote_sector: float = Field(ge=0)
    tenancy_per_year: float = Field(ge=0)
    pole_rent_per_year: float = Field(ge=0)
    land_per_year: float = Field(ge=0)
    fibre_per_km: float = Field(ge=0)
    microwave_hop: float = Field(ge=0)
    satellite: float = Field(ge=0)
    satellite_per_year: float = Field(ge=0)
    grid_power: float = Field(ge=0)
    solar_power: float = Field(ge=0)
    hybrid_power: float = Field(ge=0)
    hybrid_per_year: float = Field(ge=0)
    grid_per_km: float = Field(ge=0)
    access_per_km: float = Field(ge=0)
    maximum_fibre_km: float = Field(ge=0)
    maximum_microwave_km: float = Field(ge=0)


class MeasurementsSection(Section):
    """``[measurements]``: when samples near a hamlet decide, and how they shift the model around them."""

    preset: str = "ours"
    source: str
    date: date
    status: str
    radius_m: float = Field(gt=0, le=20_000)
    minimum_samples: int = Field(ge=1)
    window_days: int = Field(ge=1)
    shift_reach_m: float = Field(ge=0, le=20_000)
    """0: samples never shift the model."""
    shift_correlation_m: float = Field(gt=0, le=20_000)
    shift_local_share: float = Field(gt=0, lt=1)
    shift_sample_sigma_db: float = Field(ge=0, le=30)
    shift_square_m: float = Field(gt=0, le=5000)
    shift_clip_sigma: float = Field(gt=0, le=10)
    shift_squares: int = Field(ge=1, le=64)


class DutySection(Section):
    """``[duty]``: where 5G is required."""

    preset: str = "direction-2023"
    source: str
    date: date
    status: str
    kinds_5g: tuple[
        Literal["industrial_zone", "urban_area", "tourism_area", "hospital", "public_service_point"], ...
    ]
    """Kinds of places that must have 5G where their own row names no technology."""
    reach_m: float = Field(ge=0, le=20_000)
    """A hamlet with a centre or cluster so near to such a place must have 5G too."""


class SharingSection(Section):
    """``[sharing]``: ratios of shared masts stated elsewhere, put beside the computed ones."""

    preset: str = "stated-2022"
    source: str
    date: date
    status: str
    stated: dict[str, float]


class UpgradesSection(Section):
    """``[upgrades]``: the carrier that takes the place of one that a scenario switches off."""

    preset: str = "in-place-2026"
    source: str
    date: date
    status: str
    bandwidth_mhz: float = Field(ge=1.4, le=100)
    least_power_dbm: float = Field(ge=20, le=60)


class NewCarriersSection(Section):
    """``[new_carriers]``: what remedies may add to a mast or put on a new one."""

    preset: str = "direction-2023"
    source: str
    date: date
    status: str
    technologies: tuple[Technology, ...]
    licensed: dict[Technology, tuple[str, ...]]
    """Operators that may build a technology of which they have no cell in the data."""


class RemediesSection(Section):
    """``[remedies]``: single changes that are tried for a hamlet without service, and what a crew costs."""

    preset: str = "ours-2026"
    source: str
    date: date
    status: str
    most_tilt_deg: int = Field(ge=0, le=30)
    height_step_m: float = Field(gt=0, le=100)
    height_most_m: float = Field(ge=0, le=200)
    masts: int = Field(ge=0, le=100)
    station_reach_m: tuple[float, ...]
    visit: float = Field(ge=0)
    rehang: float = Field(ge=0)
    longest_extension_m: float = Field(ge=0)

    @field_validator("station_reach_m")
    @classmethod
    def _beyond_the_houses(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 100 <= reach <= 20_000 for reach in value):
            raise ValueError("distances from 100 to 20,000 m")
        return value
