"""`phusong validate`: the propagation model against the published step-by-step results of ITU-R P.1812."""

from __future__ import annotations

from pathlib import Path

from .coverage.propagation.acceptance import AcceptanceCase, AcceptanceReport, Printed, check_cases
from .coverage.propagation.p1812 import Profile
from .coverage.propagation.p1812_geometry import path_centre_latitude_deg
from .errors import InputError, Problem
from .gis_data.itu_profiles import ItuCase, ItuProfile, read_itu_case, read_itu_profile

__all__ = ["read_cases", "validate_folder"]


def validate_folder(folder: Path) -> AcceptanceReport:
    """Compute every case of a folder and compare every printed quantity.

    Parameters
    ----------
    folder : Path
        Holds ``profiles/<profile>.csv`` and ``results/<profile>_<number>_log.csv``.

    Returns
    -------
    AcceptanceReport
        Every comparison; `AcceptanceReport.passed` is the verdict.

    Raises
    ------
    InputError
        With the problems of all files at once.
    """
    return check_cases(read_cases(folder))


def read_cases(folder: Path) -> list[AcceptanceCase]:
    """Read all cases of a folder, in the order of their names; raises as `validate_folder`."""
    paths = sorted((folder / "results").glob("*_log.csv"), key=lambda path: path.name)
    if not paths:
        expected = "a folder with results/<profile>_<number>_log.csv and profiles/<profile>.csv"
        raise InputError([Problem(str(folder), expected, "name the folder of the ITU validation data")])
    problems: list[Problem] = []
    cases: list[ItuCase] = []
    for path in paths:
        try:
            cases.append(read_itu_case(path))
        except InputError as error:
            problems += error.problems
    profiles: dict[str, ItuProfile] = {}
    for name in dict.fromkeys(case.profile_name for case in cases):
        try:
            profiles[name] = read_itu_profile(folder / "profiles" / f"{name}.csv")
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return [_acceptance_case(case, profiles[case.profile_name]) for case in cases]


def _acceptance_case(case: ItuCase, profile: ItuProfile) -> AcceptanceCase:
    return AcceptanceCase(
        name=case.name,
        profile=Profile(profile.distance_km, profile.height_m, profile.clutter_m, profile.zone),
        frequency_ghz=case.frequency_ghz,
        tx_height_m=case.tx_height_m,
        rx_height_m=case.rx_height_m,
        time_percent=case.time_percent,
        location_percent=case.location_percent,
        location_sigma_db=case.location_sigma_db,
        delta_n=case.delta_n,
        n0=case.n0,
        polarisation=case.polarisation,
        latitude_deg=path_centre_latitude_deg(
            profile.tx_latitude_deg,
            profile.tx_longitude_deg,
            profile.rx_latitude_deg,
            profile.rx_longitude_deg,
            float(profile.distance_km[-1]),
        ),
        dct_km=case.dct_km,
        dcr_km=case.dcr_km,
        tx_power_kw=case.tx_power_kw,
        tx_gain_dbi=case.tx_gain_dbi,
        rx_gain_dbi=case.rx_gain_dbi,
        printed=tuple(Printed(item.label, item.reference, item.text) for item in case.printed),
    )
