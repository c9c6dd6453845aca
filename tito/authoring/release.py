"""Release a notebook: nbgrader's own preprocessors take the solutions out."""

from __future__ import annotations

import json
from typing import Any, Final

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from tito.authoring.colab_cell import with_colab_cell
from tito.authoring.source import AuthoringError, solution_notebook
from tito.course.lessons import Lesson

_STEPS: Final = (
    LockCells,
    ClearSolutions,
    ClearOutput,
    ComputeChecksums,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
)
"""Steps of nbgrader's GenerateAssignment, without those that need its database."""


def release_of(lesson: Lesson) -> Any:
    """Return the notebook that learners of a lesson get.

    Raises:
        AuthoringError: the source is no notebook, or a step of nbgrader refuses it.
    """
    return with_colab_cell(released(solution_notebook(lesson)))


def released(notebook: Any) -> Any:
    """Return the notebook without solutions, mark schemes and outputs, but with checksums.

    Raises:
        AuthoringError: a step of nbgrader refuses the notebook.
    """
    resources: dict[str, Any] = {}
    for step in _STEPS:
        try:
            notebook, resources = step().preprocess(notebook, resources)
        except Exception as error:  # nbgrader raises many kinds
            raise AuthoringError(
                f"the notebook cannot be released: nbgrader's {step.__name__} says {error!r}. "
                "`tito dev lint` finds most such mistakes."
            ) from error
    return notebook


def notebook_bytes(notebook: Any) -> bytes:
    """Return the bytes of a notebook's file, always the same for the same notebook."""
    content = json.loads(json.dumps(notebook))
    for cell in content["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    return (text + "\n").encode()
