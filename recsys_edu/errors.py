"""Errors of the library, one class a case; each is also the built-in error it resembles.

A message is one sentence that says what is wrong, where, and what to do about it. The base class
stands on the ground floor, so that one ``except RecsysError`` catches backends' errors as well.
"""

from __future__ import annotations

from pathlib import Path

from recsys_backends.errors import BriefError as BriefError
from recsys_backends.errors import RecsysError as RecsysError


class DataError(RecsysError, ValueError):
    """Interactions or a data file that are malformed, empty or contradict themselves."""

    @classmethod
    def at(cls, path: Path | str, line: int, problem: str) -> DataError:
        """Return the error about line ``line`` (counted from 1) of the file ``path``."""
        return cls(f"{path}, line {line}: {problem}")


class DatasetNotFoundError(RecsysError, LookupError):
    """No dataset of that name is known, or its files are nowhere to be found."""


class DownloadError(RecsysError, OSError):
    """An archive could not be fetched, verified or unpacked; nothing half-written is left."""


class UnknownUserError(RecsysError, LookupError):
    """A user id that the interactions do not know."""


class UnknownItemError(RecsysError, LookupError):
    """An item id that the interactions do not know."""


class NotFittedError(RecsysError, RuntimeError):
    """A model was asked for an answer before ``fit``."""


class DivergedError(RecsysError, ArithmeticError):
    """Training left the finite numbers; the message names the epoch."""


class InvalidParameterError(RecsysError, ValueError):
    """An argument or hyperparameter outside its range; the message names it."""


class UnsupportedError(RecsysError, NotImplementedError):
    """A question that a model of this kind has no answer to; the message names one that has."""


class MissingDependencyError(RecsysError, ImportError):
    """An optional package is not installed; the message gives the pip extra that brings it."""

    @classmethod
    def for_extra(cls, package: str, extra: str) -> MissingDependencyError:
        """Return the error about a missing ``package`` that the extra ``extra`` would install."""
        return cls(
            f"{package} is not installed: run `pip install 'recsys_edu[{extra}]'`", name=package
        )


class ModelFileError(RecsysError, ValueError):
    """A saved model that cannot be read: not a model, damaged, or of another version."""


class ExportError(RecsysError, ValueError):
    """A model that cannot be exported, or an exported graph with other answers than the model."""


class CheckpointError(RecsysError, ValueError):
    """A checkpoint that training cannot go on from: damaged, or of other settings or data."""


class ModelOutputError(RecsysError, ValueError):
    """A model's answer breaks a promise of ``RankingModel``: measuring it would mislead."""


class WorkspaceError(BriefError, LookupError):
    """There is no workspace here, or its contents cannot be used."""


class StudentCodeError(RecsysError, RuntimeError):
    """The learner's own code failed; the message says where in which notebook."""
