"""A lesson of functions that call each other, and wrong answers for it."""

from __future__ import annotations

from pathlib import Path

from tests.course.toy import EXPORT, header, write_toy
from tito.authoring.build import build
from tito.course.lessons import Lesson

SOURCE = f"""\
# %% [markdown]
# # Toy

{header("toy_imports", tags=EXPORT)}
import numpy as np

# %% [markdown]
# ## 1. Twice

{header("double", tags=EXPORT, solution=True)}
def double(x):
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION

{header("test_double", points=4)}
assert double(np.ones(1))[0] == 2, "double(1) should be 2."

# %% [markdown]
# ## 2. Four times

{header("quadruple", tags=EXPORT, solution=True)}
def quadruple(x):
    ### BEGIN SOLUTION
    return double(double(x))
    ### END SOLUTION

{header("test_quadruple", points=3)}
assert quadruple(np.ones(1))[0] == 4, "quadruple(1) should be 4."

# %% [markdown]
# ## 3. Eight times

{header("octuple", tags=EXPORT, solution=True)}
def octuple(x):
    ### BEGIN SOLUTION
    return double(quadruple(x))
    ### END SOLUTION

{header("test_octuple", points=2)}
assert octuple(np.ones(1))[0] == 8, "octuple(1) should be 8."

# %% [markdown]
# ## 4. Half

{header("halve", tags=EXPORT, solution=True)}
def halve(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION

{header("test_halve", points=1)}
assert halve(np.ones(1))[0] == 0.5, "halve(1) should be 0.5."

# %% [markdown]
# Why?

{header("why", kind=" [markdown]", points=1, solution=True)}
# Because.

# %% [markdown]
# Why not?

{header("why_not", kind=" [markdown]", points=1, solution=True)}
# Because of that.

# %% [markdown]
# What next.
"""
HIDDEN = '''\
from recsys_backends.contract.clause import require_close


def test_double(remote, rng):
    """Twice of any array."""
    x = rng.normal(size=4)
    require_close(remote.double(x), 2 * x, 1e-12, "double")


def test_quadruple(remote, rng):
    """Four times any array."""
    x = rng.normal(size=4)
    require_close(remote.quadruple(x), 4 * x, 1e-12, "quadruple")


def test_octuple(remote, rng):
    """Eight times any array."""
    x = rng.normal(size=4)
    require_close(remote.octuple(x), 8 * x, 1e-12, "octuple")


def test_halve(remote, rng):
    """Half of any array."""
    x = rng.normal(size=4)
    require_close(remote.halve(x), x / 2, 1e-12, "halve")
'''
WRONG = "def double(x):\n    return 3 * x\n"


def write_chain(folder: Path) -> Lesson:
    """The lesson, built."""
    lesson = write_toy(folder, toy=SOURCE, hidden=HIDDEN, mutants="MUTANTS = {}\n")
    build([lesson], folder)
    return lesson
