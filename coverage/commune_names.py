"""Communes of today for hamlets whose file still names those before 1 July 2025."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from .plans.names import commune_key, full_key, split_commune

__all__ = ["communes_of_today"]


def communes_of_today(communes: pd.Series, crosswalk: pd.DataFrame, listed: Iterable[str] = ()) -> pd.Series:
    """Return the commune of today of each name; names that nobody can tell stay as they are.

    The first of these that holds: the name with its kind ("Xã Hoành Mô") is one of today; it is an old one
    that became part of one commune only; the name without its kind is one of today; it is an old one that
    became part of one commune only. A name without a kind goes by the last two alone. A district behind the
    name ("Quảng Lâm, huyện Đầm Hà") tells old communes of one name apart, and shows that the name is an old
    one: there are no districts today.

    Parameters
    ----------
    communes : Series of str
        As the file has them.
    crosswalk : DataFrame
        `gis_data.schema.COMMUNE_CROSSWALK`.
    listed : iterable of str
        Communes of today besides those of the crosswalk.
    """
    columns = [crosswalk[name].fillna("").astype(str) for name in ("old_commune", "old_district", "commune")]
    rows = list(zip(*columns, strict=True))
    today = {*(new for _, _, new in rows), *listed}
    looked_up = {name: _today(name, rows, today) for name in set(communes.fillna("").astype(str))}
    return communes.fillna("").astype(str).map(looked_up).astype(object)


def _today(name: str, rows: list[tuple[str, str, str]], today: set[str]) -> str:
    commune, district = split_commune(name)
    keys: tuple[Callable[[str], str], ...] = (full_key, commune_key)
    if full_key(commune) == commune_key(commune):
        keys = (commune_key,)
    for key in keys:
        if not district and key(commune) in {key(new) for new in today}:
            return name
        became = {
            new
            for old, old_district, new in rows
            if key(old) == key(commune)
            and (not district or commune_key(old_district) == commune_key(district))
        }
        if len(became) == 1:
            return became.pop()
    return name
