"""How many digits of a result are worth writing."""

from __future__ import annotations

import pandas as pd

from .schema import Table

__all__ = ["rounded"]


def rounded(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return a frame with decibels to 0.01 and probabilities and shares to 0.00001, for text files.

    Parameters
    ----------
    frame : DataFrame
    table : Table
        Its columns tell the units.
    """
    digits = {"dB": 2, "dBm": 2, "m": 1, "people": 3, "probability": 5, "share of people": 5}
    known = {c.name: digits[c.unit] for c in table.columns if c.unit in digits and c.name in frame.columns}
    return frame.round(known)
