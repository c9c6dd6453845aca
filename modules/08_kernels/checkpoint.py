"""Can I write the kernel? Its pieces, its contract, and a BPR that ranks on it."""

import numpy as np

from recsys_backends import naive, use_backend
from recsys_backends.contract.clause import require
from recsys_edu import BPR, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import random_split

from .clauses import (
    require_best,
    require_dot,
    require_log_sigmoid,
    require_offset,
    require_safe_update,
    require_stopwatch,
)

OPS = ("bpr_update",)


def my_memory_is_safe(remote, rng: np.random.Generator) -> None:
    """Offsets beyond 2³¹, ends of arrays, rows that are not there."""
    require_offset(remote, rng)
    require_dot(remote, rng)
    require_safe_update(remote, rng)


def my_numbers_are_right(remote, rng: np.random.Generator) -> None:
    """The logarithm at both ends, and the stopwatch."""
    require_log_sigmoid(remote, rng)
    require_stopwatch(remote, rng)


def my_lists_are_right(remote, rng: np.random.Generator) -> None:
    """The best items of a user, in an order that is unique."""
    require_best(remote, rng)


def my_kernel_trains_a_model(remote, rng: np.random.Generator) -> str:
    """The library's BPR, running on your kernel, learns and beats popularity clearly."""
    split = random_split(make_synthetic(300, 200, 9000, seed=8), seed=0)
    model = BPR(8, epochs=15, learning_rate=0.1, reg=0.03, n_blocks=1, progress=False)
    with use_backend(_with_plans(remote)):
        model.fit(split.train)
    mine = evaluate(model, split, metrics="ndcg@10")["ndcg@10"]
    popularity = evaluate(MostPopular().fit(split.train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.3 * popularity,
        f"trained by your kernel, BPR ranks with an NDCG@10 of {mine:.3f}; the most popular items "
        f"alone have {popularity:.3f}.",
    )
    return f"NDCG@10 {mine:.3f} on your kernel, popularity {popularity:.3f}"


def _with_plans(remote):
    """Your kernel, with the plans of the answer key: lesson 09 makes those yours."""

    class Engine:
        name, tiles, order = "your kernel", False, "sequential"
        plan_epoch = staticmethod(naive.plan_epoch)
        bpr_update = staticmethod(remote.bpr_update)

    return Engine()
