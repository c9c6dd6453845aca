"""``tito grade autograde``: marks come from the clauses alone, and nothing stops the batch."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from recsys_edu.errors import WorkspaceError
from tests.grading.conftest import Tito, configure
from tests.grading.pair import cell_of, hand_in, solved, with_cell
from tests.grading.results import marks_in, outcome_of, said_by, shown
from tests.jail.conftest import needs_bubblewrap
from tito.course.lessons import Lesson
from tito.grading.autograding import batch
from tito.grading.autograding.batch import autograde
from tito.grading.autograding.outcome import NOT_GRADABLE, outcome_store
from tito.grading.course import GradingCourse, GradingError, create_grading_course
from tito.grading.gradebook import open_gradebook
from tito.grading.prepare import prepare
from tito.jail import machine_lock
from tito.workspace.lock import writing

pytestmark = needs_bubblewrap


@pytest.fixture
def course(pair: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GradingCourse:
    """The instructor's folder, in which this process stands; the lesson is prepared."""
    made, _ = create_grading_course(tmp_path / "grading")
    monkeypatch.chdir(made.root)
    monkeypatch.setattr(batch, "font_list", dict)  # nothing is plotted
    prepare(made, pair)
    return made


def test_marks_are_those_of_the_clauses(course: GradingCourse, pair: Lesson, tito: Tito) -> None:
    right = solved(pair)
    bold = "def halve(x):\n    raise ValueError('\\x1b[1mbold')\n"
    wrong = with_cell(right, "halve", bold)
    visible = with_cell(right, "double", "def double(x):\n    return x * 0 + 2\n")
    hand_in(course, pair, "ada", right)
    hand_in(course, pair, "ben", wrong)
    hand_in(course, pair, "cyd", visible)  # what the visible test asks, and no more
    hand_in(course, pair, "dan", pair.release.read_bytes())
    hand_in(course, pair, "eve", b"no notebook")
    said = tito("grade", "autograde", "42", "--jobs", 2)
    assert said.status == 1, said  # there is one that a person has to look at
    assert "eve: not gradable\n    it is a text, and no notebook." in said.out
    assert "dan: partly graded, 0 of 5 by tests\n    Nothing was written: all" in said.out
    assert "5 submissions: 3 graded, 1 not gradable, 1 partly graded; 5 of them" in said.out
    assert marks_in(course, pair, "ada") == {"test_double": 2, "test_halve": 3, "why": None}
    assert marks_in(course, pair, "ben") == {"test_double": 2, "test_halve": 0, "why": None}
    assert marks_in(course, pair, "cyd") == {"test_double": 0, "test_halve": 3, "why": None}
    assert marks_in(course, pair, "dan") == {"test_double": 0, "test_halve": 0, "why": 0}
    assert not course.submission(pair, "eve").autograded.exists()
    full = tito("grade", "report", "42", "ben")
    assert "✓ test_double (2)" in full.out
    assert "✗ test_halve (3)\n      halve raised ValueError: \\x1b[1mbold" in full.out


def test_what_students_get_quotes_no_hidden_input(
    course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    spy = (
        "KEPT = []\n\ndef halve(x):\n    KEPT.append(x.tolist())\n    print(KEPT)\n"
        "    raise type(f'E{x[0]!r}', (ValueError,), {})(repr(KEPT))\n"
    )
    hand_in(course, pair, "ada", with_cell(solved(pair), "halve", spy))
    list(autograde(course, pair, ["ada"], jobs=1))
    found = next(m for m in outcome_of(course, pair, "ada").marks if m.grade_id == "test_halve")
    number = found.details.split("[[")[1].split(",")[0]
    assert len(number) > 10
    text = course.submission(pair, "ada").autograded.read_text()
    assert number not in text
    assert number[:8] not in text
    assert tito("grade", "feedback", "42", "--partial").status == 0
    marks = tito("grade", "export", "--partial", "--cells").out
    assert "test_halve" in marks
    page = course.submission(pair, "ada").feedback.read_text(encoding="utf-8")
    assert "inputs that you have not seen" in page
    for received in (page, marks, course.release(pair).read_text(encoding="utf-8")):
        assert number[:8] not in received
    cell = cell_of(json.loads(text), "test_halve")
    assert "it raised an error for inputs that you have not seen" in said_by(cell)
    assert "Half of any array." in said_by(cell)


def test_the_visible_test_is_shown_and_gives_no_points(course: GradingCourse, pair: Lesson) -> None:
    """Whatever a cell shows means nothing to nbgrader, unless it is the verdict."""
    loud = (
        "import sys, warnings\n\ndef double(x):\n    warnings.warn('oh')\n"
        "    print('hello', file=sys.stderr)\n    return x + x\n"
    )
    crash = "def halve(x):\n    return x / 2 if len(x) > 1 else 1 / 0\n"
    hand_in(course, pair, "ada", with_cell(with_cell(solved(pair), "double", loud), "halve", crash))
    list(autograde(course, pair, ["ada"], jobs=1))
    assert marks_in(course, pair, "ada") == {"test_double": 2, "test_halve": 3, "why": None}
    content = shown(course, pair, "ada")
    assert "hello" in said_by(cell_of(content, "test_double"))
    halve = cell_of(content, "test_halve")
    assert "ZeroDivisionError" in said_by(halve)
    assert {output["output_type"] for output in halve["outputs"]} == {"stream"}
    assert {output["name"] for output in halve["outputs"]} == {"stdout"}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def double(x:\n    return x", "SyntaxError"),
        ("import os\nos._exit(0)", "ended the process"),
        ("raise SystemExit", "SystemExit"),
        ("while True: pass", "had not answered after 2 s"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_cell_that_cannot_be_loaded_costs_its_own_points_only(
    source: str, why: str, course: GradingCourse, pair: Lesson
) -> None:
    configure(course, "[limits]\ncell_seconds = 2\ncall_seconds = 2\n")
    hand_in(course, pair, "ada", with_cell(solved(pair), "double", source))
    (done,) = autograde(course, pair, ["ada"], jobs=1)
    assert marks_in(course, pair, "ada") == {"test_double": 0, "test_halve": 3, "why": None}
    assert done.outcome.status == "partly graded"
    assert "Cell 'double' cannot be loaded, and counts as not written." in done.outcome.remarks
    assert why in done.outcome.left_out[0].why
    assert "Notes of the grader" in course.submission(pair, "ada").autograded.read_text()


def test_a_function_that_is_always_slow_has_an_end(course: GradingCourse, pair: Lesson) -> None:
    """Each call is in time, and all of them together are not."""
    configure(course, "[limits]\ncall_seconds = 5\njudge_seconds = 1\n")
    slow = "import time\n\ndef double(x):\n    time.sleep(0.4)\n    return x + x\n"
    hand_in(course, pair, "ada", with_cell(solved(pair), "double", slow))
    list(autograde(course, pair, ["ada"], jobs=1))
    assert marks_in(course, pair, "ada")["test_double"] == 0
    assert "it did not answer in time" in said_by(
        cell_of(shown(course, pair, "ada"), "test_double")
    )


def test_experiments_run_where_the_settings_say_so(course: GradingCourse, pair: Lesson) -> None:
    hand_in(course, pair, "ada", solved(pair))
    list(autograde(course, pair, ["ada"], jobs=1))
    (cell,) = [c for c in shown(course, pair, "ada")["cells"] if "takes long" in c["source"]]
    assert cell["outputs"][0]["text"].startswith("Not run for grading")
    configure(course, "[limits]\nexperiments = true\n")
    (done,) = autograde(course, pair, ["ada"], jobs=1)
    assert done.fresh
    (cell,) = [c for c in shown(course, pair, "ada")["cells"] if "takes long" in c["source"]]
    assert cell["outputs"][0]["text"] == "this takes long\n"


def test_only_what_has_changed_is_graded_again(
    course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    for student in ("ada", "ben"):
        hand_in(course, pair, student, solved(pair))
    assert "2 of them in this run" in tito("grade", "autograde", "42", "--jobs", 2).out
    assert "0 of them in this run" in tito("grade", "autograde", "42").out
    hand_in(course, pair, "ben", pair.release.read_bytes())
    assert "1 of them in this run" in tito("grade", "autograde", "42").out
    assert marks_in(course, pair, "ben")["test_double"] == 0
    course.submission(pair, "ada").autograded.unlink()
    assert "0 of them in this run" in tito("grade", "autograde", "42").out
    assert course.submission(pair, "ada").autograded.is_file()  # from the outcome that was kept
    said = tito("grade", "autograde", "42", "--only", "ada", "--force")
    assert "1 submission: 1 graded; 1 of them in this run." in said.out
    hidden = pair.folder / "hidden.py"
    hidden.write_text(hidden.read_text() + "\n# another version\n")
    assert "2 of them in this run" in tito("grade", "autograde", "42").out


def test_points_by_a_person_outlive_grading_again(
    course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    """And are asked for again only where the answer is another."""
    hand_in(course, pair, "ada", with_cell(solved(pair), "why", "It is so."))
    tito("grade", "autograde", "42")
    with open_gradebook(course) as gradebook:
        for name, points in (("why", 1), ("test_halve", 2.5)):
            grade = gradebook.find_grade(name, pair.id, pair.id, "ada")
            grade.manual_score = points
            grade.needs_manual_grade = False
        gradebook.db.commit()
    tito("grade", "autograde", "42", "--force")
    assert standing(course, pair) == {"why": (1, False), "test_halve": (2.5, False)}
    course.submission(pair, "ada").autograded.unlink()
    tito("grade", "autograde", "42")
    assert standing(course, pair) == {"why": (1, False), "test_halve": (2.5, False)}
    other = with_cell(solved(pair), "why", "It is otherwise.")
    hand_in(course, pair, "ada", with_cell(other, "halve", "def halve(x):\n    return x\n"))
    tito("grade", "autograde", "42")
    assert standing(course, pair) == {"why": (1, True), "test_halve": (2.5, True)}


def standing(course: GradingCourse, lesson: Lesson) -> dict[str, tuple[float, bool]]:
    """Points by a person, and whether they are to be looked at again."""
    with open_gradebook(course) as gradebook:
        grades = gradebook.find_submission_notebook(lesson.id, lesson.id, "ada").grades
        return {
            grade.name: (grade.manual_score, grade.needs_manual_grade)
            for grade in grades
            if grade.manual_score is not None
        }


def test_what_another_wrote_over_our_files_is_put_right(
    course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    hand_in(course, pair, "ada", solved(pair))
    tito("grade", "autograde", "42")
    graded = course.submission(pair, "ada").autograded.read_bytes()
    course.submission(pair, "ada").autograded.write_bytes(pair.release.read_bytes())
    (course.root / "nbgrader_config.py").unlink()
    assert "0 of them in this run" in tito("grade", "autograde", "42").out
    assert course.submission(pair, "ada").autograded.read_bytes() == graded
    assert "Refusing" in (course.root / "nbgrader_config.py").read_text()


def test_the_graders_own_failure_stops_nobody(
    course: GradingCourse, pair: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a worker, for one student of three; and a worker that dies."""
    for student in ("ada", "ben", "cyd"):
        hand_in(course, pair, student, solved(pair))
    hidden = pair.folder / "hidden.py"
    text = hidden.read_text()
    hidden.write_text(f"import os\n\n{text}".replace("x / 2,", "x / 2 if len(X) else X,"))
    done = list(autograde(course, pair, ["ada"], jobs=1))
    assert marks_in(course, pair, "ada")["test_halve"] == 0  # a clause that fails gives nothing
    assert "NameError" in done[0].outcome.marks[1].details
    evil = "def halve(x):\n    return 'die'\n"
    hidden.write_text(
        text.replace("    x = rng.normal(size=4)\n    require_close(remote.halve(x)",
                     "    x = rng.normal(size=4)\n    if isinstance(remote.halve(x), str):\n"
                     "        import os\n        os._exit(3)\n    require_close(remote.halve(x)")
    )  # fmt: skip
    hand_in(course, pair, "ben", with_cell(solved(pair), "halve", evil))
    done = list(autograde(course, pair, ["ada", "ben", "cyd"], jobs=2))
    by_student = {progress.outcome.student: progress.outcome for progress in done}
    assert by_student["ben"].status == NOT_GRADABLE
    assert "ended the grader's own process, twice" in by_student["ben"].why
    assert by_student["ada"].earned == by_student["cyd"].earned == 5
    hidden.write_text(text)
    (done_again,) = autograde(course, pair, ["ben"], jobs=1)
    assert (done_again.fresh, done_again.outcome.earned) == (True, 2)


def test_what_the_gradebook_does_not_know_is_told_in_a_sentence(
    course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    hand_in(course, pair, "ada", solved(pair))
    text = course.release(pair).read_text(encoding="utf-8")
    course.release(pair).write_text(text.replace('"why"', '"whence"'), encoding="utf-8")
    said = tito("grade", "autograde", "42")
    assert said.status == 1
    assert said.err.startswith("tito: No such grade: ")
    assert said.err.endswith("run `tito grade build` for that lesson.\n")


def test_nothing_is_graded_without_a_jail(
    course: GradingCourse, pair: Lesson, monkeypatch: pytest.MonkeyPatch, tito: Tito
) -> None:
    hand_in(course, pair, "ada", solved(pair))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("shutil.which", lambda *args, **kwargs: None)
    batch.require_jail.cache_clear()
    said = tito("grade", "autograde", "42")
    batch.require_jail.cache_clear()
    assert said.status == 1
    assert said.err.startswith("tito: code by others cannot be run safely here: bubblewrap")
    assert not outcome_store(course, pair).path("ada").exists()
    said = tito("grade", "autograde", "42", "--unsafe-no-jail")
    assert (said.status, said.err) == (
        0,
        "Without a jail: code in submissions can do all that you can.\n",
    )
    assert marks_in(course, pair, "ada") == {"test_double": 2, "test_halve": 3, "why": None}


def test_bad_requests_are_told_in_a_sentence(
    course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    said = tito("grade", "autograde", "42")
    assert (said.status, said.out) == (1, "")
    assert "nobody has handed in 42_toy: run `tito grade collect 42` first" in said.err
    hand_in(course, pair, "ada", solved(pair))
    said = tito("grade", "autograde", "42", "--only", "bob")
    assert "no submission of 42_toy by bob; there are: ada" in said.err
    assert "not graded yet: ada." in tito("grade", "report", "42").err
    assert (
        "no submission of 42_toy by bob; `tito grade collect`"
        in tito("grade", "report", "42", "bob").err
    )
    configure(course, "[extensions]\nAda = { 42_toy = 2026-03-01T12:00:00Z }\n")
    assert (
        "[extensions] Ada: this id is not among the students"
        in tito("grade", "autograde", "42").err
    )
    course.release(pair).write_text("{")
    said = tito("grade", "autograde", "42").err
    assert "cannot be read (JSONDecodeError): run `tito grade build 42`." in said
    course.release(pair).unlink()
    assert "run `tito grade build 42` first" in tito("grade", "autograde", "42").err


def test_without_the_extra_a_sentence_says_how_to_get_it(
    course: GradingCourse, pair: Lesson, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = find_spec
    monkeypatch.setattr(
        "tito.commands.grade._common.find_spec",
        lambda name: None if name == "loky" else there(name),
    )
    said = tito("grade", "autograde", "42")
    assert (said.status, said.out) == (1, "")
    assert "pip install 'recsys_edu[grade]'" in said.err


def test_a_clause_that_is_missing_is_found_before_anything_is_graded(
    course: GradingCourse, pair: Lesson
) -> None:
    hand_in(course, pair, "ada", solved(pair))
    hidden = pair.folder / "hidden.py"
    hidden.write_text(hidden.read_text().replace("def test_halve", "def test_other"))
    with pytest.raises(GradingError, match="has no function test_halve"):
        list(autograde(course, pair, ["ada"], jobs=1))


@pytest.fixture
def at_work(course: GradingCourse) -> Iterator[None]:
    """Another run in the same folder."""
    with writing(course):
        yield


def test_two_runs_do_not_meet(course: GradingCourse, pair: Lesson, at_work: None) -> None:
    hand_in(course, pair, "ada", solved(pair))
    with pytest.raises(WorkspaceError, match="another tito is at work"):
        list(autograde(course, pair, ["ada"], jobs=1))


def test_grading_waits_for_a_measurement_and_says_so(
    course: GradingCourse, pair: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_lock, "FOLDERS", (tmp_path,))
    hand_in(course, pair, "ada", solved(pair))
    under_way, may_end = threading.Event(), threading.Event()

    def measure() -> None:
        with machine_lock.measuring():
            under_way.set()
            may_end.wait(60)

    def announce(sentence: str) -> None:
        said.append(sentence)
        may_end.set()

    said: list[str] = []
    measurement = threading.Thread(target=measure)
    measurement.start()
    assert under_way.wait(20)
    (done,) = autograde(course, pair, ["ada"], jobs=1, announce=announce)
    measurement.join()
    assert said == [machine_lock.MEASURED]
    assert done.outcome.earned == 5


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.symlink_to("/etc/passwd"), "is a link"),
        (os.mkfifo, "is no plain file"),
        (lambda path: path.mkdir(), "is no plain file"),
        (lambda path: path.write_bytes(b" " * (17 << 20)), "is larger than"),
        (lambda path: None, "there is no 42_toy.ipynb among the files handed in"),
    ],
)
def test_what_is_no_plain_file_is_not_read(
    make: Callable[[Path], None], why: str, course: GradingCourse, pair: Lesson
) -> None:
    path = hand_in(course, pair, "ada", solved(pair))
    path.unlink()
    make(path)
    (done,) = autograde(course, pair, ["ada"], jobs=1)
    assert done.outcome.status == NOT_GRADABLE
    assert why in done.outcome.why
    with Gradebook(f"sqlite:///{course.gradebook}", "recsys") as gradebook:
        assert gradebook.students == []
