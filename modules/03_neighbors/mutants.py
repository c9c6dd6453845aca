"""Wrong solutions of lesson 03: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_users_of_items": {
        "one list for all": (
            "= [[] for _ in range(n_items)]",
            "= [[]] * n_items",
            "All your items share one list: [[]] * n repeats the same list, so make a new one for "
            "each item.",
        ),
        "users without items not counted": (
            "for user, items in enumerate(items_of):",
            "for user, items in enumerate(filter(None, items_of)):",
            "You skip users without items when you count, so all users after them have the wrong "
            "number.",
        ),
        "the wrong way round": (
            "            users_of[item].append(user)",
            "            users_of[user].append(item)",
            "Your lists hold the items of each user: they should hold the users of each item.",
        ),
        "as many lists as are needed": (
            "    return users_of\n",
            "    return users_of[: max(itertools.chain(*items_of), default=-1) + 1]\n",
            "Your lists end at the last item that somebody has: there are n_items of them.",
        ),
        "users counted from 1": (
            "users_of[item].append(user)",
            "users_of[item].append(user + 1)",
            "Your users are counted from 1: the first user is 0.",
        ),
    },
    "test_similarity": {
        "no root": (
            "math.sqrt(n_users_i * n_users_j)",
            "(n_users_i * n_users_j)",
            "You divide by the product of the two numbers of users: a cosine divides by its root.",
        ),
        "jaccard": (
            "math.sqrt(n_users_i * n_users_j)",
            "(n_users_i + n_users_j - n_common)",
            "You divide by the number of users who have either item: that is Jaccard's index, and "
            "a cosine divides by √(n_i n_j).",
        ),
        "its own popularity alone": (
            "n_users_i * n_users_j",
            "n_users_i * n_users_i",
            "You divide by the users of the first item alone: a cosine divides by √(n_i n_j).",
        ),
        "no shrinkage": (
            " * (n_common / (n_common + shrinkage))",
            "",
            "Your shrinkage has no effect: multiply by n_common / (n_common + shrinkage).",
        ),
        "shrinks the wrong way": (
            "(n_common / (n_common + shrinkage))",
            "((n_common + shrinkage) / n_common)",
            "Your shrinkage makes similarities larger: the factor is n_common / (n_common + "
            "shrinkage).",
        ),
        "shrinks by the users of one item": (
            "(n_common / (n_common + shrinkage))",
            "(n_users_i / (n_users_i + shrinkage))",
            "Your shrinkage uses the users of one item: it is about the users in common.",
        ),
        "another order": (
            "cosine * (n_common / (n_common + shrinkage))",
            "cosine * n_common / (n_common + shrinkage)",
            None,
        ),
    },
    "test_common_users": {
        "keeps itself": (
            "    del n_common[item]\n",
            "",
            "Your counts contain the item itself: delete it.",
        ),
        "counts once": (
            "n_common.update(items_of[user])",
            "n_common |= Counter(items_of[user])",
            "You count each other item once: count every user who has both.",
        ),
        "users, not items": (
            "n_common.update(items_of[user])",
            "n_common.update([user])",
            "You count users: count the items that they have.",
        ),
        "the last user left out": (
            "in users_of[item]:",
            "in users_of[item][:-1]:",
            "You leave out the last user of the item.",
        ),
        "everybody": (
            "    for user in users_of[item]:\n        n_common",
            "    for user in range(len(items_of)):\n        n_common",
            "You count the items of all users: only those who have the item count.",
        ),
        "zeros for strangers": (
            "del n_common[item]",
            "n_common.update({other: 0 for other in range(len(users_of))})\n    del n_common[item]",
            "Your counts contain items without a common user: leave them out.",
        ),
    },
    "test_steps": {
        "square of the sum": (
            "np.sum(items_per_user.astype(np.int64) ** 2)",
            "np.sum(items_per_user.astype(np.int64)) ** 2",
            "You square the sum of the numbers: sum their squares, user by user.",
        ),
        "overflow": (
            "items_per_user.astype(np.int64) ** 2",
            "items_per_user**2",
            "Your squares overflow: a small integer type cannot hold them, so convert to int64 "
            "first.",
        ),
        "no square": (
            "items_per_user.astype(np.int64) ** 2",
            "items_per_user.astype(np.int64)",
            "You add up the numbers of items: each user costs the square of theirs.",
        ),
        "pairs only": (
            "len(items_per_user) * n_items**2",
            "n_items**2",
            "You count the pairs of items once: the dense way compares them for every user.",
        ),
        "users and items exchanged": (
            "len(items_per_user) * n_items**2",
            "len(items_per_user) ** 2 * n_items",
            "You have exchanged users and items: the dense way takes n_users · n_items² steps.",
        ),
    },
    "test_best_neighbors": {
        "ties by the higher number": (
            "(-similarities[other], other)",
            "(-similarities[other], -other)",
            "Of equal similarities your list has the higher number first: the lower one comes "
            "first.",
        ),
        "ties as they come": (
            "(-similarities[other], other)",
            "-similarities[other]",
            "Equal similarities stay in the order in which they come: sort them by number.",
        ),
        "worst first": (
            "(-similarities[other], other)",
            "(similarities[other], other)",
            "Your list begins with the least similar item.",
        ),
        "reversed": (
            "sorted(similarities, key=lambda other: (-similarities[other], other))[:k]",
            "sorted(similarities, key=lambda other: (similarities[other], other))[::-1][:k]",
            "You sort ascending and turn the list around, which turns ties around as well: sort "
            "by (−similarity, number).",
        ),
        "one too many": (
            "other))[:k]",
            "other))[: k + 1]",
            "Your list has one item too many: it has k.",
        ),
        "one too few": (
            "other))[:k]",
            "other))[: k - 1]",
            "Your list has one item too few: it has k.",
        ),
        "the first k, then sorted": (
            "return sorted(similarities, key=",
            "return sorted(list(similarities)[:k], key=",
            "You take the first k items and then sort them: sort all of them first.",
        ),
    },
    "test_item_similarity": {
        "rows in order of similarity": (
            "best = sorted(best_neighbors(similarities, k))",
            "best = best_neighbors(similarities, k)",
            "Your rows are in order of similarity: in CSR they ascend by item.",
        ),
        "values out of step": (
            "values += [similarities[other] for other in best]",
            "values += sorted((similarities[other] for other in best), reverse=True)",
            "Your values are not in the order of their items: take each value by its item.",
        ),
        "chooses in double precision": (
            "np.float32(\n                similarity(n, len(users_of[item]), len(users_of[other]), shrinkage)\n            )",
            "similarity(n, len(users_of[item]), len(users_of[other]), shrinkage)",
            "You choose neighbours by double precision: what is compared is what is returned, a "
            "float32.",
        ),
        "shrinks after choosing": (
            "best = sorted(best_neighbors(similarities, k))",
            "best = sorted(best_neighbors({o: np.float32(similarity(n, len(users_of[item]), "
            "len(users_of[o]), 0.0)) for o, n in common_users(item, items_of, users_of).items()}, k))",
            "You choose neighbours without shrinkage: shrink first, and then choose.",
        ),
        "shrinkage forgotten": (
            "len(users_of[other]), shrinkage)",
            "len(users_of[other]), 0.0)",
            "You leave out the shrinkage.",
        ),
        "popularity of the item twice": (
            "similarity(n, len(users_of[item]), len(users_of[other]), shrinkage)",
            "similarity(n, len(users_of[item]), len(users_of[item]), shrinkage)",
            "You use the number of users of the item itself twice: the second one is that of the "
            "other item.",
        ),
        "no row for items without neighbours": (
            "        starts.append(len(neighbors))",
            "        if best:\n            starts.append(len(neighbors))",
            "Items without neighbours have no row: their start has to be there as well.",
        ),
        "lengths for starts": (
            "starts.append(len(neighbors))",
            "starts.append(len(best))",
            "Your starts are the lengths of the rows: add them up.",
        ),
        "stale row": (
            "        similarities = {}\n",
            "        similarities = {} if item % 2 == 0 else similarities\n",
            "Neighbours of the item before are still in your row: begin each row with an empty "
            "dictionary.",
        ),
    },
    "test_neighbor_scores": {
        "the neighbours of what the user has": (
            "    votes = neighbors.values * has[neighbors.indices]\n"
            "    rows = np.repeat(np.arange(n_items), np.diff(neighbors.indptr))\n"
            "    return np.bincount(rows, weights=votes, minlength=n_items)",
            "    rows = np.repeat(np.arange(n_items), np.diff(neighbors.indptr))\n"
            "    votes = neighbors.values * has[rows]\n"
            "    return np.bincount(neighbors.indices, weights=votes, minlength=n_items)",
            "You let the user's items vote for their own neighbours: an item is scored by its "
            "neighbours that the user has, row by row.",
        ),
        "votes counted, not weighed": (
            "neighbors.values * has[neighbors.indices]",
            "has[neighbors.indices]",
            "You count the neighbours that the user has: add up their similarities.",
        ),
        "everybody votes": (
            "votes = neighbors.values * has[neighbors.indices]",
            "votes = neighbors.values",
            "All neighbours vote: only those that the user has count.",
        ),
        "a mean": (
            "return np.bincount(rows, weights=votes, minlength=n_items)",
            "return np.bincount(rows, weights=votes, minlength=n_items) / max(1, len(items))",
            "You divide by the number of the user's items: the score is the sum.",
        ),
        "items without neighbours cut off": (
            ", minlength=n_items)",
            ")",
            "Your scores end at the last item with neighbours: there are n_items of them.",
        ),
        "own items left out": (
            "return np.bincount(rows, weights=votes, minlength=n_items)",
            "return np.bincount(rows, weights=votes, minlength=n_items) * (1 - has)",
            "You give the user's own items the score 0: they are scored like the others, and left "
            "out later.",
        ),
        "one item too few": (
            "    has[items] = 1\n",
            "    has[items[:-1]] = 1\n",
            "You leave out the last of the user's items.",
        ),
    },
    "test_top_k": {
        "ties by the higher number": (
            'np.argsort(-score, kind="stable")[:k]',
            'np.argsort(score, kind="stable")[::-1][:k]',
            "Of equal scores your list has the higher number first: sort −score with "
            'kind="stable".',
        ),
        "worst first": (
            'np.argsort(-score, kind="stable")[:k]',
            'np.argsort(score, kind="stable")[:k]',
            "Your list begins with the worst item: sort by −score.",
        ),
        "recommends what was seen": (
            "        score[seen_indices[seen_indptr[row] : seen_indptr[row + 1]]] = -np.inf\n",
            "",
            "Your list contains items that the user has seen.",
        ),
        "seen by the first user": (
            "seen_indptr[row] : seen_indptr[row + 1]",
            "seen_indptr[0] : seen_indptr[1]",
            "You mask the items of the first user for everybody: take the row's own part of "
            "seen_indices.",
        ),
        "seen items get 0": (
            "seen_indptr[row + 1]]] = -np.inf",
            "seen_indptr[row + 1]]] = 0.0",
            "Seen items get the score 0, which may be a good score: use −∞.",
        ),
        "one seen item too few": (
            "seen_indptr[row + 1]]]",
            "seen_indptr[row + 1] - 1]]",
            "You leave one seen item unmasked, the last of each row.",
        ),
        "lists minus infinity": (
            "best = best[score[best] > -np.inf]",
            "best = best[score[best] >= -np.inf]",
            "Your list contains items with the score −∞: leave them out, and their places stay "
            "empty.",
        ),
        "biases forgotten": (
            "score = score + item_biases",
            "pass",
            "You leave out the items' biases.",
        ),
        "k cannot exceed the list": (
            "        items[row, : len(best)] = best\n",
            "        items[row] = best\n",
            "Your function fails where fewer than k items can be listed: fill only as many places.",
        ),
        "no scores": (
            "        scores[row, : len(best)] = score[best]\n",
            "",
            "Your scores are not filled in.",
        ),
        "not a number is 0": (
            "score[np.isnan(score)] = -np.inf",
            "score[np.isnan(score)] = 0.0",
            "A score that is not a number counts as 0 in your list: it ranks last, as −∞ does.",
        ),
        "spoils the factors": (
            "score = item_factors @ user\n",
            "score = item_factors @ user\n            item_factors *= 0\n",
            "You write into the item factors: they are only read.",
        ),
    },
}
