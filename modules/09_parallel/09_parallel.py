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
# # Lesson 09. Parallel: all cores, and the same bytes
#
# **The question of this lesson: can I use every core and get the same bytes?** First you let several threads write to
# one model without any order, and count what gets lost. Then you plan an epoch so that no two threads ever
# touch the same row. The model is then the same, byte for byte, for any number of threads.
#
# About three and a half hours. You need the plan of lesson 05, Amdahl's law from lesson 06, and an idea of what
# the kernel of lesson 08 does. A C compiler is not needed.
#
# | part | you write | points |
# | --- | --- | --- |
# | 2 | `count_conflicts` | 4 |
# | 3 | `conflict_free_rounds` | 3 |
# | 4 | `lay_out_tiles`, `plan_epoch` | 8 |
# | 5 | `ordered_sum` | 2 |
# | 6 | `run_rounds` | 5 |
# | 7 | `balance_blocks` | 4 |
# | 8 | `fit_amdahl` | 3 |
# | | three questions in words, one experiment | 12 |

# %% [markdown]
# ## Why
#
# Your kernel of lesson 08 keeps one core busy. This computer has more of them, and they stand idle. The obvious
# idea is to cut the triples of an epoch into pieces, one for each thread, and to let all threads work on the same
# factors at once.
#
# It works, nearly. The model comes out a little different each time, and nobody can say why a result of last week
# does not come back. A bug that shows once in ten runs cannot be found by trying. So the aim of this lesson is
# stricter than speed: **the number of threads must not change a single bit of the result.**

# %% [markdown]
# These are the imports of everything that you will export. The first cell is for the plan, the second for the other
# parts. Run both and go on.

# %% nbgrader={"grade": false, "grade_id": "plan_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export", "op"]
import itertools

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import (
    DRAWS_PER_TRIPLE,
    ITEM_BLOCKS,
    MAX_REJECTIONS,
    NEGATIVES,
    ORDER,
    SKIPPED,
    UNIFORM,
    USER_BLOCKS,
    EpochPlan,
    Sampler,
    UniformSampler,
    block_edges,
)
from recsys_backends.random import bounded, permutation, stream

# %% nbgrader={"grade": false, "grade_id": "parallel_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

# %% [markdown]
# And these only look at things; they stay in the notebook.

# %%
import hashlib
import os
import threading
import time

import matplotlib.pyplot as plt

from recsys_backends import naive, ops
from recsys_backends.plan import WeightedSampler, default_n_blocks
from recsys_edu import BPR, MostPopular, evaluate, load_split, use_backend
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.exported import Exported
from recsys_edu.workspace import find_workspace


def error_of(function, *args, **kwargs):
    """The error that a call raises, or None."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None


RATES = {"learning_rate": 0.05, "reg_user": 0.01, "reg_positive": 0.01, "reg_negative": 0.01}
print(f"This computer has {os.cpu_count()} cores.")

# %% [markdown]
# Threads need a kernel that works without Python's lock, the *GIL* (part 5 of lesson 08). This cell takes the
# library's: a `bpr_update` that applies the triples of a piece one after another, on one thread. In part 9 your own
# kernel of lesson 08 takes its place, if you have exported it.
#
# What a kernel is given is an `EpochPlan`, as in lesson 05: the columns `users`, `positives` and `negatives` (int32,
# one entry a triple), and the `bounds`, which say where each tile begins and ends in them. Here all triples are one
# tile. Of a plan, `plan.n_triples` is the number of triples, `plan.n_blocks` that of blocks, and `plan.tiles()`
# gives a slice for each tile.

# %%
try:
    from recsys_backends.optimized import bpr_update as library_kernel
except ImportError:
    library_kernel = naive.bpr_update
    print(
        "There is no compiled kernel here. The plain loop of lesson 05 takes its place: with Python's lock,"
    )
    print("so you will see no speed-up, and fewer lost updates.")


def apply_triples(kernel, arrays, triples, rates=RATES):
    """Apply an array of triples, shape (n, 3), to arrays of factors; return the loss."""
    columns = [np.ascontiguousarray(column, dtype=np.int32) for column in triples.T]
    plan = EpochPlan(*columns, np.array([0, len(triples)]))
    return kernel(*arrays, plan, **rates).loss


# %% [markdown]
# ## 1. Hogwild: everybody writes
#
# Cut the triples into as many pieces as there are threads, and start all threads at once on the same arrays. Nobody
# waits for anybody. Niu, Recht, Ré and Wright called this *Hogwild!* (NIPS 2011).


# %%
def hogwild(kernel, arrays, triples, n_threads, rates=RATES):
    """Apply triples on several threads at once, without any order between them."""
    gate = threading.Barrier(n_threads)  # so that all of them start together

    def work(piece):
        gate.wait()
        apply_triples(kernel, arrays, piece, rates)

    pieces = np.array_split(triples, n_threads)
    threads = [threading.Thread(target=work, args=(piece,)) for piece in pieces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# %% [markdown]
# To see what goes wrong, we need data on which each step can be counted. Here are some. All vectors are zero and stay
# zero. The negative items have a bias of $2^{23}$, so every triple is as wrong as can be: $x = b_i - b_j$ is far
# below zero, and $g = \sigma(-x)$ is exactly 1. With a learning rate of 1, each triple adds exactly 1 to the bias of
# its positive item. The positive item is always item 0. **So after $n$ triples the bias of item 0 is a count of the
# steps: it must be $n$.**

# %% tags=["experiment"]
n_steps = 4_000_000 if library_kernel is not naive.bpr_update else 10_000
counting = np.zeros((n_steps, 3), dtype=np.int32)
counting[:, 0] = np.arange(n_steps) % 64  # users
counting[:, 2] = 1 + np.arange(n_steps) % 8  # negative items; the positive one is item 0
COUNT = {"learning_rate": 1.0, "reg_user": 0.0, "reg_positive": 0.0, "reg_negative": 0.0}


def steps_that_stay(n_threads):
    """How many of the steps can still be seen afterwards."""
    biases = np.full(9, 2.0**23, dtype=np.float32)
    biases[0] = 0.0
    arrays = [np.zeros((64, 16), np.float32), np.zeros((9, 16), np.float32), biases]
    hogwild(library_kernel, arrays, counting, n_threads, COUNT)
    return int(biases[0])


stayed = {n_threads: [steps_that_stay(n_threads) for _ in range(5)] for n_threads in (1, 2, 4)}
for n_threads, counts in stayed.items():
    lost = [n_steps - count for count in counts]
    print(f"{n_threads} threads: lost updates in five runs {lost}, of {n_steps:,}")

# %% [markdown]
# With one thread nothing is lost. With two or more, updates vanish, and another number of them each time. (A run in
# which nothing is lost is luck: one thread had finished before the next one got a core. If all of your figures are 0,
# there is one core only, or no compiled kernel. Then run the cell again, or believe the picture.)
#
# An update is three steps for the processor: *read* the number, *add*, *write* it back. The picture shows two threads
# that add 1 to the same 7. Thread B reads before A has written. Both write 8. One update is lost: no error, no
# warning.

# %% tags=["experiment"]
figure, axes = plt.subplots(figsize=(9, 2.4))
moves = [
    (0, "A", "reads 7"),
    (1, "B", "reads 7"),
    (1, "A", "adds 1"),
    (2, "A", "writes 8"),
    (2, "B", "adds 1"),
    (3, "B", "writes 8"),
]
for start, thread, text in moves:
    row = "BA".index(thread)
    axes.barh(row, 0.94, left=start + 0.03, color=("#dd8452", "#4c72b0")[row], height=0.6)
    axes.text(start + 0.5, row, text, ha="center", va="center", color="white")
for boundary, value in enumerate((7, 7, 7, 8, 8)):
    axes.text(boundary, -0.75, value, ha="center", fontsize=11)
axes.text(-0.12, -0.75, "in memory:", ha="right")
axes.set(
    yticks=[0, 1],
    yticklabels=["thread B", "thread A"],
    xticks=[],
    xlim=(-0.1, 4.1),
    ylim=(-1.0, 1.5),
)
axes.set_xlabel("time →")
axes.set_title("Two updates of one number, and one is lost")
for side in axes.spines.values():
    side.set_visible(False)
plt.show()

# %% [markdown]
# Now a real model. Ten runs with the same data, the same first factors, the same triples and two threads. A *hash*
# turns the bytes of a model into a short text: two models with one different bit have different hashes.


# %% tags=["experiment"]
def fingerprint(arrays):
    """The first digits of a hash of all bytes of some arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:8]


def first_factors(n_users, n_items, n_factors=32):
    """Factors and biases before the first epoch, always the same."""
    generator = np.random.default_rng(9)
    users, items = (
        generator.normal(0, 0.1, (n, n_factors)).astype(np.float32) for n in (n_users, n_items)
    )
    return [users, items, np.zeros(n_items, dtype=np.float32)]


split = load_split("synthetic-100k").fold_valid()
train = split.train
with use_backend("naive"):
    one_tile = ops.plan_epoch(
        train.indptr, train.indices, train.n_items, seed=0, epoch=0, n_blocks=1
    )
triples = np.stack([one_tile.users, one_tile.positives, one_tile.negatives], axis=1)
if library_kernel is not naive.bpr_update:
    triples = np.tile(triples, (5, 1))  # five passes, so that the threads have time to meet
wild = {1: [], 2: []}
for n_threads, hashes in wild.items():
    for _ in range(10):
        arrays = first_factors(train.n_users, train.n_items)
        hogwild(library_kernel, arrays, triples, n_threads)
        hashes.append(fingerprint(arrays))
    print(
        f"{n_threads} threads: {len(set(hashes))} different models in ten runs: {' '.join(hashes)}"
    )

# %% [markdown]
# Ten runs: one model with one thread, and up to ten different ones with two. Hogwild is *not* a bad algorithm: its
# authors show that such models are as good as others where data are sparse. But no run can be repeated, a test of the
# whole fit can only be a rough one, and a real bug can hide behind "it always differs a little".

# %% [markdown]
# ## 2. How often do threads meet?
#
# Hogwild's paper says when it is harmless: when the data are *sparse*, so that two threads rarely touch the same row.
# Let us count how rarely. Real threads meet by chance, so we count in a model of them. In it all threads march in
# step: at step $t$, each one applies the $t$-th triple of its own piece, its *lane*.
#
# A triple touches three rows: its user's, and those of both items. If $m$ lanes touch the same row in the same step,
# that makes $m - 1$ **conflicts**: one of the lanes is on time, and the others may be lost.
#
# - User 3 and item 3 are different rows.
# - One triple's positive may be another one's negative: that is the same row.
# - A triple whose negative is `SKIPPED` touches nothing.
# - Lanes may differ in length. A lane that has ended touches nothing.


# %% nbgrader={"grade": false, "grade_id": "count_conflicts", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def count_conflicts(lanes: Sequence[NDArray[np.int32]]) -> int:
    """The number of conflicts when all lanes march in step.

    Args:
        lanes: for each thread its triples, int32, shape (n, 3): user, positive, negative; n may differ.

    Returns:
        The sum of m − 1 over all rows that m >= 2 lanes touch in one step.

    Approach: ``itertools.zip_longest`` over the lanes as lists gives the triples of each step, and None for a lane
    that has ended. Count the rows of a step, for example in a Counter of ("user", 3) and ("item", 3).
    """
    ### BEGIN SOLUTION
    n_conflicts = 0
    for step in itertools.zip_longest(*(lane.tolist() for lane in lanes)):
        touched: Counter[tuple[str, int]] = Counter()
        for triple in step:
            if triple is None or triple[2] == SKIPPED:
                continue
            user, positive, negative = triple
            touched.update([("user", user), ("item", positive), ("item", negative)])
        n_conflicts += sum(touched.values()) - len(touched)
    return n_conflicts
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_count_conflicts", "locked": true, "points": 4, "schema_version": 3, "solution": false}
def lane(*its_triples):
    """Triples as one lane."""
    return np.array(its_triples, dtype=np.int32).reshape(-1, 3)


assert count_conflicts([lane((0, 1, 2)), lane((3, 4, 5))]) == 0, (
    "Users 0 and 3, items 1, 2, 4, 5: no row is shared, so there is no conflict."
)
assert count_conflicts([lane((0, 1, 2)), lane((0, 4, 5))]) == 1, (
    "Both lanes write to user 0 in step 0: that is one conflict."
)
assert count_conflicts([lane((0, 1, 2)), lane((3, 2, 5))]) == 1, (
    "Item 2 is the negative of one lane and the positive of the other. It is one row, and one conflict."
)
assert count_conflicts([lane((7, 1, 2)), lane((3, 7, 5))]) == 0, (
    "User 7 and item 7 are different rows: keep users and items apart."
)
assert count_conflicts([lane((0, 1, 2), (3, 4, 5)), lane((3, 4, 5), (0, 1, 2))]) == 0, (
    "The lanes touch the same rows in different steps. Only what happens in one step can meet."
)
assert count_conflicts([lane((0, 1, SKIPPED)), lane((0, 1, 2))]) == 0, (
    "A skipped triple (its negative is −1) touches no row at all."
)
assert count_conflicts([lane((0, 1, 2)), lane((0, 1, 3)), lane((0, 4, 5))]) == 3, (
    "User 0 is touched by three lanes (2 conflicts) and item 1 by two (1 conflict), which makes 3; yours is "
    f"{count_conflicts([lane((0, 1, 2)), lane((0, 1, 3)), lane((0, 4, 5))])}. m lanes on one row are m − 1 conflicts."
)
assert (
    count_conflicts([lane((0, 1, 2)), lane((5, 6, 7), (8, 9, 10)), lane((3, 4, 11), (8, 4, 12))])
    == 1
), "The first lane has ended after one step; the other two still meet at user 8 in step 1."
assert count_conflicts([lane((0, 1, 2))]) == 0 and count_conflicts([lane(), lane()]) == 0, (
    "One lane cannot meet anybody, and lanes without triples touch nothing: 0 conflicts."
)
print("Part 2 works: you can count collisions.")

# %% [markdown]
# Which data are dangerous? Three kinds, each with the same number of triples: items that are all equally popular;
# items whose popularity falls as in real catalogues; and one hub that everybody has.


# %% tags=["experiment"]
def made_triples(weights, n=20_000, n_users=5000):
    """Triples whose positive items are drawn by weights, and users and negatives uniformly."""
    generator = np.random.default_rng(2)
    n_items = len(weights)
    positives = generator.choice(n_items, n, p=weights / weights.sum())
    negatives = (positives + generator.integers(1, n_items, n)) % n_items
    return np.stack([generator.integers(0, n_users, n), positives, negatives], axis=1).astype(
        np.int32
    )


flat = np.ones(2000)
kinds = {
    "equally popular": flat,
    "skewed": 1 / (1.0 + np.arange(2000)),
    "one hub": np.where(np.arange(2000) == 0, 2000.0, 1.0),
}
lane_counts = [1, 2, 4, 8, 16]
for (name, weights), color in zip(kinds.items(), ("#55a868", "#4c72b0", "#c44e52")):
    made = made_triples(weights)
    found = [count_conflicts(np.array_split(made, n)) / len(made) for n in lane_counts]
    plt.plot(lane_counts, found, marker="o", label=name, color=color)
    print(f"{name:<16}" + "".join(f"{share:8.1%}" for share in found))
plt.xscale("log", base=2)
plt.xticks(lane_counts, lane_counts)
plt.xlabel("lanes (threads)")
plt.ylabel("conflicts per triple")
plt.title("Conflicts depend on the data more than on the threads")
plt.legend()
plt.show()

# %% [markdown]
# Where all items are alike, hardly anything meets. With a hub, one triple in eight conflicts already on two lanes,
# and nearly half of them on sixteen. Real catalogues lie between the two. Popular items are what a recommender learns
# most about, and they are just the rows on which updates get lost.

# %% [markdown]
# ## 3. Rounds without conflicts
#
# The cure does not use locks. It decides beforehand who works where.
#
# Deal the users into $B$ blocks, and the items into $B$ blocks. All triples with a user of block $b$ and items of
# block $c$ form **tile** $(b, c)$. Two tiles that differ in both numbers share no user and no item, so two threads
# may work on them at once, and no lock is needed. $B$ such tiles make a **round**. After $B$ rounds every tile has
# had its turn.
#
# It is the schedule of Gemulla, Nijkamp, Haas and Sismanis (*Large-Scale Matrix Factorization with Distributed
# Stochastic Gradient Descent*, KDD 2011). There are many such schedules. Everybody here uses this one: round $r$
# holds, for $b = 0, 1, \dots, B - 1$, the tile
#
# $$(b, \; (b + r) \bmod B).$$


# %% nbgrader={"grade": false, "grade_id": "conflict_free_rounds", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def conflict_free_rounds(n_blocks: int) -> list[list[tuple[int, int]]]:
    """The tiles of each round, as pairs (user block, item block).

    Args:
        n_blocks: B, at least 1.

    Returns:
        B rounds of B tiles each. No two tiles of a round share a block, and every tile occurs once.

    Example: conflict_free_rounds(2) is [[(0, 0), (1, 1)], [(0, 1), (1, 0)]].
    """
    ### BEGIN SOLUTION
    return [[(b, (b + r) % n_blocks) for b in range(n_blocks)] for r in range(n_blocks)]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_conflict_free_rounds", "locked": true, "points": 3, "schema_version": 3, "solution": false}
for n_blocks in (1, 2, 3, 5):
    rounds = conflict_free_rounds(n_blocks)
    assert rounds is not None and len(rounds) == n_blocks, (
        f"{n_blocks} blocks make {n_blocks} rounds."
    )
    for number, its_tiles in enumerate(rounds):
        assert len(its_tiles) == n_blocks, (
            f"Round {number} of {n_blocks} should have {n_blocks} tiles, one for each user block; yours has {len(its_tiles)}."
        )
        assert len({b for b, _ in its_tiles}) == n_blocks, (
            f"Round {number}, {its_tiles}: two tiles have the same user block, so two threads would write to the same users."
        )
        assert len({c for _, c in its_tiles}) == n_blocks, (
            f"Round {number}, {its_tiles}: two tiles have the same item block, so two threads would write to the same items."
        )
    every = {(b, c) for b in range(n_blocks) for c in range(n_blocks)}
    assert {tile for its_tiles in rounds for tile in its_tiles} == every, (
        f"With n_blocks={n_blocks} some tiles never have their turn: {sorted(every - {t for ts in rounds for t in ts})}."
    )
assert conflict_free_rounds(3)[0] == [(0, 0), (1, 1), (2, 2)], (
    f"Round 0 is the diagonal (0, 0), (1, 1), (2, 2), in this order; yours is {conflict_free_rounds(3)[0]}."
)
assert conflict_free_rounds(3)[1] == [(0, 1), (1, 2), (2, 0)], (
    f"Round 1 of 3 is (0, 1), (1, 2), (2, 0): item block (b + r) mod B. Yours is {conflict_free_rounds(3)[1]}."
)
print("Part 3 works: nobody is in anybody's way.")

# %% tags=["experiment"]
n_blocks = 4
rounds = conflict_free_rounds(n_blocks)
figure, axes = plt.subplots(1, n_blocks, figsize=(10, 2.8))
for number, (axis, its_tiles) in enumerate(zip(axes, rounds)):
    grid = np.zeros((n_blocks, n_blocks))
    for b, c in its_tiles:
        grid[b, c] = 1 + b
        axis.text(c, b, f"thread {b}" if n_blocks < 5 else b, ha="center", va="center", fontsize=7)
    axis.imshow(np.where(grid > 0, grid, np.nan), cmap="Pastel1", vmin=1, vmax=9)
    axis.set(
        xticks=range(n_blocks), yticks=range(n_blocks), title=f"round {number}", xlabel="item block"
    )
axes[0].set_ylabel("user block")
figure.suptitle("Four threads, four rounds: in no round does a row or a column have two of them")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 4. The plan of an epoch, in tiles
#
# In lesson 05 an epoch was one random order of all pairs. Now it is $B^2$ tiles, and each tile is a small epoch of
# its own. There are three changes.
#
# **Blocks.** Users and items are dealt into blocks at random, anew in each epoch. So two items that are kept apart
# today meet tomorrow. The cell below gives you `shuffled_blocks`, which does it.
#
# **Pairs go to tiles.** The observed pair (user, item) belongs to the tile of the user's block and the item's block.
# Its *negative* has to come from the tile's item block too. A negative of another block would be a row on which
# another thread is working. So `negative_among` draws as `draw_negative` of lesson 05 did, but from a list of items.
# It is given below.
#
# **Streams have a tile in their address.** Tile number `n` is shuffled by `stream(seed, epoch, ORDER, n)` and draws
# its negatives from `stream(seed, epoch, NEGATIVES, n)`, where `n` counts the tiles of round 0, then those of round
# 1, and so on. The triple's number counts from 0 in each tile. So a tile needs to know nothing about the others, and
# any thread can plan any tile. As in lesson 05, `stream(…)` returns a *key*, one number that stands for a stream of
# random numbers. `permutation(key, n)` and `bounded(key, place, bound)` read from that stream.


# %% nbgrader={"grade": false, "grade_id": "plan_parts", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export", "op"]
def shuffled_blocks(n: int, n_blocks: int, key: int) -> list[list[int]]:
    """Rows 0 … n − 1, dealt into blocks at random; one block keeps them in their order."""
    order = list(range(n)) if n_blocks == 1 else permutation(key, n).tolist()
    return [order[start:stop] for start, stop in itertools.pairwise(block_edges(n, n_blocks))]


def negative_among(items: list[int], seen: set[int], key: int, triple: int) -> int:
    """One of the items that is not in ``seen``, by the triple's own draws; −1 if there is none."""
    first = int(triple) * DRAWS_PER_TRIPLE  # each triple has this many places of the stream
    for attempt in range(MAX_REJECTIONS):
        item = items[bounded(key, first + attempt, len(items))]
        if item not in seen:
            return item
    unseen = [item for item in items if item not in seen]
    if not unseen:
        return SKIPPED
    return unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]


# %%
print(shuffled_blocks(10, 3, key=7))
print([negative_among([2, 5, 8], {5}, 7, triple) for triple in range(6)])

# %% [markdown]
# Write it in two steps. `lay_out_tiles` sorts the observed pairs into tiles; it needs no random numbers. `plan_epoch`
# makes the blocks, calls it, shuffles each tile and draws the negatives.
#
# The order of a tile's pairs matters, since the shuffle starts from it: a different order would be a different plan.
# Take the users of the tile's block in the order in which they stand in the block, and the items of each user in
# ascending order.


# %% nbgrader={"grade": false, "grade_id": "lay_out_tiles", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
def lay_out_tiles(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    user_blocks: list[list[int]],
    item_blocks: list[list[int]],
) -> list[tuple[list[int], list[int], list[int]]]:
    """Each tile's users and items of the observed pairs, and the items of its block.

    Args:
        indptr, indices: the observed pairs as CSR.
        user_blocks, item_blocks: B lists of rows each; every row is in one of them.

    Returns:
        B² tiles, round by round as in ``conflict_free_rounds``, each (users, positives, items): two
        lists of one entry a pair, and the item block.

    Approach: the block of each item in a dictionary, and the number of each tile in another one.
    Make B² tiles with empty lists. Then go through the user blocks, the users of each, and the
    items of each user; append to the tile where they belong.
    """
    ### BEGIN SOLUTION
    block_of = {item: c for c, members in enumerate(item_blocks) for item in members}
    order = list(itertools.chain.from_iterable(conflict_free_rounds(len(item_blocks))))
    number_of = {tile: number for number, tile in enumerate(order)}
    tiles: list[tuple[list[int], list[int], list[int]]] = [
        ([], [], item_blocks[c]) for _, c in order
    ]
    for b, members in enumerate(user_blocks):
        for user in members:
            for item in indices[indptr[user] : indptr[user + 1]].tolist():
                users, positives, _ = tiles[number_of[b, block_of[item]]]
                users.append(user)
                positives.append(item)
    return tiles
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "plan_epoch", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export", "op"]
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
    """Every observed pair once, tile by tile, in random order within it, each with a negative.

    Args:
        indptr, indices: the observed pairs as CSR.
        n_items: how many items there are.
        seed, epoch: which random numbers; other epochs have other blocks, orders and negatives.
        n_blocks: B; there are B² tiles.
        sampler: uniform.
        n_threads: has no effect here.

    Approach: a set of items for each user; the tiles; then for each tile its order and its key. Go
    through the order: each place in it is a pair's, which gets a negative and becomes a triple.
    After each tile, note how many triples there are.

    Returns:
        EpochPlan(users, positives, negatives, bounds): int32 columns of one entry a pair, and as
        int64 the B² + 1 bounds: 0, then the number of triples after each tile.
    """
    if not isinstance(sampler, UniformSampler):
        raise NotImplementedError("negatives that are not uniform")
    user_blocks = shuffled_blocks(len(indptr) - 1, n_blocks, stream(seed, epoch, USER_BLOCKS))
    item_blocks = shuffled_blocks(n_items, n_blocks, stream(seed, epoch, ITEM_BLOCKS))
    ### BEGIN SOLUTION
    seen = [set(indices[a:b].tolist()) for a, b in itertools.pairwise(indptr)]
    triples: list[tuple[int, int, int]] = []
    bounds = [0]
    tiles = lay_out_tiles(indptr, indices, user_blocks, item_blocks)
    for number, (users, positives, items) in enumerate(tiles):
        order = permutation(stream(seed, epoch, ORDER, number), len(users)).tolist()
        key = stream(seed, epoch, NEGATIVES, number)
        for triple, place in enumerate(order):
            user = users[place]
            negative = negative_among(items, seen[user], key, triple)
            triples.append((user, positives[place], negative))
        bounds.append(len(triples))
    columns = np.array(triples, dtype=np.int32).reshape(-1, 3)
    return EpochPlan(
        users=columns[:, 0].copy(),
        positives=columns[:, 1].copy(),
        negatives=columns[:, 2].copy(),
        bounds=np.array(bounds, dtype=np.int64),
    )
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_plan_epoch", "locked": true, "points": 8, "schema_version": 3, "solution": false}
# Four users and four items, in two blocks each. User 3 has all items.
indptr = np.array([0, 2, 3, 3, 7])
indices = np.array([0, 2, 1, 0, 1, 2, 3], dtype=np.int32)
laid = lay_out_tiles(indptr, indices, [[3, 0], [1, 2]], [[2, 1], [0, 3]])
assert laid is not None and len(laid) == 4, (
    "Two blocks make four tiles, also where some of them are empty."
)
assert [tile[2] for tile in laid] == [[2, 1], [0, 3], [0, 3], [2, 1]], (
    f"The item blocks of the tiles, round by round, are [2, 1], [0, 3], [0, 3], [2, 1]; yours are {[tile[2] for tile in laid]}. "
    "The rounds are (0, 0), (1, 1) and then (0, 1), (1, 0)."
)
pairs = [sorted(zip(users, positives)) for users, positives, _ in laid]
assert pairs == [[(0, 2), (3, 1), (3, 2)], [], [(0, 0), (3, 0), (3, 3)], [(1, 1)]], (
    f"The pairs of the four tiles should be (0, 2) (3, 1) (3, 2); none; (0, 0) (3, 0) (3, 3); (1, 1). Yours: {pairs}."
)
assert list(laid[0][0]) == [3, 3, 0] and list(laid[0][1]) == [1, 2, 2], (
    "In tile 0 user 3 comes first, since the user block is [3, 0]; and user 3's items ascend, 1 before 2. Yours has the "
    f"users {list(laid[0][0])} and the items {list(laid[0][1])}."
)

plan = plan_epoch(indptr, indices, 4, seed=3, epoch=0, n_blocks=2)
assert plan is not None, "plan_epoch returned None."
for column in ("users", "positives", "negatives"):
    dtype = getattr(plan, column).dtype
    assert dtype == np.int32, f"The column {column} should be int32, not {dtype}."
assert len(plan.bounds) == 5, (
    f"Two blocks make 4 tiles and 5 bounds, 0 among them; yours are {plan.bounds.tolist()}."
)
assert plan.bounds[0] == 0 and plan.bounds[-1] == 7 and (np.diff(plan.bounds) >= 0).all(), (
    f"The bounds begin with 0, never fall, and end with the number of triples, 7; yours are {plan.bounds.tolist()}."
)
observed = [(0, 0), (0, 2), (1, 1), (3, 0), (3, 1), (3, 2), (3, 3)]
planned = sorted(zip(plan.users.tolist(), plan.positives.tolist()))
assert planned == observed, f"Every observed pair occurs once, {observed}; yours has {planned}."
error = error_of(
    plan_epoch,
    indptr,
    indices,
    4,
    seed=3,
    epoch=0,
    sampler=WeightedSampler(np.ones(4, dtype=np.int64)),
)
assert isinstance(error, NotImplementedError), (
    "Keep the line that refuses negatives that are not uniform."
)

data = make_synthetic(60, 80, 1500, seed=9)
csr = data.indptr, data.indices, 80
for n_blocks in (1, 2, 5):
    plan = plan_epoch(*csr, seed=4, epoch=2, n_blocks=n_blocks)
    for first in range(0, n_blocks**2, n_blocks):
        its_tiles = list(plan.tiles())[first : first + n_blocks]
        their_users = [set(plan.users[tile].tolist()) for tile in its_tiles]
        their_items = [
            set(plan.positives[tile].tolist()) | set(plan.negatives[tile].tolist()) - {SKIPPED}
            for tile in its_tiles
        ]
        assert len(set().union(*their_users)) == sum(map(len, their_users)), (
            f"With n_blocks={n_blocks}, two tiles of round {first // n_blocks} share a user."
        )
        assert len(set().union(*their_items)) == sum(map(len, their_items)), (
            f"With n_blocks={n_blocks}, two tiles of round {first // n_blocks} share an item. Does each negative come from the tile's own block?"
        )
    has = {user: set(data.items_of(user).tolist()) for user in range(60)}
    assert all(j not in has[u] for u, j in zip(plan.users.tolist(), plan.negatives.tolist())), (
        "A user got a negative that they have."
    )
    with use_backend("naive"):  # everybody else's plan
        theirs = ops.plan_epoch(*csr, seed=4, epoch=2, n_blocks=n_blocks)
    assert np.array_equal(plan.bounds, theirs.bounds), (
        f"With n_blocks={n_blocks} your tiles have other sizes than everybody else's: which users and items are in which tile?"
    )
    assert np.array_equal(plan.users, theirs.users) and np.array_equal(
        plan.positives, theirs.positives
    ), (
        f"With n_blocks={n_blocks} the order within the tiles differs from everybody else's. Tile n takes its pairs in the order "
        "permutation(stream(seed, epoch, ORDER, n), number of its pairs), from pairs in the order of lay_out_tiles."
    )
    assert np.array_equal(plan.negatives, theirs.negatives), (
        f"With n_blocks={n_blocks} the pairs are right, but the negatives differ: the key of tile n is stream(seed, epoch, "
        "NEGATIVES, n), and the triple's number counts from 0 in each tile."
    )
print("Part 4 works: your plan is everybody's plan, in any number of tiles.")

# %% [markdown]
# **See the tiles.** Each dot is an observed pair of a small catalogue, with the users and the items in the order of
# their blocks. The four colours are the four rounds. Take any colour: its tiles share no row and no column of the
# picture.

# %% tags=["experiment"]
picture = make_synthetic(120, 160, 2500, seed=3)
B = 4
keys = [stream(1, 0, purpose) for purpose in (USER_BLOCKS, ITEM_BLOCKS)]
blocks = [shuffled_blocks(n, B, key) for n, key in zip(picture.shape, keys)]
place_of = [{row: place for place, row in enumerate(itertools.chain(*its))} for its in blocks]
plan = plan_epoch(picture.indptr, picture.indices, picture.n_items, seed=1, epoch=0, n_blocks=B)
figure, axes = plt.subplots(figsize=(7.5, 5))
for r in range(B):
    part = slice(plan.bounds[r * B], plan.bounds[(r + 1) * B])
    across = [place_of[1][item] for item in plan.positives[part].tolist()]
    down = [place_of[0][user] for user in plan.users[part].tolist()]
    axes.scatter(across, down, s=5, label=f"round {r}")
for edge in block_edges(picture.n_items, B):
    axes.axvline(edge - 0.5, color="grey", lw=0.5)
for edge in block_edges(picture.n_users, B):
    axes.axhline(edge - 0.5, color="grey", lw=0.5)
axes.set(xlabel="items, in the order of their blocks", ylabel="users, in the order of their blocks")
axes.invert_yaxis()  # the first block on top, as in the picture of the rounds
axes.set_title("One epoch in 16 tiles: a colour is a round, not a thread")
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 5. A sum has an order
#
# The factors are safe now. One number is left: the loss. Each tile adds up its own, and the threads end in any order.
# Does it matter in which order the parts are added?

# %% tags=["experiment"]
parts = [0.1, 1e16, 1.0, -1e16, 0.3]
for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 3, 0, 2, 4]):
    print(f"{' + '.join(f'{parts[n]:g}' for n in order):<36} = {sum(parts[n] for n in order)!r}")

# %% [markdown]
# It does. A float64 has 53 binary digits; what does not fit is rounded away, at each step. Addition of floats is
# commutative, $a + b = b + a$, but not associative: $(a + b) + c$ is not always $a + (b + c)$. With losses the
# difference is small, in the last digit. But one digit is enough for another hash, and enough to make early stopping
# end one epoch sooner.
#
# The cure: keep each tile's loss with the tile's number, and add them up in the order of the numbers, when all are
# there. Plain addition, one after another, beginning with 0.0: then the sum is the same as that of a loop over the
# tiles on one thread.


# %% nbgrader={"grade": false, "grade_id": "ordered_sum", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def ordered_sum(parts: Iterable[tuple[int, float]]) -> float:
    """The sum of parts that have arrived in any order, added in the order of their numbers.

    Args:
        parts: (number, value) in the order in which they arrived; no number occurs twice.

    Returns:
        ((0.0 + first) + second) + …, a float; 0.0 for no parts.

    Hint: Python sorts pairs by their first entry. Sorting by the values would be a different order. In Python 3.12
    and later, `sum` of floats corrects its own rounding, so add in a loop.
    """
    ### BEGIN SOLUTION
    total = 0.0
    for _, value in sorted(parts):
        total += float(value)
    return total
    ### END SOLUTION


# %% [markdown]
# These are losses to try it on, and their sum when they are added one after another.


# %%
def in_turn(values):
    """The sum of values, added one after another."""
    total = 0.0
    for value in values:
        total += value
    return total


values = [0.1, 1e16, 1.0, -1e16, 0.3, 3.0, 1e-3, 7.7, 1e15, 0.7, 0.9, -1e15, 0.2, 4e7, 0.1, 1e-9]
print(in_turn(values), "and backwards", in_turn(values[::-1]))

# %% nbgrader={"grade": true, "grade_id": "test_ordered_sum", "locked": true, "points": 2, "schema_version": 3, "solution": false}
numbered = list(enumerate(values))
generator = np.random.default_rng(5)
for _ in range(20):
    arrived = [numbered[place] for place in generator.permutation(len(numbered))]
    found = ordered_sum(arrived)
    assert found is not None, "ordered_sum returned None."
    assert isinstance(found, float), f"Return a float, not {type(found).__name__}."
    assert found == in_turn(values), (
        f"The parts arrived in the order {[n for n, _ in arrived]}, and your sum is {found!r}. Added by number, 0, 1, 2, …, one "
        f"after another, it is {in_turn(values)!r}. Sort by number; do not use sum(), np.sum or math.fsum, which add in other ways."
    )
assert ordered_sum([]) == 0.0, "The sum of no parts is 0.0."
assert ordered_sum(part for part in [(2, 0.5), (0, 0.25)]) == 0.75, (
    "parts may be an iterator, which can be read once, and numbers may be missing."
)
print("Part 5 works: your sum does not depend on who comes first.")

# %% [markdown]
# ## 6. Run the rounds
#
# Now the threads. Within a round, tiles may run in any order and at the same time. **Between two rounds everybody
# waits for everybody**: tile (0, 1) of round 1 uses the items of block 1, which tile (1, 1) of round 0 is perhaps
# still changing. Such a meeting point is called a *barrier*.
#
# Python brings what you need. A `ThreadPoolExecutor(n)` is a pool of `n` threads. `pool.map(function, numbers)` hands
# them the numbers, and the threads call the function. Three things to know:
#
# - `pool.map` returns at once, with an iterator. Reading a result from it waits for that result. `list(pool.map(…))`
#   waits for all of them, so it is a barrier.
# - An error in a thread is kept, and raised when you read that result. If nobody reads it, nobody hears of it.
# - `with ThreadPoolExecutor(n) as pool:` stops the threads at its end. One pool for the whole epoch is enough:
#   starting threads costs time.


# %% nbgrader={"grade": false, "grade_id": "run_rounds", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def run_rounds(update_tile: Callable[[int], float], n_blocks: int, n_threads: int) -> float:
    """Run every tile of an epoch: the rounds one after another, the tiles of a round on several threads.

    Args:
        update_tile: applies the triples of one tile, given by its number r · B + b, and returns its loss.
        n_blocks: B; there are B rounds of B tiles.
        n_threads: as many tiles may run at once.

    Returns:
        The sum of the losses, in the order of the tiles' numbers.

    Raises:
        What update_tile raises; no tile of a later round is begun then.

    Hint: the numbers of round r are range(r * n_blocks, (r + 1) * n_blocks).
    """
    ### BEGIN SOLUTION
    losses: list[tuple[int, float]] = []
    with ThreadPoolExecutor(n_threads) as pool:
        for r in range(n_blocks):
            numbers = range(r * n_blocks, (r + 1) * n_blocks)
            losses += zip(numbers, list(pool.map(update_tile, numbers)), strict=True)
    return ordered_sum(losses)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_run_rounds", "locked": true, "points": 5, "schema_version": 3, "solution": false}
class Watched:
    """An update_tile that writes down when tiles begin and end; the first ones wait until two run at once."""

    def __init__(self, losses, n_blocks, failing=None):
        self.losses, self.n_blocks, self.failing = losses, n_blocks, failing
        self.begun, self.ended, self.at_once, self.too_early = [], [], 0, None
        self.patience, self.change = 5.0, threading.Condition()

    def __call__(self, number):
        with self.change:
            self.begun.append(number)
            self.at_once = max(self.at_once, len(self.begun) - len(self.ended))
            rounds = {n: n // self.n_blocks for n in self.begun if n not in self.ended}
            earlier = [n for n, r in rounds.items() if r < rounds[number]]
            self.too_early = self.too_early or (earlier and (number, earlier[0]))
            self.change.notify_all()
            if not self.change.wait_for(lambda: self.at_once > 1, self.patience):
                self.patience = 0.0  # nobody comes: they run one after another
        time.sleep(0.2 if number == 0 else 0.02)
        with self.change:
            self.ended.append(number)
        if number == self.failing:
            raise ValueError(f"tile {number}")
        return self.losses[number]


watched = Watched(values[:9], 3)
total = run_rounds(watched, 3, 2)
assert sorted(watched.begun) == list(range(9)), (
    f"Three blocks are nine tiles, 0 to 8, each once; yours ran {sorted(watched.begun)}."
)
assert sorted(watched.begun[:3]) == [0, 1, 2], (
    f"Round 0 of three blocks has the tiles 0, 1 and 2; yours began with {watched.begun[:3]}. Tiles are numbered round by "
    "round: those of round r are r·B, …, r·B + B − 1."
)
assert not watched.too_early, (
    "Tile {} was begun while tile {} of an earlier round was still running. Wait for the whole round: "
    "list(pool.map(…)).".format(*watched.too_early or (0, 0))
)
assert watched.at_once > 1, (
    "The tiles ran one after another. With two threads, two of a round should run at once."
)
assert watched.at_once == 2, (
    f"With two threads at most two tiles run at once; yours ran {watched.at_once}."
)
assert run_rounds(Watched(values[:9], 3), 3, 9) == total, (
    "The sum depends on the number of threads."
)
assert total == in_turn(values[:9]), (
    f"The losses add up to {in_turn(values[:9])!r} in the order of the tiles; yours is {total!r}. Pair each loss with its tile's number, and use "
    "ordered_sum."
)
failing = Watched(values[:9], 3, failing=1)
error = error_of(run_rounds, failing, 3, 2)
assert error is not None, (
    "Tile 1 raised an error, and nobody heard of it: read all results of the pool."
)
assert isinstance(error, ValueError), (
    f"Tile 1 raised ValueError, and what came out is {type(error).__name__}."
)
assert max(failing.begun) < 3, (
    "Tile 1 of round 0 failed, and tiles of later rounds were begun all the same."
)
print("Part 6 works: everybody waits for everybody, once a round.")

# %% [markdown]
# All the pieces are there. This cell puts them together: your plan, your rounds, and the library's kernel, which is
# told to use one thread for each tile. Compare the hashes with those of part 1.


# %% tags=["experiment"]
def tiled_update(kernel, arrays, plan, n_threads, rates=RATES):
    """One pass over a plan, the tiles of each round on several threads; the loss."""
    columns = np.stack([plan.users, plan.positives, plan.negatives], axis=1)
    pieces = [columns[tile] for tile in plan.tiles()]
    return run_rounds(
        lambda number: apply_triples(kernel, arrays, pieces[number], rates),
        plan.n_blocks,
        n_threads,
    )


tiled = plan_epoch(train.indptr, train.indices, train.n_items, seed=0, epoch=0, n_blocks=4)
tame = {}
for n_threads in (1, 2, 4):
    tame[n_threads] = []
    for _ in range(5):
        arrays = first_factors(train.n_users, train.n_items)
        loss = tiled_update(library_kernel, arrays, tiled, n_threads)
        tame[n_threads].append(fingerprint([*arrays, np.array(loss)]))
    print(
        f"{n_threads} threads: {len(set(tame[n_threads]))} model in five runs: {' '.join(tame[n_threads])}"
    )
print(f"all together: {len(set(sum(tame.values(), [])))} model")

# %% [markdown]
# **One hash**, for the factors and the loss, whatever the number of threads. There is no lock in it. Threads cannot
# disturb each other, because they never have a row in common.
#
# The library's own kernels do the same inside: `optimized` gets the whole plan and lets its threads take the tiles of
# a round.

# %% [markdown]
# ## 7. Who waits for whom?
#
# At a barrier all threads wait for the slowest. With $B$ threads a round takes as long as its *largest* tile. If one
# block holds half of the work, then the other threads mostly wait.
#
# Given the size of each row (how many pairs it has), deal the rows into blocks so that the blocks have nearly equal
# sums. The best solution is hard to find (the problem is NP-hard), and a simple rule comes close: **take the rows
# from the largest to the smallest, and give each one to the block that has least so far.** Graham showed in 1969 that
# the largest block is then at most $4/3$ of the best possible one. The rule is known as *LPT*, longest processing
# time first.


# %% nbgrader={"grade": false, "grade_id": "balance_blocks", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def balance_blocks(sizes: NDArray[np.int64], n_blocks: int) -> list[list[int]]:
    """Deal rows into blocks whose sums of sizes are nearly equal.

    Args:
        sizes: int64, shape (n,), >= 0: how much work each row brings. It is only read.
        n_blocks: B, at least 1; it may exceed n.

    Returns:
        B lists of row numbers; every row is in exactly one of them.

    Approach: rows by falling size, ``np.argsort(-sizes, kind="stable")``; the sum of each block so far; each row goes to a
    block with the smallest sum.
    """
    ### BEGIN SOLUTION
    blocks: list[list[int]] = [[] for _ in range(n_blocks)]
    sums = [0] * n_blocks
    for row in np.argsort(-sizes, kind="stable").tolist():
        lightest = sums.index(min(sums))
        blocks[lightest].append(row)
        sums[lightest] += int(sizes[row])
    return blocks
    ### END SOLUTION


# %%
def sums_of(blocks, sizes):
    """The work of each block, in falling order."""
    return sorted((int(sum(sizes[row] for row in block)) for block in blocks), reverse=True)


# %% nbgrader={"grade": true, "grade_id": "test_balance_blocks", "locked": true, "points": 4, "schema_version": 3, "solution": false}
sizes = np.array([1, 1, 1, 1, 1, 1, 6])
blocks = balance_blocks(sizes.copy(), 2)
assert blocks is not None and len(blocks) == 2, "Two blocks were asked for."
assert sorted(row for block in blocks for row in block) == list(range(7)), (
    f"Every row is in exactly one block; yours are {blocks}."
)
assert sums_of(blocks, sizes) == [6, 6], (
    f"Sizes 1, 1, 1, 1, 1, 1, 6 can be dealt 6 to 6; your blocks have {sums_of(blocks, sizes)}. The largest row goes first, and each row to "
    "the block that has least so far."
)
sizes = np.array([7, 7, 6, 6, 5, 5, 4, 4, 4])
blocks = balance_blocks(sizes.copy(), 4)
assert sums_of(blocks, sizes)[0] <= 15, (
    f"From the largest to the smallest, the fullest of four blocks gets 15; yours has {sums_of(blocks, sizes)[0]}. Count the sizes, not the "
    "rows."
)
blocks = balance_blocks(np.array([3, 100, 2, 2]), 3)
assert sums_of(blocks, np.array([3, 100, 2, 2]))[1:] == [4, 3], (
    f"A hub of 100 has a block to itself, and the rest is shared: 100, 4, 3; yours is {blocks}."
)
blocks = balance_blocks(np.array([5, 3]), 4)
assert len(blocks) == 4 and sorted(map(len, blocks)) == [0, 0, 1, 1], (
    f"Two rows in four blocks: two of them are empty lists; yours are {blocks}."
)
blocks = balance_blocks(np.array([0, 5, 0, 3]), 2)
assert sorted(row for block in blocks for row in block) == [0, 1, 2, 3], (
    f"Rows of size 0 are rows too, and belong into a block; yours are {blocks}."
)
sizes = np.array([4, 9, 1])
balance_blocks(sizes, 2)
assert sizes.tolist() == [4, 9, 1], (
    f"sizes are only read, and yours has changed them to {sizes.tolist()}."
)
print("Part 7 works: nobody waits longer than needed.")

# %% [markdown]
# Is it worth it? Here are the sums of eight item blocks on three catalogues: dealt at random, as in the plan, and by
# your `balance_blocks`. The dashed line is the mean, where all threads would end together.

# %% tags=["experiment"]
catalogues = {
    "synthetic-100k": train.popularity(),
    "skewed": (4000 / (1.0 + np.arange(800))).astype(np.int64) + 1,
    "one hub": np.where(np.arange(800) == 17, 20_000, 40),
}
figure, axes = plt.subplots(1, 3, figsize=(10, 3))
for axis, (name, sizes) in zip(axes, catalogues.items()):
    sizes = sizes.astype(np.int64)
    for shift, (how, blocks) in enumerate(
        {
            "at random": shuffled_blocks(len(sizes), 8, 5),
            "balanced": balance_blocks(sizes, 8),
        }.items()
    ):
        axis.bar(np.arange(8) + 0.4 * shift, sums_of(blocks, sizes), width=0.4, label=how)
        busy = sizes.sum() / sums_of(blocks, sizes)[0]
        print(f"{name:<16} {how:<10} with 8 threads, {busy:.1f} are busy on average")
    axis.axhline(sizes.sum() / 8, color="black", linestyle="--", lw=1)
    axis.set(title=name, xlabel="blocks, largest first", xticks=[])
axes[0].set_ylabel("pairs in the block")
axes[0].legend(loc="lower left")
figure.tight_layout()
plt.show()

# %% [markdown]
# Balanced blocks are nearly equal wherever that is possible. A hub makes it impossible: its block holds at least the
# hub's own pairs, and no rule of dealing changes that. **The size of the largest row limits how many threads can be
# busy.**
#
# Why, then, does the plan deal at random? Because random blocks are new in each epoch. Balanced ones would be the
# same each time, so two popular items of different blocks would never meet as positive and negative. The price
# depends on the data. It is small on the first catalogue, and half of the speed on the second. There are two
# remedies: more blocks than threads, so that a thread that is done takes the next tile of the round; and a look at
# what `balance_blocks` would have given. So `balance_blocks` stays outside of `plan_epoch`: it tells you what you
# lose.

# %% [markdown]
# ## 8. How much is left?
#
# Lesson 06 had Amdahl's law: with a share $p$ of the time made faster, the rest stays as it was. With $n$ threads that gives,
# in seconds,
#
# $$T(n) = s + \frac{w}{n},$$
#
# where $s$ is the serial part (everything that one thread does while the others wait) and $w$ is the work that is
# shared. Nobody knows $s$ and $w$ beforehand. Measure $T$ for some $n$, and **fit**: choose $s$ and $w$ so that the
# sum of the squares of $T_i - s - w / n_i$ is as small as possible. With $x_i = 1/n_i$ it is the straight line of
# school:
#
# $$w = \frac{\sum (x_i - \bar x)(T_i - \bar T)}{\sum (x_i - \bar x)^2}, \qquad s = \bar T - w \bar x.$$
#
# **A trap.** Measured times are noisy, and the best line may have $s < 0$: less than no time. Neither part may be
# negative. If $s$ comes out below 0, it is 0, and $w$ is fitted alone: $w = \sum x_i T_i / \sum x_i^2$. If $w$ comes
# out below 0 (more threads made it slower), then $w = 0$ and $s = \bar T$.


# %% nbgrader={"grade": false, "grade_id": "fit_amdahl", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def fit_amdahl(n_threads: Sequence[int], seconds: Sequence[float]) -> tuple[float, float]:
    """Fit T(n) = s + w / n to measured times, by least squares, with s >= 0 and w >= 0.

    Args:
        n_threads: how many threads each measurement used; numbers may repeat.
        seconds: what it took.

    Returns:
        (s, w), the serial and the shared part, in seconds.

    Raises:
        ValueError: the lengths differ, or there are fewer than two different numbers of threads, which fix no line.
    """
    ### BEGIN SOLUTION
    if len(n_threads) != len(seconds) or len(set(n_threads)) < 2:
        raise ValueError(
            "give one time for each number of threads, and at least two different numbers."
        )
    x = 1.0 / np.asarray(n_threads, dtype=np.float64)
    times = np.asarray(seconds, dtype=np.float64)
    around = x - x.mean()
    shared = float(around @ (times - times.mean()) / (around @ around))
    serial = float(times.mean() - shared * x.mean())
    if shared < 0:
        return float(times.mean()), 0.0
    if serial < 0:
        return 0.0, float(x @ times / (x @ x))
    return serial, shared
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_fit_amdahl", "locked": true, "points": 3, "schema_version": 3, "solution": false}
fitted = fit_amdahl([1, 2, 4], [10.0, 6.0, 4.0])
assert fitted is not None and len(fitted) == 2, "Return two numbers, (s, w)."
assert not np.allclose(fitted, (8, 2)), "The serial part comes first: (s, w), not (w, s)."
assert np.allclose(fitted, (2, 8)), (
    f"10, 6 and 4 s on 1, 2 and 4 threads are exactly 2 + 8/n; yours says {fitted[0]:g} + {fitted[1]:g}/n. The line is drawn over "
    "1/n, not over n."
)
fitted = fit_amdahl([1, 1, 2, 8], [9.0, 11.0, 6.5, 3.0])
assert np.allclose(fitted, (2.2194, 7.8561), atol=1e-3), (
    f"For four noisy times the least squares are s = 2.2194, w = 7.8561; yours is {fitted[0]:.4f}, {fitted[1]:.4f}. Use all of the "
    "measurements, repeated ones too."
)
fitted = fit_amdahl([1, 2, 4], [8.0, 3.8, 1.8])
assert fitted[0] == 0, f"No part takes less than no time: s is 0 here, not {fitted[0]:.4f}."
assert abs(fitted[1] - 7.8857) < 1e-3, (
    f"With s = 0, w alone is fitted anew: Σ x T / Σ x² = 7.8857, and yours is {fitted[1]:.4f}."
)
assert np.allclose(fit_amdahl([1, 2, 4], [2.0, 3.0, 4.0]), (3, 0)), (
    f"More threads only made it slower: nothing is shared, w = 0 and s is the mean, 3; yours is {fit_amdahl([1, 2, 4], [2.0, 3.0, 4.0])}."
)
for numbers, times in (([2, 2], [1.0, 1.1]), ([1], [2.0]), ([1, 2], [1.0])):
    assert isinstance(error_of(fit_amdahl, numbers, times), ValueError), (
        f"Threads {numbers} and times {times} fix no line: raise ValueError."
    )
print("Part 8 works: you know what stays serial.")

# %% [markdown]
# ## 9. All cores, one model
#
# The whole race: time over threads, for your tiles and for Hogwild, and the hashes. The kernel is **your own of
# lesson 08** if it is exported and built, else the library's.


# %% tags=["experiment"]
def kernel_of_lesson_8():
    """Your kernel and its name; the library's where yours is not exported, not built, or not finished."""
    try:
        mine = Exported(find_workspace().package / "kernels.py").module().bpr_update
        apply_triples(mine, first_factors(4, 4), np.array([[0, 1, 2]]))
    except Exception as error:  # anything can be in there
        print(
            f"Your kernel of lesson 08 cannot be used ({type(error).__name__}), so the library's is."
        )
        return library_kernel, "the library's kernel"
    return mine, "your kernel of lesson 08"


kernel, whose = kernel_of_lesson_8()
n_factors, B = 64, 8
shape = (400, 400, 8000) if kernel is naive.bpr_update else (4000, 2000, 200_000)
whole = make_synthetic(*shape, seed=1)
started = time.perf_counter()
plan = plan_epoch(whole.indptr, whole.indices, whole.n_items, seed=0, epoch=0, n_blocks=B)
print(
    f"your plan of {plan.n_triples:,} triples in {B * B} tiles took {time.perf_counter() - started:.1f} s"
)
shuffled = np.stack([plan.users, plan.positives, plan.negatives], axis=1)
shuffled = shuffled[np.random.default_rng(0).permutation(len(shuffled))]  # for Hogwild: no tiles


def seconds_and_hashes(update, n_threads, repeats):
    """The shortest time of some updates, and the fingerprints of all models."""
    seconds, hashes = [], []
    for _ in range(repeats):
        arrays = first_factors(whole.n_users, whole.n_items, n_factors)
        started = time.perf_counter()
        update(kernel, arrays, n_threads)
        seconds.append(time.perf_counter() - started)
        hashes.append(fingerprint(arrays))
    return min(seconds), hashes


updates = {
    "tiles": lambda kernel, arrays, n: tiled_update(kernel, arrays, plan, n),
    "Hogwild": lambda kernel, arrays, n: hogwild(kernel, arrays, shuffled, n),
}
raced = {
    name: {n: seconds_and_hashes(update, n, 5) for n in (1, 2, 4)}
    for name, update in updates.items()
}
for name, its in raced.items():
    for n, (seconds, hashes) in its.items():
        print(
            f"{name:<8} {n} threads {1e3 * seconds:8.1f} ms   {len(set(hashes))} hashes of 5: {' '.join(sorted(set(hashes)))}"
        )
models = {name: {h for _, hashes in its.values() for h in hashes} for name, its in raced.items()}

# %% tags=["experiment"]
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
numbers = {h: number for number, h in enumerate(dict.fromkeys(itertools.chain(*models.values())))}
for (name, its), color in zip(raced.items(), ("#4c72b0", "#dd8452")):
    alone = its[1][0]
    left.plot(
        list(its),
        [alone / seconds for seconds, _ in its.values()],
        marker="o",
        color=color,
        label=name,
    )
    spots = [(n, numbers[h]) for n, (_, hashes) in its.items() for h in hashes]
    across, up = zip(*spots)
    shift = -0.08 if name == "tiles" else 0.08
    right.scatter(
        np.array(across) * (1 + shift),
        up,
        color=color,
        label=f"{name}: {len(models[name])} in {len(spots)} runs",
    )
left.plot([1, 2, 4], [1, 2, 4], color="grey", linestyle=":", label="as many times as threads")
serial, shared = fit_amdahl(
    list(raced["tiles"]), [seconds for seconds, _ in raced["tiles"].values()]
)
curve = np.linspace(1, 4, 50)
left.plot(
    curve,
    (serial + shared) / (serial + shared / curve),
    color="#4c72b0",
    linestyle="--",
    lw=1,
    label="your fit of the tiles",
)
left.set_yscale("log", base=2)
left.set_yticks([0.5, 1, 2, 4], [0.5, 1, 2, 4])
for axis in (left, right):
    axis.set_xscale("log", base=2)
    axis.set_xticks([1, 2, 4], [1, 2, 4])
    axis.set_xlabel("threads")
left.set_ylabel("times as fast as one thread")
left.set_title(f"Speed, with {whose}")
right.set_ylabel("number of the model")
right.set_title("Which model came out")
left.legend(fontsize=8)
right.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.1))
figure.tight_layout()
plt.show()
print(
    f"fit: {1e3 * serial:.1f} ms serial and {1e3 * shared:.1f} ms shared, so {serial / (serial + shared):.0%} stays serial"
)

# %% [markdown]
# **Read the right picture first.** Each model that came out has a number. All runs of the tiles lie on one line: one
# model, for 1, 2 and 4 threads. Hogwild's lie on one line for one thread only.
#
# Then the left one. The gain ends where this computer's cores end: on two cores, expect four threads to be no faster
# than two. If other programs run at the same time, the points jump, and two threads may even be slower than one: run
# the cell again when the computer is idle. What the fit calls serial
# is everything between the tiles: Python's pool, the cutting of the plan, the barriers; and cores that share one
# memory. If your machine has fewer cores than threads, the fit is poor. Which of the three measurements would you
# leave out then?

# %% [markdown]
# And does the model still rank? Tiles change the order of the triples and where negatives come from. Here is the
# library's BPR on your plan, with one block and with more.


# %% tags=["experiment"]
class Engine:
    """Your plans, and a kernel for the passes."""

    name, tiles, order = "yours", True, "sequential"
    plan_epoch = staticmethod(plan_epoch)
    bpr_update = staticmethod(library_kernel)


few = {"n_factors": 16, "epochs": 8, "learning_rate": 0.1, "reg": 0.01, "progress": False}
popular = evaluate(MostPopular().fit(train), split, metrics="ndcg@10")["ndcg@10"]
print(f"most popular: NDCG@10 {popular:.3f}")
print(
    f"the library would choose {default_n_blocks(train.n_users, train.n_items, train.nnz)} blocks"
)
for n_blocks in (1, 4, 16):
    with use_backend(Engine()):
        model = BPR(**few, n_blocks=n_blocks).fit(train)
    print(
        f"{n_blocks:>3} blocks: NDCG@10 {evaluate(model, split, metrics='ndcg@10')['ndcg@10']:.3f}"
    )

# %% [markdown]
# It does. The figures differ by a hundredth or two, and so do the figures of two seeds with the same number of blocks
# (try `seed=1`). So tiles cost nothing that could be seen on this catalogue. `tito complete 9` asks the same of a
# smaller catalogue, and has other figures for that reason.

# %% [markdown]
# ## 10. Questions
#
# A few sentences each. They are marked by a person.
#
# **a) Neighbours in a line.** Memory moves between cores in *lines* of 64 bytes. Two threads count their own triples
# in `counts[0]` and `counts[1]`, two int64 in one array. No number is shared, and no count is wrong, yet the loop is
# several times slower than with one thread. Why? (It is called *false sharing*.) Give one cure. Can it happen to
# factors in your tiles, and does it change the *bytes* of the result?

# %% [markdown] nbgrader={"grade": true, "grade_id": "false_sharing", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Both numbers lie in the same line of 64 bytes. A core that writes needs the line for itself, so each write takes it
# away from the other core, and the line travels back and forth. Cure: a local variable in each thread that is written
# to the array once at the end; or numbers that lie 64 bytes or more apart. Factors: with 64 float32 a row has 256
# bytes, and if rows begin at a line's beginning, no line holds two rows. With few factors, or with the biases (4
# bytes each), rows of different blocks do share lines, since blocks are dealt at random. It costs time only. The
# bytes are right, because the hardware keeps lines coherent and no number has two writers.
#
# === BEGIN MARK SCHEME ===
# 1 point: both numbers in one cache line, which moves between the cores at each write. 1 point: a cure (local
# variable, padding, alignment). 1 point: it can happen in tiles (biases, short rows), and it changes the time, never
# the result.
# === END MARK SCHEME ===

# %% [markdown]
# **b) The price of a barrier.** What are the threads doing while a round ends? Say what it costs with 2, with 16 and
# with 64 threads, if tiles differ in size, and if there is a hub item. Why not leave the barrier out, and what would
# a schedule look like that waits less and still gives the same bytes?

# %% [markdown] nbgrader={"grade": true, "grade_id": "price_of_a_barrier", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# A thread that has no tile left waits for the slowest tile of the round. With two threads that is little: half of the
# difference between two tiles. With many threads there are more tiles in a round, the largest of many is larger in
# proportion, and the tiles are smaller, so the fixed cost of starting and waking threads counts more; with a hub one
# tile takes nearly the whole round, and 63 threads wait. Without a barrier a tile of the next round can work on rows
# that a slow tile still writes: lost updates and other bytes. Better: tile (b, c) waits only for the tile of the
# round before that had the same users, and the one that had the same items. Every row then still sees its tiles in
# the same order, so the bytes stay.
#
# === BEGIN MARK SCHEME ===
# 1 point: threads idle until the largest tile of the round is done. 1 point: it grows with the number of threads,
# with uneven tiles and with a hub (reason given). 1 point: without it rows are shared; waiting for just the two
# earlier tiles with the same block keeps the order of each row's updates, or another schedule with that property
# (more blocks than threads).
# === END MARK SCHEME ===

# %% [markdown]
# **c) What do tiles change statistically?** Compare an epoch in $B^2$ tiles with lesson 05's single random order of
# all pairs. What is different about the order of the steps, and about the negatives? Why are the blocks dealt anew in
# each epoch? What goes wrong if $B$ is nearly the number of items?

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_tiles_change", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The order is random only within a tile. The pairs of a user come in B bunches, one a round, so neighbouring steps
# are more alike than in a random order. Negatives come from the positive's own item block: within one epoch an item
# is compared only with the items of its block, so pairs (i, j) are not drawn independently, though over all epochs
# every pair is equally likely, as the blocks are new each time. With fixed blocks, two items of different blocks
# would never be compared, and their scores would not be on one scale. If a block has one or two items, there is
# hardly any choice: the negative is nearly determined, or there is none (the user has it already) and the triple is
# skipped, so training loses triples.
#
# === BEGIN MARK SCHEME ===
# 1 point: random within tiles only; steps of one user or item are bunched. 1 point: negatives come from the
# positive's block, so new blocks in each epoch let all pairs meet. 1 point: tiny blocks leave few or no negatives:
# little choice, skipped triples, less is learned.
# === END MARK SCHEME ===

# %% [markdown]
# **d) Your experiment: how many blocks?** More blocks give more threads something to do, and give each tile less to
# do. Choose a question about $B$ that you can answer with the pieces of this notebook: for example how time, or NDCG,
# or the number of skipped triples depends on it; on which catalogue; for how many threads. Write down first what you
# expect. Then write what you measured and how, what came out, with a picture or a table, and where your expectation
# was wrong or could have been.

# %% [markdown] nbgrader={"grade": true, "grade_id": "how_many_blocks", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# I expected NDCG to stay the same up to B = 16 and to fall at B = 256, where a block has six or seven items, because
# negatives run out. I fitted BPR (16 factors, 20 epochs) on synthetic-100k with B = 1, 4, 16, 64, 256 and three seeds
# each. NDCG@10 is 0.461, 0.467, 0.465, 0.463, 0.455 on average, and the seeds of one B differ by 0.006 to 0.014. So
# up to 64 there is no difference that I can see, and 256 may be a little worse. I was wrong about the reason: of
# 80,000 triples hardly one was skipped, since no user has all items of a block. What B costs here is time: a pass on
# two threads took 2 ms for B = 1 and 4, 8 ms for 16, 56 ms for 64, and 3 s for 256, where 65,536 tiles have one
# triple each and the pool costs more than the kernel. On a larger catalogue the best B would be larger.
#
# === BEGIN MARK SCHEME ===
# 1 point: a question with an expectation written down before. 1 point: a measurement that can be repeated (several
# seeds or repeats, one thing varied, figures shown). 1 point: a conclusion that the figures carry, with spread or
# limits, and a comparison with the expectation.
# === END MARK SCHEME ===

# %% [markdown]
# ## What next
#
# In a terminal, in your workspace:
#
# ```
# tito complete 9
# ```
#
# It runs the tests above, exports your functions to `my_recsys/parallel.py` and asks the question of this lesson: can
# I use every core and get the same bytes? From then on `plan_epoch` of the backend `student` is yours, in any number
# of tiles. So everything that `student` runs for BPR is your own: `tito race --models naive,student,optimized`.
#
# **To go further** (not graded).
#
# - *Wait less.* Write `run_rounds` without barriers: a tile may begin as soon as the tile before it with the same
#   users and the one with the same items are done (NOMAD by Yun and others, VLDB 2014, goes further still). The hash
#   must stay. Is it faster?
# - *The worst catalogue.* Build the data set of 10,000 pairs on which your tiles gain *least* from a second thread,
#   and the one on which Hogwild loses the largest share of its updates. Are they the same?
#
# Read: Niu and others, *Hogwild!* (NIPS 2011); Gemulla and others (KDD 2011), sections 3 and 4; Graham, *Bounds on
# Multiprocessing Timing Anomalies* (SIAM J. Appl. Math. 1969); Goldberg, *What Every Computer Scientist Should Know
# About Floating-Point Arithmetic* (ACM Computing Surveys 1991), for part 5.
#
# You have used every core without losing a bit. Lesson 10 goes another way: a model that you would rather *not* write
# by hand.
