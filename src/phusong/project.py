"""The project file ``phusong.toml``: one validated model, presets filled in."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from .errors import InputError, Problem
from .project_rules import (
    CostsSection,
    CriteriaSection,
    DutySection,
    MeasurementsSection,
    NewCarriersSection,
    PropagationSection,
    RemediesSection,
    SharingSection,
    Technology,
    TechnologySection,
    UpgradesSection,
)
from .project_sections import (
    AreaSection,
    LayerSource,
    OutputsSection,
    ProjectSection,
    RastersSection,
    Section,
    SourcesSection,
    StatisticsSection,
)
from .siting_sections import SitingRulesSection, SitingSection
from .store.address import StoreSection, redacted, without_password

__all__ = ["PROJECT_FILE", "Project", "load_presets", "load_project"]

PROJECT_FILE = "phusong.toml"
_DEFAULT_PRESETS = {
    "criteria": "province",
    "costs": "rural-2024",
    "measurements": "ours",
    "duty": "direction-2023",
    "sharing": "stated-2022",
    "siting_rules": "rural-2026",
    "upgrades": "in-place-2026",
    "remedies": "ours-2026",
    "new_carriers": "direction-2023",
}


class Project(Section):
    """A validated project; every preset filled in. ``folder`` is where phusong.toml lies."""

    folder: Path
    project: ProjectSection
    area: AreaSection
    rasters: RastersSection
    layers: dict[str, LayerSource]
    operators: tuple[str, ...] = Field(min_length=1)
    antennas: tuple[str, ...] = ()
    """MSI/Planet files: paths, patterns such as "antennas/*.msi", or folders; above the first [section]."""
    technologies: dict[Technology, TechnologySection] = Field(default_factory=dict)
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
    new_carriers: NewCarriersSection
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
    def _licences_are_of_operators(self) -> Project:
        named = {name for names in self.new_carriers.licensed.values() for name in names}
        if unknown := sorted(named - set(self.operators)):
            known = ", ".join(self.operators)
            raise ValueError(f"[new_carriers] licensed names {unknown[0]!r}; operators: {known}")
        return self

    @model_validator(mode="after")
    def _people_need_a_raster(self) -> Project:
        if self.area.hamlet_points == "population" and self.rasters.population is None:
            raise ValueError('[area] hamlet_points = "population" needs [rasters] population')
        return self

    @model_validator(mode="after")
    def _results_stay_inside(self) -> Project:
        home = self.folder.resolve()
        if self.out.resolve() == home or not self.out.resolve().is_relative_to(home):
            raise ValueError("[outputs] folder must lie inside the project's folder: it is written into")
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
