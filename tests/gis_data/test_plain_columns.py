"""Columns as plain values: what each value alone would be, and bytes that tell rows apart."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from phusong.gis_data.plain_columns import PlainColumn, contents_of, plain, told

_VALUES = st.lists(
    st.one_of(st.text(max_size=3), st.sampled_from(["\0", "", "None"]), st.integers(-3, 3), st.none(),
              st.floats(allow_nan=False), st.booleans(), st.just(date(2025, 7, 1))),
    max_size=4,
)  # fmt: skip


@given(_VALUES, _VALUES)
def test_other_values_have_other_bytes(one: list[object], other: list[object]) -> None:
    same = [(type(v), repr(v)) for v in one] == [(type(v), repr(v)) for v in other]
    assert (told(one) == told(other)) == same


def test_slices_hold_what_each_value_alone_would_be() -> None:
    frame = pd.DataFrame({
        "texts": ["a", None, "=b", "a"],
        "mixed": pd.Series(["a", 2, ("x", "y"), pd.NA], dtype=object),
        "floats": [1.5, math.nan, -0.0, math.inf],
        "ints": np.arange(4, dtype=np.int32),
        "truths": [True, False, True, True],
        "maybe": pd.array([1, None, 3, 4], dtype="Int64"),
        "times": pd.to_datetime(["2025-07-01T00:00", None, "2025-07-01T10:00", None]),
    })  # fmt: skip
    for name in frame.columns:
        column = PlainColumn(frame[name], plain, ("no", "yes"))
        expected = [
            {True: "yes", False: "no"}.get(v, v) if name == "truths" else plain(v) for v in frame[name]
        ]
        assert len(column) == 4 and list(column) == expected and column[-1] == expected[-1]
        assert column[1:3] == expected[1:3] and column[3:9] == expected[3:]
        assert [type(v) for v in column[:]] == [type(v) for v in expected]


def test_a_change_of_one_cell_shows_in_its_rows_alone() -> None:
    frame = pd.DataFrame({"a": ["x", "y", "z"], "b": [1.0, 2.0, math.nan], "c": [True, False, True]})
    changes = [("a", "Y"), ("b", 2.5), ("b", math.nan), ("c", True)]
    content = contents_of([PlainColumn(frame[name], plain) for name in frame])
    for name, value in changes:
        changed = frame.copy()
        changed.loc[1, name] = value
        other = contents_of([PlainColumn(changed[one], plain) for one in changed])
        assert [content(n, n + 1) == other(n, n + 1) for n in range(3)] == [True, False, True]
        assert content(0, 3) != other(0, 3)
