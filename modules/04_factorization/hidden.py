"""Clauses that judge each graded cell of lesson 04, on inputs that nobody has seen."""

from typing import NamedTuple

import numpy as np

from recsys_backends.contract.clause import require
from recsys_backends.contract.inputs import random_interactions
from recsys_backends.naive import als_half_step
from recsys_edu.models.als_loss import mean_squared_loss
from tito.judging.figures import hold_op, require_figure, require_figures

from .checkpoint import MEANINGS, best_vector, require_confidences


class Pairs(NamedTuple):
    """Observed pairs by user."""

    indptr: np.ndarray
    indices: np.ndarray
    confidence: np.ndarray


def _pairs(rng: np.random.Generator, n_users: int, n_items: int) -> Pairs:
    """Draw pairs: the first user has none, the last has all items, some confidences are below 1."""
    indptr, indices = random_interactions(rng, n_users, n_items, 0.3)
    return Pairs(indptr, indices, rng.uniform(0.2, 20.0, len(indices)).astype(np.float32))


def _vectors(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    return rng.normal(0.0, 0.5, (n, d)).astype(np.float32)


def _require_array(found, shape: tuple[int, ...], name: str) -> None:
    require(isinstance(found, np.ndarray), f"{name} returned a {type(found).__name__}, no array.")
    require(
        found.shape == shape, f"{name} should return the shape {shape}; yours is {found.shape}."
    )


def test_confidences(remote, rng: np.random.Generator) -> None:
    """1 + α r in a new float32 array, for any values and α."""
    for n, alpha in ((1, 0.0), (20, 1.0), (50, 40.0), (0, 3.0), (30, float(rng.uniform(0.1, 9)))):
        values = rng.uniform(0.0, 10.0, n).astype(np.float32)
        values[: n // 4] = 0.0
        before = values.copy()
        found = remote.confidences(values, alpha)
        require_confidences(found, values, before, alpha)


def _hold_loss(loss, rng: np.random.Generator, name: str) -> None:
    for n_users, n_items, d in ((1, 1, 1), (7, 5, 1), (12, 30, 4), (25, 10, 8), (3, 4, 9)):
        pairs = _pairs(rng, n_users, n_items)
        users, items = _vectors(rng, n_users, d), _vectors(rng, n_items, d)
        for reg in (0.0, float(rng.uniform(0.1, 50.0))):
            found = loss(users, items, *pairs, reg)
            expected = mean_squared_loss(users, items, *pairs, reg) * n_users * n_items
            about = f"Over all pairs of {n_users} users and {n_items} items, with {d} factors and"
            tolerance = 1e-5 * (1.0 + abs(expected))
            require_figure(found, expected, tolerance, f"{about} λ = {reg:.3g}, {name} is")


def test_loss_of_all_pairs(remote, rng: np.random.Generator) -> None:
    """The loss that ALS minimises, for many shapes."""
    _hold_loss(remote.loss_of_all_pairs, rng, "loss_of_all_pairs")


_N_USERS, _N_ITEMS = 100_000, 2_000_000
"""Sizes of which a table of all pairs takes most of a terabyte, and a loop over users is short."""


def test_fast_loss(remote, rng: np.random.Generator) -> None:
    """The same loss, where a visit to every pair would take more time and memory than there is."""
    _hold_loss(remote.fast_loss, rng, "fast_loss")
    users, items = _vectors(rng, _N_USERS, 1), _vectors(rng, _N_ITEMS, 1)
    n_pairs, reg = 50, float(rng.uniform(0.1, 50.0))
    rows = np.sort(rng.integers(_N_USERS, size=n_pairs))
    indptr = np.searchsorted(rows, np.arange(_N_USERS + 1)).astype(np.int64)
    indices = rng.integers(_N_ITEMS, size=n_pairs).astype(np.int32)
    confidence = rng.uniform(0.2, 20.0, n_pairs).astype(np.float32)
    found = remote.fast_loss(users, items, indptr, indices, confidence, reg)
    x, y = users.astype(np.float64)[:, 0], items.astype(np.float64)[:, 0]
    scores = x[rows] * y[indices]
    observed = float((confidence * (1.0 - scores) ** 2 - scores**2).sum())
    expected = float((x @ x) * (y @ y)) + observed + reg * float(x @ x + y @ y)
    about = f"With {_N_USERS:,} users, {_N_ITEMS:,} items and {n_pairs} interactions, fast_loss is"
    require_figure(found, expected, 1e-5 * abs(expected), about)


def _require_lowest(x, items, observed, confidence, reg: float, name: str) -> None:
    """The derivative of one user's loss vanishes at x."""
    d = items.shape[1]
    _require_array(x, (d,), name)
    y = items.astype(np.float64)
    p, c = np.zeros(len(y)), np.ones(len(y))
    p[observed], c[observed] = 1.0, confidence
    slope = y.T @ (c * (p - y @ x)) - reg * x
    scale = 1.0 + float(np.abs(y.T @ (c * p)).max(initial=0.0))
    require(
        bool(np.all(np.abs(slope) <= 1e-4 * scale)),
        f"{name} gives a user with {len(observed)} of {len(items)} items, for {d} factors and "
        f"λ = {reg:.3g}, the vector {np.round(x, 3).tolist()}, and the best one for their items is "
        f"{np.round(best_vector(items, observed, confidence, reg), 3).tolist()}.",
    )


_SHAPES = ((0, 10, 3), (1, 1, 1), (3, 20, 1), (5, 12, 8), (12, 12, 4), (2, 4, 9), (40, 150, 16))
"""Number of a user's items, of all items and of factors."""


def _user(rng: np.random.Generator, n: int, n_items: int):
    """Items in ascending order, and a confidence for each, some of them below 1."""
    observed = np.sort(rng.permutation(n_items)[:n]).astype(np.int32)
    return observed, rng.uniform(0.2, 30.0, n).astype(np.float32)


def test_solve_user(remote, rng: np.random.Generator) -> None:
    """The lowest point of one user's loss."""
    for n, n_items, d in _SHAPES:
        items, reg = _vectors(rng, n_items, d), float(rng.uniform(0.1, 10.0))
        one = _user(rng, n, n_items)
        found = remote.solve_user(items, *one, reg)
        _require_lowest(found, items, *one, reg, "solve_user")


def test_solve_user_fast(remote, rng: np.random.Generator) -> None:
    """The same point; the Gram matrix is taken as given, and other items are not looked at."""
    for n, n_items, d in _SHAPES:
        items, reg = _vectors(rng, n_items, d), float(rng.uniform(0.1, 10.0))
        one = _user(rng, n, n_items)
        gram = items.astype(np.float64).T @ items.astype(np.float64)
        found = remote.solve_user_fast(gram.copy(), items, *one, reg)
        _require_lowest(found, items, *one, reg, "solve_user_fast")
        more = _vectors(rng, 3, d).astype(np.float64)  # items that only the Gram matrix knows
        for fill, given in ((np.nan, gram), (7.0, gram), (np.nan, gram + more.T @ more)):
            hidden = np.full_like(items, fill)
            hidden[one[0]] = items[one[0]]
            kept = given.copy()
            found = remote.solve_user_fast(kept, hidden, *one, reg)
            _require_solved(found, given, items, one, reg)
            require(
                np.array_equal(kept, given),
                "solve_user_fast has changed gram, which the next user needs: make a new matrix.",
            )


def _require_solved(found, gram: np.ndarray, items: np.ndarray, one, reg: float) -> None:
    """The normal equations hold with the Gram matrix that was given."""
    observed, confidence = one
    _require_array(found, (len(gram),), "solve_user_fast")
    y, c = items[observed].astype(np.float64), confidence.astype(np.float64)
    matrix = gram + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))
    difference = matrix @ found - c @ y
    scale = 1.0 + float(np.abs(c @ y).max(initial=0.0))
    require(
        bool(np.all(np.abs(difference) <= 1e-4 * scale)),
        "solve_user_fast was given the vectors of the user's own items alone, and its vector is not "
        "the best one: take what all other items add from gram.",
    )


def test_als_half_step(remote, rng: np.random.Generator) -> None:
    """The contract of als_half_step."""
    hold_op(remote, "als_half_step", rng, MEANINGS)


def test_by_item(remote, rng: np.random.Generator) -> None:
    """The transposed pairs, where some users and some items, also the last, have none."""
    for n_users, n_items in ((1, 1), (6, 4), (20, 50), (50, 20), (5, 0)):
        table = rng.random((n_users, n_items)) < 0.3
        table[:, n_items - n_items // 4 :] = False
        weights = np.where(table, rng.uniform(0.5, 9.0, table.shape), 0.0).astype(np.float32)
        indptr = np.concatenate(([0], np.cumsum(table.sum(axis=1)))).astype(np.int64)
        found = remote.by_item(
            indptr, np.nonzero(table)[1].astype(np.int32), weights[table], n_items
        )
        require(
            isinstance(found, tuple) and len(found) == 3,
            "by_item should return three arrays: indptr, indices and confidence.",
        )
        expected = (
            np.concatenate(([0], np.cumsum(table.sum(axis=0)))).astype(np.int64),
            np.nonzero(table.T)[1].astype(np.int32),
            weights.T[table.T],
        )
        for name, got, wanted in zip(
            ("indptr", "indices", "confidence"), found, expected, strict=True
        ):
            _require_by_item(got, wanted, name, f"Of {n_users} users and {n_items} items, by item")


def _require_by_item(got, wanted: np.ndarray, name: str, about: str) -> None:
    """Require one of the three arrays of by_item, with its dtype."""
    require(isinstance(got, np.ndarray), f"{about}: {name} is a {type(got).__name__}, no array.")
    require(
        (got.dtype, got.shape) == (wanted.dtype, wanted.shape),
        f"{about}: {name} should be {wanted.dtype} of shape {wanted.shape}; yours is {got.dtype} of "
        f"shape {got.shape}.",
    )
    for place in np.flatnonzero(got != wanted)[:1].tolist():
        require(
            False,
            f"{about}: {name}[{place}] is {wanted[place]:g}, and yours is {got[place]:g}.",
        )


def test_train_als(remote, rng: np.random.Generator) -> None:
    """The vectors of the answer key, and the loss after each half step."""
    for n_users, n_items, d, epochs in ((20, 15, 3, 4), (12, 30, 5, 1), (9, 9, 2, 6)):
        pairs = _pairs(rng, n_users, n_items)
        seed, reg = int(rng.integers(2**31)), float(rng.uniform(1.0, 5.0))
        users, items, losses = remote.train_als(
            *pairs, n_items, n_factors=d, reg=reg, epochs=epochs, seed=seed
        )
        require(
            len(losses) == 2 * epochs,
            f"{epochs} epochs are {2 * epochs} half steps, but there are {len(losses)} losses.",
        )
        expected = _trained(pairs, n_items, d, reg, epochs, seed)
        for step, (got, wanted) in enumerate(zip(losses, expected[2], strict=True), start=1):
            require_figure(got, wanted, 1e-3 * wanted, f"After half step number {step} the loss is")
        _require_array(users, expected[0].shape, "train_als, for users,")
        _require_array(items, expected[1].shape, "train_als, for items,")
        require_figures(
            users @ items.T,
            expected[0] @ expected[1].T,
            2e-2,
            f"Scores of your vectors after {epochs} epochs",
            "that of user {} for item {}",
        )


def _trained(pairs: Pairs, n_items: int, d: int, reg: float, epochs: int, seed: int):
    """Users, items and losses, by the answer key and with a table of all pairs."""
    n_users = len(pairs.indptr) - 1
    table = np.zeros((n_users, n_items), dtype=np.float32)
    rows = np.repeat(np.arange(n_users), np.diff(pairs.indptr))
    table[rows, pairs.indices] = pairs.confidence
    has = table.T > 0
    turned = (
        np.concatenate(([0], np.cumsum(has.sum(axis=1)))).astype(np.int64),
        np.nonzero(has)[1].astype(np.int32),
        table.T[has],
    )
    users = np.zeros((n_users, d), dtype=np.float32)
    items = np.random.default_rng(seed).normal(0.0, 0.1, (n_items, d)).astype(np.float32)
    losses = []
    for _ in range(epochs):
        for half in ((users, items, *pairs), (items, users, *turned)):
            als_half_step(*half, regularization=reg)
            losses.append(mean_squared_loss(users, items, *pairs, reg) * n_users * n_items)
    return users, items, losses
