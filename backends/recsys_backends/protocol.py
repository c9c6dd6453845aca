"""Protocol of a compute backend: a module or object that has some of these ops.

Each op is described here, once. Callers use ``recsys_backends.ops``, which checks every argument
and then calls the backend in use, so an implementation may rely on what is written below and holds
no checks of its own. ``recsys_backends.contract`` is the same text as executable clauses.

Every op reads its arguments anew in each call, writes only to those that it is said to change, and
returns arrays that belong to the caller. Arguments that it only reads may be read-only, and one
array may be given for two of them. Python threads may call ops at the same time, each with arrays
of its own. Floating-point mode and random states of the process stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import UNIFORM, EpochPlan, Sampler

Order = Literal["sequential", "batched"]


class UpdateResult(NamedTuple):
    """Sums over one pass of ``bpr_update``, measured before each triple's own step."""

    loss: float
    """Sum of −ln σ(x) over the updated triples, without the regulariser, in nats."""
    n_correct: int
    """Number of updated triples with x > 0: the positive item already ranked above the negative."""
    n_updated: int
    """Number of triples that were applied; the others were skipped for want of a negative."""


class TopK(NamedTuple):
    """The best items of each user, best first."""

    items: NDArray[np.int32]
    """int32, shape (n_users, k); padded with −1."""
    scores: NDArray[np.float32]
    """float32, shape (n_users, k); padded with −inf."""


class Neighbors(NamedTuple):
    """The items most similar to each item, as CSR: what ``item_similarity`` found."""

    indptr: NDArray[np.int64]
    """int64, shape (n_items + 1,): starts of each item's neighbours."""
    indices: NDArray[np.int32]
    """int32, shape (nnz,): the neighbours, ascending within each item."""
    values: NDArray[np.float32]
    """float32, shape (nnz,): their similarities."""


class ComputeBackend(Protocol):
    """The ops. A backend may leave some out; a call for one it lacks is an error that names it."""

    order: Order
    """"sequential": triples take effect one after another, as the plan lists them.
    "batched": groups of triples are computed from the same factors and added up."""

    tiles: bool
    """True if ``plan_epoch`` can cut an epoch into more than one block, which is the default."""

    samplers: tuple[type[Sampler], ...]
    """The samplers by which ``plan_epoch`` can draw; UniformSampler alone in a backend that does
    not say. The front door refuses the others, so no sampler is ignored in silence."""

    def matmul(self, a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
        """The matrix product a · b.

        Args:
            a: float32, C-contiguous, shape (m, k).
            b: float32, C-contiguous, shape (k, n).

        Returns:
            float32, shape (m, n); zeros where k is 0.
        """
        ...

    def plan_epoch(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        n_items: int,
        *,
        seed: int,
        epoch: int,
        n_blocks: int = 1,
        sampler: Sampler = UNIFORM,
        n_threads: int = 1,
    ) -> EpochPlan:
        """Draw one epoch's triples and their schedule, as ``recsys_backends.plan`` specifies.

        Integers only, so the answer is identical in every backend and for any number of threads.

        Args:
            indptr: int64, shape (n_users + 1,): where each user's items start in ``indices``.
            indices: int32, shape (nnz,): item numbers, ascending within each user, no repeats.
            n_items: number of items, at least 1.
            seed: 0 <= seed < 2**64.
            epoch: number of the epoch, counted from 0; a warm start continues the count.
            n_blocks: blocks of users and of items, at most the smaller of their numbers.
            sampler: how negatives are drawn; its arrays have ``n_items`` columns and, where there
                is one row for each user, as many rows as ``indptr`` has.
            n_threads: threads to plan with; the front door turns 0 into the number of cores.

        Source:
            Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009
            (bootstrap sampling, here without replacement); the blocks are those of Gemulla et al.,
            Large-Scale Matrix Factorization with Distributed SGD, KDD 2011.
        """
        ...

    def bpr_update(
        self,
        user_factors: NDArray[np.float32],
        item_factors: NDArray[np.float32],
        item_biases: NDArray[np.float32] | None,
        plan: EpochPlan,
        *,
        learning_rate: float,
        reg_user: float,
        reg_positive: float,
        reg_negative: float,
        n_threads: int = 1,
    ) -> UpdateResult:
        """One pass of stochastic gradient descent over a plan, in place.

        For each triple (u, i, j), with every value as it was before the triple::

            x    = p_u · (q_i − q_j) + b_i − b_j
            g    = σ(−x) = 1 / (1 + e^x)
            p_u += learning_rate · (g (q_i − q_j) − reg_user     · p_u)
            q_i += learning_rate · (g p_u         − reg_positive · q_i)
            q_j += learning_rate · (−g p_u        − reg_negative · q_j)
            b_i += learning_rate · (g             − reg_positive · b_i)
            b_j += learning_rate · (−g            − reg_negative · b_j)

        which is a step down the gradient of −ln σ(x) + ½ Σ λ ‖θ‖². Within a tile, triples apply in
        order; tiles of one round may run at the same time, because they share no row.

        Args:
            user_factors: float32, C-contiguous, shape (n_users, d), finite; changed in place.
            item_factors: float32, C-contiguous, shape (n_items, d), finite; changed in place.
            item_biases: float32, shape (n_items,), finite, changed in place; None leaves them out.
            plan: the triples.
            learning_rate: step size, > 0.
            reg_user, reg_positive, reg_negative: λ of the user's, the positive item's and the
                negative item's parameters, >= 0.
            n_threads: threads to use; the result is the same bytes for any number of them.

        Source:
            Rendle et al., UAI 2009, equation for Θ in section 4.1 and figure 4 (LearnBPR).
        """
        ...

    def als_half_step(
        self,
        target: NDArray[np.float32],
        fixed: NDArray[np.float32],
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        confidence: NDArray[np.float32],
        *,
        regularization: float,
        n_threads: int = 1,
    ) -> None:
        """Half a step of alternating least squares: the best ``target`` for these ``fixed`` rows.

        Each row x of ``target`` becomes the minimiser of::

            Σ_i c_i (p_i − x · y_i)² + λ ‖x‖²

        over all rows y_i of ``fixed``, with p_i = 1 and c_i from ``confidence`` where the row has
        an interaction with i, and p_i = 0 and c_i = 1 everywhere else. That is the solution of::

            A x = b,    A = YᵀY + λI + Yᵀ(C − I)Y,    b = YᵀC p

        by any solver, to ‖A x − b‖ <= 1e-4 ‖b‖ as far as float32 can hold such an x and such a b.
        A row without interactions becomes zero. What ``target`` held before does not matter;
        nothing else is changed, and nothing is returned.

        λ must be above 0, because without it A is singular where ``fixed`` has fewer independent
        rows than columns; and above 1e-12 of the largest confidence (at least 1) times ‖fixed‖²,
        below which float64 could no longer tell. Then every row has one answer, and it is finite.

        Args:
            target: float32, C-contiguous, shape (n_rows, d); overwritten.
            fixed: float32, C-contiguous, shape (n_cols, d), finite; in memory apart from target.
            indptr: int64, shape (n_rows + 1,): where each row's columns start in ``indices``.
            indices: int32, shape (nnz,): row numbers of ``fixed``, ascending within each row of
                ``target``, no repeats.
            confidence: float32, shape (nnz,), finite, >= 0 (below 1: less sure than of a pair that
                was not observed; 0: as if the pair did not exist).
            regularization: λ, > 0.
            n_threads: threads to use.

        Source:
            Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets, ICDM
            2008, equations 3 to 5.
        """
        ...

    def item_similarity(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        n_items: int,
        *,
        k: int,
        shrinkage: float = 0.0,
        n_threads: int = 1,
    ) -> Neighbors:
        """The k items most similar to each item: the cosine of their sets of users, shrunk.

        With U_i the users of item i, and n = |U_i ∩ U_j| > 0::

            similarity(i, j) = n / sqrt(|U_i| · |U_j|) · (n / (n + shrinkage))        i ≠ j

        where few common users, which may be chance, count for less. Evaluated in float64 in just
        this order (every operation, the root too, is exactly rounded) and then rounded to float32,
        it is identical in every backend and for any number of threads. Of equal float32 values the
        lower item number comes first. Items without a common user are never neighbours.

        Rows are CSR like any other, indices ascending: ready to be multiplied with. A stable sort
        of a row by descending value gives the order by which its k were chosen.

        Args:
            indptr: int64, shape (n_users + 1,): where each user's items start in ``indices``.
            indices: int32, shape (nnz,): item numbers, ascending within each user, no repeats.
            n_items: number of items, at least 1.
            k: at most so many neighbours for each item, at least 1; may exceed the number of items.
            shrinkage: >= 0; with 0 the similarity is the cosine.
            n_threads: threads to use.

        Source:
            Sarwar, Karypis, Konstan and Riedl, Item-Based Collaborative Filtering Recommendation
            Algorithms, WWW 2001; the shrinkage is that of Bell and Koren, Scalable Collaborative
            Filtering with Jointly Derived Neighborhood Interpolation Weights, ICDM 2007.
        """
        ...

    def top_k(
        self,
        user_factors: NDArray[np.float32],
        item_factors: NDArray[np.float32],
        item_biases: NDArray[np.float32] | None,
        seen_indptr: NDArray[np.int64],
        seen_indices: NDArray[np.int32],
        *,
        k: int,
        n_threads: int = 1,
    ) -> TopK:
        """The k unseen items with the highest p_u · q_i + b_i for each user.

        Best first; of equal scores the lower item number comes first (equal as computed in float32:
        the last bit of a dot product may depend on where in its array a row stands). Where fewer
        than k items are left, and where a score overflows to −inf or is not a number, −1 and −inf
        fill the row.

        Args:
            user_factors: float32, C-contiguous, shape (n, d), finite.
            item_factors: float32, C-contiguous, shape (n_items, d), finite.
            item_biases: float32, shape (n_items,), finite; or None.
            seen_indptr: int64, shape (n + 1,).
            seen_indices: int32: the items to leave out, ascending within each user, no repeats.
            k: length of each list, at least 1.
            n_threads: threads to use.
        """
        ...


OPS: tuple[str, ...] = (
    "matmul",
    "plan_epoch",
    "bpr_update",
    "als_half_step",
    "item_similarity",
    "top_k",
)
"""The names of the ops above, in the order in which the course meets them."""

MUTATES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bpr_update": ("user_factors", "item_factors", "item_biases"),
        "als_half_step": ("target",),
    }
)
"""Arguments that an op changes in place, by the op's name. Every other argument is only read."""
