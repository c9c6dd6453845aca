"""Receipts are ours: nothing that a student hands in is read as one."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.grading.conftest import Notebook
from tests.grading.exports import zipped
from tito.course.lessons import Lesson
from tito.grading.collecting.collect import collect
from tito.grading.collecting.publish import feedback_zip
from tito.grading.collecting.submitted import Receipt, read_receipt, receipt_path
from tito.grading.course import GradingCourse, GradingError, Submission

FORGED = Receipt(
    "x", "x.zip", "", "", "", "", "../../../ben", {"kind": "moodle", "participant": "2"}
)


def by_nbgrader(course: GradingCourse, lesson: Lesson, content: bytes) -> Submission:
    """A hand-in as nbgrader's own collecting copies it, with a forged receipt in it."""
    submission = course.submission(lesson, "eve")
    folder = submission.submitted.parent
    folder.mkdir(parents=True)
    submission.submitted.write_bytes(content)
    (folder / "timestamp.txt").write_text("2026-02-01 10:00:00.000000 UTC")
    (folder / "received.json").write_text(json.dumps(asdict(FORGED)))
    return submission


def taken(course: GradingCourse, lesson: Lesson, folder: Path, content: bytes) -> Submission:
    """A hand-in from Moodle, collected."""
    path = zipped(folder, {"Ada_7_assignsubmission_file_/x.ipynb": content})
    (found,) = collect(course, lesson, [path])
    assert found.status == "taken"
    return course.submission(lesson, "Ada")


def test_a_receipt_among_the_files_is_not_read(
    course: GradingCourse, toy: Lesson, notebook: Notebook
) -> None:
    submission = by_nbgrader(course, toy, notebook())
    assert read_receipt(submission) is None
    submission.feedback.parent.mkdir(parents=True)
    submission.feedback.write_text("page")
    with pytest.raises(GradingError, match="came from Moodle or Canvas"):
        feedback_zip(course, toy)


def test_receipts_lie_outside_of_what_is_handed_in(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    submission = taken(course, toy, tmp_path, notebook())
    receipt = read_receipt(submission)
    assert receipt is not None
    assert receipt.lms["participant"] == "7"
    names = {path.name for path in submission.submitted.parent.iterdir()}
    assert names == {toy.notebook, "timestamp.txt"}
    assert not receipt_path(submission, receipt.sha256).is_relative_to(course.root / "submitted")


def test_a_receipt_of_another_notebook_is_not_of_this_one(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    submission = taken(course, toy, tmp_path, notebook())
    submission.submitted.write_bytes(notebook("collected by nbgrader since"))
    assert read_receipt(submission) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 7},
        {"lms": {"kind": "moodle", "participant": ["7"]}},
        {"lms": {"kind": "somewhere"}},
        {"sha256": "of another"},
        {"others": 3},
        {"unknown": "field"},
    ],
    ids=str,
)
def test_receipts_are_checked_on_reading(
    changes: dict[str, Any],
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
) -> None:
    submission = taken(course, toy, tmp_path, notebook())
    receipt = read_receipt(submission)
    assert receipt is not None
    path = receipt_path(submission, receipt.sha256)
    path.write_text(json.dumps({**asdict(receipt), **changes}))
    with pytest.raises(GradingError, match="collect that submission again"):
        read_receipt(submission)


@pytest.mark.parametrize(
    "name", ["../../../ben", "/etc/x", "a\\b", "C:x", "a/b", "a\nb"], ids=ascii
)
def test_no_name_leads_out_of_the_zip_of_feedback(
    name: str, course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    submission = taken(course, toy, tmp_path, notebook())
    submission.feedback.parent.mkdir(parents=True)
    submission.feedback.write_text("page")
    receipt = read_receipt(submission)
    assert receipt is not None
    path = receipt_path(submission, receipt.sha256)
    path.write_text(json.dumps(asdict(replace(receipt, name=name))))
    with pytest.raises(GradingError, match="cannot be that of a file"):
        feedback_zip(course, toy)
