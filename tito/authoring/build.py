"""Build everything that is made from the sources of lessons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from tito.authoring.answer_key import EXTENDED, answer_key, answer_package, names_offered
from tito.authoring.fingerprints import has_calls, public_fingerprints
from tito.authoring.release import notebook_bytes, release_of
from tito.authoring.source import AuthoringError
from tito.authoring.syllabus import with_syllabus
from tito.course.lessons import Lesson
from tito.judging.fingerprints import PUBLIC

NAIVE: Final = Path("backends", "recsys_backends", "naive")


def products(lessons: list[Lesson], root: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield each file that the build writes, with its content."""
    keys: dict[str, str] = {}
    for lesson in lessons:
        yield lesson.release, _release(lesson)
        if has_calls(lesson):
            yield lesson.folder / PUBLIC, public_fingerprints(lesson)
        if key := answer_key(lesson):
            keys[lesson.name] = key
            yield root / NAIVE / f"{lesson.name}.py", key.encode()
    extended = root / NAIVE / EXTENDED / "__init__.py"
    if extended.is_file():  # a course of its own has no such package
        package = answer_package(keys, names_offered(_text(extended)))
        yield root / NAIVE / "__init__.py", package.encode()
    guide = root / "INSTRUCTORS.md"
    if guide.is_file():
        yield guide, with_syllabus(_text(guide), lessons).encode()


def _release(lesson: Lesson) -> bytes:
    try:
        return notebook_bytes(release_of(lesson))
    except AuthoringError as error:
        raise AuthoringError(f"{lesson.id}: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise AuthoringError(f"{path} is not UTF-8: {error}.") from None


def build(lessons: list[Lesson], root: Path) -> list[Path]:
    """Write the files that have changed; return their paths."""
    written = []
    for path, content in products(lessons, root):
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as unfinished:
            unfinished.write_bytes(content)
        written.append(path)
    return written


def drift(lessons: list[Lesson], root: Path) -> list[Path]:
    """Return the files that differ from what the build would write."""
    return [
        path
        for path, content in products(lessons, root)
        if not path.is_file() or path.read_bytes() != content
    ]
