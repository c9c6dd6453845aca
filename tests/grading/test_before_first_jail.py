"""What grading does before its first jail starts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tito.grading.autograding import batch
from tito.jobs.pool import Job


def test_grading_reads_them_before_its_first_jail(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(batch, "warm_files", lambda allowed: done.append(allowed))
    monkeypatch.setattr(batch, "font_list", lambda: done.append("the first jail"))
    monkeypatch.setattr(batch, "outcome_store", lambda course, lesson: None)
    monkeypatch.setattr(batch, "run_jobs", lambda *args, **settings: iter(()))
    lesson = SimpleNamespace(about=lambda: SimpleNamespace(may_import=("scipy",)))
    course = SimpleNamespace(temporary=Path("nowhere"))
    job: Any = Job("ada", "key", SimpleNamespace(course=course, lesson=lesson))
    assert list(batch._graded([job], 1, jailed=True)) == []
    assert done == [("scipy",), "the first jail"]
    assert list(batch._graded([job], 1, jailed=False)) == []
    assert len(done) == 2
