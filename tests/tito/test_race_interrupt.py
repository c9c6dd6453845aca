"""``tito race`` and Ctrl-C: a sentence, nothing left running, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tito.race_command import Outcome, environment

ANNOUNCED = """
import os, signal, sys, threading
import recsys_backends.naive as naive
import recsys_edu.race.launcher as launcher

fit, measure = naive.bpr_update, launcher.peak_memory_of_fit
when = sys.argv.pop(1)

def announced_fit(*arguments, **named):
    if when == "fit":
        print("now", flush=True)
    return fit(*arguments, **named)

def announced_measure(*arguments, **named):
    if when == "memory":
        threading.Timer(0.1, print, ["now"], {"flush": True}).start()
    return measure(*arguments, **named)

naive.bpr_update, launcher.peak_memory_of_fit = announced_fit, announced_measure

if when == "plot":
    import recsys_edu.race.plot as plot

    def interrupted(*arguments, **named):
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()

    plot.plot_race = interrupted

sys.argv = ["tito", "race", *sys.argv[1:]]
from tito.main import main
main()
"""


def interrupted_race(when: str, whole_group: bool, work: Path, *arguments: str) -> Outcome:
    """A race in a session of its own that gets SIGINT as soon as it says "now"."""
    command = [sys.executable, "-c", ANNOUNCED, when, "--json", str(work / "race.json")]
    with subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        if when != "plot":
            assert process.stdout.readline() == "now\n"
            if whole_group:  # what a terminal does
                os.killpg(process.pid, signal.SIGINT)
            else:
                process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    out = "".join(line for line in out.splitlines(keepends=True) if line != "now\n")
    deadline = time.monotonic() + 10
    while process_group_lives(process.pid):
        assert time.monotonic() < deadline, "processes are left"
        time.sleep(0.05)
    return Outcome(process.returncode, out, err)


def process_group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "kill"])
@pytest.mark.parametrize("when", ["fit", "memory"])
def test_an_interrupt_is_one_sentence_and_leaves_nothing(
    when: str, whole_group: bool, work: Path
) -> None:
    epochs = "100" if when == "fit" else "1"
    status, out, err = interrupted_race(
        when, whole_group, work, "--models", "naive", "--epochs", epochs, "--factors", "4"
    )
    assert status == 130
    assert out == ""
    assert err.strip().startswith("tito: interrupted")
    assert err.strip().count("\n") == 0
    assert not list(work.iterdir())


def test_an_interrupt_after_the_numbers_were_written_does_not_deny_it(work: Path) -> None:
    status, out, err = interrupted_race(
        "plot", False, work, "--models", "popularity", "--no-memory", "--plot", str(work / "r.png")
    )
    assert status == 130
    assert "popularity" in out
    assert [line for line in err.splitlines() if line.strip()] == [err.strip()]
    assert (work / "race.json").exists() == ("nothing was written" not in err)
    assert not (work / "r.png").exists()
