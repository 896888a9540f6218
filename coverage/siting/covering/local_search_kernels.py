"""Compiled moves of the local search: add, drop, fill, descend, perturb.

The arrays of an instance come as one tuple: first entry of every site and the classes it covers; first entry
of every class and the sites that cover it; weights; costs; first rival of every site and the rivals;
mandatory sites. The books of a plan are: members, how many members cover each class, what every site outside
would gain (a member: what is lost without it), and how many members exclude each site.
"""

from __future__ import annotations

import numpy as np

from ...propagation.jit import kernel

__all__ = ["improve_cost", "improve_value", "take_in_order"]


@kernel()
def _random_below(random, n):
    """Xorshift."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return np.int64((x >> np.uint64(11)) % np.uint64(n))


@kernel()
def _add(arrays, j, member, count, gain, blocked):
    first, classes, row, sites, weight, _, rival_first, rival, _ = arrays
    member[j] = True
    for t in range(first[j], first[j + 1]):
        c = classes[t]
        if count[c] == 0:
            for u in range(row[c], row[c + 1]):
                gain[sites[u]] -= weight[c]
        count[c] += 1
    for t in range(rival_first[j], rival_first[j + 1]):
        blocked[rival[t]] += 1


@kernel()
def _drop(arrays, j, member, count, gain, blocked):
    first, classes, row, sites, weight, _, rival_first, rival, _ = arrays
    member[j] = False
    for t in range(first[j], first[j + 1]):
        c = classes[t]
        count[c] -= 1
        if count[c] == 0:
            for u in range(row[c], row[c + 1]):
                gain[sites[u]] += weight[c]
    for t in range(rival_first[j], rival_first[j + 1]):
        blocked[rival[t]] -= 1


@kernel()
def _set_up(arrays, member, count, gain, blocked):
    """Fill the books of an empty plan, then add the members; return value and cost."""
    _, _, row, sites, weight, cost, _, _, _ = arrays
    for c in range(len(weight)):
        for u in range(row[c], row[c + 1]):
            gain[sites[u]] += weight[c]
    value, spent = 0.0, 0.0
    for j in range(len(member)):
        if member[j]:
            value += gain[j]
            spent += cost[j]
            _add(arrays, j, member, count, gain, blocked)
    return value, spent


@kernel()
def _go_back(arrays, best, member, count, gain, blocked):
    """Make the plan equal to `best`; return value and cost changes."""
    cost = arrays[5]
    value, spent = 0.0, 0.0
    for j in range(len(member)):
        if member[j] and not best[j]:
            _drop(arrays, j, member, count, gain, blocked)
            value -= gain[j]
            spent -= cost[j]
    for j in range(len(member)):
        if best[j] and not member[j]:
            value += gain[j]
            spent += cost[j]
            _add(arrays, j, member, count, gain, blocked)
    return value, spent


@kernel()
def take_in_order(arrays, member, order, budget):
    """Take the candidates in this order as long as budget and rivals allow, at most 2,000."""
    cost, rival_first, rival = arrays[5], arrays[6], arrays[7]
    spent, taken = 0.0, 0
    for j in range(len(member)):
        if member[j]:
            spent += cost[j]
    for j in order:
        if member[j] or spent + cost[j] > budget or taken >= 2000:
            continue
        free = True
        for t in range(rival_first[j], rival_first[j + 1]):
            if member[rival[t]]:
                free = False
        if free:
            member[j] = True
            spent += cost[j]
            taken += 1


@kernel()
def _best_addition(gain, cost, member, blocked, room, per_cost):
    best, top = -1, 0.0
    for j in range(len(gain)):
        if member[j] or blocked[j] > 0 or gain[j] <= 1e-9 or cost[j] > room:
            continue
        reward = gain[j] / max(cost[j], 1e-9) if per_cost else gain[j]
        if reward > top:
            best, top = j, reward
    return best


@kernel()
def _fill(arrays, member, count, gain, blocked, room, per_cost, added):
    """Add the best that fits again and again; return value gained, money spent and how many were added."""
    cost = arrays[5]
    value, spent, n = 0.0, 0.0, 0
    while True:
        j = _best_addition(gain, cost, member, blocked, room - spent, per_cost)
        if j < 0:
            return value, spent, n
        value += gain[j]
        spent += cost[j]
        _add(arrays, j, member, count, gain, blocked)
        added[n] = j
        n += 1


@kernel()
def improve_value(arrays, member, best, budget, per_cost, steps, strength, random):
    """Iterated local search; `best` gets the best plan, its value is returned."""
    cost, mandatory = arrays[5], arrays[8]
    n = len(member)
    count, gain = np.zeros(len(arrays[4]), np.int32), np.zeros(n)
    blocked, added = np.zeros(n, np.int32), np.empty(n + 1, np.int64)
    budget = budget + 1e-9 * abs(budget)
    value, spent = _set_up(arrays, member, count, gain, blocked)
    top = -1.0
    for step in range(steps + 1):
        v, s, _ = _fill(arrays, member, count, gain, blocked, budget - spent, per_cost, added)
        value += v
        spent += s
        # Descent: throw out each member in turn, refill as well as possible, keep what is better.
        chosen = np.flatnonzero(member)
        since, at = 0, 0 if len(chosen) == 0 else _random_below(random, len(chosen))
        while since < len(chosen):
            at = (at + 1) % len(chosen)
            i = chosen[at]
            since += 1
            if mandatory[i] or not member[i]:
                continue
            _drop(arrays, i, member, count, gain, blocked)
            loss = gain[i]
            v, s, k = _fill(arrays, member, count, gain, blocked, budget - spent + cost[i], per_cost, added)
            if v > loss + 1e-9 * max(1.0, value):
                value += v - loss
                spent += s - cost[i]
                chosen = np.flatnonzero(member)
                since = 0
            else:
                for t in range(k - 1, -1, -1):
                    _drop(arrays, added[t], member, count, gain, blocked)
                _add(arrays, i, member, count, gain, blocked)
        if value > top + 1e-9 * max(1.0, value):
            top = value
            best[:] = member
        elif value < top - 1e-9 * max(1.0, value):
            v, s = _go_back(arrays, best, member, count, gain, blocked)
            value += v
            spent += s
        if step == steps:
            return top
        v, s = _perturb(arrays, member, count, gain, blocked, budget - spent, strength, random)
        value += v
        spent += s
    return top


@kernel()
def _perturb(arrays, member, count, gain, blocked, room, strength, random):
    """Throw out some members at random; put a neighbour or a stranger in the place of each, where it fits."""
    first, classes, row, sites, _, cost, _, _, mandatory = arrays
    chosen = np.flatnonzero(member & ~mandatory)
    if len(chosen) == 0:
        return 0.0, 0.0
    value, spent = 0.0, 0.0
    many = 2 + _random_below(random, max(1, strength - 1))
    for _ in range(many):
        i = chosen[_random_below(random, len(chosen))]
        if not member[i]:
            continue
        _drop(arrays, i, member, count, gain, blocked)
        value -= gain[i]
        spent -= cost[i]
        j = np.int64(_random_below(random, len(member)))
        if first[i + 1] > first[i] and _random_below(random, 8) > 0:
            c = classes[first[i] + _random_below(random, first[i + 1] - first[i])]
            j = np.int64(sites[row[c] + _random_below(random, row[c + 1] - row[c])])
        if j != i and not member[j] and blocked[j] == 0 and cost[j] <= room - spent:
            value += gain[j]
            spent += cost[j]
            _add(arrays, j, member, count, gain, blocked)
    return value, spent


@kernel()
def _complete(arrays, member, count, gain, blocked, short, noise, random):
    """Add the most useful per cost until the value is reached; return value gained, cost, success."""
    cost = arrays[5]
    value, spent = 0.0, 0.0
    tolerance = 1e-12 * abs(short)
    while value < short - tolerance:
        best, top = -1, 0.0
        for j in range(len(gain)):
            if member[j] or blocked[j] > 0 or gain[j] <= 1e-9:
                continue
            reward = min(gain[j], short - value) / max(cost[j], 1e-9)
            if noise:
                reward *= 0.8 + 0.4 * _random_below(random, 1024) / 1024.0
            if reward > top:
                best, top = j, reward
        if best < 0:
            return value, spent, False
        value += gain[best]
        spent += cost[best]
        _add(arrays, best, member, count, gain, blocked)
    return value, spent, True


@kernel()
def _thin(arrays, member, count, gain, blocked, spare):
    """Throw out what is not needed, dearest first; return value and cost lost."""
    cost, mandatory = arrays[5], arrays[8]
    value, spent = 0.0, 0.0
    open_ = member & ~mandatory
    while True:
        i, top = -1, -1.0
        for j in range(len(open_)):
            if open_[j] and cost[j] > top:
                i, top = j, cost[j]
        if i < 0:
            return value, spent
        open_[i] = False
        _drop(arrays, i, member, count, gain, blocked)
        if value + gain[i] <= spare:
            value += gain[i]
            spent += cost[i]
        else:
            _add(arrays, i, member, count, gain, blocked)


@kernel()
def improve_cost(arrays, member, best, target, per_cost, steps, strength, random):
    """Ruin and recreate at least cost; `best` gets the best plan, minus its cost is returned."""
    cost, mandatory = arrays[5], arrays[8]
    n = len(member)
    count, gain = np.zeros(len(arrays[4]), np.int32), np.zeros(n)
    blocked = np.zeros(n, np.int32)
    value, spent = _set_up(arrays, member, count, gain, blocked)
    top = np.inf
    for step in range(steps + 1):
        v, s, reached = _complete(
            arrays, member, count, gain, blocked, target - value, step > 0 and not per_cost, random
        )
        value += v
        spent += s
        if reached:
            v, s = _thin(arrays, member, count, gain, blocked, value - target)
            value -= v
            spent -= s
        if reached and spent <= top:
            top = spent
            best[:] = member
        elif top < np.inf:
            v, s = _go_back(arrays, best, member, count, gain, blocked)
            value += v
            spent += s
        if step == steps:
            return -top
        chosen = np.flatnonzero(member & ~mandatory)
        if len(chosen) == 0:
            return -top
        for _ in range(1 + _random_below(random, strength)):
            i = chosen[_random_below(random, len(chosen))]
            if member[i]:
                _drop(arrays, i, member, count, gain, blocked)
                value -= gain[i]
                spent -= cost[i]
    return -top
