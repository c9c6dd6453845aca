"""All submissions of a lesson: graded in parallel, entered one by one, and resumed where it ended.

Each outcome is kept before it is entered. Whatever ends a run, the next one grades only what is
missing or has changed.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import loky
from filelock import FileLock, Timeout
from loky.process_executor import TerminatedWorkerError

from tito.course.lessons import Lesson
from tito.course.notebook import cells_of
from tito.grading.autograding.judge import clauses_for
from tito.grading.autograding.outcome import NOT, Outcome, read_outcome, write_outcome
from tito.grading.autograding.replay import is_replayed, replay
from tito.grading.autograding.submission import grade_submission, key_of, template_of
from tito.grading.course import GradingCourse, GradingError
from tito.grading.nbgrader_config import write_config
from tito.jail.availability import require_jail
from tito.jail.cells import font_list

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Progress:
    """One more submission is done."""

    outcome: Outcome
    fresh: bool
    """Whether it was graded now, and not in an earlier run."""


def autograde(
    course: GradingCourse,
    lesson: Lesson,
    students: Sequence[str],
    *,
    jobs: int,
    force: bool = False,
    jailed: bool = True,
) -> Iterator[Progress]:
    """Grade what these students have handed in, and enter it into the gradebook.

    Args:
        course, lesson: of what.
        students: their ids.
        jobs: how many submissions are graded at a time.
        force: grade again what has not changed.
        jailed: False where a person vouches for all of the code: it may then do what they may.

    Yields:
        Each submission as it is done: first those that need not be graded again.

    Raises:
        GradingError: the lesson is not prepared, or another run is at work.
        JailUnavailableError: code by others cannot be run safely here.
    """
    if jailed:
        require_jail()
    clauses_for(lesson, cells_of(template_of(course, lesson), course.release(lesson)))
    with _alone(course):
        write_config(course)  # without it, nbgrader would run submissions as whoever calls it
        waiting = []
        for student in students:
            kept = None if force else _kept(course, lesson, student)
            if kept is None:
                waiting.append(student)
                continue
            if not is_replayed(course, lesson, kept):
                replay(course, lesson, kept)
            yield Progress(kept, fresh=False)
        for outcome in _graded(course, lesson, waiting, jobs, jailed) if waiting else ():
            replay(course, lesson, outcome)
            yield Progress(outcome, fresh=True)


def _kept(course: GradingCourse, lesson: Lesson, student: str) -> Outcome | None:
    """The outcome of an earlier run, where nothing that it depends on has changed."""
    kept = read_outcome(course.outcome(lesson, student))
    if kept is None or kept.grader_failed or kept.key != key_of(course, lesson, student):
        return None
    return kept


def _graded(
    course: GradingCourse, lesson: Lesson, students: Sequence[str], jobs: int, jailed: bool
) -> Iterator[Outcome]:
    """Grade in parallel; those during which a worker died are graded once more, each alone."""
    missing = list(students)
    contents = font_list() if jailed else None  # finding fonts takes a jail a second
    try:
        for outcome in _in_pool(course, lesson, students, contents, jobs):
            missing.remove(outcome.student)
            yield outcome
    except TerminatedWorkerError:
        for student in missing:
            try:
                yield from _in_pool(course, lesson, [student], contents, 1)
            except TerminatedWorkerError:
                why = "grading it ended the grader's own process, twice. Grade it by hand."
                yield _failed(course, lesson, student, why)


def _in_pool(
    course: GradingCourse,
    lesson: Lesson,
    students: Sequence[str],
    contents: Mapping[str, bytes] | None,
    jobs: int,
) -> Iterator[Outcome]:
    """Outcomes as they come, from processes of their own."""
    pool = loky.ProcessPoolExecutor(
        max_workers=min(jobs, len(students)),
        initializer=_end_with,
        initargs=(os.getpid(),),
        env={
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "TMPDIR": str(course.temporary),
        },
    )
    try:
        tasks = [pool.submit(_grade, course, lesson, student, contents) for student in students]
        for task in loky.as_completed(tasks):
            yield task.result()
    finally:
        pool.shutdown(wait=True, kill_workers=True)


def _grade(
    course: GradingCourse, lesson: Lesson, student: str, contents: Mapping[str, bytes] | None
) -> Outcome:
    """In a worker: grade one submission, and keep the outcome."""
    try:
        outcome = grade_submission(course, lesson, student, contents)
    except Exception as error:  # one student's failure never stops the batch
        why = f"the grader failed: {type(error).__name__}: {error}"
        return _failed(course, lesson, student, why)
    write_outcome(course.outcome(lesson, student), outcome)
    return outcome


def _failed(course: GradingCourse, lesson: Lesson, student: str, why: str) -> Outcome:
    key = key_of(course, lesson, student)
    outcome = Outcome(student, lesson.id, key, NOT, why=why, grader_failed=True)
    write_outcome(course.outcome(lesson, student), outcome)
    return outcome


def _end_with(parent: int) -> None:
    """Have the kernel end this worker with the process that started it, and the jails with it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended before the kernel was told
        os._exit(1)


@contextmanager
def _alone(course: GradingCourse) -> Iterator[None]:
    """The only run in this folder; the lock goes with the process, however that ends."""
    course.state.mkdir(exist_ok=True)
    lock = FileLock(course.state / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise GradingError(
            f"another `tito grade` is at work in {course.root}: run it again when that has ended."
        ) from None
    try:
        with _swept(course.temporary):
            yield
    finally:
        lock.release()


@contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """An empty folder, whatever a run that was killed has left in it; it is gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
