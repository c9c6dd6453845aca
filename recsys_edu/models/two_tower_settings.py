"""Settings of TwoTower, and PyTorch, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from recsys_backends.threads import let_waiting_threads_sleep, limit_torch, usable
from recsys_edu.errors import InvalidParameterError, MissingDependencyError
from recsys_edu.models.cold_users import COLD_USERS
from recsys_edu.models.parameters import number, whole_number
from recsys_edu.models.settings import Settings, checked, choice, flag, optional, real, whole

_USUAL_NEGATIVES: Final = {"bpr": 1, "in-batch": 1, "softmax": 512}


def of_both_sides(high: float) -> Any:
    """Declare one number in [0, high] for users and items, or one for each."""

    def check(name: str, value: object) -> tuple[float, float]:
        given = value if isinstance(value, tuple | list) else (value, value)
        if len(given) != 2:
            raise InvalidParameterError(
                f"{name} must be one number, or two (users, items), not {value!r}."
            )
        users, items = (number(name, part, 0.0, high) for part in given)
        return users, items

    return checked(check)


def widths(name: str, hidden: object) -> tuple[int, ...]:
    """Return the widths of a trunk's layers."""
    if not isinstance(hidden, tuple | list):
        raise InvalidParameterError(
            f"{name} must be a list of widths, such as (64,), not {hidden!r}."
        )
    return tuple(whole_number(name, width, 1, 2**16) for width in hidden)


def usable_device(name: str, device: object) -> str | None:
    """Return the device's name, if a tensor can be put there; None stands for any."""
    torch = import_torch()
    if device is None:
        return None
    try:
        torch.empty(1, device=torch.device(device))
    except (RuntimeError, TypeError, AssertionError) as error:
        why = str(error).partition("\n")[0]
        raise InvalidParameterError(
            f"{name} {device!r} cannot be used here ({why.rstrip('.')})."
        ) from None
    return str(device)


def import_torch() -> Any:
    """Return the module; MissingDependencyError where it is not installed."""
    let_waiting_threads_sleep()
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError.for_extra("torch", "torch") from error
    limit_torch()
    return torch


@contextmanager
def threads_of_torch(n_threads: int) -> Iterator[None]:
    """Have torch use so many threads in the block; 0 for as many as before."""
    torch = import_torch()
    before = torch.get_num_threads()
    if n_threads:
        torch.set_num_threads(usable(n_threads))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True, kw_only=True)
class TwoTowerSettings(Settings):
    """Checked arguments of ``TwoTower``, whose docstring describes them."""

    n_factors: int = whole(1, 2**16)
    epochs: int = whole(1, 2**31)
    learning_rate: float = real(0.0, 1e6, open_low=True)
    reg: float = real(0.0, 1e6)
    loss: str = choice("bpr", "in-batch", "softmax")
    n_negatives: int = optional(whole(1, 2**31))
    similarity: str = choice("dot", "cosine")
    temperature: float = real(0.0, 1e6, open_low=True)
    use_biases: bool = flag()
    bias_init: str = choice("zeros", "popularity")
    hidden: tuple[int, ...] = checked(widths)
    use_features: bool = flag()
    id_dropout: tuple[float, float] = of_both_sides(1.0)
    reg_cold: tuple[float, float] | None = optional(of_both_sides(1e6))
    init_scale: float = real(0.0, 1e3, open_low=True)
    optimizer: str = choice("adam", "sparse-adam", "adagrad")
    schedule: str = choice("constant", "linear")
    max_grad_norm: float | None = optional(real(0.0, 1e30, open_low=True))
    batch_size: int = whole(1, 2**31)
    mixed_precision: bool = flag()
    seed: int = whole(0, 2**63 - 1)
    n_threads: int = whole(0, 1024)
    progress: bool = flag()
    device: str | None = checked(usable_device)
    cold_users: str = choice(*COLD_USERS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_negatives is None:
            object.__setattr__(self, "n_negatives", _USUAL_NEGATIVES[self.loss])
        if self.bias_init != "zeros" and not self.use_biases:
            raise InvalidParameterError(f"bias_init {self.bias_init!r} needs use_biases=True.")

    def n_epochs_after(self, epochs_done: int) -> int:
        """Return how many epochs a fit runs; with a linear schedule there are ``epochs`` in all."""
        return self.epochs if self.schedule == "constant" else max(0, self.epochs - epochs_done)
