"""A learner who has nothing but the wheel goes through all lessons, away from the repository."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path

import pytest

from recsys_edu import __version__
from tests.packaging.commands import ROOT, run
from tests.packaging.installed import LESSONS, Installation, Learner
from tito.authoring.answers import write_answers_project
from tito.authoring.mutants import Mutant, mutants_of
from tito.course.lessons import GLOSSARY

WRONG = "als_half_step", "off by one row"
"""The graded function and the mutant of it that the second learner types in."""
pytestmark = pytest.mark.slow


def test_the_wheel_has_what_learners_need_and_no_solutions(installation: Installation) -> None:
    with zipfile.ZipFile(installation.wheel) as wheel:
        course = {
            name.removeprefix("tito/_course/"): wheel.read(name).decode()
            for name in wheel.namelist()
            if name.startswith("tito/_course/")
        }
    expected = {
        f"{lesson.id}/{path.name}"
        for lesson in LESSONS
        for path in (
            lesson.release,
            *(
                lesson.folder / name
                for name in (
                    "ABOUT.md",
                    "checkpoint.py",
                    "clauses.py",
                    "engines.py",
                    "fingerprints.json",
                    "hints.py",
                    "probe.py",
                )
            ),
        )
        if path.is_file()
    }
    assert set(course) == {*expected, GLOSSARY}
    assert not [name for name, text in course.items() if "BEGIN SOLUTION" in text]


def test_the_answers_are_a_wheel_of_their_own(
    installation: Installation, learner: Learner, tmp_path: Path
) -> None:
    with zipfile.ZipFile(installation.wheel) as wheel:
        assert not [name for name in wheel.namelist() if name.startswith("recsys_edu_answers")]
    lesson = next(lesson for lesson in LESSONS if lesson.name == "bpr")
    learner.writes(lesson)
    assert "shown once its checkpoint has passed" in learner.tito("answers", lesson.number).err
    learner.does("complete", lesson.number)
    refused = learner.tito("answers", lesson.number).err
    assert f"`pip install recsys_edu_answers=={__version__}`" in refused

    write_answers_project(LESSONS, tmp_path / "project")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path)
    run(*build, tmp_path / "project")
    (wheel,) = tmp_path.glob(f"recsys_edu_answers-{__version__}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if name.startswith("recsys_edu_answers/")}
    assert found == {
        "recsys_edu_answers/__init__.py",
        *(f"recsys_edu_answers/{lesson.id}.json" for lesson in LESSONS),
    }
    target = tmp_path / "answers"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target, wheel)
    (packages,) = installation.folder.glob("lib/python*/site-packages")
    link = packages / "recsys_edu_answers"
    link.symlink_to(target / "recsys_edu_answers")
    try:
        said = learner.does("answers", lesson.number)
    finally:
        link.unlink()
    assert "user = user_factors[u].copy()" in said
    assert "Mark scheme:" in said
    assert (learner.folder / "answers" / "05_bpr.html").is_file()
    assert "hint 1 of 3" in learner.does("hint", lesson.number, "bpr_update")


def test_the_repository_cannot_be_found(installation: Installation, tmp_path: Path) -> None:
    assert not tmp_path.resolve().is_relative_to(ROOT.resolve())
    code = (
        "import json, os, sys, recsys_backends, recsys_edu, tito;"
        "from importlib.metadata import distribution;"
        "from tito.course.lessons import all_lessons, modules_folder;"
        "packages = [recsys_backends, recsys_edu, tito];"
        "lessons = [str(lesson.folder) for lesson in all_lessons()];"
        "files = [package.__file__ for package in packages] + lessons;"
        "files.append(str(distribution('recsys_edu').locate_file('')));"
        "editable = [name for name in sys.modules if 'editable' in name];"
        "path = [os.path.realpath(folder) for folder in sys.path];"
        "print(json.dumps([files, path, editable, str(modules_folder())]))"
    )
    files, path, editable, modules = json.loads(installation.python(code, tmp_path).out)
    assert len(files) == 4 + len(LESSONS)
    assert all(Path(file).is_relative_to(installation.folder) for file in files), files
    assert not {str(ROOT.resolve()), str(ROOT.resolve() / "backends")} & set(path)
    assert (editable, modules) == ([], "None")


def test_all_lessons_from_an_empty_workspace_to_the_race(learner: Learner) -> None:
    untouched = learner.does("status")
    assert f"0 of {len(LESSONS)} checkpoints passed" in untouched
    for lesson in LESSONS:
        learner.writes(lesson)
        said = learner.does("complete", lesson.number)
        assert "✗" not in said
        assert f"Lesson {lesson.number} is complete." in said
    assert learner.checkpoints() == (0, {lesson.id: True for lesson in LESSONS})
    assert f"{len(LESSONS)} of {len(LESSONS)} checkpoints passed" in learner.does("status")

    learner.does(
        *("race", "--models", "naive,student,optimized", "--epochs", 2, "--no-memory"),
        *("--json", "race.json"),
    )
    result = json.loads((learner.folder / "race.json").read_text(encoding="utf-8"))
    metrics = {entry["name"]: entry["metrics"] for entry in result["entries"]}
    assert set(metrics) == {"naive", "student", "optimized"}
    (ndcg,) = [name for name in metrics["naive"] if name.startswith("ndcg")]
    # Lesson 08's kernel adds up in another order: the last digits may rank two items otherwise.
    assert metrics["student"][ndcg] == pytest.approx(metrics["naive"][ndcg], abs=0.005)
    assert metrics["naive"][ndcg] > 0


def test_an_upgrade_from_the_wheel_keeps_what_was_written(learner: Learner) -> None:
    """The workspace of an older course: other words, another glossary, another version."""
    lesson, older = LESSONS[0], ("## Why", "## Why, in other words")
    learner.writes(lesson)
    notebook = learner.folder / "notebooks" / lesson.notebook
    record = learner.folder / ".tito" / "released" / lesson.notebook
    for path in (notebook, record):
        text = path.read_text(encoding="utf-8")
        assert text.count(older[0]) == 1
        path.write_text(text.replace(*older), encoding="utf-8")
    (learner.folder / "notebooks" / GLOSSARY).write_text("old", encoding="utf-8")
    marker = learner.folder / "tito.toml"
    marker.write_text(marker.read_text().replace(__version__, "0.0.1"), encoding="utf-8")
    said = learner.does("upgrade")
    assert f"{lesson.id}: new text around your answers" in said
    assert f"is of version {__version__}" in said
    assert older[1] not in notebook.read_text(encoding="utf-8")
    assert "**recommender** (01)" in (learner.folder / "notebooks" / GLOSSARY).read_text()
    assert "nothing of yours" in learner.does("upgrade"), "twice is once"
    learner.does("test", lesson.number)


def test_one_wrong_lesson_is_the_only_red_one(learner: Learner) -> None:
    wrong = the_wrong_solution()
    for lesson in LESSONS:
        learner.writes(lesson)
        if lesson == wrong.lesson:
            learner.writes(lesson, {cell.grade_id: cell.source for cell in wrong.cells()})
        else:
            learner.does("export", lesson.number)

    refused = learner.tito("complete", wrong.lesson.number)
    assert refused.status == 1
    assert "✗" in refused.out
    assert "nothing was exported" in refused.err
    assert not (learner.folder / "my_recsys" / f"{wrong.lesson.name}.py").exists()

    learner.does("export", wrong.lesson.number)
    expected = {lesson.id: lesson != wrong.lesson for lesson in LESSONS}
    assert learner.checkpoints() == (1, expected)
    shown = [line for line in learner.does("status").splitlines() if "failed" in line]
    assert [line.split()[0] for line in shown] == [wrong.lesson.id]
    code = (
        "from recsys_edu import BPR, set_backend; from recsys_edu.datasets import make_synthetic;"
        "data = make_synthetic(200, 300, 9000, min_per_user=5);"
        "fit = lambda: BPR(8, 4, n_blocks=1, progress=False).fit(data).history;"
        "set_backend('naive'); expected = [epoch.loss for epoch in fit()];"
        "set_backend('student'); losses = [epoch.loss for epoch in fit()];"
        # Lesson 08's kernel adds up in another order.
        "import numpy; print(numpy.allclose(losses, expected, rtol=1e-6), losses[-1] < losses[0])"
    )
    trained = learner.installation.python(code, learner.folder)
    assert trained.out == "True True\n"
    (yours,) = [line for line in trained.err.splitlines() if line.startswith("student: your own")]
    assert {"plan_epoch", "bpr_update"} <= set(re.findall(r"\w+", yours.partition(";")[0]))
    assert "so naive's is used" not in trained.err


def the_wrong_solution() -> Mutant:
    """A mutant of a lesson in the middle."""
    name, edit = WRONG
    (found,) = [
        mutant
        for lesson in LESSONS[1:-1]
        for mutant in mutants_of(lesson)
        if (mutant.grade_id, mutant.name) == (f"test_{name}", edit)
    ]
    return found
