"""Open a graph with ONNX Runtime; importing it imports onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnxruntime as ort
from numpy.typing import NDArray

from recsys_edu.errors import ModelFileError

_FATAL = 4


def open_session(model: bytes, n_threads: int) -> ort.InferenceSession:
    """A session on the CPU that says nothing on its own; ModelFileError where it is no graph.

    From bytes, so that the graph can name no other file to be read.
    """
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = n_threads  # 0: all cores
    # Threads sleep while they wait, as OpenMP's do by ``let_waiting_threads_sleep``.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors share no other base
        why = " ".join(str(error).split())
        raise ModelFileError(f"ONNX Runtime {ort.__version__} cannot open it ({why}).") from error


def run(
    session: ort.InferenceSession, outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]]
) -> list[NDArray[Any]]:
    """The outputs of these names; what only others need is not computed."""
    options = ort.RunOptions()
    options.only_execute_path_to_fetches = True
    options.log_severity_level = _FATAL
    found: list[NDArray[Any]] = session.run(list(outputs), dict(inputs), options)
    return found
