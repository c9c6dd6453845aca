"""Results of a run of ``tito grade autograde``, as tests look at them."""

from __future__ import annotations

import json
from typing import Any

from tito.course.lessons import Lesson
from tito.grading.autograding.outcome import Outcome, latest_outcome
from tito.grading.course import GradingCourse
from tito.grading.gradebook import open_gradebook


def marks_in(course: GradingCourse, lesson: Lesson, student: str) -> dict[str, float | None]:
    """The points of each graded cell, as nbgrader has them."""
    with open_gradebook(course) as gradebook:
        notebook = gradebook.find_submission_notebook(lesson.id, lesson.id, student)
        return {grade.name: grade.auto_score for grade in notebook.grades}


def shown(course: GradingCourse, lesson: Lesson, student: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(course.submission(lesson, student).autograded.read_text())
    return content


def said_by(cell: dict[str, Any]) -> str:
    return json.dumps(cell["outputs"])


def outcome_of(course: GradingCourse, lesson: Lesson, student: str) -> Outcome:
    outcome = latest_outcome(course.submission(lesson, student))
    assert outcome is not None
    return outcome
