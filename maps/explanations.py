"""Why single hamlets lack a service, as a map made of tiles tells it one by one."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .content import HamletProfile
from .payload import profile_values, reason_values

__all__ = ["explanations"]


def explanations(table: pd.DataFrame, profiles: tuple[HamletProfile, ...]) -> dict[str, dict[str, Any]]:
    """Return what a map made of tiles tells of each hamlet of a table of reasons, by village_id.

    Parameters
    ----------
    table : DataFrame
        `gis_data.gap_schema.HAMLET_REASONS`.
    profiles : tuple of HamletProfile
        Of those that have one.
    """
    drawn = {one.village_id: profile_values(one) for one in profiles}
    columns = reason_values(table)
    found = {}
    for k, village in enumerate(table["village_id"].astype(str)):
        told = {name: values[k] for name, values in columns.items() if values[k] is not None}
        found[village] = {"reason": told, "profile": drawn.get(village)}
    return found
