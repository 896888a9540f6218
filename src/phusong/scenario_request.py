"""What the user asked ``phusong scenario`` for: options as typed, what they mean, and a name for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .coverage.scenarios import Change, Scenario, Selector, parse_selector
from .errors import InputError, Problem
from .file_names import safe_name

__all__ = ["Asked", "Request", "keeping", "option_problem", "scenario_name", "understood"]

_FORMS = "2G, 3G:OPERATOR, operator:NAME, mast:ID or cell:ID, with @2026-09-30 behind it for a date"


@dataclass(frozen=True)
class Request:
    """What the user asked for, as typed.

    Attributes
    ----------
    off, on : sequence of str
        See `coverage.scenarios.parse_selector`.
    without_plans : sequence of str
    keep_fewest : str or None
        A technology, or a technology and an operator.
    keep : str or None
        The same, and how many stations may stay: "3G=200".
    lose_fewest : {"people", "hamlets"}
        What is least with so many stations.
    per_operator : bool
        See `coverage.scenario_stations.Network`.
    upgrade_to : {"4G", "5G"}
    name : str or None
        Of the files; None: made of the rest.
    time_limit_s : float
        For each proof.
    """

    off: Sequence[str] = ()
    on: Sequence[str] = ()
    without_plans: Sequence[str] = ()
    keep_fewest: str | None = None
    keep: str | None = None
    lose_fewest: str = "people"
    per_operator: bool = False
    upgrade_to: str = "4G"
    name: str | None = None
    time_limit_s: float = 60.0


@dataclass(frozen=True)
class Asked:
    """What the options mean.

    Attributes
    ----------
    scenario : Scenario
    layer : Selector or None
        The stations at choice; None: none are.
    most : int or None
        How many of them may stay; None: the fewest so that nobody loses service.
    """

    scenario: Scenario
    layer: Selector | None
    most: int | None


def scenario_name(request: Request) -> str:
    """Return a name for the files: letters, digits, dots and hyphens, different for different requests."""
    parts = [f"off-{text}" for text in request.off] + [f"on-{text}" for text in request.on]
    parts += [f"without-{text}" for text in request.without_plans]
    parts += [f"keep-{request.keep_fewest}"] if request.keep_fewest else []
    parts += [f"keep-{request.keep}"] if request.keep else []
    parts += ["by-hamlets"] if request.lose_fewest != "people" else []
    parts += ["per-operator"] if request.per_operator else []
    return safe_name(request.name or "_".join(parts))


def understood(request: Request) -> Asked:
    """Return what the options mean.

    Raises
    ------
    InputError
        Every option that is not understood.
    """
    problems: list[Problem] = []
    changes = []
    for option, texts, on in (("--off", request.off, False), ("--on", request.on, True)):
        for text in texts:
            parsed = parse_selector(text)
            if parsed is None:
                problems.append(option_problem(option, text, _FORMS))
            else:
                changes.append(Change(parsed[0], on, parsed[1], f"{option} {text}"))
    layer, most = _stations_asked(request, problems)
    if request.upgrade_to not in ("4G", "5G"):
        problems.append(option_problem("--upgrade-to", request.upgrade_to, "4G or 5G"))
    if not changes and not request.without_plans and layer is None and not problems:
        problems.append(
            option_problem(
                "--off", "nothing", "at least one of --off, --on, --without-plan, --keep-fewest, --keep"
            )
        )
    if problems:
        raise InputError(problems)
    return Asked(Scenario(tuple(changes), tuple(request.without_plans)), layer, most)


def _stations_asked(request: Request, problems: list[Problem]) -> tuple[Selector | None, int | None]:
    """The layer whose stations are at choice, and how many of them may stay (None: the fewest)."""
    if request.lose_fewest not in ("people", "hamlets"):
        problems.append(option_problem("--lose-fewest", request.lose_fewest, "people or hamlets"))
    if request.keep is not None and request.keep_fewest is not None:
        problems.append(option_problem("--keep", request.keep, "either --keep or --keep-fewest"))
    option = "--keep-fewest" if request.keep is None else "--keep"
    text = request.keep_fewest if request.keep is None else request.keep
    if text is None:
        return None, None
    what, number = text, None
    if request.keep is not None:
        what, _, count = text.rpartition("=")
        number = int(count) if count.strip().isascii() and count.strip().isdigit() else None
    parsed = parse_selector(what)
    understood = parsed is not None and parsed[0].technology and parsed[1] is None
    if not understood or (request.keep is not None and number is None):
        forms = "3G or 3G:OPERATOR" if request.keep is None else "3G=200 or 3G:OPERATOR=50"
        problems.append(option_problem(option, text, forms))
        return None, None
    assert parsed is not None
    return parsed[0], number


def option_problem(option: str, value: str, expected: str) -> Problem:
    """Return the problem of one option."""
    mend = "see: phusong scenario --help"
    return Problem("phusong scenario", expected, mend, column=option, value=value)


def keeping(request: Request) -> str:
    """Return what was asked about stations, as typed; empty: nothing."""
    if request.keep is not None:
        return f"--keep {request.keep}" + (
            " --lose-fewest hamlets" if request.lose_fewest == "hamlets" else ""
        )
    return f"--keep-fewest {request.keep_fewest}" if request.keep_fewest else ""
