"""Uniform negatives for the towers, drawn on the device that trains."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch

from recsys_edu.interactions import Interactions

_REDRAWS: Final = 30
"""Number of times that a negative that the user has seen is drawn again; then it is left out."""
_MOST_CELLS: Final = 1 << 27
"""Pairs of user and item for which a table of what was seen may be made: a byte for each."""


class UniformNegatives:
    """Draws items that users have not seen.

    Args:
        train: what was seen.
        candidates: bool, shape (n_items,): which items may be drawn.
        generator: of the device to draw on.
    """

    def __init__(
        self, train: Interactions, candidates: torch.Tensor, generator: torch.Generator
    ) -> None:
        self.generator, self.device = generator, generator.device
        self.n_items = train.n_items
        self.candidates = torch.nonzero(candidates).squeeze(1).to(self.device)
        self.all_may = len(self.candidates) == train.n_items
        cells = torch.from_numpy(train.rows() * train.n_items + train.indices).to(self.device)
        self.cells = cells  # ascending, as CSR is
        self.table: torch.Tensor | None = None
        if train.n_users * train.n_items <= _MOST_CELLS:
            self.table = torch.zeros(train.shape, dtype=torch.bool, device=self.device)
            self.table.view(-1)[cells] = True

    def for_each(self, users: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """k items for each user, (n, k); and 1.0 for those that the user has not seen, or None.

        None says that nobody has seen theirs. A user who has seen almost everything may get one
        that does not count.
        """
        users = users.repeat_interleave(k)
        items = self.draw(len(users))
        taken = torch.nonzero(self.seen(users, items)).squeeze(1)
        for _ in range(_REDRAWS):
            if not len(taken):
                break
            items[taken] = again = self.draw(len(taken))
            taken = taken[self.seen(users[taken], again)]
        if not len(taken):
            return items.view(-1, k), None
        usable = torch.ones(len(users), device=self.device)
        usable[taken] = 0.0
        return items.view(-1, k), usable.view(-1, k)

    def draw(self, n: int) -> torch.Tensor:
        """n candidates, int64, drawn with replacement."""
        chosen = torch.randint(
            len(self.candidates), (n,), generator=self.generator, device=self.device
        )
        return chosen if self.all_may else self.candidates[chosen]

    def seen(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """Return True where a user has seen the item beside it; the shapes are broadcast."""
        wanted = users * self.n_items + items
        if self.table is not None:
            return self.table.view(-1)[wanted]
        places = torch.searchsorted(self.cells, wanted).clamp(max=len(self.cells) - 1)
        return self.cells[places] == wanted

    def seen_of(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """Return True where a user has seen an item: bool, shape (users, items)."""
        if self.table is None:
            return self.seen(users.unsqueeze(1), items)
        rows = self.table.index_select(0, users)
        return rows if items is self.candidates and self.all_may else rows.index_select(1, items)


def log_shares(train: Interactions) -> torch.Tensor:
    """ln of each item's share of the interactions, float32 (n_items,); −inf where it has none."""
    with np.errstate(divide="ignore"):
        shares = np.log(train.popularity() / train.nnz)
    return torch.from_numpy(shares.astype(np.float32))
