"""Wrong solutions of lesson 02: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_rank_unseen": {
        "recommends what was seen": ("    masked[seen] = -np.inf\n", ""),
        "masks with zero": ("masked[seen] = -np.inf", "masked[seen] = 0"),
        "writes into the caller's scores": ("masked = scores.copy()", "masked = scores"),
        "worst first": ('np.argsort(-masked, kind="stable")', 'np.argsort(masked, kind="stable")'),
        "ties turned around": (
            'best_first = np.argsort(-masked, kind="stable")',
            'best_first = np.argsort(masked, kind="stable")[::-1]',
        ),
        "fills up with seen items": ("best_first[: min(k, n_unseen)]", "best_first[:k]"),
        "one too few": ("best_first[: min(k, n_unseen)]", "best_first[: min(k - 1, n_unseen)]"),
        "without the best": (
            "best_first[: min(k, n_unseen)]",
            "best_first[1 : min(k, n_unseen) + 1]",
        ),
    },
    "test_precision_recall": {
        "divides by the list": (
            "return float(np.sum(hits[:k])) / k",
            "return float(np.sum(hits[:k])) / max(len(hits[:k]), 1)",
        ),
        "counts beyond k": (
            "return float(np.sum(hits[:k])) / k",
            "return float(np.sum(hits)) / k",
        ),
        "recall divides by k": (
            "return float(np.sum(hits[:k])) / n_relevant",
            "return float(np.sum(hits[:k])) / k",
        ),
        "recall divides by min(k, R)": (
            "return float(np.sum(hits[:k])) / n_relevant",
            "return float(np.sum(hits[:k])) / min(k, n_relevant)",
        ),
        "recall counts beyond k": (
            "return float(np.sum(hits[:k])) / n_relevant",
            "return float(np.sum(hits)) / n_relevant",
        ),
    },
    "test_reciprocal_rank": {
        "ranks from 0": ("1.0 / (int(places[0]) + 1)", "1.0 / int(places[0])"),
        "the last hit": ("int(places[0]) + 1", "int(places[-1]) + 1"),
        "beyond k": ("places = np.flatnonzero(hits[:k])", "places = np.flatnonzero(hits)"),
        "off by one rank": ("int(places[0]) + 1", "int(places[0]) + 2"),
        "fails without a hit": (" if len(places) else 0.0", ""),
        "the rank itself": ("1.0 / (int(places[0]) + 1)", "1.0 * (int(places[0]) + 1)"),
    },
    "test_average_precision": {
        "divides by the hits found": ("total / min(k, n_relevant)", "total / max(found, 1)"),
        "divides by R": ("total / min(k, n_relevant)", "total / n_relevant"),
        "divides by k": ("total / min(k, n_relevant)", "total / k"),
        "reciprocal ranks": ("total += found / rank", "total += 1 / rank"),
        "precision at every rank": (
            "            found += 1\n            total += found / rank",
            "            found += 1\n        total += found / rank",
        ),
        "beyond k": ("enumerate(hits[:k], start=1)", "enumerate(hits, start=1)"),
        "ranks from 0": ("enumerate(hits[:k], start=1)", "enumerate(hits[:k])"),
        "ranks from 2": ("enumerate(hits[:k], start=1)", "enumerate(hits[:k], start=2)"),
    },
    "test_ndcg": {
        "ideal of what was found": (
            "np.sum(discounts[: min(k, n_relevant)])",
            "np.sum(discounts[: max(1, int(np.sum(top)))])",
        ),
        "ideal of k hits": ("discounts[: min(k, n_relevant)]", "discounts[:k]"),
        "ideal not cut off at k": (
            "np.sum(discounts[: min(k, n_relevant)])",
            "np.sum(1.0 / np.log2(np.arange(1, n_relevant + 1) + 1))",
        ),
        "no normaliser": ("return float(gain / ideal)", "return float(gain)"),
        "log of the rank": ("np.log2(np.arange(1, k + 1) + 1)", "np.log2(np.arange(1, k + 1))"),
        "ranks from 2": ("np.arange(1, k + 1) + 1)", "np.arange(1, k + 1) + 2)"),
        "one over the rank": (
            "1.0 / np.log2(np.arange(1, k + 1) + 1)",
            "1.0 / np.arange(1, k + 1)",
        ),
        "only lists of length k": ("discounts[: len(top)]", "discounts"),
        "beyond k": ("    top = hits[:k]\n", "    top = hits\n"),
    },
    "test_evaluate_users": {
        "users without test items count as 0": (
            "            continue\n",
            "            for one in values.values():\n"
            "                one.append(0.0)\n            continue\n",
        ),
        "divides by zero": ("        if n_relevant == 0:\n            continue\n", ""),
        "masks what is to be found": (
            "rank_unseen(scores[user], seen[user], k)",
            "rank_unseen(scores[user], np.concatenate((seen[user], to_find)), k)",
        ),
        "masks nothing": (
            "rank_unseen(scores[user], seen[user], k)",
            "rank_unseen(scores[user], seen[user][:0], k)",
        ),
        "the scores of one user": ("rank_unseen(scores[user], ", "rank_unseen(scores[0], "),
        "the seen items of another user": ("seen[user], k)", "seen[user - 1], k)"),
        "k from the list": (
            "    hits = np.isin(ranked, to_find)\n",
            "    hits, k = np.isin(ranked, to_find), len(ranked)\n",
        ),
        "users without a hit left out": (
            '        values["precision"].append(precision(hits, k))',
            "        if not hits.any():\n            continue\n"
            '        values["precision"].append(precision(hits, k))',
        ),
        "the mean only": (
            "{name: np.array(per_user) for name",
            "{name: np.mean(per_user) for name",
        ),
        "hits the wrong way round": ("np.isin(ranked, to_find)", "np.isin(to_find, ranked)"),
    },
    "test_confidence_interval": {
        "n instead of n − 1": ("np.std(values, ddof=1)", "np.std(values)"),
        "spread of users": (" / float(np.sqrt(len(values)))", ""),
        "n instead of its root": ("float(np.sqrt(len(values)))", "len(values)"),
        "one standard error": ("margin = 1.96 * ", "margin = "),
        "ends exchanged": ("mean - margin, mean + margin", "mean + margin, mean - margin"),
        "the variance": ("np.std(values, ddof=1)", "np.var(values, ddof=1)"),
    },
    "test_sampled_ranks": {
        "drawn twice": ("negatives, size, replace=False)]", "negatives, size)]"),
        "seen items compete": ("    is_negative[seen] = False\n", ""),
        "relevant items compete": ("    is_negative[relevant] = False\n", ""),
        "ties in favour": ("against >= scores[item]", "against > scores[item]"),
        "ranks from 0": ("1 + np.count_nonzero", "np.count_nonzero"),
        "upside down": ("against >= scores[item]", "against <= scores[item]"),
        "more than there are": ("size = min(n_negatives, len(negatives))", "size = n_negatives"),
        "always the same draw": (
            "generator = np.random.default_rng(seed)",
            "generator = np.random.default_rng(0)",
        ),
        "another draw each time": (
            "generator = np.random.default_rng(seed)",
            "generator = np.random.default_rng()",
        ),
        "the first ones": (
            "scores[generator.choice(negatives, size, replace=False)]",
            "scores[negatives[:size]]",
        ),
        "from the shares alone": (
            "    against = scores[generator.choice(negatives, size, replace=False)]\n"
            "    return np.array([1 + np.count_nonzero(against >= scores[item]) for item in relevant])",
            "    shares = np.array([np.mean(scores[negatives] >= scores[item]) for item in relevant])\n"
            "    spread = np.sqrt(size * shares * (1 - shares) * (1 - size / len(negatives)))\n"
            "    hits = size * shares + spread * generator.normal()\n"
            "    return 1 + np.clip(np.round(hits), 0, size).astype(int)",
        ),
        "one draw for each item": (
            "    against = scores[generator.choice(negatives, size, replace=False)]\n"
            "    return np.array([1 + np.count_nonzero(against >= scores[item]) for item in relevant])",
            "    draws = [scores[generator.choice(negatives, size, replace=False)] for _ in relevant]\n"
            "    pairs = zip(draws, relevant, strict=True)\n"
            "    return np.array([1 + np.count_nonzero(a >= scores[item]) for a, item in pairs])",
        ),
    },
}
