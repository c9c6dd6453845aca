"""Write an ONNX graph as one writes NumPy: a call adds a node and returns its output's name.

Importing it imports onnx.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from recsys_edu._version import __version__
from recsys_edu.errors import ExportError

OPSET: Final = 17
"""Operator set of 2022. The first with all that is used is 16 (a ScatterElements that adds up)."""
_IR_VERSION: Final = 8
"""File version that came with that opset, so that runtimes of that time read it."""

_MOST_BYTES: Final = 2**31 - 2**20
"""Protobuf messages hold less than 2 GiB; the rest is for names and nodes."""


class GraphBuilder:
    """Nodes, constants, inputs and outputs of a graph to be."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, dtype: type[np.generic], *shape: str | int) -> str:
        """An input; a dimension that is a name may have any size."""
        self._inputs.append(_described(name, dtype, shape))
        return name

    def output(self, name: str, value: str, dtype: type[np.generic], *shape: str | int) -> None:
        """Give a value out under a name."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(_described(name, dtype, shape))

    def constant(self, name: str, values: NDArray[Any] | list[int]) -> str:
        """A tensor that is part of the file; lists become int64."""
        array = np.array(values, dtype=np.int64) if isinstance(values, list) else values
        self._constants[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output, whose name is returned."""
        return self.add_many(op, 1, *inputs, **attributes)[0]

    def add_many(self, op: str, n_outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        """A node with several outputs."""
        number = len(self._nodes)
        outputs = [f"{op}_{number}_{output}" for output in range(n_outputs)]
        self._nodes.append(helper.make_node(op, list(inputs), outputs, **attributes))
        return outputs

    def model(self, name: str, metadata: Mapping[str, str]) -> onnx.ModelProto:
        """The finished model, checked against the ONNX specification, shapes included.

        Raises:
            ExportError: it is too large for a file.
        """
        size = sum(len(constant.raw_data) for constant in self._constants.values())
        size += sum(map(len, metadata.values()))
        if size > _MOST_BYTES:
            raise ExportError(
                f"the model takes {size / 2**30:.1f} GiB, and an ONNX file holds less than 2; fit "
                "it with fewer factors, or to fewer users."
            )
        graph = helper.make_graph(
            self._nodes, name, self._inputs, self._outputs, list(self._constants.values())
        )
        model = helper.make_model(
            graph,
            producer_name="recsys_edu",
            producer_version=__version__,
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model, full_check=True)
        return model


def _described(
    name: str, dtype: type[np.generic], shape: tuple[str | int, ...]
) -> onnx.ValueInfoProto:
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, list(shape))
