"""A right backend in C, written from the protocol, and the ways to break it by a macro."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import EpochPlan
from recsys_backends.protocol import Neighbors, TopK, UpdateResult

SOURCE = Path(__file__).with_name("engine.c")


def compiler() -> str | None:
    """Return the compiler to build the twin with."""
    return shutil.which("gcc") or shutil.which("clang")


def build(folder: Path, *macros: str) -> Any:
    """Compile the twin and load it."""
    target = folder / f"engine{'_'.join(macros)}.so"
    command = [str(compiler()), "-O2", "-fopenmp", "-shared", "-fPIC", "-o", str(target)]
    subprocess.run([*command, *(f"-D{macro}" for macro in macros), str(SOURCE), "-lm"], check=True)
    return ctypes.CDLL(str(target))


def _at(array: NDArray[Any] | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(None if array is None else array.ctypes.data)


def _n(*numbers: int) -> tuple[ctypes.c_int64, ...]:
    return tuple(ctypes.c_int64(number) for number in numbers)


def engine(library: Any) -> SimpleNamespace:
    """Return a backend of the functions of a library."""

    def matmul(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.empty((a.shape[0], b.shape[1]), np.float32)
        library.matmul(_at(a), _at(b), _at(out), *_n(*a.shape, b.shape[1]))
        return out

    def bpr_update(
        user_factors: NDArray[np.float32],
        item_factors: NDArray[np.float32],
        item_biases: NDArray[np.float32] | None,
        plan: EpochPlan,
        *,
        learning_rate: float,
        reg_user: float,
        reg_positive: float,
        reg_negative: float,
        n_threads: int = 1,
    ) -> UpdateResult:
        rates = np.array([learning_rate, reg_user, reg_positive, reg_negative], np.float32)
        loss, counts = np.zeros(1), np.zeros(2, np.int64)
        columns = (plan.users, plan.positives, plan.negatives, plan.bounds)
        library.bpr_update(
            *map(_at, (user_factors, item_factors, item_biases)),
            *_n(user_factors.shape[1]),
            *map(_at, columns),
            *_n(plan.n_blocks),
            _at(rates),
            ctypes.c_int(n_threads),
            _at(loss),
            _at(counts),
        )
        return UpdateResult(float(loss[0]), *counts.tolist())

    def als_half_step(
        target: NDArray[np.float32],
        fixed: NDArray[np.float32],
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        confidence: NDArray[np.float32],
        *,
        regularization: float,
        n_threads: int = 1,
    ) -> None:
        library.als_half_step(
            *map(_at, (target, fixed, indptr, indices, confidence)),
            *_n(len(target), *fixed.shape),
            ctypes.c_double(regularization),
            ctypes.c_int(n_threads),
        )

    def item_similarity(
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        n_items: int,
        *,
        k: int,
        shrinkage: float = 0.0,
        n_threads: int = 1,
    ) -> Neighbors:
        counts = np.zeros((n_items, n_items), np.int64)
        library.count_common(
            _at(indptr),
            _at(indices),
            *_n(len(indptr) - 1, n_items),
            _at(counts),
            ctypes.c_int(n_threads),
        )
        return _best_neighbors(counts, k, shrinkage)

    def top_k(
        user_factors: NDArray[np.float32],
        item_factors: NDArray[np.float32],
        item_biases: NDArray[np.float32] | None,
        seen_indptr: NDArray[np.int64],
        seen_indices: NDArray[np.int32],
        *,
        k: int,
        n_threads: int = 1,
    ) -> TopK:
        items = np.empty((len(user_factors), k), np.int32)
        scores = np.empty((len(user_factors), k), np.float32)
        library.top_k(
            *map(_at, (user_factors, item_factors, item_biases, seen_indptr, seen_indices)),
            *_n(len(user_factors), *item_factors.shape, k),
            _at(items),
            _at(scores),
            ctypes.c_int(n_threads),
        )
        return TopK(items, scores)

    return SimpleNamespace(
        name="c-twin",
        order="sequential",
        matmul=matmul,
        bpr_update=bpr_update,
        als_half_step=als_half_step,
        item_similarity=item_similarity,
        top_k=top_k,
    )


def _best_neighbors(counts: NDArray[np.int64], k: int, shrinkage: float) -> Neighbors:
    """Turn counts of common users into the k best neighbours of each item."""
    degrees = np.diag(counts).copy()
    np.fill_diagonal(counts, 0)
    rows, values = [], []
    for item, common in enumerate(counts):
        others = np.flatnonzero(common)
        n = common[others].astype(np.float64)
        cosine = n / np.sqrt((degrees[item] * degrees[others]).astype(np.float64))
        single = (cosine * (n / (n + shrinkage))).astype(np.float32)
        kept = np.sort(np.argsort(-single, kind="stable")[:k])
        rows.append(others[kept].astype(np.int32))
        values.append(single[kept])
    lengths = [len(row) for row in rows]
    return Neighbors(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate(rows),
        np.concatenate(values),
    )
