"""What the evidence of one day says about one item of a register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..gaps import Verdicts
from .evidence import PlanEvidence, Samples, mast_cells, samples_near

__all__ = ["Day", "Finding", "item_finding"]

_UNMATCHED = {"doubtful": "village_doubtful"}


@dataclass(frozen=True)
class Finding:
    """Support for an item and the pieces of evidence; see `gis_data.result_schema.PLAN_STATUS`."""

    support: str
    reason: str
    decided_by: str = "none"
    evidence_mast: str | None = None
    evidence_cell: str | None = None
    evidence_operator: str | None = None
    evidence_technology: str | None = None
    on_air_since: np.datetime64 = np.datetime64("NaT", "s")  # noqa: RUF009  (datetime64 is immutable)
    distance_m: float = float("nan")
    level_dbm: float = float("nan")
    p_covered: float = float("nan")
    responsible_serves: bool | None = None
    samples: int = 0
    share_samples: float = float("nan")


@dataclass(frozen=True)
class Day:
    """The evidence as of one day, with the verdicts over all and by responsible operator.

    `plain` are the verdicts over all of the model that no samples shift.
    """

    evidence: PlanEvidence
    as_of: np.datetime64
    everyone: Verdicts
    by_operator: dict[str, Verdicts]
    plain: Verdicts

    @classmethod
    def of(cls, evidence: PlanEvidence, as_of: np.datetime64, operators: Sequence[str]) -> Day:
        """Compute the verdicts once for all items."""
        by_operator = {name: evidence.verdicts(as_of, name) for name in operators}
        everyone = evidence.verdicts(as_of)
        unmoved = evidence.shifted is None
        plain = everyone if unmoved else replace(evidence, shifted=None).verdicts(as_of)
        return cls(evidence, as_of, everyone, by_operator, plain)


def item_finding(
    day: Day, item: Any, matched_by: str, village: int, claimed_on: np.datetime64, masts: set[str]
) -> Finding:
    """Hold one item against the evidence of a day.

    Parameters
    ----------
    day : Day
    item : named tuple
        A row of a clean register.
    matched_by : str
        How its hamlet was found.
    village : int
        Row of the hamlet in ``day.evidence``; -1 none.
    claimed_on : datetime64
        NaT: not claimed.
    masts : set of str
        Known masts.
    """
    if item.kind == "station":
        return _station(day, item.mast_id, item.operator, masts)
    if item.kind == "fixed_broadband":
        return Finding("not_checkable", "fixed_not_modelled")
    if village < 0:
        return Finding("not_checkable", _UNMATCHED.get(matched_by, "village_unknown"))
    return _service(day, item.kind, item.operator, village, claimed_on)


def _station(day: Day, mast_id: str, operator: str, masts: set[str]) -> Finding:
    if not mast_id:
        return Finding("not_checkable", "mast_not_named")
    if mast_id not in masts:
        return Finding("not_checkable", "mast_unknown")
    cells = day.evidence.cells
    on_air = mast_cells(cells, mast_id, day.as_of)
    own = on_air[cells.operator[on_air] == operator] if operator else on_air
    if not len(on_air):
        return Finding("contradicted", "no_cell_on_air", "station_list", evidence_mast=mast_id)
    supported = len(own) > 0
    finding = Finding(
        "supported" if supported else "contradicted",
        "cell_on_air" if supported else "only_other_operator",
        "station_list",
    )
    return _with_cell(day, finding, int(own[0] if supported else on_air[0]))


def _with_cell(day: Day, finding: Finding, cell: int) -> Finding:
    cells = day.evidence.cells
    return replace(
        finding,
        evidence_mast=str(cells.mast_id[cell]),
        evidence_cell=str(cells.cell_id[cell]),
        evidence_operator=str(cells.operator[cell]),
        evidence_technology=str(cells.technology[cell]),
        on_air_since=cells.on_air[cell],
    )


def _service(day: Day, kind: str, operator: str, village: int, claimed_on: np.datetime64) -> Finding:
    rule = day.evidence.rule
    technologies = rule.voice if kind == "mobile_service" else rule.broadband
    finding = _by_model(day, kind, technologies, village)
    if operator:
        finding = replace(finding, responsible_serves=_serves(day.by_operator[operator], kind, village))
    samples = samples_near(day.evidence, village, technologies, day.as_of, claimed_on)
    return _by_samples(day, finding, samples)


def _serves(verdicts: Verdicts, kind: str, village: int) -> bool:
    return bool((verdicts.voice if kind == "mobile_service" else verdicts.broadband)[village])


def _by_model(day: Day, kind: str, technologies: tuple[str, ...], village: int) -> Finding:
    verdicts = day.everyone
    p = _probability(verdicts, kind, village)
    served = _serves(verdicts, kind, village)
    finding = Finding(
        "supported" if served else "contradicted",
        "served" if served else "not_served",
        "model" if p == _probability(day.plain, kind, village) else "model_shifted",
        p_covered=p,
    )
    columns = [verdicts.technologies.index(name) for name in technologies]
    best = columns[int(np.argmax(verdicts.p_covered[village, columns]))]
    cell = int(verdicts.best_cell[village, best])
    if cell < 0:
        return finding
    x, y = day.evidence.centre(village)
    cells = day.evidence.cells
    away = float(np.hypot(cells.x_m[cell] - x, cells.y_m[cell] - y))
    level = float(verdicts.level_dbm[village, best])
    return _with_cell(day, replace(finding, distance_m=away, level_dbm=level), cell)


def _probability(verdicts: Verdicts, kind: str, village: int) -> float:
    if kind == "mobile_service":
        return float(min(verdicts.p_centre_voice[village], verdicts.p_voice[village]))
    return float(verdicts.p_broadband[village])


def _by_samples(day: Day, finding: Finding, groups: list[Samples]) -> Finding:
    """Let samples decide: any good group supports; a bad one contradicts what it was taken from."""
    rules = day.evidence.rule.technologies
    good = [group for group in groups if group.share >= rules[group.technology].probability]
    bad = [
        group
        for group in groups
        if finding.support == "contradicted"
        or (group.technology, group.operator or finding.evidence_operator)
        == (finding.evidence_technology, finding.evidence_operator)
    ]
    if not good and not bad:
        return finding
    decisive = (good or bad)[0]
    return replace(
        finding,
        support="supported" if good else "contradicted",
        reason="measured_served" if good else "measured_not_served",
        decided_by="measurement",
        samples=decisive.count,
        share_samples=decisive.share,
    )
