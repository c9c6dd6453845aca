"""The form grader's page of a submission: answers beside mark schemes, with labelled boxes."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Final

from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from tito.authoring.answers import answer_in
from tito.course.answers import Answer
from tito.course.lessons import Lesson, all_lessons
from tito.course.notebook import Cell, NotebookError, cells_of, read_cells
from tito.grading.course import GradingCourse
from tito.grading.pages.exporter import PageExporter
from tito.grading.pages.kept_comments import comments_for, read_comments
from tito.grading.pages.render import CODE_STYLE, FOLDER
from tito.grading.pages.safe_notebook import safe_notebook
from tito.grading.pages.sanitize import plain_text
from tito.grading.pages.summary import titles_of

_SETTINGS: Final = {
    "template_name": "classic",
    "template_file": "form_grader.html.j2",
    "extra_template_paths": [str(FOLDER), str(Path(handlers.template_path, "formgrade"))],
}


class FormGraderExporter(PageExporter):
    """An exporter that escapes the names of students, and adds mark schemes and kept comments."""

    def __init__(self, course: GradingCourse) -> None:
        super().__init__(
            config=Config(
                {"HTMLExporter": _SETTINGS, "CSSHTMLHeaderPreprocessor": {"style": CODE_STYLE}}
            )
        )
        self._course = course

    def from_notebook_node(self, nb: Any, resources: Any = None, **settings: Any) -> Any:
        """Make the page of an autograded notebook."""
        safe = {
            key: escape(plain_text(value)) if isinstance(value, str) else value
            for key, value in (resources or {}).items()
        }
        cells = cells_of(safe_notebook(nb), Path("autograded"))
        safe["review"] = self._review(cells, str(safe.get("assignment_id", "")))
        return super().from_notebook_node(nb, safe, **settings)

    def _review(self, cells: list[Cell], lesson_id: str) -> dict[str, Any]:
        kept = read_comments(self._course)
        return {
            "names": {key: escape(plain_text(name)) for key, (name, _) in titles_of(cells)},
            "schemes": mark_schemes(self._course, lesson_id),
            "comments": {
                cell.grade_id: comments_for(kept, lesson_id, cell.grade_id)
                for cell in cells
                if cell.is_solution
            },
        }


def mark_schemes(course: GradingCourse, lesson_id: str) -> dict[str, Answer]:
    """Return model answers with their mark schemes, by question, of a lesson that was prepared."""
    found = {}
    for cell in _source_cells(course, lesson_id):
        answer = answer_in(cell.source) if cell.is_graded and cell.is_solution else None
        if answer is not None:
            found[cell.grade_id] = answer
    return found


def _source_cells(course: GradingCourse, lesson_id: str) -> list[Cell]:
    lessons: list[Lesson] = [each for each in all_lessons() if each.id == lesson_id]
    try:
        return [cell for lesson in lessons for cell in read_cells(course.source(lesson))]
    except NotebookError:  # a lesson that another nbgrader has prepared, without its answers
        return []
