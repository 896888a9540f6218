"""Which stations a scenario must keep, and which masts it must upgrade, so that nobody loses service."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.scenario_schema import SCENARIO_STATIONS, SCENARIO_UPGRADES
from .cells import CellTable, PointLevels, PointTable
from .gaps import GapRule
from .keeping import Fewest, Upgrade, fewest_stations, stations_by_mast, with_upgrades
from .keeping_filled import KeptFilled, stations_filled
from .keeping_within import KeptWithin, stations_within
from .scenario_samples import SampledService
from .scenarios import Selector
from .service_model import ServiceModel, service_model

__all__ = [
    "KeptStations",
    "Network",
    "UpgradePlan",
    "stations_to_keep",
    "stations_to_keep_within",
    "upgrades_first",
]


@dataclass(frozen=True)
class Network:
    """What stays the same in every scenario of a run; see `coverage.gaps.verdicts`.

    Attributes
    ----------
    points : PointTable
    villages : DataFrame
        `gis_data.schema.VILLAGES`; `village_id`, `name` and `population` are read.
    levels : PointLevels
    rule : GapRule
    as_of : datetime64
    per_operator : bool
        False: no hamlet loses a service that it has from any operator. True: nor one that it has from an
        operator, whatever the others do (there is no roaming between operators).
    samples : SampledService or None
        None: the model alone.
    """

    points: PointTable
    villages: pd.DataFrame
    levels: PointLevels
    rule: GapRule
    as_of: np.datetime64
    per_operator: bool = False
    samples: SampledService | None = None


@dataclass(frozen=True)
class KeptStations:
    """The stations of a layer to keep.

    Attributes
    ----------
    cells : CellTable
        The scenario's cells with all other stations of the layer off air.
    found : Fewest, KeptWithin or KeptFilled
    table : DataFrame
        `gis_data.scenario_schema.SCENARIO_STATIONS`.
    fewest : Fewest
        The fewest so that nobody loses service; `found` itself where only those were asked for.
    """

    cells: CellTable
    found: Fewest | KeptWithin | KeptFilled
    table: pd.DataFrame
    fewest: Fewest


@dataclass(frozen=True)
class UpgradePlan:
    """The fewest masts to upgrade.

    Attributes
    ----------
    fewest : Fewest
    table : DataFrame
        `gis_data.scenario_schema.SCENARIO_UPGRADES`.
    lost : ndarray of bool, (hamlets, scopes, services)
        What the scenario takes away; ``fewest.impossible`` is the part that no upgrade keeps.
    scopes : tuple of str
        The empty name (all operators), then each operator.
    """

    fewest: Fewest
    table: pd.DataFrame
    lost: NDArray[np.bool_]
    scopes: tuple[str, ...]


def stations_to_keep(
    network: Network, before: CellTable, after: CellTable, layer: Selector, time_limit_s: float = 60.0
) -> KeptStations:
    """Find the fewest stations of a layer with which nobody loses what today's network gives.

    What the scenario takes away even with the whole layer on air is not asked for.

    Parameters
    ----------
    network : Network
    before, after : CellTable
        Of today and of the scenario.
    layer : Selector
        The stations at choice, such as 3G; a station is its cells of one operator on one mast.
    time_limit_s : float
    """
    model, station_of, example = _choice(network, before, after, layer)
    fewest = fewest_stations(model, _served_today(network, before, model.operators), time_limit_s)
    return _kept(network, after, layer, fewest, station_of, example, fewest)


def stations_to_keep_within(
    network: Network,
    before: CellTable,
    after: CellTable,
    layer: Selector,
    most: int,
    *,
    by_hamlets: bool = False,
    time_limit_s: float = 60.0,
) -> KeptStations:
    """Choose so many stations of a layer: nobody, else the fewest people, lose what today's network gives.

    Where nobody needs to lose, the stations beyond the fewest serve that most people keep the technology
    itself (3G from any operator; of the layer's operator, where it names one; of each operator that they have
    it from, where services are counted so): `found` is a `KeptFilled` then, else a `KeptWithin`.

    Parameters
    ----------
    network, before, after, layer, time_limit_s
        As for `stations_to_keep`; the limit holds for each of the searches.
    most : int
        Stations that may stay.
    by_hamlets : bool
        Hamlets are counted instead of people (who are counted first; hamlets break ties).
    """
    model, station_of, example = _choice(network, before, after, layer)
    wanted = _served_today(network, before, model.operators)
    n = len(network.villages)
    people = network.villages["population"].to_numpy(dtype=np.float64)
    # Below half a person for all hamlets together: of choices that cost as many people, fewer hamlets.
    weight = np.ones(n) if by_hamlets else people + 0.5 / (n + 1)
    fewest = fewest_stations(model, wanted, time_limit_s)
    start, found = fewest.chosen, None
    if most < len(start):
        found = stations_within(model, wanted, most, weight, time_limit_s)
        # Out of time, the fewest may not have been found.
        start, found = (start, found) if found.lost.any() else (found.chosen, None)
    if found is not None:
        return _kept(network, after, layer, found, station_of, example, fewest)
    technology, has_it = _technology(network, before, after, layer, station_of, model.operators)
    filled = stations_filled(model, wanted, technology, has_it, start, most, weight, time_limit_s)
    return _kept(network, after, layer, filled, station_of, example, fewest)


def _technology(
    network: Network,
    before: CellTable,
    after: CellTable,
    layer: Selector,
    station_of: NDArray[np.int64],
    operators: tuple[str, ...],
) -> tuple[ServiceModel, NDArray[np.bool_]]:
    """The question for the technology itself, and who has it today, in the scopes that count."""
    name = layer.technology
    only = replace(network.rule, voice=(name,), broadband=(name,))
    own = replace(network, rule=only, per_operator=True)
    today = _served_today(own, before, operators)
    counted = np.zeros(today.shape, dtype=bool)
    folded = [operator.casefold() for operator in operators]
    if layer.operator:
        counted[:, 1 + folded.index(layer.operator.casefold()), 1] = True
    elif network.per_operator:
        counted[:, 1:, 1] = True
    else:
        counted[:, 0, 1] = True
    model = service_model(
        network.points, len(network.villages), network.levels, after, only, after.active(network.as_of),
        station_of, operators, network.samples,
    )  # fmt: skip
    return model, today & counted


def _choice(
    network: Network, before: CellTable, after: CellTable, layer: Selector
) -> tuple[ServiceModel, NDArray[np.int64], list[int]]:
    """The question for a layer; the station of each cell, and a cell of each station."""
    on_air = after.active(network.as_of)
    station_of, example = stations_by_mast(after, layer.mask(after) & on_air)
    model = service_model(
        network.points, len(network.villages), network.levels, after, network.rule, on_air, station_of,
        _operators(network, before, after), network.samples,
    )  # fmt: skip
    return model, station_of, example


def _kept(
    network: Network,
    after: CellTable,
    layer: Selector,
    found: Fewest | KeptWithin | KeptFilled,
    station_of: NDArray[np.int64],
    example: list[int],
    fewest: Fewest,
) -> KeptStations:
    """Switch the other stations off; the table of all of them."""
    off_air = after.off_air.copy()
    off_air[(station_of >= 0) & ~np.isin(station_of, found.chosen)] = np.datetime64("0001-01-01", "D")
    needed = dict(zip(found.chosen.tolist(), found.needed_by, strict=True))
    of_technology = found.technology_by if isinstance(found, KeptFilled) else ()
    holds = dict(zip(found.chosen.tolist(), of_technology, strict=False))
    nobody = np.zeros(0, dtype=np.int64)
    rows = [
        {
            "mast_id": str(after.mast_id[cell]),
            "operator": str(after.operator[cell]),
            "technology": layer.technology,
            "kept": station in needed,
            **_needed(network, needed.get(station, nobody)),
            "technology_hamlets": len(holds[station]) if station in holds else None,
            "technology_people": _people(network, holds[station]) if station in holds else None,
        }
        for station, cell in enumerate(example)
    ]
    table = pd.DataFrame(rows, columns=[column.name for column in SCENARIO_STATIONS.columns])
    table = table.astype({"technology_hamlets": "Int64", "technology_people": float})
    order = ["kept", "people", "technology_people", "mast_id", "operator"]
    table = table.sort_values(order, ascending=[False, False, False, True, True], ignore_index=True)
    return KeptStations(replace(after, off_air=off_air), found, table, fewest)


def upgrades_first(
    network: Network,
    before: CellTable,
    after: CellTable,
    upgrade: Upgrade,
    time_limit_s: float = 60.0,
) -> UpgradePlan:
    """Find the fewest masts on which a carrier must replace what the scenario switches off.

    Parameters
    ----------
    network : Network
    before, after : CellTable
        Of today and of the scenario.
    upgrade : Upgrade
    time_limit_s : float
    """
    on_air = after.active(network.as_of)
    gone = before.active(network.as_of) & ~on_air & (after.technology != upgrade.technology)
    cells, levels, replaced = with_upgrades(after, network.levels, gone, upgrade)
    new = np.arange(len(cells)) >= len(after)
    station_of, example = stations_by_mast(cells, new)
    operators = _operators(network, before, after)
    n_villages = len(network.villages)
    use = np.concatenate([on_air, np.ones(len(replaced), dtype=bool)])
    model = service_model(
        network.points, n_villages, levels, cells, network.rule, use, station_of, operators, network.samples
    )
    without = model.served(np.zeros(model.n_stations, dtype=bool))
    lost = _served_today(network, before, operators) & ~without
    fewest = fewest_stations(model, lost, time_limit_s)
    rows = []
    for station, villages in zip(fewest.chosen.tolist(), fewest.needed_by, strict=True):
        frequencies = np.unique(cells.frequency_mhz[station_of == station])
        rows.append(
            {
                "mast_id": str(cells.mast_id[example[station]]),
                "operator": str(cells.operator[example[station]]),
                "technology": upgrade.technology,
                "frequencies_mhz": "; ".join(f"{value:g}" for value in frequencies),
                **_needed(network, villages),
            }
        )
    table = pd.DataFrame(rows, columns=[column.name for column in SCENARIO_UPGRADES.columns])
    order = ["people", "mast_id", "operator"]
    table = table.sort_values(order, ascending=[False, True, True], ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    return UpgradePlan(fewest, table, lost, model.scopes)


def _operators(network: Network, *cells: CellTable) -> tuple[str, ...]:
    names = [np.unique(table.operator[table.active(network.as_of)]) for table in cells]
    if network.samples is not None:
        names.append(np.unique(network.samples.groups.operator))
    return tuple(np.unique(np.concatenate(names)).tolist())


def _served_today(network: Network, before: CellTable, operators: tuple[str, ...]) -> NDArray[np.bool_]:
    """What must not be lost, in the scopes that count."""
    nothing_at_choice = np.full(len(before), -1, dtype=np.int64)
    model = service_model(
        network.points, len(network.villages), network.levels, before, network.rule,
        before.active(network.as_of), nothing_at_choice, operators, network.samples,
    )  # fmt: skip
    served = model.served(np.zeros(0, dtype=bool))
    if not network.per_operator:
        served[:, 1:] = False
    return served


def _needed(network: Network, villages: NDArray[np.int64]) -> dict[str, object]:
    chosen = network.villages.iloc[villages]
    return {
        "hamlets": len(chosen),
        "people": _people(network, villages),
        "village_ids": "; ".join(chosen["village_id"].astype(str)),
        "village_names": "; ".join(chosen["name"].astype(str)),
    }


def _people(network: Network, villages: NDArray[np.int64] | NDArray[np.bool_]) -> float:
    return float(network.villages["population"].to_numpy(dtype=np.float64)[villages].sum())
