"""From the instructor's folder to the students: lessons, and feedback on what they handed in."""

from __future__ import annotations

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
from tito.grading.course import GradingCourse, GradingError
from tito.jail.plain_files import SubmissionError, read_below

_FOLDERS: Final = {"folder": 0o755, "outbound": 0o755, "inbound": 0o2733, "feedback": 0o711}
"""Modes as nbgrader sets them."""


@dataclass(frozen=True)
class Published:
    """What became of one student's feedback."""

    student: str
    page: Path | None
    why: str = ""
    """Why there is no page."""


def release_to_exchange(course: GradingCourse, lesson: Lesson, *, replace: bool = False) -> bool:
    """Put a lesson into the exchange, from where ``nbgrader fetch_assignment`` gets it.

    Returns:
        Whether it is different from before.

    Raises:
        GradingError: it was not built; there is no exchange, or it is somebody else's; it is out
            already and different, and ``replace`` was not said.
    """
    content = _built(course, lesson)
    exchange = _exchange(course)
    _make_folders(exchange)
    place = exchange.outbound / lesson.id
    if os.path.lexists(place):
        names = [path.name for path in place.iterdir()]
        if names == [lesson.notebook] and (place / lesson.notebook).read_bytes() == content:
            return False
        if not replace:
            raise GradingError(
                f"{place} is out already and different; whoever has fetched it keeps what they "
                "have. --replace puts the new one there."
            )
    for left in exchange.outbound.glob(f".{lesson.id}.*"):  # by one that was killed
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


def release_to_folder(course: GradingCourse, lesson: Lesson, folder: Path) -> Path:
    """Write a lesson's notebook into a folder, to be uploaded from there."""
    content = _built(course, lesson)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / lesson.notebook
    with atomic_path(target) as unfinished:
        unfinished.write_bytes(content)
    return target


def publish_feedback(
    course: GradingCourse, lesson: Lesson, students: Iterable[str]
) -> list[Published]:
    """Copy finished feedback into the exchange, where ``tito feedback`` and nbgrader's look.

    Args:
        course: whose ``feedback/`` has the pages.
        lesson: of which.
        students: whose.

    Returns:
        One entry a student, in their order; who handed in by another way has no page.

    Raises:
        GradingError: there is no exchange, or it is somebody else's.
    """
    exchange = _exchange(course)
    _make_folders(exchange)
    return [_publish(course, exchange, lesson, student) for student in students]


def feedback_zip(course: GradingCourse, lesson: Lesson) -> Path:
    """A ZIP of the feedback on what came from an LMS, named as its own export was.

    Moodle takes it under "Upload multiple feedback files in a zip", Canvas under "Upload
    submissions".

    Raises:
        GradingError: there is no feedback on anything that came from an LMS.
    """
    entries = {}
    for student in course.students(lesson):
        receipt, page = read_receipt(course, lesson, student), course.feedback(lesson, student)
        name = _name_for_lms(receipt, lesson) if receipt is not None else ""
        if name and page.is_file():
            entries[name] = page
    if not entries:
        raise GradingError(
            f"there is no feedback on {lesson.id} for anybody whose notebook came from Moodle or "
            "Canvas."
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
    """The folders with the modes that nbgrader wants them to have."""
    if not exchange.root.is_dir():
        exchange.root.mkdir(parents=True)
        exchange.root.chmod(0o777)
    elif not os.access(exchange.root, os.W_OK | os.X_OK):
        raise GradingError(f"{exchange.root} is an exchange that you may not write to.")
    for name, mode in _FOLDERS.items():
        folder: Path = getattr(exchange, name)
        folder.mkdir(exist_ok=True)
        status = folder.stat()
        if status.st_uid != os.getuid():
            raise GradingError(f"{folder} belongs to somebody else: choose another [course] id.")
        if stat.S_IMODE(status.st_mode) != mode:
            folder.chmod(mode)


def _publish(course: GradingCourse, exchange: Exchange, lesson: Lesson, student: str) -> Published:
    source = course.feedback(lesson, student)
    if not source.is_file():
        return Published(student, None, "there is no feedback yet")
    secret = _secret(course, lesson, student)
    if not secret:
        return Published(student, None, "it was not handed in through the exchange")
    page = exchange.page(secret, lesson.id)
    with atomic_path(page) as unfinished:
        shutil.copyfile(source, unfinished)
    page.chmod(0o644)
    return Published(student, page)


def _secret(course: GradingCourse, lesson: Lesson, student: str) -> str:
    """That of the submission which was graded; nbgrader takes it along from folder to folder."""
    for path in (course.feedback, course.autograded, course.submitted):
        try:
            return read_below(path(lesson, student).parent, SECRET, 1000).decode()
        except FileNotFoundError:
            continue
        except (SubmissionError, UnicodeDecodeError):
            return ""
    return ""


def _name_for_lms(receipt: Receipt, lesson: Lesson) -> str:
    lms = receipt.lms
    if lms.get("kind") == "moodle":
        start = f"{receipt.name}_{lms['participant']}_assignsubmission_file_"
        return f"{start}/{lesson.id}.html" if "folder" in lms else f"{start}{lesson.id}.html"
    if lms.get("kind") == "canvas":
        late = "_LATE" if "late" in lms else ""
        return f"{receipt.name}{late}_{lms['user']}_{lms['submission']}_{lesson.id}.html"
    return ""
