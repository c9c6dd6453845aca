"""The command line: finding commands, and errors that are one sentence and a status."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from recsys_backends import set_backend
from recsys_edu import RecsysError, __version__
from tito import main as main_module
from tito.commands import grade as grade_module
from tito.main import cli, main

SCRIPT = Path(sys.executable).with_name("tito")


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``tito …`` in this process."""

    def call(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tito", *arguments])
        status = 0
        try:
            main()
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
        return Outcome(status, *capsys.readouterr())

    return call


def script(*arguments: str, **environment: str) -> Outcome:
    """Run the installed ``tito`` in a process of its own."""
    ours = ("RECSYS_EDU_BACKEND", "RECSYS_EDU_SIMD", "FORCE_COLOR", "COLUMNS")
    clean = {key: value for key, value in os.environ.items() if key not in ours}
    if "PYTHONPATH" in environment and "PYTHONPATH" in clean:
        environment["PYTHONPATH"] += os.pathsep + clean["PYTHONPATH"]
    done = subprocess.run(
        [SCRIPT, *arguments],
        capture_output=True,
        text=True,
        env={**clean, **environment},
        check=False,
        timeout=100,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def assert_one_sentence(outcome: Outcome) -> None:
    """An error as a person wants it: a line that says what is wrong, and no traceback."""
    assert outcome.status not in (0, None)
    assert "Traceback" not in outcome.err
    said = [line for line in outcome.err.splitlines() if line.strip()]
    said = [line for line in said if not line.startswith(("Usage:", "Try "))]
    assert len(said) == 1, outcome.err
    assert outcome.out == ""


def test_the_script_is_the_one_that_the_project_declares() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["scripts"]["tito"] == "tito.main:main"
    assert script("--version") == (0, f"tito, version {__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_command_and_each_command_has_help(flag: str, run: Run) -> None:
    status, out, err = run(flag)
    assert (status, err) == (0, "")
    folder = Path(main_module.__file__).parent / "commands"
    names = commands_in(folder)
    assert names == sorted(main_module._COMMANDS) == cli.list_commands(click.Context(cli))
    for name in names:
        assert main_module._COMMANDS[name] in out
        status, about, err = run(name, flag)
        assert (status, err) == (0, "")
        assert about.startswith(f"Usage: tito {name}")


def test_each_command_of_a_group_has_help(run: Run) -> None:
    names = commands_in(Path(grade_module.__file__).parent)
    assert names == sorted(grade_module._COMMANDS)
    for name in names:
        status, about, err = run("grade", name, "--help")
        assert (status, err) == (0, "")
        assert about.startswith(f"Usage: tito grade {name}")


def commands_in(folder: Path) -> list[str]:
    return sorted(p.stem.replace("_", "-") for p in folder.iterdir() if p.name[0] != "_")


def test_without_arguments_there_is_help_and_no_traceback(run: Run) -> None:
    status, out, err = run()
    assert status == 2
    assert "Commands:" in out + err
    assert "Traceback" not in err


def test_an_unknown_command_is_one_sentence_with_a_suggestion(run: Run) -> None:
    outcome = run("rcae")
    assert_one_sentence(outcome)
    assert outcome.status == 2
    assert "There is no command 'rcae'. Did you mean 'race'?" in outcome.err
    outcome = run("zzz")
    assert_one_sentence(outcome)
    assert "Did you mean" not in outcome.err


@pytest.mark.parametrize("arguments", [("--colour",), ("race", "--colour"), ("datasets", "extra")])
def test_an_unknown_argument_is_one_sentence(arguments: tuple[str, ...], run: Run) -> None:
    outcome = run(*arguments)
    assert_one_sentence(outcome)
    assert outcome.status == 2
    assert arguments[-1] in outcome.err


def test_datasets_are_listed(run: Run) -> None:
    status, out, err = run("datasets")
    assert (status, err) == (0, "")
    named = [line.split()[0] for line in out.splitlines()]
    assert {"synthetic-100k", "ml-100k", "ml-1m", "ml-1m-implicit"} <= set(named)


def test_backends_are_listed_with_the_one_in_use(run: Run) -> None:
    set_backend("optimized")
    status, out, err = run("backends")
    assert (status, err) == (0, "")
    rows = [[cell.strip() for cell in line.split("│")] for line in out.splitlines() if "│" in line]
    named = {row[1]: row for row in rows if row[1]}  # a long list of ops goes on below
    shipped = ("naive", "optimized (in use)", "torch")
    for row in (named[name] for name in shipped):
        assert row[2] == "yes"
        assert "bpr_update" in row[3]


def test_a_backend_that_is_missing_is_listed_with_what_would_help(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('hidden by a test')\n")
    status, out, err = script("backends", PYTHONPATH=str(tmp_path))
    assert (status, err) == (0, "")
    words = " ".join(out.replace("│", " ").split())
    assert "no backend 'torch' cannot be loaded here" in words
    assert "hidden by a test" in words
    assert "pip install -e '.[torch]'" in words  # with its brackets


def test_an_unknown_backend_in_the_environment_is_one_sentence() -> None:
    outcome = script("backends", RECSYS_EDU_BACKEND="optimised")
    assert outcome.status == 1
    assert "naive" in outcome.out  # it lists what there is all the same
    assert len(outcome.err.strip().splitlines()) == 1
    assert "'optimised'" in outcome.err
    assert "Did you mean 'optimized'?" in outcome.err


def test_an_unknown_instruction_set_in_the_environment_is_one_sentence() -> None:
    outcome = script("race", "--models", "optimized", RECSYS_EDU_SIMD="sse9")
    assert_one_sentence(outcome)
    assert "RECSYS_EDU_SIMD" in outcome.err


# main() itself


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RecsysError("what is wrong"), 1, "tito: what is wrong\n"),
        (click.ClickException("what is wrong"), 1, "tito: what is wrong\n"),
        (click.UsageError("what is wrong"), 2, "Error: what is wrong\n"),
        (PermissionError(errno.EACCES, "Permission denied", "u.data"), 1, "u.data"),
        (FileNotFoundError(errno.ENOENT, "No such file", "u.data"), 1, "u.data"),
        (MemoryError("Unable to allocate 9 TiB"), 1, "memory"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_one_sentence_and_a_status(
    error: Exception, status: int, said: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise error

    monkeypatch.setattr("recsys_edu.datasets.list_datasets", fails)
    outcome = run("datasets")
    assert_one_sentence(outcome)
    assert outcome.status == status
    assert said in outcome.err


def test_an_error_of_our_own_making_is_not_hidden(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug must show its traceback."""

    def fails() -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("recsys_edu.datasets.list_datasets", fails)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        run("datasets")


@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_is_one_sentence_and_status_130(
    error: type[BaseException], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise error

    monkeypatch.setattr("recsys_edu.datasets.list_datasets", fails)
    outcome = run("datasets")
    assert_one_sentence(outcome)
    assert outcome.status == 130
    assert "interrupted" in outcome.err


def test_a_command_can_end_with_a_status_of_its_own(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaves() -> None:
        click.get_current_context().exit(3)

    monkeypatch.setattr("recsys_edu.datasets.list_datasets", leaves)
    assert run("datasets").status == 3


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """As in ``tito datasets | head -0``."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [SCRIPT, "datasets"], stdout=writing, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(writing)
        assert process.stderr is not None
        assert process.stderr.read() == ""
