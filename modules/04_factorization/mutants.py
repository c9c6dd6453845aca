"""Wrong solutions of lesson 04: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_confidences": {
        "no one": (
            "(1.0 + alpha * values.astype(np.float64))",
            "(alpha * values)",
            "You leave out the 1: a confidence is 1 + α times the value.",
        ),
        "one added twice": (
            "(1.0 + alpha * values.astype(np.float64))",
            "(1.0 + alpha + values)",
            "You add α to the value: multiply the value by α, and add 1.",
        ),
        "multiplied with the one": (
            "(1.0 + alpha * values.astype(np.float64))",
            "(alpha * (1.0 + values))",
            "You multiply the 1 by α as well: it is 1 + α · value.",
        ),
        "float64": (
            "(1.0 + alpha * values.astype(np.float64)).astype(np.float32)",
            "1.0 + alpha * values.astype(np.float64)",
            "Your confidences are float64: return float32.",
        ),
        "writes over the values": (
            "    return (1.0 + alpha * values.astype(np.float64)).astype(np.float32)",
            "    values *= alpha\n    values += 1\n    return values",
            "You write over the caller's values: make a new array.",
        ),
    },
    "test_loss_of_all_pairs": {
        "observed pairs only": (
            "(c * (p - x @ y.T) ** 2).sum()",
            "(p * c * (p - x @ y.T) ** 2).sum()",
            "Your loss counts observed pairs only: all others count too, with p = 0 and c = 1.",
        ),
        "confidence forgotten": (
            "(c * (p - x @ y.T) ** 2)",
            "((p - x @ y.T) ** 2)",
            "You leave out the confidences: each squared error is multiplied by c.",
        ),
        "confidence squared": (
            "(c * (p - x @ y.T) ** 2)",
            "((c * (p - x @ y.T)) ** 2)",
            "You square the confidence: it stands outside of the square.",
        ),
        "a mean, not a sum": (
            "(c * (p - x @ y.T) ** 2).sum()",
            "(c * (p - x @ y.T) ** 2).mean()",
            "Your loss is a mean over the pairs: it is a sum.",
        ),
        "items not regularised": (
            "return float(squared_error + reg * ((x**2).sum() + (y**2).sum()))",
            "return float(squared_error + reg * (x**2).sum())",
            "Your regulariser leaves out the items: it has the squares of users and of items.",
        ),
        "half of λ": (
            "return float(squared_error + reg *",
            "return float(squared_error + 0.5 * reg *",
            "You take half of λ: here the regulariser is λ times the squares.",
        ),
        "off by one user": (
            "p[u, indices[observed]] = 1.0\n        c[u, ",
            "p[u - 1, indices[observed]] = 1.0\n        c[u - 1, ",
            "You write the pairs of each user into the row before: row u has the pairs indptr[u] "
            "to indptr[u + 1].",
        ),
    },
    "test_solve_user": {
        "observed items only": (
            "c = np.ones(len(y))",
            "c = np.zeros(len(y))",
            "You use the observed items only: the others count too, with confidence 1.",
        ),
        "no regulariser": (
            "matrix = y.T @ (c[:, None] * y) + reg * np.eye(y.shape[1])",
            "matrix = y.T @ (c[:, None] * y)",
            "Your matrix leaves out the regulariser, λ times the identity.",
        ),
        "no confidence on the right": (
            "y.T @ (c * p))",
            "y.T @ p)",
            "The right-hand side leaves out the confidences: it is Yᵀ (c · p).",
        ),
        "no confidence on the left": (
            "y.T @ (c[:, None] * y)",
            "y.T @ y",
            "Your matrix leaves out the confidences: it is Yᵀ C Y + λ I.",
        ),
        "everything preferred": (
            "p = np.zeros(len(y))",
            "p = np.ones(len(y))",
            "Your p is 1 for every item: it is 1 for the observed ones and 0 for the others.",
        ),
        "λ for each item of the user": (
            "+ reg * np.eye(y.shape[1])",
            "+ len(observed) * reg * np.eye(y.shape[1])",
            "You multiply λ by the number of the user's items: it is added once.",
        ),
        "wrong sign": (
            "np.linalg.solve(matrix, y.T @ (c * p))",
            "-np.linalg.solve(matrix, y.T @ (c * p))",
            "Your solution has the wrong sign: solve matrix · x = Yᵀ (c · p).",
        ),
        "λ twice": (
            "(c[:, None] * y) + reg *",
            "(c[:, None] * y) + 2 * reg *",
            "λ is on your diagonal twice: add it once.",
        ),
        "wrong sign of λ": (
            "(c[:, None] * y) + reg *",
            "(c[:, None] * y) - reg *",
            "You subtract λ from the diagonal: it is added.",
        ),
        "confidences of the first items": (
            "c[observed] = confidence",
            "c[: len(observed)] = confidence",
            "You give the confidences to the first items: they belong to the observed ones.",
        ),
    },
    "test_solve_user_fast": {
        "λ twice": (
            "reg * np.eye(len(gram))",
            "2 * reg * np.eye(len(gram))",
            "λ is on your diagonal twice: the Gram matrix comes without it, so add it once.",
        ),
        "observed items counted twice": (
            "gram + y.T @ ((c - 1.0)[:, None] * y) + reg",
            "gram + y.T @ (c[:, None] * y) + reg",
            "You count the observed items twice: they are in the Gram matrix with weight 1 "
            "already, so add c − 1.",
        ),
        "c - 1 on the right as well": (
            "return np.linalg.solve(matrix, c @ y)",
            "return np.linalg.solve(matrix, (c - 1.0) @ y)",
            "The right-hand side uses c − 1: there it is c, since the Gram matrix is on the left "
            "only.",
        ),
        "looks at every item": (
            "y = items[observed].astype(np.float64)\n    c = confidence.astype(np.float64)",
            "y = items.astype(np.float64)\n    c = np.ones(len(y))\n    c[observed] = confidence\n"
            "    p = np.isin(np.arange(len(y)), observed)\n"
            "    return np.linalg.solve(gram + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram)), "
            "(c * p) @ y)",
            "You go through every item: the Gram matrix stands for all of them, and only observed "
            "ones are read.",
        ),
        "no regulariser": (
            "((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))",
            "((c - 1.0)[:, None] * y)",
            "Your matrix leaves out the regulariser, λ times the identity.",
        ),
        "Gram matrix forgotten": (
            "gram + y.T @ ((c - 1.0)",
            "y.T @ ((c - 1.0)",
            "Your matrix leaves out the Gram matrix, which stands for the items that are not "
            "observed.",
        ),
        "own Gram matrix": (
            "matrix = gram + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))",
            "every = np.nan_to_num(items.astype(np.float64))\n"
            "    matrix = every.T @ every + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))",
            "You compute the Gram matrix again for each user: take the one that is given, which "
            "all users share.",
        ),
        "writes into the Gram matrix": (
            "matrix = gram + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))",
            "gram += y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))\n    matrix = gram",
            "You write into the Gram matrix, which all users share: gram += … changes the "
            "caller's array.",
        ),
    },
    "test_als_half_step": {
        "returns a new array": (
            "target[row] = np.linalg.solve(matrix, c @ y)",
            "target = target.copy()\n        target[row] = np.linalg.solve(matrix, c @ y)",
            "You solve into another array: write into target itself, row by row.",
        ),
        "leaves rows without interactions": (
            "        target[row] = np.linalg.solve(matrix, c @ y)",
            "        if len(c):\n            target[row] = np.linalg.solve(matrix, c @ y)",
            "You leave rows without interactions as they are: their solution is zero.",
        ),
        "λ twice": (
            "+ regularization * np.eye(",
            "+ 2 * regularization * np.eye(",
            "λ is on your diagonal twice: add it once.",
        ),
        "counts observed pairs twice": (
            "shared + y.T @ ((c - 1.0)[:, None]",
            "shared + y.T @ (c[:, None]",
            "You count observed pairs twice: they are in the shared matrix with weight 1 already, "
            "so add c − 1.",
        ),
        "no regulariser": (
            "factors.T @ factors + regularization * np.eye(factors.shape[1])",
            "factors.T @ factors",
            "Your shared matrix leaves out the regulariser, λ times the identity.",
        ),
        "off by one row": (
            "target[row] = np.linalg",
            "target[row - 1] = np.linalg",
            "You write each solution into the row before.",
        ),
        "last interaction forgotten": (
            "observed = slice(indptr[row], indptr[row + 1])",
            "observed = slice(indptr[row], indptr[row + 1] - 1)",
            "You leave out the last interaction of each row: the row ends at indptr[row + 1].",
        ),
        "adds up over the rows": (
            "matrix = shared + y.T @ ((c - 1.0)[:, None] * y)",
            "shared += y.T @ ((c - 1.0)[:, None] * y)\n        matrix = shared",
            "Your matrix goes on growing from row to row: shared += … changes what all rows share.",
        ),
        "confidences of the first row": (
            "c = confidence[observed].astype(np.float64)",
            "c = confidence[: len(y)].astype(np.float64)",
            "You take the confidences from the start of the array for every row: cut out the "
            "row's own.",
        ),
        "starts from the row before": (
            "target[row] = np.linalg.solve(matrix, c @ y)",
            "target[row] = 0.5 * target[row] + 0.5 * np.linalg.solve(matrix, c @ y)",
            "You mix the solution with the target's old values: the solution replaces them.",
        ),
    },
    "test_by_item": {
        "confidences left behind": (
            "confidence[order]",
            "confidence",
            "Your confidences are still in the order by user: put them into the order by item.",
        ),
        "users left behind": (
            "users[order]",
            "users",
            "Your users are still in the order by user: put them into the order by item.",
        ),
        "items at the end forgotten": (
            "starts = np.zeros(n_items + 1, dtype=np.int64)\n"
            "    starts[1:] = np.cumsum(np.bincount(indices, minlength=n_items))",
            "starts = np.concatenate(([0], np.cumsum(np.bincount(indices))))",
            "Your starts end at the last item that occurs: there are n_items + 1 of them.",
        ),
        "off by one": (
            "starts[1:] = np.cumsum(np.bincount(indices, minlength=n_items))",
            "starts[:-1] = np.cumsum(np.bincount(indices, minlength=n_items))",
            "Your starts are ends: the first start is 0.",
        ),
        "items in place of users": (
            "starts, users[order]",
            "starts, indices[order]",
            "Your rows hold items: they should hold the users.",
        ),
        "users descend": (
            'order = np.argsort(indices, kind="stable")',
            'order = np.argsort(-indices, kind="stable")[::-1]',
            "The users within your rows descend: use a stable ascending sort.",
        ),
        "places in place of users": (
            "starts, users[order]",
            "starts, order.astype(np.int32)",
            "Your rows hold places in the array: take the users at these places.",
        ),
    },
    "test_fast_loss": {
        "every pair visited": (
            "every_pair = ((x.T @ x) * (y.T @ y)).sum()",
            "every_pair = ((x @ y.T) ** 2).sum()",
            None,
        ),
        "matrix product": (
            "((x.T @ x) * (y.T @ y)).sum()",
            "((x.T @ x) @ (y.T @ y)).sum()",
            "You multiply the two d × d matrices as matrices: multiply them number by number, and "
            "add up.",
        ),
        "observed pairs counted twice": (
            "(confidence * (1.0 - s) ** 2 - s**2).sum()",
            "(confidence * (1.0 - s) ** 2).sum()",
            "You count observed pairs twice: they are among all pairs as s², so subtract that.",
        ),
        "confidence forgotten": (
            "(confidence * (1.0 - s) ** 2 - s**2)",
            "((1.0 - s) ** 2 - s**2)",
            "You leave out the confidences of the observed pairs.",
        ),
        "wrong sign": (
            "(1.0 - s) ** 2 - s**2)",
            "(1.0 - s) ** 2 + s**2)",
            "You add s² for the observed pairs: it is among all pairs already, so subtract it.",
        ),
        "regulariser forgotten": (
            "every_pair + observed + reg *",
            "every_pair + observed + 0.0 *",
            "You leave out the regulariser.",
        ),
    },
    "test_train_als": {
        "measures once in an epoch": (
            "regularization=reg)\n        losses.append(fast_loss(users, items, *pairs, reg))\n        "
            "als_half_step(items",
            "regularization=reg)\n        als_half_step(items",
            "You measure once in an epoch: there is a loss after each half step, first of the "
            "users' and then of the items'.",
        ),
        "stale users": (
            "    for _ in range(epochs):\n"
            "        als_half_step(users, items, *pairs, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, reg))\n"
            "        als_half_step(items, users, *turned",
            "    for _ in range(epochs):\n        old = users.copy()\n"
            "        als_half_step(users, items, *pairs, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, reg))\n"
            "        als_half_step(items, old, *turned",
            "You solve for the items with the users of the epoch before: use the new ones.",
        ),
        "items never solved": (
            "als_half_step(items, users, *turned, regularization=reg)",
            "pass",
            "You never solve for the items.",
        ),
        "pairs not turned": (
            "turned = by_item(indptr, indices, confidence, n_items)",
            "turned = by_item(indptr, indices, confidence, n_items)\n"
            "    turned = (turned[0], turned[1], confidence)",
            "The items' half step gets the confidences in the order by user: use all three arrays "
            "of by_item.",
        ),
        "measures before the step": (
            "als_half_step(items, users, *turned, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, reg))",
            "losses.append(fast_loss(users, items, *pairs, reg))\n"
            "        als_half_step(items, users, *turned, regularization=reg)",
            "You measure before the items' half step: the loss belongs after it.",
        ),
        "loss without the regulariser": (
            "als_half_step(users, items, *pairs, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, reg))",
            "als_half_step(users, items, *pairs, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, 0.0))",
            "Your losses after the users' half step leave out the regulariser: pass reg.",
        ),
        "one epoch too few": (
            "for _ in range(epochs):",
            "for _ in range(epochs - 1):",
            "You make one epoch too few.",
        ),
    },
}
