"""Quality of each model: NDCG@10, with settings that a validation part has chosen.

    make quality     or     RECSYS_EDU_DATA=… python benchmarks/quality.py [--seeds 3] [--tune NAME]

ml-100k, random 80/20 split, any rating is relevant, all items ranked, what was seen in training
masked. The settings below ranked best on a tenth that was kept from the training part (70/10/20,
the mean of the seeds); --tune tries the grid of a model again, and prints what that tenth says.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Callable
from typing import Any

from recsys_edu import (
    ALS,
    BPR,
    EASE,
    ItemKNN,
    MostPopular,
    PureSVD,
    TwoTower,
    UserKNN,
    evaluate,
    load_split,
    set_backend,
)
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Recommender
from recsys_edu.splits import Split

Maker = Callable[..., Recommender]


def quiet(model: type[Any], **fixed: Any) -> Maker:
    """A maker of models that show no progress."""
    return lambda seed, **settings: model(seed=seed, progress=False, **fixed, **settings)


MODELS: dict[str, tuple[Maker, dict[str, Any]]] = {
    "MostPopular": (lambda seed: MostPopular(), {}),
    "ItemKNN": (lambda seed, **settings: ItemKNN(**settings), {"k": 150, "shrinkage": 5.0}),
    "UserKNN": (lambda seed, **settings: UserKNN(**settings), {"k": 80, "shrinkage": 0.0}),
    "PureSVD": (lambda seed, **settings: PureSVD(seed=seed, **settings), {"n_factors": 16}),
    "EASE": (lambda seed, **settings: EASE(**settings), {"reg": 350.0}),
    "ALS": (quiet(ALS), {"n_factors": 128, "reg": 45.0, "alpha": 2.0, "epochs": 6}),
    "BPR": (quiet(BPR), {"learning_rate": 0.02, "reg": 0.02, "epochs": 120}),
    "BPR, one block": (
        quiet(BPR, n_blocks=1),
        {"learning_rate": 0.02, "reg": 0.02, "epochs": 120},
    ),
    "BPR, adaptive negatives": (
        quiet(BPR, negatives="adaptive"),
        {"learning_rate": 0.01, "reg": 0.04, "epochs": 145},
    ),
    "TwoTower": (quiet(TwoTower, n_threads=1), {"n_factors": 64, "epochs": 20}),
}
GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "ItemKNN": {"k": (50, 100, 150, 200, 300), "shrinkage": (0.0, 5.0, 20.0)},
    "UserKNN": {"k": (40, 60, 80, 100, 150), "shrinkage": (0.0, 5.0, 20.0)},
    "PureSVD": {"n_factors": (8, 12, 16, 20, 24, 32)},
    "EASE": {"reg": (100.0, 150.0, 250.0, 350.0, 500.0)},
    "ALS": {
        "n_factors": (32, 64, 128),
        "reg": (30.0, 45.0, 60.0),
        "alpha": (1.0, 2.0, 3.0),
        "epochs": (6, 12, 16),
    },
    "BPR": {"learning_rate": (0.01, 0.02), "reg": (0.01, 0.02, 0.04), "epochs": (80, 120, 180)},
}


def main() -> None:
    """Print the mean and the values of each model over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tune", choices=GRIDS)
    asked = parser.parse_args()
    set_backend("optimized")
    splits = [
        load_split(asked.dataset, seed=seed, valid_fraction=0.1) for seed in range(asked.seeds)
    ]
    if asked.tune:
        tune(asked.tune, splits)
        return
    for name, (make, settings) in MODELS.items():
        values = [
            ndcg(make(seed, **settings), split.fold_valid()) for seed, split in enumerate(splits)
        ]
        each = ", ".join(f"{value:.4f}" for value in values)
        print(
            f"{name:<24} NDCG@10 {statistics.fmean(values):.4f}  ({each})  {settings}", flush=True
        )


def tune(name: str, splits: list[Split]) -> None:
    """Every setting of the grid, judged by the validation parts."""
    make, grid = MODELS[name][0], GRIDS[name]
    for values in itertools.product(*grid.values()):
        settings = dict(zip(grid, values, strict=True))
        found = [
            ndcg(make(seed, **settings), Split(split.train, held_out(split)))
            for seed, split in enumerate(splits)
        ]
        print(f"{statistics.fmean(found):.4f}  {settings}", flush=True)


def held_out(split: Split) -> Interactions:
    """Return the interactions that settings are chosen by."""
    if split.valid is None:
        raise SystemExit("this data set has no validation part to tune on")
    return split.valid


def ndcg(model: Recommender, split: Split) -> float:
    """NDCG@10 of a model that learns from the split's training part."""
    return evaluate(model.fit(split.train), split, metrics="ndcg@10")["ndcg@10"]


if __name__ == "__main__":
    main()
