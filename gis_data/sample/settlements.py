"""Made-up hamlets with centre, people, households, residential clusters and a grid-power flag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from . import facts
from .ground import Ground
from .names import hamlet_names
from .territory import Territory

__all__ = ["Hamlets", "largest_remainder", "make_hamlets"]

PEOPLE_PER_HOUSEHOLD = 3.8
# People per hamlet of a ward, a township and a commune, relative to each other.
CROWDING = {"Phường": 2.2, "Thị trấn": 1.9, "Xã": 1.0}
CANDIDATES = 900


@dataclass(frozen=True)
class Hamlets:
    """One entry per hamlet, then one per residential cluster.

    Attributes
    ----------
    name : list of str
    pair : ndarray of int64
        Index into the `Territory`.
    xy_m : ndarray of float64, (hamlets, 2)
    people, households : ndarray of int64
        People of the clusters included.
    grid_power, urban : ndarray of bool
    cluster_hamlet : ndarray of int64, (clusters,)
    cluster_xy_m : ndarray of float64, (clusters, 2)
    cluster_people : ndarray of int64, (clusters,)
    named : dict of str to int
        Index of each hamlet with a real name.
    """

    name: list[str]
    pair: NDArray[np.int64]
    xy_m: NDArray[np.float64]
    people: NDArray[np.int64]
    households: NDArray[np.int64]
    grid_power: NDArray[np.bool_]
    urban: NDArray[np.bool_]
    cluster_hamlet: NDArray[np.int64]
    cluster_xy_m: NDArray[np.float64]
    cluster_people: NDArray[np.int64]
    named: dict[str, int]

    def __len__(self) -> int:
        return len(self.name)

    @property
    def id(self) -> list[str]:
        """Identifiers QN-0001 …"""
        return [f"QN-{i + 1:04d}" for i in range(len(self))]


def largest_remainder(weights: NDArray[np.float64], total: int, least: int = 0) -> NDArray[np.int64]:
    """Share `total` out in whole numbers in proportion to `weights`, at least `least` each."""
    spare = total - least * len(weights)
    exact = weights / weights.sum() * spare
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: spare - int(whole.sum())]] += 1
    return whole + least


def make_hamlets(ground: Ground, territory: Territory, rng: np.random.Generator) -> Hamlets:
    """Place hamlets where people would live, and share the province's people out among them."""
    counts = _counts(territory)
    suitability = _suitability(ground)
    xy, pair = [], []
    for index, pixels in enumerate(territory.pixels(ground)):
        chosen = _place(pixels, suitability[ground.rows_columns(pixels)], int(counts[index]), rng)
        xy.append(chosen)
        pair.append(np.full(len(chosen), index))
    at, owner = np.concatenate(xy), np.concatenate(pair)
    named = _move_named(ground, territory, at, owner)
    urban = np.array([territory.old_name[p].startswith("Phường") for p in owner]) & (
        ground.height_at(at) < 60
    )
    people = _people(territory, owner, ground.height_at(at), named, rng)
    names = hamlet_names([territory.old_name[p] for p in owner], territory, owner, named, rng)
    remote = ~urban & (ground.height_at(at) > 90)
    power = ~(remote & (rng.random(len(at)) < 0.06))
    cluster_hamlet, cluster_xy, cluster_people = _clusters(ground, at, people, urban, remote, rng)
    households = np.maximum(1, np.rint(people / PEOPLE_PER_HOUSEHOLD)).astype(np.int64)
    return Hamlets(
        name=names, pair=owner, xy_m=at, people=people, households=households, grid_power=power, urban=urban,
        cluster_hamlet=cluster_hamlet, cluster_xy_m=cluster_xy, cluster_people=cluster_people, named=named,
    )  # fmt: skip


def _counts(territory: Territory) -> NDArray[np.int64]:
    """Hamlets of each pair: the district's number by area and kind."""
    area_km2 = np.array([geometry.area for geometry in territory.area]) / 1e6
    weight = np.sqrt(np.clip(area_km2, 2.0, 60.0)) * np.array(
        [CROWDING[_kind(n)] ** 0.5 for n in territory.old_name]
    )
    counts = np.zeros(len(territory), np.int64)
    for row in facts.rows("districts.csv"):
        mine = np.array([district == row["district"] for district in territory.district])
        counts[mine] = largest_remainder(weight[mine], int(row["hamlets"]), least=2)
    return counts


def _kind(name: str) -> str:
    return next(kind for kind in CROWDING if name.startswith(kind))


def _suitability(ground: Ground) -> NDArray[np.float32]:
    """How likely people settle at a pixel: low, gentle, in valleys; 0 at sea."""
    height = ground.height_m.astype(np.float32)
    slope = np.hypot(ndimage.sobel(height, 0), ndimage.sobel(height, 1)) / (8 * ground.grid.resolution_m)
    above_valley = height - ndimage.uniform_filter(ndimage.minimum_filter(height, 15), 15)
    score = np.exp(-slope / 0.10 - above_valley / 55.0 - height / 450.0)
    return np.where(ground.inside, score, 0.0).astype(np.float32)


def _place(
    pixels: NDArray[np.float64], weight: NDArray[np.float32], count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw `count` pixels by weight, kept apart as far as the area allows."""
    key = rng.random(len(pixels)) ** (1.0 / np.maximum(weight.astype(np.float64), 1e-9))
    order = np.argsort(-key, kind="stable")[:CANDIDATES]
    spacing = 0.75 * np.sqrt(len(pixels) * 8100.0 / count)
    chosen: list[NDArray[np.float64]] = []
    while len(chosen) < count:
        for candidate in pixels[order]:
            if all(np.hypot(*(candidate - other)) >= spacing for other in chosen):
                chosen.append(candidate)
                if len(chosen) == count:
                    break
        spacing *= 0.7
    return np.array(chosen)


def _move_named(
    ground: Ground, territory: Territory, at: NDArray[np.float64], owner: NDArray[np.int64]
) -> dict[str, int]:
    """Give the hamlets of the facts their places: of the same old commune, the hamlet nearest to it moves."""
    named: dict[str, int] = {}
    for row in facts.rows("named_hamlets.csv"):
        target = ground.best_nearby(facts.project_xy(row["lon"], row["lat"])[0], 500.0, highest=False)
        same = owner == territory.pair_of(target[None, :])[0]
        same[list(named.values())] = False
        index = int(np.argmin(np.where(same, np.hypot(*(at - target).T), np.inf)))
        at[index] = target
        named[row["name"]] = index
    return named


def _people(
    territory: Territory,
    owner: NDArray[np.int64],
    height_m: NDArray[np.float64],
    named: dict[str, int],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    crowding = np.array([CROWDING[_kind(territory.old_name[p])] for p in owner])
    # A normal deviate from uniform draws only: the same on every version of NumPy.
    spread = np.exp(0.32 * (rng.random((len(owner), 12)).sum(axis=1) - 6.0))
    weight = crowding * spread * np.exp(-np.clip(height_m, 0.0, 400.0) / 260.0)
    households = {row["name"]: int(row["households"]) for row in facts.rows("named_hamlets.csv")}
    people = np.zeros(len(owner), np.int64)
    for name, index in named.items():
        people[index] = round(households[name] * PEOPLE_PER_HOUSEHOLD)
    free = people == 0
    table = facts.rows("districts.csv")
    shares = largest_remainder(np.array([float(row["people"]) for row in table]), facts.TOTAL_PEOPLE)
    for row, share in zip(table, shares, strict=True):
        mine = np.array([territory.district[p] == row["district"] for p in owner])
        spare = int(share) - int(people[mine].sum())
        people[mine & free] = largest_remainder(weight[mine & free], spare, least=40)
    return people


def _clusters(
    ground: Ground,
    at: NDArray[np.float64],
    people: NDArray[np.int64],
    urban: NDArray[np.bool_],
    remote: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Residential clusters around the centres; those of some mountain hamlets lie a valley away."""
    hamlet: list[int] = []
    place: list[NDArray[np.float64]] = []
    heads: list[int] = []
    spacing = np.asarray(cKDTree(at).query(at, k=2)[0])[:, 1]
    for i in range(len(at)):
        count = int(rng.integers(1, 3)) if urban[i] else int(rng.integers(1, 4))
        reach = min(0.45 * spacing[i], 350.0 if urban[i] else 900.0)
        shares = largest_remainder(0.5 + rng.random(count + 1), int(people[i]))
        far = remote[i] and rng.random() < 0.12
        for k in range(count):
            radius = 1600.0 + 900.0 * rng.random() if far and k == 0 else reach * (0.35 + 0.65 * rng.random())
            hamlet.append(i)
            place.append(_around(ground, at[i], max(radius, 120.0), rng))
            heads.append(int(shares[k]))
    return np.array(hamlet), np.array(place), np.array(heads)


def _around(
    ground: Ground, centre: NDArray[np.float64], radius_m: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the lowest land among a few places at a distance; the centre where all of them are at sea."""
    angle = 2 * np.pi * rng.random(5)
    tried = centre + radius_m * np.column_stack([np.cos(angle), np.sin(angle)])
    height = np.where(ground.is_land(tried), ground.height_at(tried), np.inf)
    best = int(np.argmin(height))
    return np.asarray(tried[best] if np.isfinite(height[best]) else centre)
