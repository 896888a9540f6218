"""The same bytes from threads, strips, Dask workers and workers that die; trouble told in one line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster

from phusong import cluster as on_cluster
from phusong import cluster_tasks, executor, stages
from phusong.cli import main
from phusong.cluster_tasks import StripTask, put_terrain, strip_task, terrain_window
from phusong.console import Reporter
from phusong.coverage.cells import PointLevels
from phusong.coverage.network import merge_network
from phusong.coverage.propagation.terrain import TerrainModel
from phusong.errors import InputError, StoreError
from phusong.executor import ClusterRequest, cluster_request, open_executor
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import Scene, prepare
from phusong.share import open_share, upload_folder, upload_job

Rasters = dict[str, bytes]


class InProcess:
    """One task after another in this process."""

    slots = 1

    def as_done(self, work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[Any]:
        yield from map(work, tasks)


def scene_of(folder: Path, cluster: ClusterRequest | None = None) -> Scene:
    project = load_project(folder)
    reporter = Reporter("en", quiet=True)
    return prepare(Options(project, project.project.as_of, "en", 1, reporter, cluster))


def computed(scene: Scene, out: Path) -> tuple[Rasters, PointLevels]:
    """Layers and levels from scratch: what earlier runs left is no help."""
    shutil.rmtree(scene.options.project.cache, ignore_errors=True)
    scene.options.project.cache.mkdir()
    stages.coverage_stage(scene, out)
    rasters = {path.name: path.read_bytes() for path in (out / "coverage").iterdir()}
    return rasters, stages.levels_stage(scene)


def same(one: tuple[Rasters, PointLevels], other: tuple[Rasters, PointLevels]) -> bool:
    columns = [field.name for field in fields(one[1])]
    return one[0] == other[0] and all(
        getattr(one[1], name).tobytes() == getattr(other[1], name).tobytes() for name in columns
    )


@pytest.fixture(scope="module")
def project(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With layers per operator, and hamlets enough that nothing is empty."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("cluster") / "project"))
    path = folder / "phusong.toml"
    text = path.read_text(encoding="utf-8").replace("resolution_m = 90", "resolution_m = 45")  # 180 rows
    path.write_text(text + "[outputs]\nby_operator = true\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def reference(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rasters, PointLevels]:
    """From threads."""
    found = computed(scene_of(project), tmp_path_factory.mktemp("threads"))
    assert (
        len(found[0]) == 6 * 6 + 1
    )  # 2G and 4G, whole and of two operators, six rasters each; a table of cells
    assert len(found[1].point) > 50
    return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> LocalCluster:
    folder = tmp_path_factory.mktemp("workers")
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        local_directory=str(folder),
    ) as running:
        yield running


@pytest.mark.parametrize("rows", [64, 128])
def test_strips_of_any_height_give_the_bytes_of_one_piece(
    rows: int,
    project: Path,
    reference: tuple[Rasters, PointLevels],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_cluster, "open_executor", lambda request, folder: nullcontext(InProcess()))
    request = ClusterRequest(share=str(tmp_path / "share"), strip_rows=rows)
    scene = scene_of(project, request)
    assert scene.terrain.height_m.shape[0] > rows  # several strips
    assert same(computed(scene, tmp_path / "out"), reference)
    assert not list((tmp_path / "share").iterdir())  # what is done is cleared away


def test_dask_workers_give_the_same_bytes(
    project: Path, reference: tuple[Rasters, PointLevels], cluster: LocalCluster, tmp_path: Path
) -> None:
    request = ClusterRequest(scheduler=cluster.scheduler_address, strip_rows=64)
    assert same(computed(scene_of(project, request), tmp_path), reference)


def test_a_share_by_url(
    project: Path, reference: tuple[Rasters, PointLevels], cluster: LocalCluster, tmp_path: Path
) -> None:
    url = "file://" + (tmp_path / "bucket").as_posix()
    request = ClusterRequest(scheduler=cluster.scheduler_address, strip_rows=64, share=url)
    assert same(computed(scene_of(project, request), tmp_path / "out"), reference)


def test_a_worker_killed_in_the_middle_changes_nothing(
    project: Path,
    reference: tuple[Rasters, PointLevels],
    cluster: LocalCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    died, kill = str(tmp_path / "died"), getattr(signal, "SIGKILL", signal.SIGTERM)

    def deadly(task: StripTask) -> str:
        """The second strip kills the worker that has it, once."""
        if task.strip.rows[0] == 64 and not Path(died).exists():
            Path(died).touch()
            os.kill(os.getpid(), kill)
        return strip_task(task)

    monkeypatch.setattr(on_cluster, "strip_task", deadly)
    request = ClusterRequest(scheduler=cluster.scheduler_address, strip_rows=64)
    assert same(computed(scene_of(project, request), tmp_path / "out"), reference)
    assert Path(died).exists()


def test_a_stopped_run_goes_on_with_the_strips_that_are_there(
    project: Path,
    reference: tuple[Rasters, PointLevels],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_cluster, "open_executor", lambda request, folder: nullcontext(InProcess()))
    begun: list[str] = []

    def counted(*arguments: Any, **named: Any) -> None:
        if len(begun) == 2:
            raise KeyboardInterrupt
        begun.append(str(named["rows"]))
        merge_network(*arguments, **named)

    scene = scene_of(project, ClusterRequest(share=str(tmp_path / "share"), strip_rows=64))
    with monkeypatch.context() as patch:
        patch.setattr(cluster_tasks, "merge_network", counted)
        with pytest.raises(KeyboardInterrupt):
            computed(scene, tmp_path / "out")
        assert len(list((tmp_path / "share").glob("*/rows-*/whole.npz"))) == 2
        begun.clear()  # the next may begin two again, which is fewer than there are
        strips = -(-scene.terrain.height_m.shape[0] // 64)
        assert 2 < strips <= 4
        assert same(computed(scene, tmp_path / "out"), reference)
        assert len(begun) == strips - 2


def test_a_killed_run_on_workers_is_taken_up_by_the_next(
    project: Path, reference: tuple[Rasters, PointLevels], tmp_path: Path
) -> None:
    """Killed as soon as the first strip is on the share; other workers, as many as one likes, do the rest."""
    own = Path(shutil.copytree(project, tmp_path / "own", ignore=shutil.ignore_patterns(".phusong", "out")))
    command = [sys.executable, "-m", "phusong", "coverage", str(own), "--quiet", "--processes"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    first = subprocess.Popen([*command, "1"], **silent)  # type: ignore[call-overload]
    share = own / ".phusong" / "cluster"
    while first.poll() is None and not list(share.glob("*/rows-*/whole.npz")):
        time.sleep(0.01)
    first.kill()
    assert first.wait() != 0 and not (own / "out").exists()
    assert list(share.glob("*/rows-*/whole.npz"))
    assert subprocess.run([*command, "2"], **silent).returncode == 0  # type: ignore[call-overload]
    assert {
        p.name: p.read_bytes() for p in (own / "out" / "coverage").iterdir() if p.name in reference[0]
    } == (reference[0])
    assert not list(share.iterdir())


@pytest.mark.parametrize("slots", [1, 2, 3, 4, 5, 16, 100])
def test_few_workers_share_one_way_of_cutting(slots: int) -> None:
    count = on_cluster.strips_wanted(slots)
    assert count >= 2 * slots
    assert count == 8 if slots <= 4 else count < 4 * slots


def test_without_the_extra_one_line_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit) as stopped:
        main(["coverage", str(project), "--quiet", "--processes", "2"])
    assert stopped.value.code == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "phusong[dask]" in line]
    assert len(told) == 1 and "--processes" in told[0]


def test_nobody_at_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "_PATIENCE_S", 1)
    with (
        pytest.raises(InputError, match="answers"),
        open_executor(ClusterRequest("tcp://127.0.0.1:9"), tmp_path),
    ):
        pass


def test_options_that_contradict_each_other() -> None:
    assert cluster_request(None, None) is None
    assert cluster_request(None, 3) == ClusterRequest(processes=3)
    with pytest.raises(InputError, match="--processes"):
        cluster_request("tcp://host:1", 2)
    with pytest.raises(InputError, match="--share"):
        cluster_request(None, None, "s3://bucket")


@pytest.mark.parametrize("address", ["nonsense", "host", "tcp://host", "http://host:8786", "tcp://:8786", ""])
def test_what_is_no_address_is_said_before_any_work(address: str) -> None:
    """Dask itself would wait a minute for it."""
    with pytest.raises(InputError, match="tcp://host:8786"):
        cluster_request(address, None)
    for good in ("tcp://10.0.0.5:8786", "tls://host.example:8786", "host:8786", "tcp://[::1]:8786"):
        assert cluster_request(good, None) == ClusterRequest(good)


def test_a_share_that_nobody_can_write_to_is_said(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_cluster, "open_executor", lambda request, folder: nullcontext(InProcess()))
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    scene = scene_of(project, ClusterRequest(share=str(tmp_path / "file" / "share")))
    with pytest.raises(InputError, match="can be written to"):
        computed(scene, tmp_path / "out")
    with pytest.raises(InputError, match="one process only"):
        cluster_request(None, 2, "memory://share")


@pytest.mark.parametrize("url", ["folder", "memory://share-of-a-test"])
def test_a_window_of_the_terrain_holds_its_rows_and_no_others(url: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    shape = (700, 9)
    whole = TerrainModel(
        rng.normal(100, 5, shape).astype(np.float32), rng.choice([1, 3, 4], shape).astype(np.uint8),
        rng.random(shape).astype(np.float32), 1.0, 2.0, 30.0, 21.0, 20.0,
    )  # fmt: skip
    share = open_share(str(tmp_path) if url == "folder" else url)
    part = terrain_window(share, put_terrain(share, whole), (300, 500))
    for name in ("height_m", "zone", "clutter_m"):
        got, all_rows = getattr(part, name), getattr(whole, name)
        assert got.dtype == all_rows.dtype
        np.testing.assert_array_equal(got[256:512], all_rows[256:512])
        assert not got[:256].any() and not got[512:].any()
    assert replace(part, height_m=0, zone=0, clutter_m=0) == replace(whole, height_m=0, zone=0, clutter_m=0)  # type: ignore[arg-type]
    share.remove()
    assert not share.has("terrain/0000000.npz")


def test_results_on_object_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    (tmp_path / "coverage").mkdir()
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    (tmp_path / "coverage" / "4g_level.tif").write_bytes(b"raster")
    files = fsspec.filesystem("memory")
    files.pipe_file("/bucket-of-a-test/out/run.json", b"of an earlier run")
    order: list[str] = []
    put_file = files.put_file

    def noted(source: str, target: str) -> None:
        order.append(Path(source).name)
        assert not files.exists("/bucket-of-a-test/out/run.json")  # what is there is not whole
        put_file(source, target)

    monkeypatch.setattr(files, "put_file", noted)
    upload_folder(tmp_path, "memory://bucket-of-a-test/out")
    assert order == ["4g_level.tif", "run.json"]
    assert files.cat("/bucket-of-a-test/out/coverage/4g_level.tif") == b"raster"
    assert files.exists("/bucket-of-a-test/out/run.json")
    with pytest.raises(InputError, match="storage"):
        upload_folder(tmp_path, "nosuchkind://x")


def test_results_are_copied_after_an_export_only_where_there_are_some(
    own_valley: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import fsspec

    options = scene_of(own_valley).options
    with pytest.raises(InputError, match="results of a run"):
        upload_job(options, "memory://another-bucket/out")
    options.project.out.mkdir()
    (options.project.out / "gaps.csv").write_text("x", encoding="utf-8")
    (own_valley / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be copied"):
        upload_job(options, (own_valley / "file" / "below").as_uri())
    upload_job(options, "memory://an:s3cr3t@another-bucket/out")
    assert "s3cr3t" not in capsys.readouterr().out
    found = fsspec.filesystem("memory").find("/")
    assert [name for name in found if name.endswith("another-bucket/out/gaps.csv")]


@pytest.fixture
def served(own_valley: Path) -> Iterator[str]:
    """By a process of its own: rasterio holds Python's lock while it waits for a server."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "-d", str(own_valley)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().split(" port ")[1].split()[0]
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def test_terrain_by_url_and_in_an_archive(own_valley: Path, served: str) -> None:
    heights = scene_of(own_valley).terrain.height_m
    terrain, toml = own_valley / "layers" / "terrain.tif", own_valley / "phusong.toml"
    text = toml.read_text(encoding="utf-8")
    with zipfile.ZipFile(own_valley / "terrain.zip", "w") as archive:
        archive.write(terrain, "heights.tif")
    zipped = "/vsizip/" + (own_valley / "terrain.zip").as_posix().lstrip("/")
    for path in (f"/vsicurl/{served}/layers/terrain.tif", zipped.replace("/vsizip/", "/vsizip//")):
        toml.write_text(text.replace("layers/terrain.tif", path), encoding="utf-8")
        scene = scene_of(own_valley)
        np.testing.assert_array_equal(scene.terrain.height_m, heights)
        assert len(scene.layers.file_hashes[path]) == 64
    toml.write_text(text.replace("layers/terrain.tif", f"/vsicurl/{served}/no.tif"), encoding="utf-8")
    with pytest.raises(InputError, match="GDAL"):
        scene_of(own_valley)
