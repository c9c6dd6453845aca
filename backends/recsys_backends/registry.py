"""Which backend computes: by name, found late, and never swapped for another in silence.

``set_backend`` is for the whole process, ``use_backend`` for a block of code (a context variable,
so threads and coroutines do not disturb each other). Every op call asks ``get_backend`` anew: no
model keeps a kernel.
"""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import RLock
from typing import Any, Final, get_args

from recsys_backends.errors import (
    BackendUnavailableError,
    InvalidArgumentError,
    UnknownBackendError,
    UnsupportedOperationError,
)
from recsys_backends.plan import Sampler, UniformSampler
from recsys_backends.protocol import OPS, Order

ENTRY_POINT_GROUP: Final = "recsys_edu.backends"
ENVIRONMENT_VARIABLE: Final = "RECSYS_EDU_BACKEND"
DEFAULT: Final = "naive"


@dataclass(frozen=True)
class Backend:
    """A loaded backend: its name and the module or object that has its ops."""

    name: str
    implementation: object
    trusted: bool = False
    """True for the backends shipped here: the contract tests vouch for the plans they draw."""
    path: str = ""
    """Where it was imported from; empty for an object that was handed over."""

    @property
    def order(self) -> Order:
        """Whether triples take effect one after another ("sequential") or in groups."""
        order: Order = getattr(self.implementation, "order", "sequential")
        if order not in get_args(Order):
            raise InvalidArgumentError(
                f"order of backend {self.name!r} must be one of {', '.join(get_args(Order))}, "
                f"not {order!r}."
            )
        return order

    def has(self, op: str) -> bool:
        """Whether the backend implements this op."""
        return callable(getattr(self.implementation, op, None))

    def op(self, name: str) -> Callable[..., Any]:
        """The implementation of an op; UnsupportedOperationError where there is none."""
        if not self.has(name):
            others = [info.name for info in available_backends() if name in info.ops]
            raise UnsupportedOperationError(
                f"backend {self.name!r} has no op {name!r}; backends that have it: "
                f"{', '.join(others) or 'none'}. Choose one with set_backend(…)."
            )
        function: Callable[..., Any] = getattr(self.implementation, name)
        return function

    @property
    def tiles(self) -> bool:
        """Whether ``plan_epoch`` can cut an epoch into more than one block."""
        return bool(getattr(self.implementation, "tiles", True))

    def draws_by(self, sampler: type[Sampler]) -> bool:
        """Whether ``plan_epoch`` of the backend knows this kind of sampler."""
        return sampler in getattr(self.implementation, "samplers", (UniformSampler,))


@dataclass(frozen=True)
class BackendInfo:
    """One line of ``available_backends()``."""

    name: str
    available: bool
    reason: str
    """Why it is not available and what would help; empty where it is."""
    ops: tuple[str, ...]
    """The ops that it implements; empty where it is not available."""


@dataclass(frozen=True)
class _Registration:
    target: object
    """ "module", "module:attribute", or the object itself."""
    remedy: str = ""
    trusted: bool = False


_BUILT_IN: Final = {
    "naive": _Registration("recsys_backends.naive", trusted=True),
    "optimized": _Registration(
        "recsys_backends.optimized",
        remedy="Build the compiled extension with: pip install -e .  (needs a C compiler)",
        trusted=True,
    ),
    "torch": _Registration(
        "recsys_backends.torch",
        remedy="Install PyTorch with: pip install -e '.[torch]'",
        trusted=True,
    ),
}
_FASTEST_FIRST: Final = ("optimized", "torch", "naive")

_registered: dict[str, _Registration] = dict(_BUILT_IN)
_loaded: dict[str, Backend] = {}
_process_wide: str | None = None
_lock: Final = RLock()
"""Held while something is imported or chosen; imports may register backends themselves."""
_in_block: ContextVar[str | Backend | None] = ContextVar("recsys_edu_backend", default=None)


def set_backend(name: str) -> Backend:
    """Choose the backend for the whole process, and return it.

    Args:
        name: "naive", "optimized", "torch", a registered name, or "auto" for the fastest one that
            is available.

    Raises:
        UnknownBackendError: no backend has that name; the choice stays as it was.
        BackendUnavailableError: it cannot be loaded here; the choice stays as it was.
    """
    global _process_wide
    with _lock:
        backend = _load(_resolve(name))
        _process_wide = backend.name
    return backend


@contextmanager
def use_backend(backend: str | object) -> Iterator[Backend]:
    """Choose the backend inside a ``with`` block: by name, or any object that has ops.

    The choice is a context variable's: threads that are started inside the block do not see it
    (``contextvars.copy_context().run`` hands it on), and a generator should not yield inside one.
    Raises as ``set_backend`` does.
    """
    if isinstance(backend, str):
        chosen = _load(_resolve(backend))
        token = _in_block.set(chosen.name)
    else:
        chosen = backend if isinstance(backend, Backend) else _wrap(backend)
        token = _in_block.set(chosen)
    try:
        yield chosen
    finally:
        _in_block.reset(token)


def get_backend() -> Backend:
    """The backend that computes now: that of the block, of the process, of the environment
    variable ``RECSYS_EDU_BACKEND``, or "naive", whichever is set first.
    """
    chosen = _in_block.get() or _process_wide
    if chosen is None:
        with _lock:  # nobody chooses meanwhile
            if _process_wide is None:
                set_backend(os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT)
            chosen = _process_wide or DEFAULT
    return chosen if isinstance(chosen, Backend) else _load(chosen)


def register_backend(name: str, target: object, *, replace: bool = False) -> None:
    """Make a backend known under a name.

    Args:
        name: what ``set_backend`` will be called with.
        target: "package.module", "package.module:attribute", or the object itself. It is imported
            when the backend is first used.
        replace: allow a name that is taken. Code that runs on that name gets the new one from its
            next op call on.

    Raises:
        InvalidArgumentError: the name is taken or not usable, or the target is malformed.
    """
    if not isinstance(name, str) or not name or name == "auto" or name != name.strip():
        raise InvalidArgumentError(f"name {name!r} cannot name a backend; choose another.")
    if isinstance(target, str) and not all(
        part.isidentifier() for part in target.replace(":", ".", 1).split(".")
    ):
        raise InvalidArgumentError(
            f"target {target!r} is not of the form 'package.module' or 'package.module:attribute'."
        )
    if target is None:
        raise InvalidArgumentError("target must be a module's path, or an object that has ops.")
    if name in _registered and not replace:
        raise InvalidArgumentError(f"a backend {name!r} exists; pass replace=True to replace it.")
    with _lock:
        _registered[name] = _Registration(target)
        _loaded.pop(name, None)


def unregister_backend(name: str) -> None:
    """Forget a registered backend; a name that was built in means the built-in one again.

    Raises:
        UnknownBackendError: no backend has that name.
    """
    global _process_wide
    if name not in _registered:
        raise _unknown(name)
    del _registered[name]
    _loaded.pop(name, None)
    if name in _BUILT_IN:
        _registered[name] = _BUILT_IN[name]
    elif _process_wide == name:
        _process_wide = None


def available_backends() -> tuple[BackendInfo, ...]:
    """Every known backend, whether it can be used here, and if not, why. Loads each to find out."""
    _read_entry_points()
    return tuple(_describe(name) for name in list(_registered))


def _describe(name: str) -> BackendInfo:
    try:
        backend = _load(name)
    except BackendUnavailableError as error:
        return BackendInfo(name, available=False, reason=str(error), ops=())
    ops = tuple(op for op in OPS if backend.has(op))
    return BackendInfo(name, available=True, reason="", ops=ops)


def _resolve(name: str) -> str:
    """Turn "auto" into the fastest backend that loads, and any other known name into itself."""
    if not isinstance(name, str):
        raise InvalidArgumentError(f"name must be the name of a backend, not {name!r}.")
    if name == "auto":
        return next(n for n in _FASTEST_FIRST if _describe(n).available)
    if name not in _registered:
        _read_entry_points()
    if name not in _registered:
        raise _unknown(name)
    return name


def _unknown(name: str) -> UnknownBackendError:
    close = difflib.get_close_matches(name, [*_registered, "auto"], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return UnknownBackendError(
        f"there is no backend {name!r}; known backends: {', '.join(_registered)}.{hint}"
    )


def _load(name: str) -> Backend:
    """The backend of that name, imported at its first use."""
    if name in _loaded:
        return _loaded[name]
    with _lock:
        return _loaded[name] if name in _loaded else _import_backend(name)


def _import_backend(name: str) -> Backend:
    if name not in _registered:
        raise _unknown(name)
    registration = _registered[name]
    try:
        implementation = _import_target(registration.target)
    except (Exception, SystemExit) as error:
        # Whatever a backend's own import raises, the caller asked for a backend and did not get it.
        raise BackendUnavailableError(
            f"backend {name!r} cannot be loaded here ({type(error).__name__}: "
            f"{str(error).rstrip('.')}). {registration.remedy}".rstrip()
        ) from error
    path = registration.target if isinstance(registration.target, str) else ""
    backend = Backend(name, implementation, registration.trusted, path)
    _loaded[name] = backend
    return backend


def _import_target(target: object) -> object:
    if not isinstance(target, str):
        return target
    module, _, attribute = target.partition(":")
    found: object = importlib.import_module(module)
    for part in attribute.split(".") if attribute else ():
        found = getattr(found, part)
    return found


def _wrap(implementation: object) -> Backend:
    """A Backend around an object that was handed over without a name."""
    for backend in _loaded.values():
        if backend.implementation is implementation:
            return backend
    name = getattr(implementation, "name", None) or type(implementation).__name__
    return Backend(str(name), implementation)


def _read_entry_points() -> None:
    """Register what installed packages offer; a name that is taken keeps its first meaning."""
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINT_GROUP):
        _registered.setdefault(entry.name, _Registration(entry.value))
