"""The building problem as arrays: what may be built where, how it is connected, who pays, what is asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..covering.instance import DemandGroups

__all__ = [
    "CRITERIA",
    "Blame",
    "BuildingPlan",
    "BuildingProblem",
    "BuildingRequest",
    "Built",
    "Fund",
    "Links",
    "Progress",
]

CRITERIA = (
    "least_cost",
    "most_value",
    "fewest_stations",
    "fewest_towers",
    "most_shared",
    "double_cover",
    "centres",
)
"""Second criteria; `BuildingRequest.second_criteria` says what each means."""


@dataclass(frozen=True)
class Links:
    """How the hosts can reach the network; costs are present values, infinite where there is no way.

    Attributes
    ----------
    fibre_cost : ndarray of float64, (hosts,)
        By fibre, 0 where the host is connected already: no radio hop is used up.
    hop_cost : ndarray of float64, (hosts,)
        By one clear microwave hop to a node on air.
    satellite_cost : ndarray of float64, (hosts,)
        By satellite: nothing can hang on such a station.
    relay_from, relay_to : ndarray of int32, (arcs,)
        A clear hop from the host that is connected to the new station that it hangs on, which must be built
        and connected by fibre or hops itself.
    relay_cost : ndarray of float64, (arcs,)
    """

    fibre_cost: NDArray[np.float64]
    hop_cost: NDArray[np.float64]
    satellite_cost: NDArray[np.float64]
    relay_from: NDArray[np.int32]
    relay_to: NDArray[np.int32]
    relay_cost: NDArray[np.float64]


@dataclass(frozen=True)
class BuildingProblem:
    """What may be built.

    Attributes
    ----------
    cover : csr_matrix of float64, (demands, options)
        1 where the option alone covers the demand point.
    weight : ndarray of float64, (demands,)
        Value of a covered demand, >= 0.
    groups : DemandGroups
        Hamlets: points that count once more together.
    host : ndarray of int32, (options,)
        Where the option (a configuration: technologies, height, sectors) would stand; one of each host at
        most.
    line_cost : ndarray of float64, (options, lines)
        Present value by line of the bill; what the chosen connection costs is added to `backhaul_line`.
    backhaul_line : int
    shared : ndarray of bool, (options,)
        On somebody else's structure.
    commune : ndarray of int32, (groups,)
        Of each hamlet; -1 for none.
    links : Links
    tower : ndarray of bool, (options,), optional
        A new tower goes up; None: wherever the structure is nobody else's.
    centre : ndarray of bool, (demands,), optional
        Centres of hamlets, as against their clusters; None: none.
    place : ndarray of int32, (hosts,), optional
        Hosts of the same place exclude each other: a mast of 30 m or of 60 m on one plot. None: none do.
    """

    cover: csr_matrix
    weight: NDArray[np.float64]
    groups: DemandGroups
    host: NDArray[np.int32]
    line_cost: NDArray[np.float64]
    backhaul_line: int
    shared: NDArray[np.bool_]
    commune: NDArray[np.int32]
    links: Links
    tower: NDArray[np.bool_] | None = None
    centre: NDArray[np.bool_] | None = None
    place: NDArray[np.int32] | None = None


@dataclass(frozen=True)
class Fund:
    """Money for some lines of the bills.

    Attributes
    ----------
    name : str
    limit : float
        Present value, >= 0, may be infinite.
    lines : ndarray of bool, (lines,)
        What it may pay for; with several funds each line's total is shared out among those that may pay it.
    """

    name: str
    limit: float
    lines: NDArray[np.bool_]


@dataclass(frozen=True)
class Built:
    """A station that stands already (built in an earlier phase): option, connection and all.

    Attributes
    ----------
    option : int
    connection : {"fibre", "hop", "relay", "satellite"}
    hangs_on : int
        Host of the station that a "relay" hangs on; -1 otherwise.
    """

    option: int
    connection: str
    hangs_on: int = -1


@dataclass(frozen=True)
class BuildingRequest:
    """What is asked of a plan; every limit holds at once.

    Attributes
    ----------
    objective : {"most_value", "least_cost"}
        Most value (weight of the demands covered plus bonus of the hamlets served), or least cost.
    budget : float
        Present value of the whole plan at most.
    funds : tuple of Fund
        None: the budget alone limits. Otherwise every line must be paid by a fund that may.
    maximum_stations : int or None
    minimum_value : float
        Value to reach.
    minimum_hamlets : int
        Hamlets that must be served.
    minimum_sharing : float
        Stations on somebody else's structure ÷ stations, at least; 0 … 1. The empty plan passes.
    mandatory_hosts, forbidden_hosts : tuple of int
    mandatory_places : tuple of int
        Places (without `BuildingProblem.place`: hosts) where something must be built, whatever it is.
    mandatory_hamlets, forbidden_hamlets : tuple of int
        Groups that must be served; groups that earn nothing: neither their bonus nor the weight of points
        that belong to forbidden groups only, nor do they count as hamlets served.
    commune_minimum : mapping of int to int
        Hamlets served in a commune, at least.
    maximum_hops : int
        Microwave hops between a new station and the node on air or fibre, 1 … 3.
    time_limit_s, gap_target : float
    built : tuple of Built
        Stations that the plan must contain as they are, and pays for.
    second_criteria : tuple of str, or None
        What decides between plans that are equal so far, the first before the second; of `CRITERIA`:
        "least_cost", "most_value", "fewest_stations", "fewest_towers", "most_shared" (fewest stations
        on no shared structure), "double_cover" (weight of demands that two stations cover), "centres" (weight
        of centres of hamlets covered). None: the cheapest of the best value, the best of the least cost.
    """

    objective: str = "most_value"
    budget: float = math.inf
    funds: tuple[Fund, ...] = ()
    maximum_stations: int | None = None
    minimum_value: float = 0.0
    minimum_hamlets: int = 0
    minimum_sharing: float = 0.0
    mandatory_hosts: tuple[int, ...] = ()
    forbidden_hosts: tuple[int, ...] = ()
    mandatory_places: tuple[int, ...] = ()
    mandatory_hamlets: tuple[int, ...] = ()
    forbidden_hamlets: tuple[int, ...] = ()
    commune_minimum: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    maximum_hops: int = 3
    time_limit_s: float = 60.0
    gap_target: float = 0.0
    built: tuple[Built, ...] = ()
    second_criteria: tuple[str, ...] | None = None

    @property
    def then(self) -> tuple[str, ...]:
        """The second criteria that hold."""
        if self.second_criteria is not None:
            return self.second_criteria
        return ("least_cost",) if self.objective == "most_value" else ("most_value",)


@dataclass(frozen=True)
class Progress:
    """Where a search stands: best objective so far (NaN: none yet), its bound, their gap, seconds spent."""

    incumbent: float
    bound: float
    gap: float
    time_s: float


@dataclass(frozen=True)
class Blame:
    """A limit that stands in the way of every plan, and what would do.

    Attributes
    ----------
    limit : str
        "budget", "fund", "maximum_stations", "minimum_value", "minimum_hamlets", "minimum_sharing",
        "commune_minimum", "mandatory_hamlet", "mandatory_host", "mandatory_place", "forbidden_hosts",
        "maximum_hops", "built" or "unpaid_lines": lines that no fund may pay, `needed` being the money for
        them.
    index : int
        Which fund, commune, hamlet, host or place; -1 where there is only one.
    asked, needed : float
        The limit as it is, and the nearest one found that some plan keeps. For hamlets, hosts and places 1
        and 0: it would have to be given up.
    together : bool
        False: this change alone is enough. True: all that are marked so are needed together.
    proven : bool
        Nothing nearer to what was asked would do.
    """

    limit: str
    index: int
    asked: float
    needed: float
    together: bool
    proven: bool


@dataclass(frozen=True)
class BuildingPlan:
    """A choice of options and connections, and what is proved about it.

    Attributes
    ----------
    chosen : ndarray of int64
        Options, sorted.
    connection : tuple of {"fibre", "hop", "relay", "satellite"}
        Of each chosen option, in their order.
    hangs_on : ndarray of int32
        Host of the station that a "relay" hangs on; -1 otherwise.
    hops : ndarray of int32
        Microwave hops to the node on air or the fibre; 0 for fibre and satellite.
    served : ndarray of bool, (demands,)
    groups_met : ndarray of bool, (groups,)
    value, cost : float
        Recomputed from the problem.
    fund_spent : tuple of float
        In the order of the request's funds.
    bound, gap : float
        Of the objective asked for: no plan that keeps the request is better than `bound`.
    status : {"optimal", "within_gap", "time_limit", "interrupted", "infeasible"}
        "optimal" only where bound and objective agree within the solver's tolerance.
    stopped : str
        Why the search ended, in English.
    blame : tuple of str
        Infeasible requests: one line for each limit that is to blame, with what would make it feasible.
    time_s : float
    feasibility_tolerance : float
    instance_hash : str
        SHA-256 of problem and request.
    kept_demands, kept_options : int
        Size after the exact reductions.
    blamed : tuple of Blame
        The same as `blame`, for programs; in its order.
    criteria_proven : tuple of bool
        Of each second criterion: no plan that is as good up to there does better.
    """

    chosen: NDArray[np.int64]
    connection: tuple[str, ...]
    hangs_on: NDArray[np.int32]
    hops: NDArray[np.int32]
    served: NDArray[np.bool_]
    groups_met: NDArray[np.bool_]
    value: float
    cost: float
    fund_spent: tuple[float, ...]
    bound: float
    gap: float
    status: str
    stopped: str
    blame: tuple[str, ...]
    time_s: float
    feasibility_tolerance: float
    instance_hash: str
    kept_demands: int
    kept_options: int
    blamed: tuple[Blame, ...] = ()
    criteria_proven: tuple[bool, ...] = ()
