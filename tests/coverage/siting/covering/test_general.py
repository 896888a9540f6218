"""The plain covering problems by name, and the example of the documentation."""

from __future__ import annotations

import math
import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix, csr_matrix

from phusong.coverage.siting.covering.general import (
    solve_maximal_covering,
    solve_partial_covering,
    solve_set_covering,
)

COVER = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]])
WEIGHT = [5, 4, 3, 2]


@pytest.mark.parametrize("kind", [np.array, csr_matrix, coo_matrix, np.ndarray.tolist])
def test_maximal_covering_by_number_of_sites(kind):
    answer = solve_maximal_covering(kind(COVER), WEIGHT, 1)
    assert answer.chosen.tolist() == [0]
    assert (answer.value, answer.bound, answer.gap, answer.status) == (9, 9, 0, "optimal")


def test_maximal_covering_by_cost():
    answer = solve_maximal_covering(COVER, WEIGHT, 6.5, cost=[7.0, 3.0, 3.5])
    assert (answer.chosen.tolist(), answer.value, answer.cost) == ([1, 2], 10, 6.5)


def test_partial_covering():
    answer = solve_partial_covering(COVER, WEIGHT, 9, cost=[7.0, 3.0, 3.5])
    assert (answer.chosen.tolist(), answer.cost, answer.bound) == ([1, 2], 6.5, 6.5)
    assert solve_partial_covering(COVER, WEIGHT, 15).status == "infeasible"
    assert solve_partial_covering(COVER, WEIGHT, 0).chosen.tolist() == []


def test_set_covering():
    answer = solve_set_covering(COVER)
    assert (answer.chosen.tolist(), answer.value, answer.bound) == ([0, 1], 4, 2)
    nobody = solve_set_covering(np.vstack([COVER, [0, 0, 0]]))
    assert (nobody.status, math.isinf(nobody.bound)) == ("infeasible", True)


@given(st.integers(0, 10**6))
def test_set_covering_is_what_brute_force_finds(seed):
    rng = np.random.default_rng(seed)
    cover = rng.random((int(rng.integers(1, 12)), 7)) < 0.35
    cost = rng.integers(0, 6, 7).astype(float)
    costs = [
        cost[list(plan)].sum()
        for size in range(8)
        for plan in combinations(range(7), size)
        if cover[:, plan].any(axis=1).all()
    ]
    answer = solve_set_covering(cover, cost=cost)
    if costs:
        assert (answer.cost, answer.status) == (min(costs), "optimal")
        assert cover[:, answer.chosen].any(axis=1).all()
    else:
        assert answer.status == "infeasible"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cover": [1, 0]}, "cover has shape (2,), expected a matrix of numbers (demands, sites)"),
        ({"cover": csr_matrix([[math.nan, 1, 1]])}, "cover[0, 0] is nan, expected a number"),
        ({"weight": [1, 2, 3, -4]}, "weight of demand 3 is -4, expected a number >= 0"),
        ({"weight": [1, 2]}, "weight has shape (2,), expected (4,) to fit cover (4, 3)"),
        ({"budget": -1}, "budget is -1, expected a number >= 0"),
        ({"cost": [1, 2, math.inf]}, "cost of candidate 2 is inf, expected a number >= 0"),
        ({"time_limit_s": 0}, "time_limit_s is 0, expected a number > 0"),
    ],
)
def test_bad_input_is_one_line_each(change, message):
    with pytest.raises(ValueError) as caught:
        solve_maximal_covering(**{"cover": COVER, "weight": WEIGHT, "budget": 1, **change})
    assert str(caught.value).splitlines() == [message]


def test_the_example_of_the_documentation_prints_what_it_says(repository, capsys):
    page = (repository / "docs" / "siting.md").read_text(encoding="utf-8")
    section = page.split("## General solver", 1)[1]
    program = re.search(r"```python\n(.+?)```", section, re.DOTALL)[1]
    said = re.search(r"```text\n(.+?)```", section, re.DOTALL)[1]
    exec(compile(program, "docs/siting.md", "exec"), {})
    assert capsys.readouterr().out == said
