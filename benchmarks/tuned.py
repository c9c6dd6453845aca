"""Quality of the libraries' models, each tuned with the same budget.

    make tuned     or     RECSYS_EDU_DATA=… python benchmarks/tuned.py [--dataset ml-1m-implicit]

Every model is fitted to the training part with each of eight settings (TwoTower, which takes
longest, with each of two), and judged by NDCG@20 on the validation part. The best setting is fitted
to both parts, with --seeds seeds, and judged once on the test part, which no setting has seen. All
lists are judged by ``evaluate``: the whole catalogue, what was seen left out.

BPR has the same eight settings in each library (64 factors), and so has ALS; but implicit's BPR has
shorter ones, since it ranks worse the longer it trains (docs/adr/0004-samplers.md). cornac is there
with BPR alone: it has no ALS for implicit feedback, and its ItemKNN predicts ratings, all 1 here.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from recsys_edu.evaluation import Evaluation
from recsys_edu.interactions import Interactions
from recsys_edu.machine import describe_machine
from recsys_edu.ranking import RankingModel
from recsys_edu.splits import Split

METRICS = ("ndcg@20", "recall@20")
N_FACTORS = 64
Settings = Mapping[str, Any]
Maker = Callable[[Interactions, Settings, int], RankingModel]


def grid(**choices: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Every combination."""
    return [
        dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())
    ]


BPR_GRID = grid(learning_rate=(0.01, 0.05), reg=(0.01, 0.03), epochs=(100, 300))
SHORT_BPR_GRID = grid(learning_rate=(0.01, 0.05), reg=(0.01, 0.1), epochs=(20, 50))
ALS_GRID = grid(reg=(30.0, 60.0, 120.0, 240.0), alpha=(1.0, 3.0))
NEIGHBORS_GRID = grid(k=(50, 100, 200, 400), shrinkage=(0.0, 20.0))
K_GRID = grid(k=(5, 10, 15, 20, 30, 50, 100, 200))
TOWER_GRID = grid(
    loss=("softmax",),
    n_negatives=(256,),
    batch_size=(1024,),
    learning_rate=(0.007,),
    schedule=("linear",),
    reg=(0.1, 0.2),
    epochs=(6,),
)
EASE_GRID = grid(reg=(100.0, 200.0, 300.0, 500.0, 700.0, 1000.0, 1500.0, 2000.0))
SVD_GRID = grid(n_factors=(8, 12, 16, 24, 32, 48, 64, 96))


class ImplicitRanker:
    """A fitted model of implicit, as ``evaluate`` takes it."""

    def __init__(self, model: Any, train: Interactions, matrix: Any) -> None:
        self.model, self.train, self.matrix = model, train, matrix

    def rank(
        self, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Its own lists; what it could not fill has a score of the lowest float."""
        items, scores = self.model.recommend(rows, self.matrix[rows], N=k)
        filled = scores > -1e30
        return (
            np.where(filled, items, -1).astype(np.int32),
            np.where(filled, scores, -np.inf).astype(np.float32),
        )


def implicit_model(make: Callable[[Settings, int], Any]) -> Maker:
    """Fit one of implicit's models; ALS gets its confidences as the matrix."""

    def fit(train: Interactions, settings: Settings, seed: int) -> RankingModel:
        from peer_models import matrix_of

        matrix = matrix_of(train)
        weighted = matrix * (1.0 + settings.get("alpha", 0.0))
        model = make(settings, seed)
        model.fit(weighted.astype(np.float32), show_progress=False)
        return ImplicitRanker(model, train, matrix)

    return fit


def implicit_bpr(settings: Settings, seed: int) -> Any:
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    return BayesianPersonalizedRanking(
        N_FACTORS,
        settings["learning_rate"],
        settings["reg"],
        iterations=settings["epochs"],
        random_state=seed,
    )


def implicit_als(settings: Settings, seed: int) -> Any:
    from implicit.cpu.als import AlternatingLeastSquares

    return AlternatingLeastSquares(N_FACTORS, settings["reg"], iterations=15, random_state=seed)


def implicit_neighbors(settings: Settings, seed: int) -> Any:
    from implicit.nearest_neighbours import CosineRecommender

    return CosineRecommender(K=settings["k"])


def cornac_bpr(train: Interactions, settings: Settings, seed: int) -> RankingModel:
    """cornac's vectors, ranked by ours: its own ``recommend`` takes one user a call."""
    import cornac
    from peer_models import cornac_data_of

    theirs = cornac.models.BPR(
        k=N_FACTORS,
        max_iter=settings["epochs"],
        learning_rate=settings["learning_rate"],
        lambda_reg=settings["reg"],
        num_threads=2,
        verbose=False,
        seed=None,  # with a seed, it runs on one thread
    ).fit(cornac_data_of(train))
    model = BPR(N_FACTORS, 1, progress=False).fit(train)
    model.user_factors[...], model.item_factors[...] = theirs.u_factors, theirs.i_factors
    model.item_biases[...] = theirs.i_biases
    return model


def ours(make: Callable[[Settings, int], Any]) -> Maker:
    """Fit one of our models."""
    return lambda train, settings, seed: make(settings, seed).fit(train)


OURS: dict[str, tuple[Maker, list[dict[str, Any]]]] = {
    "MostPopular": (ours(lambda settings, seed: MostPopular()), [{}]),
    "ItemKNN": (ours(lambda settings, seed: ItemKNN(**settings)), NEIGHBORS_GRID),
    "UserKNN": (ours(lambda settings, seed: UserKNN(**settings)), NEIGHBORS_GRID),
    "PureSVD": (ours(lambda settings, seed: PureSVD(**settings, seed=seed)), SVD_GRID),
    "EASE": (ours(lambda settings, seed: EASE(**settings)), EASE_GRID),
    "ALS": (
        ours(lambda settings, seed: ALS(N_FACTORS, **settings, seed=seed, progress=False)),
        ALS_GRID,
    ),
    "BPR": (
        ours(lambda settings, seed: BPR(N_FACTORS, **settings, seed=seed, progress=False)),
        BPR_GRID,
    ),
    "BPR, adaptive negatives": (
        ours(
            lambda settings, seed: BPR(
                N_FACTORS, **settings, seed=seed, progress=False, negatives="adaptive"
            )
        ),
        BPR_GRID,
    ),
    "TwoTower, softmax": (
        ours(lambda settings, seed: TwoTower(N_FACTORS, **settings, seed=seed, progress=False)),
        TOWER_GRID,
    ),
}
PEERS: dict[str, tuple[Maker, list[dict[str, Any]]]] = {
    "implicit: cosine neighbours": (implicit_model(implicit_neighbors), K_GRID),
    "implicit: ALS": (implicit_model(implicit_als), ALS_GRID),
    "implicit: BPR": (implicit_model(implicit_bpr), SHORT_BPR_GRID),
    "cornac: BPR": (cornac_bpr, BPR_GRID),
}


def main() -> None:
    """Tune, fit and judge each model; print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-1m-implicit")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", nargs="+", help="some of them")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--quick", action="store_true", help="two settings, one seed: a try")
    asked = parser.parse_args()
    set_backend("optimized")
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    split = load_split(asked.dataset, valid_fraction=0.1)
    print(f"\n{asked.dataset}: {split.train!r}\n\nvalid NDCG@20, test NDCG@20 and recall@20")
    for name, (make, settings) in {**OURS, **({} if asked.no_peers else PEERS)}.items():
        if asked.models is None or name in asked.models:
            tried = settings[:2] if asked.quick else settings
            print(judged(name, make, tried, split, 1 if asked.quick else asked.seeds), flush=True)


def judged(
    name: str, make: Maker, settings: list[dict[str, Any]], split: Split, n_seeds: int
) -> str:
    """The line of one model."""
    on_valid = [
        evaluate(make(split.train, tried, 0), split.valid, metrics=METRICS)["ndcg@20"]
        for tried in settings
    ]
    best = int(np.argmax(on_valid))
    whole = split.fold_valid()
    results: list[Evaluation] = [
        evaluate(make(whole.train, settings[best], seed), whole, metrics=METRICS)
        for seed in range(n_seeds)
    ]
    test = (statistics.fmean(result[metric] for result in results) for metric in METRICS)
    figures = "  ".join(f"{value:.4f}" for value in (on_valid[best], *test))
    return f"{name:<28}{figures}  {settings[best]}"


if __name__ == "__main__":
    main()
