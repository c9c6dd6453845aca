"""A file of my_recsys: what is written in it, when it is read again, where its lines come from."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest

from recsys_edu.exported import Exported, load_file, place_of, text_of

CELLS = (
    '"""Title."""\n\n# %% imports\nimport math\n\n# %% f\n\ndef f(x):\n    return math.sqrt(x)\n'
)


def exported(folder: Path, source: str) -> Exported:
    path = folder / "file.py"
    path.write_bytes(source.encode())
    return Exported(path)


@pytest.mark.parametrize(
    ("line", "place"),
    [(1, None), (4, "line 1 of cell 'imports'"), (8, "line 2 of cell 'f'")],
)
def test_a_line_of_the_file_is_a_line_of_a_cell(line: int, place: str | None) -> None:
    found = place_of(CELLS, line)
    assert (found and str(found)) == place


@pytest.mark.parametrize("odd", ["\f", "\v", "\x1c", "\x85", "\u2028"])
def test_lines_are_counted_as_python_counts_them(odd: str) -> None:
    assert str(place_of(f"# %% f\ntext = '{odd}'\n1 / 0\n", 3)) == "line 2 of cell 'f'"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("@staticmethod\ndef f():\n    pass\n\n\n@f\ndef g():\n    pass", 6),
        ("f = lambda x: (\n    x / 0\n)\nf(1)", 2),
        ("x = [\n    1 / y\n    for y in (1, 0)\n]", 2),
        ("def f(x=1 / 0):\n    pass", 1),
        ("class C:\n    def __init__(self):\n        1 / 0\n\nC()", 3),
        ("try:\n    1 / 0\nfinally:\n    x = 1", 2),
        ("def f(:\n    pass", 1),
        ("x = 1\nreturn x", 2),
        ("def f(n):\n    return f(n + 1)\n\nf(0)", 2),
    ],
)
def test_an_error_is_placed_where_it_came_about(tmp_path: Path, source: str, line: int) -> None:
    file = exported(tmp_path, f'"""Title."""\n\n# %% cell\n{source}\n')
    with pytest.raises((Exception, RecursionError)) as caught:
        file.module()
    assert str(file.place_of(caught.value)) == f"line {line} of cell 'cell'"
    assert "my_recsys.file" not in sys.modules


def test_the_place_is_that_of_the_file_that_was_run(tmp_path: Path) -> None:
    file = exported(tmp_path, "# %% f\ndef f():\n    return 1 / 0\n")
    f = file.module().f
    file.path.write_text("# %% other\n\n\n\n")
    with pytest.raises(ZeroDivisionError) as caught:
        f()
    assert str(file.place_of(caught.value)) == "line 2 of cell 'f'"
    file.path.unlink()
    assert str(file.place_of(caught.value)) == "line 2 of cell 'f'"


def test_stubs_are_not_written(tmp_path: Path) -> None:
    file = exported(
        tmp_path,
        "def stub():\n    raise NotImplementedError()\n"
        "def bare():\n    raise NotImplementedError\n"
        "def some(x):\n    if x:\n        raise NotImplementedError('not for x')\n"
        "def again():\n    raise NotImplementedError()\n"
        "def again():\n    return 1\n",
    )
    assert file.written == {"some", "again"}


@pytest.mark.parametrize(
    "source", ["def f():\n    return (1\n", "def f():\n    return 'é'\n".encode("latin-1")]
)
def test_a_file_that_is_no_python_has_the_functions_that_it_begins(
    tmp_path: Path, source: str | bytes
) -> None:
    path = tmp_path / "file.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    file = Exported(path)
    assert file.written == {"f"}
    with pytest.raises(SyntaxError):
        file.module()


def test_a_version_of_the_same_length_and_time_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # a stale cache must not be read
    first = exported(tmp_path, "def f():\n    return 1\n")
    assert first.module().f() == 1
    found = first.path.stat()
    assert not first.is_stale()
    first.path.write_text("def f():\n    return 2\n")
    os.utime(first.path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert first.is_stale()
    assert Exported(first.path).module().f() == 2
    assert load_file(first.path, "my_recsys.file").f() == 2


def test_the_file_is_a_module_to_dataclasses_pickles_and_annotations(tmp_path: Path) -> None:
    module = exported(
        tmp_path,
        "from dataclasses import dataclass\n\n@dataclass\nclass Point:\n    x: int\n",
    ).module()
    assert pickle.loads(pickle.dumps(module.Point(3))) == module.Point(3)
    assert module.Point.__annotations__ == {"x": int}, "no annotations become text on the way"
    assert module.__file__ == str(tmp_path / "file.py")


def test_a_version_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    before = exported(tmp_path, "x = 1\n").module()
    broken = exported(tmp_path, "x = 1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        broken.module()
    assert sys.modules["my_recsys.file"] is before


def test_an_error_that_cannot_say_what_it_is() -> None:
    class SilentError(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert text_of(SilentError()) == "(an error that cannot say what it is)"
    assert text_of(ValueError("why")) == "why"
