"""Requirements on figures, in sentences that a lesson's hidden clauses and checkpoint share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from recsys_backends.contract import hold
from recsys_backends.contract.clause import require
from tito.judging.clauses import in_the_lessons_words
from tito.judging.remote import Remote


def require_figure(got: object, right: float, tolerance: float, sentence: str) -> None:
    """Require one number; the sentence ends where the right one follows.

    Args:
        got: the learner's answer, which may be anything.
        right: the right number.
        tolerance: largest absolute difference.
        sentence: beginning of the message, such as "The loss of this triple is".
    """
    array = np.asarray(got)
    require(
        array.ndim == 0 and array.dtype.kind in "biuf",
        f"{sentence} {right:.7g}, and yours is no number but {_kind_of(got)}.",
    )
    found = float(array)  # half precision would round what it is compared with
    close = found == right or abs(found - right) <= tolerance
    require(close, f"{sentence} {right:.7g}, and yours says {found:.7g}.")


def require_figures(
    got: object, right: ArrayLike, tolerance: float, about: str, entry: str = "number {}"
) -> None:
    """Require an array of numbers; the message is about the first that is wrong.

    Args:
        got: the learner's answer, which may be anything.
        right: the right numbers.
        tolerance: largest absolute difference of an entry.
        about: subject of the message, such as "The scores of user 3".
        entry: name of an entry, into which its place is written.
    """
    given, wanted = np.asarray(got), np.asarray(right, np.float64)
    require(
        given.dtype.kind in "biuf" and given.shape == wanted.shape,
        f"{about} should be {wanted.size} numbers of shape {wanted.shape}; yours are {given.dtype} "
        f"of shape {given.shape}.",
    )
    found = given.astype(np.float64)
    with np.errstate(invalid="ignore"):  # infinity minus itself; equal infinities are close
        wrong = ~((np.abs(found - wanted) <= tolerance) | (found == wanted))
    if np.any(wrong):
        place = tuple(np.argwhere(wrong)[0].tolist())
        require(
            False,
            f"{about}: {entry.format(*place)} is {wanted[place]:.7g}, and yours is "
            f"{found[place]:.7g}; {np.count_nonzero(wrong)} of {wanted.size} are wrong.",
        )


def hold_op(remote: Remote, op: str, rng: np.random.Generator, meanings: Mapping[str, str]) -> None:
    """Require the contract of an op; the message is the lesson's, and then the contract's.

    Args:
        remote: the learner's functions.
        op: name of the op.
        rng: generator of the inputs.
        meanings: sentence of the lesson by the name of a clause.
    """
    hold(remote, op, rng, tell=lambda result: in_the_lessons_words(result, meanings, " "))


def _kind_of(got: object) -> str:
    if isinstance(got, np.ndarray):
        return f"an array of shape {got.shape}"
    return f"a {type(got).__name__}"
