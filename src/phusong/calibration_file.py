"""The result of a calibration as a JSON file: written for people and for the next run, read back checked."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .coverage.cells import TechnologyRule
from .coverage.propagation.correction import BandCorrection, LossCorrection
from .errors import InputError, Problem

__all__ = ["Calibration", "CalibrationBand", "RefusedBandRecord", "read_calibration"]

Technology = Literal["2G", "3G", "4G", "5G"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ClutterOffset(_Record):
    """Offset of one clutter class."""

    clutter_m: int = Field(ge=0, le=200)
    offset_db: float = Field(ge=-100, le=100)


class CellRecord(_Record):
    """Errors of one cell after the correction."""

    cell_id: str
    samples: int
    bias_db: float
    rmse_db: float
    contradicts_pattern: bool = False


class CalibrationBand(_Record):
    """One band: loss is raised by offset + slope · log10(d / 1 km) + the clutter class's offset."""

    band: str
    low_mhz: float = Field(gt=0)
    high_mhz: float = Field(gt=0)
    technologies: tuple[Technology, ...]
    offset_db: float = Field(ge=-100, le=100)
    slope_db_per_decade: float = Field(ge=-100, le=100)
    from_km: float = Field(gt=0)
    to_km: float = Field(gt=0)
    clutter_offsets: tuple[ClutterOffset, ...] = ()
    sigma_db: float = Field(gt=0, le=40)
    sigma_fit_db: float = Field(ge=0)
    samples: int = Field(gt=0)
    outliers: int = Field(ge=0)
    blocks: int = Field(ge=2)
    bias_before_db: float
    rmse_before_db: float = Field(ge=0)
    rmse_after_db: float = Field(ge=0)
    rmse_cross_validated_db: float = Field(ge=0)
    cells: tuple[CellRecord, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> CalibrationBand:
        if not (self.low_mhz < self.high_mhz and self.from_km <= self.to_km):
            raise ValueError("low_mhz must lie below high_mhz, and from_km not above to_km")
        return self


class RefusedBandRecord(_Record):
    """A band that keeps the model's own loss, and why."""

    band: str
    samples: int
    blocks: int
    reason: str


class Calibration(_Record):
    """A calibration as it stands on disk.

    `sigma_db` of a band is the robust spread in areas that the fit had not seen.
    """

    format: Literal["phusong-calibration-1"] = "phusong-calibration-1"
    model: str = "p1812-8"
    stations: str
    samples: str
    terrain: str
    block_m: float = Field(gt=0)
    receiver_height_m: float = Field(gt=0)
    rejected: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    bands: tuple[CalibrationBand, ...]
    refused: tuple[RefusedBandRecord, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Calibration:
        if not self.bands:
            raise ValueError("at least one band is needed")
        edges = sorted((band.low_mhz, band.high_mhz) for band in self.bands)
        if any(before[1] > after[0] for before, after in pairwise(edges)):
            raise ValueError("two bands overlap: each frequency takes one correction")
        return self

    @property
    def correction(self) -> LossCorrection:
        """What ``PropagationSettings.correction`` takes: every level of a run is then corrected."""
        return LossCorrection(
            tuple(
                BandCorrection(
                    low_mhz=band.low_mhz,
                    high_mhz=band.high_mhz,
                    offset_db=band.offset_db,
                    slope_db_per_decade=band.slope_db_per_decade,
                    from_km=band.from_km,
                    to_km=band.to_km,
                    clutter_offsets_db=tuple((c.clutter_m, c.offset_db) for c in band.clutter_offsets),
                    sigma_db=band.sigma_db,
                )
                for band in self.bands
            )
        )

    def sigma_db(self, technology: str) -> float | None:
        """Return the σ of a technology over its bands, each by its samples; None where none was measured."""
        own = [band for band in self.bands if technology in band.technologies]
        if not own:
            return None
        total = sum(band.samples for band in own)
        return float((sum(band.samples * band.sigma_db**2 for band in own) / total) ** 0.5)

    def rules(self, rules: dict[str, TechnologyRule]) -> dict[str, TechnologyRule]:
        """Return the rules with the σ that was measured, where it was."""
        return {
            name: TechnologyRule(
                rule.technology, rule.threshold_dbm, self.sigma_db(name) or rule.sigma_db, rule.probability
            )
            for name, rule in rules.items()
        }

    def text(self) -> str:
        """Return the file's text; the same for the same fit."""
        return json.dumps(_rounded(self.model_dump(mode="json")), ensure_ascii=False, indent=2) + "\n"


def read_calibration(path: Path) -> Calibration:
    """Read a calibration back.

    Raises
    ------
    InputError
        The file is missing, is not JSON, or a value is wrong: every problem at once.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mend = "make it with phusong calibrate, or mend the path"
        raise InputError([Problem(str(path), "a calibration file", mend)]) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        mend = f"make it again with phusong calibrate ({error})"
        raise InputError([Problem(str(path), "a JSON file in UTF-8", mend)]) from None
    try:
        return Calibration.model_validate(data)
    except ValidationError as error:
        raise InputError([_problem(path, detail) for detail in error.errors()]) from None


def _problem(path: Path, detail: Any) -> Problem:
    key = ".".join(str(part) for part in detail["loc"]) or None
    value = detail.get("input")
    shown = None if isinstance(value, dict | list) else repr(value)
    mend = "mend the value, or make the file again with phusong calibrate"
    return Problem(str(path), detail["msg"], mend, column=key, value=shown)


def _rounded(value: Any) -> Any:
    """Six decimals: a millionth of a dB, and the same text on every machine."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
