"""What numba makes of the readable loop, beside the optimized kernel, on the same plans.

    pip install numba && python benchmarks/numba_kernel.py [--dataset ml-100k]

Only the update is timed (numba's loop draws nothing); the figures stand in docs/adr/0002.
"""

from __future__ import annotations

import argparse
import time
from math import exp, log1p

import numba
import numpy as np
from speed import timed_in_turn

from recsys_backends import ops, use_backend
from recsys_edu.datasets import load_split

RATES = {"learning_rate": 0.05, "reg_user": 0.01, "reg_positive": 0.01, "reg_negative": 0.01}


def loop(users, items, biases, plan_users, positives, negatives, rate, reg):  # type: ignore[no-untyped-def]
    """naive's loop with the rows written out, which is how numba wants it."""
    loss = 0.0
    for t in range(len(plan_users)):
        u, i, j = plan_users[t], positives[t], negatives[t]
        if j < 0:
            continue
        x = np.float32(0)
        for f in range(users.shape[1]):
            x += users[u, f] * (items[i, f] - items[j, f])
        z = exp(-(x + biases[i] - biases[j]))
        g = np.float32(z / (1 + z))
        loss += log1p(z)
        for f in range(users.shape[1]):
            p, q, r = users[u, f], items[i, f], items[j, f]
            users[u, f] = p + rate * (g * (q - r) - reg * p)
            items[i, f] = q + rate * (g * p - reg * q)
            items[j, f] = r - rate * (g * p + reg * r)
        biases[i] += rate * (g - reg * biases[i])
        biases[j] -= rate * (g + reg * biases[j])
    return loss


def main() -> None:
    """Print compile time and nanoseconds a triple, for 16 and 64 factors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="synthetic-100k")
    train = load_split(parser.parse_args().dataset).fold_valid().train
    with use_backend("optimized"):
        plan = ops.plan_epoch(train.indptr, train.indices, train.n_items, seed=0, epoch=0)
    for n_factors in (16, 64):
        compare(train.shape, plan, n_factors)


def compare(shape, plan, n_factors):  # type: ignore[no-untyped-def]
    """One line for each of numba, numba with fastmath, and optimized."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(0, 0.1, (n, n_factors)).astype(np.float32) for n in shape]
    arrays.append(np.zeros(shape[1], dtype=np.float32))
    columns = (plan.users, plan.positives, plan.negatives)
    rates = (np.float32(RATES["learning_rate"]), np.float32(RATES["reg_user"]))
    runners = {}
    for name, options in (("numba", {}), ("numba, fastmath", {"fastmath": True})):
        compiled = numba.njit(**options)(loop)
        started = time.perf_counter()
        compiled(*arrays, *columns, *rates)
        print(f"{name}: compiled in {time.perf_counter() - started:.2f} s")
        runners[name] = lambda compiled=compiled: compiled(*arrays, *columns, *rates)

    def optimized() -> None:
        with use_backend("optimized"):
            ops.bpr_update(*arrays, plan, **RATES)

    for name, seconds in timed_in_turn({**runners, "optimized": optimized}, 15).items():
        print(f"  {n_factors} factors, {name:<16} {seconds / plan.n_triples * 1e9:6.1f} ns/triple")


if __name__ == "__main__":
    main()
