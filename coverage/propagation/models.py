"""The propagation models by name, all behind one interface: P.1812-8 over terrain, and those by formula.

`loss_window` and `loss_at_points` have the signatures of `sweep`'s and hand on to the model that the settings
name.

What the models by formula do on a map
--------------------------------------
*Heights* are above the ground at the mast and at the receiver; the terrain between them is not looked at.
The effective antenna height is plainly that: on a hill the true one is larger, in a valley smaller.
*Close to the mast*, where nothing is published, the loss is free space, and its excess over free space is
faded in, linear in log distance: from 40 m to 100 m for Hata, COST-231 and extended Hata (whose distances
these are), at 10 m for TR 38.901. *Nowhere* is the loss less than free space over the slant (with
the ground's heights), so that the range found from the link budget loses no pixel.
*Beyond* the published distances and base heights the formulas are extrapolated; `PropagationModel.validity`
names the ranges; a base below 1 m is taken as 1 m. A frequency, a receiver height or a percentage of time or
locations (50 is the median) that a model does not know is refused.
*Voids* and what lies outside the terrain are NaN, as with the sweep; what lies behind a void is not. Without
terrain, a raster of zeros serves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from . import empirical, sweep, tr38901
from .terrain import LossWindow, PropagationSettings, TerrainModel, WantedPixels, ground_height_m

__all__ = [
    "MODELS",
    "FormulaModel",
    "PropagationModel",
    "loss_at_points",
    "loss_window",
    "model_named",
]

_Loss = Callable[[NDArray[np.float64], float, float, float], NDArray[np.float64]]
_FINITE_M = 1.0  # free space is not followed nearer than this, as in the sweep


class PropagationModel(Protocol):
    """One model.

    Attributes
    ----------
    name : str
        As in ``phusong.toml``.
    label : str
        As in the tags of rasters and on the map.
    validity : str
        What it is published for, and what happens beyond; empty where nothing needs saying.
    frequency_mhz : tuple of float
        Lowest and highest.
    follows_terrain : bool
        Whether the ground between the antennas, ΔN, N_0 and the percentages matter.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def validity(self) -> str: ...  # noqa: D102
    @property
    def frequency_mhz(self) -> tuple[float, float]: ...  # noqa: D102
    @property
    def follows_terrain(self) -> bool: ...  # noqa: D102

    def problems(self, settings: PropagationSettings) -> list[tuple[str, float, str]]:
        """Return each setting that the model cannot honour: its name, its value, and what it may be."""
        ...

    def loss_window(
        self,
        terrain: TerrainModel,
        x_m: float,
        y_m: float,
        antenna_height_m: float,
        frequencies_mhz: Sequence[float],
        range_m: float,
        settings: PropagationSettings,
    ) -> LossWindow:
        """As `sweep.loss_window`."""
        ...

    def loss_at_points(
        self,
        terrain: TerrainModel,
        x_m: float,
        y_m: float,
        antenna_height_m: float,
        frequencies_mhz: Sequence[float],
        point_x_m: NDArray[np.float64],
        point_y_m: NDArray[np.float64],
        settings: PropagationSettings,
    ) -> NDArray[np.float64]:
        """As `sweep.loss_at_points`."""
        ...


@dataclass(frozen=True)
class _P1812:
    """ITU-R P.1812-8: `sweep` itself."""

    name: str = "p1812-8"
    label: str = "ITU-R P.1812-8"
    validity: str = ""
    frequency_mhz: tuple[float, float] = (30.0, 6000.0)
    follows_terrain: bool = True
    loss_window = staticmethod(sweep.loss_window)
    loss_at_points = staticmethod(sweep.loss_at_points)

    def problems(self, settings: PropagationSettings) -> list[tuple[str, float, str]]:
        return []  # the sweep checks its own


@dataclass(frozen=True)
class FormulaModel:
    """A model by formula; see the module for what it does on a map.

    Attributes
    ----------
    name, label, validity, frequency_mhz
        As in `PropagationModel`.
    receiver_m : tuple of float
        Lowest and highest receiver above ground.
    median_db : callable
        Horizontal distance (m), frequency (MHz), base and receiver height (m) to loss (dB).
    free_up_to_m, from_m : float
        Free space up to the one, the formula in full from the other.
    """

    name: str
    label: str
    validity: str
    frequency_mhz: tuple[float, float]
    receiver_m: tuple[float, float]
    median_db: _Loss
    free_up_to_m: float
    from_m: float
    follows_terrain: bool = False

    def problems(self, settings: PropagationSettings) -> list[tuple[str, float, str]]:
        """Return each setting that the model cannot honour: its name, its value, and what it may be."""
        low, high = self.receiver_m
        found = []
        if not low <= settings.receiver_height_m <= high:
            found.append(("receiver_height_m", settings.receiver_height_m, f"from {low:g} to {high:g} m"))
        for name in ("time_percent", "location_percent"):
            if getattr(settings, name) != 50.0:
                found.append((name, getattr(settings, name), "50, the median: the formula knows no other"))
        return found

    def loss_window(
        self,
        terrain: TerrainModel,
        x_m: float,
        y_m: float,
        antenna_height_m: float,
        frequencies_mhz: Sequence[float],
        range_m: float,
        settings: PropagationSettings,
    ) -> LossWindow:
        """Return the loss around a station on the terrain's own pixels: as `sweep.loss_window`."""
        self._check(antenna_height_m, frequencies_mhz, settings)
        if not 0.0 < range_m < math.inf:
            raise ValueError(f"range_m must be positive, not {range_m:g}")
        eye_m = _ground_at(terrain, x_m, y_m) + antenna_height_m
        rows, columns = terrain.height_m.shape
        row = (terrain.y_top_m - y_m) / terrain.resolution_m - 0.5
        column = (x_m - terrain.x_left_m) / terrain.resolution_m - 0.5
        reach = min(range_m / terrain.resolution_m, math.hypot(rows, columns))
        from_row, to_row = max(0, math.ceil(row - reach)), min(rows - 1, math.floor(row + reach))
        from_column = max(0, math.ceil(column - reach))
        to_column = min(columns - 1, math.floor(column + reach))
        rise = np.arange(from_row, to_row + 1)[:, None] - row
        pixels = np.sqrt(rise**2 + (np.arange(from_column, to_column + 1) - column) ** 2)
        ground_m = terrain.height_m[from_row : to_row + 1, from_column : to_column + 1].astype(np.float64)
        wanted = (pixels <= reach) & np.isfinite(ground_m)
        loss_db = np.full((len(frequencies_mhz), *pixels.shape), np.nan, np.float32)
        climb_m = eye_m - ground_m[wanted] - settings.receiver_height_m
        loss_db[:, wanted] = self._losses_db(
            pixels[wanted] * terrain.resolution_m, climb_m, antenna_height_m, frequencies_mhz, settings
        )
        return LossWindow(from_row, from_column, loss_db)

    def loss_at_points(
        self,
        terrain: TerrainModel,
        x_m: float,
        y_m: float,
        antenna_height_m: float,
        frequencies_mhz: Sequence[float],
        point_x_m: NDArray[np.float64],
        point_y_m: NDArray[np.float64],
        settings: PropagationSettings,
    ) -> NDArray[np.float64]:
        """Return the loss to listed points: as `sweep.loss_at_points`."""
        self._check(antenna_height_m, frequencies_mhz, settings)
        point_x = np.atleast_1d(np.asarray(point_x_m, dtype=np.float64))
        point_y = np.atleast_1d(np.asarray(point_y_m, dtype=np.float64))
        if point_x.shape != point_y.shape or point_x.ndim != 1:
            raise ValueError(
                "point_x_m and point_y_m must be two lists of one length, "
                f"not {point_x.shape}, {point_y.shape}"
            )
        eye_m = _ground_at(terrain, x_m, y_m) + antenna_height_m
        climb_m = eye_m - ground_height_m(terrain, point_x, point_y) - settings.receiver_height_m
        distance_m = np.hypot(point_x - x_m, point_y - y_m)
        return self._losses_db(distance_m, climb_m, antenna_height_m, frequencies_mhz, settings)

    def _check(
        self, antenna_height_m: float, frequencies_mhz: Sequence[float], settings: PropagationSettings
    ) -> None:
        for name, value, expected in self.problems(settings):
            raise ValueError(f"{self.label}: {name} must be {expected}, not {value:g}")
        if not 0.0 < antenna_height_m <= 3000.0:
            raise ValueError(
                f"the antenna must stand between 0 and 3000 m above ground, not at {antenna_height_m:g} m"
            )
        if len(frequencies_mhz) == 0:
            raise ValueError("at least one frequency is needed")
        low, high = self.frequency_mhz
        for frequency in frequencies_mhz:
            if not low <= frequency <= high:
                raise ValueError(f"{self.label} holds from {low:g} to {high:g} MHz, not at {frequency:g} MHz")

    def _losses_db(
        self,
        distance_m: NDArray[np.float64],
        climb_m: NDArray[np.float64],
        antenna_height_m: float,
        frequencies_mhz: Sequence[float],
        settings: PropagationSettings,
    ) -> NDArray[np.float64]:
        """Losses over horizontal distances with a difference in height between the antennas."""
        slant_m = np.maximum(np.hypot(distance_m, climb_m), _FINITE_M)
        flat_m = np.maximum(distance_m, self.free_up_to_m)
        if self.from_m > self.free_up_to_m:
            span = math.log(self.from_m / self.free_up_to_m)
            share = np.clip(np.log(flat_m / self.free_up_to_m) / span, 0.0, 1.0)
        else:
            share = (distance_m >= self.from_m).astype(np.float64)
        base_m = max(antenna_height_m, 1.0)  # the formulas hold no lower
        loss_db = np.empty((len(frequencies_mhz), len(slant_m)))
        for i, frequency in enumerate(frequencies_mhz):
            free_db = empirical.free_space_db(slant_m, frequency)
            formula_db = self.median_db(flat_m, frequency, base_m, settings.receiver_height_m)
            loss_db[i] = free_db + share * np.maximum(formula_db - free_db, 0.0)
        return loss_db


def _ground_at(terrain: TerrainModel, x_m: float, y_m: float) -> float:
    rows, columns = terrain.height_m.shape
    width, height = columns * terrain.resolution_m, rows * terrain.resolution_m
    if not (0 <= x_m - terrain.x_left_m <= width and 0 <= terrain.y_top_m - y_m <= height):
        raise ValueError(f"the station at x = {x_m:.1f} m, y = {y_m:.1f} m lies outside the terrain")
    ground_m = float(ground_height_m(terrain, np.array([x_m]), np.array([y_m]))[0])
    if not math.isfinite(ground_m):
        raise ValueError(f"the terrain has no height at the station, x = {x_m:.1f} m, y = {y_m:.1f} m")
    return ground_m


def _free_space(
    distance_m: NDArray[np.float64], frequency_mhz: float, base_m: float, receiver_m: float
) -> NDArray[np.float64]:
    # never more than the slant's: the floor of every model is all there is to free space
    return empirical.free_space_db(distance_m, frequency_mhz)


_HATA_RANGE = "published for 1-20 km and masts of 30-200 m, extrapolated beyond; terrain not followed"
_EXTENDED_RANGE = "published for 0.1-100 km and masts of 30-200 m, extrapolated beyond; terrain not followed"
_RMA_RANGE = (
    "published for 10 m-10 km in sight, 5 km out of sight, masts of 10-150 m, "
    "buildings of 5 m, streets of 20 m; extrapolated beyond; terrain not followed"
)
_UMA_RANGE = "published for 10 m-5 km and masts of 25 m, extrapolated beyond; terrain not followed"


def _hata(name: str, place: str, environment: empirical.HataEnvironment) -> FormulaModel:
    formula = partial(empirical.okumura_hata_db, environment=environment)
    label = f"Okumura-Hata, {place}"
    band, receiver = empirical.HATA_MHZ, empirical.HATA_RECEIVER_M
    return FormulaModel(name, label, _HATA_RANGE, band, receiver, formula, 40.0, 100.0)


def _cost231(name: str, place: str, metropolitan: bool) -> FormulaModel:
    formula = partial(empirical.cost231_hata_db, metropolitan=metropolitan)
    label = f"COST-231 Hata, {place}"
    band, receiver = empirical.COST231_MHZ, empirical.HATA_RECEIVER_M
    return FormulaModel(name, label, _HATA_RANGE, band, receiver, formula, 40.0, 100.0)


def _extended_hata(name: str, place: str, environment: empirical.OpenEnvironment) -> FormulaModel:
    formula = partial(empirical.extended_hata_db, environment=environment)
    label = f"Extended Hata (ITU-R SM.2028-2, SEAMCAT), {place}"
    band, receiver = empirical.EXTENDED_HATA_MHZ, empirical.HATA_RECEIVER_M
    return FormulaModel(name, label, _EXTENDED_RANGE, band, receiver, formula, 40.0, 100.0)


def _rma(name: str, sight: str, formula: _Loss) -> FormulaModel:
    label, band = f"3GPP TR 38.901 RMa, {sight}", tr38901.RMA_MHZ
    return FormulaModel(name, label, _RMA_RANGE, band, tr38901.RMA_RECEIVER_M, formula, 10.0, 10.0)


def _uma(name: str, sight: str, formula: _Loss) -> FormulaModel:
    label, band = f"3GPP TR 38.901 UMa, {sight}", tr38901.UMA_MHZ
    return FormulaModel(name, label, _UMA_RANGE, band, tr38901.UMA_RECEIVER_M, formula, 10.0, 10.0)


_EVERY_HEIGHT_M = (0.5, 3000.0)
_EVERY_MHZ = (30.0, 100_000.0)
_MODELS: tuple[PropagationModel, ...] = (
    _P1812(),
    FormulaModel(
        "free-space", "Free space (ITU-R P.525)", "terrain not followed: the least loss there can be",
        _EVERY_MHZ, _EVERY_HEIGHT_M, _free_space, 1.0, 1.0,
    ),
    _hata("okumura-hata", "small or medium city", "urban"),
    _hata("okumura-hata-large-city", "large city", "large-city"),
    _hata("okumura-hata-suburban", "suburbs", "suburban"),
    _hata("okumura-hata-open", "open country", "open"),
    _cost231("cost231-hata", "medium city or suburban centre", False),
    _cost231("cost231-hata-metropolitan", "metropolitan centre", True),
    _extended_hata("extended-hata", "small or medium city", "urban"),
    _extended_hata("extended-hata-suburban", "suburbs", "suburban"),
    _extended_hata("extended-hata-open", "open country", "open"),
    _rma("38901-rma", "expected over LOS and NLOS", tr38901.rma_db),
    _rma("38901-rma-los", "LOS", tr38901.rma_los_db),
    _rma("38901-rma-nlos", "NLOS", tr38901.rma_nlos_db),
    _uma("38901-uma", "expected over LOS and NLOS", tr38901.uma_db),
    _uma("38901-uma-los", "LOS", tr38901.uma_los_db),
    _uma("38901-uma-nlos", "NLOS", tr38901.uma_nlos_db),
)  # fmt: skip

MODELS: dict[str, PropagationModel] = {model.name: model for model in _MODELS}
"""Every model by its name in ``phusong.toml``."""


def model_named(name: str) -> PropagationModel:
    """Return a model by its name.

    Raises
    ------
    ValueError
        There is none of that name.
    """
    if name not in MODELS:
        raise ValueError(f"there is no propagation model {name!r}; known: {', '.join(MODELS)}")
    return MODELS[name]


def loss_window(
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    antenna_height_m: float,
    frequencies_mhz: Sequence[float],
    range_m: float,
    settings: PropagationSettings,
    wanted_rows: tuple[int, int] | None = None,
    wanted: WantedPixels | None = None,
) -> LossWindow:
    """Basic transmission loss around a station on the terrain's own pixels, by ``settings.model``.

    Parameters, result and errors: `sweep.loss_window`, and ValueError where the model does not hold.
    """
    model = model_named(settings.model)
    asked = (terrain, x_m, y_m, antenna_height_m, frequencies_mhz, range_m, settings)
    if isinstance(model, _P1812):
        return sweep.loss_window(*asked, wanted_rows, wanted)
    if wanted_rows is None:
        return model.loss_window(*asked)
    whole = model.loss_window(*asked)  # a formula is computed faster than its rows are picked out
    first = min(max(whole.row, wanted_rows[0]), whole.row + whole.loss_db.shape[1])
    stop = max(first, min(whole.row + whole.loss_db.shape[1], wanted_rows[1]))
    return LossWindow(first, whole.column, whole.loss_db[:, first - whole.row : stop - whole.row])


def loss_at_points(
    terrain: TerrainModel,
    x_m: float,
    y_m: float,
    antenna_height_m: float,
    frequencies_mhz: Sequence[float],
    point_x_m: NDArray[np.float64],
    point_y_m: NDArray[np.float64],
    settings: PropagationSettings,
) -> NDArray[np.float64]:
    """Basic transmission loss to listed points, by ``settings.model``.

    Parameters, result and errors: `sweep.loss_at_points`, and ValueError where the model does not hold.
    """
    return model_named(settings.model).loss_at_points(
        terrain, x_m, y_m, antenna_height_m, frequencies_mhz, point_x_m, point_y_m, settings
    )
