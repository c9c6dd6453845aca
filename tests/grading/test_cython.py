"""Cells in Cython in a class: right marks, clear sentences, and builds that attack get nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell

from recsys_edu.artefacts.cell import MOST_CHARACTERS
from recsys_edu.artefacts.errors import BuildToolsError
from tests.artefacts.compilers import needs_compiler, own_cache
from tests.course.toy_kernels import write_kernels
from tests.grading.conftest import Tito, configure
from tests.grading.pair import cell_of, hand_in, solved, with_cell
from tests.jail.conftest import needs_bubblewrap
from tito.authoring.build import build
from tito.course.lessons import Lesson
from tito.course.notebook import cells_of
from tito.grading.autograding import batch, builds
from tito.grading.autograding.batch import autograde
from tito.grading.autograding.functions import TOO_LONG
from tito.grading.autograding.outcome import Outcome, latest_outcome
from tito.grading.course import GradingCourse, create_grading_course
from tito.grading.prepare import prepare
from tito.jail.cells import notebook_jail, run_cells

pytestmark = [needs_bubblewrap, needs_compiler]
ALL = {"test_dot": 2.0, "test_norm": 1.0, "test_matmul": 3.0}


@pytest.fixture
def lesson(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Lesson:
    """The only lesson of the course, built."""
    own_cache(tmp_path_factory, monkeypatch)
    made = write_kernels(tmp_path / "course")
    build([made], tmp_path / "course")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    return made


@pytest.fixture
def course(
    lesson: Lesson,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> GradingCourse:
    """The instructor's folder, in which this process stands; notebooks' cells are not run.

    What is built is kept for the next test: only what a test changes is built anew.
    """
    made, _ = create_grading_course(tmp_path / "grading")
    monkeypatch.chdir(made.root)
    monkeypatch.setattr(batch, "font_list", dict)
    prepare(made, lesson)
    made.state.mkdir(exist_ok=True)
    kept = tmp_path_factory.getbasetemp() / "built-for-grading"
    kept.mkdir(exist_ok=True)
    (made.state / "built").symlink_to(kept)
    return made


def graded(
    course: GradingCourse, lesson: Lesson, notebook: dict[str, Any], student: str = "ada"
) -> Outcome:
    """What grading found of a submission."""
    configure(course, "[limits]\nbuild_seconds = 60\nnotebook_seconds = 0\n")
    hand_in(course, lesson, student, notebook)
    list(autograde(course, lesson, [student], jobs=1))
    outcome = latest_outcome(course.submission(lesson, student))
    assert outcome is not None
    assert outcome.why == ""
    return outcome


def marks(outcome: Outcome) -> dict[str, float]:
    return {mark.grade_id: mark.points if mark.passed else 0 for mark in outcome.marks}


def told(outcome: Outcome, grade_id: str) -> str:
    return next(mark.message for mark in outcome.marks if mark.grade_id == grade_id)


def test_solutions_earn_everything_and_the_release_nothing(
    course: GradingCourse, lesson: Lesson
) -> None:
    done = graded(course, lesson, solved(lesson))
    assert marks(done) == ALL
    assert done.left_out == ()
    before = sorted(path.name for path in (course.state / "built").iterdir())
    bare = graded(course, lesson, json.loads(lesson.release.read_text()), "ben")
    assert set(marks(bare).values()) == {0}
    assert told(bare, "test_dot") == "it is not written yet."
    assert sorted(path.name for path in (course.state / "built").iterdir()) == before


def test_long_definitions_beside_the_cells_are_not_taken_and_this_is_said(
    course: GradingCourse, lesson: Lesson
) -> None:
    """A kernel that is packed into an added cell could be loaded by one in Cython."""
    own = "".join(cell_of(solved(lesson), "norm")["source"]).replace("def norm", "def own_norm")
    uses = f"{own}\ndef norm(x):\n    assert SHORT\n    return own_norm(x)\n"
    for size, earned in ((100, 1.0), (MOST_CHARACTERS, 0.0)):
        notebook = with_cell(solved(lesson), "norm", uses)
        place = notebook["cells"].index(cell_of(notebook, "norm"))
        source = f"SHORT = '{'x' * size}'"
        notebook["cells"].insert(place, new_code_cell(source))  # type: ignore[no-untyped-call]
        done = graded(course, lesson, notebook, f"size-{size}")
        assert marks(done)["test_norm"] == earned
        assert (TOO_LONG in done.remarks) == (earned == 0)


REFUSED = {
    "include": ('include "{secret}"', "line 3: 'include' puts another file"),
    "distutils": ("# distutils: extra_objects={secret}", "line 3: '# distutils:'"),
    "header": ('cdef extern from "{secret}":\n    int x', "line 3: 'cdef extern' declares"),
    "verbatim": (
        'cdef extern from *:\n    """\n    #include "{secret}"\n    """',
        "C code of your",
    ),
    "compile time": ("DEF X = 1", "line 3: 'DEF' runs while the cell is compiled"),
    "option": ("%%cython --compile-args=x", "line 1: %%cython takes no option"),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_what_a_lessons_cell_may_not_have_costs_that_cell_and_says_why(
    attack: str, course: GradingCourse, lesson: Lesson
) -> None:
    (course.root / "secret.txt").write_text("the-secret")
    line, said = REFUSED[attack]
    line = line.replace("{secret}", str(course.root / "secret.txt"))
    source = f"%%cython\n\n{line}\ndef dot(x, y):\n    return 1\n"
    if line.startswith("%%"):
        source = f"{line}\ndef dot(x, y):\n    return 1\n"
    done = graded(course, lesson, with_cell(solved(lesson), "dot", source))
    assert marks(done) == {**ALL, "test_dot": 0}
    (remark,) = [remark for remark in done.remarks if "'dot'" in remark]
    assert said in remark
    assert "was not built" in remark
    assert "does not compile: `tito export` shows what is wrong" in told(done, "test_dot")


@pytest.mark.parametrize(
    ("source", "seconds", "why"),
    [
        ("def dot(x, y):\n    return the_secret_name\n", 60, "undeclared name"),
        ("def dot(x, y):\n    return 9**9**9**9\n", 5, "had not ended after 5 s"),
        ("def dot(x, y:\n    return 1\n", 60, "Expected"),
        ("def dot(x, y):\n    return dot.\n" + "(" * 5000, 60, "dot"),
    ],
    ids=["name", "for ever", "syntax", "depth"],
)
def test_a_cell_that_does_not_build_costs_its_own_points_only(
    source: str, seconds: int, why: str, course: GradingCourse, lesson: Lesson
) -> None:
    notebook = with_cell(solved(lesson), "dot", f"%%cython\n{source}")
    configure(course, f"[limits]\nbuild_seconds = {seconds}\nnotebook_seconds = 0\n")
    hand_in(course, lesson, "ada", notebook)
    (progress,) = autograde(course, lesson, ["ada"], jobs=1)
    done = progress.outcome
    assert marks(done) == {**ALL, "test_dot": 0}
    assert told(done, "test_dot") == "its cell does not compile: `tito export` shows what is wrong."
    (left_out,) = done.left_out
    assert why in left_out.why  # for the instructor
    remarks = " ".join(done.remarks)
    assert "Cell 'dot' does not compile (`tito export` shows what the compiler says)" in remarks
    assert "the_secret_name" not in remarks  # no compiler text for students
    text = course.submission(lesson, "ada").autograded.read_text()
    page = json.dumps(cell_of(json.loads(text), "test_dot")["outputs"])
    assert "its cell does not compile" in page
    assert "undeclared" not in page


def test_a_kernel_that_attacks_while_it_is_loaded_costs_its_own_points_only(
    course: GradingCourse, lesson: Lesson
) -> None:
    """It is loaded in the jail alone: no file of the machine is there, nothing can be written."""
    secret = course.root / "secret.txt"
    secret.write_text("the-secret")
    secret.chmod(0o644)
    attack = (
        "%%cython\nimport os\n"
        f"found = os.path.exists({str(secret)!r}) or os.path.exists({str(lesson.folder)!r})\n"
        "try:\n    open('/usr/include/stdio.h', 'w')\n    found = True\nexcept OSError:\n    pass\n"
        "def dot(x, y):\n    return float('nan') if found else sum(a * b for a, b in zip(x, y))\n"
    )
    done = graded(course, lesson, with_cell(solved(lesson), "dot", attack))
    assert marks(done) == ALL  # it computes well, as it has found nothing
    crash = "%%cython\nfrom libc.stdlib cimport abort\nabort()\ndef dot(x, y):\n    return 1\n"
    done = graded(course, lesson, with_cell(solved(lesson), "dot", crash), "ben")
    assert marks(done) == {**ALL, "test_dot": 0}
    assert any("Cell 'dot' cannot be loaded" in remark for remark in done.remarks)


def test_imports_of_extension_modules_are_those_that_were_built_and_no_others(
    course: GradingCourse, lesson: Lesson
) -> None:
    """A line that looks like one of ours loads nothing; the function beside it counts."""
    line = "from my_recsys._dot_0123456789ab import (\n    dot,\n)\n"
    norm = f"{line}def norm(x):\n    return (x * x).sum() ** 0.5\n"
    done = graded(course, lesson, with_cell(solved(lesson), "norm", norm))
    assert marks(done) == ALL
    assert any("'norm'" in remark for remark in done.remarks), done.remarks


def test_a_cell_keeps_its_language(course: GradingCourse, lesson: Lesson) -> None:
    python = with_cell(solved(lesson), "dot", "def dot(x, y):\n    return x @ y\n")
    norm = "%%cython\ndef norm(x):\n    return (x * x).sum() ** 0.5\n"
    done = graded(course, lesson, with_cell(python, "norm", norm))
    assert marks(done) == {**ALL, "test_dot": 0, "test_norm": 0}
    remarks = " ".join(done.remarks)
    assert "Cell 'dot' was not built (line 1: its first line has to be %%cython" in remarks
    assert "Cell 'norm' was not built (line 1: its functions are to be written in Python" in remarks


def test_names_of_functions_that_are_no_names_stay_out_of_the_module(
    course: GradingCourse, lesson: Lesson
) -> None:
    """What is read from one cell's text is written into the module that all cells share."""
    source = "%%cython\ndef dot(x, y):\n    return 1\ndef lambda(x):\n    return 1\n"
    done = graded(course, lesson, with_cell(solved(lesson), "dot", source))
    assert marks(done) == {**ALL, "test_dot": 0}


def test_a_grader_without_compilers_is_told_so_and_nobody_loses_points(
    course: GradingCourse, lesson: Lesson, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing() -> None:
        raise BuildToolsError("there is no C compiler here: install one.")

    hand_in(course, lesson, "ada", solved(lesson))
    monkeypatch.setattr(builds, "require_builds", nothing)
    said = tito("grade", "autograde", "42")
    assert said.status == 1
    assert "there is no C compiler here: install one." in said.err
    assert latest_outcome(course.submission(lesson, "ada")) is None


def test_the_notebook_itself_runs_in_its_jail(course: GradingCourse, lesson: Lesson) -> None:
    configure(course, "[limits]\nnotebook_seconds = 300\n")
    hand_in(course, lesson, "ada", solved(lesson))
    (progress,) = autograde(course, lesson, ["ada"], jobs=1)
    assert progress.outcome.remarks == ()
    assert marks(progress.outcome) == ALL
    content = json.loads(course.submission(lesson, "ada").autograded.read_text())
    for cell in content["cells"]:
        assert all(output["output_type"] != "error" for output in cell.get("outputs", ())), cell


def test_what_was_built_for_the_marks_is_not_built_again_for_the_notebook(
    course: GradingCourse, lesson: Lesson
) -> None:
    notebook = solved(lesson)
    template = cells_of(notebook, lesson.source)
    made = builds.build_exported(course, lesson, notebook, template, jailed=True)
    assert len(made.modules) == 2
    sources = [
        "%load_ext recsys_edu.cython_magic",
        "from recsys_edu.artefacts import local\nlocal.build = None",
        "".join(cell_of(notebook, "dot")["source"]),
        "assert callable(dot)",
    ]
    with notebook_jail(contents=made.as_cache(), compilers=True) as jail:
        outcomes = run_cells(sources, jail)
    assert [outcome.error for outcome in outcomes] == [""] * 4, outcomes[2]
    with notebook_jail(compilers=True) as jail:
        assert run_cells(sources[:3], jail)[2].error == "TypeError"  # it would have been built
