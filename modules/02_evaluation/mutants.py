"""Wrong solutions of lesson 02: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_rank_unseen": {
        "recommends what was seen": (
            "    masked[seen] = -np.inf\n",
            "",
            "Your list contains items that the user has seen: give them the score −∞ before you "
            "sort.",
        ),
        "masks with zero": (
            "masked[seen] = -np.inf",
            "masked[seen] = 0",
            "Seen items get the score 0 in your list, and 0 may be a good score: use −∞.",
        ),
        "writes into the caller's scores": (
            "masked = scores.copy()",
            "masked = scores",
            "You write into the caller's scores: mask a copy.",
        ),
        "worst first": (
            'np.argsort(-masked, kind="stable")',
            'np.argsort(masked, kind="stable")',
            "Your list begins with the worst item: sort by −score.",
        ),
        "ties turned around": (
            'best_first = np.argsort(-masked, kind="stable")',
            'best_first = np.argsort(masked, kind="stable")[::-1]',
            "Of equal scores your list has the higher number first: a reversed ascending sort "
            'turns ties around, so sort −score with kind="stable".',
        ),
        "fills up with seen items": (
            "best_first[: min(k, n_unseen)]",
            "best_first[:k]",
            "Your list is filled up with seen items where fewer than k are unseen: end it there.",
        ),
        "one too few": (
            "best_first[: min(k, n_unseen)]",
            "best_first[: min(k - 1, n_unseen)]",
            "Your list is one item too short: it has k items, as long as that many are unseen.",
        ),
        "without the best": (
            "best_first[: min(k, n_unseen)]",
            "best_first[1 : min(k, n_unseen) + 1]",
            "Your list begins with the second best item.",
        ),
    },
    "test_precision_recall": {
        "divides by the list": (
            "return float(np.sum(hits[:k])) / k",
            "return float(np.sum(hits[:k])) / max(len(hits[:k]), 1)",
            "Your precision divides by the length of the list: it divides by k, also where the "
            "list is shorter.",
        ),
        "counts beyond k": (
            "return float(np.sum(hits[:k])) / k",
            "return float(np.sum(hits)) / k",
            "Your precision counts hits beyond place k: take hits[:k].",
        ),
        "recall divides by k": (
            "return float(np.sum(hits[:k])) / n_relevant",
            "return float(np.sum(hits[:k])) / k",
            "Your recall divides by k: it divides by the number of relevant items.",
        ),
        "recall divides by min(k, R)": (
            "return float(np.sum(hits[:k])) / n_relevant",
            "return float(np.sum(hits[:k])) / min(k, n_relevant)",
            "Your recall divides by min(k, n_relevant): it divides by n_relevant.",
        ),
        "recall counts beyond k": (
            "return float(np.sum(hits[:k])) / n_relevant",
            "return float(np.sum(hits)) / n_relevant",
            "Your recall counts hits beyond place k: take hits[:k].",
        ),
    },
    "test_reciprocal_rank": {
        "ranks from 0": (
            "1.0 / (int(places[0]) + 1)",
            "1.0 / int(places[0])",
            "Your ranks are counted from 0: the first place has rank 1.",
        ),
        "the last hit": (
            "int(places[0]) + 1",
            "int(places[-1]) + 1",
            "You take the rank of the last hit: it is that of the first.",
        ),
        "beyond k": (
            "places = np.flatnonzero(hits[:k])",
            "places = np.flatnonzero(hits)",
            "You count hits beyond place k: take hits[:k].",
        ),
        "off by one rank": (
            "int(places[0]) + 1",
            "int(places[0]) + 2",
            "Your ranks are counted from 2: the first place has rank 1.",
        ),
        "fails without a hit": (
            " if len(places) else 0.0",
            "",
            "Your function fails for a list without a hit: return 0.0.",
        ),
        "the rank itself": (
            "1.0 / (int(places[0]) + 1)",
            "1.0 * (int(places[0]) + 1)",
            "You return the rank: it is 1 divided by the rank.",
        ),
    },
    "test_average_precision": {
        "divides by the hits found": (
            "total / min(k, n_relevant)",
            "total / max(found, 1)",
            "You divide by the number of hits that were found: divide by min(k, n_relevant), so "
            "that what is missed counts.",
        ),
        "divides by R": (
            "total / min(k, n_relevant)",
            "total / n_relevant",
            "You divide by n_relevant: a list of k places holds at most k hits, so divide by "
            "min(k, n_relevant).",
        ),
        "divides by k": (
            "total / min(k, n_relevant)",
            "total / k",
            "You divide by k: with fewer relevant items than k no list would be perfect, so "
            "divide by min(k, n_relevant).",
        ),
        "reciprocal ranks": (
            "total += found / rank",
            "total += 1 / rank",
            "You add 1 / rank at each hit: it is the precision there, the hits so far divided by "
            "the rank.",
        ),
        "precision at every rank": (
            "            found += 1\n            total += found / rank",
            "            found += 1\n        total += found / rank",
            "You add the precision at every rank: only ranks with a hit count.",
        ),
        "beyond k": (
            "enumerate(hits[:k], start=1)",
            "enumerate(hits, start=1)",
            "You count hits beyond place k: take hits[:k].",
        ),
        "expects a full list": (
            "enumerate(hits[:k], start=1)",
            "((rank, hits[rank - 1]) for rank in range(1, k + 1))",
            "You read a hit at each of k ranks, and a list may be shorter: go over hits[:k].",
        ),
        "ranks from 0": (
            "enumerate(hits[:k], start=1)",
            "enumerate(hits[:k])",
            "Your ranks are counted from 0: the first place has rank 1.",
        ),
        "ranks from 2": (
            "enumerate(hits[:k], start=1)",
            "enumerate(hits[:k], start=2)",
            "Your ranks are counted from 2: the first place has rank 1.",
        ),
    },
    "test_ndcg": {
        "ideal of what was found": (
            "np.sum(discounts[: min(k, n_relevant)])",
            "np.sum(discounts[: max(1, int(np.sum(top)))])",
            "Your ideal list has only the hits that were found: it has min(k, n_relevant) hits, "
            "at the top.",
        ),
        "ideal of k hits": (
            "discounts[: min(k, n_relevant)]",
            "discounts[:k]",
            "Your ideal list has k hits: there are only min(k, n_relevant) to be had.",
        ),
        "ideal not cut off at k": (
            "np.sum(discounts[: min(k, n_relevant)])",
            "np.sum(1.0 / np.log2(np.arange(1, n_relevant + 1) + 1))",
            "Your ideal list is longer than k: it has min(k, n_relevant) hits.",
        ),
        "no normaliser": (
            "return float(gain / ideal)",
            "return float(gain)",
            "Your value is the DCG: divide it by that of the ideal list.",
        ),
        "log of the rank": (
            "np.log2(np.arange(1, k + 1) + 1)",
            "np.log2(np.arange(1, k + 1))",
            "Your discount is 1 / log2(rank), which divides by 0 at the first rank: it is 1 / "
            "log2(rank + 1).",
        ),
        "ranks from 2": (
            "np.arange(1, k + 1) + 1)",
            "np.arange(1, k + 1) + 2)",
            "Your ranks are counted from 2: the first place has rank 1, and its discount is 1 / "
            "log2(2) = 1.",
        ),
        "one over the rank": (
            "1.0 / np.log2(np.arange(1, k + 1) + 1)",
            "1.0 / np.arange(1, k + 1)",
            "Your discount is 1 / rank: it is 1 / log2(rank + 1).",
        ),
        "only lists of length k": (
            "discounts[: len(top)]",
            "discounts",
            "Your function fails for lists that are shorter than k: take as many discounts as "
            "there are places.",
        ),
        "beyond k": (
            "    top = hits[:k]\n",
            "    top = hits\n",
            "You count hits beyond place k: take hits[:k].",
        ),
    },
    "test_evaluate_users": {
        "users without test items count as 0": (
            "            continue\n",
            "            for one in values.values():\n"
            "                one.append(0.0)\n            continue\n",
            "Users without relevant items count as 0 in your means: leave them out.",
        ),
        "divides by zero": (
            "        if n_relevant == 0:\n            continue\n",
            "",
            "Users without relevant items are still in your values: leave them out, since there "
            "is nothing to find.",
        ),
        "masks what is to be found": (
            "rank_unseen(scores[user], seen[user], k)",
            "rank_unseen(scores[user], np.concatenate((seen[user], to_find)), k)",
            "You mask the relevant items, so that none of them can be found: mask the seen ones "
            "only.",
        ),
        "masks nothing": (
            "rank_unseen(scores[user], seen[user], k)",
            "rank_unseen(scores[user], seen[user][:0], k)",
            "You mask nothing: what a user has seen fills the top of your lists.",
        ),
        "the scores of one user": (
            "rank_unseen(scores[user], ",
            "rank_unseen(scores[0], ",
            "You rank everybody by the scores of user 0: take the user's own row.",
        ),
        "the seen items of another user": (
            "seen[user], k)",
            "seen[user - 1], k)",
            "You mask the seen items of another user.",
        ),
        "k from the list": (
            "    hits = np.isin(ranked, to_find)\n",
            "    hits, k = np.isin(ranked, to_find), len(ranked)\n",
            "You evaluate at the length of the list instead of at k: a short list then looks "
            "better than it is.",
        ),
        "users without a hit left out": (
            '        values["precision"].append(precision(hits, k))',
            "        if not hits.any():\n            continue\n"
            '        values["precision"].append(precision(hits, k))',
            "You leave out users without a hit: they count, with 0.",
        ),
        "the mean only": (
            "{name: np.array(per_user) for name",
            "{name: np.mean(per_user) for name",
            "You return means: return an array with one value for each user.",
        ),
        "hits the wrong way round": (
            "np.isin(ranked, to_find)",
            "np.isin(to_find, ranked)",
            "Your hits say which relevant items were ranked: they should say which places of the "
            "list are relevant, np.isin(ranked, to_find).",
        ),
    },
    "test_confidence_interval": {
        "n instead of n − 1": (
            "np.std(values, ddof=1)",
            "np.std(values)",
            "Your standard deviation divides by n: that of a sample divides by n − 1 (ddof=1).",
        ),
        "spread of users": (
            " / float(np.sqrt(len(values)))",
            "",
            "Your interval shows the spread of the users: that of a mean is smaller by √n.",
        ),
        "n instead of its root": (
            "float(np.sqrt(len(values)))",
            "len(values)",
            "Your margin divides by n: the standard error divides by √n.",
        ),
        "one standard error": (
            "margin = 1.96 * ",
            "margin = ",
            "Your margin is one standard error: 95 % need 1.96 of them.",
        ),
        "ends exchanged": (
            "mean - margin, mean + margin",
            "mean + margin, mean - margin",
            "You have exchanged the ends of the interval: the lower one comes first.",
        ),
        "the variance": (
            "np.std(values, ddof=1)",
            "np.var(values, ddof=1)",
            "Your margin is made of the variance: take its root, the standard deviation.",
        ),
    },
    "test_sampled_ranks": {
        "drawn twice": (
            "negatives, size, replace=False)]",
            "negatives, size)]",
            "Your sample can hold an item twice: draw with replace=False.",
        ),
        "seen items compete": (
            "    is_negative[seen] = False\n",
            "",
            "Seen items compete in your sample: leave them out.",
        ),
        "relevant items compete": (
            "    is_negative[relevant] = False\n",
            "",
            "Other relevant items compete in your sample: leave them out.",
        ),
        "ties in favour": (
            "against >= scores[item]",
            "against > scores[item]",
            "An item with the same score does not count against the relevant one: compare with >=.",
        ),
        "ranks from 0": (
            "1 + np.count_nonzero",
            "np.count_nonzero",
            "Your ranks are counted from 0: the best rank is 1.",
        ),
        "upside down": (
            "against >= scores[item]",
            "against <= scores[item]",
            "You count the items with lower scores: the rank is 1 plus the number of those that "
            "are at least as high.",
        ),
        "more than there are": (
            "size = min(n_negatives, len(negatives))",
            "size = n_negatives",
            "Your function fails where there are fewer negatives than asked for: draw as many as "
            "there are.",
        ),
        "always the same draw": (
            "generator = np.random.default_rng(seed)",
            "generator = np.random.default_rng(0)",
            "Your sample does not depend on the seed: use default_rng(seed).",
        ),
        "another draw each time": (
            "generator = np.random.default_rng(seed)",
            "generator = np.random.default_rng()",
            None,
        ),
        "the first ones": (
            "scores[generator.choice(negatives, size, replace=False)]",
            "scores[negatives[:size]]",
            "Your sample is the first negatives by number: draw them by chance.",
        ),
        "from the shares alone": (
            "    against = scores[generator.choice(negatives, size, replace=False)]\n"
            "    return np.array([1 + np.count_nonzero(against >= scores[item]) for item in relevant])",
            "    shares = np.array([np.mean(scores[negatives] >= scores[item]) for item in relevant])\n"
            "    spread = np.sqrt(size * shares * (1 - shares) * (1 - size / len(negatives)))\n"
            "    hits = size * shares + spread * generator.normal()\n"
            "    return 1 + np.clip(np.round(hits), 0, size).astype(int)",
            "You compute ranks from the shares of better items: draw a sample of negatives, and "
            "count in it.",
        ),
        "one draw for each item": (
            "    against = scores[generator.choice(negatives, size, replace=False)]\n"
            "    return np.array([1 + np.count_nonzero(against >= scores[item]) for item in relevant])",
            "    draws = [scores[generator.choice(negatives, size, replace=False)] for _ in relevant]\n"
            "    pairs = zip(draws, relevant, strict=True)\n"
            "    return np.array([1 + np.count_nonzero(a >= scores[item]) for a, item in pairs])",
            "You draw a sample for each item: one sample serves all relevant items of the user.",
        ),
    },
}
