"""The cells that candidates would have: each one once, however many configurations share it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..cells import CellTable
from ..station_radio import StationRadio
from .candidates import Candidate

__all__ = ["StationCells", "station_cells"]


@dataclass(frozen=True)
class StationCells:
    """Cells of all candidates.

    Attributes
    ----------
    cells : CellTable
        Candidates on one host share a mast in the table, so that one terrain profile serves them.
    uses : csr_matrix of float64, (cells, candidates)
        1 where the candidate has the cell.
    key : tuple of str
        Digest of all that a cell's levels depend on, terrain and model excepted.
    """

    cells: CellTable
    uses: csr_matrix
    key: tuple[str, ...]


def station_cells(
    candidates: Sequence[Candidate], radio: Mapping[str, StationRadio], operator: str
) -> StationCells:
    """Return the cells that the candidates would have, equal ones once.

    Parameters
    ----------
    candidates : sequence of Candidate
    radio : mapping of str to StationRadio
        By technology.
    operator : str
    """
    number: dict[tuple[object, ...], int] = {}
    rows: list[tuple[Candidate, StationRadio, float]] = []
    uses: list[tuple[int, int]] = []
    for c, candidate in enumerate(candidates):
        for technology in candidate.technologies:
            for azimuth in candidate.azimuths_deg or (math.nan,):
                sort = (candidate.host, candidate.host_id, candidate.antenna_height_m, technology,
                        repr(azimuth), candidate.power_limit_dbm)  # fmt: skip
                if sort not in number:
                    number[sort] = len(rows)
                    rows.append((candidate, radio[technology], azimuth))
                uses.append((number[sort], c))
    table = _table(rows, operator)
    cell, owner = np.array(uses, np.int64).reshape(-1, 2).T
    shape = (len(rows), len(candidates))
    matrix = csr_matrix((np.ones(len(uses)), (cell, owner)), shape=shape)
    return StationCells(table, matrix, tuple(_key(table, i) for i in range(len(table))))


def _table(rows: Sequence[tuple[Candidate, StationRadio, float]], operator: str) -> CellTable:
    always = np.full(len(rows), "NaT", "datetime64[D]")

    def numbers(values: Sequence[float]) -> NDArray[np.float64]:
        return np.array(values, np.float64)

    return CellTable(
        cell_id=np.array([f"{c.candidate_id}/{r.technology}/{a:g}" for c, r, a in rows], str),
        mast_id=np.array([f"{c.host}:{c.host_id}" for c, _, _ in rows], str),
        operator=np.full(len(rows), operator),
        technology=np.array([r.technology for _, r, _ in rows], str),
        antenna=np.array(["omni" if math.isnan(a) else r.antenna for _, r, a in rows], str),
        x_m=numbers([c.x_m for c, _, _ in rows]),
        y_m=numbers([c.y_m for c, _, _ in rows]),
        antenna_height_m=numbers([c.antenna_height_m for c, _, _ in rows]),
        frequency_mhz=numbers([r.frequency_mhz for _, r, _ in rows]),
        bandwidth_mhz=numbers([r.bandwidth_mhz for _, r, _ in rows]),
        azimuth_deg=numbers([a for _, _, a in rows]),
        mechanical_tilt_deg=numbers([r.mechanical_tilt_deg for _, r, _ in rows]),
        electrical_tilt_deg=numbers([r.electrical_tilt_deg for _, r, _ in rows]),
        tx_power_dbm=numbers([min(r.tx_power_dbm, c.power_limit_dbm) for c, r, _ in rows]),
        feeder_loss_db=numbers([r.feeder_loss_db for _, r, _ in rows]),
        on_air=always,
        off_air=always,
    )


_RADIO_FIELDS = (
    "technology", "antenna", "x_m", "y_m", "antenna_height_m", "frequency_mhz", "bandwidth_mhz",
    "azimuth_deg", "mechanical_tilt_deg", "electrical_tilt_deg", "tx_power_dbm", "feeder_loss_db",
)  # fmt: skip


def _key(table: CellTable, i: int) -> str:
    said = repr([getattr(table, name)[i].item() for name in _RADIO_FIELDS])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
