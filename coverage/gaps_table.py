"""Verdicts as tables for people: one row per hamlet, and totals by commune."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.result_schema import CONFIDENCES, VERDICTS, VILLAGE_TOTALS, VILLAGE_VERDICTS
from .cells import CellTable
from .gap_decision import PARTIAL
from .gaps import Verdicts
from .plans.names import commune_key

__all__ = ["decided_by", "totals", "verdict_table"]


def verdict_table(
    verdicts: Verdicts, villages: pd.DataFrame, cells: CellTable, *, indoors: Verdicts | None = None
) -> pd.DataFrame:
    """Return the wide table `gis_data.result_schema.VILLAGE_VERDICTS`, in the order of `villages`.

    Columns of technologies that the rule does not have are left out.

    Parameters
    ----------
    verdicts : Verdicts
    villages : DataFrame
        Columns of `gis_data.schema.VILLAGES`; as many rows as verdicts, in the same order.
    cells : CellTable
        The one that `verdicts` was computed from, to name the best cells.
    indoors : Verdicts or None
        Of `coverage.indoors.indoor_levels`; None leaves out the columns of indoors.

    Raises
    ------
    ValueError
        Different numbers of hamlets.
    """
    if len(villages) != len(verdicts):
        raise ValueError(f"{len(verdicts)} verdicts for {len(villages)} hamlets")
    data: dict[str, object] = {
        "verdict": np.array(VERDICTS, dtype=object)[verdicts.verdict],
        "confidence": np.array(CONFIDENCES, dtype=object)[verdicts.confidence],
        "dead_zone": verdicts.dead,
        "signal_gap": _signal_gap(verdicts),
        "decided_by": decided_by(verdicts),
        "samples": verdicts.samples,
        "verdict_model": np.array(VERDICTS, dtype=object)[verdicts.model_verdict],
        "p_verdict": verdicts.p,
        "p_voice": verdicts.p_voice,
        "p_broadband": verdicts.p_broadband,
        "voice_masts": verdicts.masts,
    }
    for t, technology in enumerate(verdicts.technologies):
        data |= _technology_columns(verdicts, t, technology.lower(), cells)
    if indoors is not None:
        data |= _indoor_columns(indoors)
    for column in VILLAGE_VERDICTS.columns:
        if column.name not in data and column.name in villages.columns:
            data[column.name] = villages[column.name].to_numpy()
    order = [column.name for column in VILLAGE_VERDICTS.columns if column.name in data]
    return pd.DataFrame({name: data[name] for name in order})


def decided_by(verdicts: Verdicts) -> NDArray[np.object_]:
    """Return which source decided each verdict: "measurement", "model_shifted" (by samples) or "model"."""
    kinds = [verdicts.by_measurement, verdicts.by_shift]
    return np.select(kinds, ["measurement", "model_shifted"], "model").astype(object)


def _signal_gap(verdicts: Verdicts) -> NDArray[np.object_]:
    """Where a dead zone has no signal: at the centre, in clusters, or nowhere but of one operator alone."""
    white, partial = verdicts.verdict < PARTIAL, verdicts.verdict == PARTIAL
    kinds = [white, partial & verdicts.split, partial]
    return np.select(kinds, ["white", "split", "dip"], "").astype(object)


def _technology_columns(verdicts: Verdicts, t: int, name: str, cells: CellTable) -> dict[str, object]:
    index = verdicts.best_cell[:, t]
    return {
        f"level_{name}_dbm": verdicts.level_dbm[:, t],
        f"shift_{name}_db": verdicts.shift_db[:, t],
        f"p_{name}": verdicts.p_covered[:, t],
        f"share_people_{name}": verdicts.share_people[:, t],
        f"served_{name}": verdicts.served[:, t],
        f"best_cell_{name}": _names(cells.cell_id, index),
        f"servers_{name}": verdicts.servers[:, t],
    }


def _indoor_columns(indoors: Verdicts) -> dict[str, object]:
    data: dict[str, object] = {
        "verdict_indoor": np.array(VERDICTS, dtype=object)[indoors.verdict],
        "confidence_indoor": np.array(CONFIDENCES, dtype=object)[indoors.confidence],
    }
    for t, technology in enumerate(indoors.technologies):
        name = technology.lower()
        data[f"p_indoor_{name}"] = indoors.p_covered[:, t]
        data[f"share_people_indoor_{name}"] = indoors.share_people[:, t]
        data[f"served_indoor_{name}"] = indoors.served[:, t]
    return data


def _names(ids: NDArray[np.str_], index: NDArray[np.int32]) -> NDArray[np.object_]:
    """Id at each index, None at -1."""
    names = np.full(len(index), None, dtype=object)
    known = index >= 0
    names[known] = ids[index[known]]
    return names


def totals(table: pd.DataFrame, communes: pd.DataFrame | None = None, *, by: str = "commune") -> pd.DataFrame:
    """Sum a verdict table by commune and over all: `gis_data.result_schema.VILLAGE_TOTALS`.

    Parameters
    ----------
    table : DataFrame
        From `verdict_table`.
    communes : DataFrame or None
        Columns of `gis_data.schema.COMMUNES`; a commune of it without hamlets gets a row of zeros. Names are
        compared as people write them: with or without "Xã" or "Phường", either way of placing the tone mark.
    by : {"commune", "old_commune"}
        Communes of today, or those before 1 July 2025.

    Returns
    -------
    DataFrame
        Communes in alphabetical order of their name, then one row of scope "all".
    """
    names = table[by].fillna("").astype(str) if by in table else pd.Series("", index=table.index)
    listed = [] if communes is None else communes["name"].astype(str).tolist()
    official = {commune_key(name): name for name in sorted(listed, reverse=True)}
    if len(official) < len(set(listed)):  # "Phường Hải Hòa" beside "Xã Hải Hòa": only the full name tells
        official = {name: name for name in listed}
    labels = [official.get(name, official.get(commune_key(name), name)) for name in names]
    groups = table.groupby(np.array(labels, dtype=object), sort=False).indices if len(table) else {}
    hamlets, nowhere = _Hamlets.of(table), np.zeros(0, np.int64)
    rows: list[dict[str, object]] = [
        {"scope": "commune", "commune": name, **_sums(hamlets, np.asarray(groups.get(name, nowhere)))}
        for name in sorted({*labels, *listed})
    ]
    rows.append({"scope": "all", "commune": "", **_sums(hamlets, np.arange(len(table)))})
    return pd.DataFrame(rows, columns=[column.name for column in VILLAGE_TOTALS.columns])


@dataclass(frozen=True)
class _Hamlets:
    """What is summed, as arrays; `verdict` counts from 0 in the order of the codes, -1 none of them."""

    population: pd.Series[Any]
    dead: NDArray[np.bool_]
    uncertain: NDArray[np.bool_]
    powered: NDArray[np.bool_]
    verdict: NDArray[np.int64]

    @classmethod
    def of(cls, table: pd.DataFrame) -> _Hamlets:
        powered = np.ones(len(table), bool)
        dead = table["dead_zone"].to_numpy(dtype=bool)
        if "grid_power" in table:
            powered[dead] = table["grid_power"][dead].to_numpy(dtype=bool)
        at = {code: number for number, code in enumerate(VERDICTS)}
        verdict = np.array([at.get(code, -1) for code in table["verdict"]], dtype=np.int64)
        uncertain = (table["confidence"] == "uncertain").to_numpy(dtype=bool)
        return cls(table["population"].reset_index(drop=True), dead, uncertain, powered, verdict)


def _sums(table: _Hamlets, rows: NDArray[np.int64]) -> dict[str, object]:
    def people_of(chosen: NDArray[np.int64]) -> float:
        return float(table.population.take(chosen).sum()) if len(chosen) else 0.0

    people = people_of(rows)
    dead = rows[table.dead[rows]]
    dead_people = people_of(dead)
    sums: dict[str, object] = {
        "hamlets": len(rows),
        "people": people,
        "dead_hamlets": len(dead),
        "dead_people": dead_people,
        "share_people_dead": dead_people / people if people > 0 else np.nan,
        "dead_uncertain_hamlets": int(table.uncertain[dead].sum()),
        "dead_without_power_hamlets": int((~table.powered[dead]).sum()),
    }
    verdict = table.verdict[rows]
    for number, code in enumerate(VERDICTS):
        chosen = rows[verdict == number]
        sums[f"hamlets_{code}"] = len(chosen)
        sums[f"people_{code}"] = people_of(chosen)
    return sums
