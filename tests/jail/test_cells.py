"""Cells in a jail come out as in a kernel, and end when they must."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.jail.conftest import needs_bubblewrap
from tito.jail.cells import (
    _CUT,
    CellLimits,
    CellOutcome,
    _clean,
    font_list,
    notebook_jail,
    run_cells,
)
from tito.jail.jail import Jail
from tito.jail.limits import MIB, Limits
from tito.jail.unjailed import Unjailed
from tito.judging.remote import Remote

pytest.importorskip("IPython", reason="the extra 'course' is not installed")

GARBAGE = b"\xff" * 64
SESSION = {
    "value": "x = 6\nx * 7",
    "none": "y = x",
    "streams": "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('more')",
    "descriptor": "import os\n_ = os.write(1, b'from C')",
    "error": "def f():\n    return 1 / 0\nf()",
    "syntax": "def (",
    "afterwards": "x",
    "table": "import pandas\npandas.DataFrame({'a': [1]})",
    "input": "input('name?')",
    "exit": "import sys\nsys.exit(3)",
    "silent": "x;",
    "magic": "%matplotlib inline\n%time 1",
    "plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "implicit plot": "plt.plot([2, 1]);",
    "await": "import asyncio\nawait asyncio.sleep(0, 'slept')",
    "library": "from recsys_edu import BPR\nimport recsys_backends.naive\nBPR(epochs=1).epochs",
    "odd error": "class E(Exception):\n    def __str__(self): 1 / 0\nraise E()",
}


@pytest.fixture(scope="module")
def session() -> dict[str, CellOutcome]:
    """The cells above, in one jail."""
    with notebook_jail() as jail:
        outcomes = run_cells(list(SESSION.values()), jail, CellLimits(seconds=120))
    return dict(zip(SESSION, outcomes, strict=True))


def text(outcome: CellOutcome, stream: str = "stdout") -> str:
    return "".join(o["text"] for o in outcome.outputs if o.get("name") == stream)


def data(outcome: CellOutcome) -> list[dict[str, str]]:
    return [output["data"] for output in outcome.outputs if "data" in output]


@needs_bubblewrap
def test_what_a_cell_shows(session: dict[str, CellOutcome]) -> None:
    assert session["value"].outputs == (
        {
            "output_type": "execute_result",
            "data": {"text/plain": "42"},
            "metadata": {},
            "execution_count": 1,
        },
    )
    assert session["none"].outputs == session["silent"].outputs == ()
    names = [output["name"] for output in session["streams"].outputs]
    assert names == ["stdout", "stderr", "stdout"]
    assert not session["streams"].error  # writing there is no failure
    assert text(session["streams"], "stderr") == "err\n"
    assert text(session["descriptor"]) == "from C"
    assert data(session["table"]) == [{"text/plain": "   a\n0  1"}]  # no HTML
    assert data(session["await"]) == [{"text/plain": "'slept'"}]
    assert "Wall time" in text(session["magic"])
    assert data(session["library"]) == [{"text/plain": "1"}]


@needs_bubblewrap
def test_errors_are_told_as_a_kernel_tells_them(session: dict[str, CellOutcome]) -> None:
    error = session["error"]
    assert error.error == "ZeroDivisionError"
    assert error.ran
    assert error.outputs[-1]["evalue"] == "division by zero"
    assert any("return" in line for line in error.outputs[-1]["traceback"])
    assert session["syntax"].error == "SyntaxError"
    assert session["input"].error == "StdinNotImplementedError"
    assert session["exit"].error == "SystemExit"
    assert session["odd error"].error in ("E", "ZeroDivisionError")  # as IPython has it
    assert data(session["afterwards"]) == [{"text/plain": "6"}]
    assert session["afterwards"].execution_count == list(SESSION).index("afterwards") + 1


@needs_bubblewrap
def test_figures_are_shown(session: dict[str, CellOutcome]) -> None:
    for name in ("plot", "implicit plot"):
        (figure,) = data(session[name])
        assert figure["text/plain"].startswith("<Figure")
        assert base64.b64decode(figure["image/png"]).startswith(b"\x89PNG")


@needs_bubblewrap
def test_a_cell_that_does_not_end_is_interrupted_and_the_next_one_runs() -> None:
    cells = ["x = 1", "while True:\n    pass", "x"]
    with notebook_jail() as jail:
        first, hanging, last = run_cells(cells, jail, CellLimits(seconds=2))
    assert not first.error
    assert hanging.error == "KeyboardInterrupt"
    assert "after 2 s" in hanging.outputs[-1]["evalue"]
    assert data(last) == [{"text/plain": "1"}]


@needs_bubblewrap
@pytest.mark.parametrize(
    ("bomb", "why"),
    [
        ("import signal, time\nsignal.setitimer(0, 0)\ntime.sleep(60)", "not be interrupted"),
        ("import os\nos._exit(0)", "ended the whole Python process"),
        (
            f"for n in (3, 4, 5, 6):\n try: os.write(n, {GARBAGE!r})\n except OSError: 0",
            "no answer",
        ),
        ("held = bytearray(2**28); held[::4096] = b'x' * len(held[::4096])", None),
    ],
)
def test_what_was_earned_before_the_end_is_kept(bomb: str, why: str | None) -> None:
    cells = ["import os\n1", bomb, "2"]
    with notebook_jail(limits=Limits(memory=200 * MIB)) as jail:
        first, end, last = run_cells(cells, jail, CellLimits(seconds=1, start_seconds=60))
        if why is None and not end.why:  # each process limited for itself
            assert end.error == "MemoryError"
            return
    assert data(first) == [{"text/plain": "1"}]
    assert (why or "memory was used up") in end.why
    assert not end.ran
    assert not last.ran
    assert "not run" in last.why


@needs_bubblewrap
def test_outputs_have_an_end() -> None:
    cells = ["print('x' * 10**7)", "for _ in range(10**5): print('y')", "1", "'z' * 10**6"]
    limits = CellLimits(characters=10_000)
    with notebook_jail() as jail:
        outcomes = run_cells(cells, jail, limits)
    assert all(outcome.ran for outcome in outcomes)
    assert all(len(json.dumps(outcome.outputs)) < 21_000 for outcome in outcomes)
    assert "[cut: a cell may write 10,000 characters]" in text(outcomes[0])
    assert data(outcomes[2]) == [{"text/plain": "1"}]


@needs_bubblewrap
def test_hidden_clauses_and_sources_are_not_in_a_notebooks_jail() -> None:
    root = Path(__file__).resolve().parents[2]
    paths = [str(root / "modules/05_bpr/hidden.py"), str(root / ".git"), str(Path.home())]
    assert all(Path(path).exists() for path in paths[::2])
    cells = [f"import os\nos.path.exists({path!r})" for path in paths]
    with notebook_jail() as jail:
        outcomes = run_cells(cells, jail)
    assert [data(outcome) for outcome in outcomes[:2]] == [[{"text/plain": "False"}]] * 2


@needs_bubblewrap
def test_files_beside_the_notebook_are_imported_by_its_cells_only() -> None:
    handed_in = {"/desk/json.py": b"raise SystemExit('too early')", "/desk/own.py": b"x = 3"}
    with notebook_jail(contents=handed_in) as jail:
        (outcome,) = run_cells(["import own\nown.x"], jail)
    assert data(outcome) == [{"text/plain": "3"}]


@needs_bubblewrap
def test_the_list_of_fonts_is_taken_over() -> None:
    fonts = font_list()
    ((path, content),) = fonts.items()
    assert json.loads(content)["ttflist"]
    name = Path(path).name
    cell = f"import matplotlib.font_manager, os\nos.access('/jail/fonts/{name}', os.W_OK)"
    with notebook_jail(contents=fonts) as jail:
        (outcome,) = run_cells([cell], jail)
    assert data(outcome) == [{"text/plain": "False"}]  # it is the one given, which is read-only
    assert not text(outcome, "stderr")


@needs_bubblewrap
def test_a_compiler_is_there_where_it_was_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("Cython")
    cells = ["%load_ext Cython", "%%cython\ndef twice(double x):\n    return 2 * x", "twice(21)"]
    with notebook_jail(compilers=True) as jail:
        built = run_cells(cells, jail, CellLimits(seconds=120))
    assert data(built[-1]) == [{"text/plain": "42.0"}], built[1]
    module = tmp_path / "probe.py"
    module.write_text("import shutil\ndef compiler(): return shutil.which('gcc') or ''\n")
    with Jail([module]) as jail, Remote(module, launch=jail) as remote:
        assert remote.compiler() == ""
    with Jail([module], compilers=True) as jail, Remote(module, launch=jail) as remote:
        assert remote.compiler() == "/usr/bin/gcc"


def test_forged_outputs_are_left_out() -> None:
    outputs = [
        {"output_type": "display_data", "data": {"text/html": "<script>", "text/plain": "x"}},
        {"output_type": "stream", "name": "../x", "text": "x"},
        {"output_type": "stream", "name": "stdout", "text": ["x"]},
        {"output_type": "execute_result", "data": {"text/plain": "x"}, "execution_count": "1"},
        {"output_type": "error", "ename": 3, "evalue": "e", "traceback": [1], "more": "x"},
        "text",
        {"output_type": "stream", "name": "stdout", "text": "x" * 1000},
    ]
    assert _clean(outputs, 1500)[0] == [
        {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": ""},
        {
            "output_type": "execute_result",
            "data": {"text/plain": "x"},
            "metadata": {},
            "execution_count": None,
        },
        {"output_type": "error", "ename": "", "evalue": "e", "traceback": [""]},
        {"output_type": "stream", "name": "stdout", "text": _CUT},
    ]
    assert _clean("no list", 100) == ([], 0)


@pytest.mark.parametrize(
    "output",
    [
        {"output_type": "stream", "name": "stdout", "text": ""},
        {"output_type": "display_data", "data": {}, "metadata": {}},
        {"output_type": "error", "ename": "", "evalue": "", "traceback": []},
        {"output_type": "error", "ename": "", "evalue": "", "traceback": [""] * 10_000},
    ],
)
def test_outputs_without_characters_are_counted_too(output: dict[str, Any]) -> None:
    limit = 100_000
    outputs, used = _clean([output] * 20_000, limit)
    assert used <= limit
    assert len(json.dumps(outputs, indent=1)) < 10 * limit
    assert outputs[-1]["text"] == _CUT


def test_a_notebook_has_a_limit_of_its_own() -> None:
    """Of characters, and of outputs that have none; later cells run, and show nothing more."""
    show = "from IPython.display import display\nfor _ in range(3000): display('')"
    limits = CellLimits(characters=50_000, all_characters=120_000)
    cells = ["print('x' * 40_000)"] * 8 + [show] * 3 + ["1 / 0"]
    with Unjailed() as process:
        outcomes = run_cells(cells, process, limits)
    assert all(outcome.ran for outcome in outcomes)
    assert text(outcomes[0]) == "x" * 40_000 + "\n"
    assert _CUT in text(outcomes[7])
    assert outcomes[-1].error == "ZeroDivisionError"
    size = sum(len(json.dumps(outcome.outputs)) for outcome in outcomes)
    assert size < 4 * limits.all_characters


def test_a_cell_that_shows_nothing_often_is_cut() -> None:
    show = "from IPython.display import display\nfor _ in range(30_000): display('')"
    with Unjailed() as process:
        outcome, after = run_cells([show, "print('on')"], process)
    assert outcome.ran
    assert len(outcome.outputs) < 3000
    assert text(after) == "on\n"
