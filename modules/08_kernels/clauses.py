"""What is asked of each part of lesson 08, on inputs that are drawn."""

import math

import numpy as np

from recsys_backends.contract.clause import require
from tito.judging.staged import staged_call


def _require_near(found: float, expected: float, tolerance: float, about: str) -> None:
    """Name a number that is wrong, and the one that is right."""
    require(found is not None, f"{about}: it returned None.")
    require(
        abs(float(found) - expected) <= tolerance,
        f"{about}: it is {float(found):.9g}, and should be {expected:.9g}.",
    )


def _require_same(found: np.ndarray, expected: np.ndarray, about: str) -> None:
    require(
        found.shape == expected.shape and bool((found == expected).all()),
        f"{about}: {found.tolist()} instead of {expected.tolist()}.",
    )


def require_offset(remote, rng: np.random.Generator) -> None:
    """row_offset() of near and far rows."""
    for row, d in [(0, 5), (7, 1), *rng.integers(1, 1000, (4, 2)).tolist()]:
        require(
            remote.row_offset(row, d) == row * d,
            f"row {row} of {d} columns begins at {row * d}, not at {remote.row_offset(row, d)}.",
        )
    for d in (64, 128, int(rng.integers(60, 500))):
        row = int(rng.integers(2**31 // d + 1, 2**31 - 1))
        require(
            remote.row_offset(row, d) == row * d,
            f"row {row:,} of {d} columns begins beyond 2³¹, and yours says "
            f"{remote.row_offset(row, d):,}: the product was made of C ints of 32 bits.",
        )


def require_dot(remote, rng: np.random.Generator) -> None:
    """dot() of vectors of any length, with traps around them, with gaps, and of other types."""
    for n in (0, 1, 2, 3, 4, 5, 7, 8, 9, int(rng.integers(20, 300))):
        x, y = rng.normal(size=(2, n)).astype(np.float32)
        found = remote.probe.dot_fenced(x, y)
        require("returned" in found, f"dot of two vectors of {n} numbers raised an error.")
        expected = float(x.astype(np.float64) @ y)
        require(
            found["returned"] is not None and abs(found["returned"] - expected) < 1e3,
            f"dot of {n} numbers read the memory beside the vectors, or left the sum unfinished.",
        )
        _require_near(found["returned"], expected, 1e-5, f"dot of two vectors of {n} numbers")
    x = np.full(30_000, 0.1, np.float32)
    _require_near(
        remote.dot(x, np.ones_like(x)), 30_000 * float(x[0]), 1e-3,
        "dot of 30,000 numbers, summed in double",
    )  # fmt: skip
    for n, m in ((3, 2), (2, 3), (0, 1), (40, 39)):
        found = remote.probe.dot_fenced(*(rng.normal(size=k).astype(np.float32) for k in (n, m)))
        require(
            "ValueError" in found.get("raised", []),
            f"dot of {n} and {m} numbers should raise ValueError: it would read beyond an end.",
        )
    x, y = rng.normal(size=(2, 6)).astype(np.float32)
    found = remote.probe.dot_with_gaps(x, y)
    require(
        "raised" in found or abs(found["returned"] - float(x @ y)) < 1e-4,
        "dot of vectors with gaps in memory read what lies in the gaps: use a memoryview [::1], which "
        "refuses them, or no pointer.",
    )
    found = remote.probe.dot_of_doubles(x, y)
    require(
        "raised" in found or abs(found["returned"] - float(x @ y)) < 1e-4,
        "dot of float64 vectors read their bytes as float32.",
    )


def require_log_sigmoid(remote, rng: np.random.Generator) -> None:
    """log_sigmoid() over the whole range."""
    numbers = [0.0, -700.0, 700.0, -1e5, 1e5, -0.0, 36.0, -36.0, *rng.normal(0, 20, 20).tolist()]
    for x in numbers:
        expected = -float(np.logaddexp(0.0, -x))
        found = remote.log_sigmoid(x)
        _require_near(found, expected, 1e-9 * abs(expected), f"log_sigmoid({x:.4g})")


class _Stage:
    """A clock that moves only while an update runs, by seconds that are drawn then."""

    def __init__(self, rng: np.random.Generator, n_updated: int) -> None:
        self._rng, self.n_updated = rng, n_updated
        self._now = float(rng.uniform(-50.0, 50.0))
        self.seconds: list[float] = []

    def clock(self) -> float:
        return self._now

    def update(self) -> int:
        self.seconds.append(float(self._rng.uniform(0.001, 0.01)))
        self._now += self.seconds[-1]
        return self.n_updated


def require_stopwatch(remote, rng: np.random.Generator) -> None:
    """nanoseconds_per_triple() on a clock that moves only during updates."""
    for repeats in (1, 1, 2, 5):
        stage = _Stage(rng, int(rng.integers(100, 100_000)))
        found = _staged_time(remote, stage, repeats)
        require("returned" in found, "nanoseconds_per_triple raised an error.")
        require(
            len(stage.seconds) == repeats + 1,
            f"with {repeats} repeats, update is called {repeats + 1} times; yours called it "
            f"{len(stage.seconds)} times.",
        )
        expected = 1e9 * min(stage.seconds[1:]) / stage.n_updated
        _require_near(
            found["returned"], expected, 1e-6 * expected, "nanoseconds_per_triple, in ns a triple"
        )
    found = _staged_time(remote, _Stage(rng, 0), 1)
    require(
        "returned" in found and math.isnan(found["returned"] or 0.0),
        "where no triple is updated, nanoseconds_per_triple is nan.",
    )


def _staged_time(remote, stage: _Stage, repeats: int) -> dict:
    name = "time_staged_update"
    return staged_call(remote, name, stage.update, stage.clock, repeats, probe=True)


def require_safe_update(remote, rng: np.random.Generator) -> None:
    """bpr_update() writes nothing outside of its arrays, and lets other threads run."""
    n_users, n_items, d, n = 5, 7, int(rng.integers(1, 20)), 40
    arrays = [rng.normal(0, 0.1, shape).astype(np.float32) for shape in ((n_users, d), (n_items, d), (n_items,))]  # fmt: skip
    columns = [rng.integers(0, size, n).astype(np.int32) for size in (n_users, n_items, n_items)]
    columns[2][columns[1] == columns[2]] = -1
    columns[2][:3] = -1
    rates = {"learning_rate": 0.1, "reg_user": 0.01, "reg_positive": 0.02, "reg_negative": 0.03}
    found = remote.probe.update_fenced(*arrays, columns, rates)
    require(
        found["safe"],
        "bpr_update wrote memory beside its arrays: row −1 is not the last row. Skip a triple whose "
        "negative is −1 before its row is touched.",
    )
    require(
        found["result"][2] == int((columns[2] >= 0).sum()),
        f"{int((columns[2] >= 0).sum())} triples of {n} have a negative, and n_updated is "
        f"{found['result'][2]}.",
    )
    skipped = [column.copy() for column in columns]
    skipped[2][:] = -1
    found = remote.probe.update_fenced(*arrays, skipped, rates)
    for name, before, after in zip(
        ("users", "items", "biases"), arrays, found["arrays"], strict=True
    ):
        _require_same(after, before, f"the {name} after triples without a negative")
    beside = remote.probe.turns_beside_an_update(400_000)
    require(
        beside["turns"] > 20,
        f"while bpr_update worked for {beside['seconds']:.2f} s, another thread got {beside['turns']} "
        "turns: the loop keeps the interpreter's lock. Put it into `with nogil:`.",
    )


def require_best(remote, rng: np.random.Generator) -> None:
    """best_items() with equal scores, seen items and short catalogues."""
    for n_items, d, k, n_seen in ((12, 3, 4, 0), (30, 2, 10, 7), (5, 4, 9, 2), (9, 1, 3, 9), (200, 8, 20, 60), (0, 2, 3, 0)):  # fmt: skip
        user = rng.integers(-2, 3, d).astype(np.float32)
        items = rng.integers(-2, 3, (n_items, d)).astype(np.float32)
        seen = np.sort(rng.permutation(n_items)[:n_seen]).astype(np.int32)
        left = np.setdiff1d(np.arange(n_items, dtype=np.int32), seen)
        scores = items[left] @ user
        order = np.argsort(-scores, kind="stable")[:k]
        found = remote.probe.best_fenced(user, items, seen, left, k)
        about = f"the best {k} of {n_items} items, {n_seen} of them seen"
        require("returned" in found, f"{about}: best_items raised an error.")
        require(len(found["returned"]) == 2, f"{about}: return numbers and scores.")
        numbers, given = found["returned"]
        require(
            numbers.dtype == np.int32 and given.dtype == np.float32,
            f"{about}: numbers and scores should be int32 and float32, not {numbers.dtype} and "
            f"{given.dtype}.",
        )
        _require_same(numbers, left[order], about)
        _require_same(given, scores[order].astype(np.float32), f"the scores of {about}")
    for user, k in ((np.ones(2, np.float32), 3), (np.ones(4, np.float32), 3), (np.ones(3, np.float32), 0)):  # fmt: skip
        found = remote.probe.best_fenced(
            user, np.ones((4, 3), np.float32), np.zeros(0, np.int32), np.zeros(0, np.int32), k
        )
        require(
            "ValueError" in found.get("raised", []),
            f"a user of {len(user)} numbers, items of 3 and k = {k}: best_items should raise "
            "ValueError." if len(user) != 3 else "k = 0: best_items should raise ValueError.",
        )  # fmt: skip
