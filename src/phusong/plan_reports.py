"""The reports on each plan, and the table in which a person decides doubtful hamlets."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from .coverage.plans.deciding import decision_template, template_headers
from .file_names import file_names
from .gap_evidence import measurement_rule
from .gis_data.match_words import why_words
from .gis_data.writers import write_csv
from .maps.plan_report import PlanReport, write_plan_report
from .maps.plan_report_words import say, say_date, say_number, say_share
from .maps.words import Language
from .outputs import write_result_workbook
from .scene import Scene
from .stages import Plans

__all__ = ["report_assumptions", "write_decisions_to_make", "write_plan_reports"]

_HASH_SHOWN = 16


def write_plan_reports(scene: Scene, plans: Plans, out: Path) -> list[Path]:
    """Write ``plan-<plan>.html``, ``.docx`` and ``.xlsx`` for every plan of the registers."""
    items = _with_positions(scene, plans.verification.items)
    names = file_names(sorted(set(items["plan_id"])))
    masts = scene.layers.masts.geometry
    mast_table = pd.DataFrame({"x_m": masts.x.to_numpy(), "y_m": masts.y.to_numpy()})
    language: Language = "vi" if scene.options.language == "vi" else "en"
    project, layers = scene.options.project, scene.layers
    written = []
    for plan_id, name in names.items():
        own = items[items["plan_id"] == plan_id]
        doubtful = plans.verification.doubtful
        report = PlanReport(
            plan_id=plan_id,
            area=project.project.name,
            language=language,
            synthetic=project.project.synthetic,
            as_of=scene.options.as_of,
            items=own,
            completion=_of_plan(plans.verification.completion, plan_id),
            timeline=_of_plan(plans.timeline, plan_id),
            doubtful=doubtful[doubtful["item_id"].isin(set(own["item_id"]))],
            masts=mast_table,
            terrain_m=layers.terrain_m,
            land=layers.land,
            grid=layers.grid,
            assumptions=report_assumptions(scene, language),
            data_versions=tuple((f, key[:_HASH_SHOWN]) for f, key in sorted(layers.file_hashes.items())),
            version=version("phusong"),
        )
        written += write_plan_report(out, f"plan-{name}", report)
        written.append(out / f"plan-{name}.xlsx")
        tables = {
            "plan_completion": report.completion,
            "plan_status": report.items[plans.verification.items.columns],
            "plan_timeline": report.timeline,
            "village_matches": report.doubtful,
        }
        write_result_workbook(scene, written[-1], tables)
    return written


def write_decisions_to_make(scene: Scene, plans: Plans, out: Path) -> None:
    """Write plans-to-decide.csv: fill it in and name it as ``plan_decisions`` in phusong.toml."""
    template = decision_template(plans.verification.doubtful, scene.layers.plan_decisions)
    language = scene.options.language
    template["why"] = template["why"].map(lambda why: why_words(why, language), na_action="ignore")
    write_csv(out / "plans-to-decide.csv", template, headers=template_headers(scene.options.language))


def _of_plan(table: pd.DataFrame, plan_id: str) -> pd.DataFrame:
    return table[table["plan_id"] == plan_id]


def _with_positions(scene: Scene, items: pd.DataFrame) -> pd.DataFrame:
    """Each item at its hamlet, or at its mast; NaN where it has neither."""
    villages, masts = scene.layers.villages, scene.layers.masts
    points = villages.geometry.representative_point()
    hamlets = pd.DataFrame(
        {"x": points.x.to_numpy(), "y": points.y.to_numpy()}, villages["village_id"].astype(str)
    )
    stations = pd.DataFrame(
        {"x": masts.geometry.x.to_numpy(), "y": masts.geometry.y.to_numpy()}, masts["mast_id"].astype(str)
    )
    station = (items["kind"] == "station").to_numpy()
    found = {}
    for axis in ("x", "y"):
        at_hamlet = items["village_id"].map(hamlets[axis]).to_numpy(dtype=np.float64)
        at_mast = items["mast_id"].map(stations[axis]).to_numpy(dtype=np.float64)
        found[f"{axis}_m"] = np.where(station, at_mast, at_hamlet)
    return items.assign(**found)


def report_assumptions(scene: Scene, language: Language) -> tuple[tuple[str, str], ...]:
    """Return model, thresholds, criteria and rules of a run as pairs of a label and a value."""
    project, settings = scene.options.project, scene.settings
    rule = measurement_rule(project)
    criteria = project.criteria
    technologies = scene.rule.technologies.values()

    def number(value: float) -> str:
        return say_number(value, language, 0 if float(value).is_integer() else 1)

    thresholds = ", ".join(f"{t.technology} {number(t.threshold_dbm)} dBm" for t in technologies)
    probability = "; ".join(
        dict.fromkeys(
            f"≥ {say_share(t.probability, language)}, σ = {number(t.sigma_db)} dB" for t in technologies
        )
    )
    values = {
        "model": f"{project.propagation.model}, p = {number(settings.time_percent)} %, "
        f"ΔN = {number(settings.delta_n)}, N0 = {number(settings.n0)}",
        "terrain": f"{project.rasters.terrain_kind.upper()}, {number(scene.layers.grid.resolution_m)} m",
        "receiver": f"{number(settings.receiver_height_m)} m",
        "thresholds": thresholds,
        "probability": probability,
        "share": f"≥ {say_share(criteria.share_of_people, language)}",
        "criteria": f"{criteria.preset}, {say_date(criteria.date, language)}: {criteria.status}",
        "range": f"{number(scene.range_m / 1000)} km",
        "samples": say(
            "assume.samples_value", language, radius=number(rule.radius_m), count=rule.minimum_samples,
            days=rule.window_days,
        ),
    }  # fmt: skip
    return tuple((say(f"assume.{key}", language), value) for key, value in values.items())
