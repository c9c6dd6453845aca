"""Clauses that judge each graded cell of lesson 05, on inputs that nobody has seen."""

import math

import numpy as np

from recsys_backends.contract.clause import require
from recsys_backends.naive.extended.candidates import Candidates
from recsys_backends.naive.extended.draw_negative import draw_negative
from recsys_backends.plan import MAX_REJECTIONS, SKIPPED
from tito.judging.figures import hold_op, require_figure, require_figures

from .calls import draws_of_a_guess_more, triples_of_the_last_guess
from .checkpoint import MEANINGS


def test_sigmoid(remote, rng: np.random.Generator) -> None:
    """Right over the whole range, and −ln σ is what softplus says."""
    for x in [0.0, -700.0, 700.0, -1e5, 1e5, *rng.normal(0, 20, 20).tolist()]:
        low = math.exp(-abs(x)) / (1 + math.exp(-abs(x)))
        sigma, soft = remote.sigmoid(x), remote.softplus(x)
        require_figure(sigma, 1 - low if x >= 0 else low, 1e-12, f"sigmoid({x:.4g}) is")
        expected = max(x, 0.0) + math.log1p(math.exp(-abs(x)))
        about = f"To nine digits, softplus({x:.4g}) is"
        require_figure(soft, expected, 1e-9 * expected, about)


def _vectors(rng: np.random.Generator, d: int) -> list[np.ndarray]:
    return [rng.normal(size=d) for _ in range(3)]


def _loss(vectors: list[np.ndarray], reg: float) -> float:
    user, positive, negative = vectors
    squares = sum(float(vector @ vector) for vector in vectors)
    return float(np.logaddexp(0.0, -user @ (positive - negative))) + 0.5 * reg * squares


def test_triple_loss(remote, rng: np.random.Generator) -> None:
    """−ln σ(x) and the regulariser, for vectors of any length."""
    for d in (1, 2, 7, 32):
        for reg in (0.0, float(rng.uniform(0.01, 0.5))):
            vectors = _vectors(rng, d)
            about = f"With {d} factors and λ = {reg:.2f} the loss of a triple is"
            require_figure(remote.triple_loss(*vectors, reg), _loss(vectors, reg), 1e-9, about)


def test_triple_gradient(remote, rng: np.random.Generator) -> None:
    """Each gradient is the limit of finite differences of the objective."""
    names = ("The user's gradient", "The positive item's gradient", "The negative item's gradient")
    for d in (1, 3, 16):
        vectors, reg = _vectors(rng, d), float(rng.uniform(0.0, 0.5))
        got = remote.triple_gradient(*vectors, reg)
        require(
            len(got) == 3, f"triple_gradient should return three gradients, and returns {len(got)}."
        )
        for which, name in enumerate(names):
            expected = np.empty(d)
            for f in range(d):
                shifted = [[v.copy() for v in vectors] for _ in range(2)]
                shifted[0][which][f] += 1e-6
                shifted[1][which][f] -= 1e-6
                expected[f] = (_loss(shifted[0], reg) - _loss(shifted[1], reg)) / 2e-6
            require_figures(got[which], expected, 1e-5, f"{name} (λ = {reg:.2f})", "factor {}")


def test_draw_negative(remote, rng: np.random.Generator) -> None:
    """The same item as the answer key, for users with few, nearly all and all of the items."""
    for n_items, n_seen in ((50, 3), (50, 25), (20, 17), (200, 198), (40, 39), (30, 30), (1, 0)):
        seen = {int(item) for item in rng.permutation(n_items)[:n_seen]}
        key, candidates = int(rng.integers(2**63)), Candidates(list(range(n_items)))
        triples = [*range(100), *rng.integers(2, 10**6, 100).tolist()]
        if 0.8 * n_items < n_seen < n_items - 1:
            # A guess fewer than there should be makes a difference there, and hardly elsewhere.
            triples += triples_of_the_last_guess(seen, n_items, key, 0)
        for triple in triples:
            _require_draw(remote, seen, candidates, key, triple)
    for _, (seen, n_items, key, triple), _ in draws_of_a_guess_more(rng):
        _require_draw(remote, seen, Candidates(list(range(n_items))), key, triple)


def _require_draw(remote, seen: set[int], candidates: Candidates, key: int, triple: int) -> None:
    """The item that the answer key draws."""
    n_items = len(candidates.items)
    got = remote.draw_negative(set(seen), n_items, key, triple)
    about = f"for a user who has {len(seen)} of {n_items} items"
    require(got not in seen, f"Item {got} is drawn {about}, and it is one of theirs.")
    require(
        len(seen) < n_items or got == SKIPPED,
        f"There is no negative {about}: answer SKIPPED, which is −1.",
    )
    expected = draw_negative(0, seen, candidates, key, triple)
    require(
        got == expected,
        f"Triple {triple} gets item {expected}, and yours gets {got}, {about}: the first guess is "
        f"draw triple * DRAWS_PER_TRIPLE, there are {MAX_REJECTIONS} of them, and the pick "
        "after that is a place in the ascending list of what is left.",
    )


def test_plan_epoch(remote, rng: np.random.Generator) -> None:
    """The contract of plan_epoch, for one block and uniform negatives."""
    hold_op(remote, "plan_epoch", rng, MEANINGS)


def test_bpr_update(remote, rng: np.random.Generator) -> None:
    """The contract of bpr_update."""
    hold_op(remote, "bpr_update", rng, MEANINGS)
