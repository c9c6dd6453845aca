"""The contract, run on an entry before anything is timed: hidden inputs, all clauses of its op."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Final

from recsys_backends.contract.checking import each_result
from recsys_backends.errors import ContractViolation
from tito.jail.limits import MIB, Limits
from tito.judging.remote import connection_of
from tito.judging.session import Session
from tito.leaderboard.division import Division

WALL_SECONDS: Final = 1800.0
"""Seconds of one check."""
_CALL_SECONDS: Final = 900.0
"""Seconds of all calls of one check together."""


@dataclasses.dataclass(frozen=True)
class CheckResult:
    """Outcome of a check."""

    failed: str
    """Name of the first clause that was not kept; empty where all were."""
    message: str
    """Description of the fault; empty without one."""
    n_clauses: int
    """Number of clauses that were kept."""


def check_contract(
    module: Path,
    division: Division,
    seed: int,
    *,
    jailed: bool = True,
    allowed: tuple[str, ...] = (),
) -> CheckResult:
    """Run the contract's clauses about the division's op, up to the first that is not kept.

    Args:
        module: the entry's module.
        division: rules.
        seed: secret of the judgement.
        jailed: run the entry in a jail.
        allowed: what it may import beside NumPy and the standard library.

    Raises:
        JailUnavailableError: no jail can be had, and one is wanted.
    """
    limits = Limits(
        memory=division.limits.memory_mib * MIB,
        wall_seconds=WALL_SECONDS,
        cpu_seconds=int(WALL_SECONDS),
    )
    session = Session(
        module.parent,
        may_import=allowed,
        jailed=jailed,
        limits=limits,
        seconds=division.limits.call_seconds,
        tiles=division.tiles,
    )
    n_kept = 0
    with session.open(module) as remote:
        connection = connection_of(remote)
        connection.allow_seconds(_CALL_SECONDS)
        try:
            # Whatever can be called is a function: one that is imported or made is as good.
            known = connection.functions(division.op)
        except ContractViolation as violation:
            return CheckResult("every_op_has_its_name", str(violation), 0)
        if division.op not in known:
            return CheckResult("every_op_has_its_name", f"there is no function {division.op}.", 0)
        found = each_result(remote, seed % 2**63, {division.op}, "engine", False)
        with contextlib.closing(found) as results:
            for result in results:
                if not result.passed:
                    return CheckResult(result.name, result.message, n_kept)
                n_kept += 1
    return CheckResult("", "", n_kept)
