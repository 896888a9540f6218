"""The address of a store: what ``phusong.toml`` may say, and where the password comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, model_validator

from ..errors import Problem

__all__ = [
    "ENVIRONMENT",
    "StoreSection",
    "holds_password",
    "is_ambiguous",
    "is_server",
    "redacted",
    "without_password",
]

ENVIRONMENT = "PHUSONG_STORE"
"""Environment variable that takes the place of the address in phusong.toml; it may hold a password."""

_SCHEMES = ("postgresql://", "postgres://")
_SECRETS = {"password", "sslpassword"}
_USER_PASSWORD = re.compile(r"(?<=//)([^/\s:@'\"]*):[^\s/]*@")
_SERVER_PASSWORD = re.compile(r"(postgres(?:ql)?://[^/\s:@'\"]*):[^\s'\"]*@")
"""The same where a password holds / or ?, which should be written as %2F and %3F."""
_NAMED = re.compile(r"\b((?:ssl)?password\s*=\s*)[^&\s'\"]+", re.IGNORECASE)


class StoreSection(BaseModel):
    """``store = "…"`` or ``[store]``: where versions are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = "history"
    """A folder, seen from the project's, or ``postgresql://user@host/database``, without a password."""
    project: str = ""
    """Name of the project in the store; default: in a folder none, on a server [project] name."""
    rasters: str = ""
    """Folder of the rasters beside a server; default: history/rasters of the project."""

    @model_validator(mode="before")
    @classmethod
    def _address_alone(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known_kind(self) -> StoreSection:
        if not self.url.strip():
            raise ValueError("a folder, or postgresql://user@host/database")
        if "://" in self.url and not is_server(self.url):
            raise ValueError("a folder, or an address that begins with postgresql://")
        return self


def is_server(address: str) -> bool:
    """Tell whether an address means a PostgreSQL server."""
    return address.startswith(_SCHEMES)


def holds_password(address: str) -> bool:
    """Tell whether an address has a password in it, as part of the user or as a parameter."""
    if not is_server(address):
        return _NAMED.search(address) is not None
    try:
        parts = urlsplit(address)
        named = {key.casefold() for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
        return parts.password is not None or is_ambiguous(address) or bool(named & _SECRETS)
    except ValueError:  # a stray bracket: say nothing that could be a secret
        return "@" in address


def is_ambiguous(address: str) -> bool:
    """Tell whether a password was written with an @ or / that cuts the address at the wrong place.

    libpq would look for a host named by the rest of the password, and say so.
    """
    if not is_server(address):
        return False
    authority, _, beyond = address.partition("://")[2].partition("/")
    before, at, _ = authority.rpartition("@")
    unquoted_slash = not at and ":" in authority and "@" in beyond.partition("?")[0]
    return "@" in before or unquoted_slash


def redacted(text: str) -> str:
    """Return a text with every password in an address replaced by three dots."""
    text = _SERVER_PASSWORD.sub(r"\1:…@", text)
    return _NAMED.sub(r"\1…", _USER_PASSWORD.sub(r"\1:…@", text))


def without_password(file: str, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Refuse addresses with a password anywhere in phusong.toml, and leave them out: nothing may repeat them.

    Parameters
    ----------
    file : str
        As the user wrote it.
    data : mapping
        The parsed file.
    """
    found: list[tuple[str, str]] = []
    kept = {key: _cleaned(value, key, found) for key, value in data.items()}
    for key, _ in found:
        if key.split(".")[0] == "store":
            kept.pop("store", None)
    return kept, [_refused(file, key, value) for key, value in found]


def _cleaned(value: Any, key: str, found: list[tuple[str, str]]) -> Any:
    """Return a value with its secret addresses redacted; they are added to `found`."""
    if isinstance(value, dict):
        return {name: _cleaned(part, f"{key}.{name}", found) for name, part in value.items()}
    if isinstance(value, list):
        return [_cleaned(part, key, found) for part in value]
    if not isinstance(value, str):
        return value
    in_store = key in ("store", "store.url")
    if holds_password(value) if in_store else _USER_PASSWORD.search(value) is not None:
        found.append(("store" if in_store else key, value))
    return redacted(value)


def _refused(file: str, key: str, value: str) -> Problem:
    mend = (
        f"put the password into ~/.pgpass, PGPASSWORD, or the whole address into {ENVIRONMENT}"
        if key == "store"
        else "put it where the library looks for it: ~/.netrc, AWS_SECRET_ACCESS_KEY and the like"
    )
    again = "; and change it, for this file has been read by others"
    return Problem(file, "an address without a password", mend + again, column=key, value=redacted(value))
