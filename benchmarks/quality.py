"""Does BPR rank, and do tiles cost anything? NDCG@10 of tiles, sequential order and popularity.

    RECSYS_EDU_DATA=… python benchmarks/quality.py [--dataset ml-100k] [--seeds 3]

Random 80/20 split, any rating is relevant, all items ranked, what was seen in training masked.
"""

from __future__ import annotations

import argparse
import statistics

from recsys_edu import BPR, MostPopular, TwoTower, evaluate, load_split, set_backend
from recsys_edu.models.base import Recommender


def main() -> None:
    """Print the mean and the values of each model over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    set_backend("optimized")

    def bpr(seed: int, n_blocks: int | None) -> Recommender:
        return BPR(64, 120, 0.02, 0.02, seed=seed, n_blocks=n_blocks, progress=False)

    models = {
        "MostPopular": lambda seed: MostPopular(),
        "BPR, tiles (the default)": lambda seed: bpr(seed, None),
        "BPR, sequential": lambda seed: bpr(seed, 1),
        "TwoTower": lambda seed: TwoTower(64, 20, seed=seed, n_threads=1, progress=False),
    }
    splits = [load_split(asked.dataset, seed=seed).fold_valid() for seed in range(asked.seeds)]
    for name, make in models.items():
        values = [
            evaluate(make(seed).fit(split.train), split, metrics=["ndcg@10"])["ndcg@10"]
            for seed, split in enumerate(splits)
        ]
        each = ", ".join(f"{value:.4f}" for value in values)
        print(f"{name:<26} NDCG@10 {statistics.fmean(values):.4f}  ({each})", flush=True)


if __name__ == "__main__":
    main()
