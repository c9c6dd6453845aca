"""Does my loss fall at every half step? And is it the right loss, and does the model rank?"""

import numpy as np

from recsys_backends import use_backend
from recsys_backends.contract.clause import require, require_close
from recsys_edu import ALS, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.models.als_loss import mean_squared_loss
from recsys_edu.splits import random_split

OPS = ("als_half_step",)

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
    expected = 1.0 + 4.0 * values
    confidence = remote.confidences(values, 4.0)
    require_close(confidence, expected, 1e-5, "your confidences with α = 4")
    require_close(values, _data()[2], 0.0, "the values that confidences was given, after the call")
    require(
        confidence.dtype == np.float32, f"your confidences are {confidence.dtype}, not float32."
    )
    pairs = indptr, indices, confidence
    sides = pairs, remote.by_item(*pairs, N_ITEMS)
    users, items = (rng.normal(0.0, 0.1, (n, 8)).astype(np.float32) for n in (N_USERS, N_ITEMS))
    before = np.inf
    for step in range(12):
        target, fixed = (users, items) if step % 2 == 0 else (items, users)
        whose = ("users", "items")[step % 2]
        remote.als_half_step(target, fixed, *sides[step % 2], regularization=3.0)
        now = _loss(users, items, pairs, 3.0)
        require(
            now <= before * (1 + 1e-6),
            f"the {whose}' half step number {step // 2 + 1} raises the loss from {before:.2f} to "
            f"{now:.2f}.",
        )
        for name in ("fast_loss", "loss_of_all_pairs"):
            yours = getattr(remote, name)(users, items, *pairs, 3.0)
            require_close(yours, now, 1e-4 * now, f"{name} after the {whose}' half step")
        before = now


def my_pairs_can_be_turned_over(remote, rng: np.random.Generator) -> None:
    """by_item twice gives what was there, and the users of each item ascend."""
    pairs = _weighted()
    turned = remote.by_item(*pairs, N_ITEMS)
    found, expected = np.zeros((N_USERS, N_ITEMS)), np.zeros((N_USERS, N_ITEMS))
    found[turned[1], np.repeat(np.arange(N_ITEMS), np.diff(turned[0]))] = turned[2]
    expected[np.repeat(np.arange(N_USERS), np.diff(pairs[0])), pairs[1]] = pairs[2]
    require_close(found, expected, 0.0, "confidences by item, put into a table of users and items")
    back = remote.by_item(*turned, N_USERS)
    for name, found, expected in zip(("indptr", "indices", "confidence"), back, pairs, strict=True):
        require_close(found, expected, 0.0, f"{name} after by_item, and by_item once more")


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
        slow = remote.solve_user(items, *one)
        require_close(slow, users[user], 1e-4, f"solve_user, beside als_half_step, user {user}")
        unseen = np.full_like(items, np.nan)
        unseen[one[0]] = items[one[0]]
        fast = remote.solve_user_fast(gram, unseen, *one)
        require_close(
            fast,
            slow,
            1e-6,
            f"solve_user_fast, beside solve_user (user {user}; the vectors of items that this user "
            "does not have were nan)",
        )


def my_loss_needs_no_table_of_all_pairs(remote, rng: np.random.Generator) -> None:
    """fast_loss holds much less than a number for each pair."""
    users, items = (rng.normal(0.0, 0.1, (n, 3)).astype(np.float32) for n in (3000, 4000))
    indptr = np.zeros(3001, dtype=np.int64)
    nothing = indptr, np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
    found = remote.probe.peak_bytes_of_fast_loss(users, items, *nothing, 1.0)
    require(
        0 < found < 20e6,
        f"for 3,000 users and 4,000 items without interactions, fast_loss held {found / 1e6:.0f} "
        "megabytes at once: is there a table of all pairs?",
    )


def my_training_alternates(remote, rng: np.random.Generator) -> None:
    """train_als is what half steps one after another give, and tells the loss after each."""
    pairs = _weighted()
    found = remote.train_als(*pairs, N_ITEMS, n_factors=4, reg=5.0, epochs=3, seed=3)
    require(len(found[2]) == 6, f"3 epochs are 6 half steps, but there are {len(found[2])} losses.")
    users = np.zeros((N_USERS, 4), dtype=np.float32)
    items = np.random.default_rng(3).normal(0.0, 0.1, (N_ITEMS, 4)).astype(np.float32)
    turned = remote.by_item(*pairs, N_ITEMS)
    for step in range(6):
        half = (users, items, *pairs) if step % 2 == 0 else (items, users, *turned)
        remote.als_half_step(*half, regularization=5.0)
        expected = _loss(users, items, pairs, 5.0)
        about = f"the loss that train_als tells after half step number {step + 1}"
        require_close(found[2][step], expected, 1e-3 * expected, about)
    require_close(found[0] @ found[1].T, users @ items.T, 2e-2, "the scores of train_als's vectors")


def my_als_ranks(remote, rng: np.random.Generator) -> None:
    """The library's ALS, running on the learner's op, beats popularity clearly."""
    split = random_split(make_synthetic(300, 200, 9000, seed=5), seed=0)
    with use_backend(remote):
        model = ALS(8, 8, 10.0, 4.0, progress=False).fit(split.train)
    mine = evaluate(model, split, metrics="ndcg@10")["ndcg@10"]
    popularity = evaluate(MostPopular().fit(split.train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.3 * popularity,
        f"trained by your half steps, ALS ranks with an NDCG@10 of {mine:.3f}; the most popular "
        f"items alone have {popularity:.3f}, and it should be a third more.",
    )
