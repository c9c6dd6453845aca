"""A right backend in numba, written from the protocol: loops over rows, in parallel.

Numba is no dependency; the tests of this twin are skipped where it is not installed.
"""

from __future__ import annotations

from math import exp, log1p
from typing import Any, Final

import numpy as np
from numba import get_num_threads, njit, prange, set_num_threads
from numpy.typing import NDArray

from recsys_backends.plan import EpochPlan
from recsys_backends.protocol import Order, TopK, UpdateResult

name: Final = "numba-twin"
order: Final[Order] = "sequential"
_MOST: Final = get_num_threads()


def _use(n_threads: int) -> None:
    set_num_threads(min(n_threads, _MOST))


@njit(parallel=True)
def _product(a, b, out):  # type: ignore[no-untyped-def]
    for i in prange(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for t in range(a.shape[1]):
                total += np.float64(a[i, t]) * np.float64(b[t, j])
            out[i, j] = total


def matmul(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply, rows in parallel."""
    out = np.empty((a.shape[0], b.shape[1]), np.float32)
    _product(a, b, out)
    return out


@njit
def _tile(users, items, biases, plan, start, stop, rates, result):  # type: ignore[no-untyped-def]
    triple_users, positives, negatives = plan
    rate, reg_user, reg_positive, reg_negative = rates
    for t in range(start, stop):
        u, i, j = triple_users[t], positives[t], negatives[t]
        if j < 0:
            continue
        x = np.float64(biases[i]) - np.float64(biases[j]) if len(biases) else 0.0
        for f in range(users.shape[1]):
            x += np.float64(users[u, f]) * (np.float64(items[i, f]) - np.float64(items[j, f]))
        z = exp(-abs(x))
        g = z / (1.0 + z) if x > 0 else 1.0 / (1.0 + z)
        for f in range(users.shape[1]):
            p, q, r = users[u, f], items[i, f], items[j, f]
            users[u, f] = p + rate * (g * (q - r) - reg_user * p)
            items[i, f] = q + rate * (g * p - reg_positive * q)
            items[j, f] = r + rate * (-g * p - reg_negative * r)
        if len(biases):
            biases[i] += rate * (g - reg_positive * biases[i])
            biases[j] += rate * (-g - reg_negative * biases[j])
        result[0] += log1p(z) + max(-x, 0.0)
        result[1] += x > 0
        result[2] += 1


@njit(parallel=True)
def _pass(users, items, biases, plan, bounds, n_blocks, rates, results):  # type: ignore[no-untyped-def]
    for turn in range(n_blocks):
        for block in prange(n_blocks):
            tile = turn * n_blocks + block
            start, stop = bounds[tile], bounds[tile + 1]
            _tile(users, items, biases, plan, start, stop, rates, results[tile])


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
    """Update, the tiles of a round in parallel."""
    _use(n_threads)
    biases = np.empty(0, np.float32) if item_biases is None else item_biases
    results = np.zeros((len(plan.bounds) - 1, 3))
    _pass(
        user_factors,
        item_factors,
        biases,
        (plan.users, plan.positives, plan.negatives),
        plan.bounds,
        plan.n_blocks,
        (learning_rate, reg_user, reg_positive, reg_negative),
        results,
    )
    loss, n_correct, n_updated = results.sum(axis=0)
    return UpdateResult(float(loss), int(n_correct), int(n_updated))


@njit(parallel=True)
def _solve(target, y, shared, indptr, indices, confidence):  # type: ignore[no-untyped-def]
    d = y.shape[1]
    for row in prange(len(target)):
        matrix, right = shared.copy(), np.zeros(d)
        for t in range(indptr[row], indptr[row + 1]):
            c = np.float64(confidence[t])
            for f in range(d):
                pull = (c - 1.0) * y[indices[t], f]
                right[f] += c * y[indices[t], f]
                for g in range(d):
                    matrix[f, g] += pull * y[indices[t], g]
        solution = np.linalg.solve(matrix, right)
        for f in range(d):
            target[row, f] = solution[f]


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
    """Solve, rows in parallel."""
    _use(n_threads)
    y = fixed.astype(np.float64)
    if y.shape[1]:
        shared = y.T @ y + regularization * np.eye(y.shape[1])
        _solve(target, y, shared, indptr, indices, confidence)


@njit(parallel=True)
def _rank(users, items, biases, indptr, indices, k, best, scores):  # type: ignore[no-untyped-def]
    n_items = len(items)
    for u in prange(len(users)):
        row = np.empty(n_items, np.float32)
        for i in range(n_items):
            total = np.float32(0)
            for f in range(users.shape[1]):
                total += users[u, f] * items[i, f]
            row[i] = total + biases[i] if len(biases) else total
            if np.isnan(row[i]):
                row[i] = -np.inf
        for t in range(indptr[u], indptr[u + 1]):
            row[indices[t]] = -np.inf
        ranked = np.argsort(-row, kind="mergesort")
        for place in range(k):
            best[u, place], scores[u, place] = -1, -np.inf
            if place < n_items and row[ranked[place]] > -np.inf:
                best[u, place], scores[u, place] = ranked[place], row[ranked[place]]


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
    """Rank, users in parallel."""
    _use(n_threads)
    items = np.empty((len(user_factors), k), np.int32)
    scores = np.empty((len(user_factors), k), np.float32)
    biases: NDArray[Any] = np.empty(0, np.float32) if item_biases is None else item_biases
    _rank(user_factors, item_factors, biases, seen_indptr, seen_indices, k, items, scores)
    return TopK(items, scores)
