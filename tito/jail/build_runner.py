"""The process in a jail that builds one artefact: reads it from a pipe, answers with its module.

The request is ``{"kind": …, "module": …, "entry": …, "files": {name: bytes}, "limits": {…}}``. The
answer is ``{"module": array of bytes}``, or ``{"failed": …, "text": …, "messages": […]}``. A
source may run code while it is compiled, so any answer may be forged: it is loaded in jails only.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import Any, BinaryIO

import numpy as np

from recsys_edu.artefacts.artefact import Artefact, Kind
from recsys_edu.artefacts.build import build
from recsys_edu.artefacts.errors import BuildError
from recsys_edu.artefacts.recipe import BuildLimits
from tito.wire.frames import read_frame, write_frame
from tito.wire.pipe import claim_standard_pipes


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """Build what a request asks for."""
    artefact = Artefact(
        Kind(request["kind"]), request["module"], request["entry"], request["files"]
    )
    try:
        module = build(artefact, BuildLimits(**request["limits"])).module
    except BuildError as error:
        messages = [list(astuple(each)) for each in error.messages]
        return {"failed": str(error), "text": error.text, "messages": messages}
    return {"module": np.frombuffer(module, np.uint8)}


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer one request."""
    write_frame(outgoing, answer_to(read_frame(incoming)))


if __name__ == "__main__":
    serve(*claim_standard_pipes(silent=True))
