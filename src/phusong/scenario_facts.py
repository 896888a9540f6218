"""What a scenario comes to, in a few lines: what was asked, who loses, what is proved."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .coverage.cells import CellTable
from .coverage.keeping import Upgrade
from .coverage.keeping_filled import KeptFilled
from .coverage.keeping_within import KeptWithin
from .coverage.scenario_difference import Difference
from .coverage.scenario_stations import KeptStations, Network, UpgradePlan
from .coverage.scenarios import Scenario
from .gis_data.scenario_schema import SCENARIO_FACTS
from .scenario_request import Request, keeping
from .scene import Scene

__all__ = ["ScenarioResult", "scenario_facts"]


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


def scenario_facts(
    scene: Scene,
    network: Network,
    result: ScenarioResult,
    request: Request,
    scenario: Scenario,
    upgrade: Upgrade,
) -> pd.DataFrame:
    """Return `gis_data.scenario_schema.SCENARIO_FACTS`, values in words."""
    asked = [f"--without-plan {name}" for name in scenario.without_plans]
    asked += [change.text for change in scenario.changes]
    asked += [text] if (text := keeping(request)) else []
    over_all = result.difference.hamlets[result.difference.hamlets["operator"] == ""]
    losing, gaining = (over_all[over_all["change"] == code] for code in ("lost", "gained"))
    fewest, say = result.upgrades.fewest, scene.options.reporter.say
    on_air = result.after.active(scene.day)
    rows: list[tuple[str, Any]] = [
        ("as_of", scene.options.as_of.isoformat()),
        *_basis(network, on_air, say),
        ("changes", "; ".join(asked)),
        ("scope", say("scope_operator" if request.per_operator else "scope_all")),
        ("cells_before", int(result.before.active(scene.day).sum())),
        ("cells_after", int(on_air.sum())),
        ("hamlets_losing", len(losing)),
        ("people_losing", f"{losing['population'].sum():g}"),
        ("hamlets_gaining", len(gaining)),
        ("people_gaining", f"{gaining['population'].sum():g}"),
        *_station_facts(network, result.kept, request, say),
        *_upgrade_facts(result.upgrades, say),
        ("not_mended", int(fewest.impossible.any(axis=(1, 2)).sum())),
        (
            "upgrade_rule",
            f"{upgrade.technology}, {upgrade.bandwidth_mhz:g} MHz, ≥ {upgrade.least_power_dbm:g} dBm "
            f"([upgrades] {scene.options.project.upgrades.preset})",
        ),
        ("places_required", len(result.places)),
        ("places_lacking", int((~result.places["covered_after"].astype(bool)).sum())),
    ]
    data = [(fact, str(value)) for fact, value in rows]
    return pd.DataFrame(data, columns=[column.name for column in SCENARIO_FACTS.columns])


def _upgrade_facts(plan: UpgradePlan, say: Callable[..., str]) -> list[tuple[str, Any]]:
    """How many masts, and the proof; in words where there are none."""
    fewest = plan.fewest
    if not plan.lost.any():
        return [("upgrades", say("no_upgrade_needed"))]
    if not len(fewest.chosen) and fewest.status == "optimal":
        return [("upgrades", say("no_upgrade_helps"))]
    return [
        ("upgrades", len(fewest.chosen)),
        ("upgrades_bound", fewest.bound),
        ("upgrades_status", say(fewest.status, gap=f"{fewest.gap:.1%}")),
    ]


def _basis(network: Network, on_air: NDArray[np.bool_], say: Callable[..., str]) -> list[tuple[str, Any]]:
    """What decides: the model, and how many groups of samples before and after."""
    samples = network.samples
    if samples is None or not len(samples.groups):
        return [("basis", say("model_alone"))]
    return [
        ("basis", say("model_and_samples")),
        ("samples", f"{len(samples.groups)} → {int(samples.holds(on_air).sum())}"),
    ]


def _station_facts(
    network: Network, kept: KeptStations | None, request: Request, say: Callable[..., str]
) -> list[tuple[str, Any]]:
    if kept is None:
        return []
    found = kept.found
    rows: list[tuple[str, Any]] = [("stations_before", len(kept.table))]
    if request.keep is not None:
        proof = say(kept.fewest.status, gap=f"{kept.fewest.gap:.1%}")
        rows += [("stations_needed", len(kept.fewest.chosen)), ("stations_needed_status", proof)]
    rows.append(("stations_kept", len(found.chosen)))
    if isinstance(found, KeptFilled):
        return [*rows, *_technology_facts(network, kept, found, request, say)]
    if isinstance(found, KeptWithin):
        unit = request.lose_fewest
        people = float(network.villages["population"].to_numpy(dtype=np.float64)[found.lost].sum())
        # The half person by which hamlets break ties is no person.
        loss = people if unit == "people" else float(found.lost.sum())
        bound = loss if found.status == "optimal" else max(0.0, math.ceil(found.bound - 0.5))
        rows += [
            ("stations_lost", int(found.lost.sum())),
            ("stations_lost_people", f"{people:g}"),
            ("stations_loss_bound", f"{bound:g} {say(unit).lower()}"),
        ]
        gap = (loss - bound) / loss if loss else 0.0
    else:
        rows.append(("stations_bound", found.bound))
        gap = found.gap
    return [*rows, ("stations_status", say(found.status, gap=f"{gap:.1%}"))]


def _technology_facts(
    network: Network, kept: KeptStations, found: KeptFilled, request: Request, say: Callable[..., str]
) -> list[tuple[str, Any]]:
    """Who keeps the technology itself, where nobody loses a service."""
    population = network.villages["population"].to_numpy(dtype=np.float64)

    def told(hamlets: NDArray[np.bool_]) -> str:
        people = float(population[hamlets].sum())
        return f"{int(hamlets.sum()):g} {say('hamlets').lower()}, {people:g} {say('people').lower()}"

    unit = request.lose_fewest
    # The half person by which hamlets break ties is no person.
    lost = found.loses_technology
    loss = float(population[lost].sum()) if unit == "people" else float(lost.sum())
    bound = loss if found.status == "optimal" else max(0.0, math.ceil(found.bound - 0.5))
    gap = (loss - bound) / loss if loss else 0.0
    name = str(kept.table["technology"].iloc[0])
    return [
        ("stations_lost", 0),
        ("stations_lost_people", "0"),
        ("stations_loss_bound", f"0 {say(unit).lower()}"),
        ("technology_kept", f"{name}: {told(found.has_technology & ~lost)}"),
        ("technology_lost", told(lost)),
        ("technology_bound", f"{bound:g} {say(unit).lower()}"),
        ("stations_status", say(found.status, gap=f"{gap:.1%}")),
    ]
