"""From an outcome into nbgrader's gradebook, by nbgrader's own preprocessors.

Only one process writes. Doing it again changes nothing, so a run that was killed is mended by the
next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from traitlets.config import Config

from recsys_edu.atomic import atomic_path
from tito.course.lessons import Lesson
from tito.grading.autograding.outcome import Outcome
from tito.grading.collecting.submitted import parse_time
from tito.grading.course import GradingCourse
from tito.grading.gradebook import gradebook_url, in_a_sentence, open_gradebook
from tito.jail.plain_files import read_below

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
        with in_a_sentence(course):
            _enter_submission(course, lesson, outcome.student)
            _enter_marks(course, lesson, outcome.student, notebook)
    marker = _marker(course, lesson, outcome.student)
    marker.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(marker) as unfinished:
        unfinished.write_text(_entered(course, lesson, outcome), encoding="ascii")


def is_replayed(course: GradingCourse, lesson: Lesson, outcome: Outcome) -> bool:
    """Whether just this outcome is in the gradebook, and its notebook in its place."""
    try:
        entered = _marker(course, lesson, outcome.student).read_text(encoding="ascii")
    except (OSError, ValueError):
        return False
    there = outcome.notebook is None or course.autograded(lesson, outcome.student).is_file()
    return entered == _entered(course, lesson, outcome) and there


def handed_in(course: GradingCourse, lesson: Lesson, student: str) -> datetime | None:
    """When ``timestamp.txt`` says that it was; None where there is no such file.

    Raises:
        ValueError: it cannot be read, or says something else.
    """
    found = _beside(course, lesson, student, "timestamp.txt")
    return None if found is None else parse_time(found.decode())


def _entered(course: GradingCourse, lesson: Lesson, outcome: Outcome) -> str:
    """What is kept of an outcome that has been entered: whether it is another one, or at another
    time, can be seen from it.
    """
    digest = hashlib.sha256()
    for name in _BESIDE:
        with contextlib.suppress(ValueError):
            digest.update(_beside(course, lesson, outcome.student, name) or b"")
    return f"{outcome.key} {digest.hexdigest()}"


def _beside(course: GradingCourse, lesson: Lesson, student: str, name: str) -> bytes | None:
    path = course.submitted(lesson, student).with_name(name)
    try:
        return read_below(course.root, path.relative_to(course.root).as_posix(), limit=4096)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(str(error)) from None


def _marker(course: GradingCourse, lesson: Lesson, student: str) -> Path:
    return course.state / "entered" / lesson.id / student


def _write(course: GradingCourse, lesson: Lesson, outcome: Outcome) -> None:
    target = course.autograded(lesson, outcome.student)
    target.parent.mkdir(parents=True, exist_ok=True)
    for name in _BESIDE:
        with contextlib.suppress(ValueError):  # what cannot be read has been remarked upon
            content = _beside(course, lesson, outcome.student, name)
            if content is not None:
                with atomic_path(target.parent / name) as unfinished:
                    unfinished.write_bytes(content)
    with atomic_path(target) as unfinished:
        unfinished.write_text(json.dumps(outcome.notebook, indent=1), encoding="utf-8")


def _enter_submission(course: GradingCourse, lesson: Lesson, student: str) -> None:
    time = None
    with contextlib.suppress(ValueError):
        time = handed_in(course, lesson, student)
    naive = time.replace(tzinfo=None) if time else None  # as nbgrader keeps UTC
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(lesson.id, student, timestamp=naive)


def _enter_marks(course: GradingCourse, lesson: Lesson, student: str, notebook: Any) -> None:
    resources = {
        "nbgrader": {
            "notebook": lesson.id,
            "assignment": lesson.id,
            "student": student,
            "db_url": gradebook_url(course.gradebook),
        }
    }
    settings = Config()
    settings.AssignLatePenalties.plugin_class = "tito.grading.marks.late.LatePolicy"
    for step in (SaveAutoGrades, AssignLatePenalties):
        step(log=_LOG, config=settings).preprocess(notebook, resources)
