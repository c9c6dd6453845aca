"""``nbgrader_config.py``, with which nbgrader's own commands work in the folder, except one."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import NbGraderException

from recsys_edu.atomic import atomic_path
from tito.grading.course import GradingCourse

NAME: Final = "nbgrader_config.py"
_MARK: Final = "# Written by `tito grade build`, and kept in step with grading.toml until edited: "
_TEXT: Final = """\
import os

c = get_config()  # noqa: F821
here = os.path.dirname(os.path.abspath(__file__))

c.CourseDirectory.root = here
c.CourseDirectory.course_id = {id!r}
c.CourseDirectory.db_url = "sqlite:///" + os.path.join(here, "gradebook.db")
{exchange}
# `tito grade autograde` runs submissions in a jail; nbgrader's own command would run them as you.
c.Autograde.exporter_class = "tito.grading.nbgrader_config.Refusing"
c.AssignLatePenalties.plugin_class = "tito.grading.marks.late.LatePolicy"
"""


class Refusing(NotebookExporter):
    """An exporter that ends nbgrader's own autograding before it has removed anything."""

    def __init__(self, **settings: Any) -> None:
        sentence = (
            "nbgrader does not grade submissions here: it would run their code with all your "
            "rights, and without the course's tests. Use `tito grade autograde`."
        )
        parent = settings.get("parent")
        if parent is not None:
            parent.log.error(sentence)
        raise NbGraderException(sentence)


def write_config(course: GradingCourse) -> str:
    """Write the file, or bring it up to date.

    Returns:
        "written" or "unchanged"; "edited" if an instructor edited it, and it was left alone.
    """
    path = course.root / NAME
    content = _content(course)
    if path.exists():
        found = path.read_text(encoding="utf-8", errors="replace")
        if found == content:
            return "unchanged"
        first, _, rest = found.partition("\n")
        if first != _MARK + _digest(rest):
            return "edited"
    with atomic_path(path) as unfinished:
        unfinished.write_text(content, encoding="utf-8")
    return "written"


def _content(course: GradingCourse) -> str:
    exchange = course.exchange
    root = "" if exchange is None else f"c.Exchange.root = {str(exchange.root)!r}\n"
    text = _TEXT.format(id=course.settings.course.id, exchange=root)
    return f"{_MARK}{_digest(text)}\n{text}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
