"""Two networks on the same day, hamlet by hamlet: who loses service and who gains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ..gis_data.result_schema import CONFIDENCES, VERDICTS
from ..gis_data.scenario_schema import (
    SCENARIO_CLASSES,
    SCENARIO_HAMLETS,
    SCENARIO_PLACES,
    SCENARIO_SERVICES,
)
from ..gis_data.schema import Table
from .cells import CellTable, PointLevels, PointTable
from .gaps import GapRule, Verdicts, verdicts
from .measured import MeasuredGroups
from .point_service import PointService, point_service, with_measurements
from .scenario_samples import SampledService

__all__ = ["Difference", "difference", "place_difference", "services_of"]


@dataclass(frozen=True)
class Difference:
    """What a scenario changes for the hamlets; operator "" is the verdict over all operators.

    Attributes
    ----------
    hamlets : DataFrame
        `gis_data.scenario_schema.SCENARIO_HAMLETS`: hamlets and operators for which anything changes.
    services : DataFrame
        `SCENARIO_SERVICES`: by operator and service.
    classes : DataFrame
        `SCENARIO_CLASSES`: by operator and verdict.
    """

    hamlets: pd.DataFrame
    services: pd.DataFrame
    classes: pd.DataFrame


def difference(
    points: PointTable,
    villages: pd.DataFrame,
    levels: PointLevels,
    before: CellTable,
    after: CellTable,
    rule: GapRule,
    as_of: np.datetime64,
    operators: tuple[str, ...],
    *,
    required_5g: NDArray[np.bool_] | None = None,
    samples: SampledService | None = None,
) -> Difference:
    """Compare the verdicts of two networks, over all operators and for each.

    With the same `required_5g` and samples as the verdicts of today, `before` is those verdicts.

    Parameters
    ----------
    points, levels, rule, as_of
        As for `coverage.gaps.verdicts`.
    villages : DataFrame
        `gis_data.schema.VILLAGES` in the order that `points.village` refers to.
    before, after : CellTable
        The same cells with different dates.
    operators : tuple of str
    required_5g : ndarray of bool, (villages,), or None
    samples : SampledService or None
        None: the model alone.
    """
    hamlets, services, classes = [], [], []
    people = villages["population"].to_numpy(dtype=np.float64)
    n_points = len(points)
    measured = [_groups(samples, n_points, levels, cells, rule, as_of) for cells in (before, after)]
    for operator in ("", *operators):
        was, now = (
            verdicts(
                points, len(villages), levels, cells, rule, as_of, operator=operator or None,
                required_5g=required_5g, measured=groups,
            )
            for cells, groups in zip((before, after), measured, strict=True)
        )  # fmt: skip
        hamlets.append(_changed_hamlets(operator, villages, was, now))
        services += list(_service_rows(operator, people, was, now))
        classes += list(_class_rows(operator, people, was, now))
    return Difference(
        _worst_first(pd.concat(hamlets, ignore_index=True), ("", *operators)),
        pd.DataFrame(services, columns=_names(SCENARIO_SERVICES)),
        pd.DataFrame(classes, columns=_names(SCENARIO_CLASSES)),
    )


_CHANGES = ("lost", "worse", "gained", "better", "other")


def _worst_first(hamlets: pd.DataFrame, operators: tuple[str, ...]) -> pd.DataFrame:
    """All operators together first; who loses service before who gains it, most people first."""
    order = hamlets.assign(
        _operator=hamlets["operator"].map(operators.index),
        _change=hamlets["change"].map(_CHANGES.index),
        _people=-hamlets["population"].astype(float),
    )
    order = order.sort_values(["_operator", "_change", "_people", "village_id"], kind="stable")
    return hamlets.loc[order.index].reset_index(drop=True)


def _groups(
    samples: SampledService | None,
    n_points: int,
    levels: PointLevels,
    cells: CellTable,
    rule: GapRule,
    as_of: np.datetime64,
) -> MeasuredGroups | None:
    if samples is None:
        return None
    return samples.in_network(n_points, levels, cells, rule.technologies, cells.active(as_of))


def services_of(found: Verdicts) -> dict[str, NDArray[np.bool_]]:
    """Return who is served, by service: voice, broadband and every technology."""
    by_technology = {name: found.served[:, t] for t, name in enumerate(found.technologies)}
    return {"voice": found.voice, "broadband": found.broadband, **by_technology}


def place_difference(
    points: PointTable,
    places: pd.DataFrame,
    required: Sequence[str],
    levels: PointLevels,
    before: CellTable,
    after: CellTable,
    rule: GapRule,
    as_of: np.datetime64,
    samples: SampledService | None = None,
) -> pd.DataFrame:
    """Tell which places have the technology that they must have: `gis_data.scenario_schema.SCENARIO_PLACES`.

    A place is covered where one operator covers it at the rule's probability, or where samples show it and
    still hold. Places without a required technology are left out; those not covered in the scenario come
    first.

    Parameters
    ----------
    places : DataFrame
        `gis_data.schema.PLACES`.
    required : sequence of str
        Technology that each place must have; empty: none.
    samples : SampledService or None
        None: the model alone.
    """
    groups = [_groups(samples, len(points), levels, cells, rule, as_of) for cells in (before, after)]
    was, now = (
        _place_service(own, len(points), levels, cells, rule, as_of)
        for own, cells in zip(groups, (before, after), strict=True)
    )
    sampled = set() if groups[1] is None else _keys(groups[1])
    point = {name: index for index, name in enumerate(points.point_id.tolist())}
    rows = []
    for place, technology in zip(places.to_dict("records"), required, strict=True):
        if technology not in rule.technologies:
            continue
        index = point[f"p:{place['place_id']}"]
        margin = _margins(now, index, technology)
        z = float(ndtri(rule.technologies[technology].probability))
        serving = [name for name, value in zip(now.operators, margin, strict=True) if value >= 0.0]
        best = now.operators[int(margin.argmax())] if len(margin) else ""
        rows.append(
            {
                "place_id": place["place_id"],
                "name": place["name"],
                "place_kind": place["kind"],
                "required_technology": technology,
                "covered_before": bool((_margins(was, index, technology) >= 0.0).any()),
                "covered_after": bool(serving),
                "p_after": float(ndtr(margin.max(initial=-np.inf) + z)),
                "decided_by": "measurement" if (index, best, technology) in sampled else "model",
                "operators_after": "; ".join(serving),
            }
        )
    table = pd.DataFrame(rows, columns=_names(SCENARIO_PLACES))
    return table.sort_values(["covered_after", "place_kind", "place_id"], kind="stable", ignore_index=True)


def _place_service(
    groups: MeasuredGroups | None,
    n_points: int,
    levels: PointLevels,
    cells: CellTable,
    rule: GapRule,
    as_of: np.datetime64,
) -> PointService:
    service = point_service(n_points, levels, cells, rule.technologies, cells.active(as_of))
    return service if groups is None else with_measurements(service, groups)


def _keys(groups: MeasuredGroups) -> set[tuple[int, str, str]]:
    columns = (groups.point.tolist(), groups.operator.tolist(), groups.technology.tolist())
    return set(zip(*columns, strict=True))


def _margins(service: PointService, point: int, technology: str) -> NDArray[np.float64]:
    return service.margin[point, :, service.technologies.index(technology)]


def _changed_hamlets(operator: str, villages: pd.DataFrame, was: Verdicts, now: Verdicts) -> pd.DataFrame:
    before, after = services_of(was), services_of(now)
    lost = {name: before[name] & ~after[name] for name in before}
    gained = {name: after[name] & ~before[name] for name in before}
    worse, better = now.verdict < was.verdict, now.verdict > was.verdict
    change = np.select(
        [lost["voice"] | lost["broadband"], gained["voice"] | gained["broadband"], worse, better],
        ["lost", "gained", "worse", "better"],
        default="other",
    )
    changed = np.any([*lost.values(), *gained.values(), worse, better], axis=0)
    index = np.flatnonzero(changed)
    verdict_names, confidence_names = np.array(VERDICTS, dtype=object), np.array(CONFIDENCES, dtype=object)
    found: dict[str, object] = {
        "operator": np.full(len(index), operator, dtype=object),
        "change": change[index].astype(object),
        "services_lost": _listed(lost, index),
        "services_gained": _listed(gained, index),
        "verdict_before": verdict_names[was.verdict[index]],
        "verdict_after": verdict_names[now.verdict[index]],
        "p_after": now.p[index],
        "confidence_after": confidence_names[now.confidence[index]],
    }
    names = _names(SCENARIO_HAMLETS)
    for name in names:
        if name not in found and name in villages:
            found[name] = villages[name].to_numpy()[index]
    return pd.DataFrame(found).reindex(columns=names)


def _listed(flags: dict[str, NDArray[np.bool_]], index: NDArray[np.int64]) -> list[str]:
    return ["; ".join(name for name, flag in flags.items() if flag[i]) for i in index]


def _service_rows(
    operator: str, people: NDArray[np.float64], was: Verdicts, now: Verdicts
) -> Iterator[dict[str, object]]:
    before, after = services_of(was), services_of(now)
    for service in before:
        b, a = before[service], after[service]
        parts = {"before": b, "after": a, "losing": b & ~a, "gaining": a & ~b}
        yield {"operator": operator, "service": service, **_counts(parts, people)}


def _class_rows(
    operator: str, people: NDArray[np.float64], was: Verdicts, now: Verdicts
) -> Iterator[dict[str, object]]:
    for number, verdict in enumerate(VERDICTS):
        b, a = was.verdict == number, now.verdict == number
        parts = {"before": b, "after": a, "leaving": b & ~a, "entering": a & ~b}
        yield {"operator": operator, "verdict": verdict, **_counts(parts, people)}


def _counts(parts: dict[str, NDArray[np.bool_]], people: NDArray[np.float64]) -> dict[str, object]:
    counts: dict[str, object] = {}
    for name, flag in parts.items():
        counts[f"hamlets_{name}"] = int(flag.sum())
        counts[f"people_{name}"] = float(people[flag].sum())
    return counts


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]
