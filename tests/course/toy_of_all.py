"""A toy lesson with every kind of cell: Python, Cython, one that is a test, one in PyTorch."""

from __future__ import annotations

from pathlib import Path

from tests.course import toy_kernels, toy_kinds
from tito.authoring.build import build
from tito.course.lessons import Lesson

_AFTER_IMPORTS = "import numpy as np\n"
_KINDS = toy_kinds.SOURCE.split(_AFTER_IMPORTS, 1)[1].lstrip("\n")
ABOUT = toy_kernels.ABOUT.replace("compilers", 'may_import = ["torch"]\ncompilers')
SOURCE = f"{toy_kernels.SOURCE}\n{_KINDS}"
HIDDEN = f"{toy_kinds.CLAUSES}\n\n{toy_kernels.HIDDEN}"
POINTS = {"test_dot": 2.0, "test_norm": 1.0, "test_matmul": 3.0, "test_agree": 3.0}
POINTS |= {"test_scores": 2.0}


def write_toy_of_all(folder: Path) -> Lesson:
    """The lesson in a folder of its own, built."""
    mutants = toy_kernels.MUTANTS + toy_kinds.MUTANTS.replace("MUTANTS =", "MUTANTS |=", 1)
    lesson = toy_kernels.write_kernels(
        folder,
        kernels=SOURCE,
        ABOUT=ABOUT,
        hidden=HIDDEN,
        checkpoint=HIDDEN.replace("def test_", "def it_passes_"),
        mutants=mutants,
    )
    build([lesson], folder)
    return lesson
