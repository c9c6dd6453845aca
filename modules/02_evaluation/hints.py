"""Hints of lesson 02, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "rank_unseen": (
        "Scores may be negative. Which score is certain to stand behind every other one?",
        "In a copy of the scores, set the seen items to minus infinity. Sort so that the highest come "
        "first and equal scores keep the order of their numbers; then cut the list before the seen "
        "items.",
        "Begin with `masked = scores.copy()`. A stable `np.argsort` of the *negated* scores puts the "
        "best first.",
    ),
    "precision": (
        "The list has room for k items. If it holds fewer, do the empty places count as misses?",
        "Count the hits among the first k, and divide by k, however long the list is.",
    ),
    "recall": (
        "Precision asks how much of the list is good. Which whole does recall take its share of?",
        "Count the hits among the first k as before, and divide by the number of relevant items: those "
        "that were missed count too.",
    ),
    "reciprocal_rank": (
        "`np.flatnonzero` counts places from 0. Which rank does the place 0 have?",
        "Look for hits among the first k only. If there is one, the first place plus one is its rank; "
        "if there is none, the answer is 0.",
        "Begin with `places = np.flatnonzero(hits[:k])`, and check its length before you take "
        "`places[0]`.",
    ),
    "average_precision": (
        "At the rank of the second hit, how many of the items up to there are hits? What does a rank "
        "without a hit add to the sum?",
        "Go down the list and count the hits found so far. At each hit add found / rank to the sum. "
        "Divide the sum by the number of hits that a perfect list of length k would have.",
        "Begin with `total, found = 0.0, 0` and `for rank, hit in enumerate(hits[:k], start=1):`.",
    ),
    "ndcg": (
        "A user has 2 relevant items and k is 10. What does the best possible list look like?",
        "The discounts of the ranks 1 to k are one array. The gain adds those at which there is a hit; "
        "the ideal adds the first min(k, n_relevant) of them, whether found or not.",
        "Begin with `discounts = 1.0 / np.log2(np.arange(1, k + 1) + 1)`. Cut it to the length of the "
        "list before you multiply.",
    ),
    "evaluate_users": (
        "Which users cannot be judged at all, and what would they do to a mean?",
        "For each user with something to find: make the list by `rank_unseen`, turn it into hits, and "
        "call your five functions with k, not with the length of the list.",
        "Begin with a dictionary of five empty lists, and with "
        "`for user, to_find in enumerate(relevant):`. `np.isin(ranked, to_find)` makes hits of a list.",
    ),
    "confidence_interval": (
        "Ten times as many users differ from one another as much as before. Why is their mean surer "
        "all the same?",
        "The standard deviation of the values, with n − 1 in it, divided by the root of n, is the "
        "standard error of the mean. The margin is 1.96 of these to both sides.",
        "Begin with `mean = float(np.mean(values))`. `np.std(values, ddof=1)` has n − 1 in it.",
    ),
    "sampled_ranks": (
        "Which items may not be drawn as negatives of this user, and how many are left?",
        "Draw once for the user, without repetition, from the items that are neither seen nor relevant. "
        "The rank of a relevant item is 1 plus the number of the drawn that score at least as high.",
        "Begin with `is_negative = np.ones(len(scores), dtype=bool)`, and set the seen and the relevant "
        "items to False.",
    ),
}
