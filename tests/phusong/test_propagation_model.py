"""``[propagation] model``: what a run with another model says of itself, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyogrio
import pytest
import rasterio

from phusong.cli import main

Spoil = Callable[[Path, str, str], None]


def phusong(*arguments: str) -> int:
    """Run the command line, return its exit status."""
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    return int(caught.value.code or 0)


def test_a_run_by_formula_names_its_model_everywhere(own_valley: Path, spoil: Spoil) -> None:
    spoil(own_valley / "phusong.toml", "[propagation]\n", '[propagation]\nmodel = "38901-rma-los"\n')
    assert phusong("run", str(own_valley), "--quiet") == 0
    with rasterio.open(own_valley / "out" / "coverage" / "4g_level.tif") as raster:
        tags = raster.tags()
    assert tags["model"] == "3GPP TR 38.901 RMa, LOS"
    assert "extrapolated" in tags["model_validity"]
    assert "delta_n" not in tags
    assert "n0" not in tags
    page = (own_valley / "out" / "map.html").read_text(encoding="utf-8")
    assert "3GPP TR 38.901 RMa, LOS: published for" in page
    assert "P.1812-8, p =" not in page
    # under P.1812 the ridge hides four hamlets (test_whole_job.py); the formula does not see it
    hamlets = pyogrio.read_dataframe(own_valley / "out" / "gaps.gpkg", layer="hamlets")
    assert not hamlets["dead_zone"].astype(bool).any()


def test_a_frequency_outside_the_model_stops_the_run(
    own_valley: Path, spoil: Spoil, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(own_valley / "phusong.toml", "[propagation]\n", '[propagation]\nmodel = "okumura-hata"\n')
    assert phusong("run", str(own_valley), "--quiet") == 2
    told = capsys.readouterr().err
    assert "1840 (9 cells, the first is M1-4G-0)" in " ".join(told.split())
    assert not (own_valley / "out").exists()


def test_an_unknown_model_is_refused(
    own_valley: Path, spoil: Spoil, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(own_valley / "phusong.toml", "[propagation]\n", '[propagation]\nmodel = "itm"\n')
    assert phusong("run", str(own_valley), "--quiet") == 2
    assert "propagation.model" in capsys.readouterr().err
