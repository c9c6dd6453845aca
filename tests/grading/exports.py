"""Exports as an LMS makes them, and what collecting them said."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tito.course.lessons import Lesson
from tito.grading.collecting.collect import Collected
from tito.grading.course import GradingCourse


def zipped(folder: Path, files: dict[str | zipfile.ZipInfo, bytes], name: str = "e.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in files.items():
            if isinstance(entry, str):
                entry = zipfile.ZipInfo(entry, (2026, 2, 3, 4, 5, 6))
                entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


def statuses(found: list[Collected]) -> dict[str, str]:
    return {entry.student: entry.status for entry in found}


def why(found: list[Collected]) -> str:
    (entry,) = found
    assert entry.status == "refused", entry
    return entry.why


def content_of(course: GradingCourse, lesson: Lesson, student: str) -> bytes:
    return course.submission(lesson, student).submitted.read_bytes()
