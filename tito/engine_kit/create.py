"""A package for a new compute backend, written from templates."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Literal, get_args

from recsys_edu.errors import InvalidParameterError

Language = Literal["cython", "c", "numba", "python"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_LANGUAGE_NAMES: Final = {"cython": "Cython", "c": "C", "numba": "numba", "python": "Python"}
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_TAKEN: Final = frozenset({"auto", "naive", "optimized", "student", "torch"})
_FILE_NAMES: Final = {"gitignore": ".gitignore"}
_SUFFIX: Final = ".txt"


def create_package(name: str, language: Language, parent: Path) -> Path:
    """Write a package with a backend that keeps the contract, its tests and a benchmark.

    Args:
        name: name of the backend, as ``set_backend`` will know it.
        language: language of its kernel.
        parent: folder in which the package's folder, called ``name``, is made.

    Returns:
        The package's folder.

    Raises:
        InvalidParameterError: the name cannot be used, or the folder exists.
        OSError: the folder cannot be written; nothing is left of it.
    """
    _check_name(name)
    folder = parent / name
    if folder.exists():
        raise InvalidParameterError(
            f"{folder} exists already: choose another name, or another folder with --folder."
        )
    module = f"recsys_{name.replace('-', '_')}"
    values = {
        "name": name,
        "module": module,
        "distribution": module.replace("_", "-"),
        "language": _LANGUAGE_NAMES[language],
    }
    parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=parent))
    try:
        unfinished.chmod(0o755)
        for path, text in _contents(language, values):
            (unfinished / path).parent.mkdir(parents=True, exist_ok=True)
            (unfinished / path).write_text(text, encoding="utf-8")
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return folder


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InvalidParameterError(
            f"{name!r} cannot name a backend here: use lower-case letters, digits, '-' and '_', "
            "beginning with a letter, at most 40."
        )
    if name in _TAKEN:
        raise InvalidParameterError(
            f"there is a backend {name!r} already; choose a name of your own."
        )


def _contents(language: Language, values: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield path and text of each file, the common ones and those of the language."""
    templates = files("tito.engine_kit") / "templates"
    for root in (templates / "common", templates / language):
        for path, file in _files_below(root, Path()):
            name = path.name.removesuffix(_SUFFIX)
            target = path.with_name(_FILE_NAMES.get(name, name))
            parts = [values["module"] if part == "module" else part for part in target.parts]
            yield Path(_filled(str(Path(*parts)), values)), _filled(file.read_text("utf-8"), values)


def _files_below(folder: Traversable, inside: Path) -> Iterator[tuple[Path, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files_below(entry, inside / entry.name)
        elif entry.name.endswith(_SUFFIX):
            yield inside / entry.name, entry


def _filled(text: str, values: dict[str, str]) -> str:
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", value)
    return text
