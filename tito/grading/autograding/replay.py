"""Enter an outcome into nbgrader's gradebook, by nbgrader's own preprocessors.

Only one process writes. Entering an outcome again changes nothing, so that the next run mends one
that was killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from traitlets.config import Config

from recsys_edu.atomic import atomic_path
from tito.grading.autograding.outcome import Outcome
from tito.grading.autograding.shown import ADDED, USED
from tito.grading.course import Submission
from tito.grading.gradebook import gradebook_url, open_gradebook, translated_errors
from tito.grading.timestamps import BESIDE, handed_in_at, read_beside
from tito.jail.plain_files import SubmissionError, read_below

_LOG = logging.getLogger("tito.nbgrader")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


def replay(submission: Submission, outcome: Outcome, key: str) -> None:
    """Enter an outcome into the gradebook, and put its notebook where graders look for it.

    A submission that cannot be graded is not entered: earlier marks stay.

    Args:
        submission: the submission.
        outcome: its outcome.
        key: the digest under which the outcome was kept.
    """
    entry = _entry(submission, outcome, key)
    if outcome.notebook is not None:
        notebook = nbformat.from_dict(outcome.notebook)  # type: ignore[no-untyped-call]
        before = _entered(submission).get("answers", {})
        same = {name for name, digest in entry["answers"].items() if before.get(name) == digest}
        _write(submission, outcome)
        with translated_errors(submission.course):
            _enter_submission(submission)
            with _kept_manual_marks(submission, same, outcome.to_look_at):
                _enter_marks(submission, notebook)
    marker = _marker(submission)
    marker.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(marker) as unfinished:
        unfinished.write_text(json.dumps(entry), encoding="ascii")


def is_replayed(submission: Submission, outcome: Outcome, key: str) -> bool:
    """Return True if this very outcome is in the gradebook, and its notebook in its place."""
    if _entered(submission) != _entry(submission, outcome, key):
        return False
    if outcome.notebook is None:
        return True
    try:
        content = submission.autograded.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return content == _text(outcome)


def is_other_than_entered(submission: Submission) -> bool:
    """Return True if the notebook that was handed in is not the one whose marks are entered.

    Without a record, as after nbgrader's own grading, nothing can be said, and it is False.
    """
    entered = _entered(submission).get("notebook")
    return bool(entered) and entered != _digest_of_notebook(submission)


def _digest_of_notebook(submission: Submission) -> str:
    """Return the digest of the notebook that was handed in; empty if it cannot be read."""
    path = submission.submitted
    try:
        return hashlib.sha256(read_below(path.parent, path.name)).hexdigest()
    except (OSError, SubmissionError):
        return ""


def _entry(submission: Submission, outcome: Outcome, key: str) -> dict[str, Any]:
    """Return the record of an entered outcome: another outcome or time has another record."""
    beside = hashlib.sha256()
    for name in BESIDE:
        with contextlib.suppress(ValueError):
            beside.update(read_beside(submission, name) or b"")
    answers = _answers(outcome)
    if outcome.notebook is None:  # earlier marks stay
        notebook = _entered(submission).get("notebook", "")
    else:
        notebook = _digest_of_notebook(submission)
    return {"key": key, "beside": beside.hexdigest(), "answers": answers, "notebook": notebook}


def _answers(outcome: Outcome) -> dict[str, str]:
    """Return a digest of what each graded cell gets its points for.

    For a test these are the functions above it, and added cells from which something was taken;
    where a person has to look, all that was added.
    """
    found: dict[str, str] = {}
    functions: list[str] = []
    is_open = False
    cells = (outcome.notebook or {}).get("cells", ())
    added = [cell for cell in cells if ADDED in cell["metadata"].get("tags", ())]
    texts = [cell["source"] for cell in added]
    used = [cell["source"] for cell in added if USED in cell["metadata"]["tags"]]
    for cell in cells:
        nbgrader = cell["metadata"].get("nbgrader", {})
        name = nbgrader.get("grade_id", "")
        is_unclear = name in outcome.to_look_at
        if nbgrader.get("solution"):
            found[name] = _digest([cell["source"], *(texts if is_unclear else ())])
        if nbgrader.get("solution") and cell["cell_type"] == "code":
            functions = [*functions, cell["source"]] if is_open else [cell["source"]]
            is_open = True
        elif nbgrader.get("grade") and name not in found:
            found[name] = _digest([*functions, *(texts if is_unclear else used)])
            is_open = False
    return found


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def _entered(submission: Submission) -> dict[str, Any]:
    """Return the record of the outcome that was entered last; empty if there is none."""
    try:
        record = json.loads(_marker(submission).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


@contextlib.contextmanager
def _kept_manual_marks(
    submission: Submission, same: set[str], to_look_at: Collection[str]
) -> Iterator[None]:
    """Run a block that enters marks, and keep those that a person gave.

    nbgrader asks for all of them again, whatever has changed. After the block, it asks only for
    those of changed answers, of cells whose points by tests changed, and of cells at which nobody
    has looked yet though a person has to.

    Args:
        submission: the submission.
        same: names of graded cells whose answers are as they were.
        to_look_at: names of graded cells at which a person has to look.
    """
    lesson = submission.lesson
    names = (lesson.id, lesson.id, submission.student)
    with open_gradebook(submission.course) as gradebook:
        grades = gradebook.find_submission_notebook(*names).grades
        before = {
            grade.name: grade.auto_score
            for grade in grades
            if grade.manual_score is not None and not grade.needs_manual_grade
        }
    yield
    with open_gradebook(submission.course) as gradebook:
        for grade in gradebook.find_submission_notebook(*names).grades:
            tested = grade.auto_score is None or grade.auto_score == before.get(grade.name)
            if grade.name in before and grade.name in same and tested:
                grade.needs_manual_grade = False
            elif grade.name in to_look_at:
                grade.needs_manual_grade = True
        gradebook.db.commit()


def _marker(submission: Submission) -> Path:
    return submission.course.state / "entered" / submission.lesson.id / submission.student


def _write(submission: Submission, outcome: Outcome) -> None:
    target = submission.autograded
    target.parent.mkdir(parents=True, exist_ok=True)
    for name in BESIDE:
        with contextlib.suppress(ValueError):  # a remark says already that it cannot be read
            content = read_beside(submission, name)
            if content is not None:
                with atomic_path(target.parent / name) as unfinished:
                    unfinished.write_bytes(content)
    with atomic_path(target) as unfinished:
        unfinished.write_text(_text(outcome), encoding="utf-8")


def _text(outcome: Outcome) -> str:
    return json.dumps(outcome.notebook, indent=1)


def _enter_submission(submission: Submission) -> None:
    time = None
    with contextlib.suppress(ValueError):
        time = handed_in_at(submission)
    naive = time.replace(tzinfo=None) if time else None  # as nbgrader keeps UTC
    student = submission.student
    with open_gradebook(submission.course) as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(submission.lesson.id, student, timestamp=naive)


def _enter_marks(submission: Submission, notebook: Any) -> None:
    resources = {
        "nbgrader": {
            "notebook": submission.lesson.id,
            "assignment": submission.lesson.id,
            "student": submission.student,
            "db_url": gradebook_url(submission.course.gradebook),
        }
    }
    settings = Config()
    settings.AssignLatePenalties.plugin_class = "tito.grading.marks.late.LatePolicy"
    for step in (SaveAutoGrades, AssignLatePenalties):
        step(log=_LOG, config=settings).preprocess(notebook, resources)
