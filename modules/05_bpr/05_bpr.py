# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 05. BPR: learning to rank
#
# **The question of this lesson: can my BPR rank?** You will write **BPR** (Bayesian Personalized Ranking)
# by hand: the objective, its gradient, the sampling, and the loop that trains it. At the end your functions
# are a backend: the library's own BPR model will run on your code.
#
# About three hours. You need NumPy, and from lesson 04 the idea that a user and an item are vectors
# whose product is a score. If a cell gets stuck, the square button stops it. Words that are new stand in
# bold, and the [glossary](glossary.md) explains them.
#
# | part | you write | points |
# | --- | --- | --- |
# | 1 | `sigmoid`, `softplus` | 3 |
# | 2 | `triple_loss` | 2 |
# | 3 | `triple_gradient` | 4 |
# | 4 | `draw_negative` | 3 |
# | 5 | `plan_epoch` | 4 |
# | 6 | `bpr_update` | 6 |
# | | three questions in words | 9 |

# %% [markdown]
# ## Why
#
# In lesson 04, ALS minimised a squared error: it wants 1 for what a user has, and 0 for everything
# else. But nobody is shown the numbers. A user sees ten titles in an order, and only one thing matters: are
# the titles that they like *above* those that they do not like?
#
# So ask for that directly. We never see "user $u$ dislikes item $j$"; we only see what $u$ has. So BPR
# makes one assumption: *an item that a user has should score above an item that they do not have.* Every
# pair of two such items is something to learn from.
#
# The method is by Rendle, Freudenthaler, Gantner and Schmidt-Thieme (*BPR: Bayesian Personalized
# Ranking from Implicit Feedback*, UAI 2009; below, "the paper"). It is called *Bayesian* because the
# objective of part 2 is, up to its sign, the logarithm of a posterior probability: the probability of the
# observed preferences, times a normal *prior* on the vectors. The prior becomes the regulariser.

# %% [markdown]
# These are the imports of everything that you will export, for the loss and for the plan. Run both cells and go on.

# %% nbgrader={"grade": false, "grade_id": "bpr_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export", "op"]
import math

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import SKIPPED, EpochPlan
from recsys_backends.protocol import UpdateResult

# %% nbgrader={"grade": false, "grade_id": "plan_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
import itertools

from recsys_backends.plan import (
    DRAWS_PER_TRIPLE,
    MAX_REJECTIONS,
    NEGATIVES,
    ORDER,
    UNIFORM,
    Sampler,
    UniformSampler,
)
from recsys_backends.random import bounded, permutation, stream

# %% [markdown]
# And these only look at things; they stay in the notebook.

# %%
import time
from types import SimpleNamespace

import matplotlib.pyplot as plt

from recsys_backends import BackendUnavailableError, ops, set_backend
from recsys_edu import BPR, Interactions, MostPopular, TwoTower, evaluate, load_dataset, load_split
from recsys_edu import use_backend
from recsys_edu.datasets import load_titles
from recsys_edu.errors import DatasetNotFoundError, MissingDependencyError
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import random_split

# %% [markdown]
# ## 1. From a difference of scores to a probability
#
# Let $x_{ui} = p_u \cdot q_i + b_i$ be the score of item $i$ for user $u$: a product of two vectors,
# and the item's **bias**, one number for what everybody thinks of it. For an item $i$ that the user has and an item $j$ that they do not have, only the
# difference counts:
#
# $$x_{uij} = x_{ui} - x_{uj}.$$
#
# BPR reads it as a probability: *the model believes that $u$ prefers $i$ to $j$ with probability*
#
# $$\sigma(x_{uij}), \qquad \sigma(x) = \frac{1}{1 + e^{-x}}.$$
#
# ($\sigma$ is called the **sigmoid**.) Training makes the observed preferences likely, that is, it minimises
# $-\ln \sigma(x_{uij})$. With $x \to -\infty$ this grows like $-x$; with $x \to \infty$ it goes to 0. It has a
# name of its own, **softplus**:
#
# $$-\ln \sigma(x) = \ln(1 + e^{-x}) = \mathrm{softplus}(-x).$$
#
# **A trap.** `math.exp(1000)` raises `OverflowError`. No good model has a difference of 1000, but a training
# run that diverges gets there, and then you want to see a large loss, not a crash. Write both functions so
# that they never take the exponential of a large positive number.


# %% nbgrader={"grade": false, "grade_id": "sigmoid", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def sigmoid(x: float) -> float:
    """σ(x) = 1 / (1 + e^−x), without overflow at either end.

    Example: sigmoid(0.0) is 0.5; sigmoid(-1000.0) is 0.0 and no error.
    Hint: for x < 0, multiply numerator and denominator by e^x.
    """
    ### BEGIN SOLUTION
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))
    ### END SOLUTION


def softplus(x: float) -> float:
    """ln(1 + e^x) without overflow; −ln σ(x) is softplus(−x).

    Example: softplus(0.0) is ln 2; softplus(1000.0) is 1000.0.
    Hint: it is max(x, 0) + ln(1 + e^−|x|), and math.log1p(y) is ln(1 + y), exact for small y.
    """
    ### BEGIN SOLUTION
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_sigmoid", "locked": true, "points": 3, "schema_version": 3, "solution": false}
assert sigmoid(0.0) == 0.5, f"σ(0) is 1/2: no preference either way. Yours says {sigmoid(0.0)}."
assert abs(sigmoid(2.0) + sigmoid(-2.0) - 1) < 1e-12, (
    "σ(x) + σ(−x) must be 1: u prefers i to j, or else j to i."
)
assert sigmoid(2.0) > 0.5, (
    "σ falls where it should rise: a larger difference is a surer preference."
)
for function in (sigmoid, softplus):
    for x in (-1000.0, 1000.0):
        try:
            function(x)
        except OverflowError:
            raise AssertionError(
                f"{function.__name__}({x:g}) takes the exponential of a large positive number, which overflows: "
                "that is the trap. The hint in its docstring has a form that does not."
            ) from None
for x in (-1000.0, 1000.0):
    assert sigmoid(x) == (x > 0), f"σ({x:g}) should be {int(x > 0)}, yours is {sigmoid(x)}."
    assert softplus(x) == max(x, 0.0), (
        f"softplus({x:g}) should be {max(x, 0.0):g}, yours is {softplus(x)}."
    )
for x in (-30.0, -1.5, 0.0, 0.3, 5.0):
    assert abs(softplus(-x) + math.log(sigmoid(x))) < 1e-9, (
        f"softplus(−x) should equal −ln σ(x), but at x = {x} they are {softplus(-x):.6f} and "
        f"{-math.log(sigmoid(x)):.6f}."
    )
assert softplus(-40.0) > 0, (
    "softplus(−40) is e^−40, tiny but not 0: math.log(1 + y) loses it, math.log1p(y) does not."
)
print("Part 1 works: scores have become probabilities.")

# %% [markdown]
# ## 2. The objective
#
# A user, an item that they have (the **positive** item) and one that they do not have (the **negative**
# item) form a **triple** $(u, i, j)$. For one triple, the quantity to be minimised, the **objective**, is
#
# $$L = -\ln \sigma\bigl(p_u \cdot (q_i - q_j)\bigr) + \frac{\lambda}{2}\bigl(\|p_u\|^2 + \|q_i\|^2 + \|q_j\|^2\bigr).$$
#
# The second term is the regulariser. Without it, the easiest way to lower the loss of a pair that is in
# order already is to make all vectors longer and longer. (The biases come back in part 6; they behave like
# one more coordinate.)


# %% nbgrader={"grade": false, "grade_id": "triple_loss", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def triple_loss(
    user: NDArray[np.float64],
    positive: NDArray[np.float64],
    negative: NDArray[np.float64],
    reg: float,
) -> float:
    """L for one triple: −ln σ(p · (q_i − q_j)) + λ/2 (‖p‖² + ‖q_i‖² + ‖q_j‖²).

    Args:
        user, positive, negative: the vectors p_u, q_i and q_j, shape (d,).
        reg: λ.

    Example: three vectors of zeros give ln 2 = 0.693…
    """
    ### BEGIN SOLUTION
    x = float(user @ (positive - negative))
    squares = float(user @ user + positive @ positive + negative @ negative)
    return softplus(-x) + 0.5 * reg * squares
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_triple_loss", "locked": true, "points": 2, "schema_version": 3, "solution": false}
nothing = np.zeros(3)
assert abs(triple_loss(nothing, nothing, nothing, 0.1) - math.log(2)) < 1e-12, (
    "A model that knows nothing has x = 0, so σ = 1/2 and a loss of ln 2 = 0.693."
)
p, q_i, q_j = np.array([1.0, 2.0]), np.array([3.0, 0.0]), np.array([0.0, 1.0])
in_order, out_of_order = triple_loss(p, q_i, q_j, 0.0), triple_loss(p, q_j, q_i, 0.0)
assert in_order < out_of_order, (
    "Here the positive item scores 3 and the negative one 2, and the loss is larger than with the two "
    "exchanged: is the difference the wrong way round?"
)
assert abs(in_order - math.log1p(math.exp(-1.0))) < 1e-12, (
    f"x = 3 − 2 = 1, so −ln σ(1) = 0.3133; yours is {in_order:.4f}."
)
shrunk = triple_loss(p, q_i, q_j, 0.2) - in_order
assert abs(shrunk - 0.1 * (5 + 9 + 1)) < 1e-12, (
    f"The regulariser should be λ/2 (‖p‖² + ‖q_i‖² + ‖q_j‖²) = 0.1 · 15 = 1.5; yours is {shrunk:.4f}."
)
print("Part 2 works: there is something to minimise.")

# %% [markdown]
# ## 3. The gradient, by hand
#
# **Stochastic gradient descent** takes one triple after another, and makes a small step that lowers its
# loss. For that it needs the **gradient**: the derivative of $L$ for each of the three vectors. One fact does
# most of the work:
#
# $$\frac{d}{dx}\bigl(-\ln\sigma(x)\bigr) = -\sigma(-x).$$
#
# (Try it: $\ln(1 + e^{-x})$, chain rule, simplify.) Call $g = \sigma(-x_{uij})$. It is near 1 when the
# pair is badly out of order, and near 0 when there is nothing left to learn. Since
# $x_{uij} = p_u \cdot (q_i - q_j)$, the chain rule gives
#
# $$\frac{\partial L}{\partial p_u} = -g\,(q_i - q_j) + \lambda p_u, \qquad
# \frac{\partial L}{\partial q_i} = -g\,p_u + \lambda q_i, \qquad
# \frac{\partial L}{\partial q_j} = +g\,p_u + \lambda q_j.$$
#
# Look at the signs. A step goes down, *against* the gradient: the positive item moves *towards* the user,
# and the negative item *away* from the user.


# %% nbgrader={"grade": false, "grade_id": "triple_gradient", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def triple_gradient(
    user: NDArray[np.float64],
    positive: NDArray[np.float64],
    negative: NDArray[np.float64],
    reg: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The derivatives of ``triple_loss`` for p_u, q_i and q_j, in this order; each of shape (d,).

    Approach: x, then g = σ(−x), then the three lines above.
    """
    ### BEGIN SOLUTION
    x = float(user @ (positive - negative))
    g = sigmoid(-x)
    return (
        -g * (positive - negative) + reg * user,
        -g * user + reg * positive,
        g * user + reg * negative,
    )
    ### END SOLUTION


# %% [markdown]
# **Never trust a gradient that you have not checked.** The derivative is a limit, so a small difference
# comes close to it: change one number by $\pm\varepsilon$, and see how much $L$ changes. These **finite
# differences** are too slow for training ($2d$ losses for each vector), and perfect for a test.


# %%
def numerical_gradient(function, vector, epsilon=1e-6):
    """∂function/∂vector by central differences; ``function`` takes no arguments, and reads ``vector``."""
    gradient = np.empty_like(vector)
    for f in range(len(vector)):
        kept = vector[f]
        vector[f] = kept + epsilon
        up = function()
        vector[f] = kept - epsilon
        down = function()
        vector[f] = kept
        gradient[f] = (up - down) / (2 * epsilon)
    return gradient


# %% nbgrader={"grade": true, "grade_id": "test_triple_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false}


def loss_of_part_2(user, positive, negative, reg):
    """Written here once more, so that a mistake in yours does not hide one in the gradient."""
    squares = user @ user + positive @ positive + negative @ negative
    return np.logaddexp(0.0, -(user @ (positive - negative))) + 0.5 * reg * squares


generator = np.random.default_rng(5)
vectors = [generator.normal(size=4) for _ in range(3)]
for reg in (0.0, 0.3):
    yours = triple_gradient(*vectors, reg)
    assert len(yours) == 3, (
        "Return three gradients: for the user, the positive and the negative item."
    )
    for name, vector, gradient in zip(("user", "positive item", "negative item"), vectors, yours):
        by_differences = numerical_gradient(lambda: loss_of_part_2(*vectors, reg), vector)
        if np.allclose(gradient, -by_differences, atol=1e-5):
            raise AssertionError(
                f"Your gradient for the {name} has the wrong sign: a step along it raises the loss."
            )
        x = float(vectors[0] @ (vectors[1] - vectors[2]))
        if reg == 0 and np.allclose(gradient, by_differences * math.exp(x), atol=1e-5):
            raise AssertionError(
                f"Your gradient for the {name} has the right direction and the wrong length: it is made with σ(x), "
                "and g is σ(−x)."
            )
        what = "" if reg == 0 else " (with λ = 0.3: is λ times the vector added?)"
        assert np.allclose(gradient, by_differences, atol=1e-5), (
            f"Your gradient for the {name} is {np.round(gradient, 4)}, but changing that vector a little "
            f"changes the loss as {np.round(by_differences, 4)} says{what}."
        )
print("Part 3 works: your gradient agrees with finite differences.")

# %% [markdown]
# ## 4. What the user does not have
#
# For each observed pair $(u, i)$ we need an item $j$ that $u$ does not have. A table of all such items
# for all users would be as large as the whole matrix, so we *guess*: draw any item, and draw again
# while the user has it. Most users have a few items of thousands, so the first guess is nearly always
# good. This is called **rejection sampling**.
#
# For a user who has 99 of 100 items we would need a hundred guesses on average. For a user who has all
# 100, the guessing would never end. So make at most `MAX_REJECTIONS` guesses (15). Then list the items that
# are left, and pick one of them. If nothing is left, return `SKIPPED` (that is −1): this triple has nothing
# to teach.
#
# **Where the random numbers come from.** `np.random` hands out numbers in sequence: the number that you get
# depends on how many were drawn before. Our random numbers have *addresses*. Draw number `n` of a **stream**
# is always the same, whoever asks for it, and in any order. It is computed from the **key** of the stream and from
# `n` by a few multiplications and shifts. That takes a little longer than the next number of a sequence.
#
# - `bounded(key, n, bound)`: draw number `n` of the stream `key`, as a whole number from 0 to
#   `bound − 1`.
# - Triple number `t` owns 16 draws, from `t * DRAWS_PER_TRIPLE` on: the first 15 for guesses, and the last
#   one for the pick from the list.

# %%
[bounded(2024, n, 100) for n in range(5)], bounded(2024, 3, 100)  # the fourth, asked for directly


# %% nbgrader={"grade": false, "grade_id": "draw_negative", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def draw_negative(seen: set[int], n_items: int, key: int, triple: int) -> int:
    """One of the items 0 … n_items − 1 that is not in ``seen``; −1 where there is none.

    Args:
        seen: the items that the user has.
        n_items: how many items there are.
        key: the stream of random numbers.
        triple: the number of the triple that the negative is for.

    Approach: guesses are ``bounded(key, first + attempt, n_items)`` for attempt = 0, 1, … The pick
    is the place ``bounded(key, first + MAX_REJECTIONS, len(left))`` in ``left``, the ascending list
    of what is left.
    """
    first = int(triple) * DRAWS_PER_TRIPLE
    ### BEGIN SOLUTION
    for attempt in range(MAX_REJECTIONS):
        item = bounded(key, first + attempt, n_items)
        if item not in seen:
            return item
    unseen = [item for item in range(n_items) if item not in seen]
    if not unseen:
        return SKIPPED
    return unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_draw_negative", "locked": true, "points": 3, "schema_version": 3, "solution": false}
drawn = [draw_negative({0, 1, 2}, 10, 7, triple) for triple in range(2000)]
assert all(isinstance(item, int) for item in drawn), "Return an int for every triple."
assert not {0, 1, 2} & set(drawn), "An item that the user has was drawn as a negative."
assert set(drawn) == set(range(3, 10)), (
    f"Items 3 to 9 are all possible, but in 2,000 draws only {sorted(set(drawn))} occurred."
)
assert [draw_negative(set(), 10, 7, t) for t in (0, 1, 2)] == [
    bounded(7, t * DRAWS_PER_TRIPLE, 10) for t in (0, 1, 2)
], "The first guess for triple t is draw number t * DRAWS_PER_TRIPLE of the stream."
try:
    nothing_left = draw_negative(set(range(10)), 10, 7, 0)
except (IndexError, ValueError, ZeroDivisionError) as error:
    raise AssertionError(
        f"A user who has all items stops your function ({error}): there is nothing to pick from, so answer "
        "SKIPPED before you pick."
    ) from None
assert nothing_left == SKIPPED, "A user who has all items gets no negative: answer SKIPPED."
rare = [draw_negative(set(range(1000)) - {3, 997}, 1000, 7, triple) for triple in range(400)]
assert set(rare) == {3, 997}, (
    f"With two items left of 1,000, the draws were {sorted(set(rare))} instead of 3 and 997: pick from "
    "what is left once the guesses have failed."
)
left = [item for item in range(1000) if item not in (3, 997)]
exact = draw_negative(set(left), 1000, 7, 5)
assert exact == (3, 997)[bounded(7, 5 * DRAWS_PER_TRIPLE + MAX_REJECTIONS, 2)], (
    "Once the guesses have failed, the pick is made by draw first + MAX_REJECTIONS, not by another one."
)
for t in range(3000):
    guesses = [bounded(7, t * DRAWS_PER_TRIPLE + n, 8) for n in range(MAX_REJECTIONS)]
    if max(guesses) < 6:  # all 15 are items that this user has: 0 to 5 of 8
        pick = (6, 7)[bounded(7, t * DRAWS_PER_TRIPLE + MAX_REJECTIONS, 2)]
        assert draw_negative(set(range(6)), 8, 7, t) == pick, (
            "After 15 guesses in vain you do not pick from the list that is left: make MAX_REJECTIONS guesses, and "
            "not one more. The draw after them is the pick's."
        )
assert 140 < rare.count(3) < 260, (
    f"Both items that are left should come up equally often, but 3 was drawn {rare.count(3)} times of "
    "400."
)
print("Part 4 works: a negative is never something that the user has.")

# %% [markdown]
# ## 5. The plan of an epoch
#
# An epoch goes once over all observed pairs. We write down beforehand what it will do: a **plan** has
# three columns of integers, (user, positive, negative), and each row is a triple. There is a reason to
# separate planning from learning. Integers can be compared exactly. If your code, a Cython kernel and
# PyTorch get the same plan, we know that all three were asked to do the same thing.
#
# The pairs come as CSR, as in lesson 01: the items of user `u` are
# `indices[indptr[u] : indptr[u + 1]]`.
#
# The triples are in a random order of *all* pairs, and each epoch has a new one. (Why not simply go user by
# user? Part 7 tries it.) Each purpose has a stream of its own: `stream(seed, epoch, purpose, tile)` is its
# key.
#
# - `permutation(stream(seed, epoch, ORDER, 0), n)` is a random order of 0 … n − 1; position `t` of the
#   plan takes the pair number `order[t]` of the CSR;
# - `stream(seed, epoch, NEGATIVES, 0)` is the key for `draw_negative`, and `t`, the place in the plan, is
#   the triple's number.
#
# Both lines are given in the cell below, so that you can think about the plan and not about addresses.
#
# The 0 is the number of the **tile**. Here an epoch is a single tile; lesson 09 cuts it into many, so
# that threads can share the work. Until then the given lines refuse every other `n_blocks`.


# %% nbgrader={"grade": false, "grade_id": "plan_epoch", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def plan_epoch(
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
    """Every observed pair once, in random order, each with a negative.

    Args:
        indptr, indices: the observed pairs as CSR.
        n_items: how many items there are.
        seed, epoch: which random numbers; other epochs are other orders and negatives.
        n_blocks, sampler: 1 and uniform, until lesson 09.
        n_threads: has no effect here.

    Approach: a set of items for each user; a user for each entry of ``indices`` (np.repeat); both in
    the order that is given; a negative for each place, drawn with ``key``. ``array.astype(np.int32)`` makes a column int32.

    Returns:
        EpochPlan(users, positives, negatives, bounds), with int32 columns of one entry a pair, and
        bounds = [0, number of pairs] as int64: one tile, from the first triple to the last.
    """
    if n_blocks != 1 or not isinstance(sampler, UniformSampler):
        raise NotImplementedError("several blocks, or negatives that are not uniform")
    order = permutation(stream(seed, epoch, ORDER, 0), len(indices))
    key = stream(seed, epoch, NEGATIVES, 0)
    ### BEGIN SOLUTION
    seen = [set(indices[a:b].tolist()) for a, b in itertools.pairwise(indptr)]
    users = np.repeat(np.arange(len(seen), dtype=np.int32), np.diff(indptr))
    negatives = [
        draw_negative(seen[user], n_items, key, triple)
        for triple, user in enumerate(users[order].tolist())
    ]
    return EpochPlan(
        users=users[order],
        positives=indices[order],
        negatives=np.array(negatives, dtype=np.int32),
        bounds=np.array([0, len(users)], dtype=np.int64),
    )
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_plan_epoch", "locked": true, "points": 4, "schema_version": 3, "solution": false}
# Three users: 0 has the items 1 and 3, 1 has nothing, 2 has all five items.
indptr, indices = np.array([0, 2, 2, 7]), np.array([1, 3, 0, 1, 2, 3, 4], dtype=np.int32)
plan = plan_epoch(indptr, indices, 5, seed=1, epoch=0)
pairs = list(zip(plan.users.tolist(), plan.positives.tolist()))
observed = [(0, 1), (0, 3)] + [(2, item) for item in range(5)]
assert sorted(pairs) == observed or [sorted(column) for column in zip(*pairs)] != [
    sorted(column) for column in zip(*observed)
], "All users and all positives are there, but not side by side: take both by the same order."
assert sorted(pairs) == observed, (
    f"The plan should hold each observed pair once, {observed}; yours holds {sorted(pairs)}."
)
for column in ("users", "positives", "negatives"):
    dtype = getattr(plan, column).dtype
    assert dtype == np.int32, f"The column {column} should be int32, not {dtype}."
for user, negative in zip(plan.users.tolist(), plan.negatives.tolist()):
    assert user == 0 or negative == SKIPPED, (
        f"User 2 has every item, but got the negative {negative}. Their triples are skipped. Does each place of the "
        "plan get a negative for the user of that place, in the new order?"
    )
    assert user == 2 or negative in (0, 2, 4), (
        f"User 0 has 1 and 3, but got the negative {negative}. Does each place of the plan get a negative for the "
        "user of that place, in the new order?"
    )
assert isinstance(plan.bounds, np.ndarray) and plan.bounds.tolist() == [0, 7], (
    f"bounds should be an array of int64, [0, 7]; yours is {plan.bounds!r}."
)

interactions = make_synthetic(60, 80, 1500, seed=5)
plans = [
    plan_epoch(interactions.indptr, interactions.indices, 80, seed=1, epoch=e) for e in (0, 0, 1)
]
assert np.array_equal(plans[0].users, plans[1].users) and np.array_equal(
    plans[0].negatives, plans[1].negatives
), "The same seed and epoch should give the same plan, every time."
assert not np.array_equal(plans[0].users, plans[2].users), "Epoch 1 has the same order as epoch 0."
assert not np.array_equal(plans[0].negatives, plans[2].negatives), (
    "Epoch 1 has epoch 0's negatives."
)
in_a_row = np.mean(plans[0].users[1:] == plans[0].users[:-1])
assert in_a_row < 0.2, (
    f"{in_a_row:.0%} of the triples follow one of the same user: that is an order user by user. Shuffle "
    "all pairs, not the users."
)
with use_backend("naive"):  # everybody else's plans
    csr = interactions.indptr, interactions.indices, 80
    expected = [ops.plan_epoch(*csr, seed=1, epoch=epoch, n_blocks=1) for epoch in (0, 0, 1)]
for yours, theirs in zip(plans, expected):
    assert np.array_equal(yours.users, theirs.users), (
        "The order differs from everybody else's. Position t of the plan takes the pair order[t], with "
        "order = permutation(stream(seed, epoch, ORDER, 0), n)."
    )
    assert np.array_equal(yours.positives, theirs.positives), (
        "The users are in the right order, but the positives are not: take both by the same order."
    )
    assert np.array_equal(yours.negatives, theirs.negatives), (
        "The order is right, but the negatives differ: the key is stream(seed, epoch, NEGATIVES, 0), and "
        "`triple` is the place in the plan."
    )
print("Part 5 works: your plan is everybody's plan, integer for integer.")

# %% [markdown]
# ## 6. The inner loop
#
# Now learn. For each triple of the plan, in order, take one step against the gradient. How long the step is
# depends on the **learning rate** $\eta$:
#
# $$\theta \leftarrow \theta - \eta \frac{\partial L}{\partial \theta}.$$
#
# Here $\theta$ stands for whatever is learned: a vector, or a bias. A bias is one number more at the end of the
# item's vector, and the user's number at that place is always 1. So with $g = \sigma(-x_{uij})$:
#
# $$\begin{aligned}
# x_{uij} &= p_u \cdot (q_i - q_j) + b_i - b_j \\
# p_u &\leftarrow p_u + \eta\,\bigl(g\,(q_i - q_j) - \lambda_u p_u\bigr) \\
# q_i &\leftarrow q_i + \eta\,\bigl(g\,p_u - \lambda_i q_i\bigr), \qquad b_i \leftarrow b_i + \eta\,(g - \lambda_i b_i) \\
# q_j &\leftarrow q_j + \eta\,\bigl(-g\,p_u - \lambda_j q_j\bigr), \qquad b_j \leftarrow b_j + \eta\,(-g - \lambda_j b_j)
# \end{aligned}$$
#
# $\lambda_u$, $\lambda_i$ and $\lambda_j$ are `reg_user`, `reg_positive` and `reg_negative`.
#
# **The classic bug.** All right-hand sides use the values from *before* the triple. But
# `user = user_factors[u]` is not a copy: it is a **view** of the same memory. If you write to
# `user_factors[u]` first, then `user` has changed when you use it for the items. Nothing crashes, and the
# loss falls all the same. But no step is quite along the gradient any more. So copy all three rows first:
# `user_factors[u].copy()`.
#
# **Two details.** Where `item_biases` is `None`, both $b$ terms are left out. And let `x` be a Python float,
# `x = float(...)`: NumPy's float32 has seven digits, and a `loss` summed in it loses the last ones.
#
# The loop also measures three things, each *before* the step: the sum of $-\ln\sigma(x)$ (without the
# regulariser), how many triples had $x > 0$, and how many were not skipped.


# %% nbgrader={"grade": false, "grade_id": "bpr_update", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def bpr_update(
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
    """One pass over the plan, in place: a step of −ln σ(x_ui − x_uj) + ½ Σ λ ‖θ‖² for each triple.

    Args:
        user_factors, item_factors: float32, shapes (n_users, d) and (n_items, d); overwritten.
        item_biases: float32, shape (n_items,); overwritten. None for a model without biases.
        plan: the triples, in the order in which they are to be applied.
        learning_rate, reg_user, reg_positive, reg_negative: η and the three λ.
        n_threads: has no effect here.

    Approach: copy the three rows, x as a float, g = σ(−x), the updates, then what is measured.

    Returns:
        UpdateResult(loss, n_correct, n_updated).
    """
    loss, n_correct, n_updated = 0.0, 0, 0
    triples = zip(
        plan.users.tolist(), plan.positives.tolist(), plan.negatives.tolist(), strict=True
    )
    for u, i, j in triples:
        if j == SKIPPED:
            continue
        ### BEGIN SOLUTION
        # Copies: the rows as they were before this triple, whatever is written below.
        user = user_factors[u].copy()
        positive = item_factors[i].copy()
        negative = item_factors[j].copy()
        x = float(user @ (positive - negative))
        if item_biases is not None:
            x += float(item_biases[i]) - float(item_biases[j])
        g = sigmoid(-x)
        user_factors[u] += learning_rate * (g * (positive - negative) - reg_user * user)
        item_factors[i] += learning_rate * (g * user - reg_positive * positive)
        item_factors[j] += learning_rate * (-g * user - reg_negative * negative)
        if item_biases is not None:
            item_biases[i] += learning_rate * (g - reg_positive * float(item_biases[i]))
            item_biases[j] += learning_rate * (-g - reg_negative * float(item_biases[j]))
        loss += softplus(-x)
        n_correct += x > 0
        n_updated += 1
        ### END SOLUTION
    return UpdateResult(loss, n_correct, n_updated)


# %% nbgrader={"grade": true, "grade_id": "test_bpr_update", "locked": true, "points": 6, "schema_version": 3, "solution": false}
def one_step(user, items, biases, triple=(0, 0, 1), **settings):
    """Apply one triple to copies, and return what has become of them."""
    arrays = [np.array(a, dtype=np.float32) for a in (user, items, biases)]
    columns = [np.array([number], dtype=np.int32) for number in triple]
    rates = {
        "learning_rate": 0.5,
        "reg_user": 0.0,
        "reg_positive": 0.0,
        "reg_negative": 0.0,
        **settings,
    }
    result = bpr_update(*arrays, EpochPlan(*columns, np.array([0, 1])), **rates)
    return *arrays, result


# x = (1, 2) · ((0.5, 0) − (0, 0.25)) = 0, so g = 1/2. Follow it with a pencil.
user, items, biases, result = one_step([[1, 2]], [[0.5, 0], [0, 0.25]], [0, 0])
assert not np.array_equal(user, [[1, 2]]), (
    "The user's row has not changed: update the arrays in place."
)
if np.allclose(user, [[1.25, 2.1875]]):
    raise AssertionError(
        "The user was moved along the items' NEW vectors: copy all three rows before you write any."
    )
assert np.allclose(user, [[1.125, 1.9375]]), (
    f"After the step the user should be (1.125, 1.9375), yours is {user[0]}: p + η g (q_i − q_j)."
)
if np.allclose(items[0], [0.78125, 0.484375]):
    raise AssertionError(
        "The positive item was moved along the user's NEW vector: `user_factors[u]` is a view, so reading "
        "it after writing it gives the new values. Copy the row first."
    )
if np.allclose(items[1], [0.25, 0.75]):
    raise AssertionError("Your step for the negative item has the wrong sign: it raises the loss.")
assert np.allclose(items, [[0.75, 0.5], [-0.25, -0.25]]), (
    f"The items should be (0.75, 0.5) and (−0.25, −0.25), yours are {items[0]} and {items[1]}."
)
assert np.allclose(biases, [0.25, -0.25]), (
    f"The biases should be 0.25 and −0.25, yours are {biases}."
)
assert result is None or abs(result.loss - 0.5) > 1e-6, (
    "x = 0, and your loss is 0.5, which is σ(0): the loss of a triple is −ln σ(x), softplus(−x)."
)
assert result is not None and abs(result.loss - math.log(2)) < 1e-6, (
    f"x = 0 before the step, so the loss is ln 2 = 0.693, not {result.loss:.4f}: measure before you step."
)
assert (result.n_correct, result.n_updated) == (0, 1), (
    "x = 0 is not correct (only x > 0 is), and one triple was updated: expected 0 and 1, got "
    f"{result.n_correct} and {result.n_updated}."
)

# Now with biases: x = 0 + 1 − (−1) = 2. The triple is right already, so g = σ(−2) = 0.1192, a small step.
led = one_step([[1, 2]], [[0.5, 0], [0, 0.25]], [1, -1])
assert abs(led[3].loss - math.log(2)) > 1e-6, (
    "With biases 1 and −1 the loss is ln 2, as if x were 0: are the biases left out, or is b_j added? x "
    "takes b_i − b_j."
)
assert abs(led[3].loss - math.log1p(math.exp(2.0))) > 1e-6, (
    "With biases 1 and −1 the loss is 2.1269 instead of 0.1269, as if x were −2: is it softplus(x) instead of "
    "softplus(−x), or is x taken with b_j − b_i?"
)
assert abs(led[3].loss - math.log1p(math.exp(-2.0))) < 1e-6, (
    f"With biases 1 and −1, x = 0 + 1 − (−1) = 2 and the loss is 0.1269, not {led[3].loss:.4f}: add b_i "
    "and subtract b_j."
)
g = (
    float(led[0][0, 0] - 1.0) / 0.25
)  # the user's first number moved by η g (q_i − q_j) = 0.5 · g · 0.5
assert not math.isclose(g, 1 / (1 + math.exp(-2.0)), rel_tol=1e-4), (
    f"At x = 2 your step is g = {g:.4f} = σ(x), and it should be σ(−x) = 0.1192: a triple that is right "
    "already needs only a small step."
)
assert not math.isclose(g, 0.5, rel_tol=1e-4), (
    "At x = 2 your step is g = 0.5, as it was at x = 0: g depends on x, g = σ(−x)."
)
assert math.isclose(g, 1 / (1 + math.exp(2.0)), rel_tol=1e-4), (
    f"At x = 2 the user moves as if g were {g:.4f}, and σ(−2) is 0.1192."
)
assert np.allclose(led[2], [1 + 0.0596015, -1 - 0.0596015]), (
    f"At x = 2 the biases should become 1.0596 and −1.0596, yours are {led[2]}: b_i + η g and b_j − η g."
)
# And the other way round: x = −2, a triple that is wrong.
behind = one_step([[1, 2]], [[0.5, 0], [0, 0.25]], [-1, 1])
assert abs(behind[3].loss - math.log1p(math.exp(2.0))) < 1e-6, (
    f"With biases −1 and 1, x = −2 and the loss is 2.1269, not {behind[3].loss:.4f}."
)
for step in (led, behind):
    assert isinstance(step[3].loss, float) and not isinstance(step[3].loss, np.floating), (
        f"The loss should be a Python float, not {type(step[3].loss).__name__}: is x = float(...)?"
    )

zeros = one_step([[0, 0]], [[0, 0], [0, 0]], [0, 0], reg_user=0.1)
assert not np.any(zeros[0]) and not np.any(zeros[1]), (
    "Zero vectors have zero gradients: they must stay zero."
)
pulled = one_step(
    [[1, 2]], [[0.5, 0], [0, 0.25]], [0.4, 0.4], reg_user=0.2, reg_positive=0.4, reg_negative=0.8
)
assert np.allclose(pulled[0], [[1.125 - 0.1, 1.9375 - 0.2]]), (
    "reg_user should pull the user's vector towards zero: − η λ_u p."
)
assert np.allclose(pulled[1], [[0.65, 0.5], [-0.25, -0.35]]), (
    "reg_positive belongs to item i, and reg_negative to item j: each pulls its own vector towards zero."
)
assert np.allclose(pulled[2], [0.25 + 0.4 - 0.08, -0.25 + 0.4 - 0.16]), (
    "A bias is regularised as its item is: b_i by reg_positive, b_j by reg_negative."
)

without = [np.array(a, dtype=np.float32) for a in ([[1, 2]], [[0.5, 0], [0, 0.25]])]
plain = EpochPlan(*(np.array([n], dtype=np.int32) for n in (0, 0, 1)), np.array([0, 1]))
try:
    bpr_update(
        *without, None, plain, learning_rate=0.5, reg_user=0.0, reg_positive=0.0, reg_negative=0.0
    )
except TypeError as error:
    raise AssertionError(
        f"With item_biases=None your loop raises an error ({error}): ask `if item_biases is not None` before you read "
        "a bias, and before you write one."
    ) from None
assert np.allclose(without[0], [[1.125, 1.9375]]), (
    "With item_biases=None the step should be the same, without the two b terms."
)
without = [np.array(a, dtype=np.float32) for a in ([[1, 2]], [[0.5, 0], [0, 0.25]])]
skipped = EpochPlan(*(np.array([n], dtype=np.int32) for n in (0, 0, SKIPPED)), np.array([0, 1]))
rates = {"learning_rate": 0.5, "reg_user": 0.1, "reg_positive": 0.1, "reg_negative": 0.1}
result = bpr_update(*without, None, skipped, **rates)
assert np.array_equal(without[0], [[1, 2]]) and result.n_updated == 0, (
    "A triple whose negative is SKIPPED must change nothing, and is not counted."
)
try:
    far = one_step([[1000, 0]], [[-1000, 0], [1000, 0]], [0, 0])
except OverflowError:
    raise AssertionError(
        "A badly wrong score (x = −2,000,000) overflows: use your sigmoid and your softplus of part 1."
    ) from None
assert np.isfinite(far[3].loss), (
    "A badly wrong score (x = −2,000,000) gives a loss that is not finite."
)
print("Part 6 works: this loop learns.")

# %% [markdown]
# **See it move.** With two factors, vectors can be drawn as arrows. At first the negative item scores
# higher than the positive one. After three steps of your loop the user's arrow has turned towards the
# positive item, that item has come to meet it, and the negative item has moved away.

# %% tags=["experiment"]
before = [np.array([[1.0, 0.6]]), np.array([[0.2, 1.0], [1.2, 0.1]]), np.zeros(2)]
after = [array.copy() for array in before]
for _ in range(3):
    *after, result = one_step(*after, learning_rate=0.8)
figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharex=True, sharey=True)
for axis, title, (user, items, _) in (
    (axes[0], "before", before),
    (axes[1], "after three steps", after),
):
    named = zip((user[0], *items), ("user", "positive item", "negative item"))
    for (vector, name), color in zip(named, ("black", "tab:green", "tab:red")):
        axis.annotate("", vector, (0, 0), arrowprops={"arrowstyle": "->", "color": color, "lw": 2})
        place = (4, 4) if name == "positive item" else (4, -10)
        axis.annotate(name, vector, xytext=place, textcoords="offset points", color=color)
    scores = items @ user[0]
    axis.set_title(f"{title}: positive {scores[0]:.2f}, negative {scores[1]:.2f}")
    axis.set(xlim=(-1.0, 2.4), ylim=(-1.0, 2.6), xlabel="factor 1", aspect="equal")
axes[0].set_ylabel("factor 2")
figure.suptitle("Products of arrows are scores (the biases moved as well, and are not drawn)")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 7. Does the order matter?
#
# It would be simpler not to shuffle, and to go user by user or item by item. Let us try. All three runs
# below have the same triples in each epoch, and all use your `bpr_update`; only the order differs.

# %% tags=["experiment"]
small = random_split(make_synthetic(300, 400, 15_000, seed=5), seed=0)


def sorted_by(column):
    """Arrange the triples of a plan by one of its columns: all of number 0 first, then all of 1, …"""

    def arrange(plan):
        order = np.argsort(getattr(plan, column), kind="stable")
        return EpochPlan(
            plan.users[order], plan.positives[order], plan.negatives[order], plan.bounds
        )

    return arrange


def learning_curve(arrange, n_epochs=8, n_factors=16):
    """NDCG@10 after each epoch of your loop, with the plan's triples arranged in some way."""
    generator = np.random.default_rng(0)
    train = small.train
    model = BPR(n_factors, epochs=1, n_blocks=1, progress=False).fit(
        train
    )  # a place to put the vectors
    model.user_factors = generator.normal(0, 0.1, (train.n_users, n_factors)).astype(np.float32)
    model.item_factors = generator.normal(0, 0.1, (train.n_items, n_factors)).astype(np.float32)
    model.item_biases = np.zeros(train.n_items, dtype=np.float32)
    curve = []
    for epoch in range(n_epochs):
        plan = arrange(plan_epoch(train.indptr, train.indices, train.n_items, seed=0, epoch=epoch))
        bpr_update(
            model.user_factors,
            model.item_factors,
            model.item_biases,
            plan,
            learning_rate=0.2,
            reg_user=0.01,
            reg_positive=0.01,
            reg_negative=0.01,
        )
        curve.append(evaluate(model, small, metrics="ndcg@10")["ndcg@10"])
    return curve


curves = {
    "random order": learning_curve(lambda plan: plan),
    "user by user": learning_curve(sorted_by("users")),
    "item by item": learning_curve(sorted_by("positives")),
}
popularity = evaluate(MostPopular().fit(small.train), small, metrics="ndcg@10")["ndcg@10"]

# %% tags=["experiment"]
for name, curve in curves.items():
    plt.plot(range(1, len(curve) + 1), curve, marker="o", label=name)
plt.axhline(popularity, color="grey", linestyle="--", label="most popular")
plt.xlabel("epochs")
plt.ylabel("NDCG@10 (higher is better)")
plt.title("The same triples in three orders")
plt.legend()
plt.show()

# %% [markdown]
# **Compare the last points of the curves.** Item by item ends clearly below the random order. While it is
# one item's turn, every step pulls the same vector and the same bias up, and pushes others down. So the
# items that come last in the epoch have an advantage which they did not earn.
#
# **User by user does no harm here.** It ends about where the random order does, a little above or below:
# one user's pairs move many different items. So this plot is no reason against it. The paper names one
# (section 4.3): its authors expected slow convergence, and draw the triples at random. The plan shuffles
# *all* pairs for a simpler reason: then nothing depends on how the data happen to be sorted.
#
# **A curve may rise and then fall.** The learning rate is high here and λ is small, so after some epochs
# the model overfits: it learns the accidents of the training data by heart. That is why the number of
# epochs is a setting as well, and is chosen on a validation part.

# %% [markdown]
# ## 8. Train it for real
#
# The library's `BPR` model does not know how to learn: it calls the ops `plan_epoch` and `bpr_update`
# of the backend that is in use. Any object with these two functions is a backend. So is this:

# %% tags=["experiment"]
mine = SimpleNamespace(name="mine", tiles=False, plan_epoch=plan_epoch, bpr_update=bpr_update)
split = load_split("synthetic-100k").fold_valid()
SETTINGS = {
    "n_factors": 16,
    "epochs": 8,
    "learning_rate": 0.05,
    "reg": 0.01,
    "n_blocks": 1,
    "progress": False,
}

start = time.perf_counter()
with use_backend(mine):
    my_bpr = BPR(**SETTINGS).fit(split.train)
my_seconds = time.perf_counter() - start

rows = [
    ("most popular", MostPopular().fit(split.train), 0.0),
    ("BPR, your loop", my_bpr, my_seconds),
]
for name, model, seconds in rows:
    quality = evaluate(model, split, metrics=("ndcg@10", "recall@10"))
    print(
        f"{name:<16} NDCG@10 {quality['ndcg@10']:.3f}   recall@10 {quality['recall@10']:.3f}"
        f"   {seconds:5.1f} s"
    )

# %% [markdown]
# It ranks above popularity, after 8 epochs with 16 factors and no tuning. But ALS in lesson 04 had about 0.52 on
# the same data, and the neighbours of lesson 03 about 0.43. Is it not worth asking for the order, then? Wait:
# 8 epochs of small steps are few. In part 9 you will see 30, without a wait four times as long. Here is the
# mean loss in each epoch, as your loop measured it. Beside it is the share of triples that were in order.
# This is an estimate of the **AUC** on the training data: the probability that an item of the user scores
# above an item drawn at random from the others. BPR was made to raise the AUC. But the AUC counts all pairs
# alike, and a list of ten shows only the top. So we still judge by NDCG.

# %% tags=["experiment"]
print("epoch   loss    pairs in order")
for epoch, report in enumerate(my_bpr.history, start=1):
    print(f"{epoch:>5}   {report.loss:.4f}  {report.accuracy:.1%}")

# %% [markdown]
# And what does it cost? This is how long one triple took, in your loop:

# %% tags=["experiment"]
n_triples = sum(report.n_triples for report in my_bpr.history)
print(f"{n_triples:,} triples in {my_seconds:.1f} s: {my_seconds / n_triples * 1e6:.1f} µs each")
print(f"MovieLens 25M, 20 epochs, would take {my_seconds / n_triples * 25e6 * 20 / 3600:.1f} hours")

# %% [markdown]
# ## 9. The same model on another engine
#
# This is what the whole course is about. Your loop is one *engine* for BPR. The library has another one,
# written in Cython and compiled: `set_backend("optimized")` chooses it. It gets the same plan and applies
# the same triples in the same order. For comparison there is a **two-tower model**, the kind that large
# services use (Covington, Adams and Sargin describe an early one: *Deep Neural Networks for YouTube
# Recommendations*, RecSys 2016). It is written in PyTorch, learns from the same pairs in batches, and needs
# no kernel of ours.


# %% tags=["experiment"]
def fitted(make, backend):
    """A model fitted on a backend, and the seconds that it took."""
    set_backend(backend)
    try:
        make().fit(split.train)  # the first fit of an engine also loads it
        model = make()
        start = time.perf_counter()
        model.fit(split.train)
        return model, time.perf_counter() - start
    finally:
        set_backend("auto")  # from here on, the fastest that is installed


TOWERS = {"n_factors": 16, "epochs": SETTINGS["epochs"], "progress": False}
raced, missing = {"BPR, your loop": (my_bpr, my_seconds)}, {}
for name, make, backend in (
    ("BPR, Cython", lambda: BPR(**SETTINGS), "optimized"),
    ("Cython, 30 epochs", lambda: BPR(**{**SETTINGS, "epochs": 30}), "optimized"),
    ("two-tower, PyTorch", lambda: TwoTower(**TOWERS), "auto"),
):
    try:
        raced[name] = fitted(make, backend)
    except (BackendUnavailableError, MissingDependencyError) as error:
        missing[name] = str(error)

ndcg = {
    name: evaluate(model, split, metrics="ndcg@10")["ndcg@10"] for name, (model, _) in raced.items()
}
popular = evaluate(rows[0][1], split, metrics="ndcg@10")["ndcg@10"]
print(f"{'':<20}{'NDCG@10':>9}{'seconds':>10}{'times your speed':>18}")
print(f"{'most popular':<20}{popular:>9.3f}")
for name in sorted(ndcg, key=ndcg.get, reverse=True):
    seconds = raced[name][1]
    print(f"{name:<20}{ndcg[name]:>9.3f}{seconds:>10.3f}{my_seconds / seconds:>18,.0f}")
for name, sentence in missing.items():
    print(f"{name:<20}not run: {sentence}")

# %% tags=["experiment"]
for name, (_, seconds) in raced.items():
    plt.scatter(seconds, ndcg[name], s=80)
    plt.annotate(
        name, (seconds, ndcg[name]), xytext=(0, 10), textcoords="offset points", ha="center"
    )
plt.axhline(popular, color="grey", linestyle="--", label="most popular")
plt.xscale("log")
plt.margins(x=0.3)
plt.ylim(0, 1.3 * max(*ndcg.values(), popular))
plt.xlabel("seconds to train (each mark is ten times as long)")
plt.ylabel("NDCG@10 (higher is better)")
plt.title("Left is fast, up is good")
plt.legend(loc="lower left")
plt.show()

# %% [markdown]
# **Your loop and the Cython kernel rank alike,** up to rounding: they are the same algorithm. The kernel
# changes the seconds, and nothing else. You lose no quality when you rewrite a loop, if you can show that
# the new one does the same. The plan and the contract of an op are there to show it. (A **contract** is a
# list of tests that every backend has to pass.)
#
# **Seconds buy quality.** Compiled, 30 epochs take a fraction of a second, and they rank far better than 8: at
# about 0.46, ahead of the neighbours of lesson 03. ALS is still ahead on these data. Its λ was chosen on a part that
# was held out, and nobody has chosen anything for BPR yet. "To go further" below does, and it gets closer. (And
# remember that BPR counts all pairs alike, while NDCG looks at the top.)
#
# **The two-tower model is another model,** with its own optimiser (Adam: Kingma and Ba, ICLR 2015), so it
# may rank better or worse. Its seconds are spent inside PyTorch, which is compiled already. There is no
# slow loop of ours in it to rewrite.
#
# One run on one data set is not a verdict. `tito race --seeds 0,1,2` repeats this comparison, with memory and
# with several seeds.

# %% [markdown]
# ### Recommendations for you
#
# A BPR model has no vector for somebody who was not there in training. But training is quick now, so
# become one more user: your ten films are ten more pairs. (The titles are real if MovieLens 100K is on this
# computer, as in lesson 03, and made up if it is not.)

# %% tags=["experiment"]
try:
    titles, films = load_titles("ml-100k"), load_dataset("ml-100k")
except DatasetNotFoundError:
    titles, films = load_titles("synthetic-100k"), load_dataset("synthetic-100k")
well_known = films.item_ids[np.argsort(-films.popularity(), kind="stable")[:60]].tolist()
for place, item_id in enumerate(well_known):
    print(f"{place:>3}  {titles[item_id]}")

# %% tags=["experiment"]
LIKED = [0, 3, 6, 10, 17, 21, 28, 33, 42, 50]  # write the places of ten that you like

me = int(films.user_ids.max()) + 1  # an id that nobody has
with_me = Interactions.from_events(
    np.append(films.user_ids[films.rows()], [me] * len(LIKED)),
    np.append(films.item_ids[films.indices], [well_known[place] for place in LIKED]),
)
for_me = BPR(**{**SETTINGS, "epochs": 30}).fit(with_me).recommend([me], k=10)
for item_id in for_me.items[0].tolist():
    print(titles[item_id])

# %% [markdown]
# Compare this list with the one of lesson 03, for the same ten films. Which is closer to your taste, and
# which has more films that you had never heard of? No metric of lesson 02 can answer the second question.

# %% [markdown]
# **To go further.** (Not graded.) Now that an epoch costs so little, use it: split `split.train` once more
# (`from recsys_edu import random_split`, then `inner = random_split(split.train, seed=1)`), train on `inner.train`,
# judge on `inner`, and find the number of epochs and the λ that rank best with `set_backend("optimized")`. Guess first. How does the best λ change when you double the
# epochs? Then design one experiment of your own about negatives: what should happen if they are drawn
# among popular items more often?

# %% [markdown]
# ## 10. Questions
#
# A few sentences each. They are marked by a person.
#
# **a) What does a triple cost?** With $d$ factors, about how many multiplications does one triple take,
# and how many bytes of the model does it read and write (float32)? Compare with the microseconds that
# you measured: is your loop limited by arithmetic, by memory, or by something else? (Assume that one
# core does 10⁹ multiplications and moves 10 GB in a second; lesson 06 measures both.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_a_triple", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The product takes $d$ multiplications and each of the three updates about $2d$ (times $g$, times
# $\lambda$; the learning rate once more): 7 to 10 $d$ in all, that is 110 to 160 for 16 factors. It reads and writes three rows of
# $4d$ bytes, 64 bytes each here: some 400 bytes of traffic. A core does billions of multiplications a second and
# reads billions of bytes, so either should take well under 0.1 µs. The loop takes about a hundred times longer: it
# is limited by the interpreter, which looks up names, makes small arrays and calls NumPy some twenty times a triple.
#
# === BEGIN MARK SCHEME ===
# 1 point: proportional to d, with a plausible factor (5 to 12). 1 point: three rows of 4d bytes, read and written. 1
# point: concludes from a comparison of numbers that it is neither, but the interpreter's overhead.
# === END MARK SCHEME ===

# %% [markdown]
# **b) The stale row.** Suppose that `bpr_update` reads `user_factors[u]` again after writing it. What
# exactly changes in the two items' updates? Would the training loss show it? How would you find such a
# bug in a model that somebody else wrote?

# %% [markdown] nbgrader={"grade": true, "grade_id": "stale_row", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The items are moved along the user's new vector $p_u + \eta(\dots)$ instead of $p_u$: an error of the
# order of $\eta^2$ in each step, which is no longer the gradient of anything. The loss still falls, nearly as
# before, so watching it shows nothing. A test finds it: compare one step with finite differences of the
# objective, or with numbers worked by hand, to a tolerance that is tighter than $\eta^2$.
#
# === BEGIN MARK SCHEME ===
# 1 point: items use the new user's vector; second order in the learning rate. 1 point: the loss falls all the same. 1
# point: a check of single steps (finite differences or by hand), not of the end result.
# === END MARK SCHEME ===

# %% [markdown]
# **c) Numbers with addresses.** Draw number `n` of a stream can be had without drawing the ones before.
# Give two things that this makes possible which a generator that hands numbers out in sequence does
# not, and what it costs.

# %% [markdown] nbgrader={"grade": true, "grade_id": "addressed_draws", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Threads can draw any part of an epoch without waiting for one another, and the result is the same for any
# number of them. A vectorised or compiled version gets the same integers as the plain loop, so the two
# can be compared exactly. A run can also resume at any epoch without replaying the ones before. It costs a few
# more operations per draw than stepping a generator, and draws that are reserved and never used (16 a triple).
#
# === BEGIN MARK SCHEME ===
# 1 point each for two of: parallel drawing with the same result; exact agreement between implementations; starting
# in the middle. 1 point: a cost (hashing per draw, reserved draws, book-keeping of addresses).
# === END MARK SCHEME ===

# %% [markdown]
# ## What next
#
# In a terminal, in your workspace:
#
# ```
# tito complete 5
# ```
#
# It runs the tests above, exports your functions to `my_recsys/bpr.py` and asks the question of this
# lesson: can my BPR rank? Then try, in any notebook or script of the workspace,
#
# ```python
# from recsys_edu import BPR, set_backend
# set_backend("student")      # your loop
# set_backend("optimized")    # the same model, in Cython
# ```
#
# and `tito race --models naive,student,optimized --blocks 1` (your plan has one block; lesson 09 makes more). It is the
# same algorithm on the same numbers, and the compiled one takes a small fraction of the time. Where does your time
# go? That is lesson 06.
