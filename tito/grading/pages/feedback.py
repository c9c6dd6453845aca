"""The pages that students get back: nbgrader's feedback, each complete in one file.

They are made of the autograded notebooks and the gradebook alone, in which no hidden input occurs.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import GetGrades
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse, GradingError
from tito.grading.gradebook import gradebook_url, open_gradebook
from tito.grading.marks.late import assign_penalties
from tito.grading.pages.exporter import PageExporter

_BESIDE: Final = ("timestamp.txt", "submission_secret.txt")
"""What nbgrader's own release of feedback looks for beside the page."""


@dataclass(frozen=True)
class Page:
    """What became of one student's page."""

    student: str
    written: bool = False
    """Whether it is another than before."""
    unfinished: int = 0
    """Answers that still need a person, which is why there is no page."""
    problem: str = ""
    """Why it could not be made."""

    @property
    def ready(self) -> bool:
        """Whether the student may have it."""
        return not (self.unfinished or self.problem)


def make_feedback(
    course: GradingCourse,
    lesson: Lesson,
    students: Iterable[str] | None = None,
    *,
    partial: bool = False,
) -> list[Page]:
    """Write the pages of those whose notebook, marks or comments are other than at the last time.

    Args:
        course: whose gradebook and notebooks.
        lesson: of which.
        students: whose; everybody's by default.
        partial: also where answers still need a person.

    Returns:
        One entry a student, sorted. A page that could not be made is no reason to make no other;
        an older one of that student is removed, for it may say what is no longer so.

    Raises:
        GradingError: nobody's notebook of this lesson was graded, or not that of those named.
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
        _page(course, lesson, student, exporter, known[student], partial=partial)
        for student in wanted
    ]


@dataclass(frozen=True)
class _Marks:
    """What a page says of a submission, beside the notebook."""

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
        if course.autograded(lesson, submission.student.id).is_file():
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
    course: GradingCourse,
    lesson: Lesson,
    student: str,
    exporter: PageExporter,
    marks: _Marks,
    *,
    partial: bool,
) -> Page:
    source, target = course.autograded(lesson, student), course.feedback(lesson, student)
    record = course.state / "feedback" / lesson.id / student
    if marks.unfinished and not partial:
        return Page(student, unfinished=marks.unfinished)
    try:
        digest = f"{marks.digest} {hashlib.sha256(source.read_bytes()).hexdigest()}"
        if target.is_file() and record.is_file() and record.read_text() == digest:
            return Page(student)
        record.unlink(missing_ok=True)
        html = _html(course, lesson, student, exporter)
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(target) as unfinished:
            unfinished.write_text(html, encoding="utf-8")
        for name in _BESIDE:
            if source.with_name(name).is_file():
                with atomic_path(target.with_name(name)) as unfinished:
                    shutil.copyfile(source.with_name(name), unfinished)
    except Exception as error:  # whatever a notebook may do to nbconvert, others have theirs
        target.unlink(missing_ok=True)
        reason = str(error).strip().splitlines()
        return Page(student, problem=f"{type(error).__name__}: {reason[0] if reason else ''}")
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(digest)
    return Page(student, written=True)


def _html(course: GradingCourse, lesson: Lesson, student: str, exporter: PageExporter) -> str:
    names = {"notebook": lesson.id, "assignment": lesson.id, "student": student}
    resources = {
        "unique_key": lesson.id,
        "nbgrader": {**names, "db_url": gradebook_url(course.gradebook)},
    }
    source = str(course.autograded(lesson, student))
    html, _ = exporter.from_filename(source, resources=resources)
    return str(html)


def _exporter() -> PageExporter:
    """As nbgrader's GenerateFeedback sets it up."""
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
