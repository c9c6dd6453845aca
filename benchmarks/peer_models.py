"""The same work for each library behind the same calls: fit so many epochs, recommend to everybody.

Nothing here is measured, so that what is measured (peers.py) is written once for all of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cornac
import implicit.cpu.als
import implicit.cpu.bpr
import implicit.nearest_neighbours
import numpy as np
from peer_timing import OURS, TOP, Fit, Recommend
from scipy.sparse import csr_matrix
from threadpoolctl import ThreadpoolController

from recsys_backends import ops, use_backend
from recsys_edu import ALS, BPR
from recsys_edu.interactions import Interactions

LEARNING_RATE, REG = 0.05, 0.01
_pools = ThreadpoolController()


@contextmanager
def ours(n_threads: int) -> Iterator[None]:
    """The optimized backend, with as many threads for NumPy's products as it has itself.

    implicit is run with one of those (outside this block): it brings threads of its own, and warns.
    """
    with _pools.limit(limits=n_threads, user_api="blas"), use_backend("optimized"):
        yield


def one_blas_thread() -> object:
    """A context manager for the whole comparison."""
    return _pools.limit(limits=1, user_api="blas")


def matrix_of(train: Interactions) -> csr_matrix:
    """What implicit takes: float32 ones, and arrays that it may write to."""
    ones, starts = np.ones(train.nnz, dtype=np.float32), train.indptr.astype(np.int32)
    return csr_matrix((ones, train.indices.copy(), starts), shape=train.shape)


def cornac_data_of(train: Interactions) -> cornac.data.Dataset:
    """What cornac takes, with the same numbers for users and items, seen in training or not."""
    users, items = (OrderedDict((number, number) for number in range(n)) for n in train.shape)
    ones = np.ones(train.nnz, dtype=np.float32)
    return cornac.data.Dataset(*train.shape, users, items, (train.rows(), train.indices, ones))


class CountingBPR(cornac.models.BPR):
    """cornac's BPR, which keeps what the kernel returns for each epoch."""

    def _fit_sgd(self, rng_pos, rng_neg, num_threads, user_ids, *rest):  # type: ignore[no-untyped-def]
        correct, skipped = super()._fit_sgd(rng_pos, rng_neg, num_threads, user_ids, *rest)
        self.counts.append(len(user_ids) - skipped)
        return correct, skipped


def bpr_fits(train: Interactions, n_factors: int, n_threads: int) -> dict[str, Fit]:
    """BPR with item biases in each library."""
    matrix, dataset = matrix_of(train), cornac_data_of(train)

    def fit_ours(epochs: int) -> list[int]:
        with ours(n_threads):
            model = BPR(n_factors, epochs, LEARNING_RATE, REG, n_threads=n_threads, progress=False)
            return [report.n_triples for report in model.fit(train).history]

    def fit_implicit(epochs: int) -> list[int]:
        counts: list[int] = []
        model = implicit.cpu.bpr.BayesianPersonalizedRanking(
            n_factors, LEARNING_RATE, REG, iterations=epochs, num_threads=n_threads
        )
        model.fit(
            matrix,
            show_progress=False,
            callback=lambda epoch, seconds, correct, skipped: counts.append(train.nnz - skipped),
        )
        return counts

    def fit_cornac(epochs: int) -> list[int]:
        model = CountingBPR(
            k=n_factors,
            max_iter=epochs,
            learning_rate=LEARNING_RATE,
            lambda_reg=REG,
            num_threads=n_threads,
            verbose=False,
        )
        model.counts = []
        model.fit(dataset)
        return model.counts

    return {OURS: fit_ours, "implicit": fit_implicit, "cornac": fit_cornac}


def als_fits(train: Interactions, n_factors: int, n_threads: int) -> dict[str, Fit]:
    """ALS; an epoch solves for all users and all items. cornac has none for implicit feedback."""
    matrix = matrix_of(train)

    def fit_ours(epochs: int) -> list[int]:
        with ours(n_threads):
            ALS(n_factors, epochs, reg=REG, alpha=1.0, n_threads=n_threads, progress=False).fit(
                train
            )
        return [train.nnz] * epochs

    def fit_implicit(epochs: int, use_cg: bool) -> list[int]:
        implicit.cpu.als.AlternatingLeastSquares(
            n_factors, REG, iterations=epochs, num_threads=n_threads, use_cg=use_cg
        ).fit(matrix, show_progress=False)
        return [train.nnz] * epochs

    return {
        OURS: fit_ours,
        "implicit, 3 CG steps": lambda epochs: fit_implicit(epochs, use_cg=True),
        "implicit, Cholesky": lambda epochs: fit_implicit(epochs, use_cg=False),
    }


def neighbor_finders(
    train: Interactions, k: int, n_threads: int
) -> dict[str, Callable[[], object]]:
    """The k items of the largest cosine to each; implicit counts the item itself among them."""
    matrix = matrix_of(train)

    def find_ours() -> object:
        with ours(n_threads):
            return ops.item_similarity(
                train.indptr, train.indices, train.n_items, k=k, n_threads=n_threads
            )

    def find_implicit() -> object:
        model = implicit.nearest_neighbours.CosineRecommender(K=k, num_threads=n_threads)
        model.fit(matrix, show_progress=False)
        return model

    return {OURS: find_ours, "implicit": find_implicit}


def recommenders(train: Interactions, n_factors: int, n_threads: int) -> dict[str, Recommend]:
    """The same fitted vectors in each library, so that they have the same lists to find."""
    with use_backend("optimized"):
        model = BPR(n_factors, 10, n_threads=n_threads, progress=False).fit(train)
    users, items, biases = model.user_factors, model.item_factors, model.item_biases
    matrix, dataset = matrix_of(train), cornac_data_of(train)
    rows = np.arange(train.n_users)

    theirs = implicit.cpu.bpr.BayesianPersonalizedRanking(n_factors, num_threads=n_threads)
    theirs.user_factors = np.hstack([users, np.ones((len(users), 1), np.float32)])
    theirs.item_factors = np.hstack([items, biases[:, None]])
    given = {"U": users.copy(), "V": items.copy(), "Bi": biases.copy()}
    other = cornac.models.BPR(k=n_factors, init_params=given, trainable=False).fit(dataset)

    def recommend_ours() -> np.ndarray:
        with ours(n_threads):
            return model.rank(rows, TOP)[0]

    def recommend_cornac() -> np.ndarray:
        # Its product runs on as many threads as OpenMP offers, whatever num_threads says.
        with _pools.limit(limits=n_threads, user_api="openmp"):
            lists = [other.recommend(u, TOP, remove_seen=True, train_set=dataset) for u in rows]
        return np.array(lists)

    return {
        OURS: recommend_ours,
        "implicit": lambda: theirs.recommend(rows, matrix, N=TOP)[0],
        "cornac (one user a call)": recommend_cornac,
    }
