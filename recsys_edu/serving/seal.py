"""The end of an exported file, by which it is known to be ours, whole, and of a format we read.

An ONNX file is a protobuf message, and messages that follow one another are read as one. So a file
ends in a message with one metadata entry, whose key is ``recsys_edu`` and whose value is the format
and the SHA-256 of all bytes before it. ONNX tools see just another entry.

It tells damage, not forgery. What comes out is a graph of tensor operations, which can run no code.

Source: Protocol Buffers, Encoding (wire types, merging of messages); ModelProto.metadata_props (14)
of onnx.proto.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from recsys_edu.errors import ModelFileError
from recsys_edu.versioned_files import FileKind

KIND: Final = FileKind("exported file", "a model that can answer", 1, ModelFileError)
"""Kind of the file; formats go up to 9999."""
_KEY: Final = b"recsys_edu"
_VALUE: Final = b"format %04d, sha256 %s"
_PATTERN: Final = re.compile(rb"recsys_edu\x12.format (\d{4}), sha256 ([0-9a-f]{64})\Z", re.DOTALL)


def sealed(model: bytes) -> bytes:
    """A serialized ONNX model with the seal at its end."""
    return model + _seal(model)


def check_seal(file: bytes) -> None:
    """ModelFileError unless the file is one that ``sealed`` made, as it was made."""
    found = _PATTERN.search(file, max(0, len(file) - 200))
    if not found:
        raise ModelFileError(
            "it is truncated, or was never exported by recsys_edu: make one with "
            "`tito export-model`."
        )
    KIND.check_format({"format": int(found[1])})
    length = len(_seal(b""))
    if file[-length:] != _seal(file[:-length]):
        raise ModelFileError("it is damaged: its checksum does not match its content.")


def _seal(model: bytes) -> bytes:
    """The entry as protobuf: each field a tag (number · 8 + 2), a length below 128 and bytes."""
    value = _VALUE % (KIND.format, hashlib.sha256(model).hexdigest().encode())
    entry = _field(1, _KEY) + _field(2, value)
    return _field(14, entry)


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2, len(content))) + content
