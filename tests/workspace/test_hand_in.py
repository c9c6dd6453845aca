"""``tito submit`` and ``tito feedback``, without any of nbgrader's code."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys_edu.workspace import Workspace
from tests.course.learner import type_in
from tests.workspace.conftest import Outcome
from tito.course.exchange import Exchange
from tito.course.lessons import Lesson
from tito.workspace.files import exchange_of
from tito.workspace.hand_in import receipts_of

Tito = Callable[..., Outcome]


@pytest.fixture
def exchange(tmp_path: Path, workspace: Path) -> Exchange:
    """An exchange as an instructor makes it; the workspace knows of it."""
    made = Exchange(tmp_path / "ex change", "rec1")
    made.inbound.mkdir(parents=True)
    made.inbound.chmod(0o2733)
    made.feedback.mkdir()
    with (workspace / "tito.toml").open("a") as file:
        file.write(f'[course]\nexchange = "{made.root}"\nid = "rec1"\n')
    return made


def drops(exchange: Exchange) -> list[Path]:
    return sorted(exchange.inbound.iterdir())


def test_without_an_exchange_there_is_a_file_to_upload(
    solved: Path, toy: Lesson, tito: Tito
) -> None:
    tito("complete", 42)
    said = tito("submit", 42)
    file = solved / "handed-in" / "42_toy.ipynb"
    notebook = solved / "notebooks" / toy.notebook
    assert said.status == 0
    assert f"{file} is written: upload it" in said.out
    assert hashlib.sha256(notebook.read_bytes()).hexdigest() in said.out
    assert said.err == ""  # nothing to warn of: its checkpoint has passed
    assert file.read_bytes() == notebook.read_bytes()
    type_in(notebook, {"double": "def double(x):\n    return 2 * x\n"})
    assert tito("submit", 42).status == 0  # over what was handed in before
    assert file.read_bytes() == notebook.read_bytes()
    assert len(receipts_of(Workspace(solved), toy)) == 2
    said = tito("feedback", 42)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "where you uploaded it" in said.err


def test_a_file_of_another_making_is_not_replaced(
    solved: Path, tito: Tito, tmp_path: Path, toy: Lesson
) -> None:
    target = tmp_path / "up" / "42_toy.ipynb"
    assert tito("submit", 42, "--to", target.parent).status == 0
    target.write_text("mine")
    for folder in (target.parent, solved / "notebooks"):
        before = (folder / toy.notebook).read_bytes()
        if folder != target.parent:
            type_in(folder / toy.notebook, {"double": "def double(x):\n    return x\n"})
            before = (folder / toy.notebook).read_bytes()
        said = tito("submit", 42, "--to", folder)
        assert said.status == 1
        assert "exists, and was not handed in from here" in said.err
        assert (folder / toy.notebook).read_bytes() == before
    assert len(receipts_of(Workspace(solved), toy)) == 1


def test_a_drop_is_as_nbgrader_wants_it(
    solved: Path, exchange: Exchange, tito: Tito, toy: Lesson
) -> None:
    assert tito("submit", 42).status == 0
    (drop,) = drops(exchange)
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC"
    assert re.fullmatch(rf"[^+]+\+42_toy\+{time}\+[\w-]{{12}}", drop.name)
    assert stat.S_IMODE(drop.stat().st_mode) & 0o777 == 0o777
    files = {path.name: path.read_bytes() for path in drop.iterdir()}
    assert set(files) == {toy.notebook, "timestamp.txt", "submission_secret.txt"}
    assert files[toy.notebook] == (solved / "notebooks" / toy.notebook).read_bytes()
    assert files["timestamp.txt"].decode() == drop.name.split("+")[2]
    assert re.fullmatch(b"[0-9a-f]{128}", files["submission_secret.txt"])
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in drop.iterdir())
    (receipt,) = receipts_of(Workspace(solved), toy)
    assert receipt.place == str(drop)
    (kept,) = (solved / ".tito" / "handed-in" / toy.id).iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (None, "is as released"),
        (
            "def double(x):\n    return x +\n",
            "cannot be exported, and may earn no points",
        ),
        ("def twice(x):\n    return x\n", "there is no function double"),
        ("def double(x):\n    return 2 * x\n", "Its checkpoint has not passed: `tito complete 42`"),
    ],
)
def test_it_warns_and_hands_in_all_the_same(
    change: str | None, said: str, workspace: Path, exchange: Exchange, tito: Tito, toy: Lesson
) -> None:
    if change is not None:
        type_in(workspace / "notebooks" / toy.notebook, {"double": change})
    outcome = tito("submit", 42)
    assert outcome.status == 0
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert len(drops(exchange)) == 1


def test_a_pass_of_another_version_is_no_pass(solved: Path, tito: Tito, toy: Lesson) -> None:
    tito("complete", 42)
    path = solved / "notebooks" / toy.notebook
    type_in(path, {"double": "def double(x):\n    return 2 * x\n"})
    assert "has not passed as it is now" in tito("submit", 42).err


def test_what_is_no_notebook_is_handed_in_with_a_warning(
    solved: Path, tito: Tito, toy: Lesson
) -> None:
    (solved / "notebooks" / toy.notebook).write_text("oh no")
    said = tito("submit", 42)
    assert said.status == 0
    assert "is not JSON" in said.err
    (solved / "notebooks" / toy.notebook).unlink()
    said = tito("submit", 42)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "tito start 42" in said.err


def test_feedback_comes_when_it_is_there(
    solved: Path, exchange: Exchange, tito: Tito, toy: Lesson
) -> None:
    assert "42_toy was not handed in" in tito("feedback", 42).err
    tito("submit", 42)
    tito("submit", 42)
    said = tito("feedback", 42)
    assert said.status == 0
    assert said.out.startswith("There is no feedback yet; you handed in at")
    _, second = receipts_of(Workspace(solved), toy)
    exchange.page(second.secret, toy.id).write_text("<p>Well done.")
    said = tito("feedback", 42)
    assert said.out == f"feedback/42_toy/{second.stamp}.html\n"
    assert (solved / said.out.strip()).read_text() == "<p>Well done."


def test_an_exchange_that_is_not_there_is_a_sentence_and_leaves_no_receipt(
    solved: Path, exchange: Exchange, tito: Tito, toy: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_EDU_EXCHANGE", str(exchange.root / "other"))
    said = tito("submit", 42)
    assert (said.status, "there is no" in said.err) == (1, True)
    monkeypatch.delenv("RECSYS_EDU_EXCHANGE")
    monkeypatch.setattr("tito.workspace.hand_in.os.fsync", fails)
    said = tito("submit", 42)
    assert said.status == 1
    assert drops(exchange) == []
    assert receipts_of(Workspace(solved), toy) == []


def fails(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_damaged_receipt_is_a_sentence(
    solved: Path, exchange: Exchange, tito: Tito, toy: Lesson
) -> None:
    tito("submit", 42)
    (kept,) = (solved / ".tito" / "handed-in" / toy.id).iterdir()
    kept.write_text("{")
    said = tito("feedback", 42)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert f"{kept} is damaged" in said.err


# where it is handed in


def test_init_writes_where_it_is_handed_in(toy: Lesson, tito: Tito, tmp_path: Path) -> None:
    folder, exchange = tmp_path / "ws", tmp_path / 'odd "name'
    said = tito("init", folder, "--exchange", exchange, "--course", "rec1")
    assert f"hands in to {exchange / 'rec1'}" in said.out
    assert exchange_of(Workspace(folder)) == Exchange(exchange, "rec1")
    assert "complete" in tito("init", folder, "--exchange", exchange, "--course", "rec1").out
    said = tito("init", folder, "--exchange", exchange, "--course", "rec2")
    assert (said.status, "has a [course] already" in said.err) == (1, True)


def test_init_adds_it_to_a_workspace(workspace: Path, tito: Tito, tmp_path: Path) -> None:
    before = (workspace / "tito.toml").read_text()
    assert tito("init", "--exchange", tmp_path).status == 0
    assert (workspace / "tito.toml").read_text().startswith(before)
    assert exchange_of(Workspace(workspace)) == Exchange(tmp_path, "recsys")
    for wrong in (("--course", "x"), ("--exchange", "x", "--course", "../x")):
        assert tito("init", *wrong).status == 2


def test_the_environment_goes_before_the_file(
    workspace: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert exchange_of(Workspace(workspace)) == exchange
    monkeypatch.setenv("RECSYS_EDU_EXCHANGE", str(tmp_path))
    assert exchange_of(Workspace(workspace)) == Exchange(tmp_path, "rec1")


@pytest.mark.parametrize(
    "text", ["[course", "course = 1", "[course]\nexchange = 1", '[course]\nid = "../x"']
)
def test_what_the_file_cannot_say_is_a_sentence(
    text: str, workspace: Path, tito: Tito, toy: Lesson
) -> None:
    (workspace / "tito.toml").write_text(text)
    said = tito("submit", 42)
    assert said.status == 1
    assert "tito.toml" in said.err.splitlines()[-1]
    assert "Traceback" not in said.err
    json.loads((workspace / "notebooks" / toy.notebook).read_text())
