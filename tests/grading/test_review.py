"""The form grader's server: what it serves, to whom, and what it will not do."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from tests.browser.page import eventually
from tests.grading.conftest import Tito
from tests.grading.graded import autograde, graded_course
from tests.workspace.conftest import start_tito
from tito.course.lessons import find_lesson
from tito.grading.course import GradingCourse


class Server(NamedTuple):
    origin: str
    page: str
    token: str
    session: requests.Session
    course: GradingCourse


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The form grader at lesson 05, by `tito grade review`."""
    folder: Path = tmp_path_factory.mktemp("review")
    bpr = find_lesson("bpr")
    course = graded_course(folder / "course", bpr)
    autograde(course, bpr, "ada")
    log = folder / "log"
    with log.open("w") as output:
        process = start_tito("grade", "review", 5, "--no-browser", cwd=course.root, output=output)
    try:
        address = eventually(
            lambda: re.findall(r"(http://[\d.:]+)(/\S+)\?token=(\S+)", log.read_text()),
            "address",
        )[0]
        with requests.Session() as session:
            yield Server(*address, session, course)
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(60)
    assert (status, log.read_text().endswith("Ended.\n")) == (0, True)


def test_the_address_opens_the_lesson_and_another_needs_the_token(server: Server) -> None:
    assert server.page == "/formgrader/gradebook/05_bpr/05_bpr"
    answer = server.session.get(server.origin + server.page, params={"token": server.token})
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    for path in (server.page, "/formgrader/api/students"):
        without = requests.get(server.origin + path, allow_redirects=False, timeout=60)
        assert without.status_code in (302, 403)
    elsewhere = {"Host": "evil.example", "Authorization": f"token {server.token}"}
    refused = requests.get(server.origin + server.page, headers=elsewhere, timeout=60)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/api/contents", "/api/kernels", "/api/kernelspecs", "/api/sessions", "/api/terminals",
     "/api/shutdown", "/lab", "/tree", "/nbconvert/html/x", "/notebooks/x", "/files/.secret"],
)  # fmt: skip
def test_nothing_else_is_served(server: Server, path: str) -> None:
    headers = {"Authorization": f"token {server.token}"}
    assert requests.get(server.origin + path, headers=headers, timeout=60).status_code == 404


def test_a_students_page_may_run_only_what_is_in_its_head(server: Server) -> None:
    headers = {"Authorization": f"token {server.token}"}
    listed = server.origin + "/formgrader/api/submitted_notebooks/05_bpr/05_bpr"
    (found,) = requests.get(listed, headers=headers, timeout=60).json()
    page = f"{server.origin}/formgrader/submissions/{found['id']}/"
    first, second = (requests.get(page, headers=headers, timeout=60) for _ in range(2))
    policies = [answer.headers["Content-Security-Policy"] for answer in (first, second)]
    (number,) = re.findall(r"'nonce-([^']+)'", policies[0])
    assert "'unsafe-inline'" not in policies[0].partition("script-src")[2]
    assert number not in policies[1]
    head, _, body = first.text.partition("</head>")
    assert f'<script nonce="{number}"' in head
    assert number not in body


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("submission/05_bpr/ada/autograde", "autograde"),
        ("assignment/05_bpr/assign", "build"),
        ("assignment/05_bpr/collect", "collect"),
        ("assignment/05_bpr/ada/generate_feedback", "feedback"),
    ],
)
def test_buttons_that_would_run_something_name_the_command(
    server: Server, path: str, command: str
) -> None:
    before = server.course.submission(find_lesson("bpr"), "ada").autograded.read_bytes()
    headers = {"Authorization": f"token {server.token}"}
    url = f"{server.origin}/formgrader/api/{path}"
    answer = requests.post(url, headers=headers, timeout=60).json()
    assert answer["success"] is False
    assert f"`tito grade {command}`" in answer["error"]
    assert server.course.submission(find_lesson("bpr"), "ada").autograded.read_bytes() == before


def test_a_lesson_of_which_nothing_is_graded_is_said_before_anything_starts(
    server: Server, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(server.course.root)
    done = tito("grade", "review", "4", "--no-browser")
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert "nothing of 04_factorization is graded: run `tito grade autograde 4`" in done.err


def test_a_comment_is_kept_by_the_page_and_by_nobody_else(server: Server) -> None:
    url = f"{server.origin}/formgrader/tito/comments"
    headers = {"Authorization": f"token {server.token}"}
    asked = {"lesson": "05_bpr", "question": "stale_row", "comment": "Which row?"}
    assert requests.post(url, json=asked, timeout=60).status_code in (302, 403)
    wrong = requests.post(url, json={**asked, "comment": 5}, headers=headers, timeout=60)
    assert wrong.status_code == 400
    assert not (server.course.root / "comments.csv").exists()
    answer = requests.post(url, json=asked, headers=headers, timeout=60)
    assert answer.json() == {"said": "The comment is kept.", "comments": ["Which row?"]}
    empty = requests.post(url, json={**asked, "comment": " "}, headers=headers, timeout=60)
    assert (empty.status_code, empty.json()["said"][:5]) == (400, "Write")
    script = f"{server.origin}/formgrader/tito/form_grader.js"
    assert requests.get(script, allow_redirects=False, timeout=60).status_code in (302, 403)
    assert "keep-comment" in requests.get(script, headers=headers, timeout=60).text
