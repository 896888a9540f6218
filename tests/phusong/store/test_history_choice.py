"""Which version is meant, and which ones go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.errors import InputError
from phusong.history_choice import PruneRule, chosen, local_day, parse_age, parse_label, to_prune
from phusong.store.interface import VersionInfo


def info(number: int, day: str, label: str = "", as_of: str = "2025-12-31") -> VersionInfo:
    made = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
    return VersionInfo(number, made, "An", date.fromisoformat(as_of), label, "", "0.1.0", 1, 1, 0)


HISTORY = [
    info(1, "2026-01-10"), info(2, "2026-02-03", "Tết"), info(4, "2026-02-20", as_of="2026-02-01"),
    info(5, "2026-03-05", as_of="2022-12-31"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1), ("#4", 4), ("first", 1), ("last", 5), ("previous", 4), ("Tết", 2), (" last ", 5),
        ("2026-03-01", 4), ("2026-02-20", 4), ("2026-02-19", 2), ("2030-01-01", 5),
        ("as-of:2026-01-31", 2), ("as-of:2026-02-01", 4), ("as-of:2023-06-30", 5),
    ],
)  # fmt: skip
def test_the_version_that_is_meant(text: str, number: int) -> None:
    assert chosen(HISTORY, text, "A").number == number


@pytest.mark.parametrize("text", ["3", "0", "-1", "2026-13-01", "as-of:2020-02-30", "März", "", "1e3"])
def test_no_such_version_is_said_with_those_that_there_are(text: str) -> None:
    with pytest.raises(InputError, match=r"versions 1 \(made 2026-01-10\) to 5 \(made 2026-03-05\)"):
        chosen(HISTORY, text, "A")


def test_a_day_before_all_versions_is_told_apart_from_nonsense() -> None:
    with pytest.raises(InputError, match="nothing was kept by then: version 1, the oldest, is of 2026-01-10"):
        chosen(HISTORY, "2026-01-01", "A")
    with pytest.raises(InputError, match="the earliest network that was kept is of 20"):
        chosen(HISTORY, "as-of:2000-01-01", "A")


def test_an_empty_history_and_one_version() -> None:
    with pytest.raises(InputError, match="the history is empty"):
        chosen([], "last", "A")
    with pytest.raises(InputError, match="one version only"):
        chosen(HISTORY[:1], "previous", "A")


@pytest.mark.parametrize(
    "text", ["Tết", "1=first", "1=#3", "1=12", "1=2026-03-01", "1=as-of:x", "1=" + "x" * 81, "1=a\nb"]
)
def test_labels_that_would_be_taken_for_something_else(text: str) -> None:
    with pytest.raises(InputError, match="--label"):
        parse_label(text)
    assert parse_label("last = sau bão = số 3 ") == ("last", "sau bão = số 3")
    assert parse_label("2=") == ("2", "")


@pytest.mark.parametrize(
    ("rule", "going"),
    [
        (PruneRule(keep_last=2), [1]),
        (PruneRule(keep_last=1), [1, 4]),
        (PruneRule(keep_last=1, labelled=True), [1, 2, 4]),
        (PruneRule(keep_monthly=True), []),
        (PruneRule(keep_monthly=True, labelled=True), [2]),
        (PruneRule(older_than=date(2026, 2, 20)), [1]),
        (PruneRule(older_than=date(2030, 1, 1), labelled=True), [1, 2, 4]),
        (PruneRule(keep_last=9), []),
    ],
)
def test_what_goes(rule: PruneRule, going: list[int]) -> None:
    assert [one.number for one in to_prune(HISTORY, rule)] == going


def test_a_rule_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="--keep-last N"):
        to_prune(HISTORY, PruneRule(labelled=True))


def test_ages() -> None:
    now = datetime(2026, 3, 10, 9, tzinfo=UTC)
    assert parse_age("180d", now) == date(2025, 9, 11)
    assert parse_age("2026-01-01", now) == date(2026, 1, 1)
    for text in ("180", "d", "-3d", "2026-1-1", "yesterday"):
        with pytest.raises(InputError, match="--older-than"):
            parse_age(text, now)


@given(
    days=st.lists(st.integers(0, 400), min_size=1, max_size=20),
    labelled=st.sets(st.integers(0, 19)),
    keep_last=st.none() | st.integers(1, 5),
    keep_monthly=st.booleans(),
    limit=st.none() | st.integers(0, 400),
    also_labelled=st.booleans(),
)
def test_what_stays_is_what_the_options_say(
    days: list[int], labelled: set[int], keep_last: int | None, keep_monthly: bool, limit: int | None,
    also_labelled: bool,
) -> None:  # fmt: skip
    """Against the definition, version by version."""
    start = date(2025, 1, 1)
    infos = [
        info(n, (start + timedelta(days=day)).isoformat(), f"label {n}" if n in labelled else "")
        for n, day in enumerate(sorted(days))
    ]
    older = None if limit is None else start + timedelta(days=limit)
    rule = PruneRule(keep_last, keep_monthly, older, also_labelled)
    if keep_last is None and not keep_monthly and older is None:
        with pytest.raises(InputError):
            to_prune(infos, rule)
        return
    going = {one.number for one in to_prune(infos, rule)}
    for n, one in enumerate(infos):
        day = local_day(one)
        later = [local_day(other) for other in infos[n + 1 :]]
        stays = (
            n == len(infos) - 1
            or (keep_last is not None and len(infos) - n <= keep_last)
            or (keep_monthly and not any((d.year, d.month) == (day.year, day.month) for d in later))
            or (bool(one.label) and not also_labelled)
            or (older is not None and day >= older)
        )
        assert (one.number in going) != stays
