"""Divisions: each is one declarative file in ``divisions/``, found by its name."""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from recsys_backends.contract.catalogue import VERSION as CONTRACT_VERSION
from tito.leaderboard.errors import DivisionError

FOLDER: Final = Path(__file__).with_name("divisions")
LANGUAGES: Final = ("python", "cython", "c")
MODEL_LANGUAGES: Final = ("python", "cython")
"""Languages of whole models: nothing wraps one in C."""
LIST_LENGTH: Final = 10
"""Length of the lists that quality divisions judge."""
FIT: Final = "fit"
"""Function that learns, in divisions of whole models."""
RECOMMEND: Final = "recommend"
"""Function that ranks for users, in open divisions."""
_ROWS: Final = ("n_users", "n_items", "n_per_user")
SIZES: Final[Mapping[str, tuple[str, ...]]] = {
    "plan_epoch": (*_ROWS, "n_blocks"),
    "bpr_update": (*_ROWS, "n_factors", "n_blocks"),
    "als_half_step": (*_ROWS, "n_factors"),
    "item_similarity": (*_ROWS, "k"),
    "top_k": (*_ROWS, "n_factors", "k"),
    FIT: ("n_users", "n_items", "n_interactions"),
}
"""Keys of a division's size by its op: all that is asked for when its data are drawn."""
_KINDS: Final[Mapping[str, tuple[type[Any], str]]] = {
    "str": (str, "a text"),
    "int": (int, "a whole number above 0"),
    "float": (float, "a number above 0"),
}
"""Kinds of fields that a file gives, by their annotation, with words for what is wanted."""


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
    are_numbers = isinstance(threads, list) and all(type(n) is int and n > 0 for n in threads)
    if not are_numbers or not threads:
        raise DivisionError(f"{path}: threads is a list of numbers of threads, such as [1, 2].")
    return [_division(path, dict(table), n) for n in threads]


def _division(path: Path, table: dict[str, Any], n_threads: int) -> Division:
    try:
        kind = DivisionKind(table.pop("kind", ""))
    except ValueError:
        kinds = ", ".join(DivisionKind)
        raise DivisionError(f"{path}: kind must be one of {kinds}.") from None
    name = f"{path.stem.replace('_', '-')}-{n_threads}"
    given: dict[str, Any] = {"name": name, "kind": kind, "n_threads": n_threads}
    if taken := sorted(set(table) & set(given)):
        raise DivisionError(f"{path}: there is no key {taken[0]!r}.")
    given["limits"] = _filled(path, DivisionLimits, "limits", table.pop("limits", {}))
    given["rounds"] = _filled(path, Rounds, "rounds", table.pop("rounds", {}))
    known = LANGUAGES if kind is DivisionKind.KERNEL else MODEL_LANGUAGES
    given["languages"] = _languages(path, table.pop("languages", list(known)), known)
    found: Division = _filled(path, Division, "a division", {**table, **given})
    functions = sorted(set(SIZES) - {FIT}) if kind is DivisionKind.KERNEL else [FIT]
    if found.op not in functions:
        raise DivisionError(f"{path}: op must be one of {', '.join(functions)}, not {found.op!r}.")
    _require_size(path, found)
    if (kind is DivisionKind.TIME_TO_QUALITY) != (found.target > 0):
        raise DivisionError(f"{path}: target is a key of the kind time-to-quality, which needs it.")
    return found


def _languages(path: Path, found: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
        raise DivisionError(f"{path}: languages is a list of {', '.join(known)}.")
    if unknown := set(found) - set(known):
        raise DivisionError(f"{path}: languages has {', '.join(sorted(unknown))}: unknown.")
    return tuple(found)


def _require_size(path: Path, division: Division) -> None:
    """Require a size of the op's data: all of its keys, and no others."""
    size, wanted = division.size, set(SIZES[division.op])
    if not isinstance(size, dict):
        raise DivisionError(f"{path}: size must be a table.")
    if wrong := sorted(set(size) ^ wanted):
        keys = ", ".join(SIZES[division.op])
        what = "is missing" if wrong[0] in wanted else "is none of them"
        raise DivisionError(f"{path}: size has the keys {keys}; {wrong[0]!r} {what}.")
    for key, value in size.items():
        _typed(path, f"size.{key}", "int", value)


def _filled(path: Path, record: type[Any], name: str, table: Any) -> Any:
    """Return a record made of a table whose keys are its fields."""
    if not isinstance(table, dict):
        raise DivisionError(f"{path}: {name} must be a table.")
    kinds = {field.name: str(field.type) for field in fields(record)}
    if unknown := sorted(set(table) - set(kinds)):
        raise DivisionError(f"{path}: there is no key {unknown[0]!r}.")
    needed = [field.name for field in fields(record) if field.default is MISSING]
    if missing := [name for name in needed if name not in table]:
        raise DivisionError(f"{path}: the key {missing[0]!r} is missing.")
    return record(**{key: _typed(path, key, kinds[key], value) for key, value in table.items()})


def _typed(path: Path, key: str, kind: str, value: Any) -> Any:
    """Return a value of a plain kind, which is a text, or a number above 0; others as they are."""
    if kind not in _KINDS:
        return value
    wanted, words = _KINDS[kind]
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted or (wanted is not str and not value > 0):
        raise DivisionError(f"{path}: {key} must be {words}.")
    return value
