"""The standing of each lesson, from the progress and from the files as they are now."""

from __future__ import annotations

from dataclasses import dataclass

from recsys_edu.workspace import Workspace
from tito.course.lessons import Lesson, all_lessons
from tito.workspace.files import export_of, notebook_of
from tito.workspace.progress import LessonProgress, load_progress
from tito.workspace.steps import digest_of, digest_of_file


@dataclass(frozen=True)
class Standing:
    """Standing of one lesson: its line in ``tito status``."""

    lesson: Lesson
    question: str
    progress: LessonProgress
    notebook: str
    """ "not started", "as released" or "started"."""
    export: str
    """ "no", "yes", "changed since" if the notebook was changed after the export, or "edited" if
    the exported file is not as the export wrote it."""
    export_digest: str = ""
    """Digest of the exported file as it is now; empty if there is none."""

    @property
    def checkpoint(self) -> str:
        """ "passed", "passed, changed since", "failed", "skipped" or "not yet"."""
        done = self.progress
        if done.judged and done.passed:
            same = done.passed_digest == done.digest and self.export == "yes"
            same &= done.passed_export in ("", self.export_digest)  # empty: an earlier record
            return "passed" if same else "passed, changed since"
        if done.judged and self.export != "no":
            return "failed"
        return "skipped" if done.skipped else "not yet"

    @property
    def note(self) -> str:
        """Remark that stays for ever."""
        return "skipped once" if self.progress.skipped and self.checkpoint != "skipped" else ""


def standings(workspace: Workspace) -> list[Standing]:
    """Return the standing of every lesson, in order."""
    progress = load_progress(workspace)
    return [_standing(workspace, x, progress.of(x.id)) for x in all_lessons()]


def undone_before(workspace: Workspace, lesson: Lesson) -> list[Lesson]:
    """Return the lessons that this one builds on and that are neither passed nor skipped."""
    progress, named = load_progress(workspace), set(lesson.about().prerequisites)
    return [
        before
        for before in all_lessons()
        if before.id in named
        and not progress.of(before.id).skipped
        and not progress.of(before.id).passed
    ]


def _standing(workspace: Workspace, lesson: Lesson, progress: LessonProgress) -> Standing:
    path = notebook_of(workspace, lesson)
    notebook, digest = "not started", ""
    if path.is_file():
        digest = digest_of(path)
        notebook = "as released" if digest == digest_of(lesson.release) else "started"
    export_digest = digest_of_file(export_of(workspace, lesson))
    return Standing(
        lesson,
        lesson.about().question,
        progress,
        notebook,
        _export(progress, digest, export_digest),
        export_digest,
    )


def _export(progress: LessonProgress, digest: str, export_digest: str) -> str:
    """Return the standing of the exported file."""
    if not export_digest:
        return "no"
    if progress.export_digest not in ("", export_digest):
        return "edited"
    if progress.exported and digest != progress.digest:
        return "changed since"
    return "yes"  # where the record was lost, the notebook cannot be compared
