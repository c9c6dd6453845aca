"""Models that score by p_u · q_i + b_i, however they came by the vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_backends.wording import counted
from recsys_edu.errors import ModelFileError, NotFittedError
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Arrays, Recommender, Side
from recsys_edu.models.factor_ranking import best_products, most_alike
from recsys_edu.models.factor_state import FactorState, Vectors


class FactorModel(Recommender):
    """A recommender whose fitted state is three arrays; it ranks with the backend in use."""

    user_factors: NDArray[np.float32]
    """float32, shape (n_users, n_factors)."""
    item_factors: NDArray[np.float32]
    """float32, shape (n_items, n_factors)."""
    item_biases: NDArray[np.float32] | None = None
    """float32, shape (n_items,); None for a model without biases."""
    epochs_done: int = 0
    """Epochs behind the vectors as they are now."""
    n_threads: int = 0
    """Threads to rank with; 0 for all cores."""

    def vectors(self) -> Vectors:
        """Return the vectors as they are, not copied."""
        return Vectors(self.user_factors, self.item_factors, self.item_biases)

    def snapshot(self) -> FactorState:
        """Return a copy of the vectors, for ``restore``."""
        users, items, biases = self.vectors()
        biases = None if biases is None else biases.copy()
        return FactorState(users.copy(), items.copy(), biases, self.epochs_done)

    def restore(self, state: FactorState) -> None:
        """Go back to a snapshot."""
        self._replace_attributes(**self._restored(state))

    def _restored(self, state: FactorState) -> dict[str, Any]:
        """Return the attributes of a snapshot."""
        biases = None if state.item_biases is None else state.item_biases.copy()
        vectors = Vectors(state.user_factors.copy(), state.item_factors.copy(), biases)
        return {**vectors._asdict(), "epochs_done": state.epochs_done}

    def _replace_attributes(self, **attributes: Any) -> None:
        """Set several attributes in one step: Ctrl-C comes before or after, never between."""
        vars(self).update(attributes)  # one call into C, where no signal is looked at

    def _top(
        self,
        rows: NDArray[np.int64],
        seen_indptr: NDArray[np.int64],
        seen: NDArray[np.int32],
        k: int,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        items, biases = self.item_factors, self.item_biases
        left_out = seen_indptr, seen
        return best_products(self.user_factors, rows, items, biases, left_out, k, self.n_threads)

    def _alike(
        self, side: Side, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        vectors = self.item_factors if side == "items" else self.user_factors
        if not vectors.shape[1]:
            return super()._alike(side, rows, k)
        return most_alike(vectors, rows, k, self.n_threads)

    def _scores(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        users, items = self.user_factors[rows], self.item_factors[columns]
        scores: NDArray[np.float32] = np.einsum("nf,nf->n", users, items)
        return scores if self.item_biases is None else scores + self.item_biases[columns]

    def _fitted_arrays(self) -> Arrays:
        if self._train is None:
            raise NotFittedError(
                f"this {type(self).__name__} is not fitted yet; call fit(…) first."
            )
        arrays = {"user_factors": self.user_factors, "item_factors": self.item_factors}
        if self.item_biases is not None:
            arrays["item_biases"] = self.item_biases
        return {**arrays, "epochs_done": np.array(self.epochs_done)}

    def _restore(self, arrays: Arrays, train: Interactions) -> None:
        users, items = arrays["user_factors"], arrays["item_factors"]
        biases = arrays.get("item_biases")
        given = (users, items) if biases is None else (users, items, biases)
        if (
            any(array.dtype != np.float32 for array in given)
            or items.shape != (train.n_items, *users.shape[1:])
            or users.shape != (train.n_users, self.settings().get("n_factors", 0))
            or not all(np.isfinite(array).all() for array in given)
            or (biases is not None and biases.shape != (train.n_items,))
        ):
            raise ModelFileError("its factors do not fit its users, items and settings.")
        self.user_factors, self.item_factors, self.item_biases = users, items, biases
        self.epochs_done = int(arrays["epochs_done"])
        if self.epochs_done < 0:
            raise ModelFileError(f"it claims {counted(self.epochs_done, 'epoch')}.")
