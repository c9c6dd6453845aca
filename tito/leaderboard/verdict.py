"""Verdict on an entry, with all that is needed to reach it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from recsys_backends.contract.catalogue import VERSION as CONTRACT_VERSION
from recsys_edu.machine import describe_machine
from tito.leaderboard.intervals import Estimate
from tito.leaderboard.states import State

MAX_SENTENCE: Final = 600
"""Characters of a verdict's sentence, which may quote an entry's answer."""
_VERSIONS: Final = ("SQLAlchemy", "scipy", "Cython")


@dataclass(frozen=True)
class Verdict:
    """Outcome of one judgement."""

    state: State
    """One of ``states.FINAL``."""
    clause: str = ""
    """Name of the rule or clause that was not kept; empty where all were."""
    sentence: str = ""
    """Description of the fault, or of what keeps the figure from being verified."""
    score: Estimate | None = None
    """None where nothing was measured, or where it does not count."""
    seconds: float | None = None
    """Median of the entry's seconds."""
    baseline_seconds: float | None = None
    repeats: tuple[tuple[float, float], ...] = ()
    """Seconds of the entry and of the baseline, medians of each repeat."""
    log: tuple[str, ...] = field(default=(), repr=False)
    """Sentences on the course of the judgement, for the entry's author."""


def rejected(clause: str, sentence: str, log: list[str]) -> Verdict:
    """Return the verdict on an entry that breaks a rule."""
    return Verdict(State.REJECTED, clause, printable(sentence), log=tuple(log))


def printable(text: str, limit: int = MAX_SENTENCE) -> str:
    """Return a text that no terminal and no page takes for more than text.

    Control characters are escaped, and lone surrogates replaced.
    """
    plain = text.encode("utf-8", "replace").decode()[:limit]
    return "".join(x if x.isprintable() else repr(x)[1:-1] for x in plain)


def circumstances() -> dict[str, str | int]:
    """Return the machine, the versions of software and of the contract, as JSON can hold them."""
    found: dict[str, str | int] = {**describe_machine(), "contract": CONTRACT_VERSION}
    for package in _VERSIONS:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
