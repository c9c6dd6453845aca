"""Registry of backends: found by name, loaded late, never replaced by another in silence.

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
    """Import path, "module" or "module:attribute"; empty for an object that was handed over."""

    @property
    def order(self) -> Order:
        """Order of the steps: one triple after another ("sequential"), or in groups ("batched")."""
        order: Order = getattr(self.implementation, "order", "sequential")
        if order not in get_args(Order):
            raise InvalidArgumentError(
                f"order of backend {self.name!r} must be one of {', '.join(get_args(Order))}, "
                f"not {order!r}."
            )
        return order

    def has(self, op: str) -> bool:
        """Return True if the backend implements this op."""
        return callable(getattr(self.implementation, op, None))

    def op(self, name: str) -> Callable[..., Any]:
        """Return the implementation of an op; UnsupportedOperationError where there is none."""
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
        """True if ``plan_epoch`` can cut an epoch into more than one block."""
        return bool(getattr(self.implementation, "tiles", True))

    def draws_by(self, sampler: type[Sampler]) -> bool:
        """Return True if ``plan_epoch`` of the backend knows this kind of sampler."""
        return sampler in getattr(self.implementation, "samplers", (UniformSampler,))


@dataclass(frozen=True)
class BackendInfo:
    """One line of ``available_backends()``."""

    name: str
    available: bool
    reason: str
    """Reason why it is not available, with what would help; empty where it is."""
    ops: tuple[str, ...]
    """Names of the ops that it implements; empty where it is not available."""


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
    """Choose the backend for this process and the worker processes that it starts, and return it.

    The choice is written to the environment variable ``RECSYS_EDU_BACKEND``, with the path of a
    backend that was registered by path, so that workers (joblib, multiprocessing) compute on the
    same engine. A backend that was registered as an object exists in this process only; a worker
    that needs it raises BackendUnavailableError.

    Args:
        name: "naive", "optimized", "torch", a registered name, or "auto" for the fastest one that
            is available.

    Raises:
        UnknownBackendError: no backend has that name; the choice stays as it was.
        BackendUnavailableError: it cannot be loaded here; the choice stays as it was.
    """
    with _lock:
        backend = _choose(name)
        os.environ[ENVIRONMENT_VARIABLE] = _as_environment(backend)
    return backend


def _choose(name: str) -> Backend:
    global _process_wide
    backend = _load(_resolve(name))
    _process_wide = backend.name
    return backend


def _as_environment(backend: Backend) -> str:
    """Return "name" for a backend that is built in, "name=path" for one that has to be imported."""
    if _registered[backend.name] is _BUILT_IN.get(backend.name):
        return backend.name
    return f"{backend.name}={backend.path}"


def _choose_by_environment() -> None:
    """Choose the backend that the environment variable names, or the default."""
    name, by_path, path = os.environ.get(ENVIRONMENT_VARIABLE, "").partition("=")
    if by_path and name not in _registered:
        if not path:
            raise BackendUnavailableError(
                f"backend {name!r} was registered as an object in the process that started this "
                "one, and is not known here: call register_backend in this process too, or "
                "register it as 'package.module:attribute'."
            )
        register_backend(name, path)
    _choose(name or DEFAULT)


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
    """Return the backend that computes now.

    It is that of the block, of the process, of the environment variable ``RECSYS_EDU_BACKEND``
    ("name", or "name=package.module:attribute"), or "naive", whichever is set first.

    Raises:
        UnknownBackendError, BackendUnavailableError: the one that the variable names.
    """
    chosen = _in_block.get() or _process_wide
    if chosen is None:
        with _lock:  # nobody chooses meanwhile
            if _process_wide is None:
                _choose_by_environment()
            chosen = _process_wide or DEFAULT
    return chosen if isinstance(chosen, Backend) else _load(chosen)


def register_backend(name: str, target: object, *, replace: bool = False) -> None:
    """Make a backend known under a name.

    Args:
        name: name to pass to ``set_backend``.
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
        os.environ.pop(ENVIRONMENT_VARIABLE, None)


def available_backends() -> tuple[BackendInfo, ...]:
    """Load every known backend; return for each whether it can be used here, and why not."""
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
        _register_state(name)
    if name not in _registered:
        raise _unknown(name)
    return name


def _register_state(name: str) -> None:
    """Register "backend:state", such as student:05, if that backend has states of its own.

    Such a backend has a method ``path_of_state`` that returns a state's import path, so that worker
    processes can find it too.
    """
    base, _, state = name.partition(":")
    if base not in _registered or not state:
        return
    path_of_state = getattr(_load(base).implementation, "path_of_state", None)
    if path_of_state is not None:
        register_backend(name, path_of_state(state), replace=True)


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
