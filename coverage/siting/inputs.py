"""What the planner of new stations works on: hosts, fibre and hamlets, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["FibreNodeTable", "MastTable", "PoleTable", "VillageTable"]


@dataclass(frozen=True)
class MastTable:
    """Existing masts, one entry each in every array.

    Attributes
    ----------
    mast_id, owner, kind : ndarray of str
    height_m : ndarray of float64
        Top above ground.
    power : ndarray of str
        "grid", "solar", "hybrid" or "diesel".
    backhaul : ndarray of str
        "fibre", "microwave", "satellite" or "none".
    x_m, y_m : ndarray of float64
        In the run's CRS.
    free_height_m : ndarray of float64 or None
        Highest place still free for antennas, above ground; NaN where the owner has not said.
    free_antennas : ndarray of float64 or None
        Antennas that the structure can still carry; NaN where the owner has not said.
    """

    mast_id: NDArray[Any]
    owner: NDArray[Any]
    kind: NDArray[Any]
    height_m: NDArray[np.float64]
    power: NDArray[Any]
    backhaul: NDArray[Any]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    free_height_m: NDArray[np.float64] | None = None
    free_antennas: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.mast_id)

    def take(self, index: NDArray[Any]) -> MastTable:
        """Return the masts at `index` (integers or a mask)."""
        return _taken(self, index)


@dataclass(frozen=True)
class PoleTable:
    """Power poles, substations and rooftops that can carry a small station; all have grid power.

    Attributes
    ----------
    pole_id, owner, kind : ndarray of str
    height_m, x_m, y_m : ndarray of float64
    """

    pole_id: NDArray[Any]
    owner: NDArray[Any]
    kind: NDArray[Any]
    height_m: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.pole_id)

    def take(self, index: NDArray[Any]) -> PoleTable:
        """Return the poles at `index` (integers or a mask)."""
        return _taken(self, index)


@dataclass(frozen=True)
class FibreNodeTable:
    """Where fibre can be joined.

    Attributes
    ----------
    node_id : ndarray of str
    x_m, y_m : ndarray of float64
    """

    node_id: NDArray[Any]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.node_id)


@dataclass(frozen=True)
class VillageTable:
    """Hamlets, in the order that ``PointTable.village`` refers to.

    Attributes
    ----------
    village_id : ndarray of str
    grid_power : ndarray of bool
        The hamlet has mains electricity.
    commune : ndarray of str or None
        For minimum numbers of hamlets per commune.
    """

    village_id: NDArray[Any]
    grid_power: NDArray[np.bool_]
    commune: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.village_id)


_Table = TypeVar("_Table", MastTable, PoleTable)


def _taken(table: _Table, index: NDArray[Any]) -> _Table:
    columns = {f.name: getattr(table, f.name) for f in fields(table)}
    return replace(table, **{name: column[index] for name, column in columns.items() if column is not None})
