"""Mistakes that learners make by themselves: the visible test names each, and so do fingerprints.

The first group was once passed by a test, or met by a message that misled.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

pytest.importorskip("jupytext")

from tito.authoring.mutants import Mutant, visible_message
from tito.course.lessons import find_lesson


class Mistake(NamedTuple):
    """An edit of a solution, and words that the message has to have."""

    test: str
    before: str
    after: str
    words: str


SORT = 'np.argsort(-{}, kind="stable")'
MISTAKES = {
    1: [
        Mistake("number_ids", "np.array(codes, dtype=np.int64)", "np.array(codes, dtype=np.int32)",
                "dtype of the ids"),
        Mistake("number_ids", "np.array(distinct, dtype=ids.dtype)", "np.array(distinct)",
                "dtype=ids.dtype"),
        Mistake("number_ids", "np.array(codes, dtype=np.int64)", "codes", "type list"),
        Mistake("number_ids", "return np.array(distinct, dtype=ids.dtype), ", "return distinct, ",
                "np.array(…) makes an array of a list"),
        Mistake("merge_repeats", "np.array(sorted(position for _, position in kept.values()), "
                "dtype=np.int64)", "[position for _, position in kept.values()]", "type list"),
        Mistake("counting_sort", "starts = np.zeros(n_keys + 1, dtype=np.int64)\n    starts[1:] = "
                "np.cumsum(np.bincount(keys, minlength=n_keys))\n    free = starts.tolist()",
                "starts = np.zeros(n_keys + 1)\n    starts[1:] = np.cumsum(np.bincount(keys, "
                "minlength=n_keys))\n    free = [int(s) for s in starts]", "float64"),
        Mistake("counting_sort", "free = starts.tolist()", "free = starts.astype(float)",
                "dtype=np.int64"),
    ],
    2: [
        Mistake("rank_unseen", SORT.format("masked"), "np.argsort(-masked)", 'kind="stable"'),
        Mistake("reciprocal_rank", "1.0 / (int(places[0]) + 1)", "1.0 / int(places[0])",
                "counts places from 0, ranks from 1"),
        Mistake("reciprocal_rank", "1.0 / (int(places[0]) + 1)", "1.0 / places[0]",
                "ranks count from 1"),
        Mistake("average_precision", "start=1", "start=0", "ranks count from 1"),
        Mistake("sampled_ranks", "1 + np.count_nonzero", "np.count_nonzero", "start from 0"),
        Mistake("evaluate_users", "        if n_relevant == 0:\n            continue\n",
                "        n_relevant = max(n_relevant, 1)\n",
                "leave out those who have nothing to be found"),
        Mistake("evaluate_users", "        values[\"precision\"]",
                "        if not hits.any():\n            continue\n        values[\"precision\"]",
                "A user without a hit counts too"),
        Mistake("evaluate_users", "np.array(per_user) for", "np.mean(per_user) for",
                "make an array of one value for each user"),
    ],
    3: [
        Mistake("top_k", SORT.format("score") + "[:k]", "np.argsort(-score)[:k]", 'kind="stable"'),
        Mistake("top_k", SORT.format("score") + "[:k]", "np.argsort(score)[::-1][:k]",
                "sort −score, stable"),
    ],
    4: [
        Mistake("solve_user", "y) + reg * np.eye(y.shape[1])", "y) + 2 * reg * np.eye(y.shape[1])",
                "λ is in A twice"),
        Mistake("solve_user", "(c[:, None] * y)", "np.diag(c) @ y", "np.diag"),
        Mistake("solve_user", "    matrix = y.T @ (c[:, None]", "    y, c = y.astype(np.float32), "
                "c.astype(np.float32)\n    matrix = y.T @ (c[:, None]", "float32"),
        Mistake("solve_user_fast", "reg * np.eye(len(gram))", "2 * reg * np.eye(len(gram))",
                "λ is in A twice"),
        Mistake("solve_user_fast", "    y = items[observed].astype(np.float64)\n    c = confidence."
                "astype(np.float64)\n", "    y, c = items[observed], confidence\n", "float32"),
        Mistake("als_half_step", "regularization * np.eye(factors.shape[1])",
                "2 * regularization * np.eye(factors.shape[1])", "λ is in the matrix twice"),
        Mistake("als_half_step", "factors = fixed.astype(np.float64)", "factors = fixed",
                "computed in float32"),
        Mistake("loss_of_all_pairs", "    p = np.zeros((len(x), len(y)))\n",
                "    x, y = users, items\n    p = np.zeros((len(x), len(y)))\n", "float32"),
        Mistake("fast_loss", "x, y = users.astype(np.float64), items.astype(np.float64)\n    rows",
                "x, y = users, items\n    rows", "float32"),
    ],
    5: [
        Mistake("bpr_update", "        g = sigmoid(-x)\n        user_factors",
                "        g = sigmoid(x)\n        user_factors", "= σ(x), and it should be σ(−x)"),
        Mistake("bpr_update", "        g = sigmoid(-x)\n        user_factors",
                "        g = 0.5\n        user_factors", "g depends on x"),
        Mistake("bpr_update", "float(item_biases[i]) - float(item_biases[j])",
                "float(item_biases[i]) + float(item_biases[j])", "b_j added"),
        Mistake("bpr_update", "x = float(user @ (positive - negative))\n        if",
                "x = user @ (positive - negative)\n        if", "x = float(...)"),
        Mistake("bpr_update", "loss += softplus(-x)", "loss += np.float32(softplus(-x))",
                "Python float"),
    ],
}  # fmt: skip
MISTAKES[2] += [
    Mistake("rank_unseen", "masked[seen] = -np.inf", "masked[seen] = -1", "No finite number"),
    Mistake("rank_unseen", "best_first[: min(k, n_unseen)]", "best_first[: min(k + 1, n_unseen)]",
            "has the length 3"),
    Mistake("rank_unseen", "return best_first[: min(k, n_unseen)]",
            "return scores[best_first[: min(k, n_unseen)]]", "the numbers of the items"),
    Mistake("rank_unseen", "    masked = scores.copy()\n    masked[seen] = -np.inf\n",
            "    masked = np.delete(scores, seen)\n", "mask, do not delete"),
    Mistake("precision_recall", "float(np.sum(hits[:k])) / k",
            "float(np.sum(hits[:k])) / len(hits)", "divide by the length of `hits`"),
    Mistake("evaluate_users", "    return {name: np.array(per_user)",
            "        return {name: np.array(per_user)", "`return` stand inside the loop"),
    Mistake("confidence_interval", "    return mean, mean - margin, mean + margin", "", "`return`"),
    Mistake("confidence_interval", "return mean, mean - margin", "return mean - margin",
            "three numbers"),
    Mistake("sampled_ranks", "min(n_negatives, len(negatives))",
            "min(n_negatives, len(negatives)) - 1", "one too few"),
]  # fmt: skip
MISTAKES[4] += [
    Mistake("loss_of_all_pairs", "c[u, indices[observed]] = confidence[observed]",
            "c[u, indices[observed]] = confidence[indices[observed]]", "by an item's number"),
    Mistake("loss_of_all_pairs", "observed = slice(indptr[u], indptr[u + 1])",
            "observed = slice(indptr[u], indptr[u + 1] - 1)", "the last one, too"),
    Mistake("als_half_step", "shared = factors.T @ factors + ",
            "own = target.astype(np.float64)\n    shared = own.T @ own + ", "of the fixed side"),
    Mistake("als_half_step", "c = confidence[observed].astype",
            "c = confidence[indices[observed]].astype", "by an item's number"),
    Mistake("by_item", "return starts, users[order]", "return starts[1:], users[order]",
            "the 0 in front"),
    Mistake("fast_loss", "np.repeat(np.arange(len(x)), np.diff(indptr))",
            "np.repeat(np.diff(indptr), np.arange(len(x)))", "np.repeat(users, lengths)"),
    Mistake("train_als", "    return users, items, losses", "        return users, items, losses",
            "`return` stand inside the loop"),
    Mistake("train_als", "        als_half_step(users, items, *pairs, regularization=reg)\n"
            "        losses.append(fast_loss(users, items, *pairs, reg))\n",
            "        losses.append(fast_loss(users, items, *pairs, reg))\n"
            "        als_half_step(users, items, *pairs, regularization=reg)\n",
            "measure after each half step"),
]  # fmt: skip
MISTAKES[6] = [
    Mistake("timed", "run.time_ms = 1e3 * (clock() - start)",
            "run.time_ms = 1e3 * (time.perf_counter() - start)", "the one that you are given"),
    Mistake("timed", "1e3 * (clock() - start)", "(clock() - start) / 1e3", "You divide by 1000"),
    Mistake("timed", "clock() - start", "start - clock()", "is negative"),
    Mistake("compare", "statistics.median(times[0]), statistics.median(times[1])",
            "min(times[0]), min(times[1])", "you take the smallest"),
    Mistake("speedup", "left = 1.0 / target - (1.0 - share)", "left = target - (1.0 - share)",
            "from the target"),
    Mistake("speedup", "return share / left if left > 0 else math.inf",
            "return left / share if left > 0 else math.inf", "the inverse"),
    Mistake("triple_cost", "2 * m * k * n, 4 * (m", "2 * m * k * n, (m", "a float32 has 4 bytes"),
    Mistake("triple_cost", "2 * m * k * n, 4 * (m", "2 * m * k * n, 8 * (m",
            "is each number counted once"),
]  # fmt: skip
ALL = [(number, mistake) for number, mistakes in MISTAKES.items() for mistake in mistakes]


def mutant_of(number: int, mistake: Mistake) -> Mutant:
    lesson = find_lesson(str(number))
    return Mutant(lesson, f"test_{mistake.test}", "", mistake.before, mistake.after, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "mistake"), ALL, ids=[f"{number:02}-{m.test}-{m.words}" for number, m in ALL]
)
def test_the_visible_test_names_it(number: int, mistake: Mistake) -> None:
    mutant = mutant_of(number, mistake)
    said = visible_message(mutant.cells(), mutant.grade_id)
    assert said.startswith("AssertionError: ")
    assert mistake.words in said


@pytest.mark.slow
@pytest.mark.parametrize("after", ["softplus(x) + 0.5", "softplus(-x) + 0.25"])
def test_a_wrong_loss_is_no_yardstick_for_the_gradient(after: str) -> None:
    wrong = Mistake("triple_loss", "softplus(-x) + 0.5", after, "")
    mutant = mutant_of(5, wrong)
    assert visible_message(mutant.cells(), "test_triple_loss")
    assert visible_message(mutant.cells(), "test_triple_gradient") == ""
