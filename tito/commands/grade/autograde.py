"""``tito grade autograde``: run and judge submissions."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from recsys_backends.wording import counted
from tito.commands._lessons import lesson_argument
from tito.commands.grade._common import printable, require_grade_extra, summary, waiting
from tito.course.lessons import Lesson

if TYPE_CHECKING:
    from tito.grading.autograding.batch import GradedSubmission


@click.command("autograde")
@lesson_argument
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    help="Number of submissions at a time.  [default: all cores]",
)
@click.option(
    "--only", multiple=True, metavar="STUDENT", help="Grade only this student's; repeatable."
)
@click.option("--force", is_flag=True, help="Grade again what has not changed.")
@click.option(
    "--unsafe-no-jail",
    is_flag=True,
    help="Run code as yourself: only if you trust every author with this machine.",
)
def command(
    lesson: Lesson, jobs: int, only: tuple[str, ...], force: bool, unsafe_no_jail: bool
) -> None:
    """Run and judge the submissions for LESSON, each in a jail of its own.

    The marks go into the gradebook. A submission that has not changed is not graded again.
    """
    require_grade_extra()
    from tqdm import tqdm

    from tito.grading.autograding.batch import autograde
    from tito.grading.course import find_grading_course
    from tito.grading.notices import unknown_extensions

    course = find_grading_course()
    students = _students(course.students(lesson), only, lesson)
    for sentence in unknown_extensions(course):
        click.echo(printable(sentence), err=True)
    if unsafe_no_jail:
        click.echo("Without a jail: code in submissions can do all that you can.", err=True)
    runs = autograde(
        course,
        lesson,
        students,
        jobs=jobs,
        force=force,
        jailed=not unsafe_no_jail,
        announce=partial(tqdm.write, file=sys.stderr),
    )
    done: list[GradedSubmission] = []
    with tqdm(total=len(students), desc=lesson.id, unit="", disable=not sys.stderr.isatty()) as bar:
        try:
            for graded in runs:
                done.append(graded)
                bar.update()
        except KeyboardInterrupt:
            bar.close()
            click.echo(f"\n{len(done)} of {len(students)} are done: run it again.", err=True)
            raise
    _show(done)
    sys.exit(any(graded.outcome.notebook is None for graded in done))


def _students(found: list[str], only: tuple[str, ...], lesson: Lesson) -> list[str]:
    from tito.grading.course import GradingError

    unknown = [name for name in only if name not in found]
    if unknown:
        raise GradingError(
            f"there is no submission of {lesson.id} by {unknown[0]}; there are: "
            f"{', '.join(found) or 'none'}."
        )
    if not found:
        raise GradingError(
            f"nobody has handed in {lesson.id}: run `tito grade collect {lesson.number}` first."
        )
    return [name for name in found if not only or name in only]


def _show(done: list[GradedSubmission]) -> None:
    """Print what a person should look at, and the number of submissions of each kind."""
    from tito.grading.autograding.outcome import GRADED

    for graded in sorted(done, key=lambda each: each.outcome.student):
        outcome = graded.outcome
        if outcome.status != GRADED:
            click.echo(summary(outcome))
            for sentence in (outcome.why, *outcome.remarks, waiting(outcome)):
                if sentence:
                    click.echo(f"    {printable(sentence)}")
    fresh = sum(graded.fresh for graded in done)
    counts: dict[str, int] = {}
    for graded in done:
        counts[graded.outcome.status] = counts.get(graded.outcome.status, 0) + 1
    listed = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    click.echo(f"{counted(len(done), 'submission')}: {listed}; {fresh} of them in this run.")
