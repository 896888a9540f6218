"""Old communes and the units of 2025 as areas around their real positions (Voronoi)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from . import facts
from .ground import Ground

__all__ = ["Territory", "make_territory"]

# How far the part of a divided old commune that went to another unit is moved towards that unit.
SHIFT = 0.35
SHIFT_LIMIT_M = 2500.0
SIMPLIFY_M = 60.0


@dataclass(frozen=True)
class Territory:
    """Old communes and their successors; one entry per pair of both (a divided commune has several).

    Attributes
    ----------
    old_code, old_name, district, new_code, new_name : list of str
    seed_xy_m : ndarray of float64, (seeds, 2)
        One for each pair, then one for each hamlet of the facts: it belongs to its commune however far away.
    seed_pair : ndarray of int64, (seeds,)
    area : ndarray of shapely geometries, (pairs,)
        Land nearest to the pair's seeds.
    """

    old_code: list[str]
    old_name: list[str]
    district: list[str]
    new_code: list[str]
    new_name: list[str]
    seed_xy_m: NDArray[np.float64]
    seed_pair: NDArray[np.int64]
    area: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.old_code)

    def pair_of(self, xy_m: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the pair whose seed is nearest to each point."""
        return np.asarray(self.seed_pair[cKDTree(self.seed_xy_m).query(xy_m)[1]], np.int64)

    def pixels(self, ground: Ground) -> list[NDArray[np.float64]]:
        """Return the centres of the land pixels of each pair; at least the few nearest to its seed."""
        row, column = np.nonzero(ground.inside)
        xy = ground.pixel_centres(row, column)
        owner = self.pair_of(xy)
        order = np.argsort(owner, kind="stable")
        groups = np.split(xy[order], np.searchsorted(owner[order], np.arange(1, len(self))))
        tree = cKDTree(xy)
        return [
            group if len(group) >= 60 else xy[np.sort(tree.query(seed, k=60)[1])]
            for group, seed in zip(groups, self.seed_xy_m[: len(self)], strict=True)
        ]

    def commune_areas(self) -> dict[str, shapely.Geometry]:
        """Return the area of every unit of 2025 by code."""
        return self._areas(self.new_code)

    def old_commune_areas(self) -> dict[str, shapely.Geometry]:
        """Return the area of every commune before 1 July 2025 by code."""
        return self._areas(self.old_code)

    def _areas(self, codes: list[str]) -> dict[str, shapely.Geometry]:
        joined: dict[str, list[shapely.Geometry]] = {}
        for code, area in zip(codes, self.area, strict=True):
            joined.setdefault(code, []).append(area)
        return {
            code: shapely.normalize(shapely.simplify(shapely.union_all(parts), SIMPLIFY_M))
            for code, parts in sorted(joined.items())
        }


def make_territory() -> Territory:
    """Divide the province's land among the real positions of its communes."""
    new = {row["code"]: row for row in facts.rows("communes.csv")}
    old = {row["code"]: row for row in facts.rows("old_communes.csv")}
    pairs = facts.rows("crosswalk.csv")
    named = facts.rows("named_hamlets.csv")
    far = facts.project_xy([row["lon"] for row in named], [row["lat"] for row in named])
    seeds = np.concatenate([[_seed(pair, old, new) for pair in pairs], far])
    seed_pair = np.array([*range(len(pairs)), *(_main_pair(row, pairs, old) for row in named)])
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=shapely.buffer(facts.land(), 5000.0))
    )
    of_seed, cell = shapely.STRtree(cells).query(shapely.points(seeds), predicate="intersects")
    land = shapely.intersection(facts.land(), facts.outline())
    area = [
        shapely.intersection(shapely.union_all(cells[cell[seed_pair[of_seed] == i]]), land)
        for i in range(len(pairs))
    ]
    return Territory(
        old_code=[pair["old_code"] for pair in pairs],
        old_name=[old[pair["old_code"]]["name"] for pair in pairs],
        district=[old[pair["old_code"]]["district"] for pair in pairs],
        new_code=[pair["code"] for pair in pairs],
        new_name=[new[pair["code"]]["name"] for pair in pairs],
        seed_xy_m=seeds,
        seed_pair=seed_pair,
        area=np.array(area),
    )


def _seed(
    pair: dict[str, str], old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]
) -> NDArray[np.float64]:
    at = facts.project_xy(old[pair["old_code"]]["lon"], old[pair["old_code"]]["lat"])[0]
    if pair["main"] == "1":
        return at
    towards = facts.project_xy(new[pair["code"]]["lon"], new[pair["code"]]["lat"])[0] - at
    length = float(np.hypot(*towards))
    return np.asarray(at + towards * min(SHIFT, SHIFT_LIMIT_M / max(length, 1.0)))


def _main_pair(named: dict[str, str], pairs: list[dict[str, str]], old: dict[str, dict[str, str]]) -> int:
    """Return the pair of a hamlet's old commune and that commune's main successor."""
    return next(
        i
        for i, pair in enumerate(pairs)
        if pair["main"] == "1"
        and (old[pair["old_code"]]["name"], old[pair["old_code"]]["district"])
        == (named["old_commune"], named["district"])
    )
