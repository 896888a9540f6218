"""The random numbers of glibc and the instances drawn from them."""

from __future__ import annotations

import ctypes
import ctypes.util
import platform

import numpy as np
import pytest

from phusong.coverage.siting.covering.published import glibc_rand, published_instance


def test_first_numbers_of_seed_1():
    assert glibc_rand(1).numbers(3).tolist() == [1804289383, 846930886, 1681692777]


def test_drawing_in_parts_changes_nothing():
    whole, parts = glibc_rand(7).numbers(500), glibc_rand(7)
    assert np.array_equal(whole, np.concatenate([parts.numbers(n) for n in (1, 30, 31, 32, 0, 100, 306)]))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
@pytest.mark.parametrize("seed", [1, 2, 5, 2**31 - 2])
def test_numbers_are_those_of_the_c_library(seed):
    library = ctypes.CDLL(ctypes.util.find_library("c"))
    library.srand(seed)
    assert glibc_rand(seed).numbers(200).tolist() == [library.rand() for _ in range(200)]


def test_an_instance_as_published():
    made = published_instance(1000, 100, costs=(10, 100))
    assert (made.site_x[0], made.site_y[0], made.site_cost[0]) == (25.205632, 11.831488, 75)
    assert (made.customer_x[0], made.customer_y[0], made.customer_weight[0]) == (29.383024, 22.314336, 87)
    assert (made.customer_x[5], made.customer_y[5], made.customer_weight[5]) == (19.49121, 7.441324, 53)
