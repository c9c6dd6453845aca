"""A workspace with exported files, and scripts that run in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from recsys_edu.exported import CELL_MARKER
from recsys_edu.workspace import ENVIRONMENT_VARIABLE, MARKER
from tito.authoring.source import solution_cells
from tito.course.lessons import find_lesson
from tito.course.notebook import EXPORT

ROOT = Path(__file__).resolve().parents[2]
MATMUL = "import numpy as np\n\ndef matmul(a, b):\n    print('mine')\n    return np.matmul(a, b)\n"
STUB = "def matmul(a, b):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"
CALL = """\
import numpy as np
from recsys_backends import ops, set_backend
set_backend("student")
print(ops.matmul(np.full((1, 2), 3, np.float32), np.ones((2, 1), np.float32)).item())
"""


def solved(lesson: str) -> str:
    """The text that a perfect learner exports of a lesson."""
    cells = solution_cells(find_lesson(lesson))
    return "\n\n\n".join(cell.source for cell in cells if EXPORT in cell.tags) + "\n"


def make_workspace(folder: Path, **files: str) -> Path:
    """A workspace whose ``my_recsys`` holds these files, each exported from one cell."""
    (folder / "my_recsys").mkdir(parents=True)
    (folder / MARKER).write_text("[workspace]\n")
    for name, source in files.items():
        export(folder, name, source)
    return folder


def export(workspace: Path, name: str, source: str) -> Path:
    """Write a file of ``my_recsys`` as tito does: a docstring, and what the one cell holds."""
    path = workspace / "my_recsys" / f"{name}.py"
    path.write_text(f'"""Title."""\n\n{CELL_MARKER}{name}_cell\n{source}', encoding="utf-8")
    return path


def run_python(
    *arguments: object, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with nothing in the environment that names a workspace."""
    clean = {key: value for key, value in os.environ.items() if key != ENVIRONMENT_VARIABLE}
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**clean, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
