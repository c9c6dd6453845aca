"""A learner who has nothing but the wheel goes through all lessons, away from the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from recsys_edu import __version__
from tests.course.learner import solutions_of, type_in
from tests.packaging.commands import ROOT, copy_sources, run
from tito.authoring.answers import write_answers_project
from tito.authoring.mutants import Mutant, mutants_of
from tito.course.lessons import Lesson, lessons_in

LESSONS = lessons_in(ROOT / "modules", ROOT / "notebooks" / "release")
WRONG = "als_half_step", "off by one row"
"""The graded function and the mutant of it that the second learner types in."""
FOREIGN = ("PYTHON", "RECSYS_EDU_", "JUPYTER", "IPYTHON", "VIRTUAL_ENV", "PYTEST", "TITO")
"""Beginnings of variables that say something of this environment."""
pytestmark = pytest.mark.slow


class Outcome(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Installation:
    """A virtual environment with the wheel, and the packages that it needs."""

    wheel: Path
    folder: Path

    def run(self, program: str, *arguments: object, cwd: Path) -> Outcome:
        """Run a program of the environment, which hears nothing of this one."""
        done = subprocess.run(
            [self.folder / "bin" / program, *map(str, arguments)],
            cwd=cwd,
            env={k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def python(self, code: str, cwd: Path) -> Outcome:
        """Run a script that has to end well."""
        done = self.run("python", "-c", code, cwd=cwd)
        assert done.status == 0, done
        return done


@dataclass(frozen=True)
class Learner:
    """Somebody in a workspace of their own."""

    installation: Installation
    folder: Path

    def tito(self, *arguments: object) -> Outcome:
        """Run tito in the workspace."""
        return self.installation.run("tito", *arguments, cwd=self.folder)

    def does(self, *arguments: object) -> str:
        """What tito prints; AssertionError where it fails."""
        said = self.tito(*arguments)
        assert said.status == 0, f"tito {arguments}: {said.out}{said.err}"
        return said.out

    def writes(self, lesson: Lesson, solutions: dict[str, str] | None = None) -> None:
        """Type the solutions into the lesson's notebook."""
        type_in(self.folder / "notebooks" / lesson.notebook, solutions or solutions_of(lesson))

    def checkpoints(self) -> tuple[int, dict[str, bool]]:
        """The exit status of `tito checkpoint --all`, and the verdict on each lesson."""
        said = self.tito("checkpoint", "--all", "--json")
        return said.status, {each["lesson"]: each["passed"] for each in json.loads(said.out)}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel in an environment that sees this one's packages, but not its recsys_edu.

    This environment's site-packages come second and as a plain folder: the .pth files in it, the
    one of an editable install among them, are not read. What only authors have cannot be imported.
    """
    folder = tmp_path_factory.mktemp("installation")
    source, dist, environment = folder / "source", folder / "dist", folder / "venv"
    copy_sources(source)
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist)
    run(*build, cwd=source, PYTHONPATH="")
    (wheel,) = dist.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    pip = (sys.executable, "-m", "pip", "--python", environment / "bin" / "python")
    run(*pip, "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder, PYTHONPATH="")
    (packages,) = environment.glob("lib/python*/site-packages")
    needed = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (packages / "what_it_needs.pth").write_text("\n".join(needed) + "\n", encoding="utf-8")
    for name in ("jupytext", "nbgrader"):
        text = f"raise ImportError('learners have no {name}')\n"
        (packages / f"{name}.py").write_text(text, encoding="utf-8")
    return Installation(wheel, environment)


@pytest.fixture
def learner(installation: Installation, tmp_path: Path) -> Learner:
    """Somebody with a new workspace."""
    made = installation.run("tito", "init", "mine", cwd=tmp_path)
    assert made.status == 0, made
    assert f"{len(LESSONS)} notebooks added" in made.out
    return Learner(installation, tmp_path / "mine")


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
    assert set(course) == expected
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


def test_colabs_first_cell_installs_the_wheel_and_leads_to_a_checkpoint(
    installation: Installation, tmp_path: Path
) -> None:
    """A kernel in an empty folder, whose Python has what Colab has, and no recsys_edu."""
    lesson = LESSONS[0]
    opened = tmp_path / lesson.notebook
    shutil.copy(lesson.release, opened)
    type_in(opened, solutions_of(lesson))
    colab = fake_colab(tmp_path / "colab", opened)
    python = environment_without(installation, tmp_path / "venv")
    (tmp_path / "content").mkdir()
    first = "".join(json.loads(lesson.release.read_text(encoding="utf-8"))["cells"][0]["source"])
    missing, _, done, exported = outputs_of(
        ("import google.colab; import recsys_edu", first, "%tito complete 1", EXPORTED),
        python,
        tmp_path / "content",
        {"PYTHONPATH": str(colab), "PIP_FIND_LINKS": str(installation.wheel.parent)},
    )
    assert "ModuleNotFoundError" in missing
    assert "Lesson 1 is complete." in done
    assert exported.startswith("my_recsys/interactions.py ")
    assert str(tmp_path / "venv") in exported


EXPORTED = """
import recsys_edu
from recsys_edu.workspace import find_workspace
root = find_workspace().root
print((root / "my_recsys" / "interactions.py").relative_to(root), recsys_edu.__file__)
"""


def fake_colab(folder: Path, opened: Path) -> Path:
    """Modules that stand in for Colab's, with a notebook that is open; return their folder."""
    package = folder / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "drive.py").write_text(
        "from pathlib import Path\ndef mount(place): Path(place, 'MyDrive').mkdir(parents=True)\n"
    )
    (package / "_message.py").write_text(
        "import json\nfrom pathlib import Path\ndef blocking_request(kind, **_):\n"
        f"    return {{'ipynb': json.loads(Path({str(opened)!r}).read_text())}}\n"
    )
    return folder


def environment_without(installation: Installation, folder: Path) -> Path:
    """An environment like the installation's, but without the wheel; return its Python."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    (others,) = installation.folder.glob("lib/python*/site-packages")
    shutil.copy(others / "what_it_needs.pth", packages)
    return folder / "bin" / "python"


def outputs_of(
    cells: tuple[str, ...], python: Path, folder: Path, environment: dict[str, str]
) -> list[str]:
    """Texts that cells print, or their tracebacks, in one kernel of a Python."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbformat import v4

    manager = AsyncKernelManager()
    launch = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=launch, display_name="Colab", language="python")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(code) for code in cells])  # type: ignore[no-untyped-call]
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, km=manager, timeout=600, allow_errors=True, resources=where)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    pip = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_IGNORE_INSTALLED": "1"}
    client.execute(cleanup_kc=True, env={**kept, **pip, **environment})
    return [
        "".join(out.get("text") or "\n".join(out.get("traceback", ())) for out in cell.outputs)
        for cell in notebook.cells
    ]


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
