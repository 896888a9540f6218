"""The result: proposed stations, whom they serve, what they cost, and what is proved."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..station_radio import StationRadio
from .backhaul import Backhaul
from .costs import CostLine

__all__ = [
    "FrontierPoint",
    "FundUse",
    "PhaseResult",
    "Proposal",
    "ProposedStation",
    "Remark",
    "Replacement",
    "RobustRun",
    "UnservedVillage",
]


@dataclass(frozen=True)
class Remark:
    """A statement about the whole plan, in both languages."""

    code: str
    en: str
    vi: str


@dataclass(frozen=True)
class Replacement:
    """What could stand in for a station.

    Attributes
    ----------
    candidate_id : str
    people : float
        Of those who would lose service without the station, how many it would serve.
    cost : float
        Over the horizon, its connection included.
    """

    candidate_id: str
    people: float
    cost: float


@dataclass(frozen=True)
class ProposedStation:
    """One station to build.

    Attributes
    ----------
    station_id : str
        "S001" and so on.
    candidate_id, kind, host, host_id : str
        As in `candidates.Candidate`.
    owner : str
        Of the structure.
    shared_with : str
        The owner where it is somebody else; empty where the structure is the operator's own or new.
    operator : str
        Who builds.
    x_m, y_m, host_height_m, antenna_height_m : float
    technologies : tuple of str
    azimuths_deg : tuple of float
        From grid north; none for an omnidirectional antenna.
    power_limit_dbm : float
    power : {"existing", "grid", "solar", "hybrid"}
    access_km : float
    backhaul : Backhaul
        Its `target_id` is a fibre node, a mast, or the station that this one hangs on.
    cost_lines : tuple of CostLine
    capital, total_cost : float
        Once, and over the horizon (present value).
    people_newly_served : float
        People at points without service that this station covers.
    people_only_by_it : float
        Those whom no other station of the plan covers.
    villages_served : tuple of str
        Hamlets that the plan serves with this station covering some of their points.
    villages_only_by_it : tuple of str
        Hamlets that would not be served without it.
    site_key : str
        As in `candidates.Candidate`.
    dish_height_m : float
        Where the dish of a microwave hop hangs, above ground.
    grid_km : float
        Power line to be built.
    hangs_on : str
        Station that its microwave hop leads to; empty where it is connected by itself.
    hops : int
        Microwave hops to what is on air or on fibre; 0 for fibre and satellite.
    people_lost_without : float
        People who would lose service without it and without the stations that hang on it.
    replacement : Replacement or None
        What else would serve most of those; None where nothing serves any.
    sharing_saves : float or None
        What a tower of the builder's own beside it would cost more; None where the structure is not shared.
    year : int or None
        Phase in which it is built.
    frontier_rank : int or None
        First point of the frontier (1: the smallest budget) whose plan uses this host.
    chosen_share : float or None
        Share of the robustness runs whose plans use this host.
    """

    station_id: str
    candidate_id: str
    kind: str
    host: str
    host_id: str
    owner: str
    shared_with: str
    operator: str
    x_m: float
    y_m: float
    host_height_m: float
    antenna_height_m: float
    technologies: tuple[str, ...]
    azimuths_deg: tuple[float, ...]
    power_limit_dbm: float
    power: str
    access_km: float
    backhaul: Backhaul
    cost_lines: tuple[CostLine, ...]
    capital: float
    total_cost: float
    people_newly_served: float
    people_only_by_it: float
    villages_served: tuple[str, ...]
    villages_only_by_it: tuple[str, ...]
    site_key: str = ""
    dish_height_m: float = math.nan
    grid_km: float = 0.0
    hangs_on: str = ""
    hops: int = 0
    people_lost_without: float = 0.0
    replacement: Replacement | None = None
    sharing_saves: float | None = None
    year: int | None = None
    frontier_rank: int | None = None
    chosen_share: float | None = None


@dataclass(frozen=True)
class UnservedVillage:
    """A hamlet that the plan leaves without service.

    Attributes
    ----------
    village_id : str
    people_without_service : float
        After the plan.
    reason : str
        "no_candidate": no candidate reaches it; "terrain": all together reach too few of its people;
        "forbidden": only candidates that must not be used would do; "not_wanted": the request lets it
        earn nothing; "budget", "maximum_stations", "minimum_sharing", "funds": the limit that its cheapest
        stations beside the plan would break; "target": the share asked for is reached without it; "worth":
        nobody is counted there; "within_gap", "search": the search ended before it could tell.
    reachable_share : float
        Share of its people that all candidates and existing service together would cover.
    price : float or None
        Least further cost that would serve it beside the plan; None where nothing would.
    price_proven : bool
        No cheaper way exists among the candidates.
    needs : tuple of str
        Candidates that would serve it at that price.
    """

    village_id: str
    people_without_service: float
    reason: str
    reachable_share: float
    price: float | None
    price_proven: bool
    needs: tuple[str, ...]


@dataclass(frozen=True)
class FundUse:
    """What a fund pays.

    Attributes
    ----------
    name : str
    limit, spent : float
        Present value.
    lines : tuple of str
        Cost lines that it may pay.
    """

    name: str
    limit: float
    spent: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PhaseResult:
    """State of the plan at the end of a year.

    Attributes
    ----------
    year : int
    budget, cost : float
        Of all phases up to this one.
    stations, villages : int
        Built and served by then.
    value, best_value, bound : float
        Of the plan by then; of the best plan found for that money without the phases before; and the proven
        bound of that. Their difference is what building step by step costs.
    """

    year: int
    budget: float
    cost: float
    stations: int
    villages: int
    value: float
    best_value: float
    bound: float


@dataclass(frozen=True)
class FrontierPoint:
    """The best plan for one budget.

    Attributes
    ----------
    budget, cost, value, bound, gap : float
    people : float
    villages, stations : int
    status : str
    hosts : tuple of str
        Keys of the hosts that it uses.
    """

    budget: float
    cost: float
    value: float
    bound: float
    gap: float
    people: float
    villages: int
    stations: int
    status: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class RobustRun:
    """The plan made again under another assumption, and the proposal judged by it.

    Attributes
    ----------
    probability : float
        P(covered) that counts as covered.
    shift_db : float
        Added to every new station's level.
    value, gap : float
        Of the plan made for this assumption.
    people, villages : float, int
        Served by that plan.
    people_kept, villages_kept : float, int
        Served by the proposal itself under this assumption.
    hosts : tuple of str
        Keys of the hosts that it uses.
    status : str
        Of the search for that plan; "infeasible": no plan keeps all limits under this assumption.
    """

    probability: float
    shift_db: float
    value: float
    gap: float
    people: float
    villages: int
    people_kept: float
    villages_kept: int
    hosts: tuple[str, ...]
    status: str = "optimal"


@dataclass(frozen=True)
class Proposal:
    """A building plan.

    Attributes
    ----------
    operator : str
    technologies : tuple of str
    currency : str
    budget : float
    stations : tuple of ProposedStation
    served_villages : tuple of str
        Hamlets that were not served and now are.
    unserved_villages : tuple of UnservedVillage
    people_newly_served : float
        At all points newly covered, those of hamlets not yet complete included.
    total_cost, total_capital : float
    value, bound, gap : float
        Most people: people (weighted) newly served plus the bonus of completed hamlets; no plan from these
        candidates within the limits is worth more than `bound`. Least cost: no plan that reaches the target
        costs less than `bound`.
    sharing_ratio : float or None
        Stations on somebody else's structure ÷ all stations; None for an empty plan.
    status, stopped : str
        As in `building.BuildingPlan`; or "by_years": every search was finished, and what is left of the gap
        is what building year by year may cost.
    cheapest_proven : bool
    time_s, time_limit_s, gap_target, feasibility_tolerance : float
    instance_hash : str
    candidates, candidates_kept, demand_points, demand_classes : int
        Before and after the exact reductions.
    radio : tuple of StationRadio
        What every new station transmits, by technology.
    remarks : tuple of Remark
    objective : {"most_people", "least_cost"}
    funds : tuple of FundUse
    phases : tuple of PhaseResult
    frontier : tuple of FrontierPoint
    robustness : tuple of RobustRun
    """

    operator: str
    technologies: tuple[str, ...]
    currency: str
    budget: float
    stations: tuple[ProposedStation, ...]
    served_villages: tuple[str, ...]
    unserved_villages: tuple[UnservedVillage, ...]
    people_newly_served: float
    total_cost: float
    total_capital: float
    value: float
    bound: float
    gap: float
    sharing_ratio: float | None
    status: str
    stopped: str
    cheapest_proven: bool
    time_s: float
    time_limit_s: float
    gap_target: float
    feasibility_tolerance: float
    instance_hash: str
    candidates: int
    candidates_kept: int
    demand_points: int
    demand_classes: int
    radio: tuple[StationRadio, ...]
    remarks: tuple[Remark, ...]
    objective: str = "most_people"
    funds: tuple[FundUse, ...] = ()
    phases: tuple[PhaseResult, ...] = ()
    frontier: tuple[FrontierPoint, ...] = ()
    robustness: tuple[RobustRun, ...] = ()
