"""ITU-R P.1812-8 for one path: the reference implementation.

The whole model as plain float64 functions, written to be read beside the recommendation and checked against
its published vectors (`acceptance`). Maps are computed by the sweep, which is tested against this module.

Valid for 30 MHz … 6 GHz, 0.25 … 3000 km, antennas below 3000 m above ground and 1 … 50 % of time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from .p1812_anomalous import ducting_db, troposcatter_db
from .p1812_diffraction import DeltaBullington, delta_bullington, inverse_normal
from .p1812_geometry import (
    COASTAL,
    EARTH_RADIUS_KM_BETA,
    INLAND,
    Horizons,
    Profile,
    SmoothEarth,
    beta0_percent,
    effective_earth_radius_km,
    horizons,
    longest_section_km,
    sea_fraction,
    smooth_earth,
    terrain_roughness_m,
)
from .p1812_result import P1812Result

__all__ = [
    "NO_COAST_KM",
    "P1812Result",
    "Profile",
    "basic_transmission_loss",
    "location_variability_db",
]

NO_COAST_KM = 500.0
"""Distance to the coast that stands for "no coast near": sea coupling ends at 5 km."""


def location_variability_db(
    frequency_ghz: float, resolution_m: float, rx_height_m: float, rx_clutter_m: float
) -> float:
    """Outdoor standard deviation σ_L of the loss over the locations of a pixel (dB), §4.7, eqs. (64)–(66).

    Parameters
    ----------
    frequency_ghz : float
        Frequency.
    resolution_m : float
        Edge w_a of the square for which the prediction is made, < 1 km.
    rx_height_m : float
        Receiver height above ground.
    rx_clutter_m : float
        Representative clutter height at the receiver: the spread fades out over the 10 m above it.
    """
    fade = 1.0 - min(max((rx_height_m - rx_clutter_m) / 10.0, 0.0), 1.0)
    return (0.52 + 0.024 * frequency_ghz) * resolution_m**0.28 * fade


def basic_transmission_loss(
    profile: Profile,
    frequency_ghz: float,
    tx_height_m: float,
    rx_height_m: float,
    *,
    time_percent: float = 50.0,
    location_percent: float = 50.0,
    delta_n: float = 45.0,
    n0: float = 325.0,
    polarisation: str = "vertical",
    latitude_deg: float,
    location_sigma_db: float = 0.0,
    dct_km: float = NO_COAST_KM,
    dcr_km: float = NO_COAST_KM,
) -> P1812Result:
    """Basic transmission loss of one path, not exceeded for p % of the time and p_L % of locations.

    Parameters
    ----------
    profile : Profile
        Terrain from transmitter to receiver.
    frequency_ghz : float
        0.03 … 6 GHz.
    tx_height_m, rx_height_m : float
        Antenna heights above ground, 1 … 3000 m.
    time_percent : float
        p, 1 … 50 %.
    location_percent : float
        p_L, 1 … 99 %.
    delta_n : float
        Average lapse rate of refractivity ΔN, 0 … 157 N-units/km (both excluded).
    n0 : float
        Sea-level surface refractivity N_0 at the path centre (N-units), > 0.
    polarisation : {"horizontal", "vertical"}
        Polarisation.
    latitude_deg : float
        Latitude of the path centre, -90 … 90.
    location_sigma_db : float
        Standard deviation σ_L of the loss over locations, 0 … 100 dB; see `location_variability_db`.
    dct_km, dcr_km : float
        Distance over land from each antenna to the coast along the path, ≥ 0; 0 on a ship or sea platform.

    Returns
    -------
    P1812Result
        The loss and every intermediate quantity.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    Recommendation ITU-R P.1812-8 (09/2025), annex 1.
    """
    _check_arguments(
        (
            ("frequency_ghz", frequency_ghz, 0.03, 6.0),
            ("tx_height_m", tx_height_m, 1.0, 3000.0),
            ("rx_height_m", rx_height_m, 1.0, 3000.0),
            ("time_percent", time_percent, 1.0, 50.0),
            ("location_percent", location_percent, 1.0, 99.0),
            ("latitude_deg", latitude_deg, -90.0, 90.0),
            ("location_sigma_db", location_sigma_db, 0.0, 100.0),
            ("dct_km", dct_km, 0.0, math.inf),
            ("dcr_km", dcr_km, 0.0, math.inf),
        ),
        delta_n,
        n0,
        polarisation,
    )
    path = _read_path(profile, tx_height_m, rx_height_m, delta_n, latitude_deg)
    sight = _line_of_sight(path, frequency_ghz, time_percent)
    diffraction = _diffraction(profile, path, sight, frequency_ghz, time_percent, polarisation == "vertical")
    lba = _ducting(path, frequency_ghz, time_percent, dct_km, dcr_km)
    lbs = troposcatter_db(path.d_km, path.horizon.theta_mrad, frequency_ghz, n0, time_percent)
    blend = _blend(path, sight, diffraction, lba, lbs, time_percent)
    lb = max(sight.lb0p, blend["lbc_db"] - inverse_normal(location_percent / 100.0) * location_sigma_db)
    return P1812Result(
        **path.quantities(),
        lbfs_db=sight.lbfs,
        lb0p_db=sight.lb0p,
        lb0b_db=sight.lb0b,
        **diffraction.quantities(),
        lba_db=lba,
        lbs_db=lbs,
        **blend,
        lb_db=lb,
        field_strength_dbuv_m=199.36 + 20.0 * math.log10(frequency_ghz) - lb,
    )


def _check_arguments(
    ranges: tuple[tuple[str, float, float, float], ...], delta_n: float, n0: float, polarisation: str
) -> None:
    for name, value, low, high in ranges:
        if not low <= value <= high:
            raise ValueError(f"{name} must lie between {low:g} and {high:g}, not at {value:g}")
    if not 0.0 < delta_n < 157.0:
        raise ValueError(f"delta_n must lie above 0 and below 157 N-units/km, not at {delta_n:g}")
    if not 0.0 < n0 < math.inf:
        raise ValueError(f"n0 must be a positive number of N-units, not {n0:g}")
    if polarisation not in ("horizontal", "vertical"):
        raise ValueError(f"polarisation must be 'horizontal' or 'vertical', not {polarisation!r}")


@dataclass(frozen=True)
class _Path:
    """Everything about the path that does not depend on frequency or time."""

    d_km: float
    hts_m: float
    hrs_m: float
    omega: float
    dtm_km: float
    dlm_km: float
    phi_deg: float
    beta0: float
    ae_km: float
    smooth: SmoothEarth
    horizon: Horizons
    hm_m: float

    @property
    def hte_m(self) -> float:
        return self.hts_m - self.smooth.hst_ducting_m

    @property
    def hre_m(self) -> float:
        return self.hrs_m - self.smooth.hsr_ducting_m

    def quantities(self) -> dict[str, float]:
        horizon, smooth = self.horizon, self.smooth
        return {
            **{name: getattr(self, name) for name in ("d_km", "hts_m", "hrs_m", "omega", "dtm_km", "dlm_km")},
            **{name: getattr(self, name) for name in ("phi_deg", "ae_km", "hte_m", "hre_m", "hm_m")},
            **{name: getattr(horizon, name) for name in ("dlt_km", "dlr_km", "theta_t_mrad", "theta_r_mrad")},
            **{field.name: getattr(smooth, field.name) for field in fields(smooth)},
            "theta_mrad": horizon.theta_mrad,
            "beta0_percent": self.beta0,
            "hted_m": self.hts_m - smooth.hstd_m,
            "hred_m": self.hrs_m - smooth.hsrd_m,
        }


def _read_path(
    profile: Profile, tx_height_m: float, rx_height_m: float, delta_n: float, latitude_deg: float
) -> _Path:
    hts = float(profile.height_m[0]) + tx_height_m
    hrs = float(profile.height_m[-1]) + rx_height_m
    dtm, dlm = longest_section_km(profile, (COASTAL, INLAND)), longest_section_km(profile, (INLAND,))
    ae = effective_earth_radius_km(delta_n)
    smooth = smooth_earth(profile, hts, hrs)
    horizon = horizons(profile, hts, hrs, ae)
    return _Path(
        d_km=profile.length_km,
        hts_m=hts,
        hrs_m=hrs,
        omega=sea_fraction(profile),
        dtm_km=dtm,
        dlm_km=dlm,
        phi_deg=latitude_deg,
        beta0=beta0_percent(latitude_deg, dtm, dlm),
        ae_km=ae,
        smooth=smooth,
        horizon=horizon,
        hm_m=terrain_roughness_m(profile, smooth, horizon),
    )


@dataclass(frozen=True)
class _LineOfSight:
    lbfs: float
    lb0p: float
    lb0b: float


def _line_of_sight(path: _Path, frequency_ghz: float, time_percent: float) -> _LineOfSight:
    """Free space, and multipath and focusing on top of it, §4.2."""
    slant2 = path.d_km**2 + ((path.hts_m - path.hrs_m) / 1000.0) ** 2
    lbfs = 92.4 + 20.0 * math.log10(frequency_ghz) + 10.0 * math.log10(slant2)
    spread = 2.6 * (1.0 - math.exp(-0.1 * (path.horizon.dlt_km + path.horizon.dlr_km)))
    return _LineOfSight(
        lbfs=lbfs,
        lb0p=lbfs + spread * math.log10(time_percent / 50.0),
        lb0b=lbfs + spread * math.log10(path.beta0 / 50.0),
    )


@dataclass(frozen=True)
class _Diffraction:
    median: DeltaBullington
    beta: DeltaBullington
    fi: float
    ldp: float
    lbd50: float
    lbd: float

    def quantities(self) -> dict[str, float]:
        return {
            "lbulla_50_db": self.median.lbulla_db,
            "lbulls_50_db": self.median.lbulls_db,
            "ldsph_50_db": self.median.ldsph_db,
            "lbulla_db": self.beta.lbulla_db,
            "lbulls_db": self.beta.lbulls_db,
            "ldsph_db": self.beta.ldsph_db,
            "ld50_db": self.median.loss_db,
            "ldb_db": self.beta.loss_db,
            "fi": self.fi,
            "ldp_db": self.ldp,
            "lbd50_db": self.lbd50,
            "lbd_db": self.lbd,
        }


def _diffraction(
    profile: Profile,
    path: _Path,
    sight: _LineOfSight,
    frequency_ghz: float,
    time_percent: float,
    vertical: bool,
) -> _Diffraction:
    """Diffraction over the median earth and over that of β0 %, and between them for p %, §4.3.5."""
    median, beta = (
        delta_bullington(
            profile,
            path.hts_m,
            path.hrs_m,
            path.smooth.hstd_m,
            path.smooth.hsrd_m,
            radius,
            frequency_ghz,
            path.omega,
            vertical,
        )
        for radius in (path.ae_km, EARTH_RADIUS_KM_BETA)
    )
    fi = 1.0
    if time_percent > path.beta0:
        fi = inverse_normal(time_percent / 100.0) / inverse_normal(path.beta0 / 100.0)
    # At 50 % the recommendation takes the median itself; its I(0.5) is only nearly zero.
    ldp = median.loss_db
    if time_percent < 50.0:
        ldp += fi * (beta.loss_db - median.loss_db)
    return _Diffraction(median, beta, fi, ldp, sight.lbfs + median.loss_db, sight.lb0p + ldp)


def _ducting(path: _Path, frequency_ghz: float, time_percent: float, dct_km: float, dcr_km: float) -> float:
    return ducting_db(
        path.horizon,
        length_km=path.d_km,
        ae_km=path.ae_km,
        frequency_ghz=frequency_ghz,
        time_percent=time_percent,
        beta0=path.beta0,
        dlm_km=path.dlm_km,
        omega=path.omega,
        hts_m=path.hts_m,
        hrs_m=path.hrs_m,
        hte_m=path.hte_m,
        hre_m=path.hre_m,
        hm_m=path.hm_m,
        dct_km=dct_km,
        dcr_km=dcr_km,
    )


def _smaller_of(first_db: float, second_db: float, scale: float) -> float:
    """Return −scale·ln(e^(−first/scale) + e^(−second/scale)) without leaving the range of float64."""
    low, high = min(first_db, second_db), max(first_db, second_db)
    return low - scale * math.log1p(math.exp((low - high) / scale))


def _blend(
    path: _Path, sight: _LineOfSight, diffraction: _Diffraction, lba: float, lbs: float, time_percent: float
) -> dict[str, float]:
    """Combine line of sight, diffraction, ducting and troposcatter, §4.6."""
    fj = 1.0 - 0.5 * (1.0 + math.tanh(3.0 * 0.8 * (path.horizon.theta_mrad - 0.3) / 0.3))
    fk = 1.0 - 0.5 * (1.0 + math.tanh(3.0 * 0.5 * (path.d_km - 20.0) / 20.0))
    over_land = (1.0 - path.omega) * diffraction.ldp
    if time_percent < path.beta0:
        lminb0p = sight.lb0p + over_land
    else:
        lminb0p = diffraction.lbd50 + (sight.lb0b + over_land - diffraction.lbd50) * diffraction.fi
    lminbap = -_smaller_of(-lba, -sight.lb0p, 2.5)
    lbda = diffraction.lbd
    if lminbap <= diffraction.lbd:
        lbda = lminbap + (diffraction.lbd - lminbap) * fk
    lbam = lbda + (lminb0p - lbda) * fj
    return {
        "fj": fj,
        "fk": fk,
        "lminb0p_db": lminb0p,
        "lminbap_db": lminbap,
        "lbda_db": lbda,
        "lbam_db": lbam,
        "lbc_db": _smaller_of(lbs, lbam, 5.0 / math.log(10.0)),
    }
