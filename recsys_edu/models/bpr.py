"""BPR: matrix factorisation that learns to rank what a user had above what the user did not have.

For each observed (user, item) pair draw an item that the user has not had, and make the observed
one score higher: minimise −ln σ(x_ui − x_uj) + ½ Σ λ ‖θ‖² by stochastic gradient descent, with
x_ui = p_u · q_i + b_i.

Source: Rendle, Freudenthaler, Gantner and Schmidt-Thieme, BPR: Bayesian Personalized Ranking from
Implicit Feedback, UAI 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys_backends import default_n_blocks, ops
from recsys_backends.memory import aligned_zeros
from recsys_backends.plan import MAX_BLOCKS, UNIFORM, Sampler
from recsys_backends.protocol import UpdateResult
from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Arrays
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.cold_users import COLD_USERS
from recsys_edu.models.negatives import NEGATIVES, adaptive, by_popularity
from recsys_edu.models.pairwise import PairwiseModel, check_can_teach
from recsys_edu.models.parameters import number, one_of, regularizers, whole_number
from recsys_edu.models.warm_start import WarmStartModel


class BPR(WarmStartModel, PairwiseModel):
    """Bayesian Personalized Ranking, on whichever backend is in use.

    The result depends on the data, the arguments below (``n_threads`` and ``progress`` apart) and
    the backend's order, and on nothing else: one seed, the same bytes, for any number of threads.

    Args:
        n_factors: length of each vector, at least 1.
        epochs: passes over the interactions for each ``fit``, at least 1.
        learning_rate: step size, > 0.
        reg: λ, >= 0: one number, or three for the user, the positive and the negative item.
        seed: 0 <= seed < 2**64: of the first vectors and of every draw.
        n_threads: 0 for all cores.
        progress: show a progress bar on stderr.
        use_biases: learn b_i as well.
        n_blocks: into how many blocks users and items are cut for parallel training (see
            ``recsys_backends.plan``); None derives it from the shape of the data, 1 is the
            textbook's random order.
        init_scale: standard deviation of the first vectors, > 0.
        negatives: how the item that a user has not had is drawn: "uniform"; "popularity", in
            proportion to count ** popularity_power; or "adaptive", among those that rank high for
            the user as the vectors are before the epoch (try a larger reg with it).
        popularity_power: > 0, at most 10; used by "popularity" alone.
        rank_scale: mean rank of an adaptive draw, as a share of the catalogue, > 0, at most 1.
        cold_users: ranking of users without training interactions: "popularity"; or "scores" for
            the model's own, the biases alone.

    Attributes:
        user_factors, item_factors, item_biases: the fitted arrays.
        history: an EpochReport for each epoch.
        epochs_done: epochs behind the arrays as they are.
        n_blocks_used: the number of blocks that it was fitted with.

    Raises:
        InvalidParameterError: an argument out of range.
    """

    name = "bpr"

    def __init__(
        self,
        n_factors: int = 64,
        epochs: int = 20,
        learning_rate: float = 0.05,
        reg: float | tuple[float, float, float] = 0.01,
        *,
        seed: int = 0,
        n_threads: int = 0,
        progress: bool = True,
        use_biases: bool = True,
        n_blocks: int | None = None,
        init_scale: float = 0.1,
        negatives: str = "uniform",
        popularity_power: float = 0.75,
        rank_scale: float = 0.1,
        cold_users: str = "popularity",
    ) -> None:
        self.n_factors = whole_number("n_factors", n_factors, 1, 2**16)
        self.epochs = whole_number("epochs", epochs, 1, 2**31)
        self.learning_rate = number("learning_rate", learning_rate, 0.0, 1e6, open_low=True)
        self.reg = regularizers(reg)
        self.seed = whole_number("seed", seed, 0, 2**64 - 1)
        self.n_threads = whole_number("n_threads", n_threads, 0, 1024)
        self.progress = bool(progress)
        self.use_biases = bool(use_biases)
        self.n_blocks = n_blocks
        if n_blocks is not None:
            self.n_blocks = whole_number("n_blocks", n_blocks, 1, MAX_BLOCKS)
        self.init_scale = number("init_scale", init_scale, 0.0, 1e3, open_low=True)
        self.negatives = one_of("negatives", negatives, NEGATIVES)
        self.popularity_power = number(
            "popularity_power", popularity_power, 0.0, 10.0, open_low=True
        )
        self.rank_scale = number("rank_scale", rank_scale, 0.0, 1.0, open_low=True)
        self.cold_users = one_of("cold_users", cold_users, COLD_USERS)
        self.history: list[EpochReport] = []

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "n_factors": self.n_factors,
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "reg": self.reg,
            "seed": self.seed,
            "n_threads": self.n_threads,
            "progress": self.progress,
            "use_biases": self.use_biases,
            "n_blocks": self.n_blocks,
            "init_scale": self.init_scale,
            "negatives": self.negatives,
            "popularity_power": self.popularity_power,
            "rank_scale": self.rank_scale,
            "cold_users": self.cold_users,
        }

    def _learn(self, train: Interactions, callbacks: Sequence[Callback]) -> None:
        check_can_teach(train)
        if self.negatives == "popularity":
            _check_others_are_had(train)
        if self._continue:
            self._check_same_ids(train)
        else:
            self.n_blocks_used = self._blocks_for(train)
            self._initialize(train)
        fixed = None if self.negatives == "adaptive" else self._fixed_sampler(train)
        self._run_triples(train, lambda: self._run_epoch(train, fixed), callbacks)

    def _fixed_sampler(self, train: Interactions) -> Sampler:
        """The sampler of every epoch, where it does not depend on the vectors."""
        if self.negatives == "popularity":
            return by_popularity(train.popularity(), self.popularity_power)
        return UNIFORM

    def _run_epoch(self, train: Interactions, fixed: Sampler | None) -> UpdateResult:
        """Draw a plan and apply it, both by the backend in use."""
        sampler = fixed
        if sampler is None:
            sampler = adaptive(
                self.user_factors, self.item_factors, self.item_biases, self.rank_scale
            )
        reg_user, reg_positive, reg_negative = self.reg
        plan = ops.plan_epoch(
            train.indptr,
            train.indices,
            train.n_items,
            seed=self.seed,
            epoch=self.epochs_done,
            n_blocks=self.n_blocks_used,
            sampler=sampler,
            n_threads=self.n_threads,
        )
        return ops.bpr_update(
            self.user_factors,
            self.item_factors,
            self.item_biases,
            plan,
            learning_rate=self.learning_rate,
            reg_user=reg_user,
            reg_positive=reg_positive,
            reg_negative=reg_negative,
            n_threads=self.n_threads,
        )

    def _blocks_for(self, train: Interactions) -> int:
        if self.n_blocks is None:
            return default_n_blocks(train.n_users, train.n_items, train.nnz)
        most = min(train.n_users, train.n_items)
        if self.n_blocks > most:
            raise InvalidParameterError(
                f"n_blocks must be at most {most}, the smaller of the numbers of users and items, "
                f"not {self.n_blocks}"
            )
        return self.n_blocks

    def _initialize(self, train: Interactions) -> None:
        """Start from small random vectors, and from biases of 0."""
        super()._initialize(train)
        self.item_biases = aligned_zeros(train.n_items) if self.use_biases else None

    def _fitted_arrays(self) -> Arrays:
        return {**super()._fitted_arrays(), "n_blocks_used": np.array(self.n_blocks_used)}

    def _restore(self, arrays: Arrays, train: Interactions) -> None:
        super()._restore(arrays, train)
        most = min(train.n_users, train.n_items)
        self.n_blocks_used = whole_number("n_blocks_used", int(arrays["n_blocks_used"]), 1, most)
        aligned = aligned_zeros(*self.user_factors.shape), aligned_zeros(*self.item_factors.shape)
        for to, loaded in zip(aligned, (self.user_factors, self.item_factors), strict=True):
            to[...] = loaded
        self.user_factors, self.item_factors = aligned


def _check_others_are_had(train: Interactions) -> None:
    """DataError unless some user lacks an item that another has: popularity draws no others."""
    counts = np.diff(train.indptr)
    if not np.any((counts > 0) & (counts < np.count_nonzero(train.popularity()))):
        raise DataError(
            "no user lacks an item that another has, and negatives='popularity' draws no others: "
            "choose negatives='uniform'"
        )
