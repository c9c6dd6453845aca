"""What learners get of a notebook: nbgrader's own preprocessors take the solutions out."""

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
"""As in nbgrader's GenerateAssignment, without what needs its database."""


def released(notebook: Any) -> Any:
    """The notebook without solutions, mark schemes and outputs, with nbgrader's checksums."""
    resources: dict[str, Any] = {}
    for step in _STEPS:
        notebook, resources = step().preprocess(notebook, resources)
    return notebook


def notebook_bytes(notebook: Any) -> bytes:
    """A notebook as a file, always in the same bytes."""
    content = json.loads(json.dumps(notebook))
    for cell in content["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    return (text + "\n").encode()
