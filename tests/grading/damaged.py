"""Submissions that are damaged, or none at all."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.grading.forge import Forge, Json, Submission, grade_id, new_cell, packed

Change = Callable[[Json], object]


def _places(notebook: Json, name: str) -> list[int]:
    return [n for n, cell in enumerate(notebook["cells"]) if grade_id(cell) == name]


def _twice(name: str) -> Change:
    def change(notebook: Json) -> None:
        (place,) = _places(notebook, name)
        notebook["cells"].insert(place, copy.deepcopy(notebook["cells"][place]))

    return change


def _without(name: str) -> Change:
    def change(notebook: Json) -> None:
        notebook["cells"] = [cell for cell in notebook["cells"] if grade_id(cell) != name]

    return change


def _each(edit: Callable[[Json], object], where: str = "") -> Change:
    """Edit the cell of that name, or all."""

    def change(notebook: Json) -> None:
        for cell in notebook["cells"]:
            if where in ("", grade_id(cell)):
                edit(cell)

    return change


def _no_ids(cell: Json) -> None:
    cell["metadata"] = {}
    cell.pop("id", None)


def _renamed(cell: Json) -> None:
    cell["metadata"]["nbgrader"]["grade_id"] = "mine"


def _printed(n: int) -> list[Json]:
    return [{"output_type": "stream", "name": "stdout", "text": "x" * n}]


def _spoilt(forge: Forge, name: str, change: Change, earned: frozenset[str] | None) -> Submission:
    notebook = forge.solve()
    change(notebook)
    return Submission(name, "damaged", packed(notebook), earned)


def damaged(forge: Forge) -> Iterator[Submission]:
    """Solved, and then spoilt in a way that must not matter, must cost one cell, or all."""
    for changes, earned in (
        (_harmless(forge), forge.graded),
        (_costs_one_cell(forge), forge.rest),
        (_costs_all(forge), None),
    ):
        for name, change in changes.items():
            yield _spoilt(forge, name, change, earned)


def _harmless(forge: Forge) -> dict[str, Change]:
    victim, judged = forge.victim.grade_id, forge.judged
    page = "<svg onload=f()>"
    return {
        "test-twice": _twice(judged),
        "solution-twice": _twice(victim),
        "no-test": _without(judged),
        "no-nbgrader": _each(lambda c: c["metadata"].pop("nbgrader", None)),
        "no-tags": _each(lambda c: c["metadata"].pop("tags", None)),
        "no-ids-either": _each(_no_ids),
        "now-markdown": _each(lambda c: c.update(cell_type="markdown"), victim),
        "now-raw": _each(lambda c: c.update(cell_type="raw"), victim),
        "now-a-page": _each(lambda c: c.update(cell_type=page), victim),
        "test-now-markdown": _each(lambda c: c.update(cell_type="raw"), judged),
        "renamed": _each(_renamed, victim),
        "test-renamed": _each(_renamed, judged),
        "backwards": lambda n: n["cells"].reverse(),
        "test-edited": _each(lambda c: c.update(source="assert False"), judged),
        "no-metadata": _each(lambda c: c.pop("metadata")),
        "null-metadata": _each(lambda c: c.update(metadata=None), victim),
        "own-cells": lambda n: n["cells"].insert(0, new_cell("x = 1")),
        "own-loop": lambda n: n["cells"].insert(0, new_cell("while True: pass")),
        "nan": lambda n: n["metadata"].update(x=float("nan")),
        "magic": _each(lambda c: c.update(source=f"%%time\n{c['source']}"), victim),
        "surrogates": _each(lambda c: c.update(source=c["source"] + "\n# \ud800"), victim),
        "large-outputs": _each(lambda c: c.update(outputs=_printed(5_000_000)), judged),
    }


def _costs_one_cell(forge: Forge) -> dict[str, Change]:
    victim = forge.victim.grade_id
    return {
        "no-solution": _without(victim),
        "number-as-source": _each(lambda c: c.update(source=7), victim),
        "syntax": _each(lambda c: c.update(source="def f(:"), victim),
        "nul": _each(lambda c: c.update(source="x = '\0'"), victim),
        "brackets": _each(lambda c: c.update(source="[" * 100_000), victim),
    }


def _costs_all(forge: Forge) -> dict[str, Change]:
    return {
        "many-cells": lambda n: n["cells"].extend([new_cell("")] * 50_000),
        "cells-of-words": lambda n: n.update(cells=["a", "b"]),
        "no-cells": lambda n: n.update(cells=[]),
        "cells-no-list": lambda n: n.update(cells={"a": 1}),
        "format-3": lambda n: n.update(nbformat=3),
        "format-5": lambda n: n.update(nbformat=5),
        "format-true": lambda n: n.update(nbformat="4"),
        "huge-outputs": _each(lambda c: c.update(outputs=_printed(20_000_000)), forge.judged),
    }


def no_notebooks(forge: Forge, canary: Path) -> Iterator[Submission]:
    """Files that are none, and places where there is no file."""
    solved = packed(forge.solve())
    for name, content in _files_that_are_none(solved).items():
        yield Submission(name, "damaged", content, None)
    (canary / "folder").mkdir(exist_ok=True)
    (canary / "solved.ipynb").write_bytes(solved)
    (canary / "folder" / forge.lesson.notebook).write_bytes(solved)
    for name, write in _odd_places(canary).items():
        yield Submission(name, "escape", write, None)
    for name, write in _odd_stamps(solved, canary).items():
        yield Submission(name, "escape", write, forge.graded)


def _files_that_are_none(solved: bytes) -> dict[str, bytes]:
    return {
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
        "another-lesson": packed({"nbformat": 4, "metadata": {}, "cells": [new_cell("x = 1")]}),
    }


Write = Callable[[Path], object]


def _odd_places(canary: Path) -> dict[str, Write]:
    """Something else than a file where the notebook should be."""

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

    return {
        "link": link,
        "linked-folder": linked_folder,
        "folder": Path.mkdir,
        "fifo": fifo,
        "sparse": sparse,
        "nothing": lambda path: None,
    }


def _odd_stamps(solved: bytes, canary: Path) -> dict[str, Write]:
    """A notebook with something odd beside it."""

    def with_late_stamp(path: Path) -> None:
        path.write_bytes(solved)
        path.with_name("timestamp.txt").write_text("whenever")

    def with_linked_stamp(path: Path) -> None:
        path.write_bytes(solved)
        path.with_name("timestamp.txt").symlink_to(canary / "gradebook.db")

    def with_linked_secret(path: Path) -> None:
        path.write_bytes(solved)
        path.with_name("submission_secret.txt").symlink_to(canary / "gradebook.db")

    return {
        "stamp-of-words": with_late_stamp,
        "stamp-linked": with_linked_stamp,
        "secret-linked": with_linked_secret,
    }
