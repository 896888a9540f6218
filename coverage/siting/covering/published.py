"""The random instances of Cordeau, Furini and Ljubić (2019), made anew from the published description.

Sites and customers lie uniformly in a square, customers weigh whole numbers, sites cost whole numbers. The
numbers are those of the C library `rand` of glibc (the additive generator of degree 31, lag 3) after
``srand(seed)``, drawn in this order: x and y of every site, x and y of every customer, cost of every site,
weight of every customer. Coordinates have six decimals, as in the published files.

J.-F. Cordeau, F. Furini, I. Ljubić: Benders decomposition for very large scale partial set covering and
maximal covering location problems. European Journal of Operational Research 275 (2019) 882-896.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .kernels import draw

__all__ = ["PublishedInstance", "glibc_rand", "published_instance"]

_LARGEST = 2**31 - 1
_CHUNK = 2_000_000


@dataclass(frozen=True)
class PublishedInstance:
    """Sites and customers in the plane.

    Attributes
    ----------
    site_x, site_y : ndarray of float64, (sites,)
    site_cost : ndarray of float64, (sites,)
        Whole numbers.
    customer_x, customer_y : ndarray of float64, (customers,)
    customer_weight : ndarray of float64, (customers,)
        Whole numbers.
    """

    site_x: NDArray[np.float64]
    site_y: NDArray[np.float64]
    site_cost: NDArray[np.float64]
    customer_x: NDArray[np.float64]
    customer_y: NDArray[np.float64]
    customer_weight: NDArray[np.float64]


def published_instance(
    customers: int,
    sites: int,
    seed: int = 1,
    *,
    side: int = 30,
    weights: tuple[int, int] = (1, 100),
    costs: tuple[int, int] = (1, 1),
) -> PublishedInstance:
    """Return the instance of this size and seed.

    Parameters
    ----------
    customers, sites : int
        >= 1.
    seed : int
        1 … 5 in the paper.
    side : int
        Of the square.
    weights, costs : tuple of int
        Least and greatest whole number drawn, for customers and for sites.
    """
    stream = glibc_rand(seed)
    site = stream.numbers(2 * sites) / _LARGEST * side
    customer = np.empty(2 * customers)
    for first in range(0, 2 * customers, _CHUNK):
        part = customer[first : first + _CHUNK]
        np.round(stream.numbers(len(part)) / _LARGEST * side, 6, out=part)
    site_cost = stream.numbers(sites) % (costs[1] - costs[0] + 1) + costs[0]
    weight = stream.numbers(customers) % (weights[1] - weights[0] + 1) + weights[0]
    return PublishedInstance(
        site_x=np.round(site[0::2], 6),
        site_y=np.round(site[1::2], 6),
        site_cost=site_cost.astype(np.float64),
        customer_x=np.ascontiguousarray(customer[0::2]),
        customer_y=np.ascontiguousarray(customer[1::2]),
        customer_weight=weight.astype(np.float64),
    )


class glibc_rand:  # noqa: N801 - named after what it is
    """The numbers that glibc's `rand` gives after ``srand(seed)``: 0 … 2³¹ - 1.

    Parameters
    ----------
    seed : int
        1 … 2³¹ - 1.
    """

    def __init__(self, seed: int) -> None:
        state = [seed]
        for _ in range(30):
            state.append(16807 * state[-1] % _LARGEST)
        self._state = np.array(state[3:] + state[:3], np.uint32)
        self.numbers(310)

    def numbers(self, count: int) -> NDArray[np.int64]:
        """Return the next `count` numbers."""
        out = np.empty(count, np.int64)
        draw(self._state, out)
        return out
