"""The linter finds what nbgrader and jupytext would swallow without a sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course.toy import ABOUT, CLAUSES, MUTANTS, SOURCE, header, write_toy
from tito.authoring.lint import problems

pytest.importorskip("jupytext")
TRAPS = {
    "metadata over two lines": (
        'nbgrader={"grade": true, "grade_id": "test_double", ',
        'nbgrader={"grade": true,\n# "grade_id": "test_double", ',
        "on this one line",
    ),
    "not JSON": ('"locked": true, "points": 2', '"locked": True, "points": 2', "not JSON"),
    "a key is missing": ('"locked": true, "points": 2, ', '"locked": true, ', "needs exactly"),
    "another schema": ('2, "schema_version": 3', '2, "schema_version": 1', "schema_version 3"),
    "the same id twice": ('"grade_id": "why"', '"grade_id": "double"', "taken already"),
    "no markers": ("    ### BEGIN SOLUTION\n", "", "would be taken out whole"),
    "markers outside": (
        "import numpy as np\n",
        "import numpy as np  ### BEGIN SOLUTION\n",
        "its metadata does not say so",
    ),
    "no mark scheme": ("# === BEGIN MARK SCHEME ===\n", "", "it has no mark scheme"),
    "no points": ('"points": 2', '"points": 0', "worth no points"),
    "hidden tests": ('is 2."', 'is 2."\n### BEGIN HIDDEN TESTS', "belong into hidden.py"),
    "not exported": (
        '# %% tags=["export", "op"] nbgrader={"grade": false, "grade_id": "double"',
        '# %% nbgrader={"grade": false, "grade_id": "double"',
        "has to be tagged 'export'",
    ),
    "op without export": ('tags=["export", "op"]', 'tags=["op"]', "'export' as well"),
    "op imports the library": (
        "import numpy as np\n",
        "import numpy as np\nimport recsys_edu\n",
        "may not import recsys_edu",
    ),
    "a header that is none": ("# %% [markdown]\n# # Toy", "# %%markdown\n# # Toy", "is not one"),
    "a test needs an experiment": (
        "assert double(",
        'assert done\n\n# %% tags=["experiment"]\ndone = 1\n\n# %%\nprint(done)\ndouble(',
        "it needs done, which only an experiment defines",
    ),
    "a test needs another test": (
        '"double(1) is 2."\n',
        '"double(1) is 2."\nx = 1\n\n'
        + header("test_more", points=1)
        + '\nassert double(x) == 2, "It is 2."\n',
        "it needs x, which only another test defines",
    ),
    "an experiment is locked": (
        '# %% tags=["export", "op"] nbgrader={"grade": false, "grade_id": "toy_imports"',
        '# %% tags=["experiment"] nbgrader={"grade": false, "grade_id": "toy_imports"',
        "cannot be an experiment",
    ),
    "a name of the judges": (
        "def double(x",
        "def samplers() -> None: ...\n\n\ndef double(x",
        "judges could not call samplers",
    ),
    "nobody judges it": (
        '"grade_id": "test_double"',
        '"grade_id": "test_other"',
        "to judge it by",
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_in_the_source_are_found(tmp_path: Path, trap: str) -> None:
    before, after, said = TRAPS[trap]
    assert before in SOURCE.replace('should be 2."', 'is 2."')
    source = SOURCE.replace('should be 2."', 'is 2."').replace(before, after)
    found = problems(write_toy(tmp_path, toy=source))
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("hidden", CLAUSES.replace("test_double", "test_it"), "but no graded cell has this name"),
        (
            "hidden",
            CLAUSES.replace('    """Twice of any array."""\n', ""),
            "test_double has no docstring",
        ),
        ("mutants", MUTANTS.replace('"copies"', '"squares"'), "fewer than three"),
        ("checkpoint", "'''Nothing.'''\n", "every export would pass"),
        ("ABOUT", ABOUT.replace("hours", "ours"), "ABOUT.md"),
    ],
)
def test_traps_in_the_other_files_are_found(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    found = problems(write_toy(tmp_path, **{file: text}))
    assert any(said in problem for problem in found), found


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    lesson = write_toy(tmp_path)
    (lesson.folder / "hidden.py").unlink()
    assert problems(lesson) == ["42_toy has no hidden.py"]
