"""From the gap to a building plan: candidates, backhaul, costs, coverage, the optimum and its reasons."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..antenna import AntennaPattern
from ..cells import CellTable, PointTable, TechnologyRule
from ..link_budget import LinkBudget
from ..propagation.terrain import PropagationSettings, TerrainModel
from ..station_radio import StationRadio, station_radio
from .backhaul import Backhaul, backhaul_nodes, best_backhaul
from .candidates import Candidate, generate_candidates
from .checks import check_request, forced_candidates
from .costs import CostLine, CostModel, station_cost_lines, total
from .coverage_matrix import coverage_matrix
from .explain import explain_unserved
from .hamlets import Hamlets, hamlets_in_need
from .inputs import FibreNodeTable, MastTable, PoleTable, SitingOptions, VillageTable
from .model import CoveringSolution, solve_budgeted_covering
from .proposal import Proposal, ProposedStation, Remark

__all__ = ["PricedCandidate", "price_candidates", "propose"]


@dataclass(frozen=True)
class PricedCandidate:
    """A candidate with its backhaul and its bill."""

    candidate: Candidate
    backhaul: Backhaul
    lines: tuple[CostLine, ...]

    @property
    def cost(self) -> float:
        """Present value of everything over the horizon."""
        return total(self.lines)


def propose(
    terrain: TerrainModel,
    cells: CellTable,
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    villages: VillageTable,
    masts: MastTable,
    poles: PoleTable,
    fibre_nodes: FibreNodeTable,
    costs: CostModel,
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    options: SitingOptions,
    *,
    weight: NDArray[np.float64] | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    link_budget: LinkBudget | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Proposal:
    """Propose the stations that serve most people without service within the budget.

    Value: 1 for each person at a point newly covered, plus ``options.hamlet_bonus`` for each person without
    service in a hamlet that thereby reaches its share of people. Among plans of equal value the cheapest.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
        On air on the day of the plan.
    points : PointTable
    unserved : mapping of technology to ndarray of bool, (points,)
        For each of ``options.technologies``: points that lack it and are to get it. Points in no mask count
        as served when the share of a hamlet's people is taken; so the masks should be those of the builder's
        own service, in the hamlets that are to be served.
    villages : VillageTable
    masts : MastTable
    poles : PoleTable
    fibre_nodes : FibreNodeTable
    costs : CostModel
    rules : mapping of technology to TechnologyRule
    settings : PropagationSettings
    options : SitingOptions
    weight : ndarray of float64, (points,), optional
        Value of covering each point; default: its people.
    patterns : mapping of str to AntennaPattern, optional
        Patterns read from files.
    link_budget : LinkBudget, optional
    workers : int, optional
        Threads of the propagation; the result does not depend on it.
    progress : callable, optional
        Called with (hosts done, hosts in all) while coverage is computed.

    Returns
    -------
    Proposal

    Raises
    ------
    InputError
        A price, option, weight or mask is wrong; a mandatory or forbidden host is unknown, carries no
        candidate or contradicts another; the mandatory hosts cost more than the budget: all at once.
    """
    check_request(points, unserved, masts, poles, costs, rules, options, weight)
    lacking = np.any([unserved[t] for t in options.technologies], axis=0)
    candidates = generate_candidates(
        terrain, cells, points, lacking, villages, masts, poles, options,
        receiver_height_m=settings.receiver_height_m,
    )  # fmt: skip
    priced = price_candidates(terrain, candidates, cells, masts, fibre_nodes, costs, options)
    candidates = [p.candidate for p in priced]
    radio = {t: station_radio(cells, options.operator, t) for t in options.technologies}
    mandatory, forbidden = forced_candidates(candidates, [p.cost for p in priced], options)
    cover = coverage_matrix(
        terrain, candidates, points, unserved, radio, rules, settings, options,
        patterns=patterns, link_budget=link_budget, workers=workers, progress=progress,
    )  # fmt: skip
    hamlets = hamlets_in_need(points, lacking, options.share_of_people)
    cost = np.array([p.cost for p in priced])
    conflicts = _one_per_host(candidates)
    solution = solve_budgeted_covering(
        cover,
        points.people if weight is None else weight,
        cost,
        options.budget,
        conflict_groups=conflicts,
        mandatory=mandatory,
        forbidden=forbidden,
        groups=hamlets.groups(options.hamlet_bonus),
        time_limit_s=options.time_limit_s,
        gap_target=options.gap_target,
    )
    stations = _stations(priced, cover, points.people, hamlets, villages, solution, options)
    left_over = options.budget - solution.cost
    unserved_villages = explain_unserved(
        hamlets, villages, candidates, cover, cost, conflicts, solution, points.people, left_over
    )
    return Proposal(
        operator=options.operator,
        technologies=options.technologies,
        currency=costs.currency,
        budget=options.budget,
        stations=stations,
        served_villages=tuple(
            str(villages.village_id[v]) for v in hamlets.village[np.flatnonzero(solution.groups_met)]
        ),
        unserved_villages=unserved_villages,
        people_newly_served=float(points.people[solution.served].sum()),
        total_cost=solution.cost,
        total_capital=math.fsum(s.capital for s in stations),
        value=solution.value,
        bound=solution.bound,
        gap=solution.gap,
        sharing_ratio=sum(bool(s.shared_with) for s in stations) / len(stations) if stations else None,
        status=solution.status,
        stopped=solution.stopped,
        cheapest_proven=solution.cheapest_proven,
        time_s=solution.time_s,
        time_limit_s=solution.time_limit_s,
        gap_target=solution.gap_target,
        feasibility_tolerance=solution.feasibility_tolerance,
        instance_hash=solution.instance_hash,
        candidates=len(candidates),
        candidates_kept=solution.kept_candidates,
        demand_points=int(lacking.sum()),
        demand_classes=solution.merged_demands,
        radio=tuple(radio[t] for t in options.technologies),
        remarks=_remarks(stations, lacking, candidates, cost, options, radio),
    )


def price_candidates(
    terrain: TerrainModel,
    candidates: Sequence[Candidate],
    cells: CellTable,
    masts: MastTable,
    fibre_nodes: FibreNodeTable,
    costs: CostModel,
    options: SitingOptions,
) -> list[PricedCandidate]:
    """Connect every candidate in the cheapest way and add up its bill.

    Remote sectors that no fibre from an on-air station reaches are left out. Parameters as in `propose`.
    """
    nodes = backhaul_nodes(masts, fibre_nodes, cells, options.operator)
    priced = []
    for candidate in candidates:
        backhaul = best_backhaul(terrain, candidate, nodes, costs, options)
        if backhaul is not None:
            lines = station_cost_lines(candidate, backhaul.capital, backhaul.per_year, costs)
            priced.append(PricedCandidate(candidate, backhaul, lines))
    return priced


def _one_per_host(candidates: Sequence[Candidate]) -> list[list[int]]:
    by_host: dict[tuple[str, str], list[int]] = {}
    for j, candidate in enumerate(candidates):
        by_host.setdefault((candidate.host, candidate.host_id), []).append(j)
    return [group for group in by_host.values() if len(group) > 1]


def _stations(
    priced: Sequence[PricedCandidate],
    cover: csr_matrix,
    people: NDArray[np.float64],
    hamlets: Hamlets,
    villages: VillageTable,
    solution: CoveringSolution,
    options: SitingOptions,
) -> tuple[ProposedStation, ...]:
    chosen = cover[:, solution.chosen].toarray() > 0
    servers = chosen.sum(axis=1)
    rule = hamlets.groups(0.0)
    names = [str(villages.village_id[v]) for v in hamlets.village]
    stations = []
    for k, j in enumerate(solution.chosen):
        mine = chosen[:, k]
        lost = mine & (servers == 1)
        touched = np.asarray(hamlets.share @ mine) > 0
        without = rule.met(solution.served & ~lost)
        item = priced[int(j)]
        site = item.candidate
        stations.append(
            ProposedStation(
                station_id=f"S{k + 1:03d}",
                candidate_id=site.candidate_id,
                kind=site.kind,
                host=site.host,
                host_id=site.host_id,
                owner=site.owner,
                shared_with="" if site.owner == options.operator else site.owner,
                operator=options.operator,
                x_m=site.x_m,
                y_m=site.y_m,
                host_height_m=site.host_height_m,
                antenna_height_m=site.antenna_height_m,
                technologies=site.technologies,
                azimuths_deg=site.azimuths_deg,
                power_limit_dbm=site.power_limit_dbm,
                power=site.power,
                access_km=site.access_km,
                backhaul=item.backhaul,
                cost_lines=item.lines,
                capital=math.fsum(line.capital for line in item.lines),
                total_cost=item.cost,
                people_newly_served=float(people[mine].sum()),
                people_only_by_it=float(people[lost].sum()),
                villages_served=tuple(names[h] for h in np.flatnonzero(solution.groups_met & touched)),
                villages_only_by_it=tuple(names[h] for h in np.flatnonzero(solution.groups_met & ~without)),
            )
        )
    return tuple(stations)


def _remarks(
    stations: Sequence[ProposedStation],
    lacking: NDArray[np.bool_],
    candidates: Sequence[Candidate],
    cost: NDArray[np.float64],
    options: SitingOptions,
    radio: Mapping[str, StationRadio],
) -> tuple[Remark, ...]:
    remarks = []
    if not lacking.any():
        en, vi = (
            "No demand point lacks service: nothing to build.",
            "Không còn điểm nào thiếu sóng: không cần xây.",
        )
        remarks.append(Remark("nothing_to_serve", en, vi))
    elif not candidates:
        en = f"No host lies within {options.reach_m:g} m of a point without service."
        vi = f"Không có vị trí nào trong phạm vi {options.reach_m:g} m quanh điểm thiếu sóng."
        remarks.append(Remark("no_candidate", en, vi))
    elif not stations and cost.min() > options.budget:
        en = f"The budget {options.budget:g} is below the cheapest candidate ({cost.min():.1f})."
        vi = f"Ngân sách {options.budget:g} thấp hơn phương án rẻ nhất ({cost.min():.1f})."
        remarks.append(Remark("budget_too_small", en, vi))
    preset = [t for t in options.technologies if radio[t].source == "preset"]
    if preset:
        en = f"{options.operator} runs no {', '.join(preset)} sector: new stations use the preset radio."
        vi = f"{options.operator} chưa có sector {', '.join(preset)}: trạm mới dùng cấu hình mặc định."
        remarks.append(Remark("preset_radio", en, vi))
    return tuple(remarks)
