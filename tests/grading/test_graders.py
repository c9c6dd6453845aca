"""Several graders at once: nothing that one entered is overwritten by another."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browser.page import eventually
from tests.grading.conftest import Tito
from tests.grading.graded import autograde, graded_course
from tests.workspace.conftest import start_tito
from tito.course.lessons import find_lesson
from tito.grading.course import GradingCourse, GradingError
from tito.grading.gradebook import open_gradebook
from tito.grading.settings import SettingsError, read_settings
from tito.grading.sharing import share_of, waiting

SETTINGS = (
    '[graders]\nann = { sections = ["Sec 1"] }\nbob = { questions = ["stale_row"] }\n'
    'nil = { sections = ["Sec 9"] }\nall = {}\n'
)
ANSWERS = ("cost_of_a_triple", "stale_row", "addressed_draws")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> GradingCourse:
    bpr = find_lesson("bpr")
    folder = tmp_path_factory.mktemp("graders")
    made = graded_course(folder / "course", bpr, settings=SETTINGS)
    for student in ("ada", "ben"):
        autograde(made, bpr, student, answers=dict.fromkeys(ANSWERS, "Because."))
    text = "id,section\nada,Sec 1\nben,Sec 2\n"
    (made.root / "students.csv").write_text(text, encoding="utf-8")
    return made


class Desk:
    """One grader's server, and a browser's requests to it."""

    def __init__(self, origin: str, token: str) -> None:
        self.origin, self.headers = origin, {"Authorization": f"token {token}"}

    def get(self, path: str) -> Any:
        url = f"{self.origin}/formgrader/api/{path}"
        return requests.get(url, headers=self.headers, timeout=60).json()

    def open(self, student: str, kind: str = "grades") -> dict[str, Any]:
        """Load a submission's page; return its boxes by question."""
        books = self.get("submitted_notebooks/05_bpr/05_bpr")
        (number,) = (book["id"] for book in books if book["student"] == student)
        return {box["name"]: box for box in self.get(f"{kind}?submission_id={number}")}

    def save(self, box: dict[str, Any], kind: str = "grade", **values: object) -> requests.Response:
        url = f"{self.origin}/formgrader/api/{kind}/{box['id']}"
        return requests.put(url, json={**box, **values}, headers=self.headers, timeout=60)


@contextmanager
def desk(course: GradingCourse, log: Path, *options: str) -> Iterator[Desk]:
    with log.open("w") as output:
        arguments = ("grade", "review", 5, "--no-browser", *options)
        process = start_tito(*arguments, cwd=course.root, output=output)
    try:
        found = eventually(
            lambda: re.findall(r"(http://[\d.:]+)/\S+\?token=(\S+)", log.read_text()), "address"
        )
        yield Desk(*found[0])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_a_box_that_another_has_filled_is_not_overwritten(
    course: GradingCourse, tmp_path: Path
) -> None:
    with desk(course, tmp_path / "1") as one, desk(course, tmp_path / "2") as other:
        mine, theirs = one.open("ada"), other.open("ada")
        assert one.save(mine["stale_row"], manual_score=3).status_code == 200
        late = other.save(theirs["stale_row"], manual_score=1)
        assert late.status_code == 409
        assert "somebody else has changed stale_row" in late.json()["error"]
        assert other.save(theirs["addressed_draws"], manual_score=2).status_code == 200
        assert one.save(mine["stale_row"], manual_score=2.5).status_code == 200  # one's own
        again = other.open("ada")
        assert again["stale_row"]["manual_score"] == 2.5
        assert other.save(again["stale_row"], manual_score=1).status_code == 200
        said, heard = one.open("ada", "comments"), other.open("ada", "comments")
        one.save(said["stale_row"], "comment", manual_comment="Good.")
        late = other.save(heard["stale_row"], "comment", manual_comment="Bad.")
        assert late.status_code == 409
    with open_gradebook(course) as gradebook:
        found = gradebook.find_grade("stale_row", "05_bpr", "05_bpr", "ada")
        comment = gradebook.find_comment("stale_row", "05_bpr", "05_bpr", "ada")
        assert (found.manual_score, comment.manual_comment) == (1, "Good.")


def test_a_grader_marks_a_share_only(course: GradingCourse, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with desk(course, log, "--as", "bob") as bob:
        boxes = bob.open("ben")
        refused = bob.save(boxes["cost_of_a_triple"], manual_score=3)
        assert refused.status_code == 403
        assert "not among the questions of bob" in refused.json()["error"]
        assert bob.save(boxes["stale_row"], manual_score=3).status_code == 200
        strange = bob.save({"id": "nothing"}, manual_score=3)
        assert strange.status_code == 404
        anonymous = Desk(bob.origin, "wrong").save(boxes["stale_row"], manual_score=0)
        assert anonymous.status_code in (302, 403)
    assert "Waiting for bob: stale_row: " in log.read_text()
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("cost_of_a_triple", "05_bpr", "05_bpr", "ben")
        assert grade.manual_score is None
        grade = gradebook.find_grade("stale_row", "05_bpr", "05_bpr", "ben")
        assert grade.manual_score == 3


def test_shares_are_by_section_or_by_question(course: GradingCourse) -> None:
    ann, bob, everything = (share_of(course, name) for name in ("ann", "bob", ""))
    assert ann.problem("ada", "stale_row") == ""
    assert "section 'Sec 2' is not among those of ann" in ann.problem("ben", "stale_row")
    assert "section ''" in ann.problem("stranger", "stale_row")
    assert bob.problem("ben", "stale_row") == ""
    assert everything.problem("ben", "cost_of_a_triple") == ""
    with open_gradebook(course) as gradebook:
        assert set(waiting(gradebook, "05_bpr", share_of(course, "all"))) <= set(ANSWERS)


@pytest.mark.parametrize(
    ("grader", "message"),
    [("eve", "has no eve; there are: ann, bob, nil, all"), ("nil", "is in section 'Sec 9'")],
)
def test_a_share_that_does_not_exist_is_refused(
    course: GradingCourse, grader: str, message: str
) -> None:
    with pytest.raises(GradingError) as caught:
        share_of(course, grader)
    assert message in str(caught.value)


def test_an_unknown_grader_starts_no_server(
    course: GradingCourse, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    done = tito("grade", "review", "5", "--no-browser", "--as", "eve")
    assert (done.status, "[graders] has no eve" in done.err) == (1, True)


@pytest.mark.parametrize(
    "text",
    [
        "graders = 3",
        "[graders]\na = 3",
        "[graders]\na = { x = [] }",
        '[graders]\na = { sections = "S" }',
    ],
)
def test_settings_of_another_kind_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "grading.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="graders"):
        read_settings(path)
