"""Feedback: the pages that students get back, each complete in one file.

They are made from the autograded notebooks and the gradebook alone, which have no hidden inputs.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import GetGrades
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse, GradingError, Submission
from tito.grading.gradebook import gradebook_url, open_gradebook
from tito.grading.marks.late import assign_penalties
from tito.grading.pages.exporter import PageExporter
from tito.grading.timestamps import BESIDE


@dataclass(frozen=True)
class FeedbackPage:
    """One student's page, made or not."""

    student: str
    written: bool = False
    """True if the page is new or different."""
    unfinished: int = 0
    """Number of answers that still need a person; without ``partial`` there is no page then."""
    problem: str = ""
    """Reason why the page could not be made."""

    @property
    def ready(self) -> bool:
        """True if the student may have the page."""
        return not (self.unfinished or self.problem)


def make_feedback(
    course: GradingCourse,
    lesson: Lesson,
    students: Iterable[str] | None = None,
    *,
    partial: bool = False,
) -> list[FeedbackPage]:
    """Write the pages whose notebook, marks or comments have changed.

    Args:
        course: the instructor's folder.
        lesson: the lesson.
        students: ids of students; None for all.
        partial: also write pages on which answers still need a person.

    Returns:
        One entry per student, sorted. If a page cannot be made, an older one of that student is
        removed, since it may be wrong by now, and the other pages are made all the same.

    Raises:
        GradingError: a student who is named, or everybody, has no graded notebook of the lesson.
    """
    with open_gradebook(course) as gradebook:
        known = _marked(course, gradebook, lesson)
        wanted = sorted(known if students is None else set(students))
        missing = [student for student in wanted if student not in known]
        if missing or not wanted:
            raise GradingError(
                f"there is no graded notebook of {lesson.id} by {', '.join(missing) or 'anybody'}: "
                f"run `tito grade autograde {lesson.number}` first."
            )
    exporter = _exporter()
    return [
        _page(course.submission(lesson, student), exporter, known[student], partial=partial)
        for student in wanted
    ]


@dataclass(frozen=True)
class _Marks:
    """Contents of a page that are not in the notebook."""

    digest: str
    unfinished: int


def _marked(course: GradingCourse, gradebook: Any, lesson: Lesson) -> dict[str, _Marks]:
    try:
        assign_penalties(course, gradebook, lesson)
        submissions = gradebook.find_assignment(lesson.id).submissions
    except MissingEntry:
        return {}
    found = {}
    for submission in submissions:
        if course.submission(lesson, submission.student.id).autograded.is_file():
            grades = [grade for book in submission.notebooks for grade in book.grades]
            comments = [comment for book in submission.notebooks for comment in book.comments]
            said = [
                submission.late_submission_penalty,
                sorted((grade.name, grade.score, grade.max_score) for grade in grades),
                sorted((comment.name, comment.comment or "") for comment in comments),
                __version__,
            ]
            digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
            unfinished = sum(grade.needs_manual_grade for grade in grades)
            found[submission.student.id] = _Marks(digest, unfinished)
    return found


def _page(
    submission: Submission, exporter: PageExporter, marks: _Marks, *, partial: bool
) -> FeedbackPage:
    source, target, student = submission.autograded, submission.feedback, submission.student
    record = submission.course.state / "feedback" / submission.lesson.id / student
    if marks.unfinished and not partial:
        return FeedbackPage(student, unfinished=marks.unfinished)
    try:
        digest = f"{marks.digest} {hashlib.sha256(source.read_bytes()).hexdigest()}"
        if target.is_file() and record.is_file() and record.read_text() == digest:
            return FeedbackPage(student)
        record.unlink(missing_ok=True)
        html = _html(submission, exporter)
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(target) as unfinished:
            unfinished.write_text(html, encoding="utf-8")
        for name in BESIDE:  # nbgrader's own release of feedback looks for them
            if source.with_name(name).is_file():
                with atomic_path(target.with_name(name)) as unfinished:
                    shutil.copyfile(source.with_name(name), unfinished)
    except Exception as error:  # whatever a notebook does to nbconvert, the others get their page
        target.unlink(missing_ok=True)
        reason = str(error).strip().splitlines()
        return FeedbackPage(
            student, problem=f"{type(error).__name__}: {reason[0] if reason else ''}"
        )
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(digest)
    return FeedbackPage(student, written=True)


def _html(submission: Submission, exporter: PageExporter) -> str:
    name = submission.lesson.id
    names = {"notebook": name, "assignment": name, "student": submission.student}
    resources = {
        "unique_key": name,
        "nbgrader": {**names, "db_url": gradebook_url(submission.course.gradebook)},
    }
    html, _ = exporter.from_filename(str(submission.autograded), resources=resources)
    return str(html)


def _exporter() -> PageExporter:
    """Set up an exporter as nbgrader's GenerateFeedback does."""
    folder = Path(handlers.static_path, "node_modules", "bootstrap", "dist", "css")
    settings = {
        "template_name": "feedback",
        "extra_template_basedirs": [str(handlers.template_path)],
        "extra_template_paths": [str(folder)],
        "default_preprocessors": [],
    }
    exporter = PageExporter(sealed=True, config=Config({"HTMLExporter": settings}))
    exporter.log = logging.getLogger(__name__)
    exporter.log.setLevel(logging.CRITICAL)
    for preprocessor in (GetGrades, CSSHTMLHeaderPreprocessor):
        exporter.register_preprocessor(preprocessor, enabled=True)  # type: ignore[no-untyped-call]
    return exporter
