"""TwoTower: a user tower and an item tower, trained in PyTorch by mini-batches.

Here each tower is an embedding table, and the loss is BPR's: −ln σ(x_ui − x_uj) with one uniform
negative for each interaction, minimised by Adam. It is PyTorch on purpose: what costs time is
inside torch's own kernels, and towers with features grow from here without a line of C.

Source: Yi et al., Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations,
RecSys 2019 (two towers); Rendle et al., UAI 2009 (the loss); Kingma and Ba, Adam, ICLR 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys_backends.threads import wait_politely
from recsys_edu.errors import InvalidParameterError, MissingDependencyError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.pairwise import PairwiseModel, check_can_teach
from recsys_edu.models.parameters import number, whole_number


class TwoTower(PairwiseModel):
    """Two embedding towers, dot product, BPR loss, Adam. Needs the extra ``torch``.

    Args:
        n_factors: width of the towers' output, at least 1.
        epochs: passes over the interactions, at least 1.
        learning_rate: Adam's step size, > 0.
        reg: weight decay on the vectors of each batch, >= 0.
        batch_size: interactions a step, at least 1.
        seed: 0 <= seed < 2**63.
        n_threads: threads for torch on the CPU; 0 for all cores.
        progress: show a progress bar on stderr.
        device: "cpu", "cuda" …; None for a GPU where there is one.

    Raises:
        InvalidParameterError: an argument out of range.
        MissingDependencyError: PyTorch is not installed.
    """

    name = "two-tower"

    def __init__(
        self,
        n_factors: int = 64,
        epochs: int = 20,
        learning_rate: float = 0.005,
        reg: float = 0.02,
        *,
        batch_size: int = 1024,
        seed: int = 0,
        n_threads: int = 0,
        progress: bool = True,
        device: str | None = None,
    ) -> None:
        self.n_factors = whole_number("n_factors", n_factors, 1, 2**16)
        self.epochs = whole_number("epochs", epochs, 1, 2**31)
        self.learning_rate = number("learning_rate", learning_rate, 0.0, 1e6, open_low=True)
        self.reg = number("reg", reg, 0.0, 1e6)
        self.batch_size = whole_number("batch_size", batch_size, 1, 2**31)
        self.seed = whole_number("seed", seed, 0, 2**63 - 1)
        self.n_threads = whole_number("n_threads", n_threads, 0, 1024)
        self.progress = bool(progress)
        self.device = _usable_device(device)
        self.history: list[EpochReport] = []

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "n_factors": self.n_factors,
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "reg": self.reg,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "n_threads": self.n_threads,
            "progress": self.progress,
            "device": self.device,
        }

    def _learn(self, train: Interactions, callbacks: Sequence[Callback]) -> None:
        torch = _import_torch()
        from recsys_edu.models.two_tower_training import Trainer

        check_can_teach(train)
        before = torch.get_num_threads()
        if self.n_threads:
            torch.set_num_threads(self.n_threads)
        try:
            trainer = Trainer(self, train)
            self.epochs_done, self.history = 0, []
            self._run_triples(train, trainer.run_epoch, callbacks)
        finally:
            torch.set_num_threads(before)


def _usable_device(name: str | None) -> str | None:
    """The name, if something can be put on the device; InvalidParameterError otherwise."""
    torch = _import_torch()
    if name is not None:
        try:
            torch.empty(1, device=torch.device(name))
        except (RuntimeError, TypeError, AssertionError) as error:
            why = str(error).partition("\n")[0]
            raise InvalidParameterError(f"device {name!r} cannot be used here: {why}") from None
    return name


def _import_torch() -> Any:
    wait_politely()
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError.for_extra("torch", "torch") from error
    return torch
