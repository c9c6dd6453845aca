"""Forgeries in compiled code, and tests that do not test, through the real grader.

Each earns exactly what it is worth; nothing outside is touched or told, and no process is left.
"""

from __future__ import annotations

import base64
import lzma
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import recsys_backends
from tests.artefacts.compilers import needs_compiler
from tests.grading.agree_attacks import AGREE
from tests.grading.compiled_attacks import COMPILED, Forgery
from tests.grading.conftest import alembic_version
from tests.grading.forge import SECRET, Forge, Json, packed
from tests.jail.conftest import needs_bubblewrap
from tito.course.lessons import Lesson, lessons_in
from tito.grading.autograding.batch import autograde
from tito.grading.autograding.outcome import Outcome
from tito.grading.course import create_grading_course
from tito.grading.prepare import prepare

pytestmark = [needs_bubblewrap, needs_compiler, pytest.mark.slow]
LIMITS = """
[limits]
notebook_seconds = 0
build_seconds = 60
call_seconds = 5
judge_seconds = 60
memory_mib = 1024
"""
ROOT = Path(__file__).resolve().parents[2]
KERNELS = Path(recsys_backends.__path__[0], "optimized")
FEWER = """
RIGHT = {name: RIGHT[name] for name in ("numpy", "backwards")}
GROUPS = {
    "numbers": ("transposed", "magnitudes"),
    "form": ("float64",), "values": ("clips",), "effects": ("gets tired",),
}
"""
"""Engines on which the answers of ``agree_attacks`` are tried: each takes half a second."""


@dataclass(frozen=True)
class Handed:
    """A notebook, and what it has to earn."""

    content: Json
    earned: frozenset[str]


@dataclass(frozen=True)
class Graded:
    """A batch that was graded."""

    handed: dict[str, Handed]
    outcomes: dict[str, Outcome]
    course: Path
    outside: Path
    called: bool
    """Somebody has called at the port."""


def compiled(forge: Forge, words: dict[str, str]) -> dict[str, Handed]:
    """Return the notebooks of forgeries; all of their other cells are as released."""
    cells: dict[str, dict[str, str]] = {"untouched": {}}
    earned: dict[str, set[str]] = {}
    for forgery in COMPILED:
        own = cells.setdefault(forgery.notebook, {})
        assert forgery.cell not in own, forgery.name
        own[forgery.cell] = _source(forgery, forge, words)
        if forgery.earns:
            earned.setdefault(forgery.notebook, set()).add(f"test_{forgery.cell}")
    return {
        name: Handed(forge.notebook(**own), frozenset(earned.get(name, ())))
        for name, own in cells.items()
    }


def _source(forgery: Forgery, forge: Forge, words: dict[str, str]) -> str:
    if forgery.edit[0]:
        solved = forge.solved[forgery.cell]
        assert solved.count(forgery.edit[0]) == 1, forgery.name
        return solved.replace(*forgery.edit)
    source = forgery.source
    for word, text in words.items():
        source = source.replace(word, text)
    if source.startswith("%%python\n"):
        return source.removeprefix("%%python\n")
    return source if source.startswith("%%") else f"%%cython\n{source}"


def agreeing(forge: Forge, words: dict[str, str]) -> dict[str, Handed]:
    """Return notebooks in which ``agree`` alone is written."""
    solved, found = forge.solved["agree"], {}
    for answer in AGREE:
        above = answer.above.replace("SOLUTION", solved.replace("def agree(", "def _agree("))
        body = "\n".join(f"    {line}" for line in answer.body.split("\n"))
        source = f"{above}\n\n\ndef agree(reference, candidate):\n{body}\n"
        earned = frozenset({"test_agree"} if answer.earns else ())
        found[answer.name] = Handed(forge.notebook(agree=source), earned)
    return found


def copied(name: str, folder: Path, patch: pytest.MonkeyPatch, engines: str = "") -> Lesson:
    """Return a lesson as the only one of a course, without names for mistakes.

    Args:
        name: the lesson's.
        folder: the course's.
        patch: sets the environment.
        engines: text to put under the lesson's engines.
    """
    skipped = shutil.ignore_patterns("__pycache__", ".*", "calls.py", "fingerprints.json")
    for part in ("modules", "notebooks/release"):
        shutil.copytree(ROOT / part / name, folder / part / name, ignore=skipped)
    if engines:
        with (folder / "modules" / name / "engines.py").open("a") as file:
            file.write(engines)
    patch.setenv("RECSYS_EDU_COURSE", str(folder))
    (lesson,) = lessons_in(folder / "modules", folder / "notebooks" / "release")
    return lesson


def _embedded(folder: Path) -> str:
    """Return the shipped kernel as text, as short as it gets."""
    (kernel,) = KERNELS.glob("_bpr*.so")
    stripped = folder / "kernel.so"
    subprocess.run(["strip", "-s", "-o", stripped, kernel], check=True)
    return base64.b85encode(lzma.compress(stripped.read_bytes())).decode()


def grade(
    folder: Path,
    lesson: Lesson,
    make: Callable[[Forge, dict[str, str]], dict[str, Handed]],
) -> Graded:
    """Hand the notebooks in, and grade them in one batch."""
    course, _ = create_grading_course(folder / "grading")
    (course.root / "grading.toml").write_text(LIMITS, encoding="utf-8")
    prepare(course, lesson)
    outside = folder / "outside"
    outside.mkdir()
    (outside / "gradebook.db").write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        words = {
            "CANARY": str(outside / "gradebook.db"),
            "FOLDER": str(outside),
            "KERNELS": str(KERNELS),
            "EMBEDDED": _embedded(folder),
            "PORT": str(server.getsockname()[1]),
        }
        handed = make(Forge(lesson), words)
        for name, each in handed.items():
            path = course.submission(lesson, name).submitted
            path.parent.mkdir(parents=True)
            path.write_bytes(packed(each.content))
        found = list(autograde(course, lesson, list(handed), jobs=2))
        called = _was_called(server)
    outcomes = {progress.outcome.student: progress.outcome for progress in found}
    return Graded(handed, outcomes, course.root, outside, called)


def _was_called(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.fixture(scope="module", params=["08", "07"])
def graded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Graded]:
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", alembic_version)
        if request.param == "08":
            lesson = copied("08_kernels", folder / "course", patch)
            yield grade(folder, lesson, compiled)
        else:
            lesson = copied("07_backends", folder / "course", patch, FEWER)
            yield grade(folder, lesson, agreeing)


def test_each_earns_what_it_is_worth(graded: Graded) -> None:
    assert graded.outcomes.keys() == graded.handed.keys()
    wrong = {}
    for name, outcome in graded.outcomes.items():
        earned = frozenset(mark.grade_id for mark in outcome.marks if mark.earned)
        if not outcome.marks or earned != graded.handed[name].earned:
            wrong[name] = (sorted(earned), outcome.why)
    assert not wrong


def test_nothing_outside_was_touched_or_told(graded: Graded) -> None:
    assert [path.name for path in graded.outside.iterdir()] == ["gradebook.db"]
    assert (graded.outside / "gradebook.db").read_text() == SECRET
    assert not graded.called
    for path in graded.course.rglob("*"):
        if path.is_file() and not path.is_symlink() and "submitted" not in path.parts:
            assert SECRET.encode() not in path.read_bytes(), path


def test_no_process_is_left(graded: Graded) -> None:
    assert "bwrap" not in _descendants(os.getpid())


def _descendants(process: int) -> list[str]:
    """Return the names of the processes that come from one, on Linux."""
    found = []
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            found += [Path(f"/proc/{child}/comm").read_text().strip(), *_descendants(int(child))]
    return found


def test_what_is_not_built_is_called_that(graded: Graded) -> None:
    """Also where a probe calls the function, which then looks like one not written yet."""
    known = {forgery.notebook for forgery in COMPILED if forgery.notebook.startswith("not-built")}
    for name in known & graded.outcomes.keys():
        messages = {mark.grade_id: mark.message for mark in graded.outcomes[name].marks}
        for grade_id in ("test_row_offset", "test_dot", "test_bpr_update", "test_best_items"):
            assert messages[grade_id].startswith("its cell does not compile"), (name, grade_id)
