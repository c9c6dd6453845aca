"""Calls by which the mistakes of lesson 05 are recognised."""

import numpy as np

from recsys_backends.plan import DRAWS_PER_TRIPLE, MAX_REJECTIONS, SKIPPED, EpochPlan
from recsys_backends.random import bounded


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    return {
        "test_sigmoid": _sigmoid(rng),
        "test_triple_loss": [("triple_loss", each, {}) for each in _triples(rng)],
        "test_triple_gradient": [("triple_gradient", each, {}) for each in _triples(rng)],
        "test_draw_negative": _draws(rng),
        "test_plan_epoch": _plans(rng),
        "test_bpr_update": _updates(rng),
    }


def _sigmoid(rng: np.random.Generator) -> list:
    points = [0.0, -40.0, -1000.0, 1000.0, *rng.normal(0, 3, 6).tolist()]
    points += [float(rng.uniform(0.5, 3)), -float(rng.uniform(0.5, 3))]
    return [(name, (x,), {}) for x in points for name in ("sigmoid", "softplus")]


def _triples(rng: np.random.Generator) -> list:
    """Return arguments whose score difference is not 0, without and with a regulariser."""
    return [
        (*(rng.normal(0, 1, 4) for _ in range(3)), reg)
        for reg in (0.0, float(rng.uniform(0.1, 0.4)), float(rng.uniform(0.1, 0.4)))
    ]


def _draws(rng: np.random.Generator) -> list:
    """Return draws for users who have few items, nearly all of them, and all."""
    found = []
    for n_items, n_seen in ((8, 3), (30, 28), (12, 12)):
        seen = {int(item) for item in rng.permutation(n_items)[:n_seen]}
        key, first = int(rng.integers(2**62)), int(rng.integers(1, 1000))
        triples = list(range(first, first + 12))
        if n_seen == 28:
            triples += triples_of_the_last_guess(seen, n_items, key, first)
        found += [("draw_negative", (seen, n_items, key, triple), {}) for triple in triples]
    return found + draws_of_a_guess_more(rng)


def triples_of_the_last_guess(seen: set, n_items: int, key: int, first: int) -> list:
    """Return 14 triples, from ``first`` on, whose last guess is the first not in ``seen``."""
    found, triple = [], first
    while len(found) < 14:
        start = triple * DRAWS_PER_TRIPLE
        guesses = [bounded(key, start + n, n_items) not in seen for n in range(MAX_REJECTIONS)]
        if guesses[-1] and not any(guesses[:-1]):
            found.append(triple)
        triple += 1
    return found


def draws_of_a_guess_more(rng: np.random.Generator) -> list:
    """Return draws whose pick differs from what one guess more would find.

    A pick and a guess by the same draw are the same share of their bounds. So both items that are left are among
    the lower ones: where the guess is the higher of the two, the pick is the lower one.
    """
    lower, higher = sorted(int(item) for item in rng.permutation(15)[:2])
    seen, key, triple = set(range(30)) - {lower, higher}, int(rng.integers(2**62)), 0
    found = []
    while len(found) < 4:
        start = triple * DRAWS_PER_TRIPLE
        guesses = [bounded(key, start + n, 30) for n in range(MAX_REJECTIONS + 1)]
        if seen.issuperset(guesses[:-1]) and guesses[-1] == higher:
            found.append(("draw_negative", (seen, 30, key, triple), {}))
        triple += 1
    return found


def _plans(rng: np.random.Generator) -> list:
    lists = [np.sort(rng.permutation(15)[: rng.integers(2, 9)]) for _ in range(9)]
    indptr = np.concatenate(([0], np.cumsum([len(items) for items in lists]))).astype(np.int64)
    indices = np.concatenate(lists).astype(np.int32)
    seed = int(rng.integers(1, 10**6))
    return [
        ("plan_epoch", (indptr, indices, 15), {"seed": seed, "epoch": epoch}) for epoch in (1, 2)
    ]


def _updates(rng: np.random.Generator) -> list:
    """Return passes over several triples, one of them skipped, and single triples with x = 0."""
    found = []
    for with_biases in (True, False):
        users, items = rng.normal(0, 0.7, (4, 3)), rng.normal(0, 0.7, (6, 3))
        biases = rng.normal(0, 0.7, 6).astype(np.float32) if with_biases else None
        pairs = np.array([rng.permutation(6)[:2] for _ in range(8)])
        negatives = np.where(np.arange(8) == 3, SKIPPED, pairs[:, 1]).astype(np.int32)
        columns = (rng.integers(0, 4, 8).astype(np.int32), pairs[:, 0].astype(np.int32), negatives)
        found.append(_update(users, items, biases, columns, rng))
    one, zero = np.array([0], dtype=np.int32), np.zeros(4, dtype=np.float32)
    still = np.zeros((1, 3)), rng.normal(0, 1, (4, 3))
    found.append(_update(*still, zero, (one, one + 1, one + 2), rng))
    return found


def _update(users, items, biases, columns, rng: np.random.Generator) -> tuple:
    plan = EpochPlan(*columns, np.array([0, len(columns[0])], dtype=np.int64))
    settings = {"learning_rate": float(rng.uniform(0.2, 0.4))}
    low = 0.05
    for name in ("reg_user", "reg_positive", "reg_negative"):
        settings[name], low = float(rng.uniform(low, low + 0.05)), low + 0.1
    arguments = (users.astype(np.float32), items.astype(np.float32), biases, plan)
    return ("bpr_update", arguments, settings)
