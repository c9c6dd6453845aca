"""Hints of lesson 05, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "sigmoid": (
        "`math.exp(1000)` is an error and `math.exp(-1000)` is 0. For which sign of x does 1 / (1 + e^−x) "
        "call the first?",
        "Use the given formula for x >= 0. For x < 0 use e^x / (1 + e^x), which is the same number and "
        "only takes the exponential of something negative.",
        "Begin with `if x >= 0:`.",
    ),
    "softplus": (
        "For x = 1000 the answer is 1000 to all digits. Which part of ln(1 + e^x) is then left to be "
        "computed?",
        "Take max(x, 0) out of the logarithm: what is left is ln(1 + e^−|x|), which never overflows. "
        "`math.log1p` keeps its digits where e^−|x| is tiny.",
    ),
    "triple_loss": (
        "ln σ(x) is −∞ where σ(x) has become 0. Which function of yours gives −ln σ(x) without that "
        "detour?",
        "x is the difference of two scores, p · (q_i − q_j). The loss is softplus(−x), plus λ/2 times "
        "the sum of the squares of all three vectors.",
        "Begin with `x = float(user @ (positive - negative))`.",
    ),
    "triple_gradient": (
        "Should a step make x larger or smaller? Which sign must −∂L/∂p then have?",
        "With g = σ(−x), the derivative for the user is −g (q_i − q_j), for the positive item −g p, for "
        "the negative one +g p. The derivative of λ/2 ‖v‖² is λ v, with no 2.",
        "Begin with `x = float(user @ (positive - negative))`, as in `triple_loss`; then "
        "`g = sigmoid(-x)`.",
    ),
    "draw_negative": (
        "What are the three ways in which the search ends, and which of them is the most frequent?",
        "Guess at most MAX_REJECTIONS times and return the first guess that is not seen. Then list the "
        "items that are left: the answer is SKIPPED if there are none, else pick one by a draw of its own.",
        "Begin with `for attempt in range(MAX_REJECTIONS):`. The draw number is `first + attempt`.",
    ),
    "plan_epoch": (
        "CSR does not write down the user of an entry. Which two arrays of equal length do you need "
        "before you can shuffle pairs?",
        "Get the user of each pair, and take users and items in the order that is "
        "given. Then ask `draw_negative` for each place: its triple number is the place in the plan, "
        "not the number of the pair.",
        "Begin with `users = np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))`; "
        "the columns are then `users[order]` and `indices[order]`.",
    ),
    "bpr_update": (
        "After you have written the user's new vector, which vector does the step for the items need: "
        "the new one or the old one?",
        "Copy the three rows first. x is the difference of the two scores, with the biases where there "
        "are any; g = σ(−x). Each row moves by the learning rate times (g times its direction − λ times "
        "the row itself); the biases move by g − λ b and −g − λ b.",
        "Begin with `user = user_factors[u].copy()`, and do the same for both items before anything is "
        "written. Measure with x as it was before the step: `loss += softplus(-x)`.",
    ),
}
