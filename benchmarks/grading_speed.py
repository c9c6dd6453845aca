"""Grading a class: `tito grade autograde` beside plain, serial `nbgrader autograde`.

    make grading BENCH="--lesson 2 --students 60 --rounds 2"

Both grade the same notebooks, on the same machine, one after the other, --rounds times. The
notebooks are the lesson's solution, its typical mistakes (one each) and the untouched release.
nbgrader runs every cell in an unjailed kernel, and takes marks from the visible tests. tito runs
the cells in a jail, without those tagged as experiments (with them: --experiments), and then judges
each function by hidden inputs, too. Of right and of untouched notebooks all marks have to be equal.
A mistake may cost the points of other cells as well, which are then listed: here by hidden inputs,
there by whatever a visible test happens to call.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tito.authoring.mutants import Mutant, mutants_of
from tito.authoring.release import notebook_bytes
from tito.authoring.source import solution_notebook
from tito.course.lessons import Lesson, find_lesson
from tito.grading.course import GradingCourse, create_grading_course
from tito.grading.prepare import prepare

Marks = dict[tuple[str, str], float]
_MARKS = """
SELECT sa.student_id, bc.name, g.auto_score FROM grade g
JOIN submitted_notebook sn ON g.notebook_id = sn.id
JOIN submitted_assignment sa ON sn.assignment_id = sa.id
JOIN base_cell bc ON g.cell_id = bc.id
"""


def notebooks(lesson: Lesson, count: int) -> list[bytes]:
    """That many submissions: half of them right, the others with a mistake, one untouched."""
    right = notebook_bytes(solution_notebook(lesson))
    wrong = [wrong_notebook(mutant) for mutant in mutants_of(lesson)]
    found = [lesson.release.read_bytes()]
    while len(found) < count:
        found.append(right if len(found) % 2 else wrong[len(found) // 2 * 7 % len(wrong)])
    return found


def wrong_notebook(mutant: Mutant) -> bytes:
    """The solution with one of the lesson's mistakes."""
    content = json.loads(notebook_bytes(solution_notebook(mutant.lesson)))
    for cell, edited in zip(content["cells"], mutant.cells(), strict=True):
        cell["source"] = edited.source
    return json.dumps(content).encode()


def hand_in(root: Path, lesson: Lesson, contents: list[bytes]) -> None:
    """Where both look for them."""
    for number, content in enumerate(contents):
        folder = root / "submitted" / f"s{number:03}" / lesson.id
        folder.mkdir(parents=True)
        (folder / lesson.notebook).write_bytes(content)


def ours(root: Path, lesson: Lesson, contents: list[bytes], *, experiments: bool) -> GradingCourse:
    """A folder for tito."""
    course, _ = create_grading_course(root)
    settings = root / "grading.toml"
    text = settings.read_text().replace("experiments = false", "experiments = true")
    if experiments:
        settings.write_text(text)
    prepare(course, lesson)
    hand_in(root, lesson, contents)
    return course


def plain(root: Path, lesson: Lesson, contents: list[bytes]) -> None:
    """A folder for nbgrader, as its own guide makes one."""
    source = root / "source" / lesson.id / lesson.notebook
    source.parent.mkdir(parents=True)
    source.write_bytes(notebook_bytes(solution_notebook(lesson)))
    (root / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "x"')
    command(root, "nbgrader", "generate_assignment", lesson.id)
    hand_in(root, lesson, contents)


def command(root: Path, *arguments: str) -> float:
    """Run a command in a folder, and say how long it took; what it prints is kept beside."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    start = time.perf_counter()
    with (root / "log.txt").open("a") as log:
        done = subprocess.run(
            arguments, cwd=root, env=environment, stdout=log, stderr=log, check=False
        )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{arguments} ended with {done.returncode}:\n{(root / 'log.txt').read_text()}")
    return seconds


def marks(root: Path) -> Marks:
    """The points of each graded cell that needs no person."""
    with sqlite3.connect(root / "gradebook.db") as database:
        rows = database.execute(_MARKS).fetchall()
    return {(student, cell): score for student, cell, score in rows if score is not None}


def one_round(
    lesson: Lesson, contents: list[bytes], folder: Path, options: argparse.Namespace
) -> tuple[float, float, int]:
    """Seconds of both, and how many marks are different."""
    a, b = folder / "tito", folder / "nbgrader"
    b.mkdir(parents=True)
    ours(a, lesson, contents, experiments=options.experiments)
    plain(b, lesson, contents)
    tito = command(a, "tito", "grade", "autograde", lesson.id, "--jobs", str(options.jobs))
    nbgrader = command(b, "nbgrader", "autograde", lesson.id)
    first, second = marks(a), marks(b)
    different = [key for key in first | second if first.get(key) != second.get(key)]
    for student, cell in sorted(different):
        number = int(student[1:])
        kind = "a mistake" if number and number % 2 == 0 else "RIGHT OR UNTOUCHED"
        here, there = first.get((student, cell)), second.get((student, cell))
        print(f"  {student} ({kind}), {cell}: {here} here, {there} there")
    shutil.rmtree(folder)
    return tito, nbgrader, len(different)


def main() -> None:
    """Print each round, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lesson", default="2")
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--experiments", action="store_true")
    parser.add_argument("--quick", action="store_true", help="two notebooks, to see that it runs")
    options = parser.parse_args()
    lesson = find_lesson(options.lesson)
    contents = notebooks(lesson, 2 if options.quick else options.students)
    ratios = []
    for number in range(1 if options.quick else options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            tito, nbgrader, different = one_round(lesson, contents, Path(folder, "round"), options)
        ratios.append(tito / nbgrader)
        print(
            f"round {number + 1}: {lesson.id}, {len(contents)} notebooks: tito {tito:.1f} s with "
            f"{options.jobs} jobs, nbgrader {nbgrader:.1f} s; {different} marks differ"
        )
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
