"""States of plan items: one word each, and only their changes in the page."""

from datetime import date

import pandas as pd
import pytest

from phusong.maps.palette import PLAN_STATE_STYLE
from phusong.maps.plan_months import plan_months, plan_state

STATES = list(PLAN_STATE_STYLE)


@pytest.mark.parametrize(
    ("claimed", "support", "discrepancy", "state"),
    [
        (True, "supported", "", "done"),
        (True, "contradicted", "claimed_contradicted", "contradicted"),
        (True, "not_checkable", "claimed_not_checkable", "unverified"),
        (True, "not_checkable", "", "unverified"),
        (False, "contradicted", "overdue", "overdue"),
        (False, "supported", "overdue", "overdue"),
        (False, "supported", "unclaimed_supported", "early"),
        (False, "contradicted", "", "pending"),
        (False, "not_checkable", "", "pending"),
    ],
)
def test_every_item_has_one_state(claimed, support, discrepancy, state):
    assert plan_state(claimed, support, discrepancy) == state


def _expanded(series):
    """The state on every day, the slow way."""
    return [
        [[state for start, state in changes if start <= k][-1] for k in range(len(series["days"]))]
        for changes in series["changes"]
    ]


def test_changes_expand_to_the_months_and_end_with_the_day_of_the_map(content):
    series = plan_months(content.plan_items, content.plan_months, date(2023, 1, 15))
    assert series["days"][0] == "2022-07-31"
    assert series["days"][-2:] == ["2022-12-31", "2023-01-15"]
    first, second = ([STATES[k] for k in own] for own in _expanded(series))
    assert first == ["pending"] * 5 + ["contradicted"] * 2
    assert second == ["pending"] * 3 + ["early"] * 2 + ["done"] * 2
    assert [len(changes) for changes in series["changes"]] == [2, 3]


def test_months_from_the_day_of_the_map_on_are_left_out(content):
    series = plan_months(content.plan_items, content.plan_months, date(2022, 10, 10))
    assert series["days"] == ["2022-07-31", "2022-08-31", "2022-09-30", "2022-10-10"]


def test_without_months_the_day_of_the_map_stands_alone(content):
    series = plan_months(content.plan_items, None, date(2023, 1, 15))
    assert series["days"] == ["2023-01-15"]
    assert [[STATES[state] for _, state in own] for own in series["changes"]] == [["contradicted"], ["done"]]


def test_no_items_no_days():
    assert plan_months(pd.DataFrame(), None, date(2023, 1, 1)) == {"days": [], "changes": []}
