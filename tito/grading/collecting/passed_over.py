"""Files that collecting does not take, so that each can be said by its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from tito.course.exchange import SECRET, STAMP
from tito.course.lessons import Lesson
from tito.grading.collecting.archives import UnreadFile
from tito.grading.collecting.hand_ins import HandIn, is_of_another_lesson
from tito.grading.collecting.names import is_misnamed

_LISTED: Final = 5
"""Number of files that are named; of more, only the number is said."""


def passed_over(
    files: Iterable[UnreadFile],
    lesson: Lesson,
    hand_ins: Iterable[HandIn],
    refused: Iterable[tuple[str, str]],
) -> list[tuple[str, str]]:
    """Return the files that belong to no hand-in and were not refused, each with the reason.

    Files in folders of other lessons are not meant to be collected, and are left out.
    """
    known = {file.path for hand_in in hand_ins for file in hand_in.files}
    known |= {path for path, _ in refused}
    return [
        (file.path, _why(file.path))
        for file in files
        if file.path not in known and not is_of_another_lesson(file.path, lesson)
    ]


def beside(hand_in: HandIn, chosen: UnreadFile) -> tuple[str, ...]:
    """Return a sentence about the files of a hand-in that are not notebooks; none without."""
    names = [
        file.path
        for file in hand_in.files
        if file is not chosen
        and not file.is_notebook
        and PurePosixPath(file.path).name not in (STAMP, SECRET)
    ]
    return (f"not graded, since no notebook: {listed(names)}.",) if names else ()


def listed(names: Sequence[str]) -> str:
    """Return some names, and the number of the others."""
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _why(path: str) -> str:
    if is_misnamed(path):
        return "it looks like a notebook: rename it to end in .ipynb, and collect it again."
    return "it is no notebook, and its path names no student."
