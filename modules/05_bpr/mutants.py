"""Wrong solutions of lesson 05: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_sigmoid": {
        "overflow": (
            "    if x >= 0:\n        return 1.0 / (1.0 + math.exp(-x))\n"
            "    return math.exp(x) / (1.0 + math.exp(x))",
            "    return 1.0 / (1.0 + math.exp(-x))",
            "Your sigmoid takes math.exp of a large positive number where x is very negative: use "
            "e^x / (1 + e^x) there.",
        ),
        "wrong sign": (
            "return 1.0 / (1.0 + math.exp(-x))",
            "return 1.0 / (1.0 + math.exp(x))",
            "Your sigmoid has the wrong sign in the exponent for x ≥ 0: it is 1 / (1 + e^−x).",
        ),
        "loses small numbers": (
            "math.log1p(math.exp(-abs(x)))",
            "math.log(1 + math.exp(-abs(x)))",
            "Your softplus loses small results: 1 + y rounds to 1 for tiny y, and math.log1p(y) "
            "keeps it.",
        ),
        "forgets the linear part": (
            "max(x, 0.0) + math.log1p",
            "math.log1p",
            "Your softplus leaves out max(x, 0): without it the function does not grow with x.",
        ),
    },
    "test_triple_loss": {
        "the wrong way round": (
            "return softplus(-x) + 0.5",
            "return softplus(x) + 0.5",
            "Your loss takes softplus(x), and it is softplus(−x): it should fall as the positive "
            "item's lead x grows.",
        ),
        "no half": (
            "+ 0.5 * reg * squares",
            "+ reg * squares",
            "Your regulariser is twice as large as it should be: it is λ/2 times the squares.",
        ),
        "user not regularised": (
            "float(user @ user + positive @ positive + negative @ negative)",
            "float(positive @ positive + negative @ negative)",
            "Your regulariser leaves out the user's vector: it has three squared norms.",
        ),
        "norms, not their squares": (
            "0.5 * reg * squares",
            "0.5 * reg * math.sqrt(squares)",
            "Your regulariser takes the root of the sum of the squares: it is λ/2 times the sum "
            "itself.",
        ),
    },
    "test_triple_gradient": {
        "wrong sign of the negative": (
            "g * user + reg * negative,",
            "-g * user + reg * negative,",
            "Your gradient for the negative item has −g p_u: it is +g p_u, since x falls as its "
            "score grows.",
        ),
        "uphill": (
            "    g = sigmoid(-x)\n    return (",
            "    g = -sigmoid(-x)\n    return (",
            "Your g has the wrong sign, so the loss rises along your step: g = σ(−x), and −g "
            "stands before q_i − q_j and before p_u.",
        ),
        "sigmoid of the wrong side": (
            "    g = sigmoid(-x)\n    return (",
            "    g = sigmoid(x)\n    return (",
            "Your gradient uses g = σ(x): it is σ(−x), near 1 for a pair that is badly out of "
            "order.",
        ),
        "no regulariser": (
            "-g * user + reg * positive,",
            "-g * user,",
            "Your gradient for the positive item leaves out its regulariser, + λ q_i.",
        ),
    },
    "test_draw_negative": {
        "draws what is seen": (
            "        if item not in seen:\n            return item",
            "        return item",
            "Your draw returns the first guess, also an item that the user has: draw again while "
            "the guess is in seen.",
        ),
        "one draw for every triple": (
            "item = bounded(key, first + attempt, n_items)",
            "item = bounded(key, attempt, n_items)",
            "Your draws have the same numbers for every triple: they begin at first = triple * "
            "DRAWS_PER_TRIPLE.",
        ),
        "never the last item": (
            "item = bounded(key, first + attempt, n_items)",
            "item = bounded(key, first + attempt, n_items - 1)",
            "Your draw never gives the last item: bounded(key, n, bound) is below its bound, so "
            "the bound is n_items.",
        ),
        "one guess too few": (
            "range(MAX_REJECTIONS)",
            "range(MAX_REJECTIONS - 1)",
            "Your loop makes one guess too few: there are MAX_REJECTIONS of them before the list "
            "is made.",
        ),
        "one guess too many": (
            "range(MAX_REJECTIONS)",
            "range(MAX_REJECTIONS + 1)",
            "Your loop makes one guess too many: after MAX_REJECTIONS of them the next draw is the "
            "pick's.",
        ),
        "takes the first that is left": (
            "unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]",
            "unseen[0]",
            "Your draw takes the first item that is left: pick the place bounded(key, first + "
            "MAX_REJECTIONS, len(left)).",
        ),
    },
    "test_plan_epoch": {
        "user by user": (
            "order = permutation(stream(seed, epoch, ORDER, 0), len(indices))",
            "order = np.arange(len(indices))",
            "Your plan goes user by user: take all pairs in the order permutation(stream(seed, "
            "epoch, ORDER, 0), n).",
        ),
        "every epoch the same": (
            "key = stream(seed, epoch, NEGATIVES, 0)",
            "key = stream(seed, 0, NEGATIVES, 0)",
            "Your plan draws the negatives of every epoch from the same stream: its key needs the "
            "epoch, stream(seed, epoch, NEGATIVES, 0).",
        ),
        "negatives of other users": (
            "draw_negative(seen[user]",
            "draw_negative(seen[0]",
            "Your plan draws every negative for user 0: draw_negative needs the items of the "
            "triple's own user.",
        ),
        "negatives for the order of the CSR": (
            "enumerate(users[order].tolist())",
            "enumerate(users.tolist())",
            "Your plan draws each negative for the user at that place of the CSR: it is for the "
            "user at that place of the plan, in the new order.",
        ),
        "positives out of step": (
            "positives=indices[order]",
            "positives=indices[order[::-1]]",
            "Your plan has the positives in another order than the users: take both columns by "
            "the same order.",
        ),
        "negatives numbered by pair": (
            "enumerate(users[order].tolist())",
            "zip(order.tolist(), users[order].tolist())",
            "Your plan numbers the triples by their pairs in the CSR: draw_negative's triple is "
            "the place in the plan.",
        ),
    },
    "test_bpr_update": {
        "stale row": (
            "user = user_factors[u].copy()",
            "user = user_factors[u]",
            "Your items move along the user's new vector: user_factors[u] is a view, so copy the "
            "row before you write to it.",
        ),
        "wrong sign of the negative": (
            "(-g * user - reg_negative",
            "(g * user - reg_negative",
            "Your negative item moves towards the user: its step is −g p_u, away from the user.",
        ),
        "missing regulariser": (
            " - reg_user * user)",
            ")",
            "Your user's step leaves out its regulariser, − reg_user times the user's vector.",
        ),
        "off by one item": (
            "negative = item_factors[j].copy()",
            "negative = item_factors[j - 1].copy()",
            "Your step reads the vector of the item before j: the negative's row is "
            "item_factors[j].",
        ),
        "regularisers exchanged": (
            "(g * user - reg_positive * positive)",
            "(g * user - reg_negative * positive)",
            "Your positive item is pulled by reg_negative: its own regulariser is reg_positive.",
        ),
        "biases forgotten in the score": (
            "x += float(item_biases[i]) - float(item_biases[j])",
            "pass",
            "Your x leaves out the biases: where there are any, add b_i − b_j.",
        ),
        "step by the probability of being right": (
            "g = sigmoid(-x)\n        user_factors",
            "g = sigmoid(x)\n        user_factors",
            "Your step is g = σ(x): it is σ(−x), small for a triple that is right already.",
        ),
        "step that does not depend on the score": (
            "g = sigmoid(-x)\n        user_factors",
            "g = 0.5\n        user_factors",
            "Your step is g = 0.5 whatever x is: g = σ(−x) depends on the score.",
        ),
        "bias of the negative added": (
            "x += float(item_biases[i]) - float(item_biases[j])",
            "x += float(item_biases[i]) + float(item_biases[j])",
            "Your x adds the negative item's bias: it is b_i − b_j.",
        ),
        "score in float32": (
            "x = float(user @ (positive - negative))\n        if item_biases",
            "x = user @ (positive - negative)\n        if item_biases",
            "Your x is a float32, and so is the loss: x = float(...) keeps all digits in the sum.",
        ),
        "ties count as correct": (
            "n_correct += x > 0",
            "n_correct += x >= 0",
            "Your n_correct counts triples with x = 0: only x > 0 is correct.",
        ),
        "measured as a probability": (
            "loss += softplus(-x)",
            "loss += sigmoid(-x)",
            "Your loss adds σ(−x): the loss of a triple is −ln σ(x), which is softplus(−x).",
        ),
    },
}
