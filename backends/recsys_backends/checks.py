"""Turn a bad argument into one sentence that names it and says what to do.

Used by ``recsys_backends.ops`` alone: whatever passes here, a backend may rely on.
"""

from __future__ import annotations

import math
import os
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import DTypeLike, NDArray

from recsys_backends.errors import InvalidArgumentError
from recsys_backends.plan import MAX_BLOCKS, SKIPPED, EpochPlan
from recsys_backends.whole_numbers import whole_number

PLAN_COLUMNS: Final = ("users", "positives", "negatives", "bounds")
_MAX_ROWS = 2**31 - 1
_MAX_THREADS = 1024
_MAX_FACTORS = 2**24
_SMALLEST_RIDGE = 1e-30
_RIDGE_SHARE = 1e-12


def array(name: str, value: object, dtype: DTypeLike, ndim: int) -> NDArray[Any]:
    """A C-contiguous array of that dtype and number of dimensions; nothing is converted."""
    wanted = np.dtype(dtype)
    if not isinstance(value, np.ndarray) or isinstance(value, (np.ma.MaskedArray, np.matrix)):
        raise InvalidArgumentError(
            f"{name} must be a NumPy array, not {type(value).__name__}: "
            f"pass np.ascontiguousarray({name}, dtype=np.{wanted.name})."
        )
    if value.dtype != wanted:
        raise InvalidArgumentError(
            f"{name} must be {wanted.name}, not {value.dtype}: "
            f"pass {name}.astype(np.{wanted.name})."
        )
    if value.ndim != ndim:
        raise InvalidArgumentError(
            f"{name} must have {ndim} dimension{'s' * (ndim > 1)}, not shape {value.shape}."
        )
    if not value.flags.c_contiguous:
        raise InvalidArgumentError(
            f"{name} must be C-contiguous: pass np.ascontiguousarray({name})."
        )
    if not value.flags.aligned:
        raise InvalidArgumentError(f"{name} must be aligned in memory: pass {name}.copy().")
    return value


def finite(name: str, value: NDArray[np.float32]) -> None:
    """No NaN and no infinity."""
    # A finite sum proves it in one pass; only an overflowing or poisoned sum needs the slow look.
    with np.errstate(over="ignore", invalid="ignore"):
        if math.isfinite(float(value.sum())):
            return
    bad = np.argwhere(~np.isfinite(value))
    if len(bad):
        place = ", ".join(map(str, bad[0].tolist()))
        raise InvalidArgumentError(
            f"{name} must be finite, but {name}[{place}] is {value[tuple(bad[0])]}."
        )


def writable(name: str, value: NDArray[Any]) -> None:
    """The array may be changed in place."""
    if not value.flags.writeable:
        raise InvalidArgumentError(
            f"{name} is changed in place, but is read-only: pass {name}.copy()."
        )


def factor_pair(
    name: str, value: object, other_name: str, other: object
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two float32 matrices with the same number of columns."""
    first = array(name, value, np.float32, 2)
    if first.shape[1] > _MAX_FACTORS:
        raise InvalidArgumentError(
            f"{name} must have at most {_MAX_FACTORS} columns, not {first.shape[1]}."
        )
    second = array(other_name, other, np.float32, 2)
    if first.shape[1] != second.shape[1]:
        raise InvalidArgumentError(
            f"{other_name} must have as many columns as {name} ({first.shape[1]}), "
            f"not {second.shape[1]}."
        )
    return first, second


def factors(
    user_factors: object, item_factors: object, item_biases: object, *, change: bool
) -> tuple[int, int]:
    """The three arrays of a factor model; returns (n_users, n_items)."""
    users, items = factor_pair("user_factors", user_factors, "item_factors", item_factors)
    named = [("user_factors", users), ("item_factors", items)]
    if item_biases is not None:
        biases = array("item_biases", item_biases, np.float32, 1)
        if len(biases) != len(items):
            raise InvalidArgumentError(
                f"item_biases must have one entry per row of item_factors ({len(items)}), "
                f"not {len(biases)}."
            )
        named.append(("item_biases", biases))
    for name, value in named:
        if change:
            writable(name, value)
        finite(name, value)
    if change:
        apart(named)
    return len(users), len(items)


def weights(name: str, value: object, length: int) -> None:
    """One finite float32 number >= 0 for each interaction."""
    given = array(name, value, np.float32, 1)
    if len(given) != length:
        raise InvalidArgumentError(
            f"{name} must have one entry per interaction ({length}), not {len(given)}."
        )
    finite(name, given)
    if length and given.min() < 0:
        place = int(np.argmin(given))
        raise InvalidArgumentError(
            f"{name} must be at least 0, but {name}[{place}] is {given[place]}."
        )


def ridge(value: object, fixed: NDArray[np.float32], confidence: NDArray[np.float32]) -> float:
    """A λ > 0 that float64 does not lose beside YᵀCY, so that every row has one finite answer."""
    number = real("regularization", value, positive=True)
    largest = max(1.0, float(confidence.max(initial=0.0)))
    squares = float(np.einsum("nf,nf->", fixed, fixed, dtype=np.float64))
    least = max(_SMALLEST_RIDGE, _RIDGE_SHARE * largest * squares)
    if number < least:
        raise InvalidArgumentError(
            f"regularization must be at least {least:.3g} for factors and confidences of this "
            f"size, not {number:g}: below that, equations cannot be told from singular ones."
        )
    return number


def decays(rates: dict[str, float]) -> None:
    """learning_rate · λ, which kernels may compute beforehand, is a float32 as well."""
    for name in ("reg_user", "reg_positive", "reg_negative"):
        if rates["learning_rate"] * rates[name] > float(np.finfo(np.float32).max):
            raise InvalidArgumentError(f"learning_rate times {name} must be a finite float32.")


def apart(named: list[tuple[str, NDArray[Any]]]) -> None:
    """Arrays that are changed side by side must not overlap in memory."""
    for i, (name, value) in enumerate(named):
        for other_name, other in named[:i]:
            if np.may_share_memory(value, other):
                raise InvalidArgumentError(
                    f"{name} must not share memory with {other_name}: pass {name}.copy()."
                )


def csr(
    indptr: object, indices: object, n_items: int, names: tuple[str, str] = ("indptr", "indices")
) -> int:
    """A CSR pattern with ascending, unrepeated item numbers in each row; returns its row count."""
    start = array(names[0], indptr, np.int64, 1)
    item = array(names[1], indices, np.int32, 1)
    if len(start) == 0 or start[0] != 0 or start[-1] != len(item) or _falls(start):
        raise InvalidArgumentError(
            f"{names[0]} must start at 0, never fall, and end at len({names[1]}) = {len(item)}."
        )
    if len(item) == 0:
        return len(start) - 1
    if item.min() < 0 or item.max() >= n_items:
        raise InvalidArgumentError(
            f"{names[1]} must lie in [0, {n_items}), but range from {item.min()} to {item.max()}."
        )
    rises = item[1:] > item[:-1]
    inner = start[(start > 0) & (start < len(item))]
    rises[inner - 1] = True
    if not rises.all():
        place = int(np.argmin(rises)) + 1
        raise InvalidArgumentError(
            f"{names[1]} must ascend within each row without repeats, but do not at "
            f"{names[1]}[{place}]: sort each row and drop its duplicates."
        )
    return len(start) - 1


def _falls(starts: NDArray[np.int64]) -> bool:
    """Is one smaller than the one before? Compared, because a difference could overflow."""
    return bool(np.any(starts[1:] < starts[:-1]))


def real(name: str, value: object, *, positive: bool = False) -> float:
    """A finite float32 number >= 0, or > 0 where ``positive``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InvalidArgumentError(f"{name} must be a number, not {value!r}.")
    largest = float(np.finfo(np.float32).max)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (number > 0.0 if positive else number >= 0.0) or not number <= largest:
        raise InvalidArgumentError(
            f"{name} must be {'above 0' if positive else 'at least 0'} and at most {largest:.3g}, "
            f"not {value}."
        )
    return number


def row_count(name: str, value: object) -> int:
    """A number of items or users."""
    return whole_number(name, value, 1, _MAX_ROWS)


def threads(value: object) -> int:
    """A number of threads; 0 stands for every core that this process may use."""
    n_threads = whole_number("n_threads", value, 0, _MAX_THREADS)
    if n_threads:
        return n_threads
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _MAX_THREADS)
    return os.cpu_count() or 1


def blocks(value: object, n_users: int, n_items: int) -> int:
    """A number of blocks that leaves no block empty, or 1."""
    return whole_number("n_blocks", value, 1, max(1, min(n_users, n_items, MAX_BLOCKS)))


_sound_for: WeakKeyDictionary[EpochPlan, tuple[int, int]] = WeakKeyDictionary()
"""(n_users, n_items) for which a plan is known to be sound. Kept here and not in the plan, where a
copy of it, or whoever made it, could claim as much."""


def vouch_for(value: EpochPlan, n_users: int, n_items: int) -> None:
    """Make the plan's columns read-only and remember that it is sound."""
    for name in PLAN_COLUMNS:
        getattr(value, name).flags.writeable = False
    _sound_for[value] = (n_users, n_items)


def plan(value: object, n_users: int, n_items: int) -> EpochPlan:
    """A plan whose ids are in range and whose tiles may run side by side."""
    if not isinstance(value, EpochPlan):
        raise InvalidArgumentError(f"plan must be an EpochPlan, not {type(value).__name__}.")
    if _sound_for.get(value) == (n_users, n_items) and not any(
        getattr(value, name).flags.writeable for name in PLAN_COLUMNS
    ):
        return value
    columns = {
        name: array(f"plan.{name}", getattr(value, name), np.int32, 1) for name in PLAN_COLUMNS[:3]
    }
    if len({len(column) for column in columns.values()}) > 1:
        sizes = ", ".join(f"{len(column)} {name}" for name, column in columns.items())
        raise InvalidArgumentError(f"plan must have three columns of one length, not {sizes}.")
    _ids_in_range(columns["users"], "plan.users", 0, n_users)
    _ids_in_range(columns["positives"], "plan.positives", 0, n_items)
    _ids_in_range(columns["negatives"], "plan.negatives", SKIPPED, n_items)
    if np.any(columns["positives"] == columns["negatives"]):
        raise InvalidArgumentError("plan.negatives must differ from plan.positives in each triple.")
    _bounds(value)
    _tiles_apart(value, n_users, n_items)
    return value


def _ids_in_range(ids: NDArray[np.int32], name: str, low: int, stop: int) -> None:
    if len(ids) and (ids.min() < low or ids.max() >= stop):
        raise InvalidArgumentError(
            f"{name} must lie in [{low}, {stop}), but range from {ids.min()} to {ids.max()}."
        )


def _bounds(value: EpochPlan) -> None:
    bounds = array("plan.bounds", value.bounds, np.int64, 1)
    n_tiles = len(bounds) - 1
    if n_tiles < 1 or math.isqrt(n_tiles) ** 2 != n_tiles or value.n_blocks > MAX_BLOCKS:
        raise InvalidArgumentError(
            f"plan.bounds must have n_blocks² + 1 entries, n_blocks in [1, {MAX_BLOCKS}], "
            f"not {len(bounds)}."
        )
    if bounds[0] != 0 or bounds[-1] != value.n_triples or _falls(bounds):
        raise InvalidArgumentError(
            f"plan.bounds must start at 0, never fall, and end at {value.n_triples}."
        )


def _tiles_apart(value: EpochPlan, n_users: int, n_items: int) -> None:
    """Every user and item keeps to one block, as ``recsys_backends.plan`` lays tiles out.

    Disjoint tiles in each round would not do: a kernel begins a tile when the two tiles before it
    with its blocks have ended, and rows that changed blocks in between would be raced for.
    """
    n_blocks = value.n_blocks
    used = value.negatives != SKIPPED
    tile = np.repeat(np.arange(n_blocks**2), np.diff(value.bounds))[used]
    user_block = tile % n_blocks
    item_block = (user_block + tile // n_blocks) % n_blocks
    for what, columns, block, n in (
        ("user", [value.users], user_block, n_users),
        ("item", [value.positives, value.negatives], item_block, n_items),
    ):
        owner = np.full(n, -1, dtype=np.int64)
        for ids in columns:
            owner[ids[used]] = block
        for ids in columns:
            clash = owner[ids[used]] != block
            if clash.any():
                raise InvalidArgumentError(
                    f"plan.bounds puts {what} {ids[used][np.argmax(clash)]} into tiles of two "
                    f"{what} blocks; tiles that run at the same time would share its row."
                )
