"""How the made-up network grew: base network, voice-only mountain masts, the two plans, the cities."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from . import facts
from .carriers import OPERATORS
from .coverage_map import HEARD_DB, SAFE_DB, SHARE, Reached, Tally
from .network import Network, day_between

__all__ = ["PLAN_MAST_M", "Grower", "Rollout"]

MASTS = 600
BASE_MASTS = 330
RESERVED = 300
# Silent hamlets in which a 2G mast of the mountains may be heard, its own included.
MOST_DISTURBED = 8
RURAL_MAST_M, PLAN_MAST_M, URBAN_MAST_M = 36.0, 42.0, 27.0
# Counts of plan 13/KH-UBND and plan 130/KH-UBND.
PLAN_13_STATIONS, PLAN_13_HAMLETS, PLAN_130_STATIONS = 54, 66, 12
UPGRADED, VOICE_ONLY, VOICE_ONLY_STATIONS = 37, 10, 6
DEAD_LEFT = 100
# Share of masts with more than one operator at the end of 2022, as the province stated it.
SHARED = 0.29


@dataclass
class Rollout:
    """Which hamlets and masts play a part in the plan registers (indices).

    Attributes
    ----------
    stations_13 : list of int
        Masts of plan 13, in the order of `primary_13`.
    hamlet_station : dict of int to int
        Hamlet of plan 13 to its mast.
    voice_only_13 : list of int
        Hamlets of plan 13 whose station has 2G only.
    upgraded : dict of int to int
        Hamlets with 2G before, whose mast got 4G in 2022.
    voice_only : dict of int to int
        Hamlets with 2G that stayed so.
    stations_130 : dict of int to int
        Hamlet to mast.
    contradicted : dict of int to str
        Hamlet of plan 13 to the reason why the claim does not hold.
    """

    stations_13: list[int] = field(default_factory=list)
    hamlet_station: dict[int, int] = field(default_factory=dict)
    voice_only_13: list[int] = field(default_factory=list)
    upgraded: dict[int, int] = field(default_factory=dict)
    voice_only: dict[int, int] = field(default_factory=dict)
    stations_130: dict[int, int] = field(default_factory=dict)
    contradicted: dict[int, str] = field(default_factory=dict)


class Grower:
    """Puts up masts step by step; `story` tells which of them belong to a plan."""

    def __init__(self, network: Network) -> None:
        self.network, self.demand, self.rng = network, network.demand, network.rng
        self.tally = Tally(network.demand)
        self.story = Rollout()
        hamlets = network.demand.hamlets
        self.site = np.array([self.demand.ground.best_nearby(at, 350.0, highest=True) for at in hamlets.xy_m])
        self.four = [self.demand.reach(at, RURAL_MAST_M - 2, "4G") for at in self.site]
        self.reserved = self._reserved()

    def _reserved(self) -> NDArray[np.bool_]:
        """Mountain hamlets that few other sites would reach: kept silent as far as possible."""
        hamlets = self.demand.hamlets
        others = np.zeros(self.demand.count)
        for i, reach in enumerate(self.four):
            centre = reach.point[(reach.margin_db >= -HEARD_DB) & (reach.point < self.demand.count)]
            far = np.hypot(*(hamlets.xy_m[centre] - hamlets.xy_m[i]).T) > 1500.0
            others[centre[far]] += 1
        named = list(hamlets.named.values())
        others[named] = -1
        others[hamlets.urban] = np.inf
        reserved = np.zeros(self.demand.count, bool)
        reserved[np.argsort(others + hamlets.people / 1e6, kind="stable")[:RESERVED]] = True
        return reserved

    def base_network(self) -> None:
        """Cover the other hamlets greedily with 4G, sparing those that are to stay silent."""
        demand, hamlets = self.demand, self.demand.hamlets
        covers = np.zeros((demand.count, len(demand.xy_m)), bool)
        hurts = np.zeros(demand.count)
        for i, reach in enumerate(self.four):
            covers[i, reach.point[reach.margin_db >= SAFE_DB]] = True
            heard = reach.point[(reach.margin_db >= -HEARD_DB) & (reach.point < demand.count)]
            hurts[i] = self.reserved[heard].sum() * 900.0
            if np.isin(list(hamlets.named.values()), heard).any():
                hurts[i] = np.inf
        worth = np.where(self.reserved[demand.owner], 0.0, demand.people + 25.0)
        matrix = covers.astype(np.float32)
        for _ in range(BASE_MASTS):
            gain = matrix @ worth.astype(np.float32) - hurts
            best = int(np.argmax(gain))
            if gain[best] < 60.0:
                break
            worth[covers[best]] = 0.0
            hurts[best] = np.inf
            urban = bool(hamlets.urban[best])
            mast = self._mast(best, "Viettel", RURAL_MAST_M)
            self._on_air(mast, "Viettel", "4G", self.four[best], date(2017, 1, 10), date(2021, 10, 30))
            self._older_layers(mast, best, "Viettel", 0.75 if urban else 0.3)

    def _older_layers(self, mast: int, hamlet: int, operator: str, chance: float) -> None:
        """2G and 3G where they do not reach into the silent valleys: they carry farther than 4G."""
        antenna = self.network.masts[mast].height_m - 2
        for technology, first, last in (("2G", 2010, 2013), ("3G", 2011, 2016)):
            if self.rng.random() >= chance:
                continue
            reach = self.demand.reach(self.site[hamlet], antenna, technology)
            if self.disturbs(reach):
                continue
            off = date(2025, int(self.rng.integers(3, 12)), 1) if self.rng.random() < 0.25 else None
            self.tally.add(operator, reach)
            on = day_between(date(first, 3, 1), date(last, 12, 20), self.rng)
            self.network.add_cells(mast, operator, technology, on, off_air=off)

    def disturbs(self, reach: Reached) -> bool:
        """Tell whether an antenna may be heard where nobody should be, or not before a plan's station."""
        return bool(self._touched(reach, self.reserved & self.tally.silent() | self._of_a_plan()))

    def _of_a_plan(self) -> NDArray[np.bool_]:
        """Hamlets that owe their service to a station of a plan."""
        mask = np.zeros(self.demand.count, bool)
        mask[[*self.story.hamlet_station, *self.story.stations_130]] = True
        return mask

    def _mast(self, hamlet: int, owner: str, height_m: float, at: NDArray[np.float64] | None = None) -> int:
        hamlets = self.demand.hamlets
        return self.network.add_mast(
            self.site[hamlet] if at is None else at,
            owner,
            height_m,
            grid_power=bool(hamlets.grid_power[hamlet]),
            remote=bool(self.reserved[hamlet]),
        )

    def _on_air(
        self,
        mast: int,
        operator: str,
        technology: str,
        reach: Reached,
        first: date,
        last: date,
        sectors: int = 3,
    ) -> None:
        self.tally.add(operator, reach)
        on = day_between(first, last, self.rng)
        self.network.add_cells(mast, operator, technology, on, sectors=sectors)

    def _serves(self, reach: Reached, hamlet: int) -> bool:
        """Tell whether one antenna serves a hamlet by itself, with something to spare."""
        covered = np.zeros(len(self.demand.xy_m), bool)
        covered[reach.point[reach.margin_db >= SAFE_DB]] = True
        return bool(covered[hamlet] and self.demand.share(covered)[hamlet] >= SHARE)

    def _silent_hamlets(self, spare_db: float = HEARD_DB) -> list[int]:
        """Silent hamlets that their own site could serve with 4G; first those whose site disturbs few."""
        named = set(self.demand.hamlets.named.values())
        silent = self.tally.silent(spare_db)
        able = [
            int(h) for h in np.flatnonzero(silent) if h not in named and self._serves(self.four[h], int(h))
        ]
        disturbed = [len(self._touched(self.four[h], silent)) for h in able]
        mixed = self.rng.permutation(len(able))
        return [able[k] for k in sorted(mixed.tolist(), key=lambda k: disturbed[k])]

    def _touched(self, reach: Reached, among: NDArray[np.bool_]) -> list[int]:
        """Return the hamlets of a set at whose centre an antenna may be heard."""
        centres = reach.point[(reach.margin_db >= -HEARD_DB) & (reach.point < self.demand.count)]
        return [int(h) for h in centres if among[h]]

    def voice_only_masts(self) -> None:
        """2G masts of the mountains before 2022: 37 hamlets get 4G in 2022, 10 do not."""
        for hamlet in self._silent_hamlets():
            if len(self.story.upgraded) + len(self.story.voice_only) == UPGRADED + VOICE_ONLY:
                return
            two = self.demand.reach(self.site[hamlet], RURAL_MAST_M - 2, "2G omni")
            touched = self._touched(two, self.tally.silent())
            if hamlet not in touched or len(touched) > MOST_DISTURBED or not self._serves(two, hamlet):
                continue
            if set(touched) & set(self.demand.hamlets.named.values()):
                continue
            mast = self._mast(hamlet, "Viettel", RURAL_MAST_M)
            self._on_air(mast, "Viettel", "2G", two, date(2010, 5, 1), date(2016, 12, 1), sectors=0)
            if len(self.story.upgraded) < UPGRADED:
                self.story.upgraded[hamlet] = mast
                self._on_air(mast, "Viettel", "4G", self.four[hamlet], date(2022, 3, 1), date(2022, 12, 15))
            else:
                self.story.voice_only[hamlet] = mast
        raise AssertionError("too few silent hamlets for the voice-only masts of the sample")

    def plan_13(self) -> None:
        """54 stations for 66 silent hamlets, on air in 2022; a few of them fail on purpose."""
        hamlets = self.demand.hamlets
        queue = [*hamlets.named.values(), *self._silent_hamlets()]
        spare = PLAN_13_HAMLETS - PLAN_13_STATIONS
        silent = self.tally.silent()
        for hamlet in queue:
            if len(self.story.stations_13) == PLAN_13_STATIONS:
                break
            if hamlet in self.story.hamlet_station or not silent[hamlet]:
                continue
            at, reach = self._best_site(hamlet)
            with_it = [h for h in self._also_served(reach, silent) if h != hamlet]
            with_it = [h for h in with_it if h not in self.story.hamlet_station][: min(spare, 2)]
            # The second hamlets must be found before the stations run out.
            left = PLAN_13_STATIONS - len(self.story.stations_13)
            if hamlet not in hamlets.named.values() and spare >= left and not with_it:
                continue
            spare -= len(with_it)
            self._station_13(hamlet, with_it, at, reach)
        if len(self.story.hamlet_station) != PLAN_13_HAMLETS:
            raise AssertionError(f"plan 13 found {len(self.story.hamlet_station)} hamlets, {spare} to spare")

    def _best_site(self, hamlet: int) -> tuple[NDArray[np.float64], Reached]:
        """Return where near a hamlet a mast serves most of its people, and what it reaches."""
        best: tuple[float, NDArray[np.float64], Reached] | None = None
        for around_m in (350.0, 180.0, 600.0, 900.0):
            at = self.demand.ground.best_nearby(self.demand.hamlets.xy_m[hamlet], around_m, highest=True)
            reach = self.demand.reach(at, PLAN_MAST_M - 2, "4G")
            own = self.demand.owner[reach.point] == hamlet
            margin = float(reach.margin_db[own].min()) if own.any() else -np.inf
            if best is None or margin > best[0]:
                best = (margin, at, reach)
        assert best is not None
        return best[1], best[2]

    def _also_served(self, reach: Reached, silent: NDArray[np.bool_]) -> list[int]:
        centres = reach.point[(reach.margin_db >= SAFE_DB) & (reach.point < self.demand.count)]
        return [int(h) for h in centres if silent[h] and self._serves(reach, int(h))]

    def _station_13(self, hamlet: int, with_it: list[int], at: NDArray[np.float64], reach: Reached) -> None:
        mast = self._mast(hamlet, "Viettel" if self.rng.random() < 0.7 else "VNPT", PLAN_MAST_M, at)
        owner = self.network.masts[mast].owner
        named = hamlet in self.demand.hamlets.named.values()
        two = self.demand.reach(at, PLAN_MAST_M - 2, "2G omni")
        voice_only = not with_it and not named and len(self.story.voice_only_13) < VOICE_ONLY_STATIONS
        first, last = date(2022, 5, 5), date(2022, 12, 20)
        if voice_only and self._serves(two, hamlet):
            self.story.voice_only_13.append(hamlet)
            self._on_air(mast, owner, "2G", two, first, last, sectors=0)
        else:
            self._on_air(mast, owner, "4G", reach, first, last)
        self.story.stations_13.append(mast)
        for h in (hamlet, *with_it):
            self.story.hamlet_station[h] = mast

    def plan_130(self) -> None:
        """12 stations of 2023 for hamlets that plan 13 left silent."""
        # Mountains that leave too few hamlets in deep silence give some that hear a little.
        for spare_db in (HEARD_DB, SAFE_DB, 0.0):
            for hamlet in self._silent_hamlets(spare_db):
                if len(self.story.stations_130) == PLAN_130_STATIONS:
                    return
                if self.tally.silent(spare_db)[hamlet] and not self._of_a_plan()[hamlet]:
                    self._station_130(hamlet)
        raise AssertionError("too few silent hamlets for plan 130")

    def _station_130(self, hamlet: int) -> None:
        mast = self._mast(hamlet, "Viettel" if self.rng.random() < 0.5 else "VNPT", PLAN_MAST_M)
        owner = self.network.masts[mast].owner
        self._on_air(mast, owner, "4G", self.four[hamlet], date(2023, 4, 1), date(2023, 11, 30))
        self.story.stations_130[hamlet] = mast

    def later_masts(self) -> None:
        """Ordinary masts of 2024 and 2025 until `DEAD_LEFT` hamlets are left that may lack service."""
        tried: set[int] = set()
        while True:
            unserved = np.flatnonzero(~self.tally.served())
            dead = [h for h in unserved if int(h) not in tried]
            if len(unserved) <= DEAD_LEFT or not dead:
                return
            hamlet = int(max(dead, key=lambda h: (self.demand.hamlets.people[h], -h)))
            at, reach = self._best_site(hamlet)
            if not self._serves(reach, hamlet):
                tried.add(hamlet)
                continue
            mast = self._mast(hamlet, "Viettel", PLAN_MAST_M, at)
            self._on_air(mast, "Viettel", "4G", reach, date(2024, 1, 15), date(2025, 10, 30))
            tried.add(hamlet)

    def other_operators(self) -> None:
        """Towns and lowland: masts of the other operators, and tenants on masts that stand."""
        hamlets = self.demand.hamlets
        chance = np.where(hamlets.urban, 3.0, 1.0) * hamlets.people
        chance = np.where(self.reserved | (self.demand.ground.height_at(hamlets.xy_m) > 120), 0.0, chance)
        key = self.rng.random(len(chance)) ** (1.0 / np.maximum(chance / chance.max(), 1e-12))
        order = np.argsort(-key, kind="stable")
        free = [h for h in order if chance[h] > 0]
        for i, hamlet in enumerate([*free, *free]):
            if len(self.network.masts) >= MASTS:
                break
            operator = OPERATORS[(1, 2, 1, 2, 1, 3, 2, 0)[i % 8]]
            at = hamlets.xy_m[hamlet] + (self.rng.random(2) - 0.5) * 500.0
            height = URBAN_MAST_M if hamlets.urban[hamlet] else 33.0 + 3.0 * float(self.rng.integers(3))
            reach = self.demand.reach(at, height - 2, "4G")
            if not self.demand.ground.is_land(at[None, :])[0] or self.disturbs(reach):
                continue
            mast = self.network.add_mast(at, operator, height)
            self._on_air(mast, operator, "4G", reach, date(2017, 1, 10), date(2025, 6, 30))
            if self.rng.random() < 0.22:
                self._older_layers_at(mast, at, operator)
        self._tenants()

    def _older_layers_at(self, mast: int, at: NDArray[np.float64], operator: str) -> None:
        technology = "2G" if self.rng.random() < 0.5 else "3G"
        reach = self.demand.reach(at, self.network.masts[mast].height_m - 2, technology)
        if not self.disturbs(reach):
            self._on_air(mast, operator, technology, reach, date(2010, 3, 1), date(2016, 12, 20))

    def _tenants(self) -> None:
        """Share masts: about 29 % of the province's carry more than one operator."""
        plan = {*self.story.stations_13, *self.story.stations_130.values(), *self.story.upgraded.values()}
        plan |= set(self.story.voice_only.values())
        for index in self.rng.permutation(len(self.network.masts)).tolist():
            if sum(len(mast.tenants) > 1 for mast in self.network.masts) >= SHARED * MASTS:
                return
            mast = self.network.masts[index]
            operator = OPERATORS[int(self.rng.integers(4))]
            if index in plan:
                continue
            reach = self.demand.reach(np.array(mast.xy_m), mast.height_m - 5, "4G")
            if operator in mast.tenants or self.disturbs(reach):
                continue
            self.network.add_tenant(index, operator)
            self._on_air(index, operator, "4G", reach, date(2019, 1, 10), date(2025, 3, 30), sectors=2)

    def fifth_generation(self) -> None:
        """5G near some of the places that should have it first; others still wait."""
        wanted = facts.rows("places.csv")
        at = facts.project_xy([r["lon"] for r in wanted], [r["lat"] for r in wanted])
        mast_xy = np.array([mast.xy_m for mast in self.network.masts])
        for xy in at[self.rng.permutation(len(at))[: round(0.7 * len(at))]]:
            near = np.argsort(np.hypot(*(mast_xy - xy).T), kind="stable")[:2]
            for index in near.tolist():
                mast = self.network.masts[index]
                if mast.owner == "Vietnamobile" or self._has(mast.mast_id, "5G"):
                    continue
                on = day_between(date(2024, 10, 15), date(2025, 11, 30), self.rng)
                self.network.add_cells(index, mast.owner, "5G", on)

    def _has(self, mast_id: str, technology: str) -> bool:
        return any(c.mast_id == mast_id and c.technology == technology for c in self.network.cells)
