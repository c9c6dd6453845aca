"""Submissions of every kind: honest, damaged, forged, and such as want to get out.

``submissions(lesson, canary)`` makes them of the lesson's released notebook and solutions; what
each has to earn is worked out without the grader. ``canary`` is a folder outside of every jail.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.grading.attacks import ESCAPES, FORGERIES, HARMLESS, TOP_LEVEL, Attack
from tests.grading.damaged import damaged, no_notebooks
from tests.grading.forge import Forge, Json, Submission, grade_id, new_cell, packed
from tito.authoring.mutants import mutants_of
from tito.course.lessons import Lesson


def submissions(lesson: Lesson, canary: Path, port: int = 9) -> Iterator[Submission]:
    """All of them, each under a name of its own; somebody listens at the port."""
    forge = Forge(lesson)
    yield from _honest(forge)
    yield from damaged(forge)
    yield from no_notebooks(forge, canary)
    yield from _forged_files(forge)
    for kind, attacks in (("forged", FORGERIES), ("escape", ESCAPES), ("damaged", HARMLESS)):
        yield from _attacks(forge, kind, attacks, canary, port)
    for name, code in TOP_LEVEL.items():  # loose lines, without which the cell is loaded
        yield Submission(f"top-{name}", "damaged", packed(forge.with_code(code)), forge.graded)


def _attacks(
    forge: Forge, kind: str, attacks: list[Attack], canary: Path, port: int
) -> Iterator[Submission]:
    baked = {"CANARY": str(canary / "gradebook.db"), "FOLDER": str(canary), "PORT": str(port)}
    for attack in attacks:
        body, above = attack.body, attack.above
        for word, path in baked.items():
            body, above = body.replace(word, path), above.replace(word, path)
        notebook = forge.instead(body, above) if body else forge.with_code(above)
        earned = forge.graded if attack.earns else forge.rest
        visible = forge.judged if attack.fools else ""
        yield Submission(attack.name, kind, packed(notebook), earned, visible=visible)


def _honest(forge: Forge) -> Iterator[Submission]:
    all_of_it = forge.graded
    yield Submission("solved", "honest", packed(forge.solve()), all_of_it)
    yield Submission("untouched", "honest", packed(forge.release), frozenset())
    yield Submission("untouched-bytes", "honest", forge.lesson.release.read_bytes(), frozenset())
    half = {cell.grade_id: cell.source for cell in forge.code[: len(forge.code) // 2]}
    done = [name for name in forge.in_order if forge.place(name) <= len(forge.code) // 2]
    yield Submission("half", "honest", packed(forge.notebook(**half)), frozenset(done))
    for number, mutant in enumerate(mutants_of(forge.lesson)):
        cells = mutant.cells()
        sources = {cell.grade_id: cell.source for cell in cells if cell.is_solution}
        place = forge.in_order.index(mutant.grade_id)
        before, after = forge.in_order[:place], forge.in_order[place + 1 :]
        own = [mutant.grade_id] if forge.earns(cells, mutant.grade_id) else []
        yield Submission(
            f"mutant-{number}",
            "honest",
            packed(forge.solve(**sources)),
            frozenset((*before, *own)),
            frozenset(after),
        )
    spaced = {name: f"\n\n{source}\n\n\n" for name, source in forge.solved.items()}
    yield Submission("spaced", "honest", packed(forge.solve(**spaced)), all_of_it)
    lines = forge.solve()
    for cell in lines["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    yield Submission("lines", "honest", packed(lines), all_of_it)
    windows = {name: source.replace("\n", "\r\n") for name, source in forge.solved.items()}
    yield Submission("windows", "honest", packed(forge.solve(**windows)), all_of_it)
    yield Submission("with-bom", "honest", b"\xef\xbb\xbf" + packed(forge.solve()), all_of_it)
    words = forge.solve()
    for cell in words["cells"]:
        if cell["cell_type"] == "markdown" and grade_id(cell):
            cell["source"] = "x = y " * 400_000
    yield Submission("huge-words", "honest", packed(words), all_of_it)
    helped = f"def _helper():\n    return 1\n\n{forge.victim.source}"
    yield Submission("helper", "honest", packed(_in_victim(forge, helped)), all_of_it)
    imported = f"import fractions\n\n{forge.victim.source}\n\n_ = fractions.Fraction(1, 2)"
    yield Submission("import", "honest", packed(_in_victim(forge, imported)), all_of_it)


def _in_victim(forge: Forge, source: str) -> Json:
    return forge.solve(**{forge.victim.grade_id: source})


def _forged_files(forge: Forge) -> Iterator[Submission]:
    """Marks written into the notebook itself; nothing is solved in it."""
    passing = [{"output_type": "stream", "name": "stdout", "text": "✓ all points"}]

    def forged(name: str, change: Callable[[Json], None]) -> Submission:
        notebook = copy.deepcopy(forge.release)
        change(notebook)
        return Submission(name, "forged", packed(notebook), frozenset())

    def outputs(notebook: Json) -> None:
        for cell in notebook["cells"]:
            if grade_id(cell) in forge.graded:
                cell.update(outputs=passing, execution_count=1)

    def points(notebook: Json) -> None:
        for cell in notebook["cells"]:
            if grade_id(cell):
                cell["metadata"]["nbgrader"].update(points=1000)

    def own_tests(notebook: Json) -> None:
        for number in range(20):
            settings = {"grade": True, "grade_id": f"mine{number}", "points": 50}
            notebook["cells"].append(new_cell("assert True", **settings))

    def same_tests(notebook: Json) -> None:
        for name in sorted(forge.graded):
            settings = {"grade": True, "grade_id": name, "points": 50, "solution": True}
            notebook["cells"].append(new_cell("assert True", **settings))

    def of_the_notebook(notebook: Json) -> None:
        notebook["metadata"].update(
            nbgrader={"score": 100, "max_score": 100},
            kernelspec={"name": "bash", "language": "bash", "display_name": "bash"},
            celltoolbar="Create Assignment",
        )

    def answers_as_tests(notebook: Json) -> None:
        for cell in notebook["cells"]:
            if grade_id(cell) in forge.solved:
                cell["metadata"]["nbgrader"].update(grade=True, points=100, solution=False)

    for change in (outputs, points, own_tests, same_tests, of_the_notebook, answers_as_tests):
        yield forged(f"file-{change.__name__}".replace("_", "-"), change)
