"""Made-up masts and cells like those of four operators: dense where people live, none where told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["cells_of", "synthetic_network"]

Heights = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

# band, MHz, bandwidth MHz, dBm of the whole carrier, pattern, year from which it is built
_CARRIERS: dict[str, tuple[tuple[str, float, float, float, str, int], ...]] = {
    "2G": (("GSM900", 940.0, 0.2, 43.0, "3gpp-36.814", 2010),),
    "3G": (("UMTS2100", 2140.0, 5.0, 43.0, "3gpp-36.814", 2010),),
    "4G": (("LTE1800", 1840.0, 20.0, 46.0, "3gpp-36.814", 2016),),
    "5G": (
        ("NR2600", 2600.0, 100.0, 50.0, "3gpp-38.901", 2024),
        ("NR3700", 3750.0, 100.0, 50.0, "3gpp-38.901", 2024),
    ),
}
_SHARE_OF_OPERATORS = (0.40, 0.30, 0.22, 0.08)
_SHARED_MASTS = 0.29  # the province's stated sharing ratio at the end of 2022
_CANDIDATES_TRIED = 24


def synthetic_network(
    settlements: pd.DataFrame,
    height_at: Heights,
    *,
    n_masts: int,
    operators: Sequence[str],
    first_year: int = 2010,
    last_year: int = 2025,
    seed: int,
    avoid: pd.DataFrame | None = None,
    prefix: str = "QN",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place masts by people, on the highest of a few tries near each chosen settlement, and fill them.

    Parameters
    ----------
    settlements : DataFrame
        x_m, y_m, people.
    height_at : callable
        Terrain height (m) at arrays of positions.
    n_masts : int
    operators : sequence of str
        Largest first.
    first_year, last_year : int
        On-air dates lie between them.
    seed : int
    avoid : DataFrame or None
        x_m, y_m, radius_m: circles that stay empty.
    prefix : str
        Of the ids.

    Returns
    -------
    masts, cells : DataFrame
        Columns of `gis_data.schema` MASTS (with x_m, y_m in place of a geometry) and CELLS.
    """
    rng = np.random.default_rng(seed)
    x_m, y_m, people = _sites(settlements, height_at, n_masts, avoid, rng)
    masts: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    for number in range(len(x_m)):
        here = _operators_on(operators, people[number], rng)
        started = date(first_year, 1, 1) + timedelta(
            days=int(rng.integers(0, 365 * (last_year - first_year)))
        )
        height_m = float(rng.choice([30.0, 36.0, 42.0, 45.0, 48.0]))
        mast_id = f"{prefix}{number + 1:04d}"
        azimuths = tuple(float(a) for a in (rng.integers(0, 120) + np.array([0, 120, 240])) % 360)
        masts.append(_mast(mast_id, x_m[number], y_m[number], here[0], height_m, tuple(here), rng))
        for tenant, operator in enumerate(here):
            on_air = min(started + timedelta(days=200 * tenant), date(last_year, 12, 1))
            technologies = _technologies(people[number], operator == operators[0], on_air, rng)
            cells += cells_of(
                mast_id, operator, technologies, height_m - 2.0 - 4.0 * tenant, azimuths,
                band_index=len(operator), on_air=on_air,
            )  # fmt: skip
    return pd.DataFrame(masts), pd.DataFrame(cells)


def _sites(
    settlements: pd.DataFrame,
    height_at: Heights,
    n_masts: int,
    avoid: pd.DataFrame | None,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Positions near settlements chosen by their people to the power of 0.8, and the people there."""
    at = settlements[["x_m", "y_m"]].to_numpy(np.float64)
    people = settlements["people"].to_numpy(np.float64)
    allowed = _outside(at[:, 0], at[:, 1], avoid)
    chance = people**0.8 * allowed
    again = n_masts > np.count_nonzero(chance)
    chosen = rng.choice(len(at), size=n_masts, p=chance / chance.sum(), replace=again)
    x_m, y_m = np.empty(n_masts), np.empty(n_masts)
    for number, settlement in enumerate(chosen):
        reach_m = 300.0 if people[settlement] > 3000 else 900.0
        tries = at[settlement] + rng.uniform(-reach_m, reach_m, (_CANDIDATES_TRIED, 2))
        height = np.where(
            _outside(tries[:, 0], tries[:, 1], avoid), height_at(tries[:, 0], tries[:, 1]), -np.inf
        )
        best = tries[np.argmax(np.where(height > 1.0, height, -np.inf))]
        x_m[number], y_m[number] = np.round(best if np.any(height > 1.0) else at[settlement], 1)
    return x_m, y_m, people[chosen]


def _outside(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], avoid: pd.DataFrame | None
) -> NDArray[np.bool_]:
    free = np.ones(len(x_m), dtype=bool)
    if avoid is not None:
        for circle in avoid.itertuples():
            free &= np.hypot(x_m - circle.x_m, y_m - circle.y_m) > circle.radius_m
    return free


def _operators_on(operators: Sequence[str], people: float, rng: np.random.Generator) -> list[str]:
    """The owner first; a shared mast has a second operator, in towns sometimes a third."""
    share = np.array(_SHARE_OF_OPERATORS[: len(operators)])
    if people < 1000 and len(operators) > 3:
        share[3] = 0.0  # the smallest operator is in towns only
    order = rng.choice(len(operators), size=np.count_nonzero(share), replace=False, p=share / share.sum())
    shared = rng.random() < _SHARED_MASTS
    count = 1 + shared + (shared and people > 5000 and rng.random() < 0.3)
    return [operators[i] for i in order[:count]]


def _technologies(people: float, first: bool, on_air: date, rng: np.random.Generator) -> list[str]:
    """Older and larger sites have more; 5G stands where many people are."""
    technologies = ["4G"]
    if on_air.year < 2019 and rng.random() < 0.75:
        technologies.insert(0, "2G")
    if on_air.year < 2018 and rng.random() < 0.35:
        technologies.insert(-1, "3G")
    if people > 4000 and rng.random() < (0.35 if first else 0.15):
        technologies.append("5G")
    return technologies


def _mast(
    mast_id: str,
    x_m: float,
    y_m: float,
    owner: str,
    height_m: float,
    tenants: tuple[str, ...],
    rng: np.random.Generator,
) -> dict[str, Any]:
    return {
        "mast_id": mast_id,
        "owner": owner,
        "kind": str(rng.choice(["tower", "monopole", "rooftop"], p=[0.75, 0.15, 0.10])),
        "height_m": height_m,
        "power": str(rng.choice(["grid", "hybrid"], p=[0.93, 0.07])),
        "backhaul": str(rng.choice(["fibre", "microwave"], p=[0.86, 0.14])),
        "tenants": ";".join(tenants),
        "x_m": x_m,
        "y_m": y_m,
    }


def cells_of(
    mast_id: str,
    operator: str,
    technologies: Sequence[str],
    antenna_height_m: float,
    azimuths: tuple[float, ...],
    *,
    band_index: int,
    on_air: date | None = None,
) -> list[dict[str, Any]]:
    """Three sectors a technology; a technology younger than the site comes on air when it is built."""
    rows = []
    for technology in technologies:
        carriers = _CARRIERS[technology]
        band, frequency, bandwidth, power, pattern, year = carriers[band_index % len(carriers)]
        built = date(year, 1 + len(mast_id + operator) % 12, 15)
        for sector, azimuth in enumerate(azimuths, start=1):
            row = {
                "cell_id": f"{mast_id}-{operator[:7].upper()}-{technology}-{sector}",
                "mast_id": mast_id,
                "operator": operator,
                "technology": technology,
                "band": band,
                "frequency_mhz": frequency,
                "bandwidth_mhz": bandwidth,
                "antenna_height_m": antenna_height_m,
                "azimuth_deg": azimuth,
                "mechanical_tilt_deg": 0.0,
                "electrical_tilt_deg": 3.0,
                "antenna": pattern,
                "tx_power_dbm": power,
                "feeder_loss_db": 0.5,
                "on_air": max(on_air or built, built).isoformat(),
                "off_air": None,
            }
            rows.append(row)
    return rows
