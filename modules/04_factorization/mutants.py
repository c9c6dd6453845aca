"""Wrong solutions of lesson 04: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_confidences": {
        "no one": ("(1.0 + alpha * values.astype(np.float64))", "(alpha * values)"),
        "one added twice": ("(1.0 + alpha * values.astype(np.float64))", "(1.0 + alpha + values)"),
        "multiplied with the one": (
            "(1.0 + alpha * values.astype(np.float64))",
            "(alpha * (1.0 + values))",
        ),
        "float64": (
            "(1.0 + alpha * values.astype(np.float64)).astype(np.float32)",
            "1.0 + alpha * values.astype(np.float64)",
        ),
        "writes over the values": (
            "    return (1.0 + alpha * values.astype(np.float64)).astype(np.float32)",
            "    values *= alpha\n    values += 1\n    return values",
        ),
    },
    "test_loss_of_all_pairs": {
        "observed pairs only": (
            "(c * (p - x @ y.T) ** 2).sum()",
            "(p * c * (p - x @ y.T) ** 2).sum()",
        ),
        "confidence forgotten": ("(c * (p - x @ y.T) ** 2)", "((p - x @ y.T) ** 2)"),
        "confidence squared": ("(c * (p - x @ y.T) ** 2)", "((c * (p - x @ y.T)) ** 2)"),
        "a mean, not a sum": ("(c * (p - x @ y.T) ** 2).sum()", "(c * (p - x @ y.T) ** 2).mean()"),
        "items not regularised": (
            "return float(squared_error + reg * ((x**2).sum() + (y**2).sum()))",
            "return float(squared_error + reg * (x**2).sum())",
        ),
        "half of λ": (
            "return float(squared_error + reg *",
            "return float(squared_error + 0.5 * reg *",
        ),
        "off by one user": (
            "p[u, indices[observed]] = 1.0\n        c[u, ",
            "p[u - 1, indices[observed]] = 1.0\n        c[u - 1, ",
        ),
    },
    "test_solve_user": {
        "observed items only": ("c = np.ones(len(y))", "c = np.zeros(len(y))"),
        "no regulariser": (
            "matrix = y.T @ (c[:, None] * y) + reg * np.eye(y.shape[1])",
            "matrix = y.T @ (c[:, None] * y)",
        ),
        "no confidence on the right": ("y.T @ (c * p))", "y.T @ p)"),
        "no confidence on the left": ("y.T @ (c[:, None] * y)", "y.T @ y"),
        "everything preferred": ("p = np.zeros(len(y))", "p = np.ones(len(y))"),
        "λ for each item of the user": (
            "+ reg * np.eye(y.shape[1])",
            "+ len(observed) * reg * np.eye(y.shape[1])",
        ),
        "wrong sign": (
            "np.linalg.solve(matrix, y.T @ (c * p))",
            "-np.linalg.solve(matrix, y.T @ (c * p))",
        ),
        "wrong sign of λ": ("(c[:, None] * y) + reg *", "(c[:, None] * y) - reg *"),
        "confidences of the first items": (
            "c[observed] = confidence",
            "c[: len(observed)] = confidence",
        ),
    },
    "test_solve_user_fast": {
        "observed items counted twice": (
            "gram + y.T @ ((c - 1.0)[:, None] * y) + reg",
            "gram + y.T @ (c[:, None] * y) + reg",
        ),
        "c - 1 on the right as well": (
            "return np.linalg.solve(matrix, c @ y)",
            "return np.linalg.solve(matrix, (c - 1.0) @ y)",
        ),
        "looks at every item": (
            "y = items[observed].astype(np.float64)\n    c = confidence.astype(np.float64)",
            "y = items.astype(np.float64)\n    c = np.ones(len(y))\n    c[observed] = confidence\n"
            "    p = np.isin(np.arange(len(y)), observed)\n"
            "    return np.linalg.solve(gram + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram)), "
            "(c * p) @ y)",
        ),
        "no regulariser": (
            "((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))",
            "((c - 1.0)[:, None] * y)",
        ),
        "Gram matrix forgotten": ("gram + y.T @ ((c - 1.0)", "y.T @ ((c - 1.0)"),
        "own Gram matrix": (
            "matrix = gram + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))",
            "every = np.nan_to_num(items.astype(np.float64))\n"
            "    matrix = every.T @ every + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))",
        ),
        "writes into the Gram matrix": (
            "matrix = gram + y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))",
            "gram += y.T @ ((c - 1.0)[:, None] * y) + reg * np.eye(len(gram))\n    matrix = gram",
        ),
    },
    "test_als_half_step": {
        "returns a new array": (
            "target[row] = np.linalg.solve(matrix, c @ y)",
            "target = target.copy()\n        target[row] = np.linalg.solve(matrix, c @ y)",
        ),
        "leaves rows without interactions": (
            "        target[row] = np.linalg.solve(matrix, c @ y)",
            "        if len(c):\n            target[row] = np.linalg.solve(matrix, c @ y)",
        ),
        "counts observed pairs twice": (
            "shared + y.T @ ((c - 1.0)[:, None]",
            "shared + y.T @ (c[:, None]",
        ),
        "no regulariser": (
            "factors.T @ factors + regularization * np.eye(factors.shape[1])",
            "factors.T @ factors",
        ),
        "off by one row": ("target[row] = np.linalg", "target[row - 1] = np.linalg"),
        "last interaction forgotten": (
            "observed = slice(indptr[row], indptr[row + 1])",
            "observed = slice(indptr[row], indptr[row + 1] - 1)",
        ),
        "adds up over the rows": (
            "matrix = shared + y.T @ ((c - 1.0)[:, None] * y)",
            "shared += y.T @ ((c - 1.0)[:, None] * y)\n        matrix = shared",
        ),
        "confidences of the first row": (
            "c = confidence[observed].astype(np.float64)",
            "c = confidence[: len(y)].astype(np.float64)",
        ),
        "starts from the row before": (
            "target[row] = np.linalg.solve(matrix, c @ y)",
            "target[row] = 0.5 * target[row] + 0.5 * np.linalg.solve(matrix, c @ y)",
        ),
    },
    "test_by_item": {
        "confidences left behind": ("confidence[order]", "confidence"),
        "users left behind": ("users[order]", "users"),
        "items at the end forgotten": (
            "starts = np.zeros(n_items + 1, dtype=np.int64)\n"
            "    starts[1:] = np.cumsum(np.bincount(indices, minlength=n_items))",
            "starts = np.concatenate(([0], np.cumsum(np.bincount(indices))))",
        ),
        "off by one": (
            "starts[1:] = np.cumsum(np.bincount(indices, minlength=n_items))",
            "starts[:-1] = np.cumsum(np.bincount(indices, minlength=n_items))",
        ),
        "items in place of users": ("starts, users[order]", "starts, indices[order]"),
        "users descend": (
            'order = np.argsort(indices, kind="stable")',
            'order = np.argsort(-indices, kind="stable")[::-1]',
        ),
        "places in place of users": ("starts, users[order]", "starts, order.astype(np.int32)"),
    },
    "test_fast_loss": {
        "every pair visited": (
            "every_pair = ((x.T @ x) * (y.T @ y)).sum()",
            "every_pair = ((x @ y.T) ** 2).sum()",
        ),
        "matrix product": ("((x.T @ x) * (y.T @ y)).sum()", "((x.T @ x) @ (y.T @ y)).sum()"),
        "observed pairs counted twice": (
            "(confidence * (1.0 - s) ** 2 - s**2).sum()",
            "(confidence * (1.0 - s) ** 2).sum()",
        ),
        "confidence forgotten": (
            "(confidence * (1.0 - s) ** 2 - s**2)",
            "((1.0 - s) ** 2 - s**2)",
        ),
        "wrong sign": ("(1.0 - s) ** 2 - s**2)", "(1.0 - s) ** 2 + s**2)"),
        "regulariser forgotten": ("every_pair + observed + reg *", "every_pair + observed + 0.0 *"),
    },
    "test_train_als": {
        "measures once in an epoch": (
            "regularization=reg)\n        losses.append(fast_loss(users, items, *pairs, reg))\n        "
            "als_half_step(items",
            "regularization=reg)\n        als_half_step(items",
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
        ),
        "items never solved": ("als_half_step(items, users, *turned, regularization=reg)", "pass"),
        "pairs not turned": (
            "turned = by_item(indptr, indices, confidence, n_items)",
            "turned = by_item(indptr, indices, confidence, n_items)\n"
            "    turned = (turned[0], turned[1], confidence)",
        ),
        "measures before the step": (
            "als_half_step(items, users, *turned, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, reg))",
            "losses.append(fast_loss(users, items, *pairs, reg))\n"
            "        als_half_step(items, users, *turned, regularization=reg)",
        ),
        "loss without the regulariser": (
            "als_half_step(users, items, *pairs, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, reg))",
            "als_half_step(users, items, *pairs, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, 0.0))",
        ),
        "one epoch too few": ("for _ in range(epochs):", "for _ in range(epochs - 1):"),
    },
}
