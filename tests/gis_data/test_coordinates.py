"""Angles and pairs as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.gis_data.coordinates import as_angle, as_pair
from phusong.gis_data.values import BadValueError

NORTH = 21 + 2 / 60 + 30.5 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "21°02'30,5\"N",
        "21 02 30.5 N",
        "N21°02'30.5\"",
        "21º02’30,5”",
        "21-02-30.5",
        "21:02:30.5",
        "21°02′30.5″B",
        "21 độ 02 phút 30,5 giây Bắc",
        "21d02m30.5s",
        "21d02m30.5sN",
        "21°02'30.5''N",
        "Vĩ độ 21°02'30.5\"",
        "21o02'30.5\"N",
        "21°2.508333333'",
        "21 deg 2 min 30.5 sec north",
        "+21 02 30.5",
    ],
)
def test_spellings_of_a_latitude(text):
    assert as_angle(text, "lat") == pytest.approx(NORTH, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("107,36", 107.36),
        ("107.360", 107.36),
        ("107°30'Đ", 107.5),
        ("107 độ 30 phút Đông", 107.5),
        ("E107.36°", 107.36),
        ("10°30'W", -10.5),
        ("10 30 Tây", -10.5),
        ("-10°30'", -10.5),
        (107.36, 107.36),
        ("1.234", 1.234),
    ],
)
def test_spellings_of_a_longitude(text, expected):
    assert as_angle(text, "lon") == pytest.approx(expected, abs=1e-12)


def format_dms(degrees: float, axis: str, decimals: int) -> str:
    """An angle as maps write it: ``21°02'30.50"N``."""
    side = {"lat": "NS", "lon": "EW"}[axis][degrees < 0]
    units = round(abs(degrees) * 3600 * 10**decimals)
    minutes, seconds = divmod(units, 60 * 10**decimals)
    width = 3 + decimals if decimals else 2
    return f"{minutes // 60}°{minutes % 60:02d}'{seconds / 10**decimals:0{width}.{decimals}f}\"{side}"


@given(st.floats(-90, 90), st.integers(0, 4))
def test_written_degrees_come_back(degrees, decimals):
    found = as_angle(format_dms(degrees, "lat", decimals), "lat")
    assert found == pytest.approx(degrees, abs=0.51 / 3600 / 10**decimals)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_written_pairs_come_back_in_either_order(lon, lat):
    east, north = format_dms(lon, "lon", 3), format_dms(lat, "lat", 3)
    for text in (f"{north} {east}", f"{north}, {east}", f"{east}; {north}"):
        assert as_pair(text) == pytest.approx((lon, lat), abs=1e-6)


@given(st.floats(100, 180), st.floats(-89, 89), st.sampled_from([", ", ",", ";", " ", " ; ", "/"]))
def test_decimal_pairs(lon, lat, between):
    assert as_pair(f"{lat:.5f}{between}{lon:.5f}") == pytest.approx((lon, lat), abs=1e-5)
    assert as_pair(f"{lon:.5f}{between}{lat:.5f}", lon_first=True) == pytest.approx((lon, lat), abs=1e-5)
    if between != ",":
        comma = f"{lat:.5f}{between}{lon:.5f}".replace(".", ",")
        assert as_pair(comma) == pytest.approx((lon, lat), abs=1e-5)


@pytest.mark.parametrize("text", ["21,0418,107,36", "(21.0418, 107.36)", "21.0418,107.36", "21,0418, 107,36"])
def test_pairs_full_of_commas(text):
    assert as_pair(text) == pytest.approx((107.36, 21.0418))


@pytest.mark.parametrize(
    ("text", "axis", "mend"),
    [
        ("107.36", "lat", "swapped"),
        ("107°21'E", "lat", "swapped"),
        ("428000", "lon", "easting"),
        ("21°61'00\"", "lat", "below 60"),
        ("21°02'60\"", "lat", "below 60"),
        ("Khe Tiên", "lat", "write 21.0418"),
        ("-21 02 30 N", "lat", "not both"),
        ("181", "lon", "mend the number"),
        ("21°2.5'30\"", "lat", "below 60"),
    ],
)
def test_refused_angles_say_how_to_mend(text, axis, mend):
    with pytest.raises(BadValueError) as caught:
        as_angle(text, axis)
    assert mend in caught.value.mend


def test_a_pair_in_the_other_order_is_not_turned_silently():
    with pytest.raises(BadValueError, match="other order"):
        as_pair("107.36, 21.04")
    with pytest.raises(BadValueError):
        as_pair("21.04")
