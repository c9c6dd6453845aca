"""Building what others wrote: the jail with compilers gives nothing away, and comes to an end."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu.artefacts.artefact import Artefact
from recsys_edu.artefacts.build import build
from recsys_edu.artefacts.errors import BuildError, BuildToolsError
from recsys_edu.artefacts.recipe import BuildLimits
from recsys_edu.artefacts.toolchain import PACKAGES
from tests.artefacts.compilers import c_source, cython, needs_compiler
from tests.jail.conftest import ATTEMPTS, needs_bubblewrap
from tito.jail import building
from tito.jail.building import build_in_jail, require_builds
from tito.jail.jail import Jail
from tito.jail.limits import Limits
from tito.judging.failures import LearnerError
from tito.judging.remote import Remote

pytestmark = [needs_bubblewrap, needs_compiler]
ROOT = Path(__file__).resolve().parents[2]
SHORT = BuildLimits(seconds=6)


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course's secret, as an instructor has it; everybody may read it."""
    path = tmp_path_factory.mktemp("course") / "secret.txt"
    path.write_text("x = 12345  # the-secret-of-the-course\n")
    return path


ATTACKS = {
    "include": 'include "{secret}"\ndef f():\n    return x\n',
    "header": 'cdef extern from "{secret}":\n    int x\ndef f():\n    return x\n',
    "verbatim": 'cdef extern from *:\n    """\n#include "{secret}"\n    """\n    int x\nv = x\n',
    "c name": 'cdef int x "\\n#include \\"{secret}\\"\\n"\ndef f():\n    return x\n',
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_file_of_the_machine_gets_into_what_compilers_say(attack: str, secret: Path) -> None:
    artefact = cython(ATTACKS[attack].replace("{secret}", str(secret)))
    with pytest.raises(BuildError) as caught:
        build_in_jail(artefact)
    assert "the-secret" not in caught.value.text
    assert "12345" not in caught.value.text


def test_no_file_of_the_machine_gets_into_what_is_built(secret: Path) -> None:
    """The assembler puts any file into a module that it can read; outside of a jail it does."""
    artefact = c_source(f'asm(".incbin \\"{secret}\\"");\nint x;\n')
    assert b"the-secret" in build(artefact).module
    with pytest.raises(BuildError, match="does not compile"):
        build_in_jail(artefact)


@pytest.mark.parametrize(
    ("artefact", "said"),
    [
        (cython("def f():\n    return 9**9**9**9\n"), "had not ended after 6 s"),
        (c_source('#warning on\n#include "kernel.c"\n' * 2), "printed more than"),
        (c_source("char x[9000000] = {1};\n"), "larger than 8,388,608 bytes"),
        (c_source("char x[90000000] = {1};\n"), "kernel.c"),
    ],
    ids=["time", "output", "module", "file"],
)
def test_every_build_comes_to_an_end(artefact: Artefact, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        build_in_jail(artefact, SHORT)


@pytest.fixture(scope="module")
def attempts() -> Iterator[Remote]:
    """Attempts to get out, made by code that runs where compilers do."""
    with (
        Jail([ATTEMPTS], allowed=PACKAGES, compilers=True, limits=Limits(wall_seconds=120)) as jail,
        Remote(ATTEMPTS, allowed=PACKAGES, launch=jail) as remote,
    ):
        yield remote


def test_code_that_runs_while_it_is_compiled_sees_no_file_of_the_machine(
    attempts: Remote, secret: Path
) -> None:
    for path in (secret, ROOT / "modules/05_bpr/hidden.py", "/etc/hostname", "/etc/shadow"):
        with pytest.raises(LearnerError, match="FileNotFoundError"):
            attempts.read_file(str(path))


def test_the_header_search_path_cannot_be_written(attempts: Remote) -> None:
    numpy_headers = "/jail/packages/numpy/_core/include"
    places = ["/usr/include", "/usr/lib", sysconfig.get_path("include"), numpy_headers]
    assert attempts.list_folder(numpy_headers) == ["numpy"]
    for place in (*places, "/jail/packages/Cython/Includes", "/jail/code/recsys_edu/artefacts"):
        with pytest.raises(LearnerError, match="raised"):
            attempts.write_file(f"{place}/stdio.h", b"#error")


def test_a_file_that_a_build_leaves_is_gone_for_the_next_one() -> None:
    first = "cdef public int shared\n\ndef f():\n    return shared\n"  # makes kernel.h
    assert build_in_jail(cython(first))
    with pytest.raises(BuildError, match=r"kernel\.h"):
        build_in_jail(cython('cdef extern from "kernel.h":\n    int shared\nx = shared\n', "next"))


class _Answers:
    """In the place of a jail: a process that answers what it likes."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __call__(self, *arguments: Any) -> Any:
        return self._answer


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"module": "text"},
        {"module": np.zeros(0, np.uint8)},
        {"module": np.zeros(2**23 + 1, np.uint8)},
        {"module": np.zeros((2, 2), np.uint8)},
        {"module": np.zeros(4, np.int64)},
        {"failed": 7, "text": "x"},
        {"failed": "x" * 10**6, "text": "y" * 10**6, "messages": [["f", 1, "m"]] * 10**5},
        {"failed": "x", "text": 3, "messages": [["f", -1, "m"], [1, 1, 1], "f", ["f", True, ""]]},
    ],
)
def test_a_forged_answer_is_a_failed_build(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_answer", _Answers(answer))
    with pytest.raises(BuildError) as caught:
        build_in_jail(cython("x = 1"))
    assert len(str(caught.value)) <= 600
    assert len(caught.value.text) <= BuildLimits().printed_bytes
    assert len(caught.value.messages) <= 100
    assert all(each.line > 0 for each in caught.value.messages)


def test_compilers_that_do_not_work_in_a_jail_are_nobodys_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(artefact: Artefact) -> bytes:
        raise BuildError("cc: not found.")

    require_builds.cache_clear()
    monkeypatch.setattr(building, "build_in_jail", failing)
    with pytest.raises(BuildToolsError, match="do not work in a jail"):
        require_builds()
    require_builds.cache_clear()
