"""Prepare a lesson in the instructor's folder, for students and for nbgrader."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from tito.authoring.fingerprints import AlikeError, draw_fingerprints, has_calls
from tito.authoring.release import notebook_bytes, release_of
from tito.authoring.source import solution_notebook
from tito.course.lessons import Lesson
from tito.course.notebook import cells_of
from tito.grading.course import GradingCourse, GradingError
from tito.grading.gradebook import check_unchanged, create_gradebook, register
from tito.grading.nbgrader_config import NAME, write_config
from tito.judging.fingerprints import Fingerprints, write_fingerprints

DRAWS: Final = 20
"""Number of draws of calls, until one tells each mistake from the solution."""


@dataclass(frozen=True)
class Prepared:
    """Result of preparing one lesson."""

    written: tuple[Path, ...]
    """Files that are new or different."""
    config_edited: bool
    """True if an instructor has edited nbgrader_config.py, so that it was left alone."""


def prepare(course: GradingCourse, lesson: Lesson) -> Prepared:
    """Write a lesson's notebooks and the fingerprints of its mistakes; enter it into the gradebook.

    Files are replaced one by one, after everything that can be checked was checked.

    Raises:
        GradingError: there is no source; the committed release differs from what it gives; there
            are marks for cells that have changed; the gradebook or the settings cannot be used.
        AuthoringError: the source cannot be built.
    """
    if not lesson.source.is_file():
        raise GradingError(
            f"there is no {lesson.source}: preparing a lesson needs its solutions, which are in a "
            "clone of the repository only."
        )
    release = release_of(lesson)
    contents = {
        course.source(lesson): notebook_bytes(solution_notebook(lesson)),
        course.release(lesson): notebook_bytes(release),
    }
    _check_committed(lesson, contents[course.release(lesson)])
    if has_calls(lesson):
        contents[course.fingerprints(lesson)] = write_fingerprints(_fingerprints(course, lesson))
    made = create_gradebook(course)
    check_unchanged(course, lesson, cells_of(release, lesson.source))
    config = write_config(course)
    written = [path for path, content in contents.items() if _write(path, content)]
    register(course, lesson, release)
    extra = [course.gradebook] * made + [course.root / NAME] * (config == "written")
    return Prepared((*extra, *written), config == "edited")


def _fingerprints(course: GradingCourse, lesson: Lesson) -> dict[str, Fingerprints]:
    """Return the fingerprints of the first draw that tells each mistake from the solution.

    A rare mistake may miss all calls of one draw, which depends on the course's secret only: the
    instructor can do nothing about it.
    """
    for draw in range(1, DRAWS):
        name = "fingerprints" if draw == 1 else f"fingerprints {draw}"
        try:
            return draw_fingerprints(lesson, course.inputs_seed(lesson, name))
        except AlikeError:
            pass
    return draw_fingerprints(lesson, course.inputs_seed(lesson, f"fingerprints {DRAWS}"))


def _check_committed(lesson: Lesson, content: bytes) -> None:
    try:
        committed = lesson.release.read_bytes()
    except FileNotFoundError:
        committed = b""
    if committed != content:
        raise GradingError(
            f"{lesson.release} differs from what {lesson.source} gives: run `tito dev build`, so "
            "that students and graders have the same notebook."
        )


def _write(path: Path, content: bytes) -> bool:
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        unfinished.write_bytes(content)
    return True
