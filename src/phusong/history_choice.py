"""Which version is meant by a number, a date, a label or a word; and which ones pruning removes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .errors import InputError, Problem
from .store.interface import VersionInfo

__all__ = ["PruneRule", "chosen", "label_problem", "local_day", "parse_age", "parse_label", "to_prune"]

_WORDS = ("first", "previous", "last")
_AS_OF = "as-of:"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class PruneRule:
    """What stays; everything else goes.

    Attributes
    ----------
    keep_last : int or None
        So many of the newest stay.
    keep_monthly : bool
        The newest of each month stays.
    older_than : date or None
        Only versions made before this day may go.
    labelled : bool
        Versions with a label may go too.
    """

    keep_last: int | None = None
    keep_monthly: bool = False
    older_than: date | None = None
    labelled: bool = False


def local_day(info: VersionInfo) -> date:
    """Return the day on which a version was made, where the reader is."""
    return info.made_at.astimezone().date()


def chosen(infos: Sequence[VersionInfo], text: str, argument: str) -> VersionInfo:
    """Return the version that `text` means.

    Parameters
    ----------
    infos : sequence of VersionInfo
        Oldest first.
    text : str
        A number; a label; "first", "previous" or "last"; a day (the last version made by its end); "as-of:"
        and a day (the last version whose network is of that day or earlier).
    argument : str
        Name of the argument, for the report.

    Raises
    ------
    InputError
        There is no such version.
    """
    wanted = text.strip()
    found = _found(infos, wanted) if infos else None
    if found is None:
        expected = "a number or label of `phusong history`, a day such as 2026-03-01, first, previous or last"
        raise InputError([Problem(argument, expected, _mend(infos, wanted), value=text)])
    return found


def _found(infos: Sequence[VersionInfo], wanted: str) -> VersionInfo | None:
    for info in infos:  # a label comes first: it was given by a person, to be found by
        if info.label and info.label == wanted:
            return info
    if wanted in _WORDS:
        at = {"first": 0, "previous": -2, "last": -1}[wanted]
        return infos[at] if wanted != "previous" or len(infos) > 1 else None
    if re.fullmatch(r"#?\d{1,9}", wanted):
        number = int(wanted.removeprefix("#"))
        return next((info for info in infos if info.number == number), None)
    day = _day(wanted.removeprefix(_AS_OF))
    if day is None:
        return None
    if wanted.startswith(_AS_OF):
        known = [info for info in infos if info.as_of <= day]
        return max(known, key=lambda info: (info.as_of, info.number), default=None)
    return next((info for info in reversed(infos) if local_day(info) <= day), None)


def _mend(infos: Sequence[VersionInfo], wanted: str) -> str:
    if not infos:
        return "the history is empty: phusong run keeps a version"
    if wanted == "previous":
        return "there is one version only; change something and run again"
    first, last = infos[0], infos[-1]
    if _day(wanted) is not None:
        return f"nothing was kept by then: version {first.number}, the oldest, is of {local_day(first)}"
    if _day(wanted.removeprefix(_AS_OF)) is not None:
        return f"the earliest network that was kept is of {min(info.as_of for info in infos)}"
    there = f"there is version {first.number} (made {local_day(first)})"
    if len(infos) > 1:
        there = (
            f"there are versions {first.number} (made {local_day(first)}) "
            f"to {last.number} (made {local_day(last)})"
        )
    return f"{there}; the project's folder comes third"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def parse_label(text: str) -> tuple[str, str]:
    """Split ``last=after the storm`` into the version that is meant and its label.

    Raises
    ------
    InputError
        There is no "=" or the label would be taken for something else.
    """
    which, equals, label = text.partition("=")
    problem = None if equals else "a version, =, and its label: last=March"
    problem = problem or label_problem(label.strip())
    if problem:
        raise InputError([Problem("--label", problem, "mend it", value=text)])
    return which.strip(), label.strip()


def label_problem(label: str) -> str | None:
    """Return what a label should be, or None where it is one."""
    taken = (
        label in _WORDS or re.fullmatch(r"#?\d+", label) or label.startswith(_AS_OF) or _DAY.fullmatch(label)
    )
    if taken:
        return "a label that is no number, no day and none of first, previous, last"
    if len(label) > 80 or not label.isprintable():
        return "a label of at most 80 printable characters"
    return None


def parse_age(text: str, now: datetime) -> date:
    """Return the day that ``180d`` (days before today) or ``2026-01-01`` means.

    Raises
    ------
    InputError
        It is neither.
    """
    day = _day(text.strip())
    if day is None and re.fullmatch(r"\d{1,5}\s*d", text.strip()):
        day = now.date() - timedelta(days=int(text.strip()[:-1]))
    if day is None:
        raise InputError(
            [Problem("--older-than", "a day such as 2026-01-01, or days such as 180d", "mend it", value=text)]
        )
    return day


def to_prune(infos: Sequence[VersionInfo], rule: PruneRule) -> list[VersionInfo]:
    """Return the versions that the rule lets go, oldest first; the newest one never goes.

    Parameters
    ----------
    infos : sequence of VersionInfo
        Oldest first.
    rule : PruneRule

    Raises
    ------
    InputError
        The rule keeps nothing: neither a number, nor months, nor an age is given.
    """
    if rule.keep_last is None and not rule.keep_monthly and rule.older_than is None:
        expected = "--keep-last N, --keep-monthly or --older-than DAY"
        raise InputError([Problem("phusong prune", expected, "say what is to stay; --dry-run only shows it")])
    kept = {info.number for info in infos[-max(1, rule.keep_last or 0) :]}
    if rule.keep_monthly:
        newest = {(day.year, day.month): info.number for info in infos for day in [local_day(info)]}
        kept |= set(newest.values())
    return [
        info
        for info in infos
        if info.number not in kept
        and (rule.labelled or not info.label)
        and (rule.older_than is None or local_day(info) < rule.older_than)
    ]
