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
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from recsys_edu.errors import CheckpointError, InvalidParameterError, MissingDependencyError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.parameters import whole_number
from recsys_edu.models.two_tower_settings import TwoTowerSettings
from recsys_edu.paths import as_path
from recsys_edu.versioned_files import Arrays, FileKind

if TYPE_CHECKING:
    from recsys_edu.models.two_tower_training import Trainer

KIND: Final = FileKind("checkpoint", "a checkpoint to go on from", 1, CheckpointError)
_HEADER: Final = "recsys_edu.checkpoint"
_CALLBACKS: Final = "callbacks."
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
        InvalidParameterError: on ``fit``, a model other than TwoTower.
    """

    def __init__(self, path: str | PathLike[str], *, every: int = 1) -> None:
        self.path = as_path(path)
        self.every = whole_number("every", every, 1, 2**31)
        self._others: Sequence[Callback] = ()

    def beside(self, others: Sequence[Callback]) -> Self:
        """Remember the other callbacks of the fit."""
        self._others = others
        return self

    def on_start(self, model: Any) -> None:
        """Refuse models that have nothing to write."""
        if not hasattr(model, "trained"):
            raise InvalidParameterError(
                f"checkpoints are for TwoTower; save a {type(model).__name__} with save(path), and "
                "go on by fit(…, warm_start=True)."
            )

    def on_epoch(self, model: Any, report: EpochReport) -> bool:
        """Write, where it is time to."""
        if report.epoch % self.every == 0:
            _write(self.path, model, self._others)
        return False


class Resumed(Callback):
    """Reads a checkpoint: ``prepare`` before the first epoch, callbacks once they have started."""

    def __init__(self, path: str | PathLike[str], others: Sequence[Callback]) -> None:
        self.path, self.others = as_path(path), others
        self.header, self.arrays = _read(self.path)

    def prepare(
        self,
        settings: TwoTowerSettings,
        as_json: Mapping[str, Any],
        trainer: Trainer,
        train: Interactions,
    ) -> None:
        """Bring a trainer to where it was; CheckpointError where it is another training.

        Args:
            settings: of the model.
            as_json: the same by name.
            trainer: trains the model.
            train: interactions to go on with.
        """
        from recsys_edu.models.two_tower_state import TrainedState

        _check_same(self.path, self.header, settings, as_json, trainer.device.type, train)
        try:
            state = TrainedState(self.arrays, self.header["optimizers"], trainer.device.type)
            trainer.go_on_from(state)
            self.history()
            int(self.header["epochs_done"])
        except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
            why = str(error).strip().partition("\n")[0]
            raise CheckpointError(f"{self.path} is damaged ({why.rstrip('.')}).") from error

    def history(self) -> list[EpochReport]:
        """Return the reports of the epochs done."""
        return [EpochReport(**report) for report in self.header["history"]]

    def on_start(self, model: Any) -> None:
        """Remind the other callbacks; this one is the last to start."""
        kinds = [type(callback).__name__ for callback in self.others]
        for place, (kind, remembered) in enumerate(self.header["callbacks"]):
            if kind not in kinds:
                continue
            prefix = f"{_CALLBACKS}{place}."
            arrays = {
                name.removeprefix(prefix): array
                for name, array in self.arrays.items()
                if name.startswith(prefix)
            }
            self.others[kinds.index(kind)].resume({**remembered, **arrays})


def fingerprint(train: Interactions, *, with_features: bool) -> str:
    """Return 64 letters that differ where the data to learn from do."""
    digest = hashlib.sha256()
    for array in (train.indptr, train.indices, train.user_ids, train.item_ids):
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    for features in (train.user_features, train.item_features):
        digest.update(features.fingerprint() if with_features and features else b"none")
    return digest.hexdigest()


def _write(path: Path, model: Any, callbacks: Sequence[Callback]) -> None:
    save_file, _ = _safetensors()
    arrays, states = dict(model.trained.arrays), []
    for place, callback in enumerate(callbacks):
        state = callback.state()
        own = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
        states.append(
            (type(callback).__name__, {n: value for n, value in state.items() if n not in own})
        )
        arrays |= {f"{_CALLBACKS}{place}.{name}": array for name, array in own.items()}
    header = KIND.header(
        settings=model.settings(),
        device=model.trained.device,
        data=fingerprint(model.train, with_features=model.use_features),
        epochs_done=model.epochs_done,
        history=[
            {name: getattr(report, name) for name in EpochReport.__slots__}
            for report in model.history
        ],
        optimizers=model.trained.numbers,
        callbacks=states,
    )
    with KIND.writing(path) as unfinished:
        save_file(arrays, unfinished, metadata={_HEADER: json.dumps(header)})


def _read(path: Path) -> tuple[dict[str, Any], Arrays]:
    _, safe_open = _safetensors()
    with KIND.reading(path) as source, _opened(safe_open, source) as file:
        metadata = file.metadata() or {}
        if _HEADER not in metadata:
            raise CheckpointError("it is a safetensors file, but of something else.")
        header = json.loads(metadata[_HEADER])
        KIND.check_format(header)
        return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _opened(safe_open: Any, source: Path) -> Any:
    try:
        return safe_open(source, framework="numpy")
    except OSError:
        raise
    except Exception as error:
        raise KIND.not_one() from error


def _check_same(
    path: Path,
    header: Mapping[str, Any],
    settings: TwoTowerSettings,
    as_json: Mapping[str, Any],
    device: str,
    train: Interactions,
) -> None:
    """Raise CheckpointError unless the same training goes on."""
    ours = json.loads(json.dumps(as_json))
    theirs = header["settings"]
    may_differ = _MAY_DIFFER | ({"epochs"} if settings.schedule == "constant" else set())
    different = [
        f"{name} {theirs.get(name)!r} (now {value!r})"
        for name, value in ours.items()
        if name not in may_differ and theirs.get(name) != value
    ]
    if different:
        raise CheckpointError(f"{path} is of another configuration: {', '.join(different)}.")
    if header["device"] != device:
        raise CheckpointError(
            f"{path} was written on {header['device']}, whose random numbers are other ones than "
            f"those of {device}."
        )
    if header["data"] != fingerprint(train, with_features=settings.use_features):
        raise CheckpointError(f"{path} was learned from other interactions, ids or features.")


def _safetensors() -> tuple[Any, Any]:
    try:
        from safetensors import safe_open
        from safetensors.numpy import save_file
    except ImportError as error:
        raise MissingDependencyError.for_extra("safetensors", "torch") from error
    return save_file, safe_open
