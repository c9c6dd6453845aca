"""Does my loss fall at every half step? And is it the right loss, and does the model rank?"""

import numpy as np

from recsys_backends import use_backend
from recsys_backends.contract.clause import require
from recsys_edu import ALS, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.models.als_loss import mean_squared_loss
from recsys_edu.splits import random_split

OPS = ("als_half_step",)

MEANINGS = {
    "a_hand_worked_half_step": "With one factor each user's vector is a fraction that you can work "
    "out by hand, and yours is another.",
    "rows_are_at_the_minimum": "Your users' vectors are not the best ones for these items: another "
    "vector would have a smaller loss.",
    "unobserved_pairs_count": "Items that a user does not have are left out of the sum: they count "
    "too, with preference 0 and confidence 1.",
    "regularization_is_lambda_once": "Your vectors are shrunk too much or too little: λ belongs on "
    "the diagonal once, whatever a user has.",
    "confidence_may_be_below_one": "Pairs with a confidence below 1 count for the wrong amount.",
    "large_confidences_are_solved": "A user who is very sure of some items gets an inexact vector: "
    "compute in float64, and solve instead of inverting.",
    "equations_that_lose_their_weight_are_solved": "Where confidences take away nearly all of the "
    "items' weight, the vector is inexact: compute in float64.",
    "large_and_small_factors_are_solved": "With very long or very short item vectors the answer is "
    "inexact: compute in float64.",
    "long_rows_are_exact": "A user who has thousands of items gets an inexact vector: compute in "
    "float64.",
    "the_objective_never_rises": "Your half step can make the loss larger, which the best vectors "
    "never do.",
    "rows_without_interactions_become_zero": "A user who has nothing keeps an old vector; it should "
    "become zero.",
    "what_was_there_does_not_matter": "Your answer depends on the vectors that were there before; a "
    "half step overwrites them.",
    "a_repeated_call_changes_nothing": "The same half step once more gives other vectors.",
    "only_the_target_changes": "Your half step changes the fixed side or the pairs, which it should "
    "only read.",
    "new_fixed_factors_give_new_rows": "Your half step remembers the items' vectors of an earlier "
    "call.",
    "same_rows_for_any_number_of_threads": "Your vectors depend on n_threads, which has no effect "
    "here.",
    "empty_half_steps_do_nothing": "Without users, items or factors there is nothing to do, and it "
    "should be no error.",
    "bad_arguments_of_als_half_step_are_rejected": "Arguments that cannot be right get through "
    "without an error.",
}
"""Faults of als_half_step in the lesson's words, by the clause of its contract."""

N_USERS, N_ITEMS = 80, 61
"""Nobody has the last item."""


def _data():
    """Interactions by user, with values from 0 to 5."""
    data = make_synthetic(N_USERS, N_ITEMS - 1, 2000, seed=4)
    values = np.random.default_rng(4).integers(0, 6, data.nnz).astype(np.float32)
    return data.indptr, data.indices, values


def _weighted():
    indptr, indices, values = _data()
    return indptr, indices, (1.0 + 2.0 * values).astype(np.float32)


def _loss(users, items, pairs, reg: float) -> float:
    return mean_squared_loss(users, items, *pairs, reg) * N_USERS * N_ITEMS


def my_loss_falls_at_every_half_step(remote, rng: np.random.Generator) -> None:
    """The learner's parts together: confidences, both sides of the pairs, half steps and losses."""
    indptr, indices, values = _data()
    confidence = remote.confidences(values, 4.0)
    require_confidences(confidence, values, _data()[2], 4.0)
    pairs = indptr, indices, confidence
    sides = pairs, _by_item(remote, pairs)
    users, items = (rng.normal(0.0, 0.1, (n, 8)).astype(np.float32) for n in (N_USERS, N_ITEMS))
    before = np.inf
    for step in range(12):
        target, fixed = (users, items) if step % 2 == 0 else (items, users)
        whose = ("users", "items")[step % 2]
        remote.als_half_step(target, fixed, *sides[step % 2], regularization=3.0)
        now = _loss(users, items, pairs, 3.0)
        require(
            now <= before * (1 + 1e-6),
            f"The {whose}' half step number {step // 2 + 1} raises the loss from {before:.2f} to "
            f"{now:.2f}: half a step finds the best vectors for one side, so the loss can only fall.",
        )
        for name in ("fast_loss", "loss_of_all_pairs"):
            yours = _number(getattr(remote, name)(users, items, *pairs, 3.0), name)
            require(
                abs(yours - now) <= 1e-4 * now,
                f"After the {whose}' half step the loss over all pairs is {now:.2f}; your {name} "
                f"says {yours:.2f}.",
            )
        before = now


def require_confidences(confidence, given, values, alpha: float) -> None:
    """Require 1 + α r for every pair, in a new array of float32; ``values`` were given."""
    require(
        np.array_equal(given, values),
        "confidences has changed the values that it was given: make a new array.",
    )
    require(
        getattr(confidence, "dtype", None) == np.float32 and np.shape(confidence) == values.shape,
        f"Your confidences are {getattr(confidence, 'dtype', type(confidence).__name__)} of shape "
        f"{np.shape(confidence)}; one float32 for each of {len(values)} pairs is expected.",
    )
    right = 1.0 + alpha * values.astype(np.float64)
    wrong = np.flatnonzero(~(np.abs(confidence - right) <= 1e-6 * right))
    for place in wrong[:1].tolist():
        require(
            False,
            f"A pair with r = {values[place]:g} has the confidence 1 + α r = {right[place]:g} for "
            f"α = {alpha:.4g}; yours is {confidence[place]:g}.",
        )


def _number(got, name: str) -> float:
    """Return an answer that has to be one number."""
    require(
        np.ndim(got) == 0 and np.asarray(got).dtype.kind in "biuf",
        f"{name} should return one number, not {type(got).__name__}.",
    )
    return float(got)


def _by_item(remote, pairs: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """Return the learner's pairs by item, which have to be CSR with a row for each item."""
    indptr, users, confidence = map(np.asarray, remote.by_item(*pairs, N_ITEMS))
    counts = np.bincount(pairs[1], minlength=N_ITEMS)
    require(
        len(indptr) == N_ITEMS + 1,
        f"by_item should have {N_ITEMS + 1} starts for {N_ITEMS} items, and has {len(indptr)}: the "
        "last item, which nobody has, counts too.",
    )
    wrong = np.flatnonzero(np.diff(indptr) != counts) if indptr[0] == 0 else np.zeros(1, int)
    item = wrong[0] if len(wrong) else 0
    require(
        not len(wrong),
        f"By indptr of by_item, the users of item {item} are at {indptr[item]} to "
        f"{indptr[item + 1]}; {counts[item]} users have it, and the items before it take "
        f"{counts[:item].sum()} places.",
    )
    require(
        len(users) == len(confidence) == len(pairs[1])
        and users.min() >= 0
        and users.max() < len(pairs[0]) - 1,
        f"by_item should have a user from 0 to {len(pairs[0]) - 2} and a confidence for each of "
        f"{len(pairs[1])} pairs; yours has {len(users)} users, up to number {users.max()}.",
    )
    return indptr, users, confidence


def my_pairs_can_be_turned_over(remote, rng: np.random.Generator) -> None:
    """by_item twice gives what was there, and the users of each item ascend."""
    pairs = _weighted()
    turned = _by_item(remote, pairs)
    found, expected = np.zeros((N_USERS, N_ITEMS)), np.zeros((N_USERS, N_ITEMS))
    found[turned[1], np.repeat(np.arange(N_ITEMS), np.diff(turned[0]))] = turned[2]
    expected[np.repeat(np.arange(N_USERS), np.diff(pairs[0])), pairs[1]] = pairs[2]
    user, item = np.argwhere(found != expected)[0] if np.any(found != expected) else (0, 0)
    require(
        np.array_equal(found, expected),
        f"By user, user {user} has item {item} with a confidence of {expected[user, item]:g}; by "
        f"item, in your by_item, it is {found[user, item]:g} (0: not there).",
    )
    back = remote.by_item(*turned, N_USERS)
    for name, found, expected in zip(("indptr", "indices", "confidence"), back, pairs, strict=True):
        require(
            np.array_equal(found, expected),
            f"by_item, and by_item once more, should give back the pairs by user, and {name} is "
            "another: do the users of each item ascend?",
        )


def one_user_has_one_best_vector(remote, rng: np.random.Generator) -> None:
    """solve_user, solve_user_fast and als_half_step find the same vectors."""
    indptr, indices, confidence = _weighted()
    items = rng.normal(0.0, 0.4, (N_ITEMS, 5)).astype(np.float32)
    users = np.full((N_USERS, 5), 9.0, dtype=np.float32)
    remote.als_half_step(users, items, indptr, indices, confidence, regularization=0.7)
    gram = items.astype(np.float64).T @ items.astype(np.float64)
    for user in rng.permutation(N_USERS)[:10].tolist():
        own = slice(indptr[user], indptr[user + 1])
        one = indices[own], confidence[own], 0.7
        right = best_vector(items, *one)
        slow = remote.solve_user(items, *one)
        _require_vector(slow, right, 1e-6, "solve_user", user)
        _require_vector(users[user], right, 1e-4, "als_half_step", user)
        unseen = np.full_like(items, np.nan)
        unseen[one[0]] = items[one[0]]
        fast = np.asarray(remote.solve_user_fast(gram, unseen, *one))
        require(
            fast.dtype.kind != "f" or not np.any(np.isnan(fast)),
            "solve_user_fast looks at items that the user does not have: it was given no numbers "
            "for them, and returns none.",
        )
        _require_vector(fast, right, 1e-6, "solve_user_fast", user)


def best_vector(items, observed, confidence, reg: float) -> np.ndarray:
    """Return the x with (Σ c y yᵀ + λ I) x = Σ c p y."""
    y, c = items.astype(np.float64), np.ones(len(items))
    c[observed] = confidence
    preferred = np.isin(np.arange(len(items)), observed)
    return np.linalg.solve(y.T @ (c[:, None] * y) + reg * np.eye(y.shape[1]), y.T @ (c * preferred))


def _require_vector(got, right: np.ndarray, tolerance: float, name: str, user: int) -> None:
    got = np.asarray(got)
    require(
        got.shape == right.shape and got.dtype.kind in "biuf",
        f"{name} gives user {user} an answer of shape {got.shape}; a vector of {len(right)} numbers "
        "is expected.",
    )
    require(
        bool(np.all(np.abs(got - right) <= tolerance)),
        f"{name} gives user {user} the vector {np.round(got, 3).tolist()}, and the best one for "
        f"their items is {np.round(right, 3).tolist()}.",
    )


def my_loss_needs_no_table_of_all_pairs(remote, rng: np.random.Generator) -> None:
    """fast_loss holds much less than a number for each pair."""
    users, items = (rng.normal(0.0, 0.1, (n, 3)).astype(np.float32) for n in (3000, 4000))
    indptr = np.zeros(3001, dtype=np.int64)
    nothing = indptr, np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
    found = remote.probe.peak_bytes_of_fast_loss(users, items, *nothing, 1.0)
    require(
        0 < found < 20e6,
        f"For 3,000 users and 4,000 items without interactions, fast_loss held {found / 1e6:.0f} "
        "megabytes at once: is there a table of all pairs?",
    )


def my_training_alternates(remote, rng: np.random.Generator) -> None:
    """train_als is what half steps one after another give, and tells the loss after each."""
    pairs = _weighted()
    found = remote.train_als(*pairs, N_ITEMS, n_factors=4, reg=5.0, epochs=3, seed=3)
    require(len(found[2]) == 6, f"3 epochs are 6 half steps, but there are {len(found[2])} losses.")
    users = np.zeros((N_USERS, 4), dtype=np.float32)
    items = np.random.default_rng(3).normal(0.0, 0.1, (N_ITEMS, 4)).astype(np.float32)
    turned = _by_item(remote, pairs)
    for step in range(6):
        half = (users, items, *pairs) if step % 2 == 0 else (items, users, *turned)
        remote.als_half_step(*half, regularization=5.0)
        expected, whose = _loss(users, items, pairs, 5.0), ("users", "items")[step % 2]
        told = _number(found[2][step], "train_als, for each loss,")
        require(
            abs(told - expected) <= 1e-3 * expected,
            f"train_als tells the loss {told:.2f} after half step number {step + 1}, which is the "
            f"{whose}'; half steps by hand have {expected:.2f} there.",
        )
    for vectors, right, whose in ((found[0], users, "users"), (found[1], items, "items")):
        require(
            np.shape(vectors) == right.shape,
            f"train_als should return a vector of 4 numbers for each of {len(right)} {whose}; yours "
            f"have the shape {np.shape(vectors)}.",
        )
    difference = np.abs(found[0] @ found[1].T - users @ items.T)
    require(
        bool(np.all(difference <= 2e-2)),
        f"train_als returns vectors whose scores differ by up to {np.max(difference):.3f} from those "
        "of the same half steps by hand.",
    )


def my_als_ranks(remote, rng: np.random.Generator) -> str:
    """The library's ALS, running on the learner's op, beats popularity clearly."""
    split = random_split(make_synthetic(300, 200, 9000, seed=5), seed=0)
    with use_backend(remote):
        model = ALS(8, 8, 10.0, 4.0, progress=False).fit(split.train)
    mine = evaluate(model, split, metrics="ndcg@10")["ndcg@10"]
    popularity = evaluate(MostPopular().fit(split.train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.3 * popularity,
        f"Trained by your half steps, ALS does not find what users like: its NDCG@10 is {mine:.3f}, "
        f"and that of the most popular items {popularity:.3f}. Right ones have a third more.",
    )
    return f"NDCG@10 {mine:.3f}, popularity {popularity:.3f}"
