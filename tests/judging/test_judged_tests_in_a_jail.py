"""In a jail, nothing but behaviour tells right functions from wrong ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.jail.conftest import needs_bubblewrap
from tests.judging.test_judged_tests import GOOD, RIGHTS, WRONGS
from tito.judging.failures import Failure
from tito.judging.judged_tests import judge_test, require_good
from tito.judging.remote import LearnerError, connection_of
from tito.judging.session import Session

TELLS = """\
import hashlib, json, os, sys
from pathlib import Path

def agree(total):
    found = {"argv": sys.argv, "environ": sorted(os.environ), "cwd": os.getcwd()}
    found["files"] = sorted(str(p) for place in ("/tmp", "/desk", "/jail") for p in
                            Path(place).rglob("*") if "packages" not in str(p))
    found["fds"] = sorted(os.listdir("/proc/self/fd"))
    found["processes"] = sorted(n for n in os.listdir("/proc") if n.isdigit())
    found["proxy"] = [repr(total), repr(total._call.args[1:]), repr(total._call.keywords)]
    try:
        total("words")
    except Exception as error:
        said = str(error), repr(error.__context__)
    digest = hashlib.sha256(json.dumps(found).encode()).hexdigest()
    raise ValueError(digest + json.dumps([len(found["files"]), found["proxy"], said]))
"""


@needs_bubblewrap
def test_right_and_wrong_look_alike_in_a_jail(tmp_path: Path) -> None:
    """All that the judged process can see beside answers is the same for every function."""
    (tmp_path / "lesson").mkdir()
    module = tmp_path / "evaluation.py"
    module.write_text(TELLS, encoding="utf-8")
    session = Session(tmp_path / "lesson", jailed=True)
    seen: list[str] = []
    with session.open(module) as remote:
        connection = connection_of(remote)
        original = connection.failed

        def noted(kind: Failure, message: str) -> LearnerError:
            seen.append(message)
            return original(kind, message)

        connection.failed = noted  # type: ignore[method-assign]
        found = judge_test(
            remote,
            "agree",
            "total",
            right=RIGHTS,
            wrong={name: WRONGS[name] for name in ("mean", "sign")},
            rng=np.random.default_rng(1),
        )
    assert len(found.caught) == 2
    assert len(seen) >= 5
    assert "handed raised it" in seen[0]
    assert len(set(seen)) == 1, seen
    assert not any(word in seen[0] for word in ("total", "sum", "loop", "mean"))


@needs_bubblewrap
def test_a_good_test_is_good_in_a_jail(tmp_path: Path) -> None:
    (tmp_path / "lesson").mkdir()
    module = tmp_path / "evaluation.py"
    module.write_text(GOOD, encoding="utf-8")
    with Session(tmp_path / "lesson", jailed=True).open(module) as remote:
        found = judge_test(
            remote, "agree", "total", right=RIGHTS, wrong=WRONGS, rng=np.random.default_rng(2)
        )
    require_good(found)
