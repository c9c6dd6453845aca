"""From a learner's notebook to a module, or to one sentence about the cell that is in the way."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tito.course.export import Export, export_notebook, write_export
from tito.course.notebook import NotebookError


def cell(source: str, *, grade_id: str = "", tags: tuple[str, ...] = ("export",)) -> dict[str, Any]:
    metadata: dict[str, Any] = {"tags": list(tags)}
    if grade_id:
        metadata["nbgrader"] = {"grade_id": grade_id, "solution": True}
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": []}


def notebook(tmp_path: Path, *cells: dict[str, Any]) -> Path:
    path = tmp_path / "05_bpr.ipynb"
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    )
    return path


def refused(path: Path, *expected: str) -> str:
    """The sentence with which the export is refused."""
    with pytest.raises(NotebookError) as caught:
        export_notebook(path, "Title", expected)
    return str(caught.value)


def test_tagged_cells_are_joined_in_order_and_others_left_out(tmp_path: Path) -> None:
    path = notebook(
        tmp_path,
        cell("import math", grade_id="imports"),
        cell("print('looking')", tags=()),
        cell("def f(x):\n    return math.sqrt(x)", grade_id="f"),
    )
    export = export_notebook(path, "Title", ["f"])
    assert export.functions == ("f",)
    assert export.stubs == ()
    assert "looking" not in export.source
    assert export.source.index("# %% imports") < export.source.index("# %% f\n")
    names: dict[str, Any] = {}
    exec(export.source, names)
    assert names["f"](4.0) == 2.0


def test_functions_that_are_still_to_be_written_are_named(tmp_path: Path) -> None:
    stub = (
        "def f(x):\n    for i in x:\n        # YOUR CODE HERE\n        raise NotImplementedError()"
    )
    refusing = "def g(x):\n    if x:\n        raise NotImplementedError('not for x')\n    return 1"
    export = export_notebook(notebook(tmp_path, cell(stub), cell(refusing)), "Title")
    assert export.stubs == ("f",)


def test_a_syntax_error_is_placed_in_its_cell_and_line(tmp_path: Path) -> None:
    said = refused(notebook(tmp_path, cell("x = 1"), cell("def f(:\n  pass", grade_id="f")))
    assert "05_bpr.ipynb, cell 'f', line 1" in said
    said = refused(notebook(tmp_path, cell("x = 1\ny = = 2")))
    assert "the cell that begins `x = 1`, line 2" in said


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("x = 1\nreturn x", 2, "outside function"),
        ("for i in ():\n    pass\nbreak", 3, "outside loop"),
        ("import asyncio\nawait asyncio.sleep(0)", 2, "outside function"),
        ("def f(x, x):\n    pass", 1, "duplicate argument"),
        ("def f():\n    x = 1\n    global x", 3, "global"),
        ("nonlocal x", 1, "nonlocal"),
        ("from __future__ import annotations", 1, "must occur at the beginning of the file"),
        ("x = '\\f\u2028'\nreturn x", 2, "outside function"),
    ],
)
def test_what_parses_and_cannot_be_run_is_placed_too(
    tmp_path: Path, source: str, line: int, said: str
) -> None:
    found = refused(notebook(tmp_path, cell("x = 1"), cell(source, grade_id="f")))
    assert f"05_bpr.ipynb, cell 'f', line {line}" in found
    assert said in found


def test_what_the_compiler_merely_warns_of_is_exported_in_silence(tmp_path: Path) -> None:
    """Tests turn warnings into errors, as PYTHONWARNINGS may do for learners."""
    source = "import re\ndef f(x):\n    return re.match('\\d', x) is 'x'"
    assert export_notebook(notebook(tmp_path, cell(source)), "Title").functions == ("f",)


def test_code_that_is_nested_too_deeply_is_one_sentence(tmp_path: Path) -> None:
    deep = "x = " + "-" * 100_000 + "1"
    assert "05_bpr.ipynb" in refused(notebook(tmp_path, cell(deep)))
    long = "x = " + "+".join("1" * 100_000)
    assert "05_bpr.ipynb" in refused(notebook(tmp_path, cell(long)))


@pytest.mark.parametrize("line", ["%timeit f()", "!ls", "?f"])
def test_a_notebook_command_has_to_move(tmp_path: Path, line: str) -> None:
    assert "a cell of its own" in refused(notebook(tmp_path, cell(f"x = 1\n{line}")))


def test_copies_of_a_cell_are_named(tmp_path: Path) -> None:
    twice = [cell("def f():\n    return 1", grade_id="f")] * 2
    assert "two cells are 'f', of which one is a copy" in refused(notebook(tmp_path, *twice))


@pytest.mark.parametrize("source", ["def renamed():\n    pass", "f = 1"])
def test_a_function_that_is_gone_is_missed(tmp_path: Path, source: str) -> None:
    assert "no function f" in refused(notebook(tmp_path, cell(source)), "f")


def test_a_name_from_an_untagged_cell_is_refused_with_both_places(tmp_path: Path) -> None:
    path = notebook(
        tmp_path,
        cell("import math\nRATE = 0.1", tags=()),
        cell("def f():\n    return 1 + \\\n        RATE", grade_id="f"),
    )
    said = refused(path)
    assert "cell 'f', line 3" in said
    assert (
        "'RATE' is defined in the cell that begins `import math` (line 2), which is not exported"
        in said
    )


def test_a_name_from_nowhere_is_refused(tmp_path: Path) -> None:
    assert "'nonsense' is not defined anywhere" in refused(
        notebook(tmp_path, cell("def f():\n    return nonsense"))
    )


def test_star_imports_are_refused(tmp_path: Path) -> None:
    assert "import what you need by name" in refused(notebook(tmp_path, cell("from math import *")))


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return [y for y in range(3) if (z := y)]",
        "def f(n):\n    def g():\n        return n\n    return g",
        "class C:\n    a = 1\n    def m(self):\n        return C.a, __name__",
        "def f():\n    global total\n    total = 1\n    return total\ntotal = 0",
        "try:\n    import math as m\nexcept ImportError as error:\n    print(error)\nx = m.pi",
        "def f(x):\n    match x:\n        case [first, *rest]:\n            return first, rest",
        "with open('/dev/null') as file:\n    text = file.read()\nprint(text)",
        "def late():\n    return early()\ndef early():\n    return late",
        "f = lambda x: (x, print)",
        "import os.path\nos.path.join('a')",
        "def f():\n    global made\n    made = 1\ndef g():\n    return made",
        "match {}:\n    case {**others}:\n        print(others)",
    ],
)
def test_names_that_are_bound_in_any_way_are_known(tmp_path: Path, source: str) -> None:
    ast.parse(export_notebook(notebook(tmp_path, cell(source)), "Title").source)


def test_without_tags_the_way_back_is_shown(tmp_path: Path) -> None:
    assert "tito reset" in refused(notebook(tmp_path, cell("x = 1", tags=())))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ('{"cells": [', "not JSON"),
        ("[1, 2]", "not a notebook of format 4"),
        ('{"nbformat": 3, "worksheets": []}', "not a notebook of format 4"),
        ('{"nbformat": 4, "cells": [7]}', "cell number 1 is damaged"),
        ('{"nbformat": 4, "cells": [{"source": null}]}', "cell number 1 is damaged"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_notebook_is_said_to_be_none(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "05_bpr.ipynb"
    path.write_text(content)
    assert said in refused(path)


def test_a_file_that_is_not_text_and_one_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "05_bpr.ipynb"
    assert "there is no notebook" in refused(path)
    path.write_bytes(b"\xff\xfe\x00")
    assert "not text" in refused(path)


def test_the_version_before_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "my_recsys" / "bpr.py"
    assert write_export(Export("a = 1\n", (), ()), target)
    assert not write_export(Export("a = 1\n", (), ()), target)
    assert not (target.parent / ".previous").exists()
    assert write_export(Export("a = 2\n", (), ()), target)
    assert target.read_text() == "a = 2\n"
    assert (target.parent / ".previous" / "bpr.py").read_text() == "a = 1\n"
    assert (target.parent / "__init__.py").exists()
