"""The package installs as one name, whole, and leaves coverage.py and numba alone."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def python(*arguments: str, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository, capture_output=True, check=True,
    ).stdout.decode().split("\0")  # fmt: skip
    for name in filter(None, tracked):
        if (repository / name).is_file() and not name.startswith("tests/"):
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((repository / name).read_bytes())
    out = tmp_path_factory.mktemp("wheel")
    build = python(
        "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(out), str(source), cwd=out
    )
    assert build.returncode == 0, build.stdout + build.stderr
    return next(out.glob("phusong-*.whl"))


def test_numba_works_in_the_repository_root(repository: Path) -> None:
    """numba imports whatever is called `coverage`; the guard sends it on its way."""
    run = python("-c", "import numba; print(numba.njit(lambda x: x + 1)(1))", cwd=repository)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "2"


def test_bare_coverage_is_refused(repository: Path) -> None:
    code = "import sys; sys.path.insert(0, '.'); import coverage"
    run = python("-S", "-E", "-c", code, cwd=repository)
    assert run.returncode != 0
    assert "import phusong.coverage" in run.stderr


def test_wheel_holds_every_module_and_no_bare_name(repository: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    roots = {
        "coverage": "phusong/coverage",
        "gis_data": "phusong/gis_data",
        "maps": "phusong/maps",
        "src/phusong": "phusong",
    }
    for folder, installed in roots.items():
        for module in (repository / folder).rglob("*.py"):
            assert f"{installed}/{module.relative_to(repository / folder).as_posix()}" in names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"phusong", next(t for t in tops if t.endswith(".dist-info"))}


def test_wheel_holds_the_data_files(repository: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = [
        (folder, path)
        for folder in ("gis_data", "maps", "src/phusong")
        for path in (repository / folder).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and "egg-info" not in str(path)
    ]
    assert data
    for folder, path in data:
        inside = path.relative_to(repository / folder).as_posix()
        prefix = "phusong" if folder == "src/phusong" else f"phusong/{folder}"
        assert f"{prefix}/{inside}" in names


def test_wheel_works_beside_coverage_py(wheel: Path, tmp_path: Path) -> None:
    """From an empty folder, with coverage.py importable: both are what they say."""
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    code = (
        "import coverage, phusong.coverage.cells, phusong.gis_data.schema, phusong.cli;"
        "print(hasattr(coverage, 'Coverage'), phusong.coverage.__file__)"
    )
    run = python("-c", code, cwd=empty, path=site)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("True")
    assert str(site) in run.stdout


def test_help_does_not_import_the_heavy_libraries(repository: Path) -> None:
    code = (
        "import sys; from phusong.cli import app; import typer.main; typer.main.get_command(app);"
        "heavy = ('geopandas', 'folium', 'numba', 'rasterio', 'highspy', 'matplotlib', 'scipy', 'pandas');"
        "print([m for m in heavy if m in sys.modules])"
    )
    run = python("-c", code, cwd=repository.parent)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
