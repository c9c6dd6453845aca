"""Record of hand-ins that ``tito grade collect`` refused, until something usable is collected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from recsys_edu.atomic import atomic_path
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse, GradingError


def record_refusals(
    course: GradingCourse, lesson: Lesson, refused: Mapping[str, str], settled: Iterable[str]
) -> None:
    """Add hand-ins to the record of a lesson, and remove those of students with a usable one.

    Args:
        course: the instructor's folder, whose lock the caller holds.
        lesson: the lesson.
        refused: reasons by student.
        settled: students of whom a hand-in was taken or is there already.
    """
    before = refusals(course, lesson)
    after = {**before, **refused}
    for student in settled:
        after.pop(student, None)
    if after != before:
        _write(_path(course, lesson), after)


def dismiss_refusals(course: GradingCourse, lesson: Lesson, students: Iterable[str]) -> None:
    """Remove students from the record of a lesson; the caller holds the folder's lock.

    Raises:
        GradingError: nothing was refused of one of them.
    """
    found = refusals(course, lesson)
    for student in students:
        if student not in found:
            raise GradingError(
                f"nothing of {lesson.id} by {student} is refused; refused are: "
                f"{', '.join(found) or 'none'}."
            )
        del found[student]
    _write(_path(course, lesson), found)


def refusals(course: GradingCourse, lesson: Lesson) -> dict[str, str]:
    """Return the reasons, by student, of what is still refused.

    Raises:
        GradingError: the record cannot be understood.
    """
    path = _path(course, lesson)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise GradingError(
            f"{path} cannot be read: {error}. Delete it, and collect again."
        ) from None
    if not isinstance(found, dict) or not all(isinstance(why, str) for why in found.values()):
        raise GradingError(f"{path} is not a record of refusals: delete it, and collect again.")
    return found


def _write(path: Path, content: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _path(course: GradingCourse, lesson: Lesson) -> Path:
    return course.state / "refused" / f"{lesson.id}.json"
