"""Notebooks of one hand-in, of which one counts: the one with the most in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tito.course.lessons import Lesson
from tito.course.notebook import read_cells
from tito.grading.collecting.archives import UnreadFile
from tito.grading.collecting.names import is_named_after
from tito.grading.submitted_notebook import SubmittedNotebook, UngradableError
from tito.jail.limits import MIB
from tito.jail.plain_files import SubmissionError

MAX_NOTEBOOKS: Final = 20
"""Number of notebooks in one hand-in of which one has to be chosen."""
MAX_BYTES_READ: Final = 64 * MIB
"""Size of all notebooks that are read for that choice."""


@dataclass(frozen=True)
class Candidate:
    """A notebook with cells of the lesson."""

    file: UnreadFile
    content: bytes
    has_names: bool
    """True if its cells still have their names."""
    written: int
    """2 if an answer is not as it was released, 1 if any other cell is not, or else 0."""


def candidates_in(
    files: Sequence[UnreadFile], lesson: Lesson
) -> tuple[list[Candidate], dict[str, str]]:
    """Read the notebooks of a hand-in.

    Returns:
        The notebooks of the lesson, of which copies are one; and the paths of those that cannot be
        read, each with the reason.

    Raises:
        SubmissionError: they are too many or too large, and none has the lesson's name.
    """
    named = [file for file in files if is_named_after(file.path, lesson)]
    if len(named or files) > MAX_NOTEBOOKS:
        raise SubmissionError(
            f"it has {len(files):,} notebooks, of which at most {MAX_NOTEBOOKS} are read: ask for "
            "the lesson's alone."
        )
    found: dict[str, Candidate] = {}
    problems: dict[str, str] = {}
    n_bytes = 0
    for number, file in enumerate(sorted(files, key=lambda each: each not in named)):
        try:
            if number >= MAX_NOTEBOOKS or n_bytes > MAX_BYTES_READ:
                raise UngradableError("it was not read, since the others are too many.")
            content = file.read()
            n_bytes += len(content)
            if n_bytes > MAX_BYTES_READ and number >= len(named):
                raise UngradableError("it was not read, since the others are too large.")
            candidate = _candidate(file, content, lesson)
        except (SubmissionError, UngradableError) as error:
            problems[file.path] = str(error)
        else:
            found.setdefault(hashlib.sha256(content).hexdigest(), candidate)
    if n_bytes > MAX_BYTES_READ and not named:
        raise SubmissionError(
            f"its notebooks have more than {MAX_BYTES_READ // MIB} MiB together: ask for the "
            "lesson's alone."
        )
    return list(found.values()), problems


def best_of(found: Sequence[Candidate], lesson: Lesson) -> Candidate | None:
    """Return the notebook that counts; None if there is none, or no reason to prefer one."""
    most = max((each.written for each in found), default=0)
    reasons: tuple[Callable[[Candidate], bool], ...] = (
        lambda each: each.written == most,
        lambda each: is_named_after(each.file.path, lesson),
        lambda each: each.has_names,
    )
    for is_better in reasons:
        found = [each for each in found if is_better(each)] or found
    return found[0] if len(found) == 1 else None


def why_none_is_best(
    files: Sequence[UnreadFile], found: Sequence[Candidate], problems: Mapping[str, str]
) -> str:
    """Return the sentence about a hand-in of which no notebook counts."""
    if len(files) == 1:
        return f"{files[0].path}: {problems[files[0].path]}"
    listed = ", ".join(sorted(file.path for file in files))
    return (
        f"there are several notebooks ({listed}), of which "
        f"{'more than one' if found else 'none'} has this lesson's cells."
    )


def _candidate(file: UnreadFile, content: bytes, lesson: Lesson) -> Candidate:
    """Read one notebook.

    Raises:
        UngradableError: it is none of the lesson.
    """
    released = read_cells(lesson.release)
    ids = [cell.get("id") for cell in json.loads(lesson.release.read_bytes())["cells"]]
    wanted = [(cell, id_) for cell, id_ in zip(released, ids, strict=True) if cell.is_solution]
    notebook = SubmittedNotebook(content)
    answers = [notebook.find(cell, cell_id) for cell, cell_id in wanted]
    if not any(cell.source.strip() for cell in notebook.cells):
        raise UngradableError("the notebook is empty.")
    if not any(answers):
        raise UngradableError(f"it has no cell of {lesson.id}, so it is another notebook.")
    texts = {"", *(cell.source.strip() for cell in released)}
    written = int(any(cell.source.strip() not in texts for cell in notebook.cells))
    if any(answer and answer.cell.source.strip() not in texts for answer in answers):
        written = 2
    has_names = notebook.has_grade_id([cell for cell, _ in wanted])
    return Candidate(file, content, has_names, written)
