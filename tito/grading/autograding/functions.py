"""The functions of a submission, from its rebuilt notebook to their marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from recsys_edu.artefacts.cell import MOST_CHARACTERS, headers_in, is_cython
from recsys_edu.exported import names_defined
from tito.course.cython_cells import has_cython
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.course.parts import parts_of
from tito.grading.autograding.added import AddedCell
from tito.grading.autograding.builds import (
    Builds,
    build_cells,
    build_exported,
    builder_of,
)
from tito.grading.autograding.dependents import prerequisites_of
from tito.grading.autograding.helpers import Helper, find_helpers, with_helpers
from tito.grading.autograding.marking import MESSAGES, CellMark, Judge
from tito.grading.autograding.module import LeftOut
from tito.grading.autograding.rebuild import Rebuilt
from tito.grading.autograding.second_run import with_second_runs
from tito.grading.autograding.statements import splitter_in
from tito.grading.course import GradingCourse
from tito.judging.failures import Failure

TOO_LONG: Final = (
    f"Definitions in added cells have more than {MOST_CHARACTERS:,} characters together, and were "
    "not taken along."
)


@dataclass(frozen=True)
class MarkedFunctions:
    """Marks of a submission's functions, and what is to be said of its cells."""

    marks: tuple[CellMark, ...]
    left_out: tuple[LeftOut, ...]
    helpers: tuple[Helper, ...]
    """Statements of added cells that were taken along."""
    builds: Builds
    not_taken: str = ""
    """Sentence about added cells that were not taken along; empty if all were."""

    def remarks(self) -> list[str]:
        """Return sentences about cells that were not taken as they are."""
        said = [
            f"Cell '{cell.grade_id}' {cell.message}{'.' if cell.in_part else _NOT_WRITTEN}"
            for cell in self.left_out
        ]
        told = [helper.remark for helper in self.helpers]
        return [*said, *told, *([self.not_taken] if self.not_taken else [])]


_NOT_WRITTEN = ", and counts as not written."


def mark_functions(
    course: GradingCourse,
    lesson: Lesson,
    rebuilt: Rebuilt,
    template: Sequence[Cell],
    *,
    jailed: bool = True,
) -> MarkedFunctions:
    """Build, load and judge the functions of a rebuilt notebook.

    Args:
        course: has the secret, the limits and the answer key.
        lesson: has the clauses.
        rebuilt: the submission.
        template: the cells of the notebook as released.
        jailed: False to run the student's code without a jail.
    """
    judge = Judge(course, lesson, template, jailed)
    plain = build_exported(course, lesson, rebuilt.notebook, template, jailed=jailed)
    split = splitter_in(judge.session)
    helpers = find_helpers(rebuilt.code, plain.cells, split, _functions_to_write(plain.released))
    not_taken = ""
    if has_cython(template) and sum(len(helper.source) for helper in helpers) > MOST_CHARACTERS:
        helpers, not_taken = [], TOO_LONG  # a compiled kernel, say, which a cell could load
    builds = with_helpers(plain, helpers)
    judgement = judge.judgement(builds)

    def build(cells: Sequence[Cell], released: Sequence[Cell]) -> Builds:
        builder = builder_of(course, released, jailed=jailed)
        return build_cells(cells, released, headers_in(lesson.folder), builder)

    prerequisites = prerequisites_of(course, lesson, template)
    marks = with_second_runs(judge, prerequisites, judgement, build, split)
    marks = _with_reasons(marks, judgement.left_out, template, Failure.UNLOADABLE)
    marks = _with_reasons(marks, plain.left_out, template, Failure.UNBUILDABLE)
    return MarkedFunctions(marks, judgement.left_out, tuple(helpers), plain, not_taken)


def _functions_to_write(released: Sequence[Cell]) -> set[str]:
    """Return the functions in Python that a lesson asks for."""
    cells = [cell for cell in released if cell.is_solution and not is_cython(cell.source)]
    return {name for cell in cells for name in names_defined(cell.source)}


def _with_reasons(
    marks: Sequence[CellMark],
    left_out: Sequence[LeftOut],
    template: Sequence[Cell],
    reason: Failure,
) -> tuple[CellMark, ...]:
    """Say of functions whose cell could not be loaded or built that this is the reason."""
    broken = {cell.grade_id for cell in left_out}
    tests = {part.test for part in parts_of(template) if broken.intersection(part.cells)}
    kinds = (Failure.UNWRITTEN, Failure.MISSING, Failure.UNLOADABLE)
    absent = [MESSAGES[kind] for kind in kinds]
    return tuple(
        replace(mark, message=MESSAGES[reason])
        if mark.grade_id in tests and mark.message in absent
        else mark
        for mark in marks
    )


def unclear_tests(
    added: Sequence[AddedCell], template: Sequence[Cell], functions: MarkedFunctions
) -> tuple[str, ...]:
    """Return the tests without points beside which there is code that was not graded.

    A person has to look at them: the answer may stand in the wrong cell. A function of the same
    name is looked at wherever it stands. If helpers cannot be loaded, or a name that functions need
    is made by one cell and bound by another, any test may have failed by that.
    """
    failed = {mark.grade_id for mark in functions.marks if not mark.passed}
    taken = {helper.number: set(helper.names) for helper in functions.helpers}
    places = [
        cell.place
        for cell in added
        if cell.number not in taken and (cell.kind == "code" or names_defined(cell.source))
    ]
    defined = {
        name
        for cell in added
        for name in set(names_defined(cell.source)) - taken.get(cell.number, set())
    }
    broken = {cell.grade_id for cell in functions.left_out}
    n_cells = Counter(name for helper in functions.helpers for name in helper.names)
    unsure = any(
        helper.cell().grade_id in broken or any(n_cells[name] > 1 for name in helper.made)
        for helper in functions.helpers
    )
    found = []
    for part in parts_of(template):
        near = range(part.places.start, part.places.stop + 1)
        beside = any(place in near for place in places) or broken.intersection(part.cells)
        if part.test in failed and (beside or unsure or defined.intersection(part.functions)):
            found.append(part.test)
    return tuple(found)
