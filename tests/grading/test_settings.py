"""``grading.toml``: the template means the defaults, and what is wrong is named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tito.grading.settings import TEMPLATE, Settings, SettingsError, read_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "grading.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", [TEMPLATE, ""], ids=["template", "empty"])
def test_the_template_and_an_empty_file_mean_the_defaults(text: str, tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, text)) == Settings()


def test_what_is_said_counts(tmp_path: Path) -> None:
    text = (
        '[course]\nid = "rec-1"\n[due]\n05_bpr = 2026-12-01T23:59:00+01:00\n'
        "[answers]\n05_bpr = 2026-12-09T08:00:00Z\n"
        '[late]\nper_day = 0.1\ngrace_minutes = 5\n[students]\npattern = "x"\n'
    )
    found = read_settings(written(tmp_path, text))
    assert found.course.id == "rec-1"
    assert found.due == {"05_bpr": datetime(2026, 12, 1, 22, 59, tzinfo=UTC)}
    assert found.answers == {"05_bpr": datetime(2026, 12, 9, 8, tzinfo=UTC)}
    assert (found.late.per_day, found.late.grace_minutes, found.late.at_most) == (0.1, 5, 1.0)
    assert found.students.pattern == "x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[course", "cannot be read"),
        ("[curse]\n", r"no table \[curse\]"),
        ("course = 1\n", "course must be a table"),
        ('[course]\nname = "x"\n', r"\[course\] name: there is no such setting"),
        ("[course]\nid = 5\n", r"\[course\] id must be text"),
        ('[course]\nid = "../x"\n', "it becomes a folder's name"),
        ('[course]\nid = "a+b"\n', "it becomes a folder's name"),
        ('[course]\nid = ""\n', "it becomes a folder's name"),
        ('[late]\nper_day = "x"\n', "per_day must be a number"),
        ("[late]\nper_day = true\n", "per_day must be a number"),
        ("[late]\nper_day = -1\n", "must not be below 0"),
        ("[late]\nper_day = nan\n", "must not be below 0"),
        ("[due]\n05_bpr = 2026-12-01\n", r"\[due\] 05_bpr must be a date with a time"),
        ("[answers]\n05_bpr = 2026-12-01\n", r"\[answers\] 05_bpr must be a date with a time"),
        ("[answers]\n1 = 2026-12-01T10:00:00Z\n", r"\[answers\] 1: there is no such lesson"),
        ("due = 3\n", "due must have lessons and dates"),
        ("[due]\n1 = 2026-12-01T10:00:00Z\n", r"\[due\] 1: there is no such lesson; there are 01_"),
        ("[late]\nper_day = 10\n", r"\[late\] per_day is a share: 0.1 is a tenth"),
        ("[due]\n05_bpr = 9999-12-31T23:59:59-12:00\n", r"05_bpr must be in the years 2000 to"),
        ("[answers]\n05_bpr = 0001-01-01T00:00:00+12:00\n", "must be in the years 2000 to 2100"),
        ("[extensions]\nada = { 05_bpr = 0001-01-01T00:00:00+12:00 }\n", "must be in the years"),
        ("[limits]\nmemory_mib = 0\n", "memory_mib must be a whole number from 256 to"),
        ("[limits]\nmemory_mib = 1.5\n", "memory_mib must be a whole number"),
        ("[limits]\nmemory_mib = 99999999999999999999\n", "memory_mib must be a whole number"),
        *(
            (f"[limits]\n{name}_seconds = {value}\n", f"{name}_seconds must be a number of seconds")
            for name in ("cell", "call", "judge", "build")
            for value in ("0", "inf", "1e300")
        ),
        ("[limits]\nnotebook_seconds = inf\n", "notebook_seconds must be a number of seconds"),
    ],
)
def test_what_cannot_be_is_named(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        read_settings(written(tmp_path, text))
    assert str(caught.value).startswith(str(tmp_path / "grading.toml"))
