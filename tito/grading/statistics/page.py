"""Write a lesson's statistics: a page without other files or hosts, and a table beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recsys_edu.atomic import atomic_path
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse
from tito.grading.marks.tables import csv_text, inert, points_text
from tito.grading.pages.render import render
from tito.grading.statistics.histogram import HEIGHT, WIDTH, histogram
from tito.grading.statistics.questions import LessonStatistics, Question, lesson_statistics


def write_statistics(course: GradingCourse, lesson: Lesson) -> tuple[Path, Path]:
    """Write ``statistics/LESSON.html`` and ``.csv`` in the course's folder; return their paths.

    Raises:
        GradingError: nothing of the lesson is graded.
    """
    found = lesson_statistics(course, lesson)
    page = course.root / "statistics" / f"{lesson.id}.html"
    table = page.with_suffix(".csv")
    page.parent.mkdir(parents=True, exist_ok=True)
    for path, text in ((page, statistics_html(found)), (table, statistics_csv(found))):
        with atomic_path(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    return page, table


def statistics_html(found: LessonStatistics) -> str:
    """Return the page."""
    return render(
        "statistics.html.j2", found=found, bars=_bars, size={"width": WIDTH, "height": HEIGHT}
    )


def statistics_csv(found: LessonStatistics) -> str:
    """Return a table with one row per question, and one per misconception."""
    columns = ["marked", "waiting", "maximum", "mean", "median", "full", "none", "discrimination"]
    rows = [["kind", "question", "misconception", "students", *columns]]
    for kind, questions in (("total", (found.total,)), ("question", found.questions)):
        rows += [
            [kind, inert(each.name), "", str(found.students), *_figures(each)] for each in questions
        ]
    for mistake in found.misconceptions:
        names = [inert(mistake.question), inert(mistake.name), str(mistake.students)]
        rows.append(["misconception", *names, *[""] * len(columns)])
    return csv_text(rows)


def _figures(question: Question) -> Iterator[str]:
    yield from (str(len(question.scores)), str(question.waiting))
    yield from map(points_text, (question.maximum, question.mean, question.median))
    yield from (str(question.full), str(question.none), points_text(question.discrimination))


def _bars(question: Question) -> list[object]:
    return list(histogram(question.scores, question.maximum))
