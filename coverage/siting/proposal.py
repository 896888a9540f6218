"""The result: proposed stations, whom they serve, what they cost, and what is proved."""

from __future__ import annotations

from dataclasses import dataclass

from ..station_radio import StationRadio
from .backhaul import Backhaul
from .costs import CostLine

__all__ = ["Proposal", "ProposedStation", "Remark", "UnservedVillage"]


@dataclass(frozen=True)
class Remark:
    """A statement about the whole plan, in both languages."""

    code: str
    en: str
    vi: str


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
    power : {"existing", "grid", "solar"}
    access_km : float
    backhaul : Backhaul
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


@dataclass(frozen=True)
class UnservedVillage:
    """A hamlet that the plan leaves without service.

    Attributes
    ----------
    village_id : str
    people_without_service : float
        After the plan.
    reason : {"no_candidate", "terrain", "budget", "worth", "search"}
        No candidate reaches it; all together reach too few of its people; its price exceeds what is left of
        the budget; nobody is counted there; the solver stopped before it could tell.
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
        What was maximised: people (weighted) newly served plus the bonus of completed hamlets; no plan
        from these candidates within the budget is worth more than `bound`.
    sharing_ratio : float or None
        Stations on somebody else's structure ÷ all stations; None for an empty plan.
    status, stopped : str
        As in `model.CoveringSolution`.
    cheapest_proven : bool
    time_s, time_limit_s, gap_target, feasibility_tolerance : float
    instance_hash : str
    candidates, candidates_kept, demand_points, demand_classes : int
        Before and after the exact reductions.
    radio : tuple of StationRadio
        What every new station transmits, by technology.
    remarks : tuple of Remark
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
