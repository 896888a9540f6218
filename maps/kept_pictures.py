"""Pictures of a report that are kept from run to run: what shows the same is not drawn again.

A picture stands under the digest of everything that it shows, of the sources that draw it and of the
libraries that they use: one that is found is the one that would be drawn.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..cache import digest, source_digest
from ..coverage.siting.tables import WORDS
from ..gis_data.gap_schema import CAUSE_LABELS
from ..gis_data.result_schema import VERDICT_LABELS
from .pieces import Pieces
from .report_blocks import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KeptPictures", "digest_of"]

_LENGTH = struct.Struct("<Q")
_DRAWN_BY = ("matplotlib", "pillow", "numpy", "shapely")


class KeptPictures:
    """Pictures by what they show.

    Parameters
    ----------
    pieces : Pieces, optional
        Where they are kept; None: nowhere.
    """

    def __init__(self, pieces: Pieces | None = None) -> None:
        self._pieces = Pieces() if pieces is None else pieces

    def get(
        self,
        shows: Sequence[Any],
        alternative: str,
        draw: Callable[[], Figure | None],
        *,
        vector: bool = True,
    ) -> list[Picture]:
        """Return a picture; none where there is no figure.

        Parameters
        ----------
        shows : sequence
            Everything that the figure depends on: its name first, then tables, arrays, texts, numbers.
        alternative : str
            What it shows in words.
        draw : callable
            Makes the figure; asked only where nothing whole is kept.
        vector : bool
            A drawing too: for a figure without a raster inside.
        """
        key = digest(_form(), vector, digest_of(shows))
        packed = self._pieces.get(key, lambda: _packed(draw(), vector))
        if not packed:
            return []
        (length,) = _LENGTH.unpack_from(packed)
        png, svg = packed[_LENGTH.size : _LENGTH.size + length], packed[_LENGTH.size + length :]
        return [Picture(png, alternative, svg or None)]

    def png(self, shows: Sequence[Any], alternative: str, make: Callable[[], bytes]) -> Picture:
        """Return a picture that is no figure; `make` gives the PNG where nothing whole is kept."""
        return Picture(self._pieces.get(digest(_form(), "png", digest_of(shows)), make), alternative)

    def part(self, shows: Sequence[Any], make: Callable[[], bytes]) -> Callable[[], bytes]:
        """Return what gives a part of pictures; asked for or not, it stays for the next run."""
        key = digest(_form(), "part", digest_of(shows))
        self._pieces.keep([key])
        return lambda: self._pieces.get(key, make)

    def save(self) -> None:
        """Keep the pictures that were asked for, and no others.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        self._pieces.save()


def _packed(figure: Figure | None, vector: bool) -> bytes:
    from .figures_style import picture  # matplotlib takes long to import: only where something is drawn

    if figure is None:
        return b""
    drawn = picture(figure, "", vector=vector)
    return _LENGTH.pack(len(drawn.png)) + drawn.png + (drawn.svg or b"")


def digest_of(shows: Sequence[Any]) -> str:
    """Return the digest of what a picture shows: tables, arrays, texts, numbers."""
    return digest([_plain(part) for part in shows])


@cache
def _form() -> str:
    versions = [version(name) for name in _DRAWN_BY]
    return digest(
        source_digest(Path(__file__).parent), versions, dict(WORDS), dict(CAUSE_LABELS), dict(VERDICT_LABELS)
    )


def _plain(part: Any) -> Any:
    """Turn tables into what a digest can be taken of; rows count in their order, their index does not."""
    if isinstance(part, gpd.GeoDataFrame):
        return [_plain(pd.DataFrame(part.drop(columns=part.geometry.name))), _plain(part.geometry)]
    if isinstance(part, gpd.GeoSeries):
        shapes = part.to_wkb().tolist()
        return [repr([len(shape) for shape in shapes]), b"".join(shapes)]
    if isinstance(part, pd.DataFrame):
        return {str(name): _plain(part[name]) for name in part.columns} | {"": [str(n) for n in part.columns]}
    if isinstance(part, pd.Series):
        part = part.to_numpy()
    if isinstance(part, np.ndarray) and part.dtype.kind not in "biufSUMm":
        return [str(part.dtype), repr(part.tolist())]
    return part
