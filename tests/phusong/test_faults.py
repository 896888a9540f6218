"""Killed runs, a full disk, damaged caches, two runs at once: earlier results stay, the next run mends."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from phusong.cli import main
from phusong.disk import disk_full
from phusong.one_run import one_run
from phusong.publish import recover, staged

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")


def results(folder: Path) -> dict[str, bytes]:
    out = folder / "out"
    names = (p for p in out.rglob("*") if p.is_file() and p.name != "run.json")
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in names}


def phusong(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, after the statements `before`."""
    script = f"import sys\n{before}\nfrom phusong.cli import main\nmain(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, encoding="utf-8"
    )


@pytest.fixture
def finished(own_valley: Path) -> Path:
    """A project with results."""
    main_ok("run", str(own_valley), "--quiet")
    return own_valley


def main_ok(*arguments: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert not end.value.code


@posix
def test_fifty_kills(own_valley: Path, repository: Path, spoil: Callable[[Path, str, str], None]) -> None:
    """No file is torn, and the run after any kill gives the bytes of one that knows nothing of it."""
    layers = own_valley / "layers"
    cells = (layers / "cells.csv").read_text(encoding="utf-8")
    (layers / "cells-a.csv").write_text(cells, encoding="utf-8")
    (layers / "cells-b.csv").write_text(cells.replace(",43,", ",37,"), encoding="utf-8")
    server = repository / "tests" / "phusong" / "kill_server.py"
    done = subprocess.run(
        [sys.executable, str(server), str(own_valley), "50", "7"],
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["torn"] == [] and found["wrong"] == [] and found["left"] == []
    assert found["kills"] == 50
    assert found["changed"] >= 8 and found["files"] >= 15


@posix
@pytest.mark.parametrize("moves", [0, 1, 2, 3])
def test_a_kill_among_the_moves_is_rolled_forward(tmp_path: Path, moves: int) -> None:
    out, cache = tmp_path / "out", tmp_path / ".phusong"
    with staged(out, cache) as aside:
        for name in ("a", "b", "c", "old"):
            (aside / name).write_text("first")
    script = f"""
import os, pathlib
from phusong.publish import staged
left, replace = {moves}, pathlib.Path.replace
def killing(self, target):
    global left
    if left == 0:
        os.kill(os.getpid(), 9)
    left -= 1
    return replace(self, target)
pathlib.Path.replace = killing
with staged(pathlib.Path({str(out)!r}), pathlib.Path({str(cache)!r}), owned=["*"]) as aside:
    for name in ("a", "b", "c", "d"):
        (aside / name).write_text("second")
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    assert recover(out, cache)
    assert {p.name: p.read_text() for p in out.iterdir()} == dict.fromkeys("abcd", "second")
    assert list(cache.iterdir()) == []
    assert not recover(out, cache)


def test_files_that_a_run_owns_go_away_when_it_has_them_no_more(tmp_path: Path) -> None:
    out, cache = tmp_path / "out", tmp_path / ".phusong"
    for names in (("1.svg", "2.svg"), ("2.svg",)):
        with staged(out, cache, owned=["profiles/*.svg"]) as aside:
            (aside / "profiles").mkdir()
            for name in names:
                (aside / "profiles" / name).write_text("plot")
        (out / "profiles" / "note.txt").write_text("the user's own")
    assert sorted(p.name for p in (out / "profiles").iterdir()) == ["2.svg", "note.txt"]


def test_a_second_run_is_told_who_works(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = results(finished)
    with one_run(finished / ".phusong"):
        with pytest.raises(SystemExit) as end:
            main(["run", str(finished), "--quiet"])
        assert end.value.code == 2
        said = capsys.readouterr().err
        assert f"process {os.getpid()}" in said and "wait for it" in said and said.count("\n") == 1
    assert results(finished) == before
    main_ok("gaps", str(finished), "--quiet")


@posix
def test_the_lock_of_a_killed_run_holds_nobody_up(finished: Path) -> None:
    hold = f"""
import pathlib, time
from phusong.one_run import one_run
with one_run(pathlib.Path({str(finished / ".phusong")!r})):
    print("held", flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    assert phusong("gaps", str(finished), "--quiet").returncode == 2
    process.kill()
    process.wait()
    assert phusong("gaps", str(finished), "--quiet").returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="copies of a process are made on Linux alone")
def test_what_worked_beside_a_killed_run_is_waited_for(tmp_path: Path) -> None:
    """The copy holds the lock, too; the kernel ends it after its parent, not with it."""
    lingering = f"""
import os, pathlib, time
from phusong.one_run import one_run
with one_run(pathlib.Path({str(tmp_path)!r})):
    if os.fork() == 0:
        time.sleep(1.0)
        os._exit(0)
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", lingering]).returncode == -9
    with one_run(tmp_path):
        assert str(os.getpid()) in (tmp_path / "run.json").read_text(encoding="utf-8")


@posix
def test_a_disk_that_is_full(finished: Path, spoil: Callable[[Path, str, str], None]) -> None:
    """No file may grow beyond 60 kB: the system refuses in the middle of a write, as a full disk does."""
    before = results(finished)
    spoil(finished / "layers" / "cells.csv", ",43,", ",40,")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"
    done = phusong("run", str(finished), "--quiet", before=limit)
    assert done.returncode == 2
    assert "disk" in done.stderr and "earlier results are untouched" in done.stderr
    assert "Traceback" not in done.stderr
    assert results(finished) == before
    assert phusong("run", str(finished), "--quiet").returncode == 0
    assert results(finished) != before


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(28, "No space left on device"), True),
        (OSError("No space left on device (os error 28)"), True),  # of libraries in Rust: no number
        (sqlite3.OperationalError("database or disk is full"), True),
        (RuntimeError("4g_level.tif: write error at scanline 0; No space left on device"), True),
        (OSError(13, "Permission denied"), False),
        (ValueError("28"), False),
    ],
)
def test_a_full_disk_is_told_from_other_faults(tmp_path: Path, error: Exception, full: bool) -> None:
    assert (disk_full(tmp_path, error) is not None) == full
    outer = RuntimeError("while writing")
    outer.__cause__ = error
    assert (disk_full(tmp_path, outer) is not None) == full


_DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[: len(data) * 2 // 3],
    "a wrong byte": lambda data: (
        data[: len(data) // 2]
        + bytes(255 - byte for byte in data[len(data) // 2 :][:1])
        + data[len(data) // 2 + 1 :]
    ),
    "garbage": lambda data: os.urandom(len(data)),
    "empty": lambda data: b"",
}


@pytest.mark.parametrize("changed", [False, True])
def test_damaged_caches_and_a_half_copied_raster_are_made_again(
    finished: Path, tmp_path: Path, changed: bool, spoil: Callable[[Path, str, str], None]
) -> None:
    """All files of the cache at once, before a run on the same network and before one on another."""
    expected = results(finished)
    if changed:
        fresh = tmp_path / "fresh"
        shutil.copytree(finished, fresh, ignore=shutil.ignore_patterns("out", ".phusong", "history"))
        spoil(fresh / "layers" / "cells.csv", ",43,", ",40,")
        main_ok("run", str(fresh), "--quiet")
        expected = results(fresh)
    for name, damage in _DAMAGES.items():
        project = tmp_path / name.replace(" ", "-")
        shutil.copytree(finished, project)
        caches = [p for p in (project / ".phusong").rglob("*") if p.is_file() and p.name != "run.lock"]
        assert {".bin", ".npz", ".arrays", ".json"} <= {p.suffix for p in caches}
        for path in (*caches, project / "out" / "coverage" / "4g_level.tif"):
            path.write_bytes(damage(path.read_bytes()))
        if changed:
            spoil(project / "layers" / "cells.csv", ",43,", ",40,")
        main_ok("run", str(project), "--quiet")
        assert results(project) == expected, name


def test_a_run_leaves_no_scraps(finished: Path) -> None:
    (finished / ".phusong" / "aside-old").mkdir()
    (finished / ".phusong" / "levels-x.arrays.part").write_bytes(b"half")
    main_ok("gaps", str(finished), "--quiet")
    kept = {p.name.partition("-")[0] for p in (finished / ".phusong").iterdir()}
    assert not {"aside", "ready"} & kept
    assert not list((finished / ".phusong").glob("*.part"))


@posix
@pytest.mark.parametrize("command", ["check", "gaps"])
def test_lists_that_a_killed_update_left_half_replaced_are_finished_by_any_command(
    own_valley: Path, tmp_path: Path, command: str
) -> None:
    """The new cells stand on a mast that the old list does not know: with one of the two nothing can be read."""
    lists = {name: own_valley / "layers" / f"{name}.csv" for name in ("masts", "cells")}
    old = {name: path.read_text(encoding="utf-8") for name, path in lists.items()}
    new = {name: text.replace("M1", "N1") for name, text in old.items()}
    given = []
    for name, text in new.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        given += [f"--{name}", str(path)]
    killing = """
import os, pathlib
replace, moved = pathlib.Path.replace, []
def killing(self, target):
    if pathlib.Path(target).parent.name == "layers" and pathlib.Path(target).suffix == ".csv":
        moved.append(target)
        if "inputs" in self.parts and "ready-" in str(self) and len(moved) == 2:
            os.kill(os.getpid(), 9)
    return replace(self, target)
pathlib.Path.replace = killing
"""
    assert phusong("update", str(own_valley), *given, "--quiet", before=killing).returncode == -9
    left = {name: path.read_text(encoding="utf-8") for name, path in lists.items()}
    assert left == {"masts": old["masts"], "cells": new["cells"]}
    main_ok(command, str(own_valley), "--quiet")
    assert {name: path.read_text(encoding="utf-8") for name, path in lists.items()} == new


def test_who_only_reads_waits_for_no_live_update(
    own_valley: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While another process is among the moves, a reader is told so in one line, not that lists are wrong."""
    with one_run(own_valley / ".phusong"):
        (own_valley / ".phusong" / "inputs" / "ready-x").mkdir(parents=True)
        with pytest.raises(SystemExit) as end:
            main(["check", str(own_valley), "--quiet"])
    assert end.value.code == 2
    assert "wait for it" in capsys.readouterr().err


def test_a_cache_from_a_stranger_removes_nothing_outside(own_valley: Path) -> None:
    """What a killed run had ready may name files that go: only those of the results."""
    ready = own_valley / ".phusong" / "ready-x"
    ready.mkdir(parents=True)
    (own_valley / "out").mkdir()
    for name in ("old.csv", "..\\kept.csv"):
        (own_valley / "out" / name).write_text("x", encoding="utf-8")
    precious = own_valley / "layers" / "masts.csv"
    names = ["old.csv", "../layers/masts.csv", str(precious), "..\\kept.csv"]
    (ready / ".removed").write_text("\n".join(names), encoding="utf-8")
    assert recover(own_valley / "out", own_valley / ".phusong")
    assert precious.is_file()
    assert not (own_valley / "out" / "old.csv").exists()
