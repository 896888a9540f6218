"""Predicted against real cost of runs, the table that the model is fitted to, and the country on paper.

    python benchmarks/bench_estimate.py                      # the kept table: predicted from the others, real
    python benchmarks/bench_estimate.py --fit                # measures the short runs anew: ten quiet minutes
    python benchmarks/bench_estimate.py --fit --only sample  # those whose names begin so
    python benchmarks/bench_estimate.py --project DIR        # one's own, in a copy: held against the model
    python benchmarks/bench_estimate.py --project DIR --add  # … and added to the table
    python benchmarks/bench_estimate.py --country            # 100,000 masts at 30 m

Real is ``phusong coverage``, ``gaps`` and ``run`` after each other as processes of their own, with nothing
kept from before (levels are computed twice, so that the last holds what a whole run holds), and
``phusong check`` for what starting and reading take. Kernels are compiled by a run before the first
(``--compiled``: they are). The table is src/phusong/cost_runs.toml; ``--table FILE`` takes another.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from country_plan import print_country
from phusong.console import Reporter
from phusong.cost_model import FIGURES, fit, predicted, predicted_from_others
from phusong.cost_runs import TABLE, MeasuredRun, Sampled, Took, read_runs, write_runs
from phusong.cost_size import RunSize
from phusong.estimate import Survey, survey
from phusong.gis_data.sample.write import write_sample
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import prepare

UNITS = {"_s": ("core-s", 1.0), "_memory": ("MB", 1e6), "_disk": ("MB", 1e6)}
OF_PROJECT = (".phusong", "history")  # what runs leave beside the results
Build = Callable[[Path], None]


def sample_at(resolution_m: int) -> Build:
    """The embedded sample."""

    def build(folder: Path) -> None:
        write_sample(folder)
        edit(folder, "resolution_m = 90", f"resolution_m = {resolution_m}")
        short_search(folder)

    return build


def province_at(stations: int, resolution_m: int, *, by_operator: bool = False, merge: bool = True) -> Build:
    """Stations on the real ground of the shared data."""

    def build(folder: Path) -> None:
        from province_run import build as build_province

        build_province(folder, stations, by_operator=False)
        edit(folder, "resolution_m = 30", f"resolution_m = {resolution_m}")
        outputs = f"\n[outputs]\nby_operator = {by_operator}\nkeep_merge = {merge}\n".lower()
        with (folder / "phusong.toml").open("a", encoding="utf-8") as stream:
            stream.write(outputs)
        short_search(folder)

    return build


# name, how it is made, threads, whether only the layers are measured, whether it needs the shared data
SHORT: tuple[tuple[str, Build, int, bool, bool], ...] = (
    ("sample, 90 m", sample_at(90), 2, False, False),
    ("sample, 45 m", sample_at(45), 2, False, False),
    ("800 stations, 90 m", province_at(800, 90), 2, False, True),
    ("300 stations, 90 m, by operator", province_at(300, 90, by_operator=True), 2, False, True),
    ("40 stations, 30 m, merge not kept, 8 threads", province_at(40, 30, merge=False), 8, True, True),
    ("40 stations, 30 m, by operator", province_at(40, 30, by_operator=True), 2, True, True),
)


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "phusong.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def short_search(folder: Path) -> None:
    """The search for stations has a limit of its own and is not in the model."""
    edit(folder, "[siting]", "[siting]\ntime_limit_s = 1.0")


def survey_of(folder: Path, workers: int) -> Survey:
    """What `phusong estimate` finds, in a process of its own: its start and its memory count."""
    command = [sys.executable, __file__, "--survey", str(folder), "--workers", str(workers)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    told = json.loads(run.stdout.splitlines()[-1])
    return Survey(RunSize(**told.pop("size")), Sampled(**told.pop("sampled")), **told)


def print_survey(folder: Path, workers: int) -> None:
    project = load_project(folder)
    options = Options(project, project.project.as_of, "en", workers, Reporter("en", quiet=True))
    scene = prepare(options)
    print(json.dumps(asdict(survey(scene, time.process_time()))))


def timed(command: str, folder: Path, workers: int) -> tuple[float, float]:
    """Core-seconds and most memory (bytes) of a command."""
    line = [sys.executable, "-m", "phusong", command, str(folder), "--quiet"]
    line += [] if command == "check" else ["--workers", str(workers)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"phusong {command} {folder} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, float(used.ru_maxrss * unit)


def bytes_of(folder: Path, pattern: str = "**/*") -> float:
    return float(sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file()))


def clean(folder: Path) -> None:
    for name in (*OF_PROJECT, "out"):
        shutil.rmtree(folder / name, ignore_errors=True)


def measured(folder: Path, workers: int, *, layers_only: bool) -> Took:
    """Run a project from nothing and tell what it took."""
    clean(folder)
    layers_s, layers_memory = timed("coverage", folder, workers)
    out, kept = folder / "out", folder / ".phusong"
    took = Took(
        layers_s=layers_s,
        layers_memory=layers_memory,
        rasters_disk=bytes_of(out / "coverage"),
        merge_disk=bytes_of(kept / "merge") or None,
    )
    if layers_only:
        return took
    points_s, points_memory = timed("gaps", folder, workers)
    start_s, _ = timed("check", folder, workers)
    for path in kept.glob("levels-*"):
        path.unlink()  # what levels leave in memory counts in the stages after them
    rest_s, rest_memory = timed("run", folder, workers)
    return replace(
        took,
        points_s=points_s - start_s,
        rest_s=rest_s - points_s,
        points_memory=points_memory,
        rest_memory=rest_memory,
        tables_disk=bytes_of(out) - bytes_of(out / "coverage"),
        caches_disk=bytes_of(kept) - bytes_of(kept / "merge"),
        history_disk=bytes_of(folder / "history") - bytes_of(folder / "history" / "rasters"),
    )


def circumstances() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {processor()}, load before {load:.1f}, {date.today().isoformat()}"


def processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def run_of(name: str, folder: Path, workers: int, *, layers_only: bool, kept: bool) -> MeasuredRun:
    clean(folder)
    told, found = circumstances(), survey_of(folder, workers)
    took = measured(folder, workers, layers_only=layers_only)
    return MeasuredRun(name, told, kept, found.size, found.sampled, took)


def measure_short(table: Path, only: str, compiled: bool) -> None:
    """Measure the short runs anew, and write the table after each."""
    from province import HERE

    data = Path(os.environ.get("PHUSONG_SHARED_DATA", HERE.parent.parent / "shared" / "data"))
    runs = {run.name: run for run in read_runs(table)} if table.exists() else {}
    for name, build, workers, layers_only, shared in SHORT:
        if not name.startswith(only):
            continue
        if shared and not (data / "quang-ninh").is_dir():
            print(f"left as it stands, it needs the data of a real province: {name}", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "project"
            build(folder)
            if not compiled:
                timed("run", folder, workers)
            compiled = True
            begun = time.perf_counter()
            runs[name] = run_of(name, folder, workers, layers_only=layers_only, kept=False)
            print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
            write_runs(table, list(runs.values()))


def measure_own(table: Path, project: Path, workers: int, *, add: bool) -> MeasuredRun:
    """Measure a project in a copy of its input."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / project.resolve().name
        shutil.copytree(project, folder, ignore=shutil.ignore_patterns(*OF_PROJECT, "out"))
        timed("check", folder, workers)
        run = run_of(project.resolve().name, folder, workers, layers_only=False, kept=True)
    if add:
        write_runs(table, [*(one for one in read_runs(table) if one.name != run.name), run])
    return run


def shown(figure: str, value: float) -> str:
    ending = next(ending for ending in UNITS if figure.endswith(ending))
    return (
        f"{value / UNITS[ending][1]:,.3g}"
        if value / UNITS[ending][1] < 100
        else f"{value / UNITS[ending][1]:,.0f}"
    )


def unit(figure: str) -> str:
    return "s" if "wall" in figure else next(UNITS[end][0] for end in UNITS if figure.endswith(end))


def print_table(runs: tuple[MeasuredRun, ...]) -> None:
    """Each figure: its error, and each run predicted from the others."""
    told_of = [figure for figure in FIGURES if any(getattr(run.took, figure) for run in runs)]
    print("| figure | error | runs | factors |\n|---|---:|---:|---|")
    for figure in told_of:
        found = fit(figure, runs)
        factors = ", ".join(f"{factor:.3g}" for factor in found.factors)
        print(f"| {figure} ({unit(figure)}) | ± {found.error:.0%} | {found.runs} | {factors} |")
    cells: dict[tuple[str, str], str] = {}
    for figure in told_of:
        for run, guess in predicted_from_others(figure, runs):
            real = getattr(run.took, figure)
            cells[run.name, figure] = f"{shown(figure, real)} ({real / guess - 1:+.0%})"
    print("\nReal, and by how much it is off what the other runs predict; core-s, s by the clock, MB:\n")
    print(f"| run | {' | '.join(told_of)} |\n|---|{'---:|' * len(told_of)}")
    for run in runs:
        print(f"| {run.name} | {' | '.join(cells.get((run.name, figure), '') for figure in told_of)} |")


def print_run(run: MeasuredRun, runs: tuple[MeasuredRun, ...]) -> None:
    """A run that is not in the table, against the model."""
    print("| figure | predicted | stated error | real | off by |\n|---|---:|---:|---:|---:|")
    for figure in FIGURES:
        real = getattr(run.took, figure)
        if real:
            guess = predicted(figure, run.size, run.sampled, runs)
            off = real / guess.value - 1
            verdict = "" if abs(off) <= guess.error else " **outside**"
            told = (
                f"{shown(figure, guess.value)} | ± {guess.error:.0%} | {shown(figure, real)} {unit(figure)}"
            )
            print(f"| {figure} | {told} | {off:+.0%}{verdict} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--country", action="store_true")
    parser.add_argument("--fit", action="store_true", help="measure the short runs anew")
    parser.add_argument("--only", default="", metavar="NAME", help="of --fit: names that begin so")
    parser.add_argument("--compiled", action="store_true", help="of --fit: the kernels are")
    parser.add_argument("--project", type=Path, metavar="DIR")
    parser.add_argument("--add", action="store_true", help="with --project: keep it in the table")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="of --project")
    parser.add_argument("--survey", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.survey is not None:
        print_survey(asked.survey, asked.workers)
        return
    if asked.fit:
        measure_short(asked.table, asked.only, asked.compiled)
    runs = read_runs(asked.table)
    if asked.country:
        print_country(runs)
    elif asked.project is not None:
        print_run(measure_own(asked.table, asked.project, asked.workers, add=asked.add), runs)
    else:
        print_table(runs)


if __name__ == "__main__":
    main()
