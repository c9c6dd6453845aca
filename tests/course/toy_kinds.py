"""A toy lesson with cells of other kinds: one answer is a test, and one uses PyTorch."""

from __future__ import annotations

from pathlib import Path

from tests.course.toy import ABOUT, EXPORT, header, write_toy
from tito.authoring.build import build
from tito.course.lessons import Lesson

SOURCE = f"""\
# %% [markdown]
# # Toy of kinds

{header("toy_imports", tags=EXPORT)}
import numpy as np

{header("agree", tags=EXPORT, solution=True)}
def agree(total, x):
    \"\"\"Raise an error unless total(x) is the sum of x, and x stays as it was.\"\"\"
    ### BEGIN SOLUTION
    before = x.copy()
    assert abs(total(x) - sum(before.tolist())) < 1e-9, "it is not the sum"
    assert np.array_equal(x, before), "it changes its argument"
    ### END SOLUTION

{header("test_agree", points=3)}
agree(np.sum, np.ones(3))
try:
    agree(np.mean, np.ones(3))
except AssertionError:
    caught = True
else:
    caught = False
assert caught, "agree does not notice a mean."

{header("scores", tags=EXPORT, solution=True)}
def scores(p, q):
    \"\"\"The products of the rows of p and q, by PyTorch.\"\"\"
    ### BEGIN SOLUTION
    import torch

    return torch.as_tensor(p) @ torch.as_tensor(q).T
    ### END SOLUTION

{header("test_scores", points=2)}
assert scores(np.ones((1, 2)), np.ones((3, 2))).shape == (1, 3), "one user, three items."
"""
CLAUSES = '''\
import numpy as np

from recsys_backends.contract.clause import require_close
from tito.judging.judged_tests import judge_test, require_good, variants

SUM = """
import numpy as np

def total(x):
    return float(np.sum(x))
"""
LOOP = """
def total(x):
    found = 0.0
    for value in x.tolist():
        found += value
    return found
"""
WRONG = variants(
    LOOP,
    {
        "starts at one": ("found = 0.0", "found = 1.0"),
        "without the last": ("x.tolist()", "x.tolist()[:-1]"),
        "of magnitudes": ("found += value", "found += abs(value)"),
        "changes its argument": ("    return", "    x[:] = 0.0\\n    return"),
    },
)


def test_agree(remote, rng):
    """It refuses functions that are no sums, and no others."""
    judged = judge_test(
        remote, "agree", "total", right={"sum": SUM, "loop": LOOP}, wrong=WRONG, rng=rng,
        arguments=lambda rng: (np.array([1.0, -1.0, 1.0, -1.0]) * rng.uniform(1, 2, 4),),
    )
    require_good(judged)


def test_scores(remote, rng):
    """The products of the rows."""
    p, q = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    require_close(remote.scores(p, q), p @ q.T, 1e-9, "scores")
'''
MUTANTS = """\
MUTANTS = {
    "test_agree": {
        "looks at nothing": ("    before = x.copy()\\n", "    return\\n    before = x.copy()\\n"),
        "refuses all": ("    before = x.copy()\\n", "    raise ValueError\\n"),
        "no look at the argument": (
            '    assert np.array_equal(x, before), "it changes its argument"\\n', ""
        ),
    },
    "test_scores": {
        "transposed": ("torch.as_tensor(q).T", "torch.as_tensor(q[::-1].copy()).T"),
        "of magnitudes": ("torch.as_tensor(p) @", "torch.as_tensor(p).abs() @"),
        "meta": ("torch.as_tensor(p) @", "torch.as_tensor(p).to('meta') @"),
    },
}
"""


def write_toy_of_kinds(folder: Path) -> Lesson:
    """The lesson in a folder of its own, built."""
    about = ABOUT.replace("prerequisites", 'may_import = ["torch"]\nprerequisites')
    lesson = write_toy(
        folder,
        toy=SOURCE,
        ABOUT=about,
        hidden=CLAUSES,
        mutants=MUTANTS,
        checkpoint=CLAUSES.replace("def test_", "def it_passes_"),
    )
    build([lesson], folder)
    return lesson
