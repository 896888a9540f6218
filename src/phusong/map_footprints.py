"""What every mast, and every proposed station, covers by itself, for the map.

Each is swept on its own. Where there are many, the ground is made coarser until the sweeps together stay
within a fixed number of receivers: the map tells the pixel. The antennas keep their height above the sea.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import coverage
from .cache import digest, source_digest
from .coverage.cells import CellTable
from .coverage.footprint import AntennaGroup, Sites, ground_height_m, group_footprint, prepare_sites
from .coverage.propagation.terrain import TerrainModel
from .coverage.siting.proposal import Proposal
from .gis_data.grid import Grid
from .map_ground import ground_key, kept_ground
from .map_merged import Covered, Part, as_bytes, from_bytes, highest, merged
from .maps.classes import class_edges_dbm, classify
from .maps.content import Footprint, Footprints, OperatorLayer, OwnFootprints
from .maps.pictures import ArrayPicture
from .maps.pieces import Pieces
from .scene import Scene

__all__ = ["map_footprints", "proposal_cells"]

_RECEIVERS = 20_000_000
"""Sweeps of all masts and proposals together: about ten seconds of one core, and ten megabytes of a map."""
_FORM = 2  # of a kept sweep
_NOT_RADIO = ("cell_id", "mast_id", "on_air", "off_air")
_RANGE_DEPENDS_ON = (
    "technology", "antenna", "frequency_mhz", "bandwidth_mhz", "tx_power_dbm", "feeder_loss_db",
)  # fmt: skip
"""Beside whether a cell has an azimuth: without one it is an omnidirectional antenna."""


@cache
def _engine() -> str:
    return source_digest(Path(coverage.__file__).parent)


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
    on_air = _Masts(scene, scene.cells.take(scene.cells.active(scene.day)))
    planned = _Masts(scene, proposal_cells(proposal))
    area_m2 = on_air.area_m2 + planned.area_m2
    factor = max(1, math.ceil(math.sqrt(area_m2 / receivers) / scene.terrain.resolution_m))
    sweep = _Sweep(scene, factor, Pieces() if pieces is None else pieces)
    layers = sweep.by_operator(on_air) if by_operator else ()
    masts, proposals = (sweep.owners(one, kept=by_operator) for one in (on_air, planned))
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


class _Masts:
    """The masts of a table of cells, by mast_id, and the rows of each by group of antennas."""

    def __init__(self, scene: Scene, cells: CellTable) -> None:
        rules = scene.rule.technologies
        self.scene, self.floor = scene, {name: class_edges_dbm(rule)[0] for name, rule in rules.items()}
        self.cells = cells = cells.take(np.isin(cells.technology, list(rules)))
        names, number = np.unique(cells.mast_id, return_inverse=True)
        place = (cells.y_m, cells.x_m, cells.antenna_height_m, number)
        self.order = np.lexsort((np.arange(len(cells)), *place))
        self.starts = np.searchsorted(number[self.order], np.arange(len(names) + 1))
        self.mast_id: list[str] = names.tolist()
        sorted_place = np.column_stack(place)[self.order]
        self._groups = np.flatnonzero(np.diff(sorted_place, axis=0, prepend=np.nan).any(axis=1))

    @property
    def area_m2(self) -> float:
        """What lies within reach of each group of antennas, all together."""
        if not len(self.cells):
            return 0.0
        return float(math.pi * (np.maximum.reduceat(self._range_m()[self.order], self._groups) ** 2).sum())

    @property
    def at(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the first antenna of each mast is."""
        first = self.order[self.starts[:-1]]
        return self.cells.x_m[first], self.cells.y_m[first]

    def _range_m(self) -> NDArray[np.float64]:
        """Return how far each cell can reach; it depends on few different things."""
        cells = self.cells
        columns = [np.isnan(cells.azimuth_deg), *(getattr(cells, name) for name in _RANGE_DEPENDS_ON)]
        kind = _kinds(columns)
        _, first = np.unique(kind, return_index=True)
        apart = np.array([f"{number:09d}" for number in range(len(first))])
        sites = self.prepared(replace(cells.take(first), mast_id=apart))
        return np.array([mast.groups[0].range_m for mast in sites.masts])[kind]

    def prepared(self, cells: CellTable) -> Sites:
        """Return some of the cells as a sweep wants them."""
        scene = self.scene
        return prepare_sites(
            scene.terrain, cells, self.floor, scene.settings, scene.range_m, patterns=scene.patterns,
            budget=scene.budget,
        )  # fmt: skip

    def of(self, number: int) -> CellTable:
        """Return the cells of a mast, in their order."""
        return self.cells.take(np.sort(self.order[self.starts[number] : self.starts[number + 1]]))

    def keys(self, common: str) -> list[str]:
        """Return a digest for each mast: of what all have in common, and of its own cells."""
        names = [field.name for field in fields(CellTable) if field.name not in _NOT_RADIO]
        columns = [getattr(self.cells, name) for name in names]
        texts = [column for column in columns if column.dtype.kind in "USO"]
        kind = _kinds(texts)
        _, first = np.unique(kind, return_index=True)
        said = [repr([str(column[k]) for column in texts]).encode("utf-8") for k in first.tolist()]
        words = np.array([hashlib.blake2b(text, digest_size=8).digest() for text in said])[kind]
        numbers = np.column_stack([c.astype(np.float64) for c in columns if c.dtype.kind not in "USO"])
        rows = np.column_stack([numbers.view(np.uint64), words.astype("S8").view(np.uint64)])[self.order]
        raw, width = rows.tobytes(), rows.shape[1] * rows.itemsize
        start = hashlib.blake2b(common.encode("ascii"), digest_size=12)
        found = []
        for a, b in zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True):
            sink = start.copy()
            sink.update(raw[a * width : b * width])
            found.append(sink.hexdigest())
        return found


def _kinds(columns: list[NDArray[Any]]) -> NDArray[np.int64]:
    """Number the different rows of some columns, in the order in which they come."""
    kind = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        code, different = pd.factorize(column.astype(object) if column.dtype.kind == "U" else column)
        kind = pd.factorize(kind * (len(different) + 1) + code)[0]
    return kind


class _Sweep:
    """Sweeps masts, each on its own, on ground that is made when the first of them is swept."""

    def __init__(self, scene: Scene, factor: int, pieces: Pieces) -> None:
        self._scene, self._factor, self._pieces = scene, factor, pieces
        terrain, grid = scene.terrain, scene.layers.grid
        rows, columns = (-(-n // factor) for n in terrain.height_m.shape)
        self.grid = Grid(
            grid.crs, terrain.x_left_m, terrain.y_top_m, terrain.resolution_m * factor, rows, columns
        )
        self._making = threading.Lock()
        self._of: dict[int, list[Covered]] = {}
        self._common = digest(
            _FORM, _engine(), terrain, factor, scene.settings, dict(scene.rule.technologies), scene.range_m,
            scene.budget, scene.patterns,
        )  # fmt: skip

    def owners(self, masts: _Masts, *, kept: bool) -> tuple[OwnFootprints, ...]:
        """Return every mast, in the order of the masts, with the digest of what its footprints come from.

        `kept`: their sweeps are among the pieces.
        """

        def own(one: Covered, mast_id: str) -> OwnFootprints:
            def make() -> tuple[Footprint, ...]:
                return _footprints(
                    mast_id, from_bytes(self._pieces.get(one.key, one.make) if kept else one.make())
                )

            return OwnFootprints(mast_id, one.key, make)

        covered = self._covered(masts)
        if kept:
            self._pieces.keep(one.key for one in covered)
        return tuple(own(one, name) for one, name in zip(covered, masts.mast_id, strict=True))

    def by_operator(self, masts: _Masts) -> tuple[OperatorLayer, ...]:
        """Return what all masts together cover by technology and operator: the highest class."""
        if not masts.mast_id:
            return ()
        workers = self._scene.options.workers
        self._pieces.keep([ground_key(self._scene.terrain, self._factor)])
        found = []
        for part in merged(self._covered(masts), *masts.at, self._pieces, workers):
            classes = np.zeros(self.grid.shape, dtype=np.uint8)
            rows, columns = part.classes.shape
            classes[part.row : part.row + rows, part.column : part.column + columns] = part.classes
            found.append(OperatorLayer(part.technology, part.operator, ArrayPicture(self.grid, classes)))
        return tuple(found)

    def _covered(self, masts: _Masts) -> list[Covered]:
        def one(number: int, key: str) -> Covered:
            return Covered(key, lambda: as_bytes(self._swept(masts, number)))

        if id(masts) not in self._of:
            keys = masts.keys(self._common)
            self._of[id(masts)] = [one(number, key) for number, key in enumerate(keys)]
        return self._of[id(masts)]

    @cached_property
    def _ground(self) -> TerrainModel:
        return kept_ground(self._scene.terrain, self._factor, self._pieces)

    def _swept(self, masts: _Masts, number: int) -> list[Part]:
        with self._making:
            ground = self._ground  # one thread makes it
        cells = masts.of(number)
        sites = masts.prepared(cells)
        return [part for group in sites.masts[0].groups for part in self._group(ground, cells, sites, group)]

    def _group(
        self, ground: TerrainModel, cells: CellTable, sites: Sites, group: AntennaGroup
    ) -> Iterator[Part]:
        lifted = _lifted(group, self._scene.terrain, ground)
        footprint = group_footprint(ground, sites, lifted, self._scene.settings)
        kinds = list(zip(cells.technology[group.cells], cells.operator[group.cells], strict=True))
        for technology, operator in dict.fromkeys(kinds):
            own = [k for k, kind in enumerate(kinds) if kind == (technology, operator)]
            # the classes rise with the level: the highest class is that of the strongest cell
            edges = class_edges_dbm(self._scene.rule.technologies[technology])
            classes = classify(footprint.level_dbm[own], edges).max(axis=0)
            yield _cropped(str(technology), str(operator), (footprint.row, footprint.column), classes)


def _lifted(group: AntennaGroup, terrain: TerrainModel, ground: TerrainModel) -> AntennaGroup:
    """Return the group as high above the sea as it is, where the coarse ground lies lower."""
    at = np.array([group.x_m]), np.array([group.y_m])
    own, coarse = (float(ground_height_m(model, *at)[0]) for model in (terrain, ground))
    return replace(group, antenna_height_m=group.antenna_height_m + max(0.0, own - coarse))


def _cropped(technology: str, operator: str, at: tuple[int, int], classes: NDArray[np.uint8]) -> Part:
    rows, columns = np.flatnonzero(classes.any(axis=1)), np.flatnonzero(classes.any(axis=0))
    if not len(rows):
        return Part(technology, operator, *at, classes[:0, :0])
    part = np.ascontiguousarray(classes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return Part(technology, operator, at[0] + int(rows[0]), at[1] + int(columns[0]), part)


def _footprints(mast_id: str, parts: list[Part]) -> tuple[Footprint, ...]:
    """Put together what one mast covers with a technology, whoever's cells and however high they are."""
    anybody = highest([replace(part, operator="") for part in parts])
    return tuple(
        Footprint(mast_id, one.technology, one.row, one.column, one.classes)
        for one in anybody
        if one.classes.size
    )
