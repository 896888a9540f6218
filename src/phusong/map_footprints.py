"""What every mast, and every proposed station, covers by itself, for the map.

Each is swept on its own. Where there are many, the ground is made coarser until the sweeps together stay
within a fixed number of receivers: the map tells the pixel. The antennas keep their height above the sea.
"""

from __future__ import annotations

import json
import math
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from . import coverage
from .cache import digest, source_digest
from .coverage.cells import CellTable, TechnologyRule
from .coverage.footprint import (
    AntennaGroup,
    RadioSite,
    Sites,
    ground_height_m,
    group_footprint,
    prepare_sites,
)
from .coverage.propagation.terrain import TerrainModel
from .coverage.siting.proposal import Proposal
from .gis_data.grid import Grid
from .maps.classes import class_edges_dbm, classify
from .maps.content import Footprint, Footprints, OperatorLayer, OwnFootprints
from .maps.pictures import ArrayPicture
from .maps.pieces import Pieces
from .scene import Scene

__all__ = ["coarser_terrain", "map_footprints", "proposal_cells"]

_RECEIVERS = 20_000_000
"""Sweeps of all masts and proposals together: about ten seconds of one core, and ten megabytes of a map."""
_FORM = 1  # of a kept sweep
_RADIO = tuple(f.name for f in fields(CellTable) if f.name not in ("cell_id", "mast_id", "on_air", "off_air"))


@cache
def _engine() -> str:
    return source_digest(Path(coverage.__file__).parent)


@dataclass(frozen=True)
class _Swept:
    """Classes of one antenna group, technology and operator."""

    mast_id: str
    technology: str
    operator: str
    row: int
    column: int
    classes: NDArray[np.uint8]


def map_footprints(
    scene: Scene,
    proposal: Proposal,
    pieces: Pieces | None = None,
    *,
    by_operator: bool = True,
    receivers: int = _RECEIVERS,
) -> tuple[Footprints, tuple[OperatorLayer, ...]]:
    """Return the footprint of each mast on air and each proposed station, and what each operator covers.

    Parameters
    ----------
    scene : Scene
    proposal : Proposal
    pieces : Pieces, optional
        Sweeps of earlier maps; new ones are added.
    by_operator : bool
        Put the footprints together by technology and operator; otherwise nothing is swept here, but each
        footprint when it is asked for.
    receivers : int
        Pixels that all sweeps together may have; the ground is coarsened by a whole factor to keep to it.
    """
    on_air = scene.cells.take(scene.cells.active(scene.day))
    planned = proposal_cells(proposal)
    rules = scene.rule.technologies
    sites = [_sites(scene, cells, rules) for cells in (on_air, planned)]
    factor = _factor([site for one in sites for site in one.masts], scene.terrain.resolution_m, receivers)
    sweep = _Sweep(scene, factor, pieces or Pieces())
    masts, proposals = (sweep.owners(cells, one) for cells, one in zip((on_air, planned), sites, strict=True))
    layers = sweep.by_operator(on_air, sites[0]) if by_operator else ()
    return Footprints(sweep.grid, masts, proposals), layers


def proposal_cells(proposal: Proposal) -> CellTable:
    """Return the cells of the proposed stations; ``mast_id`` is the station's id."""
    radio = {one.technology: one for one in proposal.radio}
    rows = [
        (station, radio[technology], azimuth, f"{station.station_id}/{technology}/{k + 1}")
        for station in proposal.stations
        for technology in station.technologies
        for k, azimuth in enumerate(station.azimuths_deg or (math.nan,))
    ]

    def numbers(values: Iterable[float]) -> NDArray[np.float64]:
        return np.array(list(values), np.float64)

    always = np.full(len(rows), "NaT", "datetime64[D]")
    return CellTable(
        cell_id=np.array([r[3] for r in rows], str),
        mast_id=np.array([r[0].station_id for r in rows], str),
        operator=np.array([r[0].operator for r in rows], str),
        technology=np.array([r[1].technology for r in rows], str),
        antenna=np.array([r[1].antenna if r[0].azimuths_deg else "omni" for r in rows], str),
        x_m=numbers(r[0].x_m for r in rows),
        y_m=numbers(r[0].y_m for r in rows),
        antenna_height_m=numbers(r[0].antenna_height_m for r in rows),
        frequency_mhz=numbers(r[1].frequency_mhz for r in rows),
        bandwidth_mhz=numbers(r[1].bandwidth_mhz for r in rows),
        azimuth_deg=numbers(r[2] for r in rows),
        mechanical_tilt_deg=numbers(r[1].mechanical_tilt_deg for r in rows),
        electrical_tilt_deg=numbers(r[1].electrical_tilt_deg for r in rows),
        tx_power_dbm=numbers(min(r[1].tx_power_dbm, r[0].power_limit_dbm) for r in rows),
        feeder_loss_db=numbers(r[1].feeder_loss_db for r in rows),
        on_air=always,
        off_air=always,
    )


def coarser_terrain(terrain: TerrainModel, factor: int) -> TerrainModel:
    """Return the terrain in pixels `factor` times as wide: mean heights, the zone in the middle.

    A block that is all void takes the height of the nearest that is not: nothing is shown there.
    """
    if factor == 1:
        return terrain
    rows, columns = terrain.height_m.shape
    down, across = -(-rows // factor), -(-columns // factor)
    slope = (terrain.latitude_bottom_deg - terrain.latitude_top_deg) / max(1, rows - 1)
    first = terrain.latitude_top_deg + slope * (factor - 1) / 2
    middle = np.ix_(
        np.minimum(np.arange(down) * factor + factor // 2, rows - 1),
        np.minimum(np.arange(across) * factor + factor // 2, columns - 1),
    )
    return TerrainModel(
        height_m=_filled(_block_mean(terrain.height_m, factor)),
        zone=np.ascontiguousarray(terrain.zone[middle]),
        clutter_m=None if terrain.clutter_m is None else _block_mean(terrain.clutter_m, factor),
        x_left_m=terrain.x_left_m,
        y_top_m=terrain.y_top_m,
        resolution_m=terrain.resolution_m * factor,
        latitude_top_deg=first,
        latitude_bottom_deg=first + slope * factor * (down - 1),
    )


def _block_mean(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    rows, columns = values.shape
    padded = np.pad(values, ((0, -rows % factor), (0, -columns % factor)), constant_values=np.nan)
    blocks = padded.reshape(padded.shape[0] // factor, factor, -1, factor)
    known = (~np.isnan(blocks)).sum(axis=(1, 3))
    with np.errstate(invalid="ignore"):
        return (np.nansum(blocks, axis=(1, 3), dtype=np.float64) / known).astype(np.float32)


def _filled(height_m: NDArray[np.float32]) -> NDArray[np.float32]:
    void = np.isnan(height_m)
    if not void.any() or void.all():
        return height_m
    row, column = distance_transform_edt(void, return_distances=False, return_indices=True)
    return np.ascontiguousarray(height_m[row, column])


def _sites(scene: Scene, cells: CellTable, rules: Mapping[str, TechnologyRule]) -> Sites:
    floor = {technology: class_edges_dbm(rule)[0] for technology, rule in rules.items()}
    return prepare_sites(
        scene.terrain, cells, floor, scene.settings, scene.range_m, patterns=scene.patterns,
        budget=scene.budget,
    )  # fmt: skip


def _factor(masts: list[RadioSite], resolution_m: float, receivers: int) -> int:
    area = sum(math.pi * group.range_m**2 for mast in masts for group in mast.groups)
    return max(1, math.ceil(math.sqrt(area / receivers) / resolution_m))


class _Sweep:
    """Sweeps masts, each on its own, on ground that is made when the first of them is swept."""

    def __init__(self, scene: Scene, factor: int, pieces: Pieces) -> None:
        self._scene, self._factor, self._pieces = scene, factor, pieces
        terrain, grid = scene.terrain, scene.layers.grid
        rows, columns = (-(-n // factor) for n in terrain.height_m.shape)
        self.grid = Grid(
            grid.crs, terrain.x_left_m, terrain.y_top_m, terrain.resolution_m * factor, rows, columns
        )
        self._kept: dict[str, list[_Swept]] = {}
        self._making = threading.Lock()

    def owners(self, cells: CellTable, sites: Sites) -> tuple[OwnFootprints, ...]:
        """Return every mast, in the order of the masts, with the digest of what its footprints come from."""
        keys = self._keys(cells, sites)

        def own(mast: RadioSite, key: str) -> OwnFootprints:
            return OwnFootprints(mast.mast_id, key, lambda: _footprints(self._swept(cells, sites, mast, key)))

        return tuple(own(mast, key) for mast, key in zip(sites.masts, keys, strict=True))

    def by_operator(self, cells: CellTable, sites: Sites) -> tuple[OperatorLayer, ...]:
        """Return what all masts together cover by technology and operator: the highest class."""
        merged: dict[tuple[str, str], NDArray[np.uint8]] = {}
        keys = self._keys(cells, sites)

        def work(mast: RadioSite, key: str) -> list[_Swept]:
            kept = self._pieces.get(key, lambda: _as_bytes(self._swept(cells, sites, mast, key)))
            self._kept[key] = _from_bytes(mast.mast_id, kept)  # its own footprint is made from the same
            return self._kept[key]

        with ThreadPoolExecutor(max_workers=self._scene.options.workers) as pool:
            for mast in pool.map(work, sites.masts, keys):
                for part in mast:
                    layer = merged.setdefault(
                        (part.technology, part.operator), np.zeros(self.grid.shape, dtype=np.uint8)
                    )
                    _lay(part, layer, 0, 0)
        return tuple(
            OperatorLayer(*key, ArrayPicture(self.grid, found)) for key, found in sorted(merged.items())
        )

    @cached_property
    def _ground(self) -> TerrainModel:
        return coarser_terrain(self._scene.terrain, self._factor)

    def _keys(self, cells: CellTable, sites: Sites) -> list[str]:
        """Return a digest for each mast: of the ground and the rules, and of its own cells."""
        scene = self._scene
        common = digest(
            _FORM, _engine(), scene.terrain, self._factor, scene.settings,
            dict(scene.rule.technologies), scene.range_m, scene.budget, scene.patterns,
        )  # fmt: skip
        columns = [getattr(cells, name).tolist() for name in _RADIO]
        rows = list(zip(*columns, strict=True))
        return [
            digest(common, repr([rows[k] for group in mast.groups for k in group.cells.tolist()]))
            for mast in sites.masts
        ]

    def _swept(self, cells: CellTable, sites: Sites, mast: RadioSite, key: str) -> list[_Swept]:
        if (kept := self._kept.get(key)) is not None:
            return [replace(part, mast_id=mast.mast_id) for part in kept]
        with self._making:
            ground = self._ground  # one thread makes it
        return [part for group in mast.groups for part in self._group(ground, cells, sites, mast, group)]

    def _group(
        self, ground: TerrainModel, cells: CellTable, sites: Sites, mast: RadioSite, group: AntennaGroup
    ) -> Iterator[_Swept]:
        lifted = _lifted(group, self._scene.terrain, ground)
        footprint = group_footprint(ground, sites, lifted, self._scene.settings)
        kinds = list(zip(cells.technology[group.cells], cells.operator[group.cells], strict=True))
        for technology, operator in dict.fromkeys(kinds):
            own = [k for k, kind in enumerate(kinds) if kind == (technology, operator)]
            # the classes rise with the level: the highest class is that of the strongest cell
            edges = class_edges_dbm(self._scene.rule.technologies[technology])
            classes = classify(footprint.level_dbm[own], edges).max(axis=0)
            at = footprint.row, footprint.column
            yield _cropped(mast.mast_id, str(technology), str(operator), at, classes)


def _lifted(group: AntennaGroup, terrain: TerrainModel, ground: TerrainModel) -> AntennaGroup:
    """Return the group as high above the sea as it is, where the coarse ground lies lower."""
    at = np.array([group.x_m]), np.array([group.y_m])
    own, coarse = (float(ground_height_m(model, *at)[0]) for model in (terrain, ground))
    return replace(group, antenna_height_m=group.antenna_height_m + max(0.0, own - coarse))


def _as_bytes(parts: list[_Swept]) -> bytes:
    """Return the parts of one mast as a line of JSON and their deflated classes."""
    head = [[p.technology, p.operator, p.row, p.column, *p.classes.shape] for p in parts]
    values = b"".join(p.classes.tobytes() for p in parts)
    return json.dumps(head).encode("ascii") + b"\n" + zlib.compress(values, 3)


def _from_bytes(mast_id: str, data: bytes) -> list[_Swept]:
    head, _, values = data.partition(b"\n")
    classes, at, parts = np.frombuffer(zlib.decompress(values), np.uint8), 0, []
    for technology, operator, row, column, rows, columns in json.loads(head):
        part = classes[at : at + rows * columns].reshape(rows, columns)
        parts.append(_Swept(mast_id, technology, operator, row, column, part))
        at += rows * columns
    return parts


def _cropped(
    mast_id: str, technology: str, operator: str, at: tuple[int, int], classes: NDArray[np.uint8]
) -> _Swept:
    rows, columns = np.flatnonzero(classes.any(axis=1)), np.flatnonzero(classes.any(axis=0))
    if not len(rows):
        return _Swept(mast_id, technology, operator, *at, classes[:0, :0])
    part = np.ascontiguousarray(classes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return _Swept(mast_id, technology, operator, at[0] + int(rows[0]), at[1] + int(columns[0]), part)


def _lay(part: _Swept, on: NDArray[np.uint8], top: int, left: int) -> None:
    """Lay a part on classes whose upper left pixel is at `top` and `left`: the higher class stays."""
    rows, columns = part.classes.shape
    window = on[part.row - top : part.row - top + rows, part.column - left : part.column - left + columns]
    np.maximum(window, part.classes, out=window)


def _footprints(mast: list[_Swept]) -> tuple[Footprint, ...]:
    """Put together what one mast covers with a technology, whoever's cells and however high they are."""
    found = []
    for technology in sorted({part.technology for part in mast}):
        parts = [part for part in mast if part.technology == technology and part.classes.size]
        if not parts:
            continue
        top, left = min(p.row for p in parts), min(p.column for p in parts)
        bottom = max(p.row + p.classes.shape[0] for p in parts)
        right = max(p.column + p.classes.shape[1] for p in parts)
        classes = np.zeros((bottom - top, right - left), dtype=np.uint8)
        for part in parts:
            _lay(part, classes, top, left)
        found.append(Footprint(parts[0].mast_id, technology, top, left, classes))
    return tuple(found)
