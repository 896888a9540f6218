"""A network cut into strips of rows and groups of masts, each to be computed by itself, the same to the bit.

A strip takes the masts that reach it, whole in number but swept on its own rows only, and the cells of those
masts, renumbered without changing their order: levels, ties, counts and sums of interference come out as in
one piece. What depends on the network as a whole (layers, carriers, noise) is worked out before the cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .cells import PointTable
from .footprint import RadioSite, Sites
from .level_kernels import Sectors
from .propagation.terrain import TerrainModel
from .radio_network import RadioNetwork
from .row_ring import BAND_ROWS, rows_of

__all__ = ["MastGroup", "Strip", "cut_into_strips", "equal_strips", "groups_of_masts", "part_of"]

_ROW_WORK = (
    0.0015  # finishing and storing a pixel of a layer, in rows of one mast's sweep (measured at 15 km)
)


@dataclass(frozen=True)
class Strip:
    """Some rows of a network.

    Attributes
    ----------
    rows : tuple of int
        First and past the last.
    network : RadioNetwork
        Of the masts in reach.
    cells : ndarray of int64
        Where each of its cells stands in the whole network.
    terrain_rows : tuple of int
        What the sweeps look at.
    """

    rows: tuple[int, int]
    network: RadioNetwork
    cells: NDArray[np.int64]
    terrain_rows: tuple[int, int]


@dataclass(frozen=True)
class MastGroup:
    """Some masts and the points in their reach.

    Attributes
    ----------
    sites : Sites
    cells, points : ndarray of int64
        Where each of its cells and points stands in the whole.
    terrain_rows : tuple of int
        What the profiles look at.
    """

    sites: Sites
    cells: NDArray[np.int64]
    points: NDArray[np.int64]
    terrain_rows: tuple[int, int]


def equal_strips(terrain: TerrainModel, network: RadioNetwork, count: int, tallest: int) -> list[int]:
    """Return the first rows of strips that take about equally long, and the end of the map.

    Parameters
    ----------
    terrain : TerrainModel
        Its shape counts, not its heights.
    network : RadioNetwork
    count : int
        Of strips, unless they would be too tall.
    tallest : int
        Rows that a strip may have at most; at least `BAND_ROWS`.
    """
    end, columns = terrain.height_m.shape
    starts = np.arange(0, end, BAND_ROWS)
    work = np.full(len(starts), BAND_ROWS * columns * len(network.plan.keys) * _ROW_WORK)
    for mast in network.sites.masts:
        top, last = rows_of(terrain, mast)
        work += np.clip(np.minimum(starts + BAND_ROWS, last) - np.maximum(starts, top), 0, None) * len(
            mast.groups
        )
    share = work.sum() / count
    cuts, done = [0], 0.0
    for start, more in zip(starts.tolist(), work.tolist(), strict=True):
        # the nearer of two bands is where a strip ends
        full = done + more / 2 > share * len(cuts)
        if start > cuts[-1] and (full or start + BAND_ROWS - cuts[-1] > tallest):
            cuts.append(start)
        done += more
    return [*cuts, end]


def cut_into_strips(terrain: TerrainModel, network: RadioNetwork, cuts: Sequence[int]) -> list[Strip]:
    """Cut a network into strips from north to south.

    Parameters
    ----------
    terrain : TerrainModel
        Its shape counts, not its heights.
    network : RadioNetwork
        From `prepare_network`.
    cuts : sequence of int
        First row of each strip, multiples of `BAND_ROWS`, and the end of the map.
    """
    end = terrain.height_m.shape[0]
    if cuts[0] != 0 or cuts[-1] != end or any(row % BAND_ROWS for row in cuts[:-1]):
        raise ValueError(f"strips begin at multiples of {BAND_ROWS} rows, the first at 0, and end at {end}")
    spans = [rows_of(terrain, mast) for mast in network.sites.masts]
    strips = []
    for first, stop in pairwise(cuts):
        reaching = [i for i, (top, last) in enumerate(spans) if top < stop and last > first]
        looked_at = [(first, stop), *(spans[i] for i in reaching)]
        part, cells = part_of(network, [network.sites.masts[i] for i in reaching])
        strips.append(Strip((first, stop), part, cells, _hull(looked_at, end)))
    return strips


def groups_of_masts(
    terrain: TerrainModel, sites: Sites, points: PointTable, masts_in_group: int
) -> list[MastGroup]:
    """Cut masts into groups from north to south, each with the points that its circles' boxes hold.

    Parameters
    ----------
    terrain : TerrainModel
        Its shape counts, not its heights.
    sites : Sites
        From `point_sites`.
    points : PointTable
    masts_in_group : int
    """
    spans = {mast.mast_id: rows_of(terrain, mast) for mast in sites.masts}
    masts = sorted(sites.masts, key=lambda mast: (spans[mast.mast_id], mast.mast_id))
    groups = []
    for start in range(0, len(masts), masts_in_group):
        chosen = masts[start : start + masts_in_group]
        cells = _cells_of(chosen)
        renumbered = Sites(_renumbered(chosen, cells), _taken(sites.sectors, cells), sites.patterns)
        rows = _hull([spans[mast.mast_id] for mast in chosen], terrain.height_m.shape[0])
        groups.append(MastGroup(renumbered, cells, _points_near(points, chosen), rows))
    return groups


def part_of(network: RadioNetwork, masts: Sequence[RadioSite]) -> tuple[RadioNetwork, NDArray[np.int64]]:
    """Return the network of some masts; where there is none, one cell stays so that no table is empty."""
    cells = _cells_of(masts)
    if not len(cells):
        cells = np.zeros(min(1, len(network.cells)), dtype=np.int64)
    disturbance = network.disturbance
    if disturbance is not None:
        disturbance = replace(
            disturbance,
            carrier=disturbance.carrier[cells],
            others=disturbance.others[cells],
            own=disturbance.own[cells],
            noise_mw=disturbance.noise_mw[cells],
        )
    sites = Sites(_renumbered(masts, cells), _taken(network.sites.sectors, cells), network.sites.patterns)
    return RadioNetwork(network.cells.take(cells), sites, network.plan, disturbance), cells


def _cells_of(masts: Sequence[RadioSite]) -> NDArray[np.int64]:
    """Rising, so that the lower of two cells stays the lower."""
    listed = [group.cells for mast in masts for group in mast.groups]
    return np.unique(np.concatenate(listed)).astype(np.int64) if listed else np.zeros(0, np.int64)


def _renumbered(masts: Sequence[RadioSite], cells: NDArray[np.int64]) -> tuple[RadioSite, ...]:
    return tuple(
        RadioSite(
            mast.mast_id,
            tuple(
                replace(group, cells=np.searchsorted(cells, group.cells).astype(np.int32))
                for group in mast.groups
            ),
        )
        for mast in masts
    )


def _taken(sectors: Sectors, cells: NDArray[np.int64]) -> Sectors:
    return Sectors._make(column[cells] for column in sectors)


def _hull(spans: Sequence[tuple[int, int]], end: int) -> tuple[int, int]:
    return max(0, min(top for top, _ in spans)), min(end, max(last for _, last in spans))


def _points_near(points: PointTable, masts: Sequence[RadioSite]) -> NDArray[np.int64]:
    near = np.zeros(len(points.x_m), dtype=bool)
    for mast in masts:
        for group in mast.groups:
            aside, along = np.abs(points.x_m - group.x_m), np.abs(points.y_m - group.y_m)
            near |= (aside <= group.range_m) & (along <= group.range_m)
    return np.flatnonzero(near)
