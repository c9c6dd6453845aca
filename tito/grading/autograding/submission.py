"""One submission from file to outcome: rebuilt, run in a jail, judged, presented."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recsys_edu._version import __version__
from tito.course.lessons import Lesson
from tito.course.notebook import EXPERIMENT, Cell, cells_of
from tito.grading.autograding.judge import Judgement, judge
from tito.grading.autograding.outcome import GRADED, NOT, PARTLY, Outcome
from tito.grading.autograding.present import presented
from tito.grading.autograding.rebuild import Rebuilt, UngradableError, rebuild
from tito.grading.autograding.replay import handed_in
from tito.grading.course import GradingCourse, GradingError
from tito.jail.cells import CellLimits, CellOutcome, notebook_jail, run_cells
from tito.jail.limits import MIB, Limits
from tito.jail.plain_files import SubmissionError, read_below
from tito.jail.unjailed import Unjailed
from tito.judging.clauses import CONTRACT_VERSION


def grade_submission(
    course: GradingCourse, lesson: Lesson, student: str, contents: Mapping[str, bytes] | None
) -> Outcome:
    """Grade what a student handed in. Whatever is wrong with it is in the outcome.

    Args:
        course, lesson, student: of what.
        contents: files for the jail in which the notebook runs, by their paths in there; None for
            no jail at all.
    """
    start = time.monotonic()
    key = key_of(course, lesson, student)
    try:
        submission = _read(course, lesson, student)
        template = template_of(course, lesson)
        rebuilt = rebuild(template, submission)
    except (UngradableError, SubmissionError) as error:
        return Outcome(student, lesson.id, key, NOT, why=str(error))
    outcomes = _run(course, lesson, rebuilt, contents)
    released = cells_of(template, course.release(lesson))
    judgement = judge(course, lesson, rebuilt.notebook, released, jailed=contents is not None)
    remarks = (
        *rebuilt.remarks,
        *_of_time(course, lesson, student),
        *_of_cells(rebuilt, outcomes),
        *_of_module(judgement),
    )
    return Outcome(
        student,
        lesson.id,
        key,
        PARTLY if remarks else GRADED,
        remarks=remarks,
        marks=judgement.marks,
        left_out=judgement.left_out,
        notebook=presented(rebuilt.notebook, outcomes, judgement.marks, remarks),
        seconds=time.monotonic() - start,
    )


def key_of(course: GradingCourse, lesson: Lesson, student: str) -> str:
    """A digest of all that an outcome depends on: it is graded again where that has changed."""
    digest = hashlib.sha256(__version__.encode())
    digest.update(json.dumps(asdict(course.settings.limits)).encode())
    digest.update(str(CONTRACT_VERSION).encode())
    digest.update(str(course.inputs_seed(lesson, "")).encode())
    try:
        digest.update(_read(course, lesson, student))
    except (SubmissionError, UngradableError) as error:
        digest.update(str(error).encode())
    for path in (course.release(lesson), *sorted(lesson.folder.glob("*.py"))):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def template_of(course: GradingCourse, lesson: Lesson) -> dict[str, Any]:
    """The released notebook; GradingError where the lesson has not been prepared."""
    path = course.release(lesson)
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GradingError(
            f"there is no {path}: run `tito grade build {lesson.number}` first."
        ) from None
    return content


def _read(course: GradingCourse, lesson: Lesson, student: str) -> bytes:
    path = course.submitted(lesson, student)
    try:
        return read_below(course.root, path.relative_to(course.root).as_posix())
    except FileNotFoundError:
        raise UngradableError(f"there is no {lesson.notebook} among what was handed in.") from None
    except OSError as error:
        raise UngradableError(f"it cannot be read: {error.strerror}.") from None


def _run(
    course: GradingCourse, lesson: Lesson, rebuilt: Rebuilt, contents: Mapping[str, bytes] | None
) -> dict[int, CellOutcome]:
    """What each code cell showed, by its place in the notebook."""
    limits = course.settings.limits
    code = {
        number: cell["source"]
        for number, cell in enumerate(rebuilt.notebook["cells"])
        if cell["cell_type"] == "code"
        and (limits.experiments or EXPERIMENT not in cell["metadata"].get("tags", ()))
    }
    with (
        Unjailed()
        if contents is None
        else notebook_jail(
            contents=contents,
            compilers=lesson.about().compilers,
            limits=Limits(memory=limits.memory_mib * MIB),
        ) as jail
    ):
        outcomes = run_cells(
            list(code.values()),
            jail,
            CellLimits(seconds=limits.cell_seconds, all_seconds=limits.notebook_seconds),
        )
    return dict(zip(code, outcomes, strict=True))


def _of_time(course: GradingCourse, lesson: Lesson, student: str) -> list[str]:
    try:
        handed_in(course, lesson, student)
    except ValueError:
        return ["The file timestamp.txt cannot be read: it counts as handed in in time."]
    return []


def _of_cells(rebuilt: Rebuilt, outcomes: Mapping[int, CellOutcome]) -> list[str]:
    """A remark where the notebook did not run to its end."""
    for number, outcome in outcomes.items():
        if not outcome.ran:
            (cell,) = cells_of(
                {"nbformat": 4, "cells": [rebuilt.notebook["cells"][number]]}, Path("release")
            )
            return [f"The notebook was run up to {_named(cell, number)}: {outcome.why}"]
    return []


def _named(cell: Cell, number: int) -> str:
    return cell.label if cell.grade_id else f"cell number {number + 1}"


def _of_module(judgement: Judgement) -> list[str]:
    return [
        f"Cell '{cell.grade_id}' cannot be loaded, and counts as not written."
        for cell in judgement.left_out
    ]
