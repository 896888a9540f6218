"""What levels at points cost, by the paths of some masts: seconds, levels kept, hamlets left over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cluster import LEAST_LEVEL_DBM
from .cost_samples import SAMPLE_MASTS, SEED, Quantity, cpu_seconds, scaled
from .coverage.cells import PointLevels
from .coverage.footprint import RadioSite, Sites, ground_height_m
from .coverage.network_points import levels_of_sites, point_sites
from .coverage.relevant_levels import needed_dbm
from .scene import Scene

__all__ = ["PointsCost", "points_cost"]

_BIN_M = 1000.0  # of the distance from a mast: how many points it serves there


@dataclass(frozen=True)
class PointsCost:
    """Levels of all cells at all points.

    Attributes
    ----------
    seconds : Quantity
        Core-seconds.
    paths : int
        From antenna groups to points in their reach.
    heard : Quantity
        Levels of single cells that are kept.
    lacking : float
        Hamlets that no mast is expected to serve.
    """

    seconds: Quantity
    paths: int
    heard: Quantity
    lacking: float


@dataclass(frozen=True)
class _Paths:
    """Paths of a mast: how many, their kilometres (one more for each start), and for each cell of a group."""

    count: int
    length: float
    of_cells: int


def points_cost(scene: Scene) -> PointsCost:
    """Compute the levels of a few masts and scale up to all, on the air or not."""
    sites = point_sites(
        scene.terrain, scene.cells, scene.settings, scene.range_m,
        patterns=scene.patterns, budget=scene.budget, floor_dbm=LEAST_LEVEL_DBM,
    )  # fmt: skip
    near = [_paths(scene, mast) for mast in sites.masts]
    paths = sum(one.count for one in near)
    if not paths:
        nothing = Quantity(0.0, 0.0)
        return PointsCost(nothing, 0, nothing, float(len(scene.layers.villages)))
    ground_m = ground_height_m(scene.terrain, scene.points.x_m, scene.points.y_m)
    order = np.random.default_rng(SEED).permutation(len(sites.masts))[:SAMPLE_MASTS].tolist()
    chosen = [n for n in order if near[n].count] or [max(range(len(near)), key=lambda n: near[n].count)]
    seconds, found = list[float](), list[PointLevels]()
    for number in chosen:
        one = Sites((sites.masts[number],), sites.sectors, sites.patterns)

        def work(one: Sites = one) -> None:
            found.append(
                levels_of_sites(
                    scene.terrain, one, scene.points, ground_m, scene.settings, LEAST_LEVEL_DBM, workers=1
                )
            )

        seconds.append(cpu_seconds(work))
    masts = len(sites.masts)
    lengths, pairs = [near[n].length for n in chosen], [float(near[n].of_cells) for n in chosen]
    rows = [float(len(levels.point)) for levels in found]
    return PointsCost(
        seconds=scaled(seconds, lengths, sum(one.length for one in near), masts),
        paths=paths,
        heard=scaled(rows, pairs, float(sum(one.of_cells for one in near)), masts),
        lacking=_lacking(scene, sites, [sites.masts[n] for n in chosen], found),
    )


def _paths(scene: Scene, mast: RadioSite) -> _Paths:
    count, length, of_cells = 0, 0.0, 0
    for group in mast.groups:
        distance = np.hypot(scene.points.x_m - group.x_m, scene.points.y_m - group.y_m)
        near = distance[distance <= group.range_m]
        count += len(near)
        length += float(near.sum()) / 1000.0 + len(near)
        of_cells += len(near) * len(group.cells)
    return _Paths(count, length, of_cells)


def _lacking(scene: Scene, sites: Sites, chosen: list[RadioSite], found: list[PointLevels]) -> float:
    """Return how many hamlets no mast may serve, by the share of points that one serves at each distance.

    Masts are taken to hide from a hamlet independently of each other.
    """
    needed = needed_dbm(scene.cells, scene.rule.technologies, scene.cells.active(scene.day))
    bins = int(scene.range_m // _BIN_M) + 1
    points, served = np.zeros(bins), np.zeros(bins)
    for mast, levels in zip(chosen, found, strict=True):
        place = _bin(scene, mast, bins)
        reached = np.zeros(len(scene.points), dtype=np.bool_)
        reached[levels.point[levels.level_dbm >= needed[levels.cell]]] = True
        points += np.bincount(place, minlength=bins + 1)[:bins]
        served += np.bincount(place[reached], minlength=bins + 1)[:bins]
    share = np.append(served / np.maximum(points, 1.0), 0.0)
    missed = np.log1p(-np.minimum(share, 0.999))
    none = np.zeros(len(scene.points))
    for mast in sites.masts:
        none += missed[_bin(scene, mast, bins)]
    hamlets = np.full(len(scene.layers.villages), -np.inf)  # its best point tells
    of_hamlet = scene.points.village >= 0
    np.maximum.at(hamlets, scene.points.village[of_hamlet], none[of_hamlet])
    return float(np.exp(hamlets).sum())


def _bin(scene: Scene, mast: RadioSite, bins: int) -> NDArray[np.int64]:
    """Return the bin of each point's distance; `bins`: out of reach."""
    group = mast.groups[-1]
    distance = np.hypot(scene.points.x_m - group.x_m, scene.points.y_m - group.y_m)
    return np.where(distance <= scene.range_m, distance // _BIN_M, bins).astype(np.int64)
