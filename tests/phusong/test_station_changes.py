"""Rows that are alike are set aside at once; what is said is what a walk through every row says."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong import station_changes as module
from phusong.station_changes import station_changes

Lists = tuple[gpd.GeoDataFrame, pd.DataFrame]
DAY = np.datetime64("2025-06-30")


@st.composite
def lists(draw: st.DrawFn) -> Lists:
    masts = sorted(draw(st.sets(st.sampled_from("ABCD"), min_size=1)))
    points = gpd.points_from_xy([draw(st.sampled_from([0.0, 50.0])) for _ in masts], [0.0] * len(masts))
    heights = [draw(st.sampled_from([30.0, 45.0, np.nan])) for _ in masts]
    owners = [draw(st.sampled_from(["Viettel", None])) for _ in masts]
    shared = pd.array([draw(st.sampled_from([True, False, None])) for _ in masts], dtype="boolean")
    kinds = [draw(st.sampled_from([pd.NA, "pole", 3])) for _ in masts]
    columns = {"mast_id": masts, "height_m": heights, "owner": owners, "shared": shared, "kind": kinds}
    frame = gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:32648")
    cells = [(f"{mast}{k}", mast) for mast in masts for k in range(draw(st.integers(0, 2)))]
    days = [
        draw(st.sampled_from([pd.NaT, pd.Timestamp("2025-01-01"), pd.Timestamp("2026-01-01")])) for _ in cells
    ]
    table = pd.DataFrame(
        {
            "cell_id": [name for name, _ in cells],
            "mast_id": [mast for _, mast in cells],
            "azimuth_deg": [draw(st.sampled_from([0.0, 120.0])) for _ in cells],
            "off_air": pd.Series(days, dtype="datetime64[ns]"),
        }
    )
    return frame, table


@given(before=lists(), after=lists())
def test_the_same_as_row_by_row(before: Lists, after: Lists) -> None:
    quick = station_changes(before, after, DAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_steady", lambda *lists: tuple(np.zeros(len(x), bool) for x in lists[1:3]))
        slow = station_changes(before, after, DAY)
    assert quick == slow


def test_a_list_that_did_not_change() -> None:
    masts = gpd.GeoDataFrame(
        {"mast_id": ["A"], "height_m": [30.0]}, geometry=gpd.points_from_xy([0.0], [0.0]), crs="EPSG:32648"
    )
    cells = pd.DataFrame({"cell_id": ["A1"], "mast_id": ["A"], "off_air": [pd.NaT]})
    found = station_changes((masts, cells), (masts, cells), DAY)
    assert found.rows == ()
    assert found.counts["masts", "same"] == found.counts["cells", "same"] == 1
