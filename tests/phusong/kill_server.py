"""Run the whole job again and again and kill it at random moments; print what was found as JSON.

A script, because the processes to be killed are forked from one that has imported everything already: a
moment chosen at random then falls into the work, not into the imports.

    python kill_server.py FOLDER KILLS SEED

FOLDER holds a project whose cells.csv is to alternate with cells-b.csv.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import phusong.outputs
import phusong.pipeline  # noqa: F401
from phusong.cli import main

UNLIKE = {"run.json"}  # tells the times of its run
MOST_SPARED = 200


def started(folder: Path) -> int:
    """Start the job in a process of its own."""
    child = os.fork()
    if child == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        try:
            main(["run", str(folder), "--quiet"])
        except SystemExit as end:
            os._exit(int(end.code or 0))
        os._exit(0)
    return child


def finished(folder: Path) -> float:
    """Run the job to its end; seconds."""
    begin = time.perf_counter()
    _, status = os.waitpid(started(folder), 0)
    if status != 0:
        raise SystemExit(f"the job ended with {status}")
    return time.perf_counter() - begin


def contents(folder: Path) -> dict[str, bytes]:
    """Return every result by its name."""
    out = folder / "out"
    names = (p for p in out.rglob("*") if p.is_file() and p.name not in UNLIKE)
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in names}


def from_scratch(folder: Path, version: str) -> dict[str, bytes]:
    """Return the results of a run that knows nothing of earlier ones."""
    fresh = folder.with_name(f"fresh-{version}")
    shutil.copytree(folder, fresh, ignore=shutil.ignore_patterns("out", ".phusong"))
    give(fresh, version)
    finished(fresh)
    return contents(fresh)


def give(folder: Path, version: str) -> None:
    """Put a version of the cells in place."""
    shutil.copyfile(folder / "layers" / f"cells-{version}.csv", folder / "layers" / "cells.csv")


def harry(folder: Path, kills: int, seed: int) -> dict[str, object]:
    """Kill runs, and compare what is left with what an undisturbed run would have left."""
    chance = random.Random(seed)
    expected = {version: from_scratch(folder, version) for version in ("a", "b")}
    give(folder, "a")
    longest = 1.1 * max(finished(folder), finished(folder))
    torn, wrong, kill, spared = [], [], 0, 0
    while kill < kills:
        version = "ab"[(kill // 10 + 1) % 2]
        give(folder, version)
        child = started(folder)
        time.sleep(chance.uniform(0.0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):  # it had ended: later ones are killed sooner
            longest, spared = 0.97 * longest, spared + 1
            if spared > MOST_SPARED:
                raise SystemExit(f"{spared} runs ended before they were killed")
            continue
        for name, data in contents(folder).items():
            if data not in (expected["a"].get(name), expected["b"].get(name)):
                torn.append([kill, name])
        if kill % 10 == 9:
            finished(folder)
            found = contents(folder)
            wrong += [
                [kill, name]
                for name in sorted({*found, *expected[version]})
                if found.get(name) != expected[version].get(name)
            ]
        kill += 1
    left = [p.name for p in (folder / ".phusong").iterdir() if p.name.startswith(("aside-", "ready-"))]
    return {
        "kills": kill,
        "torn": torn,
        "wrong": wrong,
        "left": left,
        "files": len(expected["a"]),
        "changed": sum(expected["a"][name] != expected["b"].get(name) for name in expected["a"]),
    }


if __name__ == "__main__":
    print(json.dumps(harry(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
