"""Clauses of ``bpr_update``: one triple, its step and what is measured on the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_backends.contract.clause import clause, require, require_close, require_identical
from recsys_backends.contract.inputs import (
    FREE,
    RATES,
    Factors,
    Rates,
    plan_of,
    random_factors,
    sigmoid,
)

USER, POSITIVE, NEGATIVE = 1, 2, 0  # the triple that most clauses use


def _objective(parameters: list[NDArray[np.float64]], rates: Rates) -> float:
    """−ln σ(x) + ½ Σ λ ‖θ‖² of one triple; the last entry of each item is its bias."""
    user, positive, negative = parameters
    x = user @ (positive[:-1] - negative[:-1]) + positive[-1] - negative[-1]
    squares = (
        rates["reg_user"] * user @ user
        + rates["reg_positive"] * positive @ positive
        + rates["reg_negative"] * negative @ negative
    )
    return float(np.logaddexp(0.0, -x) + 0.5 * squares)


def _parameters(factors: Factors) -> list[NDArray[np.float64]]:
    """The triple's user row, positive item and negative item, with the items' biases appended."""
    biases = factors.item_biases
    if biases is None:
        raise ValueError("these clauses use biases")
    items = [
        np.append(factors.item_factors[i], biases[i]).astype(np.float64)
        for i in (POSITIVE, NEGATIVE)
    ]
    return [factors.user_factors[USER].astype(np.float64), *items]


@clause("bpr_update")
def every_step_goes_downhill(rng: np.random.Generator) -> None:
    """Each of the five parameters of a triple moves so that −ln σ(x) falls."""
    factors = random_factors(rng, 3, 4, 6)
    before = _parameters(factors)
    user, positive, negative = before
    apart = positive[:-1] - negative[:-1]
    factors.update(plan_of([(USER, POSITIVE, NEGATIVE)]), {**FREE, "learning_rate": 0.1})
    moved = [after - row for after, row in zip(_parameters(factors), before, strict=True)]
    for name, step, uphill in (
        ("user's factors", moved[0], -apart),
        ("positive item's factors", moved[1][:-1], -user),
        ("negative item's factors", moved[2][:-1], user),
        ("positive item's bias", moved[1][-1:], np.array([-1.0])),
        ("negative item's bias", moved[2][-1:], np.array([1.0])),
    ):
        along = float(step @ uphill)
        require(along != 0.0, f"the {name} did not move along the gradient of −ln σ(x).")
        require(
            along < 0,
            f"the step of the {name} goes up the gradient: along it the loss rises. Check its "
            "sign.",
        )


@clause("bpr_update")
def a_triple_is_simultaneous(rng: np.random.Generator) -> None:
    """The items move by the user's vector as it was before the triple, not as just written."""
    factors = random_factors(rng, 3, 4, 8, scale=1.0)
    user, positive, negative = _parameters(factors)
    biases = factors.arrays()["item_biases"]  # with them, |x| < 1: a far larger x moves nothing
    biases[POSITIVE] = biases[NEGATIVE] - user @ (positive - negative)[:-1] + rng.uniform(-1, 1)
    user, positive, negative = _parameters(factors)
    g = sigmoid(-float(user @ (positive[:-1] - negative[:-1]) + positive[-1] - negative[-1]))
    factors.update(plan_of([(USER, POSITIVE, NEGATIVE)]), {**FREE, "learning_rate": 1.0})
    after_user, after_positive, after_negative = _parameters(factors)
    for item, moved in (
        ("positive", after_positive - positive),
        ("negative", negative - after_negative),
    ):
        require(
            not np.allclose(moved[:-1], g * after_user, atol=1e-5),
            f"the {item} item moves along the user's new row: its step reads the user's row after "
            "it was overwritten.",
        )
        what = f"how far the {item} item moved for learning_rate 1, which is g · p_u"
        require_close(moved[:-1], g * user, 1e-5, what)


@clause("bpr_update")
def a_hand_worked_step(rng: np.random.Generator) -> None:
    """Two factors, numbers that can be followed with a pencil."""
    factors = Factors(
        np.array([[1.0, 2.0]], dtype=np.float32),
        np.array([[0.5, 0.0], [0.0, 0.25]], dtype=np.float32),
        np.array([0.0, 0.0], dtype=np.float32),
    )
    # x = (1, 2) · ((0.5, 0) − (0, 0.25)) = 0, so g = 1/2 and the loss is ln 2.
    result = factors.update(plan_of([(0, 0, 1)]), {**FREE, "learning_rate": 0.5})
    require_close(factors.user_factors, [[1.125, 1.9375]], 1e-6, "the user after the step")
    require_close(
        factors.item_factors, [[0.75, 0.5], [-0.25, -0.25]], 1e-6, "the items after the step"
    )
    require_close(factors.arrays()["item_biases"], [0.25, -0.25], 1e-6, "the biases after the step")
    require_close(result.loss, np.log(2.0), 1e-6, "the loss, −ln σ(0)")
    require(result.n_correct == 0, "x = 0 counts as correct, but only x > 0 may.")


@clause("bpr_update")
def step_follows_the_gradient(rng: np.random.Generator) -> None:
    """The step equals −learning_rate · ∂objective/∂θ, by central differences in float64."""
    names = ("user's factors", "positive item's factors and bias", "negative item's ones")
    for n_factors in (1, 5, 16, 37):
        factors = random_factors(rng, 3, 4, n_factors)
        before = _parameters(factors)
        factors.update(plan_of([(USER, POSITIVE, NEGATIVE)]))
        for which, (name, after) in enumerate(zip(names, _parameters(factors), strict=True)):
            step = (after - before[which]) / RATES["learning_rate"]
            expected = np.empty_like(step)
            for f in range(len(step)):
                shifted = [[row.copy() for row in before] for _ in range(2)]
                shifted[0][which][f] += 1e-5
                shifted[1][which][f] -= 1e-5
                up, down = (_objective(rows, RATES) for rows in shifted)
                expected[f] = -(up - down) / 2e-5
            require_close(step, expected, 2e-4, f"step / learning_rate of the {name}")


@clause("bpr_update")
def regularisers_shrink_their_own_rows(rng: np.random.Generator) -> None:
    """A step is decay alone where the ranking is certain: each row by its own regulariser."""
    factors = random_factors(rng, 3, 4, 6, scale=1.0)
    biases = factors.arrays()["item_biases"]
    biases[POSITIVE], biases[NEGATIVE] = 60.0, -60.0  # x is far above 0, so g vanishes
    before = _parameters(factors)
    factors.update(plan_of([(USER, POSITIVE, NEGATIVE)]))
    for name, reg, old, new in zip(
        ("reg_user", "reg_positive", "reg_negative"),
        (RATES["reg_user"], RATES["reg_positive"], RATES["reg_negative"]),
        before,
        _parameters(factors),
        strict=True,
    ):
        require_close(
            new,
            old * (1.0 - RATES["learning_rate"] * reg),
            1e-5,
            f"θ after a step of decay alone, which should be θ (1 − learning_rate · {name})",
        )


@clause("bpr_update")
def biases_can_be_left_out(rng: np.random.Generator) -> None:
    """None means no biases: the same step as with biases that are all zero."""
    with_zeros = random_factors(rng, 3, 4, 6)
    with_zeros.arrays()["item_biases"][:] = 0.0
    without = Factors(with_zeros.user_factors.copy(), with_zeros.item_factors.copy(), None)
    expected = with_zeros.update(plan_of([(USER, POSITIVE, NEGATIVE)]))
    result = without.update(plan_of([(USER, POSITIVE, NEGATIVE)]))
    for name, array in without.arrays().items():
        require_close(array, with_zeros.arrays()[name], 1e-7, f"{name} without biases")
    require_close(result.loss, expected.loss, 1e-6, "the loss without biases")


@clause("bpr_update")
def loss_and_counts_are_measured_before_each_step(rng: np.random.Generator) -> None:
    """The sum of −ln σ(x), how many x > 0, how many applied: at the factors before the step."""
    factors = random_factors(rng, 40, 80, 12)
    triples = [(u, 2 * u, 2 * u + 1) for u in range(40)]  # disjoint: order does not matter
    u, i, j = np.array(triples).T
    users, items = factors.user_factors.astype(np.float64), factors.item_factors.astype(np.float64)
    biases = factors.arrays()["item_biases"].astype(np.float64)
    x = (users[u] * (items[i] - items[j])).sum(axis=1) + biases[i] - biases[j]
    result = factors.update(plan_of(triples))
    require_close(result.loss, np.logaddexp(0.0, -x).sum(), 1e-4, "the loss, Σ −ln σ(x)")
    require(
        result.n_correct == int((x > 0).sum()),
        f"n_correct is {result.n_correct}, but {int((x > 0).sum())} triples have x > 0.",
    )
    require(result.n_updated == 40, f"n_updated is {result.n_updated} after 40 triples.")


@clause("bpr_update")
def skipped_triples_do_nothing(rng: np.random.Generator) -> None:
    """A negative of −1 changes no row (not the last one, either) and is not counted."""
    factors = random_factors(rng, 3, 4, 6)
    expected = factors.copy()
    wanted = expected.update(plan_of([(USER, POSITIVE, NEGATIVE)]))
    result = factors.update(plan_of([(0, 1, -1), (USER, POSITIVE, NEGATIVE), (2, 0, -1)]))
    require(
        result.n_updated == 1, f"n_updated is {result.n_updated}; two of three triples are skipped."
    )
    require_close(result.loss, wanted.loss, 1e-6, "the loss with two of three triples skipped")
    for name, array in factors.arrays().items():
        require_identical(array, expected.arrays()[name], f"{name} with two of three skipped")


@clause("bpr_update")
def untouched_rows_stay(rng: np.random.Generator) -> None:
    """Rows that no triple names keep their bytes."""
    factors = random_factors(rng, 6, 9, 7)
    before = factors.copy()
    factors.update(plan_of([(1, 2, 5), (4, 5, 7)]))
    for name, rows in (
        ("user_factors", [0, 2, 3, 5]),
        ("item_factors", [0, 1, 3, 4, 6, 8]),
        ("item_biases", [0, 1, 3, 4, 6, 8]),
    ):
        require_identical(
            factors.arrays()[name][rows],
            before.arrays()[name][rows],
            f"rows {rows} of {name}, which no triple names",
        )


@clause("bpr_update")
def extreme_scores_stay_finite(rng: np.random.Generator) -> None:
    """e^x overflows beyond 88 in float32 and 709 in float64; the step and the loss must not."""
    for x in (-1e6, -800.0, -100.0, 100.0, 800.0, 1e6):
        factors = Factors(
            np.array([[1.0]], dtype=np.float32),
            np.array([[x], [0.0]], dtype=np.float32),
            np.zeros(2, dtype=np.float32),
        )
        result = factors.update(plan_of([(0, 0, 1)]), FREE)
        g = 1.0 if x < 0 else 0.0
        for name, array in factors.arrays().items():
            require(bool(np.isfinite(array).all()), f"{name} is not finite after x = {x:g}.")
        require_close(
            factors.user_factors, [[1.0 + 0.1 * g * x]], 1e-6 * abs(x), f"the user after x = {x:g}"
        )
        require_close(result.loss, max(0.0, -x), 1e-6 * abs(x), f"the loss −ln σ(x) of x = {x:g}")


@clause("bpr_update")
def zero_factors_stay_zero(rng: np.random.Generator) -> None:
    """Factors of zero have no gradient; only the biases move."""
    factors = Factors(
        np.zeros((2, 9), np.float32), np.zeros((3, 9), np.float32), np.zeros(3, np.float32)
    )
    factors.update(plan_of([(0, 1, 2), (1, 2, 0)]), {**RATES, "learning_rate": 0.5})
    for name in ("user_factors", "item_factors"):
        require_close(factors.arrays()[name], np.zeros_like(factors.arrays()[name]), 0.0, name)
    require(
        float(factors.arrays()["item_biases"][1]) > 0,
        "the bias of a positive item does not rise from zero.",
    )
