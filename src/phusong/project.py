"""The project file ``phusong.toml``: one validated model, presets filled in."""

from __future__ import annotations

import tomllib
from datetime import date
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .errors import InputError, Problem
from .siting_sections import SitingRulesSection, SitingSection
from .store.address import StoreSection, redacted, without_password

__all__ = ["LayerSource", "Project", "load_presets", "load_project"]

PROJECT_FILE = "phusong.toml"
Technology = Literal["2G", "3G", "4G", "5G"]
_DEFAULT_PRESETS = {
    "criteria": "province",
    "costs": "rural-2024",
    "measurements": "ours",
    "duty": "direction-2023",
    "sharing": "stated-2022",
    "siting_rules": "rural-2026",
    "upgrades": "in-place-2026",
    "remedies": "ours-2026",
}
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


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProjectSection(_Section):
    """``[project]``: what it is called and as of when it is computed."""

    name: str
    language: Literal["vi", "en"] = "vi"
    as_of: date
    synthetic: bool = False
    """True marks every output "synthetic": the data are made up."""


class AreaSection(_Section):
    """``[area]``: where, and how fine."""

    crs: str
    """Metric CRS of the run, e.g. "EPSG:32648"."""
    resolution_m: float = Field(gt=0, le=1000)
    bounds: tuple[float, float, float, float] | None = None
    """West, south, east, north in WGS 84 degrees; default: the hamlets and masts and a margin."""
    margin_m: float = Field(default=3000.0, ge=0)
    hamlet_spacing_m: float = Field(default=250.0, ge=20, le=5000)
    """Between the demand points inside a hamlet that is drawn as an area and has no clusters."""
    hamlet_points: Literal["centre", "population"] = "centre"
    """Where the people of a hamlet live that is a point without clusters. "centre" (the default): at the
    point, for that is all that the list says. "population": in the inhabited pixels of [rasters] population
    that lie within `hamlet_reach_m` and nearer to it than to any other hamlet: a guess at the hamlet's area,
    worth it where hamlets are large and their lists name no clusters."""
    hamlet_reach_m: float = Field(default=1000.0, ge=100, le=10_000)


class RastersSection(_Section):
    """``[rasters]``: paths relative to the project folder."""

    terrain: str
    terrain_kind: Literal["dtm", "dsm"] = "dtm"
    land: str | None = None
    """1 land, 0 sea; default: terrain above 0 m."""
    clutter: str | None = None
    """Representative clutter height (m)."""
    population: str | None = None
    """People per pixel (WorldPop, GHS-POP): where the people of hamlets drawn as areas live."""


class LayerSource(_Section):
    """One entry of ``[layers]``: a path, or a table with a path and how to read it."""

    path: str
    sheet: str | None = None
    crs: str | None = None
    """CRS of x/y columns (e.g. "EPSG:5899"); default WGS 84 for lon/lat, the file's own for GIS formats."""
    encoding: str = "utf-8-sig"


class TechnologySection(_Section):
    """``[technologies.4G]``: overrides of the criteria preset for one technology."""

    threshold_dbm: float | None = Field(default=None, ge=-160, le=0)
    probability: float | None = Field(default=None, gt=0, lt=1)


class CriteriaSection(_Section):
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


class PropagationSection(_Section):
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


class CostsSection(_Section):
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


class MeasurementsSection(_Section):
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


class DutySection(_Section):
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


class SharingSection(_Section):
    """``[sharing]``: ratios of shared masts stated elsewhere, put beside the computed ones."""

    preset: str = "stated-2022"
    source: str
    date: date
    status: str
    stated: dict[str, float]


class UpgradesSection(_Section):
    """``[upgrades]``: the carrier that takes the place of one that a scenario switches off."""

    preset: str = "in-place-2026"
    source: str
    date: date
    status: str
    bandwidth_mhz: float = Field(ge=1.4, le=100)
    least_power_dbm: float = Field(ge=20, le=60)


class RemediesSection(_Section):
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


class StatisticsSection(_Section):
    """``[statistics]``: official figures, repeated in the totals with their source; never estimated."""

    subscriptions: dict[str, float] = Field(min_length=1)
    """Of what (mobile, mobile broadband, an operator), and how many."""
    population: float = Field(gt=0)
    """Of the same area on the same day."""
    source: str
    date: date

    @field_validator("subscriptions")
    @classmethod
    def _none_below_zero(cls, value: dict[str, float]) -> dict[str, float]:
        if any(count < 0 for count in value.values()):
            raise ValueError("subscriptions are 0 or more")
        return value


class OutputsSection(_Section):
    """``[outputs]``: where the results go."""

    folder: str = "out"
    by_operator: bool = False
    """Write the rasters of every operator besides those of all together."""
    keep_merge: bool = False
    """Keep the exact sums behind the rasters (gigabytes at 30 m) for `phusong update`."""


class SourcesSection(_Section):
    """``[sources]``: mirrors of the servers of ``phusong fetch``; the cells' is set in the environment."""

    terrain: str = ""
    land_cover: str = ""
    population: str = ""
    """With {iso3} or {ISO3}, and {year}."""
    osm: str = ""
    names: str = ""


class Project(_Section):
    """A validated project; every preset filled in. ``folder`` is where phusong.toml lies."""

    folder: Path
    project: ProjectSection
    area: AreaSection
    rasters: RastersSection
    layers: dict[str, LayerSource]
    operators: tuple[str, ...] = Field(min_length=1)
    antennas: tuple[str, ...] = ()
    """MSI/Planet files: paths, patterns such as "antennas/*.msi", or folders; above the first [section]."""
    technologies: dict[Technology, TechnologySection] = {}
    criteria: CriteriaSection
    propagation: PropagationSection = PropagationSection()
    costs: CostsSection
    siting: SitingSection = SitingSection()
    siting_rules: SitingRulesSection
    outputs: OutputsSection = OutputsSection()
    measurements: MeasurementsSection
    duty: DutySection
    sharing: SharingSection
    upgrades: UpgradesSection
    remedies: RemediesSection
    statistics: StatisticsSection | None = None
    sources: SourcesSection = SourcesSection()
    store: StoreSection = StoreSection()
    """Where versions are kept; above the first [section]."""

    @field_validator("antennas", mode="before")
    @classmethod
    def _one_entry_is_a_list(cls, value: Any) -> Any:
        if isinstance(value, dict) and list(value) == ["files"]:  # [antennas] with files = [...]
            value = value["files"]
        return [value] if isinstance(value, str) else value

    @field_validator("layers", mode="before")
    @classmethod
    def _path_alone_is_a_source(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: {"path": v} if isinstance(v, str) else v for name, v in value.items()}
        return value

    @model_validator(mode="before")
    @classmethod
    def _fill_presets(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        presets = load_presets()
        for section, default in _DEFAULT_PRESETS.items():
            given = data.get(section, {})
            if not isinstance(given, dict):
                continue
            name = given.get("preset", default)
            if not isinstance(name, str) or name not in presets[section]:
                raise ValueError(
                    f"[{section}] preset {name!r} is unknown; known: {', '.join(presets[section])}"
                )
            filled = {**presets[section][name], "preset": name}
            for key, value in given.items():
                filled[key] = {**filled[key], **value} if isinstance(value, dict) and key in filled else value
            data = {**data, section: filled}
        return data

    @model_validator(mode="after")
    def _the_builder_is_an_operator(self) -> Project:
        if self.siting.operator is not None and self.siting.operator not in self.operators:
            known = ", ".join(self.operators)
            raise ValueError(f"[siting] operator {self.siting.operator!r} is unknown; operators: {known}")
        return self

    @model_validator(mode="after")
    def _people_need_a_raster(self) -> Project:
        if self.area.hamlet_points == "population" and self.rasters.population is None:
            raise ValueError('[area] hamlet_points = "population" needs [rasters] population')
        return self

    @property
    def out(self) -> Path:
        """Folder of the results."""
        return self.folder / self.outputs.folder

    @property
    def cache(self) -> Path:
        """Folder of intermediate results; may be deleted at any time."""
        return self.folder / ".phusong"


def load_presets() -> dict[str, Any]:
    """Return the shipped presets by section and name."""
    return tomllib.loads(resources.files(__package__).joinpath("presets.toml").read_text(encoding="utf-8"))


def load_project(folder: Path) -> Project:
    """Read and check ``phusong.toml`` of a project folder.

    Raises
    ------
    InputError
        The file is missing, is not TOML, or a value is wrong: every problem at once.
    """
    path = folder / PROJECT_FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mend = "give the folder of a project, or make one: phusong init --sample DIR"
        raise InputError([Problem(str(path), "a project file", mend)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(path), "a TOML file in UTF-8", f"mend this: {error}")]) from None
    data, secrets = without_password(str(path), data)
    data, problems = _without_unknown_presets(str(path), data)
    problems = [*secrets, *problems]
    try:
        project = Project.model_validate({**data, "folder": folder})
    except ValidationError as error:
        problems += [_problem(str(path), detail) for detail in error.errors()]
    if problems:
        raise InputError(problems) from None
    return project


def _without_unknown_presets(file: str, data: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Report the presets that are not known, and leave them out so that the other values can be checked."""
    presets, problems = load_presets(), []
    for section in _DEFAULT_PRESETS:
        given = data.get(section)
        if not isinstance(given, dict) or "preset" not in given:
            continue
        name = given["preset"]
        if isinstance(name, str) and name in presets[section]:
            continue
        known = list(presets[section])
        alike = get_close_matches(str(name), known, 1)
        mend = f'write preset = "{alike[0]}"' if alike else "mend the value"
        expected = f"the name of a preset: {' or '.join(known)}"
        problems.append(Problem(file, expected, mend, column=f"{section}.preset", value=repr(name)))
        data = {**data, section: {key: value for key, value in given.items() if key != "preset"}}
    return data, problems


def _problem(file: str, detail: Any) -> Problem:
    key = ".".join(str(part) for part in detail["loc"]) or None
    value = detail.get("input")
    shown = None if isinstance(value, dict) else redacted(repr(value))
    mend = (
        "remove this key, or check its spelling" if detail["type"] == "extra_forbidden" else "mend the value"
    )
    return Problem(file, _expected(detail), mend, column=key, value=shown)


def _expected(detail: Any) -> str:
    """Say what should stand there: pydantic says what is wrong, in a sentence of its own."""
    if detail["type"] == "missing":
        return "a value: this key is required"
    if detail["type"] == "extra_forbidden":
        return "a key that is known here"
    said = str(detail["msg"]).removeprefix("Value error, ")
    return said.removeprefix("Input should be ")
