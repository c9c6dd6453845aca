"""The pool: nothing that a job does stops the others, and nothing that was done is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.work import jobs_in, task_in
from tests.workspace.conftest import ROOT
from tito.jobs.pool import run_jobs


def outcomes_of(folder: Path, kinds: list[str], workers: int = 2) -> dict[str, dict[str, Any]]:
    """Run jobs, and return their outcomes by name."""
    jobs = jobs_in(folder, kinds)
    done = run_jobs(task_in(folder), jobs, workers=workers, temporary=folder / "tmp")
    return {job.name: outcome for job, outcome in done}


def asked(folder: Path) -> list[tuple[int, int]]:
    """Return the number and the process of each call of the function."""
    lines = (folder / "asked").read_text().splitlines()
    return [(int(number), int(process)) for number, process in map(str.split, lines)]


def test_each_job_runs_once_in_a_worker(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "left by a run that was killed").touch()
    found = outcomes_of(tmp_path, ["square"] * 5)
    assert {name: outcome["square"] for name, outcome in found.items()} == {
        "j0": 0, "j1": 1, "j2": 4, "j3": 9, "j4": 16,
    }  # fmt: skip
    assert sorted(number for number, _ in asked(tmp_path)) == [0, 1, 2, 3, 4]
    assert os.getpid() not in {process for _, process in asked(tmp_path)}
    assert {outcome["threads"] for outcome in found.values()} == {"1"}
    assert {outcome["temporary"] for outcome in found.values()} == {str(tmp_path / "tmp")}
    assert not (tmp_path / "tmp").exists()


def test_no_jobs_need_no_workers(tmp_path: Path) -> None:
    assert outcomes_of(tmp_path, []) == {}
    assert not (tmp_path / "tmp").exists()


def test_a_job_that_raises_fails_alone_and_is_not_final(tmp_path: Path) -> None:
    found = outcomes_of(tmp_path, ["square", "raise", "square"])
    assert found["j1"] == {"failed": "ArithmeticError", "number": 1}
    assert found["j2"]["square"] == 4
    store = task_in(tmp_path).store
    assert store.find("j2", "key 2") == found["j2"]
    assert store.find("j1", "key 1") is None
    assert store.latest("j1") == found["j1"]


def test_a_job_that_ends_its_worker_is_tried_once_more_alone(tmp_path: Path) -> None:
    found = outcomes_of(tmp_path, ["square", "exit", "square", "exit once", "square"])
    assert found["j1"] == {"failed": "WorkerEndedError", "number": 1}
    assert [found[f"j{n}"]["square"] for n in (0, 2, 3, 4)] == [0, 4, 9, 16]
    times = Counter(number for number, _ in asked(tmp_path))
    assert times[1] in (2, 3)  # once with the others, if it had begun by then, and twice alone
    store = task_in(tmp_path).store
    assert store.find("j1", "key 1") is None
    assert store.find("j3", "key 3") == found["j3"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace('"outcome": {', '"outcome": 5, "x": {'),
        lambda text: text.replace("key 0", "key of something else"),
        lambda text: "[]",
        lambda text: "",
    ],
)
def test_an_outcome_that_is_not_just_that_one_counts_as_missing(
    damage: Any, tmp_path: Path
) -> None:
    found = outcomes_of(tmp_path, ["square"])
    store = task_in(tmp_path).store
    assert store.find("j0", "key 0") == found["j0"]
    path = store.path("j0")
    path.write_text(damage(path.read_text()))
    assert store.find("j0", "key 0") is None
    path.unlink()
    assert store.find("j0", "key 0") is store.latest("j0") is None


def start(folder: Path, count: int) -> subprocess.Popen[str]:
    """Start a run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.work", str(folder), str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "backends")])},
        stdout=subprocess.PIPE,
        text=True,
    )


def is_gone(process: int) -> bool:
    """Return True once a process has ended, reaped or not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked to end the workers")
def test_a_killed_run_leaves_no_worker_and_loses_no_outcome(tmp_path: Path) -> None:
    count = 8
    first = start(tmp_path, count)
    assert first.stdout is not None
    early = [first.stdout.readline().strip() for _ in range(3)]
    first.send_signal(signal.SIGKILL)
    first.communicate()
    workers = {process for _, process in asked(tmp_path)}
    deadline = time.monotonic() + 20
    while not all(map(is_gone, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert all(map(is_gone, workers))
    assert (tmp_path / "tmp").exists()  # nobody was left to remove it
    done_before = {name for name in early if name}
    assert len(done_before) == 3
    second = start(tmp_path, count)
    late = second.communicate()[0].split()
    assert second.returncode == 0
    assert done_before.isdisjoint(late)
    assert not (tmp_path / "tmp").exists()
    store = task_in(tmp_path).store
    squares = [(store.find(f"j{n}", f"key {n}") or {}).get("square") for n in range(count)]
    assert squares == [n**2 for n in range(count)]
