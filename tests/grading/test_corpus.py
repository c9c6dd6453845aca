"""The corpus through the real grader: exact marks; nothing is told, touched or stopped."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from tests.course.toy_named import write_toy_with_calls
from tests.grading.attacks import FORGERIES
from tests.grading.conftest import alembic_version, environment
from tests.grading.corpus import submissions
from tests.grading.forge import SECRET, Forge, Submission, packed
from tests.jail.conftest import needs_bubblewrap
from tito.authoring.build import build
from tito.authoring.mutants import mutants_of
from tito.course.lessons import Lesson, find_lesson
from tito.grading.autograding.batch import autograde
from tito.grading.autograding.grade import grade_submission, key_of
from tito.grading.autograding.outcome import NOT_GRADABLE, Outcome
from tito.grading.autograding.replay import replay
from tito.grading.course import GradingCourse, create_grading_course
from tito.grading.gradebook import gradebook_url
from tito.grading.pages.feedback import make_feedback
from tito.grading.prepare import prepare
from tito.judging.connection import Connection
from tito.wire.values import arrays_in

pytestmark = needs_bubblewrap
LIMITS = """
[limits]
cell_seconds = 5
call_seconds = 5
judge_seconds = 60
memory_mib = 1024
"""
QUICK = (
    "solved", "untouched", "mutant-0", "test-twice", "no-ids-either", "syntax", "fifo", "link",
    "stamp-of-words", "equal-to-all", "other-frames", "question-changed", "tells-what-it-got",
    "writes-gradebook", "top-exits", "prints-surrogates", "large-outputs", "now-a-page",
)  # fmt: skip
"""Some of each kind, for every run of the tests."""
HOLES = ("stamp-of-words", "stamp-linked", "secret-linked")
"""What the grader does not stand yet: kept out of the batch, which it would stop."""


@dataclass
class Graded:
    """A batch that was graded."""

    course: GradingCourse
    lesson: Lesson
    expected: dict[str, Submission]
    outcomes: dict[str, Outcome]
    canary: Path
    before: dict[str, tuple[bytes, float]]
    calls: int
    """How many have called at the port."""


def _contents(folder: Path) -> dict[str, tuple[bytes, float]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _course(folder: Path, lesson: Lesson) -> GradingCourse:
    course, _ = create_grading_course(folder)
    (folder / "grading.toml").write_text(LIMITS, encoding="utf-8")
    prepare(course, lesson)
    return course


def _toy(folder: Path, patch: pytest.MonkeyPatch) -> Lesson:
    lesson = write_toy_with_calls(folder)
    build([lesson], folder)
    patch.setenv("RECSYS_EDU_COURSE", str(folder))
    return lesson


def _graded(folder: Path, lesson: Lesson, only: tuple[str, ...] = ()) -> Graded:
    canary = folder / "outside"
    canary.mkdir()
    (canary / "gradebook.db").write_text(SECRET)
    (canary / "release.ipynb").write_text(SECRET)
    course = _course(folder / "grading", lesson)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        wanted = [
            submission
            for submission in submissions(lesson, canary, port)
            if (not only or submission.name in only) and submission.name not in HOLES
        ]
        for submission in wanted:
            path = course.submission(lesson, submission.name).submitted
            path.parent.mkdir(parents=True)
            submission.write(path)
        before = _contents(canary)
        names = [submission.name for submission in wanted]
        found = list(autograde(course, lesson, names, jobs=2))
        calls = 0
        try:
            server.accept()[0].close()
            calls = 1
        except BlockingIOError:
            pass
    outcomes = {progress.outcome.student: progress.outcome for progress in found}
    expected = {submission.name: submission for submission in wanted}
    return Graded(course, lesson, expected, outcomes, canary, before, calls)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("toy", QUICK), id="quick"),
        pytest.param(("toy", ()), id="toy", marks=pytest.mark.slow),
        pytest.param(("05", ()), id="05", marks=pytest.mark.slow),
    ],
)
def graded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Graded]:
    name, only = request.param
    folder = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", alembic_version)
        lesson = _toy(folder / "course", patch) if name == "toy" else find_lesson(name)
        yield _graded(folder, lesson, only)


def test_each_earns_what_it_is_worth(graded: Graded) -> None:
    wrong = {}
    for name, submission in graded.expected.items():
        outcome = graded.outcomes[name]
        earned = frozenset(mark.grade_id for mark in outcome.marks if mark.passed)
        found = None if outcome.status == NOT_GRADABLE else earned - submission.unsure
        if found != submission.earned:
            wrong[name] = (found, submission.earned, outcome.why)
    assert not wrong


def test_the_mutants_alone_have_a_name(graded: Graded) -> None:
    """A submission that earns all points has none, and none has that of another mistake."""
    known = {f"mutant-{n}": mutant for n, mutant in enumerate(mutants_of(graded.lesson))}
    for name, outcome in graded.outcomes.items():
        named = {m.grade_id: m.misconception for m in outcome.marks if m.misconception}
        mutant = known.get(name)
        if mutant is None and graded.expected[name].kind == "honest":
            assert named == {}, name
        if mutant is not None and mutant.grade_id not in (graded.expected[name].earned or ()):
            assert mutant.name in named[mutant.grade_id], name
        assert not any(mark.passed and mark.misconception for mark in outcome.marks), name


def test_none_stops_the_batch(graded: Graded) -> None:
    assert graded.outcomes.keys() == graded.expected.keys()
    failed = [o.why for o in graded.outcomes.values() if "the grader" in o.why]
    assert not failed


def test_the_gradebook_has_just_these_marks(graded: Graded) -> None:
    course, lesson = graded.course, graded.lesson
    wrong = {}
    with Gradebook(gradebook_url(course.gradebook), course.settings.course.id) as gradebook:
        for name, outcome in graded.outcomes.items():
            if outcome.status == NOT_GRADABLE:
                continue
            notebook = gradebook.find_submission_notebook(lesson.id, lesson.id, name)
            scores = {grade.name: grade.auto_score for grade in notebook.grades}
            entered = sum(scores.get(mark.grade_id) or 0 for mark in outcome.marks)
            if entered != outcome.earned or sum(filter(None, scores.values())) != outcome.earned:
                wrong[name] = (scores, outcome.earned)
    assert not wrong


def test_nothing_outside_was_touched_or_told(graded: Graded) -> None:
    assert _contents(graded.canary) == graded.before
    assert graded.calls == 0
    for path in graded.course.root.rglob("*"):
        if path.is_file() and not path.is_symlink() and "submitted" not in path.parts:
            assert SECRET.encode() not in path.read_bytes(), path


def test_what_graders_see_is_a_notebook(graded: Graded) -> None:
    """Of nbformat's schema, and in UTF-8 from end to end."""
    import nbformat

    for name, outcome in graded.outcomes.items():
        if outcome.notebook is None:
            continue
        submission = graded.course.submission(graded.lesson, name)
        content = submission.autograded.read_text(encoding="utf-8")
        notebook = nbformat.reads(content, as_version=4)
        nbformat.validate(notebook)
        nbformat.writes(notebook).encode("utf-8")


def test_everybody_gets_a_page_that_does_nothing(graded: Graded) -> None:
    pages = make_feedback(graded.course, graded.lesson, partial=True)
    assert not [(page.student, page.problem) for page in pages if page.problem]
    assert {page.student for page in pages} == {
        name for name, outcome in graded.outcomes.items() if outcome.notebook is not None
    }
    for page in pages:
        submission = graded.course.submission(graded.lesson, page.student)
        text = submission.feedback.read_text(encoding="utf-8")
        assert SECRET not in text
        assert "<script>alert(1)" not in text
        assert "<svg onload" not in text


@pytest.mark.parametrize("name", HOLES)
def test_what_lies_beside_a_notebook_stops_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = _toy(tmp_path / "course", monkeypatch)
    course = _course(tmp_path / "grading", lesson)
    canary = tmp_path / "outside"
    canary.mkdir()
    (canary / "gradebook.db").write_text(SECRET)
    (submission,) = (s for s in submissions(lesson, canary) if s.name == name)
    path = course.submission(lesson, name).submitted
    path.parent.mkdir(parents=True)
    submission.write(path)
    (progress,) = autograde(course, lesson, [name], jobs=1)
    assert progress.outcome.notebook is not None
    for beside in course.submission(lesson, name).autograded.parent.iterdir():
        assert SECRET.encode() not in beside.read_bytes()


# Does a forgery work where the code that is judged and what judges it share a process? ------------

_IN_ONE_PROCESS = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for number, source in enumerate(json.load(sys.stdin)):
    result = shell.run_cell(source)
print("PASSED" if result is None or result.success else "FAILED")
"""


@pytest.mark.parametrize("attack", [a for a in FORGERIES if a.fools], ids=lambda a: a.name)
def test_forgeries_fool_a_test_in_the_same_process(
    attack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = Forge(_toy(tmp_path, monkeypatch))
    notebook = forge.instead(attack.body, attack.above)
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    done = subprocess.run(
        [sys.executable, "-c", _IN_ONE_PROCESS],
        input=json.dumps(["".join(source) for source in code]),
        capture_output=True,
        text=True,
        timeout=60,
        env={**environment, "IPYTHONDIR": str(tmp_path)},
        check=False,
    )
    assert done.stdout.rstrip().endswith("PASSED"), done.stdout + done.stderr


# Hidden inputs ------------------------------------------------------------------------------------


def _traces(calls: list[Any]) -> Iterator[bytes]:
    """What would show that somebody has seen an input: as text, as bytes and in base64."""
    for call in calls:
        for array in arrays_in(call):
            raw = array.tobytes()
            if len(raw) >= 12 and any(raw) and len(set(raw)) > 3:
                yield raw
                yield base64.b64encode(raw)[:-4]
                yield raw.hex().encode()
            if array.dtype.kind == "f":
                for value in array.ravel()[:50].tolist():
                    digits = re.match(r"\d+\.0*[1-9]\d{5}", repr(abs(value)))
                    if digits:
                        yield digits[0].encode()


@pytest.mark.parametrize("name", ["raises-what-it-got", "tells-what-it-got"])
def test_hidden_inputs_are_told_to_nobody(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = _toy(tmp_path / "course", monkeypatch)
    course = _course(tmp_path / "grading", lesson)
    (attack,) = (a for a in FORGERIES if a.name == name)
    forge = Forge(lesson)
    eve = course.submission(lesson, "eve")
    path = eve.submitted
    path.parent.mkdir(parents=True)
    path.write_bytes(packed(forge.instead(attack.body, attack.above)))
    calls: list[Any] = []
    call_it = Connection.call

    def recorded(self: Connection, function: str, args: Any, kwargs: Any, **more: Any) -> Any:
        calls.append([list(args), kwargs])
        return call_it(self, function, args, kwargs, **more)

    monkeypatch.setattr(Connection, "call", recorded)
    outcome = grade_submission(eve, {})
    assert calls
    assert not any(mark.passed for mark in outcome.marks)
    replay(eve, outcome, key_of(eve))
    traces = {*_traces(calls)}
    if name == "raises-what-it-got":  # else the test would look for the wrong thing
        assert any(trace in mark.details.encode() for trace in traces for mark in outcome.marks)
    places = [course.release(lesson), eve.autograded, course.gradebook]
    for place in places:
        content = place.read_bytes()
        told = [trace for trace in traces if trace in content]
        assert not told, (place, told[:3])
    shown = json.dumps(outcome.notebook).encode()
    assert not [trace for trace in traces if trace in shown]
