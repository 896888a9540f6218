"""Work in a second process: the same results and errors, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from phusong.beside import Done, beside, can_fork
from phusong.console import Reporter
from phusong.errors import InputError, Problem

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


@_FORKS
def test_work_is_done_in_another_process() -> None:
    with beside(_reporter(), 2) as others:
        process, parent = others.start("tables", lambda _: (os.getpid(), os.getppid())).result()
    assert process != os.getpid()
    assert parent == os.getpid()


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


@pytest.mark.parametrize("workers", [1, 2])
def test_stages_and_notes_are_told_as_if_done_here(
    workers: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    reporter = Reporter("en")

    def work(told: Reporter) -> None:
        with told.stage("tables") as progress:
            progress(1, 2)
            told.note("nothing_changed")
            progress(2, 2)

    with beside(reporter, workers) as others:
        others.start("tables", work).result()
    shown = capsys.readouterr().err
    assert reporter.say("nothing_changed")[:40] in shown
    assert shown.count(f"✓ {reporter.say('tables')}") == 1
    assert set(reporter.seconds) == {"tables"}


@pytest.mark.parametrize("workers", [1, 2])
def test_all_problems_of_an_error_arrive(workers: int) -> None:
    problems = [Problem("a.csv", "a number", "write one", row=row) for row in (2, 5)]

    def work(_: Reporter) -> None:
        raise InputError(problems)

    with beside(_reporter(), workers) as others:
        job = others.start("tables", work)
        with pytest.raises(InputError) as caught:
            job.result()
    assert caught.value.problems == problems


@_FORKS
def test_an_error_says_where_it_was_made() -> None:
    def fails(_: Reporter) -> None:
        raise OSError(28, "No space left on device")

    with beside(_reporter(), 2) as others, pytest.raises(OSError, match="No space") as caught:
        others.start("tables", fails).result()
    assert caught.value.errno == 28
    assert "in fails" in "".join(caught.value.__notes__)


@_FORKS
def test_a_process_that_is_killed_is_an_error() -> None:
    with beside(_reporter(), 2) as others:
        job = others.start("tables", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        with pytest.raises(RuntimeError, match=r"tables: .* status -9"):
            job.result()


@_FORKS
def test_nothing_is_left_at_work_after_the_block(tmp_path: Path) -> None:
    told = tmp_path / "process"

    def work(_: Reporter) -> None:
        told.write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(600)

    with pytest.raises(KeyboardInterrupt), beside(_reporter(), 2) as others:
        others.start("tables", work)
        while not (told.exists() and told.read_text(encoding="utf-8")):
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert _gone(int(told.read_text(encoding="utf-8")))


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
