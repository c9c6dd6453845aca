"""One submission from its file to its outcome: rebuilt, run in a jail, judged, presented."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from recsys_backends import contract
from recsys_edu._version import __version__
from recsys_edu.artefacts import recipe
from recsys_edu.artefacts.cell import headers_in
from recsys_edu.artefacts.errors import BuildToolsError
from recsys_edu.artefacts.toolchain import require_toolchain
from tito.course.lessons import Lesson
from tito.course.notebook import EXPERIMENT, Cell, cells_of
from tito.grading.autograding.boxes import unclear_boxes
from tito.grading.autograding.builds import Builds
from tito.grading.autograding.functions import mark_functions, unclear_tests
from tito.grading.autograding.outcome import GRADED, NOT_GRADABLE, PARTLY_GRADED, Outcome
from tito.grading.autograding.present import presented_notebook
from tito.grading.autograding.rebuild import rebuild
from tito.grading.autograding.shown import is_unused, shown_notebook
from tito.grading.collecting.submitted import read_receipt
from tito.grading.course import GradingCourse, GradingError, Submission
from tito.grading.failures import describe_failure
from tito.grading.submitted_notebook import UngradableError
from tito.grading.timestamps import handed_in_at
from tito.jail.cells import CellLimits, CellOutcome, notebook_jail, run_cells
from tito.jail.limits import MIB, Limits
from tito.jail.mounts import WORK
from tito.jail.plain_files import SubmissionError, read_below
from tito.jail.unjailed import Unjailed
from tito.jobs.pool import WorkerEndedError

_MOST_LISTED: Final = 5


def grade_submission(submission: Submission, contents: Mapping[str, bytes] | None) -> Outcome:
    """Grade a submission. Whatever is wrong with it is in the outcome.

    Args:
        submission: the submission.
        contents: files for the jail in which the notebook runs, by their paths in it; None for no
            jail at all.
    """
    start = time.monotonic()
    course, lesson = submission.course, submission.lesson
    try:
        content = _read(submission)
        template = template_of(course, lesson)
        rebuilt = rebuild(template, content)
    except (UngradableError, SubmissionError) as error:
        return _ungradable(submission, str(error))
    released = cells_of(template, course.release(lesson))
    jailed = contents is not None
    functions = mark_functions(course, lesson, rebuilt, released, jailed=jailed)
    notebook = shown_notebook(rebuilt, [helper.number for helper in functions.helpers])
    outcomes = _run(course, lesson, notebook, contents, functions.builds)
    remarks = (
        *rebuilt.remarks,
        *_receipt_remarks(submission),
        *_time_remarks(submission),
        *_run_remarks(notebook, outcomes),
        *functions.remarks(),
    )
    return Outcome(
        submission.student,
        lesson.id,
        PARTLY_GRADED if remarks else GRADED,
        remarks=remarks,
        marks=functions.marks,
        left_out=functions.left_out,
        notebook=presented_notebook(notebook, outcomes, functions.marks, remarks),
        to_look_at=(
            *unclear_tests(rebuilt.code, released, functions),
            *unclear_boxes(rebuilt.added, rebuilt.notebook, released),
        ),
        seconds=time.monotonic() - start,
    )


def failed_outcome(submission: Submission, error: Exception) -> Outcome:
    """Return the outcome of a submission at which the grader itself failed."""
    if isinstance(error, WorkerEndedError):
        return _ungradable(
            submission, "grading it ended the grader's own process, twice. Grade it by hand."
        )
    return _ungradable(submission, f"the grader failed: {describe_failure(error)}")


def key_of(submission: Submission) -> str:
    """Return a digest of all that an outcome depends on: other digest, other outcome."""
    course, lesson = submission.course, submission.lesson
    digest = hashlib.sha256(__version__.encode())
    digest.update(json.dumps(asdict(course.settings.limits)).encode())
    digest.update(str(contract.VERSION).encode())
    digest.update(str(course.inputs_seed(lesson, "")).encode())
    try:
        digest.update(json.dumps(_other_notebooks(submission)).encode())
        digest.update(_read(submission))
    except (SubmissionError, UngradableError, GradingError) as error:
        digest.update(str(error).encode())
    ours = (course.source(lesson), course.release(lesson))
    prints = [path for path in (course.fingerprints(lesson),) if path.is_file()]
    for path in (*ours, *prints, *sorted(lesson.folder.glob("*.p[xy]*"))):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    if lesson.about().compilers:
        with contextlib.suppress(BuildToolsError):  # without compilers nothing is graded
            digest.update(f"{require_toolchain()} {recipe.VERSION}".encode())
    return digest.hexdigest()


def template_of(course: GradingCourse, lesson: Lesson) -> dict[str, Any]:
    """Return the released notebook; raise GradingError if the lesson has not been prepared."""
    path = course.release(lesson)
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GradingError(
            f"there is no {path}: run `tito grade build {lesson.number}` first."
        ) from None
    except (OSError, ValueError) as error:
        raise GradingError(
            f"{path} cannot be read ({type(error).__name__}): run `tito grade build "
            f"{lesson.number}`."
        ) from None
    return content


def _ungradable(submission: Submission, why: str) -> Outcome:
    return Outcome(submission.student, submission.lesson.id, NOT_GRADABLE, why=why)


def _read(submission: Submission) -> bytes:
    root = submission.course.root
    try:
        return read_below(root, submission.submitted.relative_to(root).as_posix())
    except FileNotFoundError:
        name = submission.lesson.notebook
        raise UngradableError(f"there is no {name} among the files handed in.") from None
    except OSError as error:
        raise UngradableError(f"it cannot be read: {error.strerror}.") from None


def _run(
    course: GradingCourse,
    lesson: Lesson,
    notebook: dict[str, Any],
    contents: Mapping[str, bytes] | None,
    builds: Builds,
) -> dict[int, CellOutcome]:
    """Run the code cells; return their outcomes by their places in the notebook, from 0."""
    limits = course.settings.limits
    code = {
        number: cell["source"]
        for number, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code"
        and (limits.experiments or EXPERIMENT not in cell["metadata"].get("tags", ()))
        and not is_unused(cell)
    }
    with (
        Unjailed()
        if contents is None
        else notebook_jail(
            contents={**contents, **_declarations(lesson), **builds.as_cache()},
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


def _declarations(lesson: Lesson) -> dict[str, bytes]:
    """Return the ``.pxd`` files of a lesson where cells in Cython find them in the jail."""
    return {f"{WORK}/{name}": text for name, text in headers_in(lesson.folder).items()}


def _time_remarks(submission: Submission) -> list[str]:
    try:
        handed_in_at(submission)
    except ValueError:
        return ["The file timestamp.txt cannot be read: the notebook counts as in time."]
    return []


def _receipt_remarks(submission: Submission) -> list[str]:
    """Return a remark about other notebooks among the files, which are not graded."""
    others = _other_notebooks(submission)
    listed = ", ".join(others[:_MOST_LISTED])
    more = f" and {len(others) - _MOST_LISTED} more" if len(others) > _MOST_LISTED else ""
    said = f"Other notebooks were among your files, and are not graded: {listed}{more}."
    return [said] if others else []


def _other_notebooks(submission: Submission) -> list[str]:
    receipt = read_receipt(submission)
    return [] if receipt is None else receipt.others


def _run_remarks(notebook: dict[str, Any], outcomes: Mapping[int, CellOutcome]) -> list[str]:
    """Return a remark if the notebook did not run to its end."""
    for number, outcome in outcomes.items():
        if not outcome.ran:
            (cell,) = cells_of(
                {"nbformat": 4, "cells": [notebook["cells"][number]]}, Path("release")
            )
            return [f"The notebook was run up to {_label(cell, number)}: {outcome.why}"]
    return []


def _label(cell: Cell, number: int) -> str:
    return cell.label if cell.grade_id else f"cell number {number + 1}"
