"""Reduce a notebook to what a page may show, whoever wrote its parts.

Every page is made from such a notebook. Markdown, which nbgrader's templates also use for comments,
passes :func:`tito.grading.pages.sanitize.safe_markdown` when it is rendered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import nbformat

from tito.grading.pages.amounts import OutputAmounts, shortened_source
from tito.grading.pages.sanitize import literal_markdown, safe_attachments, safe_picture

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""Names that templates put into attributes: grade_ids and tags."""
_NBGRADER: Final = ("grade", "locked", "points", "schema_version", "solution", "task", "cell_type")
_METADATA: Final = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def safe_notebook(notebook: Mapping[str, Any]) -> Any:
    """Return a notebook in which only known parts are left, each of its expected form.

    Args:
        notebook: a notebook of format 4; nothing in it is trusted.

    Returns:
        A notebook as nbformat has it. Outputs are text and pictures, and cells are code or
        markdown: raw cells are shown as text. What is too much for a page is cut.
    """
    found = notebook.get("cells")
    amounts = OutputAmounts()
    cells = [
        _safe_cell(number, cell, amounts)
        for number, cell in enumerate(found if isinstance(found, list) else [])
        if isinstance(cell, Mapping)
    ]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": _METADATA, "cells": cells}
    return nbformat.from_dict(content)  # type: ignore[no-untyped-call]


def _safe_cell(number: int, cell: Mapping[str, Any], amounts: OutputAmounts) -> dict[str, Any]:
    source, kind = _text(cell.get("source")), cell.get("cell_type")
    safe: dict[str, Any] = {
        "id": f"cell-{number}",  # its own may be another's, too
        "cell_type": kind if kind in ("code", "markdown") else "markdown",
        "metadata": _safe_metadata(cell.get("metadata")),
        "source": source,
    }
    if kind == "code":
        safe["source"] = shortened_source(source)
        outputs = cell.get("outputs")
        found = (
            [_safe_output(each) for each in outputs if isinstance(each, Mapping)]
            if isinstance(outputs, list)
            else []
        )
        safe["outputs"] = amounts.fitting([output for output in found if output is not None])
        count = cell.get("execution_count")
        safe["execution_count"] = count if type(count) is int else None
    elif kind == "markdown":
        attachments = safe_attachments(cell.get("attachments"))
        if attachments:
            safe["attachments"] = attachments
    else:
        safe["source"] = literal_markdown(source)
    return safe


def _safe_metadata(metadata: Any) -> dict[str, Any]:
    if not isinstance(metadata, Mapping):
        return {}
    tags, found = metadata.get("tags"), metadata.get("nbgrader")
    safe: dict[str, Any] = {}
    if isinstance(tags, list):
        safe["tags"] = [tag for tag in tags if _is_name(tag)]
    if isinstance(found, Mapping) and _is_name(found.get("grade_id")):
        kept = {
            key: found[key] for key in _NBGRADER if isinstance(found.get(key), (bool, int, float))
        }
        if found.get("cell_type") in ("code", "markdown"):
            kept["cell_type"] = found["cell_type"]
        safe["nbgrader"] = {"grade_id": found["grade_id"], **kept}
    return safe


def _safe_output(output: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an output as text or a PNG; None for one of an unknown kind."""
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": kind, "name": name, "text": _text(output.get("text"))}
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": kind,
            "ename": _text(output.get("ename")),
            "evalue": _text(output.get("evalue")),
            "traceback": [_text(line) for line in lines] if isinstance(lines, list) else [],
        }
    data = output.get("data")
    if kind not in ("display_data", "execute_result") or not isinstance(data, Mapping):
        return None
    kept = {}
    picture = safe_picture(data.get("image/png"), "image/png")
    if picture:
        kept["image/png"] = picture
    elif "text/plain" in data:
        kept["text/plain"] = _text(data["text/plain"])
    return {"output_type": "display_data", "data": kept, "metadata": {}}


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _text(value: Any) -> str:
    """Return text of a notebook, which may be a list of lines; anything else is empty."""
    lines = value if isinstance(value, list) else [value]
    text = "".join(line for line in lines if isinstance(line, str))
    return text.encode("utf-8", "replace").decode("utf-8")
