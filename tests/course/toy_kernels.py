"""A lesson for tests with two cells in Cython, one of them an op, and one in Python beside them."""

from __future__ import annotations

from pathlib import Path

from tests.course.toy import EXPORT, OP, header
from tito.course.lessons import Lesson, lessons_in

CYTHON = ' language="cython"'
ABOUT = """\
+++
title = "Kernels"
question = "Can my code multiply?"
hours = 0.1
prerequisites = []
objectives = ["write a kernel"]
compilers = true
+++
A lesson for tests.
"""
SOURCE = f"""\
# %% [markdown]
# # Kernels

# %%
# %load_ext recsys_edu.cython_magic

{header("kernels_imports", tags=EXPORT)}
import numpy as np

{header("dot", tags=CYTHON + EXPORT, solution=True)}
# # cython: boundscheck=False, wraparound=False
# from libc.math cimport sqrt
#
#
# def dot(const double[::1] x, const double[::1] y):
#     \"\"\"x · y.\"\"\"
#     ### BEGIN SOLUTION
#     cdef double total = 0
#     cdef Py_ssize_t i
#     if x.shape[0] != y.shape[0]:
#         raise ValueError("x and y differ in length")
#     for i in range(x.shape[0]):
#         total += x[i] * y[i]
#     return total
#     ### END SOLUTION

{header("test_dot", points=2)}
assert dot(np.ones(3), np.ones(3)) == 3, "dot of ones should count them."

{header("norm", tags=EXPORT, solution=True)}
def norm(x):
    \"\"\"‖x‖.\"\"\"
    ### BEGIN SOLUTION
    return np.sqrt((x * x).sum())
    ### END SOLUTION

{header("test_norm", points=1)}
assert norm(np.ones(4)) == 2, "the norm of four ones is 2."

{header("matmul", tags=CYTHON + OP, solution=True)}
# import numpy as np
#
#
# def matmul(const float[:, ::1] a, const float[:, ::1] b):
#     \"\"\"a · b.\"\"\"
#     ### BEGIN SOLUTION
#     out = np.zeros((a.shape[0], b.shape[1]), np.float32)
#     cdef float[:, ::1] c = out
#     cdef double total
#     cdef Py_ssize_t i, j, k
#     for i in range(a.shape[0]):
#         for j in range(b.shape[1]):
#             total = 0
#             for k in range(a.shape[1]):
#                 total += <double> a[i, k] * b[k, j]
#             c[i, j] = <float> total
#     return out
#     ### END SOLUTION

{header("test_matmul", points=3)}
two = np.full((1, 1), 2, np.float32)
assert matmul(two, two)[0, 0] == 4, "2 · 2 is 4."
"""
HIDDEN = """\
import numpy as np

from recsys_backends.contract.clause import require


def test_dot(remote, rng):
    \"\"\"The dot product of any two vectors.\"\"\"
    x, y = rng.normal(size=(2, 5))
    require(abs(remote.dot(x, y) - x @ y) < 1e-9, "dot(x, y) is not x · y.")


def test_norm(remote, rng):
    \"\"\"The length of any vector.\"\"\"
    x = rng.normal(size=5)
    require(abs(remote.norm(x) - np.sqrt(x @ x)) < 1e-9, "norm(x) is not the length of x.")


def test_matmul(remote, rng):
    \"\"\"The product of any two matrices.\"\"\"
    a, b = rng.normal(size=(2, 3, 3)).astype(np.float32)
    answer = remote.matmul(a, b)
    require(answer.shape == (3, 3), "matmul(a, b) has another shape than a · b.")
    require(abs(answer - a @ b).max() < 1e-5, "matmul(a, b) is not a · b.")
"""
CHECKPOINT = HIDDEN.replace("test_dot", "it_adds_products").replace("test_norm", "it_measures")
CHECKPOINT = CHECKPOINT.replace("test_matmul", "it_multiplies")
MUTANTS = """\
MUTANTS = {
    "test_dot": {
        "adds": ("x[i] * y[i]", "x[i] + y[i]"),
        "squares": ("x[i] * y[i]", "x[i] * x[i]"),
        "leaves out the first": (
            "    for i in range(x.shape[0]):", "    for i in range(1, x.shape[0]):"
        ),
    },
    "test_norm": {
        "no root": ("np.sqrt((x * x).sum())", "(x * x).sum()"),
        "mean": ("(x * x).sum()", "(x * x).mean()"),
        "adds": ("np.sqrt((x * x).sum())", "abs(x).sum()"),
    },
    "test_matmul": {
        "transposed": ("b[k, j]", "b[j, k]"),
        "starts at one": ("            total = 0\\n", "            total = 1\\n"),
        "adds": ("a[i, k] * b[k, j]", "a[i, k] + b[k, j]"),
    },
}
"""


def write_kernels(folder: Path, **replaced: str) -> Lesson:
    """The lesson in a folder of its own; ``replaced`` are other contents, by file's stem."""
    lesson = folder / "modules" / "42_kernels"
    lesson.mkdir(parents=True)
    files = {
        "42_kernels.py": SOURCE,
        "ABOUT.md": ABOUT,
        "hidden.py": HIDDEN,
        "checkpoint.py": CHECKPOINT,
        "mutants.py": MUTANTS,
    }
    for name, text in files.items():
        stem = name.partition(".")[0].removeprefix("42_")
        (lesson / name).write_text(replaced.get(stem, text), encoding="utf-8")
    (found,) = lessons_in(folder / "modules", folder / "notebooks" / "release")
    return found
