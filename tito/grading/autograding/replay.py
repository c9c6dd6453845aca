"""From an outcome into nbgrader's gradebook, by nbgrader's own preprocessors.

Only one process writes. Doing it again changes nothing, so a run that was killed is mended by the
next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Iterator
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
    entry = _entry(course, lesson, outcome)
    if outcome.notebook is not None:
        notebook = nbformat.from_dict(outcome.notebook)  # type: ignore[no-untyped-call]
        before = _entered(course, lesson, outcome.student).get("answers", {})
        read = {name for name, digest in entry["answers"].items() if before.get(name) == digest}
        _write(course, lesson, outcome)
        with in_a_sentence(course):
            _enter_submission(course, lesson, outcome.student)
            with _settled(course, lesson, outcome.student, read):
                _enter_marks(course, lesson, outcome.student, notebook)
    marker = _marker(course, lesson, outcome.student)
    marker.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(marker) as unfinished:
        unfinished.write_text(json.dumps(entry), encoding="ascii")


def is_replayed(course: GradingCourse, lesson: Lesson, outcome: Outcome) -> bool:
    """Whether just this outcome is in the gradebook, and its notebook in its place."""
    if _entered(course, lesson, outcome.student) != _entry(course, lesson, outcome):
        return False
    if outcome.notebook is None:
        return True
    try:
        found = course.autograded(lesson, outcome.student).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return found == _text(outcome)


def handed_in(course: GradingCourse, lesson: Lesson, student: str) -> datetime | None:
    """When ``timestamp.txt`` says that it was; None where there is no such file.

    Raises:
        ValueError: it cannot be read, or says something else.
    """
    found = _beside(course, lesson, student, "timestamp.txt")
    return None if found is None else parse_time(found.decode())


def _entry(course: GradingCourse, lesson: Lesson, outcome: Outcome) -> dict[str, Any]:
    """What is kept of an outcome that is entered: another one, or another time, differs in it."""
    beside = hashlib.sha256()
    for name in _BESIDE:
        with contextlib.suppress(ValueError):
            beside.update(_beside(course, lesson, outcome.student, name) or b"")
    cells = (outcome.notebook or {}).get("cells", ())
    answers = {
        cell["metadata"]["nbgrader"]["grade_id"]: hashlib.sha256(
            cell["source"].encode()
        ).hexdigest()
        for cell in cells
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    return {"key": outcome.key, "beside": beside.hexdigest(), "answers": answers}


def _entered(course: GradingCourse, lesson: Lesson, student: str) -> dict[str, Any]:
    """The same of what was entered last; empty where nothing was."""
    try:
        found = json.loads(_marker(course, lesson, student).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextlib.contextmanager
def _settled(course: GradingCourse, lesson: Lesson, student: str, read: set[str]) -> Iterator[None]:
    """A block after which points that a person gave need that person again only if it is for
    another answer, or beside other points by tests.

    nbgrader asks for all of them again, whatever has changed.
    """
    names = (lesson.id, lesson.id, student)
    with open_gradebook(course) as gradebook:
        grades = gradebook.find_submission_notebook(*names).grades
        before = {
            grade.name: grade.auto_score
            for grade in grades
            if grade.manual_score is not None and not grade.needs_manual_grade
        }
    yield
    with open_gradebook(course) as gradebook:
        for grade in gradebook.find_submission_notebook(*names).grades:
            tested = grade.auto_score is not None and grade.auto_score == before.get(grade.name)
            if grade.name in before and (grade.name in read or tested):
                grade.needs_manual_grade = False
        gradebook.db.commit()


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
        unfinished.write_text(_text(outcome), encoding="utf-8")


def _text(outcome: Outcome) -> str:
    return json.dumps(outcome.notebook, indent=1)


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
