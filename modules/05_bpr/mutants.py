"""Wrong solutions of lesson 05: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_sigmoid": {
        "overflow": (
            "    if x >= 0:\n        return 1.0 / (1.0 + math.exp(-x))\n"
            "    return math.exp(x) / (1.0 + math.exp(x))",
            "    return 1.0 / (1.0 + math.exp(-x))",
        ),
        "wrong sign": ("return 1.0 / (1.0 + math.exp(-x))", "return 1.0 / (1.0 + math.exp(x))"),
        "loses small numbers": ("math.log1p(math.exp(-abs(x)))", "math.log(1 + math.exp(-abs(x)))"),
        "forgets the linear part": ("max(x, 0.0) + math.log1p", "math.log1p"),
    },
    "test_triple_loss": {
        "the wrong way round": ("return softplus(-x) + 0.5", "return softplus(x) + 0.5"),
        "no half": ("+ 0.5 * reg * squares", "+ reg * squares"),
        "user not regularised": (
            "float(user @ user + positive @ positive + negative @ negative)",
            "float(positive @ positive + negative @ negative)",
        ),
        "norms, not their squares": ("0.5 * reg * squares", "0.5 * reg * math.sqrt(squares)"),
    },
    "test_triple_gradient": {
        "wrong sign of the negative": ("g * user + reg * negative,", "-g * user + reg * negative,"),
        "uphill": ("    g = sigmoid(-x)\n    return (", "    g = -sigmoid(-x)\n    return ("),
        "sigmoid of the wrong side": (
            "    g = sigmoid(-x)\n    return (",
            "    g = sigmoid(x)\n    return (",
        ),
        "no regulariser": ("-g * user + reg * positive,", "-g * user,"),
    },
    "test_draw_negative": {
        "draws what is seen": (
            "        if item not in seen:\n            return item",
            "        return item",
        ),
        "one draw for every triple": (
            "item = bounded(key, first + attempt, n_items)",
            "item = bounded(key, attempt, n_items)",
        ),
        "never the last item": (
            "item = bounded(key, first + attempt, n_items)",
            "item = bounded(key, first + attempt, n_items - 1)",
        ),
        "one guess too few": ("range(MAX_REJECTIONS)", "range(MAX_REJECTIONS - 1)"),
        "takes the first that is left": (
            "unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]",
            "unseen[0]",
        ),
    },
    "test_plan_epoch": {
        "user by user": (
            "order = permutation(stream(seed, epoch, ORDER, 0), len(users))",
            "order = np.arange(len(users))",
        ),
        "every epoch the same": (
            "key = stream(seed, epoch, NEGATIVES, 0)",
            "key = stream(seed, 0, NEGATIVES, 0)",
        ),
        "negatives of other users": ("draw_negative(seen[user]", "draw_negative(seen[0]"),
        "positives out of step": ("positives=indices[order]", "positives=indices[order[::-1]]"),
        "negatives numbered by pair": (
            "enumerate(users[order].tolist())",
            "zip(order.tolist(), users[order].tolist())",
        ),
    },
    "test_bpr_update": {
        "stale row": ("user = user_factors[u].copy()", "user = user_factors[u]"),
        "wrong sign of the negative": ("(-g * user - reg_negative", "(g * user - reg_negative"),
        "missing regulariser": (" - reg_user * user)", ")"),
        "off by one item": (
            "negative = item_factors[j].copy()",
            "negative = item_factors[j - 1].copy()",
        ),
        "regularisers exchanged": (
            "(g * user - reg_positive * positive)",
            "(g * user - reg_negative * positive)",
        ),
        "biases forgotten in the score": (
            "x += float(item_biases[i]) - float(item_biases[j])",
            "pass",
        ),
        "step by the probability of being right": (
            "g = sigmoid(-x)\n        user_factors",
            "g = sigmoid(x)\n        user_factors",
        ),
        "step that does not depend on the score": (
            "g = sigmoid(-x)\n        user_factors",
            "g = 0.5\n        user_factors",
        ),
        "bias of the negative added": (
            "x += float(item_biases[i]) - float(item_biases[j])",
            "x += float(item_biases[i]) + float(item_biases[j])",
        ),
        "score in float32": (
            "x = float(user @ (positive - negative))\n        if item_biases",
            "x = user @ (positive - negative)\n        if item_biases",
        ),
        "ties count as correct": ("n_correct += x > 0", "n_correct += x >= 0"),
        "measured as a probability": ("loss += softplus(-x)", "loss += sigmoid(-x)"),
    },
}
