"""From an outcome into nbgrader's gradebook, by nbgrader's own preprocessors.

Only one process writes. Doing it again changes nothing, so a run that was killed is mended by the
next one.
"""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import parse_utc
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from recsys_edu.atomic import atomic_path
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse
from tito.grading.outcome import Outcome

_BESIDE = ("timestamp.txt", "submission_secret.txt")
"""What nbgrader keeps beside a notebook: when it was handed in, and what fetches its feedback."""
_LOG = logging.getLogger("tito.nbgrader")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


def replay(course: GradingCourse, lesson: Lesson, outcome: Outcome) -> None:
    """Enter an outcome into the gradebook, and put its notebook where graders find it.

    What cannot be graded is not entered: marks that are there already stay.
    """
    if outcome.notebook is not None:
        notebook = nbformat.from_dict(outcome.notebook)  # type: ignore[no-untyped-call]
        _write(course, lesson, outcome)
        with warnings.catch_warnings(action="ignore", category=SAWarning):  # nbgrader's own
            _enter_submission(course, lesson, outcome.student)
            _enter_marks(course, lesson, outcome.student, notebook)
    marker = _marker(course, lesson, outcome.student)
    marker.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(marker) as unfinished:
        unfinished.write_text(outcome.key, encoding="ascii")


def is_replayed(course: GradingCourse, lesson: Lesson, outcome: Outcome) -> bool:
    """Whether just this outcome is in the gradebook, and its notebook in its place."""
    try:
        entered = _marker(course, lesson, outcome.student).read_text(encoding="ascii")
    except (OSError, ValueError):
        return False
    there = outcome.notebook is None or course.autograded(lesson, outcome.student).is_file()
    return entered == outcome.key and there


def _marker(course: GradingCourse, lesson: Lesson, student: str) -> Path:
    return course.state / "entered" / lesson.id / student


def _write(course: GradingCourse, lesson: Lesson, outcome: Outcome) -> None:
    source = course.submitted(lesson, outcome.student).parent
    target = course.autograded(lesson, outcome.student)
    target.parent.mkdir(parents=True, exist_ok=True)
    for name in _BESIDE:
        if (source / name).is_file():
            with atomic_path(target.parent / name) as unfinished:
                shutil.copyfile(source / name, unfinished)
    with atomic_path(target) as unfinished:
        unfinished.write_text(json.dumps(outcome.notebook, indent=1), encoding="utf-8")


def _enter_submission(course: GradingCourse, lesson: Lesson, student: str) -> None:
    stamp = course.submitted(lesson, student).with_name("timestamp.txt")
    found = {"timestamp": parse_utc(stamp.read_text().strip())} if stamp.is_file() else {}
    with Gradebook(_url(course), course.settings.course.id) as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(lesson.id, student, **found)


def _enter_marks(course: GradingCourse, lesson: Lesson, student: str, notebook: Any) -> None:
    resources = {
        "nbgrader": {
            "notebook": lesson.id,
            "assignment": lesson.id,
            "student": student,
            "db_url": _url(course),
        }
    }
    settings = Config()
    settings.AssignLatePenalties.plugin_class = "tito.grading.late.LatePolicy"
    for step in (SaveAutoGrades, AssignLatePenalties):
        step(log=_LOG, config=settings).preprocess(notebook, resources)


def _url(course: GradingCourse) -> str:
    return f"sqlite:///{course.gradebook}"
