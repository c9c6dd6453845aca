"""A lesson's notebook as students may hand it in, and what it has to earn without the grader."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recsys_edu.exported import functions_in
from tests.judging.evil_remote import EvilRemote, Solutions
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


def new_cell(source: str, *, kind: str = "code", **nbgrader: Any) -> Json:
    cell: Json = {"cell_type": kind, "metadata": {}, "source": source}
    if nbgrader:
        full = {"grade": False, "locked": False, "points": 0, "schema_version": 3}
        cell["metadata"]["nbgrader"] = {**full, "solution": False, **nbgrader}
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    return cell
