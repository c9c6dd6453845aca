"""Checkpoints of TwoTower: all that training needs to go on as if it had never stopped.

One safetensors file: the towers, the optimizers' moments and the generator's state as tensors, and
beside them, in the file's header, JSON that says of which settings, data and epoch they are.
Nothing in such a file is run when it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from recsys_edu.errors import CheckpointError, MissingDependencyError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.parameters import whole_number

if TYPE_CHECKING:
    import torch

    from recsys_edu.models.two_tower import TwoTower
    from recsys_edu.models.two_tower_training import Trainer

FORMAT: Final = 1
"""Raised when files of before can no longer be read."""
_HEADER: Final = "recsys_edu.checkpoint"
_MAY_DIFFER: Final = {"progress", "device", "cold_users"}


class Checkpoint(Callback):
    """Write a checkpoint after every so many epochs, in place of the last one, whole or not at all.

    What other callbacks remember, such as the best epoch of ``EarlyStopping``, is written as well.
    ``TwoTower.fit(…, resume_from=path)`` goes on from it.

    Args:
        path: the file.
        every: after every so many epochs, at least 1.

    Raises:
        CheckpointError: the file cannot be written.
    """

    def __init__(self, path: str | PathLike[str], *, every: int = 1) -> None:
        self.path = Path(path)
        self.every = whole_number("every", every, 1, 2**31)

    def on_epoch(self, model: Any, report: EpochReport) -> bool:
        """Write, where it is time to."""
        if report.epoch % self.every == 0:
            _write(self.path, model)
        return False


class Resumed(Callback):
    """Reads a checkpoint: ``prepare`` before the first epoch, callbacks once they have started."""

    def __init__(self, path: str | PathLike[str], beside: Sequence[Callback]) -> None:
        self.path, self.beside = Path(path), beside
        self.header, self.tensors = _read(self.path)

    def prepare(self, model: TwoTower, trainer: Trainer, train: Interactions) -> None:
        """Bring model and trainer to where they were; CheckpointError where they are others."""
        _check_same(self.path, self.header, model, trainer, train)
        try:
            _restore(trainer, self.header, self.tensors)
            model.history = [EpochReport(**report) for report in self.header["history"]]
            model.epochs_done = int(self.header["epochs_done"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise CheckpointError(f"{self.path} is damaged: {_first_line(error)}") from error
        trainer.hand_over()

    def on_start(self, model: Any) -> None:
        """Remind the other callbacks; this one is the last to start."""
        states = self.header["callbacks"]
        kinds = [type(callback).__name__ for callback in self.beside]
        for place, (kind, remembered) in enumerate(states):
            if kind not in kinds:
                continue
            state = dict(remembered)
            for name, tensor in self.tensors.items():
                if name.startswith(f"callbacks.{place}."):
                    state[name.split(".", 2)[2]] = tensor.numpy()
            self.beside[kinds.index(kind)].resume(state)


def fingerprint(train: Interactions, *, with_features: bool) -> str:
    """64 letters that differ where the data to learn from do."""
    digest = hashlib.sha256()
    for array in (train.indptr, train.indices, train.user_ids, train.item_ids):
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    for features in (train.user_features, train.item_features):
        digest.update(features.fingerprint() if with_features and features else b"none")
    return digest.hexdigest()


def _write(path: Path, model: TwoTower) -> None:
    trainer, callbacks = model.training
    save_file, _ = _safetensors()
    tensors, numbers = _state_of(trainer)
    states = []
    for place, callback in enumerate(callbacks):
        state = callback.state()
        arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
        rest = {name: value for name, value in state.items() if name not in arrays}
        states.append((type(callback).__name__, rest))
        tensors |= {
            f"callbacks.{place}.{name}": trainer.as_tensor(array) for name, array in arrays.items()
        }
    header = {
        "format": FORMAT,
        "recsys_edu": __version__,
        "settings": model.settings(),
        "device": trainer.device.type,
        "data": fingerprint(model.train, with_features=model.use_features),
        "epochs_done": model.epochs_done,
        "history": [
            {name: getattr(report, name) for name in EpochReport.__slots__}
            for report in model.history
        ],
        "optimizers": numbers,
        "callbacks": states,
    }
    try:
        with atomic_path(path) as unfinished:
            save_file(tensors, unfinished, metadata={_HEADER: json.dumps(header)})
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error.strerror or error}") from error


def _state_of(trainer: Trainer) -> tuple[dict[str, torch.Tensor], list[dict[str, Any]]]:
    """Tensors by name; and what optimizers keep as plain numbers, by parameter and name."""
    tensors = {f"towers.{name}": value for name, value in trainer.towers.state_dict().items()}
    tensors["generator"] = trainer.generator.get_state()
    numbers: list[dict[str, Any]] = []
    for place, optimizer in enumerate(trainer.optimizers):
        numbers.append({})
        for parameter, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                if hasattr(value, "dtype"):
                    tensors[f"optimizers.{place}.{parameter}.{name}"] = value
                else:
                    numbers[-1].setdefault(str(parameter), {})[name] = value
    return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}, numbers


def _restore(
    trainer: Trainer, header: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]
) -> None:
    """Put back what ``_state_of`` took."""
    towers = {
        name.removeprefix("towers."): tensor
        for name, tensor in tensors.items()
        if name.startswith("towers.")
    }
    trainer.towers.load_state_dict(towers)
    trainer.generator.set_state(tensors["generator"])
    for place, optimizer in enumerate(trainer.optimizers):
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        state: dict[int, dict[str, Any]] = {
            int(parameter): dict(numbers)
            for parameter, numbers in header["optimizers"][place].items()
        }
        prefix = f"optimizers.{place}."
        for name, tensor in tensors.items():
            if name.startswith(prefix):
                parameter, what = name.removeprefix(prefix).split(".")
                if tensor.shape not in ((), parameters[int(parameter)].shape):
                    raise ValueError(f"{name} has the shape {tuple(tensor.shape)}")
                state.setdefault(int(parameter), {})[what] = tensor
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})


def _read(path: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    _, safe_open = _safetensors()
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if _HEADER not in metadata:
                raise CheckpointError(f"{path} is a safetensors file, but not a checkpoint of ours")
            header = json.loads(metadata[_HEADER])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except CheckpointError:
        raise
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:
        # Whatever the bytes of a foreign or damaged file set off, the file is to blame.
        raise CheckpointError(
            f"{path} is truncated, or was never a checkpoint: {_first_line(error)}"
        ) from error
    if not isinstance(header, dict) or header.get("format", 0) > FORMAT:
        raise CheckpointError(
            f"recsys_edu {header.get('recsys_edu', '(newer)')} wrote {path}, and this is "
            f"{__version__}; upgrade"
        )
    return header, tensors


def _check_same(
    path: Path, header: Mapping[str, Any], model: TwoTower, trainer: Trainer, train: Interactions
) -> None:
    """CheckpointError unless the same training goes on."""
    ours = json.loads(json.dumps(model.settings()))
    theirs = header["settings"]
    may_differ = _MAY_DIFFER | ({"epochs"} if model.schedule == "constant" else set())
    different = [
        f"{name} {theirs.get(name)!r} (now {value!r})"
        for name, value in ours.items()
        if name not in may_differ and theirs.get(name) != value
    ]
    if different:
        raise CheckpointError(f"{path} is of another configuration: {', '.join(different)}")
    if header["device"] != trainer.device.type:
        raise CheckpointError(
            f"{path} was written on {header['device']}, whose random numbers are other ones than "
            f"those of {trainer.device.type}"
        )
    if header["data"] != fingerprint(train, with_features=model.use_features):
        raise CheckpointError(f"{path} was learned from other interactions, ids or features")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _safetensors() -> tuple[Any, Any]:
    try:
        from safetensors import safe_open
        from safetensors.torch import save_file
    except ImportError as error:
        raise MissingDependencyError.for_extra("safetensors", "torch") from error
    return save_file, safe_open
