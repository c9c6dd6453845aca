"""Losses of the towers: three of them, all on vectors and scores.

BPR compares a positive item with negative ones, pair by pair:

    −ln σ(x_ui − x_uj)

The softmax losses ask for the positive item among many, which is a classification:

    −ln exp(x_ui) / (exp(x_ui) + Σ_j w_j exp(x_uj))

where the sum over the whole catalogue is estimated from a sample, each item of which stands for
w_j = 1 / (n q_j) items, when n are drawn with probabilities q. In a batch, the other users'
positive items are the sample, and q is their share of the interactions: popular items are drawn too
often, and −ln q_j puts that right (the log-Q correction). Items that the user has had are left out.

Source: Rendle et al., BPR, UAI 2009; Bengio and Senécal, Adaptive Importance Sampling to Accelerate
Training of a Neural Probabilistic Language Model, IEEE TNN 2008; Yi et al., Sampling-Bias-Corrected
Neural Modeling for Large Corpus Item Recommendations, RecSys 2019.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch.nn.functional import softplus


class BPRLoss(torch.autograd.Function):
    """−ln σ(x) for x = u · (p − n) + c, with its gradient written by hand.

    With g = −σ(−x), the derivative of −ln σ(x), the gradients are g (p − n) for u, g u for p, −g u
    for n and g for c: what autograd finds in several steps, each with a tensor of its own.
    """

    @staticmethod
    def forward(
        ctx: Any,
        user: torch.Tensor,
        positive: torch.Tensor,
        negative: torch.Tensor,
        offset: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses and x.

        Args:
            ctx: torch's notes for ``backward``.
            user, positive: shape (n, d).
            negative: shape (n, k, d).
            offset: c, shape (n, k); None for 0.

        Returns:
            −ln σ(x) and x, both (n, k); x takes no gradient.
        """
        difference = positive.unsqueeze(1) - negative
        x = torch.einsum("nd,nkd->nk", user, difference)
        if offset is not None:
            x = x + offset
        ctx.save_for_backward(user, difference, x)
        ctx.mark_non_differentiable(x)
        return softplus(-x), x

    @staticmethod
    def backward(ctx: Any, above: torch.Tensor, _: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of user, positive, negative and offset."""
        user, difference, x = ctx.saved_tensors
        g = -above * torch.sigmoid(-x)
        of_user = torch.einsum("nk,nkd->nd", g, difference)
        of_positive = g.sum(1, keepdim=True) * user
        of_negative = -g.unsqueeze(2) * user.unsqueeze(1)
        of_offset = g if ctx.needs_input_grad[3] else None
        return of_user, of_positive, of_negative, of_offset


class Decayed(torch.autograd.Function):
    """Vectors as they are, to whose gradient λ times themselves is added: that of ½ λ ‖·‖².

    λ is one number, or one for each vector, shape (n,).
    The sum of squares itself is never wanted, so it is never computed.
    """

    @staticmethod
    def forward(ctx: Any, vectors: torch.Tensor, strength: float | torch.Tensor) -> torch.Tensor:
        """The vectors."""
        ctx.save_for_backward(vectors)
        ctx.strength = strength
        return vectors.view_as(vectors)

    @staticmethod
    def backward(ctx: Any, above: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Return the gradient from above, plus λ times the vectors."""
        (vectors,) = ctx.saved_tensors
        if isinstance(ctx.strength, float):
            return torch.add(above, vectors, alpha=ctx.strength), None
        return torch.addcmul(above, vectors, ctx.strength.unsqueeze(1)), None


def decayed(vectors: torch.Tensor, strength: float | torch.Tensor) -> torch.Tensor:
    """The vectors, with weight decay in their gradient; see ``Decayed``."""
    if isinstance(strength, float) and strength == 0.0:
        return vectors
    same: torch.Tensor = Decayed.apply(vectors, strength)  # type: ignore[no-untyped-call]
    return same


def bpr_loss(
    user: torch.Tensor,
    positive: torch.Tensor,
    negative: torch.Tensor,
    offset: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Apply ``BPRLoss``; see its ``forward``."""
    found: tuple[torch.Tensor, torch.Tensor] = BPRLoss.apply(user, positive, negative, offset)  # type: ignore[no-untyped-call]
    return found


_NEVER: Final = -1e30
"""A score that takes no share; not −∞, which has no gradient where nothing else is left."""


def softmax_loss(
    positive: torch.Tensor, others: torch.Tensor, excluded: torch.Tensor
) -> torch.Tensor:
    """−ln of the positive item's share, shape (n,).

    Args:
        positive: x_ui, shape (n,).
        others: x_uj + ln w_j of the sample, shape (n, m); overwritten.
        excluded: bool, shape (n, m): which of them do not count.
    """
    # ln(e^a + e^b) − a = softplus(b − a), so that no larger table has to be made of both.
    return softplus(torch.logsumexp(others.masked_fill_(excluded, _NEVER), dim=1) - positive)
