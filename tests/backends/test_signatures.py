"""Every op has the protocol's signature: in the front door and in every backend."""

from __future__ import annotations

import inspect

import pytest

from recsys_backends import OPS, ComputeBackend, ops, use_backend


def parameters(function: object) -> list[tuple[str, object, object]]:
    found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return [(p.name, p.kind, p.default) for p in found if p.name != "self"]


def test_ops_are_the_methods_of_the_protocol() -> None:
    declared = [
        name
        for name, member in vars(ComputeBackend).items()
        if callable(member) and not name.startswith("_")
    ]
    assert declared == list(OPS)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("where", ["front door", "naive", "optimized", "torch"])
def test_signature_is_the_protocols(where: str, op: str) -> None:
    if where == "front door":
        function = getattr(ops, op)
        assert function.__doc__ == getattr(ComputeBackend, op).__doc__
    else:
        with use_backend(where) as backend:
            function = backend.op(op)
    assert parameters(function) == parameters(getattr(ComputeBackend, op))


@pytest.mark.parametrize("op", OPS)
def test_protocol_says_shapes_and_meaning(op: str) -> None:
    doc = inspect.getdoc(getattr(ComputeBackend, op)) or ""
    assert "Args:" in doc
    assert "shape" in doc
