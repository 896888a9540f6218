"""Building problems of a chosen size on invented hills: hamlets in valleys, hosts that may not see them.

Everything follows from the seed: a rough terrain of 100 x 60 km, hamlets in clusters on low ground, poles
near them, other operators' masts and summits for new towers, nodes on air along the coast. A configuration
covers a hamlet where 900 MHz gets there over the terrain (path loss and the knife edge in the way); a radio
hop needs 0.6 of the first Fresnel zone clear at 7 GHz and k = 4/3. Prices: the preset ``rural-2024``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, maximum_filter
from scipy.sparse import csr_matrix, identity

from phusong.coverage.siting.building.contract import BuildingProblem, Links
from phusong.coverage.siting.covering.instance import DemandGroups

__all__ = ["Size", "building_instance"]

WIDTH_M, HEIGHT_M, CELL_M = 100_000.0, 60_000.0, 250.0
EARTH_M = 8_500_000.0  # k = 4/3
HOP_M = 25_000.0
_SETTLEMENTS = 240
YEARS_VALUE, UPKEEP = 7.7217, 0.10  # 10 years at 5 %; a share of the capital a year
GROWTH = 1.0 + UPKEEP * YEARS_VALUE
LINES = ("tower", "civils", "tenancy", "radio", "backhaul", "power", "access")


@dataclass(frozen=True)
class Size:
    """How large an instance is; `points` of each hamlet: its centre and clusters around it."""

    hamlets: int
    hosts: int
    configurations: int
    nodes: int = 40
    points: int = 1
    communes: int = 24


def building_instance(size: Size, seed: int) -> BuildingProblem:
    """Return the instance of a size and a seed."""
    rng = np.random.default_rng(seed)
    ground = _terrain(rng)
    centres = _valleys(rng, ground, _SETTLEMENTS)
    # The southern third, the coast, has its nodes on air; hamlets without service are around the others.
    centres = centres[np.argsort(centres[:, 1] + rng.normal(0, 6000.0, len(centres)), kind="stable")]
    centres[_SETTLEMENTS // 3 :] = rng.permutation(centres[_SETTLEMENTS // 3 :])
    served, dark = centres[: _SETTLEMENTS // 3], centres[_SETTLEMENTS // 3 :][: max(1, size.hamlets // 4)]
    nodes = _around(rng, served, size.nodes, 1500.0)
    hamlets = _around(rng, dark, size.hamlets, 2600.0)
    hosts, kind = _hosts(rng, ground, dark, hamlets, size.hosts)
    point = np.repeat(hamlets, size.points, axis=0)
    point[np.arange(len(point)) % size.points > 0] += rng.normal(
        0, 500, (len(hamlets) * (size.points - 1), 2)
    )
    people = np.round(rng.lognormal(4.6, 0.7, size.hamlets)) + 20
    weight = np.round(np.repeat(people / size.points, size.points))
    option_host = np.repeat(np.arange(size.hosts), size.configurations)
    variant = np.tile(np.arange(size.configurations), size.hosts)
    share = csr_matrix(
        identity(len(hamlets), format="csr")[:, np.repeat(np.arange(len(hamlets)), size.points)]
    )
    return BuildingProblem(
        cover=_cover(ground, point, hosts, kind, option_host, variant),
        weight=weight,
        groups=DemandGroups(
            share.multiply(weight).tocsr(), 0.5 * np.asarray(share @ weight) + 0.25, 0.25 * people
        ),
        host=option_host.astype(np.int32),
        line_cost=_bills(rng, kind[option_host], variant),
        backhaul_line=LINES.index("backhaul"),
        shared=kind[option_host] != 2,
        commune=_communes(hamlets, size.communes),
        links=_links(rng, ground, hosts, kind, nodes),
    )


def _terrain(rng: np.random.Generator) -> NDArray[np.float64]:
    """Heights in m on the grid: a power spectrum falling as f^-2.4, valleys flattened, sea level at 0."""
    rows, columns = int(HEIGHT_M / CELL_M) + 1, int(WIDTH_M / CELL_M) + 1
    fy, fx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :]
    frequency = np.maximum(np.hypot(fy, fx), 1.0 / 80.0)  # nothing wider than 20 km
    spectrum = np.fft.rfft2(rng.standard_normal((rows, columns))) / frequency**2.4
    height = np.fft.irfft2(spectrum, (rows, columns))
    height = (height - height.mean()) / height.std()
    return np.asarray(np.maximum(0.0, 180.0 + 220.0 * height))


def _height(ground: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = place[..., 1] / CELL_M, place[..., 0] / CELL_M
    return np.asarray(map_coordinates(ground, [rows, columns], order=1, mode="nearest"))


def _inside(place: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(place, 0.0, [WIDTH_M, HEIGHT_M])


def _valleys(rng: np.random.Generator, ground: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the lowest of eight random places, n times."""
    tried = rng.uniform([0, 0], [WIDTH_M, HEIGHT_M], (n, 8, 2))
    lowest = np.argmin(_height(ground, tried), axis=1)
    return tried[np.arange(n), lowest]


def _around(
    rng: np.random.Generator, centres: NDArray[np.float64], n: int, spread_m: float
) -> NDArray[np.float64]:
    return _inside(centres[rng.integers(0, len(centres), n)] + rng.normal(0, spread_m, (n, 2)))


def _hosts(
    rng: np.random.Generator,
    ground: NDArray[np.float64],
    centres: NDArray[np.float64],
    hamlets: NDArray[np.float64],
    n: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return places and kinds: 0 pole near a hamlet, 1 somebody's mast, 2 new tower on a summit."""
    poles, masts = n // 4, n * 3 // 10
    top = (maximum_filter(ground, 9) == ground) & (ground > 60)
    row, column = np.nonzero(top)
    summits = np.column_stack([column * CELL_M, row * CELL_M])
    nearest = np.array([np.min(np.hypot(*(hamlets - s).T)) for s in summits])
    near = np.argsort(nearest, kind="stable")[: n - poles - masts]
    place = [_around(rng, hamlets, poles, 300.0), _around(rng, centres, masts, 2500.0), summits[near]]
    missing = n - poles - masts - len(near)
    place.append(_around(rng, centres, missing, 3000.0))
    kind = np.repeat([0, 1, 2], [poles, masts, n - poles - masts])
    return np.concatenate(place), kind


def _clearance(
    ground: NDArray[np.float64],
    start: NDArray[np.float64],
    start_m: NDArray[np.float64],
    end: NDArray[np.float64],
    end_m: NDArray[np.float64],
    frequency_ghz: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return length (m) and the tightest clearance in first Fresnel radii, below 0 where terrain blocks."""
    length = np.maximum(np.hypot(*(end - start).T), 1.0)
    at = np.linspace(0.0, 1.0, 66)[1:-1]
    place = start[:, None, :] + at[None, :, None] * (end - start)[:, None, :]
    d1, d2 = at[None, :] * length[:, None], (1 - at[None, :]) * length[:, None]
    bulge = d1 * d2 / (2 * EARTH_M)
    foot, head = _height(ground, start) + start_m, _height(ground, end) + end_m
    ray = foot[:, None] + at[None, :] * (head - foot)[:, None]
    radius = np.sqrt(0.3 / frequency_ghz * d1 * d2 / length[:, None])
    room = (ray - bulge - _height(ground, place)) / np.maximum(radius, 1e-3)
    return length, np.asarray(room.min(axis=1))


def _pairs(
    left: NDArray[np.float64], right: NDArray[np.float64], reach_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    distance = np.hypot(left[:, None, 0] - right[None, :, 0], left[:, None, 1] - right[None, :, 1])
    a, b = np.nonzero((distance <= reach_m) & (distance > 0))
    return a, b


_ANTENNA_M = np.array([[12.0, 12.0, 16.0], [24.0, 32.0, 38.0], [30.0, 42.0, 55.0]])  # kind × configuration
_MARGIN_DB = np.array([[16.0, 20.0, 22.0], [22.0, 24.0, 26.0], [24.0, 26.0, 28.0]])  # beyond 1 km


def _cover(
    ground: NDArray[np.float64],
    point: NDArray[np.float64],
    hosts: NDArray[np.float64],
    kind: NDArray[np.int64],
    option_host: NDArray[np.int64],
    variant: NDArray[np.int64],
) -> csr_matrix:
    rows, columns = [], []
    host, demand = _pairs(hosts, point, 8000.0)
    for v in range(int(variant.max()) + 1):
        height = _ANTENNA_M[kind[host], v]
        length, room = _clearance(ground, hosts[host], height, point[demand], np.full(len(demand), 2.0), 0.9)
        over = np.maximum(-room * np.sqrt(2.0) + 0.1, -0.7)  # Fresnel parameter less 0.1
        edge_db = 6.9 + 20 * np.log10(np.sqrt(over**2 + 1) + over)
        reached = 35 * np.log10(np.maximum(length / 1000.0, 0.1)) + edge_db <= _MARGIN_DB[kind[host], v]
        number = np.full(len(hosts), -1)
        number[option_host[variant == v]] = np.flatnonzero(variant == v)
        rows.append(demand[reached])
        columns.append(number[host[reached]])
    row, column = np.concatenate(rows), np.concatenate(columns)
    return csr_matrix((np.ones(len(row)), (row, column)), shape=(len(point), len(option_host)))


def _bills(
    rng: np.random.Generator, kind: NDArray[np.int64], variant: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Million VND: present value by line; a higher variant is taller or carries one technology more."""
    first = np.flatnonzero(variant == 0)
    place = np.cumsum(variant == 0) - 1
    grid = (rng.random(len(first)) < 0.7)[place]
    track_km = np.round(rng.exponential(1.0, len(first)), 1)[place]
    bill = np.zeros((len(kind), len(LINES)))
    tall = np.array([0.0, 12.0, 25.0])[variant]
    bill[:, 0] = np.where(kind == 2, (250.0 + 4.0 * tall) * GROWTH, 0.0)
    bill[:, 1] = np.array([35.0, 0.0, 130.0])[kind] * GROWTH
    bill[:, 2] = np.array([8.0, 26.0, 12.0])[kind] * YEARS_VALUE + np.where(kind == 1, tall * 2.0, 0.0)
    bill[:, 3] = 190.0 * (1 + 0.5 * (variant > 0) * (kind < 2)) * GROWTH
    bill[:, 5] = np.where(grid & (kind < 2), 40.0, 180.0) * GROWTH
    bill[:, 6] = np.where(kind == 2, 60.0 * track_km, 0.0) * GROWTH
    return np.round(bill, 2)


def _links(
    rng: np.random.Generator,
    ground: NDArray[np.float64],
    hosts: NDArray[np.float64],
    kind: NDArray[np.int64],
    nodes: NDArray[np.float64],
) -> Links:
    """Fibre up to 12 km, hops up to 25 km in clear sight (beyond 15 km dearer), satellite everywhere."""
    n = len(hosts)
    dish = np.array([14.0, 30.0, 38.0])[kind]
    km = (
        np.hypot(hosts[:, None, 0] - nodes[None, :, 0], hosts[:, None, 1] - nodes[None, :, 1]).min(axis=1)
        / 1000
    )
    fibre = np.where(km * 1.4 <= 12.0, np.round(km * 1.4 * 150.0 * GROWTH, 2), np.inf)
    hop = np.full(n, np.inf)
    a, b = _pairs(hosts, nodes, HOP_M)
    length, room = _clearance(ground, hosts[a], dish[a], nodes[b], np.full(len(b), 42.0), 7.0)
    np.minimum.at(hop, a[room >= 0.6], _dish_price(length[room >= 0.6]))
    a, b = _pairs(hosts, hosts, HOP_M)
    a, b = a[a < b], b[a < b]
    length, room = _clearance(ground, hosts[a], dish[a], hosts[b], dish[b], 7.0)
    a, b, price = a[room >= 0.6], b[room >= 0.6], _dish_price(length[room >= 0.6])
    return Links(
        fibre_cost=fibre,
        hop_cost=hop,
        satellite_cost=np.full(n, np.round(80.0 * GROWTH + 90.0 * YEARS_VALUE, 2)),
        relay_from=np.concatenate([a, b]).astype(np.int32),
        relay_to=np.concatenate([b, a]).astype(np.int32),
        relay_cost=np.concatenate([price, price]),
    )


def _dish_price(length_m: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.where(length_m > 15_000.0, 140.0, 110.0) * GROWTH)


def _communes(hamlets: NDArray[np.float64], n: int) -> NDArray[np.int32]:
    across = max(1, round(np.sqrt(n * WIDTH_M / HEIGHT_M)))
    down = max(1, n // across)
    column = np.minimum(hamlets[:, 0] / WIDTH_M * across, across - 1).astype(int)
    row = np.minimum(hamlets[:, 1] / HEIGHT_M * down, down - 1).astype(int)
    return (row * across + column).astype(np.int32)
