"""``student:05``: the learner's backend as it was after a lesson, by name, anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from recsys_backends import UnknownBackendError, get_backend, ops, set_backend, use_backend
from recsys_backends.registry import available_backends, unregister_backend
from recsys_edu.race.contestants import contestants
from recsys_edu.workspace import ENVIRONMENT_VARIABLE, find_workspace
from tests.recsys_edu.workspaces import make_workspace, run_python

ONE = np.ones((1, 1), dtype=np.float32)
TEXT = '''\
"""Lesson {lesson:02}, exported."""

# %% cell
import numpy as np

def matmul(a, b):
    return np.full((1, 1), {lesson}, np.float32)
'''
CALL = """\
import multiprocessing, numpy as np
from recsys_backends import ops, set_backend

def product(_):
    return ops.matmul(np.ones((1, 1), np.float32), np.ones((1, 1), np.float32)).item()

if __name__ == "__main__":
    set_backend("student:05")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(product, [0]))
"""


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace in which lessons 05 and 08 have exported the same op."""
    folder = make_workspace(tmp_path / "mine")
    for lesson in (5, 8):
        path = folder / "my_recsys" / f"of_{lesson}.py"
        path.write_text(TEXT.format(lesson=lesson), encoding="utf-8")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(folder))
    yield folder
    for info in available_backends():
        if info.name.startswith("student"):
            unregister_backend(info.name)


def product(name: str) -> float:
    with use_backend(name):
        return float(ops.matmul(ONE, ONE)[0, 0])


def test_a_state_has_what_was_exported_up_to_its_lesson() -> None:
    assert find_workspace().package.is_dir()
    assert product("student") == 8
    assert product("student:05") == product("student:5") == product("student:07") == 5
    assert product("student:08") == product("student:12") == 8
    assert product("student:04") == 1  # naive's


def test_a_state_says_whose_ops_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    product("student:04")
    assert capsys.readouterr().err.startswith("student:04: your own: none yet;")
    product("student:05")
    assert capsys.readouterr().err.startswith("student:05: your own: matmul;")


def test_a_race_shows_two_states_beside_each_other() -> None:
    names = ("student:05", "student", "student:05-als")
    racing, _ = contestants(names)
    assert tuple(each.name for each in racing) == names
    assert [each.backend for each in racing] == ["student:05", "student", "student:05"]
    assert racing[2].model == "ALS"


def test_worker_processes_compute_on_the_same_state(workspace: Path) -> None:
    script = workspace / "script.py"
    script.write_text(CALL)
    done = run_python(script, cwd=workspace)
    assert done.stdout == "[5.0]\n", done.stderr


@pytest.mark.parametrize(
    "name", ["student:", "student:x", "student:005", "student:00", "student:-1", "student:٣"]
)
def test_what_is_no_lesson_is_no_backend(name: str) -> None:
    with pytest.raises(UnknownBackendError, match="there is no backend"):
        set_backend(name)
    with pytest.raises(UnknownBackendError):
        set_backend("naive:05")
    assert get_backend().name == "naive"
