"""``tito grade similar``: find answers that are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from recsys_backends.wording import counted
from tito.commands._lessons import LessonType
from tito.commands.grade._common import printable, require_grade_extra
from tito.course.lessons import Lesson

_SHOWN: Final = 20
"""Number of pairs that are printed; the page and the table have all."""


@click.command("similar")
@click.argument("lesson", type=LessonType())
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="List pairs from this share on.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the pairs to this CSV file.",
)
def command(lesson: Lesson, least: float, output: Path | None) -> None:
    """Compare the hand-ins of LESSON with each other, and write a page for your eyes only.

    Names, comments and spaces do not count, nor does what students were given, and what many have
    counts little. The share is that of the shorter work's rare passages that the other has as well.
    A similarity is a reason to read and to ask, and no proof: short functions come out alike by
    themselves.
    """
    require_grade_extra()
    from recsys_edu.atomic import atomic_path
    from tito.grading.course import GradingError, find_grading_course
    from tito.grading.similarity.answers import handed_in, released_passages
    from tito.grading.similarity.page import similarity_csv, similarity_page
    from tito.grading.similarity.pairs import similar_pairs
    from tito.workspace.lock import writing

    course = find_grading_course()
    works, problems = handed_in(course, lesson)
    if not works and not problems:
        raise GradingError(
            f"nobody has handed in {lesson.id}: run `tito grade collect {lesson.number}` first."
        )
    pairs = similar_pairs(works, released_passages(lesson), least_share=least)
    path = course.state / "similar" / f"{lesson.id}.html"
    with writing(course):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as unfinished:
            page = similarity_page(lesson.id, pairs, works)
            unfinished.write_text(page, encoding="utf-8")
    if output is not None:
        with atomic_path(output) as unfinished:
            unfinished.write_text(similarity_csv(pairs), encoding="utf-8")
    for pair in pairs[:_SHOWN]:
        one, other = pair.students
        cells = ", ".join(pair.cells)
        click.echo(printable(f"{pair.share:4.0%}  {one}, {other}: {cells}"))
    if len(pairs) > _SHOWN:
        click.echo(f"and {counted(len(pairs) - _SHOWN, 'more pair')} on the page.")
    for student, why in problems.items():
        click.echo(printable(f"{student}: not compared: {why}"), err=True)
    click.echo(f"{counted(len(works), 'hand-in')}, {counted(len(pairs), 'pair')}: {path}")
