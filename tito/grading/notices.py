"""Notices about students without a hand-in, and about ids that belong to nobody."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from tito.course.lessons import Lesson
from tito.grading.collecting.refusals import refusals
from tito.grading.course import GradingCourse
from tito.grading.roster import NAME, read_roster


def notices(course: GradingCourse, lessons: Iterable[Lesson]) -> list[str]:
    """Return sentences about lessons that some have not handed in, and about unknown extensions."""
    roster = read_roster(course)
    missing = []
    for lesson in lessons if roster else ():
        there = {*course.students(lesson), *refusals(course, lesson)}
        absent = [person.id for person in roster.people if person.id not in there] if roster else []
        if absent:
            missing.append(f"Nothing handed in for {lesson.id}: {', '.join(absent)}.")
    return [*missing, *unknown_extensions(course)]


def unknown_extensions(course: GradingCourse, others: Iterable[str] = ()) -> list[str]:
    """Return a sentence for each id in ``[extensions]`` that is no student's.

    A student is known by the roster, by a hand-in for any lesson, or to the caller.

    Args:
        course: the instructor's folder.
        others: further ids that are known, such as the gradebook's.
    """
    roster = read_roster(course)
    known = {*others, *_handed_in(course), *(roster.by_id if roster else ())}
    where = f"in {NAME}, and nobody with it" if roster else "among the students: nobody with it"
    return [
        f"grading.toml, [extensions] {name}: this id is not {where} has handed in anything, so the "
        f"extension counts for nobody.{_guess(name, known)}"
        for name in sorted(course.settings.extensions.keys() - known)
    ]


def _handed_in(course: GradingCourse) -> list[str]:
    folder = course.root / "submitted"
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _guess(name: str, known: Iterable[str]) -> str:
    by_folded = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), by_folded, n=1)
    return f" Is it {by_folded[close[0]]}?" if close else ""
