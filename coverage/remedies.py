"""What single change would serve a point: every variant of the link is computed again with the real model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .antenna import AntennaPattern
from .cells import CellTable, PointTable, TechnologyRule
from .footprint import ground_height_m
from .link_budget import LinkBudget
from .network import point_levels
from .propagation.models import model_named
from .propagation.terrain import PropagationSettings, TerrainModel
from .remedy_limits import RemedyLimits
from .station_radio import StationRadio, station_radio

__all__ = ["KINDS", "Remedy", "RemedyPlanner", "short_of"]

KINDS = ("tilt", "azimuth", "carrier", "height", "station")
"""Kinds of remedy, in the order in which they usually cost more: visits, radio units, steel, a site."""

Radios = dict[tuple[str, str], StationRadio]
"""Carriers of each operator and technology; filled as they are needed."""

_FLOOR_DBM = -400.0  # far below anything: every variant is wanted, however weak
_SEA = 1


@dataclass(frozen=True)
class Remedy:
    """One change and what it would do at the point.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    mast_id : str
        Mast to be changed; empty for a new station.
    operator, technology : str
    value : float
        tilt: electrical tilt (degrees down); azimuth: of the sector (degrees from grid north); height: metres
        to add; carrier: its frequency (MHz); station: antenna height (m).
    x_m, y_m : float
        Of the mast or the new station.
    distance_m : float
        From there to the point.
    gain_db : float
        Decibels by which the shortfall shrinks; NaN where there was no cell to compare with.
    short_db : float
        What would still be missing; at most 0: enough.
    price : float
        Present value in the currency of the price list; NaN without one.
    """

    kind: str
    mast_id: str
    operator: str
    technology: str
    value: float
    x_m: float
    y_m: float
    distance_m: float
    gain_db: float
    short_db: float
    price: float = math.nan

    @property
    def enough(self) -> bool:
        """The point would be covered by the rule."""
        return self.short_db <= 0.0


@dataclass(frozen=True)
class _Variant:
    """A cell that might be; `effort` ranks it within its kind, the least effort first."""

    kind: str
    template: int
    effort: tuple[float, ...]
    value: float
    new_mast: str = ""
    changes: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True)
class RemedyPlanner:
    """Everything that stays the same from one point to the next.

    Attributes
    ----------
    terrain, cells, rules, settings, range_m, budget, limits, patterns
        As for `gap_reasons`; `cells` are those of the project.
    on_air : ndarray of bool, (cells,)
    """

    terrain: TerrainModel
    cells: CellTable
    on_air: NDArray[np.bool_]
    rules: Mapping[str, TechnologyRule]
    settings: PropagationSettings
    range_m: float
    budget: LinkBudget
    limits: RemedyLimits
    patterns: Mapping[str, AntennaPattern] | None = None

    def levels(
        self, table: CellTable, x_m: float, y_m: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return level (dBm) and path loss (dB) of each cell at one point, NaN out of range or in a void."""
        point = PointTable(
            np.array(["p"]), np.zeros(1, np.int64), np.array(["centre"]), np.ones(1), np.array([x_m]),
            np.array([y_m]),
        )  # fmt: skip
        found = point_levels(
            self.terrain, table, point, self.settings, self.range_m, patterns=self.patterns,
            budget=self.budget, floor_dbm=_FLOOR_DBM, workers=1,
        )  # fmt: skip
        level, loss = np.full((2, len(table)), np.nan)
        level[found.cell], loss[found.cell] = found.level_dbm, found.loss_db
        return level, loss

    def remedies(
        self,
        x_m: float,
        y_m: float,
        technologies: Sequence[str],
        candidate: int | None,
        short_db: float,
        radios: Radios,
    ) -> tuple[Remedy, ...]:
        """Return the best remedy of each kind for a point, in the order of `KINDS`.

        Best is the cheapest of those that are enough; of equal prices, and without a price list, the least
        effort (the smallest change of tilt, the nearest mast, the fewest metres, the nearest site). Where
        none is enough, the one that gains most. None where the model finds nothing missing: there is nothing
        that it could mend.

        Parameters
        ----------
        x_m, y_m : float
        technologies : sequence of str
            Any of these would do.
        candidate : int or None
            Cell whose antenna may be turned, tilted or raised.
        short_db : float
            What it lacks now; NaN without a candidate.
        radios : dict
            Carriers of each operator and technology; filled as they are needed.
        """
        if short_db <= 0.0:
            return ()
        variants = self._on_candidate(candidate, x_m, y_m) if candidate is not None else []
        variants += self._carriers(x_m, y_m, technologies, radios)
        variants += self._stations(x_m, y_m, technologies, candidate, radios)
        if not variants:
            return ()
        table = self._table(variants)
        level, _ = self.levels(table, x_m, y_m)
        short = short_of(level, table.technology, self.rules)
        found = []
        for kind in KINDS:
            # A change that makes matters worse is no remedy; without a candidate there is nothing to compare.
            helps = (short < short_db) | (math.isnan(short_db) & ~np.isnan(short))
            of_kind = [i for i, v in enumerate(variants) if v.kind == kind and helps[i]]
            if of_kind:
                price = {i: self._price(variants[i], table, i) for i in of_kind}
                best = min(of_kind, key=lambda i: _rank(variants[i], float(short[i]), price[i]))
                made = _remedy(variants[best], table, best, x_m, y_m, short_db, float(short[best]))
                found.append(replace(made, price=price[best]))
        return tuple(found)

    def _price(self, variant: _Variant, table: CellTable, i: int) -> float:
        prices = self.limits.prices
        if prices is None:
            return math.nan
        if variant.kind == "carrier":
            return prices.carrier()
        if variant.kind == "height":
            return prices.height(str(table.mast_id[i]), float(table.antenna_height_m[i]))
        if variant.kind == "station":
            at = (float(table.x_m[i]), float(table.y_m[i]))
            return prices.station(str(table.operator[i]), *at, variant.value)
        return prices.visit

    def _on_candidate(self, cell: int, x_m: float, y_m: float) -> list[_Variant]:
        cells, limits = self.cells, self.limits
        tilt, azimuth = float(cells.electrical_tilt_deg[cell]), float(cells.azimuth_deg[cell])
        variants = [
            _Variant("tilt", cell, (abs(new - tilt),), new, changes=(("electrical_tilt_deg", new),))
            for new in limits.tilts_deg
            if new != tilt
        ]
        if not math.isnan(azimuth):
            bearing = _bearing_deg(float(cells.x_m[cell]), float(cells.y_m[cell]), x_m, y_m)
            variants.append(_Variant("azimuth", cell, (), bearing, changes=(("azimuth_deg", bearing),)))
        height = float(cells.antenna_height_m[cell])
        for more in np.arange(limits.height_step_m, limits.height_most_m + 1e-9, limits.height_step_m):
            changes = (("antenna_height_m", height + float(more)),)
            variants.append(_Variant("height", cell, (float(more),), float(more), changes=changes))
        return variants

    def _carriers(
        self,
        x_m: float,
        y_m: float,
        technologies: Sequence[str],
        radios: Radios,
    ) -> list[_Variant]:
        """Technologies that an operator may build and lacks on a mast where it is on air, on its antennas."""
        cells = self.cells
        away = np.hypot(cells.x_m - x_m, cells.y_m - y_m)
        near = np.flatnonzero(self.on_air & (away <= self.range_m))
        order = near[np.lexsort((cells.mast_id[near], away[near]))]
        masts = list(dict.fromkeys(cells.mast_id[order].tolist()))[: self.limits.masts]
        variants = []
        for mast in masts:
            here = order[cells.mast_id[order] == mast]
            for operator in sorted(set(cells.operator[here].tolist())):
                own = np.sort(here[cells.operator[here] == operator])
                lacking = set(technologies) - set(cells.technology[own].tolist())
                for technology in self._buildable(operator, lacking):
                    radio = self._radio(operator, technology, radios)
                    if not self._holds(radio):
                        continue
                    for cell in _hangings(cells, own):
                        effort = (float(away[cell]),)
                        value = radio.frequency_mhz
                        variants.append(_Variant("carrier", cell, effort, value, changes=_carrier(radio)))
        return variants

    def _stations(
        self,
        x_m: float,
        y_m: float,
        technologies: Sequence[str],
        candidate: int | None,
        radios: Radios,
    ) -> list[_Variant]:
        template = self._builder(x_m, y_m, technologies, candidate)
        if template is None:
            return []
        operator = str(self.cells.operator[template])
        buildable = self._buildable(operator, technologies)
        variants = []
        for number, reach in enumerate(self.limits.station_reach_m):
            spot = _highest_ground(self.terrain, x_m, y_m, reach)
            if spot is None or np.isnan(ground_height_m(self.terrain, *np.array(spot)[:, np.newaxis])[0]):
                continue
            bearing = _bearing_deg(*spot, x_m, y_m)
            away = math.hypot(spot[0] - x_m, spot[1] - y_m)
            for technology, height in product(buildable, self.limits.station_heights_m):
                radio = self._radio(operator, technology, radios)
                if not self._holds(radio):
                    continue
                changes: tuple[tuple[str, float | str], ...] = (
                    ("x_m", spot[0]), ("y_m", spot[1]), ("antenna_height_m", height),
                    ("azimuth_deg", bearing), *_carrier(radio),
                )  # fmt: skip
                mast = f"new-{number}"
                variants.append(_Variant("station", template, (away, height), height, mast, changes))
        return variants

    def _builder(
        self, x_m: float, y_m: float, technologies: Sequence[str], candidate: int | None
    ) -> int | None:
        """A cell of the operator that would build: the candidate's, else the nearest one that may."""
        if candidate is not None and self._buildable(str(self.cells.operator[candidate]), technologies):
            return candidate
        away = np.hypot(self.cells.x_m - x_m, self.cells.y_m - y_m)
        names, number = self.cells.operators
        nearest = []
        for operator, name in enumerate(names.tolist()):
            own = np.flatnonzero(self.on_air & (number == operator))
            if len(own) and self._buildable(name, technologies):
                nearest.append(int(own[np.argmin(away[own])]))
        return min(nearest, key=lambda cell: (away[cell], cell), default=None)

    def _buildable(self, operator: str, technologies: Iterable[str]) -> list[str]:
        """Of some technologies those that an operator may build new."""
        allowed = self.limits.new_carriers
        return [
            name
            for name in sorted(set(technologies) & set(allowed.technologies))
            if (operator, name) in self._run or operator in allowed.licensed.get(name, ())
        ]

    @cached_property
    def _run(self) -> frozenset[tuple[str, str]]:
        """Operators and the technologies of which they have a cell, on air or not."""
        return frozenset(zip(self.cells.operator.tolist(), self.cells.technology.tolist(), strict=True))

    def _radio(self, operator: str, technology: str, radios: Radios) -> StationRadio:
        key = (operator, technology)
        if key not in radios:
            own = self.on_air & (self.cells.operator == operator)
            radios[key] = station_radio(self.cells.take(own), operator, technology)
        return radios[key]

    def _holds(self, radio: StationRadio) -> bool:
        """Tell whether the propagation model holds for the carrier."""
        low, high = model_named(self.settings.model).frequency_mhz
        return low <= radio.frequency_mhz <= high

    def _table(self, variants: list[_Variant]) -> CellTable:
        """Return the variants as cells; those of one mast and height share a path."""
        templates = np.array([v.template for v in variants])
        table = self.cells.take(templates)
        columns: dict[str, list[float | str]] = {}
        for i, variant in enumerate(variants):
            for name, value in variant.changes:
                columns.setdefault(name, getattr(table, name).tolist())[i] = value
        mast = [v.new_mast or str(table.mast_id[i]) for i, v in enumerate(variants)]
        return replace(
            table,
            cell_id=np.array([f"v{i}" for i in range(len(variants))]),
            mast_id=np.array(mast),
            **{name: np.array(values) for name, values in columns.items()},
        )


def short_of(
    level_dbm: NDArray[np.float64], technology: NDArray[np.str_], rules: Mapping[str, TechnologyRule]
) -> NDArray[np.float64]:
    """Return how many decibels each level lacks of its technology's threshold and probability."""
    needed = {n: r.threshold_dbm + r.sigma_db * float(ndtri(r.probability)) for n, r in rules.items()}
    return np.array([needed.get(name, math.nan) for name in technology.tolist()]) - level_dbm


def _rank(variant: _Variant, short_db: float, price: float) -> tuple[float, ...]:
    if short_db > 0.0:
        return (1.0, short_db, *variant.effort)
    return (0.0, 0.0 if math.isnan(price) else price, *variant.effort, short_db)


def _remedy(
    variant: _Variant, table: CellTable, i: int, x_m: float, y_m: float, before_db: float, after_db: float
) -> Remedy:
    at_x, at_y = float(table.x_m[i]), float(table.y_m[i])
    mast = "" if variant.new_mast else str(table.mast_id[i])
    return Remedy(
        variant.kind, mast, str(table.operator[i]), str(table.technology[i]), variant.value, at_x, at_y,
        math.hypot(at_x - x_m, at_y - y_m), before_db - after_db, after_db,
    )  # fmt: skip


def _carrier(radio: StationRadio) -> tuple[tuple[str, float | str], ...]:
    return (
        ("technology", radio.technology), ("frequency_mhz", radio.frequency_mhz),
        ("bandwidth_mhz", radio.bandwidth_mhz), ("tx_power_dbm", radio.tx_power_dbm),
        ("feeder_loss_db", radio.feeder_loss_db), ("antenna", radio.antenna),
        ("mechanical_tilt_deg", radio.mechanical_tilt_deg),
        ("electrical_tilt_deg", radio.electrical_tilt_deg),
    )  # fmt: skip


def _hangings(cells: CellTable, own: NDArray[np.int64]) -> list[int]:
    """One cell (the lowest) of each height and azimuth that an operator has on a mast."""
    seen: dict[tuple[float, float], int] = {}
    for cell in own.tolist():
        azimuth = float(cells.azimuth_deg[cell])
        key = (float(cells.antenna_height_m[cell]), -1.0 if math.isnan(azimuth) else azimuth)
        seen.setdefault(key, cell)
    return list(seen.values())


def _bearing_deg(from_x: float, from_y: float, to_x: float, to_y: float) -> float:
    return math.degrees(math.atan2(to_x - from_x, to_y - from_y)) % 360.0


def _highest_ground(
    terrain: TerrainModel, x_m: float, y_m: float, reach_m: float, least_m: float = 100.0
) -> tuple[float, float] | None:
    """Centre of the highest land pixel within a ring around a point; the upper left of equals."""
    step = terrain.resolution_m
    row, column = (terrain.y_top_m - y_m) / step - 0.5, (x_m - terrain.x_left_m) / step - 0.5
    pixels = reach_m / step
    rows, columns = terrain.height_m.shape
    top, left = max(0, math.ceil(row - pixels)), max(0, math.ceil(column - pixels))
    bottom = min(rows, math.floor(row + pixels) + 1)
    right = min(columns, math.floor(column + pixels) + 1)
    if bottom <= top or right <= left:
        return None
    down, across = np.arange(top, bottom)[:, np.newaxis] - row, np.arange(left, right) - column
    away = np.hypot(down, across) * step
    height = terrain.height_m[top:bottom, left:right]
    good = (away >= least_m) & (away <= reach_m) & ~np.isnan(height)
    good &= terrain.zone[top:bottom, left:right] != _SEA
    if not good.any():
        return None
    r, c = np.unravel_index(int(np.argmax(np.where(good, height, -np.inf))), height.shape)
    x = terrain.x_left_m + (left + int(c) + 0.5) * step
    return x, terrain.y_top_m - (top + int(r) + 0.5) * step
