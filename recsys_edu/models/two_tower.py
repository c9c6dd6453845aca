"""TwoTower: a user tower and an item tower, trained in PyTorch by mini-batches.

A tower turns an id, and what is known about it, into a vector (``towers``); users and items whose
vectors agree score high. It is PyTorch on purpose: what costs time is inside torch's own kernels
(docs/adr/0007-two-tower-stays-in-pytorch.md).

Source: Covington, Adams and Sargin, Deep Neural Networks for YouTube Recommendations, RecSys 2016;
Yi et al., Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations, RecSys
2019; Volkovs, Yu and Poutanen, DropoutNet: Addressing Cold Start in Recommender Systems, NIPS 2017
(``id_dropout``, here of vectors that are learned along); Lin et al., Focal Loss for Dense Object
Detection, ICCV 2017 (a bias that begins at what is known of the shares). The losses have theirs in
``two_tower_losses``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_edu.errors import DataError, InvalidParameterError, ModelFileError
from recsys_edu.features import Features
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Arrays, Recommendations
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.factor_state import FactorState
from recsys_edu.models.feature_encoding import FeatureEncoder
from recsys_edu.models.pairwise import PairwiseModel, check_can_teach
from recsys_edu.models.parameters import whole_number
from recsys_edu.models.race_rules import RaceRules
from recsys_edu.models.training import Training
from recsys_edu.models.two_tower_checkpoint import Checkpoint, Resumed
from recsys_edu.models.two_tower_settings import TwoTowerSettings, import_torch, threads_of_torch

if TYPE_CHECKING:
    from recsys_edu.models.towers import Towers
    from recsys_edu.models.two_tower_state import TrainedState
    from recsys_edu.models.two_tower_training import Trainer

_TOWERS: Final = "towers."
_ENCODERS: Final = ("user_encoder", "item_encoder")
_NUMBERS: Final = "numbers"
_SOFTMAX_RACE: Final = {"learning_rate": 0.01, "reg": 0.1, "schedule": "linear"}
"""Settings of the softmax losses on data of the size of ml-100k."""


class TwoTower(PairwiseModel):
    """Two towers of ids and features, and the losses to train them by. Needs the extra ``torch``.

    Users and items without interactions are ranked by their features; ``cold_users`` is for models
    that learned from no features of users. One seed gives the same bytes again, on the same device
    with as many threads (another number of them adds up in another order).

    Args:
        n_factors: width of the towers' output, at least 1.
        epochs: passes over the interactions, at least 1.
        learning_rate: the optimizer's step size, > 0.
        reg: weight decay on the vectors of each batch, >= 0.
        loss: "bpr": pairs; "softmax": against many uniform items; "in-batch": against the items of
            the rest of the batch, with the log-Q correction.
        n_negatives: uniform negatives, at least 1: of each interaction for "bpr" (by default 1), of
            each batch for "softmax" (512; the whole catalogue where it has no more).
        similarity: "dot" or "cosine".
        temperature: what similarities are divided by, > 0; cosines want one around 0.1.
        use_biases: learn b_i as well.
        bias_init: where b_i begins: "zeros"; or "popularity", ln of how many users had the item,
            less the mean of that. Softmax losses come to that themselves, but late, and new users
            are ranked by little else.
        hidden: widths of the layers of each tower's trunk; empty for none.
        use_features: learn from the features that the interactions have.
        id_dropout: how often a row with features goes without the vector of its own, from 0 to 1:
            one number, or two for users and for items; makes the features stand on their own feet,
            for those who have nothing else (DropoutNet). To the softmax losses a user without is a
            new one: what else the user has had counts as a negative, as nobody knows of it.
        reg_cold: weight decay on the vectors of rows that go without their own, >= 0, likewise one
            number or two; None for ``reg``. Features say less than a history does, and more of it
            is chance.
        init_scale: standard deviation of the first vectors, > 0.
        optimizer: "adam"; or, for tables much larger than a batch, "sparse-adam" or "adagrad",
            which touch the rows of a batch alone.
        schedule: "constant"; or "linear": the step size falls from epoch to epoch, so that it would
            be 0 after the last.
        max_grad_norm: shrink the gradient of a batch to this length; None for as it is.
        batch_size: interactions a step, at least 1.
        mixed_precision: compute in bfloat16 what stands it; meant for a GPU.
        seed: 0 <= seed < 2**63.
        n_threads: threads for torch on the CPU; 0 for all cores.
        progress: show a progress bar on stderr.
        device: "cpu", "cuda" …; None for a GPU where there is one.
        cold_users: ranking of users without training interactions, where there are no features of
            users: "popularity"; or "scores" for the model's own, which are chance and the biases.

    Attributes:
        user_factors, item_factors, item_biases: what the towers say of every user and item; the
            temperature is in the user's.
        towers: the torch modules, on the CPU.
        trained: their parameters and what training needs to go on, as arrays.
        user_encoder, item_encoder: how features become their input; None without features.
        history: an EpochReport for each epoch.

    Raises:
        InvalidParameterError: an argument out of range.
        MissingDependencyError: PyTorch is not installed.
    """

    name = "two-tower"
    race = RaceRules(
        variants={
            "": {},
            "-in-batch": {"loss": "in-batch", **_SOFTMAX_RACE},
            "-softmax": {"loss": "softmax", **_SOFTMAX_RACE},
        }
    )
    Settings = TwoTowerSettings
    _settings: TwoTowerSettings
    trained: TrainedState
    user_encoder: FeatureEncoder | None = None
    item_encoder: FeatureEncoder | None = None
    _built: tuple[TrainedState, Towers] | None = None

    def __init__(
        self,
        n_factors: int = 64,
        epochs: int = 20,
        learning_rate: float = 0.005,
        reg: float = 0.02,
        *,
        loss: str = "bpr",
        n_negatives: int | None = None,
        similarity: str = "dot",
        temperature: float = 1.0,
        use_biases: bool = True,
        bias_init: str = "zeros",
        hidden: Sequence[int] = (),
        use_features: bool = True,
        id_dropout: float | tuple[float, float] = 0.1,
        reg_cold: float | tuple[float, float] | None = None,
        init_scale: float = 0.1,
        optimizer: str = "adam",
        schedule: str = "constant",
        max_grad_norm: float | None = None,
        batch_size: int = 1024,
        mixed_precision: bool = False,
        seed: int = 0,
        n_threads: int = 0,
        progress: bool = True,
        device: str | None = None,
        cold_users: str = "popularity",
    ) -> None:
        self._configure(locals())

    def fit(
        self,
        train: Interactions,
        *,
        callbacks: Sequence[Callback] = (),
        warm_start: bool = False,
        resume_from: str | PathLike[str] | None = None,
    ) -> Self:
        """Learn from interactions, and from the features that they have.

        Ctrl-C ends the fit at once, with the vectors of the ``epochs_done`` epochs that were whole;
        before the first one, the model is not fitted.

        Args:
            train: what users did; what is in it is never recommended again.
            callbacks: called after each epoch; see ``EarlyStopping`` and ``Checkpoint``.
            warm_start: go on from the last fit, also an interrupted one, for ``epochs`` more
                epochs, as one longer fit would have gone; with the schedule "linear", up to
                ``epochs`` in all. ``train`` must have the same ids and features.
            resume_from: a checkpoint's path: go on from there, up to ``epochs`` in all, to what
                training without a stop would have come to; on a CPU, to the same bytes.

        Raises:
            DataError: nothing that the model could learn from.
            DivergedError: vectors overflowed; the message says in which epoch.
            CheckpointError: not a checkpoint, or one of other settings or other data.
            NotFittedError: a warm start without a first fit.
            InvalidParameterError: a warm start of a loaded model, on other ids or features, or from
                a checkpoint as well.
        """
        if warm_start and resume_from is not None:
            raise InvalidParameterError("give warm_start or resume_from, not both.")
        return self._fit(train, callbacks, warm_start=warm_start, resume_from=resume_from)

    def _prepare(
        self, train: Interactions, callbacks: Sequence[Callback], warm_start: bool
    ) -> Training:
        import_torch()
        from recsys_edu.models.two_tower_training import Trainer

        check_can_teach(train)
        n_epochs = self._settings.n_epochs_after(self.epochs_done if warm_start else 0)
        if warm_start:
            self._check_can_go_on()
        trainer = Trainer(self._settings, train)
        if warm_start:
            self._go_on(trainer)
        history: list[EpochReport] = []
        for resumed in (callback for callback in callbacks if isinstance(callback, Resumed)):
            resumed.prepare(self._settings, self.settings(), trainer, train)
            history = resumed.history()
            n_epochs = max(0, self._settings.epochs - len(history))

        def start() -> dict[str, Any]:
            return {
                **trainer.vectors()._asdict(),
                "trained": trainer.state(),
                "user_encoder": trainer.users.encoder,
                "item_encoder": trainer.items.encoder,
                "epochs_done": len(history),
                "history": history,
            }

        return Training(
            lambda: trainer.run_epoch(self.epochs_done), None if warm_start else start, n_epochs
        )

    def _learn(
        self,
        train: Interactions,
        callbacks: Sequence[Callback],
        *,
        warm_start: bool = False,
        resume_from: str | PathLike[str] | None = None,
    ) -> None:
        others = [callback for callback in callbacks if not isinstance(callback, Checkpoint)]
        # Checkpoints come last, so that they know what the others have seen of the epoch.
        writing = [c.beside(others) for c in callbacks if isinstance(c, Checkpoint)]
        resumed = [] if resume_from is None else [Resumed(resume_from, others)]
        with threads_of_torch(self._settings.n_threads):
            super()._learn(train, [*others, *resumed, *writing], warm_start=warm_start)

    def _check_can_go_on(self) -> None:
        if not self.trained.can_go_on:
            raise InvalidParameterError(
                "a warm start needs the state of the optimizer, which model files do not hold: go "
                "on from a Checkpoint, by fit(…, resume_from=path)."
            )
        if self._settings.n_epochs_after(self.epochs_done) == 0:
            raise InvalidParameterError(
                f"with schedule='linear' a fit ends after {self._settings.epochs} epochs; raise "
                "epochs to go on."
            )

    def _go_on(self, trainer: Trainer) -> None:
        """Bring a new trainer to where the last fit ended."""
        for ours, theirs in (
            (self.user_encoder, trainer.users.encoder),
            (self.item_encoder, trainer.items.encoder),
        ):
            if (ours and ours.to_json()) != (theirs and theirs.to_json()):
                raise InvalidParameterError("a warm start needs the features of the first fit.")
        try:
            trainer.go_on_from(self.trained)
        except (KeyError, IndexError, ValueError, RuntimeError) as error:
            raise InvalidParameterError(
                f"a warm start needs towers and an optimizer as in the first fit ({error})."
            ) from error

    def _is_cold(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        if self.user_encoder is not None:
            return np.zeros(len(rows), dtype=np.bool_)
        return super()._is_cold(rows)

    def _check_learned(self, reports: Sequence[EpochReport]) -> None:
        if not any(report.n_triples for report in reports):
            raise DataError(
                "no epoch found a negative item for any interaction: every user has nearly all "
                "items that anybody has; train on more."
            )

    @property
    def towers(self) -> Towers:
        """The torch modules, on the CPU, with the parameters of the last whole epoch."""
        if self._built is None or self._built[0] is not self.trained:
            self._built = self.trained, self._towers_of(self.trained, self.train)
        return self._built[1]

    def _towers_of(self, trained: TrainedState, train: Interactions) -> Towers:
        """Return towers of a state; ValueError where they do not fit the model."""
        from recsys_edu.models.two_tower_state import restored_towers

        encoders = (self.user_encoder, self.item_encoder)
        n_users, n_items = (0 if encoder is None else encoder.n_columns for encoder in encoders)
        return restored_towers(
            self._settings, train.shape, (n_users, n_items), trained.parameters()
        )

    def _fitted_arrays(self) -> Arrays:
        arrays = dict(super()._fitted_arrays())
        arrays |= {_TOWERS + name: array for name, array in self.trained.parameters().items()}
        for name in _ENCODERS:
            encoder = getattr(self, name)
            if encoder is not None:
                described = json.dumps(encoder.to_json()).encode()
                arrays[name] = np.frombuffer(described, dtype=np.uint8)
        return arrays

    def _restore(self, arrays: Arrays, train: Interactions) -> None:
        super()._restore(arrays, train)
        if self._settings.use_biases != (self.item_biases is not None):
            raise ModelFileError("its biases do not fit its settings.")
        from recsys_edu.models.two_tower_state import TrainedState

        self.user_encoder, self.item_encoder = (
            FeatureEncoder.from_json(json.loads(arrays[name].tobytes())) if name in arrays else None
            for name in _ENCODERS
        )
        self.trained = TrainedState(
            {name: array for name, array in arrays.items() if name.startswith(_TOWERS)}
        )
        self._built = self.trained, self._towers_of(self.trained, train)

    def snapshot(self) -> FactorState:
        """Return a copy of the vectors and the state of the towers, for ``restore``."""
        numbers = json.dumps(self.trained.numbers).encode()
        more = {**self.trained.arrays, _NUMBERS: np.frombuffer(numbers, dtype=np.uint8)}
        return super().snapshot()._replace(more=more)

    def _restored(self, state: FactorState) -> dict[str, Any]:
        from recsys_edu.models.two_tower_state import TrainedState

        arrays = dict(state.more or {})
        numbers = json.loads(arrays.pop(_NUMBERS).tobytes())
        return {
            **super()._restored(state),
            "trained": TrainedState(arrays, numbers, self.trained.device),
        }

    def user_vectors(self, users: Features) -> NDArray[np.float32]:
        """The vectors of users whom only their features describe, float32 (n, n_factors).

        Raises:
            DataError: other features than those that the model learned from.
            NotFittedError: before ``fit``.
        """
        rows = self._described(users, self.user_encoder, "users")
        import torch

        with torch.no_grad():
            vectors: NDArray[np.float32] = self.towers.user_vectors(rows).numpy()
        return vectors

    def item_vectors(
        self, items: Features
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Vectors (n, n_factors) and biases (n,), None for a model without, of items likewise."""
        rows = self._described(items, self.item_encoder, "items")
        import torch

        with torch.no_grad():
            biases = self.towers.item_biases(rows)
            vectors = self.towers.item_vectors(rows).numpy()
        return vectors, None if biases is None else biases.numpy()

    def recommend_to(self, users: Features, k: int = 10) -> Recommendations:
        """The k best items for users whom the model has never met, by their features.

        Args:
            users: what is known about them; the ids make no difference.
            k: at most how many items for each, at least 1.

        Raises:
            DataError: other features than those that the model learned from.
            InvalidParameterError: k below 1.
            NotFittedError: before ``fit``.
        """
        k = whole_number("k", k, 1, 2**63)
        vectors = np.ascontiguousarray(self.user_vectors(users))
        items, scores = ops.top_k(
            vectors,
            self.item_factors,
            self.item_biases,
            np.zeros(len(vectors) + 1, dtype=np.int64),
            np.zeros(0, dtype=np.int32),
            k=min(k, self.train.n_items),
            n_threads=self.n_threads,
        )
        return Recommendations([self.train.item_ids[listed] for listed in items], list(scores))

    def _described(self, features: Features, encoder: FeatureEncoder | None, what: str) -> Any:
        """Rows without a vector of their own."""
        train = self.train
        if not isinstance(features, Features):
            raise InvalidParameterError(f"{what} must be Features, not {type(features).__name__}.")
        if encoder is None:
            raise DataError(f"this model learned from no features of {what}, only from their ids.")
        import torch

        from recsys_edu.models.towers import Rows

        columns, weights = encoder.encode(features)
        ids = torch.full((len(columns),), train.n_users if what == "users" else train.n_items)
        return Rows(ids, torch.from_numpy(columns), torch.from_numpy(weights))
