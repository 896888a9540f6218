"""Acceptance of the P.1812 implementation against printed step-by-step results.

A case passes when every printed quantity, not only the final loss, is met to its last printed digit. The
published results print 10 significant digits: a loss above 100 dB is known to half of 1e-7 dB.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from .p1812 import P1812Result, Profile, basic_transmission_loss

__all__ = [
    "AcceptanceCase",
    "AcceptanceReport",
    "Deviation",
    "Printed",
    "check_case",
    "check_cases",
    "tolerance",
]

_Key = TypeVar("_Key", bound=Hashable)

SIGNIFICANT_DIGITS = 10
TIE_SLACK = 0.01
"""Share of the half unit granted on top of it: a value that ends in 5 may be printed either way."""
ABSOLUTE_SLACK = 1.0e-12
"""Granted besides: factors near 0 are differences of numbers near 1, exact to 1e-16 whatever is printed."""

_FIELD_STRENGTH_WITH_GAINS = "Ep (dBuV/m) w.r.t. Ptx, Gtx, Grx"
FIELD_BY_LABEL: dict[tuple[str, str], str] = {
    ("d (km)", ""): "d_km",
    ("dlt (km)", "Eq (78)"): "dlt_km",
    ("dlr (km)", "Eq (81a)"): "dlr_km",
    ("th_t (mrad)", "Eqs (76-78)"): "theta_t_mrad",
    ("th_r (mrad)", "Eqs (79-81)"): "theta_r_mrad",
    ("th (mrad)", "Eq (82)"): "theta_mrad",
    ("hts (m)", ""): "hts_m",
    ("hrs (m)", ""): "hrs_m",
    ("htc (m)", "Table 5"): "hts_m",
    ("hrc (m)", "Table 5"): "hrs_m",
    ("w", "Table 5"): "omega",
    ("dtm (km)", "Sec 3.6"): "dtm_km",
    ("dlm (km)", "Sec 3.6"): "dlm_km",
    ("phi (deg)", "Eq (4)"): "phi_deg",
    ("b0 (%)", "Eq (5)"): "beta0_percent",
    ("ae (km)", "Eq (7a)"): "ae_km",
    ("hst (m)", "Eq (85)"): "hst_m",
    ("hsr (m)", "Eq (86)"): "hsr_m",
    ("hst (m)", "Eq (90a)"): "hst_ducting_m",
    ("hsr (m)", "Eq (90b)"): "hsr_ducting_m",
    ("hstd (m)", "Eq (89)"): "hstd_m",
    ("hsrd (m)", "Eq (89)"): "hsrd_m",
    ("htc (m)", "Eq (37a)"): "hted_m",
    ("hrc (m)", "Eq (37b)"): "hred_m",
    ("hte (m)", "Eq (92a)"): "hte_m",
    ("hre (m)", "Eq (92b)"): "hre_m",
    ("hm (m)", "Eq (93)"): "hm_m",
    ("Fi", "Eq (40)"): "fi",
    ("Fj", "Eq (57)"): "fj",
    ("Fk", "Eq (58)"): "fk",
    ("Lbfs", "Eq (8)"): "lbfs_db",
    ("Lb0p", "Eq (10)"): "lb0p_db",
    ("Lb0b", "Eq (11)"): "lb0b_db",
    ("Lbulla (dB)", "Eq (21)"): "lbulla_db",
    ("Lbulls (dB)", "Eq (21)"): "lbulls_db",
    ("Ldsph (dB)", "Eq (27)"): "ldsph_db",
    ("Ld50 (dB)", "Eq (39)"): "ld50_db",
    ("Ldb (dB)", "Eq (39)"): "ldb_db",
    ("Ldp (dB)", "Eq (41)"): "ldp_db",
    ("Lbd50 (dB)", "Eq (42)"): "lbd50_db",
    ("Lbd (dB)", "Eq (43)"): "lbd_db",
    ("Lminb0p (dB)", "Eq (59)"): "lminb0p_db",
    ("Lba (dB)", "Eq (46)"): "lba_db",
    ("Lminbap (dB)", "Eq (60)"): "lminbap_db",
    ("Lbda (dB)", "Eq (61)"): "lbda_db",
    ("Lbam (dB)", "Eq (62)"): "lbam_db",
    ("Lbs (dB)", "Eq (44)"): "lbs_db",
    ("Lbc (dB)", "Eq (63)"): "lbc_db",
    ("Lb (dB)", "Eq (69)"): "lb_db",
    ("Ep (dBuV/m)", "Eq (70)"): "field_strength_dbuv_m",
}
"""Field of `P1812Result` for each label and reference of the published results."""


@dataclass(frozen=True)
class Printed:
    """A quantity as a results file prints it: its label, its reference and the digits."""

    label: str
    reference: str
    text: str


@dataclass(frozen=True)
class AcceptanceCase:
    """Arguments of one computation and what it must print.

    Attributes
    ----------
    name : str
        Name of the case in the report.
    profile : Profile
        The path.
    frequency_ghz, tx_height_m, rx_height_m, time_percent, location_percent, location_sigma_db, delta_n, n0,
    polarisation, latitude_deg, dct_km, dcr_km
        As in `basic_transmission_loss`.
    tx_power_kw, tx_gain_dbi, rx_gain_dbi : float
        Power and gains of the field strength with those of the antennas.
    printed : tuple of Printed
        Every quantity to be compared.
    """

    name: str
    profile: Profile
    frequency_ghz: float
    tx_height_m: float
    rx_height_m: float
    time_percent: float
    location_percent: float
    location_sigma_db: float
    delta_n: float
    n0: float
    polarisation: str
    latitude_deg: float
    dct_km: float
    dcr_km: float
    tx_power_kw: float
    tx_gain_dbi: float
    rx_gain_dbi: float
    printed: tuple[Printed, ...]

    def compute(self) -> P1812Result:
        """Run the model on the arguments of this case."""
        return basic_transmission_loss(
            self.profile,
            self.frequency_ghz,
            self.tx_height_m,
            self.rx_height_m,
            time_percent=self.time_percent,
            location_percent=self.location_percent,
            delta_n=self.delta_n,
            n0=self.n0,
            polarisation=self.polarisation,
            latitude_deg=self.latitude_deg,
            location_sigma_db=self.location_sigma_db,
            dct_km=self.dct_km,
            dcr_km=self.dcr_km,
        )


@dataclass(frozen=True)
class Deviation:
    """One quantity of one case: what is printed and what we compute.

    Attributes
    ----------
    case, label, reference, printed : str
        Where it stands and its digits.
    ours : float
        Our value, in the unit of the label.
    deviation, allowed : float
        |ours − printed| and the most that passes, in the same unit.
    """

    case: str
    label: str
    reference: str
    printed: str
    ours: float
    deviation: float
    allowed: float

    @property
    def passed(self) -> bool:
        """Whether the last printed digit is met."""
        return self.deviation <= self.allowed

    @property
    def severity(self) -> float:
        """Deviation as a multiple of what is allowed: comparable between quantities; NaN counts as ∞."""
        return math.inf if math.isnan(self.deviation) else self.deviation / self.allowed


@dataclass(frozen=True)
class AcceptanceReport:
    """Every comparison made.

    Attributes
    ----------
    deviations : tuple of Deviation
        In the order of the cases and of their files.
    """

    deviations: tuple[Deviation, ...]

    @property
    def passed(self) -> bool:
        """Whether anything was compared and all of it agrees."""
        return bool(self.deviations) and not self.failures

    @property
    def failures(self) -> tuple[Deviation, ...]:
        """The comparisons that miss the last printed digit."""
        return tuple(deviation for deviation in self.deviations if not deviation.passed)

    def worst_by_case(self) -> dict[str, Deviation]:
        """Return the comparison of each case that comes nearest to failing, or fails worst."""
        return _worst(self.deviations, lambda deviation: deviation.case)

    def worst_by_quantity(self) -> dict[tuple[str, str], Deviation]:
        """Return the same for each label and reference."""
        return _worst(self.deviations, lambda deviation: (deviation.label, deviation.reference))

    def worst_loss_db(self) -> float:
        """Largest deviation of a basic transmission loss L_b (dB); 0 where none was compared."""
        losses = (item.deviation for item in self.deviations if item.label == "Lb (dB)")
        return max(losses, default=0.0)


def _worst(deviations: Iterable[Deviation], key: Callable[[Deviation], _Key]) -> dict[_Key, Deviation]:
    worst: dict[_Key, Deviation] = {}
    for deviation in deviations:
        held = worst.get(key(deviation))
        if held is None or deviation.severity > held.severity:
            worst[key(deviation)] = deviation
    return worst


def tolerance(printed: float) -> float:
    """Largest |ours − printed| that still meets the last of 10 significant digits.

    Half a unit of that digit, 1 % more for values halfway between two printed ones, and 1e-12 for factors
    near 0. For a loss of 100 … 1000 dB this is 5.05e-8 dB.
    """
    if printed == 0.0:
        return ABSOLUTE_SLACK
    unit = 10.0 ** (math.floor(math.log10(abs(printed))) - SIGNIFICANT_DIGITS + 1)
    return 0.5 * unit * (1.0 + TIE_SLACK) + ABSOLUTE_SLACK


def check_cases(cases: Iterable[AcceptanceCase]) -> AcceptanceReport:
    """Compute every case and compare every printed quantity.

    Raises
    ------
    ValueError
        If a case prints a quantity that is not known here: nothing is left out in silence.
    """
    return AcceptanceReport(tuple(deviation for case in cases for deviation in check_case(case)))


def check_case(case: AcceptanceCase) -> list[Deviation]:
    """Compute one case and compare every quantity that it prints; raises as `check_cases`."""
    result = case.compute()
    return [_compare(case, result, printed) for printed in case.printed]


def _compare(case: AcceptanceCase, result: P1812Result, printed: Printed) -> Deviation:
    ours, value = _ours(case, result, printed), float(printed.text)
    allowed = tolerance(value)
    if printed.label == _FIELD_STRENGTH_WITH_GAINS:
        # The power in kW is itself printed to 10 digits only: 1e-9 dB.
        allowed += 10.0 / math.log(10.0) * tolerance(case.tx_power_kw) / case.tx_power_kw
    return Deviation(
        case=case.name,
        label=printed.label,
        reference=printed.reference,
        printed=printed.text,
        ours=ours,
        deviation=abs(ours - value),
        allowed=allowed,
    )


def _ours(case: AcceptanceCase, result: P1812Result, printed: Printed) -> float:
    """Return our value of a printed quantity."""
    if printed.label == "R2 (m)":
        return float(case.profile.clutter_m[1])
    if printed.label == "Rn-1 (m)":
        return float(case.profile.clutter_m[-2])
    if printed.label == _FIELD_STRENGTH_WITH_GAINS:
        gains = 10.0 * math.log10(case.tx_power_kw) + case.tx_gain_dbi + case.rx_gain_dbi
        return result.field_strength_dbuv_m + gains
    field = FIELD_BY_LABEL.get((printed.label, printed.reference))
    if field is None:
        raise ValueError(
            f"{case.name} prints {printed.label!r} ({printed.reference}), which is not known here"
        )
    # The program that printed the results overwrites L_bd by L_bda where ducting undercuts diffraction, and
    # prints it afterwards. Its parts L_b0p and L_dp are compared on their own rows.
    if field == "lbd_db" and result.lminbap_db <= result.lbd_db:
        field = "lbda_db"
    return float(getattr(result, field))
