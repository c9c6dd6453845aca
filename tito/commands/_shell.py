"""Commands as a message shows them, to be copied into a shell."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path


def shell_word(path: Path | str) -> str:
    """Return a path as one word of this system's shell, in quotation marks where it needs them."""
    text = str(path)
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)
