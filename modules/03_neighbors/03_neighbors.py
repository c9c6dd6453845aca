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
# # Lesson 03. Neighbors: people who had this also had
#
# **The question of this lesson: can my neighbours recommend?** You will write item-based
# collaborative filtering: find out which items are alike, from nothing but who had them, and
# recommend to each user items that are like those that they had. At the end, your functions are a
# **backend**: the library's own `ItemKNN` model will run on your code.
#
# About three hours. You need NumPy, from lesson 01 interactions as CSR (a compact list of who has
# what), and from lesson 02 NDCG@10 (how good is a list of ten: 0 is useless, 1 is perfect). If a cell
# gets stuck, the square button stops it. Words that are new stand in bold, and the
# [glossary](glossary.md) explains them.
#
# | part | you write | points |
# | --- | --- | --- |
# | 1 | `users_of_items` | 2 |
# | 3 | `similarity` | 3 |
# | 4 | `common_users` | 3 |
# | 5 | `steps` | 2 |
# | 6 | `best_neighbors` | 3 |
# | 7 | `item_similarity` | 5 |
# | 8 | `neighbor_scores` | 3 |
# | 9 | `top_k` | 5 |
# | | three questions in words | 9 |

# %% [markdown]
# ## Why
#
# In lesson 02, "most popular" was hard to beat. But it shows the same list to everybody. We want a
# list *for you*. A simple idea works well: *people who had this also had that.*
#
# If many users who have honey also have tea, then honey and tea are **neighbours**. Somebody with
# honey and no tea should see tea. Nobody has to know what honey *is*: we only count users. That is
# called **collaborative filtering**: the users' choices, taken together, say which items belong
# together.
#
# Item-based filtering with cosines is by Sarwar, Karypis, Konstan and Riedl (*Item-Based Collaborative
# Filtering Recommendation Algorithms*, WWW 2001). Linden, Smith and York described how a large shop used
# it (*Amazon.com Recommendations*, IEEE Internet Computing 2003).

# %% [markdown]
# These are the imports of everything that you will export. Run the cell and go on.

# %% nbgrader={"grade": false, "grade_id": "neighbors_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export", "op"]
import itertools
import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from recsys_backends.protocol import Neighbors, TopK

# %% [markdown]
# And these only look at things; they stay in the notebook.

# %%
import time
from types import SimpleNamespace

import matplotlib.pyplot as plt

from recsys_edu import Interactions, ItemKNN, MostPopular, evaluate, load_dataset, load_split
from recsys_edu import use_backend
from recsys_edu.datasets import load_titles
from recsys_edu.errors import DatasetNotFoundError
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import random_split

# %% [markdown]
# ## 1. The same data from the other side
#
# Here is a shop with six items and six customers. It is small enough for pencil and paper, and it will
# stay with us. Each row is a user: the numbers of the items that they have, in ascending order.

# %%
NAMES = ["tea", "honey", "milk", "coffee", "saffron", "vanilla"]
SHOP = [[0, 1, 2], [0, 1, 2], [2, 3], [2, 3], [0, 2, 3], [4, 5]]
for user, items in enumerate(SHOP):
    print(f"user {user} has", ", ".join(NAMES[item] for item in items))

# %% [markdown]
# To compare tea and honey we need the *users* of tea and the *users* of honey. The data are the other
# way round: for each user the items. So turn them round: for each item, list the users that have it.
# (A search engine does the same when it lists, for each word, the pages where it occurs. Such a list is
# called an **inverted index**.)


# %% nbgrader={"grade": false, "grade_id": "users_of_items", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def users_of_items(items_of: list[list[int]], n_items: int) -> list[list[int]]:
    """List for each item the users that have it, in ascending order.

    Args:
        items_of: for each user their items.
        n_items: how many items there are; some may have no user at all.

    Example: users_of_items([[0, 2], [2]], 4) is [[0], [], [0, 1], []].
    Approach: n_items empty lists; go through the users, and write each one down at their items.
    Hint: `[[]] * n_items` is the *same* list n_items times. `[[] for _ in range(n_items)]` is not.
    """
    ### BEGIN SOLUTION
    users_of: list[list[int]] = [[] for _ in range(n_items)]
    for user, items in enumerate(items_of):
        for item in items:
            users_of[item].append(user)
    return users_of
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_users_of_items", "locked": true, "points": 2, "schema_version": 3, "solution": false}
yours = users_of_items(SHOP, 6)
assert len(yours) == 6, f"There are 6 items, so there should be 6 lists; yours has {len(yours)}."
assert not (yours[0] == yours[4] and yours[0]), (
    "Tea and saffron have the same users in your answer: is it the same list for all items? "
    "`[[]] * n` repeats one list; `[[] for _ in range(n)]` makes n of them."
)
for item, users in enumerate([[0, 1, 4], [0, 1], [0, 1, 2, 3, 4], [2, 3, 4], [5], [5]]):
    assert list(yours[item]) == users, (
        f"The users of {NAMES[item]} (item {item}) should be {users}; yours are {yours[item]}. Write "
        "the user's number into the list of each of their items, not the other way round."
    )
yours = users_of_items([[0, 2], [], [2]], 4)
assert len(yours) == 4, (
    f"With n_items = 4 there should be 4 lists, also where nobody has the last item; yours has "
    f"{len(yours)}."
)
assert yours == [[0], [], [0, 2], []], (
    f"Users 0 and 2 have items, user 1 has none: [[0], [], [0, 2], []] was expected, yours is {yours}. "
    "A user without items still has a number."
)
print("Part 1 works: you can look at the data from both sides.")

# %% [markdown]
# ## 2. How alike are two items?
#
# First try: **count the users that have both.** Tea and honey have two users in common (0 and 1). Tea
# and milk have three (0, 1 and 4). So is milk nearer to tea than honey is?
#
# Look again. Nearly *everybody* here has milk, so it tells us little that a tea drinker has milk. But *all*
# who have honey have tea. If we only count, popular items become the neighbours of everything.
#
# So divide by how popular the two items are. Let $U_i$ be the set of users of item $i$, and $|U_i|$
# their number. Then the **cosine similarity** of the items $i$ and $j$ is
#
# $$\cos(i, j) = \frac{|U_i \cap U_j|}{\sqrt{|U_i| \cdot |U_j|}}.$$
#
# It is 1 when both have exactly the same users, and 0 when they share none.
#
# **Why is it called a cosine?** Write the data as a matrix $R$ with a row for each user and a column
# for each item: $R_{ui} = 1$ if user $u$ has item $i$, and 0 if not. An item is then a vector, its
# column. The cosine of the angle between two vectors is their product divided by their lengths. For
# columns of 0 and 1, the product counts the common users, and the length is the root of the number of
# users:

# %%
R = np.zeros((len(SHOP), len(NAMES)))
for user, items in enumerate(SHOP):
    R[user, items] = 1
print(R.astype(int))

for other in (1, 2):
    tea, column = R[:, 0], R[:, other]
    n_common = tea @ column
    cosine = n_common / (np.linalg.norm(tea) * np.linalg.norm(column))
    print(f"tea and {NAMES[other]:<6} {n_common:.0f} users in common, cosine {cosine:.3f}")

# %% [markdown]
# By this measure, honey is nearer to tea than milk is.

# %% [markdown]
# ## 3. Little evidence counts for less
#
# Saffron and vanilla have one user in common, and no others: their cosine is 1, the highest there is.
# Should we trust that? *One* person bought both. It may well be chance. Tea and honey have a lower
# cosine, 0.816, but it rests on two users.
#
# **Shrinkage** pulls a similarity towards 0 when it rests on few users. With
# $n = |U_i \cap U_j|$ common users, and a number $s \ge 0$ that we choose:
#
# $$\mathrm{similarity}(i, j) = \frac{n}{\sqrt{|U_i| \cdot |U_j|}} \cdot \frac{n}{n + s}.$$
#
# With $s = 0$ it is the plain cosine. With $s = 2$, one common user is worth $1/3$ of the cosine, two
# are worth $2/4$, and a hundred are worth nearly all of it.
#
# Shrinkage can change an order. In our shop, by the cosine, tea is nearer to honey than to milk (0.816
# against 0.775). With $s = 2$ it is nearer to milk (0.465 against 0.408): three users have tea and milk,
# and only two have tea and honey. In a shop of six customers, a single user can decide.
#
# Write it in this order: the fraction with the root, times the fraction with the shrinkage. In
# floating point another order can change the last digit, and two backends should agree to the last
# digit.


# %% nbgrader={"grade": false, "grade_id": "similarity", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def similarity(n_common: int, n_users_i: int, n_users_j: int, shrinkage: float) -> float:
    """The cosine of two items, shrunk: n / √(|U_i| |U_j|) · (n / (n + s)).

    Args:
        n_common: n, how many users have both items; at least 1.
        n_users_i, n_users_j: |U_i| and |U_j|, how many users each item has.
        shrinkage: s.

    Example: similarity(2, 3, 2, 0.0) is 0.816… (tea and honey); similarity(2, 3, 2, 2.0) is half.
    Hint: math.sqrt of the product of the two counts, not the product of two roots.
    """
    ### BEGIN SOLUTION
    cosine = n_common / math.sqrt(n_users_i * n_users_j)
    return cosine * (n_common / (n_common + shrinkage))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_similarity", "locked": true, "points": 3, "schema_version": 3, "solution": false}
assert similarity(1, 1, 1, 0.0) == 1.0, (
    f"Saffron and vanilla have the same one user: their cosine is 1, yours is {similarity(1, 1, 1, 0.0)}."
)
tea_honey = similarity(2, 3, 2, 0.0)
assert (
    abs(similarity(1, 4, 9, 0.0) - 1 / 4) > 1e-9 and abs(similarity(1, 4, 9, 0.0) - 1 / 9) > 1e-9
), (
    "You took the number of users of one item twice. Both items' numbers belong under the root, one each."
)
assert abs(tea_honey - 2 / 6) > 1e-9, (
    "Tea and honey: you divided by 3 · 2 = 6. The square root of that product is missing."
)
assert abs(tea_honey - 2 / 3) > 1e-9, (
    "Tea and honey: 2/3 are the common users of all users of either. That is a similarity too, called "
    "Jaccard, but not the cosine."
)
assert abs(tea_honey - 2 / math.sqrt(6)) < 1e-12, (
    f"Tea has 3 users, honey 2, and 2 are common: 2 / √(3 · 2) = 0.816; yours is {tea_honey:.3f}."
)
assert abs(similarity(1, 4, 9, 0.0) - 1 / 6) < 1e-12, (
    f"One common user of 4 and of 9: 1 / √(4 · 9) = 1/6 = 0.167; yours is "
    f"{similarity(1, 4, 9, 0.0):.3f}. Both counts belong under the root."
)
shrunk = similarity(2, 3, 2, 2.0)
assert abs(shrunk - tea_honey) > 1e-9, "A shrinkage of 2 makes no difference in your similarity."
assert shrunk < tea_honey, "Shrinkage should make a similarity smaller; yours makes it larger."
assert abs(shrunk - tea_honey * 2 / 4) < 1e-12, (
    f"With s = 2, two common users are worth 2 / (2 + 2) = half of the cosine, 0.408; yours is "
    f"{shrunk:.3f}. It is n, the number of common users, that is compared with s."
)
assert similarity(1, 1, 1, 2.0) < shrunk, (
    "With a shrinkage of 2, saffron and vanilla (one common user) should fall below tea and honey."
)
for n, i, j, s in ((3, 5, 7, 10.0), (1, 3, 1, 0.1), (40, 90, 77, 5.0)):
    expected = n / math.sqrt(i * j) * (n / (n + s))
    assert similarity(n, i, j, s) == expected, (
        f"similarity({n}, {i}, {j}, {s}) should be {expected!r}, yours is {similarity(n, i, j, s)!r}. "
        "If only the last digits differ, compute in the order of the equation: one root of the product, "
        "then times (n / (n + s))."
    )
print("Part 3 works: you can say how alike two items are.")

# %% [markdown]
# ## 4. Count only what is there
#
# We need $n$ for every pair of items. One way is to compare all pairs. But a pair without any common
# user costs as much as every other pair, and tells us nothing. In a large shop nearly all pairs are like
# that: ten million users with 20 items each can name at most $10^7 \cdot 20^2 = 4 \cdot 10^9$ pairs, and
# a million items have $10^{12}$. (In small data the share is lower. Part 7 counts it in ours.)
#
# The other way is to follow the data. Take one item, say honey:
#
# 1. Who has it? `users_of[1]` says users 0 and 1.
# 2. What do they have? `items_of[0]` is tea, honey, milk, and `items_of[1]` is the same.
# 3. Count each item once for each of these users: tea 2, honey 2, milk 2.
#
# Coffee, saffron and vanilla were never touched. Last, leave out honey itself: an item is not its own
# neighbour.


# %% nbgrader={"grade": false, "grade_id": "common_users", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def common_users(item: int, items_of: list[list[int]], users_of: list[list[int]]) -> dict[int, int]:
    """Count the users that each other item has in common with this one; only items with any.

    Args:
        item: the one.
        items_of: for each user their items.
        users_of: for each item its users.

    Example: in the shop, honey (1) gives {0: 2, 2: 2}.
    Hint: a `Counter` is a dictionary that counts: `counter.update([0, 2])` adds 1 to 0 and to 2.
    `del counter[item]` is no error where the item is not there.
    """
    ### BEGIN SOLUTION
    n_common: Counter[int] = Counter()
    for user in users_of[item]:
        n_common.update(items_of[user])
    del n_common[item]
    return n_common
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_common_users", "locked": true, "points": 3, "schema_version": 3, "solution": false}
# The lists of the shop, given here, so that this part is tested alone.
USERS_OF = [[0, 1, 4], [0, 1], [0, 1, 2, 3, 4], [2, 3, 4], [5], [5]]
for item, expected in enumerate(
    [{1: 2, 2: 3, 3: 1}, {0: 2, 2: 2}, {0: 3, 1: 2, 3: 3}, {0: 1, 2: 3}, {5: 1}, {4: 1}]
):
    yours = common_users(item, SHOP, USERS_OF)
    assert isinstance(yours, dict), (
        f"Return a dictionary (a Counter is one), not {type(yours).__name__}."
    )
    assert item not in yours, f"{NAMES[item]} is counted as its own neighbour: take it out."
    assert all(yours.values()), (
        f"{NAMES[item]}: only items with at least one common user belong in the answer; yours is "
        f"{dict(yours)}."
    )
    assert dict(yours) == expected, (
        f"{NAMES[item]} (item {item}) has {expected} users in common with the others; yours says "
        f"{dict(yours)}. Go through the users of this item, and count the items of each."
    )
assert not common_users(1, [[0], []], [[0], []]), (
    "An item that nobody has shares no users: the answer should be empty."
)
print("Part 4 works: you count common users without looking at every pair.")

# %% [markdown]
# ## 5. Why n² hurts
#
# How much work is that? Let us count steps for $n$ items and $m$ users.
#
# **All pairs.** This is the *dense* way. With the matrix $R$ from above, the product of its transpose with
# itself, $R^\top R$, holds the number of common users of every pair. It has $n \cdot n$ entries, and each
# one is a sum over all $m$ users:
#
# $$\text{steps}_{\text{dense}} = m \, n^2.$$
#
# **Through the lists.** Every user $u$ is visited once for each of the items $I_u$ that they have, and
# at each visit all of their items are counted:
#
# $$\text{steps}_{\text{lists}} = \sum_u |I_u|^2.$$
#
# There is no $n$ in it! A shop with ten times as many items does not make *you* buy ten times as much.
# But note the square: one user with very many items can cost more than all the others together.


# %% nbgrader={"grade": false, "grade_id": "steps", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def steps(items_per_user: NDArray[np.integer], n_items: int) -> tuple[int, int]:
    """How many steps the counting takes: (the dense way, through the lists).

    Args:
        items_per_user: |I_u| for each user, shape (m,); integers of any size, such as int32.
        n_items: n.

    Example: steps(np.array([3, 1]), 10) is (200, 10): 2 · 10² and 3² + 1².
    Hint: 100,000² is more than an int32 can hold: the square would be wrong, without any error.
    `items_per_user.astype(np.int64)` has more room.
    """
    ### BEGIN SOLUTION
    dense = len(items_per_user) * n_items**2
    through_lists = int(np.sum(items_per_user.astype(np.int64) ** 2))
    return dense, through_lists
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_steps", "locked": true, "points": 2, "schema_version": 3, "solution": false}
dense, through_lists = steps(np.array([3, 3, 2, 2, 3, 2]), 6)
assert dense == 216, (
    f"The shop has 6 users and 6 items: 6 · 6² = 216 steps the dense way; yours is {dense}."
)
assert through_lists != 15**2, (
    "You squared the sum of all items. The square belongs inside the sum: each user alone."
)
assert through_lists == 39, (
    f"Through the lists: 3² + 3² + 2² + 2² + 3² + 2² = 39 steps; yours is {through_lists}."
)
assert steps(np.array([3, 1]), 10) == (200, 10), (
    f"2 users and 10 items: (200, 10) was expected, yours is {steps(np.array([3, 1]), 10)}. m is the "
    "number of users, n the number of items."
)
robot = steps(np.array([100_000, 1], dtype=np.int32), 200_000)
assert robot[1] == 10**10 + 1, (
    f"A user with 100,000 items costs 10,000,000,000 steps alone; yours says {robot[1]:,}. Did the "
    "square of an int32 overflow? Change to int64 before you square."
)
assert robot[0] == 2 * 200_000**2, f"2 · 200,000² is 80,000,000,000; yours is {robot[0]:,}."
print("Part 5 works: you know the price of both ways.")

# %% [markdown]
# But steps are not seconds. A step of the dense way is one multiplication and one addition in a compiled
# matrix product: a computer does billions of them a second. A step through the lists is plain Python. So in
# a small shop the dense way may well be faster. Let us see what happens when the shop grows. Here every
# user has about 20 items, and there are as many users as items.


# %%
def random_shop(n, n_each=20):
    """n users with about n_each of n items."""
    generator = np.random.default_rng(n)
    return [np.unique(row).tolist() for row in generator.integers(0, n, (n, n_each))]


def through_the_lists(items_of, n_items):
    users_of = users_of_items(items_of, n_items)
    for item in range(n_items):
        common_users(item, items_of, users_of)


def all_pairs(items_of, n_items):
    seen = np.zeros((len(items_of), n_items), dtype=np.float32)
    for user, items in enumerate(items_of):
        seen[user, items] = 1
    return seen.T @ seen


def seconds(function, *arguments):
    """The faster of two runs."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)


assert sum(map(len, users_of_items(SHOP, 6))) == sum(map(len, SHOP)), (
    "Mend users_of_items first (part 1): with wrong lists, the timing would take for ever."
)
sizes = [200, 400, 800, 1600, 3200]
shops = [random_shop(n) for n in sizes]
measured = {
    "all pairs, compiled matrix product": [
        seconds(all_pairs, shop, n) for n, shop in zip(sizes, shops)
    ],
    "through the lists, your Python": [
        seconds(through_the_lists, shop, n) for n, shop in zip(sizes, shops)
    ],
}

# %%
for name, times in measured.items():
    plt.plot(sizes, times, marker="o", label=name)
plt.xscale("log")
plt.yscale("log")
plt.xticks(sizes, sizes)
plt.minorticks_off()
plt.xlabel("items (and users) in the shop")
plt.ylabel("seconds to count all common users")
plt.title("Two ways to count, as the shop grows")
plt.legend()
plt.show()

# %% [markdown]
# Both axes are logarithmic, so the slope of a line shows how the time grows. When the shop doubles,
# the lists take about twice as long, and the dense way takes up to eight times as long ($m$ doubles, and
# $n^2$ becomes four times as much). Which way is faster at a given size depends on your machine: look where
# your lines cross, or which one is lower if they do not cross here. In a shop that is large enough, the
# steeper line is always the slower one.
#
# A full-sized shop is too large to measure. So take the time of one step from the largest shop above,
# and multiply:

# %%
per_step = [
    times[-1] / n_steps
    for times, n_steps in zip(
        measured.values(), steps(np.array([len(row) for row in shops[-1]]), sizes[-1])
    )
]
print("    items       users    all pairs    lists        one n × n table")
for n, m in ((10_000, 10_000), (100_000, 100_000), (1_000_000, 1_000_000)):
    dense, through_lists = (c * s for c, s in zip(steps(np.full(m, 20), n), per_step))
    print(
        f"{n:>9,}   {m:>9,} {dense / 3600:>10,.2f} h {through_lists / 3600:>8.3f} h"
        f" {4 * n**2 / 1e9:>12,.1f} GB"
    )

# %% [markdown]
# The memory is as bad as the time: one number for every pair of a million items takes 4,000 GB. This is
# why we keep only a few neighbours of each item.

# %% [markdown]
# ## 6. The best k, and what to do about ties
#
# From all similarities of an item, keep the $k$ largest: its **k nearest neighbours**.
#
# What if two are equal? In the shop, milk is as near to tea as it is to coffee: $3/\sqrt{15}$ both
# times. With $k = 1$, only one can stay. If we leave it to chance, then two correct programs give two
# different answers, and you can never test one against the other. So we need a rule for such **ties**: **of
# equal similarities, the lower item number comes first.**
#
# One Python trick is useful here: tuples are compared place by place. Sorting by the key
# `(-value, number)` puts high values first, and lower numbers first among equal values.


# %% nbgrader={"grade": false, "grade_id": "best_neighbors", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def best_neighbors(similarities: dict[int, np.float32], k: int) -> list[int]:
    """The k items with the highest similarities, best first; of equal ones the lower number first.

    Args:
        similarities: for each other item its similarity.
        k: how many to keep; all of them where there are fewer.

    Example: best_neighbors({7: 0.5, 3: 0.5, 5: 0.9}, 2) is [5, 3].
    Hint: `sorted(similarities, key=…)` sorts the item numbers.
    """
    ### BEGIN SOLUTION
    return sorted(similarities, key=lambda other: (-similarities[other], other))[:k]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_best_neighbors", "locked": true, "points": 3, "schema_version": 3, "solution": false}
some = {7: np.float32(0.5), 3: np.float32(0.5), 5: np.float32(0.9), 1: np.float32(0.2)}
yours = best_neighbors(some, 4)
assert yours is not None and len(yours) == 4, (
    f"There are four similarities, and k = 4; yours keeps {yours}."
)
assert yours[0] != 1, "Your list begins with the least similar item: the highest comes first."
assert list(yours) != [5, 7, 3, 1], (
    "Items 3 and 7 are equally similar, so 3, the lower number, should come first. Sort by the value, "
    "and then by the number."
)
assert list(yours) == [5, 3, 7, 1], f"Best first: [5, 3, 7, 1] was expected, yours is {yours}."
for k in (1, 2, 3):
    assert list(best_neighbors(some, k)) == [5, 3, 7][:k], (
        f"With k = {k}, {[5, 3, 7][:k]} should stay; yours keeps {best_neighbors(some, k)}. Sort "
        "everything first, then cut."
    )
assert list(best_neighbors(some, 100)) == [5, 3, 7, 1], (
    "With k = 100 and only four similarities, all four should stay."
)
assert list(best_neighbors({}, 3)) == [], (
    "Without any similarities there are no neighbours: return []."
)
print("Part 6 works: your best k are everybody's best k.")

# %% [markdown]
# ## 7. All neighbours of all items
#
# Put it together. For each item: count the common users, make similarities of the counts, keep the
# best $k$.
#
# The answer is CSR again, as in lesson 01, with a row for each item. It has three arrays:
#
# - `indices`: the neighbours of item 0, then those of item 1, and so on; *ascending* inside each row, as in
#   every CSR (the *values* tell which neighbour is best);
# - `values`: the similarity of each of them, in the same places;
# - `indptr`: where each row starts. The neighbours of item `i` are
#   `indices[indptr[i] : indptr[i + 1]]`. An item without neighbours has an empty row.
#
# One detail. The answer is `float32` (four bytes for each number are enough), but Python computes in
# `float64`. Two numbers that differ in `float64` may be equal in `float32`. Then you would choose by a
# difference that nobody can see in the answer. So first round, `np.float32(similarity(…))`, and then
# choose.


# %% nbgrader={"grade": false, "grade_id": "item_similarity", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def item_similarity(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    k: int,
    shrinkage: float = 0.0,
    n_threads: int = 1,
) -> Neighbors:
    """The k most similar items of each item; equal similarities go by the lower item number.

    Args:
        indptr, indices: who has what, as CSR with a row for each user.
        n_items: how many items there are.
        k: at most so many neighbours for each item.
        shrinkage: s.
        n_threads: has no effect here.

    Returns:
        Neighbors(indptr, indices, values), a row for each item.

    Approach, for each item: `common_users`; a dictionary of float32 similarities; `best_neighbors`;
    append them, sorted by number, to `neighbors`, and their similarities to `values`; append
    `len(neighbors)`, where the next row begins, to `starts`.
    """
    items_of = [indices[start:stop].tolist() for start, stop in itertools.pairwise(indptr)]
    users_of = users_of_items(items_of, n_items)

    starts = [0]
    neighbors: list[int] = []
    values: list[np.float32] = []
    for item in range(n_items):
        ### BEGIN SOLUTION
        similarities = {}
        for other, n in common_users(item, items_of, users_of).items():
            # What is compared is what is returned: a float32.
            similarities[other] = np.float32(
                similarity(n, len(users_of[item]), len(users_of[other]), shrinkage)
            )
        best = sorted(best_neighbors(similarities, k))
        neighbors += best
        values += [similarities[other] for other in best]
        starts.append(len(neighbors))
        ### END SOLUTION
    return Neighbors(
        np.array(starts, dtype=np.int64),
        np.array(neighbors, dtype=np.int32),
        np.array(values, dtype=np.float32),
    )


# %% [markdown]
# Three small helpers, for the tests and for looking at answers. Run the cell and go on.


# %%
def as_csr(items_of):
    """The lists of users as the two arrays of CSR."""
    starts = np.cumsum([0] + [len(items) for items in items_of])
    return starts.astype(np.int64), np.array([i for items in items_of for i in items], np.int32)


def row_of(found, item):
    """The neighbours of an item and their similarities, as they stand in the answer."""
    start, stop = found.indptr[item], found.indptr[item + 1]
    return found.indices[start:stop].tolist(), found.values[start:stop].tolist()


def dense_similarity(items_of, n_items, shrinkage):
    """Every similarity by the dense way, 0 where there is none: slow, short and easy to trust."""
    n_common = all_pairs(items_of, n_items).astype(np.float64)
    n_users = np.diag(n_common).copy()
    np.fill_diagonal(n_common, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrunk = (
            n_common / np.sqrt(np.outer(n_users, n_users)) * (n_common / (n_common + shrinkage))
        )
    return np.where(n_common > 0, shrunk, 0).astype(np.float32)


# %% nbgrader={"grade": true, "grade_id": "test_item_similarity", "locked": true, "points": 5, "schema_version": 3, "solution": false}
found = item_similarity(*as_csr(SHOP), 6, k=5)
assert len(found.indptr) == 7, (
    f"indptr should have 7 entries for 6 items, yours has {len(found.indptr)}: one start for each row, "
    "also for an empty one, and the end."
)
assert found.indptr[-1] == len(found.indices) == len(found.values), (
    f"The last start is {found.indptr[-1]}, but there are {len(found.indices)} neighbours and "
    f"{len(found.values)} values: all three should be the same. A start counts all neighbours so far."
)
expected = dense_similarity(SHOP, 6, 0.0)
for item in range(6):
    others, values = row_of(found, item)
    assert item not in others, f"{NAMES[item]} is its own neighbour."
    assert others == sorted(others), (
        f"The row of {NAMES[item]} is {others}: inside a row the item numbers should ascend. Choose by "
        "similarity, and sort what you have chosen by number."
    )
    assert others == np.flatnonzero(expected[item]).tolist(), (
        f"With k = 5, the neighbours of {NAMES[item]} should be all items with a common user, "
        f"{np.flatnonzero(expected[item]).tolist()}; yours are {others}."
    )
    for other, value in zip(others, values):
        assert abs(value - expected[item, other]) < 1e-6, (
            f"The similarity of {NAMES[item]} and {NAMES[other]} should be {expected[item, other]:.3f}; "
            f"yours is {value:.3f}. Does each value stand in the place of its own neighbour, and is it "
            "made with the numbers of users of both items?"
        )

nearest = [row_of(item_similarity(*as_csr(SHOP), 6, k=1), item)[0] for item in range(6)]
assert all(len(row) == 1 for row in nearest), f"With k = 1 each row holds one item, not {nearest}."
assert nearest == [[1], [0], [0], [2], [5], [4]], (
    "With k = 1, the nearest of tea, honey, milk, coffee, saffron and vanilla are honey, tea, tea "
    f"(a tie with coffee), milk, vanilla and saffron: [[1], [0], [0], [2], [5], [4]]; yours: {nearest}."
)
shrunk = row_of(item_similarity(*as_csr(SHOP), 6, k=1, shrinkage=2.0), 0)
assert shrunk[0] == [2], (
    "With a shrinkage of 2, three common users count for more, and milk (0.465) comes before honey "
    f"(0.408) among the neighbours of tea; yours says {shrunk[0]}. Choose by the shrunk similarity."
)
assert abs(shrunk[1][0] - 3 / math.sqrt(15) * 3 / 5) < 1e-6, (
    f"Tea and milk, shrunk by 2: 3 / √15 · 3 / 5 = 0.465; yours is {shrunk[1][0]:.3f}."
)

interactions = make_synthetic(60, 80, 1500, seed=3)
interactions = interactions.keep(interactions.indices != 79)  # nobody has the last item
lists = [row.tolist() for row in np.split(interactions.indices, interactions.indptr[1:-1])]
expected = dense_similarity(lists, 80, 4.0)
found = item_similarity(interactions.indptr, interactions.indices, 80, k=7, shrinkage=4.0)
assert len(found.indptr) == 81, "An item that nobody has still gets a row, an empty one."
for item in range(80):
    best = np.argsort(-expected[item], kind="stable")[:7]
    best = sorted(best[expected[item, best] > 0].tolist())
    assert row_of(found, item)[0] == best, (
        f"In a random shop with 80 items, k = 7 and s = 4, item {item} should have the neighbours {best}; "
        f"yours has {row_of(found, item)[0]}."
    )

# Item 2 is nearer to item 0 than item 1 is, but only in float64. In float32 they are equal.
close = item_similarity(*as_csr([[0, 1], [0, 2], [0, 2], [2], [2]]), 3, k=1, shrinkage=1e-9)
assert row_of(close, 0)[0] == [1], (
    "Two similarities are equal in float32, and you chose by a difference that only float64 can see. "
    "Round to np.float32 before you choose."
)
print("Part 7 works: every item knows its neighbours.")

# %% [markdown]
# What does shrinkage do to real neighbours? Here are the nearest five of an item that few users have,
# in a shop of 400 items, with $s = 0$ and with $s = 20$.

# %%
small = random_split(make_synthetic(300, 400, 15_000, seed=5), valid_fraction=0.2, seed=0)
csr = small.train.indptr, small.train.indices, small.train.n_items
items_of = [row.tolist() for row in np.split(small.train.indices, small.train.indptr[1:-1])]
popularity = small.train.popularity()
rare = int(np.flatnonzero(popularity == 4)[0])
n_common = common_users(rare, items_of, users_of_items(items_of, len(popularity)))
counts = all_pairs(items_of, len(popularity))
np.fill_diagonal(counts, 0)
n_pairs = len(popularity) * (len(popularity) - 1)
print(f"{1 - np.count_nonzero(counts) / n_pairs:.0%} of all pairs have no common user\n")
for s in (0.0, 20.0):
    others, values = row_of(item_similarity(*csr, k=5, shrinkage=s), rare)
    print(f"s = {s:g}: the neighbours of item {rare}, which {popularity[rare]} users have")
    for other, value in sorted(zip(others, values), key=lambda pair: -pair[1]):
        print(
            f"   item {other:>3}: similarity {value:.3f}, {n_common[other]} users in common, "
            f"{popularity[other]} have it"
        )

# %% [markdown]
# Compare the two lists. Shrinkage moves up the neighbours that have more users in common with the item.
# These are often items that many people have. Such a list is safer, and closer to "most popular". Is it
# better? We will measure that in part 10.

# %% [markdown]
# ## 8. From neighbours to scores
#
# Now recommend. User $u$ has the items $I_u$. How well does a candidate item $i$ fit? Let its
# neighbours vote. $N(i)$ are the $k$ neighbours of item $i$:
#
# $$\mathrm{score}(u, i) = \sum_{j \,\in\, N(i) \,\cap\, I_u} \mathrm{similarity}(i, j).$$
#
# In words: go through the neighbours *of the candidate*, and add up the similarities of those that the
# user has. (One could also go through the neighbours of the items that the user has. That is another
# model: once only $k$ neighbours are kept, $i$ can be a neighbour of $j$ when $j$ is none of $i$. The model
# above asks the same number of neighbours about every candidate.)
#
# Items that the user has already get a score like any other. We leave them out later.


# %% nbgrader={"grade": false, "grade_id": "neighbor_scores", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def neighbor_scores(neighbors: Neighbors, items: NDArray[np.int32]) -> NDArray[np.float64]:
    """The score of every item for a user who has these items.

    Args:
        neighbors: what ``item_similarity`` found: CSR with a row for each item.
        items: the items that the user has; may be empty.

    Returns:
        A number for each item, shape (n_items,), where n_items = len(neighbors.indptr) - 1. It is 0
        where the user has none of an item's neighbours.

    Approach: for each item, take its row of `indices` and of `values`, and add up the values whose
    index is one of the user's items.
    Hint: `np.isin(row, items)` says of each entry of a row whether it is among the items.
    """
    ### BEGIN SOLUTION
    n_items = len(neighbors.indptr) - 1
    has = np.zeros(n_items)
    has[items] = 1
    votes = neighbors.values * has[neighbors.indices]
    rows = np.repeat(np.arange(n_items), np.diff(neighbors.indptr))
    return np.bincount(rows, weights=votes, minlength=n_items)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_neighbor_scores", "locked": true, "points": 3, "schema_version": 3, "solution": false}
# The neighbours of five items, by hand: 0 has (1: 0.5), 1 has (0: 0.5, 2: 0.25), 2 has none, 3 has
# (0: 0.1, 1: 0.2, 2: 0.4), and 4 has none.
hand = Neighbors(
    np.array([0, 1, 3, 3, 6, 6]),
    np.array([1, 0, 2, 0, 1, 2], dtype=np.int32),
    np.array([0.5, 0.5, 0.25, 0.1, 0.2, 0.4], dtype=np.float32),
)
yours = neighbor_scores(hand, np.array([0, 2], dtype=np.int32))
assert yours is not None and len(yours) == 5, (
    f"There are five items, so there should be five scores, also for the last item, which has no "
    f"neighbours; yours are {yours}."
)
assert not np.allclose(yours, [0, 2, 0, 2, 0]), (
    "You counted the neighbours that the user has. Add up their similarities instead."
)
assert not np.allclose(yours, [0, 0.5, 0, 0, 0]), (
    "You went through the neighbours of the items that the user has. Go through the neighbours of each "
    "candidate instead: score i comes from row i."
)
for mean in ([0, 0.375, 0, 0.25, 0], [0, 0.375, 0, 0.5 / 3, 0]):
    assert not np.allclose(yours, mean), (
        "You took a mean of the similarities. The score is their sum: more support is better."
    )
assert not np.allclose(yours, [0.5, 0.75, 0, 0.7, 0]), (
    "You added up all similarities of a row. Only the neighbours that the user has may vote."
)
assert np.allclose(yours, [0, 0.75, 0, 0.5, 0]), (
    "A user with the items 0 and 2: item 1 gets 0.5 + 0.25, item 3 gets 0.1 + 0.4, the others 0. "
    f"[0, 0.75, 0, 0.5, 0] was expected; yours is {np.round(yours, 3).tolist()}."
)
yours = neighbor_scores(hand, np.array([0, 1], dtype=np.int32))
assert not np.allclose(yours, [0, 0, 0, 0.3, 0]), (
    "You left out the items that the user has. Here they get a score like any other; `top_k` in part 9 "
    "leaves them out."
)
assert np.allclose(yours, [0.5, 0.5, 0, 0.3, 0]), (
    f"A user with the items 0 and 1: [0.5, 0.5, 0, 0.3, 0] was expected; yours is "
    f"{np.round(yours, 3).tolist()}."
)
yours = neighbor_scores(hand, np.array([], dtype=np.int32))
assert len(yours) == 5 and not np.any(yours), (
    f"A user without items: all scores are 0; yours are {yours}."
)
print("Part 8 works: the neighbours vote.")

# %% [markdown]
# ## 9. From scores to lists
#
# The last step is the same for nearly every recommender: take the scores of all items, leave out what
# the user has seen, and keep the best $k$. So it is written once, for all of them, in this form:
#
# $$\mathrm{score}(u, i) = p_u \cdot q_i + b_i.$$
#
# Each user has a vector $p_u$ (a row of `user_factors`), each item has a vector $q_i$ (a row of
# `item_factors`), and an item may have a number $b_i$ of its own, its **bias**.
#
# Do neighbours fit into this form? Yes. Let $p_u$ be the row of $R$ for user $u$: 1 where they have an item.
# Let $q_i$ hold the similarities of item $i$ in the places of its neighbours, and 0 elsewhere. Then
# the product $p_u \cdot q_i$ is exactly the sum of part 8. "Most popular" fits too: no vectors, and
# $b_i$ is the number of users of item $i$. In lesson 04 the vectors become short. This function stays.
#
# For each user:
#
# 1. compute all scores: `item_factors @ user`, plus the biases where there are some (`None` means none);
# 2. set the scores of seen items to $-\infty$, that is `-np.inf` (not to 0: other scores may be
#    negative). The items that user number `row` has seen are
#    `seen_indices[seen_indptr[row] : seen_indptr[row + 1]]`;
# 3. keep the best $k$, best first, and of equal scores the lower item number first.
#
# For step 3 use a *stable* sort: one that leaves equal elements in the order in which they came.
# `np.argsort(-score, kind="stable")` is the order from high to low, with the lower number first.
# Without `kind="stable"` NumPy promises nothing about ties.
#
# Sometimes fewer than $k$ items are left. Then the rest of the row stays as it was prepared: −1 for
# items, $-\infty$ for scores. The same holds for a score that is $-\infty$ or not a number (`nan`,
# which comes from $\infty - \infty$ when float32 overflows): such an item is never listed.


# %% nbgrader={"grade": false, "grade_id": "top_k", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def top_k(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    *,
    k: int,
    n_threads: int = 1,
) -> TopK:
    """The k best unseen items of each user; equal scores go by the lower item number.

    Args:
        user_factors, item_factors: float32, shapes (n_users, d) and (n_items, d).
        item_biases: float32, shape (n_items,); None for no biases.
        seen_indptr, seen_indices: what each user has seen, as CSR.
        k: length of the lists; may be more than the number of items.
        n_threads: has no effect here.

    Returns:
        TopK(items, scores), both of shape (n_users, k), best first; −1 and −inf fill up short rows.

    Hint: `best = np.argsort(…)[:k]` are item numbers, `score[best]` their scores. Keep those with
    `score[best] > -np.inf`, and write them to the first `len(best)` places of the row.
    """
    items = np.full((len(user_factors), k), -1, dtype=np.int32)
    scores = np.full((len(user_factors), k), -np.inf, dtype=np.float32)
    for row, user in enumerate(user_factors):
        ### BEGIN SOLUTION
        with np.errstate(over="ignore", invalid="ignore"):
            score = item_factors @ user
            if item_biases is not None:
                score = score + item_biases
        score[seen_indices[seen_indptr[row] : seen_indptr[row + 1]]] = -np.inf
        score[np.isnan(score)] = -np.inf
        # A stable sort of the negated scores keeps equal ones in the order of their numbers.
        best = np.argsort(-score, kind="stable")[:k]
        best = best[score[best] > -np.inf]
        items[row, : len(best)] = best
        scores[row, : len(best)] = score[best]
        ### END SOLUTION
    return TopK(items, scores)


# %% nbgrader={"grade": true, "grade_id": "test_top_k", "locked": true, "points": 5, "schema_version": 3, "solution": false}
def listed(user_rows, item_rows, biases=None, seen=None, k=3):
    """What top_k lists, for plain lists of numbers."""
    user_rows = np.array(user_rows, dtype=np.float32)
    biases = None if biases is None else np.array(biases, dtype=np.float32)
    starts, indices = as_csr([[] for _ in user_rows] if seen is None else seen)
    return top_k(user_rows, np.array(item_rows, dtype=np.float32), biases, starts, indices, k=k)


found = listed([[1, 2]], [[1, 0], [0, 1], [1, 1], [-1, 0]])
assert found.items.shape == (1, 3), (
    f"For one user and k = 3, items should have shape (1, 3), not {found.items.shape}."
)
assert found.items[0, 0] != -1, "Nothing is listed: write the best items into the row of the user."
assert found.items[0].tolist() != [3, 0, 1], "The worst come first: sort from high to low."
assert found.items[0].tolist() == [2, 1, 0], (
    f"The scores are 1, 2, 3 and −1, so the best three are items 2, 1 and 0; yours are {found.items[0]}."
)
assert found.scores[0].tolist() == [3, 2, 1], (
    f"Beside the items 2, 1 and 0 their scores 3, 2 and 1 are expected; yours are {found.scores[0]}."
)
found = listed([[1]], [[0]] * 20, k=5)
assert found.items[0].tolist() == [0, 1, 2, 3, 4], (
    "All scores are equal, so the lowest numbers 0, 1, 2, 3, 4 should be listed in this order; yours "
    f"are {found.items[0]}. Reversing an ascending sort turns ties around: sort −score, stable."
)
few_values = np.random.default_rng(3).integers(0, 4, (800, 1))
found = listed([[1]], few_values, k=800)
assert found.items[0].tolist() == np.argsort(-few_values[:, 0], kind="stable").tolist(), (
    "Of 800 items with four different scores, some equal ones are not in the order of their numbers. Is "
    'kind="stable" there? Without it, argsort may order equal scores in any way, and often does so only '
    "in long lists."
)
found = listed([[1]], [[0.5], [0.1], [0.3]], biases=[0, 1, 0])
assert found.items[0].tolist() == [1, 0, 2], (
    f"With the biases 0, 1, 0 the scores are 0.5, 1.1, 0.3, so 1, 0, 2; yours are {found.items[0]}."
)

found = listed([[-1], [-1]], [[1], [2], [3], [4]], seen=[[0], [1, 3]], k=2)
assert not {0} & set(found.items[0].tolist()), (
    "User 0 has seen item 0, and it is recommended again. Set the scores of all seen items to -np.inf; 0 "
    "is not low enough where other scores are negative."
)
assert not {1, 3} & set(found.items[1].tolist()), (
    f"User 1 has seen the items 1 and 3, but the list is {found.items[1]}: are the seen items those of "
    "this user, and all of them?"
)
assert found.items.tolist() == [[1, 2], [0, 2]], (
    f"The scores are −1, −2, −3, −4. User 0 has seen item 0, user 1 the items 1 and 3: [[1, 2], [0, 2]] "
    f"was expected; yours is {found.items.tolist()}."
)
found = listed([[1], [1]], [[1], [2], [3]], seen=[[0, 2], [0, 1, 2]], k=5)
assert found.items.tolist() == [[1, -1, -1, -1, -1], [-1] * 5], (
    "User 0 has one unseen item, user 1 none: the lists are 1, −1, −1, −1, −1 and all −1; yours are "
    f"{found.items.tolist()}. An item with the score −inf must not be listed."
)
assert found.scores.tolist() == [[2] + [-np.inf] * 4, [-np.inf] * 5], (
    f"Where no item is listed the score is −inf; yours are {found.scores.tolist()}."
)
assert (found.items.dtype, found.scores.dtype) == (np.int32, np.float32), (
    f"items should be int32 and scores float32, not {found.items.dtype} and {found.scores.dtype}."
)
with np.errstate(all="ignore"):
    found = listed([[3e38, 3e38]], [[3e38, -3e38], [-1, 0]], k=2)
# (Where the processor rounds a product and a sum together, the score is ∞.)
assert found.items[0].tolist() == [1, -1] or found.scores[0, 0] == np.inf, (
    f"The score of item 0 is not a number (nan), so it should not be listed; yours are {found.items[0]}."
)

# Neighbours in this form: the lists are those of your neighbor_scores.
interactions = make_synthetic(40, 60, 1200, seed=4)
neighbors = item_similarity(interactions.indptr, interactions.indices, 60, k=10)
S = np.zeros((60, 60), dtype=np.float32)
S[np.repeat(np.arange(60), np.diff(neighbors.indptr)), neighbors.indices] = neighbors.values
R = interactions.to_csr().toarray()
found = top_k(R, S, None, interactions.indptr, interactions.indices, k=10)
for user in range(40):
    had = interactions.indices[interactions.indptr[user] : interactions.indptr[user + 1]]
    expected = neighbor_scores(neighbors, had)
    expected[had] = -np.inf
    assert np.allclose(found.scores[user], np.sort(expected)[::-1][:10], atol=1e-5), (
        f"For user {user}, the ten best scores of neighbor_scores are "
        f"{np.round(np.sort(expected)[::-1][:10], 3)}; top_k has {np.round(found.scores[user], 3)}."
    )
print("Part 9 works: scores have become lists.")

# %% [markdown]
# ## 10. How many neighbours?
#
# Now all parts are there. This small class puts them together into something that `evaluate` of
# lesson 02 can judge. It holds no ideas of its own: look for your two functions, `item_similarity` and
# `top_k`.


# %%
class MyNeighbors:
    """Recommends by your item_similarity and your top_k."""

    def __init__(self, train: Interactions, k: int, shrinkage: float):
        self.train = train
        found = item_similarity(
            train.indptr, train.indices, train.n_items, k=k, shrinkage=shrinkage
        )
        self.S = np.zeros((train.n_items, train.n_items), dtype=np.float32)
        self.S[np.repeat(np.arange(train.n_items), np.diff(found.indptr)), found.indices] = (
            found.values
        )

    def rank(self, rows, k):
        seen = [self.train.indices[self.train.indptr[u] : self.train.indptr[u + 1]] for u in rows]
        starts = np.cumsum([0] + [len(items) for items in seen])
        R = self.train.to_csr()[rows].toarray()
        return top_k(R, self.S, None, starts, np.concatenate(seen), k=k)


# %% [markdown]
# Try it with few and many neighbours, with and without shrinkage. To choose a setting, hold out one more
# part of the data, the **validation part**. Never choose on the test part: a setting that was picked because
# it does well there has seen the answers, and that is a leak (lesson 01).

# %% tags=["experiment"]
few_and_many = [1, 3, 10, 30, 100, 399]
curves = {
    s: [
        evaluate(MyNeighbors(small.train, k, s), small.valid, metrics="ndcg@10")["ndcg@10"]
        for k in few_and_many
    ]
    for s in (0.0, 20.0)
}
popular = evaluate(MostPopular().fit(small.train), small.valid, metrics="ndcg@10")["ndcg@10"]

# %% tags=["experiment"]
for s, curve in curves.items():
    plt.plot(few_and_many, curve, marker="o", label=f"your neighbours, s = {s:g}")
plt.axhline(popular, color="grey", linestyle="--", label="most popular")
plt.xscale("log")
plt.xticks(few_and_many, few_and_many)
plt.minorticks_off()
plt.xlabel("k, neighbours of each item")
plt.ylabel("NDCG@10 (higher is better)")
plt.title("How many neighbours?")
plt.legend()
plt.show()

# %% [markdown]
# Three things to see:
#
# - **One neighbour is not enough.** Most candidates then get no vote at all.
# - **All items as neighbours are too many.** Distant neighbours vote too, there are many of them, and
#   popular items vote on nearly every candidate. Keeping the best $k$ saves memory *and* ranks better.
# - **Shrinkage helps while there are few neighbours, and hurts when there are many.** In a sum over many
#   neighbours, accidents even out without it, and then shrinkage only favours popular items. A page "people
#   who had this also had", with five items on it, needs it most. No setting is right for all data: measure
#   on yours.

# %% [markdown]
# ## 11. For real
#
# The library's `ItemKNN` is the model of part 8. It does not know how to find neighbours: it calls
# `item_similarity` of the backend that is in use. `MostPopular` (like every model of the next lessons) calls
# `top_k`. Such a function, one of the few that do the heavy work, is called an **op**. Any object that has
# ops is a backend. So is this:

# %% tags=["experiment"]
mine = SimpleNamespace(name="mine", item_similarity=item_similarity, top_k=top_k)
split = load_split("synthetic-100k")

start = time.perf_counter()
with use_backend(mine):
    my_knn = ItemKNN(k=100, shrinkage=0.0).fit(split.train)
my_seconds = time.perf_counter() - start

with use_backend(mine):
    for name, model in (
        ("most popular", MostPopular().fit(split.train)),
        ("your neighbours", my_knn),
    ):
        quality = evaluate(model, split, metrics=("ndcg@10", "recall@10"))
        print(f"{name:<16} NDCG@10 {quality['ndcg@10']:.3f}   recall@10 {quality['recall@10']:.3f}")

# %% [markdown]
# Your neighbours beat popularity clearly. (`load_split("ml-100k")` does the same with MovieLens, once
# you have downloaded it.)
#
# ### Recommendations for you
#
# Now the most important user: you. If MovieLens 100K is on this computer, you see films of the 1990s
# (`from recsys_edu.datasets import download_dataset; download_dataset("ml-100k")` fetches it). If it is not,
# you see made-up titles for data that are made by code. The lists work then as well, but nobody can tell
# whether they suit your taste.

# %% tags=["experiment"]
try:
    titles, films = load_titles("ml-100k"), load_dataset("ml-100k")
except DatasetNotFoundError:
    titles, films = load_titles("synthetic-100k"), load_dataset("synthetic-100k")
film_titles = [titles[item_id] for item_id in films.item_ids.tolist()]
well_known = np.argsort(-films.popularity(), kind="stable")[:60]
for place, item in enumerate(well_known):
    print(f"{place:>3}  {film_titles[item]}")

# %% [markdown]
# Choose ten that you like, and write their places into the list. Run both cells again after each change.

# %% tags=["experiment"]
LIKED = [0, 3, 6, 10, 17, 21, 28, 33, 42, 50]  # your ten places

films_found = item_similarity(films.indptr, films.indices, films.n_items, k=100)

# %% tags=["experiment"]
liked = well_known[LIKED]
for_you = neighbor_scores(films_found, liked)
for_you[liked] = -np.inf
for item in np.argsort(-for_you, kind="stable")[:10]:
    neighbors, values = row_of(films_found, item)
    votes = {j: value for j, value in zip(neighbors, values) if j in set(liked.tolist())}
    because = film_titles[max(votes, key=votes.get)] if votes else "no neighbour of yours"
    print(f"{for_you[item]:5.2f}  {film_titles[item]:<48} because of {because}")

# %% [markdown]
# Each line names the film of yours that had the strongest vote. A model that can say *because* is easy to
# check and easy to correct. Take one film out of your ten: which recommendations disappear with it?
#
# And what does all this cost?

# %% tags=["experiment"]
dense, through_lists = steps(np.diff(split.train.indptr), split.train.n_items)
print(
    f"{my_seconds:.1f} s to find all neighbours, {through_lists / my_seconds / 1e6:.1f} million steps a second"
)
print(f"all pairs would be {dense:,} steps, through the lists there are {through_lists:,}")
with use_backend("optimized"):
    start = time.perf_counter()
    ItemKNN(k=100, shrinkage=0.0).fit(split.train)
    print(f"the same steps in compiled code take {time.perf_counter() - start:.2f} s")

# %% [markdown]
# **To go further.** (Not graded.) Being a neighbour is not mutual: $i$ can be among the nearest of $j$ when
# $j$ is not among the nearest of $i$. Write the other model of part 8, which goes through the neighbours of
# the user's items. Guess which one recommends more *different* items to all users together, then count.

# %% [markdown]
# ## 12. Questions
#
# A few sentences each. They are marked by a person.
#
# **a) A large shop.** A shop has one million items and ten million users, who have 20 items each. How
# many steps does each of the two ways take? How much memory does the full table of similarities need
# in float32, and how much do the 50 nearest neighbours of each item need as CSR? Then a robot arrives that has
# "bought" 200,000 items. What does it do to the number of steps, and what would you do about it?

# %% [markdown] nbgrader={"grade": true, "grade_id": "a_large_shop", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The dense way takes $10^7 \cdot (10^6)^2 = 10^{19}$ steps, the lists $10^7 \cdot 20^2 = 4 \cdot 10^9$. The
# full table has $10^{12}$ numbers, 4 TB. As CSR, each neighbour takes 4 bytes for its number and 4 for its value:
# $50 \cdot 10^6 \cdot 8$ bytes are 400 MB, and 8 MB for indptr. The robot alone adds $200{,}000^2 = 4 \cdot 10^{10}$ steps, ten
# times as many as all others together, and it says little about any pair of items. Leave such users out, or take a sample
# of a few hundred of their items.
#
# === BEGIN MARK SCHEME ===
# 1 point: 10^19 against 4·10^9. 1 point: 4 TB against about 400 MB (300 to 500). 1 point: the robot's 4·10^10
# steps outweigh all others', and a sensible cap, sample or filter.
# === END MARK SCHEME ===

# %% [markdown]
# **b) Ties.** In this lesson, equal values go to the lower item number, and "equal" means equal in
# float32. Suppose that a colleague leaves the order of ties to chance. Nobody's recommendations get worse on
# average. Give two things that become harder or impossible, and say why the rule compares float32
# values although Python computes in float64.

# %% [markdown] nbgrader={"grade": true, "grade_id": "ties", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Two implementations (plain Python, Cython, a GPU; one thread or eight) can no longer be compared exactly, so a real bug can
# hide behind "it is only a tie". Runs cannot be repeated: a list changes from one call to the next with the same model,
# caches and saved results differ, and a user sees items jump. The answer is float32: a choice made by digits that
# are not in the answer cannot be checked from the answer, and another implementation that rounds earlier would choose otherwise.
#
# === BEGIN MARK SCHEME ===
# 1 point each for two of: exact comparison of implementations or thread counts; repeatable runs and tests; stable lists
# for users or caches. 1 point: the choice must depend only on what is returned (float32), not on digits that are lost.
# === END MARK SCHEME ===

# %% [markdown]
# **c) One more purchase.** Your shop is running, and all neighbours are computed. Now user $u$ buys item $i$ for the
# first time. Which similarities change? (Look at every symbol in the equation of part 3.) Would you
# recompute at every purchase? Describe what you would keep, and what you would accept to be a little out of date.

# %% [markdown] nbgrader={"grade": true, "grade_id": "one_more_purchase", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# $n$ grows by one for the pairs of $i$ with each item that $u$ has already. But $|U_i|$ grows too, so the similarity of $i$
# with *every* item that it shares a user with changes a little. Each such change can push $i$ into or out of the
# neighbours of another item, so many rows may change. At every purchase that is too much. Keep the counts ($n$ for pairs that occur,
# and $|U_i|$), which are cheap to add 1 to, and make neighbours of them every night; or recompute only the row of $i$ and
# those of the user's items. What the user has *seen* should be fresh at once, or the shop recommends what was just bought;
# similarities move slowly and may be a day old.
#
# === BEGIN MARK SCHEME ===
# 1 point: n for the pairs of i with the user's items. 1 point: |U_i| changes all similarities of i, and so rows of other
# items. 1 point: a plan that separates what must be fresh (seen items, counts) from what may be stale (neighbours).
# === END MARK SCHEME ===

# %% [markdown]
# ## What next
#
# In a terminal, in your workspace:
#
# ```
# tito complete 3
# ```
#
# It runs the tests above, exports your functions to `my_recsys/neighbors.py` and asks the question of
# this lesson: can my neighbours recommend? Then try, in any notebook or script of the workspace,
#
# ```python
# from recsys_edu import ItemKNN, set_backend
# set_backend("student")      # your counting
# set_backend("optimized")    # the same model, in compiled code
# ```
#
# Neighbours have one blind spot. Two items without a common user have similarity 0, even if the same
# *kind* of people likes both. In a large shop most pairs of items are like that. In lesson 04, each user and
# each item becomes a short vector, and two items can be alike without a single user in common.
