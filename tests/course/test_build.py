"""Everything that is made of the lessons is as the build makes it, and always the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from recsys_backends.protocol import OPS
from tests.course.toy import write_toy
from tito.authoring.answer_key import answer_package, names_offered
from tito.authoring.build import build, drift, products
from tito.authoring.lint import problems
from tito.authoring.source import AuthoringError
from tito.course.lessons import all_lessons, modules_folder

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupytext")


def test_what_is_committed_is_what_the_build_writes() -> None:
    assert modules_folder() == ROOT / "modules"
    assert drift(all_lessons(), ROOT) == []


def test_the_lessons_have_no_problems() -> None:
    assert [problem for lesson in all_lessons() for problem in problems(lesson)] == []


def test_a_folder_is_all_that_a_new_lesson_needs(tmp_path: Path) -> None:
    lesson = write_toy(tmp_path)
    assert problems(lesson) == []
    assert drift([lesson], tmp_path) != []
    written = build([lesson], tmp_path)
    assert [path.name for path in written] == ["42_toy.ipynb", "toy.py"]
    assert build([lesson], tmp_path) == []
    assert drift([lesson], tmp_path) == []
    key = written[1].read_text()
    assert "return x + x" in key
    assert "SOLUTION" not in key
    released = json.loads(lesson.release.read_text())
    text = json.dumps(released)
    assert "return x + x" not in text
    assert "Because." not in text
    assert [cell["id"] for cell in released["cells"][2:]] == [
        "toy_imports", "double", "test_double", "why",
    ]  # fmt: skip


def test_the_build_is_the_same_in_another_process_with_other_hashes(tmp_path: Path) -> None:
    lesson = write_toy(tmp_path)
    expected = [content for _, content in products([lesson], tmp_path)]
    code = (
        "import sys, pathlib; from tito.course.lessons import lessons_in;"
        "from tito.authoring.build import build;"
        "root = pathlib.Path(sys.argv[1]);"
        "build(lessons_in(root / 'modules', root / 'notebooks/release'), root)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True, cwd=ROOT, env=_env("123"))
    assert [path.read_bytes() for path, _ in products([lesson], tmp_path)] == expected


def test_the_build_does_not_need_the_answer_key() -> None:
    """It writes the answer key, so it has to run where there is none."""
    code = (
        "import sys; sys.modules['recsys_backends.naive'] = None;"
        "from tito.authoring.build import drift; from tito.course.lessons import all_lessons;"
        f"import pathlib; sys.exit(len(drift(all_lessons(), pathlib.Path({str(ROOT)!r}))))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=_env("0"))


def _env(seed: str) -> dict[str, str]:
    import os

    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    return {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}


def test_one_op_has_one_owner() -> None:
    keys = {"first": "def matmul(a, b): ...\n", "second": "def matmul(a, b): ...\n"}
    with pytest.raises(AuthoringError, match=r"first and second both tag matmul"):
        answer_package(keys)


def test_the_ops_that_no_lesson_owns_come_from_extended() -> None:
    text = answer_package({"mine": "def top_k(): ...\n\ndef helper(): ...\n"})
    assert "from recsys_backends.naive.mine import top_k\n" in text
    (rest,) = [line for line in text.splitlines() if ".extended import " in line]
    assert set(OPS) - {"top_k"} == set(rest.partition(" import ")[2].split(", "))


def test_an_op_that_extended_goes_beyond_comes_from_there() -> None:
    keys = {"mine": "def top_k(): ...\n", "yours": "def matmul(): ...\n"}
    text = answer_package(keys, extended={"top_k"})
    assert "from recsys_backends.naive.yours import matmul\n" in text
    assert "naive.mine" not in text
    (rest,) = [line for line in text.splitlines() if ".extended import " in line]
    assert "top_k" in rest


def test_the_names_that_a_package_offers_are_read_and_not_imported() -> None:
    text = 'raise ImportError\n__version__ = "1"\n__all__ = ["top_k", "matmul"]\n'
    assert names_offered(text) == {"top_k", "matmul"}
    assert names_offered("x = 1\n") == set()


def test_the_library_has_one_uniform_plan_and_one_for_other_samplers() -> None:
    naive = ROOT / "backends" / "recsys_backends" / "naive"
    defined = {
        name: [
            str(path.relative_to(naive))
            for path in sorted(naive.rglob("*.py"))
            if f"def {name}(" in path.read_text(encoding="utf-8")
        ]
        for name in ("draw_negative", "lay_out_tiles", "shuffled_blocks", "plan_epoch")
    }
    assert defined == {
        "draw_negative": ["extended/draw_negative.py"],
        "lay_out_tiles": ["parallel.py"],
        "shuffled_blocks": ["parallel.py"],
        "plan_epoch": ["extended/plan_epoch.py", "parallel.py"],
    }
