"""Calls by which the mistakes of lesson 01 are recognised."""

import numpy as np


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    return {
        "test_number_ids": _ids(rng),
        "test_merge_repeats": [("merge_repeats", _log(rng), {}) for _ in range(3)],
        "test_counting_sort": _sorts(rng),
        "test_build_csr": _tables(rng),
        "test_transpose": _transposed(rng),
        "test_top_share": _shares(rng),
        "test_hold_out_last": _held_out(rng),
        "test_find_leaks": _leaks(rng),
    }


def _ids(rng: np.random.Generator) -> list:
    """Return numbers of several lengths, and names, each with repeats and not sorted."""
    numbers = np.concatenate(([101, 9, 30, 9, 101], rng.integers(1, 2000, 20)))
    names = np.array([f"u{n}" for n in rng.integers(0, 30, 15)] + ["u9", "u10", "u9"])
    return [("number_ids", (rng.permutation(ids),), {}) for ids in (numbers, names)]


def _log(rng: np.random.Generator) -> tuple:
    return (rng.integers(0, 4, 40), rng.integers(0, 4, 40), rng.integers(0, 6, 40))


def _sorts(rng: np.random.Generator) -> list:
    """Return keys with repeats, of which some do not occur, the last among them."""
    keys = (rng.choice([0, 2, 3, 5], 25), rng.integers(0, 3, 10))
    return [
        ("counting_sort", (each, n_keys), {}) for each, n_keys in zip(keys, (8, 5), strict=True)
    ]


def _tables(rng: np.random.Generator) -> list:
    found = []
    for _ in range(2):
        cells = rng.permutation(7 * 9)[:25]
        found.append(("build_csr", (cells // 9, cells % 9, 9, 11), {}))
    return found


def _rows(rng: np.random.Generator, sizes: list) -> tuple:
    lists = [np.sort(rng.permutation(8)[:size]) for size in sizes]
    indptr = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    return indptr, np.concatenate(lists).astype(np.int32)


def _transposed(rng: np.random.Generator) -> list:
    sizes = [3, 0, int(rng.integers(2, 6)), 0, int(rng.integers(1, 6)), 4]
    return [("transpose", (*_rows(rng, sizes), 11), {}) for _ in range(2)]


def _shares(rng: np.random.Generator) -> list:
    """Return counts with equal ones at the end of the top, k = 0, and no interactions."""
    counts = np.concatenate((rng.integers(20, 60, 4), [10, 10, 10], rng.integers(1, 9, 5)))
    shuffled = rng.permutation(counts).astype(np.int64)
    zeros = np.zeros(4, dtype=np.int64)
    given = [(shuffled, 5), (shuffled, 2), (shuffled, 0), (zeros, 2)]
    return [("top_share", each, {}) for each in given]


def _held_out(rng: np.random.Generator) -> list:
    sizes = [6, 2, 0, 3, 8, 5]
    indptr = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    found = []
    for n in (2, 3, 1):
        keys = np.concatenate([rng.integers(0, 4, size) for size in sizes])
        found.append(("hold_out_last", (indptr, keys, n), {}))
    return found


def _leaks(rng: np.random.Generator) -> list:
    """Return parts whose times mix, with test users who are not in train; and no train."""
    found = []
    for _ in range(3):
        train = (rng.integers(0, 5, 30), rng.integers(0, 6, 30), rng.integers(0, 25, 30))
        test = (rng.integers(0, 7, 40), rng.integers(0, 6, 40), rng.integers(5, 30, 40))
        test[2][:8] = train[2].max()
        for place in range(10):
            theirs = train[2][train[0] == test[0][8 + place]]
            test[2][8 + place] = theirs.max() if len(theirs) else 3
        test[2][18:22] = 3
        found.append(("find_leaks", (train, test), {}))
    nothing = tuple(np.zeros(0, dtype=np.int64) for _ in range(3))
    found.append(("find_leaks", (nothing, test), {}))
    return found
