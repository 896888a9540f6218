"""The registers of plans 13/KH-UBND (2022) and 130/KH-UBND (2023): real counts and dates, made-up items."""

from __future__ import annotations

from datetime import date

import numpy as np

from .network import Network, day_between
from .rollout import Rollout
from .territory import Territory

__all__ = ["HEADER", "plan_items"]

HEADER = (
    "plan_id", "item_id", "kind", "village_id", "village_name", "commune", "mast_id", "operator", "deadline",
    "reported_on", "source",
)  # fmt: skip
PLAN_13, PLAN_130 = "13/KH-UBND", "130/KH-UBND"
REPORTED_MOBILE = date(2022, 12, 31)
DEADLINE_13, DEADLINE_FIXED, DEADLINE_130 = date(2022, 12, 31), date(2023, 3, 31), date(2023, 12, 31)
SOURCE_13 = "13/KH-UBND (2022); made-up item"
SOURCE_130 = "130/KH-UBND (2023); made-up item"
# Every so many items the register gives the hamlet or the mast by its name only, as lists do.
BY_NAME_ONLY = 9

Row = dict[str, str]


def plan_items(network: Network, story: Rollout, territory: Territory, rng: np.random.Generator) -> list[Row]:
    """Return the items of both registers.

    Plan 13: 54 stations; 66 hamlets with mobile service; 113 hamlets with broadband, of which 97 got 3G or 4G
    by the end of 2022 and the other 16 fixed broadband from January to March 2023. Plan 130: 12 stations.
    Communes are those before 1 July 2025.
    """
    register = _Register(network, territory)
    on_air = _OnAir(network)
    first_of = {mast: hamlet for hamlet, mast in reversed(story.hamlet_station.items())}
    for mast in story.stations_13:
        reported = on_air.report(mast, date(2022, 6, 15), REPORTED_MOBILE, rng)
        register.add(PLAN_13, "station", first_of[mast], mast, DEADLINE_13, reported, SOURCE_13)
    for hamlet, mast in story.hamlet_station.items():
        reported = on_air.report(mast, date(2022, 7, 1), REPORTED_MOBILE, rng)
        register.add(PLAN_13, "mobile_service", hamlet, mast, DEADLINE_13, reported, SOURCE_13)
    fixed = [*story.voice_only_13, *story.voice_only]
    mobile = {h: m for h, m in story.hamlet_station.items() if h not in story.voice_only_13} | story.upgraded
    for hamlet, mast in mobile.items():
        reported = on_air.report(mast, date(2022, 7, 1), REPORTED_MOBILE, rng)
        register.add(PLAN_13, "mobile_broadband", hamlet, mast, DEADLINE_13, reported, SOURCE_13)
    for hamlet in fixed:
        reported = day_between(date(2023, 1, 10), DEADLINE_FIXED, rng)
        register.add(PLAN_13, "fixed_broadband", hamlet, None, DEADLINE_FIXED, reported, SOURCE_13)
    for hamlet, mast in story.stations_130.items():
        reported = on_air.report(mast, date(2023, 5, 1), DEADLINE_130, rng)
        register.add(PLAN_130, "station", hamlet, mast, DEADLINE_130, reported, SOURCE_130)
    return register.rows


class _OnAir:
    """The days on which the layers of each mast went on air: nothing is reported complete before them.

    Except where the mast itself came later than all reports: those claims are untrue on purpose.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.days: dict[str, list[date]] = {}
        for cell in network.cells:
            self.days.setdefault(cell.mast_id, []).append(cell.on_air)

    def report(self, mast: int, first: date, last: date, rng: np.random.Generator) -> date:
        """Return a day of report between two, once what the mast had by the second is on air."""
        days = self.days[self.network.masts[mast].mast_id]
        return day_between(max([first, *(day for day in days if day <= last)]), last, rng)


class _Register:
    def __init__(self, network: Network, territory: Territory) -> None:
        self.rows: list[Row] = []
        self.network, self.territory = network, territory
        self.hamlets = network.demand.hamlets

    def add(
        self, plan: str, kind: str, hamlet: int, mast: int | None, deadline: date, reported: date, source: str
    ) -> None:
        number = 1 + sum(row["plan_id"] == plan for row in self.rows)
        station = None if mast is None else self.network.masts[mast]
        by_name = kind != "station" and number % BY_NAME_ONLY == 0
        self.rows.append(
            {
                "plan_id": plan,
                "item_id": f"KH{plan.split('/')[0]}-{number:03d}",
                "kind": kind,
                "village_id": "" if by_name else self.hamlets.id[hamlet],
                "village_name": self.hamlets.name[hamlet],
                "commune": self.territory.old_name[int(self.hamlets.pair[hamlet])],
                "mast_id": "" if station is None or by_name else station.mast_id,
                "operator": "" if station is None else station.owner,
                "deadline": deadline.isoformat(),
                "reported_on": reported.isoformat(),
                "source": source,
            }
        )
