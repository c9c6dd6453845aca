"""Penalties for late submissions, by ``grading.toml``, whatever the order of grading.

nbgrader asks its plug-in once, while it autogrades. Points that a person gives later would escape
the penalty, so :func:`assign_penalties` computes it again before marks leave the gradebook.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.plugins import LateSubmissionPlugin

from tito.course.lessons import Lesson
from tito.grading.course import MARKER, GradingCourse, find_grading_course
from tito.grading.settings import LateTable

_DAY = 24 * 60 * 60


def penalty(late: LateTable, score: float, seconds_late: float) -> float:
    """Return the points that lateness costs: a share of the score for each day after the grace."""
    beyond = seconds_late - 60 * late.grace_minutes
    if beyond <= 0:
        return 0.0
    share = min(math.ceil(beyond / _DAY) * late.per_day, late.at_most, 1.0)
    return max(score, 0.0) * share


class LatePolicy(LateSubmissionPlugin):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's plug-in: set ``AssignLatePenalties.plugin_class`` to it."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float:
        """Return the points to take off a notebook's score."""
        return penalty(self._course().settings.late, score, total_seconds_late)

    def _course(self) -> GradingCourse:
        """Find the course by nbgrader's course directory, or else by the current folder."""
        owner: Any = self.parent
        while owner is not None:
            root = getattr(getattr(owner, "coursedir", None), "root", None)
            if root is not None:
                course = GradingCourse(Path(root))
                if (course.root / MARKER).is_file():
                    return course
            owner = getattr(owner, "parent", None)
        return find_grading_course()


def assign_penalties(course: GradingCourse, gradebook: Any, lesson: Lesson) -> None:
    """Enter due date, extensions and penalties of a lesson into the gradebook.

    Call it when marks may have changed: penalties are then as if all marks had come at once.

    Args:
        course: the folder whose ``grading.toml`` counts.
        gradebook: nbgrader's gradebook, open; changes are committed.
        lesson: a lesson of the gradebook.
    """
    settings = course.settings
    gradebook.db.commit()  # so that scores are read anew
    assignment = gradebook.find_assignment(lesson.id)
    due = settings.due.get(lesson.id)
    assignment.duedate = None if due is None else _naive(due)
    for submission in assignment.submissions:
        extended = settings.extensions.get(submission.student.id, {}).get(lesson.id)
        submission.extension = None
        if extended is not None and assignment.duedate is not None:
            submission.extension = max(_naive(extended) - assignment.duedate, timedelta(0))
        seconds = submission.total_seconds_late
        for notebook in submission.notebooks:
            cost = penalty(settings.late, notebook.score, seconds)
            notebook.late_submission_penalty = cost or None
    gradebook.db.commit()


def _naive(moment: datetime) -> datetime:
    """Return a time as nbgrader keeps it: in UTC, without a time zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
