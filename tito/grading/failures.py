"""Describe exceptions for instructors, without a word that a student may have written."""

from __future__ import annotations

from pathlib import Path

from recsys_backends.errors import ContractViolation
from recsys_edu.errors import RecsysError


def describe_failure(error: BaseException) -> str:
    """Return a sentence about an exception.

    Messages of errors that are ours and of the operating system are quoted. Of any other exception,
    and of a broken contract, only the type and the place where it was raised are named, since the
    message may quote a submission.
    """
    if isinstance(error, RecsysError) and not isinstance(error, ContractViolation):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"{type(error).__name__} in {_place_of(error)}."


def _place_of(error: BaseException) -> str:
    """Return file and line of the place where an exception was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
