"""Hints of lesson 01, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "number_ids": (
        "The same id occurs in many events. Which collection keeps each value once, and how do you get "
        "it into ascending order?",
        "Two passes: the first finds the distinct ids and sorts them; the second replaces each event's "
        "id by its place in that list. A dictionary from id to place makes each look-up one step.",
        "Begin with `distinct = sorted(set(ids.tolist()))`. The arrays come last: the vocabulary keeps "
        "`ids.dtype`, and the codes are int64.",
    ),
    "merge_repeats": (
        "Walk through the events of one pair by hand. What do you have to remember of it to decide, at "
        "the next event of the same pair, which of the two stays?",
        "Remember the time and the position of the event that is kept so far, by (user, item). A later "
        "event replaces it if its time is not smaller: of equal times, the last position wins.",
        "Begin with `for position, (user, item, moment) in enumerate(zip(users.tolist(), "
        "items.tolist(), times.tolist())):`. At the end, sort the positions that were kept.",
    ),
    "counting_sort": (
        "If you know how many keys are 0 and how many are 1, at which place of the sorted list does the "
        "first key 2 stand?",
        "The running sum of the counts, with a 0 before it, says where each key's places begin. Then go "
        "through the keys in order: each takes the next free place of its key, and moves it on by one.",
        "Begin with `starts = np.zeros(n_keys + 1, dtype=np.int64)`, and fill `starts[1:]` with the "
        "running sum of the counts. Count free places in a copy, so that `starts` stays as it is.",
    ),
    "build_csr": (
        "A stable sort keeps the order of equal keys. If you sort by user last, what decides the order "
        "of the items within a user's row?",
        "Sort by item first, and then sort the result by user: the second sort keeps the items of each "
        "user ascending. The two orders together are one: first[second].",
        "Begin with `_, by_item = counting_sort(items, n_items)`. Then sort `users[by_item]`, not "
        "`users`.",
    ),
    "transpose": (
        "In CSR the user of an entry is not written down. Where can you read how many entries user 0 "
        "has, and user 1?",
        "Write the user of each entry into an array: each user as often as their row is long. Entries "
        "sorted by item, in a stable way, then have their users in ascending order.",
        "Begin with `users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))`. "
        "`counting_sort` of the items gives the starts and the order.",
    ),
    "top_share": (
        "What should the function return where nobody has bought anything, and which operation would "
        "fail there?",
        "Sort the counts so that the largest come first, add up the first k, and divide by the sum of "
        "all. Handle a sum of 0 before you divide.",
        "Begin with `total = int(np.sum(counts))`. Then `np.sort(counts)[::-1]` has the largest first, "
        "and a copy, so that the caller's array stays as it is.",
    ),
    "hold_out_last": (
        "User 1's entries begin at `indptr[1]`. If `np.argsort` of their slice says 0, which position of "
        "the whole array is meant?",
        "For each user with more than n entries: order the slice by its keys in a stable way, take the "
        "last n places of that order, add the start of the row, and mark these.",
        "Begin with `test = np.zeros(len(keys), dtype=np.bool_)`, and loop over the users with "
        "`start, end = indptr[user], indptr[user + 1]`.",
    ),
    "find_leaks": (
        "For one test event, which three questions do you ask about the training part? What has to be at "
        "hand to answer each of them in one step?",
        "One pass over the training part collects a set of its pairs, the last time of each user, and "
        "the last time of all. One pass over the test part counts; equal times are no leak.",
        "Begin with `pairs, last = set(), {}` and fill both in one loop over the training columns. "
        "`last.get(user, moment)` answers for users who are not there.",
    ),
}
