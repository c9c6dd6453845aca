"""The backend ``student``: the learner's ops where they are written, naive's where they are not."""

from __future__ import annotations

import sys
import threading
import traceback
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys_backends import ContractViolation, get_backend, naive, ops, use_backend
from recsys_backends.plan import WeightedSampler
from recsys_backends.protocol import OPS
from recsys_edu.errors import StudentCodeError
from recsys_edu.student import StudentBackend
from tests.recsys_edu.small_bpr import fitted_bytes, small, two_tastes
from tests.recsys_edu.workspaces import MATMUL, STUB, export, make_workspace, solved

ONE = np.ones((1, 1), dtype=np.float32)
ANSWER_KEY = solved("05_bpr")
RESULT = "def matmul(a, b):\n    return np.full((len(a), b.shape[1]), {}, np.float32)\n"
TEN, TWO = (f"import numpy as np\n\n{RESULT.format(n)}" for n in ("10", "20"))


def student(workspace: Path) -> StudentBackend:
    return StudentBackend(workspace / "my_recsys")


def matmul(backend: StudentBackend, a: NDArray[np.float32] = ONE) -> float:
    with use_backend(backend):
        return float(ops.matmul(a, ONE)[0, 0])


def failure(backend: StudentBackend) -> StudentCodeError:
    with pytest.raises(StudentCodeError) as caught:
        matmul(backend)
    return caught.value


# whose ops are used


def test_the_tiled_plan_of_lesson_09_takes_the_place_of_lesson_05s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = make_workspace(tmp_path, bpr=ANSWER_KEY, parallel=solved("09_parallel"))
    for name, number in (("bpr", "05"), ("parallel", "09")):
        path = workspace / "my_recsys" / f"{name}.py"
        path.write_text(path.read_text().replace('"""Title', f'"""Lesson {number}', 1))
    backend = student(workspace)
    assert backend.written()["plan_epoch"].name == "parallel.py"
    assert backend.written()["bpr_update"].name == "bpr.py"
    train = two_tastes()
    tiled = {"seed": 3, "epoch": 1, "n_blocks": 4}
    with use_backend(backend):
        found = ops.plan_epoch(train.indptr, train.indices, train.n_items, **tiled)
        assert "naive's is used" not in capsys.readouterr().err
        weights = WeightedSampler(np.ones(train.n_items, dtype=np.int64))
        weighted = ops.plan_epoch(
            train.indptr, train.indices, train.n_items, sampler=weights, **tiled
        )
    expected = naive.plan_epoch(train.indptr, train.indices, train.n_items, **tiled)
    for plan in (found, weighted):  # weights of 1 give the uniform plan
        for column in ("users", "positives", "negatives", "bounds"):
            assert np.array_equal(getattr(plan, column), getattr(expected, column))
    assert "negatives that are not uniform" in capsys.readouterr().err


def test_a_model_learns_the_same_with_the_answer_key_for_learners_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marked = ANSWER_KEY.replace("import ", "import builtins\nimport ", 1)
    assert "from __future__" not in ANSWER_KEY
    for op in ("plan_epoch", "bpr_update"):
        assert f"def {op}(" in ANSWER_KEY
    marked += "\ninner = bpr_update\ndef bpr_update(*a, **k):\n    print('mine')\n"
    marked += "    return inner(*a, **k)\n"
    backend = student(make_workspace(tmp_path, bpr=marked))
    with use_backend(backend):
        found = small(n_blocks=1).fit(two_tastes())
        found.recommend([0], k=3)
    told = capsys.readouterr()
    assert told.out.count("mine") == found.epochs
    assert told.err.splitlines() == [
        "student: your own: plan_epoch, bpr_update; naive's: matmul, als_half_step, "
        "item_similarity, top_k",
        "student: top_k is not written yet, so naive's is used.",
    ]
    with use_backend("naive"):
        expected = small(n_blocks=1).fit(two_tastes())
    assert fitted_bytes(found) == fitted_bytes(expected)
    assert set(backend.written()) == {"plan_epoch", "bpr_update"}
    found.save(tmp_path / "model")


@pytest.mark.parametrize("files", [{}, {"first": STUB}, {"_hidden": MATMUL}, {".hidden": MATMUL}])
def test_gaps_are_naives_and_said_once(
    tmp_path: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    backend = student(make_workspace(tmp_path, **files))
    assert [matmul(backend), matmul(backend)] == [1.0, 1.0]
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f"student: your own: none yet; naive's: {', '.join(OPS)}\n"
        "student: matmul is not written yet, so naive's is used.\n"
    )


def test_a_case_that_the_learner_leaves_out_is_naives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "def plan_epoch(*args, n_blocks, **kwargs):\n"
    source += "    raise NotImplementedError(f'several blocks')\n"
    backend = student(make_workspace(tmp_path, bpr=source))
    train = two_tastes()
    with use_backend(backend):
        found = ops.plan_epoch(train.indptr, train.indices, 80, seed=1, epoch=0, n_blocks=2)
    expected = naive.plan_epoch(train.indptr, train.indices, 80, seed=1, epoch=0, n_blocks=2)
    assert np.array_equal(found.negatives, expected.negatives)
    said = "your plan_epoch is not written for this yet (several blocks), so naive's is used."
    assert capsys.readouterr().err.count(said) == 1


def test_a_helper_that_is_a_stub_is_named_as_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (
        "def inner():\n    raise NotImplementedError()\n\ndef matmul(a, b):\n    return inner()\n"
    )
    assert matmul(student(make_workspace(tmp_path, first=source))) == 1.0
    where = "(my_recsys/first.py, line 2 of cell 'first_cell')"
    assert f"your matmul {where} is not finished, so naive's is used." in capsys.readouterr().err


@pytest.mark.parametrize("change", ["user_factors[0] = 9", "plan.users[:] = 0"])
def test_no_gap_is_filled_after_something_was_changed(tmp_path: Path, change: str) -> None:
    """Naive would start from half a step."""
    source = f"def bpr_update(user_factors, q, b, plan, **_):\n    {change}\n"
    source += "    raise NotImplementedError('the rest')\n"
    backend = student(make_workspace(tmp_path, bpr=source))
    train = two_tastes()
    plan = naive.plan_epoch(train.indptr, train.indices, 80, seed=1, epoch=0)
    factors = np.ones((80, 2), np.float32)
    rates = dict.fromkeys(("learning_rate", "reg_user", "reg_positive", "reg_negative"), 0.1)
    with use_backend(backend), pytest.raises(StudentCodeError, match=r"NotImplementedError: the"):
        ops.bpr_update(factors, factors.copy(), None, plan, **rates)


# what is exported later


def test_an_export_is_used_from_the_next_call_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # a stale cache must not be read
    workspace = make_workspace(tmp_path)
    backend = student(workspace)
    assert matmul(backend) == 1.0
    path = export(workspace, "first", TEN)
    assert matmul(backend) == 10.0
    for text, expected in ((TWO, 20.0), (TEN, 10.0), (TWO, 20.0)):  # as long, and at once
        export(workspace, "first", text)
        assert matmul(backend) == expected
    path.unlink()
    assert matmul(backend) == 1.0


# what goes wrong in the learner's code


def test_a_crash_says_where_and_shows_the_learners_frames_first(tmp_path: Path) -> None:
    source = "def inner(x):\n    return x / 0\n\ndef matmul(a, b):\n    return inner(1)\n"
    workspace = make_workspace(tmp_path, first=source)
    error = failure(student(workspace))
    assert str(error) == (
        "your matmul (my_recsys/first.py, line 2 of cell 'first_cell') raised ZeroDivisionError: "
        "division by zero."
    )
    assert error.__cause__ is not None
    frames = traceback.extract_tb(error.__cause__.__traceback__)
    own = str(workspace / "my_recsys" / "first.py")
    assert [(f.filename, f.name) for f in frames] == [(own, "matmul"), (own, "inner")]
    printed = "".join(traceback.format_exception(error)).splitlines()
    assert printed[0] == "Traceback (most recent call last):"
    assert own in printed[1]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "def matmul(a, b):\n    return (a\n",
            "line 2 of cell 'broken_cell') cannot be loaded: Syn",
        ),
        ("x = y\ndef matmul(a, b):\n    return a\n", "line 1 of cell 'broken_cell') cannot be"),
        ("def matmul(a, b):\n    return a\nraise SystemExit(3)\n", "loaded: SystemExit: 3"),
        ("def matmul(a, b):\n    return a\nraise NotImplementedError\n", "loaded: NotImpl"),
        ("def matmul(a, b):\n    return a\ndel matmul\n", "cannot be loaded: AttributeError"),
    ],
)
def test_a_broken_file_leaves_the_others_usable(tmp_path: Path, source: str, said: str) -> None:
    other = "def top_k(*args, **kwargs):\n    raise ValueError('I was called')\n"
    backend = student(make_workspace(tmp_path, broken=source, other=other))
    no_items = np.zeros(2, np.int64), np.empty(0, np.int32)
    with use_backend(backend), pytest.raises(StudentCodeError, match="I was called"):
        ops.top_k(ONE, ONE, None, *no_items, k=1)
    error = failure(backend)
    assert str(error).startswith("your matmul (my_recsys/broken.py")
    assert said in str(error)
    shown = "".join(traceback.format_exception(error.__cause__))
    assert "recsys_edu/exported.py" not in shown


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise SystemExit('bye')", "SystemExit: bye"),
        (
            "class E(Exception):\n        def __str__(self):\n            raise E\n    raise E",
            "E: (an",
        ),
        ("raise KeyError", "raised KeyError"),
        ("return matmul(a, b)", "RecursionError"),
        ("return ops.matmul(a, b)", "RecursionError"),
    ],
)
def test_any_way_to_fail_is_one_sentence(tmp_path: Path, body: str, said: str) -> None:
    source = f"from recsys_backends import ops\n\ndef matmul(a, b):\n    {body}\n"
    error = failure(student(make_workspace(tmp_path, first=source)))
    assert said in str(error)
    assert str(error).count("your matmul") == 1


def test_arguments_that_the_learner_forgot_are_blamed_on_no_line(tmp_path: Path) -> None:
    error = failure(student(make_workspace(tmp_path, first="def matmul(a):\n    return a\n")))
    assert str(error).startswith(
        "your matmul (my_recsys/first.py) raised TypeError: matmul() takes"
    )


def test_an_interrupt_is_passed_on(tmp_path: Path) -> None:
    source = "def matmul(a, b):\n    raise KeyboardInterrupt\n"
    with pytest.raises(KeyboardInterrupt):
        matmul(student(make_workspace(tmp_path, first=source)))


def test_an_answer_against_the_contract_is_the_backends(tmp_path: Path) -> None:
    source = ANSWER_KEY + (
        "\nright = plan_epoch\ndef plan_epoch(*args, **kwargs):\n"
        "    p = right(*args, **kwargs)\n"
        "    return EpochPlan(p.users.astype(np.int64), p.positives, p.negatives, p.bounds)\n"
    )
    backend = student(make_workspace(tmp_path, bpr=source))
    train = two_tastes()
    with (
        use_backend(backend),
        pytest.raises(ContractViolation, match=r"plan_epoch of backend 'student'.*int32"),
    ):
        ops.plan_epoch(train.indptr, train.indices, 80, seed=1, epoch=0)


# several threads


def test_threads_load_a_file_once_and_are_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = f"import time\nprint('loaded')\ntime.sleep(0.1)\n{TEN}"
    backend = student(make_workspace(tmp_path, first=source))
    start, found = threading.Barrier(6), []

    def work() -> None:
        start.wait(10)
        found.append(matmul(backend))
        assert get_backend().name == "naive"  # a block is its thread's own

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [10.0] * 6
    told = capsys.readouterr()
    assert told.out == "loaded\n"
    assert told.err.count("your own: matmul;") == 1


def test_of_two_files_with_an_op_the_later_lessons_counts(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "mine")
    for number, name, factor in ((5, "zoo", 2), (9, "ant", 3), (7, "bee", 4)):
        path = export(workspace, name, f"def matmul(a, b):\n    return a @ b * {factor}\n")
        text = path.read_text().replace("Title.", f"Lesson {number:02}, {name}.")
        path.write_text(text.replace("a @ b", "(a @ b).astype('float32')"))
    backend = student(workspace)
    assert matmul(backend) == 3 * matmul(student(make_workspace(tmp_path / "other")))
    assert backend.written()["matmul"].name == "ant.py"
