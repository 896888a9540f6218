"""What every table of a run says of itself: synthetic or not, predicted, and by what model and rule."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import TypedDict

import pandas as pd

from .calibrated import calibration_note
from .coverage.propagation.models import model_named
from .gis_data.writers import Sheet
from .scene import Scene
from .sigma_words import sigma_source
from .words import say

__all__ = ["DocumentProperties", "about_frame", "about_sheet", "document_properties"]

_HEADERS = {"vi": {"item": "Mục", "value": "Nội dung"}, "en": {"item": "Item", "value": "Value"}}
_TITLES = {"vi": "Giới thiệu", "en": "About"}
_SYNTHETIC = {"vi": "DỮ LIỆU GIẢ LẬP / SYNTHETIC DATA", "en": "SYNTHETIC DATA / dữ liệu giả lập"}
_PREDICTED = {"vi": "dự báo bằng mô hình, không phải kết quả đo", "en": "predicted, not measured"}


class DocumentProperties(TypedDict):
    """What a workbook says of itself in its properties."""

    title: str
    description: str


def about_frame(scene: Scene, more: Sequence[tuple[str, str]] = ()) -> pd.DataFrame:
    """Return what is behind the tables of a run: columns ``item`` and ``value``, in the user's language.

    Parameters
    ----------
    scene : Scene
    more : sequence of (str, str)
        Rows of one workbook only, before the version.
    """
    vietnamese = scene.options.language == "vi"
    rows = [(vi if vietnamese else en, value) for en, vi, value in _rows(scene)]
    rows += [*more, ("phusong", version("phusong"))]
    return pd.DataFrame(rows, columns=["item", "value"])


def about_sheet(scene: Scene, more: Sequence[tuple[str, str]] = ()) -> Sheet:
    """Return `about_frame` as the last sheet of a workbook."""
    language = scene.options.language
    return Sheet(_TITLES[language], about_frame(scene, more), _HEADERS[language])


def document_properties(scene: Scene) -> DocumentProperties:
    """Return title and description for the properties of a workbook."""
    language, project = scene.options.language, scene.options.project.project
    labels = [_SYNTHETIC[language]] if project.synthetic else []
    return {
        "title": " · ".join([*labels, project.name]),
        "description": "; ".join([*labels, _PREDICTED[language], scene.options.as_of.isoformat()]),
    }


def _rows(scene: Scene) -> list[tuple[str, str, str]]:
    """(English, Vietnamese, value)."""
    language, project = scene.options.language, scene.options.project
    model = model_named(scene.settings.model)
    rules = [scene.rule.technologies[name] for name in sorted(scene.rule.technologies)]
    not_calibrated = {
        "vi": "chưa hiệu chỉnh theo mẫu đo; σ là giả định",
        "en": "not calibrated to samples; σ is assumed",
    }
    rows = [("Project", "Dự án", project.project.name)]
    rows += [("As of", "Tính đến ngày", scene.options.as_of.isoformat())]
    if project.project.synthetic:
        rows += [("Data", "Dữ liệu", _SYNTHETIC[language])]
        rows += [("Data, remark", "Dữ liệu, ghi chú", say("synthetic", language))]
    return [
        *rows,
        ("Results", "Kết quả", _PREDICTED[language]),
        ("Model", "Mô hình", f"{model.label}, p = {scene.settings.time_percent:g} %"),
        ("Thresholds", "Ngưỡng", "; ".join(f"{r.technology} {r.threshold_dbm:g} dBm" for r in rules)),
        ("Probability", "Xác suất", "; ".join(f"{r.technology} ≥ {r.probability:g}" for r in rules)),
        (
            "σ",
            "σ",
            "; ".join(
                f"{r.technology} {r.sigma_db:.1f} dB ({sigma_source(scene, r.technology, language)})"
                for r in rules
            ),
        ),
        (
            "Share of people of a hamlet",
            "Tỷ lệ dân của thôn",
            f"≥ {project.criteria.share_of_people:g}",
        ),
        ("Calibration", "Hiệu chỉnh", calibration_note(scene.calibration) or not_calibrated[language]),
    ]
