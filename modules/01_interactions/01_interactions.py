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
# # Lesson 01. Interactions: from a log to a matrix
#
# **The question of this lesson: can I trust my data?** You will turn a raw log into the matrix that
# all later lessons use, and divide it into a part to learn from and a part to be tested on. Then you
# will write a check that finds out whether such a test can be believed. Often it cannot.
#
# About two and a half hours. You need Python and NumPy; you need to know nothing about recommenders. If
# a cell gets stuck, the square button stops it. Words that are new stand in bold, and the
# [glossary](glossary.md) explains them.
#
# | part | you write | points |
# | --- | --- | --- |
# | 1 | `number_ids` | 3 |
# | 2 | `merge_repeats` | 4 |
# | 3 | `counting_sort` | 4 |
# | 4 | `build_csr` | 4 |
# | 5 | `transpose` | 3 |
# | 6 | `top_share` | 3 |
# | 7 | `hold_out_last` | 4 |
# | 8 | `find_leaks` | 5 |
# | | three questions in words | 9 |

# %% [markdown]
# ## Why
#
# A **recommender** shows each **user** a short list of **items** (films, songs, shoes) that they may
# like. It learns this from what people did before. Nobody filled in a form: a service just wrote down
# *who* did something with *what*, and *when*. One such line is an **event**, and all of them are the
# **log**.
#
# A log shows what people do, not what they say they like. Such data are called **implicit feedback**.
# They are the most common data in this field, and they are untidy: names instead of numbers, the same
# thing twice, lines out of order. If we tidy them up badly, no model on top of them can be right. Worse,
# we may never notice, because the mistakes in this lesson make the results look *better*.

# %% [markdown]
# These are the imports of everything that you will export. Run the cell and go on.

# %% nbgrader={"grade": false, "grade_id": "interactions_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
import numpy as np
from numpy.typing import NDArray

# %% [markdown]
# And these only look at things; they stay in the notebook.

# %%
import time

import matplotlib.pyplot as plt

from recsys_edu import (
    Interactions,
    ItemKNN,
    MostPopular,
    Split,
    evaluate,
    load_dataset,
)


def checked(answer, *names):
    """What the tests below look at: the answer as a tuple, if it holds an array for each name."""
    parts = answer if isinstance(answer, tuple) else (answer,)
    several = len(names) > 1
    kind = f"{len(names)} NumPy arrays as a tuple" if several else "one NumPy array"
    expected = f"Return {kind}: {', '.join(names)}."
    found = f"a tuple of {len(answer)}" if isinstance(answer, tuple) else "one thing"
    assert len(parts) == len(names), f"You return {found}. {expected}"
    for part, name in zip(parts, names):
        assert isinstance(part, np.ndarray), (
            f"A NumPy array was expected for {name}, not an object of type {type(part).__name__}. "
            + ("np.array(…) makes an array of a list. " if isinstance(part, list) else "")
            + expected
        )
    return parts


def check_dtype(array, dtype, name):
    """Stop with a sentence if an array is of another dtype."""
    assert array.dtype == dtype, (
        f"The dtype of {name} should be {np.dtype(dtype)}, not {array.dtype}. (np.zeros and np.empty "
        "make float64 unless you give them a dtype.)"
    )


# %% [markdown]
# ## The log
#
# Real logs are private, so we make one up: a year of a small video service with 800 users. New films
# come out all the time. Each is watched a lot at first, and less and less later. Each user likes two
# genres. Now and then somebody watches a film again. (You need not read this function.)


# %%
def make_log(n_users=800, n_items=600, n_days=365, seed=1):
    """Raw user ids, item ids and timestamps (seconds since the start), in no order."""
    rng = np.random.default_rng(seed)
    genres = np.array(["action", "comedy", "crime", "drama", "family", "horror"])
    genre = rng.integers(len(genres), size=n_items)
    titles = np.array([f"{genres[g]}-{number:03}" for number, g in enumerate(genre)])
    released = rng.uniform(-150, n_days, n_items)
    appeal = rng.normal(0, 1.2, n_items)
    user_ids = 10_000 + rng.permutation(90_000)[:n_users]
    events = []
    for user in range(n_users):
        taste = appeal + 1.6 * np.isin(genre, rng.choice(len(genres), 2, replace=False))
        joined = rng.uniform(0, 0.8 * n_days)
        seen = []
        for day in np.sort(rng.uniform(joined, n_days, 8 + int(rng.lognormal(2.8, 0.7)))):
            if seen and rng.random() < 0.2:
                item = seen[rng.integers(len(seen))]
            else:
                age = day - released
                weight = np.where(age >= 0, np.exp(taste - age / 40), 0)
                item = rng.choice(n_items, p=weight / weight.sum())
            seen.append(item)
            events.append((user_ids[user], titles[item], int(day * 86_400)))
    columns = zip(*(events[place] for place in rng.permutation(len(events))))
    return tuple(np.array(column) for column in columns)


raw_users, raw_items, raw_times = make_log()
print(f"{len(raw_users):,} events; the first five:")
for event in range(5):
    print(f"  user {raw_users[event]}   {raw_items[event]:<12} second {raw_times[event]:>10,}")

# %% [markdown]
# Three arrays of the same length: position 0 of each belongs to the first event, position 1 to the
# second, and so on. Such parallel arrays are called **columns**. We keep data in columns throughout:
# NumPy is fast on arrays, and Python is slow on lists of tuples.

# %% [markdown]
# ## 1. Numbers instead of names
#
# A matrix has rows and columns counted 0, 1, 2, …, but a log has names: user 73012, `drama-017`. So
# give every distinct id a number. The distinct ids in ascending order are the **vocabulary**, and the
# number of an id is its place there. We call these numbers **codes**:
#
# $$\text{vocabulary}[\text{codes}[e]] = \text{ids}[e] \quad \text{for every event } e.$$
#
# Why ascending, and not in the order in which the ids appear? If they ascend, the numbers depend only on
# *which* ids there are: the same log in another order gives the same matrix.


# %% nbgrader={"grade": false, "grade_id": "number_ids", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def number_ids(ids: NDArray) -> tuple[NDArray, NDArray[np.int64]]:
    """Number the distinct ids in ascending order.

    Args:
        ids: integers or strings, shape (n_events,).

    Returns:
        (vocabulary, codes): the distinct ids, ascending, of the same dtype as ``ids``; and for each
        event the place of its id in the vocabulary, as int64, shape (n_events,).

    Example: the ids 70, 12, 70, 31 have the vocabulary 12, 31, 70 and the codes 2, 0, 2, 1.
    Approach: a set of the ids, sorted; then a dictionary from id to number; then look up every id.
    Hint: ``ids.tolist()`` gives plain Python values, which are faster to look up. (``np.unique`` can
    do all this at once. Do it by hand first.)
    """
    ### BEGIN SOLUTION
    distinct = sorted(set(ids.tolist()))
    number_of = {name: number for number, name in enumerate(distinct)}
    codes = [number_of[name] for name in ids.tolist()]
    return np.array(distinct, dtype=ids.dtype), np.array(codes, dtype=np.int64)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_number_ids", "locked": true, "points": 3, "schema_version": 3, "solution": false}
vocabulary, codes = checked(number_ids(np.array([70, 12, 70, 31])), "vocabulary", "codes")
assert vocabulary.tolist() != [70, 12, 31], (
    "Your vocabulary is in the order of first appearance. Sort it: then the same ids always get the "
    "same numbers, however the log is ordered."
)
assert vocabulary.tolist() == [12, 31, 70], (
    f"The distinct ids of 70, 12, 70, 31 are 12, 31, 70, ascending; yours are {vocabulary.tolist()}."
)
assert len(codes) == 4, f"There are 4 events, so there must be 4 codes; you return {len(codes)}."
assert min(codes) == 0, f"Codes count from 0; your smallest one is {min(codes)}."
assert codes.tolist() == [2, 0, 2, 1], (
    f"The ids 70, 12, 70, 31 have the places 2, 0, 2, 1 in the vocabulary; yours are {codes.tolist()}."
)
assert number_ids(np.array([10, 9]))[0].tolist() == [9, 10], (
    "The vocabulary of 10, 9 should be 9, 10: sort integers as integers, not as text."
)
names = np.array(["drama-2", "crime-10", "drama-2"])
vocabulary, codes = number_ids(names)
assert vocabulary[codes].tolist() == names.tolist(), (
    "vocabulary[codes] should give the ids back, but for strings it does not."
)
assert vocabulary.dtype == names.dtype and codes.dtype == np.int64, (
    f"The vocabulary should have the dtype of the ids ({names.dtype}), and the codes int64; yours are "
    f"{vocabulary.dtype} and {codes.dtype}."
)
for some_ids in (np.array([7, 5], dtype=np.int32), names[:0], np.array([], dtype=np.int64)):
    vocabulary, codes = checked(number_ids(some_ids), "vocabulary", "codes")
    assert vocabulary.dtype == some_ids.dtype and codes.dtype == np.int64, (
        f"For {len(some_ids)} ids of dtype {some_ids.dtype} your vocabulary is {vocabulary.dtype} and your codes "
        f"are {codes.dtype}: give np.array the dtype, dtype=ids.dtype and dtype=np.int64."
    )
assert [len(part) for part in number_ids(names[:0])] == [0, 0], (
    "An empty log should give an empty vocabulary and no codes."
)
print("Part 1 works: every name is a number, and there is a way back.")

# %%
user_ids, users = number_ids(raw_users)
item_ids, items = number_ids(raw_items)
times = raw_times
n_users, n_items = len(user_ids), len(item_ids)
print(f"{n_users} users, {n_items} items; the first event is now ({users[0]}, {items[0]})")

# %% [markdown]
# ## 2. The same thing twice
#
# Some users watched the same film several times. For most recommenders it only matters *whether* a user
# has an item, so each pair (user, item) should be there once. One such pair is an **interaction**.
#
# Which event of a pair should stay? We take the rule of the library: the *latest* one; among equal
# times, the one that stands last in the log. So the kept event of a pair is at the position
#
# $$\operatorname{keep}(u, i) = \underset{e \,:\, \text{user}_e = u,\ \text{item}_e = i}{\arg\max} \; (\text{time}_e,\, e).$$
#
# Any clear rule is better than none: without one, the order of the lines decides.


# %% nbgrader={"grade": false, "grade_id": "merge_repeats", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def merge_repeats(
    users: NDArray[np.int64], items: NDArray[np.int64], times: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The positions of the events to keep, one of each (user, item), ascending.

    Args:
        users, items, times: the columns of the log, shape (n_events,).

    Returns:
        int64: for each pair, the position of its event with the latest time; among equal times the
        last position. In ascending order.

    Example: users 0, 0, 1, 0; items 5, 5, 5, 7; times 30, 10, 20, 40. The events 0 and 1 are the same
    pair, and event 0 is later: keep 0, 2, 3.
    Approach: walk through the events with a dictionary from (user, item) to the position to keep.
    Hint: ``zip`` the columns' ``.tolist()`` and ``enumerate`` that. The last step is ``sorted``.
    """
    ### BEGIN SOLUTION
    kept: dict[tuple[int, int], tuple[int, int]] = {}
    events = zip(users.tolist(), items.tolist(), times.tolist(), strict=True)
    for position, (user, item, moment) in enumerate(events):
        before = kept.get((user, item))
        if before is None or moment >= before[0]:
            kept[user, item] = (moment, position)
    return np.array(sorted(position for _, position in kept.values()), dtype=np.int64)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_merge_repeats", "locked": true, "points": 4, "schema_version": 3, "solution": false}
def keeps(*events):
    """What merge_repeats keeps of events given as (user, item, time)."""
    columns = (np.array(column, dtype=np.int64) for column in zip(*events))
    return checked(merge_repeats(*columns), "the positions to keep")[0].tolist()


got = keeps((0, 5, 30), (0, 5, 10), (1, 5, 20), (0, 7, 40))
assert 3 in got, "Event 3 is user 0 with item 7, another pair than user 0 with item 5: keep it."
assert 2 in got, "Event 2 is user 1 with item 5. User 0 has that item too; that is another pair."
assert not (0 in got and 1 in got), "Events 0 and 1 are the same user with the same item: keep one."
assert 0 in got, (
    "Of the events 0 (time 30) and 1 (time 10) you kept the earlier time. Compare the times, not the "
    "places in the log: the latest time stays, and a log need not be in order."
)
assert got == [0, 2, 3], f"The positions to keep are 0, 2, 3; yours are {got}."
got = keeps((0, 5, 10), (0, 5, 30))
assert got == [1], f"Events at times 10 and 30: keep position 1, the later one. You kept {got}."
got = keeps((0, 5, 10), (0, 5, 30), (0, 5, 20))
assert got == [1], (
    f"Events at times 10, 30 and 20: keep position 1. You kept {got}: compare each event with the time of "
    "the one that you keep so far, not with the first."
)
got = keeps((0, 5, 30), (0, 5, 30))
assert got == [1], f"Of two events at the same time, the last one given stays: [1], not {got}."
got = keeps((1, 1, 5), (0, 0, 5), (1, 1, 9))
assert got == [1, 2], f"The positions should ascend: [1, 2]. Yours are {got}."
print("Part 2 works: every pair once.")

# %%
kept = merge_repeats(users, items, times)
print(f"{len(users):,} events are {len(kept):,} interactions")

# %% [markdown]
# ## 3. Sorting by counting
#
# Soon we need all events of one user side by side. That is sorting by user. But the keys are special:
# small whole numbers $0 \dots m - 1$. Then nothing has to be compared; *counting* is enough.
#
# If user 0 has 3 events and user 1 has 2, we *know* where everything goes: user 0 gets the places 0, 1
# and 2, user 1 gets the places 3 and 4, and user 2 starts at 5. In general, with $m$ keys and $n$ events, the place
# where key $k$ starts is the number of events with a smaller key:
#
# $$\text{starts}[k] = \sum_{j < k} \text{count}[j], \qquad \text{starts}[m] = n.$$
#
# 1. *Count* how often each key occurs.
# 2. *Add up* the counts: these are the starts. There is one more start than there are keys, and the
#    last is $n$. So key $k$ has the places from `starts[k]` to just before `starts[k + 1]`.
# 3. *Place* the events, in the order in which they come: each at the next free place of its key.
#
# Follow it for the keys 2, 0, 2, 0 (and $m = 4$). The counts are 2, 0, 2, 0, so the starts are 0, 2, 2,
# 4, 4. Event 0 has key 2 and goes to place 2; the next free place of key 2 is now 3. Event 1 has key 0 and
# goes to place 0. Event 2 goes to place 3, event 3 to place 1. From the first place to the last, the
# events are now 1, 3, 0, 2.
#
# Step 3 goes through the events in order, so events with equal keys keep their order. Such a sort is called
# **stable**, and part 4 depends on it. The method itself is called **counting sort** (Harold Seward,
# 1954).
#
# **A trap.** Step 3 remembers the next free place of each key, and moves it on by one after each event. In
# the beginning, the free places are the starts. But you also return the starts, so move a *copy* of them.


# %% nbgrader={"grade": false, "grade_id": "counting_sort", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def counting_sort(
    keys: NDArray[np.int64], n_keys: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort small whole numbers without comparing them; stable.

    Args:
        keys: integers from 0 to n_keys − 1, shape (n,).
        n_keys: how many different keys there can be; some may not occur.

    Returns:
        (starts, order), both int64: shape (n_keys + 1,), where each key's places begin; and shape
        (n,), the position in ``keys`` of what comes first, second, … So ``keys[order]`` ascends.

    Example: keys 2, 0, 2, 0 with n_keys = 4 give starts 0, 2, 2, 4, 4 and order 1, 3, 0, 2.
    Approach: the three steps above.
    Hint: ``np.bincount(keys, minlength=…)`` counts, ``np.cumsum`` adds up. Step 3 is a plain loop.
    """
    ### BEGIN SOLUTION
    starts = np.zeros(n_keys + 1, dtype=np.int64)
    starts[1:] = np.cumsum(np.bincount(keys, minlength=n_keys))
    free = starts.tolist()
    order = np.empty(len(keys), dtype=np.int64)
    for position, key in enumerate(keys.tolist()):
        order[free[key]] = position
        free[key] += 1
    return starts, order
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_counting_sort", "locked": true, "points": 4, "schema_version": 3, "solution": false}
try:
    answer = counting_sort(np.array([2, 0, 2, 0]), 4)
except IndexError as error:
    raise AssertionError(
        f"A place in an array must be a whole number, and below the length ({error}). Are your starts made by "
        "np.zeros without dtype=np.int64? Or are there too few of them?"
    ) from None
starts, order = checked(answer, "starts", "order")
assert len(starts) == 5, (
    f"With 4 keys there are 5 starts, the last one being n; yours are {starts.tolist()}. Keys that do not "
    "occur (here 1 and 3) count as well: give np.bincount a minlength."
)
assert starts.tolist() != [2, 2, 4, 4, 4], (
    "Your starts are where the keys end: did the placing loop move them? Move a copy."
)
assert starts.tolist() == [0, 2, 2, 4, 4], (
    "Two events have key 0 and two have key 2, so the starts are 0, 2, 2, 4, 4; yours are "
    f"{starts.tolist()}."
)
assert order.tolist() != [3, 1, 2, 0], (
    "Sorted, but not stable: events 1 and 3 have the same key, and 1 came first. Walk forwards."
)
assert order.tolist() != [2, 0, 3, 1], (
    "You wrote down the place of each event. The order is the other way round: at each place, the position "
    "of the event that goes there."
)
assert order.tolist() == [1, 3, 0, 2], (
    "The order should hold positions: 1, 3 (the events with key 0), then 0, 2 (key 2); yours is "
    f"{order.tolist()}."
)
check_dtype(starts, np.int64, "starts")
check_dtype(order, np.int64, "order")
keys = np.random.default_rng(3).integers(50, size=3000)
starts, order = counting_sort(keys, 60)
assert sorted(order.tolist()) == list(range(3000)), (
    "The order should hold every position exactly once."
)
assert np.all(np.diff(keys[order]) >= 0), "keys[order] should ascend, and it does not."
for key in (0, 7, 49, 59):
    places = order[starts[key] : starts[key + 1]]
    assert places.tolist() == np.flatnonzero(keys == key).tolist(), (
        f"From starts[{key}] to starts[{key + 1}] there should be exactly the events with key {key}, "
        "first one first."
    )
starts, order = counting_sort(np.array([], dtype=np.int64), 3)
assert starts.tolist() == [0, 0, 0, 0] and len(order) == 0, (
    "No keys: four starts of 0, and no order."
)
print("Part 3 works: sorted, and nothing was compared.")

# %% [markdown]
# ## 4. The matrix
#
# Think of a table with a row for each user and a column for each item: 1 where the user has the item,
# and 0 elsewhere. Nearly everything is 0. The share that is not is the **density**:
#
# $$\text{density} = \frac{\text{number of interactions}}{\text{users} \times \text{items}}.$$

# %%
print(f"this log: {len(kept) / (n_users * n_items):.1%} of {n_users * n_items:,} cells are used")
print(f"MovieLens 25M: {25_000_095 / (162_541 * 59_047):.2%} of {162_541 * 59_047:,} cells")

# %% [markdown]
# So keep only the ones. **CSR** (*compressed sparse row*) writes down, row after row, in which columns
# the ones are, and where each row starts:
#
# - `indices`: the items of user 0, ascending; then those of user 1; and so on;
# - `indptr`: `n_users + 1` numbers; the items of user `u` are `indices[indptr[u] : indptr[u + 1]]`.
#
# For instance, user 0 has the items 0 and 3, user 1 has none, and user 2 has item 1:
#
# ```
#      0 1 2 3
#   0  x . . x        indices = [0, 3,  1]
#   1  . . . .        indptr  = [0, 2, 2, 3]
#   2  . x . .
# ```
#
# The same as a picture. Each colour is a user:

# %%
example_indptr, example_indices = [0, 2, 2, 3], [0, 3, 1]
colors = ["tab:blue", "tab:orange", "tab:green"]
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3), width_ratios=(2, 3))
for user in range(3):
    for item in range(4):
        had = item in example_indices[example_indptr[user] : example_indptr[user + 1]]
        color = colors[user] if had else "white"
        left.add_patch(plt.Rectangle((item, user), 1, 1, facecolor=color, edgecolor="grey"))
    label = f"user {user}: indptr[{user}] = {example_indptr[user]}"
    left.text(-0.2, user + 0.5, f"user {user}", ha="right", va="center", color=colors[user])
    right.annotate(
        label,
        (example_indptr[user], 1),
        (-1.4 + 1.2 * user, 2.2 + 0.8 * user),
        color=colors[user],
        arrowprops={"arrowstyle": "->", "color": colors[user]},
    )
for place, item in enumerate(example_indices):
    owner = np.searchsorted(example_indptr, place, side="right") - 1
    right.add_patch(plt.Rectangle((place, 0), 1, 1, facecolor=colors[owner], edgecolor="grey"))
    right.text(place + 0.5, 0.5, item, ha="center", va="center", color="white", fontsize=14)
    right.text(place + 0.5, -0.4, f"place {place}", ha="center", va="center")
right.annotate("indptr[3] = 3", (3, 1), (3, 2.2), arrowprops={"arrowstyle": "->"})
left.set(xlim=(-1, 4), ylim=(3, 0), title="the table", xticks=np.arange(4) + 0.5, yticks=[])
left.set_xticklabels([f"item {item}" for item in range(4)])
right.set(xlim=(-1.5, 5), ylim=(-0.8, 4.4), title="CSR: the items in one row of boxes")
right.axis("off")
figure.tight_layout()
plt.show()

# %% [markdown]
# User 1 has nothing: their row starts where the row of user 2 starts, and ends there as well.
#
# You have most of it already: sort by user, and the starts *are* `indptr`. One thing is missing: the
# items of each row should ascend. The trick is to sort *twice*: first by item, then, stably, by user.
# Within each user, the second sort keeps the order that the first one made.
#
# Be careful with the second sort: its keys are the users *in the order of the first sort*, and its
# answer is about *that* order. To get back to positions in the log, look up the second order in the first.
# With the log (user 2, item 1), (user 0, item 3), (user 0, item 0):
#
# | | | |
# | --- | --- | --- |
# | sort the items 1, 3, 0 | `first` = 2, 0, 1 | event 2 has the smallest item, then event 0 |
# | the users in that order | 0, 2, 0 | the keys of the second sort |
# | sort these | `second` = 0, 2, 1 | places in `first`, not in the log |
# | look up | `first[second]` = 2, 1, 0 | positions in the log: user 0 item 0, user 0 item 3, user 2 item 1 |


# %% nbgrader={"grade": false, "grade_id": "build_csr", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def build_csr(
    users: NDArray[np.int64], items: NDArray[np.int64], n_users: int, n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Interactions in any order as CSR.

    Args:
        users, items: one distinct pair a position, shape (n,), counted from 0.
        n_users, n_items: the size of the matrix; some rows and columns may be empty.

    Returns:
        (indptr, indices, order): int64 of shape (n_users + 1,); int32 of shape (n,), ascending in
        each row; and int64 of shape (n,), the position that each entry came from, so that
        ``times[order]`` are the times of the entries.

    Example: users 2, 0, 0 and items 1, 3, 0 in a 3 × 4 matrix give indptr 0, 2, 2, 3, indices 0, 3, 1
    and order 2, 1, 0.
    Approach: ``counting_sort`` by item; ``counting_sort`` of the users in that order; combine.
    Hint: if ``first`` and ``second`` are the two orders, the combined one is ``first[second]``.
    """
    ### BEGIN SOLUTION
    _, by_item = counting_sort(items, n_items)
    indptr, by_user = counting_sort(users[by_item], n_users)
    order = by_item[by_user]
    return indptr, items[order].astype(np.int32), order
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_build_csr", "locked": true, "points": 4, "schema_version": 3, "solution": false}
small = build_csr(np.array([2, 0, 0]), np.array([1, 3, 0]), 3, 4)
small_indptr, small_indices, small_order = checked(small, "indptr", "indices", "order")
assert len(small_indptr) == 4, (
    f"indptr needs n_users + 1 = 4 numbers; yours has {len(small_indptr)}. Rows are users: sort by user last."
)
assert small_indptr.tolist() == [0, 2, 2, 3], (
    "User 0 has two items, user 1 none, user 2 one: indptr is 0, 2, 2, 3; yours is "
    f"{small_indptr.tolist()}."
)
got = small_indices.tolist()
assert got != [3, 0, 1], (
    "The right items in each row, but they do not ascend: sort by item first, and then by user."
)
assert got != [1, 3, 0], (
    "The items are in the wrong rows: the keys of the second sort are the users in the order of the first "
    "one, users[first]."
)
assert got not in ([1, 0, 3], [3, 1, 0]), (
    f"The indices should be 0, 3 (user 0), then 1 (user 2); yours are {got}. The second order is about the "
    "sorted log: look it up in the first one, first[second]."
)
assert got == [0, 3, 1], f"The indices should be 0, 3 (user 0), then 1 (user 2); yours are {got}."
assert small_order.tolist() == [2, 1, 0], (
    f"The entries came from the positions 2, 1, 0 of the log; your order says {small_order.tolist()}. Return "
    "the combined order, first[second]."
)
assert small_indices.dtype == np.int32, (
    f"The indices should be int32, half the size of int64; yours are {small_indices.dtype}."
)

check_dtype(small_indptr, np.int64, "indptr")
check_dtype(small_order, np.int64, "order")

table = np.random.default_rng(4).random((30, 20)) < 0.2
table[[0, 11, 29]] = False  # users without items, the last one among them
shuffled = np.random.default_rng(5).permutation(np.sum(table))
some_users, some_items = (places[shuffled] for places in np.nonzero(table))
some_indptr, some_indices, some_order = build_csr(some_users, some_items, 30, 20)
assert len(some_indptr) == 31, (
    f"For 30 users there are 31 starts, and yours are {len(some_indptr)}. The last user has no items here, "
    "and counts as well: use n_users."
)
for user in range(30):
    row = some_indices[some_indptr[user] : some_indptr[user + 1]].tolist()
    expected = np.flatnonzero(table[user]).tolist()
    assert row == expected, f"User {user} has the items {expected}; your row holds {row}."
assert np.array_equal(some_items[some_order], some_indices), (
    "items[order] should be the indices: `order` must say which event each entry came from."
)
print("Part 4 works: this is the matrix that every later lesson reads.")

# %% [markdown]
# Now the whole log:

# %%
indptr, indices, order = build_csr(users[kept], items[kept], n_users, n_items)
entry_times = times[kept][order]  # the time of each entry

print("user", user_ids[5], "has", item_ids[indices[indptr[5] : indptr[6]]][:6], "…")
dense, sparse = n_users * n_items * 4, indptr.nbytes + indices.nbytes
print(f"as a table of float32: {dense:,} bytes; as CSR: {sparse:,} bytes")

# %% [markdown]
# And a bigger one: the library's default data set is as large as the well-known MovieLens 100K (Harper and
# Konstan, *The MovieLens Datasets: History and Context*, ACM TiiS 2015). It is made by code, so there is
# nothing to download. We shuffle it into a raw log, and your four functions have to find the matrix
# again. (The real one is `load_dataset("ml-100k")`, if you have downloaded it.)

# %% tags=["experiment"]
whole = load_dataset("synthetic-100k")
mixed = np.random.default_rng(0).permutation(whole.nnz)
log = (whole.user_ids[whole.rows()][mixed], whole.item_ids[whole.indices][mixed])

begin = time.perf_counter()
(big_users, u), (big_items, i) = number_ids(log[0]), number_ids(log[1])
once = merge_repeats(u, i, whole.timestamps[mixed])
big_indptr, big_indices, _ = build_csr(u[once], i[once], len(big_users), len(big_items))
seconds = time.perf_counter() - begin

same = np.array_equal(big_indptr, whole.indptr)
same = same and np.array_equal(big_items[big_indices], whole.item_ids[whole.indices])
print(f"{whole.nnz:,} events in {seconds:.2f} s; the library's matrix: {'yes' if same else 'NO'}")

# %% [markdown]
# ## 5. The other side
#
# CSR answers "which items has user `u`?" with one slice. "Which users have item `i`?" is another
# matter: every row has to be searched. If we ask this often, we make the **transpose**: the same
# interactions, with a row for each item.
#
# $$i \in \text{items}(u) \iff u \in \text{users}(i).$$
#
# It takes one more counting sort, by item. For that we need the user of each entry, which CSR does not
# write down. But we know it: user `u` has `indptr[u + 1] − indptr[u]` entries, one after another.


# %% nbgrader={"grade": false, "grade_id": "transpose", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def transpose(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The users of each item, from the items of each user.

    Args:
        indptr, indices: CSR of users × items.
        n_items: how many items there are; some may have no users.

    Returns:
        (item_starts, item_users): int64 of shape (n_items + 1,) and int32 of shape (n,). The users of
        item ``i`` are ``item_users[item_starts[i] : item_starts[i + 1]]``, ascending.

    Example: indptr 0, 2, 2, 3 and indices 0, 3, 1 with 4 items give 0, 1, 2, 2, 3 and 0, 2, 0.
    Approach: the user of each entry; then sort these by item.
    Hint: ``np.repeat([7, 8], [2, 3])`` is 7, 7, 8, 8, 8; ``np.diff`` gives the lengths of the rows.
    """
    ### BEGIN SOLUTION
    users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    item_starts, order = counting_sort(indices, n_items)
    return item_starts, users[order].astype(np.int32)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_transpose", "locked": true, "points": 3, "schema_version": 3, "solution": false}
small = transpose(np.array([0, 2, 2, 3]), np.array([0, 3, 1], dtype=np.int32), 4)
small_starts, small_users = checked(small, "item_starts", "item_users")
assert small_starts.tolist() == [0, 1, 2, 2, 3], (
    "The items have 1, 1, 0 and 1 users, so the starts are 0, 1, 2, 2, 3; yours are "
    f"{small_starts.tolist()}."
)
got = small_users.tolist()
assert got != [0, 2, 1], (
    "You return positions in `indices`. Look up the user of each entry, in that order."
)
assert got != [0, 0, 2], (
    "The users are still in the order of the rows: put them in the order by item."
)
assert got != [1, 3, 1], "Users count from 0; yours count from 1."
assert got == [0, 2, 0], (
    f"The users are 0 (item 0), 2 (item 1), 0 (item 3); yours are {got}. User 1 has no items, and is still "
    "a row."
)
assert small_users.dtype == np.int32, (
    f"Users should be int32, as indices are; not {small_users.dtype}."
)

table = np.random.default_rng(6).random((30, 20)) < 0.2
table[[0, 11, 29]] = False
table[:, [3, 19]] = False  # items that nobody has, the last one among them
row_starts = np.concatenate(([0], np.cumsum(table.sum(axis=1))))
columns = np.nonzero(table)[1].astype(np.int32)
some_starts, some_users = transpose(row_starts, columns, 20)
assert len(some_starts) == 21, (
    f"For 20 items there are 21 starts, and yours are {len(some_starts)}. Nobody has the last item here, and "
    "it counts as well: use n_items."
)
for item in range(20):
    row = some_users[some_starts[item] : some_starts[item + 1]].tolist()
    expected = np.flatnonzero(table[:, item]).tolist()
    assert row == expected, f"Item {item} has the users {expected}; your transpose says {row}."
back_starts, back = transpose(some_starts, some_users, 30)
assert np.array_equal(back_starts, row_starts) and np.array_equal(back, columns), (
    "Transposed twice, the matrix should be the one that it was."
)
print("Part 5 works: from users to items, and back.")

# %% [markdown]
# What is it worth? Find the users of one item by searching, and by the transpose:

# %% tags=["experiment"]
item_starts, item_users = transpose(big_indptr, big_indices, len(big_items))


def microseconds(function, times=2000):
    begin = time.perf_counter()
    for _ in range(times):
        function()
    return (time.perf_counter() - begin) / times * 1e6


search = microseconds(lambda: np.flatnonzero(big_indices == 100))
lookup = microseconds(lambda: item_users[item_starts[100] : item_starts[101]])
print(f"search all entries: {search:.1f} µs   look up: {lookup:.2f} µs   {search / lookup:.0f} ×")

# %% [markdown]
# The search takes longer the more data there are; the look-up does not. (And the search only found
# *places*; the users would still have to be worked out.)

# %% [markdown]
# ## 6. The long tail
#
# The **popularity** of an item is the number of users who have it. With the transpose it costs nothing:
# it is the length of the item's row, and `np.diff(item_starts)` gives all of them.
#
# Popularity is very unequal nearly everywhere. A few items (the **head**) have a large share of the
# interactions, and very many items (the **long tail**) share the rest. One number says how unequal it is:
# what share of all interactions do the $k$ most popular items have? With the counts in descending order,
# $c_{(1)} \ge c_{(2)} \ge \dots \ge c_{(n)}$, it is
#
# $$\text{share}(k) = \frac{\sum_{r \le k} c_{(r)}}{\sum_{r \le n} c_{(r)}}.$$


# %% nbgrader={"grade": false, "grade_id": "top_share", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def top_share(counts: NDArray[np.int64], k: int) -> float:
    """The share of all interactions that the k most popular items have.

    Args:
        counts: how many users each item has, shape (n_items,), in any order.
        k: 0 or more. If there are fewer than k items, take them all.

    Returns:
        From 0 to 1; 0.0 where there are no interactions at all.

    Example: counts 1, 6, 1, 2 and k = 1 give 0.6.
    Hint: ``sorted_counts[-k:]`` is a trap: for k = 0 it is everything. Turn the order round first.
    """
    ### BEGIN SOLUTION
    total = int(np.sum(counts))
    if total == 0:
        return 0.0
    descending = np.sort(counts)[::-1]
    return int(descending[:k].sum()) / total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_top_share", "locked": true, "points": 3, "schema_version": 3, "solution": false}
counts = np.array([1, 6, 1, 2])
got = top_share(counts, 1)
assert abs(got - 0.1) > 1e-9, (
    "0.1 is the share of a LEAST popular item (or of the first): sort descending."
)
assert abs(got - 1.5) > 1e-9, "1.5 is 6 / 4: divide by the number of interactions, not of items."
assert abs(got - 0.6) < 1e-12, f"The most popular item has 6 of 10 interactions: 0.6, not {got}."
assert abs(top_share(counts, 2) - 0.8) < 1e-12, (
    f"The two most popular have 6 + 2 of 10: 0.8, not {top_share(counts, 2)}."
)
assert abs(top_share(counts, 3) - 0.9) < 1e-12, (
    f"A tie: one of the two items with count 1 is in, so 9 of 10; not {top_share(counts, 3)}."
)
assert top_share(counts, 0) == 0, (
    f"No items have a share of 0, not {top_share(counts, 0)}: see the hint."
)
assert top_share(counts, 9) == 1, (
    f"All items together have everything: 1, not {top_share(counts, 9)}."
)
nobody = top_share(np.zeros(3, dtype=np.int64), 2)
assert nobody == 0, f"Where there are no interactions the share is 0.0, not {nobody}."
assert list(counts) == [1, 6, 1, 2], (
    "Your function changed the counts: sort a copy (np.sort makes one)."
)
print("Part 6 works: the tail can be measured.")

# %% tags=["experiment"]
popularity = np.diff(item_starts)
n = len(popularity)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
left.loglog(np.arange(1, n + 1), np.sort(popularity)[::-1])
left.set(xlabel="rank of the item", ylabel="users who have it", title="A few hits, a long tail")
sizes = np.arange(0, n + 1, 10)
right.plot(sizes / n, [top_share(popularity, k) for k in sizes], label="synthetic-100k")
right.plot([0, 1], [0, 1], color="grey", linestyle="--", label="if all were equal")
right.set(xlabel="share of the items", ylabel="share of the interactions", title="Who has how much")
right.legend()
figure.tight_layout()
plt.show()
for percent in (1, 10, 20):
    k = n * percent // 100
    print(f"the top {percent:>2} % of the items have {top_share(popularity, k):.0%} of everything")

# %% [markdown]
# This explains two things that you will meet again and again. A recommender that shows everybody the
# same hits is hard to beat (lesson 02). And for most items there is very little to learn from.

# %% [markdown]
# ## 7. What to learn from, and what to be tested on
#
# How good is a recommender? We cannot go back and show its lists to last year's users. So we hide a part
# of the log: the **model** (that is, the recommender) learns from the **training part**, and has to guess
# what is in the **test part**. Such a division is a **split**.
#
# A split of CSR is a **mask**: one truth value for each entry, `True` where it belongs to the test part.
# Two popular splits are one and the same function! Give every entry a *key*, and hold out, of *each
# user*, the $n$ entries with the largest keys:
#
# - the keys are *times*: the test part is what each user did last. This is **leave-last-out**;
# - the keys are *random numbers*: the test part is a random choice, a **random split per user**.
#
# The model has to learn something about each user. So all entries of a user who has $n$ of them or
# fewer stay in the training part:
#
# $$\text{number of test entries of } u = \begin{cases} n & \text{if } u \text{ has more than } n \text{ entries} \\ 0 & \text{otherwise.} \end{cases}$$


# %% nbgrader={"grade": false, "grade_id": "hold_out_last", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def hold_out_last(indptr: NDArray[np.int64], keys: NDArray, n: int) -> NDArray[np.bool_]:
    """Which entries to test on: of each user, the n with the largest keys.

    Args:
        indptr: where each user's entries start, shape (n_users + 1,).
        keys: numbers, one for each entry, shape (n_entries,).
        n: how many to hold out of each user; at least 1.

    Returns:
        bool, shape (n_entries,): True for the test part. Of a user with at most ``n`` entries, none.
        Among equal keys, the entry that stands later counts as larger.

    Example: indptr 0, 3, 4; keys 20, 30, 10, 99; n = 1. User 0 loses the entry with key 30, and user 1,
    who has only one, keeps it: False, True, False, False.
    Approach: for each user, sort their slice of the keys, and take the last n of that order.
    Hint: ``np.argsort(slice, kind="stable")`` counts from the start of the slice, not of the array.
    """
    ### BEGIN SOLUTION
    test = np.zeros(len(keys), dtype=np.bool_)
    for user in range(len(indptr) - 1):
        start, end = indptr[user], indptr[user + 1]
        if end - start > n:
            ascending = np.argsort(keys[start:end], kind="stable")
            test[start + ascending[-n:]] = True
    return test
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_hold_out_last", "locked": true, "points": 4, "schema_version": 3, "solution": false}
def held_out(starts, keys, n):
    """The places that hold_out_last puts in the test part."""
    mask = hold_out_last(np.array(starts), np.array(keys), n)
    assert isinstance(mask, np.ndarray) and mask.dtype == np.bool_ and mask.shape == (len(keys),), (
        "Return one truth value for each entry: start from np.zeros(len(keys), dtype=np.bool_)."
    )
    return np.flatnonzero(mask).tolist()


got = held_out([0, 3], [20, 30, 10], 1)
assert got != [2], (
    "That is the SMALLEST key (or the last place). Hold out the entry with the largest key."
)
assert got != [0, 2], "That is the training part: True should mean that an entry is held out."
assert got == [1], f"The largest key of 20, 30, 10 is at place 1; you hold out {got}."
got = held_out([0, 3, 6], [20, 30, 10, 5, 4, 6], 1)
assert got == [1, 5], (
    f"The test part should be the places 1 (user 0) and 5 (user 1), and yours is {got}: argsort counts from "
    "the start of the user's slice, and keys of different users are never compared."
)
got = held_out([0, 3, 3, 5], [20, 30, 10, 5, 4], 2)
assert not {3, 4} & set(got), (
    "With n = 2, the user with exactly 2 entries should keep both: nothing would be left to learn from."
)
assert got == [0, 1], f"With n = 2, the places 0 and 1 are held out of 20, 30, 10; yours are {got}."
got = held_out([0, 1], [99], 1)
assert got == [], f"A user with one entry keeps it, so nothing is held out; yours is {got}."
got = held_out([0, 3], [7, 7, 7], 1)
assert got == [2], f"All three keys are equal, so the last place, 2, is held out; yours is {got}."
print("Part 7 works: two splits for the price of one.")

# %% [markdown]
# Now three splits of our log. The third one is not per user: a split *by time* draws one line through
# the calendar, and everything after it is the test part. It takes no function at all.

# %%
rng = np.random.default_rng(7)
cutoff = np.quantile(entry_times, 0.8)
masks = {
    "random per user": hold_out_last(indptr, rng.random(len(indices)), 3),
    "leave-last-out": hold_out_last(indptr, entry_times, 3),
    "by time": entry_times >= cutoff,
}
for name, mask in masks.items():
    print(f"{name:<16} {np.sum(~mask):>7,} to learn from, {np.sum(mask):>6,} to be tested on")

# %% [markdown]
# ## 8. Leaks
#
# A test is only worth something if the model could not know the answers. A **leak** is knowledge that gets
# from the test part, or from the time after it, into the training part. Nothing crashes, and nothing looks
# odd. The figures are just better than what real users will ever see. (Kaufman, Rosset and Perlich found
# leaks even in the data of well-known competitions: *Leakage in Data Mining*, KDD 2011.)
#
# For a test event (user $u$, item $i$, time $t$), ask three questions:
#
# | name | the question |
# | --- | --- |
# | `repeated` | Is the same pair $(u, i)$ in the training part? Then the answer was given away. |
# | `own_future` | Is there a training event of the *same user* later than $t$? Then the model knows what $u$ did *next*. |
# | `any_future` | Is there a training event of *anybody* later than $t$? Then the model knows which films people *would* come to like. |
#
# Count for how many test events the answer is yes. "Later" means strictly later: events at the same
# moment do not know of each other. As a formula, with $T_u$ the time of the last training event of $u$:
#
# $$\text{own\_future} = \#\{(u, i, t) \in \text{test} : t < T_u\}, \qquad \text{any\_future} = \#\{(u, i, t) \in \text{test} : t < \max_v T_v\}.$$


# %% nbgrader={"grade": false, "grade_id": "find_leaks", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def find_leaks(
    train: tuple[NDArray, NDArray, NDArray], test: tuple[NDArray, NDArray, NDArray]
) -> dict[str, int]:
    """How many test events the training part knows too much about.

    Args:
        train, test: the columns (users, items, times) of each part; within a part equally long.

    Returns:
        {"repeated": …, "own_future": …, "any_future": …}: how many *test events* there are of each
        kind. Users and items may be in the test part only. If the training part is empty, all are 0.

    Example: train has (user 0, item 1, time 50), test has (user 0, item 1, time 60) and
    (user 2, item 3, time 40): repeated 1, own_future 0, any_future 1.
    Approach: from the training part, a set of pairs and a dictionary from user to last time. Then walk
    through the test part and count.
    Hint: ``.tolist()`` and ``zip`` as in part 2. ``last.get(user, something)`` for users not in training.
    """
    ### BEGIN SOLUTION
    pairs = set()
    last: dict[int, int] = {}
    for user, item, moment in zip(*(column.tolist() for column in train), strict=True):
        pairs.add((user, item))
        last[user] = max(last.get(user, moment), moment)
    end = max(last.values(), default=None)
    leaks = {"repeated": 0, "own_future": 0, "any_future": 0}
    for user, item, moment in zip(*(column.tolist() for column in test), strict=True):
        leaks["repeated"] += (user, item) in pairs
        leaks["own_future"] += moment < last.get(user, moment)
        leaks["any_future"] += end is not None and moment < end
    return leaks
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_find_leaks", "locked": true, "points": 5, "schema_version": 3, "solution": false}
def leaks_of(train, test):
    """find_leaks for parts given as lists of (user, item, time)."""
    columns = [tuple(np.array(c) for c in zip(*part)) for part in (train, test)]
    try:
        found = find_leaks(*columns)
    except KeyError as error:
        raise AssertionError(
            f"KeyError {error}: a user of the test part may be missing in the training part. Ask the "
            "dictionary with .get(user, …)."
        ) from None
    assert isinstance(found, dict) and set(found) == {"repeated", "own_future", "any_future"}, (
        'Return a dictionary {"repeated": …, "own_future": …, "any_future": …}.'
    )
    return found


train = [(0, 1, 50), (0, 2, 10), (1, 3, 30)]
found = leaks_of(train, [(0, 1, 60), (0, 3, 60), (0, 1, 70)])
assert found["repeated"] != 3, (
    "Item 3 is in the training part for user 1, not for user 0: compare pairs, not items."
)
assert found["repeated"] == 2, (
    f"Two test events are user 0 with item 1 again, so repeated is 2; yours is {found['repeated']}. Count "
    "every test event whose pair is in the training part, not the pairs, and not the training events."
)
assert (found["own_future"], found["any_future"]) == (0, 0), (
    "These test events are later than all the training: no future in it. Yours found "
    f"{found['own_future']} and {found['any_future']}: is the comparison the wrong way round?"
)
found = leaks_of(train, [(0, 9, 40)])
assert found["own_future"] == 1, (
    "At time 40, user 0's training event at time 50 is still to come: own_future is 1. Compare with the "
    "latest of the user's training times; the lines are in no order. "
    f"Yours is {found['own_future']}."
)
assert found["any_future"] == 1, (
    "One's own future is part of the world's: any_future is 1 as well. Compare with the last training time "
    f"of all users together. Yours is {found['any_future']}."
)
found = leaks_of(train, [(1, 9, 40)])
assert found["own_future"] == 0, (
    "User 1's last training event was at time 30, so at 40 none of their own is still to come. Only user "
    "0's is: keep a last time for each user."
)
assert found["any_future"] == 1, (
    "At time 40, user 0's training event at time 50 is still to come: any_future is 1 for user 1 too."
)
found = leaks_of(train, [(0, 9, 50), (1, 9, 50)])
assert (found["own_future"], found["any_future"]) == (0, 0), (
    "The same time is not later: a test event at 50 and a training event at 50 are no leak."
)
found = leaks_of(train, [(7, 9, 20), (7, 9, 20)])
assert found == {"repeated": 0, "own_future": 0, "any_future": 2}, (
    "User 7 is in the test part only, twice, at time 20: repeated 0 (the test part is not compared with "
    f"itself), own_future 0, any_future 2. Yours: {found}."
)
found = find_leaks(tuple(np.zeros((3, 0), dtype=np.int64)), tuple(np.array([[1], [2], [3]])))
assert set(found.values()) == {0}, f"Nothing to learn from, nothing to leak: all 0. Yours: {found}."
print("Part 8 works: no leak gets past you.")

# %% [markdown]
# Now look at the splits. A fourth one shows the mistake that happens most easily: to split the log *as it
# came*, event by event at random, without merging the repeats first.

# %%
entry_users = np.repeat(np.arange(n_users), np.diff(indptr))
raw_test = rng.random(len(users)) < 0.2
parts = {"raw log, at random": (users, items, times, raw_test)}
for name, mask in masks.items():
    parts[name] = (entry_users, indices, entry_times, mask)

print(f"{'share of the test events':<24} repeated   own future   any future")
for name, (*columns, mask) in parts.items():
    found = find_leaks(tuple(c[~mask] for c in columns), tuple(c[mask] for c in columns))
    shares = [found[leak] / mask.sum() for leak in ("repeated", "own_future", "any_future")]
    print(f"{name:<24} {shares[0]:>8.0%}   {shares[1]:>10.0%}   {shares[2]:>10.0%}")

# %% [markdown]
# Read the table from top to bottom: each split closes one more leak. Merging the repeats closes the
# first. Leave-last-out closes the second, but not the third: *this* user's last event may be in March,
# and the other users teach the model what became a hit in May. Only the **split by time** has no leak.
# But it has a price: users and items that joined after the line are in the test part, and the model has
# never seen them. (Many published comparisons leak the future: Ji, Sun, Zhang and Li, *A Critical Study
# on Data Leakage in Recommender System Offline Evaluation*, ACM TOIS 2023.)

# %% [markdown]
# ## 9. Does it matter?
#
# **The repeats.** Meet the parrot. It has learned nothing. To each user it recommends the last ten things
# that this user did in the training part. We measure the **hit rate**: the share of the test users for
# whom at least one of the ten items is right.


# %%
def parrot_hit_rate(users, items, times, test):
    told, hit = {}, {}
    for event in np.argsort(times, kind="stable"):
        if not test[event]:
            told.setdefault(users[event], []).append(items[event])
    for event in np.flatnonzero(test):
        right = items[event] in told.get(users[event], [])[-10:]
        hit[users[event]] = hit.get(users[event], False) or right
    return np.mean(list(hit.values()))


merged_test = rng.random(len(indices)) < 0.2
raw_rate = parrot_hit_rate(users, items, times, raw_test)
merged_rate = parrot_hit_rate(entry_users, indices, entry_times, merged_test)
print(f"the parrot's hit rate: raw log {raw_rate:.0%}, repeats merged {merged_rate:.0%}")

# %% [markdown]
# On the raw log the parrot looks excellent, and yet it cannot find a single new film. It did not
# recommend: it read the answers from its sheet. Real models can be parrots too, because what a user has
# had often scores highest. (The library's `evaluate`, below, lets no model recommend what the user had in
# training. Many other programs do.)
#
# **The future.** What is it worth to know the future? Keep the test the same, and change only what the
# model may learn from. We draw a line through the calendar. The test part is one half, drawn at random, of
# all that came after the line. The model learns from
#
# 1. *the past only*, which is all that anybody could have known on that day;
# 2. *the past and the other half of the future*, as a random split would give;
# 3. the same, *cut down to as many events as in 1*, so that nobody can say "it only had more data".
#
# Two models of the library: `MostPopular` recommends the same hits to everybody, and `ItemKNN` what
# people with the same items have (lesson 03). `evaluate` measures the hit rate of ten items, as above.

# %% tags=["experiment"]
matrix = Interactions(indptr, indices, user_ids, item_ids, timestamps=entry_times)
past = entry_times < np.quantile(entry_times, 0.7)
test = ~past & (rng.random(len(indices)) < 0.5)
fewer = np.zeros(len(indices), dtype=np.bool_)
fewer[rng.permutation(np.flatnonzero(~test))[: past.sum()]] = True
trainings = {"the past only": past, "past and future": ~test, "the same, cut down": fewer}

rates = {}
for mask in trainings.values():
    split = Split(matrix.keep(mask), matrix.keep(test))
    for model in (MostPopular(), ItemKNN()):
        found = evaluate(model.fit(split.train), split, metrics="hit_rate@10")["hit_rate@10"]
        rates.setdefault(type(model).__name__, []).append(found)

# %% tags=["experiment"]
for shift, (model, values) in zip((-0.2, 0.2), rates.items()):
    bars = plt.bar(np.arange(3) + shift, values, width=0.38, label=model)
    plt.bar_label(bars, fmt="%.2f")
labels = [f"{name}\n({mask.sum():,} events)" for name, mask in trainings.items()]
plt.xticks(range(3), labels)
plt.ylabel("hit rate of ten items")
plt.title("The same test, the same models: what may they know?")
plt.ylim(0, 1.15 * max(max(values) for values in rates.values()))
plt.legend(loc="upper left")
plt.show()

# %% [markdown]
# Only the first pair of bars is what users would have seen. In the other two pairs the models did not get
# better; they were told which films would come out, and which would be hits. Cut down to the same number of
# events, they do nearly as well. So it is not *more* data that helps, but data *from the future*.
#
# You cannot know beforehand how much a leak flatters. We picked this line and this log because they show it
# well. With the line at 80 % of the events (put 0.8 for 0.7) `MostPopular` gains almost nothing, and other
# logs (`make_log(seed=2)`) give smaller steps. You cannot correct for a leak; you can only close it.
#
# This does not mean that every random split is useless. In `synthetic-100k` the hits stay the same all the
# time, so `MostPopular` gains nothing from the future, and later lessons split it at random. And if all models
# are flattered, the better one may still win. But they are not flattered by the same amount: compare the two
# bars of each pair. Before you believe a figure, yours or somebody else's, ask how the data were split.

# %% [markdown]
# **To go further.** (Not graded.) Part 9 drew one line through the calendar. Draw twelve, one a month: for each
# line, train on what is before it and test on the month after it. Draw the hit rate of both models over the
# year. Is the model that wins in January the one that wins in December? What would you report?

# %% [markdown]
# ## 10. Questions
#
# A few sentences each. They are marked by a person.
#
# **a) What does the table cost?** MovieLens 25M has 162,541 users, 59,047 items and 25,000,095
# interactions. How many bytes does it take as a table of float32, and how many as CSR (`indptr` int64,
# `indices` int32)? At which density would CSR stop saving memory? And name an operation that the table
# does faster.

# %% [markdown] nbgrader={"grade": true, "grade_id": "cost_of_a_table", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The table: 162,541 × 59,047 × 4 bytes = 38.4 GB. CSR: 25,000,095 × 4 bytes + 162,542 × 8 bytes = 101 MB, nearly 400
# times less. An entry costs 4 bytes in either, so indices alone would reach the size of the table only at a density of
# 100 % (at 50 % if each entry also has a value of 4 bytes; against a table of bits or bytes, at 1/32 or 1/4). The
# table answers "does u have i?" with one read at a known address; CSR has to search the row, by bisection at best. It
# also changes a single cell in place, where CSR has to move everything behind it.
#
# === BEGIN MARK SCHEME ===
# 1 point: about 38 GB and about 100 MB. 1 point: a density that follows from bytes per entry (100 % without values, 50 %
# with float32 values; other cell sizes if they are named). 1 point: access to or change of a single cell, with the reason.
# === END MARK SCHEME ===

# %% [markdown]
# **b) First or latest?** We kept the latest event of a repeated pair. Suppose that a user watched a film
# in January and again in December, and the line of the split by time is in November. Where does the
# pair end up, and what is then asked of the model in the test? Would keeping the *first* event be better?
# For which product would you not merge at all?

# %% [markdown] nbgrader={"grade": true, "grade_id": "first_or_latest", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# With the latest event the pair is in the test part only: the model is not told about January, and has to "discover" a film that
# the user had known for ten months; the history that it really had in November is lost. With the first event the pair
# is in the training part, as it was known in November, and the test asks only for what is new: better for measuring
# discovery. Merging is wrong where repeating is the point: music, groceries, or "watch it again" rows. There the test
# may hold repeats on purpose, and the count or the time of the last event is a signal.
#
# === BEGIN MARK SCHEME ===
# 1 point: test part only, and the model lacks an event that it would have known. 1 point: the first event keeps what was
# known at the line in the training part (or another reasoned choice that sees the trade). 1 point: a product of repeats.
# === END MARK SCHEME ===

# %% [markdown]
# **c) Your own shop.** A shop retrains its recommender every night and shows it the next day. Which split
# would you measure it by, and why? A colleague does three things with the *whole* log, and splits
# it after that: number the ids, merge the repeats, and store each item's popularity for the model to use.
# Which of the three steps leak, and what?

# %% [markdown] nbgrader={"grade": true, "grade_id": "your_own_shop", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# By time, and with the line moved day by day: learn from everything before midnight, test on the next day, and average over
# many days. That is exactly what the shop does, so nothing is known that it would not know. The popularity leaks: it is
# made of test events too, so a model that uses them knows which items will be popular. Merging with "the latest" changes
# what the training part holds by looking at later events: pairs are moved away from it, which hides rather than tells,
# but is still the future's doing. Numbering tells only which users and items will exist; a fair test must then still
# count those that are new as unknown to the model.
#
# === BEGIN MARK SCHEME ===
# 1 point: by time, test right after the line. 1 point: repeated over several lines, or another link to the nightly
# training. 1 point: the stored popularity tells the future's hits, and the other two are judged with a reason.
# === END MARK SCHEME ===

# %% [markdown]
# ## What next
#
# In a terminal, in your workspace:
#
# ```
# tito complete 1
# ```
#
# It runs the tests above, exports your functions to `my_recsys/interactions.py` and asks the question
# of this lesson: can I trust my data? Then try your own check on other data, in a script in the
# workspace's folder, where `my_recsys` is:
#
# ```python
# from my_recsys.interactions import find_leaks
# from recsys_edu import leave_last_out, load_dataset
#
# split = leave_last_out(load_dataset("synthetic-100k"))
# find_leaks(*((part.rows(), part.indices, part.timestamps) for part in (split.train, split.test)))
# ```
#
# From here on the library's `Interactions` does what you did: `Interactions.from_events(users, items,
# timestamps=times)`. You know what is in it. Now that there is a test to be believed, what is a *good*
# result? The hit rate cannot tell a hit at place 1 from one at place 10. That is lesson 02.
