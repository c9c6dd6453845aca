"""Lessons, found in the file system: a lesson is a folder ``NN_name``, and nothing else.

Where the repository is at hand, lessons are in ``modules/`` and their released notebooks in
``notebooks/release/``. A wheel carries copies of what learners need of both in ``tito/_course``.
``RECSYS_EDU_COURSE`` names the folder of another course, laid out as the repository is.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from recsys_backends.protocol import Order
from recsys_edu.errors import RecsysError

ENVIRONMENT_VARIABLE: Final = "RECSYS_EDU_COURSE"
GLOSSARY: Final = "glossary.md"
"""File name of the course's glossary, beside the folders of the lessons and beside notebooks."""
_PACKAGE: Final = Path(__file__).resolve().parents[1]
_SHIPPED: Final = _PACKAGE / "_course"
_FOLDER_NAME: Final = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)")
_FRONT_MATTER: Final = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)", re.DOTALL)


class LessonError(RecsysError, LookupError):
    """Unknown lesson, or a folder that is not as a lesson's should be."""


@dataclass(frozen=True)
class About:
    """Front matter of a lesson's ``ABOUT.md`` (TOML between two lines of +++)."""

    title: str
    question: str
    """Capability question that its checkpoint answers."""
    hours: float
    prerequisites: tuple[str, ...]
    """Names of lessons' folders."""
    objectives: tuple[str, ...]
    may_import: tuple[str, ...] = ()
    """Distributions that judged code may import, with what they need, beside NumPy and the standard
    library; also single modules of this software."""
    compilers: bool = False
    """Its code builds extensions."""
    order: Order = "sequential"
    tiles: bool = False
    samplers: tuple[str, ...] = ("UniformSampler",)
    """Abilities of its functions as a backend, as in ``recsys_backends.protocol``."""


@dataclass(frozen=True, order=True)
class Lesson:
    """One lesson."""

    number: int
    name: str
    """Name of its exported file: ``bpr``."""
    folder: Path = field(compare=False)
    release: Path = field(compare=False)
    """Path of the notebook that learners get."""

    @property
    def id(self) -> str:
        """Name of the folder: ``05_bpr``."""
        return f"{self.number:02}_{self.name}"

    @property
    def notebook(self) -> str:
        """File name of the notebook."""
        return f"{self.id}.ipynb"

    @property
    def source(self) -> Path:
        """Path of the lesson with its solutions; only in the repository."""
        return self.folder / f"{self.id}.py"

    def about(self) -> About:
        """Return the front matter of its ABOUT.md; LessonError where it cannot be read."""
        path = self.folder / "ABOUT.md"
        try:
            found = _FRONT_MATTER.fullmatch(path.read_text(encoding="utf-8"))
            if found is None:
                raise LessonError(f"{path} does not begin with TOML between two lines of +++.")
            return _about(tomllib.loads(found[1]))
        except (OSError, UnicodeError, TypeError, tomllib.TOMLDecodeError) as error:
            raise LessonError(f"{path} cannot be read: {error}") from error


def _about(table: dict[str, Any]) -> About:
    listed = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return About(**{**table, **listed})


def modules_folder() -> Path | None:
    """Return ``modules/`` of the repository of this code; None for an installed wheel."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named).resolve() / "modules"
    folder = _PACKAGE.parent / "modules"
    return folder if folder.is_dir() and (_PACKAGE.parent / "setup.py").is_file() else None


def all_lessons() -> list[Lesson]:
    """Return every lesson, in order; LessonError where the installation has none."""
    modules = modules_folder()
    if modules is not None:
        return lessons_in(modules, modules.parent / "notebooks" / "release")
    return lessons_in(_SHIPPED, _SHIPPED)


def glossary() -> Path | None:
    """Return the path of the course's glossary; None for a course that has none."""
    path = (modules_folder() or _SHIPPED) / GLOSSARY
    return path if path.is_file() else None


def lessons_in(folder: Path, releases: Path) -> list[Lesson]:
    """Return the lessons of a folder; each release is ``releases/NN_name/NN_name.ipynb``."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        match = _FOLDER_NAME.fullmatch(path.name)
        if match and path.is_dir():
            release = releases / path.name / f"{path.name}.ipynb"
            found.append(Lesson(int(match[1]), match[2], path, release))
    if not found:
        raise LessonError(f"there are no lessons in {folder}: install recsys_edu again.")
    return found


def find_lesson(wanted: str) -> Lesson:
    """Return a lesson by number ("5", "05"), name ("bpr") or both ("05_bpr", "05_bpr.ipynb").

    Raises:
        LessonError: there is none; the message names those that there are.
    """
    lessons = all_lessons()
    text = wanted.strip().removesuffix(".ipynb")
    for lesson in lessons:
        number = text.isdecimal() and int(text) == lesson.number
        if number or text in (lesson.name, lesson.id):
            return lesson
    names = [lesson.name for lesson in lessons]
    close = difflib.get_close_matches(text, [*names, *(x.id for x in lessons)], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(lesson.id for lesson in lessons)
    raise LessonError(f"there is no lesson {wanted!r}; lessons: {listed}.{hint}")
