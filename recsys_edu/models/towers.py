"""The towers: PyTorch modules that turn a user, or an item, into a vector.

A tower adds the vector of the id and the vectors of the features (see ``feature_encoding``), lets a
trunk of layers add to that, and may bring the sum to length 1. A user and an item score

    x_ui = p_u · q_i / τ + b_i

where p and q are what the towers say, τ is the temperature, and the bias b is a tower of width 1.

Source: Covington, Adams and Sargin, Deep Neural Networks for YouTube Recommendations, RecSys 2016;
Yi et al., Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations, RecSys
2019 (cosine and temperature).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch.nn.functional import normalize

from recsys_edu.models.feature_encoding import PADDING


class Rows(NamedTuple):
    """Users or items, as their tower takes them."""

    ids: torch.Tensor
    """int64, shape (n,): row numbers; the number of rows, for one that has no vector of its own."""
    columns: torch.Tensor | None = None
    """int64, shape (n, m): the columns of their features; None for a tower without features."""
    weights: torch.Tensor | None = None
    """float32, shape (n, m)."""
    kept: torch.Tensor | None = None
    """float32, shape (n,): 0 where the id's vector is left out, otherwise 1; None for 1."""


class Tower(torch.nn.Module):
    """Id, features, trunk.

    Args:
        n_ids: rows that have a vector of their own.
        n_columns: columns of features, 0 for a tower without.
        width: length of the vectors.
        hidden: widths of the trunk's layers; empty for none.
        cosine: bring vectors to length 1.
        init_scale: standard deviation of the first vectors; 0 for zeros.
        sparse: have the tables' gradients hold the rows of a batch only.
        generator: draws the first vectors.
    """

    def __init__(
        self,
        n_ids: int,
        n_columns: int,
        width: int,
        hidden: Sequence[int] = (),
        *,
        cosine: bool = False,
        init_scale: float = 0.1,
        sparse: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()

        def table(n_rows: int, padding: int) -> torch.nn.Embedding:
            # Made from given values: an embedding that fills itself would use, and so change,
            # the random state that all of the process shares.
            values = torch.empty(n_rows, width, device=generator.device)
            values.normal_(0.0, init_scale, generator=generator)
            values[padding] = 0.0
            return torch.nn.Embedding.from_pretrained(  # type: ignore[no-untyped-call,no-any-return,unused-ignore]
                values, freeze=False, sparse=sparse
            )

        self.n_ids, self.cosine = n_ids, cosine
        self.ids = table(n_ids + 1, n_ids)
        self.features = table(n_columns, PADDING) if n_columns else None
        self.trunk = _trunk(width, hidden, generator) if hidden else None

    def forward(self, rows: Rows) -> torch.Tensor:
        """Vectors, float32, shape (n, width)."""
        vectors = _looked_up(self.ids, rows.ids)
        if rows.kept is not None:
            vectors = vectors * rows.kept.unsqueeze(1)
        if self.features is not None:
            assert rows.columns is not None
            assert rows.weights is not None
            known = _looked_up(self.features, rows.columns)
            vectors = vectors + (known * rows.weights.unsqueeze(-1)).sum(1)
        if self.trunk is not None:
            vectors = vectors + self.trunk(vectors)
        return normalize(vectors, dim=1) if self.cosine else vectors


def _looked_up(table: torch.nn.Embedding, rows: torch.Tensor) -> torch.Tensor:
    """The table's rows, shape (*rows.shape, width).

    What ``table(rows)`` gives as well; but the gradient of an embedding adds up one row after the
    other, that of ``index_select`` many at a time: on a CPU three to forty times as fast.
    """
    if table.sparse:
        found: torch.Tensor = table(rows)
        return found
    return table.weight.index_select(0, rows.reshape(-1)).view(*rows.shape, -1)


def _trunk(width: int, hidden: Sequence[int], generator: torch.Generator) -> torch.nn.Sequential:
    """Layers with ReLUs between, back to the width; the last begins at zero, as if not there."""
    layers: list[torch.nn.Module] = []
    for n_in, n_out in zip((width, *hidden), (*hidden, width), strict=True):
        last = len(layers) == 2 * len(hidden)
        layer = torch.nn.Linear(n_in, n_out, device="meta").to_empty(device=generator.device)
        with torch.no_grad():
            layer.weight.normal_(0.0, 0.0 if last else (2.0 / n_in) ** 0.5, generator=generator)
            layer.bias.zero_()
        layers += [layer] if last else [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


class TowerSettings(NamedTuple):
    """Settings that both towers have in common."""

    width: int
    hidden: tuple[int, ...]
    cosine: bool
    temperature: float
    use_biases: bool
    init_scale: float
    sparse: bool


class Towers(torch.nn.Module):
    """A tower of users, a tower of items, and a tower of the items' biases."""

    def __init__(
        self,
        n_ids: tuple[int, int],
        n_columns: tuple[int, int],
        settings: TowerSettings,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.temperature = settings.temperature
        self.users, self.items = (
            Tower(
                *counts,
                settings.width,
                settings.hidden,
                cosine=settings.cosine,
                init_scale=settings.init_scale,
                sparse=settings.sparse,
                generator=generator,
            )
            for counts in zip(n_ids, n_columns, strict=True)
        )
        self.biases = None
        if settings.use_biases:
            self.biases = Tower(
                n_ids[1],
                n_columns[1],
                1,
                init_scale=0.0,
                sparse=settings.sparse,
                generator=generator,
            )

    def user_vectors(self, rows: Rows) -> torch.Tensor:
        """p / τ, shape (n, width)."""
        vectors: torch.Tensor = self.users(rows)
        return vectors if self.temperature == 1.0 else vectors / self.temperature

    def item_vectors(self, rows: Rows) -> torch.Tensor:
        """q, shape (n, width)."""
        vectors: torch.Tensor = self.items(rows)
        return vectors

    def item_biases(self, rows: Rows) -> torch.Tensor | None:
        """b, shape (n,); None for towers without biases."""
        return None if self.biases is None else self.biases(rows).squeeze(1)
