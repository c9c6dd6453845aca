"""A learner's functions, called through a pipe: as if they were here, and never here."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tito.judging.failures import Failure
from tito.judging.remote import OWN_NAMES, LearnerError, Remote, connection_of
from tito.judging.reply_limits import MAX_NUMBERS, MAX_PARTS, MAX_REPLY, MAX_ROWS
from tito.wire.pipe import PATIENCE, Deadline

MODULE = '''
"""Title."""
# %% imports
import os, sys, time
import numpy as np

# %% works
def add(a, b=1):
    return a + b

def als_half_step(x, *, value):
    x[:] = value

def other(x, *, value):
    x[:] = value

def grow(x):
    return x.resize

# %% fails
def divide(a):
    print("noise on the standard output")
    sys.stderr.write("and on the other")
    return a / 0

def stub(a):
    # YOUR CODE HERE
    raise NotImplementedError()

def hang():
    while True:
        time.sleep(0.01)

def leave():
    os._exit(3)

def leave_politely():
    sys.exit("bye")

def chatter():
    for fd in range(3, 20):
        try:
            os.write(fd, b"garbage" * 10)
        except OSError:
            pass

def crash():
    import ctypes
    os.kill(os.getpid(), 11)

def shallow():
    sys.setrecursionlimit(50)
    return [[[[1]]]]

def interrupt():
    raise KeyboardInterrupt

def loud():
    print("λ\\ud800", "x" * 10_000_000)
    return 1

class TopK:
    pass

def no_record():
    return TopK()

class Broken(list):
    def __iter__(self):
        raise RuntimeError("cannot be looked at")

def broken():
    return Broken()

def odd():
    return (i for i in range(3))

class Silent(Exception):
    def __str__(self):
        raise ValueError

def silent():
    raise Silent

count = 0
def counted():
    global count
    count += 1
    return count
'''


LATE = """
numpy.testing numpy.random numpy.polynomial numpy.fft numpy.ma numpy.ctypeslib
numpy.f2py unittest.mock doctest concurrent.futures.process
multiprocessing.shared_memory sqlite3 ctypes.util asyncio ssl zoneinfo
xml.etree.ElementTree email.mime.text importlib.metadata cProfile tracemalloc statistics
decimal lzma zipfile pdb pydoc encodings.idna
"""


@pytest.fixture
def remote_of(tmp_path: Path) -> Iterator[Callable[..., Remote]]:
    made: list[Remote] = []

    def make(source: str = MODULE, **settings: object) -> Remote:
        path = tmp_path / "bpr.py"
        path.write_text(source)
        made.append(Remote(path, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for remote in made:
        connection_of(remote).close()


def test_calls_and_answers(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of()
    assert remote.add(2) == 3
    assert remote.add(np.ones(3), b=np.arange(3)).tolist() == [1, 2, 3]
    assert hasattr(remote, "add")
    assert not hasattr(remote, "multiply")
    with pytest.raises(AttributeError, match="no function multiply"):
        _ = remote.multiply


def test_arrays_are_changed_in_place_where_that_is_what_the_function_is_for(
    remote_of: Callable[..., Remote],
) -> None:
    remote = remote_of()
    x = np.zeros((2, 3), dtype=np.float32)
    same = x
    assert remote.als_half_step(x, value=7) is None
    assert same.tolist() == [[7] * 3] * 2
    frozen = np.zeros(2)
    frozen.flags.writeable = False
    with pytest.raises(LearnerError, match="read-only"):
        remote.als_half_step(frozen, value=1)
    with pytest.raises(
        LearnerError, match="other changed an array that it was given, and only reads"
    ):
        remote.other(x, value=9)
    assert same.tolist() == [[7] * 3] * 2


def test_errors_are_placed_in_the_learners_cell(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of()
    with pytest.raises(LearnerError) as caught:
        remote.divide(1)
    said = str(caught.value)
    assert said == "divide raised ZeroDivisionError: division by zero (line 4 of cell 'fails')."
    with pytest.raises(LearnerError, match="stub is not written yet"):
        remote.stub(1)
    with pytest.raises(LearnerError, match="raised SystemExit: bye"):
        remote.leave_politely()
    with pytest.raises(LearnerError, match="raised Silent"):
        remote.silent()
    assert remote.add(1) == 2


def test_what_is_no_data_is_refused(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of()
    with pytest.raises(LearnerError, match="a generator is not plain data"):
        remote.odd()
    assert remote.add(1) == 2


@pytest.mark.parametrize(
    ("name", "said"), [("no_record", "not iterable"), ("broken", "cannot be looked at")]
)
def test_answers_of_the_learners_own_classes_do_not_end_the_process(
    remote_of: Callable[..., Remote], name: str, said: str
) -> None:
    remote = remote_of()
    remote.counted()
    with pytest.raises(LearnerError, match=f"{name}: it returned what cannot be sent .*{said}"):
        getattr(remote, name)()
    assert remote.counted() == 2


def test_a_call_leaves_the_next_one_what_it_needs(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of()
    assert remote.shallow() == [[[[1]]]]
    assert remote.loud() == 1
    with pytest.raises(LearnerError, match="interrupt raised KeyboardInterrupt"):
        remote.interrupt()
    with pytest.raises(LearnerError, match="stub is not written yet"):
        remote.stub(1)


def test_a_crash_is_told_by_its_status(remote_of: Callable[..., Remote]) -> None:
    with pytest.raises(LearnerError, match=r"crash ended the process .* \(exit status -11\)"):
        remote_of().crash()


class LastMoment(Deadline):
    """Time is up just as the answer has come."""

    def __exit__(self, *error: object) -> None:
        super().__exit__(None, None, None)
        self.passed = True
        self._end()


def test_an_answer_in_the_last_moment_costs_the_next_call_nothing(
    remote_of: Callable[..., Remote], monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = remote_of()
    assert remote.add(1) == 2
    monkeypatch.setattr("tito.judging.connection.Deadline", LastMoment)
    assert remote.counted() == 1
    monkeypatch.undo()
    assert remote.counted() == 1, "in another process"


def test_what_is_allowed_brings_all_that_is_inside_of_it(remote_of: Callable[..., Remote]) -> None:
    """NumPy and the standard library import parts of themselves late."""
    remote = remote_of(
        "import importlib, pickle\nimport numpy as np\n\ndef load(names):\n"
        "    for name in names:\n        importlib.import_module(name)\n"
        "    np.testing.assert_allclose([1.0], [1.0])\n"
        "    np.show_config(mode='dicts')\n"
        "    return pickle.loads(pickle.dumps(np.random.default_rng(0))).integers(9) >= 0\n"
    )
    assert remote.load(LATE.split())


def test_threads_of_a_judge_take_turns(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of("def double(x):\n    return x + x\n")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: remote.double(np.full(1000 * n, n)), range(60)))
    for n, answer in enumerate(found):
        assert answer.shape == (1000 * n,)
        assert (answer == 2 * n).all()


def test_a_loop_without_end_is_ended(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of(seconds=2.0)
    remote.add(1)
    start = time.monotonic()
    with pytest.raises(LearnerError, match="hang had not answered after 2 s"):
        remote.hang()
    assert time.monotonic() - start < 10
    assert remote.add(1) == 2, "the next call starts another process"


def test_a_process_that_ends_is_started_anew(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of()
    assert [remote.counted(), remote.counted()] == [1, 2]
    with pytest.raises(LearnerError, match="leave ended the process"):
        remote.leave()
    assert remote.counted() == 1


def test_garbage_on_the_pipe_is_no_answer(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of(seconds=5.0)
    with pytest.raises(LearnerError, match=r"what came back is no answer|had not answered"):
        remote.chatter()
    assert remote.add(1) == 2


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("np.ones(n // 8)", 8 * (MAX_REPLY // 8)),
        ("np.ones(n, np.int8)", MAX_NUMBERS),
        ("np.ones((n, 1), np.int8)", MAX_ROWS),
        ("np.ones((1, n, 0))", MAX_ROWS),
        ("[np.ones((n // 2, 1), np.int8) for _ in range(2)]", MAX_ROWS),
        ("[0] * n", MAX_PARTS),
    ],
)
def test_an_answer_is_bounded(kind: str, most: int, remote_of: Callable[..., Remote]) -> None:
    remote = remote_of(f"import numpy as np\ndef answer(n):\n    return {kind}\n")
    assert remote.answer(most - 100) is not None
    with pytest.raises(LearnerError, match="what came back is no answer"):
        remote.answer(most + 8)


class AlwaysWaiting(Deadline):
    """A deadline of a process all of whose time is said to be spent waiting for processors."""

    def __exit__(self, *error: object) -> None:
        super().__exit__(None, None, None)
        self.waited = 1e6


def test_waiting_puts_off_the_limit_of_all_calls_a_few_times_only(
    remote_of: Callable[..., Remote], monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = remote_of("import time\ndef sleep(s):\n    time.sleep(s)\n    return True\n")
    connection = connection_of(remote)
    connection.load()
    monkeypatch.setattr("tito.judging.connection.Deadline", AlwaysWaiting)
    connection.allow_seconds(0.4)
    answered = list(itertools.takewhile(bool, (answers(remote) for _ in range(100))))
    assert len(answered) <= PATIENCE * 0.4 / 0.1
    assert connection.failure is Failure.LATE
    connection.allow_seconds(10)
    assert answers(remote)


def answers(remote: Remote) -> bool:
    """Call a function that takes a tenth of a second; return whether it answered."""
    try:
        return bool(remote.sleep(0.1))
    except LearnerError:
        return False


def test_no_process_is_left_behind(remote_of: Callable[..., Remote]) -> None:
    with remote_of("import os\ndef pid():\n    return os.getpid()") as remote:
        pid = remote.pid()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_probe_sees_the_learners_module(remote_of: Callable[..., Remote], tmp_path: Path) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text("def twice(learner, x):\n    return learner.add(learner.add(x))\n")
    remote = remote_of(probe=probe)
    assert remote.probe.twice(1) == 3
    with pytest.raises(LearnerError, match="no function thrice"):
        remote.probe.thrice(1)


def test_a_module_that_cannot_be_loaded_is_said_so(remote_of: Callable[..., Remote]) -> None:
    remote = remote_of("# %% broken\nx = 1 / 0\n")
    with pytest.raises(LearnerError, match=r"cannot be loaded: raised ZeroDivisionError.*'broken'"):
        remote.add(1)


def test_a_remote_hides_no_function_but_those_that_lint_names(
    remote_of: Callable[..., Remote],
) -> None:
    own = {name for name in [*dir(Remote), *vars(remote_of())] if not name.startswith("_")}
    assert own == OWN_NAMES
    names = ("close", "failure", "load", "call", "stop", "functions", "start_clause", "open")
    remote = remote_of("".join(f"def {name}():\n    return {name!r}\n" for name in names))
    assert [getattr(remote, name)() for name in names] == list(names)
