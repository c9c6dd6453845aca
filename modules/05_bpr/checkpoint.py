"""Can my BPR rank? The contract of its two ops, and a small catalogue with planted taste."""

import numpy as np

from recsys_backends import use_backend
from recsys_backends.contract.clause import require
from recsys_edu import BPR, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import random_split

OPS = ("plan_epoch", "bpr_update")


def my_bpr_ranks(remote, rng: np.random.Generator) -> None:
    """The library's BPR, running on the learner's ops, learns and beats popularity clearly."""
    split = random_split(make_synthetic(300, 200, 9000, seed=5), seed=0)
    model = BPR(8, epochs=20, learning_rate=0.1, reg=0.03, n_blocks=1, progress=False)
    with use_backend(remote):
        model.fit(split.train)
    first, last = model.history[0].loss, model.history[-1].loss
    require(
        last < 0.8 * first,
        f"over twenty epochs the loss went from {first:.3f} to {last:.3f}: training with your loop "
        "does not lower it.",
    )
    mine = evaluate(model, split, metrics="ndcg@10")["ndcg@10"]
    popularity = evaluate(MostPopular().fit(split.train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.3 * popularity,
        f"trained by your code, BPR ranks with an NDCG@10 of {mine:.3f}; the most popular items "
        f"alone have {popularity:.3f}, and it should be half as much again.",
    )
