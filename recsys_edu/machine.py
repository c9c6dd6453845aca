"""Describe the machine and the software that a figure was measured with."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from recsys_backends.errors import BackendError


def describe_machine() -> dict[str, str | int]:
    """Processor, cores, memory, system, and the versions that matter, as JSON can hold them."""
    described: dict[str, str | int] = {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    for package in ("recsys_edu", "numpy", "torch"):
        try:
            described[package] = version(package)
        except PackageNotFoundError:
            described[package] = "not installed"
    described["simd"] = _simd_level()
    return described


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _simd_level() -> str:
    """The instruction set that the optimized backend uses here."""
    try:
        from recsys_backends.optimized import simd
    except (ImportError, BackendError):  # not built, or RECSYS_EDU_SIMD asks for what is not there
        return "none (the extension is not built, or not usable)"
    return simd.available_levels()[simd.current_level()]
