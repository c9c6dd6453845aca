"""Building the cells in Cython of one submission: each alone, so that one costs only itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recsys_edu.artefacts.artefact import Artefact
from recsys_edu.artefacts.build import build
from recsys_edu.artefacts.cache import BuildCache, content_of, name_of
from recsys_edu.artefacts.cell import (
    CythonCellError,
    headers_in,
    is_cython,
    read_cell,
)
from recsys_edu.artefacts.errors import BuildError
from recsys_edu.artefacts.local import module_file
from recsys_edu.artefacts.recipe import BuildLimits
from recsys_edu.artefacts.toolchain import require_toolchain
from tito.course.cython_cells import Builder, has_cython, require_language, require_short
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.grading.autograding.module import LeftOut, exported_cells_of
from tito.grading.course import GradingCourse
from tito.jail.building import build_in_jail, require_builds
from tito.jail.mounts import WORK

_UNBUILT: Final = "does not compile (`tito export` shows what the compiler says)"
_CACHE_IN_JAIL: Final = f"{WORK}/.cache/recsys_edu/built"
_MOST_QUOTED: Final = 4000
"""Characters of the compilers' words that are kept for instructors."""


@dataclass(frozen=True)
class Builds:
    """The exported cells of a submission after their builds."""

    cells: tuple[Cell, ...]
    """The cells; one that was not built is as it was released."""
    released: tuple[Cell, ...]
    """The same cells, as they were released."""
    modules: tuple[tuple[Artefact, bytes], ...]
    """Artefacts that were built, each with its module."""
    left_out: tuple[LeftOut, ...]
    unbuildable: frozenset[str]
    """The functions of the cells that were not built."""

    def write_modules(self, folder: Path) -> None:
        """Write what was built into the folder of the module that imports it."""
        for artefact, module in self.modules:
            (folder / module_file(artefact.module)).write_bytes(module)

    def as_cache(self) -> dict[str, bytes]:
        """Return what was built as the cache of a jail in which the notebook runs.

        Its cells have the same modules, which need not be built once more there.
        """
        if not self.modules:
            return {}
        toolchain = require_toolchain()
        return {
            f"{_CACHE_IN_JAIL}/{name_of(artefact, toolchain)}": content_of(module)
            for artefact, module in self.modules
        }


def build_cells(
    written: Sequence[Cell],
    released: Sequence[Cell],
    headers: Mapping[str, bytes],
    builder: Builder,
) -> Builds:
    """Build the cells in Cython.

    Args:
        written: the exported cells, as the student wrote them.
        released: the same, as they were released.
        headers: the ``.pxd`` files that the lesson ships, by file name.
        builder: builds an artefact, in a jail where the student's code is not trusted.
    """
    cells: list[Cell] = []
    modules: list[tuple[Artefact, bytes]] = []
    left_out: list[LeftOut] = []
    unbuildable: set[str] = set()
    compiled = has_cython(released)
    for cell, stub in zip(written, released, strict=True):
        try:
            if compiled:
                require_short(cell)
            modules += _built(cell, stub, headers, builder)
            cells.append(cell)
            continue
        except CythonCellError as error:
            left_out.append(LeftOut(cell.grade_id, str(error), f"was not built ({_told(error)})"))
        except BuildError as error:
            why = f"{error}\n{error.text}"[:_MOST_QUOTED]
            left_out.append(LeftOut(cell.grade_id, why, _UNBUILT))
        cells.append(stub)
        unbuildable |= _functions(cell, headers) | _functions(stub, headers)
    return Builds(
        tuple(cells), tuple(released), tuple(modules), tuple(left_out), frozenset(unbuildable)
    )


def _built(
    cell: Cell, stub: Cell, headers: Mapping[str, bytes], builder: Builder
) -> list[tuple[Artefact, bytes]]:
    """Build one cell; nothing comes of one in Python, or in which nothing is written."""
    require_language(cell, stub)
    if not is_cython(cell.source):
        return []
    cython = read_cell(cell.source, headers)
    cython.check()
    artefact = cython.artefact()
    return [(artefact, builder(artefact))] if cython.written else []


def _told(error: CythonCellError) -> str:
    where = f"line {error.line}: " if error.line else ""
    return f"{where}{str(error).rstrip('.')}"


def build_exported(
    course: GradingCourse,
    lesson: Lesson,
    notebook: dict[str, Any],
    template: Sequence[Cell],
    *,
    jailed: bool,
) -> Builds:
    """Build the exported cells of a rebuilt notebook.

    Args:
        course: its limits, and the folder in which built modules are kept.
        lesson: its declarations.
        notebook: the rebuilt submission.
        template: the cells of the notebook as released.
        jailed: build in a jail.
    """
    written = exported_cells_of(notebook)
    numbers = {cell.number for cell in written}
    released = [cell for cell in template if cell.number in numbers]
    builder = builder_of(course, released, jailed=jailed)
    return build_cells(written, released, headers_in(lesson.folder), builder)


def builder_of(course: GradingCourse, released: Sequence[Cell], *, jailed: bool) -> Builder:
    """Return a builder for the cells of a lesson; without cells in Cython, it refuses to build."""
    if has_cython(released):
        return builder_for(course, jailed=jailed)
    return _no_builder


def builder_for(course: GradingCourse, *, jailed: bool) -> Builder:
    """Return what builds students' cells, with built modules kept in the course's folder.

    Raises:
        BuildToolsError: this machine has no compiler; that is said once, and costs nobody points.
    """
    toolchain = require_toolchain()
    limits = BuildLimits(seconds=course.settings.limits.build_seconds)
    cache = BuildCache(course.state / "built")

    def build_anew(artefact: Artefact) -> bytes:
        return build_in_jail(artefact, limits) if jailed else build(artefact, limits).module

    return lambda artefact: cache.module_of(artefact, toolchain, build_anew)


def _no_builder(artefact: Artefact) -> bytes:
    """Refuse to build: for lessons that were released without cells in Cython."""
    raise BuildError(f"{artefact.module} is not of a lesson with cells in Cython.")


def require_toolchain_for(cells: Sequence[Cell], *, jailed: bool) -> None:
    """Try out the compilers that a lesson's cells need.

    Raises:
        BuildToolsError: they are missing, or do not work in a jail.
    """
    if not has_cython(cells):
        return
    if jailed:
        require_builds()
    else:
        require_toolchain()


def _functions(cell: Cell, headers: Mapping[str, bytes]) -> set[str]:
    """The public functions of a cell, as far as it can be read."""
    if not is_cython(cell.source):
        return set()
    try:
        return set(read_cell(cell.source, headers).functions)
    except CythonCellError:
        return set()
