"""The state of trained towers as arrays: parameters, optimizers' moments, generator.

A model keeps it after each epoch, so that a warm start, a checkpoint and a way back to an earlier
epoch are one and the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_edu.models.towers import Towers, TowerSettings
from recsys_edu.models.two_tower_settings import TwoTowerSettings

TOWERS: Final = "towers."


class TrainedState(NamedTuple):
    """Towers after some epoch, and, unless they come from a model file, what training keeps."""

    arrays: Mapping[str, NDArray[Any]]
    """By name: "towers.…" of the parameters, "optimizers.…" of the moments, and "generator". Their
    contents never change."""
    numbers: Sequence[Mapping[str, Mapping[str, Any]]] | None = None
    """Plain numbers of each optimizer, by parameter and name; None for a state of a model file."""
    device: str = "cpu"
    """Kind of device that trained it, whose random numbers it goes on with."""

    @property
    def can_go_on(self) -> bool:
        """True where training can go on from the state."""
        return self.numbers is not None

    def parameters(self) -> dict[str, NDArray[Any]]:
        """Return the parameters of the towers by name."""
        return {
            name.removeprefix(TOWERS): array
            for name, array in self.arrays.items()
            if name.startswith(TOWERS)
        }


def towers_for(
    settings: TwoTowerSettings,
    shape: tuple[int, int],
    n_columns: tuple[int, int],
    generator: torch.Generator,
) -> Towers:
    """Return towers that have learned nothing yet, on the generator's device.

    Args:
        settings: of the model.
        shape: numbers of users and items.
        n_columns: numbers of columns of their features.
        generator: draws the first vectors.
    """
    common = TowerSettings(
        settings.n_factors,
        settings.hidden,
        settings.similarity == "cosine",
        settings.temperature,
        settings.use_biases,
        settings.init_scale,
        settings.optimizer != "adam",
    )
    return Towers(shape, n_columns, common, generator)


def restored_towers(
    settings: TwoTowerSettings,
    shape: tuple[int, int],
    n_columns: tuple[int, int],
    parameters: Mapping[str, NDArray[Any]],
) -> Towers:
    """Return towers with these parameters, on the CPU; ValueError where they do not fit."""
    towers = towers_for(settings, shape, n_columns, torch.Generator())
    wanted = {name: tuple(value.shape) for name, value in towers.state_dict().items()}
    if {name: value.shape for name, value in parameters.items()} != wanted or not all(
        value.dtype == np.float32 and np.isfinite(value).all() for value in parameters.values()
    ):
        raise ValueError("its towers do not fit its users, items and settings")
    towers.load_state_dict(_tensors(parameters))
    return towers


def state_of(
    towers: Towers, optimizers: Sequence[torch.optim.Optimizer], generator: torch.Generator
) -> TrainedState:
    """Return a copy of the state, on the CPU."""
    tensors = {TOWERS + name: value for name, value in towers.state_dict().items()}
    tensors["generator"] = generator.get_state()
    numbers: list[dict[str, dict[str, Any]]] = []
    for place, optimizer in enumerate(optimizers):
        numbers.append({})
        for parameter, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                if hasattr(value, "dtype"):
                    tensors[f"optimizers.{place}.{parameter}.{name}"] = value
                else:
                    numbers[-1].setdefault(str(parameter), {})[name] = value
    return TrainedState(
        {name: value.detach().cpu().numpy().copy() for name, value in tensors.items()},
        numbers,
        generator.device.type,
    )


def restore_state(
    towers: Towers,
    optimizers: Sequence[torch.optim.Optimizer],
    generator: torch.Generator,
    state: TrainedState,
) -> None:
    """Put back a state that ``state_of`` returned.

    Raises:
        KeyError, ValueError, RuntimeError: a state of other towers or optimizers.
    """
    if state.device != generator.device.type:
        raise ValueError(f"it was trained on {state.device}, and this is {generator.device.type}")
    towers.load_state_dict(_tensors(state.parameters()))
    generator.set_state(torch.from_numpy(state.arrays["generator"].copy()))
    for place, optimizer in enumerate(optimizers):
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        moments: dict[int, dict[str, Any]] = {
            int(parameter): dict(numbers)
            for parameter, numbers in (state.numbers or ())[place].items()
        }
        prefix = f"optimizers.{place}."
        for name, array in state.arrays.items():
            if name.startswith(prefix):
                parameter, what = name.removeprefix(prefix).split(".")
                if array.shape not in ((), tuple(parameters[int(parameter)].shape)):
                    raise ValueError(f"{name} has the shape {array.shape}")
                # A copy: optimizers change their moments in place.
                moments.setdefault(int(parameter), {})[what] = torch.tensor(array)
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(array) for name, array in arrays.items()}
