"""Submissions of every kind: honest, damaged, forged, and such as want to get out.

``submissions(lesson, canary)`` makes them of the lesson's released notebook and solutions; what
each has to earn is worked out without the grader. ``canary`` is a folder outside of every jail.
"""

from __future__ import annotations

import ast
import copy
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recsys_edu.exported import functions_in
from tests.grading.attacks import ESCAPES, FORGERIES, HARMLESS, TOP_LEVEL, Attack
from tests.judging.evil_remote import EvilRemote, Solutions
from tito.authoring.mutants import mutants_of
from tito.authoring.source import solution_cells
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.judging.clauses import functions_of, load_clauses, run_clause

SECRET = "canary-5f0c71e2"
"""What is in the file that nobody may read."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Submission:
    """What a student hands in, and what that has to come to."""

    name: str
    """Also the student's: letters, digits and hyphens."""
    kind: str
    """honest, damaged, forged or escape."""
    content: bytes | Callable[[Path], None]
    """The file, or what writes it to its place."""
    earned: frozenset[str] | None
    """The graded cells that earn their points; None where it cannot be graded."""
    unsure: frozenset[str] = frozenset()
    """Graded cells that may earn their points or not: they use a function that is wrong."""
    visible: str = field(default="", compare=False)
    """The graded cell whose visible test is fooled where notebooks are graded in their kernel."""

    def write(self, path: Path) -> None:
        """Hand it in."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            self.content(path)


class Forge:
    """A lesson's notebook, to be solved, spoilt and forged."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.release: Json = json.loads(lesson.release.read_text(encoding="utf-8"))
        cells = solution_cells(lesson)
        self.solved = {cell.grade_id: cell.source for cell in cells if cell.is_solution}
        self.code = [c for c in cells if c.is_solution and c.is_exported]
        self.in_order = [c.grade_id for c in cells if c.is_graded and not c.is_solution]
        self.graded = frozenset(self.in_order)
        self.victim = self.code[-1]
        """The last function: no other one depends on it."""
        after = [c for c in cells if c.number > self.victim.number and c.grade_id in self.graded]
        self.judged = after[0].grade_id
        """The graded cell that is about the victim."""
        self.rest = self.graded - {self.judged}

    def place(self, name: str) -> int:
        """How many of the exported solutions stand before a graded cell."""
        cells = [grade_id(cell) for cell in self.release["cells"]]
        return sum(cells.index(cell.grade_id) < cells.index(name) for cell in self.code)

    def notebook(self, **sources: str) -> Json:
        """The release with these sources; ``solve()`` gives all of them."""
        notebook = copy.deepcopy(self.release)
        for cell in notebook["cells"]:
            found = sources.get(grade_id(cell))
            if found is not None:
                cell["source"] = found
        return notebook

    def solve(self, **others: str) -> Json:
        """The notebook with every solution, but for the cells named."""
        return self.notebook(**{**self.solved, **others})

    def with_code(self, code: str) -> Json:
        """All solved, and code at the top of the last function's cell, after the solution."""
        return self.solve(**{self.victim.grade_id: f"{self.victim.source}\n\n{code}"})

    def instead(self, body: str, above: str = "") -> Json:
        """All solved but for the last cell, whose functions have this body."""
        names = functions_in(ast.parse(self.victim.source))
        lines = "\n".join("    " + line for line in body.split("\n"))
        functions = "\n\n".join(f"def {n}(*args, **kwargs):\n{lines}" for n in names)
        return self.solve(**{self.victim.grade_id: f"{above}\n\n{functions}"})

    def earns(self, cells: list[Cell], name: str) -> bool:
        """What hidden.py says of one graded cell, in this process, on other inputs."""
        clause = functions_of(load_clauses(self.lesson.folder, "hidden.py"))[name]
        with EvilRemote(Solutions(self.lesson, cells)) as remote:
            return run_clause(name, clause, remote, np.random.default_rng(99)).passed


def grade_id(cell: Json) -> str:
    """Of a cell as JSON."""
    return str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", ""))


def packed(notebook: Any) -> bytes:
    """As a file."""
    return json.dumps(notebook).encode()


def _new(source: str, *, kind: str = "code", **nbgrader: Any) -> Json:
    cell: Json = {"cell_type": kind, "metadata": {}, "source": source}
    if nbgrader:
        full = {"grade": False, "locked": False, "points": 0, "schema_version": 3}
        cell["metadata"]["nbgrader"] = {**full, "solution": False, **nbgrader}
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    return cell


def submissions(lesson: Lesson, canary: Path, port: int = 9) -> Iterator[Submission]:
    """All of them, each under a name of its own; somebody listens at the port."""
    forge = Forge(lesson)
    yield from _honest(forge)
    yield from _damaged(forge)
    yield from _no_notebooks(forge, canary)
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


def _damaged(forge: Forge) -> Iterator[Submission]:
    """Solved, and then spoilt in a way that must not matter, or must cost one cell."""

    def spoilt(name: str, change: Callable[[Json], None], earned: frozenset[str]) -> Submission:
        notebook = forge.solve()
        change(notebook)
        return Submission(name, "damaged", packed(notebook), earned)

    victim, judged, graded, rest = forge.victim.grade_id, forge.judged, forge.graded, forge.rest

    def places(notebook: Json, name: str) -> list[int]:
        return [n for n, cell in enumerate(notebook["cells"]) if grade_id(cell) == name]

    def twice(name: str) -> Callable[[Json], None]:
        def change(notebook: Json) -> None:
            (place,) = places(notebook, name)
            notebook["cells"].insert(place, copy.deepcopy(notebook["cells"][place]))

        return change

    def without(name: str) -> Callable[[Json], None]:
        def change(notebook: Json) -> None:
            notebook["cells"] = [c for c in notebook["cells"] if grade_id(c) != name]

        return change

    def each(edit: Callable[[Json], object], where: str = "") -> Callable[[Json], None]:
        def change(notebook: Json) -> None:
            for cell in notebook["cells"]:
                if where in ("", grade_id(cell)):
                    edit(cell)

        return change

    def no_ids(cell: Json) -> None:
        cell["metadata"] = {}
        cell.pop("id", None)

    def renamed(cell: Json) -> None:
        cell["metadata"]["nbgrader"]["grade_id"] = "mine"

    yield spoilt("test-twice", twice(judged), graded)
    yield spoilt("solution-twice", twice(victim), graded)
    yield spoilt("no-test", without(judged), graded)
    yield spoilt("no-solution", without(victim), rest)
    yield spoilt("no-nbgrader", each(lambda c: c["metadata"].pop("nbgrader", None)), graded)
    yield spoilt("no-tags", each(lambda c: c["metadata"].pop("tags", None)), graded)
    yield spoilt("no-ids-either", each(no_ids), graded)
    yield spoilt("now-markdown", each(lambda c: c.update(cell_type="markdown"), victim), graded)
    yield spoilt("now-raw", each(lambda c: c.update(cell_type="raw"), victim), graded)
    page = "<svg onload=f()>"
    yield spoilt("now-a-page", each(lambda c: c.update(cell_type=page), victim), graded)
    yield spoilt("test-now-markdown", each(lambda c: c.update(cell_type="raw"), judged), graded)
    yield spoilt("renamed", each(renamed, victim), graded)
    yield spoilt("test-renamed", each(renamed, judged), graded)
    yield spoilt("backwards", lambda n: n["cells"].reverse(), graded)
    yield spoilt("test-edited", each(lambda c: c.update(source="assert False"), judged), graded)
    yield spoilt("no-metadata", each(lambda c: c.pop("metadata")), graded)
    yield spoilt("null-metadata", each(lambda c: c.update(metadata=None), victim), graded)
    yield spoilt("number-as-source", each(lambda c: c.update(source=7), victim), rest)
    yield spoilt("many-cells", lambda n: n["cells"].extend([_new("")] * 50_000), None)
    yield spoilt("cells-of-words", lambda n: n.update(cells=["a", "b"]), None)
    yield spoilt("no-cells", lambda n: n.update(cells=[]), None)
    yield spoilt("cells-no-list", lambda n: n.update(cells={"a": 1}), None)
    yield spoilt("format-3", lambda n: n.update(nbformat=3), None)
    yield spoilt("format-5", lambda n: n.update(nbformat=5), None)
    yield spoilt("format-true", lambda n: n.update(nbformat="4"), None)
    yield spoilt("own-cells", lambda n: n["cells"].insert(0, _new("x = 1")), graded)
    yield spoilt("own-loop", lambda n: n["cells"].insert(0, _new("while True: pass")), graded)
    yield spoilt("nan", lambda n: n["metadata"].update(x=float("nan")), graded)
    yield spoilt("syntax", each(lambda c: c.update(source="def f(:"), victim), rest)
    yield spoilt("nul", each(lambda c: c.update(source="x = '\0'"), victim), rest)
    yield spoilt("magic", each(lambda c: c.update(source=f"%%time\n{c['source']}"), victim), graded)
    yield spoilt(
        "surrogates", each(lambda c: c.update(source=c["source"] + "\n# \ud800"), victim), graded
    )
    brackets = "[" * 100_000
    yield spoilt("brackets", each(lambda c: c.update(source=brackets), victim), rest)
    outputs = [{"output_type": "stream", "name": "stdout", "text": "x" * 5_000_000}]
    yield spoilt("large-outputs", each(lambda c: c.update(outputs=outputs), judged), graded)
    much = [{"output_type": "stream", "name": "stdout", "text": "x" * 20_000_000}]
    yield spoilt("huge-outputs", each(lambda c: c.update(outputs=much), judged), None)


def _no_notebooks(forge: Forge, canary: Path) -> Iterator[Submission]:
    """Files that are none, and places where there is no file."""
    solved = packed(forge.solve())
    for name, content in {
        "empty": b"",
        "no-json": b"print('hello')",
        "json-list": b"[1, 2]",
        "json-number": b"7",
        "json-null": b"null",
        "cut-off": solved[: len(solved) // 2],
        "utf-16": solved.decode().encode("utf-16"),
        "latin-1": b'{"cells": "\xe4"}',
        "deep": b"[" * 200_000 + b"]" * 200_000,
        "deep-objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "long-number": b"[" + b"9" * 100_000 + b"]",
        "zip": b"PK\x03\x04" + bytes(100),
        "another-lesson": packed({"nbformat": 4, "metadata": {}, "cells": [_new("x = 1")]}),
    }.items():
        yield Submission(name, "damaged", content, None)

    def link(path: Path) -> None:
        path.symlink_to(canary / "solved.ipynb")

    def linked_folder(path: Path) -> None:
        path.parent.rmdir()
        path.parent.symlink_to(canary / "folder")

    def fifo(path: Path) -> None:
        os.mkfifo(path)

    def sparse(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(2**40)

    def with_late_stamp(path: Path) -> None:
        path.write_bytes(solved)
        path.with_name("timestamp.txt").write_text("whenever")

    def with_linked_stamp(path: Path) -> None:
        path.write_bytes(solved)
        path.with_name("timestamp.txt").symlink_to(canary / "gradebook.db")

    def with_linked_secret(path: Path) -> None:
        path.write_bytes(solved)
        path.with_name("submission_secret.txt").symlink_to(canary / "gradebook.db")

    (canary / "folder").mkdir(exist_ok=True)
    (canary / "solved.ipynb").write_bytes(solved)
    (canary / "folder" / forge.lesson.notebook).write_bytes(solved)
    for name, write, earned in (
        ("link", link, None),
        ("linked-folder", linked_folder, None),
        ("folder", Path.mkdir, None),
        ("fifo", fifo, None),
        ("sparse", sparse, None),
        ("nothing", lambda path: None, None),
        ("stamp-of-words", with_late_stamp, forge.graded),
        ("stamp-linked", with_linked_stamp, forge.graded),
        ("secret-linked", with_linked_secret, forge.graded),
    ):
        yield Submission(name, "escape", write, earned)


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
            notebook["cells"].append(_new("assert True", **settings))

    def same_tests(notebook: Json) -> None:
        for name in sorted(forge.graded):
            settings = {"grade": True, "grade_id": name, "points": 50, "solution": True}
            notebook["cells"].append(_new("assert True", **settings))

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
