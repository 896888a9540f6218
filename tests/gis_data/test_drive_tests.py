"""Exports of G-NetTrack and TEMS and plain tables are told apart; every fault of a file is one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from phusong.errors import InputError
from phusong.gis_data.drive_tests import read_drive_test

UTM = "EPSG:32648"

G_NETTRACK = (
    "Timestamp\tLongitude\tLatitude\tSpeed\tOperatorname\tOperator\tCGI\tCellname\tNode\tCellID\tLAC\t"
    "NetworkTech\tNetworkMode\tLevel\tQual\tSNR\n"
    "2025.07.01_08.00.00\t107.36\t21.04\t12\tViettel\t45204\t45204_1_7\tTYN-1\t1201\t3\t1\t4G\tLTE\t-95\t-11\t3\n"
    "2025.07.01_08.00.01\t107.361\t21.041\t12\tViettel\t45204\t\t\t1201\t4\t1\t3G\tUMTS\t-88\t-8\t\n"
    "2025.07.01_08.00.02\t0\t0\t0\tViettel\t45204\t\t\t\t\t\tNo service\t\t-\t\t\n"
)


def write(folder: Path, text: str, name: str = "log.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_drive_test(path, UTM)
    return [str(problem) for problem in caught.value.problems]


def test_g_nettrack(tmp_path: Path) -> None:
    found = read_drive_test(write(tmp_path, G_NETTRACK), UTM)
    assert found.level_dbm[:2].tolist() == [-95.0, -88.0] and np.isnan(found.level_dbm[2])
    assert found.technology.tolist() == ["4G", "3G", ""]
    assert found.operator.tolist() == ["Viettel"] * 3  # not the number in the column Operator
    assert found.cell_names["cell_name"].tolist() == ["TYN-1", "", ""]
    assert found.cell_names["node_cell"].tolist() == ["1201-3", "1201-4", ""]
    assert found.cell_names["cgi"][0] == "45204_1_7"
    assert found.x_m[0] == pytest.approx(745_200, abs=500) and found.y_m[0] == pytest.approx(
        2_328_000, abs=1500
    )
    assert np.isnan(found.x_m[2])  # 0, 0 is no fix, not a point in the Gulf of Guinea


def test_tems_with_several_technologies_in_one_row(tmp_path: Path) -> None:
    text = (
        "Time,Longitude,Latitude,Serving Cell RSRP (dBm),CPICH RSCP,RxLev Full,EARFCN\n"
        "08:00:00.123,107.36,21.04,-101.5,,,1850\n"
        "08:00:00.323,107.36,21.04,,,,\n"
        "08:00:00.523,107.36,21.04,-102.5,-90,,1850\n"
        "08:00:00.723,,,,,-71,\n"
    )
    found = read_drive_test(write(tmp_path, text, "tems.csv"), UTM)
    assert sorted(zip(found.technology.tolist(), found.level_dbm.tolist(), strict=True)) == [
        ("2G", -71.0), ("3G", -90.0), ("4G", -102.5), ("4G", -101.5),
    ]  # fmt: skip
    assert found.rows.tolist() == [2, 4, 4, 5]
    assert np.isnan(found.x_m[found.technology == "2G"]).all()


def test_plain_columns_with_decimal_commas_and_metres(tmp_path: Path) -> None:
    path = write(tmp_path, "easting;northing;tech;level;cell\n700000,5;2300000,5;LTE;-90,5;A\n", "plain.csv")
    found = read_drive_test(path, UTM, file_crs=UTM)
    assert found.x_m[0] == pytest.approx(700_000.5, abs=0.01) and found.level_dbm[0] == -90.5
    assert found.cell_names["cell_name"].tolist() == ["A"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Longitude,Latitude,Level\n107,21,-90\n", "a column NetworkTech"),
        ("Longitude,Latitude,Speed\n107,21,3\n", "expected a column Level"),
        ("RSRP,Speed\n-90,3\n", "expected columns Longitude and Latitude"),
        ("easting,northing,RSRP\n700000,2300000,-90\n", "the CRS of columns in metres"),
        (
            "Longitude,Latitude,RSRP\n107,21,strong\n",
            "row 2, column 'RSRP': found 'strong'; expected a number",
        ),
        ("Longitude,Latitude,RSRP\n107,21,90\n", "expected a level from -160 to 0 dBm"),
        ("Longitude,Latitude,RSRP\n107,97,-90\n", "column 'Latitude': found '97'"),
        ("Longitude,Latitude,Level,NetworkTech\n107,21,-90,6G\n", "column 'NetworkTech': found '6G'"),
        ("Longitude,Latitude,RSRP,RSRP\n107,21,-90,-91\n", "one column of this kind"),
        ("Longitude,Latitude,RSRP\n", "at least one row below the header"),
        ("", "the file is empty"),
    ],
)
def test_bad_files_are_one_clear_line_each(tmp_path: Path, text: str, said: str) -> None:
    lines = refused(write(tmp_path, text, "bad.csv"))
    assert len(lines) == 1 and said in lines[0], lines


def test_all_problems_at_once(tmp_path: Path) -> None:
    lines = refused(write(tmp_path, "Longitude,Latitude,RSRP\nx,21,-90\n107,y,z\n", "bad.csv"))
    assert len(lines) == 3


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "a file at this path" in refused(tmp_path / "none.csv")[0]
