"""What a store of versions can do, whichever database it is: the nouns and the interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import pandas as pd

from .objects import Objects
from .pieces import Piece, pieces_of
from .tables import STORED, json_text

__all__ = ["Draft", "FileRef", "Store", "Version", "VersionInfo"]


@dataclass(frozen=True)
class FileRef:
    """A file of a version that lies beside the database, named by its content.

    Attributes
    ----------
    name : str
        In the results, such as "coverage/4g_level.tif".
    sha256 : str
        Of its bytes, hexadecimal.
    size_bytes : int
    uri : str
        Where it lay when it was kept.
    """

    name: str
    sha256: str
    size_bytes: int
    uri: str


@dataclass(frozen=True)
class Draft:
    """A version that is to be kept.

    Attributes
    ----------
    as_of : date
        Day of the network.
    made_at : datetime
        With its zone.
    made_by : str
    software : str
        Version of phusong.
    cells_on_air, hamlets, hamlets_dead : int
    record : mapping
        run.json.
    tables : mapping of str to DataFrame or GeoDataFrame
        By name of `tables.STORED`.
    files : sequence of FileRef
    """

    as_of: date
    made_at: datetime
    made_by: str
    software: str
    cells_on_air: int
    hamlets: int
    hamlets_dead: int
    record: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    files: Sequence[FileRef]

    @cached_property
    def pieces(self) -> dict[str, list[Piece]]:
        """Each table in pieces, as it is kept."""
        return {name: pieces_of(STORED[name], frame) for name, frame in self.tables.items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that makes two versions the same: day, inputs, parameters, grid, tables, files.

        Who ran it, when, how long it took, and by which versions of which libraries are left out.
        """
        told = {name: self.record.get(name) for name in ("inputs", "parameters", "grid")}
        tables = {name: [piece.digest for piece in pieces] for name, pieces in self.pieces.items()}
        files = {file.name: file.sha256 for file in self.files}
        return sha256(json_text([self.as_of.isoformat(), told, tables, files]).encode()).hexdigest()


@dataclass(frozen=True)
class VersionInfo:
    """One line of the history; attributes as those of `Draft`, and the number and the label.

    Attributes
    ----------
    number : int
        From 1 on; a number is never given twice.
    label : str
        Given by a person; empty: none.
    digest : str
    """

    number: int
    made_at: datetime
    made_by: str
    as_of: date
    label: str
    digest: str
    software: str
    cells_on_air: int
    hamlets: int
    hamlets_dead: int


@dataclass(frozen=True)
class Version:
    """A version as kept: the line of the history, run.json, the tables that were asked for, and the files."""

    info: VersionInfo
    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    files: tuple[FileRef, ...]


class Store(Protocol):
    """Versions of one project. Every method is one transaction: whole or not at all.

    All raise `errors.StoreError` where the database cannot be reached, refuses, or is of another version.
    """

    @property
    def objects(self) -> Objects:
        """The files that lie beside the database."""

    def check(self, *, write: bool) -> None:
        """Find out, before any work, whether reading (and keeping versions) will be allowed."""

    def versions(self) -> list[VersionInfo]:
        """Return the history, oldest first."""

    def add(self, draft: Draft) -> tuple[VersionInfo, bool]:
        """Keep a version; if the newest one is the same, return that one, and False."""

    def load(self, number: int, names: Sequence[str] | None = None) -> Version:
        """Return a version with some of its tables, or all of them; `KeyError` where there is none."""

    def set_label(self, number: int, label: str) -> None:
        """Give a version a label, or take it away (empty)."""

    def remove(self, numbers: Sequence[int]) -> None:
        """Remove versions, and the tables that no other one shares."""

    def referenced(self) -> set[str]:
        """Return the SHA-256 of every file that a version of any project in this database refers to."""

    def migrate(self) -> list[str]:
        """Bring the tables of the database up to date; the names of the migrations that were applied."""

    def close(self) -> None:
        """Let go of the database."""
