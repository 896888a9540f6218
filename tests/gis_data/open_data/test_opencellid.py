"""The export of OpenCelliD, and masts estimated from it."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from phusong.errors import InputError
from phusong.gis_data.open_data.countries import country, network_name
from phusong.gis_data.open_data.estimated_masts import AssumedRadio, estimate_masts
from phusong.gis_data.open_data.opencellid import opencellid_key, read_cells

CRS = "EPSG:32717"
RADIO = {t: AssumedRadio(900.0, 5.0, 43.0, 40.0) for t in ("2G", "3G", "4G", "5G")}
TECHNOLOGY = {"GSM": "2G", "UMTS": "3G", "LTE": "4G", "NR": "5G"}


@pytest.fixture(scope="module")
def ecuador(shared_data: Path) -> Path:
    return shared_data / "opencellid" / "ecuador-740.csv.gz"


@pytest.mark.shared
def test_the_whole_export_of_a_country_is_read(ecuador: Path) -> None:
    """Counted independently: plain Python, row by row."""
    with gzip.open(ecuador, "rt", newline="") as stream:
        rows = list(csv.reader(stream))
    by_radio: dict[str, set[tuple[str, ...]]] = {}
    for row in rows:
        if row[0] in TECHNOLOGY:
            by_radio.setdefault(TECHNOLOGY[row[0]], set()).add(tuple(row[1:5]))
    export = read_cells(ecuador)
    assert export.rows == len(rows) == 75_068
    assert export.left_out.get("CDMA", 0) == sum(row[0] == "CDMA" for row in rows)
    assert len(export.frame) + sum(export.left_out.values()) == len(rows)
    assert export.left_out.get("not readable", 0) == 0
    found = export.frame["technology"].value_counts().to_dict()
    assert found == {technology: len(cells) for technology, cells in by_radio.items()}


@pytest.mark.shared
def test_an_area_takes_its_own_cells(ecuador: Path) -> None:
    bounds = (-78.6, -0.4, -78.4, -0.1)
    with gzip.open(ecuador, "rt", newline="") as stream:
        inside = {
            (row[0], *row[1:5])
            for row in csv.reader(stream)
            if bounds[0] <= float(row[6]) <= bounds[2]
            and bounds[1] <= float(row[7]) <= bounds[3]
            and row[0] in TECHNOLOGY
        }
    assert len(read_cells(ecuador, bounds).frame) == len(inside) > 5000


@pytest.mark.shared
def test_every_cell_of_a_country_gets_one_mast_of_its_operator(ecuador: Path) -> None:
    export = read_cells(ecuador)
    network = estimate_masts(export.frame, CRS, RADIO, 42.0)
    assert len(network.cells) == len(export.frame) and network.cells["cell_id"].is_unique
    assert network.masts["mast_id"].is_unique and set(network.cells["mast_id"]) == set(
        network.masts["mast_id"]
    )
    owner = network.cells["mast_id"].map(network.masts.set_index("mast_id")["owner"])
    assert (owner == network.cells["operator"]).all()
    assert set(network.operators) >= {"Claro", "Movistar", "CNT"}
    assert len(network.masts) < len(network.cells) / 2
    shuffled = export.frame.sample(frac=1.0, random_state=3)
    again = estimate_masts(shuffled, CRS, RADIO, 42.0)
    pd.testing.assert_frame_equal(network.cells, again.cells)


HEADER = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
ROW = "GSM,452,4,30001,10011,0,107.4,21.12,1000,50,1,1347360297,1600000000,0\n"


def written(folder: Path, text: str, packed: bool = True) -> Path:
    path = folder / ("a.csv.gz" if packed else "a.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


@pytest.mark.parametrize("packed", [True, False])
def test_a_header_and_packing_are_optional(tmp_path: Path, packed: bool) -> None:
    assert read_cells(written(tmp_path, HEADER + ROW, packed)).frame.equals(
        read_cells(written(tmp_path, ROW, packed)).frame
    )
    assert read_cells(written(tmp_path, HEADER + ROW, packed)).rows == 1


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    bad = [
        "GSM,452,4,30001,x,0,107.4,21.12,1000,50,1,1,2,0",
        "GSM,452,4,30001,1,0,0,0,1000,50,1,1,2,0",
        "GSM,452,4,30001,1,0,207.4,21.12,1000,50,1,1,2,0",
        "WIMAX,452,4,30001,1,0,107.4,21.12,1000,50,1,1,2,0",
        "GSM,452,4,30001",
    ]
    many = "".join(ROW.replace("10011", str(20000 + n)) for n in range(1000))
    export = read_cells(
        written(tmp_path, many + "\n".join(bad) + "\n" + ROW + ROW.replace("1600000000", "1500000000"))
    )
    assert export.left_out == {"not readable": 5, "listed twice": 1}
    assert export.rows == 1007 and len(export.frame) == 1001
    kept = export.frame[export.frame["cell"] == 10011]
    assert kept["updated"].tolist() == [1600000000]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "radio;mcc;net\nGSM;452;4\n", "<html>busy</html>\n"])
def test_another_file_is_refused_with_its_rows(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="14 columns as OpenCelliD exports them"):
        read_cells(written(tmp_path, text))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        read_cells(written(tmp_path, HEADER))


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "".join(ROW.replace("10011", str(n * 7919 % 65536)) for n in range(5000)))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match="whole CSV file"):
        read_cells(path)


def test_a_key_that_cannot_be_one_is_not_repeated() -> None:
    assert opencellid_key({}) is None and opencellid_key({"PHUSONG_OPENCELLID_KEY": "  "}) is None
    assert opencellid_key({"PHUSONG_OPENCELLID_KEY": " pk.abc123 "}) == "pk.abc123"
    with pytest.raises(InputError) as error:
        opencellid_key({"PHUSONG_OPENCELLID_KEY": "two secret words"})
    assert "secret words" not in str(error.value)


def cells(*rows: tuple[str, int, int, float, float, int]) -> pd.DataFrame:
    """Technology, network, cell, metres east and north of a place, samples."""
    lon, lat = -78.5, -0.2
    return pd.DataFrame(
        {
            "technology": [r[0] for r in rows], "mcc": 740, "net": [r[1] for r in rows], "area": 1,
            "cell": [r[2] for r in rows], "lon": [lon + r[3] / 111_320 for r in rows],
            "lat": [lat + r[4] / 110_574 for r in rows], "range_m": 1000.0, "samples": [r[5] for r in rows],
            "exact": False, "created": 1_500_000_000, "updated": 1_600_000_000,
        }
    )  # fmt: skip


def test_sectors_of_a_site_share_a_mast_and_look_away_from_it() -> None:
    # three sectors of an eNodeB: middles of their samples 500 m north, east-south-east and west-south-west
    rows = [
        ("4G", 1, 100 * 256 + 1, 0.0, 500.0, 10),
        ("4G", 1, 100 * 256 + 2, 433.0, -250.0, 10),
        ("4G", 1, 100 * 256 + 3, -433.0, -250.0, 10),
    ]
    network = estimate_masts(cells(*rows), CRS, RADIO, 42.0)
    assert len(network.masts) == 1
    assert network.cells["azimuth_deg"].tolist() == pytest.approx([0.0, 120.0, 240.0], abs=1.0)
    point = network.masts.to_crs("EPSG:4326").geometry[0]
    assert (point.x, point.y) == pytest.approx((-78.5, -0.2), abs=1e-5)
    assert network.masts["height_m"].tolist() == [42.0]
    assert "estimated" in network.masts["position_source"][0] and "height_m" in network.masts["assumed"][0]


def test_sites_close_together_stand_on_one_mast_if_one_operator_has_them() -> None:
    rows = [
        ("2G", 1, 10, 0, 0, 9),
        ("4G", 1, 256, 100, 0, 9),
        ("2G", 0, 10, 0, 0, 9),
        ("3G", 1, 70, 900, 0, 9),
    ]
    network = estimate_masts(cells(*rows), CRS, RADIO, 42.0)
    mast = network.cells.set_index("cell_id")["mast_id"]
    assert mast["2G-740-01-1-10"] == mast["4G-740-01-1-256"]
    assert len({mast["2G-740-01-1-10"], mast["2G-740-00-1-10"], mast["3G-740-01-1-70"]}) == 3
    assert network.operators == ("Claro", "Movistar")
    assert network.cells["azimuth_deg"].isna().all()  # one cell a technology: all round


def test_a_chain_of_sites_does_not_become_one_mast() -> None:
    rows = [("2G", 1, 10 * n, 100.0 * n, 0, 50 - n) for n in range(1, 21)]
    network = estimate_masts(cells(*rows), CRS, RADIO, 42.0)
    assert 8 <= len(network.masts) <= 14
    at = network.cells["mast_id"].map(network.masts.set_index("mast_id").geometry.x)
    own = np.array([100.0 * int(c.rsplit("-", 1)[1]) / 10 for c in network.cells["cell_id"]])
    assert (np.abs((at - at.min()) - (own - own.min())) < 300).all()


def test_a_cell_far_from_its_site_is_a_site_of_its_own() -> None:
    rows = [("4G", 1, 256 + n, 10.0 * n, 0, 9) for n in range(3)] + [("4G", 1, 256 + 9, 40_000.0, 0, 9)]
    network = estimate_masts(cells(*rows), CRS, RADIO, 42.0)
    assert len(network.masts) == 2


def test_an_exact_position_wins_over_averages() -> None:
    frame = cells(("4G", 1, 257, 0, 0, 900), ("4G", 1, 258, 700, 0, 1))
    frame["exact"] = [False, True]
    network = estimate_masts(frame, CRS, RADIO, 42.0)
    assert network.masts.to_crs("EPSG:4326").geometry[0].x == pytest.approx(-78.5 + 700 / 111_320, abs=1e-6)
    assert network.masts["position_source"].tolist() == ["OpenCelliD, exact"]


def test_codes_and_names() -> None:
    assert country("vn") == country("VNM") and country("VN").mcc == ("452",)
    assert country("EC").mcc == ("740",) and country("IN").mcc == ("404", "405")
    assert [network_name("452", mnc) for mnc in ("1", "2", "4", "05")] == [
        "MobiFone",
        "VNPT",
        "Viettel",
        "Vietnamobile",
    ]
    assert network_name("452", "77") == "452-77"
    with pytest.raises(InputError, match="ISO 3166"):
        country("Việt Nam")
