"""Divisions: each is one declarative file in ``divisions/``, found by its name."""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from recsys_backends.contract.catalogue import VERSION as CONTRACT_VERSION
from recsys_backends.protocol import OPS
from tito.leaderboard.errors import DivisionError

FOLDER: Final = Path(__file__).with_name("divisions")
LANGUAGES: Final = ("python", "cython", "c")
LIST_LENGTH: Final = 10
"""Length of the lists that quality divisions judge."""
FIT: Final = "fit"
"""Function that learns, in divisions of whole models."""
RECOMMEND: Final = "recommend"
"""Function that ranks for users, in open divisions."""


class DivisionKind(StrEnum):
    """Kinds of divisions: each has a judge of its own."""

    KERNEL = "kernel"
    """One op of the contract; the score is its time over that of the optimized backend."""
    TIME_TO_QUALITY = "time-to-quality"
    """``fit``; the score is its time over that of ALS on the optimized backend, where NDCG@10
    reaches the target."""
    OPEN = "open"
    """``fit`` and ``recommend``; the score is NDCG@10, within a budget of time and memory."""

    @property
    def is_timed(self) -> bool:
        """The score is a ratio of times, so that the smaller one is better; else it is NDCG@10."""
        return self is not DivisionKind.OPEN

    @property
    def unit(self) -> str:
        """Words for a score, at the head of a column."""
        return {
            DivisionKind.KERNEL: "time / optimized",
            DivisionKind.TIME_TO_QUALITY: "time / ALS on optimized",
            DivisionKind.OPEN: f"NDCG@{LIST_LENGTH}",
        }[self]


@dataclass(frozen=True)
class DivisionLimits:
    """Limits of one entry."""

    call_seconds: float = 30.0
    """Seconds of one call."""
    build_seconds: float = 120.0
    memory_mib: int = 2048
    """Memory of each jail."""


@dataclass(frozen=True)
class Rounds:
    """Amount of timing."""

    calls: int = 3
    """Timed calls of one repeat, each on new data, after one more that does not count."""
    least: int = 9
    """Repeats, each in fresh processes, before the interval is looked at for the first time."""
    most: int = 45
    """Repeats after which an entry is unstable."""
    half_width: float = 0.03
    """Largest half-width of the interval, as a share of the score."""


@dataclass(frozen=True)
class Division:
    """Rules of one division."""

    name: str
    title: str
    kind: DivisionKind
    op: str
    """First function that an entry defines; in kernel divisions an op of the contract."""
    n_threads: int
    size: Mapping[str, int]
    """Size of the data that timed calls get."""
    limits: DivisionLimits
    rounds: Rounds
    languages: tuple[str, ...] = LANGUAGES
    tiles: bool = True
    """The op is asked for plans of more than one block."""
    target: float = 0.0
    """Smallest NDCG@10, as a share of the baseline's on the same data; kernels have none."""
    note: str = ""
    """Further rules, in words."""

    @property
    def functions(self) -> tuple[str, ...]:
        """Functions that an entry defines, all of them."""
        return (self.op, RECOMMEND) if self.kind is DivisionKind.OPEN else (self.op,)

    @property
    def rules(self) -> str:
        """Digest of the rules and of the contract's version: figures compare where it is equal."""
        parts = {**vars(self), "size": dict(self.size), "contract": CONTRACT_VERSION}
        parts |= {"limits": vars(self.limits), "rounds": vars(self.rounds), "title": "", "note": ""}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@functools.cache
def all_divisions() -> dict[str, Division]:
    """Return the divisions by name.

    A file with ``threads = [1, 2]`` makes one division for each number, ``top-k-1`` and
    ``top-k-2``.

    Raises:
        DivisionError: a file is wrong; the message names it and the key.
    """
    found = [made for path in sorted(FOLDER.glob("*.toml")) for made in read_divisions(path)]
    return {division.name: division for division in found}


def find_division(name: str) -> Division:
    """Return the division of that name; DivisionError with all names where there is none."""
    known = all_divisions()
    if name not in known:
        raise DivisionError(f"there is no division {name!r}: there are {', '.join(known)}.")
    return known[name]


def read_divisions(path: Path) -> list[Division]:
    """Return the divisions that a file declares.

    Raises:
        DivisionError: the file is no TOML, or a key is missing, unknown or of a wrong kind.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DivisionError(f"{path} cannot be read as a division: {error}.") from None
    threads = table.pop("threads", [1])
    if not isinstance(threads, list) or not all(type(n) is int and n > 0 for n in threads):
        raise DivisionError(f"{path}: threads is a list of numbers of threads, such as [1, 2].")
    return [_division(path, dict(table), n) for n in threads]


def _division(path: Path, table: dict[str, Any], n_threads: int) -> Division:
    try:
        kind = DivisionKind(table.pop("kind", ""))
    except ValueError:
        known = ", ".join(DivisionKind)
        raise DivisionError(f"{path}: kind must be one of {known}.") from None
    limits = _filled(path, DivisionLimits, table.pop("limits", {}))
    rounds = _filled(path, Rounds, table.pop("rounds", {}))
    languages = tuple(table.pop("languages", LANGUAGES))
    name = f"{path.stem.replace('_', '-')}-{n_threads}"
    given = {"name": name, "kind": kind, "n_threads": n_threads, "languages": languages}
    given |= {"limits": limits, "rounds": rounds}
    found: Division = _filled(path, Division, {**table, **given})
    functions = OPS if kind is DivisionKind.KERNEL else (FIT,)
    if found.op not in functions:
        raise DivisionError(f"{path}: op must be one of {', '.join(functions)}, not {found.op!r}.")
    if unknown := set(languages) - set(LANGUAGES):
        raise DivisionError(f"{path}: languages has {', '.join(sorted(unknown))}: unknown.")
    return found


def _filled(path: Path, record: type[Any], table: Any) -> Any:
    """Return a record made of a table whose keys are its fields."""
    if not isinstance(table, dict):
        raise DivisionError(f"{path}: {record.__name__.lower()} must be a table.")
    known = {field.name for field in fields(record)}
    if unknown := sorted(set(table) - known):
        raise DivisionError(f"{path}: there is no key {unknown[0]!r}.")
    try:
        return record(**table)
    except TypeError as error:
        raise DivisionError(f"{path}: {error}.") from None
