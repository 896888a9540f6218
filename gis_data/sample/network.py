"""Made-up masts and cells: a network that leaves mountain valleys silent until the plans reach them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from .carriers import CARRIERS, OPERATORS, PREFIX
from .coverage_map import Demand
from .territory import Territory

__all__ = ["Cell", "Mast", "Network", "day_between"]


@dataclass(frozen=True)
class Mast:
    """One passive structure; fields as in `gis_data.schema`."""

    mast_id: str
    owner: str
    kind: str
    height_m: float
    power: str
    backhaul: str
    commune: str
    xy_m: tuple[float, float]
    tenants: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One sector; fields as in `gis_data.schema`."""

    cell_id: str
    mast_id: str
    operator: str
    technology: str
    band: str
    frequency_mhz: float
    bandwidth_mhz: float
    antenna_height_m: float
    azimuth_deg: float | None
    mechanical_tilt_deg: float
    electrical_tilt_deg: float
    antenna: str
    tx_power_dbm: float
    feeder_loss_db: float
    on_air: date
    off_air: date | None


def day_between(first: date, last: date, rng: np.random.Generator) -> date:
    """Return a day between two, both ends included."""
    return first + timedelta(days=int(rng.integers((last - first).days + 1)))


@dataclass
class Network:
    """The masts and cells so far, in the order in which they were made up."""

    demand: Demand
    territory: Territory
    rng: np.random.Generator
    masts: list[Mast] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)

    def add_mast(
        self,
        xy_m: NDArray[np.float64],
        owner: str,
        height_m: float,
        *,
        grid_power: bool = True,
        remote: bool = False,
    ) -> int:
        """Put up a mast and return its index."""
        number = sum(mast.owner == owner for mast in self.masts) + 1
        pair = int(self.territory.pair_of(xy_m[None, :])[0])
        kind = "tower" if height_m >= 34 else ("rooftop", "monopole", "pole")[int(self.rng.integers(3))]
        island = remote and self.rng.random() < 0.3
        self.masts.append(
            Mast(
                mast_id=f"{PREFIX[owner]}{number:04d}",
                owner=owner,
                kind=kind,
                height_m=height_m,
                power="grid" if grid_power else ("solar", "hybrid")[int(self.rng.integers(2))],
                backhaul="microwave" if island else "fibre",
                commune=self.territory.new_name[pair],
                xy_m=(float(xy_m[0]), float(xy_m[1])),
                tenants=(owner,),
            )
        )
        return len(self.masts) - 1

    def add_tenant(self, index: int, operator: str) -> None:
        """Let another operator onto a mast."""
        mast = self.masts[index]
        tenants = tuple(name for name in OPERATORS if name in (*mast.tenants, operator))
        self.masts[index] = replace(mast, tenants=tenants)

    def add_cells(
        self,
        index: int,
        operator: str,
        technology: str,
        on_air: date,
        *,
        sectors: int = 3,
        off_air: date | None = None,
    ) -> None:
        """Put a technology on a mast: `sectors` cells, or one omnidirectional cell for 0."""
        mast, carrier = self.masts[index], CARRIERS[operator, technology]
        first = float(self.rng.integers(12)) * 10.0
        lower = 3.0 * max(mast.tenants.index(operator), 0)
        for sector in range(max(sectors, 1)):
            omni = sectors == 0
            self.cells.append(
                Cell(
                    cell_id=f"{mast.mast_id}-{PREFIX[operator]}-{technology}-{sector + 1}",
                    mast_id=mast.mast_id,
                    operator=operator,
                    technology=technology,
                    band=carrier.band,
                    frequency_mhz=carrier.frequency_mhz,
                    bandwidth_mhz=carrier.bandwidth_mhz,
                    antenna_height_m=max(mast.height_m - 2.0 - lower, 6.0),
                    azimuth_deg=None if omni else (first + 360.0 / max(sectors, 1) * sector) % 360.0,
                    mechanical_tilt_deg=0.0,
                    electrical_tilt_deg=0.0 if omni else float(self.rng.integers(1, 5)),
                    antenna="omni" if omni else carrier.antenna,
                    tx_power_dbm=carrier.power_dbm,
                    feeder_loss_db=carrier.feeder_loss_db,
                    on_air=on_air,
                    off_air=off_air,
                )
            )

    def move(self, index: int, xy_m: NDArray[np.float64]) -> None:
        """Put a mast somewhere else."""
        pair = int(self.territory.pair_of(xy_m[None, :])[0])
        at = (float(xy_m[0]), float(xy_m[1]))
        self.masts[index] = replace(self.masts[index], xy_m=at, commune=self.territory.new_name[pair])

    def change_dates(self, index: int, on_air: date | None, off_air: date | None) -> None:
        """Give the cells of a mast other dates; None keeps a day of switching on."""
        mast_id = self.masts[index].mast_id
        self.cells = [
            replace(cell, on_air=on_air or cell.on_air, off_air=off_air) if cell.mast_id == mast_id else cell
            for cell in self.cells
        ]
