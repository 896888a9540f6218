"""Numbered SQL files that make a database and bring it up to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from ..errors import StoreError

__all__ = ["Migration", "migrations", "newest", "pending", "sql_text"]


@dataclass(frozen=True)
class Migration:
    """One step of the schema.

    Attributes
    ----------
    number : int
        From 1 on.
    name : str
        Of its file.
    sql : str
        Statements; they are applied in one transaction.
    """

    number: int
    name: str
    sql: str


def sql_text(kind: str, name: str) -> str:
    """Return a packaged SQL file of "embedded" or "postgis"."""
    path = resources.files(__package__).joinpath("migrations", kind, name)
    return path.read_text(encoding="utf-8")


def migrations(kind: str) -> list[Migration]:
    """Return the migrations of "embedded" or "postgis" in their order."""
    return sorted(_found(kind), key=lambda one: one.number)


def newest(kind: str) -> int:
    """Return the version of the schema that this program works with."""
    return migrations(kind)[-1].number


def pending(kind: str, version: int, where: str) -> list[Migration]:
    """Return what a database at `version` still lacks.

    Raises
    ------
    StoreError
        A newer program made it.
    """
    if version > newest(kind):
        raise StoreError(
            f"{where}: its tables are of version {version}, this phusong knows {newest(kind)}: "
            "install a newer one"
        )
    return [one for one in migrations(kind) if one.number > version]


def _found(kind: str) -> Iterator[Migration]:
    for path in resources.files(__package__).joinpath("migrations", kind).iterdir():
        number = path.name.partition("_")[0]
        if number.isdigit() and path.name.endswith(".sql"):
            yield Migration(int(number), path.name, path.read_text(encoding="utf-8"))
