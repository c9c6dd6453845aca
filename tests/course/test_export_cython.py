"""Cells in Cython from the notebook to ``my_recsys``, to the backend and to the checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("jupytext")

from recsys_edu.artefacts import local
from recsys_edu.artefacts.cell import MOST_CHARACTERS
from recsys_edu.artefacts.errors import BuildToolsError
from recsys_edu.exported import Exported
from tests.artefacts.compilers import needs_compiler, own_cache
from tests.course.learner import solutions_of, type_in
from tests.course.toy_kernels import write_kernels
from tests.recsys_edu.workspaces import CALL, run_python
from tests.workspace.conftest import Outcome, tito
from tito.authoring.build import build
from tito.course.lessons import Lesson

__all__ = ["tito"]

Tito = Callable[..., Outcome]


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
def workspace(lesson: Lesson, tito: Tito, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in which this process stands, with nothing written yet."""
    assert tito("init", tmp_path / "mine").status == 0
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def write(workspace: Path, lesson: Lesson, **changed: str) -> None:
    """Type in the solutions, or something else."""
    type_in(workspace / "notebooks" / lesson.notebook, {**solutions_of(lesson), **changed})


def exported(workspace: Path) -> str:
    return (workspace / "my_recsys" / "kernels.py").read_text(encoding="utf-8")


@needs_compiler
def test_from_the_notebook_to_the_backend_and_the_checkpoint(
    workspace: Path, lesson: Lesson, tito: Tito
) -> None:
    write(workspace, lesson)
    said = tito("export", "42")
    assert said == (0, "my_recsys/kernels.py: written.\n", "")
    names = sorted(path.name for path in (workspace / "my_recsys").glob("_[0-9a-z]*.pyx"))
    assert names == ["_42_dot.pyx", "_42_matmul.pyx"]
    assert len(list((workspace / "my_recsys").glob("_dot_*.*"))) == 1
    assert tito("export", "42").out == "my_recsys/kernels.py: no change.\n"
    done = tito("checkpoint", "42")
    assert done.status == 0, done
    called = run_python("-c", CALL, cwd=workspace)
    assert called.stdout.strip() == "6.0", called
    assert "your own: matmul" in called.stderr
    plain = (
        "from my_recsys.kernels import dot\nimport numpy as np\nprint(dot(np.ones(3), np.ones(3)))"
    )
    assert run_python("-c", plain, cwd=workspace, PYTHONPATH=str(workspace)).stdout == "3.0\n"


@needs_compiler
def test_what_is_exported_anew_is_used_by_a_process_that_goes_on(
    workspace: Path, lesson: Lesson, tito: Tito
) -> None:
    path = workspace / "my_recsys" / "kernels.py"
    stub = "%%cython\ndef matmul(a, b):\n    raise NotImplementedError()\n"
    write(workspace, lesson, matmul=stub, dot="%%cython\ndef dot(x, y):\n    return 1\n")
    assert "Still to be written: matmul." in tito("export", "42").out
    first = Exported(path)
    assert first.module().dot(0, 0) == 1
    assert first.written == {"dot", "norm"}
    write(workspace, lesson, matmul=stub, dot="%%cython\ndef dot(x, y):\n    return 2\n")
    tito("export", "42")
    assert first.is_stale()
    assert Exported(path).module().dot(0, 0) == 2
    assert first.module().dot(0, 0) == 1
    assert len(list(path.parent.glob("_dot_*.*"))) == 1  # the other one is gone
    assert "return 1" in (path.parent / ".previous" / "_42_dot.pyx").read_text()


@needs_compiler
def test_an_error_in_a_kernel_is_placed_in_its_cell(
    workspace: Path, lesson: Lesson, tito: Tito
) -> None:
    write(workspace, lesson, matmul="%%cython\n\ndef matmul(a, b):\n    x = a\n    return x[9]\n")
    tito("export", "42")
    called = run_python("-c", CALL, cwd=workspace)
    assert "your matmul (my_recsys/kernels.py, line 5 of cell 'matmul') raised" in called.stderr
    said = tito("checkpoint", "42").out
    assert "line 5 of cell 'matmul'" in said


@needs_compiler
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def dot(x, y):\n    return z\n", "cell 'dot', line 3: 'z' is not defined in this cell."),
        ("def dot(x, y:\n    return 1\n", "cell 'dot', line 3: Expected"),
        ("cpdef dot(x, y):\n    return 1\n", "cell 'dot': dot has to begin with `def`"),
        ("include 'x'\ndef dot(x, y):\n    return 1\n", "cell 'dot', line 2: 'include' puts"),
    ],
)
def test_what_does_not_build_is_said_with_cell_and_line_and_nothing_is_written(
    source: str, said: str, workspace: Path, lesson: Lesson, tito: Tito
) -> None:
    write(workspace, lesson, dot=f"%%cython\n{source}")
    done = tito("export", "42")
    assert done.status == 1
    assert said in done.err
    assert not (workspace / "my_recsys" / "kernels.py").exists()
    if "compile" in done.err or "Expected" in done.err:
        assert "Error compiling Cython file" in done.err  # the compiler's own words as well


def test_a_cell_keeps_its_language(workspace: Path, lesson: Lesson, tito: Tito) -> None:
    write(workspace, lesson, dot="def dot(x, y):\n    return x @ y\n")
    assert "cell 'dot', line 1: its first line has to be %%cython" in tito("export", "42").err
    write(workspace, lesson, norm="%%cython\ndef norm(x):\n    return 1\n")
    assert "cell 'norm', line 1: its functions are to be written in Python" in (
        tito("export", "42").err
    )


def test_a_cell_as_long_as_a_compiled_kernel_is_refused_where_grading_would(
    workspace: Path, lesson: Lesson, tito: Tito
) -> None:
    write(
        workspace, lesson, norm=f"DATA = '{'x' * MOST_CHARACTERS}'\n{solutions_of(lesson)['norm']}"
    )
    said = tito("export", 42)
    assert said.status == 1
    assert "cell 'norm'" in said.err
    assert "more than 12,000 characters" in said.err


def test_without_a_compiler_everything_else_goes_on(
    workspace: Path, lesson: Lesson, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing() -> None:
        raise BuildToolsError("there is no C compiler here: install one.")

    monkeypatch.setattr(local, "require_toolchain", nothing)
    write(workspace, lesson)
    done = tito("export", "42")
    assert done.status == 0
    assert "Cells in Cython were left out: there is no C compiler here: install one." in done.out
    module = Exported(workspace / "my_recsys" / "kernels.py").module()
    assert module.norm is not None
    with pytest.raises(NotImplementedError, match="install one"):
        module.dot(1, 2)
    called = run_python("-c", CALL, cwd=workspace)
    assert called.stdout.strip() == "6.0"  # naive's
    assert "install one" in called.stderr


def test_a_module_of_another_python_is_missed_with_a_sentence(
    workspace: Path, lesson: Lesson, tito: Tito
) -> None:
    text = '"""Lesson 42."""\n# %% dot\nfrom my_recsys._dot_0123456789ab import (\n    matmul,\n)\n'
    (workspace / "my_recsys" / "kernels.py").write_text(text)
    called = run_python("-c", CALL, cwd=workspace)
    assert "not built for this Python: run `tito export` again" in called.stderr
    assert "run `tito export` again" in tito("checkpoint", "42").out


def test_declarations_that_a_lesson_ships_lie_beside_the_notebook(
    tmp_path: Path, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = write_kernels(tmp_path / "course")
    (lesson.folder / "shipped.pxd").write_text("cdef inline int one() noexcept:\n    return 1\n")
    build([lesson], tmp_path / "course")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    tito("init", tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    tito("start", "42", "--no-open")
    found = tmp_path / "mine" / "notebooks" / "shipped.pxd"
    assert "return 1" in found.read_text()
    write(
        tmp_path / "mine", lesson, dot="%%cython\nfrom other cimport x\ndef dot(a, b):\n    pass\n"
    )
    said = tito("export", "42").err
    assert "other cannot be cimported here; these can: cython, libc, cpython, numpy" in said
    assert "shipped" in said


def test_the_release_has_stubs_and_no_solution(lesson: Lesson) -> None:
    text = json.dumps(json.loads(lesson.release.read_text()))
    assert "total +=" not in text
    assert "%%cython" in text
