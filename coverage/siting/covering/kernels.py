"""Compiled loops over millions of customers and matrix entries: random numbers, merging, discs, cuts."""

from __future__ import annotations

import math

import numpy as np

from ...propagation.jit import kernel

__all__ = ["draw", "enter", "lay_sites", "sort_points", "sort_rows", "tightest", "unpack"]


@kernel()
def draw(state, out):
    """Each number is the sum of those 3 and 31 places before, modulo 2³²; its lowest bit is not shown."""
    at = 0
    for i in range(len(out)):
        state[at] = np.uint32(state[at] + state[(at + 28) % 31])
        out[i] = np.int64(state[at] >> np.uint32(1))
        at += 1
        if at == 31:
            at = 0
    # The next call starts at place 0 again.
    if at:
        turned = np.concatenate((state[at:], state[:at]))
        state[:] = turned


@kernel()
def sort_rows(start, column, table, demand_class, first):
    """Put rows of the same (sorted) columns into one class: by hashing, confirmed entry by entry."""
    count, mask = 0, len(table) - 1
    for i in range(len(start) - 1):
        size = start[i + 1] - start[i]
        if size == 0:
            continue
        code = np.uint64(0xCBF29CE484222325)
        for t in range(start[i], start[i + 1]):
            code = (code ^ np.uint64(column[t])) * np.uint64(0x100000001B3)
            code ^= code >> np.uint64(29)
        place = np.int64(code & np.uint64(mask))
        while True:
            c = table[place]
            if c < 0:
                table[place] = count
                first[count] = i
                demand_class[i] = count
                count += 1
                break
            other = first[c]
            same = start[other + 1] - start[other] == size
            t = 0
            while same and t < size:
                same = column[start[other] + t] == column[start[i] + t]
                t += 1
            if same:
                demand_class[i] = c
                break
            place = (place + 1) & mask
    return count


@kernel()
def lay_sites(left, low, step, side, sx, sy, radius, mark, inside, code, place, partly, second):
    """Count (first pass) or list (second pass) the sites that reach a square in part; mark the full ones."""
    for s in range(len(sx)):
        r = radius[s]
        a0 = max(0, math.floor((sx[s] - r - left) / step) - 1)
        a1 = min(side - 1, math.floor((sx[s] + r - left) / step) + 1)
        b0 = max(0, math.floor((sy[s] - r - low) / step) - 1)
        b1 = min(side - 1, math.floor((sy[s] + r - low) / step) + 1)
        within, beyond = r * r * (1 - 1e-9), r * r * (1 + 1e-9)
        for a in range(a0, a1 + 1):
            # A hair wider than the square: points are sorted into squares with rounding.
            xa, xb = left + (a - 1e-6) * step - sx[s], left + (a + 1 + 1e-6) * step - sx[s]
            near_x = 0.0 if xa <= 0.0 <= xb else min(abs(xa), abs(xb))
            far_x = max(abs(xa), abs(xb))
            for b in range(b0, b1 + 1):
                ya, yb = low + (b - 1e-6) * step - sy[s], low + (b + 1 + 1e-6) * step - sy[s]
                near_y = 0.0 if ya <= 0.0 <= yb else min(abs(ya), abs(yb))
                far_y = max(abs(ya), abs(yb))
                square = a * side + b
                if near_x * near_x + near_y * near_y > beyond:
                    continue
                if far_x * far_x + far_y * far_y < within:
                    if not second:
                        inside[square, s >> 6] |= np.uint64(1) << np.uint64(s & 63)
                        code[square] ^= mark[s]
                elif second:
                    partly[place[square]] = s
                    place[square] += 1
                else:
                    place[square] += 1


@kernel()
def sort_points(
    done, count, left, low, step, side, inside, code, first, partly, mark, px, py, weight, sx, sy, radius,
    table, bits, codes, weights, class_of,
):  # fmt: skip
    """Put points into classes from `done` on, until all are in or the table is full."""
    words = inside.shape[1]
    own = np.empty(words, np.uint64)
    mask = len(table) - 1
    for i in range(done, len(px)):
        if count >= len(codes):
            return i, count
        square = int((px[i] - left) / step) * side + int((py[i] - low) / step)
        h = code[square]
        for k in range(words):
            own[k] = inside[square, k]
        for t in range(first[square], first[square + 1]):
            s = partly[t]
            dx, dy = px[i] - sx[s], py[i] - sy[s]
            if dx * dx + dy * dy <= radius[s] * radius[s]:
                own[s >> 6] |= np.uint64(1) << np.uint64(s & 63)
                h ^= mark[s]
        empty = True
        for k in range(words):
            if own[k] != 0:
                empty = False
                break
        if empty:
            continue
        place = np.int64(h & np.uint64(mask))
        while True:
            c = table[place]
            if c < 0:
                c = count
                table[place] = c
                codes[c] = h
                for k in range(words):
                    bits[c, k] = own[k]
                count += 1
                break
            same = codes[c] == h
            if same:
                for k in range(words):
                    if bits[c, k] != own[k]:
                        same = False
                        break
            if same:
                break
            place = (place + 1) & mask
        weights[c] += weight[i]
        class_of[i] = c
    return len(px), count


@kernel()
def enter(table, codes, count):
    """Enter the classes into an empty hash table."""
    mask = len(table) - 1
    for c in range(count):
        place = np.int64(codes[c] & np.uint64(mask))
        while table[place] >= 0:
            place = (place + 1) & mask
        table[place] = c


@kernel()
def unpack(bits, count, column):
    """List the sites of every class, in order."""
    n = 0
    for c in range(count):
        for k in range(bits.shape[1]):
            word = bits[c, k]
            b = 0
            while word != 0:
                if word & np.uint64(1):
                    column[n] = k * 64 + b
                    n += 1
                word >>= np.uint64(1)
                b += 1


@kernel()
def tightest(row, site, weight, label, x, constant, entry):
    """Fill constant and coefficients of the tightest cut of every cluster at `x`."""
    for c in range(len(weight)):
        total = 0.0
        for u in range(row[c], row[c + 1]):
            total += x[site[u]]
        if total >= 1.0 - 1e-9:
            constant[label[c]] += weight[c]
        else:
            for u in range(row[c], row[c + 1]):
                entry[label[c], site[u]] += weight[c]
