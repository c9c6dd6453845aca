"""Running ``tito race`` in a process of its own, and what to expect of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SCRIPT = Path(sys.executable).with_name("tito")
QUICK = ("--epochs", "1", "--factors", "4", "--no-memory")


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


def environment(**changes: object) -> dict[str, str]:
    ours = ("RECSYS_EDU_BACKEND", "RECSYS_EDU_SIMD", "FORCE_COLOR", "COLUMNS")
    clean = {key: value for key, value in os.environ.items() if key not in ours}
    changed = {key: str(value) for key, value in changes.items()}
    if "PYTHONPATH" in changed and "PYTHONPATH" in clean:
        changed["PYTHONPATH"] += os.pathsep + clean["PYTHONPATH"]
    return {**clean, **changed}


def script(*arguments: object, **changes: object) -> Outcome:
    """Run the installed ``tito race`` in a process of its own."""
    done = subprocess.run(
        [SCRIPT, "race", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(**changes),
        check=False,
        timeout=200,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def assert_one_sentence(outcome: Outcome) -> None:
    """An error as a person wants it: a line that says what is wrong, and no table or traceback."""
    assert outcome.status in (1, 2)
    assert "Traceback" not in outcome.err
    said = [line for line in outcome.err.splitlines() if line.strip()]
    said = [line for line in said if not line.startswith(("Usage:", "Try "))]
    assert len(said) == 1, outcome.err
    assert len(said[0]) > 20
    assert outcome.out == ""


def no_race(*arguments: object, **named: object) -> None:
    raise AssertionError("the race was run")
