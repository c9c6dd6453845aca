"""Shares of several graders: who marks which answers, by section or by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tito.grading.course import GradingCourse, GradingError
from tito.grading.roster import NAME, read_roster
from tito.grading.settings import GraderTable


@dataclass(frozen=True)
class Share:
    """Answers that a grader marks."""

    grader: str
    """Name of the grader; empty for somebody who marks everything."""
    table: GraderTable
    sections: Mapping[str, str]
    """Section of each student, by id."""

    def problem(self, student: str, question: str) -> str:
        """Return the reason why an answer is not this grader's to mark; empty if it is."""
        if self.table.questions and question not in self.table.questions:
            return f"{question} is not among the questions of {self.grader} in grading.toml."
        section = self.sections.get(student, "")
        if self.table.sections and section not in self.table.sections:
            return f"section {section!r} is not among those of {self.grader} in grading.toml."
        return ""


def share_of(course: GradingCourse, grader: str) -> Share:
    """Return the share of a grader in ``[graders]``; all answers for an empty name.

    Raises:
        GradingError: there is no such grader, or a section that nobody on the roster is in.
    """
    if not grader:
        return Share("", GraderTable(), {})
    tables = course.settings.graders
    if grader not in tables:
        raise GradingError(
            f"grading.toml, [graders] has no {grader}; there are: {', '.join(tables) or 'none'}."
        )
    roster = read_roster(course)
    sections = {person.id: person.section for person in roster.people} if roster else {}
    for section in tables[grader].sections:
        if section not in sections.values():
            raise GradingError(
                f"grading.toml, [graders] {grader}: nobody in {NAME} is in section {section!r}."
            )
    return Share(grader, tables[grader], sections)


def waiting(gradebook: Any, lesson_id: str, share: Share) -> dict[str, int]:
    """Return the number of answers in a share that still need a person, by question."""
    found: dict[str, int] = {}
    for submission in gradebook.assignment_submissions(lesson_id):
        for grade in (grade for book in submission.notebooks for grade in book.grades):
            is_open = grade.needs_manual_grade and grade.auto_score is None
            if is_open and not share.problem(submission.student.id, grade.name):
                found[grade.name] = found.get(grade.name, 0) + 1
    return found
