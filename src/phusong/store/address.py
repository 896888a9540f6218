"""The address of a store: what ``phusong.toml`` may say, and where the password comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, model_validator

from ..errors import Problem

__all__ = ["ENVIRONMENT", "StoreSection", "holds_password", "is_server", "redacted", "without_password"]

ENVIRONMENT = "PHUSONG_STORE"
"""Environment variable that takes the place of the address in phusong.toml; it may hold a password."""

_SCHEMES = ("postgresql://", "postgres://")
_SECRETS = {"password", "sslpassword"}
_USER_PASSWORD = re.compile(r"(?<=//)([^/\s:@'\"]*):[^@\s/]*@")
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
        return parts.password is not None or bool(named & _SECRETS)
    except ValueError:  # a stray bracket: say nothing that could be a secret
        return "@" in address


def redacted(text: str) -> str:
    """Return a text with every password in an address replaced by three dots."""
    return _NAMED.sub(r"\1…", _USER_PASSWORD.sub(r"\1:…@", text))


def without_password(file: str, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Refuse a password in ``store`` of phusong.toml, and leave the entry out: nothing may repeat it.

    Parameters
    ----------
    file : str
        As the user wrote it.
    data : mapping
        The parsed file.
    """
    given = data.get("store")
    address = given.get("url") if isinstance(given, dict) else given
    if not isinstance(address, str) or not holds_password(address):
        return dict(data), []
    problem = Problem(
        file,
        "an address without a password",
        f"put the password into ~/.pgpass, PGPASSWORD, or the whole address into {ENVIRONMENT}; and change "
        "it, for this file has been read by others",
        column="store",
        value=redacted(address),
    )
    return {key: value for key, value in data.items() if key != "store"}, [problem]
