"""ALS by Cholesky's factorisation, a batch of rows of similar length at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_backends.torch.device import limited_to, to_device, write_back

_NUMBERS_PER_BATCH: Final = 1 << 22
"""Numbers in the gathered factors, and in the matrices, of a batch: 32 MB each in float64."""


def als_half_step(
    target: NDArray[np.float32],
    fixed: NDArray[np.float32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    *,
    regularization: float,
    n_threads: int = 1,
) -> None:
    """Overwrite the rows of target, the longest first, so that a batch's rows are of one length.

    In float64: large confidences make equations that float32 cannot solve to the contract's 1e-4.
    """
    n_factors = fixed.shape[1]
    answer = to_device(target)
    lengths = np.diff(indptr)
    longest_first = np.argsort(-lengths, kind="stable")
    with limited_to(n_threads), torch.no_grad():
        factors = to_device(fixed).double()
        shared = factors.T @ factors
        shared += regularization * torch.eye(n_factors, dtype=shared.dtype, device=shared.device)
        columns, weights = to_device(indices), to_device(confidence)
        start = 0
        while start < len(target):
            length = int(lengths[longest_first[start]])
            size = max(1, _NUMBERS_PER_BATCH // max(1, n_factors * max(length, n_factors)))
            rows = longest_first[start : start + size]
            places = indptr[rows][:, None] + np.arange(length)
            observed = to_device(np.arange(length) < lengths[rows][:, None])
            within = to_device(np.minimum(places, max(0, len(indices) - 1)))
            c = weights[within].double() * observed
            solved = _solve(shared, factors[columns[within].long()], c, observed)
            answer[to_device(rows)] = solved.float()
            start += size
    write_back(answer, target)


def _solve(
    shared: torch.Tensor, y: torch.Tensor, c: torch.Tensor, observed: torch.Tensor
) -> torch.Tensor:
    """x of each row of a batch; ``y`` (n, length, d), where not ``observed`` of no weight."""
    extra = torch.where(observed, c - 1.0, 0.0)
    matrices = shared + y.mT @ (extra[:, :, None] * y)
    right_sides = y.mT @ c[:, :, None]
    return torch.cholesky_solve(right_sides, torch.linalg.cholesky(matrices))[:, :, 0]
