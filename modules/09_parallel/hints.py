"""Hints of lesson 09, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "count_conflicts": (
        "Two lanes hold item 5 in the same step, once as positive and once as negative. Is it the same row?",
        "For each step, collect the rows of all its triples: one user and two items each. Conflicts are the number of "
        "rows collected, minus the number of different ones.",
        "Begin with `for step in itertools.zip_longest(*(lane.tolist() for lane in lanes)):`.",
    ),
    "conflict_free_rounds": (
        "In round 1 user block 0 works with item block 1. What does the last user block work with?",
        "Two loops: over the rounds r, and in each over the user blocks b. The item block is (b + r), counted around.",
        "Begin with `rounds = []` and `for r in range(n_blocks):`.",
    ),
    "lay_out_tiles": (
        "You know a pair's user block from the loop that you are in. What do you have to look up for its item?",
        "One dictionary from item to item block, one from (user block, item block) to the tile's number. The loops go over blocks, "
        "users, items, in this order: then the order within each tile is right by itself.",
        "Begin with `block_of = {item: c for c, members in enumerate(item_blocks) for item in members}`.",
    ),
    "plan_epoch": (
        "Which two things of lesson 05's plan are now needed once for each tile?",
        "For each tile: a permutation of its pairs, and a key for negatives, both with the tile's number in their address. The "
        "candidates are the tile's items, and the triple's number begins at 0 in each tile.",
        "Begin with the set of items of each user, then `for number, (users, positives, items) in enumerate(lay_out_tiles(…)):`.",
    ),
    "ordered_sum": (
        "What would the sum depend on if you added the parts as they come?",
        "Sort the pairs by their number, and add the values in a loop that begins with 0.0.",
        "Begin with `total = 0.0` and `for number, value in sorted(parts):`.",
    ),
    "run_rounds": (
        "`pool.map` returns before the tiles are done. Which line of yours waits for them?",
        "One pool for the epoch. For each round: map over its numbers, read all results at once into a list (that is the barrier), and "
        "keep each with its number. At the end, ordered_sum.",
        "Begin with `with ThreadPoolExecutor(n_threads) as pool:` and, in it, a loop over the rounds.",
    ),
    "balance_blocks": (
        "Where should the largest row go, and where the smallest, so that nothing sticks out at the end?",
        "Keep the sum of each block. Go through the rows by falling size; each goes to a block with the smallest sum, which then grows by "
        "the row's size.",
        "Begin with `blocks = [[] for _ in range(n_blocks)]` and `sums = [0] * n_blocks`.",
    ),
    "fit_amdahl": (
        "Over which quantity is T a straight line: over n, or over 1/n?",
        "x = 1/n; the slope of the line is w, and where it meets x = 0 is s. Then look whether one of them is below 0: it is 0 then, and the "
        "other one is fitted alone.",
        "Begin with the check that raises ValueError: `len(set(n_threads)) < 2` is one half of it.",
    ),
}
