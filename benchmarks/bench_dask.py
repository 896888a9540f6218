"""Coverage and levels on Dask: one worker process against two, core-seconds beside wall seconds.

    python benchmarks/bench_dask.py [--stations 600] [--threads]

Real ground at 30 m (see province_run.py). Clusters are started, and their kernels loaded by a small run,
before the clock starts. Prints wall seconds, core-seconds of the workers and of the process that asked them
(with the scheduler in it), the most memory of a worker, and a digest of all rasters and levels. `--threads`
adds a plain run on one thread, for what cutting into strips costs; about eight minutes in all with it.

Where other programs share the machine, wall seconds say little. What two quiet cores would give is therefore
worked out from core-seconds as well: the work of the workers halves, that of the asking process does not.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import dask
from distributed import Client, LocalCluster

from phusong.console import Reporter
from phusong.executor import CLUSTER_SETTINGS, ClusterRequest
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import Scene, prepare
from phusong.stages import coverage_stage, levels_stage
from province_run import build


@dataclass(frozen=True)
class Taken:
    """What a run took: seconds, and MB of the largest worker."""

    wall_s: float
    own_s: float
    workers_s: tuple[float, ...]
    peak_mb: float
    digest: str

    def row(self, name: str) -> str:
        """A line of the table."""
        workers = " + ".join(f"{s:.1f}" for s in self.workers_s) or "–"
        numbers = f"{self.wall_s:.1f} | {workers} | {self.own_s:.1f} | {self.peak_mb:,.0f}"
        return f"| {name} | {numbers} | {self.digest} |"


def run(scene: Scene) -> tuple[float, float, str]:
    """Wall and own core-seconds of both stages, and a digest of what was written."""
    shutil.rmtree(scene.options.project.cache, ignore_errors=True)
    scene.options.project.cache.mkdir()
    with tempfile.TemporaryDirectory() as name:
        begun, own = time.perf_counter(), time.process_time()
        coverage_stage(scene, Path(name))
        levels = levels_stage(scene)
        wall, own = time.perf_counter() - begun, time.process_time() - own
        found = hashlib.sha256()
        for path in sorted(Path(name).rglob("*.tif")):
            found.update(path.read_bytes())
        found.update(levels.level_dbm.tobytes())
    return wall, own, found.hexdigest()[:12]


def scene_of(folder: Path, cluster: ClusterRequest | None) -> Scene:
    project = load_project(folder)
    return prepare(Options(project, project.project.as_of, "en", 1, Reporter("en", quiet=True), cluster))


def used() -> tuple[float, float]:
    """Core-seconds of this process so far, and its most memory (MB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    status = Path("/proc/self/status")
    if status.exists():  # a worker's ru_maxrss on Linux begins with that of the process that started it
        lines = status.read_text(encoding="utf-8").splitlines()
        peak = next(float(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM"))
    return time.process_time(), peak


def on_threads(small: Path, folder: Path) -> Taken:
    run(scene_of(small, None))
    wall, own, digest = run(scene_of(folder, None))
    return Taken(wall, own, (), used()[1], digest)


def on_workers(count: int, small: Path, folder: Path, scratch: str) -> Taken:
    settings = {**CLUSTER_SETTINGS, "distributed.comm.timeouts.connect": "120s"}
    with dask.config.set(settings), LocalCluster(
        n_workers=count, threads_per_worker=1, dashboard_address=None, host="127.0.0.1",
        local_directory=scratch,
    ) as cluster, Client(cluster, set_as_default=False) as client:  # fmt: skip
        request = ClusterRequest(scheduler=cluster.scheduler_address)
        client.run(warm)
        run(scene_of(small, request))
        before = client.run(used)
        wall, own, digest = run(scene_of(folder, request))
        after = client.run(used)
        seconds = tuple(after[worker][0] - before[worker][0] for worker in after)
        return Taken(wall, own, seconds, max(peak for _, peak in after.values()), digest)


def warm() -> None:
    """Import what tasks need."""
    import phusong.cluster_tasks  # noqa: F401


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stations", type=int, default=600)
    parser.add_argument("--threads", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        small, folder = Path(name) / "small", Path(name) / "province"
        build(small, 10, by_operator=False)
        build(folder, asked.stations, by_operator=False)
        print(f"Load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
        print(
            "| coverage and levels | wall (s) | workers (core-s) | asking (core-s) | worker (MB) | digest |"
        )
        print("|---|---:|---:|---:|---:|---|", flush=True)
        if asked.threads:
            print(on_threads(small, folder).row("one thread, no cluster"), flush=True)
        one = on_workers(1, small, folder, name)
        print(one.row("1 worker"), flush=True)
        two = on_workers(2, small, folder, name)
        print(two.row("2 workers"), flush=True)
    own = min(one.own_s, two.own_s)
    work, largest = sum(two.workers_s), max(two.workers_s)
    print(f"\nTwo workers are {one.wall_s / two.wall_s:.2f} times as fast as one (aim: 1.8).")
    print(
        f"By core-seconds: {(work + own) / (largest + own):.2f} if the asking process never works beside, "
        f"{work / max(largest, (work + own) / 2):.2f} if it always does, on two cores."
    )


if __name__ == "__main__":
    main()
