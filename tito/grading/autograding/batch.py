"""All submissions of a lesson: graded in parallel, entered into the gradebook one by one.

Each outcome is kept before it is entered. However a run ends, the next one grades only what is
missing or has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from recsys_edu.errors import RecsysError
from tito.course.lessons import Lesson
from tito.course.notebook import cells_of
from tito.grading.autograding.builds import require_toolchain_for
from tito.grading.autograding.dependents import prerequisites_of
from tito.grading.autograding.grade import failed_outcome, grade_submission, key_of, template_of
from tito.grading.autograding.marking import clauses_for
from tito.grading.autograding.outcome import Outcome, outcome_store
from tito.grading.autograding.replay import is_replayed, replay
from tito.grading.course import GradingCourse, Submission
from tito.grading.nbgrader_config import write_config
from tito.jail.availability import require_jail
from tito.jail.cells import font_list
from tito.jail.machine_lock import disturbing
from tito.jail.page_cache import warm_files
from tito.jobs.pool import Job, Task, run_jobs
from tito.workspace.lock import writing


@dataclass(frozen=True)
class GradedSubmission:
    """A submission whose outcome is in the gradebook."""

    outcome: Outcome
    fresh: bool
    """True if it was graded in this run, and not in an earlier one."""


def autograde(
    course: GradingCourse,
    lesson: Lesson,
    students: Sequence[str],
    *,
    jobs: int,
    force: bool = False,
    jailed: bool = True,
    announce: Callable[[str], None] = lambda sentence: None,
) -> Iterator[GradedSubmission]:
    """Grade the submissions of some students, and enter them into the gradebook.

    Args:
        course: the instructor's folder.
        lesson: the lesson.
        students: ids of those whose submissions are graded.
        jobs: number of submissions that are graded at a time.
        force: grade again what has not changed.
        jailed: False if a person vouches for all of the code, which may then do what they may.
        announce: called with one sentence where a measurement on this machine has to end first.

    Yields:
        Each submission as it is done: first those that need not be graded again.

    Raises:
        GradingError: the lesson is not prepared.
        WorkspaceError: another tito is at work in the folder.
        JailUnavailableError: code by others cannot be run safely here.
        MachineLockError: measurements of this machine cannot be waited for.
        BuildToolsError: the lesson has cells in Cython, and they cannot be built here.
    """
    if jailed:
        require_jail()
    cells = cells_of(template_of(course, lesson), course.release(lesson))
    clauses_for(lesson, cells)
    prerequisites_of(course, lesson, cells)
    require_toolchain_for(cells, jailed=jailed)
    store = outcome_store(course, lesson)
    with writing(course):
        write_config(course)  # without it, nbgrader would run submissions as whoever calls it
        waiting = []
        for student in students:
            submission = course.submission(lesson, student)
            job = Job(student, key_of(submission), submission)
            kept = None if force else store.find(student, job.key)
            if kept is None or kept.kept_waiting:
                waiting.append(job)
                continue
            if not is_replayed(submission, kept, job.key):
                kept = _entered(job, kept)
            yield GradedSubmission(kept, fresh=False)
        if waiting:
            with disturbing(announce):
                yield from _graded(waiting, jobs, jailed)


def _graded(
    waiting: Sequence[Job[Submission]], jobs: int, jailed: bool
) -> Iterator[GradedSubmission]:
    """Grade in parallel, and enter each outcome as it comes.

    Submissions that lost points while others used the processors are graded again, one by one,
    before they are entered.
    """
    course, lesson = waiting[0].argument.course, waiting[0].argument.lesson
    if jailed:
        warm_files(lesson.about().may_import)
    fonts = font_list() if jailed else None  # finding fonts takes a jail a second
    grade = partial(grade_submission, contents=fonts)
    task = Task(grade, failed_outcome, outcome_store(course, lesson))
    late = []
    for job, outcome in run_jobs(task, waiting, workers=jobs, temporary=course.temporary):
        if outcome.kept_waiting:
            late.append(job)
        else:
            yield GradedSubmission(_entered(job, outcome), fresh=True)
    for job, outcome in run_jobs(task, late, workers=1, temporary=course.temporary):
        yield GradedSubmission(_entered(job, outcome), fresh=True)


def _entered(job: Job[Submission], outcome: Outcome) -> Outcome:
    """Enter an outcome into the gradebook; return a failure if that one cannot be entered.

    Raises:
        RecsysError: the gradebook cannot be used, whatever the outcome.
    """
    submission = job.argument
    try:
        replay(submission, outcome, job.key)
    except (RecsysError, OSError):
        raise
    except Exception as error:  # one submission never stops the others
        failed = failed_outcome(submission, error)
        store = outcome_store(submission.course, submission.lesson)
        store.write(job.name, job.key, failed, final=False)
        return failed
    return outcome
