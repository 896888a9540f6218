"""Coverage and levels on Dask: one worker process against two, and threads beside.

    python benchmarks/bench_dask.py [--stations 150]

Real ground at 30 m (see province_run.py). Wall seconds of the two stages; clusters are started and their
kernels loaded before the clock starts. Compares the bytes of all rasters too.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
import time
from pathlib import Path

from distributed import LocalCluster

from phusong.console import Reporter
from phusong.executor import ClusterRequest
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import Scene, prepare
from phusong.stages import coverage_stage, levels_stage
from province_run import build


def run(scene: Scene) -> tuple[float, str]:
    """Seconds, and a digest of what was written."""
    shutil.rmtree(scene.options.project.cache, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        begun = time.perf_counter()
        coverage_stage(scene, Path(name))
        levels = levels_stage(scene)
        seconds = time.perf_counter() - begun
        found = hashlib.sha256()
        for path in sorted(Path(name).rglob("*.tif")):
            found.update(path.read_bytes())
        found.update(levels.level_dbm.tobytes())
    return seconds, found.hexdigest()[:12]


def scene_of(folder: Path, cluster: ClusterRequest | None) -> Scene:
    project = load_project(folder)
    return prepare(Options(project, project.project.as_of, "en", 1, Reporter("en", quiet=True), cluster))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stations", type=int, default=150)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        small, folder = Path(name) / "small", Path(name) / "province"
        build(small, 10, by_operator=False)
        build(folder, asked.stations, by_operator=False)
        print("| coverage and levels | wall (s) | digest |\n|---|---:|---|")
        run(scene_of(small, None))
        seconds, digest = run(scene_of(folder, None))
        print(f"| one thread | {seconds:.1f} | {digest} |")
        taken = {}
        for workers in (1, 2):
            with LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1",
                local_directory=name,
            ) as cluster:  # fmt: skip
                request = ClusterRequest(scheduler=cluster.scheduler_address, strip_rows=512)
                run(scene_of(small, request))
                taken[workers], digest = run(scene_of(folder, request))
            print(f"| {workers} Dask worker{'s' * (workers > 1)} | {taken[workers]:.1f} | {digest} |")
    print(f"\nTwo workers are {taken[1] / taken[2]:.2f} times as fast as one (aim: 1.8).")


if __name__ == "__main__":
    main()
