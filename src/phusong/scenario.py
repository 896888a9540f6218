"""``phusong scenario``: another network on the same ground, and what it would mean for the hamlets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .coverage.cells import CellTable
from .coverage.keeping import Upgrade
from .coverage.scenario_difference import Difference, difference, place_difference
from .coverage.scenario_stations import KeptStations, Network, UpgradePlan, stations_to_keep, upgrades_first
from .coverage.scenarios import Change, Scenario, Selector, apply_scenario, cell_changes, parse_selector
from .errors import InputError, Problem
from .file_names import safe_name
from .gis_data.result_schema import CHANGE_LABELS, FACT_LABELS, SCENARIO_FACTS, SERVICE_LABELS
from .gis_data.writers import write_geopackage
from .maps.words import WORDS
from .outputs import write_result_workbook
from .publish import staged
from .scene import Options, Scene, prepare
from .stages import levels_stage

__all__ = ["Request", "ScenarioResult", "scenario_job", "scenario_name"]

_FORMS = "2G, 3G:OPERATOR, operator:NAME, mast:ID or cell:ID, with @2026-09-30 behind it for a date"


@dataclass(frozen=True)
class Request:
    """What the user asked for, as typed.

    Attributes
    ----------
    off, on : sequence of str
        See `coverage.scenarios.parse_selector`.
    without_plans : sequence of str
    keep_fewest : str or None
        A technology, or a technology and an operator.
    per_operator : bool
        See `coverage.scenario_stations.Network`.
    upgrade_to : {"4G", "5G"}
    name : str or None
        Of the files; None: made of the rest.
    time_limit_s : float
        For each proof.
    """

    off: Sequence[str] = ()
    on: Sequence[str] = ()
    without_plans: Sequence[str] = ()
    keep_fewest: str | None = None
    per_operator: bool = False
    upgrade_to: str = "4G"
    name: str | None = None
    time_limit_s: float = 60.0


@dataclass(frozen=True)
class ScenarioResult:
    """Everything that is written about a scenario."""

    name: str
    before: CellTable
    after: CellTable
    changes: pd.DataFrame
    difference: Difference
    upgrades: UpgradePlan
    kept: KeptStations | None
    places: pd.DataFrame
    facts: pd.DataFrame


def scenario_job(options: Options, request: Request) -> None:
    """Compute a scenario and write ``scenario-<name>.xlsx`` and ``.gpkg``.

    Raises
    ------
    InputError
        The request is not understood or fits nothing, or the project's input is wrong.
    """
    scenario, layer = _understood(request)
    scene = prepare(options)
    levels = levels_stage(scene)
    with options.reporter.stage("scenario"):
        result = _computed(scene, Network(
            scene.points, pd.DataFrame(scene.layers.villages.drop(columns="geometry")), levels, scene.rule,
            scene.day, request.per_operator,
        ), request, scenario, layer)  # fmt: skip
    with staged(options.project.out, options.project.cache) as out:
        _write(scene, result, out)
    _show(options, result)


def scenario_name(request: Request) -> str:
    """Return a name for the files: letters, digits, dots and hyphens, different for different requests."""
    parts = [f"off-{text}" for text in request.off] + [f"on-{text}" for text in request.on]
    parts += [f"without-{text}" for text in request.without_plans]
    parts += [f"keep-{request.keep_fewest}"] if request.keep_fewest else []
    parts += ["per-operator"] if request.per_operator else []
    return safe_name(request.name or "_".join(parts))


def _understood(request: Request) -> tuple[Scenario, Selector | None]:
    problems: list[Problem] = []
    changes = []
    for option, texts, on in (("--off", request.off, False), ("--on", request.on, True)):
        for text in texts:
            parsed = parse_selector(text)
            if parsed is None:
                problems.append(_problem(option, text, _FORMS))
            else:
                changes.append(Change(parsed[0], on, parsed[1], f"{option} {text}"))
    layer = None
    if request.keep_fewest is not None:
        parsed = parse_selector(request.keep_fewest)
        if parsed is None or not parsed[0].technology or parsed[1] is not None:
            problems.append(_problem("--keep-fewest", request.keep_fewest, "3G or 3G:OPERATOR"))
        else:
            layer = parsed[0]
    if request.upgrade_to not in ("4G", "5G"):
        problems.append(_problem("--upgrade-to", request.upgrade_to, "4G or 5G"))
    if not changes and not request.without_plans and layer is None and not problems:
        problems.append(
            _problem("--off", "nothing", "at least one of --off, --on, --without-plan, --keep-fewest")
        )
    if problems:
        raise InputError(problems)
    return Scenario(tuple(changes), tuple(request.without_plans)), layer


def _problem(option: str, value: str, expected: str) -> Problem:
    mend = "see: phusong scenario --help"
    return Problem("phusong scenario", expected, mend, column=option, value=value)


def _computed(
    scene: Scene, network: Network, request: Request, scenario: Scenario, layer: Selector | None
) -> ScenarioResult:
    before, plan_items = scene.cells, scene.layers.plan_items
    after = apply_scenario(before, scenario, plan_items)
    kept = None
    if layer is not None:
        if not (layer.mask(after) & after.active(scene.day)).any():
            wanted = "a technology (and operator) with cells on air in the scenario"
            raise InputError([_problem("--keep-fewest", str(request.keep_fewest), wanted)])
        kept = stations_to_keep(network, before, after, layer, request.time_limit_s)
        after = kept.cells
    changes = cell_changes(before, after, scene.day, scenario, plan_items)
    if kept is not None:
        changes["why"] = changes["why"].where(changes["why"] != "", f"--keep-fewest {request.keep_fewest}")
    operators = tuple(np.unique(before.operator).tolist())
    found = difference(
        network.points, network.villages, network.levels, before, after, network.rule, scene.day, operators
    )
    upgrade = replace(Upgrade(), technology=request.upgrade_to)
    upgrades = upgrades_first(network, before, after, upgrade, request.time_limit_s)
    found = replace(found, hamlets=_with_remedy(found.hamlets, network.villages, upgrades))
    places = place_difference(
        network.points, scene.layers.places, network.levels, before, after, network.rule, scene.day
    )
    name = scenario_name(request)
    result = ScenarioResult(name, before, after, changes, found, upgrades, kept, places, pd.DataFrame())
    return replace(result, facts=_facts(scene, result, request, scenario, upgrade))


def _with_remedy(hamlets: pd.DataFrame, villages: pd.DataFrame, plan: UpgradePlan) -> pd.DataFrame:
    """Say of each hamlet that loses a service whether the upgrades keep it; empty where not asked."""
    row = {village: number for number, village in enumerate(villages["village_id"].astype(str))}
    answers: list[bool | None] = []
    for village, operator in zip(hamlets["village_id"].astype(str), hamlets["operator"], strict=True):
        scope = plan.scopes.index(operator) if operator in plan.scopes else 0
        lost = plan.lost[row[village], scope]
        answers.append(not plan.fewest.impossible[row[village], scope].any() if lost.any() else None)
    return hamlets.assign(upgrade_keeps=np.array(answers, dtype=object))


def _facts(
    scene: Scene, result: ScenarioResult, request: Request, scenario: Scenario, upgrade: Upgrade
) -> pd.DataFrame:
    asked = [f"--without-plan {name}" for name in scenario.without_plans]
    asked += [change.text for change in scenario.changes]
    asked += [f"--keep-fewest {request.keep_fewest}"] if request.keep_fewest else []
    over_all = result.difference.hamlets[result.difference.hamlets["operator"] == ""]
    losing, gaining = (over_all[over_all["change"] == code] for code in ("lost", "gained"))
    fewest, say = result.upgrades.fewest, scene.options.reporter.say
    rows: list[tuple[str, Any]] = [
        ("as_of", scene.options.as_of.isoformat()),
        # Samples were taken in the network of today: none of them can speak for another one.
        ("basis", say("model_alone")),
        ("changes", "; ".join(asked)),
        ("scope", say("scope_operator" if request.per_operator else "scope_all")),
        ("cells_before", int(result.before.active(scene.day).sum())),
        ("cells_after", int(result.after.active(scene.day).sum())),
        ("hamlets_losing", len(losing)),
        ("people_losing", f"{losing['population'].sum():g}"),
        ("hamlets_gaining", len(gaining)),
        ("people_gaining", f"{gaining['population'].sum():g}"),
    ]
    if result.kept is not None:
        kept = result.kept.fewest
        rows += [
            ("stations_before", len(result.kept.table)),
            ("stations_kept", len(kept.chosen)),
            ("stations_bound", kept.bound),
            ("stations_status", say(kept.status, gap=f"{kept.gap:.1%}")),
        ]
    rows += [
        ("upgrades", len(fewest.chosen)),
        ("upgrades_bound", fewest.bound),
        ("upgrades_status", say(fewest.status, gap=f"{fewest.gap:.1%}")),
        ("not_mended", int(fewest.impossible.any(axis=(1, 2)).sum())),
        (
            "upgrade_rule",
            f"{upgrade.technology}, {upgrade.bandwidth_mhz:g} MHz, ≥ {upgrade.least_power_dbm:g} dBm",
        ),
        ("places_required", len(result.places)),
        ("places_lacking", int((~result.places["covered_after"].astype(bool)).sum())),
    ]
    data = [(fact, str(value)) for fact, value in rows]
    return pd.DataFrame(data, columns=[column.name for column in SCENARIO_FACTS.columns])


def _write(scene: Scene, result: ScenarioResult, out: Path) -> None:
    position = 0 if scene.options.language == "vi" else 1
    kinds = result.places["place_kind"].map(lambda kind: WORDS[f"place_kind.{kind}"][position])
    basis = scene.options.reporter.say("basis")
    tables = {
        "scenario_facts": result.facts.replace({"fact": {"basis": basis}}),
        "scenario_services": result.difference.services,
        "scenario_classes": result.difference.classes,
        "scenario_hamlets": result.difference.hamlets,
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
    located["about"] = result.facts
    write_geopackage(out / f"scenario-{result.name}.gpkg", located, as_of=scene.options.as_of)


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
    labels = {code: words[position] for code, words in FACT_LABELS.items()} | {"basis": reporter.say("basis")}
    facts = [(labels[str(row.fact)], row.value) for row in result.facts.itertuples()]
    reporter.table(["", ""], facts)
    for suffix in ("xlsx", "gpkg"):
        print(f"{reporter.say('wrote')}: {options.project.out / f'scenario-{result.name}.{suffix}'}")
