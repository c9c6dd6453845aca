"""Answers that no honest function gives, put in the place of right ones.

A process that holds submitted code can send whatever the protocol can carry. ``EvilRemote`` runs a
lesson's solutions in this process, behind the same frames as the pipe has, and passes every answer
of chosen functions through an ``Evil`` on the way back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tito.wire.values import arrays_in

Answer = dict[str, Any]
"""``{"value": …, "changed": …}``, as a runner gives it."""
Path_ = tuple[str | int, ...]
MOST_ARGUMENTS = 6
MOST_PIECES = 16
MOST_ITEMS = 3
"""Of a collection with more, the first and the last are replaced."""


@dataclass(frozen=True)
class Evil:
    """One way to answer wrongly: from a call and its right answer to another answer."""

    name: str
    answer: Callable[[dict[str, Any], Answer], Answer]
    twist: Callable[[np.ndarray], np.ndarray] | None = None
    """Answer rightly, but to a call with its arrays changed so, and say that they were so."""


class NothingThereError(Exception):
    """There is nothing to replace in this place of the answer."""


# Where the pieces of an answer are ----------------------------------------------------------------


def leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """The numbers and arrays inside of an answer, with the ways to them."""
    if isinstance(value, dict):
        pairs: list[tuple[str | int, Any]] = [(n, item) for n, item in enumerate(value.values())]
    elif isinstance(value, (list, tuple)):
        pairs = list(enumerate(value))
        if len(pairs) > MOST_ITEMS:
            pairs = [pairs[0], pairs[-1]]
    elif hasattr(value, "__dataclass_fields__"):
        pairs = [(name, getattr(value, name)) for name in value.__dataclass_fields__]
    else:
        yield path, value
        return
    for key, part in pairs:
        yield from leaves(part, (*path, key))


def put(value: Any, path: Path_, change: Callable[[Any], Any]) -> Any:
    """A copy of an answer with one piece changed; as it was where it has no such piece."""
    if not path:
        return change(value)
    here, *rest = path
    if isinstance(value, dict) and isinstance(here, int) and here < len(value):
        key = list(value)[here]
        return {**value, key: put(value[key], tuple(rest), change)}
    if isinstance(value, (list, tuple)) and isinstance(here, int) and here < len(value):
        items = list(value)
        items[here] = put(items[here], tuple(rest), change)
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(here, str) and hasattr(value, here):
        fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
        fields[here] = put(fields[here], tuple(rest), change)
        return type(value)(**fields)
    raise NothingThereError


# What takes their place ---------------------------------------------------------------------------


def _filled(value: Any, number: float) -> Any:
    """The same shape, full of a number, in the same dtype where it can hold that."""
    old = np.asarray(value)
    whole = old.dtype.kind in "biu" and not np.isfinite(number)
    kind = np.float64 if whole or old.dtype.kind not in "biufc" else old.dtype
    made = np.full(old.shape, number, dtype=kind)
    return made if isinstance(value, np.ndarray) else made.item()


def _one_changed(value: Any, place: int, number: float | None) -> Any:
    """One element is another number, or one more than it was."""
    if isinstance(value, bool) or not isinstance(value, (np.ndarray, int, float, np.generic)):
        raise NothingThereError
    made = np.array(value)
    if not made.size:
        raise NothingThereError
    if number is not None and made.dtype.kind != "f":
        made = made.astype(np.float64)
    if made.dtype.kind == "b":
        made.flat[place] = not made.flat[place]
    elif made.dtype.kind not in "iuf":
        raise NothingThereError
    else:
        made.flat[place] = made.flat[place] + 1 if number is None else number
    return made if isinstance(value, np.ndarray) else made.item()


def _in_shape(value: Any, *shape: int) -> Any:
    if value is None:
        raise NothingThereError
    return np.asarray(value).reshape(shape)


def _as(value: Any, dtype: str) -> Any:
    made = np.asarray(value)
    if made.dtype.kind not in "biuf" or made.dtype.str == np.dtype(dtype).str:
        raise NothingThereError
    return made.astype(dtype) if isinstance(value, np.ndarray) else made.astype(dtype)[()]


def _as_words(value: Any) -> Any:
    made = np.asarray(value)
    if made.dtype.kind not in "iuf":
        raise NothingThereError
    return made.astype(str) if isinstance(value, np.ndarray) else str(value)


def _not_real(value: Any) -> Any:
    """The right numbers with something imaginary beside them."""
    if np.asarray(value).dtype.kind not in "iuf":
        raise NothingThereError
    return value + 5j


def _longer(value: Any, by: int) -> Any:
    made = np.asarray(value)
    if made.ndim == 0 or made.dtype.kind not in "biufU":
        raise NothingThereError
    return np.concatenate((made, made[-1:])) if by > 0 and len(made) else made[:-1]


class _EqualToAll:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


PIECES: dict[str, Callable[[Any], Any]] = {
    "not a number": lambda v: _filled(v, np.nan),
    "infinite": lambda v: _filled(v, np.inf),
    "below all": lambda v: _filled(v, -np.inf),
    "zeros": lambda v: _filled(v, 0),
    "ones": lambda v: _filled(v, 1),
    "the last is not a number": lambda v: _one_changed(v, -1, np.nan),
    "the first is not a number": lambda v: _one_changed(v, 0, np.nan),
    "the last is one more": lambda v: _one_changed(v, -1, None),
    "the first is one more": lambda v: _one_changed(v, 0, None),
    "a row": lambda v: _in_shape(v, 1, -1),
    "a column": lambda v: _in_shape(v, -1, 1),
    "flat": lambda v: _in_shape(v, -1),
    "in two brackets": lambda v: _in_shape(v, 1, *np.shape(v), 1),
    "twice": lambda v: np.stack([np.asarray(v)] * 2),
    "one too many": lambda v: _longer(v, 1),
    "one too few": lambda v: _longer(v, -1),
    "half precision": lambda v: _as(v, "float16"),
    "complex": lambda v: _as(v, "complex128"),
    "beside the real line": _not_real,
    "words": _as_words,
    "truth values": lambda v: _as(v, "bool"),
    "bytes": lambda v: _as(v, "int8"),
    "none": lambda v: None,
    "a generator": lambda v: (part for part in [v]),
    "equal to all": lambda v: _EqualToAll(),
    "true": lambda v: True,
    "false": lambda v: False,
    "a word": lambda v: "all passed",
    "nothing": lambda v: [],
    "an empty array": lambda v: np.empty(0),
    "an empty dictionary": lambda v: {},
    "huge": lambda v: 10**400,
    "in a list": lambda v: [v],
    "a date": lambda v: np.datetime64("2026-01-01"),
}


def _piece(path: Path_, name: str) -> Evil:
    change = PIECES[name]

    def answer(call: dict[str, Any], right: Answer) -> Answer:
        return {**right, "value": put(right["value"], path, change)}

    where = "".join(f"[{part}]" for part in path)
    return Evil(f"{name}{' at ' + where if where else ''}", answer)


def _changed_piece(name: str) -> Evil:
    """The same for arrays that the function has changed in place."""

    def answer(call: dict[str, Any], right: Answer) -> Answer:
        changed = []
        for number, array in right["changed"]:
            with_dtype = np.asarray(PIECES[name](array))
            if with_dtype.shape != array.shape:
                raise NothingThereError
            changed.append([number, with_dtype.astype(array.dtype)])
        if not changed:
            raise NothingThereError
        return {**right, "changed": changed}

    return Evil(f"{name} in place", answer)


def _spoilt(number: int) -> Evil:
    """An argument that was not to be changed comes back changed."""

    def answer(call: dict[str, Any], right: Answer) -> Answer:
        arrays = arrays_of(call)
        known = {n for n, _ in right["changed"]}
        if number >= len(arrays) or number in known or not arrays[number].size:
            raise NothingThereError
        spoilt = _one_changed(arrays[number], -1, None)
        return {**right, "changed": [*right["changed"], [number, spoilt]]}

    return Evil(f"argument {number} is changed", answer)


def arrays_of(call: dict[str, Any]) -> list[np.ndarray]:
    return arrays_in([call["args"], call["kwargs"]])


def _echo(call: dict[str, Any], right: Answer) -> Answer:
    return {**right, "value": call["args"][0] if call["args"] else call["kwargs"]}


def _echo_all(call: dict[str, Any], right: Answer) -> Answer:
    return {**right, "value": tuple(call["args"])}


def _unchanged(call: dict[str, Any], right: Answer) -> Answer:
    if not right["changed"]:
        raise NothingThereError
    return {**right, "changed": []}


def first_again() -> Evil:
    """The first right answer, again and again."""
    kept: list[Any] = []

    def answer(call: dict[str, Any], right: Answer) -> Answer:
        kept.append(right["value"])
        return {**right, "value": kept[0]}

    return Evil("the first answer again", answer)


def one_late() -> Evil:
    """The right answer of the call before."""
    kept: list[Any] = [None]

    def answer(call: dict[str, Any], right: Answer) -> Answer:
        kept.append(right["value"])
        return {**right, "value": kept[-2]}

    return Evil("the answer before", answer)


IN_PLACE = tuple(PIECES)[:9]
"""What can happen to an array that keeps its shape and dtype."""
TWISTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "zeros": np.zeros_like,
    "ones": np.ones_like,
    "the same backwards": lambda array: array[::-1].copy(),
    "the first alone": lambda array: np.full_like(array, array.flat[0] if array.size else 0),
}


PLAINLY_WRONG = (
    "not a number", "infinite", "zeros", "none", "true", "a word", "nothing", "huge", "twice",
    "in two brackets", "beside the real line", "words", "a generator", "equal to all",
)  # fmt: skip


def evils_for(
    answers: list[tuple[dict[str, Any], Answer]], pieces: Collection[str] = PIECES
) -> Iterator[Callable[[], Evil]]:
    """Makers of every evil for a function.

    Args:
        answers: the calls and right answers of an honest run.
        pieces: which of ``PIECES`` to put in.
    """
    yield first_again
    yield one_late
    yield lambda: Evil("the first argument", _echo)
    yield lambda: Evil("all arguments", _echo_all)
    yield lambda: Evil("nothing is changed", _unchanged)
    paths = dict.fromkeys(
        path for _, right in answers[:40] + answers[-40:] for path, _ in leaves(right["value"])
    )
    for path in [(), *[p for p in paths if p][:MOST_PIECES]]:
        for name in pieces:
            yield functools.partial(_piece, path, name)
    if any(right["changed"] for _, right in answers):
        for name in IN_PLACE:
            yield functools.partial(_changed_piece, name)
    for number in range(min(MOST_ARGUMENTS, max(len(arrays_of(call)) for call, _ in answers))):
        yield functools.partial(_spoilt, number)
    for name, twist in TWISTS.items():
        yield functools.partial(Evil, f"asked of {name}", _echo, twist)
