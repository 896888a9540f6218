"""Open the store that a project names; the environment may name another one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, Problem, StoreError
from .address import ENVIRONMENT, holds_password, is_ambiguous, is_server
from .embedded import EmbeddedStore
from .interface import Store

if TYPE_CHECKING:
    from ..project import Project

__all__ = ["open_store", "open_team_store", "store_place"]


def open_store(project: Project) -> Store:
    """Return the store of a project; close it after use.

    Raises
    ------
    InputError
        The address in the environment is not one.
    StoreError
        The server cannot be reached, or psycopg is missing.
    """
    section, address = project.store, _address(project)
    if not is_server(address):
        return EmbeddedStore(project.folder / address, section.project)
    rasters = project.folder / (section.rasters or "history/rasters")
    return open_team_store(address, section.project or project.project.name, rasters)


def open_team_store(address: str, name: str, rasters: Path) -> Store:
    """Return the store on a server.

    Raises
    ------
    StoreError
        The server cannot be reached, or psycopg is missing.
    """
    try:
        from .postgis import PostgisStore
    except ImportError as error:
        raise StoreError(
            f"a store on a server needs psycopg: pip install phusong[postgis] ({error})"
        ) from None
    return PostgisStore(address, name, rasters)


def store_place(project: Project) -> str:
    """Return where the versions are, in words without a secret."""
    address = _address(project)
    if not is_server(address):
        return str(project.folder / address)
    return f"PostgreSQL ({ENVIRONMENT})" if os.environ.get(ENVIRONMENT) else "PostgreSQL (phusong.toml)"


def _address(project: Project) -> str:
    given = os.environ.get(ENVIRONMENT, "").strip()
    problem = None
    if not is_server(given) and ("://" in given or holds_password(given)):
        problem = ("a folder, or an address that begins with postgresql://", "write it so")
    elif is_ambiguous(given):
        problem = ("a password without @ or / in it", "write %40 for @, %2F for /, %3A for :, %25 for %")
    if problem is not None:
        raise InputError([Problem(f"environment variable {ENVIRONMENT}", *problem)])
    return given or project.store.url
