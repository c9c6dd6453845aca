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
from html import escape
from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import GetGrades
from traitlets.config import Config

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from tito.course.lessons import Lesson
from tito.course.notebook import read_cells
from tito.grading.autograding.outcome import latest_outcome
from tito.grading.autograding.replay import is_other_than_entered
from tito.grading.course import GradingCourse, GradingError, Submission
from tito.grading.gradebook import gradebook_url, open_gradebook
from tito.grading.marks.late import assign_penalties
from tito.grading.pages.entered import Entered, entered_of
from tito.grading.pages.exporter import PageExporter
from tito.grading.pages.render import CODE_STYLE, FOLDER, format_points, render
from tito.grading.pages.sanitize import plain_text
from tito.grading.pages.summary import Row, Summary, summarize, titles_of
from tito.grading.timestamps import BESIDE


@dataclass(frozen=True)
class FeedbackPage:
    """One student's page, made or not."""

    student: str
    written: bool = False
    """True if the page is new or different."""
    unfinished: int = 0
    """Number of answers that still need a person; without ``partial`` there is no page then."""
    outdated: bool = False
    """Another notebook was handed in since; without ``partial`` there is no page then."""
    problem: str = ""
    """Reason why the page could not be made."""

    @property
    def ready(self) -> bool:
        """True if the student may have the page."""
        return not (self.unfinished or self.outdated or self.problem)


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
        partial: also write pages that are not final: answers still need a person, or another
            notebook was handed in since.

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


def _marked(course: GradingCourse, gradebook: Any, lesson: Lesson) -> dict[str, Entered]:
    """Return what the gradebook knows of each student with a graded notebook."""
    try:
        assign_penalties(course, gradebook, lesson)
        submissions = gradebook.find_assignment(lesson.id).submissions
    except MissingEntry:
        return {}
    return {
        submission.student.id: entered_of(submission)
        for submission in submissions
        if course.submission(lesson, submission.student.id).autograded.is_file()
    }


def _page(
    submission: Submission, exporter: PageExporter, entered: Entered, *, partial: bool
) -> FeedbackPage:
    target, student = submission.feedback, submission.student
    record = submission.course.state / "feedback" / submission.lesson.id / student
    unfinished = sum(cell.needs_manual for cell in entered.cells)
    outdated = is_other_than_entered(submission)
    if (unfinished or outdated) and not partial:
        return FeedbackPage(student, unfinished=unfinished, outdated=outdated)
    try:
        summary = _summary(submission, entered)
        digest = _digest(submission, summary, entered)
        if target.is_file() and record.is_file() and record.read_text() == digest:
            return FeedbackPage(student)
        record.unlink(missing_ok=True)
        _write(submission, _html(submission, exporter, summary))
    except Exception as error:  # whatever a notebook does to nbconvert, the others get their page
        target.unlink(missing_ok=True)
        reason = str(error).strip().splitlines()
        return FeedbackPage(
            student, problem=f"{type(error).__name__}: {reason[0] if reason else ''}"
        )
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(digest)
    return FeedbackPage(student, written=True)


def _summary(submission: Submission, entered: Entered) -> Summary:
    outcome = latest_outcome(submission)
    if outcome is not None and outcome.notebook is None:
        outcome = None  # a later hand-in could not be graded, and the marks are an earlier one's
    return summarize(read_cells(submission.autograded), entered, outcome)


def _digest(submission: Submission, summary: Summary, entered: Entered) -> str:
    """Return a digest of all that a page shows."""
    digest = hashlib.sha256(submission.autograded.read_bytes())
    shown = (__version__, repr(summary), sorted(entered.comments.items()))
    digest.update(json.dumps(shown).encode())
    for template in sorted(FOLDER.iterdir()):
        digest.update(template.read_bytes())
    return digest.hexdigest()


def _write(submission: Submission, html: str) -> None:
    source, target = submission.autograded, submission.feedback
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as unfinished:
        unfinished.write_text(html, encoding="utf-8")
    for name in BESIDE:  # nbgrader's own release of feedback looks for them
        if source.with_name(name).is_file():
            with atomic_path(target.with_name(name)) as unfinished:
                shutil.copyfile(source.with_name(name), unfinished)


def _html(submission: Submission, exporter: PageExporter, summary: Summary) -> str:
    name = submission.lesson.id
    names = {"notebook": name, "assignment": name, "student": submission.student}
    rows = {row.anchor: row for row in summary.rows}
    titles = titles_of(read_cells(submission.autograded))
    resources = {
        "unique_key": name,
        "nbgrader": {**names, "db_url": gradebook_url(submission.course.gradebook)},
        "feedback": {
            "title": name,
            "summary": render("summary.html.j2", summary=summary),
            "names": {key: escape(plain_text(title)) for key, (title, _) in titles},
            "points": {key: _points(row) for key, row in rows.items()},
        },
    }
    html, _ = exporter.from_filename(str(submission.autograded), resources=resources)
    return str(html)


def _points(row: Row) -> str:
    earned = "–" if row.points is None else format_points(row.points)
    return f"{earned} / {format_points(row.maximum)} points"


def _exporter() -> PageExporter:
    """Set up an exporter with our template, which gets points and comments as nbgrader's does."""
    settings = {
        "template_name": "classic",
        "template_file": "feedback_page.html.j2",
        "extra_template_paths": [str(FOLDER)],
        "default_preprocessors": [],
    }
    config = Config({"HTMLExporter": settings, "CSSHTMLHeaderPreprocessor": {"style": CODE_STYLE}})
    exporter = PageExporter(sealed=True, config=config)
    exporter.log = logging.getLogger(__name__)
    exporter.log.setLevel(logging.CRITICAL)
    for preprocessor in (GetGrades, CSSHTMLHeaderPreprocessor):
        exporter.register_preprocessor(preprocessor, enabled=True)  # type: ignore[no-untyped-call]
    return exporter
