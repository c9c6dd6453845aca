"""What do negatives, biases and separate regularisers do to BPR's ranking, and why is a peer lower?

    RECSYS_EDU_DATA=… python benchmarks/negatives.py [--dataset ml-100k] [--seeds 3] [--tune]

Random 80/20 split, any rating is relevant, all items ranked, what was seen in training masked. With
--tune, each kind of model is first tried with each setting of a small grid, learning from 70 % and
judged on 10 %, for as many epochs as rank best there; without it, what that found for ml-100k is
used. Then each is fitted to the 80 % and judged on the 20 % that no setting has seen.

The last part is about implicit 0.7.3, whose BPR draws its negatives from the list of interactions,
that is by popularity to the power of 1, and skips those that the user has seen. Ours with such
negatives should rank as implicit does, if that is all there is to it.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recsys_edu import BPR, EarlyStopping, MostPopular, evaluate, load_split, set_backend
from recsys_edu.splits import Split

METRIC = "ndcg@10"
KINDS: dict[str, dict[str, Any]] = {
    f"{negatives}, {'biases' if biases else 'no biases'}": {
        "negatives": negatives,
        "use_biases": biases,
    }
    for negatives, biases in itertools.product(("uniform", "popularity", "adaptive"), (True, False))
}
KINDS["popularity ** 1, biases"] = {"negatives": "popularity", "popularity_power": 1.0}
LEARNING_RATES = (0.01, 0.02)
REGULARISERS: dict[str, tuple[Any, ...]] = {
    "one λ": (0.01, 0.02, 0.04, 0.08),
    "three": ((0.02, 0.02, 0.005), (0.02, 0.005, 0.02), (0.04, 0.04, 0.01), (0.04, 0.01, 0.04)),
}
IMPLICIT_SCALE = 1 / 64 / math.sqrt(12)
"""Standard deviation of implicit's first vectors of 64 factors."""
FOUND: dict[tuple[str, str], tuple[float, Any, int]] = {
    ("uniform, biases", "one λ"): (0.01, 0.02, 180),
    ("uniform, biases", "three"): (0.02, (0.04, 0.01, 0.04), 110),
    ("uniform, no biases", "one λ"): (0.02, 0.02, 95),
    ("uniform, no biases", "three"): (0.01, (0.02, 0.005, 0.02), 180),
    ("popularity, biases", "one λ"): (0.01, 0.08, 65),
    ("popularity, biases", "three"): (0.01, (0.04, 0.01, 0.04), 65),
    ("popularity, no biases", "one λ"): (0.01, 0.04, 105),
    ("popularity, no biases", "three"): (0.01, (0.04, 0.01, 0.04), 65),
    ("adaptive, biases", "one λ"): (0.01, 0.04, 145),
    ("adaptive, biases", "three"): (0.01, (0.04, 0.04, 0.01), 130),
    ("adaptive, no biases", "one λ"): (0.01, 0.04, 115),
    ("adaptive, no biases", "three"): (0.01, (0.04, 0.04, 0.01), 125),
    ("popularity ** 1, biases", "one λ"): (0.01, 0.04, 25),
    ("popularity ** 1, biases", "three"): (0.01, (0.04, 0.01, 0.04), 25),
}
"""For ml-100k: learning rate, regularisers and epochs of each kind, as --tune found them."""


def main() -> None:
    """Tune where asked to, and print the mean and the values of each kind over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tune", action="store_true")
    asked = parser.parse_args()
    set_backend("optimized")
    settings = FOUND
    if asked.tune:
        split = load_split(asked.dataset, valid_fraction=0.1, seed=0)
        settings = {
            (kind, which): tuned(kind, REGULARISERS[which], split, asked.threads)
            for kind in KINDS
            for which in REGULARISERS
        }
    splits = [load_split(asked.dataset, seed=seed).fold_valid() for seed in range(asked.seeds)]
    show("MostPopular", [judged(MostPopular(), split) for split in splits])
    for (kind, _), (rate, reg, epochs) in settings.items():
        values = [
            judged(bpr(kind, rate, reg, epochs, seed, asked.threads), split)
            for seed, split in enumerate(splits)
        ]
        show(f"{kind}: {rate}, {reg}, {epochs} epochs", values)
    compare_with_implicit(splits, asked.threads)


def bpr(kind: str, rate: float, reg: Any, epochs: int, seed: int, n_threads: int) -> BPR:
    """64 factors of one kind."""
    named = {"seed": seed, "n_threads": n_threads, "progress": False, **KINDS[kind]}
    return BPR(64, epochs, rate, reg, **named)


def judged(model: Any, split: Split) -> float:
    """Fit, and rank for the test part."""
    return float(evaluate(model.fit(split.train), split, metrics=[METRIC])[METRIC])


def tuned(
    kind: str, regularisers: tuple[Any, ...], split: Split, n_threads: int
) -> tuple[float, Any, int]:
    """The learning rate, regularisers and epochs of this kind that rank best for split.valid."""
    best: tuple[float, tuple[float, Any, int]] = (0.0, (0.0, 0.0, 0))
    for rate, reg in itertools.product(LEARNING_RATES, regularisers):
        watch = EarlyStopping(split.valid, metric=METRIC, patience=5, every=5)
        bpr(kind, rate, reg, 300, 0, n_threads).fit(split.train, callbacks=[watch])
        print(f"  {kind}: {rate}, {reg}: {watch.best_value:.4f} at {watch.best_epoch}", flush=True)
        best = max(best, (watch.best_value, (rate, reg, watch.best_epoch)), key=lambda one: one[0])
    return best[1]


def show(what: str, values: list[float]) -> None:
    """One line of the table."""
    each = ", ".join(f"{value:.4f}" for value in values)
    print(f"{what:<62} {METRIC} {statistics.fmean(values):.4f}  ({each})", flush=True)


def compare_with_implicit(splits: list[Split], n_threads: int) -> None:
    """implicit's BPR at a few settings, and ours as close to it as its arguments allow.

    Ours draws again where implicit skips, so it gets as many epochs fewer; and it begins with
    vectors as small as implicit's.
    """
    from implicit.bpr import BayesianPersonalizedRanking

    skipped = statistics.fmean(share_skipped(split) for split in splits)
    print(f"implicit skips {skipped:.0%} of its triples, as their negatives were seen")
    for rate, epochs in itertools.product((0.01, 0.05), (50, 100)):
        theirs = []
        for seed, split in enumerate(splits):
            peer = BayesianPersonalizedRanking(
                64, rate, 0.01, iterations=epochs, num_threads=1, random_state=seed
            )
            peer.fit(csr_matrix(split.train.to_csr()), show_progress=False)
            theirs.append(ranked_by(peer.user_factors, peer.item_factors, split))
        show(f"implicit: {rate}, 0.01, {epochs} epochs", theirs)
        fewer = round(epochs * (1 - skipped))
        for negatives in ("popularity", "uniform"):
            named = {"negatives": negatives, "popularity_power": 1.0, "init_scale": IMPLICIT_SCALE}
            ours = [
                judged(
                    BPR(
                        64, fewer, rate, 0.01, seed=s, n_threads=n_threads, progress=False, **named
                    ),
                    split,
                )
                for s, split in enumerate(splits)
            ]
            show(f"  ours, {negatives} negatives, {fewer} epochs", ours)


def share_skipped(split: Split) -> float:
    """How often an item drawn from the interactions is one that the user of another has seen."""
    train = split.train
    popularity = train.popularity()[train.indices] / train.nnz
    return float(np.bincount(train.rows(), popularity, train.n_users)[train.rows()].mean())


def ranked_by(user_factors: Any, item_factors: Any, split: Split) -> float:
    """The metric of a model that scores by p_u · q_i."""
    model = BPR(user_factors.shape[1], 1, progress=False, use_biases=False).fit(split.train)
    model.user_factors = np.ascontiguousarray(user_factors, dtype=np.float32)
    model.item_factors = np.ascontiguousarray(item_factors, dtype=np.float32)
    return float(evaluate(model, split, metrics=[METRIC])[METRIC])


if __name__ == "__main__":
    main()
