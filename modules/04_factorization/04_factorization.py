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
# # Lesson 04. Factorization: users and items as vectors
#
# **The question of this lesson: does my loss fall at every half step?** You will write implicit **ALS**
# (alternating least squares) by hand: what it minimises, the equations for one user, the trick that
# makes them cheap, and the loop that goes back and forth between users and items. At the end the
# library's own ALS model will run on your code.
#
# About three hours. You need NumPy, from lesson 01 interactions as CSR, and from lesson 02 NDCG. From
# linear algebra you need this much: a matrix product, and `np.linalg.solve(A, b)`, which finds the $x$
# with $A x = b$. From calculus: at the lowest point of a function its derivatives are 0. If a cell gets stuck, the square button stops it. Words that are new stand in bold, and
# the [glossary](glossary.md) explains them.
#
# | part | you write | points |
# | --- | --- | --- |
# | 1 | `confidences` | 2 |
# | 2 | `loss_of_all_pairs` | 3 |
# | 3 | `solve_user` | 4 |
# | 4 | `solve_user_fast` | 4 |
# | 5 | `als_half_step` | 5 |
# | 6 | `by_item` | 3 |
# | 7 | `fast_loss` | 3 |
# | 8 | `train_als` | 3 |
# | | three questions in words | 9 |

# %% [markdown]
# ## Why
#
# In lesson 03, two items were similar if the same users had them. That works well, with two
# weaknesses. There are $n^2$ pairs of items to compare. And two items without a common user have
# similarity 0, even if everybody who has one of them also has items that are just like the other.
#
# So describe each user and each item by a few numbers, the **factors**. You may think of them as "how
# funny", "how old", "how popular with everybody", but nobody names them: they are found from the data. User
# $u$ gets a vector $x_u$ of $d$ numbers, item $i$ a vector $y_i$ of $d$ numbers, and the score of an item
# for a user is their product
#
# $$s_{ui} = x_u \cdot y_i = \sum_{f=1}^{d} x_{uf}\, y_{if}.$$
#
# Put the vectors of all users into the rows of a matrix $X$, and those of all items into $Y$. Then all
# scores together are $X Y^\top$. The large table of users and items is (nearly) a product of two thin ones.
# This is called **matrix factorization**.
#
# The method of this lesson is by Hu, Koren and Volinsky (*Collaborative Filtering for Implicit Feedback
# Datasets*, ICDM 2008).

# %% [markdown]
# These are the imports of everything that you will export. Run the cell and go on.

# %% nbgrader={"grade": false, "grade_id": "factorization_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export", "op"]
import numpy as np
from numpy.typing import NDArray

# %% [markdown]
# And these only look at things; they stay in the notebook.

# %%
import time
import tracemalloc
from types import SimpleNamespace

import matplotlib.pyplot as plt

from recsys_edu import ALS, ItemKNN, MostPopular, evaluate, load_dataset, load_split, use_backend
from recsys_edu.datasets import load_titles
from recsys_edu.errors import DatasetNotFoundError
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import random_split

# %% [markdown]
# The data are made by code, so there is nothing to download. (With `load_split("ml-100k")` the same
# notebook runs on MovieLens, real ratings of films.)

# %%
split = load_split("synthetic-100k").fold_valid()  # the validation part joins the training part
n_users, n_items = split.train.shape
print(f"{n_users:,} users and {n_items:,} items: {n_users * n_items:,} pairs")
print(f"observed, to learn from: {split.train.nnz:,} pairs")
print(f"16 factors for each user and item: {(n_users + n_items) * 16:,} numbers")

# %% [markdown]
# ## 1. Preference and confidence
#
# Our data are implicit feedback: what people did, not what they said. Such data have two sides.
#
# - The **preference** $p_{ui}$ is 1 if user $u$ had item $i$, and 0 if not.
# - The **confidence** $c_{ui}$ says how much we believe it.
#
# Somebody who played a song fifty times surely likes it. Somebody who never played it may dislike it,
# or has never heard of it: that 0 is only a weak sign. So each pair counts with a weight:
#
# $$c_{ui} = 1 + \alpha\, r_{ui}$$
#
# where $r_{ui}$ is the *value* of the interaction: how many plays, how many minutes, how many stars.
# Where nothing was observed $r_{ui} = 0$, so the confidence is 1: weak, but not nothing. We choose
# $\alpha$; with $\alpha = 10$ one play counts 11 times as much as a pair that was not observed.
#
# Keep this one rule in mind for the rest of the lesson: **for an observed pair, $p = 1$ and
# $c = 1 + \alpha r$; for every other pair, $p = 0$ and $c = 1$.**


# %% nbgrader={"grade": false, "grade_id": "confidences", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def confidences(values: NDArray[np.float32], alpha: float) -> NDArray[np.float32]:
    """c = 1 + α r for each observed pair, as a new float32 array of the same shape.

    Args:
        values: r of each observed pair, >= 0, shape (nnz,), where nnz is how many pairs were observed.
        alpha: α, >= 0.

    Example: confidences(np.array([1, 0, 5], dtype=np.float32), 2.0) is [3, 1, 11].
    Hint: ``array.astype(np.float32)`` turns an array into one of float32.
    """
    ### BEGIN SOLUTION
    return (1.0 + alpha * values.astype(np.float64)).astype(np.float32)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_confidences", "locked": true, "points": 2, "schema_version": 3, "solution": false}
values = np.array([1, 0, 5], dtype=np.float32)
found = confidences(values, 2.0)
assert isinstance(found, np.ndarray) and found.shape == (3,), (
    "Return an array with one confidence for each value."
)
assert found[1] == 1, (
    f"A value of 0 should have confidence 1, as a pair that was not observed has; yours is {found[1]}. "
    "Is the 1 in 1 + α r there?"
)
assert found.tolist() == [3, 1, 11], (
    f"With α = 2, the values 1, 0 and 5 should have the confidences 3, 1 and 11; yours are {found}."
)
assert found.dtype == np.float32, f"The confidences should be float32, and are {found.dtype}."
assert values.tolist() == [1, 0, 5], (
    "The values that were given have changed: do not write into the array, make a new one."
)
assert confidences(values, 0.0).tolist() == [1, 1, 1], "With α = 0 all pairs count the same: c = 1."
print("Part 1 works: some pairs now count more than others.")

# %% [markdown]
# ## 2. What to minimise
#
# Good vectors give scores near the preferences, above all where we are confident. We measure that by the
# **loss**, which is small for good vectors:
#
# $$L = \underbrace{\sum_{u}\sum_{i} c_{ui}\,(p_{ui} - x_u \cdot y_i)^2}_{\text{squared error}}
#   \;+\; \lambda \Bigl(\underbrace{\sum_u \|x_u\|^2 + \sum_i \|y_i\|^2}_{\text{length of all vectors}}\Bigr).$$
#
# Two things to see here:
#
# - The first sum is over *all* pairs, also those that nobody observed. If we summed over observed
#   pairs only, all with $p = 1$, the answer would be easy and useless: score 1 for everything.
# - The second is the **regulariser**. $\lambda$ (lambda) is the price of long vectors. Without it the
#   vectors could learn every accident of the data by heart. We will look at that in part 9.
#
# First write it in the plainest way: a full table of $p$, a full table of $c$, a full table of scores.
# That is good enough for small data, and we will check everything that is faster against it.
#
# The observed pairs come as CSR, as in lesson 01: the items of user $u$ are
# `indices[indptr[u] : indptr[u + 1]]`, and the confidences of these pairs are in the same places of
# `confidence`.


# %% nbgrader={"grade": false, "grade_id": "loss_of_all_pairs", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def loss_of_all_pairs(
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    reg: float,
) -> float:
    """L = Σ c (p − x · y)² + λ (Σ ‖x‖² + Σ ‖y‖²), by a visit to every pair.

    Args:
        users, items: the vectors as rows: X of shape (n_users, d) and Y of shape (n_items, d).
        indptr, indices, confidence: the observed pairs as CSR, with c for each.
        reg: λ.

    Approach:
        1. Tables of shape (n_users, n_items): p full of zeros, c full of ones.
        2. For each user, put 1 and the confidences where that user's items are.
        3. Two sums. Compute in float64: ``users.astype(np.float64)``.
    """
    ### BEGIN SOLUTION
    x, y = users.astype(np.float64), items.astype(np.float64)
    p = np.zeros((len(x), len(y)))
    c = np.ones((len(x), len(y)))
    for u in range(len(x)):
        observed = slice(indptr[u], indptr[u + 1])
        p[u, indices[observed]] = 1.0
        c[u, indices[observed]] = confidence[observed]
    squared_error = (c * (p - x @ y.T) ** 2).sum()
    return float(squared_error + reg * ((x**2).sum() + (y**2).sum()))
    ### END SOLUTION


# %% [markdown]
# An example that is small enough for a pencil: two users, two items, one factor. Only user 0 with item
# 0 was observed, with confidence 3. So the scores are 0.5 and 0.25 for user 0, and 1 and 0.5 for user
# 1, and the squared error is
#
# $$3 \cdot (1 - 0.5)^2 + (0 - 0.25)^2 + (0 - 1)^2 + (0 - 0.5)^2 = 0.75 + 0.0625 + 1 + 0.25 = 2.0625.$$

# %%
tiny_users = np.array([[1], [2]], dtype=np.float32)
tiny_items = np.array([[0.5], [0.25]], dtype=np.float32)
tiny_pairs = np.array([0, 1, 1]), np.array([0], dtype=np.int32), np.array([3], dtype=np.float32)

# One pair of vectors that float32 cannot multiply exactly: it shows what was computed in float32.
one_user, one_item = np.array([[0.3]], dtype=np.float32), np.array([[0.7]], dtype=np.float32)
one_pair = np.array([0, 1]), np.array([0], dtype=np.int32), np.array([3], dtype=np.float32)
one_loss = 3 * (1 - float(one_user[0, 0]) * float(one_item[0, 0])) ** 2

# %% nbgrader={"grade": true, "grade_id": "test_loss_of_all_pairs", "locked": true, "points": 3, "schema_version": 3, "solution": false}
error = loss_of_all_pairs(tiny_users, tiny_items, *tiny_pairs, 0.0)
assert abs(error - 0.75) > 1e-9, (
    "Only the observed pair was counted. The other three have p = 0 and c = 1, and count as well."
)
observed = loss_of_all_pairs(one_user, one_item, *one_pair, 0.0)
assert abs(observed - 0.0441) > 1e-4, (
    "The observed pair was not found: user u has the pairs from indptr[u] to just before indptr[u + 1], the last one, too."
)
assert abs(error - 1.5625) > 1e-9, (
    "The observed pair counted with weight 1: multiply its squared error by its confidence, 3."
)
assert abs(error - 3.5625) > 1e-9, (
    "The confidence was squared with the error: it is c · (p − x · y)², not (c · (p − x · y))²."
)
assert abs(error - 2.0625 / 4) > 1e-9, "That is the mean over the pairs. L is their sum."
assert abs(error - 2.0625) < 1e-9, (
    f"For λ = 0 the loss of this example is 0.75 + 0.0625 + 1 + 0.25 = 2.0625; yours is {error:.4f}. Do "
    "p = 1 and c = 3 stand at user 0 and item 0, and p = 0 and c = 1 everywhere else?"
)
yours = loss_of_all_pairs(one_user, one_item, *one_pair, 0.0)
assert abs(yours - one_loss) < 1e-12, (
    f"One pair with x = 0.3, y = 0.7 and c = 3 has the loss {one_loss:.12f}; yours is {yours:.12f}. Only the "
    "last digits differ? Then a part of it is computed in float32: start with users.astype(np.float64)."
)
lengths = loss_of_all_pairs(tiny_users, tiny_items, *tiny_pairs, 0.1) - error
assert abs(lengths - 0.1 * (5 + 0.3125)) < 1e-9, (
    "The regulariser should be λ times the sum of all squares: 0.1 · (1 + 4 + 0.25 + 0.0625) = 0.53125; "
    f"yours is {lengths:.5f}."
)
swapped = np.array([0, 0, 2]), np.array([0, 1], dtype=np.int32), np.array([3, 5], dtype=np.float32)
try:
    swapped_loss = loss_of_all_pairs(tiny_users, tiny_items, *swapped, 0.0)
except (IndexError, ValueError) as error:
    raise AssertionError(
        f"User 0 has nothing here and user 1 has both items, and yours stops: {error}. Of indices and of confidence a "
        "user has what stands from indptr[u] to just before indptr[u + 1]."
    ) from None
assert abs(swapped_loss - 1.5625) < 1e-9, (
    "User 0 has nothing here and user 1 has both items. The loss is 0.25 + 0.0625 + 3 · 0 + 5 · 0.25 = "
    f"1.5625; yours is {swapped_loss:.4f}. Do the "
    "confidences go to the right user and the right items?"
)
crossed = np.array([0, 1, 2]), np.array([1, 0], dtype=np.int32), np.array([3, 5], dtype=np.float32)
crossed_loss = loss_of_all_pairs(tiny_users, tiny_items, *crossed, 0.0)
assert abs(crossed_loss - 2.1875) < 1e-9, (
    "User 0 has item 1 with confidence 3, and user 1 has item 0 with confidence 5. The loss is 0.25 + 3 · 0.5625 + 5 · 0 + "
    f"0.25 = 2.1875; yours is {crossed_loss:.4f}. The confidences stand in the order of the pairs, beside indices: they are "
    "not looked up by an item's number."
)
print("Part 2 works: there is something to minimise.")

# %% [markdown]
# ## 3. One user, solved exactly
#
# $L$ is hard to minimise in $X$ and $Y$ together, because they are multiplied. But **hold all items fixed,
# and look at one user.** What is left is
#
# $$L_u = \sum_i c_{ui}\,(p_{ui} - x_u \cdot y_i)^2 + \lambda \|x_u\|^2.$$
#
# That is **least squares** with weights: a parabola (in $d$ dimensions), with exactly one lowest point.
# There the derivative is zero:
#
# $$\frac{\partial L_u}{\partial x_u} = -2 \sum_i c_{ui}\,(p_{ui} - x_u \cdot y_i)\, y_i + 2 \lambda x_u = 0.$$
#
# Move what contains $x_u$ to the left. Here $(x_u \cdot y_i)\, y_i = y_i y_i^\top x_u$, where $y_i y_i^\top$ is the $d
# \times d$ matrix that has $y_{if}\, y_{ig}$ in row $f$ and column $g$:
#
# $$\Bigl(\sum_i c_{ui}\, y_i y_i^\top + \lambda I\Bigr)\, x_u = \sum_i c_{ui}\, p_{ui}\, y_i.$$
#
# In matrices: let $C$ be the *diagonal* matrix with $c_{u1}, c_{u2}, \dots$ on its diagonal, and $p$ the
# vector of this user's preferences. $I$ is the identity matrix, `np.eye(d)`. Then
#
# $$\underbrace{\bigl(Y^\top C\, Y + \lambda I\bigr)}_{A,\;\; d \times d}\; x_u =
#   \underbrace{Y^\top C\, p}_{b}.$$
#
# These are the **normal equations**: $d$ equations with $d$ unknowns. One call, `np.linalg.solve(A, b)`,
# finds the best vector for this user. There is no step size to choose, and nothing to repeat.
#
# **A trap.** Do not build $C$ with `np.diag`: for 100,000 items it would have ten billion entries, nearly
# all of them 0. $C\,Y$ only multiplies row $i$ of $Y$ by $c_{ui}$, and `c[:, None] * Y` does just that.


# %% nbgrader={"grade": false, "grade_id": "solve_user", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def solve_user(
    items: NDArray[np.float32],
    observed: NDArray[np.int32],
    confidence: NDArray[np.float32],
    reg: float,
) -> NDArray[np.float64]:
    """The best vector for one user while all items stay as they are: the x with A x = b.

    Args:
        items: Y, shape (n_items, d).
        observed: the numbers of the items that this user has, shape (n,).
        confidence: c of these n items, in the same order, shape (n,).
        reg: λ.

    Returns:
        x, shape (d,), computed in float64.

    Example: items [[1.0], [2.0]], observed [0], confidence [3.0] and λ = 1 have
        A = 3·1·1 + 1·2·2 + 1 = 8 and b = 3·1 = 3, so x is [3/8].
    Approach: p and c of **all** items as in part 2, then A, then b, then ``np.linalg.solve``.
    """
    y = items.astype(np.float64)
    ### BEGIN SOLUTION
    p = np.zeros(len(y))
    c = np.ones(len(y))
    p[observed] = 1.0
    c[observed] = confidence
    matrix = y.T @ (c[:, None] * y) + reg * np.eye(y.shape[1])
    return np.linalg.solve(matrix, y.T @ (c * p))
    ### END SOLUTION


# %% [markdown]
# How do we know that it is the lowest point? Walk a little in any direction: the loss has to rise. Your
# own `loss_of_all_pairs` can tell.


# %%
def loss_of_user(x, items, observed, confidence, reg):
    """L_u (and a constant, the length of the items' vectors), by your loss_of_all_pairs."""
    indptr = np.array([0, len(observed)])
    return loss_of_all_pairs(np.array([x]), items, indptr, observed, confidence, reg)


# Two items and one factor, for a pencil; and thirty items with four factors.
two_items = np.array([[1], [2]], dtype=np.float32)
first, sure = np.array([0], dtype=np.int32), np.array([3], dtype=np.float32)
generator = np.random.default_rng(4)
some_items = generator.normal(0, 0.5, (30, 4)).astype(np.float32)
had = np.array([2, 7, 11, 29], dtype=np.int32)
how_sure = np.array([2, 11, 5, 1.5], dtype=np.float32)
nothing = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)


# %% nbgrader={"grade": true, "grade_id": "test_solve_user", "locked": true, "points": 4, "schema_version": 3, "solution": false}
try:
    x = solve_user(two_items, first, sure, 1.0)
except (ValueError, np.linalg.LinAlgError) as error:
    raise AssertionError(
        f"Shapes do not fit: {error}. With y of shape (n_items, d), A is d × d and b has d numbers; here d is 1 and "
        "n_items is 2. Print the shapes of yours. (c[:, None] * y multiplies row i of y by c[i].)"
    ) from None
assert isinstance(x, np.ndarray) and x.shape == (1,), "Return an array of shape (d,); here d is 1."
for wrong, why in (
    (3 / 7, "λ is missing in A: add reg * np.eye(d)."),
    (3 / 4, "Item 1 does not appear in A. The user does not have it, but it counts: p = 0, c = 1."),
    (1 / 8, "The confidence is missing in b, which is Yᵀ C p."),
    (1 / 6, "The confidences are missing in A and in b."),
    (3 / 6, "Is the confidence missing in A, which is Yᵀ C Y + λ I? Or is λ subtracted?"),
    (-3 / 8, "It has the wrong sign: look again at which side of the equation b is on."),
    (5 / 8, "In b, item 1 counts as if the user had it: its preference is 0."),
    (3 / 9, "λ is in A twice."),
):
    assert abs(x[0] - wrong) > 1e-9, f"x should be 3/8 = 0.375, and yours is {x[0]:.4f}. {why}"
assert abs(x[0] - 3 / 8) < 1e-9, (
    f"A = 3·1·1 + 1·2·2 + 1 = 8 and b = 3·1 = 3, so x should be 3/8 = 0.375; yours is {x[0]:.4f}."
)
rough, unsure = np.array([[0.1], [0.7]], dtype=np.float32), np.array([3.3], dtype=np.float32)
(y0, y1), c0 = rough[:, 0].tolist(), float(unsure[0])
x, right = solve_user(rough, first, unsure, 0.1), c0 * y0 / (c0 * y0 * y0 + y1 * y1 + 0.1)
assert abs(x[0] - right) < 1e-12, (
    f"With the items 0.1 and 0.7, the confidence 3.3 and λ = 0.1, x should be {right:.12f}; yours is "
    f"{x[0]:.12f}. Do only the last digits differ? Then a part of it is computed in float32. Use y, which is "
    "float64, and arrays made by np.zeros and np.ones without a dtype."
)
tracemalloc.start()
try:
    solve_user(np.ones((3000, 2), dtype=np.float32), first, sure, 1.0)
except np.linalg.LinAlgError as error:
    raise AssertionError(
        f"With two factors A cannot be solved ({error}): is λ added to every entry of A? It belongs on the diagonal, "
        "reg * np.eye(d)."
    ) from None
megabytes = tracemalloc.get_traced_memory()[1] / 1e6
tracemalloc.stop()
assert megabytes < 20, (
    f"For 3,000 items it took {megabytes:.0f} megabytes: that is a table of all pairs of items, as np.diag "
    "makes. Multiply the rows instead: c[:, None] * y."
)
for reg in (0.1, 5.0):
    x = solve_user(some_items, had, how_sure, reg)
    lowest = loss_of_user(x, some_items, had, how_sure, reg)
    for factor in range(4):
        for step in (-0.01, 0.01):
            elsewhere = x.copy()
            elsewhere[factor] += step
            assert loss_of_user(elsewhere, some_items, had, how_sure, reg) > lowest, (
                f"With λ = {reg}, your x is not the lowest point: adding {step} to its factor {factor} "
                "lowers the loss. Do the confidences belong to the right items? Is λ there once?"
            )
assert np.allclose(solve_user(some_items, *nothing, 0.1), 0), (
    "A user without items has b = 0, and so x = 0: every preference is 0."
)
print("Part 3 works: this is the best vector that a user can have.")

# %% [markdown]
# ## 4. The trick
#
# To get $Y^\top C\, Y$ you multiplied *all* items, for one user. The next user has other
# confidences, so you have to do it all again. With $d$ factors that is about $n_{items} \cdot d^2$
# multiplications for each user: a billion for 250,000 items and 64 factors.
#
# But for nearly all items the confidence is 1, the same for everybody! So split $C$ into "1 for all"
# and "what the user's own items have more":
#
# $$Y^\top C\, Y = \underbrace{Y^\top Y}_{\text{the same for all users}} +
#   \underbrace{Y^\top (C - I)\, Y}_{\text{only the user's own items}}.$$
#
# - $Y^\top Y$ (the **Gram matrix**) is computed *once*, and used for every user.
# - $C - I$ has $c - 1$ on its diagonal. Where nothing was observed that is 0, so those rows drop
#   out. What is left is a sum over the items that the user has: $\sum_{i \text{ observed}} (c_{ui} - 1)\, y_i y_i^\top$.
# - And $b = Y^\top C p = \sum_{i \text{ observed}} c_{ui}\, y_i$ needs only those as well, since $p = 0$ elsewhere.
#
# The weight of an observed item is $c$ in $b$, and $c - 1$ in $A$. (Why? $Y^\top Y$ has counted it once
# already.)


# %% nbgrader={"grade": false, "grade_id": "solve_user_fast", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def solve_user_fast(
    gram: NDArray[np.float64],
    items: NDArray[np.float32],
    observed: NDArray[np.int32],
    confidence: NDArray[np.float32],
    reg: float,
) -> NDArray[np.float64]:
    """What ``solve_user`` finds, with no look at items that the user does not have.

    Args:
        gram: YᵀY, shape (d, d), float64; computed by somebody else, once for all users.
        items, observed, confidence, reg: as for ``solve_user``.

    Approach: first take the user's own rows, ``items[observed]``, in float64. Then A = gram + (a sum
    over these rows, with weights c − 1) + λ I, and b = (a sum over these rows, with weights c).
    Hint: I has the shape of gram, whatever the number of rows: ``np.eye(len(gram))``.
    """
    ### BEGIN SOLUTION
    y = items[observed].astype(np.float64)
    c = confidence.astype(np.float64)
    matrix = gram + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))
    return np.linalg.solve(matrix, c @ y)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_solve_user_fast", "locked": true, "points": 4, "schema_version": 3, "solution": false}
x = solve_user_fast(np.array([[5.0]]), two_items, first, sure, 1.0)
assert isinstance(x, np.ndarray) and x.shape == (1,), "Return an array of shape (d,); here d is 1."
twice = solve_user_fast(np.array([[5.0]]), two_items, first, sure, 2.0)
assert abs(twice[0] - 3 / 11) > 1e-9, "λ is in A twice: YᵀY comes without it, so add it once."
for wrong, why in (
    (3 / 9, "In A, the weight of an observed item is c − 1: YᵀY has counted it once already."),
    (2 / 8, "In b, the weight of an observed item is c, not c − 1: YᵀY is not in b."),
    (3 / 7, "λ is missing in A."),
    (3 / 3, "The Gram matrix is missing in A: pairs that were not observed count, too."),
    (3 / 6, "The term with c − 1 is missing in A."),
    (1 / 8, "The confidence is missing in b."),
):
    assert abs(x[0] - wrong) > 1e-9, f"x should be 3/8 = 0.375, and yours is {x[0]:.4f}. {why}"
assert abs(x[0] - 3 / 8) < 1e-9, (
    "YᵀY = 5, so A = 5 + (3 − 1)·1·1 + 1 = 8 and b = 3·1 = 3. x should be 3/8 = 0.375; yours is "
    f"{x[0]:.4f}."
)
gram = some_items.astype(np.float64).T @ some_items.astype(np.float64)
kept = gram.copy()
for chosen, weights in (
    (had, how_sure),
    nothing,
    (np.arange(30, dtype=np.int32), np.full(30, 0.5)),
):
    try:
        fast = solve_user_fast(gram, some_items, chosen, weights.astype(np.float32), 0.3)
    except ValueError as error:
        raise AssertionError(
            f"For a user with {len(chosen)} items and 4 factors, shapes do not fit: {error}. A is d × d, however many "
            "items the user has. So is I."
        ) from None
    slow = solve_user(some_items, chosen, weights.astype(np.float32), 0.3)
    assert np.array_equal(gram, kept), (
        "Your function has written into gram (gram += … does that), and the next user needs it as it was. "
        "Make a new matrix: gram + …"
    )
    assert np.allclose(fast, slow, atol=1e-4), (
        f"For a user with {len(chosen)} items this is {np.round(fast, 4)}, but solve_user finds "
        f"{np.round(slow, 4)}."
    )
    assert np.allclose(fast, slow, rtol=1e-10, atol=1e-12), (
        f"For a user with {len(chosen)} items this differs from solve_user in the last digits only: is a "
        "part of it computed in float32? Take the user's rows and confidences as float64."
    )
only_had = np.full_like(some_items, np.nan)
only_had[had] = some_items[had]
assert np.all(np.isfinite(solve_user_fast(gram, only_had, had, how_sure, 0.3))), (
    "Here all items that the user does not have were made unreadable (nan), and the answer became "
    "unreadable, too: use items[observed] only. Everything about the others is in gram."
)
print("Part 4 works: the same answer, without a look at what the user does not have.")

# %% [markdown]
# What does it save? Here are both of your functions, for one user who has 50 items, while the catalogue
# grows.

# %% tags=["experiment"]
sizes = [1_000, 3_000, 10_000, 30_000, 100_000]
milliseconds = {"solve_user: all items": [], "solve_user_fast: own items": []}
fifty, surely = np.arange(50, dtype=np.int32), np.full(50, 11, dtype=np.float32)
for size in sizes:
    many = generator.normal(0, 0.1, (size, 16)).astype(np.float32)
    gram = many.astype(np.float64).T @ many.astype(np.float64)
    for name, call in (
        ("solve_user: all items", lambda: solve_user(many, fifty, surely, 1.0)),
        ("solve_user_fast: own items", lambda: solve_user_fast(gram, many, fifty, surely, 1.0)),
    ):
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
        milliseconds[name].append(min(seconds) * 1000)

for name, series in milliseconds.items():
    plt.loglog(sizes, series, marker="o", label=name)
plt.xlabel("items in the catalogue")
plt.ylabel("milliseconds for one user")
plt.title("What the trick saves")
plt.legend()
plt.show()

# %% [markdown]
# Both axes are logarithmic: each number on an axis is ten times the one before. The time of the plain way
# grows with the catalogue, and faster where the vectors of all items no longer fit into the processor's cache. The
# time of the other way does not: it only depends on the user's own items.

# %% [markdown]
# ## 5. Half a step: all users at once
#
# Now do it for every user, and you have a **half step** of ALS. It works in the same way for items with
# the users fixed, since $x_u \cdot y_i = y_i \cdot x_u$. So the function does not say "users" and "items".
# It says
#
# - `target`: the rows to be solved for. They are overwritten;
# - `fixed`: the rows that stay as they are.
#
# $$\Bigl(\underbrace{F^\top F + \lambda I}_{\text{shared by all rows}} + F_r^\top (C_r - I)\, F_r\Bigr)\; t_r = F_r^\top c_r
#   \qquad \text{for each row } r \text{ of the target,}$$
#
# where $F$ is `fixed`, and $F_r$ are its rows that were observed together with row $r$: those numbered
# `indices[indptr[r] : indptr[r + 1]]`. Their confidences are $c_r$, in the same places of `confidence`,
# and $C_r$ has them on its diagonal. ($\lambda$ is called `regularization` here, as everywhere in the
# library; it is the `reg` of your other functions.)
#
# **In place.** Nothing is returned: the answers are written into the array `target`, as
# `target[row] = …`. (`target = …` would only make the name mean another array inside of your function, and
# the caller's array would stay as it was.)
#
# This function is an op, as in lesson 03. That is why it has a parameter `n_threads`, which you can ignore.


# %% nbgrader={"grade": false, "grade_id": "als_half_step", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
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
    """Row by row, solve (YᵀY + λI + Yᵀ(C − I)Y) x = YᵀC p, in float64.

    Args:
        target: float32, shape (n_rows, d): the x of all rows; overwritten.
        fixed: float32, shape (n_cols, d): Y, which stays as it is.
        indptr, indices: the observed pairs as CSR: which rows of ``fixed`` each row has.
        confidence: c of each observed pair, shape (nnz,).
        regularization: λ.
        n_threads: has no effect here.

    Approach: what is shared by all rows once, before the loop; then for each row what you did in
    ``solve_user_fast``. A row without interactions becomes zero.
    """
    ### BEGIN SOLUTION
    factors = fixed.astype(np.float64)
    # What every row has in common: all pairs, as if none had been observed.
    shared = factors.T @ factors + regularization * np.eye(factors.shape[1])
    for row in range(len(target)):
        observed = slice(indptr[row], indptr[row + 1])
        y = factors[indices[observed]]
        c = confidence[observed].astype(np.float64)
        # An observed pair is in `shared` with weight 1 already; c − 1 is what is missing.
        matrix = shared + y.T @ ((c - 1.0)[:, None] * y)
        target[row] = np.linalg.solve(matrix, c @ y)
    ### END SOLUTION


# %% [markdown]
# For the tests from here on, some small data: 60 users, 80 items, 1,500 pairs, and six factors.

# %%
small = make_synthetic(60, 80, 1500, seed=4)
small_pairs = (
    small.indptr,
    small.indices,
    generator.integers(2, 10, small.nnz).astype(np.float32),  # confidences
)
small_users = generator.normal(0, 0.3, (60, 6)).astype(np.float32)
small_items = generator.normal(0, 0.3, (80, 6)).astype(np.float32)

# %% nbgrader={"grade": true, "grade_id": "test_als_half_step", "locked": true, "points": 5, "schema_version": 3, "solution": false}
# Four users, two items, one factor: user 0 has item 0, user 1 has item 1, user 2 both, user 3 none.
four = np.full((4, 1), 7, dtype=np.float32)
pairs = np.array([0, 1, 2, 4, 4]), np.array([0, 1, 0, 1], dtype=np.int32)
weights = np.array([3, 0.5, 1, 2], dtype=np.float32)
returned = als_half_step(four, two_items, *pairs, weights, regularization=1.0)
assert not np.array_equal(four, np.full((4, 1), 7)), (
    "The target still holds what it held before: write into it, target[row] = …"
)
assert returned is None, "Return nothing: the answer is in the target, which was overwritten."
assert np.array_equal(two_items, [[1], [2]]), "The fixed side has changed: it should stay as it is."
assert four[3, 0] != 7, (
    "User 3, who has nothing, still has the vector from before. Its equations have the answer 0: write it."
)
assert abs(four[0, 0] - 3 / 199) > 1e-5, (
    "FᵀF is made of the target: it is the Gram matrix of the fixed side."
)
twice = np.zeros((4, 1), dtype=np.float32)
als_half_step(twice, two_items, *pairs, weights, regularization=2.0)
assert abs(twice[0, 0] - 3 / 11) > 1e-5, "λ is in the matrix twice."
for wrong, why in (
    (
        3 / 9,
        "In the matrix, the weight of an observed pair is c − 1: FᵀF has counted it once already.",
    ),
    (3 / 7, "λ is missing in the matrix."),
    (3 / 3, "FᵀF is missing in the matrix."),
    (1 / 4, "That is the answer of user 1: does each row get its own?"),
    (0.0, "User 0 has one item, and it was not seen: is the last pair of each row left out?"),
):
    assert abs(four[0, 0] - wrong) > 1e-5, (
        f"Row 0 should be 3·1 / (5 + 1 + (3 − 1)·1) = 0.375, and yours is {four[0, 0]:.4f}. {why}"
    )
assert abs(four[2, 0] - 4 / 6) > 1e-5, (
    "Row 2 was solved with the confidences 3 and 0.5, and its pairs have 1 and 2: they stand in the order of the pairs, "
    "beside indices, and are not looked up by an item's number."
)
for row, (right, how) in enumerate(
    (
        (3 / 8, "3·1 / (5 + 1 + (3 − 1)·1)"),
        (1 / 4, "0.5·2 / (5 + 1 + (0.5 − 1)·4)"),
        (1 / 2, "(1·1 + 2·2) / (5 + 1 + (1 − 1)·1 + (2 − 1)·4)"),
        (0.0, "0 / (5 + 1)"),
    )
):
    assert abs(four[row, 0] - right) < 1e-5, (
        f"Row {row} should be {how} = {right}, and yours is {four[row, 0]:.4f}. A row depends on its own "
        "pairs and their confidences, not on the rows before it, nor on what the target held."
    )

target = np.full((60, 6), np.nan, dtype=np.float32)
als_half_step(target, small_items, *small_pairs, regularization=2.0)
assert np.all(np.isfinite(target)), (
    "The target held nan before the call, and some of it still does: every row has to be overwritten, "
    "whatever was there."
)
indptr, indices, weights = small_pairs
for row in range(60):
    own = slice(indptr[row], indptr[row + 1])
    expected = solve_user(small_items, indices[own], weights[own], 2.0)
    assert np.allclose(target[row], expected, atol=1e-4), (
        f"Row {row} is {np.round(target[row], 3)}, but solve_user finds {np.round(expected, 3)} for this "
        "user. Do indices and confidences both come from indptr[row] to indptr[row + 1]?"
    )
# Two items that are nearly the same: here the digits that float32 lacks decide.
alike = np.array([[1, 1], [1, 1.001]], dtype=np.float32)
target = np.zeros((1, 2), dtype=np.float32)
has_second = np.array([0, 1]), np.array([1], dtype=np.int32), np.array([3], dtype=np.float32)
als_half_step(target, alike, *has_second, regularization=1e-6)
expected = solve_user(alike, *has_second[1:], 1e-6)
assert np.allclose(target[0], expected, rtol=1e-3), (
    f"For two items that are nearly the same, your row is {target[0]}, and solve_user finds {expected}. Is "
    "the matrix computed in float32? Start from fixed.astype(np.float64)."
)
print("Part 5 works: every user has the best vector for these items.")

# %% [markdown]
# ## 6. The other side
#
# For the second half of the step, users and items change places: the target is the items, and we need
# for each item the *users* that have it. The pairs are the same, only sorted by item. As in lesson 01, this
# is the transpose.
#
# An example with three users and four items. The letters are the confidences:
#
# | | item 0 | item 1 | item 2 | item 3 |
# | --- | --- | --- | --- | --- |
# | user 0 | | a | | b |
# | user 1 | | | | |
# | user 2 | c | d | | |
#
# - By user: `indptr` = 0, 2, 2, 4, `indices` = 1, 3, 0, 1, confidences a, b, c, d.
# - By item: `indptr` = 0, 1, 3, 3, 4, `indices` = 2, 0, 2, 0, confidences c, a, d, b.
#
# In words, the second line says: item 0 has one user, user 2. Item 1 has two, users 0 and 2. Item 2 has
# nobody. Item 3 has user 0. The confidences travel with their pairs.


# %% nbgrader={"grade": false, "grade_id": "by_item", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def by_item(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    n_items: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """The same pairs, sorted by item: (indptr, indices, confidence), where indices are now users.

    Args:
        indptr, indices, confidence: the pairs by user.
        n_items: how many items there are. The last ones may have nobody.

    Returns:
        indptr, int64, shape (n_items + 1,); indices, int32, the users of each item, ascending;
        confidence, float32, c of each pair in its new place.

    Approach:
        1. The user of each pair: ``np.repeat(np.arange(n_users, dtype=np.int32), np.diff(indptr))``,
           where n_users is ``len(indptr) - 1``.
        2. The order that sorts pairs by item: ``np.argsort(indices, kind="stable")``. Stable means:
           pairs of the same item stay in the order in which they were, so users still ascend.
        3. How many pairs each item has: ``np.bincount(…, minlength=…)``; indptr is 0, and then the
           running sum (``np.cumsum``) of these numbers.
    """
    ### BEGIN SOLUTION
    users = np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))
    order = np.argsort(indices, kind="stable")
    starts = np.zeros(n_items + 1, dtype=np.int64)
    starts[1:] = np.cumsum(np.bincount(indices, minlength=n_items))
    return starts, users[order], confidence[order]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_by_item", "locked": true, "points": 3, "schema_version": 3, "solution": false}
# The example above, with a fifth item at the end that nobody has, and 2, 3, 4, 5 for a, b, c, d.
by_user = (
    np.array([0, 2, 2, 4]),
    np.array([1, 3, 0, 1], dtype=np.int32),
    np.array([2, 3, 4, 5], dtype=np.float32),
)
transposed = by_item(*by_user, 5)
assert isinstance(transposed, tuple) and len(transposed) == 3, (
    "Return three arrays: indptr, indices and confidence."
)
starts, item_users, item_weights = transposed
assert len(starts) == 6, (
    f"For 5 items, indptr should have 6 entries (one more), and yours has {len(starts)}. Is the 0 in "
    "front there, and does it count items at the end that nobody has?"
)
assert list(starts) == [0, 1, 3, 3, 4, 4], (
    f"indptr should be 0, 1, 3, 3, 4, 4: the items have 1, 2, 0, 1 and 0 users. Yours is {starts}."
)
assert list(item_users) == [2, 0, 2, 0], (
    f"The users, item by item, should be 2, then 0 and 2, then 0; yours are {item_users}. They are the "
    "users of the pairs, in the order that sorts the pairs by item, not by user."
)
assert list(item_weights) == [4, 2, 5, 3], (
    f"The confidences should be 4, then 2 and 5, then 3; yours are {item_weights}. They travel with their "
    "pairs: take them in the same order as the users."
)
for array, name, dtype in zip(
    transposed, ("indptr", "indices", "confidence"), (np.int64, np.int32, np.float32)
):
    assert array.dtype == dtype, f"{name} should be {np.dtype(dtype)}, and is {array.dtype}."
back = by_item(*by_item(*small_pairs, 80), 60)
for name, again, before in zip(("indptr", "indices", "confidence"), back, small_pairs):
    assert np.array_equal(again, before), (
        f"Turned over twice, the pairs should be what they were, but {name} differs: are the users of "
        "each item ascending?"
    )
print("Part 6 works: the pairs can be read from both sides.")

# %% [markdown]
# ## 7. The loss, without a visit to every pair
#
# We want to watch the loss after every half step. But `loss_of_all_pairs` makes tables of all pairs:
# for 100,000 users and 100,000 items one such table takes 80 gigabytes. The trick of part 4
# helps again. Split the squared error into a sum over all pairs, as if none had been observed, and a
# correction for the observed ones:
#
# $$\sum_{u,i} c_{ui} (p_{ui} - s_{ui})^2 = \sum_{\text{all}} s_{ui}^2 +
#   \sum_{\text{observed}} \bigl(c_{ui} (1 - s_{ui})^2 - s_{ui}^2\bigr).$$
#
# (A pair that was not observed costs $1 \cdot (0 - s)^2 = s^2$. The first sum counts this for all pairs. For
# the observed ones it is wrong, so the second sum takes $s^2$ away and adds the right cost.)
#
# And the sum of the squares of *all* scores does not need the scores. Since
# $s_{ui} = \sum_f x_{uf}\, y_{if}$,
#
# $$\sum_{u,i} s_{ui}^2 = \sum_{u,i} \sum_{f,g} x_{uf}\, x_{ug}\; y_{if}\, y_{ig} =
#   \sum_{f,g} \Bigl(\sum_u x_{uf}\, x_{ug}\Bigr) \Bigl(\sum_i y_{if}\, y_{ig}\Bigr) =
#   \sum_{f,g} (X^\top X)_{fg}\, (Y^\top Y)_{fg}.$$
#
# These are two small matrices, $d \times d$ each: multiply them *entry by entry*, and add up the products.


# %% nbgrader={"grade": false, "grade_id": "fast_loss", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def fast_loss(
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    reg: float,
) -> float:
    """What ``loss_of_all_pairs`` finds, with scores of the observed pairs only.

    Approach:
        1. X and Y in float64; Σ (XᵀX) ∘ (YᵀY), where ∘ is the product entry by entry: ``*``.
        2. The user of each observed pair, as in part 6; then the scores of the observed pairs:
           ``(x[…] * y[…]).sum(axis=1)``.
        3. c (1 − s)² − s² of each of them, added up; and the regulariser.
    """
    ### BEGIN SOLUTION
    x, y = users.astype(np.float64), items.astype(np.float64)
    rows = np.repeat(np.arange(len(x)), np.diff(indptr))
    s = (x[rows] * y[indices]).sum(axis=1)
    every_pair = ((x.T @ x) * (y.T @ y)).sum()
    observed = (confidence * (1.0 - s) ** 2 - s**2).sum()
    return float(every_pair + observed + reg * ((x**2).sum() + (y**2).sum()))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_fast_loss", "locked": true, "points": 3, "schema_version": 3, "solution": false}
quick = fast_loss(tiny_users, tiny_items, *tiny_pairs, 0.0)
assert abs(quick - 2.3125) > 1e-9, (
    "The observed pair's s² = 0.25 is counted although it should not be: take it away, c (1 − s)² − s²."
)
assert abs(quick - 2.0625) < 1e-9, (
    "With the example of part 2, all four s² add up to 1.5625, and the observed pair adds "
    f"3 · 0.5² − 0.5² = 0.5: 2.0625 in all. Yours is {quick:.4f}."
)
yours = fast_loss(one_user, one_item, *one_pair, 0.0)
assert abs(yours - 0.0441) > 1e-4, (
    "Of the one pair, which was observed, you count s² = 0.0441 alone: is its user found? np.repeat(users, lengths) has "
    "the row of each pair."
)
assert abs(yours - one_loss) < 1e-12, (
    f"One pair with x = 0.3, y = 0.7 and c = 3 has the loss {one_loss:.12f}; yours is {yours:.12f}. Only the "
    "last digits differ? Then a part of it is computed in float32: take X and Y in float64."
)
lengths = fast_loss(tiny_users, tiny_items, *tiny_pairs, 0.1) - quick
assert abs(lengths - 0.53125) < 1e-9, (
    "The regulariser should be the same as in part 2, 0.1 · (5 + 0.3125) = 0.53125; "
    f"yours is {lengths:.5f}."
)
quick = fast_loss(small_users, small_items, *small_pairs, 2.0)
full = loss_of_all_pairs(small_users, small_items, *small_pairs, 2.0)
assert abs(quick - full) < 1e-6 * full, (
    f"For 60 users and 80 items, loss_of_all_pairs says {full:.4f} and this one {quick:.4f}. With more than "
    "one factor, XᵀX and YᵀY are multiplied entry by entry (*), not as matrices (@)."
)
crowd = [generator.normal(0, 0.1, (n, 4)).astype(np.float32) for n in (2000, 3000)]
alone = np.zeros(2001, dtype=np.int64), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
tracemalloc.start()
fast_loss(*crowd, *alone, 1.0)
megabytes = tracemalloc.get_traced_memory()[1] / 1e6
tracemalloc.stop()
assert megabytes < 12, (
    f"For 2,000 users and 3,000 items without any interaction it took {megabytes:.0f} megabytes: that is a "
    "table of all pairs. Only the observed pairs may be visited one by one."
)
print("Part 7 works: the loss of all pairs, from a few of them.")

# %% [markdown]
# ## 8. Back and forth
#
# Now all parts are there. Training repeats the same thing several times, and each repeat is called an
# **epoch**. An epoch of ALS has two half steps:
#
# 1. the items stay as they are, solve for all users;
# 2. the users stay as they are, solve for all items.
#
# That is *alternating* least squares. **Why must the loss fall?** A half step gives every row the lowest
# point that there is, with the other side held fixed. To stay where it was is one of the choices, so the
# loss cannot rise. You can test this promise, and nearly every bug in one of the parts breaks it.


# %% nbgrader={"grade": false, "grade_id": "train_als", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def train_als(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    n_items: int,
    *,
    n_factors: int,
    reg: float,
    epochs: int,
    seed: int = 0,
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[float]]:
    """Alternate: users, items, users, items, … for so many epochs.

    Args:
        indptr, indices, confidence: the observed pairs by user.
        n_items: how many items there are.
        n_factors: d, the length of each vector.
        reg: λ.
        epochs: how often both sides are solved for.
        seed: of the first item vectors.

    Returns:
        users, items: float32, shapes (n_users, d) and (n_items, d).
        losses: L by ``fast_loss`` after each **half** step: 2 · epochs numbers, users' first.

    Hint: the pairs by item are the same in every epoch, so call ``by_item`` once, before the loop.
    """
    generator = np.random.default_rng(seed)
    users = np.zeros((len(indptr) - 1, n_factors), dtype=np.float32)
    items = generator.normal(0.0, 0.1, (n_items, n_factors)).astype(np.float32)
    losses: list[float] = []
    ### BEGIN SOLUTION
    pairs = indptr, indices, confidence
    turned = by_item(indptr, indices, confidence, n_items)
    for _ in range(epochs):
        als_half_step(users, items, *pairs, regularization=reg)
        losses.append(fast_loss(users, items, *pairs, reg))
        als_half_step(items, users, *turned, regularization=reg)
        losses.append(fast_loss(users, items, *pairs, reg))
    ### END SOLUTION
    return users, items, losses


# %% nbgrader={"grade": true, "grade_id": "test_train_als", "locked": true, "points": 3, "schema_version": 3, "solution": false}
try:
    users, items, losses = train_als(*small_pairs, 80, n_factors=6, reg=2.0, epochs=4, seed=1)
except IndexError as error:
    raise AssertionError(
        f"A half step looks for a row that is not there ({error}): the users' half step takes the pairs by user, and "
        "the items' takes all three arrays that by_item returns."
    ) from None
assert users.shape == (60, 6) and items.shape == (80, 6), (
    f"Users and items should have the shapes (60, 6) and (80, 6), not {users.shape} and {items.shape}."
)
assert len(losses) != 2, (
    "Only the first epoch was run, of four: does your `return` stand inside the loop?"
)
assert len(losses) == 8, (
    f"Four epochs are eight half steps, so eight losses, and yours are {len(losses)}: measure after the "
    "users, and again after the items."
)
first_items = np.random.default_rng(1).normal(0.0, 0.1, (80, 6)).astype(np.float32)
first_users = np.zeros((60, 6), dtype=np.float32)
als_half_step(first_users, first_items, *small_pairs, regularization=2.0)
expected = fast_loss(first_users, first_items, *small_pairs, 2.0)
for wrong, why in (
    (
        fast_loss(np.zeros_like(first_users), first_items, *small_pairs, 2.0),
        "That is the loss before it: measure after each half step.",
    ),
    (
        fast_loss(np.zeros_like(first_users), np.zeros_like(first_items), *small_pairs, 2.0),
        "That is the loss of vectors of zeros: were the items solved first? The users come first.",
    ),
    (
        fast_loss(first_users, first_items, *small_pairs, 0.0),
        "That is the loss without λ: pass reg on to fast_loss.",
    ),
):
    assert abs(losses[0] - wrong) > 1e-6 * wrong, (
        f"After the users' first half step the loss should be {expected:.1f}; yours is {losses[0]:.1f}. {why}"
    )
assert abs(losses[0] - expected) < 1e-4 * expected, (
    f"After the users' first half step the loss should be {expected:.1f}; yours is {losses[0]:.1f}. Users "
    "are solved first, with the items as they are given; measure with the same pairs and the same λ."
)
for step in range(1, 8):
    assert losses[step] <= losses[step - 1] * (1 + 1e-6), (
        f"The loss rose from {losses[step - 1]:.1f} to {losses[step]:.1f} in half step number {step + 1}, "
        f"which was the {('users', 'items')[step % 2]}'. Does it solve with the newest vectors of the other "
        "side? The users' half step takes the pairs by user, the items' takes those by item."
    )
assert losses[-1] < 0.9 * losses[0], (
    f"The loss hardly moves: from {losses[0]:.1f} to {losses[-1]:.1f} in four epochs. Are both sides "
    "solved for in each of them?"
)
settled = items.copy()
als_half_step(settled, users, *by_item(*small_pairs, 80), regularization=2.0)
assert np.allclose(settled, items, atol=1e-4), (
    "At the end the items should be the best ones for the users: they are solved last in each epoch, with "
    "all three arrays that by_item returns."
)
assert abs(losses[-1] - fast_loss(users, items, *small_pairs, 2.0)) < 1e-4 * losses[-1], (
    "The last loss is not that of the vectors that you return: measure after each half step, not before."
)
print("Part 8 works: the loss falls at every half step.")

# %% [markdown]
# See it fall, on the real training data. These interactions have no values, so each counts as 1.

# %% tags=["experiment"]
ones = np.ones(split.train.nnz, dtype=np.float32)
weights = confidences(ones, 10.0)
start = time.perf_counter()
users, items, losses = train_als(
    split.train.indptr, split.train.indices, weights, n_items, n_factors=16, reg=60.0, epochs=8
)
seconds = time.perf_counter() - start
print(f"8 epochs in {seconds:.1f} s; the loss went from {losses[0]:,.0f} to {losses[-1]:,.0f}")

half_steps = np.arange(1, 17)
thousands = np.array(losses) / 1000
plt.plot(half_steps, thousands, color="lightgrey", zorder=1)
plt.scatter(half_steps[0::2], thousands[0::2], label="after the users' half", zorder=2)
plt.scatter(half_steps[1::2], thousands[1::2], label="after the items' half", zorder=2)
plt.ylim(bottom=0)
plt.xlabel("half steps")
plt.ylabel("loss L, in thousands")
plt.title("The loss falls at every half step")
plt.legend()
plt.show()

# %% [markdown]
# After three or four epochs the curve is nearly flat. Methods that take many small steps down the
# gradient, like the one in lesson 05, need more epochs. Here each half step is exact, so a few are enough.

# %% [markdown]
# ## 9. How much regularisation?
#
# The library's `ALS` model does not know how to solve for a row: it calls the op `als_half_step` of the
# backend that is in use. Any object with this function is a backend. So is this:

# %%
mine = SimpleNamespace(name="mine", als_half_step=als_half_step)


def my_als(train, reg, alpha=10.0, epochs=6):
    """The library's ALS with 16 factors, fitted by your code."""
    with use_backend(mine):
        return ALS(16, epochs, reg, alpha, progress=False).fit(train)


# %% [markdown]
# Now try some values of $\lambda$. Do not choose one on the test part: that would be a leak. Set aside a
# part of the *training* data for it, a validation part, as in lesson 03. For each $\lambda$: the squared error on
# what the model has seen, and the ranking (NDCG@10) of what it has not.

# %% tags=["experiment"]
tuning = random_split(split.train, seed=1)
regs = [1, 10, 30, 60, 100, 300]
errors, rankings = [], []
for reg in regs:
    model = my_als(tuning.train, reg)
    pairs = tuning.train.indptr, tuning.train.indices, confidences(ones[: tuning.train.nnz], 10.0)
    errors.append(fast_loss(model.user_factors, model.item_factors, *pairs, 0.0))
    rankings.append(evaluate(model, tuning, metrics="ndcg@10")["ndcg@10"])
popularity = evaluate(MostPopular().fit(tuning.train), tuning, metrics="ndcg@10")["ndcg@10"]

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.semilogx(regs, errors, marker="o")
left.set(xlabel="λ", ylabel="weighted squared error", title="Seen in training (lower is better)")
right.semilogx(regs, rankings, marker="o", label="ALS")
right.axhline(popularity, color="grey", linestyle="--", label="most popular")
right.set(xlabel="λ", ylabel="NDCG@10", title="Held out (higher is better)", ylim=(0, None))
right.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# On the left, a smaller $\lambda$ is always better: nothing keeps the vectors from fitting what they see.
# On the right, the best place is in the middle. With a smaller $\lambda$ the vectors have learned accidents
# by heart. That is called **overfitting**. With a larger $\lambda$ the vectors are pressed towards zero.
# What survives longest is what all users have in common, and that is popularity.

# %% [markdown]
# ## 10. Does it rank?
#
# Now the test, once, with $\lambda = 60$. We compare ALS with the most popular items (lesson 02) and with
# similar items (lesson 03).

# %% tags=["experiment"]
rows = []
for name, fit in (
    ("most popular", lambda: MostPopular().fit(split.train)),
    ("item neighbours", lambda: ItemKNN().fit(split.train)),
    ("ALS, your code", lambda: my_als(split.train, 60.0)),
):
    start = time.perf_counter()
    model = fit()
    rows.append((name, model, time.perf_counter() - start))
for name, model, seconds in rows:
    quality = evaluate(model, split, metrics=("ndcg@10", "recall@10"))
    print(
        f"{name:<16} NDCG@10 {quality['ndcg@10']:.3f}   recall@10 {quality['recall@10']:.3f}"
        f"   {seconds:5.1f} s"
    )

# %% [markdown]
# Sixteen numbers for each user and item are enough to rank far better than popularity. On this data ALS
# is also ahead of the neighbours, which compare all items with each other. On MovieLens 100K with the same
# λ and α it is behind them. No model is best on all data: measure on yours.
#
# ### Recommendations for you, and a map
#
# To get a list of your own you need not train again. The items' vectors are there, and you are one more
# user: one call of your `solve_user_fast` finds your vector. (The titles are real if MovieLens 100K is on
# this computer, as in lesson 03, and made up if it is not.)

# %% tags=["experiment"]
try:
    titles, films = load_titles("ml-100k"), load_dataset("ml-100k")
except DatasetNotFoundError:
    titles, films = load_titles("synthetic-100k"), load_dataset("synthetic-100k")
film_titles = [titles[item_id] for item_id in films.item_ids.tolist()]
well_known = np.argsort(-films.popularity(), kind="stable")[:60]
films_als = my_als(films, 60.0)
for place, item in enumerate(well_known):
    print(f"{place:>3}  {film_titles[item]}")

# %% tags=["experiment"]
LIKED = [0, 3, 6, 10, 17, 21, 28, 33, 42, 50]  # write the places of ten that you like

liked = well_known[LIKED].astype(np.int32)
film_vectors = films_als.item_factors
gram = film_vectors.astype(np.float64).T @ film_vectors.astype(np.float64)
trust = np.full(len(liked), 1 + 10 * 4, dtype=np.float32)  # α = 10; you chose them, so r = 4
you = solve_user_fast(gram, film_vectors, liked, trust, 60.0)
for_you = film_vectors @ you
for_you[liked] = -np.inf
for item in np.argsort(-for_you, kind="stable")[:10]:
    print(f"{for_you[item]:5.2f}  {film_titles[item]}")

# %% [markdown]
# A map of the best-known items: each vector is cut to length 1, and the two directions in which these
# vectors differ most are drawn (a *principal component analysis*, PCA). *Near each other* means: liked by the same kind of people. Two dimensions
# show only a part of sixteen, so do not read too much into a single distance. With real films, look for
# neighbours that make sense to you, and guess what the axes might mean. Nobody named them.

# %% tags=["experiment"]
shown = film_vectors[well_known[:24]]
shown = shown / np.linalg.norm(shown, axis=1, keepdims=True)
centred = shown - shown.mean(axis=0)
directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
places = centred @ directions.T
figure, axes = plt.subplots(figsize=(11, 8))
is_liked = np.isin(well_known[:24], liked)
axes.scatter(*places.T, c=np.where(is_liked, "tab:red", "tab:blue"), s=15)
axes.margins(x=0.25)
axes.set_title("The best-known items on a map (red: yours)")
figure.canvas.draw()  # from here on, the size of a name is known
taken = []
for place in places[
    :, 1
].argsort():  # each name stands where there is room: right, left, above or below
    for ha, *offset in (("left", 4, -3), ("right", -4, -3), ("center", 0, 6), ("center", 0, -12)):
        name = axes.annotate(
            film_titles[well_known[place]][:28],
            places[place],
            offset,
            textcoords="offset points",
            fontsize=8,
            ha=ha,
        )
        box = name.get_window_extent()
        if not any(box.overlaps(other) for other in taken):
            taken.append(box)
            break
        name.remove()
plt.show()

# %% [markdown]
# ## 11. Squared error is not ranking
#
# ALS minimises a squared error. What people see is an order. Does the smaller error give the better order?
# Take one user and five items, all with confidence 1. The user likes the first item. Which of these two
# models is better?

# %%
wanted = np.array([1, 0, 0, 0, 0])
for name, scores in (
    ("model A", np.array([0.30, 0.20, 0.20, 0.20, 0.20])),
    ("model B", np.array([0.40, 0.45, 0.00, 0.00, 0.00])),
):
    place = 1 + int((scores > scores[0]).sum())
    error = ((wanted - scores) ** 2).sum()
    print(f"{name}: squared error {error:.4f}, what the user likes is at place {place}")

# %% [markdown]
# B has the smaller error, and A the right order. Is it like that in real models? Take all pairs that were
# not in the training data, with $p = 1$ for those in the test part. Here is the mean of $(p - s)^2$ over
# these pairs, and the ranking:

# %% tags=["experiment"]
unseen = np.ones(split.train.shape, dtype=bool)
unseen[split.train.rows(), split.train.indices] = False
truth = np.zeros(split.train.shape)
truth[split.test.rows(), split.test.indices] = 1.0
print(f"{'always say 0':<20} squared error {(truth[unseen] ** 2).mean():.4f}   NDCG@10  (no order)")
plain = my_als(split.train, 10.0, alpha=0.0)  # all pairs count the same
for alpha, reg, model in ((0.0, 10.0, plain), (10.0, 60.0, rows[-1][1])):
    scores = model.user_factors @ model.item_factors.T
    error = ((truth - scores)[unseen] ** 2).mean()
    ndcg = evaluate(model, split, metrics="ndcg@10")["ndcg@10"]
    print(
        f"ALS, α = {alpha:2.0f}, λ = {reg:.0f}    squared error {error:.4f}   NDCG@10  {ndcg:.3f}"
    )

# %% [markdown]
# The model that always says 0 has nearly the smallest error in the table, and makes no list at all. ALS
# with $\alpha = 10$ has an error several times as large, and its lists are good: compare its NDCG with that
# of popularity in part 10. **So the error does not tell you how a model ranks.** (On this data, of the two ALS
# models the one with the larger error ranks better. On MovieLens 100K, with the same settings, the one with
# the smaller error does.)
#
# ALS ranks well all the same: it gives scores near 1 to what users have, and also to items that are like
# these. But here the order is only a side effect. Could we ask for it directly? That is lesson 05.

# %% [markdown]
# **To go further.** (Not graded.) How much can two numbers know? Train ALS with 1, 2, 4, 8, 16, 32 and 64
# factors (`set_backend("optimized")` makes that quick), choose λ for each on the validation part, and draw
# NDCG@10 over the number of factors. Where would you stop, and what would you tell somebody who wants 512?

# %% [markdown]
# ## 12. Questions
#
# A few sentences each. They are marked by a person.
#
# **a) What does a half step cost?** A shop has 1,000,000 users, 100,000 items and 100,000,000
# interactions; $d = 64$. About how many multiplications does the users' half step take, (1) with a full
# $Y^\top C\,Y$ for each user, as in part 3, and (2) with the trick of part 4? Solving a system of $d$
# equations takes about $d^3 / 3$. Which part of (2) is the largest?

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_a_half_step", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# (1) Each user needs $n_{items} \cdot d^2 = 10^5 \cdot 4096 \approx 4 \cdot 10^8$, so all of them $4 \cdot 10^{14}$. (2) The
# Gram matrix once: $10^5 \cdot 4096 = 4 \cdot 10^8$, which is nothing. The users' own items: each interaction costs
# $d^2$, together $10^8 \cdot 4096 = 4 \cdot 10^{11}$. Solving: $10^6 \cdot 64^3 / 3 \approx 9 \cdot 10^{10}$. In all about
# $5 \cdot 10^{11}$, some 800 times less. The largest part is the sum over the interactions, and it grows
# with their number, not with the size of the catalogue.
#
# === BEGIN MARK SCHEME ===
# 1 point: (1) is n_users · n_items · d², about 4 · 10¹⁴. 1 point: (2) has nnz · d² and n_users · d³, and the Gram
# matrix only once. 1 point: names the interactions as the largest part, or says that it is several hundred
# times less.
# === END MARK SCHEME ===

# %% [markdown]
# **b) In parallel?** Your loop solves one row after another. Could eight threads share the rows of one
# half step? Would the result depend on the number of threads? And could one thread solve for the users
# while another solves for the items, at the same time, each from the old vectors of the other side?

# %% [markdown] nbgrader={"grade": true, "grade_id": "parallel_half_steps", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Yes: a row reads the fixed side, the shared matrix and its own pairs, and writes only itself. No two rows write
# to the same place, and none reads what another writes, so no locks are needed, and the result is the same
# for any number of threads. Users and items at the same time is another matter: each is then the best answer to
# vectors that have just been replaced. That the loss falls was promised for one side moving while the
# other stands still. If both move, it may rise, and may swing back and forth.
#
# === BEGIN MARK SCHEME ===
# 1 point: rows are independent (read shared things, write only themselves). 1 point: the same result for any
# number of threads. 1 point: solving both sides from old vectors loses the promise that the loss falls.
# === END MARK SCHEME ===

# %% [markdown]
# **c) What to watch?** Somebody trains ALS for 200 epochs "because the loss still falls", chooses
# $\lambda$ and $\alpha$ so that the final loss is smallest, and reports the loss. Say what is wrong with
# each of the three. What should be done in their place?

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_to_watch", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The loss always falls, that is a property of the method: it says nothing about when the *ranking* of unseen items
# has stopped improving, which is after a few epochs. Losses with other $\lambda$ or $\alpha$ are other
# functions and cannot be compared: $\alpha = 0$ and $\lambda = 0$ make the loss small, and the model worse. And the
# loss is measured on training data, and is not what users see. In their place: NDCG or recall on held-out
# interactions (a validation part) to choose epochs, $\lambda$ and $\alpha$; then the test part, once, for the report.
#
# === BEGIN MARK SCHEME ===
# 1 point: a falling loss is guaranteed and is no reason to go on; look at held-out ranking. 1 point: losses of
# different λ or α are not comparable (or: the training loss prefers too small a λ). 1 point: choose on a
# validation part by a ranking metric, and report on the test part.
# === END MARK SCHEME ===

# %% [markdown]
# ## What next
#
# In a terminal, in your workspace:
#
# ```
# tito complete 4
# ```
#
# It runs the tests above, exports your functions to `my_recsys/factorization.py` and asks the question
# of this lesson: does my loss fall at every half step? Then try, in any notebook or script of the
# workspace,
#
# ```python
# from recsys_edu import ALS, set_backend
# set_backend("student")      # your half step
# set_backend("optimized")    # the same model, in Cython
# ```
#
# Lesson 05 asks for the order itself: an item that a user has should stand above one that they do not
# have. That has no exact solution. It has to be learned in many small steps.
