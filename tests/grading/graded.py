"""Submissions as they are after autograding, in the gradebook and in autograded/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_output
from nbgrader.preprocessors import SaveAutoGrades

from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse, create_grading_course
from tito.grading.gradebook import gradebook_url, open_gradebook, register

AT = "2026-11-30 12:00:00 UTC"


def graded_course(folder: Path, *lessons: Lesson, settings: str = "") -> GradingCourse:
    """An instructor's folder whose gradebook knows these lessons."""
    course, _ = create_grading_course(folder)
    (course.root / "grading.toml").write_text(settings, encoding="utf-8")
    course = GradingCourse(course.root)
    for lesson in lessons:
        register(course, lesson, released(lesson))
    return course


def released(lesson: Lesson) -> Any:
    """The notebook that students get."""
    return nbformat.read(lesson.release, as_version=4)


def autograde(
    course: GradingCourse,
    lesson: Lesson,
    student: str,
    *,
    answers: Mapping[str, str] | None = None,
    attachments: Mapping[str, Mapping[str, str]] | None = None,
    failed: Iterable[str] = (),
    at: str = AT,
) -> None:
    """What autograding leaves of a submission.

    Args:
        answers: what stands in the cells of these ids.
        attachments: of all of these cells.
        failed: the tests that were not passed.
        at: when it was handed in.
    """
    notebook = released(lesson)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id in (answers or {}):
            cell.source = (answers or {})[grade_id]
            if attachments:
                cell.attachments = dict(attachments)
        if grade_id in failed:
            output = new_output("error", ename="Wrong", evalue="no", traceback=["Wrong: no"])
            cell.outputs = [output]
    save(course, lesson, student, notebook, at)
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(lesson.id, student, timestamp=at)
    names = {"notebook": lesson.id, "assignment": lesson.id, "student": student}
    SaveAutoGrades().preprocess(
        notebook, {"nbgrader": {**names, "db_url": gradebook_url(course.gradebook)}}
    )


def save(course: GradingCourse, lesson: Lesson, student: str, notebook: Any, at: str) -> None:
    """Put a notebook into submitted/ and autograded/."""
    for path in (
        course.submission(lesson, student).submitted,
        course.submission(lesson, student).autograded,
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        path.with_name("timestamp.txt").write_text(at, encoding="utf-8")


def mark(
    course: GradingCourse, lesson: Lesson, student: str, comment: str = "", **points: float
) -> None:
    """Points that a person gives for answers, and a comment on each."""
    with open_gradebook(course) as gradebook:
        for cell, score in points.items():
            grade = gradebook.find_grade(cell, lesson.id, lesson.id, student)
            grade.manual_score, grade.needs_manual_grade = score, False
            if comment:
                found = gradebook.find_comment(cell, lesson.id, lesson.id, student)
                found.manual_comment = comment
        gradebook.db.commit()
