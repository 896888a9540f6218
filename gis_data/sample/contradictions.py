"""Claims of plan 13 that are made untrue on purpose, so that verifying the plan has something to find."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from .coverage_map import HEARD_DB, RANGE_M
from .rollout import PLAN_MAST_M, Grower

__all__ = ["contradict"]

# Claimed for 2022, but: on air later, switched off again, not on air yet.
LATE = (
    ("late", date(2023, 5, 18), None),
    ("switched_off", None, date(2024, 7, 1)),
    ("not_yet_on_air", date(2026, 5, 15), None),
)


def contradict(grower: Grower) -> None:
    """Make five claims of plan 13 untrue: three stations not on air as claimed, two behind a ridge."""
    story, network = grower.story, grower.network
    served = list(story.hamlet_station.values())
    named = set(grower.demand.hamlets.named.values())
    single = [
        h
        for h, mast in story.hamlet_station.items()
        if served.count(mast) == 1 and h not in named and h not in story.voice_only_13
    ]
    alone = [h for h in single if _only_its_own_station(grower, h)]
    reasons = [*LATE, *(("behind_ridge", None, None),) * 2]
    for reason, on_air, off_air in reasons:
        hamlet = next(h for h in alone if reason != "behind_ridge" or _behind_ridge(grower, h) is not None)
        alone.remove(hamlet)
        story.contradicted[hamlet] = reason
        mast = story.hamlet_station[hamlet]
        elsewhere = _behind_ridge(grower, hamlet) if reason == "behind_ridge" else None
        if elsewhere is not None:
            network.move(mast, elsewhere)
        else:
            network.change_dates(mast, on_air, off_air)


def _only_its_own_station(grower: Grower, hamlet: int) -> bool:
    """Tell whether nothing but its own mast of plan 13 reaches a hamlet's centre."""
    centre = grower.demand.hamlets.xy_m[hamlet]
    own = grower.network.masts[grower.story.hamlet_station[hamlet]].mast_id
    masts = {mast.mast_id: mast for mast in grower.network.masts if mast.mast_id != own}
    for cell in grower.network.cells:
        mast = masts.get(cell.mast_id)
        if mast is None or cell.technology == "5G" or np.hypot(*(mast.xy_m - centre)) > RANGE_M:
            continue
        layer = "2G omni" if cell.antenna == "omni" else cell.technology
        if grower.demand.margin_at(centre, np.array(mast.xy_m), cell.antenna_height_m, layer) >= -HEARD_DB:
            return False
    return True


def _behind_ridge(grower: Grower, hamlet: int) -> NDArray[np.float64] | None:
    """Return a place 1.2 to 3 km away from which a hamlet's centre cannot be reached."""
    centre = grower.demand.hamlets.xy_m[hamlet]
    for radius in (1200.0, 1700.0, 2300.0, 3000.0):
        angle = np.arange(24) * (2 * np.pi / 24)
        ring = centre + radius * np.column_stack([np.cos(angle), np.sin(angle)])
        for at in ring[grower.demand.ground.is_land(ring)]:
            reach = grower.demand.reach(at, PLAN_MAST_M - 2, "4G")
            if reach.margin_db[reach.point == hamlet].min() < -15.0 and not grower.disturbs(reach):
                return np.asarray(at)
    return None
