"""Publish lessons and feedback: from the instructor's folder to the students."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import stat
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from tito.course.exchange import SECRET, Exchange
from tito.course.lessons import Lesson
from tito.grading.collecting.submitted import Receipt, read_receipt
from tito.grading.collecting.swap import swap
from tito.grading.course import GradingCourse, GradingError, Submission
from tito.jail.plain_files import SubmissionError, read_below

_FOLDERS: Final = {"folder": 0o755, "outbound": 0o755, "inbound": 0o2733, "feedback": 0o711}
"""Modes of the exchange's folders, as nbgrader sets them."""


@dataclass(frozen=True)
class PublishedFeedback:
    """One student's feedback, published or not."""

    student: str
    page: Path | None
    why: str = ""
    """Reason why there is no page."""


def release_to_exchange(course: GradingCourse, lesson: Lesson, *, replace: bool = False) -> bool:
    """Put a lesson into the exchange, where ``nbgrader fetch_assignment`` finds it.

    The dates of ``[answers]`` in the settings are published with it.

    Returns:
        True if it is different from before.

    Raises:
        GradingError: the lesson was not built; there is no exchange, or it is somebody else's; the
            lesson is out already and different, and ``replace`` is False.
    """
    content = _built(course, lesson)
    exchange = _exchange(course)
    _make_folders(exchange)
    _publish_answer_dates(course, exchange)
    place = exchange.outbound / lesson.id
    if os.path.lexists(place):
        names = [path.name for path in place.iterdir()]
        if names == [lesson.notebook] and (place / lesson.notebook).read_bytes() == content:
            return False
        if not replace:
            raise GradingError(
                f"{place} is out already and different: --replace puts the new one there. Those "
                "who have fetched it keep the old one."
            )
    for left in exchange.outbound.glob(f".{lesson.id}.*"):  # by a run that was killed
        shutil.rmtree(left)
    staged = exchange.outbound / f".{lesson.id}.{secrets.token_hex(6)}"
    try:
        staged.mkdir()
        (staged / lesson.notebook).write_bytes(content)
        (staged / lesson.notebook).chmod(0o644)
        staged.chmod(0o755)
        if os.path.lexists(place):
            swap(staged, place)
        else:
            staged.rename(place)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return True


def _publish_answer_dates(course: GradingCourse, exchange: Exchange) -> None:
    """Write the date from which each lesson's model answers are shown, for all to read."""
    dates = {lesson: date.isoformat() for lesson, date in sorted(course.settings.answers.items())}
    with atomic_path(exchange.answers) as unfinished:
        unfinished.write_text(json.dumps({"answers": dates}, indent=1) + "\n", encoding="utf-8")
        unfinished.chmod(0o644)


def release_to_folder(course: GradingCourse, lesson: Lesson, folder: Path) -> Path:
    """Write a lesson's notebook into a folder for uploading; return its path."""
    content = _built(course, lesson)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / lesson.notebook
    with atomic_path(target) as unfinished:
        unfinished.write_bytes(content)
    return target


def publish_feedback(
    course: GradingCourse, lesson: Lesson, students: Iterable[str]
) -> list[PublishedFeedback]:
    """Copy finished feedback into the exchange, where ``tito feedback`` and nbgrader look for it.

    Args:
        course: the instructor's folder, with the pages in ``feedback/``.
        lesson: the lesson.
        students: ids of those who get their page.

    Returns:
        One entry per student, in their order. Students who handed in by another way have no page.

    Raises:
        GradingError: there is no exchange, or it is somebody else's.
    """
    exchange = _exchange(course)
    _make_folders(exchange)
    return [_publish(course.submission(lesson, student), exchange) for student in students]


def feedback_zip(course: GradingCourse, lesson: Lesson) -> Path:
    """Write a ZIP of the feedback on notebooks from an LMS, with names as in the LMS's export.

    Moodle takes it under "Upload multiple feedback files in a zip", Canvas under "Upload
    submissions".

    Raises:
        GradingError: there is no feedback on a notebook from an LMS.
    """
    entries = {}
    for student in course.students(lesson):
        submission = course.submission(lesson, student)
        receipt = read_receipt(submission)
        name = _name_for_lms(receipt, lesson) if receipt is not None else ""
        if name and submission.feedback.is_file():
            _check_name(name, student)
            entries[name] = submission.feedback
    if not entries:
        raise GradingError(
            f"there is no feedback on {lesson.id} for a notebook that came from Moodle or Canvas."
        )
    target = course.root / f"feedback-{lesson.id}.zip"
    with (
        atomic_path(target) as unfinished,
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, page in entries.items():
            archive.write(page, name)
    return target


def _built(course: GradingCourse, lesson: Lesson) -> bytes:
    try:
        return course.release(lesson).read_bytes()
    except FileNotFoundError:
        raise GradingError(
            f"{lesson.id} is not prepared: run `tito grade build {lesson.number}` first."
        ) from None


def _exchange(course: GradingCourse) -> Exchange:
    exchange = course.exchange
    if exchange is None:
        raise GradingError(
            "grading.toml names no exchange: set [course] exchange, or name a folder by --to."
        )
    return exchange


def _make_folders(exchange: Exchange) -> None:
    """Make the exchange's folders, with the modes that nbgrader needs."""
    if not exchange.root.is_dir():
        exchange.root.mkdir(parents=True)
        exchange.root.chmod(0o777)
    elif not os.access(exchange.root, os.W_OK | os.X_OK):
        raise GradingError(f"you may not write to the exchange {exchange.root}.")
    for name, mode in _FOLDERS.items():
        folder: Path = getattr(exchange, name)
        folder.mkdir(exist_ok=True)
        status = folder.stat()
        if status.st_uid != os.getuid():
            raise GradingError(f"{folder} belongs to somebody else: choose another [course] id.")
        if stat.S_IMODE(status.st_mode) != mode:
            folder.chmod(mode)


def _publish(submission: Submission, exchange: Exchange) -> PublishedFeedback:
    student = submission.student
    if not submission.feedback.is_file():
        return PublishedFeedback(student, None, "there is no feedback yet.")
    secret = _secret(submission)
    if not secret:
        return PublishedFeedback(student, None, "it was not handed in through the exchange.")
    page = exchange.page(secret, submission.lesson.id)
    with atomic_path(page) as unfinished:
        shutil.copyfile(submission.feedback, unfinished)
    page.chmod(0o644)
    return PublishedFeedback(student, page)


def _secret(submission: Submission) -> str:
    """Return the secret of the graded submission; nbgrader copies it from folder to folder."""
    for path in (submission.feedback, submission.autograded, submission.submitted):
        try:
            return read_below(path.parent, SECRET, 1000).decode()
        except FileNotFoundError:
            continue
        except (SubmissionError, UnicodeDecodeError):
            return ""
    return ""


def _check_name(name: str, student: str) -> None:
    """Raise GradingError for a name that would lead out of the folder where a ZIP is unpacked."""
    parts = name.split("/")
    plain = name.isprintable() and not {"\\", ":"}.intersection(name)
    if not plain or len(parts) > 2 or any(part in ("", ".", "..") for part in parts):
        raise GradingError(
            f"the name of {student} in the LMS cannot be that of a file: {name!a}. Give that "
            "page by hand, and leave the student out."
        )


def _name_for_lms(receipt: Receipt, lesson: Lesson) -> str:
    lms = receipt.lms
    if lms.get("kind") == "moodle":
        start = f"{receipt.name}_{lms['participant']}_assignsubmission_file_"
        return f"{start}/{lesson.id}.html" if "folder" in lms else f"{start}{lesson.id}.html"
    if lms.get("kind") == "canvas":
        late = "_LATE" if "late" in lms else ""
        return f"{receipt.name}{late}_{lms['user']}_{lms['submission']}_{lesson.id}.html"
    return ""
