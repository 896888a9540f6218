"""Good plans before the proof: greedy with relay chains, then tear down a part and build it up again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .chains import Chains, Step, relay_chains
from .choice import TOLERANCE, Choice, Totals, keeps, totals
from .contract import BuildingRequest
from .small import SmallBuilding
from .watch import Watch
from .wiring import Wiring

__all__ = ["PlanSearch"]


@dataclass
class _Site:
    """The plan as it grows; `option` by host, -1 where nothing is built."""

    wiring: Wiring
    option: NDArray[np.int64]
    times: NDArray[np.int64]
    spent: NDArray[np.float64]
    stations: int
    shared: int

    @property
    def built(self) -> NDArray[np.bool_]:
        return self.option >= 0


class PlanSearch:
    """Greedy and iterated local search; everything random comes from one seed.

    Parameters
    ----------
    small : SmallBuilding
    request : BuildingRequest
    """

    def __init__(self, small: SmallBuilding, request: BuildingRequest) -> None:
        self.small, self.request = small, request
        self.by_option = csr_matrix(small.cover.T)
        self.random = np.random.default_rng(0)
        self.cheapest_first = request.objective == "least_cost"
        per_need = csr_matrix(small.share.multiply(1.0 / small.need[:, None]))
        per_need.data = np.minimum(per_need.data, 1.0)
        self.per_need = per_need
        self.guide = small.weight + np.asarray(per_need.T @ small.bonus)
        self.exchange = 0.0  # value for money at the last step: what a relay's own cover takes off its price
        order = np.argsort(small.host, kind="stable")
        bounds = np.searchsorted(small.host[order], np.arange(len(small.host_id) + 1))
        self.place = np.zeros(len(order), np.int64)
        self.place[order] = np.arange(len(order)) - bounds[small.host[order]]
        self.options_at = [order[bounds[h] : bounds[h + 1]] for h in range(len(small.host_id))]

        self.contains = self._contained()

    def _contained(self) -> NDArray[np.bool_]:
        """Tell of each option which options of its host, by their place there, cover all that it covers."""
        contains = np.zeros((len(self.place), int(self.place.max(initial=0)) + 1), bool)
        for here in self.options_at:
            sets = [set(self._covered(j).tolist()) for j in here.tolist()]
            for a, j in enumerate(here.tolist()):
                for b in range(len(here)):
                    contains[j, b] = sets[a] <= sets[b]
        return contains

    def greedy(self) -> Choice:
        """Return a plan built up from nothing; it may fall short of what is asked for."""
        nothing = np.zeros(0, np.int64)
        return self._finished(self._site(Choice(nothing, nothing, nothing, np.zeros(0))))

    def rank(self, choice: Choice) -> tuple[float, ...]:
        """Return how good a plan is: keeping the request first, then its objective, then the other one."""
        total = totals(self.small, choice)
        kept = float(keeps(self.small, self.request, choice))
        if self.cheapest_first:
            return (kept, -total.cost, total.value) if kept else (kept, -self._missing(total), -total.cost)
        return kept, -self._missing(total), total.value, -total.cost

    def completed(self, choice: Choice) -> Choice:
        """Return a plan built up from another one as far as it goes."""
        return self._finished(self._site(choice))

    def improve(self, choice: Choice, rounds: int, watch: Watch, *, limit_s: float = math.inf) -> Choice:
        """Tear down a part of the plan and build it up again, `rounds` times; keep what is not worse."""
        until_s = watch.spent_s + limit_s
        best = current = choice
        best_rank = current_rank = self.rank(choice)
        for _ in range(rounds):
            if watch.over or watch.spent_s > until_s or len(current.option) == 0:
                break
            tried = self._finished(self._site(current, self._torn_down(current)))
            rank = self.rank(tried)
            if rank >= current_rank or self._nearly(rank, best_rank):
                current, current_rank = tried, rank
            if rank > best_rank:
                best, best_rank = tried, rank
                self.tell(watch, best)
        return best

    def _nearly(self, rank: tuple[float, ...], best: tuple[float, ...]) -> bool:
        """Accept a plan a little worse than the best, so that the search does not get stuck."""
        place = 1 if self.cheapest_first else 2
        return rank[:place] == best[:place] and best[place] - rank[place] <= 0.002 * abs(best[place])

    def tell(self, watch: Watch, choice: Choice) -> None:
        """Report a plan that keeps the request."""
        if keeps(self.small, self.request, choice):
            total = totals(self.small, choice)
            watch.better(total.cost if self.cheapest_first else total.value)

    def _missing(self, total: Totals) -> float:
        """Return how far a plan is from what must be reached, in hamlets and shares of the value."""
        request, small = self.request, self.small
        missing = max(0.0, request.minimum_hamlets - total.hamlets)
        missing += sum(not total.met[h] for h in request.mandatory_hamlets)
        for commune, least in request.commune_minimum.items():
            missing += max(0, least - int(total.met[small.commune == commune].sum()))
        if request.minimum_value > 0:
            missing += max(0.0, 1.0 - total.value / request.minimum_value - TOLERANCE)
        return missing

    # -- building up -------------------------------------------------------------------------------------

    def _site(self, choice: Choice, gone: NDArray[np.bool_] | None = None) -> _Site:
        """Set up a plan, without some of its stations and those that cannot be connected without them."""
        small = self.small
        wiring = Wiring.of(small, choice)
        if gone is not None:
            wiring.remove(small.host[choice.option[gone]])
            wanted = np.zeros(len(small.host_id), bool)
            wanted[small.host[choice.option[~gone]]] = True
            wiring.connect(wanted)
            choice = wiring.choice(small, choice.option)[0]
        option = np.full(len(small.host_id), -1, np.int64)
        option[small.host[choice.option]] = choice.option
        total = totals(small, choice)
        built = np.bincount(choice.option, minlength=len(small.option))
        times = np.asarray(small.cover @ built).astype(np.int64)
        return _Site(wiring, option, times, total.rows, total.stations, total.shared)

    def _finished(self, site: _Site) -> Choice:
        """Build up until everything asked for is there, then what the objective wants, and clear away."""
        small = self.small
        for host in np.flatnonzero(small.mandatory & ~site.built).tolist():
            self._fill(site, self.guide, only=small.host == host)
        for place in np.setdiff1d(small.place[small.wanted], small.place[site.built]).tolist():
            self._fill(site, self.guide, only=small.place[small.host] == place)
        for _ in range(1 + len(self.request.commune_minimum) + len(self.request.mandatory_hamlets)):
            wanted = self._wanted(site)
            if wanted is None or not self._fill(site, wanted):
                break
        self._fill(site, self.guide)
        return self._cleared(site.wiring.choice(self.small, site.option[site.built])[0])

    def _wanted(self, site: _Site) -> NDArray[np.float64] | None:
        """Return weights that lead to the hamlets still missing; None when none is."""
        small, request = self.small, self.request
        met = small.met(site.times > 0)
        want = np.zeros(len(small.need))
        for commune, least in request.commune_minimum.items():
            here = small.counts & (small.commune == commune)
            if met[here].sum() < least:
                want[here & ~met] = 1.0
        mandatory = list(request.mandatory_hamlets)
        want[mandatory] = np.where(met[mandatory], 0.0, 1.0)
        if not want.any() and met.sum() < request.minimum_hamlets:
            want = (small.counts & ~met).astype(np.float64)
        return np.asarray(self.per_need.T @ want) if want.any() else None

    def _reached(self, site: _Site) -> bool:
        """Whether a least-cost plan has what it needs."""
        return self.cheapest_first and self.small.value(site.times > 0) >= self.request.minimum_value

    def _fill(self, site: _Site, guide: NDArray[np.float64], only: NDArray[np.bool_] | None = None) -> bool:
        """Add what rewards most for its price, chains included, until nothing fits; tell if anything did.

        With `only`, one of these options.
        """
        leading = guide is not self.guide
        any_added = False
        while only is not None or leading or not self._reached(site):
            gain = np.asarray(self.by_option @ np.where(site.times > 0, 0.0, guide))
            price, chains = self._prices(site, gain)
            open_ = np.isfinite(price) & (gain > 1e-12 if only is None else only)
            open_ &= self._fits(site)
            reward = (gain + (1e-9 if only is not None else 0.0)) / np.maximum(price, 1e-9)
            if not self._add_best(site, np.where(open_, reward, -1.0), chains, gain):
                return any_added
            any_added = True
            if only is not None:
                return True
            if leading:
                renewed = self._wanted(site)
                if renewed is None:
                    return True
                guide = renewed
        return any_added

    def _add_best(
        self, site: _Site, reward: NDArray[np.float64], chains: Chains, gain: NDArray[np.float64]
    ) -> bool:
        """Build the first option, in falling order of reward, that every limit allows."""
        while True:
            best = int(np.argmax(reward))
            if reward[best] < 0:
                return False
            host = int(self.small.host[best])
            steps = [] if site.built[host] else chains.steps(host)
            if self._add(site, best, steps, gain):
                self.exchange = float(reward[best])
                return True
            reward[best] = -1.0

    def _fits(self, site: _Site) -> NDArray[np.bool_]:
        """Tell which options money and sharing ratio might still allow."""
        small, built = self.small, site.built[self.small.host]
        old = np.where(built, site.option[small.host], 0)
        more = small.row_cost - np.where(built, small.row_cost[:, old], 0.0)
        fits = (more <= (small.money.limit - site.spent)[:, None]).all(axis=0)
        ratio = self.request.minimum_sharing
        if ratio > 0 and site.shared < ratio * (site.stations + 1) - TOLERANCE:
            fits &= small.shared | built
        return np.asarray(fits)

    def _prices(self, site: _Site, gain: NDArray[np.float64]) -> tuple[NDArray[np.float64], Chains]:
        """Return the price of every option with its chain (upgrades: the difference), and the chains."""
        small = self.small
        worth = gain / self.exchange if self.exchange > 0 else np.zeros(len(gain))
        net = np.maximum(small.cost - worth, 0.05 * small.cost)
        station = np.full(len(small.host_id), np.inf)
        np.minimum.at(station, small.host, net)
        taken = np.zeros(len(small.host_id), bool)
        taken[small.place[site.built]] = True
        crowded = taken[small.place] & ~site.built
        station[crowded] = np.inf
        chains = relay_chains(small.links, site.built, site.wiring.level, station)
        price = small.cost + chains.cheapest[small.host]
        built = site.built[small.host]
        old = site.option[small.host]
        larger = built & self.contains[np.where(built, old, 0), self.place]
        larger &= (old != np.arange(len(old))) & (small.shared >= small.shared[old])
        price[built | crowded[small.host]] = np.inf
        price[larger] = np.maximum(small.cost[larger] - small.cost[old[larger]], 1e-9)
        return price, chains

    def _add(self, site: _Site, option: int, steps: list[Step], gain: NDArray[np.float64]) -> bool:
        """Build an option and the stations of its chain, if every limit allows."""
        small, request = self.small, self.request
        new = [option] + [self._relay_option(step.host, gain) for step in steps[1:]]
        old = int(site.option[small.host[option]])
        spent = site.spent + small.row_cost[:, new].sum(axis=1)
        spent = spent + small.money.backhaul * sum(step.cost for step in steps)
        stations, shared = site.stations + len(new), site.shared + int(small.shared[new].sum())
        if old >= 0:
            spent = spent - small.row_cost[:, old]
            stations, shared = stations - 1, shared - int(small.shared[old])
        places = small.place[small.host[new]]
        if (spent > small.money.limit).any() or len(np.unique(places)) < len(places):
            return False
        if request.maximum_stations is not None and stations > request.maximum_stations:
            return False
        if shared < request.minimum_sharing * stations - TOLERANCE and old < 0:
            return False
        for station in new:
            site.times[self._covered(station)] += 1
            site.option[small.host[station]] = station
        if old >= 0:
            site.times[self._covered(old)] -= 1
        for step in steps:
            site.wiring.add(step)
        site.spent, site.stations, site.shared = spent, stations, shared
        return True

    def _relay_option(self, host: int, gain: NDArray[np.float64]) -> int:
        here = self.options_at[host]
        worth = gain[here] / self.exchange if self.exchange > 0 else np.zeros(len(here))
        net = np.maximum(self.small.cost[here] - worth, 0.05 * self.small.cost[here])
        return int(here[np.argmin(net)])

    def _covered(self, option: int) -> NDArray[np.int32]:
        row = slice(self.by_option.indptr[option], self.by_option.indptr[option + 1])
        return np.asarray(self.by_option.indices[row])

    # -- tearing down ------------------------------------------------------------------------------------

    def _torn_down(self, choice: Choice) -> NDArray[np.bool_]:
        """Tell which stations to tear down: some that cover the same places, or a few at random."""
        count = len(choice.option)
        size = min(count, int(self.random.integers(1, max(2, min(12, count // 3) + 1))))
        if self.random.random() < 0.3:
            gone = self.random.choice(count, size, replace=False)
            return np.isin(np.arange(count), gone)
        centre = int(choice.option[self.random.integers(count)])
        near = np.asarray(self.by_option @ self._around(centre))[choice.option]
        near[choice.option == centre] = np.inf
        order = np.argsort(-(near + 1e-9 * self.random.random(count)), kind="stable")
        return np.isin(np.arange(count), order[:size])

    def _around(self, option: int) -> NDArray[np.bool_]:
        """Tell which classes the option or one that shares a class with it covers."""
        mine = np.zeros(self.small.cover.shape[0])
        mine[self._covered(option)] = 1.0
        neighbours = np.asarray(self.by_option @ mine) > 0
        return np.asarray(np.asarray(self.small.cover @ neighbours.astype(np.float64)) > 0)

    def _cleared(self, choice: Choice) -> Choice:
        """Take away stations that nothing needs: neither the objective, nor a limit, nor another station."""
        small = self.small
        times = np.asarray(small.cover @ np.bincount(choice.option, minlength=len(small.option)))
        dearest = choice.option[np.argsort(-small.cost[choice.option], kind="stable")]
        kept = np.ones(len(choice.option), bool)
        for station in dearest.tolist():
            place = int(np.searchsorted(choice.option, station))
            host = small.host[station]
            needed = small.mandatory[host] or small.wanted[host]
            if needed or (choice.parent[kept] == host).any():
                continue
            without = times.copy()
            without[self._covered(station)] -= 1
            fewer = kept & (np.arange(len(kept)) != place)
            shared = int(small.shared[choice.option[fewer]].sum())
            enough = shared >= self.request.minimum_sharing * fewer.sum() - TOLERANCE
            if enough and self._same_worth(times, without):
                kept, times = fewer, without
        return Choice(choice.option[kept], choice.kind[kept], choice.parent[kept], choice.link_cost[kept])

    def _same_worth(self, before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
        """Whether a plan loses nothing that counts: value, or for the least cost what is asked for."""
        small, request = self.small, self.request
        left = after > 0
        if not self.cheapest_first or request.minimum_value > 0:
            value = small.value(left)
            enough = request.minimum_value if self.cheapest_first else small.value(before > 0)
            if value < enough * (1 - 1e-12):
                return False
        met = small.met(left)
        if not self.cheapest_first:
            return bool(met.sum() >= small.met(before > 0).sum())
        return (
            int(met.sum()) >= request.minimum_hamlets
            and bool(met[list(request.mandatory_hamlets)].all())
            and all(
                int(met[small.commune == c].sum()) >= least for c, least in request.commune_minimum.items()
            )
        )
