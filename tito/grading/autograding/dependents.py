"""Functions that call others of the same lesson: one mistake in those costs its points once.

Which functions a cell calls is read from its names: the solution's, and those that the student
wrote. Only cells above it count, so that there are no circles, and the cells that a test is about
are never among its own prerequisites.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from recsys_edu.artefacts.cell import is_cython, read_cell
from tito.course.lessons import Lesson
from tito.course.names import undefined_names
from tito.course.notebook import Cell, cells_of
from tito.course.parts import Part, parts_of
from tito.grading.course import GradingCourse, GradingError

_WORD: Final = re.compile(r"\w+")
_MARKERS: Final = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Prerequisites:
    """The answer key of a lesson, and which of its cells call which.

    Args:
        key: the exported cells of the lesson with its solutions.
        released: the same cells as released.
        parts: the lesson's tests, each with its cells.
    """

    key: tuple[Cell, ...]
    released: tuple[Cell, ...]
    parts: tuple[Part, ...]

    @cached_property
    def solutions(self) -> Mapping[str, Cell]:
        """The cells of the answer key, without markers, by their names."""
        return {cell.grade_id: cell for cell in self.key}

    @cached_property
    def _answers(self) -> list[str]:
        """Names of the cells that students write, in their order."""
        return [cell.grade_id for cell in self.released if cell.is_solution]

    @cached_property
    def _owners(self) -> dict[str, str]:
        """Cell of each function."""
        return {
            function: name
            for name in self._answers
            for function in _functions_of(self.solutions[name])
        }

    @cached_property
    def _called(self) -> dict[str, frozenset[str]]:
        """Cells whose functions the answer key of a cell calls, directly or through others."""
        found: dict[str, frozenset[str]] = {}
        for name in self._answers:
            found[name] = self._closed(self._cells_named(_names_in(self.solutions[name])), found)
            found[name] = self._above(found[name], name)
        return found

    def of(self, part: Part, written: Iterable[Cell]) -> frozenset[str]:
        """Return the cells that the functions of a part call.

        Args:
            part: the part.
            written: its cells as the student wrote them, and what they use of added cells.
        """
        released = {line for cell in self.released for line in cell.source.splitlines()}
        lines = {line for cell in written for line in cell.source.splitlines()} - released
        words = {word for line in lines for word in _WORD.findall(line)}
        direct = self._cells_named(words).union(*(self._called[name] for name in part.cells))
        return self._above(self._closed(direct, self._called), part.cells[0])

    def functions_of(self, names: Collection[str]) -> list[str]:
        """Return the functions of some cells, in the lesson's order."""
        return [function for function, owner in self._owners.items() if owner in names]

    def _cells_named(self, words: Collection[str]) -> frozenset[str]:
        return frozenset(owner for function, owner in self._owners.items() if function in words)

    def _above(self, names: Collection[str], place: str) -> frozenset[str]:
        return frozenset(names).intersection(self._answers[: self._answers.index(place)])

    @staticmethod
    def _closed(names: frozenset[str], called: Mapping[str, frozenset[str]]) -> frozenset[str]:
        return names.union(*(called.get(name, frozenset()) for name in names))


def prerequisites_of(
    course: GradingCourse, lesson: Lesson, template: Sequence[Cell]
) -> Prerequisites:
    """Read the answer key of a lesson from the instructor's folder.

    Raises:
        GradingError: it is missing, or of another version than the released notebook.
    """
    path = course.source(lesson)
    try:
        cells = cells_of(json.loads(path.read_text(encoding="utf-8")), path)
    except (OSError, ValueError) as error:
        raise GradingError(
            f"the answer key {path} cannot be read ({type(error).__name__}): run `tito grade build "
            f"{lesson.number}`."
        ) from None
    key = tuple(_without_markers(cell) for cell in cells if cell.is_exported)
    released = tuple(cell for cell in template if cell.is_exported)
    if [cell.grade_id for cell in key] != [cell.grade_id for cell in released]:
        raise GradingError(
            f"{path} and {course.release(lesson)} are of different versions: run `tito grade build "
            f"{lesson.number}`."
        )
    return Prerequisites(key, released, tuple(part for part in parts_of(template) if part.cells))


def _without_markers(cell: Cell) -> Cell:
    source = _MARKERS.sub("", cell.source)
    return Cell(cell.number, cell.kind, source, cell.tags, cell.nbgrader)


def _functions_of(cell: Cell) -> list[str]:
    if is_cython(cell.source):
        return list(read_cell(cell.source).functions)
    tree = ast.parse(cell.source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in tree.body if isinstance(node, kinds)]


def _names_in(cell: Cell) -> set[str]:
    """Return the global names that a cell of ours reads; of one in Cython, all of its words."""
    if is_cython(cell.source):
        return set(_WORD.findall(cell.source))
    tree = ast.parse(cell.source)
    return {use.name for use in undefined_names(cell.source, tree, frozenset())}
