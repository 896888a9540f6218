"""Anomalous propagation of ITU-R P.1812-8: troposcatter (§4.4), ducting and layer reflection (§4.5)."""

from __future__ import annotations

import math

from .p1812_geometry import Horizons, tau

__all__ = ["ducting_db", "troposcatter_db"]


def troposcatter_db(
    length_km: float, theta_mrad: float, frequency_ghz: float, n0: float, time_percent: float
) -> float:
    """Basic transmission loss by troposcatter L_bs (dB), eqs. (44), (45).

    Parameters
    ----------
    length_km : float
        Path length d.
    theta_mrad : float
        Path angular distance θ.
    frequency_ghz : float
        Frequency.
    n0 : float
        Sea-level surface refractivity N_0 at the path centre (N-units).
    time_percent : float
        p, ≤ 50 %.
    """
    frequency_term = 25.0 * math.log10(frequency_ghz) - 2.5 * math.log10(0.5 * frequency_ghz) ** 2
    return (
        190.1
        + frequency_term
        + 20.0 * math.log10(length_km)
        + 0.573 * theta_mrad
        - 0.15 * n0
        - 10.125 * math.log10(50.0 / time_percent) ** 0.7
    )


def _site_shielding_db(theta_mrad: float, horizon_km: float, frequency_ghz: float) -> float:
    """A_st or A_sr (dB), eq. (48), for a horizon at an elevation and a distance."""
    excess = theta_mrad - 0.1 * horizon_km
    if excess <= 0.0:
        return 0.0
    spread = 20.0 * math.log10(1.0 + 0.361 * excess * math.sqrt(frequency_ghz * horizon_km))
    return spread + 0.264 * excess * frequency_ghz ** (1.0 / 3.0)


def _sea_coupling_db(omega: float, coast_km: float, horizon_km: float, height_m: float) -> float:
    """A_ct or A_cr (dB, ≤ 0), eq. (49): an antenna near the coast couples into ducts over the sea."""
    if omega < 0.75 or coast_km > horizon_km or coast_km > 5.0:
        return 0.0
    return -3.0 * math.exp(-0.25 * coast_km**2) * (1.0 + math.tanh(0.07 * (50.0 - height_m)))


def _fixed_coupling_db(
    horizon: Horizons,
    frequency_ghz: float,
    omega: float,
    hts_m: float,
    hrs_m: float,
    dct_km: float,
    dcr_km: float,
) -> float:
    """Fixed coupling loss A_f between the antennas and the layer (dB), eqs. (47)–(49)."""
    low = 45.375 - 137.0 * frequency_ghz + 92.5 * frequency_ghz**2 if frequency_ghz < 0.5 else 0.0
    return (
        102.45
        + 20.0 * math.log10(frequency_ghz)
        + 20.0 * math.log10(horizon.dlt_km + horizon.dlr_km)
        + low
        + _site_shielding_db(horizon.theta_t_mrad, horizon.dlt_km, frequency_ghz)
        + _site_shielding_db(horizon.theta_r_mrad, horizon.dlr_km, frequency_ghz)
        + _sea_coupling_db(omega, dct_km, horizon.dlt_km, hts_m)
        + _sea_coupling_db(omega, dcr_km, horizon.dlr_km, hrs_m)
    )


def _beta_percent(
    horizon: Horizons,
    length_km: float,
    ae_km: float,
    beta0: float,
    dlm_km: float,
    hte_m: float,
    hre_m: float,
    hm_m: float,
) -> float:
    """β (%), eqs. (53)–(55): β0 corrected for path geometry (μ2) and terrain roughness (μ3)."""
    alpha = max(-0.6 - 3.5e-9 * length_km**3.1 * tau(dlm_km), -3.4)
    geometry = 500.0 * length_km**2 / (ae_km * (math.sqrt(hte_m) + math.sqrt(hre_m)) ** 2)
    mu2 = min(geometry**alpha, 1.0)
    mu3 = 1.0
    if hm_m > 10.0:
        between_km = min(length_km - horizon.dlt_km - horizon.dlr_km, 40.0)
        mu3 = math.exp(-4.6e-5 * (hm_m - 10.0) * (43.0 + 6.0 * between_km))
    return beta0 * mu2 * mu3


def _time_term_db(length_km: float, beta: float, time_percent: float) -> float:
    """Time variability A(p) (dB), eqs. (52), (53a)."""
    log_beta = math.log10(beta)
    decay = math.exp(-(9.51 - 4.8 * log_beta + 0.198 * log_beta**2) * 1.0e-6 * length_km**1.13)
    gamma = 1.076 / (2.0058 - log_beta) ** 1.012 * decay
    ratio = time_percent / beta
    return -12.0 + (1.2 + 3.7e-3 * length_km) * math.log10(ratio) + 12.0 * ratio**gamma


def ducting_db(
    horizon: Horizons,
    *,
    length_km: float,
    ae_km: float,
    frequency_ghz: float,
    time_percent: float,
    beta0: float,
    dlm_km: float,
    omega: float,
    hts_m: float,
    hrs_m: float,
    hte_m: float,
    hre_m: float,
    hm_m: float,
    dct_km: float,
    dcr_km: float,
) -> float:
    """Basic transmission loss by ducting and layer reflection L_ba (dB), eqs. (46)–(56).

    Parameters
    ----------
    horizon : Horizons
        Radio horizons of the path.
    length_km, ae_km : float
        Path length and median effective earth radius.
    frequency_ghz, time_percent : float
        Frequency, and p ≤ 50 %.
    beta0 : float
        β0 (%).
    dlm_km : float
        Longest unbroken inland section.
    omega : float
        Fraction of the path over sea.
    hts_m, hrs_m : float
        Antenna heights above sea level.
    hte_m, hre_m : float
        Antenna heights above the ducting model's smooth earth.
    hm_m : float
        Terrain roughness.
    dct_km, dcr_km : float
        Distance over land from each antenna to the coast along the path.
    """
    coupling = _fixed_coupling_db(horizon, frequency_ghz, omega, hts_m, hrs_m, dct_km, dcr_km)
    per_mrad = 5.0e-5 * ae_km * frequency_ghz ** (1.0 / 3.0)
    angle = (
        1000.0 * length_km / ae_km
        + min(horizon.theta_t_mrad, 0.1 * horizon.dlt_km)
        + min(horizon.theta_r_mrad, 0.1 * horizon.dlr_km)
    )
    beta = _beta_percent(horizon, length_km, ae_km, beta0, dlm_km, hte_m, hre_m, hm_m)
    return coupling + per_mrad * angle + _time_term_db(length_km, beta, time_percent)
