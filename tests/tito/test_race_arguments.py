"""``tito race`` and numbers and names that it cannot take: each is one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tito.race_command import Outcome, Run, assert_one_sentence, environment, no_race


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        *[("--epochs", v, "epochs") for v in ("0", "-1", "1.5", "many", "99999999999999999999")],
        *[("--factors", v, "factors") for v in ("0", "-4", "1e3", "1000000", "")],
        *[("--learning-rate", v, "learning.rate") for v in ("0", "-1", "nan", "inf", "1e9", "x")],
        *[("--reg", v, "reg") for v in ("-0.1", "nan", "inf", "1e300", "x")],
        *[("--threads", v, "threads") for v in ("-1", "1000000", "two")],
        *[("--seeds", v, "seed") for v in ("", "a", "-1", "0,", "0;1", "0,0", str(2**64))],
        *[("--models", v, "") for v in (",", "optimized,optimized", "nave")],
    ],
)
def test_a_bad_argument_is_named_before_the_race(
    option: str, value: str, named: str, race: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys_edu.race.launcher.LocalLauncher.fit", no_race)
    models = () if option == "--models" else ("--models", "optimized")
    outcome = race(*models, option, value)
    assert_one_sentence(outcome)
    assert named.replace(".", "-") in outcome.err or named.replace(".", "_") in outcome.err


def test_a_learning_rate_that_diverges_is_one_sentence(race: Run, work: Path) -> None:
    outcome = race(
        *("--models", "optimized", "--learning-rate", "100000", "--json", work / "race.json")
    )
    assert_one_sentence(outcome)
    assert "diverged in epoch" in outcome.err
    assert "learning_rate" in outcome.err
    assert not list(work.iterdir())


def test_more_memory_than_there_is_is_one_sentence() -> None:
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (7 * 10**8, 7 * 10**8))\n"
        "sys.argv = ['tito', 'race', '--models', 'optimized', '--factors', '65536']\n"
        "from tito.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(OPENBLAS_NUM_THREADS=1),
        check=False,
        timeout=100,
    )
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    assert_one_sentence(outcome)
    assert "memory" in outcome.err.lower() or "allocate" in outcome.err.lower()
