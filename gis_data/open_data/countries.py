"""Codes of countries and names of their mobile networks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from ...errors import InputError, Problem

__all__ = ["Country", "country", "network_name", "network_names"]


@dataclass(frozen=True)
class Country:
    """A country or territory.

    Attributes
    ----------
    iso2, iso3 : str
        ISO 3166-1, upper case.
    mcc : tuple of str
        Its mobile country codes, ITU-T E.212; empty: none of its own.
    """

    iso2: str
    iso3: str
    mcc: tuple[str, ...]


def country(code: str) -> Country:
    """Return a country by its ISO 3166-1 code of two or three letters.

    Raises
    ------
    InputError
        There is no such code.
    """
    found = _countries().get(code.strip().upper())
    if found is None:
        mend = "give the two or three letters of ISO 3166-1, e.g. VN or VNM"
        raise InputError([Problem("--country", "the code of a country", mend, value=code)])
    return found


def network_name(mcc: str, mnc: str) -> str:
    """Return the name of a mobile network, or its code, ``452-07``, where the table does not have it.

    Networks that were taken over have the name of who runs them now.
    """
    return _networks().get((int(mcc), int(mnc))) or f"{int(mcc):03d}-{int(mnc):02d}"


def network_names(codes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the networks of some countries that the table has, each once, in its order."""
    mccs = {int(mcc) for code in codes for mcc in country(code).mcc}
    return tuple(dict.fromkeys(name for (mcc, _), name in _networks().items() if mcc in mccs))


@lru_cache(maxsize=1)
def _countries() -> dict[str, Country]:
    out = {}
    for row in _rows("countries.csv"):
        found = Country(row["iso2"], row["iso3"], tuple(row["mcc"].split()))
        out[found.iso2] = out[found.iso3] = found
    return out


@lru_cache(maxsize=1)
def _networks() -> dict[tuple[int, int], str]:
    return {(int(row["mcc"]), int(row["mnc"])): row["name"] for row in _rows("networks.csv")}


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
