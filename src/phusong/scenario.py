"""``phusong scenario``: another network on the same ground, and what it would mean for the hamlets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from .about import about_frame
from .coverage.cells import CellTable
from .coverage.keeping import Upgrade
from .coverage.scenario_difference import difference, place_difference
from .coverage.scenario_samples import sampled_service
from .coverage.scenario_stations import (
    KeptStations,
    Network,
    UpgradePlan,
    stations_to_keep,
    stations_to_keep_within,
    upgrades_first,
)
from .coverage.scenarios import Selector, apply_scenario, cell_changes
from .errors import InputError
from .gap_evidence import (
    hamlets_with_5g_duty,
    measured,
    measurement_rule,
    measurement_table,
    place_duties,
    shifted_levels,
)
from .gis_data.result_schema import ANY_OPERATOR, SERVICE_LABELS
from .gis_data.scenario_schema import CHANGE_LABELS, FACT_LABELS
from .gis_data.writers import write_geopackage
from .maps.exports.qgis import layer_styles
from .maps.words import WORDS
from .one_run import alone
from .outputs import write_result_workbook
from .publish import staged
from .scenario_facts import ScenarioResult, scenario_facts
from .scenario_request import Asked, Request, keeping, option_problem, scenario_name, understood
from .scene import Options, Scene, prepare
from .stages import levels_stage

__all__ = ["Request", "ScenarioResult", "scenario_job", "scenario_name"]


@alone
def scenario_job(options: Options, request: Request) -> None:
    """Compute a scenario and write ``scenario-<name>.xlsx`` and ``.gpkg``.

    Raises
    ------
    InputError
        The request is not understood or fits nothing, or the project's input is wrong.
    """
    asked = understood(request)
    scene = prepare(options)
    model = levels_stage(scene)
    with options.reporter.stage("scenario"):
        shifted = shifted_levels(scene, model)
        levels = model if shifted is None else shifted.judged  # as the verdicts have them
        samples = sampled_service(
            measured(scene), measurement_table(scene), scene.points, levels, scene.cells,
            scene.rule.technologies, measurement_rule(options.project), scene.day,
        )  # fmt: skip
        network = Network(
            scene.points, pd.DataFrame(scene.layers.villages.drop(columns="geometry")), levels, scene.rule,
            scene.day, request.per_operator, samples,
        )  # fmt: skip
        result = _computed(scene, network, request, asked)
    with staged(options.project.out, options.project.cache) as out:
        _write(scene, result, out)
    _show(options, result)


def _computed(scene: Scene, network: Network, request: Request, asked: Asked) -> ScenarioResult:
    before, plan_items, scenario = scene.cells, scene.layers.plan_items, asked.scenario
    after = apply_scenario(before, scenario, plan_items)
    kept = None
    if asked.layer is not None:
        kept = _stations(network, before, after, request, asked.layer, asked.most)
    after = after if kept is None else kept.cells
    changes = cell_changes(before, after, scene.day, scenario, plan_items)
    changes["why"] = changes["why"].where(changes["why"] != "", keeping(request))
    found = difference(
        network.points, network.villages, network.levels, before, after, network.rule, scene.day,
        tuple(np.unique(before.operator).tolist()), required_5g=hamlets_with_5g_duty(scene),
        samples=network.samples,
    )  # fmt: skip
    upgrade = _upgrade(scene, request)
    upgrades = upgrades_first(network, before, after, upgrade, request.time_limit_s)
    found = replace(found, hamlets=_with_remedy(found.hamlets, network.villages, upgrades))
    places = place_difference(
        network.points, scene.layers.places, place_duties(scene), network.levels, before, after, network.rule,
        scene.day, network.samples,
    )  # fmt: skip
    name = scenario_name(request)
    result = ScenarioResult(name, before, after, changes, found, upgrades, kept, places, pd.DataFrame())
    return replace(result, facts=scenario_facts(scene, network, result, request, scenario, upgrade))


def _stations(
    network: Network, before: CellTable, after: CellTable, request: Request, layer: Selector, most: int | None
) -> KeptStations:
    if not (layer.mask(after) & after.active(network.as_of)).any():
        option, text = ("--keep-fewest", request.keep_fewest) if most is None else ("--keep", request.keep)
        wanted = "a technology (and operator) with cells on air in the scenario"
        raise InputError([option_problem(option, str(text), wanted)])
    if most is None:
        return stations_to_keep(network, before, after, layer, request.time_limit_s)
    return stations_to_keep_within(
        network, before, after, layer, most, by_hamlets=request.lose_fewest == "hamlets",
        time_limit_s=request.time_limit_s,
    )  # fmt: skip


def _upgrade(scene: Scene, request: Request) -> Upgrade:
    section = scene.options.project.upgrades
    return Upgrade(request.upgrade_to, section.bandwidth_mhz, section.least_power_dbm)


def _with_remedy(hamlets: pd.DataFrame, villages: pd.DataFrame, plan: UpgradePlan) -> pd.DataFrame:
    """Say of each hamlet that loses a service whether the upgrades keep it; empty where not asked."""
    row = {village: number for number, village in enumerate(villages["village_id"].astype(str))}
    answers: list[bool | None] = []
    for village, operator in zip(hamlets["village_id"].astype(str), hamlets["operator"], strict=True):
        scope = plan.scopes.index(operator) if operator in plan.scopes else 0
        lost = plan.lost[row[village], scope]
        answers.append(not plan.fewest.impossible[row[village], scope].any() if lost.any() else None)
    return hamlets.assign(upgrade_keeps=np.array(answers, dtype=object))


def _write(scene: Scene, result: ScenarioResult, out: Path) -> None:
    position = 0 if scene.options.language == "vi" else 1
    kinds = result.places["place_kind"].map(lambda kind: WORDS[f"place_kind.{kind}"][position])
    anybody = ANY_OPERATOR[1 - position]

    def named(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(operator=[name or anybody for name in table["operator"]])

    tables = {
        "scenario_facts": result.facts,
        "scenario_services": named(result.difference.services),
        "scenario_classes": named(result.difference.classes),
        "scenario_hamlets": named(result.difference.hamlets),
        "scenario_upgrades": result.upgrades.table,
        "scenario_places": result.places.assign(place_kind=kinds),
        "scenario_cells": result.changes,
    }
    if result.kept is not None:
        tables["scenario_stations"] = result.kept.table
    write_result_workbook(scene, out / f"scenario-{result.name}.xlsx", tables)
    layers = scene.layers
    located: dict[str, pd.DataFrame] = {
        "hamlets": _placed(result.difference.hamlets, layers.villages, "village_id"),
        "upgrades": _placed(result.upgrades.table, layers.masts, "mast_id"),
        "places": _placed(result.places, layers.places, "place_id"),
    }
    if result.kept is not None:
        located["stations"] = _placed(result.kept.table, layers.masts, "mast_id")
    words = {code: labels[1 - position] for code, labels in FACT_LABELS.items()}
    facts = [(words[str(row.fact)], str(row.value)) for row in result.facts.itertuples()]
    located["about"] = about_frame(scene, facts)
    styles = layer_styles(located, scene.options.language)
    path = out / f"scenario-{result.name}.gpkg"
    write_geopackage(path, located, as_of=scene.options.as_of, styles=styles)


def _placed(table: pd.DataFrame, owners: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    geometry = owners.set_index(owners[key].astype(str)).geometry
    at = geometry.reindex(table[key].astype(str)) if len(table) else geometry.iloc[:0]
    return gpd.GeoDataFrame(table, geometry=at.to_numpy(), crs=owners.crs)


def _show(options: Options, result: ScenarioResult) -> None:
    reporter = options.reporter
    position = 1 if reporter.language == "vi" else 0
    services = result.difference.services
    numbers = ["hamlets_before", "hamlets_after"]
    numbers += [f"{whom}_{what}" for what in ("losing", "gaining") for whom in ("hamlets", "people")]
    rows = [
        (SERVICE_LABELS[row["service"]][position], *(round(row[name]) for name in numbers))
        for row in services[services["operator"] == ""].to_dict("records")
    ]
    lost, gained = (CHANGE_LABELS[code][position] for code in ("lost", "gained"))
    people = reporter.say("people")
    head = [
        reporter.say("service"),
        reporter.say("before"),
        reporter.say("after"),
        lost,
        people,
        gained,
        people,
    ]
    reporter.table(head, rows)
    labels = {code: words[position] for code, words in FACT_LABELS.items()}
    facts = [(labels[str(row.fact)], row.value) for row in result.facts.itertuples()]
    reporter.table(["", ""], facts)
    for suffix in ("xlsx", "gpkg"):
        print(f"{reporter.say('wrote')}: {options.project.out / f'scenario-{result.name}.{suffix}'}")
