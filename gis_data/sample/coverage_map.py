"""Book-keeping of the made-up network: which hamlets the masts placed so far are likely to serve."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .ground import Ground
from .reach import reached
from .settlements import Hamlets

__all__ = ["HEARD_DB", "RANGE_M", "SAFE_DB", "SHARE", "Demand", "Reached", "Tally"]

RANGE_M = 12_000.0
# A hamlet counts as served, or as silent, only when the estimate leaves this much to spare; more for silence:
# the main lobe is 3 dB above the average, and one direction in which something is heard is enough.
SAFE_DB = 3.0
HEARD_DB = 8.0
SHARE = 0.95


@dataclass(frozen=True)
class Reached:
    """What one antenna reaches: points and the margin (dB) there."""

    point: NDArray[np.int64]
    margin_db: NDArray[np.float64]


class Demand:
    """Hamlet centres, then clusters, as points with people, on the made-up ground."""

    def __init__(self, ground: Ground, hamlets: Hamlets) -> None:
        self.ground = ground
        self.hamlets = hamlets
        self.count = len(hamlets)
        self.xy_m = np.concatenate([hamlets.xy_m, hamlets.cluster_xy_m])
        self.owner = np.concatenate([np.arange(self.count), hamlets.cluster_hamlet])
        in_clusters = np.bincount(hamlets.cluster_hamlet, hamlets.cluster_people, self.count)
        self.people = np.concatenate([hamlets.people - in_clusters, hamlets.cluster_people])
        self.surface_m = (ground.height_m + ground.clutter_m).astype(np.float32)
        self._tree = cKDTree(self.xy_m)

    def reach(self, xy_m: NDArray[np.float64], antenna_m: float, layer: str) -> Reached:
        """Return the margin at all points within range of an antenna."""
        point = np.array(sorted(self._tree.query_ball_point(xy_m, RANGE_M)), np.int64)
        if not len(point):
            return Reached(point, np.zeros(0))
        margin = reached(self.ground, self.surface_m, xy_m, antenna_m, self.xy_m[point], layer)
        return Reached(point, margin)

    def margin_at(
        self, at_xy_m: NDArray[np.float64], mast_xy_m: NDArray[np.float64], antenna_m: float, layer: str
    ) -> float:
        """Return the margin (dB) at one place."""
        margin = reached(self.ground, self.surface_m, mast_xy_m, antenna_m, at_xy_m[None, :], layer)
        return float(margin[0])

    def share(self, covered: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the share of each hamlet's people at covered points."""
        got = np.bincount(self.owner, self.people * covered, self.count)
        return np.asarray(got / np.maximum(self.hamlets.people, 1))


@dataclass
class Tally:
    """Best margin (dB) at every point so far, by operator and service."""

    demand: Demand
    voice: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, operator: str, reach: Reached) -> None:
        """Count an antenna in."""
        best = self.voice.setdefault(operator, np.full(len(self.demand.xy_m), -np.inf))
        np.maximum.at(best, reach.point, reach.margin_db)

    def served(self, spare_db: float = SAFE_DB) -> NDArray[np.bool_]:
        """Tell which hamlets some operator serves by itself, with this much to spare."""
        served = np.zeros(self.demand.count, bool)
        for margin in self.voice.values():
            at_centre = margin[: self.demand.count] >= spare_db
            served |= at_centre & (self.demand.share(margin >= spare_db) >= SHARE)
        return served

    def silent(self, spare_db: float = HEARD_DB) -> NDArray[np.bool_]:
        """Tell which hamlets hear nobody at their centre, with this much to spare."""
        silent = np.ones(self.demand.count, bool)
        for margin in self.voice.values():
            silent &= margin[: self.demand.count] < -spare_db
        return silent
