"""The slow, obvious answers to building problems: every plan tried, every limit checked from its definition."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import chain, combinations, product
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from phusong.coverage.siting.building.contract import BuildingProblem, BuildingRequest, Fund, Links
from phusong.coverage.siting.covering.instance import DemandGroups

LINES = 3
BACKHAUL = 1
SLACK = 1e-6


def link_cost(problem, host, kind, parent):
    links = problem.links
    if kind == "relay":
        arcs = (links.relay_from == parent) & (links.relay_to == host)
        return float(links.relay_cost[arcs].min(initial=math.inf))
    return float(
        {"fibre": links.fibre_cost, "hop": links.hop_cost, "satellite": links.satellite_cost}[kind][host]
    )


def hops_of(way, host, seen=()):
    """Hops of a host under connections {host: (kind, parent)}; None where it leads nowhere."""
    if host in seen or host not in way:
        return None
    kind, parent = way[host]
    if kind == "relay":
        if parent not in way or way[parent][0] == "satellite":
            return None
        above = hops_of(way, parent, (*seen, host))
        return None if above is None else above + 1
    return 1 if kind == "hop" else 0


def cheapest_links(problem, request, hosts):
    """Least cost to connect exactly these hosts; infinite if that is impossible."""
    fixed = {int(problem.host[b.option]): (b.connection, b.hangs_on) for b in request.built}
    ways = []
    for host in hosts:
        offers = [(kind, -1) for kind in ("fibre", "hop", "satellite")]
        offers += [("relay", parent) for parent in hosts if parent != host]
        if host in fixed:
            offers = [o for o in offers if o == fixed[host]]
        ways.append([o for o in offers if math.isfinite(link_cost(problem, host, *o))])
    best = math.inf
    for some in product(*ways):
        way = dict(zip(hosts, some, strict=True))
        cost = sum(link_cost(problem, h, *way[h]) for h in hosts)
        if cost < best:
            hops = [hops_of(way, h) for h in hosts]
            if all(n is not None and n <= request.maximum_hops for n in hops):
                best = cost
    return best


def funds_suffice(bills, funds):
    """Every set of lines is at most what the funds that may pay any of them have (Hall's condition)."""
    if not funds:
        return True
    lines = range(len(bills))
    for some in chain.from_iterable(combinations(lines, n) for n in range(1, len(bills) + 1)):
        able = sum(f.limit for f in funds if any(f.lines[k] for k in some))
        if sum(bills[k] for k in some) > able + SLACK:
            return False
    return True


def measures(problem, request, chosen, links):
    """Everything that limits and criteria look at, from the definitions."""
    cover = problem.cover.toarray() != 0
    times = cover[:, list(chosen)].sum(axis=1)
    served = times > 0
    forbidden = set(request.forbidden_hamlets)
    share = problem.groups.share.toarray()
    met = np.array(
        [share[g][served].sum() >= problem.groups.need[g] * (1 - 1e-9) for g in range(len(share))], bool
    )
    weight = problem.weight.copy()
    for d in range(len(weight)):
        groups = set(np.flatnonzero(share[:, d]).tolist())
        if groups and groups <= forbidden:
            weight[d] = 0.0
    counted = np.array([g not in forbidden for g in range(len(share))], bool)
    bills = problem.line_cost[list(chosen)].sum(axis=0)
    bills[BACKHAUL] += links
    tower = ~problem.shared if problem.tower is None else problem.tower
    centre = np.zeros(len(weight), bool) if problem.centre is None else problem.centre
    return SimpleNamespace(
        value=weight[served].sum() + problem.groups.bonus[met & counted].sum(),
        cost=bills.sum(),
        bills=bills,
        met=met & counted,
        stations=len(chosen),
        shared=int(problem.shared[list(chosen)].sum()),
        towers=int(tower[list(chosen)].sum()),
        double=weight[times > 1].sum(),
        centres=weight[served & centre].sum(),
        served=served,
    )


def broken(problem, request, chosen, m):
    """Names of the limits that a plan breaks."""
    hosts = [int(problem.host[j]) for j in chosen]
    faults = []
    if len(set(hosts)) < len(hosts):
        faults.append("host")
    if problem.place is not None and len(set(problem.place[hosts].tolist())) < len(hosts):
        faults.append("place")
    if m.cost > request.budget + SLACK * max(1, request.budget):
        faults.append("budget")
    if not funds_suffice(m.bills, request.funds):
        faults.append("funds")
    if request.maximum_stations is not None and m.stations > request.maximum_stations:
        faults.append("maximum_stations")
    if m.value < request.minimum_value * (1 - SLACK):
        faults.append("minimum_value")
    if m.met.sum() < request.minimum_hamlets:
        faults.append("minimum_hamlets")
    if m.shared < request.minimum_sharing * m.stations - SLACK:
        faults.append("minimum_sharing")
    if not set(request.mandatory_hosts) <= set(hosts):
        faults.append("mandatory_hosts")
    place = np.arange(len(problem.links.fibre_cost)) if problem.place is None else problem.place
    if not set(request.mandatory_places) <= set(place[hosts].tolist()):
        faults.append("mandatory_places")
    if set(request.forbidden_hosts) & set(hosts):
        faults.append("forbidden_hosts")
    if not m.met[list(request.mandatory_hamlets)].all():
        faults.append("mandatory_hamlets")
    if not {b.option for b in request.built} <= set(chosen):
        faults.append("built")
    for commune, least in request.commune_minimum.items():
        if m.met[problem.commune == commune].sum() < least:
            faults.append("commune_minimum")
    return faults


def all_plans(problem, request):
    """(chosen, measures) of every plan that keeps the request, connected at least cost."""
    options = range(problem.cover.shape[1])
    links = {}
    for chosen in chain.from_iterable(combinations(options, n) for n in range(len(options) + 1)):
        hosts = tuple(sorted(int(problem.host[j]) for j in chosen))
        if len(set(hosts)) < len(hosts) or set(hosts) & set(request.forbidden_hosts):
            continue
        if hosts not in links:
            links[hosts] = cheapest_links(problem, request, hosts)
        if math.isfinite(links[hosts]):
            m = measures(problem, request, chosen, links[hosts])
            if not broken(problem, request, chosen, m):
                yield chosen, m


WORTH = {
    "most_value": lambda m: m.value,
    "least_cost": lambda m: -m.cost,
    "fewest_stations": lambda m: -m.stations,
    "fewest_towers": lambda m: -m.towers,
    "most_shared": lambda m: m.shared - m.stations,
    "double_cover": lambda m: m.double,
    "centres": lambda m: m.centres,
}


def best_plan(problem, request):
    """Measures of the best plan by the objective and the second criteria; None if there is no plan."""
    names = [request.objective, *request.then]
    plans = [(tuple(round(WORTH[n](m), 6) for n in names), m) for _, m in all_plans(problem, request)]
    return max(plans, key=lambda p: p[0])[1] if plans else None


def faults(problem, request, plan):
    """What is wrong with a plan as it is returned."""
    chosen = plan.chosen.tolist()
    hosts = [int(problem.host[j]) for j in chosen]
    way = {h: (k, int(p)) for h, k, p in zip(hosts, plan.connection, plan.hangs_on, strict=True)}
    wrong = [f"{h} hangs on {p}" for h, (k, p) in way.items() if (k == "relay") != (p >= 0)]
    for host, hops in zip(hosts, plan.hops.tolist(), strict=True):
        if hops_of(way, host) != hops or hops > request.maximum_hops:
            wrong.append(f"host {host}: {hops} hops")
    for built in request.built:
        if way[int(problem.host[built.option])] != (built.connection, built.hangs_on):
            wrong.append(f"option {built.option} is connected anew")
    m = measures(problem, request, chosen, sum(link_cost(problem, h, *way[h]) for h in hosts))
    wrong += broken(problem, request, chosen, m)
    if not math.isclose(m.value, plan.value, abs_tol=1e-9) or not math.isclose(
        m.cost, plan.cost, abs_tol=1e-6
    ):
        wrong.append(f"value {plan.value} or cost {plan.cost}, expected {m.value}, {m.cost}")
    if not np.array_equal(m.served, plan.served):
        wrong.append("served")
    if request.funds:
        if not math.isclose(sum(plan.fund_spent), m.cost, abs_tol=1e-6):
            wrong.append("the funds do not pay the bills")
        if any(s > f.limit + 1e-5 for s, f in zip(plan.fund_spent, request.funds, strict=True)):
            wrong.append("a fund is overdrawn")
    return wrong


@st.composite
def problems(draw):
    hosts, demands, groups = draw(st.integers(1, 4)), draw(st.integers(1, 6)), draw(st.integers(1, 3))
    host = sorted([*range(hosts), *draw(st.lists(st.integers(0, hosts - 1), max_size=2))])
    options = len(host)

    def numbers(count, top=9):
        return np.array(draw(st.lists(st.integers(0, top), min_size=count, max_size=count)), float)

    def bits(count):
        return np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool)

    def maybe(count):
        return np.where(bits(count), numbers(count), math.inf)

    member = np.array(draw(st.lists(st.integers(0, groups - 1), min_size=demands, max_size=demands)))
    people = numbers(demands) + 1
    share = csr_matrix((people, (member, np.arange(demands))), shape=(groups, demands))
    total = np.asarray(share.sum(axis=1)).ravel()
    need = np.where(total > 0, total * draw(st.sampled_from([0.3, 0.5, 1.0])), 1.0)
    arcs = [(i, j) for i in range(hosts) for j in range(hosts) if i != j]
    arcs = [a for a, kept in zip(arcs, bits(len(arcs)), strict=True) if kept]
    links = Links(
        maybe(hosts), maybe(hosts), np.where(bits(hosts), numbers(hosts) + 4, math.inf),
        np.array([a[0] for a in arcs], np.int32), np.array([a[1] for a in arcs], np.int32),
        numbers(len(arcs), 3),
    )  # fmt: skip
    return BuildingProblem(
        cover=csr_matrix(bits(demands * options).reshape(demands, options).astype(float)),
        weight=numbers(demands),
        groups=DemandGroups(share, need, numbers(groups, 4)),
        host=np.array(host, np.int32),
        line_cost=numbers(options * LINES, 5).reshape(options, LINES),
        backhaul_line=BACKHAUL,
        shared=bits(options),
        commune=np.array(draw(st.lists(st.integers(0, 1), min_size=groups, max_size=groups)), np.int32),
        links=links,
        tower=draw(st.sampled_from([None, bits(options)])),
        centre=draw(st.sampled_from([None, bits(demands)])),
        place=draw(st.sampled_from([None, np.arange(hosts, dtype=np.int32) // 2])),
    )


@st.composite
def requests(draw, problem):
    """A request with up to four limits."""
    groups, hosts = len(problem.groups.need), len(problem.links.fibre_cost)
    request = BuildingRequest(
        objective=draw(st.sampled_from(["most_value", "least_cost"])),
        maximum_hops=draw(st.integers(1, 3)),
        time_limit_s=60.0,
    )

    def funds():
        lines = st.lists(st.booleans(), min_size=LINES, max_size=LINES)
        return tuple(
            Fund(f"fund {k}", float(draw(st.integers(0, 25))), np.array(draw(lines), bool))
            for k in range(draw(st.integers(1, 3)))
        )

    places = list(range(hosts)) if problem.place is None else sorted(set(problem.place.tolist()))
    host, group = st.integers(0, hosts - 1), st.integers(0, groups - 1)
    limits = {
        "budget": lambda: float(draw(st.integers(0, 40))),
        "funds": funds,
        "maximum_stations": lambda: draw(st.integers(0, 3)),
        "minimum_value": lambda: float(draw(st.integers(0, 20))),
        "minimum_hamlets": lambda: draw(st.integers(0, groups)),
        "minimum_sharing": lambda: draw(st.sampled_from([0.29, 0.5, 1.0])),
        "mandatory_hosts": lambda: (draw(host),),
        "mandatory_places": lambda: (draw(st.sampled_from(places)),),
        "forbidden_hosts": lambda: (draw(host),),
        "mandatory_hamlets": lambda: (draw(group),),
        "forbidden_hamlets": lambda: (draw(group),),
        "commune_minimum": lambda: {int(problem.commune[draw(group)]): draw(st.integers(0, 2))},
        "second_criteria": lambda: tuple(draw(st.permutations(sorted(WORTH)))[:2]),
    }
    for name in draw(st.lists(st.sampled_from(sorted(limits)), unique=True, max_size=4)):
        request = replace(request, **{name: limits[name]()})
    # The two contradictions that are refused as input are none of the solver's business.
    request = replace(
        request,
        forbidden_hosts=tuple(set(request.forbidden_hosts) - set(request.mandatory_hosts)),
        forbidden_hamlets=tuple(set(request.forbidden_hamlets) - set(request.mandatory_hamlets)),
    )
    return request


@pytest.fixture(scope="session")
def oracle():
    return SimpleNamespace(
        problems=problems,
        requests=requests,
        best_plan=best_plan,
        all_plans=all_plans,
        faults=faults,
        worth=WORTH,
    )
