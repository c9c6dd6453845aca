"""A snapshot of a model's vectors, and its arrays by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

_BEST: Final = "best."
_MORE: Final = "more."


class Vectors(NamedTuple):
    """Vectors of a model."""

    user_factors: NDArray[np.float32]
    """float32, shape (n_users, n_factors)."""
    item_factors: NDArray[np.float32]
    """float32, shape (n_items, n_factors)."""
    item_biases: NDArray[np.float32] | None
    """float32, shape (n_items,); None for a model without biases."""


class FactorState(NamedTuple):
    """A copy of a model's vectors at some epoch."""

    user_factors: NDArray[np.float32]
    item_factors: NDArray[np.float32]
    item_biases: NDArray[np.float32] | None
    epochs_done: int
    more: Mapping[str, NDArray[Any]] | None = None
    """Further arrays that the model has to go back to, by name."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all of it, by name."""
        named = {name: getattr(self, name) for name in ("user_factors", "item_factors")}
        named["epochs_done"] = np.array(self.epochs_done)
        if self.item_biases is not None:
            named["item_biases"] = self.item_biases
        named |= {_MORE + name: array for name, array in (self.more or {}).items()}
        return {_BEST + name: array for name, array in named.items()}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """Return the state of arrays that ``arrays`` gave, perhaps among others."""
        named = {
            name.removeprefix(_BEST): array
            for name, array in arrays.items()
            if name.startswith(_BEST)
        }
        more = {
            name.removeprefix(_MORE): array
            for name, array in named.items()
            if name.startswith(_MORE)
        }
        return cls(
            named["user_factors"],
            named["item_factors"],
            named.get("item_biases"),
            int(named["epochs_done"]),
            more or None,
        )
