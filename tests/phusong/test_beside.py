"""Work in a second process: the same results and errors, and nothing of it is left.

What must be done by a copy is tried in a fresh process: pytest's own may have threads, and makes no copies then.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from phusong.beside import Done, beside, can_fork
from phusong.console import Reporter
from phusong.words import say

_FORKS = pytest.mark.skipif(sys.platform != "linux", reason="copies of a process are made on Linux alone")


def _reporter() -> Reporter:
    return Reporter("en", quiet=True)


def _gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _wait_until_gone(process: int) -> None:
    for _ in range(1_000):
        if _gone(process):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {process} is still there")


def _fresh(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script that has `others`, with which it may start work."""
    before = """
import os, signal, sys, time
from phusong.beside import beside
from phusong.console import Reporter
reporter = Reporter("en", quiet=True)
with beside(reporter, 2) as others:
"""
    indented = "".join(f"    {line}\n" for line in script.strip().splitlines())
    return subprocess.run(
        [sys.executable, "-c", before + indented, *arguments],
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip


@_FORKS
def test_work_is_done_in_another_process() -> None:
    done = _fresh(
        """
process, parent = others.start("tables", lambda _: (os.getpid(), os.getppid())).result()
assert process != os.getpid()
assert parent == os.getpid()
"""
    )
    assert done.returncode == 0, done.stderr


def test_with_one_worker_it_is_done_here() -> None:
    with beside(_reporter(), 1) as others:
        assert others.start("tables", lambda _: os.getpid()).result() == os.getpid()


def test_beside_another_thread_it_is_done_here() -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert not can_fork(2)
        with beside(_reporter(), 2) as others:
            assert others.start("tables", lambda _: os.getpid()).result() == os.getpid()
    finally:
        release.set()
        thread.join()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_work_returns_arrives(workers: int) -> None:
    with beside(_reporter(), workers) as others:
        jobs = [others.start("tables", lambda _, n=n: n * n) for n in range(3)]
        assert [job.result() for job in jobs] == [0, 1, 4]


def test_work_that_was_done_first() -> None:
    assert Done(7).result() == 7


_TELLING = """
from phusong.errors import InputError, Problem
reporter = Reporter("en")
def work(told):
    with told.stage("tables") as progress:
        progress(1, 2)
        told.note("nothing_changed")
        progress(2, 2)
        time.sleep(0.2)
with beside(reporter, int(sys.argv[1])) as others:
    job = others.start("tables", work)
    time.sleep(0.3)
    job.result()
print(sorted(reporter.seconds), reporter.seconds["tables"] >= 0.2)
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_stages_and_notes_are_told_as_if_done_here(workers: str) -> None:
    done = _fresh(_TELLING, workers)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['tables'] True\n"  # those of the work, though it was waited for later
    assert say("nothing_changed", "en")[:40] in done.stderr
    assert done.stderr.count(f"✓ {say('tables', 'en')}") == 1


_FAILING = """
from phusong.errors import InputError, Problem
problems = [Problem("a.csv", "a number", "write one", row=row) for row in (2, 5)]
def work(_):
    raise InputError(problems)
with beside(reporter, int(sys.argv[1])) as others:
    job = others.start("tables", work)
    try:
        job.result()
    except InputError as error:
        assert error.problems == problems
        print("told")
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_all_problems_of_an_error_arrive(workers: str) -> None:
    done = _fresh(_FAILING, workers)
    assert (done.returncode, done.stdout) == (0, "told\n"), done.stderr


@_FORKS
def test_an_error_says_where_it_was_made() -> None:
    done = _fresh(
        """
def fails(_):
    raise OSError(28, "No space left on device")
try:
    others.start("tables", fails).result()
except OSError as error:
    print(error.errno, "in fails" in "".join(error.__notes__))
"""
    )
    assert (done.returncode, done.stdout) == (0, "28 True\n"), done.stderr


@_FORKS
def test_a_process_that_is_killed_is_an_error() -> None:
    done = _fresh('others.start("tables", lambda _: os.kill(os.getpid(), signal.SIGKILL)).result()')
    assert done.returncode == 1
    assert "RuntimeError: tables: the process beside ended with status -9" in done.stderr


@_FORKS
def test_nothing_is_left_at_work_after_the_block() -> None:
    done = _fresh(
        """
ours, theirs = os.pipe()
def work(_):
    os.write(theirs, str(os.getpid()).encode())
    time.sleep(600)
others.start("tables", work)
print(os.read(ours, 100).decode(), flush=True)
raise KeyboardInterrupt
"""
    )
    assert "KeyboardInterrupt" in done.stderr
    assert _gone(int(done.stdout))


_PARENT = """
import os, sys, time
from pathlib import Path
from phusong.beside import beside
from phusong.console import Reporter

def work(_):
    Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(600)

with beside(Reporter("en", quiet=True), 2) as others:
    others.start("tables", work).result()
"""


@_FORKS
def test_the_copy_dies_with_the_first_process(tmp_path: Path) -> None:
    told = tmp_path / "process"
    with subprocess.Popen([sys.executable, "-c", _PARENT, str(told)]) as parent:
        while not (told.exists() and told.read_text(encoding="utf-8")):
            assert parent.poll() is None
            time.sleep(0.01)
        parent.kill()
    _wait_until_gone(int(told.read_text(encoding="utf-8")))
