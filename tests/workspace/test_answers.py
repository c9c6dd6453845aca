"""`tito answers`: refused before its time, and then beside the learner's own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsys_edu.workspace import Workspace
from tests.course.learner import type_in
from tests.workspace.conftest import Outcome, start_tito
from tito.authoring.answers import write_answers_project
from tito.course.exchange import Exchange
from tito.course.lessons import Lesson
from tito.workspace.study import load_study

Tito = Callable[..., Outcome]
MODEL = "return x + x"


@pytest.fixture(autouse=True)
def installed(toy: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy's answers where Python finds them; returns the lesson's file."""
    write_answers_project([toy], tmp_path / "answers")
    monkeypatch.syspath_prepend(str(tmp_path / "answers"))
    return tmp_path / "answers" / "recsys_edu_answers" / "42_toy.json"


@pytest.fixture
def passed(workspace: Path, toy: Lesson, tito: Tito) -> Path:
    """A workspace in which an answer of the learner's own has passed."""
    type_in(
        workspace / "notebooks" / toy.notebook, {"double": "def double(x):\n    return 2 * x\n"}
    )
    assert tito("complete", 42).status == 0
    return workspace


@pytest.fixture
def in_a_class(workspace: Path, tmp_path: Path) -> Exchange:
    """The exchange of a class, whose workspace this is."""
    made = Exchange(tmp_path / "exchange", "rec1")
    made.folder.mkdir(parents=True)
    with (workspace / "tito.toml").open("a") as file:
        file.write(f'[course]\nexchange = "{made.root}"\nid = "rec1"\n')
    return made


def sets_date(exchange: Exchange, lesson: Lesson, opening: datetime | str) -> None:
    text = opening if isinstance(opening, str) else opening.isoformat()
    exchange.answers.write_text(json.dumps({"answers": {lesson.id: text}}))


def refusal(said: Outcome) -> str:
    """The one sentence of a refusal, which shows nothing."""
    assert (said.status, said.err.count("\n"), said.out) == (1, 1, "")
    assert MODEL not in said.err
    return said.err


def test_before_the_checkpoint_it_says_what_is_missing(
    workspace: Path, toy: Lesson, tito: Tito
) -> None:
    notebook = workspace / "notebooks" / toy.notebook
    assert "nothing is written yet" in refusal(tito("answers", 42))
    content = notebook.read_bytes()
    notebook.unlink()
    assert "`tito start 42` opens it" in refusal(tito("answers", 42))
    notebook.write_bytes(content)
    type_in(notebook, {"double": "def double(x):\n    return 2.0 * x[:1]\n"})  # fails on others
    assert "`tito test 42` shows which" in refusal(tito("answers", 42))
    assert tito("test", 42).status == 0
    assert "`tito complete 42` does all that is left" in refusal(tito("answers", 42))
    assert tito("export", 42).status == 0
    assert "`tito checkpoint 42` has not run" in refusal(tito("answers", 42))
    assert tito("checkpoint", 42).status == 1
    assert "its checkpoint failed" in refusal(tito("answers", 42))
    refusal(tito("answers", 42, "--mark", "why", 1))
    assert not (workspace / "answers").exists()


def test_afterwards_both_answers_are_shown(passed: Path, tito: Tito) -> None:
    said = tito("answers", 42)
    assert said.status == 0
    yours, model = said.out.index("return 2 * x"), said.out.index(MODEL)
    assert yours < model
    assert "Because." in said.out
    assert "1 point: says why." in said.out
    assert "Points: 2/2 by tests, -/1 for questions." in said.out
    assert '"""' not in said.out  # both have the same docstring
    assert "\x1b" not in said.out  # this is no terminal


def test_it_stays_open_when_the_work_goes_on(passed: Path, toy: Lesson, tito: Tito) -> None:
    type_in(passed / "notebooks" / toy.notebook, {"double": "def double(x):\n    return x\n"})
    tito("export", 42)
    assert tito("checkpoint", 42).status == 1
    assert tito("answers", 42).status == 0


def test_one_part_or_question_can_be_named(passed: Path, tito: Tito) -> None:
    for part in ("1", "double", "test_double"):
        said = tito("answers", 42, part).out
        assert MODEL in said
        assert "Because." not in said
    said = tito("answers", 42, "why").out
    assert "Because." in said
    assert MODEL not in said
    other = tito("answers", 42, "halve")
    assert "there is no part 'halve'; parts: 1: double; questions: why." in refusal(other)


def test_a_page_has_both_and_runs_nothing(passed: Path, toy: Lesson, tito: Tito) -> None:
    evil = 'def double(x):\n    "</pre><script>alert(1)</script>\ud800\x1b[31m"\n    return 2 * x\n'
    type_in(passed / "notebooks" / toy.notebook, {"double": evil, "why": "<img src=x onerror=y>"})
    assert tito("answers", 42, "why").status == 0
    page = (passed / "answers" / "42_toy.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]*>", "", page)
    assert "return 2 * x" in text
    assert MODEL in text
    assert "Because." in text
    assert not re.search(r"<(script|img)", page)
    assert "\x1b" not in page + tito("answers", 42).out
    assert "width=device-width" in page


def test_a_page_of_another_making_is_not_replaced(passed: Path, tito: Tito) -> None:
    page = passed / "answers" / "42_toy.html"
    page.parent.mkdir()
    page.write_text("mine")
    assert "is a file of another making" in refusal(tito("answers", 42))
    assert page.read_text() == "mine"


def test_answers_of_one_own_without_a_cell(passed: Path, toy: Lesson, tito: Tito) -> None:
    notebook = passed / "notebooks" / toy.notebook
    notebook.unlink()
    said = tito("answers", 42)
    assert said.out.count("(your notebook has no such cell)") == 2
    notebook.write_text("{")
    assert "is not JSON" in refusal(tito("answers", 42))


def test_marks_are_kept_and_counted(passed: Path, tito: Tito) -> None:
    assert "-/1" in tito("status").out
    said = tito("answers", 42, "--mark", "why", "0.5")
    assert "why: 0.5 of 1 points." in said.out
    assert "0.5/1" in tito("status").out
    assert "you gave 0.5" in tito("answers", 42).out
    assert load_study(Workspace(passed)).of("42_toy").questions == {"why": 0.5}


@pytest.mark.parametrize(
    ("name", "points", "why"),
    [
        ("why", "2", "has 0 to 1 points"),
        ("why", "-1", "has 0 to 1 points"),
        ("why", "0.3", "whole or half"),
        ("why", "nan", "has 0 to 1 points"),
        ("who", "1", "questions: why."),
        ("double", "1", "questions: why."),
    ],
)
def test_marks_that_cannot_be_are_refused(
    passed: Path, tito: Tito, name: str, points: str, why: str
) -> None:
    assert why in refusal(tito("answers", 42, "--mark", name, points))
    assert load_study(Workspace(passed)).of("42_toy").questions == {}


def test_a_class_sees_them_from_the_courses_date_on(
    passed: Path, in_a_class: Exchange, toy: Lesson, tito: Tito
) -> None:
    assert "has not set a date" in refusal(tito("answers", 42))
    assert "tito answers" not in tito("complete", 42).out
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    sets_date(in_a_class, toy, tomorrow)
    shown = tomorrow.astimezone().strftime("%Y-%m-%d %H:%M")
    assert f"from {shown}" in refusal(tito("answers", 42))
    sets_date(in_a_class, toy, datetime.now(UTC) - timedelta(seconds=5))
    assert MODEL in tito("answers", 42).out


def test_the_date_is_for_those_who_have_not_passed_too(
    workspace: Path, in_a_class: Exchange, toy: Lesson, tito: Tito
) -> None:
    sets_date(in_a_class, toy, datetime.now(UTC) - timedelta(days=1))
    assert MODEL in tito("answers", 42).out


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"answers": 3}', '{"answers": {"42_toy": "soon"}}', "null"]
)
def test_a_date_that_cannot_be_read_opens_nothing(
    passed: Path, in_a_class: Exchange, tito: Tito, text: str
) -> None:
    in_a_class.answers.write_text(text)
    assert "cannot be read: tell your instructor" in refusal(tito("answers", 42))


def test_an_exchange_that_is_away_opens_nothing(
    passed: Path, in_a_class: Exchange, tito: Tito
) -> None:
    in_a_class.folder.rmdir()
    assert "is [course] in tito.toml, or RECSYS_EDU_EXCHANGE, right?" in refusal(
        tito("answers", 42)
    )


def test_the_exchange_of_the_environment_has_the_date_too(
    passed: Path, toy: Lesson, tmp_path: Path, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Exchange(tmp_path / "exchange")
    exchange.folder.mkdir(parents=True)
    monkeypatch.setenv("RECSYS_EDU_EXCHANGE", str(exchange.root))
    assert "has not set a date" in refusal(tito("answers", 42))
    sets_date(exchange, toy, datetime.now(UTC) - timedelta(hours=1))
    assert tito("answers", 42).status == 0


def test_answers_that_are_not_there_are_one_sentence(
    passed: Path, installed: Path, tito: Tito
) -> None:
    installed.write_text("{}")
    assert "is damaged: run `pip install" in refusal(tito("answers", 42))
    installed.unlink()
    assert "is of another course" in refusal(tito("answers", 42))


def on_a_terminal(passed: Path, answers: Path) -> str:
    """What `tito answers` shows on a terminal, as the environment says."""
    ours, theirs = os.openpty()
    with open(theirs, "w") as terminal, open(ours, "rb", buffering=0) as screen:  # noqa: PTH123
        place = f"import sys; sys.path.insert(0, {str(answers)!r})"
        process = start_tito("answers", 42, cwd=passed, code=place, output=terminal)
        assert process.wait(60) == 0
        return os.read(screen.fileno(), 60_000).decode()


@pytest.mark.parametrize(("columns", "together"), [(180, True), (80, False)])
def test_a_wide_terminal_has_them_side_by_side(
    passed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, together: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    coloured = on_a_terminal(passed, tmp_path / "answers")
    assert "\x1b[" in coloured
    shown = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "return 2 * x" in shown
    lines = [line for line in shown.splitlines() if MODEL in line]
    assert len(lines) == 1
    assert ("return 2 * x" in lines[0]) == together
    assert all(len(line) <= columns for line in shown.splitlines() if "page" not in line)


@pytest.mark.parametrize("variable", ["NO_COLOR=1", "TERM=dumb", "JPY_PARENT_PID=1"])
def test_a_plain_terminal_gets_no_codes(
    passed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(*variable.split("="))
    shown = on_a_terminal(passed, tmp_path / "answers")
    assert MODEL in shown
    assert "\x1b" not in shown
