"""The project of ``recsys_edu_answers``: model answers and mark schemes, made from the lessons."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from tito.authoring.source import BEGIN_SOLUTION, END_SOLUTION, AuthoringError, solution_cells
from tito.course.answers import DISTRIBUTION, Answer, LessonAnswers
from tito.course.lessons import Lesson
from tito.course.notebook import Cell

_SCHEME: Final = re.compile(
    r"\n*=== BEGIN MARK SCHEME ===\n(.*?)\n=== END MARK SCHEME ===\n*", re.DOTALL
)
_PYPROJECT: Final = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "{version}"
description = "Model answers and mark schemes of the lessons of recsys_edu"
readme = "README.md"
license = "MIT"
requires-python = ">=3.11"
dependencies = ["recsys_edu=={version}"]

[tool.setuptools]
packages = ["{name}"]

[tool.setuptools.package-data]
{name} = ["*.json"]
"""
_README: Final = """\
# Answers to the lessons of recsys_edu

Model solutions, model answers and mark schemes. `tito answers N` shows those of lesson N beside
your own, once you have passed its checkpoint.
"""
_PACKAGE: Final = '"""Model answers of the lessons of recsys_edu, read by `tito answers`."""\n'


def answers_in(lesson: Lesson) -> LessonAnswers:
    """Return the model answers that a lesson's source holds.

    Raises:
        AuthoringError: a question has no mark scheme.
    """
    cells = [cell for cell in solution_cells(lesson) if cell.is_solution]
    return LessonAnswers(
        {cell.grade_id: _code(cell) for cell in cells if cell.kind == "code"},
        {cell.grade_id: _words(cell, lesson) for cell in cells if cell.kind == "markdown"},
    )


def answers_project(lessons: Sequence[Lesson]) -> Iterator[tuple[Path, str]]:
    """Yield each file of the distribution's project, with its content."""
    yield Path("pyproject.toml"), _PYPROJECT.format(name=DISTRIBUTION, version=__version__)
    yield Path("README.md"), _README
    yield Path(DISTRIBUTION, "__init__.py"), _PACKAGE
    for lesson in lessons:
        yield Path(DISTRIBUTION, f"{lesson.id}.json"), answers_in(lesson).as_json(lesson.id)


def write_answers_project(lessons: Sequence[Lesson], folder: Path) -> None:
    """Write the project into a folder that has nothing else in it.

    Raises:
        AuthoringError: the folder has files of another kind.
    """
    files = dict(answers_project(lessons))
    if folder.exists() and not (folder / DISTRIBUTION).is_dir() and any(folder.iterdir()):
        raise AuthoringError(f"{folder} holds something else: name an empty folder.")
    for left in (folder / DISTRIBUTION, folder / "build"):  # an earlier version's lessons
        shutil.rmtree(left, ignore_errors=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(folder / path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")


def _code(cell: Cell) -> str:
    markers = (BEGIN_SOLUTION, END_SOLUTION)
    lines = cell.source.splitlines()
    return "\n".join(line for line in lines if line.strip() not in markers)


def _words(cell: Cell, lesson: Lesson) -> Answer:
    answer = answer_in(cell.source)
    if answer is None:
        raise AuthoringError(f"{lesson.source}: the question '{cell.grade_id}' has no mark scheme.")
    return answer


def answer_in(source: str) -> Answer | None:
    """Return the model answer in a question's cell; None if it has no mark scheme."""
    found = _SCHEME.search(source)
    if found is None:
        return None
    return Answer(_SCHEME.sub("\n", source).strip(), " ".join(found[1].split()))
