"""The optimized backend keeps its contract however OpenMP's threads wait for one another."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

TITO = "from tito.main import main; main()"


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["active", "passive"])
def test_the_contract_holds_under_each_policy_of_waiting(policy: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TITO, "backend", "check", "optimized"],
        env={**os.environ, "OMP_WAIT_POLICY": policy},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "clauses hold" in done.stdout
