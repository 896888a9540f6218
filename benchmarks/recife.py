"""Calibration on measured GSM 1800 path loss in Recife: ``python benchmarks/recife.py [FOLDER]``.

Prints a markdown table: RMSE of the bare model, of the fit on its own samples, and cross-validated by squares
of 250 m, beside the authors' Hata as it stands in their file and the same Hata fitted by the same code.

What is done with the data: two of the sectors have samples (the same 2,327 positions each). The city is flat
(2 to 10 m above the sea): the ground is taken as level, and no clutter heights are known. The measured "path
loss" is EIRP less received level: the antenna pattern is still in it, so that the level is EIRP less it. The
horizontal cut is the one that the file tabulates; a vertical cut is not given (the angles in the file do not
belong to the mast heights): 7° and at most 20 dB are assumed, with the electrical tilt of the station list.
The samples of BTS_03 contradict its azimuth in that list (120°); turned by 180° they agree with it. Which of
the two is wrong cannot be told from here, so that both are shown.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from pyproj import Transformer

from phusong.calibrate import CalibrationReport, calibrate_job
from phusong.coverage.antenna import AntennaPattern
from phusong.coverage.calibration.compare import SelectionOptions
from phusong.coverage.calibration.fit import BandFit, FitOptions, fit_bands
from phusong.coverage.calibration.samples import LossSamples

SECTORS = ("BTS_01", "BTS_03")
EVERY_SAMPLE = SelectionOptions(closest_m=0.0, merge_m=0.0)
OPTIONS = FitOptions(block_m=250.0)
FREQUENCY_MHZ = 1835.0


def antenna(measurements: pd.DataFrame) -> AntennaPattern:
    """DX-1710-2170-65-18i-M: the horizontal cut as tabulated, the vertical one assumed."""
    cut = measurements.groupby(measurements["horAngle"].round(1) % 360)["attHor"].median()
    angle = np.arange(3600) / 10.0
    off = (angle + 180.0) % 360.0 - 180.0
    horizontal = np.interp(angle, cut.index.to_numpy(), cut.to_numpy(), period=360.0)
    vertical = np.minimum(12.0 * (off / 7.0) ** 2, 20.0)
    return AntennaPattern("recife", 18.0, horizontal, vertical, source="attHor of the measurements file")


def write_inputs(
    folder: Path, sectors: tuple[str, ...], data: Path, turned_deg: float = 0.0
) -> tuple[Path, Path, AntennaPattern]:
    """Write the files that a user would have: a row per cell, a row per sample."""
    measurements = pd.read_csv(data / "measurements.csv")
    stations = pd.read_csv(data / "stations.csv", sep=";").set_index("BTS_ID").loc[list(sectors)]
    with (folder / "stations.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(
            ("cell_id", "lon", "lat", "technology", "frequency_mhz", "antenna_height_m", "azimuth_deg",
             "electrical_tilt_deg", "antenna", "feeder_loss_db", "eirp_dbm")
        )  # fmt: skip
        for name, row in stations.iterrows():
            out.writerow(
                (name, row.lon, row.lat, "2G", FREQUENCY_MHZ, row.height,
                 (row.azimuth + turned_deg) % 360, row.tiltEle, "recife",
                 0, row.eirp)
            )  # fmt: skip
    own = measurements[measurements["BTS_ID"].isin(sectors)]
    level = stations.loc[own["BTS_ID"], "eirp"].to_numpy() - own["PLreal"].to_numpy()
    pd.DataFrame(
        {"Longitude": own["lon"], "Latitude": own["lat"], "Cellname": own["BTS_ID"], "RxLev": level.round(6)}
    ).to_csv(folder / "samples.csv", index=False)
    return folder / "stations.csv", folder / "samples.csv", antenna(measurements)


def calibrate_sectors(data: Path, sectors: tuple[str, ...], turned_deg: float = 0.0) -> CalibrationReport:
    """Run the job that a user runs, on these sectors."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stations, samples, pattern = write_inputs(folder, sectors, data, turned_deg)
        return calibrate_job(
            stations, samples, folder / "out", selection=EVERY_SAMPLE, options=OPTIONS,
            patterns={"recife": pattern},
        )  # fmt: skip


def fit_hata(data: Path, sectors: tuple[str, ...]) -> BandFit:
    """Fit the authors' own Hata predictions by the same code, on the same squares."""
    table = pd.read_csv(data / "measurements.csv")
    own = table[table["BTS_ID"].isin(sectors)]
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32725", always_xy=True).transform(own["lon"], own["lat"])
    samples = LossSamples(
        x_m=np.asarray(x),
        y_m=np.asarray(y),
        distance_km=own["dist"].to_numpy(),
        frequency_mhz=np.full(len(own), FREQUENCY_MHZ),
        measured_db=own["PLreal"].to_numpy(),
        predicted_db=own["PLhata"].to_numpy(),
        pattern_db=np.zeros(len(own)),
        clutter_m=np.zeros(len(own), np.int64),
        cell=pd.factorize(own["BTS_ID"], sort=True)[0].astype(np.int32),
        technology=np.full(len(own), "2G"),
    )
    return fit_bands(samples, OPTIONS).bands[0]


def row(sectors: tuple[str, ...], model: str, fit: BandFit) -> str:
    """Return one line of the table."""
    c = fit.correction
    values = (
        " + ".join(sectors), model, f"{fit.samples:,}", f"{fit.rmse_before_db:.1f}",
        f"{fit.rmse_after_db:.1f}",
        f"{fit.rmse_cross_validated_db:.1f}", f"{c.offset_db:+.1f}", f"{c.slope_db_per_decade:+.1f}",
        f"{c.sigma_db:.1f}", str(fit.blocks),
    )  # fmt: skip
    return "| " + " | ".join(values) + " |"


def main() -> None:
    """Print the table."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    shared = Path(os.environ.get("PHUSONG_SHARED_DATA", beside))
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "validation" / "recife-gsm1800"
    titles = (
        "sectors", "model", "samples", "RMSE before (dB)", "after", "cross-validated", "offset at 1 km",
        "slope per decade", "σ (robust, left out)", "squares",
    )  # fmt: skip
    print("| " + " | ".join(titles) + " |")
    print("|---|---|" + "---:|" * (len(titles) - 2))
    for sectors in (("BTS_01",), ("BTS_03",), SECTORS):
        print(row(sectors, "P.1812-8 with antenna", calibrate_sectors(data, sectors).fit.bands[0]))
        if sectors == ("BTS_03",):
            turned = calibrate_sectors(data, sectors, turned_deg=180.0).fit.bands[0]
            print(row(sectors, "P.1812-8, antenna turned by 180°", turned))
        print(row(sectors, "Hata, the authors'", fit_hata(data, sectors)))
    print(
        "\nThe row with the antenna turned is no honest cross-validation: the turn was chosen on the samples."
    )


if __name__ == "__main__":
    main()
