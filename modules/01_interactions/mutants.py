"""Wrong solutions of lesson 01: each has to be caught, with a message that helps."""

_KEPT_IF = "if before is None or moment >= before[0]:"
_BUILD = """    _, by_item = counting_sort(items, n_items)
    indptr, by_user = counting_sort(users[by_item], n_users)
    order = by_item[by_user]
"""

MUTANTS = {
    "test_number_ids": {
        "order of first appearance": (
            "sorted(set(ids.tolist()))",
            "list(dict.fromkeys(ids.tolist()))",
        ),
        "counts from one": ("in enumerate(distinct)}", "in enumerate(distinct, start=1)}"),
        "codes of the vocabulary": (
            "codes = [number_of[name] for name in ids.tolist()]",
            "codes = [number_of[name] for name in distinct]",
        ),
        "numbers sorted as text": (
            "sorted(set(ids.tolist()))",
            "sorted(set(ids.tolist()), key=str)",
        ),
        "names are forgotten": (
            "np.array(distinct, dtype=ids.dtype), np.array(codes",
            "np.arange(len(distinct)), np.array(codes",
        ),
    },
    "test_merge_repeats": {
        "keeps the earliest": (_KEPT_IF, "if before is None or moment <= before[0]:"),
        "the first of equal times": (_KEPT_IF, "if before is None or moment > before[0]:"),
        "the last line, whatever its time": (_KEPT_IF, "if True:"),
        "the first line, whatever its time": (_KEPT_IF, "if before is None:"),
        "one event an item": (
            "before = kept.get((user, item))",
            "user = 0\n        before = kept.get((user, item))",
        ),
        "not in order": (
            "sorted(position for _, position in kept.values())",
            "[position for _, position in kept.values()]",
        ),
        "compares with the first time only": (
            "kept[user, item] = (moment, position)",
            "kept[user, item] = (before[0] if before else moment, position)",
        ),
    },
    "test_counting_sort": {
        "stale starts": (
            "    free = starts.tolist()\n",
            "    free = starts\n",
        ),
        "not stable": (
            "in enumerate(keys.tolist()):",
            "in reversed(list(enumerate(keys.tolist()))):",
        ),
        "keys that do not occur": (
            "    starts = np.zeros(n_keys + 1, dtype=np.int64)\n"
            "    starts[1:] = np.cumsum(np.bincount(keys, minlength=n_keys))\n",
            "    starts = np.concatenate(([0], np.cumsum(np.bincount(keys))))\n",
        ),
        "no last start": ("return starts, order", "return starts[:-1], order"),
        "ranks, not positions": ("order[free[key]] = position", "order[position] = free[key]"),
    },
    "test_build_csr": {
        "rows do not ascend": (
            _BUILD,
            "    indptr, order = counting_sort(users, n_users)\n",
        ),
        "sorted in the wrong order": (
            _BUILD,
            "    _, first = counting_sort(users, n_users)\n"
            "    indptr, second = counting_sort(items[first], n_items)\n"
            "    order = first[second]\n",
        ),
        "second sort ignores the first": (
            "counting_sort(users[by_item], n_users)",
            "counting_sort(users, n_users)",
        ),
        "orders not combined": ("order = by_item[by_user]", "order = by_user"),
        "orders the wrong way round": ("order = by_item[by_user]", "order = by_user[by_item]"),
        "off by one user": (
            "counting_sort(users[by_item], n_users)",
            "counting_sort(users[by_item], users.max() + 1 if len(users) else 0)",
        ),
        "order of the second sort": ("astype(np.int32), order", "astype(np.int32), by_user"),
    },
    "test_transpose": {
        "positions, not users": ("users[order].astype(np.int32)", "order.astype(np.int32)"),
        "users not sorted along": ("users[order].astype(np.int32)", "users.astype(np.int32)"),
        "users without items skipped": (
            "users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))",
            "lengths = np.diff(indptr)[np.diff(indptr) > 0]\n"
            "    users = np.repeat(np.arange(len(lengths)), lengths)",
        ),
        "off by one user": (
            "np.repeat(np.arange(len(indptr) - 1)",
            "np.repeat(np.arange(1, len(indptr))",
        ),
        "items that nobody has": (
            "counting_sort(indices, n_items)",
            "counting_sort(indices, int(indices.max(initial=-1)) + 1)",
        ),
    },
    "test_top_share": {
        "the least popular": ("np.sort(counts)[::-1]", "np.sort(counts)"),
        "not sorted": ("np.sort(counts)[::-1]", "counts"),
        "wrong normaliser": (
            "int(descending[:k].sum()) / total",
            "int(descending[:k].sum()) / len(counts)",
        ),
        "one item too many": ("descending[:k]", "descending[: k + 1]"),
        "k = 0 is everything": ("int(descending[:k].sum())", "int(np.sort(counts)[-k:].sum())"),
        "all that are as popular as the last": (
            "descending[:k].sum()",
            "counts[counts >= descending[min(k, len(counts)) - 1]].sum() * (k > 0)",
        ),
        "zero divided by zero": ("        return 0.0\n", "        return float('nan')\n"),
        "sorts in place": (
            "    descending = np.sort(counts)[::-1]",
            "    counts.sort()\n    descending = counts[::-1]",
        ),
    },
    "test_hold_out_last": {
        "the first, not the last": ("ascending[-n:]", "ascending[:n]"),
        "the last places, whatever the keys": (
            "test[start + ascending[-n:]]",
            "test[end - n : end]",
        ),
        "starts forgotten": ("test[start + ascending[-n:]]", "test[ascending[-n:]]"),
        "nothing left to learn from": ("if end - start > n:", "if end - start >= n:"),
        "one too many": ("ascending[-n:]", "ascending[-n - 1 :]"),
        "only the very last": ("ascending[-n:]", "ascending[-1:]"),
        "ties the wrong way round": (
            'np.argsort(keys[start:end], kind="stable")',
            'np.argsort(-keys[start:end], kind="stable")[::-1]',
        ),
        "the training part": ("    return test\n", "    return ~test\n"),
        "the last of all users": (
            "    for user in range(len(indptr) - 1):\n        start, end = indptr[user], indptr[user + 1]\n",
            "    for start, end in [(0, len(keys))]:\n",
        ),
    },
    "test_find_leaks": {
        "items, not pairs": (
            "        pairs.add((user, item))\n",
            "        pairs.update((who, item) for who in {*last, user, *test[0].tolist()})\n",
        ),
        "the same time is later": (
            "moment < last.get(user, moment)",
            "moment <= last.get(user, moment - 1)",
        ),
        "the same time is later for the world": (
            "end is not None and moment < end",
            "end is not None and moment <= end",
        ),
        "first training time of a user": (
            "last[user] = max(last.get(user, moment), moment)",
            "last[user] = min(last.get(user, moment), moment)",
        ),
        "the last line of a user": (
            "last[user] = max(last.get(user, moment), moment)",
            "last[user] = moment",
        ),
        "wrong way round": ("moment < last.get(user, moment)", "moment > last.get(user, moment)"),
        "everybody's future is one's own": (
            "moment < last.get(user, moment)",
            "end is not None and moment < end",
        ),
        "the world's past": (
            "end = max(last.values(), default=None)",
            "end = min(last.values(), default=None)",
        ),
        "counts each pair once": (
            'leaks["repeated"] += (user, item) in pairs',
            'leaks["repeated"] += (user, item) in pairs\n        pairs.discard((user, item))',
        ),
        "unknown users fail": ("moment < last.get(user, moment)", "moment < last[user]"),
        "train and test exchanged": (
            "    pairs = set()\n",
            "    train, test = test, train\n    pairs = set()\n",
        ),
        "an empty training part fails": ("default=None", "default=10**12"),
    },
}
