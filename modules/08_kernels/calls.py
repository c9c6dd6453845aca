"""Calls by which the mistakes of lesson 08 are recognised."""

import numpy as np

from recsys_backends.plan import SKIPPED, EpochPlan


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    return {
        "test_row_offset": _offsets(rng),
        "test_dot": _dots(rng),
        "test_log_sigmoid": _logarithms(rng),
        "test_nanoseconds_per_triple": _times(rng),
        "test_bpr_update": _updates(rng),
        "test_best_items": _lists(rng),
    }


def _offsets(rng: np.random.Generator) -> list:
    places = [(0, 5), (7, 1), *rng.integers(2, 1000, (3, 2)).tolist()]
    places.append((int(rng.integers(40_000_000, 60_000_000)), 64))
    return [("row_offset", tuple(place), {}) for place in places]


def _dots(rng: np.random.Generator) -> list:
    """Return dots of vectors between traps, with gaps, of two lengths, and of sums in double."""

    def vector(n: int) -> np.ndarray:
        return rng.uniform(1, 2, n).astype(np.float32)

    found = [("probe.dot_fenced", (vector(n), vector(n)), {}) for n in (1, 3, 8, 0)]
    found += [("probe.dot_fenced", (vector(n), vector(m)), {}) for n, m in ((3, 2), (2, 3))]
    found.append(("probe.dot_with_gaps", (vector(6), vector(6)), {}))
    large = float(2**24)
    return [*found, ("probe.dot_of_many", ([large], int(rng.integers(5, 30)), -large), {})]


def _logarithms(rng: np.random.Generator) -> list:
    points = [0.0, -1000.0, 700.0, 40.0, -40.0, *rng.uniform(0.3, 3, 2).tolist()]
    points += (-rng.uniform(0.3, 3, 2)).tolist()
    return [("log_sigmoid", (x,), {}) for x in points]


def _times(rng: np.random.Generator) -> list:
    """Return updates whose shortest time is that of the warm-up, of a call, and of no triple."""
    found = []
    for repeats in (1, 3, 4):
        seconds = rng.uniform(0.002, 0.01, repeats + 1)
        seconds[0], seconds[1] = (0.001, 0.0015) if repeats > 1 else (0.001, 0.004)
        n_updated = int(rng.integers(100, 10_000))
        found.append(("probe.time_fixed_update", (seconds.tolist(), n_updated, repeats), {}))
    return [*found, ("probe.time_fixed_update", ([0.1, 0.1, 0.1], 0, 2), {})]


def _updates(rng: np.random.Generator) -> list:
    """Return passes with rows of traps around the arrays, one without biases, and one with x = 0."""
    found = []
    for n_skipped in (0, 2):
        arrays = [rng.normal(0, 0.7, shape).astype(np.float32) for shape in ((4, 3), (6, 3), (6,))]
        columns = _columns(rng, n_skipped)
        found.append(("probe.update_fenced", (*arrays, columns, _rates(rng)), {}))
    users, items = (rng.normal(0, 0.7, (n, 3)).astype(np.float32) for n in (4, 6))
    plan = EpochPlan(*_columns(rng, 0), np.array([0, 8], dtype=np.int64))
    found.append(("bpr_update", (users, items, None, plan), _rates(rng)))
    one = np.zeros(1, dtype=np.int32)
    still = np.zeros((1, 3), np.float32), rng.normal(0, 1, (4, 3)).astype(np.float32)
    arguments = (*still, np.zeros(4, np.float32), [one, one + 1, one + 2], _rates(rng))
    return [*found, ("probe.update_fenced", arguments, {})]


def _columns(rng: np.random.Generator, n_skipped: int) -> list:
    pairs = np.array([rng.permutation(6)[:2] for _ in range(8)]).astype(np.int32)
    negatives = np.where((np.arange(8) + 1) % 4 < 4 - n_skipped, pairs[:, 1], SKIPPED)
    negatives[-1] = pairs[-1, 1]
    users = rng.integers(0, 4, 8).astype(np.int32)
    return [users, np.ascontiguousarray(pairs[:, 0]), negatives.astype(np.int32)]


def _rates(rng: np.random.Generator) -> dict:
    settings, low = {"learning_rate": float(rng.uniform(0.2, 0.4))}, 0.05
    for name in ("reg_user", "reg_positive", "reg_negative"):
        settings[name], low = float(rng.uniform(low, low + 0.05)), low + 0.1
    return settings


def _lists(rng: np.random.Generator) -> list:
    """Return lists with equal scores, seen items, what lies behind them, and short catalogues."""
    user = np.array([float(rng.integers(1, 4)), 1.0], dtype=np.float32)
    first = rng.permutation(12)[:3]
    found = [
        _list(user, [0, 9, 2, 9, 9, 2, 0], [], 4),
        _list(user, [9, *sorted(rng.permutation(9)[:6].tolist())], [], 3),
        _list(user, rng.permutation(12).tolist(), np.sort(first).tolist(), 20),
        _list(user, rng.permutation(5).tolist(), [0, 2], 9),
        _list(user, rng.permutation(4).tolist(), [0, 1, 2, 3], 3),
    ]
    items, none = np.ones((4, 2), np.float32), np.zeros(0, np.int32)
    return [*found, ("probe.best_in_order", (user[:1], items, none, none, 2), {})]


def _list(user: np.ndarray, scores: list, seen: list, k: int) -> tuple:
    """Return a call with items of these scores, and with the items behind the last one seen."""
    items = np.array([[score, 0.0] for score in scores], dtype=np.float32)
    last = max(seen, default=-1)
    behind = np.array([*range(last + 1, len(scores)), -1], dtype=np.int32)  # −1 ends the trap
    return "probe.best_in_order", (user, items, np.array(seen, dtype=np.int32), behind, k), {}
