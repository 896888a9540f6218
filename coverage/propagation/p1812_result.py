"""The result of ITU-R P.1812-8 for one path, with every step on the way to it."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["P1812Result"]


@dataclass(frozen=True)
class P1812Result:
    """Basic transmission loss and every intermediate quantity, named after the recommendation's symbols.

    Attributes
    ----------
    d_km : float
        Path length.
    dlt_km, dlr_km : float
        Distance from the transmitter and the receiver to its radio horizon, eqs. (78), (81a).
    theta_t_mrad, theta_r_mrad : float
        Elevation of those horizons, eqs. (76)–(81).
    theta_mrad : float
        Path angular distance, eq. (82).
    hts_m, hrs_m : float
        Antenna heights above sea level.
    omega : float
        Fraction of the path over sea, 0 … 1.
    dtm_km, dlm_km : float
        Longest unbroken land and inland section, §3.6.
    phi_deg : float
        Latitude of the path centre.
    beta0_percent : float
        β0 (%), eq. (5).
    ae_km : float
        Median effective earth radius, eq. (7a).
    hst_m, hsr_m : float
        Smooth earth at the two ends (m above sea level), eqs. (85), (86).
    hst_ducting_m, hsr_ducting_m : float
        The same, not above the ground, eq. (90).
    hstd_m, hsrd_m : float
        Smooth earth of the diffraction model, eq. (89).
    hted_m, hred_m : float
        Antenna heights above it, eq. (37).
    hte_m, hre_m : float
        Antenna heights above the ducting model's smooth earth, eq. (92).
    hm_m : float
        Terrain roughness, eq. (93).
    fi, fj, fk : float
        Interpolation factors of time, of angle and of distance, 0 … 1, eqs. (40), (57), (58).
    lbfs_db : float
        Free-space loss, eq. (8).
    lb0p_db, lb0b_db : float
        Line-of-sight loss for p % and for β0 % of the time, eqs. (10), (11).
    lbulla_50_db, lbulls_50_db, ldsph_50_db : float
        Parts of the diffraction loss over the median earth, eqs. (21), (27).
    lbulla_db, lbulls_db, ldsph_db : float
        Parts of the diffraction loss over the earth of β0 % of the time.
    ld50_db, ldb_db : float
        Diffraction loss over the median earth and over that of β0 % of the time, eqs. (38), (39).
    ldp_db : float
        Diffraction loss for p % of the time, eq. (41).
    lbd50_db, lbd_db : float
        Basic transmission loss with median diffraction and with that of p % of the time, eqs. (42), (43).
    lminb0p_db : float
        Notional minimum loss of line of sight and sub-path diffraction over sea, eq. (59).
    lba_db : float
        Loss by ducting and layer reflection, eq. (46).
    lminbap_db : float
        Notional minimum loss of line of sight and ducting, eq. (60).
    lbda_db, lbam_db : float
        Diffraction blended with these, eqs. (61), (62).
    lbs_db : float
        Loss by troposcatter, eq. (44).
    lbc_db : float
        Loss for p % of the time and 50 % of locations, eq. (63).
    lb_db : float
        Basic transmission loss for p % of the time and p_L % of locations, eq. (69).
    field_strength_dbuv_m : float
        Field strength (dB(μV/m)) for 1 kW effective radiated power, eq. (70).
    """

    d_km: float
    dlt_km: float
    dlr_km: float
    theta_t_mrad: float
    theta_r_mrad: float
    theta_mrad: float
    hts_m: float
    hrs_m: float
    omega: float
    dtm_km: float
    dlm_km: float
    phi_deg: float
    beta0_percent: float
    ae_km: float
    hst_m: float
    hsr_m: float
    hst_ducting_m: float
    hsr_ducting_m: float
    hstd_m: float
    hsrd_m: float
    hted_m: float
    hred_m: float
    hte_m: float
    hre_m: float
    hm_m: float
    fi: float
    fj: float
    fk: float
    lbfs_db: float
    lb0p_db: float
    lb0b_db: float
    lbulla_50_db: float
    lbulls_50_db: float
    ldsph_50_db: float
    lbulla_db: float
    lbulls_db: float
    ldsph_db: float
    ld50_db: float
    ldb_db: float
    ldp_db: float
    lbd50_db: float
    lbd_db: float
    lminb0p_db: float
    lba_db: float
    lminbap_db: float
    lbda_db: float
    lbam_db: float
    lbs_db: float
    lbc_db: float
    lb_db: float
    field_strength_dbuv_m: float

    def as_dict(self) -> dict[str, float]:
        """Name and value of every quantity, in the order of the recommendation."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
