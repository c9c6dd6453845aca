"""Hints of lesson 03, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "users_of_items": (
        "User 0 has the items 0 and 2. Into which two lists does the number 0 have to be written?",
        "Make one empty list for each item. Go through the users in order, and append the user to the "
        "list of each of their items: the lists then ascend by themselves.",
        "Begin with `users_of = [[] for _ in range(n_items)]`, and go on with "
        "`for user, items in enumerate(items_of):`.",
    ),
    "similarity": (
        "Two items that share one user, and have one user each, have a cosine of 1. Should they count "
        "as much as two items that share 100?",
        "Multiply two factors: the cosine, which is n over the root of the product of the two counts, "
        "and the trust in it, n / (n + s), which is near 1 where n is large.",
        "Begin with `cosine = n_common / math.sqrt(n_users_i * n_users_j)`.",
    ),
    "common_users": (
        "Which users have to be asked for the neighbours of this item? Do the others ever matter?",
        "Ask only the users of the item. Each of them adds 1 to every item they have; the item itself "
        "is counted as well, and is taken out at the end.",
        "Begin with `n_common = Counter()` and loop over `users_of[item]`.",
    ),
    "steps": (
        "The dense way visits each pair of items for each user. How many steps is that, and how many "
        "are there if a user only visits the pairs of their own items?",
        "Dense: users times items squared. Lists: the sum of the squares of the rows' lengths. Square "
        "in int64, since an int32 overflows without an error.",
        "Begin with `dense = len(items_per_user) * n_items**2`, which is exact in Python's own "
        "integers.",
    ),
    "best_neighbors": (
        "Two items are equally similar. Which of them comes first, and what does Python's `sorted` do "
        "with pairs of numbers whose first numbers are equal?",
        "Sort the item numbers by a key of two parts: the negated similarity, so that the highest comes "
        "first, and the number itself. Then take the first k.",
    ),
    "item_similarity": (
        "For one item, which function gives you the items that share a user with it, and what else does "
        "`similarity` need to know of each of those?",
        "For each item: a dictionary from other item to similarity as float32; its k best; these, "
        "sorted by number, go to the end of `neighbors`, and their similarities to `values`.",
        "Begin with `similarities = {}` and "
        "`for other, n in common_users(item, items_of, users_of).items():`. Round to float32 before "
        "you compare.",
    ),
    "neighbor_scores": (
        "In which row do you look for the score of item 7: that of the items the user has, or that of "
        "item 7?",
        "The score of an item is the sum, over its own row of neighbours, of the values whose neighbour "
        "the user has. An item with an empty row has the score 0.",
        "Begin with `n_items = len(neighbors.indptr) - 1` and an array of as many zeros. The row of item "
        "i is `neighbors.indptr[i]` to `neighbors.indptr[i + 1]`.",
    ),
    "top_k": (
        "Which items must not stand in the list, and what happens to them if k is larger than the number "
        "of items that are left?",
        "Score all items, set those that the user has to minus infinity, sort the negated scores in a "
        "stable way, and drop what is minus infinity from the first k. The rest of the row stays filled "
        "with −1 and −inf.",
        "Begin with `score = item_factors @ user`, and add the biases only where there are any.",
    ),
}
