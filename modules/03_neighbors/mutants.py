"""Wrong solutions of lesson 03: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_users_of_items": {
        "one list for all": ("= [[] for _ in range(n_items)]", "= [[]] * n_items"),
        "users without items not counted": (
            "for user, items in enumerate(items_of):",
            "for user, items in enumerate(filter(None, items_of)):",
        ),
        "the wrong way round": (
            "            users_of[item].append(user)",
            "            users_of[user].append(item)",
        ),
        "as many lists as are needed": (
            "    return users_of\n",
            "    return users_of[: max(itertools.chain(*items_of), default=-1) + 1]\n",
        ),
        "users counted from 1": ("users_of[item].append(user)", "users_of[item].append(user + 1)"),
    },
    "test_similarity": {
        "no root": ("math.sqrt(n_users_i * n_users_j)", "(n_users_i * n_users_j)"),
        "jaccard": (
            "math.sqrt(n_users_i * n_users_j)",
            "(n_users_i + n_users_j - n_common)",
        ),
        "its own popularity alone": ("n_users_i * n_users_j", "n_users_i * n_users_i"),
        "no shrinkage": (" * (n_common / (n_common + shrinkage))", ""),
        "shrinks the wrong way": (
            "(n_common / (n_common + shrinkage))",
            "((n_common + shrinkage) / n_common)",
        ),
        "shrinks by the users of one item": (
            "(n_common / (n_common + shrinkage))",
            "(n_users_i / (n_users_i + shrinkage))",
        ),
        "another order": (
            "cosine * (n_common / (n_common + shrinkage))",
            "cosine * n_common / (n_common + shrinkage)",
        ),
    },
    "test_common_users": {
        "keeps itself": ("    del n_common[item]\n", ""),
        "counts once": ("n_common.update(items_of[user])", "n_common |= Counter(items_of[user])"),
        "users, not items": ("n_common.update(items_of[user])", "n_common.update([user])"),
        "the last user left out": ("in users_of[item]:", "in users_of[item][:-1]:"),
        "everybody": (
            "    for user in users_of[item]:\n        n_common",
            "    for user in range(len(items_of)):\n        n_common",
        ),
        "zeros for strangers": (
            "del n_common[item]",
            "n_common.update({other: 0 for other in range(len(users_of))})\n    del n_common[item]",
        ),
    },
    "test_steps": {
        "square of the sum": (
            "np.sum(items_per_user.astype(np.int64) ** 2)",
            "np.sum(items_per_user.astype(np.int64)) ** 2",
        ),
        "overflow": ("items_per_user.astype(np.int64) ** 2", "items_per_user**2"),
        "no square": ("items_per_user.astype(np.int64) ** 2", "items_per_user.astype(np.int64)"),
        "pairs only": ("len(items_per_user) * n_items**2", "n_items**2"),
        "users and items exchanged": (
            "len(items_per_user) * n_items**2",
            "len(items_per_user) ** 2 * n_items",
        ),
    },
    "test_best_neighbors": {
        "ties by the higher number": (
            "(-similarities[other], other)",
            "(-similarities[other], -other)",
        ),
        "ties as they come": ("(-similarities[other], other)", "-similarities[other]"),
        "worst first": ("(-similarities[other], other)", "(similarities[other], other)"),
        "reversed": (
            "sorted(similarities, key=lambda other: (-similarities[other], other))[:k]",
            "sorted(similarities, key=lambda other: (similarities[other], other))[::-1][:k]",
        ),
        "one too many": ("other))[:k]", "other))[: k + 1]"),
        "one too few": ("other))[:k]", "other))[: k - 1]"),
        "the first k, then sorted": (
            "return sorted(similarities, key=",
            "return sorted(list(similarities)[:k], key=",
        ),
    },
    "test_item_similarity": {
        "rows in order of similarity": (
            "best = sorted(best_neighbors(similarities, k))",
            "best = best_neighbors(similarities, k)",
        ),
        "values out of step": (
            "values += [similarities[other] for other in best]",
            "values += sorted((similarities[other] for other in best), reverse=True)",
        ),
        "chooses in double precision": (
            "np.float32(\n                similarity(n, len(users_of[item]), len(users_of[other]), shrinkage)\n            )",
            "similarity(n, len(users_of[item]), len(users_of[other]), shrinkage)",
        ),
        "shrinks after choosing": (
            "best = sorted(best_neighbors(similarities, k))",
            "best = sorted(best_neighbors({o: np.float32(similarity(n, len(users_of[item]), "
            "len(users_of[o]), 0.0)) for o, n in common_users(item, items_of, users_of).items()}, k))",
        ),
        "shrinkage forgotten": ("len(users_of[other]), shrinkage)", "len(users_of[other]), 0.0)"),
        "popularity of the item twice": (
            "similarity(n, len(users_of[item]), len(users_of[other]), shrinkage)",
            "similarity(n, len(users_of[item]), len(users_of[item]), shrinkage)",
        ),
        "no row for items without neighbours": (
            "        starts.append(len(neighbors))",
            "        if best:\n            starts.append(len(neighbors))",
        ),
        "lengths for starts": ("starts.append(len(neighbors))", "starts.append(len(best))"),
        "stale row": (
            "        similarities = {}\n",
            "        similarities = {} if item % 2 == 0 else similarities\n",
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
        ),
        "votes counted, not weighed": (
            "neighbors.values * has[neighbors.indices]",
            "has[neighbors.indices]",
        ),
        "everybody votes": (
            "votes = neighbors.values * has[neighbors.indices]",
            "votes = neighbors.values",
        ),
        "a mean": (
            "return np.bincount(rows, weights=votes, minlength=n_items)",
            "return np.bincount(rows, weights=votes, minlength=n_items) / max(1, len(items))",
        ),
        "items without neighbours cut off": (", minlength=n_items)", ")"),
        "own items left out": (
            "return np.bincount(rows, weights=votes, minlength=n_items)",
            "return np.bincount(rows, weights=votes, minlength=n_items) * (1 - has)",
        ),
        "one item too few": ("    has[items] = 1\n", "    has[items[:-1]] = 1\n"),
    },
    "test_top_k": {
        "ties by the higher number": (
            'np.argsort(-score, kind="stable")[:k]',
            'np.argsort(score, kind="stable")[::-1][:k]',
        ),
        "worst first": (
            'np.argsort(-score, kind="stable")[:k]',
            'np.argsort(score, kind="stable")[:k]',
        ),
        "recommends what was seen": (
            "        score[seen_indices[seen_indptr[row] : seen_indptr[row + 1]]] = -np.inf\n",
            "",
        ),
        "seen by the first user": (
            "seen_indptr[row] : seen_indptr[row + 1]",
            "seen_indptr[0] : seen_indptr[1]",
        ),
        "seen items get 0": (
            "seen_indptr[row + 1]]] = -np.inf",
            "seen_indptr[row + 1]]] = 0.0",
        ),
        "one seen item too few": ("seen_indptr[row + 1]]]", "seen_indptr[row + 1] - 1]]"),
        "lists minus infinity": (
            "best = best[score[best] > -np.inf]",
            "best = best[score[best] >= -np.inf]",
        ),
        "biases forgotten": ("score = score + item_biases", "pass"),
        "k cannot exceed the list": (
            "        items[row, : len(best)] = best\n",
            "        items[row] = best\n",
        ),
        "no scores": ("        scores[row, : len(best)] = score[best]\n", ""),
        "not a number is 0": ("score[np.isnan(score)] = -np.inf", "score[np.isnan(score)] = 0.0"),
        "spoils the factors": (
            "score = item_factors @ user\n",
            "score = item_factors @ user\n            item_factors *= 0\n",
        ),
    },
}
