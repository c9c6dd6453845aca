"""Calls that were late beside other work: the submission is graded again, alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tito.grading.autograding import batch
from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.outcome import GRADED, Outcome
from tito.jobs.pool import Job


def outcome_of(student: str, *, passed: bool, kept_waiting: bool = False) -> Outcome:
    mark = CellMark("test_rank", 2.0, passed, "", "", "", kept_waiting=kept_waiting)
    return Outcome(student, "05_bpr", GRADED, marks=(mark,))


def test_points_are_lost_only_by_lateness_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    course = SimpleNamespace(temporary=tmp_path, state=tmp_path)
    submission = SimpleNamespace(course=course, lesson=SimpleNamespace(id="05_bpr"))
    jobs = [Job(name, "key", submission) for name in ("ada", "ben", "cem")]
    runs: list[tuple[list[str], int]] = []

    def run(
        task: Any, jobs: Sequence[Job[Any]], *, workers: int, temporary: Path
    ) -> Iterator[tuple[Job[Any], Outcome]]:
        runs.append(([job.name for job in jobs], workers))
        for job in jobs:
            held_up = job.name == "ben" and workers > 1
            slow = job.name == "cem" or held_up
            yield job, outcome_of(job.name, passed=not slow, kept_waiting=held_up)

    monkeypatch.setattr(batch, "run_jobs", run)
    monkeypatch.setattr(batch, "_entered", lambda job, outcome: outcome)
    graded = list(batch._graded(jobs, 4, jailed=False))  # type: ignore[arg-type]
    assert runs == [(["ada", "ben", "cem"], 4), (["ben"], 1)]
    found = {one.outcome.student: one.outcome.earned for one in graded}
    assert found == {"ada": 2.0, "cem": 0.0, "ben": 2.0}
