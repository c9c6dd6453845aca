"""Saving of points and comments by several people, none of whom overwrites another's.

Each grader has a server of their own on one gradebook. A server remembers what it has shown of each
box. What differs from that in the gradebook was entered by somebody else in the meantime, and is
kept: the one who comes later is told, and sees it after loading the page again.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from nbgrader.api import MissingEntry
from nbgrader.server_extensions.formgrader.apihandlers import (
    CommentCollectionHandler,
    CommentHandler,
    GradeCollectionHandler,
    GradeHandler,
)
from nbgrader.server_extensions.formgrader.base import check_xsrf
from tornado import web

from tito.grading.course import GradingCourse
from tito.grading.sharing import Share

TELLING: Final = """
document.addEventListener("DOMContentLoaded", () => {
  $(document).ajaxError((event, answer) => {
    const told = answer.responseJSON && answer.responseJSON.error;
    if (told) { alert(told); }
  });
});
"""
"""Script for the head of a page: nbgrader's own shows nothing when saving was refused."""
_COURSE: Final = "tito_course"
_SHARE: Final = "tito_share"
_SHOWN: Final = "tito_shown"
_VALUES: Final = ("manual_score", "extra_credit", "manual_comment")
Values = tuple[object, ...]


def graders_settings(course: GradingCourse, share: Share) -> dict[str, Any]:
    """Return the settings of the server's application that the handlers need."""
    return {_COURSE: course, _SHARE: share, _SHOWN: {}}


class _List:
    """Remember the values of boxes that are sent to the browser; mixed into nbgrader's handlers."""

    settings: dict[str, Any]
    gradebook: Any

    def get(self) -> None:
        """Send the values that are in the gradebook now, whoever entered them."""
        self.gradebook.db.rollback()  # a session of its own would see what it read first
        super().get()  # type: ignore[misc]

    def write(self, chunk: Any) -> None:
        """Send values, and remember them."""
        for entry in json.loads(chunk) if isinstance(chunk, str) else ():
            self.settings[_SHOWN][entry["id"]] = _values(entry)
        super().write(chunk)  # type: ignore[misc]


class _Box:
    """Save a box unless somebody else has, or it is not this grader's to fill."""

    settings: dict[str, Any]
    gradebook: Any

    @web.authenticated
    @check_xsrf  # type: ignore[untyped-decorator]
    def put(self, number: str) -> None:
        """Save what was entered; answer with status 409 or 403 and a sentence if it was not."""
        with _alone(self.settings[_COURSE]):
            self.gradebook.db.rollback()
            try:
                entry = self._entry(number)
            except MissingEntry:
                raise web.HTTPError(404) from None
            problem, status = self.settings[_SHARE].problem(entry["student"], entry["name"]), 403
            if not problem and _values(entry) != self.settings[_SHOWN].get(number, _values(entry)):
                problem, status = _taken(entry), 409
            if problem:
                self.set_status(status)  # type: ignore[attr-defined]
                super().write({"error": f"Not saved: {problem}"})  # type: ignore[misc]
                return
            super().put(number)  # type: ignore[misc]
            self.settings[_SHOWN][number] = _values(self._entry(number))

    def _entry(self, number: str) -> dict[str, Any]:
        raise NotImplementedError


class GradeList(_List, GradeCollectionHandler):  # type: ignore[misc]  # nbgrader has no types
    """Points of a submission."""


class CommentList(_List, CommentCollectionHandler):  # type: ignore[misc]
    """Comments on a submission."""


class GradeBox(_Box, GradeHandler):  # type: ignore[misc]
    """Points of one answer."""

    def _entry(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.gradebook.find_grade_by_id(number).to_dict()
        return found


class CommentBox(_Box, CommentHandler):  # type: ignore[misc]
    """Comment on one answer."""

    def _entry(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.gradebook.find_comment_by_id(number).to_dict()
        return found


HANDLERS: Final = (
    (r"/formgrader/api/grades", GradeList),
    (r"/formgrader/api/grade/([^/]+)", GradeBox),
    (r"/formgrader/api/comments", CommentList),
    (r"/formgrader/api/comment/([^/]+)", CommentBox),
)
"""Handlers that stand before nbgrader's own."""


@contextmanager
def _alone(course: GradingCourse) -> Iterator[None]:
    """Run a block in one server at a time, so that nothing is saved between look and save."""
    course.state.mkdir(exist_ok=True)
    with (course.state / "graders.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _values(entry: dict[str, Any]) -> Values:
    return tuple(entry.get(name) for name in _VALUES)


def _taken(entry: dict[str, Any]) -> str:
    """Return a sentence about an answer that somebody else has marked in the meantime."""
    return (
        f"somebody else has changed {entry['name']} of this submission since this page was loaded. "
        "Load the page again to see it; what you typed is in the box until then."
    )
