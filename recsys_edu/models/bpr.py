"""BPR: matrix factorisation that learns to rank what a user had above what the user did not have.

For each observed (user, item) pair draw an item that the user has not had, and make the observed
one score higher: minimise −ln σ(x_ui − x_uj) + ½ Σ λ ‖θ‖² by stochastic gradient descent, with
x_ui = p_u · q_i + b_i.

Source: Rendle, Freudenthaler, Gantner and Schmidt-Thieme, BPR: Bayesian Personalized Ranking from
Implicit Feedback, UAI 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_backends import default_n_blocks, ops
from recsys_backends.memory import aligned_zeros
from recsys_backends.plan import MAX_BLOCKS, UNIFORM, EpochPlan, Sampler
from recsys_backends.protocol import UpdateResult
from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Arrays
from recsys_edu.models.callbacks import Callback
from recsys_edu.models.cold_users import COLD_USERS
from recsys_edu.models.factor_state import Vectors
from recsys_edu.models.negatives import NEGATIVES, adaptive, by_popularity
from recsys_edu.models.pairwise import PairwiseModel, check_can_teach, outcome_of
from recsys_edu.models.parameters import regularizers, whole_number
from recsys_edu.models.race_rules import RaceRules
from recsys_edu.models.random_vectors import random_vectors
from recsys_edu.models.settings import Settings, checked, choice, flag, optional, real, whole
from recsys_edu.models.training import EpochOutcome, Training, WorkingCopy


@dataclass(frozen=True, kw_only=True)
class BPRSettings(Settings):
    """Checked arguments of ``BPR``, whose docstring describes them."""

    n_factors: int = whole(1, 2**16)
    epochs: int = whole(1, 2**31)
    learning_rate: float = real(0.0, 1e6, open_low=True)
    reg: tuple[float, float, float] = checked(regularizers)
    seed: int = whole(0, 2**64 - 1)
    n_threads: int = whole(0, 1024)
    progress: bool = flag()
    use_biases: bool = flag()
    n_blocks: int | None = optional(whole(1, MAX_BLOCKS))
    init_scale: float = real(0.0, 1e3, open_low=True)
    negatives: str = choice(*NEGATIVES)
    popularity_power: float = real(0.0, 10.0, open_low=True)
    rank_scale: float = real(0.0, 1.0, open_low=True)
    cold_users: str = choice(*COLD_USERS)


class BPR(PairwiseModel):
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
    training_ops = ("plan_epoch", "bpr_update")
    race = RaceRules(("n_factors", "epochs", "learning_rate", "reg", "n_blocks"), by_backend=True)
    Settings = BPRSettings
    _settings: BPRSettings
    n_blocks_used: int

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
        self._configure(locals())

    def _prepare(
        self, train: Interactions, callbacks: Sequence[Callback], warm_start: bool
    ) -> Training:
        check_can_teach(train)
        if self._settings.negatives == "popularity":
            _check_others_are_had(train)
        n_blocks = self.n_blocks_used if warm_start else self._blocks_for(train)
        fixed, copies = self._fixed_sampler(train), WorkingCopy()

        def run_epoch() -> EpochOutcome:
            plan = self._plan(train, n_blocks, fixed or self._adaptive_sampler())
            vectors = copies.of(self.vectors())
            return outcome_of(vectors, self._update(vectors, plan))

        start = None if warm_start else lambda: self._start(train, n_blocks)
        return Training(run_epoch, start, self._settings.epochs)

    def _start(self, train: Interactions, n_blocks: int) -> dict[str, Any]:
        """Return the attributes before the first epoch; without interactions, bias alone ranks."""
        settings = self._settings
        vectors = random_vectors(train, settings.n_factors, settings.seed, settings.init_scale)
        biases = aligned_zeros(train.n_items) if settings.use_biases else None
        return {
            **vectors._replace(item_biases=biases)._asdict(),
            "n_blocks_used": n_blocks,
            "epochs_done": 0,
            "history": [],
        }

    def _fixed_sampler(self, train: Interactions) -> Sampler | None:
        """Return the sampler of every epoch; None where it depends on the vectors."""
        if self._settings.negatives == "adaptive":
            return None
        if self._settings.negatives == "popularity":
            return by_popularity(train.popularity(), self._settings.popularity_power)
        return UNIFORM

    def _adaptive_sampler(self) -> Sampler:
        return adaptive(*self.vectors(), self._settings.rank_scale)

    def _plan(self, train: Interactions, n_blocks: int, sampler: Sampler) -> EpochPlan:
        """Draw the plan of the next epoch, by the backend in use."""
        return ops.plan_epoch(
            train.indptr,
            train.indices,
            train.n_items,
            seed=self._settings.seed,
            epoch=self.epochs_done,
            n_blocks=n_blocks,
            sampler=sampler,
            n_threads=self._settings.n_threads,
        )

    def _update(self, vectors: Vectors, plan: EpochPlan) -> UpdateResult:
        """Apply a plan to vectors, in place, by the backend in use."""
        reg_user, reg_positive, reg_negative = self._settings.reg
        return ops.bpr_update(
            *vectors,
            plan,
            learning_rate=self._settings.learning_rate,
            reg_user=reg_user,
            reg_positive=reg_positive,
            reg_negative=reg_negative,
            n_threads=self._settings.n_threads,
        )

    def _blocks_for(self, train: Interactions) -> int:
        wanted = self._settings.n_blocks
        if wanted is None:
            return default_n_blocks(train.n_users, train.n_items, train.nnz)
        most = min(train.n_users, train.n_items)
        if wanted > most:
            raise InvalidParameterError(
                f"n_blocks must be at most {most}, the smaller of the numbers of users and items, "
                f"not {wanted}."
            )
        return wanted

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
            "choose negatives='uniform'."
        )
