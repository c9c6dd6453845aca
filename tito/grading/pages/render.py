"""Render our own templates: whatever is put into them is text, and is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tito.grading.pages.sanitize import plain_text

FOLDER: Final = Path(__file__).with_name("templates")
"""Folder of the templates, for nbconvert too."""
CODE_STYLE: Final = "xcode"
"""Pygments' style of code: one whose colours can all be read on the page's ground."""


def render(template: str, **values: Any) -> str:
    """Return a template filled in; texts are sanitized and escaped, and a missing value raises."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
    )
    environment.globals |= {"points": format_points, "count": format_count}
    return environment.get_template(template).render(values)


def format_points(points: float) -> str:
    """Return points with at most two digits behind the decimal point."""
    return f"{round(points, 2):g}"


def format_count(number: int, noun: str) -> str:
    """Return a number and its noun: ``1 answer``, ``2 answers``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _finalized(value: Any) -> Any:
    """Sanitize a text; one that a template has escaped already stays as it is."""
    return plain_text(value) if type(value) is str else value
