"""The next hint for a learner: which function it is about, and how far its hints were shown."""

from __future__ import annotations

from dataclasses import dataclass

from recsys_edu.workspace import Workspace
from tito.course.hints import hints_of
from tito.course.lessons import Lesson
from tito.course.notebook import Cell, NotebookError, read_cells
from tito.course.parts import Part, find_parts, parts_of
from tito.workspace.files import notebook_of
from tito.workspace.study import LessonStudy, load_study, studying


@dataclass(frozen=True)
class Hint:
    """Hints of one function, up to the step that is shown now."""

    part: Part
    function: str
    steps: tuple[str, ...]
    """Steps that were shown, the newest last."""
    in_all: int
    new: bool
    """False if all had been shown before."""


def next_hint(workspace: Workspace, lesson: Lesson, wanted: str = "") -> Hint:
    """Return the next step of a function's hints, and remember that it was shown.

    Args:
        workspace: the learner's workspace.
        lesson: the lesson.
        wanted: part (number, function, cell or test); empty for the first that is not done.

    Raises:
        LessonError: the lesson has no hints.
        NotebookError: there is no such part, or the notebook is damaged; or no part was named, and
            all of them are done.
    """
    hints, parts = hints_of(lesson), parts_of(read_cells(lesson.release))
    study = load_study(workspace).of(lesson.id)
    part = _part(workspace, lesson, parts, study, wanted)
    function = _function(part, hints, study, wanted)
    with studying(workspace) as written:
        shown = written.of(lesson.id).hints
        before = min(shown.get(function, 0), len(hints[function]))
        after = shown[function] = min(before + 1, len(hints[function]))
    steps = hints[function]
    return Hint(part, function, steps[:after], len(steps), after > before)


def _part(
    workspace: Workspace, lesson: Lesson, parts: list[Part], study: LessonStudy, wanted: str
) -> Part:
    """Return the part that is named, or the first whose test has not passed yet."""
    if wanted:
        return find_parts(parts, wanted)[0]
    if study.tests:
        open_parts = [part for part in parts if study.tests.get(part.test, 0.0) < part.points]
    else:
        unwritten = _unwritten(workspace, lesson)
        open_parts = [part for part in parts if unwritten.intersection(part.cells)]
    if not open_parts:
        raise NotebookError(
            f"all parts of {lesson.id} are written, and none is known to fail: `tito test "
            f"{lesson.number}` finds those that do; `tito hint {lesson.number} PART` names one."
        )
    return open_parts[0]


def _unwritten(workspace: Workspace, lesson: Lesson) -> set[str]:
    """Return the names of the cells that are as released, or not there."""
    path = notebook_of(workspace, lesson)
    own = _sources(read_cells(path)) if path.is_file() else {}
    released = _sources(read_cells(lesson.release))
    return {name for name, source in released.items() if own.get(name, source) == source}


def _sources(cells: list[Cell]) -> dict[str, str]:
    return {cell.grade_id: cell.source for cell in cells if cell.is_solution}


def _function(
    part: Part, hints: dict[str, tuple[str, ...]], study: LessonStudy, wanted: str
) -> str:
    """Return the function that is named, or the first of the part that has hints left."""
    known = [name for name in part.functions if name in hints]
    if not known:
        raise NotebookError(f"{part.title} has no hints.")
    if wanted in known:
        return wanted
    left = [name for name in known if study.hints.get(name, 0) < len(hints[name])]
    return (left or known)[0]
