"""The exchange, both ways, and with nbgrader's own commands at either end."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsys_edu.workspace import Workspace
from tests.course.learner import solutions_of, type_in
from tests.grading.conftest import USER, Nbgrader, Tito, configure
from tito.course.exchange import Exchange, drop_name, time_text
from tito.course.lessons import Lesson
from tito.grading.collecting import inbound
from tito.grading.collecting.collect import collect
from tito.grading.collecting.publish import feedback_zip, publish_feedback, release_to_exchange
from tito.grading.collecting.submitted import existing, read_receipt
from tito.grading.course import GradingCourse, GradingError
from tito.grading.prepare import prepare
from tito.workspace.hand_in import receipts_of


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def released(course: GradingCourse, toy: Lesson) -> Exchange:
    """The course's exchange with the lesson in it."""
    prepare(course, toy)
    release_to_exchange(course, toy)
    assert course.exchange is not None
    return course.exchange


@pytest.fixture
def learner(toy: Lesson, tito: Tito, tmp_path: Path, released: Exchange) -> Path:
    """A workspace that hands in to it, with the lesson solved."""
    folder = tmp_path / "mine"
    tito("init", folder, "--exchange", released.root, "--course", "rec1")
    type_in(folder / "notebooks" / toy.notebook, solutions_of(toy))
    return folder


def drop(
    exchange: Exchange,
    toy: Lesson,
    *,
    user: str = USER,
    time: datetime | None = None,
    words: str = "\n",
) -> Path:
    """What ``nbgrader submit`` leaves behind."""
    time = time or now()
    folder = exchange.inbound / drop_name(user, toy.id, time)
    folder.mkdir()
    (folder / toy.notebook).write_bytes(toy.release.read_bytes() + words.encode())
    (folder / "timestamp.txt").write_text(time_text(time))
    (folder / "submission_secret.txt").write_text("s" * 128)
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# release


def test_release_makes_the_folders_as_nbgrader_does(released: Exchange, toy: Lesson) -> None:
    assert [mode(path) for path in (released.folder, released.outbound)] == [0o755, 0o755]
    assert [mode(path) for path in (released.inbound, released.feedback)] == [0o2733, 0o711]
    place = released.outbound / toy.id
    assert (mode(place), mode(place / toy.notebook)) == (0o755, 0o644)
    assert (place / toy.notebook).read_bytes() == toy.release.read_bytes()
    assert list(released.outbound.iterdir()) == [place]


def test_release_says_what_is_out(
    course: GradingCourse, toy: Lesson, released: Exchange, tito: Tito
) -> None:
    assert "no change" in tito("grade", "release", "42").out
    out = released.outbound / toy.id / toy.notebook
    out.write_text("older")
    said = tito("grade", "release", "42")
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "is out already and different" in said.err
    assert out.read_text() == "older"
    (released.outbound / f".{toy.id}.left").mkdir()
    assert tito("grade", "release", "42", "--replace").status == 0
    assert out.read_bytes() == toy.release.read_bytes()
    assert [path.name for path in released.outbound.iterdir()] == [toy.id]


def test_release_publishes_the_dates_of_the_answers(
    course: GradingCourse,
    toy: Lesson,
    released: Exchange,
    learner: Path,
    tito: Tito,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert json.loads(released.answers.read_text()) == {"answers": {}}
    text = (course.root / "grading.toml").read_text()
    for opening, sentence in (
        (now() + timedelta(days=1), "shows the answers to 42_toy from"),
        (now() - timedelta(days=1), "the answers are not installed"),
    ):
        configure(course, f"{text}\n[answers]\n42_toy = {opening.isoformat()}\n")
        monkeypatch.chdir(course.root)
        assert "no change" in tito("grade", "release", "42").out
        assert mode(released.answers) == 0o644
        monkeypatch.chdir(learner)
        assert sentence in tito("answers", 42).err


def test_release_to_a_folder(course: GradingCourse, toy: Lesson, tito: Tito) -> None:
    said = tito("grade", "release", "42", "--to", "upload")
    assert "run `tito grade build 42` first" in said.err
    prepare(course, toy)
    assert tito("grade", "release", "42", "--to", "upload").status == 0
    assert (course.root / "upload" / toy.notebook).read_bytes() == toy.release.read_bytes()


def test_without_an_exchange_there_is_a_sentence(
    course: GradingCourse, toy: Lesson, tito: Tito
) -> None:
    configure(course, "")
    prepare(course, toy)
    for command in ("release", "collect"):
        said = tito("grade", command, "42")
        assert (said.status, said.err.count("\n")) == (1, 1)
        assert "names no exchange" in said.err
    configure(course, '[course]\nexchange = "nowhere"\n')
    assert "`tito grade release` makes it" in tito("grade", "collect", "42").err


# collect


def test_the_latest_drop_is_collected(
    course: GradingCourse, toy: Lesson, released: Exchange
) -> None:
    early, late = now() - timedelta(hours=2), now() - timedelta(hours=1)
    for time, words in ((late, "\n\n"), (early, "\n")):
        drop(released, toy, time=time, words=words)
    (released.inbound / "something else").mkdir()
    (released.inbound / f"{USER}+43_other+{time_text(now())}+x").mkdir()
    (found,) = collect(course, toy)
    assert (found.student, found.status) == (USER, "taken")
    assert existing(course.submission(toy, USER)) is not None
    receipt = read_receipt(course.submission(toy, USER))
    assert receipt is not None
    assert (receipt.submitted, receipt.time_from) == (late.isoformat(), "the exchange")
    folder = course.submission(toy, USER).submitted.parent
    assert (folder / "submission_secret.txt").read_text() == "s" * 128
    assert (folder / "timestamp.txt").read_text() == time_text(late)
    assert [entry.status for entry in collect(course, toy)] == ["unchanged"]
    configure(course, f'[course]\nid = "rec1"\nexchange = "{released.root}"\n'
              f"[due]\n{toy.id} = {early.isoformat()}\n")  # fmt: skip
    (found,) = collect(course, toy, before_due=True)
    assert found.status == "newer"
    receipt = read_receipt(course.submission(toy, USER))
    assert receipt is not None
    assert receipt.submitted == early.isoformat()


def test_a_drop_of_another_account_is_a_warning(
    course: GradingCourse, toy: Lesson, released: Exchange
) -> None:
    drop(released, toy, user="mallory")
    (found,) = collect(course, toy)
    assert (found.student, found.status) == ("mallory", "taken")
    assert found.warnings == (
        f"named after mallory, but belongs to {USER}: did {USER} hand it in?",
    )
    assert collect(course, toy, check_owner=False)[0].warnings == ()


def test_a_drop_of_another_account_does_not_replace_ones_own(
    course: GradingCourse, toy: Lesson, released: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = drop(released, toy, user="ada", time=now() - timedelta(minutes=2), words=" ")
    drop(released, toy, user="ada", time=now())
    monkeypatch.setattr(inbound, "_owner", lambda path: "ada" if path == own else "mallory")
    (found,) = collect(course, toy)
    assert found.warnings == ("named after ada, but belongs to mallory: it is ignored.",)
    assert course.submission(toy, "ada").submitted.read_bytes() == (own / toy.notebook).read_bytes()


def test_a_time_that_cannot_be_is_a_warning(
    course: GradingCourse, toy: Lesson, released: Exchange
) -> None:
    drop(released, toy, time=now() - timedelta(days=3))
    (found,) = collect(course, toy)
    assert found.status == "taken"
    assert "its name has" in found.warnings[0]


def test_drops_by_strangers(
    course: GradingCourse, toy: Lesson, released: Exchange, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(toy.release.read_bytes())
    linked = drop(released, toy, user="ada") / toy.notebook
    linked.unlink()
    linked.symlink_to(secret)
    elsewhere = drop(released, toy, user="ben").rename(tmp_path / "elsewhere")
    (released.inbound / drop_name("ben", toy.id, now())).symlink_to(elsewhere)
    pipe = drop(released, toy, user="cy") / toy.notebook
    pipe.unlink()
    os.mkfifo(pipe)
    (drop(released, toy, user="di") / "timestamp.txt").unlink()
    (released.inbound / f"eve+{toy.id}+no time+x").mkdir()
    (drop(released, toy, user="fay") / "submission_secret.txt").write_bytes(b"s" * 2000)
    drop(released, toy, user="gil")
    found = {entry.student.split("+")[0]: entry for entry in collect(course, toy)}
    assert {name for name, entry in found.items() if entry.status == "taken"} == {"gil"}
    said = {name: entry.why for name, entry in found.items()}
    assert "is a link" in said["ada"]
    assert "is a link" in said["ben"]
    assert "no plain file" in said["cy"]
    assert "still being written" in said["di"]
    assert said["eve"]
    assert "larger than 1,000 bytes" in said["fay"]
    assert course.students(toy) == ["gil"]


def test_what_tito_submit_drops_is_collected(
    course: GradingCourse,
    toy: Lesson,
    released: Exchange,
    learner: Path,
    tito: Tito,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(learner)
    assert tito("submit", "42").status == 0
    monkeypatch.chdir(course.root)
    said = tito("grade", "collect", "42")
    assert said.out == f"taken      {USER}\n42_toy: 1 taken.\n"
    notebook = learner / "notebooks" / toy.notebook
    assert course.submission(toy, USER).submitted.read_bytes() == notebook.read_bytes()


# feedback


def write_page(course: GradingCourse, toy: Lesson, student: str) -> None:
    page = course.submission(toy, student).feedback
    page.parent.mkdir(parents=True)
    page.write_text(f"<p>{student}")


def test_feedback_reaches_who_handed_in(
    course: GradingCourse,
    toy: Lesson,
    learner: Path,
    tito: Tito,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(learner)
    tito("submit", "42")
    collect(course, toy)
    (tmp_path / "ben.ipynb").write_bytes(toy.release.read_bytes())
    collect(course, toy, [tmp_path / "ben.ipynb"])
    for student in (USER, "ben"):
        write_page(course, toy, student)
    mine, ben, cy = publish_feedback(course, toy, [USER, "ben", "cy"])
    assert mine.page is not None
    assert mode(mine.page) == 0o644
    assert (ben.page, ben.why) == (None, "it was not handed in through the exchange.")
    assert (cy.page, cy.why) == (None, "there is no feedback yet.")
    (receipt,) = receipts_of(Workspace(learner), toy)
    assert tito("feedback", "42").out == f"feedback/42_toy/{receipt.stamp}.html\n"
    assert (learner / "feedback" / toy.id / f"{receipt.stamp}.html").read_text() == f"<p>{USER}"


def test_feedback_on_what_was_graded_is_not_given_to_what_came_later(
    course: GradingCourse, toy: Lesson, released: Exchange
) -> None:
    """nbgrader takes the secret along to autograded/ and feedback/."""
    drop(released, toy)
    collect(course, toy)
    write_page(course, toy, USER)
    (course.submission(toy, USER).feedback.parent / "submission_secret.txt").write_text("graded")
    (published,) = publish_feedback(course, toy, [USER])
    assert published.page == released.page("graded", toy.id)


def test_feedback_for_an_lms(course: GradingCourse, toy: Lesson, tmp_path: Path) -> None:
    names = (
        "Ada Lovelace_1_assignsubmission_file_/a.ipynb",
        "ben_2_assignsubmission_file_b.ipynb",
        "turingalan_LATE_12_34_x.ipynb",
        "di.ipynb",
        "cy_3_assignsubmission_file_/c.ipynb",
    )
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name in names:
            archive.writestr(name, toy.release.read_bytes())
    collect(course, toy, [tmp_path / "in.zip"])
    with pytest.raises(GradingError, match="no feedback on 42_toy"):
        feedback_zip(course, toy)
    for student in course.students(toy):
        if student != "cy":
            write_page(course, toy, student)
    with zipfile.ZipFile(feedback_zip(course, toy)) as archive:
        assert sorted(archive.namelist()) == [
            "Ada Lovelace_1_assignsubmission_file_/42_toy.html",
            "ben_2_assignsubmission_file_42_toy.html",
            "turingalan_LATE_12_34_42_toy.html",
        ]
        assert archive.read("ben_2_assignsubmission_file_42_toy.html") == b"<p>ben"


# nbgrader at the other end


@pytest.mark.slow
def test_nbgrader_fetches_and_submits_and_tito_collects(
    course: GradingCourse, toy: Lesson, released: Exchange, nbgrader: Nbgrader, tmp_path: Path
) -> None:
    student = tmp_path / "student"
    student.mkdir()
    options = ("--course", "rec1", f"--Exchange.root={released.root}")
    assert "rec1 42_toy" in nbgrader("list", *options, cwd=student).err
    said = nbgrader("fetch_assignment", toy.id, *options, cwd=student)
    assert said.status == 0, said
    notebook = student / toy.id / toy.notebook
    assert notebook.read_bytes() == toy.release.read_bytes()
    type_in(notebook, solutions_of(toy))
    said = nbgrader("submit", toy.id, *options, cwd=student)
    assert said.status == 0, said
    (found,) = collect(course, toy)
    assert (found.student, found.status, found.warnings) == (USER, "taken", ())
    assert course.submission(toy, USER).submitted.read_bytes() == notebook.read_bytes()
    write_page(course, toy, USER)
    (published,) = publish_feedback(course, toy, [USER])
    assert published.page is not None
    said = nbgrader("fetch_feedback", toy.id, *options, cwd=student)
    assert said.status == 0, said
    (page,) = (student / toy.id / "feedback").rglob("*.html")
    assert page.read_text() == f"<p>{USER}"


@pytest.mark.slow
def test_tito_submits_and_nbgrader_collects(
    course: GradingCourse,
    toy: Lesson,
    learner: Path,
    nbgrader: Nbgrader,
    tito: Tito,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(learner)
    assert tito("submit", "42").status == 0
    said = nbgrader("list", "--inbound", cwd=course.root)
    assert f"rec1 {USER} 42_toy" in said.err, said
    said = nbgrader("collect", toy.id, cwd=course.root)
    assert said.status == 0, said
    assert "cheating" not in said.err
    notebook = learner / "notebooks" / toy.notebook
    assert course.submission(toy, USER).submitted.read_bytes() == notebook.read_bytes()
    assert existing(course.submission(toy, USER)) is not None
    assert read_receipt(course.submission(toy, USER)) is None
    (found,) = collect(course, toy)
    assert found.status == "unchanged"
    write_page(course, toy, USER)
    page = course.submission(toy, USER).feedback
    for name in ("timestamp.txt", "submission_secret.txt"):
        shutil.copy(course.submission(toy, USER).submitted.with_name(name), page.with_name(name))
    said = nbgrader("release_feedback", toy.id, cwd=course.root)
    assert said.status == 0, said
    assert "feedback/42_toy/" in tito("feedback", "42").out
