"""Hints of lesson 04, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "confidences": (
        "An observed pair with r = 0 is still observed. Which confidence does it have?",
        "Compute 1 + α r for the whole array at once, which makes a new array, and turn the result into "
        "float32.",
    ),
    "loss_of_all_pairs": (
        "Pairs that were not observed are in the sum as well. Which p and which c do they have?",
        "Fill two tables of users × items: p with 0 and c with 1. Write 1 and the confidences where "
        "pairs were observed. The loss is the sum of c (p − x · y)² over all, and the regulariser once.",
        "Begin with `x, y = users.astype(np.float64), items.astype(np.float64)`; `x @ y.T` has all "
        "scores.",
    ),
    "solve_user": (
        "For this one user, which items belong to the sum in A: the observed ones, or all of them?",
        "Make p and c of all items for this user. A = Σ c y yᵀ + λ I is a product of three matrices if c "
        "multiplies the rows of Y; b = Σ c p y. Solve A x = b, without an inverse.",
        "Begin with `p, c = np.zeros(len(y)), np.ones(len(y))`, and write into both at `observed`. "
        "`c[:, None] * y` multiplies each row by its c.",
    ),
    "solve_user_fast": (
        "YᵀY counts every item with weight 1. How much is missing for an item with confidence c?",
        "Take only the user's own rows of Y. A is the Gram matrix, plus the sum of (c − 1) y yᵀ over "
        "these rows, plus λ I. b has p = 1 in it, so it is the sum of c y over these rows.",
        "Begin with `y = items[observed].astype(np.float64)`.",
    ),
    "als_half_step": (
        "Which part of A is the same for every row? How often does it have to be computed?",
        "Compute YᵀY + λ I once, before the loop. For each row, take its own pairs, add the sum of "
        "(c − 1) y yᵀ, solve, and write the vector into `target`. λ I must not be added a second time.",
        "Begin with `factors = fixed.astype(np.float64)`, and in the loop with "
        "`observed = slice(indptr[row], indptr[row + 1])`.",
    ),
    "by_item": (
        "The pairs stand user by user. If you sort them by item and never swap two pairs of the same "
        "item, in which order are the users of an item?",
        "Write down the user of each pair, find the stable order by item, and take users and "
        "confidences in that order. Where each item begins is the running sum of the counts, after a 0.",
        "Begin with `users = np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))`.",
    ),
    "fast_loss": (
        "If nothing had been observed, the loss would be the sum of all squared scores. Which numbers "
        "of size d × d give that sum?",
        "Sum of all squared scores by the two Gram matrices; then, for each observed pair, take off s² "
        "and add c (1 − s)²; then the regulariser, once.",
        "Begin with `x, y = users.astype(np.float64), items.astype(np.float64)`, and get the user of "
        "each observed pair by `np.repeat`, as in `by_item`.",
    ),
    "train_als": (
        "`als_half_step` wants the pairs row by row of its target. Which pairs does it need when the "
        "items are the target?",
        "Turn the pairs over once. In each epoch: half a step for the users with the pairs by user, the "
        "loss; half a step for the items with the pairs by item, the loss. The loss always takes the "
        "pairs by user.",
        "Begin with `turned = by_item(indptr, indices, confidence, n_items)`, before the loop.",
    ),
}
