"""Runs the learner's kernels where they are, in situations that cannot be sent; knows no answers."""

import threading
import time
from types import SimpleNamespace

import numpy as np

from recsys_backends.plan import EpochPlan

FENCE = 1e6


def _outcome(function, *args, **kwargs):
    """What a call returns, or the names of its error's types."""
    try:
        return {"returned": function(*args, **kwargs)}
    except NotImplementedError:  # a stub
        raise
    except Exception as error:
        return {"raised": [kind.__name__ for kind in type(error).__mro__[:-1]]}


def dot_fenced(learner, x, y):
    """dot() of vectors with traps before and behind them."""
    walled = [np.concatenate([[FENCE], v, [FENCE]]).astype(np.float32)[1:-1] for v in (x, y)]
    return _outcome(learner.dot, *walled)


def dot_with_gaps(learner, x, y):
    """dot() of vectors that lie in memory with gaps, which hold something else."""
    spread = [np.stack([v, v + 100], axis=1).astype(np.float32)[:, 0] for v in (x, y)]
    return _outcome(learner.dot, *spread)


def dot_of_doubles(learner, x, y):
    """dot() of float64 vectors."""
    return _outcome(learner.dot, x.astype(np.float64), y.astype(np.float64))


def time_staged_update(learner, update, clock, repeats):
    """nanoseconds_per_triple() of an update and a clock that stand on the judge's side."""
    return _outcome(
        learner.nanoseconds_per_triple, lambda: SimpleNamespace(n_updated=update()), repeats, clock
    )


def update_fenced(learner, user_factors, item_factors, item_biases, columns, rates):
    """bpr_update() on arrays with rows of traps around them; what became of arrays and traps."""
    walled = [
        np.concatenate([np.full_like(a[:1], FENCE), a, np.full_like(a[:1], FENCE)])
        for a in (user_factors, item_factors, item_biases)
    ]
    inner = [a[1:-1] for a in walled]
    plan = EpochPlan(*columns, np.array([0, len(columns[0])]))
    result = learner.bpr_update(*inner, plan, **rates)
    safe = all(bool((a[[0, -1]] == FENCE).all()) for a in walled)
    return {"arrays": [a.copy() for a in inner], "safe": safe, "result": list(result)}


def turns_beside_an_update(learner, n_triples):
    """How often another thread gets a turn while bpr_update() works, and for how long it works."""
    columns = [np.arange(n_triples, dtype=np.int32) % m for m in (50, 80, 81)]
    plan = EpochPlan(*columns, np.array([0, n_triples]))
    factors = [np.full((rows, 16), 0.01, np.float32) for rows in (50, 81)]
    arrays = (*factors, np.zeros(81, np.float32), plan)
    rates = {f"reg_{whose}": 0.0 for whose in ("user", "positive", "negative")}
    kwargs = {"learning_rate": 0.01, **rates}
    learner.bpr_update(
        *factors, None, EpochPlan(*(c[:1] for c in columns), np.array([0, 1])), **kwargs
    )
    thread = threading.Thread(target=learner.bpr_update, args=arrays, kwargs=kwargs)
    turns, started = 0, time.perf_counter()
    thread.start()
    while thread.is_alive():
        turns += 1
        time.sleep(0)
    return {"turns": turns, "seconds": time.perf_counter() - started}


def best_fenced(learner, user, items, seen, behind, k):
    """best_items() with other items behind the end of ``seen``."""
    memory = np.concatenate([seen, behind]).astype(np.int32)
    return _outcome(learner.best_items, user, items, memory[: len(seen)], k)


def dot_of_many(learner, numbers, repeats, last):
    """dot() of ones with vectors that begin with some numbers, go on with ones, and end with one."""
    x = np.array([*numbers, *[1.0] * repeats, last], dtype=np.float32)
    return _outcome(learner.dot, x, np.ones_like(x))


def time_fixed_update(learner, seconds, n_updated, repeats):
    """nanoseconds_per_triple() of an update that takes these times; and how often it was called."""
    now, left = [50.0], list(seconds)

    def update():
        now[0] += left.pop(0) if left else 1.0
        return SimpleNamespace(n_updated=n_updated)

    found = _outcome(learner.nanoseconds_per_triple, update, repeats, lambda: now[0])
    return {**found, "calls": len(seconds) - len(left)}


def best_in_order(learner, user, items, seen, behind, k):
    """best_items() as lists of at most as many places as can be filled, the lengths, and the dtypes."""
    found = best_fenced(learner, user, items, seen, behind, k)
    if "returned" not in found:
        return found
    n_filled = min(k, len(items) - len(seen))
    return {"parts": [[len(p), str(p.dtype), p[:n_filled].tolist()] for p in found["returned"]]}
