"""Readers of the ITU validation files: what they read, and what they say about files they cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from phusong.errors import InputError, Problem
from phusong.gis_data.itu_profiles import read_itu_case, read_itu_profile

PROFILE = """\
somewhere
Tx LAT:,21.0
Tx LON:,107.0
Rx LAT:,21.1
Rx LON:,107.2
{Begin of Meteorology}
Average annual values dN (N-units/km):,45
Average annual sea-level surface refractivity No (N-units):,326.5
{End of meteorology}
#Profile
{Begin of Profile}
Number of Points:,4
0,12.5,2,0,3
0.5,30,4,15,4
1.25,18.25,2,0,4
2,0,1,0,1
{End of Profile}
95.3,60,,7,1,,,,,,,,30,,1,,49.8,129.1
"""
CASE = """\
# Parameter,Ref,,Value,
Ptx (kW),,,1,
Gtx (dBi),,,0,
Grx (dBi),,,2,
f (GHz),,,0.9,
p (%),,,10,
pL (%),,,50,
sigmaL (dB),,,0,
phi_t (deg),,,21,
htg (m),,,40,
hrg (m),,,1.5,
pol,,,2,
DN ,,,45,
N0 ,,,326.5,
dct (km) ,,,500,
dcr (km) ,,,3,
R2 (m) ,,,15,
,,,,
d (km),,,2,
hst (m),Eq (85),,12.34567891,

hst (m),Eq (90a),,12,
Lb (dB),Eq (69),,129.0969126,
Ep (dBuV/m) w.r.t. Ptx, Gtx, Grx,,,49.84494546,
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def problems_of_profile(folder: Path, text: str) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_itu_profile(written(folder, "profile.csv", text))
    return caught.value.problems


def problems_of_case(folder: Path, text: str, name: str = "profile_0_log.csv") -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_itu_case(written(folder, name, text))
    return caught.value.problems


# ---------------------------------------------------------------------------------------------------------
# Profiles


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_profile_is_read_whole(tmp_path: Path, line_end: str) -> None:
    profile = read_itu_profile(written(tmp_path, "hill.csv", PROFILE.replace("\n", line_end)))
    assert profile.name == "hill"
    assert (profile.tx_latitude_deg, profile.tx_longitude_deg) == (21.0, 107.0)
    assert (profile.rx_latitude_deg, profile.rx_longitude_deg) == (21.1, 107.2)
    assert (profile.delta_n, profile.n0) == (45.0, 326.5)
    assert profile.distance_km.tolist() == [0.0, 0.5, 1.25, 2.0]
    assert profile.height_m.tolist() == [12.5, 30.0, 18.25, 0.0]
    assert profile.clutter_m.tolist() == [0.0, 15.0, 0.0, 0.0]
    assert profile.zone.tolist() == [3, 4, 4, 1]
    assert profile.zone.dtype == np.int64


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "value"),
    [
        ("0.5,30,4,15,4", "0.5,high,4,15,4", 14, "Gnd hgt a.m.s.l.", "high"),
        ("0.5,30,4,15,4", "0.5,nan,4,15,4", 14, "Gnd hgt a.m.s.l.", "nan"),
        ("0.5,30,4,15,4", "0.5,30,4,-15,4", 14, "Ground cover height", "-15"),
        ("0.5,30,4,15,4", "0.5,30,4,15,2", 14, "Radio Met Code", "2"),
        ("0.5,30,4,15,4", "0.5,30,4,15", 14, None, "0.5,30,4,15"),
        ("1.25,18.25", "0.5,18.25", 15, "Distance from first point", "0.5"),
        ("\n0,12.5", "\n0.1,12.5", 13, "Distance from first point", "0.1"),
        ("Points:,4", "Points:,5", 12, "Number of Points:", "5"),
        ("Number of Points:,4", "Points,4", 12, None, "Points,4"),
        ("Tx LAT:,21.0", "Tx LAT:,121.0", 2, "Tx LAT:", "121.0"),
        ("Tx LAT:,21.0\n", "", None, "Tx LAT:", ""),
        ("{Begin of Profile}\n", "", None, None, ""),
        ("{End of Profile}\n", "", None, None, ""),
    ],
)
def test_a_mistake_in_a_profile_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, row: int | None, column: str | None, value: str
) -> None:
    assert old in PROFILE
    (problem,) = problems_of_profile(tmp_path, PROFILE.replace(old, new))
    assert problem.file == str(tmp_path / "profile.csv")
    assert (problem.row, problem.column, problem.value) == (row, column, value)
    assert problem.expected
    assert problem.mend


def test_all_mistakes_of_a_profile_are_reported_at_once(tmp_path: Path) -> None:
    text = PROFILE.replace("0.5,30,4,15,4", "0.5,x,4,y,4").replace("1.25,18.25", "0.4,18.25")
    problems = problems_of_profile(tmp_path, text)
    assert [problem.row for problem in problems] == [14, 14, 15]


def test_a_profile_of_two_points_is_refused(tmp_path: Path) -> None:
    text = PROFILE.replace("Points:,4", "Points:,2").replace("0.5,30,4,15,4\n1.25,18.25,2,0,4\n", "")
    (problem,) = problems_of_profile(tmp_path, text)
    assert problem.expected == "at least 3 points"


def test_a_missing_file_and_a_binary_one_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a file that can be read"):
        read_itu_profile(tmp_path / "nowhere.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00profile")
    with pytest.raises(InputError, match="UTF-8"):
        read_itu_profile(tmp_path / "binary.csv")


# ---------------------------------------------------------------------------------------------------------
# Results


def test_case_is_read_whole(tmp_path: Path) -> None:
    case = read_itu_case(written(tmp_path, "hill_2_1km_0_log.csv", CASE))
    assert (case.name, case.profile_name) == ("hill_2_1km_0", "hill_2_1km")
    assert (case.frequency_ghz, case.time_percent, case.location_percent) == (0.9, 10.0, 50.0)
    assert (case.tx_height_m, case.rx_height_m, case.polarisation) == (40.0, 1.5, "vertical")
    assert (case.delta_n, case.n0, case.dct_km, case.dcr_km) == (45.0, 326.5, 500.0, 3.0)
    assert (case.tx_power_kw, case.tx_gain_dbi, case.rx_gain_dbi) == (1.0, 0.0, 2.0)
    assert case.location_sigma_db == 0.0
    assert [(item.label, item.reference, item.text, item.row) for item in case.printed] == [
        ("R2 (m)", "", "15", 17),
        ("d (km)", "", "2", 19),
        ("hst (m)", "Eq (85)", "12.34567891", 20),
        ("hst (m)", "Eq (90a)", "12", 22),
        ("Lb (dB)", "Eq (69)", "129.0969126", 23),
        ("Ep (dBuV/m) w.r.t. Ptx, Gtx, Grx", "", "49.84494546", 24),
    ]


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "value"),
    [
        ("# Parameter,Ref", "Parameter,Ref", 1, None, "Parameter,Ref,,Value,"),
        ("f (GHz),,,0.9,", "f (GHz),,,900,", 5, "f (GHz)", "900"),
        ("f (GHz),,,0.9,\n", "", None, "f (GHz)", ""),
        ("p (%),,,10,", "p (%),,,ten,", 6, "p (%)", "ten"),
        ("pol,,,2,", "pol,,,1.5,", None, "pol", "1.5"),
        ("d (km),,,2,", "d (km),,,,", 19, "d (km)", ""),
        ("d (km),,,2,", "d (km)", 19, "d (km)", ""),
        ("Lb (dB),Eq (69),,129.0969126,", "Lb (dB),Eq (69),,inf,", 23, "Lb (dB)", "inf"),
        ("hst (m),Eq (90a)", "hst (m),Eq (85)", 22, None, "hst (m)"),
    ],
)
def test_a_mistake_in_a_case_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, row: int | None, column: str | None, value: str
) -> None:
    assert old in CASE
    (problem,) = problems_of_case(tmp_path, CASE.replace(old, new))
    assert (problem.row, problem.column, problem.value) == (row, column, value)


def test_a_case_must_be_named_after_its_profile(tmp_path: Path) -> None:
    (problem,) = problems_of_case(tmp_path, CASE, name="profile_log.csv")
    assert problem.value == "profile_log.csv"


def test_an_empty_case_lacks_its_header_and_every_argument(tmp_path: Path) -> None:
    problems = problems_of_case(tmp_path, "")
    assert problems[0].row == 1
    assert {"f (GHz)", "pol", "N0"} <= {problem.column for problem in problems}


# ---------------------------------------------------------------------------------------------------------
# The published files


@pytest.mark.shared
def test_all_published_files_are_read(shared_data: Path) -> None:
    folder = shared_data / "validation" / "p1812"
    profiles = {path.stem: read_itu_profile(path) for path in sorted((folder / "profiles").glob("*.csv"))}
    cases = [read_itu_case(path) for path in sorted((folder / "results").glob("*_log.csv"))]
    assert (len(profiles), len(cases)) == (12, 39)
    for case in cases:
        profile = profiles[case.profile_name]
        assert (case.delta_n, case.n0) == (profile.delta_n, profile.n0)
        printed = {(item.label, item.reference): float(item.text) for item in case.printed}
        assert printed["d (km)", ""] == profile.distance_km[-1]
        assert len(printed) == 53
