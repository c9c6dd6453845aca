"""What can go wrong between a caller and a backend, one class a case."""

from __future__ import annotations


class BackendError(Exception):
    """Base of every error that the dispatch layer raises on purpose."""


class UnknownBackendError(BackendError, LookupError):
    """No backend of that name is registered."""


class BackendUnavailableError(BackendError, LookupError):
    """The backend is registered, but cannot be loaded here; the message says what would help."""


class UnsupportedOperationError(BackendError, NotImplementedError):
    """The backend has no such op; the message names the backends that have it."""


class InvalidArgumentError(BackendError, ValueError):
    """An argument of an op is not what its contract asks for; the message names the argument."""


class ContractViolation(BackendError, AssertionError):  # noqa: N818 (what it is called)
    """A backend's answer is not what the contract says; raised by contract clauses only."""
