"""One file with everything about a few stations: a row per cell, with its position; for calibration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd

from ..errors import Problem
from .problems import ProblemList
from .schema import CELLS, Column, Table
from .table_files import LayerSourceLike
from .tables import read_table

__all__ = ["STATIONS", "read_stations"]

_OPTIONAL = {"mast_id", "operator", "bandwidth_mhz", "tx_power_dbm"}
_EIRP = Column(
    "eirp_dbm", "number", unit="dBm, whole carrier", minimum=0, maximum=110, label_en="EIRP", label_vi="EIRP",
    aliases=("eirp",), help="Instead of the transmit power; feeder and antenna gain are in it.",
)  # fmt: skip

STATIONS = Table(
    "stations", "point", required=True, label_en="Stations", label_vi="Trạm",
    help="A row per cell, with the position of its mast; columns as in the table of cells.",
    columns=(
        *(
            replace(column, refers_to="", required=column.required and column.name not in _OPTIONAL)
            for column in CELLS.columns
        ),
        _EIRP,
    ),
)  # fmt: skip


def read_stations(folder: Path, source: LayerSourceLike, crs: str) -> gpd.GeoDataFrame:
    """Read a file of stations.

    Parameters
    ----------
    folder : Path
        That the source's path is relative to.
    source : LayerSourceLike
    crs : str
        Of the geometry that is returned.

    Returns
    -------
    GeoDataFrame
        Columns of `STATIONS`, sorted by cell_id; each row has a transmit power or an EIRP. `bandwidth_mhz` is
        that of the technology where 2G and 3G leave no choice.

    Raises
    ------
    InputError
        All problems at once.
    """
    problems = ProblemList()
    table = read_table(folder, source, STATIONS, crs, None, problems)
    problems.raise_errors()
    assert table is not None  # its absence is an error raised above
    frame = gpd.GeoDataFrame(table.frame)
    fixed = frame["technology"].map({"2G": 0.2, "3G": 5.0})
    frame["bandwidth_mhz"] = frame["bandwidth_mhz"].fillna(fixed)
    for number, row in enumerate(table.rows.tolist()):
        for names in (("tx_power_dbm", "eirp_dbm"), ("bandwidth_mhz",)):
            if frame.loc[number, list(names)].isna().all():
                expected, mend = f"{' or '.join(names)} in every row", "fill it in, or delete the row"
                problems.add(Problem(table.file, expected, mend, row, names[0], "nothing", table.sheet))
    problems.raise_errors()
    return frame
