"""The cells that candidates would have."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..cells import CellTable
from ..station_radio import StationRadio
from .candidates import Candidate

__all__ = ["candidate_cells"]


def candidate_cells(
    candidates: Sequence[Candidate], radio: dict[str, StationRadio], operator: str
) -> tuple[CellTable, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the cells that the candidates would have, and the candidate of each cell.

    Candidates on one host share a mast in the table, so that one terrain sweep serves them.

    Parameters
    ----------
    candidates : sequence of Candidate
    radio : dict of str to StationRadio
        By technology.
    operator : str
    """
    rows = [
        (c, candidate, radio[technology], azimuth, f"{candidate.candidate_id}/{technology}/{k + 1}")
        for c, candidate in enumerate(candidates)
        for technology in candidate.technologies
        for k, azimuth in enumerate(candidate.azimuths_deg or (math.nan,))
    ]
    always = np.full(len(rows), "NaT", "datetime64[D]")

    def numbers(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array(values, np.float64)

    table = CellTable(
        cell_id=np.array([r[4] for r in rows], str),
        mast_id=np.array([f"{r[1].host}:{r[1].host_id}" for r in rows], str),
        operator=np.full(len(rows), operator),
        technology=np.array([r[2].technology for r in rows], str),
        antenna=np.array([r[2].antenna if r[1].azimuths_deg else "omni" for r in rows], str),
        x_m=numbers([r[1].x_m for r in rows]),
        y_m=numbers([r[1].y_m for r in rows]),
        antenna_height_m=numbers([r[1].antenna_height_m for r in rows]),
        frequency_mhz=numbers([r[2].frequency_mhz for r in rows]),
        bandwidth_mhz=numbers([r[2].bandwidth_mhz for r in rows]),
        azimuth_deg=numbers([r[3] for r in rows]),
        mechanical_tilt_deg=numbers([r[2].mechanical_tilt_deg for r in rows]),
        electrical_tilt_deg=numbers([r[2].electrical_tilt_deg for r in rows]),
        tx_power_dbm=numbers([min(r[2].tx_power_dbm, r[1].power_limit_dbm) for r in rows]),
        feeder_loss_db=numbers([r[2].feeder_loss_db for r in rows]),
        on_air=always,
        off_air=always,
    )
    return table, np.array([r[0] for r in rows], np.int64)
