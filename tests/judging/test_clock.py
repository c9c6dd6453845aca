"""One timed call: its answer, its account, and that a process is frozen where it is said to be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_backends.plan import EpochPlan
from recsys_edu.artefacts.build import build
from recsys_edu.artefacts.local import module_file
from recsys_edu.exported import files_of
from tests.artefacts.compilers import cython, needs_compiler
from tests.judging.conftest import ENTRIES
from tito.jail.jail import Jail
from tito.jail.timed import TimedJail
from tito.jail.untimed import TimedProcess
from tito.judging.clock import MakeHolder, TimedSession
from tito.judging.failures import LearnerError
from tito.judging.remote import Remote
from tito.judging.shared_files import Call, SharedFiles

JUDGE = f"""
import sys, time
from pathlib import Path
from tito.jail import timed_group
from tito.jail.timed import TimedJail
from tito.judging.clock import TimedSession
from tito.judging.shared_files import Call
timed_group.PREFIX = sys.argv[1]
session = TimedSession(Path({str(ENTRIES)!r}), TimedJail)
session.call(Call("count"))
print(session.group.folder, *session.group.processes(), flush=True)
time.sleep(100)
"""


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def exists(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(pids: list[int]) -> None:
    end = time.monotonic() + 10
    while any(map(exists, pids)) and time.monotonic() < end:
        time.sleep(0.01)


# Answers


def test_the_answer_and_the_updated_arguments_come_back(session: TimedSession) -> None:
    target, other = floats(1, 2), floats(3, 4)
    call = Call("add", (target, other), {"factor": 2.0}, updates=[0])
    for _ in range(2):
        answer, sample = session.call(call)
        assert answer.value["sum"] == 17.0
        np.testing.assert_array_equal(answer.value["added"], floats(6, 8))
        np.testing.assert_array_equal(answer.args[0], floats(7, 10))
        np.testing.assert_array_equal(answer.args[1], other)
        assert answer.kwargs == {"factor": 2.0}
        assert sample.wall > 0
        assert sample.cpu is not None
        assert sample.cpu > 0
    np.testing.assert_array_equal(target, floats(1, 2))  # the caller's own is as it was


def test_named_arguments_and_records_can_be_updated_and_read(session: TimedSession) -> None:
    call = Call("add", (), {"target": floats(1), "other": floats(2)}, updates=["target"])
    assert session.call(call)[0].kwargs["target"][0] == 3.0
    triples = np.arange(4, dtype=np.int32)
    plan = EpochPlan(triples, triples, triples, np.array([0, 4]))
    assert session.call(Call("visits", (plan,)))[0].value == ("EpochPlan", 6)


def test_the_protocol_says_what_an_op_updates() -> None:
    arrays = [floats(0), floats(1), None, floats(2)]
    assert Call("bpr_update", (*arrays[:2], arrays[2], arrays[3])).numbers_of_updated() == {0, 1}
    assert Call("als_half_step", (arrays[0], arrays[1])).numbers_of_updated() == {0}
    assert Call("top_k", tuple(arrays)).numbers_of_updated() == set()


def test_inputs_grow_from_call_to_call(session: TimedSession) -> None:
    for size in (0, 1, 10**6, 10):
        other = np.arange(size, dtype=np.float64)
        answer, _ = session.call(Call("add", (np.zeros(size), other), updates=[0]))
        np.testing.assert_array_equal(answer.args[0], other)
        np.testing.assert_array_equal(answer.value["added"], other)


def test_an_array_that_a_call_may_not_update_cannot_be_written_to(session: TimedSession) -> None:
    with pytest.raises(LearnerError, match=r"write_to raised ValueError.*read-only"):
        session.call(Call("write_to", (floats(1),)))
    assert session.call(Call("write_to", (floats(0),), updates=[0]))[0].args[0][0] == 1.0


def test_the_jail_has_its_threads_and_one_processor_more(session: TimedSession) -> None:
    assert session.problems == ()
    assert session.call(Call("processors"))[0].value == min(2, os.cpu_count() or 1)
    assert session.call(Call("variables"))[0].value == ["OMP_NUM_THREADS"]


@needs_compiler
@pytest.mark.parametrize("launch", [TimedJail, TimedProcess])
def test_a_function_in_cython_is_timed_like_any_other(
    freezer: None, tmp_path: Path, launch: MakeHolder
) -> None:
    artefact = cython(
        "def double(x):\n    cdef double value = x\n    return 2 * value\n", f"_08_{0:012x}"
    )
    (tmp_path / module_file(artefact.module)).write_bytes(build(artefact).module)
    module = tmp_path / "kernels.py"
    module.write_text(f"from {artefact.module} import (\n    double,\n)\n")
    assert len(files_of(module)) == 2
    with TimedSession(module, launch) as session:
        assert session.call(Call("double", (21,)))[0].value == 42.0


# Failures


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (Call("fail"), "fail raised ValueError: no"),
        (Call("answer_an_object"), "answer_an_object: .*a object is not plain data"),
        (Call("end"), r"end ended the process that it ran in \(exit status 3\)"),
        (Call("missing"), "your export has no function missing"),
        (Call("claim", (2**40,)), "larger than an answer may be"),
        (Call("claim", (2**20,)), "claim: what came back is no answer"),
        (Call("claim", (100, True)), "it is cut short"),
    ],
)
def test_a_call_without_an_answer_is_an_error_with_a_sentence(
    spoilt_session: TimedSession, call: Call, sentence: str
) -> None:
    with pytest.raises(LearnerError, match=sentence):
        spoilt_session.call(call)


def test_a_call_that_hangs_is_ended(freezer: None) -> None:
    with TimedSession(ENTRIES, TimedJail, seconds=1.0) as session:
        assert session.group is not None
        pids = session.group.processes()
        with pytest.raises(LearnerError, match=r"hang had not answered after 1 s"):
            session.call(Call("hang"))
        wait_for_end(pids)
        assert not any(map(exists, pids))


def test_a_module_that_cannot_be_loaded_is_an_error(freezer: None, tmp_path: Path) -> None:
    module = tmp_path / "broken.py"
    module.write_text("raise KeyError('here')\n")
    with pytest.raises(LearnerError, match="cannot be loaded: raised KeyError"):
        TimedSession(module, TimedJail)


# The order of things


def test_between_calls_nothing_runs(session: TimedSession) -> None:
    session.call(Call("count"))
    assert session.group is not None
    assert session.group.is_frozen()
    assert len(session.group.processes()) >= 2


def test_processes_that_a_call_leaves_behind_are_frozen_with_it(
    spoilt_session: TimedSession,
) -> None:
    group = spoilt_session.group
    assert group is not None
    before = len(group.processes())
    spoilt_session.call(Call("leave_children", (2,)))
    assert len(group.processes()) == before + 2
    used = group.cpu_ns()
    time.sleep(0.1)
    assert group.cpu_ns() == used


def test_what_a_thread_writes_after_the_answer_does_not_count(
    spoilt_session: TimedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_late(*arguments: Any) -> Any:
        time.sleep(0.5)  # longer than the thread waits
        return ordinary(*arguments)

    ordinary = SharedFiles.read_answer
    monkeypatch.setattr(SharedFiles, "read_answer", read_late)
    call = Call("work_on_after_the_answer", (floats(0),), updates=[0])
    answer, _ = spoilt_session.call(call)
    assert answer.args[0][0] == 0.0
    assert answer.value[0] == 0.0


def test_inputs_cannot_be_read_before_go(spoilt_session: TimedSession) -> None:
    seen = []
    for value in (1.0, 2.0, 3.0):
        answer, _ = spoilt_session.call(Call("look_before_go", (floats(value),)))
        seen.append(answer.value.tolist())
    assert seen == [[], [1.0], [2.0]]  # what was there: the inputs of the call before


def test_an_answer_before_the_question_is_none(spoilt_session: TimedSession) -> None:
    spoilt_session.call(Call("answer_before_being_asked"))
    with pytest.raises(LearnerError, match="answers before it has been asked"):
        spoilt_session.call(Call("count"))


def test_what_follows_an_answer_is_refused(spoilt_session: TimedSession) -> None:
    with pytest.raises(LearnerError, match="it is followed by something"):
        spoilt_session.call(Call("answer_twice"))


def test_a_process_that_does_not_read_does_not_keep_its_judge(freezer: None) -> None:
    many = [np.zeros(0)] * 5000  # whose layout is larger than a pipe
    with TimedSession(ENTRIES, TimedJail, seconds=1.0) as session:
        session.call(Call("never_read_again"))
        with pytest.raises(LearnerError, match="had not answered after 1 s"):
            session.call(Call("count", (many,)))


def test_a_timed_jail_cannot_choose_its_processors_and_another_can(session: TimedSession) -> None:
    with pytest.raises(LearnerError, match="raised PermissionError"):
        session.call(Call("choose_processor"))
    with Jail([ENTRIES]) as jail, Remote(ENTRIES, launch=jail) as remote:
        assert remote.choose_processor() is True


def test_clocks_that_were_stopped_in_there_do_not_stop_this_one(
    spoilt_session: TimedSession,
) -> None:
    answer, sample = spoilt_session.call(Call("digest_by_a_stopped_clock", (64,)))
    assert answer.value == 0
    assert sample.wall > 5e6  # 64 MiB take some 40 ms
    assert sample.cpu is not None
    assert sample.cpu > 5e6


# The end


def test_a_session_that_was_killed_while_frozen_ends(freezer: None) -> None:
    with TimedSession(ENTRIES, TimedJail) as session:
        assert session.group is not None
        folder, pids = session.group.folder, session.group.processes()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
        assert all(map(exists, pids)) or session.group.version == 2
        with pytest.raises(LearnerError, match="ended the process"):
            session.call(Call("count"))
    wait_for_end(pids)
    assert not any(map(exists, pids))
    assert not folder.exists()


def test_after_a_judge_was_killed_the_next_one_leaves_no_frozen_process(
    freezer: None, own_prefix: str
) -> None:
    command = [sys.executable, "-c", JUDGE, own_prefix]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as judge:
        assert judge.stdout is not None
        folder, *numbers = judge.stdout.readline().decode().split()
        pids = [int(number) for number in numbers]
        assert pids
        judge.kill()
        judge.wait()
    time.sleep(0.1)
    assert any(map(exists, pids)) or "unified" in folder
    with TimedSession(ENTRIES, TimedJail):
        wait_for_end(pids)
        assert not any(map(exists, pids))
        assert not Path(folder).exists()


# Without a freezer


def test_a_plain_process_answers_alike_and_says_what_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    monkeypatch.setenv("GOMP_CPU_AFFINITY", "0")
    with TimedSession(ENTRIES, TimedProcess) as session:
        answer, sample = session.call(Call("add", (floats(1), floats(2)), updates=[0]))
        assert answer.args[0][0] == 3.0
        assert sample.wall > 0
        assert sample.cpu is None
        assert sample.between is None
        assert "plain process" in session.problems[0]
        assert session.call(Call("variables"))[0].value == ["OMP_NUM_THREADS"]
        with pytest.raises(LearnerError, match="fail raised ValueError"):
            session.call(Call("fail"))
