"""First code in a jail: it gives up its remaining rights, then runs the module that is named.

Started as ``python -m tito.jail.inside '{"rlimits": {…}, "uid": …}' module``, before any
code by others has been read.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import runpy
import sys
from typing import Any, Final

_PR_SET_DUMPABLE: Final = 4


def give_up(settings: dict[str, Any]) -> None:
    """Close inherited files, set the limits, and become another user where root started this."""
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    uid = settings["uid"]
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        # A change of user hides /proc/self from the process itself, which libraries read.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    for name, value in settings["rlimits"].items():
        _, allowed = resource.getrlimit(kind := getattr(resource, f"RLIMIT_{name}"))
        value = value if allowed == resource.RLIM_INFINITY else min(value, allowed)
        resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    give_up(json.loads(sys.argv[1]))
    module, sys.argv = sys.argv[2], sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
