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
            "Your vocabulary is in the order in which ids appear: sort the distinct ids.",
        ),
        "counts from one": (
            "in enumerate(distinct)}",
            "in enumerate(distinct, start=1)}",
            "Your codes begin at 1: the first id of the vocabulary has the number 0.",
        ),
        "codes of the vocabulary": (
            "codes = [number_of[name] for name in ids.tolist()]",
            "codes = [number_of[name] for name in distinct]",
            "Your codes are those of the distinct ids: there is one code for each entry of ids, "
            "repeats included.",
        ),
        "numbers sorted as text": (
            "sorted(set(ids.tolist()))",
            "sorted(set(ids.tolist()), key=str)",
            "Your vocabulary sorts numbers as if they were text, so that 10 comes before 9.",
        ),
        "names are forgotten": (
            "np.array(distinct, dtype=ids.dtype), np.array(codes",
            "np.arange(len(distinct)), np.array(codes",
            "Your vocabulary holds the numbers 0, 1, 2, … instead of the ids themselves.",
        ),
    },
    "test_merge_repeats": {
        "keeps the earliest": (
            _KEPT_IF,
            "if before is None or moment <= before[0]:",
            "Your log keeps the earliest event of each pair: the latest one counts.",
        ),
        "the first of equal times": (
            _KEPT_IF,
            "if before is None or moment > before[0]:",
            "Of events at the same time your log keeps the first: the last line counts, so "
            "compare with >=.",
        ),
        "the last line, whatever its time": (
            _KEPT_IF,
            "if True:",
            "Your log keeps the last line of each pair, whatever its time: compare the times.",
        ),
        "the first line, whatever its time": (
            _KEPT_IF,
            "if before is None:",
            "Your log keeps the first line of each pair, whatever its time: compare the times.",
        ),
        "one event an item": (
            "before = kept.get((user, item))",
            "user = 0\n        before = kept.get((user, item))",
            "Your log keeps one event for each item: what repeats is the pair of user and item.",
        ),
        "not in order": (
            "sorted(position for _, position in kept.values())",
            "[position for _, position in kept.values()]",
            "Your positions are not sorted: they should ascend.",
        ),
        "compares with the first time only": (
            "kept[user, item] = (moment, position)",
            "kept[user, item] = (before[0] if before else moment, position)",
            "Your log compares each event with the first time of its pair: keep the time of the "
            "event that is kept so far.",
        ),
    },
    "test_counting_sort": {
        "stale starts": (
            "    free = starts.tolist()\n",
            "    free = starts\n",
            "Your starts have moved while the order was filled in: count the free places in a "
            "copy.",
        ),
        "not stable": (
            "in enumerate(keys.tolist()):",
            "in reversed(list(enumerate(keys.tolist()))):",
            "Equal keys come in reverse in your order: go through the positions from the first to "
            "the last.",
        ),
        "keys that do not occur": (
            "    starts = np.zeros(n_keys + 1, dtype=np.int64)\n"
            "    starts[1:] = np.cumsum(np.bincount(keys, minlength=n_keys))\n",
            "    starts = np.concatenate(([0], np.cumsum(np.bincount(keys))))\n",
            "Your starts end at the largest key that occurs: there are n_keys + 1 of them "
            "(minlength of np.bincount).",
        ),
        "no last start": (
            "return starts, order",
            "return starts[:-1], order",
            "Your starts lack the last one: there are n_keys + 1, and the last is the number of "
            "entries.",
        ),
        "ranks, not positions": (
            "order[free[key]] = position",
            "order[position] = free[key]",
            "Your order says where each entry goes: it should say which position comes at each "
            "place.",
        ),
    },
    "test_build_csr": {
        "rows do not ascend": (
            _BUILD,
            "    indptr, order = counting_sort(users, n_users)\n",
            "The items within your rows do not ascend: sort by item first, and then by user.",
        ),
        "sorted in the wrong order": (
            _BUILD,
            "    _, first = counting_sort(users, n_users)\n"
            "    indptr, second = counting_sort(items[first], n_items)\n"
            "    order = first[second]\n",
            "You sort by user first and by item second: the last sort decides, so it has to be "
            "the one by user.",
        ),
        "second sort ignores the first": (
            "counting_sort(users[by_item], n_users)",
            "counting_sort(users, n_users)",
            "Your second sort takes the users in their old order: it needs users[by_item].",
        ),
        "orders not combined": (
            "order = by_item[by_user]",
            "order = by_user",
            "Your order is that of the second sort alone: its places are places in by_item, so "
            "take by_item[by_user].",
        ),
        "orders the wrong way round": (
            "order = by_item[by_user]",
            "order = by_user[by_item]",
            "You combine the two orders the wrong way round: it is by_item[by_user].",
        ),
        "off by one user": (
            "counting_sort(users[by_item], n_users)",
            "counting_sort(users[by_item], users.max() + 1 if len(users) else 0)",
            "Your indptr ends at the last user that occurs: there are n_users + 1 starts.",
        ),
        "order of the second sort": (
            "astype(np.int32), order",
            "astype(np.int32), by_user",
            "The order that you return is that of the second sort alone: return the combined one.",
        ),
    },
    "test_transpose": {
        "positions, not users": (
            "users[order].astype(np.int32)",
            "order.astype(np.int32)",
            "Your rows hold positions: take the users at these positions.",
        ),
        "users not sorted along": (
            "users[order].astype(np.int32)",
            "users.astype(np.int32)",
            "Your users are still in the order of the CSR: put them into the order of the sort by "
            "item.",
        ),
        "users without items skipped": (
            "users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))",
            "lengths = np.diff(indptr)[np.diff(indptr) > 0]\n"
            "    users = np.repeat(np.arange(len(lengths)), lengths)",
            "You skip users without items, so all users after them have the wrong number.",
        ),
        "off by one user": (
            "np.repeat(np.arange(len(indptr) - 1)",
            "np.repeat(np.arange(1, len(indptr))",
            "Your users are counted from 1: the first row belongs to user 0.",
        ),
        "items that nobody has": (
            "counting_sort(indices, n_items)",
            "counting_sort(indices, int(indices.max(initial=-1)) + 1)",
            "Your starts end at the last item that occurs: there are n_items + 1 of them.",
        ),
    },
    "test_top_share": {
        "the least popular": (
            "np.sort(counts)[::-1]",
            "np.sort(counts)",
            "You add up the least popular items: sort the counts descending.",
        ),
        "not sorted": (
            "np.sort(counts)[::-1]",
            "counts",
            "You add up the first k counts as they come: sort them descending first.",
        ),
        "wrong normaliser": (
            "int(descending[:k].sum()) / total",
            "int(descending[:k].sum()) / len(counts)",
            "You divide by the number of items: a share is a part of all interactions.",
        ),
        "one item too many": (
            "descending[:k]",
            "descending[: k + 1]",
            "You add up one item too many: the first k are descending[:k].",
        ),
        "k = 0 is everything": (
            "int(descending[:k].sum())",
            "int(np.sort(counts)[-k:].sum())",
            "For k = 0 you return the share of all items: counts[-0:] is the whole array.",
        ),
        "all that are as popular as the last": (
            "descending[:k].sum()",
            "counts[counts >= descending[min(k, len(counts)) - 1]].sum() * (k > 0)",
            "You add up every item that is as popular as number k: exactly k items count.",
        ),
        "zero divided by zero": (
            "        return 0.0\n",
            "        return float('nan')\n",
            "Without interactions your share is not a number: return 0.0.",
        ),
        "sorts in place": (
            "    descending = np.sort(counts)[::-1]",
            "    counts.sort()\n    descending = counts[::-1]",
            "You sort the caller's array: np.sort returns a sorted copy, counts.sort() changes "
            "counts itself.",
        ),
    },
    "test_hold_out_last": {
        "the first, not the last": (
            "ascending[-n:]",
            "ascending[:n]",
            "You hold out the first n events of each user: take the last n of the ascending keys.",
        ),
        "the last places, whatever the keys": (
            "test[start + ascending[-n:]]",
            "test[end - n : end]",
            "You hold out the last places of each row: the keys decide which events are last.",
        ),
        "starts forgotten": (
            "test[start + ascending[-n:]]",
            "test[ascending[-n:]]",
            "You count places within a row from 0: add the row's start.",
        ),
        "nothing left to learn from": (
            "if end - start > n:",
            "if end - start >= n:",
            "You hold out events of users who have exactly n: only users with more than n are "
            "held out.",
        ),
        "one too many": (
            "ascending[-n:]",
            "ascending[-n - 1 :]",
            "You hold out n + 1 events of each user.",
        ),
        "only the very last": (
            "ascending[-n:]",
            "ascending[-1:]",
            "You hold out one event of each user, whatever n is.",
        ),
        "ties the wrong way round": (
            'np.argsort(keys[start:end], kind="stable")',
            'np.argsort(-keys[start:end], kind="stable")[::-1]',
            "Of events with equal keys you hold out the earlier ones: use a stable ascending "
            "sort, and take its end.",
        ),
        "the training part": (
            "    return test\n",
            "    return ~test\n",
            "Your mask marks the training part: True is for held-out events.",
        ),
        "the last of all users": (
            "    for user in range(len(indptr) - 1):\n        start, end = indptr[user], indptr[user + 1]\n",
            "    for start, end in [(0, len(keys))]:\n",
            "You hold out the last events of the whole log: do it user by user.",
        ),
    },
    "test_find_leaks": {
        "items, not pairs": (
            "        pairs.add((user, item))\n",
            "        pairs.update((who, item) for who in {*last, user, *test[0].tolist()})\n",
            "You count an item as repeated if anybody has it in train: what repeats is the pair "
            "of user and item.",
        ),
        "the same time is later": (
            "moment < last.get(user, moment)",
            "moment <= last.get(user, moment - 1)",
            "For own_future, a training event at the same time counts as later: compare with <.",
        ),
        "the same time is later for the world": (
            "end is not None and moment < end",
            "end is not None and moment <= end",
            "For any_future, a training event at the same time counts as later: compare with <.",
        ),
        "first training time of a user": (
            "last[user] = max(last.get(user, moment), moment)",
            "last[user] = min(last.get(user, moment), moment)",
            "You compare with the user's first training event: own_future needs the last one.",
        ),
        "the last line of a user": (
            "last[user] = max(last.get(user, moment), moment)",
            "last[user] = moment",
            "You take the time of the user's last line in train: the lines are in no order, so "
            "take the largest time.",
        ),
        "wrong way round": (
            "moment < last.get(user, moment)",
            "moment > last.get(user, moment)",
            "Your own_future counts test events that come after training: those are as they "
            "should be.",
        ),
        "everybody's future is one's own": (
            "moment < last.get(user, moment)",
            "end is not None and moment < end",
            "Your own_future compares with the training events of all users: only those of the "
            "same user count.",
        ),
        "the world's past": (
            "end = max(last.values(), default=None)",
            "end = min(last.values(), default=None)",
            "Your any_future compares with the user who ends first: the end of train is the "
            "largest time of all.",
        ),
        "counts each pair once": (
            'leaks["repeated"] += (user, item) in pairs',
            'leaks["repeated"] += (user, item) in pairs\n        pairs.discard((user, item))',
            "You count each repeated pair once: every test event that repeats a training pair "
            "counts.",
        ),
        "unknown users fail": (
            "moment < last.get(user, moment)",
            "moment < last[user]",
            "Your function fails for a test user who is not in train: such a user has no own "
            "future.",
        ),
        "train and test exchanged": (
            "    pairs = set()\n",
            "    train, test = test, train\n    pairs = set()\n",
            "You have exchanged train and test.",
        ),
        "an empty training part fails": (
            "default=None",
            "default=10**12",
            "With an empty training part you count leaks: there is nothing that could be known "
            "too early.",
        ),
    },
}
