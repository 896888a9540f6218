"""Made-up power poles, fibre nodes, places and drive-test samples around the hamlets and masts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from . import facts
from .coverage_map import Demand
from .network import Cell, Mast, Network
from .reach import RECEIVER_M, path_loss_db
from .territory import Territory

__all__ = ["fibre_nodes", "measurements", "places", "power_poles"]

POLES, NODES, SAMPLES, SERVICE_POINTS = 800, 150, 3000, 294
ROUTES = 60
DRIVE_RANGE_M = 9000.0
# Carrier over reference signal of 100 resource blocks; gain and pattern of the sectors (TR 36.814, table
# A.2.1.1-2): the named cell must be the one whose main lobe looks at the sample.
REFERENCE_SHARE_DB, GAIN_DBI = 30.8, 15.0
WIDTH_DEG, HEIGHT_DEG, FRONT_TO_BACK_DB, SIDE_LOBE_DB = 70.0, 10.0, 25.0, 20.0
ROAD_M = 90.0
# The samples are the estimate, less a loss that the province has and no model knows, with a spread around it:
# what `phusong calibrate` should find.
BIAS_DB, SPREAD_DB = -3.0, 7.0
POLE_OWNER = "PC Quảng Ninh"

Row = dict[str, Any]


def power_poles(demand: Demand, rng: np.random.Generator) -> list[Row]:
    """Poles of medium-voltage lines along the way from hamlet to hamlet, where there is grid power."""
    hamlets = demand.hamlets
    rural = np.flatnonzero(~hamlets.urban & hamlets.grid_power)
    links = np.asarray(cKDTree(hamlets.xy_m[rural]).query(hamlets.xy_m[rural], k=3)[1])
    found: list[Row] = []
    while len(found) < POLES:
        i = int(rng.integers(len(rural)))
        a, b = hamlets.xy_m[rural[i]], hamlets.xy_m[rural[links[i, int(rng.integers(1, 3))]]]
        at = a + (b - a) * min(rng.random(), 0.5) + (rng.random(2) - 0.5) * 160.0
        if not demand.ground.is_land(at[None, :])[0]:
            continue
        substation = len(found) % 16 == 0
        found.append(
            {
                "pole_id": f"CD{len(found) + 1:04d}",
                "owner": POLE_OWNER,
                "kind": "substation" if substation else "power_pole",
                "height_m": 10.0 if substation else float((12, 14, 16, 18, 20)[int(rng.integers(5))]),
                "xy_m": at,
            }
        )
    return found


def fibre_nodes(network: Network, territory: Territory, rng: np.random.Generator) -> list[Row]:
    """Nodes at the seat of every old commune that has land under it, fewest first left out."""
    hamlets = network.demand.hamlets
    order = rng.permutation(len(territory))
    found: list[Row] = []
    for pair in order.tolist():
        mine = np.flatnonzero(hamlets.pair == pair)
        if len(found) == NODES or not len(mine):
            continue
        at = hamlets.xy_m[mine[int(np.argmax(hamlets.people[mine]))]] + (rng.random(2) - 0.5) * 120.0
        owner = ("Viettel", "VNPT", "VNPT", "MobiFone")[int(rng.integers(4))]
        found.append({"node_id": f"NQ{len(found) + 1:03d}", "owner": owner, "xy_m": at})
    return found


def places(demand: Demand, territory: Territory, rng: np.random.Generator) -> list[Row]:
    """Real industrial zones, towns, tourism areas and hospitals; 294 made-up public-service points."""
    found: list[Row] = []
    for row in facts.rows("places.csv"):
        at = facts.project_xy(row["lon"], row["lat"])[0]
        found.append({"name": row["name"], "kind": row["kind"], "required_technology": "5G", "xy_m": at})
    hamlets = demand.hamlets
    seats = [int(np.argmax(np.where(hamlets.pair == p, hamlets.people, -1))) for p in np.unique(hamlets.pair)]
    others = [int(h) for h in rng.permutation(len(hamlets)) if int(h) not in set(seats)]
    for number, hamlet in enumerate([*seats, *others][:SERVICE_POINTS], start=1):
        commune = territory.new_name[int(hamlets.pair[hamlet])]
        at = hamlets.xy_m[hamlet] + (rng.random(2) - 0.5) * 100.0
        name = f"Điểm phục vụ hành chính công số {number}, {commune}"
        found.append({"name": name, "kind": "public_service_point", "required_technology": "4G", "xy_m": at})
    return [{"place_id": f"DD{i:03d}", **row} for i, row in enumerate(found, start=1)]


def measurements(network: Network, rng: np.random.Generator) -> list[Row]:
    """Drive tests of 4G between neighbouring hamlets in autumn 2025: the estimate, `BIAS_DB` and an error."""
    demand, hamlets = network.demand, network.demand.hamlets
    masts = {mast.mast_id: mast for mast in network.masts}
    four = [c for c in network.cells if c.technology == "4G" and c.on_air.year < 2025 and c.off_air is None]
    neighbour = np.asarray(cKDTree(hamlets.xy_m).query(hamlets.xy_m, k=2)[1])[:, 1]
    found: list[Row] = []
    for route, hamlet in enumerate(rng.permutation(len(hamlets))[:ROUTES].tolist()):
        operator = ("Viettel", "VNPT", "MobiFone")[route % 3]
        own = [c for c in four if c.operator == operator]
        a, b = hamlets.xy_m[hamlet], hamlets.xy_m[neighbour[hamlet]]
        count = SAMPLES // ROUTES
        share = (np.arange(count) + 0.5) / count
        along = a + (b - a) * share[:, None] + (rng.random((count, 2)) - 0.5) * 30.0
        level, cell = _strongest(demand, along, own, masts)
        noise = (rng.random((count, 12)).sum(axis=1) - 6.0) * SPREAD_DB
        start = datetime(2025, 9, 1, 7) + timedelta(days=route, minutes=int(rng.integers(300)))
        for k in range(count):
            if cell[k] < 0:
                continue
            heard = own[int(cell[k])]
            found.append(
                {
                    "time": (start + timedelta(seconds=15 * k)).isoformat(sep=" "),
                    "operator": operator,
                    "technology": "4G",
                    "band": heard.band,
                    "level_dbm": round(float(np.clip(level[k] + BIAS_DB + noise[k], -138.0, -45.0)), 1),
                    "cell_id": heard.cell_id,
                    "xy_m": along[k],
                }
            )
    return found


def _strongest(
    demand: Demand, along: NDArray[np.float64], cells: list[Cell], masts: dict[str, Mast]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Estimated level of the strongest cell on a mast nearby at each sample, and which it is; -1 none."""
    best = np.full(len(along), -np.inf)
    which = np.full(len(along), -1, np.int64)
    middle = along.mean(axis=0)
    by_mast: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        by_mast.setdefault(cell.mast_id, []).append(index)
    for mast_id, own in by_mast.items():
        at = np.array(masts[mast_id].xy_m)
        if np.hypot(*(at - middle)) > DRIVE_RANGE_M:
            continue
        first = cells[own[0]]
        loss = path_loss_db(
            demand.ground, demand.surface_m, at, first.antenna_height_m, along, first.frequency_mhz, ROAD_M
        )
        for index in own:
            level = _towards(demand, cells[index], at, along) - loss
            better = level > best
            best, which = np.where(better, level, best), np.where(better, index, which)
    return best, which


def _towards(
    demand: Demand, cell: Cell, at: NDArray[np.float64], along: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Level of the reference signal at 0 dB path loss in the direction of each sample."""
    span = along - at
    length = np.maximum(np.hypot(span[:, 0], span[:, 1]), 1.0)
    ends = demand.ground.height_at(np.vstack([at, along]))
    down = np.degrees(np.arctan2(ends[0] + cell.antenna_height_m - ends[1:] - RECEIVER_M, length))
    tilt = cell.mechanical_tilt_deg + cell.electrical_tilt_deg
    taken = np.minimum(12.0 * ((down - tilt) / HEIGHT_DEG) ** 2, SIDE_LOBE_DB)
    if cell.azimuth_deg is not None:
        bearing = np.degrees(np.arctan2(span[:, 0], span[:, 1]))
        aside = (bearing - cell.azimuth_deg + 180.0) % 360.0 - 180.0
        taken = taken + np.minimum(12.0 * (aside / WIDTH_DEG) ** 2, FRONT_TO_BACK_DB)
    taken = np.minimum(taken, FRONT_TO_BACK_DB)
    return np.asarray(cell.tx_power_dbm - REFERENCE_SHARE_DB + GAIN_DBI - cell.feeder_loss_db - taken)
