"""``tito backend new`` and ``tito backend check``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from recsys_edu.errors import InvalidParameterError
from tito.engine_kit import create
from tito.engine_kit.create import LANGUAGES, create_package
from tito.main import cli

ROOT = Path(__file__).resolve().parents[2]
BROKEN = "import numpy as np\n\n\ndef matmul(a, b):\n    return np.matmul(a, b) + np.float32(1)\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["backend", *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


# new


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_to_fill_in(language: create.Language, tmp_path: Path) -> None:
    package = create_package("my-engine", language, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["my-engine"]
    files = [path for path in package.rglob("*") if path.is_file()]
    assert not [path for path in files if "{{" in path.read_text() or ".txt" in path.name]
    assert (package / "recsys_my_engine" / "__init__.py").is_file()
    assert "my-engine" in (package / "tests" / "test_backend.py").read_text()
    for path in package.rglob("*.py"):
        compile(path.read_text(), str(path), "exec")


def test_the_command_says_what_comes_next(here: Path) -> None:
    told = run("new", "mine", "--language", "c", "--folder", "my engines")
    assert told.exit_code == 0, told.output
    assert "cd 'my engines/mine'" in told.output
    assert "tito backend check mine" in told.output


@pytest.mark.parametrize(
    "name", ["", "Mine", "4ever", "a b", "../up", "naive", "auto", "class", "é"]
)
def test_names_that_cannot_be_used_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterError, match="name"):
        create_package(name, "python", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_never_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(InvalidParameterError, match="exists already"):
        create_package("mine", "python", tmp_path)
    assert list((tmp_path / "mine").iterdir()) == []


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str, values: dict[str, str]) -> str:
        if "PyInit" in text:
            raise OSError(28, "No space left on device")
        return text

    monkeypatch.setattr(create, "_filled", full)
    with pytest.raises(OSError, match="No space"):
        create_package("mine", "c", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_engine_in_c_passes_from_the_start(tmp_path: Path) -> None:
    _passes_in_a_folder_of_its_own("c", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "c"])
def test_an_engine_passes_from_the_start(language: create.Language, tmp_path: Path) -> None:
    _passes_in_a_folder_of_its_own(language, tmp_path)


def _passes_in_a_folder_of_its_own(language: create.Language, tmp_path: Path) -> None:
    package = create_package("mine", language, tmp_path)
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = _in(package, *pip, "--no-deps", "--no-build-isolation", "--target", installed, ".")
    assert done.returncode == 0, done.stderr
    # -P: the folder has the sources beside the tests, and what is installed is to be tested.
    tests = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = _in(package, *tests, path=installed)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
    timed = _in(package, sys.executable, "benchmarks/compare.py", "--rounds", "1", path=installed)
    assert timed.returncode == 0, timed.stderr
    assert [line.split()[0] for line in timed.stdout.splitlines()[1:]] == [
        "naive", "optimized", "mine",
    ]  # fmt: skip


def _in(
    folder: Path, *command: str | Path, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    parts = [*([str(path)] if path else []), str(ROOT), str(ROOT / "backends")]
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(parts)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


# check


def test_a_right_backend_passes(here: Path) -> None:
    told = run("check", "optimized", "--op", "matmul", "--quick")
    assert told.exit_code == 0
    assert re.search(r"optimized: (\d+) of \1 clauses hold \(contract version \d+", told.output)


def test_a_wrong_backend_fails_by_the_name_of_the_clause(here: Path) -> None:
    (here / "wrong_engine.py").write_text(BROKEN)
    told = run("check", "wrong_engine", "--quick")
    assert told.exit_code == 1
    assert "FAIL  matmul: " in told.output
    assert "cannot be loaded here" in str(run("check", "wrong_engine:nothing").exception)
    assert "there is no backend 'no.engine'" in str(run("check", "no.engine").exception)
    (here / "own").mkdir()
    (here / "own" / "engine.py").write_text(BROKEN)
    told = run("check", "own.engine", "--quick")
    assert told.exit_code == 1
    assert "FAIL  matmul: " in told.output
    told = run("check", "own.engine", "--quick", "--json")
    found = json.loads(told.output)
    assert told.exit_code == 1
    assert found["passed"] is False
    assert any(not clause["passed"] and clause["message"] for clause in found["clauses"])


def test_an_op_that_does_not_exist_is_a_usage_error(here: Path) -> None:
    told = run("check", "naive", "--op", "mat_mul")
    assert told.exit_code == 2
    assert "there is no op 'mat_mul'" in told.output


# the page


def test_the_numba_example_of_the_docs_keeps_the_contract() -> None:
    pytest.importorskip("numba")
    from types import SimpleNamespace

    from recsys_backends import contract

    text = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"## With numba\n\n```python\n(.*?)```", text, re.DOTALL)
    space: dict[str, object] = {}
    exec(compile(code, "engines.md", "exec"), space)
    results = contract.check(SimpleNamespace(matmul=space["matmul"]))
    assert [f"{r.name}: {r.message}" for r in results if not r.passed] == []


def test_the_signature_of_the_docs_is_that_of_the_template() -> None:
    text = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```c\nvoid bpr_update\((.*?)\);", text, re.DOTALL)
    template = ROOT / "tito" / "engine_kit" / "templates" / "c" / "module" / "kernel.c.txt"
    (written,) = re.findall(r"EXPORT void bpr_update\((.*?)\)", template.read_text(), re.DOTALL)
    assert shown.replace(" /* or NULL */", "").split() == written.split()
