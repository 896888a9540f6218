"""Verdict per hamlet and technology: who has no usable signal, and how sure are we.

The words are the province's: *trắng sóng*, no signal at the hamlet's centre; *lõm sóng*, residential clusters
without signal. The rule is ``[criteria]`` of phusong.toml: a point is covered where P(level >= threshold) is
at least the rule's probability; an operator serves a hamlet with a technology (or with voice, or with
broadband, by any technology that carries it) where at least ``share_of_people`` of its people live at points
that this operator covers; a hamlet is served where some operator serves it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from .cells import CellTable, PointLevels, PointTable
from .gap_decision import (
    FRAGILE,
    PARTIAL,
    GapRule,
    Margins,
    best_of,
    changed,
    column_of,
    confidence_of,
    decide,
    probabilities,
)
from .heard import Heard, heard_on
from .measured import MeasuredGroups
from .point_service import (
    PointService,
    people_quantile,
    people_share,
    pooled_service,
    selected_cells,
    with_measurements,
)
from .sample_shift import ShiftedLevels

__all__ = ["GapRule", "Verdicts", "level_of", "verdicts"]


@dataclass(frozen=True)
class Verdicts:
    """The state of every hamlet on one day, for one operator or over all.

    Arrays by technology have the shape (villages, technologies); all others (villages,).

    Attributes
    ----------
    technologies : tuple of str
    level_dbm : ndarray of float64
        Median level at the centre from the best cell, as samples shift it; NaN where nothing can be heard.
    shift_db : ndarray of float64
        What samples shift it by; NaN where none tells.
    p_covered : ndarray of float64
        P(level >= threshold) at the centre, 0 … 1.
    share_people : ndarray of float64
        Highest share of the hamlet's people whom one operator covers (all operators together if pooled).
    served : ndarray of bool
        `share_people` reaches the rule's share.
    best_cell : ndarray of int32
        Index of the best cell at the centre; -1 none.
    servers : ndarray of int32
        Distinct masts each of which covers the centre by itself at the rule's probability.
    masts : ndarray of int32
        The same over all voice technologies.
    voice, broadband : ndarray of bool
        Some operator serves the hamlet with that service (voice: and there is voice at the centre).
    p_centre_voice : ndarray of float64
        P(voice) at the centre.
    p_voice, p_broadband : ndarray of float64
        Highest probability that the rule's share of people has, from one operator.
    verdict : ndarray of int8
        Index into `gis_data.result_schema.VERDICTS`, most severe first.
    p : ndarray of float64
        The probability that decided the verdict: of what is missing, or of the weakest of what is there.
    confidence : ndarray of int8
        Index into `CONFIDENCES`. "uncertain": levels one sigma higher or lower at every point would turn the
        verdict over; "likely": two sigma would; "certain": neither. Dead (no signal, partial signal) and
        served (fragile, covered) count as one verdict each here. Where samples decide, sigma is the standard
        error of their share.
    by_measurement : ndarray of bool
        Samples at the hamlet took the place of the model in what decided the verdict.
    by_shift : ndarray of bool
        They did not, but samples around it shifted the levels in what decided the verdict.
    samples : ndarray of int64
        Samples near the hamlet that count, of all operators and technologies.
    model_verdict : ndarray of int8
        The verdict without measurements.
    split : ndarray of bool
        The verdict is ``partial_signal``, and yet the operators together cover the share of people: every
        cluster has a signal, but no single operator has one in all of them.
    """

    technologies: tuple[str, ...]
    level_dbm: NDArray[np.float64]
    shift_db: NDArray[np.float64]
    p_covered: NDArray[np.float64]
    share_people: NDArray[np.float64]
    served: NDArray[np.bool_]
    best_cell: NDArray[np.int32]
    servers: NDArray[np.int32]
    masts: NDArray[np.int32]
    voice: NDArray[np.bool_]
    broadband: NDArray[np.bool_]
    p_centre_voice: NDArray[np.float64]
    p_voice: NDArray[np.float64]
    p_broadband: NDArray[np.float64]
    verdict: NDArray[np.int8]
    p: NDArray[np.float64]
    confidence: NDArray[np.int8]
    by_measurement: NDArray[np.bool_]
    by_shift: NDArray[np.bool_]
    samples: NDArray[np.int64]
    model_verdict: NDArray[np.int8]
    split: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.verdict)

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Dead zones: no signal at the centre, or too many people without."""
        return self.verdict <= PARTIAL


def verdicts(
    points: PointTable,
    n_villages: int,
    levels: PointLevels,
    cells: CellTable,
    rule: GapRule,
    as_of: np.datetime64,
    *,
    operator: str | None = None,
    required_5g: NDArray[np.bool_] | None = None,
    measured: MeasuredGroups | None = None,
    shifted: ShiftedLevels | None = None,
    heard: Heard | None = None,
) -> Verdicts:
    """Judge every hamlet as of the end of a day.

    The verdict is the first of these that holds:

    1. ``no_signal``: no voice technology covers the centre (trắng sóng), wherever its people live;
    2. ``partial_signal``: voice at the centre, but no operator reaches the share of people (lõm sóng);
    3. ``voice_only``: voice, but no operator serves the hamlet with broadband;
    4. ``no_4g``: not served with 4G (left out where the rule has no 4G);
    5. ``no_5g``: 5G is required here and not served;
    6. ``fragile``: a single mast covers the centre with voice;
    7. ``covered``.

    The first two are the dead zones. P comes from the best server alone: a second cell of equal level adds
    nothing, which errs on the side of caution.

    Parameters
    ----------
    points : PointTable
        Each hamlet 0 … n_villages − 1 has one "centre" and any number of other points; village -1 is ignored.
    n_villages : int
    levels : PointLevels
        Of all cells of the project.
    cells : CellTable
    rule : GapRule
    as_of : datetime64
        Cells on air at the end of this day count.
    operator : str or None
        Only this operator's cells; None: all.
    required_5g : ndarray of bool, (villages,), or None
        Hamlets with a duty of 5G; None: nowhere.
    measured : MeasuredGroups or None
        Samples near the points, which take the place of the model for their operator and technology there.
        Levels, best cells and counts of masts stay those computed.
    shifted : ShiftedLevels or None
        Of `levels`: what samples around the points shift the levels by.
    heard : Heard or None
        Of `levels` and `shifted`, and of the cells of all operators on that day, where several questions are
        asked of them.

    Raises
    ------
    ValueError
        A hamlet without exactly one centre, or 5G required without a rule for it.
    """
    centre = _centres(points, n_villages)
    required = (
        np.zeros(n_villages, dtype=bool) if required_5g is None else np.asarray(required_5g, dtype=bool)
    )
    if required.any() and "5G" not in rule.technologies:
        raise ValueError("5G is required somewhere, but the rule has no 5G")
    if heard is None:
        use = selected_cells(cells, as_of, operator)
        heard = heard_on(len(points), levels, shifted, cells, rule, use)
    service = heard.service_of(operator)
    plain = _judged(points, n_villages, centre, service, rule, required)
    servers, masts = plain_servers = heard.masts_of(operator, centre)
    model = margins = plain[0]
    people = plain[1]
    if heard.shifted is not None:
        service = heard.shifted.service_of(operator)
        margins, people = _judged(points, n_villages, centre, service, rule, required)
        servers, masts = heard.shifted.masts_of(operator, centre)
    computed = margins
    groups = measured if measured is None or operator is None else measured.of_operator(operator)
    if groups is not None and len(groups):
        service = with_measurements(service, groups)
        margins, people = _judged(points, n_villages, centre, service, rule, required)
    level, cell, centre_margin = _at_centre(service, centre)
    level, shift = _estimate(level, cell, centre, levels, shifted)
    share, by_technology = people
    verdict = decide(margins.stacked(), masts)
    z = ndtri([technology.probability for technology in rule.technologies.values()])
    p_of = probabilities(margins, rule)
    deciding = np.minimum(verdict, 4)
    every = np.arange(n_villages)
    by_measurement = changed(computed.stacked(), margins.stacked(), verdict)
    moved = changed(model.stacked(), computed.stacked(), verdict)
    moved |= (masts != plain_servers[1]) & (verdict >= FRAGILE)
    return Verdicts(
        technologies=service.technologies,
        level_dbm=level,
        shift_db=shift,
        p_covered=ndtr(centre_margin + z),
        share_people=share,
        served=by_technology >= 0.0,
        best_cell=cell,
        servers=servers,
        masts=masts,
        voice=(margins.centre >= 0.0) & (margins.voice >= 0.0),
        broadband=margins.broadband >= 0.0,
        p_centre_voice=p_of[0],
        p_voice=p_of[1],
        p_broadband=p_of[2],
        verdict=verdict,
        p=np.where(verdict < FRAGILE, p_of[deciding, every], p_of.min(axis=0)),
        confidence=confidence_of(margins.stacked(), masts, verdict),
        by_measurement=by_measurement,
        by_shift=moved & ~by_measurement,
        samples=_samples_of(points, n_villages, groups),
        model_verdict=decide(model.stacked(), plain_servers[1]),
        split=(verdict == PARTIAL) & _together(points, n_villages, service, rule),
    )


def _together(points: PointTable, n_villages: int, service: PointService, rule: GapRule) -> NDArray[np.bool_]:
    """Tell where the operators together cover the share of people with voice."""
    inside = points.village >= 0
    margin = pooled_service(service).margin[inside]
    best = best_of(margin[:, 0], rule, rule.voice) if margin.shape[1] else np.full(inside.sum(), -np.inf)
    village, people = points.village[inside], points.people[inside]
    return np.asarray(people_quantile(best, village, people, n_villages, rule.share_of_people) >= 0.0)


def level_of(levels: PointLevels, point: NDArray[np.int64], cell: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the level of a cell at a point, NaN where the table has none.

    Parameters
    ----------
    levels : PointLevels
        In any order.
    point, cell : ndarray
        Of one shape, or such that one spreads over the other; cell -1: none.
    """
    width = int(levels.cell.max(initial=0)) + 1
    key = levels.point.astype(np.int64) * width + levels.cell
    order = np.argsort(key, kind="stable")
    wanted = point * width + np.asarray(cell, dtype=np.int64)
    found = np.full(wanted.shape, np.nan)
    if len(order):
        at = order[np.minimum(np.searchsorted(key, wanted, sorter=order), len(order) - 1)]
        hit = (key[at] == wanted) & (cell >= 0)
        found[hit] = levels.level_dbm[at[hit]]
    return found


def _estimate(
    level_dbm: NDArray[np.float64],
    cell: NDArray[np.int32],
    centre: NDArray[np.int64],
    levels: PointLevels,
    shifted: ShiftedLevels | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Level of the best cells at the centres, and what samples shift it by (NaN: none tells)."""
    if shifted is None:
        return level_dbm, np.full(level_dbm.shape, np.nan)
    known = np.broadcast_to(centre[:, np.newaxis], cell.shape)
    told = level_of(levels.with_levels(shifted.sigma_ratio), known, cell) < 1.0
    estimate = level_of(shifted.estimate, known, cell)
    shift = level_of(levels.with_levels(shifted.shift_db), known, cell)
    return estimate, np.where(told, np.round(shift, 2), np.nan)


def _judged(
    points: PointTable,
    n_villages: int,
    centre: NDArray[np.int64],
    service: PointService,
    rule: GapRule,
    required: NDArray[np.bool_],
) -> tuple[Margins, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Margins of every question; share of people and margin by technology."""
    offered = pooled_service(service) if rule.pooled else service
    share, by_technology, voice, broadband = _by_village(points, n_villages, offered, rule)
    centre_margin = service.margin[centre].max(axis=1, initial=-np.inf)
    margins = Margins(
        centre=best_of(centre_margin, rule, rule.voice),
        voice=voice,
        broadband=broadband,
        four=column_of(by_technology, rule, "4G", None),
        five=column_of(by_technology, rule, "5G", required),
    )
    return margins, (share, by_technology)


def _samples_of(points: PointTable, n_villages: int, groups: MeasuredGroups | None) -> NDArray[np.int64]:
    """Samples by hamlet. Of points that share samples the one with most tells, so that none counts twice."""
    found = np.zeros(n_villages, dtype=np.int64)
    if groups is not None and len(groups):
        at_point = np.bincount(groups.point, weights=groups.count, minlength=len(points)).astype(np.int64)
        inside = points.village >= 0
        np.maximum.at(found, points.village[inside], at_point[inside])
    return found


def _centres(points: PointTable, n_villages: int) -> NDArray[np.int64]:
    """Index of each village's centre point."""
    index = np.flatnonzero((points.kind == "centre") & (points.village >= 0))
    count = np.bincount(points.village[index], minlength=n_villages)
    if len(count) != n_villages or np.any(count != 1):
        wrong = np.flatnonzero(count != 1)[:5].tolist()
        raise ValueError(f"every hamlet needs exactly one centre; not so for hamlets {wrong} of {n_villages}")
    centre = np.empty(n_villages, dtype=np.int64)
    centre[points.village[index]] = index
    return centre


def _by_village(
    points: PointTable, n_villages: int, service: PointService, rule: GapRule
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Share of people and margins by technology, margins of voice and broadband; of the best operator."""
    inside = points.village >= 0
    village, people = points.village[inside], points.people[inside]
    n_technologies = len(service.technologies)
    share = np.zeros((n_villages, n_technologies))
    by_technology = np.full((n_villages, n_technologies), -np.inf)
    voice, broadband = np.full(n_villages, -np.inf), np.full(n_villages, -np.inf)

    def quantile(margin: NDArray[np.float64]) -> NDArray[np.float64]:
        return people_quantile(margin, village, people, n_villages, rule.share_of_people)

    for position in range(len(service.operators)):
        margin = service.margin[inside, position]
        for t in range(n_technologies):
            covered = people_share(margin[:, t] >= 0.0, village, people, n_villages)
            share[:, t] = np.maximum(share[:, t], covered)
            by_technology[:, t] = np.maximum(by_technology[:, t], quantile(margin[:, t]))
        voice = np.maximum(voice, quantile(best_of(margin, rule, rule.voice)))
        broadband = np.maximum(broadband, quantile(best_of(margin, rule, rule.broadband)))
    return share, by_technology, voice, broadband


def _at_centre(
    service: PointService, centre: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]:
    """Level, cell (lowest on a tie) and margin at the centres, of the best operator."""
    shape = (len(centre), len(service.technologies))
    level, cell, margin = np.full(shape, np.nan), np.full(shape, -1, np.int32), np.full(shape, -np.inf)
    for position in range(len(service.operators)):
        here, its_cell = service.level_dbm[centre, position], service.cell[centre, position]
        better = (cell < 0) & (its_cell >= 0) | (here > level) | ((here == level) & (its_cell < cell))
        level, cell = np.where(better, here, level), np.where(better, its_cell, cell)
        margin = np.maximum(margin, service.margin[centre, position])
    return level, cell, margin
