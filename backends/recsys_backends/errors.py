"""Errors: the base class of all three packages, and those between a caller and a backend."""

from __future__ import annotations


class RecsysError(Exception):
    """Base of every error that recsys_backends, recsys_edu and tito raise on purpose."""


class BriefError(RecsysError):
    """Base of errors whose cause is no line of code; a notebook shows them as one sentence."""

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class BackendError(RecsysError):
    """Base of every error that the dispatch layer raises on purpose."""


class UnknownBackendError(BackendError, BriefError, LookupError):
    """No backend of that name is registered."""


class BackendUnavailableError(BackendError, BriefError, LookupError):
    """The backend is registered, but cannot be loaded here; the message says what would help."""


class UnsupportedOperationError(BackendError, NotImplementedError):
    """The backend has no such op; the message names the backends that have it."""


class InvalidArgumentError(BackendError, ValueError):
    """An argument of an op breaks its contract; the message names the argument."""


class ContractViolation(BackendError, AssertionError):  # noqa: N818 (the contract's own word)
    """A backend's answer breaks the contract; raised by contract clauses only."""
